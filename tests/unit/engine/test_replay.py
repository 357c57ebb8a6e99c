"""A journal that was not written by this engine on these inputs is told from one that was."""

from __future__ import annotations

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.graph.build import graph

from agentrelay.engine.replay import Replay, replay
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event

SHOP = graph("api: a b<a", "docs: d<a")


@pytest.fixture
def events() -> list[Event]:
    run = SimulatedRun(SHOP)
    run.start()
    return run.events


def replayed(events: list[Event]) -> Replay:
    return replay(SHOP, 1, events)


def at(events: list[Event], type_: str) -> int:
    """Return the place in the list of the last event of a type."""
    return max(place for place, event in enumerate(events) if event.type == type_)


def numbered(events: list[Event]) -> list[Event]:
    return [event._replace(seq=seq) for seq, event in enumerate(events, 1)]


def test_a_journal_of_this_engine_decides_the_same(events: list[Event]) -> None:
    found = replayed(events)
    assert found.difference is None
    assert not found.gaps
    assert found.inputs + found.commands == len(events)
    assert found.snapshot.waiting_code == 5


def test_an_empty_journal_decides_nothing() -> None:
    found = replayed([])
    assert (found.inputs, found.commands, found.difference) == (0, 0, None)


def test_another_command_than_the_recorded_one_is_shown_with_its_place(
    events: list[Event],
) -> None:
    place = at(events, ev.EFFECT_INTENT)
    other = {**events[place].data, "key": "another"}
    events[place] = events[place]._replace(data=other)
    difference = replayed(events).difference
    assert difference is not None
    assert difference.seq == place + 1
    assert difference.recorded.data["key"] == "another"
    assert difference.decided is not None
    assert difference.decided.data["key"].startswith("lane.")


def test_a_command_that_was_never_decided_is_a_difference(events: list[Event]) -> None:
    place = at(events, ev.LANE_READY)
    extra = events[place]._replace(type=ev.LANE_FAILED, data={"reason": "for fun"})
    difference = replayed(numbered([*events[: place + 1], extra])).difference
    assert difference is not None
    assert difference.recorded.type == ev.LANE_FAILED


def test_a_command_that_is_missing_is_a_difference(events: list[Event]) -> None:
    place = at(events, ev.LANE_READY)
    difference = replayed(numbered([*events[:place], *events[place + 1 :]])).difference
    assert difference is not None
    assert difference.seq == place + 1
    assert difference.decided is not None
    assert difference.decided.type == ev.LANE_READY


def test_a_result_of_nothing_is_a_difference_and_not_an_error(events: list[Event]) -> None:
    place = at(events, ev.EFFECT_DONE)
    difference = replayed(numbered([*events, events[place]])).difference
    assert difference is not None
    assert difference.seq == len(events) + 1
    assert "does not fit" in difference.why


def test_a_step_that_a_crash_cut_is_a_gap_and_no_difference(events: list[Event]) -> None:
    place = at(events, ev.LANE_READY)
    resumed = Event(0, events[place].time, *Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    found = replayed(numbered([*events[:place], resumed]))
    assert found.difference is None
    assert [gap.decided.type for gap in found.gaps] == [ev.LANE_READY, ev.LANE_READY]


def test_a_replay_to_an_event_shows_the_run_as_it_was_then(events: list[Event]) -> None:
    place = at(events, ev.LANE_READY)
    found = replay(SHOP, 1, events, to=place)
    assert found.snapshot.seq == place
    assert not found.gaps
    assert found.difference is None
