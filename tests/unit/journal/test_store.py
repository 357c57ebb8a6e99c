"""A journal is read back as it was written; what can't be one is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentrelay.errors import DamagedError, FormatError
from agentrelay.journal.event import RUN_STARTED, RUN_WAITING, Event, encode
from agentrelay.journal.store import JournalReader, JournalWriter, cut_torn_tail, read_events

EVENTS = [
    Event(1, "2026-01-02T03:04:05.678Z", RUN_STARTED, None, None, None, None, {"mode": "full"}),
    Event(2, "2026-01-02T03:04:06.000Z", RUN_WAITING, "lane", "täsk", 1, 2, {"code": 5}),
]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "runs" / "journal.jsonl"
    writer = JournalWriter(path)
    writer.append(EVENTS)
    writer.close()
    return path


def add(journal: Path, line: str, end: str = "\n") -> None:
    with journal.open("a", encoding="utf-8") as file:
        file.write(line + end)


def test_events_are_read_as_they_were_written(journal: Path) -> None:
    assert list(read_events(journal)) == EVENTS


def test_where_there_is_no_journal_there_are_no_events(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "journal.jsonl")) == []
    (tmp_path / "journal.jsonl").touch()
    assert list(read_events(tmp_path / "journal.jsonl")) == []


def test_a_torn_last_line_is_left_out_and_can_be_cut(journal: Path) -> None:
    whole = journal.read_bytes()
    add(journal, '{"seq":3,"ti', end="")
    assert list(read_events(journal)) == EVENTS
    assert cut_torn_tail(journal) == len('{"seq":3,"ti')
    assert journal.read_bytes() == whole


def test_what_a_journal_has_grown_by_is_read_once_and_whole(journal: Path) -> None:
    reader = JournalReader(journal)
    assert reader.fresh() == EVENTS
    third, fourth = (EVENTS[1]._replace(seq=number) for number in (3, 4))
    add(journal, encode(third)[:20], end="")
    assert reader.fresh() == []
    add(journal, encode(third)[20:])
    add(journal, encode(fourth))
    assert reader.fresh() == [third, fourth]
    add(journal, encode(fourth))
    with pytest.raises(DamagedError, match="jumps from event 4 to 4"):
        reader.fresh()


def test_a_journal_that_comes_later_is_read_from_its_beginning(tmp_path: Path) -> None:
    reader = JournalReader(tmp_path / "journal.jsonl")
    assert reader.fresh() == []
    writer = JournalWriter(tmp_path / "journal.jsonl")
    writer.append(EVENTS)
    writer.close()
    assert reader.fresh() == EVENTS


def test_an_empty_line_is_passed_over(journal: Path) -> None:
    add(journal, "")
    assert list(read_events(journal)) == EVENTS


def test_a_gap_is_damage_and_said_so(journal: Path) -> None:
    add(journal, encode(EVENTS[1]._replace(seq=4)))
    with pytest.raises(DamagedError, match="jumps from event 2 to 4"):
        list(read_events(journal))


def test_an_event_of_a_newer_version_is_refused_by_its_type(journal: Path) -> None:
    add(journal, encode(EVENTS[1]._replace(seq=3, type="moon.risen")))
    with pytest.raises(FormatError, match=r"unknown type 'moon\.risen'"):
        list(read_events(journal))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "7",
        '"text"',
        "{}",
        json.dumps({**EVENTS[0]._asdict(), "later": 1}),
        json.dumps({**EVENTS[0]._asdict(), "type": []}),
        json.dumps(list(EVENTS[0])),
        json.dumps({name: 1 for name in Event._fields if name != "data"}),
    ],
)
def test_what_is_no_event_is_refused(journal: Path, line: str) -> None:
    add(journal, line)
    with pytest.raises(DamagedError, match="is damaged"):
        list(read_events(journal))
