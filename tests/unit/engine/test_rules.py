"""Single decisions, each in the smallest run that leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun

from agentrelay._shared.clock import parse_rfc3339
from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.settle import settle
from agentrelay.engine.snapshot import Hold, Snapshot, new_snapshot
from agentrelay.errors import InternalError
from agentrelay.gates.gate import GateSpec
from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.task.core.task import TaskSpec, TaskStatus
from agentrelay.workstream.core.workstream import WorkstreamSpec

GATE = GateSpec("all", "true", max_gate_attempts=1)


def graph(*tasks: tuple[str, str, tuple[str, ...]], **lane: Any) -> TaskGraph:
    """Return a graph of (task, lane, dependencies); all lanes are alike."""
    specs = tuple(TaskSpec(t, name, "x", below, max_attempts=1) for t, name, below in tasks)
    names = dict.fromkeys(name for _, name, _ in tasks)
    lane.setdefault("auto_merge", True)
    return TaskGraph("g", specs, tuple(Lane(WorkstreamSpec(name), **lane) for name in names))


class Script:
    """Results for the first effects of a kind (on a lane, where that is said)."""

    def __init__(self, **results: list[Mapping[str, Any]]) -> None:
        self.results = {name.replace("__", "."): list(given) for name, given in results.items()}

    def __call__(self, intent: Event) -> Mapping[str, Any] | None:
        waiting = self.results.get(intent.data["kind"])
        return waiting.pop(0) if waiting else None


def run(made: TaskGraph, **results: list[Mapping[str, Any]]) -> SimulatedRun:
    simulated = SimulatedRun(made, Script(**results))
    simulated.start()
    return simulated


def kinds(simulated: SimulatedRun) -> list[str]:
    return [e.data["kind"] for e in simulated.events if e.type == ev.EFFECT_INTENT]


APPROVAL = {"head": "", "merge_base": "b", "target_tip": "t", "tree": "x"}
TWO = (("a", "l", ()), ("b", "m", ("a",)))


def test_a_lane_that_cannot_be_provided_waits_and_does_not_fail() -> None:
    simulated = run(graph(*TWO), lane__prepare=[{"message": "no space left"}])
    hold = simulated.snapshot.lanes["l"].hold
    assert hold is not None
    assert (hold.kind, hold.reason) == ("error", "no space left")
    assert simulated.snapshot.waiting_code == 5
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    simulated.carry_on()
    assert simulated.snapshot.finished == 0


def test_a_lane_that_waits_with_an_error_lets_the_next_one_land() -> None:
    simulated = run(
        graph(("a", "l", ()), ("b", "m", ()), gates=(GATE,)),
        gate__start=[{"message": "no exec"}],
    )
    statuses = sorted(lane.status.value for lane in simulated.snapshot.lanes.values())
    assert statuses == ["merged", "pr_created"]


def test_a_closed_change_request_tells_the_lanes_that_wait_for_it() -> None:
    simulated = run(graph(*TWO, auto_merge=False))
    assert simulated.request("close", lane="l") == "the change request of lane l is closed"
    hold = simulated.snapshot.lanes["m"].hold
    assert hold is not None
    assert hold.reason == "lane l, on which it depends, failed"
    simulated.request("retry", lane="l")
    assert simulated.snapshot.lanes["m"].hold is None


def test_a_person_s_new_commit_needs_an_approval_of_its_own() -> None:
    simulated = run(
        graph(("a", "l", ()), auto_merge=False),
        lane__land=[{"moved": "t1"}],
        lane__candidate=[
            {"head": "m-a-1", "target_tip": "t0", "merge_base": "b", "commit": "x", "tree": "y"},
            {"head": "m-a-1", "target_tip": "t1", "conflict": "n: both"},
        ],
    )
    head = simulated.snapshot.lanes["l"].head
    simulated.request("approve", lane="l", approval={**APPROVAL, "head": head})
    assert simulated.snapshot.lanes["l"].hold is not None
    simulated.request("retry", lane="l")
    hold = simulated.snapshot.lanes["l"].hold
    assert hold is not None
    assert hold.kind == "approval"


def test_a_failed_stop_is_not_tried_in_a_circle_but_when_it_is_asked_for_again() -> None:
    simulated = SimulatedRun(graph(("a", "l", ())), Script(turn__stop=[{"message": "disk full"}]))
    simulated.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    for type_ in (ev.EFFECT_DONE, ev.EFFECT_DONE, ev.EFFECT_DONE):
        draft = next(d for d in simulated._inputs if d.type == type_)
        simulated._inputs.remove(draft)
        simulated.send(draft)
    ended = simulated._inputs.popleft()
    assert ended.type == ev.TURN_ENDED
    simulated.request("cancel", task="a")
    assert kinds(simulated).count(K.TURN_STOP) == 1
    simulated.request("cancel", task="a")
    assert kinds(simulated).count(K.TURN_STOP) == 2
    simulated.send(ended)
    simulated.carry_on()
    assert simulated.snapshot.tasks["a"].status is TaskStatus.CANCELLED


@pytest.mark.parametrize(
    ("verb", "named", "answer"),
    [
        ("dance", {}, "there is no request dance"),
        ("retry", {"task": "zz"}, "there is no task zz"),
        ("retry", {"lane": "zz"}, "there is no lane zz"),
        ("retry", {}, "retry names no task or lane"),
        ("reject", {"task": "a"}, "reject is about a lane"),
        ("approve", {"lane": "l"}, "the approval does not say what it is for"),
        ("reject", {"lane": "l"}, "lane l is merged: there is nothing to reject"),
        ("retry", {"lane": "l"}, "lane l has landed already"),
        ("clean", {"lane": "l"}, "lane l has nothing to clean"),
        ("cancel", {}, "nothing that could be cancelled is left"),
    ],
)
def test_a_request_that_does_not_fit_is_answered_in_words(
    verb: str, named: dict[str, str], answer: str
) -> None:
    assert run(graph(("a", "l", ()))).request(verb, **named) == answer


def test_a_request_that_changes_nothing_leaves_a_run_finished_once() -> None:
    simulated = run(graph(("a", "l", ())))
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "landing"}))
    assert simulated.request("retry", lane="l") == "lane l has landed already"
    assert simulated.snapshot.finished == 0
    assert [e.type for e in simulated.events].count(ev.RUN_FINISHED) == 1


def test_a_red_gate_gives_another_turn_of_the_same_attempt() -> None:
    task = TaskSpec("a", "l", "x", gates=(GateSpec("unit", "true", max_gate_attempts=2),))
    made = TaskGraph("g", (task,), (Lane(WorkstreamSpec("l"), auto_merge=True),))
    red = {"ended": {"passed": False, "reason": "exit code 1", "gate": "unit"}}
    simulated = run(made, gate__start=[red])
    given = [e for e in simulated.events if e.type == ev.FEEDBACK_GIVEN]
    assert [e.data["text"] for e in given] == ['gate "unit" is red: exit code 1']
    assert simulated.snapshot.tasks["a"].attempt == 1
    assert simulated.snapshot.finished == 0


def test_what_depends_on_a_failed_task_is_not_run_and_its_lane_says_why() -> None:
    simulated = run(graph(*TWO), turn__collect=[{"result": "failed", "reason": "said so"}])
    assert simulated.snapshot.finished == 1
    assert simulated.snapshot.tasks["b"].status is TaskStatus.PENDING
    assert simulated.snapshot.lanes["m"].error == (
        "nothing in it can go on: it depends on a task that failed"
    )
    assert simulated.request("retry", lane="l") == "lane l goes on"
    assert simulated.snapshot.finished == 0


def test_a_failed_lane_whose_retry_could_not_be_done_is_taken_back_by_a_resume() -> None:
    simulated = run(
        graph(("a", "l", ())),
        turn__collect=[{"result": "failed", "reason": "said so"}],
        lane__reopen=[{"message": "no space left"}],
    )
    simulated.request("retry", lane="l")
    hold = simulated.snapshot.lanes["l"].hold
    assert hold is not None
    assert "no space left" in hold.reason
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    simulated.carry_on()
    assert simulated.snapshot.finished == 0


def two_lanes() -> Snapshot:
    """Return a run that was begun, of two lanes in which nothing was announced yet."""
    snapshot = new_snapshot(graph(("a", "l", ()), ("b", "m", ())), 1)
    snapshot.stopped = False
    return snapshot


def test_nothing_running_and_nothing_awaited_is_a_bug_that_says_so() -> None:
    with pytest.raises(InternalError, match=r"lane l could go on, and nothing lets it: lanes \["):
        settle(two_lanes(), 0)


def test_a_lane_that_stands_still_beside_one_that_waits_for_a_person_is_a_bug() -> None:
    snapshot = two_lanes()
    snapshot.lanes["l"].hold = Hold("approval", "approve lane l")
    snapshot.lanes["m"].ready.clear()
    with pytest.raises(InternalError, match="lane m waits for nothing"):
        settle(snapshot, 0)
    snapshot.lanes["m"].hold = Hold("approval", "approve lane m")
    assert settle(snapshot, 0) == Draft(ev.RUN_WAITING, data={"code": 5})


def test_a_lane_that_stands_still_beside_one_that_is_worked_at_is_found_in_its_turn() -> None:
    snapshot = two_lanes()
    snapshot.lanes["l"].in_flight = "k"
    snapshot.in_flight["k"] = Event(1, "", *Draft(ev.EFFECT_INTENT, "l", data={"key": "k"}))
    snapshot.seq = 2
    assert settle(snapshot, 2) is None
    snapshot.seq = 3
    with pytest.raises(InternalError, match="lane m could go on"):
        settle(snapshot, 3)


def test_a_task_that_is_sent_back_waits_for_a_dependency_that_was_sent_back_too() -> None:
    simulated = run(graph(*TWO, auto_merge=False))
    for task in ("a", "b"):
        data = {"id": task, "verb": "retry", "by": "ann", "text": "", "approval": {}}
        simulated.send(Draft(ev.REQUEST_RECEIVED, None, task, data=data))
    simulated.carry_on()
    done = [(e.task, e.data["kind"]) for e in simulated.events if e.type == ev.EFFECT_INTENT]
    again = done.index(("b", K.ATTEMPT_START), done.index(("b", K.TASK_MERGE)))
    assert done[:again].count(("a", K.TASK_MERGE)) == 2


@pytest.mark.parametrize("trouble", ["rate_limited", "overloaded", "authentication"])
def test_a_refused_turn_waits_and_goes_on_in_its_session_without_another_attempt(
    trouble: str,
) -> None:
    refused = {"result": trouble, "reason": "429", "session": "s1", "until": "12:00"}
    script = Script(turn__collect=[refused, refused])
    run = SimulatedRun(graph(("a", "l", ())), script)
    run.start()
    hold = run.snapshot.tasks["a"].hold
    assert hold is not None
    assert (hold.kind, hold.reason) == ("account", f"{trouble.replace('_', ' ')} until 12:00: 429")
    for _ in range(2):
        run.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
        run.carry_on()
    task = run.snapshot.tasks["a"]
    assert (task.status, task.attempt) == (TaskStatus.MERGED, 1)
    starts = [
        e for e in run.events if e.data.get("kind") == "turn.start" and e.type == ev.EFFECT_INTENT
    ]
    assert [start.data.get("session") for start in starts] == [None, "s1", "s1"]


def at_work() -> tuple[SimulatedRun, Draft]:
    """Return a run whose task's agent works, and the end of its turn, which is still to come."""
    simulated = SimulatedRun(graph(("a", "l", ())))
    simulated.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while simulated._inputs[0].type != ev.TURN_ENDED:
        simulated.send(simulated._inputs.popleft())
    return simulated, simulated._inputs.popleft()


def test_a_turn_is_collected_when_the_pin_of_its_work_is_through() -> None:
    simulated, ended = at_work()
    simulated.send(Draft(ev.KEEP_DUE, data={"tasks": ["a"]}))
    simulated.send(Draft(ev.KEEP_DUE, data={"tasks": ["a"]}))
    assert kinds(simulated).count(K.TURN_KEEP) == 1
    simulated.send(ended)
    assert kinds(simulated)[-1] == K.TURN_KEEP
    simulated.carry_on()
    assert K.TURN_COLLECT in kinds(simulated)
    simulated.send(Draft(ev.KEEP_DUE, data={"tasks": ["a"]}))
    assert kinds(simulated).count(K.TURN_KEEP) == 1


def test_a_pin_of_work_that_fails_holds_up_nobody() -> None:
    simulated, ended = at_work()
    simulated.script = Script(turn__keep=[{"message": "disk full"}])
    simulated.send(Draft(ev.KEEP_DUE, data={"tasks": ["a"]}))
    simulated.carry_on()
    assert simulated.snapshot.tasks["a"].hold is None
    simulated.send(ended)
    simulated.carry_on()
    assert simulated.snapshot.tasks["a"].commit is not None


def test_a_clean_up_that_failed_keeps_nobody_from_trying_the_lane_again() -> None:
    simulated = run(graph(("a", "l", ()), auto_merge=False), lane__teardown=[{"message": "busy"}])
    simulated.request("close", lane="l")
    simulated.request("clean", lane="l")
    assert kinds(simulated).count(K.LANE_PREPARE) == 1
    simulated.request("retry", lane="l")
    assert kinds(simulated).count(K.LANE_PREPARE) == 2
    assert simulated.snapshot.waiting_code == 5


def test_a_request_that_can_not_be_opened_again_lets_the_next_lane_land() -> None:
    opens = [{"number": 1, "url": "local#1", "head": "m-a-1"} for _ in range(2)]
    simulated = run(
        graph(("a", "l", ()), ("b", "m", ()), gates=(GATE,)),
        lane__land=[{"head_moved": "x"}],
        lane__open=[*opens, {"message": "no forge"}],
    )
    statuses = sorted(lane.status.value for lane in simulated.snapshot.lanes.values())
    assert statuses == ["merged", "pr_created"]


UNTIL = "2027-01-15T09:00:00.000Z"
PAUSED = {"account": "claude-1", "until": UNTIL, "why": "rate limited, told to task a"}
LEFT_TO_A_PERSON = {**PAUSED, "until": None}
REFUSED = {"result": "rate_limited", "reason": "429", "session": "s1"}


def starts(simulated: SimulatedRun) -> list[tuple[str | None, Mapping[str, Any]]]:
    """Return the task and data of each turn that was to be started."""
    return [
        (e.task, e.data)
        for e in simulated.events
        if e.type == ev.EFFECT_INTENT and e.data["kind"] == K.TURN_START
    ]


def test_a_refused_turn_goes_on_by_itself_when_its_account_is_due() -> None:
    simulated = run(graph(("a", "l", ())), turn__collect=[{**REFUSED, "paused": PAUSED}])
    assert simulated.snapshot.finished == 0
    assert simulated.now == parse_rfc3339(UNTIL)
    assert [data.get("session") for _, data in starts(simulated)] == [None, "s1"]
    assert simulated.snapshot.tasks["a"].attempt == 1
    assert ev.RUN_WAITING not in {e.type for e in simulated.events}


def test_a_turn_that_is_not_let_in_is_started_when_the_account_is_due() -> None:
    simulated = run(graph(("a", "l", ())), turn__start=[{"paused": PAUSED}])
    assert simulated.snapshot.finished == 0
    assert [e.turn for e in simulated.events if e.data.get("kind") == "turn.collect"] == [1, 1]


def test_an_account_of_which_only_a_person_knows_waits_for_one_who_resumes() -> None:
    simulated = run(graph(("a", "l", ())), turn__start=[{"paused": LEFT_TO_A_PERSON}])
    hold = simulated.snapshot.tasks["a"].hold
    assert hold is not None
    assert (hold.kind, hold.reason) == ("account", "account claude: rate limited, told to task a")
    assert simulated.snapshot.waiting_code == 5
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "landing"}))
    assert simulated.snapshot.tasks["a"].hold == hold
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    simulated.carry_on()
    assert simulated.snapshot.finished == 0
    assert [data["asked"]["again"] for _, data in starts(simulated)] == [False, True]


def test_an_account_that_another_run_found_open_lets_its_tasks_go_on() -> None:
    script = [{"paused": LEFT_TO_A_PERSON}, {"paused": {**LEFT_TO_A_PERSON, "account": "codex-1"}}]
    simulated = run(graph(("a", "l", ()), ("b", "m", ())), turn__start=script)
    simulated.send(Draft(ev.ACCOUNT_OPEN, data={"account": "claude-1"}))
    simulated.carry_on()
    assert simulated.snapshot.tasks["a"].status is TaskStatus.MERGED
    assert simulated.snapshot.tasks["b"].hold is not None


def waiting_for_its_account() -> SimulatedRun:
    simulated = SimulatedRun(graph(("a", "l", ())), Script(turn__start=[{"paused": PAUSED}]))
    simulated.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while simulated.snapshot.tasks["a"].account_wait is None:
        simulated.take_one()
    return simulated


@pytest.mark.parametrize(("verb", "named"), [("resume", {}), ("retry", {"task": "a"})])
def test_a_person_can_have_an_account_tried_before_its_time(
    verb: str, named: dict[str, str]
) -> None:
    simulated = waiting_for_its_account()
    assert "again" in simulated.request(verb, **named)
    assert simulated.snapshot.finished == 0
    assert simulated.now < parse_rfc3339(UNTIL)
    assert starts(simulated)[-1][1]["asked"]["again"]
    assert simulated.request("resume") == "the run is being carried on, and waits for no account"


def test_a_task_that_waits_for_its_account_can_be_cancelled() -> None:
    simulated = waiting_for_its_account()
    simulated.request("cancel", task="a")
    assert simulated.snapshot.timers == []
    assert simulated.snapshot.finished == 1
