"""``agentrelay status``: what needs you, what is new, and how far every lane and task is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from agentrelay._shared.text import format_bytes
from agentrelay.app.lost import lost_graphs
from agentrelay.app.place import Place
from agentrelay.engine.layout import STATE_FOLDER
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.lost_text import NO_RUN, lost_lines
from agentrelay.interfaces.cli.names import Selected, all_graphs, select_graph
from agentrelay.interfaces.cli.run_text import headline, moment, need_lines, once, run_lines
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bold, shown, waits
from agentrelay.interfaces.views.disk import disk_use
from agentrelay.interfaces.views.needs import Need
from agentrelay.interfaces.views.program_view import what_became
from agentrelay.interfaces.views.run_view import RunView, view_of
from agentrelay.interfaces.views.seen import last_seen, remember_seen
from agentrelay.interfaces.views.stored_run import StoredRun, read_run

NEWS = 12
"""So many lines of news are shown; more are counted."""
QUICK, PATIENT = 0.03, 60.0
"""Seconds for which disk use is counted: by the way, and when it was asked for."""
_ENDED = frozenset({"finished", "failed"})


@click.command(
    cls=Command,
    examples=(
        "agentrelay status",
        "agentrelay status shop --json",
        "agentrelay status --disk",
    ),
)
@click.argument("graph", required=False)
@click.option("--all", "everything", is_flag=True, help="With --json: all graphs here.")
@click.option("--disk", is_flag=True, help="Count disk use to the end, however long it takes.")
@options.as_json
@click.pass_obj
def command(
    session: Session, *, graph: str | None, everything: bool, disk: bool, as_json: bool
) -> None:
    """Show what needs you, what is new since you last looked, and how far everything is.

    Without GRAPH, all graphs that have a run here; of those that ended, a line. With --json,
    GRAPH, or the graph that was started last.
    """
    place = session.place_to_read()
    if as_json:
        _print_json(place, graph, everything=everything)
        return
    chosen = [select_graph(place, graph)] if graph is not None else all_graphs(place)
    lost = lost_graphs(place) if graph is None else []
    for line in lost_lines(lost):
        click.echo(line)
    if not chosen and not lost:
        click.echo(NO_RUN)
    if not chosen:
        return
    runs = [_read(selected) for selected in chosen]
    for line in _lines(runs, whole=graph is not None):
        click.echo(line)
    click.echo(_disk_line(place, runs, PATIENT if disk else QUICK))
    for stored in runs:
        remember_seen(stored.folders, stored.number, stored.snapshot.seq)


def _read(selected: Selected) -> StoredRun:
    since = last_seen(selected.folders, selected.number)
    return read_run(selected.folders, selected.number, since=since)


def _print_json(place: Place, graph: str | None, *, everything: bool) -> None:
    chosen = all_graphs(place) if everything else [select_graph(place, graph)]
    views = [view_of(read_run(selected.folders, selected.number)) for selected in chosen]
    content = {"schema": 1, "graphs": views} if everything else views[0]
    echo_json(content)


def _lines(runs: Sequence[StoredRun], *, whole: bool) -> Iterator[str]:
    views = [view_of(stored) for stored in runs]
    needs = [need for view in views for need in view.needs_you]
    if needs:
        yield bold("needs you")
        yield from need_lines(needs)
        yield ""
    if not whole and any(view.state == "interrupted" for view in views):
        yield f"{waits('interrupted')}: {bold('agentrelay resume --all')}"
        yield ""
    for stored, view in zip(runs, views, strict=True):
        yield from _news(stored, view.needs_you)
    for view in views:
        is_short = view.state in _ENDED and not whole
        yield from [headline(view)] if is_short else run_lines(view, view.needs_you)
        yield from _programs(view)


def _news(stored: StoredRun, told: Sequence[Need]) -> Iterator[str]:
    news = [happened for happened in stored.happened if happened.is_news]
    if not news:
        return
    yield bold(f"{stored.folders.graph}: since you last looked")
    if len(news) > NEWS:
        yield f"  {len(news) - NEWS} more before (agentrelay events {stored.folders.graph})"
    for happened in news[-NEWS:]:
        yield f"  {moment(happened.time)}  {once(shown(happened.text), told)}"
    yield ""


def _programs(view: RunView) -> Iterator[str]:
    if view.state == "interrupted" and view.programs:
        yield f"  {shown(what_became(view.programs))}"


def _disk_line(place: Place, runs: Sequence[StoredRun], seconds: float) -> str:
    worktrees = [Path(stored.facts.worktree_root) / stored.folders.graph for stored in runs]
    parts = (("worktrees", worktrees), (STATE_FOLDER, [place.repo.top / STATE_FOLDER]))
    sizes: list[str] = []
    is_whole = True
    for name, roots in parts:
        use = disk_use(roots, seconds=seconds)
        is_whole = is_whole and use.is_whole
        sizes.append(f"{name} {'' if use.is_whole else 'over '}{format_bytes(use.bytes)}")
    more = "" if is_whole else " (agentrelay status --disk counts all)"
    return f"disk: {', '.join(sizes)}{more}"
