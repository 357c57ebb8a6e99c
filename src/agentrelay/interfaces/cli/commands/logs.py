"""``agentrelay logs``: what an agent or a gate printed, or what happened in a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from agentrelay.engine.runs import is_run_now
from agentrelay.errors import UnknownNameError
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.names import ANYTHING, Kind, Selected, select
from agentrelay.interfaces.cli.printed import await_growth, ending_now, output_lines, reader_of
from agentrelay.interfaces.cli.run_text import moment
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.views.programs import ProgramRun, programs_of
from agentrelay.interfaces.views.stored_run import FollowedRun, StoredRun
from agentrelay.interfaces.views.waits import lane_wait, task_wait


@dataclass(frozen=True)
class _Wanted:
    """Which program's output is wanted, of all those of a task or lane."""

    name: Selected
    attempt: int | None
    turn: int | None
    gate: str | None

    def fits(self, program: ProgramRun) -> bool:
        """Tell whether ``program`` is one of those that are wanted."""
        owner = self.name.task == program.task if self.name.task else self.name.id == program.lane
        wants_turn = self.turn is not None and self.gate is None
        return (
            owner
            and self.attempt in (None, program.attempt)
            and self.turn in (None, program.turn)
            and self.gate in (None, program.gate)
            and (not wants_turn or program.kind == "turn")
        )


@click.command(
    cls=Command,
    examples=(
        "agentrelay logs cart",
        "agentrelay logs -f shop/cart",
        "agentrelay logs cart --attempt 1 --gate tests",
        "agentrelay logs cart --raw | jq .     # the agent's own events",
    ),
)
@click.argument("name", metavar="TASK|LANE|GRAPH")
@click.option("-f", "--follow", is_flag=True, help="Go on until the program has ended.")
@click.option("--attempt", type=click.IntRange(1), help="Of this attempt; default: the latest.")
@click.option("--turn", type=click.IntRange(1), help="Of this turn; default: the latest.")
@click.option("--gate", metavar="NAME", help="Of this gate; default: whatever ran last.")
@click.option("--raw", is_flag=True, help="As it was printed, also where it is a stream of events.")
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    name: str,
    follow: bool,
    attempt: int | None,
    turn: int | None,
    gate: str | None,
    raw: bool,
) -> None:
    """Show what the latest turn or gate of a task or lane printed; of a graph, what happened.

    What a coding agent printed is shown as a transcript: what it said, which tools it called, and
    the beginning of what they gave.
    """
    place = session.place_to_read()
    selected = select(place, name, ANYTHING)
    followed = FollowedRun(selected.folders, selected.number)
    program = None
    if selected.kind is Kind.GRAPH:
        lines = _history(followed, selected, follow=follow)
    else:
        program = _find(followed, _Wanted(selected, attempt, turn, gate), follow=follow)
        click.echo(f"{program.title}: {program.output}", err=True)
        reader = None if raw else reader_of(followed.graph, program)
        lines = output_lines(place, program, reader, follow=follow)
    for line in lines:
        click.echo(line)
    if program is not None and (end := ending_now(followed, program)):
        click.echo(end, err=True)


def _history(followed: FollowedRun, selected: Selected, *, follow: bool) -> Iterator[str]:
    """Give what happened in a run, and go on while a process carries it on."""
    while True:
        is_over = not follow or not is_run_now(selected.folders)
        for happened in followed.read(since=0).happened:
            yield f"{moment(happened.time)}  {shown(happened.text)}"
        if is_over:
            return
        await_growth(selected)


def _find(followed: FollowedRun, wanted: _Wanted, *, follow: bool) -> ProgramRun:
    """Return the last wanted program that was started; with ``follow``, wait for it."""
    selected = wanted.name
    while True:
        is_over = not follow or not is_run_now(selected.folders)
        stored = followed.read()
        fitting = [program for program in programs_of(stored) if wanted.fits(program)]
        started = [program for program in fitting if program.output.exists()]
        if started:
            return started[-1]
        if is_over:
            raise UnknownNameError(
                f"nothing of {selected.full} printed anything: {_why(stored, selected)}"
            )
        await_growth(selected)


def _why(stored: StoredRun, selected: Selected) -> str:
    s = stored.snapshot
    if selected.task is not None:
        wait = task_wait(s, s.tasks[selected.task], moves=stored.moves)
    else:
        wait = lane_wait(s, s.lanes[selected.id], moves=stored.moves)
    return wait or "there is no such attempt, turn or gate"
