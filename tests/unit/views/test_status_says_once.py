"""What status, and the lines of a run, say of what waits: what it is, and once."""

from __future__ import annotations

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.graph.build import graph
from tests.unit.views.stored import stored

from agentrelay.engine.effect import EffectKind as K
from agentrelay.interfaces.cli.reporter import PlainNarrator
from agentrelay.interfaces.cli.run_text import once, run_lines
from agentrelay.interfaces.views.needs import ready_tasks
from agentrelay.interfaces.views.run_view import view_of
from agentrelay.interfaces.views.story import happenings
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event

LONG = "the agent found that nothing of what it was asked for can be done in this repository"


def failed_and_left() -> SimulatedRun:
    """Return a run whose tasks have failed, after which somebody answers who starts no agents."""
    run = SimulatedRun(graph("api: a", "web: b"), lambda intent: failing(intent, "no"))
    run.start()
    run.send(Draft(ev.RUN_RESUMED, data={"mode": "landing"}))
    return run


def test_a_run_that_can_go_on_after_a_retry_was_not_interrupted() -> None:
    run = failed_and_left()
    run.request("retry", task="a")
    view = view_of(stored(run, is_held=False))
    assert view.state == "ready"
    need = view.needs_you[0]
    assert (need.kind, need.command) == ("ready", "agentrelay resume g")
    assert need.reason == "a can go on, once somebody carries the run on"
    run.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    assert view_of(stored(run, is_held=False)).state == "interrupted"


def test_what_was_cancelled_can_not_go_on() -> None:
    run = failed_and_left()
    for task in "ab":
        run.request("retry", task=task)
    run.request("cancel", task="a")
    assert ready_tasks(run.snapshot) == ["b"]


def test_a_long_reason_is_said_once_and_a_short_one_where_it_belongs() -> None:
    for reason in (LONG, "no"):
        run = SimulatedRun(graph("api: a"), lambda intent, why=reason: failing(intent, why))
        run.start()
        view = view_of(stored(run))
        said = f"failed: {reason}"
        assert said in "\n".join(run_lines(view))
        is_told_again = said in "\n".join(run_lines(view, view.needs_you))
        assert is_told_again == (reason != LONG)
        assert (once(said, view.needs_you) == said) == is_told_again


def failing(intent: Event, why: str) -> dict[str, str] | None:
    is_turn = intent.data["kind"] == K.TURN_COLLECT
    return {"result": "failed", "reason": why} if is_turn else None


def narrated(run: SimulatedRun, since: int, capsys: pytest.CaptureFixture[str]) -> str:
    narrator = PlainNarrator()
    for event in run.events[since:]:
        narrator.noted(run.snapshot, event)
    return capsys.readouterr().err


def test_a_refused_revert_is_told_by_its_answer_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def script(intent: Event) -> dict[str, str] | None:
        return {"refused": LONG} if intent.data["kind"] == K.REVERT_MAKE else None

    run = SimulatedRun(graph("api: a"), script)
    run.start()
    run.request("approve", lane="api", approval=bound(run))
    since = len(run.events)
    run.request("revert", lane="api", approval={"landed": str(run.snapshot.lanes["api"].landed)})
    assert narrated(run, since, capsys).count(LONG) == 1


def bound(run: SimulatedRun) -> dict[str, str]:
    made = run.snapshot.lanes["api"].candidate or {}
    return {name: made[name] for name in ("head", "merge_base", "target_tip", "tree")}


def test_a_retry_that_came_to_nothing_leaves_what_was_merged_and_says_so() -> None:
    is_sad = False
    told: list[str] = []

    class Told(SimulatedRun):
        def _record(self, draft: Draft) -> Event:
            event = super()._record(draft)
            told.extend(each.text for each in happenings(self.snapshot, event))
            return event

    def script(intent: Event) -> dict[str, str] | None:
        return failing(intent, "no") if is_sad else None

    run = Told(graph("api: a"), script)
    run.start()
    is_sad = True
    run.request("retry", task="a", text="more")
    assert "task a keeps what it had merged before" in told
    assert "task a failed" not in told
