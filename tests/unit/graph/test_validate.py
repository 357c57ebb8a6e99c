from dataclasses import replace

import pytest
from tests.unit.graph.build import graph

from agentrelay.graph import codes
from agentrelay.graph.codes import EXPLANATIONS
from agentrelay.graph.commands import commands_digest, commands_of
from agentrelay.graph.credentials import is_forge_credential
from agentrelay.graph.digest import digest_of
from agentrelay.graph.draft import Draft
from agentrelay.graph.model import AgentSpec, TaskGraph
from agentrelay.graph.problem import Problem
from agentrelay.graph.validate import validate


def problems_of(drawn: TaskGraph) -> list[Problem]:
    return validate(Draft(drawn))


def codes_of(drawn: TaskGraph) -> list[str]:
    return [problem.code for problem in problems_of(drawn)]


def test_a_sound_graph_has_no_problems() -> None:
    assert problems_of(graph("a: one two<one", "b: three<two")) == []


def test_a_cycle_of_2000_tasks_is_named_in_one_readable_line() -> None:
    size = 2000
    ring = graph("a: " + " ".join(f"t{i}<t{(i + 1) % size}" for i in range(size)))
    (problem,) = problems_of(ring)
    assert problem.code == codes.TASK_CYCLE
    assert "t0 -> t1 -> " in problem.message
    assert "more) -> t1999 -> t0" in problem.message
    assert len(problem.message) < 200
    assert problem.notes == ("the circle has 2000 tasks",)


def test_a_cycle_among_lanes_names_the_tasks() -> None:
    (problem,) = problems_of(graph("a: a1 a2<b1", "b: b1 b2<a1"))
    assert problem.code == codes.LANE_CYCLE
    assert problem.notes == (
        '"a" lands after "b": task "a2" depends on "b1"',
        '"b" lands after "a": task "b2" depends on "a1"',
    )


def test_a_cycle_through_a_child_names_the_child() -> None:
    drawn = graph("p: p1", "c: c1<o1", "o: o1<p1", parents={"c": "p"})
    (problem,) = problems_of(drawn)
    assert problem.code == codes.LANE_CYCLE
    assert '"p" lands after its child "c"' in problem.notes


def test_parents_do_not_lie_in_each_other_and_not_too_deep() -> None:
    assert codes.PARENT_CYCLE in codes_of(graph("a: x", "b: y", parents={"a": "b", "b": "a"}))
    nested = {"b": "a", "c": "b"}
    assert codes_of(graph("a: x", "b: y", "c: z", parents=nested)) == [codes.TOO_DEEP]
    assert codes_of(graph("a: x", "b: y", "c: z", parents=nested, max_workstream_depth=2)) == []


def test_ids_differ_also_where_case_is_not_told_apart_but_a_task_may_be_called_as_a_lane() -> None:
    assert codes_of(graph("a: one One")) == [codes.DUPLICATE_ID]
    assert codes_of(graph("a: x", "A: y")) == [codes.DUPLICATE_ID]
    assert codes_of(graph("a: a")) == []


@pytest.mark.parametrize(
    "name", ["../../evil", "a/b", 'x";touch P;"', "-x", "x.lock", "a..b", "x.", "é", "a\n"]
)
def test_dangerous_ids_are_refused(name: str) -> None:
    drawn = graph("a: one")
    drawn = replace(drawn, tasks=(replace(drawn.tasks[0], id=name),))
    assert codes.BAD_ID in codes_of(drawn)


def test_everything_wrong_is_reported_at_once() -> None:
    drawn = graph("a: one<two,two,one,six two", "b:", "c: x", parents={"c": "nope"})
    found = codes_of(drawn)
    for code in (
        codes.DUPLICATE_DEPENDENCY,
        codes.SELF_DEPENDENCY,
        codes.UNKNOWN_DEPENDENCY,
        codes.EMPTY_WORKSTREAM,
        codes.UNKNOWN_WORKSTREAM,
    ):
        assert code in found


def test_thousands_of_misspelt_names_are_reported_in_reasonable_time() -> None:
    names = " ".join(f"task-{i}<tusk-{i}" for i in range(3000))
    assert len(problems_of(graph(f"a: {names}"))) == 3000


@pytest.mark.parametrize(
    "name",
    ["GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN",
     "SSH_AUTH_SOCK", "GIT_ASKPASS", "CI_JOB_TOKEN", "gh_token"],
)  # fmt: skip
def test_forge_credentials_are_refused_by_name(name: str) -> None:
    assert is_forge_credential(name)
    drawn = graph("a: one")
    drawn = replace(drawn, tasks=(replace(drawn.tasks[0], env_from=(name,)),))
    (problem,) = problems_of(drawn)
    assert problem.code == codes.CREDENTIAL
    assert name in problem.message


def test_ordinary_variables_are_no_credentials() -> None:
    assert not any(map(is_forge_credential, ["DATABASE_URL", "TOKENIZER", "GIT_AUTHOR_NAME"]))


def test_every_code_is_explained_and_numbered_without_gaps() -> None:
    named = {value for key, value in vars(codes).items() if key.isupper() and key != "EXPLANATIONS"}
    assert set(EXPLANATIONS) == named
    assert sorted(named) == [f"AR-GRAPH-{number:03}" for number in range(len(named))]
    assert all(title and text.endswith(".") for title, text in EXPLANATIONS.values())


def test_a_digest_follows_the_work_and_not_how_much_of_it_runs_at_once() -> None:
    drawn = graph("a: one")
    assert digest_of(drawn) == digest_of(replace(drawn, max_agents=9))
    assert digest_of(drawn) != digest_of(graph("a: one two"))


def test_the_digest_of_commands_follows_what_would_be_run() -> None:
    drawn = graph("a: one")
    other = replace(drawn, agents={"claude": AgentSpec("claude", "command", run=("make", "x"))})
    assert [entry.command for entry in commands_of(other)] == [("make", "x")]
    assert commands_digest(drawn) != commands_digest(other)
    assert commands_digest(drawn) == commands_digest(replace(drawn, name="other"))
