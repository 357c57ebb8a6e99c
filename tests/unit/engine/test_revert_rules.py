"""How a revert is decided: step by step off its facts, with the target to itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.engine.test_rules import APPROVAL, GATE, TWO, graph, kinds, run

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.lane_rules import reverted_upstream
from agentrelay.engine.replay import replay
from agentrelay.engine.snapshot import Hold
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft
from agentrelay.workstream.core.runtime import WorkstreamStatus

APART = (("a", "l", ()), ("b", "m", ()))
TAKES_BACK = ["revert.make", "gate.start", "revert.land", "lane.teardown"]


def revert(simulated: SimulatedRun, lane: str = "l") -> str:
    landed = simulated.snapshot.lanes[lane].landed
    return simulated.request("revert", lane=lane, approval={"landed": landed})


def ends(simulated: SimulatedRun) -> list[int]:
    """Return with what code the run has finished, each time."""
    return [event.data["code"] for event in simulated.events if event.type == ev.RUN_FINISHED]


def test_a_run_that_only_was_tidied_does_not_finish_again_and_one_that_went_on_does() -> None:
    simulated = run(graph(*APART), turn__collect=[{"result": "failed", "reason": "no"}])
    assert (ends(simulated), simulated.snapshot.finished) == ([1], 1)
    assert simulated.request("clean", lane="l").startswith("lane l is cleaned")
    assert (ends(simulated), simulated.snapshot.finished) == ([1], 1)
    simulated.request("retry", lane="l")
    assert (ends(simulated), simulated.snapshot.finished) == ([1, 0], 0)
    assert replay(simulated.graph, 1, simulated.events).difference is None


def test_it_is_made_judged_landed_and_tidied_and_answered_by_what_came_of_it() -> None:
    simulated = run(graph(("a", "l", ()), gates=(GATE,)))
    assert revert(simulated) == "lane l is reverted on main as revert-l"
    assert kinds(simulated)[-4:] == TAKES_BACK
    lane = simulated.snapshot.lanes["l"]
    assert lane.status is WorkstreamStatus.MERGED
    assert (lane.reverted or {})["by"] == "ann"
    assert simulated.snapshot.finished == 0
    assert ends(simulated) == [0]
    assert not simulated.snapshot.landing
    assert replay(simulated.graph, 1, simulated.events).difference is None


def test_a_moved_target_has_it_made_anew_and_the_same_tree_is_not_judged_twice() -> None:
    simulated = run(graph(("a", "l", ()), gates=(GATE,)), revert__land=[{"moved": "t2"}])
    assert revert(simulated) == "lane l is reverted on main as revert-l"
    again = ["revert.make", "revert.land", "lane.teardown"]
    assert kinds(simulated)[-6:] == [*TAKES_BACK[:3], *again]


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ({"revert__make": [{"refused": "a.txt: changed"}]}, "a.txt: changed"),
        ({"revert__land": [{"refused": "dirty"}]}, "dirty"),
        ({"revert__make": [{"message": "disk full"}]}, "disk full"),
        ({"revert__land": [{"message": "no network"}]}, "no network"),
    ],
)
def test_whatever_is_in_the_way_refuses_it_and_frees_the_target(
    results: dict[str, list[Mapping[str, Any]]], why: str
) -> None:
    simulated = run(graph(("a", "l", ())), **results)
    assert revert(simulated) == f"lane l is not reverted, nothing was changed: {why}"
    assert ends(simulated) == [0]
    assert simulated.snapshot.lanes["l"].reverting is None
    assert not simulated.snapshot.landing
    assert revert(simulated) == "lane l is reverted on main as revert-l"
    assert ends(simulated) == [0]


def test_a_red_gate_refuses_it() -> None:
    red = {"ended": {"passed": False, "reason": "exit code 1"}}
    simulated = run(graph(("a", "l", ()), gates=(GATE,)), gate__start=[{}, red])
    assert revert(simulated).endswith('without it, gate "all" is red: exit code 1')
    assert K.REVERT_LAND not in kinds(simulated)


def test_it_waits_until_another_lane_that_lands_has_done_so() -> None:
    simulated = run(graph(*APART, auto_merge=False))
    s = simulated.snapshot
    heads = {name: {**APPROVAL, "head": s.lanes[name].head} for name in ("l", "m")}
    simulated.request("approve", lane="l", approval=heads["l"])
    data = {"id": "ra", "verb": "approve", "by": "ann", "text": "", "approval": heads["m"]}
    simulated.send(Draft(ev.REQUEST_RECEIVED, "m", data=data))
    while s.landing != {"main": "m"}:
        simulated.send(simulated._inputs.popleft())
    landed = {"landed": s.lanes["l"].landed}
    data = {"id": "rr", "verb": "revert", "by": "ann", "text": "", "approval": landed}
    simulated.send(Draft(ev.REQUEST_RECEIVED, "l", data=data))
    assert K.REVERT_MAKE not in kinds(simulated)
    simulated.carry_on()
    assert [k for k in kinds(simulated) if k in (K.LANE_LAND, K.REVERT_LAND)] == [
        "lane.land",
        "lane.land",
        "revert.land",
    ]


def test_those_that_depend_on_it_go_first_or_wait_for_a_person() -> None:
    simulated = run(graph(*TWO))
    assert revert(simulated) == (
        "lane m has landed on top of lane l, which it needs: revert that first"
    )
    assert revert(simulated, "m") == "lane m is reverted on main as revert-m"
    assert revert(simulated) == "lane l is reverted on main as revert-l"
    assert revert(simulated) == "lane l is reverted already: revert-l"
    assert simulated.request("reset", lane="l") == (
        "lane l was reverted: agentrelay run --accept-changes has it done again"
    )
    assert reverted_upstream(simulated.snapshot, simulated.snapshot.lanes["m"]) == ["l"]


def test_who_has_asked_to_land_before_what_it_needs_was_reverted_asks_anew() -> None:
    simulated = run(graph(*TWO, auto_merge=False))
    s = simulated.snapshot
    approval = {**APPROVAL, "head": s.lanes["l"].head}
    simulated.request("approve", lane="l", approval=approval)
    assert (s.lanes["m"].hold or Hold("", "")).reason == "approve lane m"
    revert(simulated)
    wanted = Hold("upstream", "lane l, on which it depends, was reverted")
    assert s.lanes["m"].hold == wanted
    assert replay(simulated.graph, 1, simulated.events).difference is None
    approval["head"] = s.lanes["m"].head
    simulated.request("approve", lane="m", approval=approval)
    assert s.lanes["m"].landed is not None


def test_who_needs_it_does_not_land_elsewhere_meanwhile() -> None:
    made = graph(*TWO)
    first, second = made.lanes
    first = replace(first, spec=replace(first.spec, merge_target_branch="release"))
    simulated = SimulatedRun(replace(made, lanes=(first, second)))
    simulated.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    s = simulated.snapshot
    while s.lanes["m"].status is not WorkstreamStatus.PR_CREATED:
        simulated.take_one()
    assert revert(simulated) == "lane l is reverted on release as revert-l"
    assert s.lanes["m"].landed is None
    assert s.lanes["m"].hold == Hold("upstream", "lane l, on which it depends, was reverted")


def test_an_interrupted_revert_goes_on_when_the_run_does() -> None:
    simulated = run(graph(("a", "l", ()), gates=(GATE,)))
    landed = {"landed": simulated.snapshot.lanes["l"].landed}
    data = {"id": "rr", "verb": "revert", "by": "ann", "text": "", "approval": landed}
    simulated.send(Draft(ev.REQUEST_RECEIVED, "l", data=data))
    simulated.send(Draft(ev.RUN_INTERRUPTED, data={"end": False}))
    simulated.carry_on()
    assert simulated.snapshot.lanes["l"].reverted is None
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    simulated.carry_on()
    assert simulated.snapshot.lanes["l"].reverted is not None
    assert simulated.snapshot.finished == 0
