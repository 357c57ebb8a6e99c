"""What the programs of a run printed, line by line, while they run and after."""

from __future__ import annotations

import time
from collections.abc import Iterator

from agentrelay.app.place import Place
from agentrelay.app.transcripts import Reader
from agentrelay.app.transcripts import reader_of as reader_of_task
from agentrelay.engine.runs import is_run_now
from agentrelay.executor.core.executor import Ended, Lost, NotStarted
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.cli.detail_text import ending_of
from agentrelay.interfaces.cli.follow import LOOK_EVERY, lines_of
from agentrelay.interfaces.cli.names import Selected
from agentrelay.interfaces.cli.text import shown_block
from agentrelay.interfaces.cli.transcript_text import entry_lines
from agentrelay.interfaces.views.programs import ProgramRun, programs_of
from agentrelay.interfaces.views.stored_run import FollowedRun


def reader_of(graph: TaskGraph, program: ProgramRun) -> Reader | None:
    """Return what reads a program's output as a transcript; None where it speaks for itself."""
    if program.kind != "turn" or program.task is None:
        return None
    return reader_of_task(graph, program.task)


def output_lines(
    place: Place, program: ProgramRun, reader: Reader | None, *, follow: bool
) -> Iterator[str]:
    """Give what a program printed, safe for a terminal; with ``follow``, until it has ended."""
    executor = place.executor()

    def has_ended() -> bool:
        return isinstance(executor.look(program.folder), Ended | Lost | NotStarted)

    lines = lines_of(
        program.output, until=has_ended if follow else None, whole_only=reader is not None
    )
    for line in lines:
        if reader is None:
            text = line.decode("utf-8", "replace").rstrip("\r").replace("\r", "\n")
            yield shown_block(text)
        else:
            for entry in reader(line):
                yield from entry_lines(entry)


def ending_now(followed: FollowedRun, program: ProgramRun) -> str | None:
    """Return how a program ended, as far as it is recorded by now."""
    now = next(run for run in programs_of(followed.read()) if run.folder == program.folder)
    return None if now.ended is None else ending_of(now)


def await_growth(selected: Selected) -> None:
    """Return when the journal has grown, or nobody writes it any more."""
    journal = selected.folders.run(selected.number).journal
    size = journal.stat().st_size if journal.exists() else 0
    while is_run_now(selected.folders):
        if journal.exists() and journal.stat().st_size > size:
            return
        time.sleep(LOOK_EVERY)
