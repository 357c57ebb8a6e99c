import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.graph.build import graph

from agentrelay.graph.draft import Draft
from agentrelay.graph.order import (
    critical_path,
    depth_to_end,
    landing_order,
    lane_dependencies,
    levels,
    task_order,
    topological,
)
from agentrelay.graph.plan import plan_of
from agentrelay.graph.validate import validate

DIAMOND = graph("a: one two<one three<one", "b: four<two,three")


def test_dependencies_come_first_and_the_files_order_is_kept_otherwise() -> None:
    assert task_order(graph("a: z y<x x w")) == ("z", "x", "y", "w")
    assert task_order(graph("a: d c b a")) == ("d", "c", "b", "a")


def test_a_cycle_has_no_order() -> None:
    with pytest.raises(ValueError, match="cycle"):
        topological({"a": ["b"], "b": ["a"]})


def test_levels_and_depths_count_the_longest_chains() -> None:
    assert levels(DIAMOND) == {"one": 0, "two": 1, "three": 1, "four": 2}
    assert depth_to_end(DIAMOND) == {"one": 2, "two": 1, "three": 1, "four": 0}


def test_the_critical_path_follows_the_weight() -> None:
    assert critical_path(DIAMOND) == ("one", "two", "four")
    heavy = critical_path(DIAMOND, lambda task: 9.0 if task.id == "three" else 1.0)
    assert heavy == ("one", "three", "four")


def test_a_lane_lands_after_those_on_whose_tasks_its_own_depend() -> None:
    drawn = graph("late: x<y", "early: y")
    assert lane_dependencies(drawn) == {"late": {"early"}, "early": set()}
    assert landing_order(drawn) == ("early", "late")


def test_a_child_lands_before_its_parent_though_its_task_needs_the_parents() -> None:
    drawn = graph("api: model", "docs: guide<model", parents={"docs": "api"})
    assert lane_dependencies(drawn) == {"api": {"docs"}, "docs": set()}
    assert validate(Draft(drawn)) == []


def test_a_chain_of_5000_tasks_needs_no_recursion() -> None:
    chain = graph("a: t0 " + " ".join(f"t{i}<t{i - 1}" for i in range(1, 5000)))
    assert len(task_order(chain)) == len(critical_path(chain)) == len(plan_of(chain).waves) == 5000


def test_a_plan_runs_one_task_at_a_time_in_a_lane_and_first_what_holds_up_most() -> None:
    plan = plan_of(graph("a: one two three<two", "b: four<three"))
    assert plan.waves == (("two",), ("three",), ("one", "four"))
    assert [lane.id for lane in plan.lanes] == ["a", "b"]
    assert [task.id for task in plan.lanes[0].tasks] == ["two", "three", "one"]
    assert plan.lanes[1].lands_after == ("a",)


@given(st.data())
def test_every_graph_that_validates_has_an_order_and_a_plan(data: st.DataObject) -> None:
    names = [f"t{index}" for index in range(data.draw(st.integers(1, 8)))]
    drawings = {}
    for name in names:
        below = data.draw(st.lists(st.sampled_from(names), max_size=2))
        lane = data.draw(st.sampled_from("abc"))
        drawings.setdefault(lane, []).append(name + ("<" + ",".join(below) if below else ""))
    parents = data.draw(st.dictionaries(st.sampled_from("abc"), st.sampled_from("abc"), max_size=2))
    drawn = graph(
        *(f"{lane}: {' '.join(tasks)}" for lane, tasks in drawings.items()), parents=parents
    )
    if validate(Draft(drawn)):
        return
    order = task_order(drawn)
    assert sorted(order) == sorted(names)
    for task in drawn.tasks:
        assert all(order.index(below) < order.index(task.id) for below in task.dependencies)
    plan = plan_of(drawn)
    assert sorted(task for wave in plan.waves for task in wave) == sorted(names)
    landing = landing_order(drawn)
    for lane, before in lane_dependencies(drawn).items():
        assert all(landing.index(first) < landing.index(lane) for first in before)
