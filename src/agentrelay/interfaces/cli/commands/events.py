"""``agentrelay events``: the journal of a run, as it is or as it grows."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from agentrelay.engine.runs import is_run_now
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.follow import lines_of
from agentrelay.interfaces.cli.names import Selected, select_graph
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import redacted, shown
from agentrelay.journal.event import Event, decode

_SAID = ("kind", "reason", "text", "message", "gate", "ending", "passed", "slot", "verb", "code")


@click.command(
    cls=Command,
    examples=(
        "agentrelay events",
        "agentrelay events shop -f",
        "agentrelay events shop --json | jq -c 'select(.type == \"lane.held\")'",
    ),
)
@click.argument("graph", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on while a process carries the run on.")
@click.option("--json", "as_json", is_flag=True, help="Print the journal's own lines (JSONL).")
@click.pass_obj
def command(session: Session, *, graph: str | None, follow: bool, as_json: bool) -> None:
    """Show the events of the latest run of GRAPH (default: the graph that was started last)."""
    selected = select_graph(session.place_to_read(), graph)
    if graph is None:
        click.echo(f"graph {selected.id}, run {selected.number}", err=True)
    for line in _lines(selected, follow=follow):
        click.echo(_record(line) if as_json else _row(decode(line)))


def _lines(selected: Selected, *, follow: bool) -> Iterator[str]:
    journal = selected.folders.run(selected.number).journal

    def has_ended() -> bool:
        return not is_run_now(selected.folders)

    for line in lines_of(journal, until=has_ended if follow else None, whole_only=True):
        yield line.decode("utf-8", "replace")


def _record(line: str) -> str:
    """Return a journal line as it is, or, where it could steer a terminal, the same in ASCII."""
    return redacted(line if line.isprintable() else json.dumps(json.loads(line)))


def _row(event: Event) -> str:
    where = event.task or event.workstream or ""
    if event.task is not None and event.attempt:
        where += f" {event.attempt}" + (f".{event.turn}" if event.turn else "")
    said = [str(event.data[name]) for name in _SAID if event.data.get(name) not in (None, "")]
    row = f"{event.seq:>5}  {event.time[11:]}  {event.type:<16}  {where:<16}  {': '.join(said)}"
    return shown(row).rstrip()
