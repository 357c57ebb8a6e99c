"""What a revert would take back: the merge by which a lane landed, as a person reads it."""

from __future__ import annotations

import click

from agentrelay.app.place import Place
from agentrelay.engine.revert_rules import why_not
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.errors import RequestRefusedError
from agentrelay.interfaces.cli.proposal import MOST_FILES
from agentrelay.interfaces.cli.text import bold, shown, shown_block, waits
from agentrelay.workstream.core.runtime import WorkstreamStatus

MOST_COMMITS = 20
"""So many of the commits that go are listed."""


def require_revertable(s: Snapshot, lane: LaneState) -> str:
    """Return the commit as which a lane landed; RequestRefusedError where it can't be reverted."""
    why = why_not(s, lane)
    if why is not None or lane.landed is None:
        raise RequestRefusedError(why or f"lane {lane.id} landed nothing")
    return lane.landed


def show_reversal(place: Place, s: Snapshot, lane: LaneState, landed: str) -> None:
    """Show on stderr what a revert takes back: tasks, commits, files; and where it would push."""
    _say(bold(f"lane {lane.id} would be reverted on {lane.target}, where it is {landed[:10]}"))
    for task in s.graph.tasks_of[lane.id]:
        summary = s.tasks[task.id].summary
        _say(f"  task {task.id}: {shown(summary or task.description.strip().splitlines()[0])}")
    git, sides = place.repo.git, (f"{landed}^1", landed)
    commits = git.text(
        "log", "--topo-order", "--format=%H %s", f"{sides[0]}..{landed}^2"
    ).splitlines()
    for commit, _, subject in (line.partition(" ") for line in commits[:MOST_COMMITS]):
        _say(f"  commit {commit[:10]} {shown(subject)}")
    if len(commits) > MOST_COMMITS:
        _say(f"  and {len(commits) - MOST_COMMITS} more commits")
    _say(shown_block(git.text("diff", "--no-ext-diff", MOST_FILES, *sides)))
    for gate in lane.lane.gates:
        _say(waits(f'  gate "{gate.name}": runs before {lane.target} is changed'))
    for name in s.downstream[lane.id]:
        if s.lanes[name].status is not WorkstreamStatus.MERGED:
            _say(waits(f"  lane {name} depends on it, and then waits for you before it lands"))
    holder = s.landing.get(lane.target, lane.id)
    if holder != lane.id:
        _say(waits(f"  lane {holder} lands on {lane.target} first"))
    pushes = place.settings.publish == "all"
    _say(f"  it is pushed to {lane.target} of origin" if pushes else "  it is not pushed")


def _say(line: str) -> None:
    click.echo(line, err=True)
