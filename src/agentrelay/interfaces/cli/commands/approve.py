"""``agentrelay approve``: let a lane land, or a task go on although a gate was red before."""

from __future__ import annotations

import click

from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.snapshot import LaneState
from agentrelay.errors import RequestRefusedError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send, until_settled
from agentrelay.interfaces.cli.names import TASK_OR_LANE, Selected, select
from agentrelay.interfaces.cli.proposal import (
    content_of,
    require_approvable,
    require_nothing_left_out,
    show_proposal,
)
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bad, good, shown, waits
from agentrelay.interfaces.cli.waiver import show_waiver
from agentrelay.workstream.core.runtime import WorkstreamStatus

LANDED, FAILED, WAITS = 0, 1, 5


@click.command(
    cls=Command,
    examples=(
        "agentrelay approve api              # a lane of the only graph that has one of that name",
        "agentrelay approve shop/api --resume",
        "agentrelay approve task:model       # its gate was red before the task began",
    ),
)
@click.argument("name", metavar="LANE|TASK")
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@options.yes
@options.no_input
@click.pass_obj
def command(session: Session, *, name: str, resume: bool, yes: bool, no_input: bool) -> int:
    """Show what LANE would land, and let it land.

    The approval is bound to exactly what is shown; where the target has moved, the gates run again
    on the new merge. With a TASK, the gate that keeps it is waived: the gate, where its output is
    and what may land by that are shown first, and who waived it is kept in its change request.

    Where the target has moved to a conflict, nothing is approved: what is to be done is said then.
    """
    place = session.place()
    selected = select(place, name, TASK_OR_LANE)
    asking = Asking(yes, no_input)
    if selected.lane is None:
        show_waiver(selected, selected.id)
        asking.require("Waive this gate?", "nothing was waived")
        send(place, selected, "approve")
        say_next(session, place, selected.folders, resume=resume)
        return LANDED
    code = _approve_lane(place, selected, selected.lane, asking)
    say_next(session, place, selected.folders, resume=resume)
    return code


def _approve_lane(place: Place, selected: Selected, name: str, asking: Asking) -> int:
    snapshot, facts = stored_snapshot(selected.folders, selected.number)
    lane = snapshot.lanes[name]
    require_approvable(snapshot, lane)
    require_nothing_left_out(place, snapshot, lane)
    content = content_of(place, lane, facts)
    if content is None:
        return _judged_anew(place, selected, lane)
    show_proposal(place, snapshot, lane, content, facts)
    asking.require("Land this?", "nothing was approved")
    send(place, selected, "approve", approval=content)
    return _said(until_settled(selected.folders, name))


def _judged_anew(place: Place, selected: Selected, lane: LaneState) -> int:
    """Have the merge made again that is a conflict by now, so that the lane waits for what helps.

    RequestRefusedError where the lane waits for something else besides.
    """
    text = f"lane {lane.id} is in conflict with {lane.target}"
    if lane.hold is None or lane.hold.kind != "approval":
        hint = f"agentrelay reset {selected.full}, then agentrelay resume, has it done anew on that"
        raise RequestRefusedError(text, hint=hint)
    click.echo(waits(f"nothing was approved: {text}, which has moved"), err=True)
    send(place, selected, "retry")
    until_settled(selected.folders, lane.id)
    return WAITS


def _said(lane: LaneState) -> int:
    """Say what became of an approved lane; return the exit code for that."""
    if lane.status is WorkstreamStatus.MERGED:
        commit = f" as {lane.landed[:10]}" if lane.landed else ""
        click.echo(good(f"lane {lane.id} landed on {lane.target}{commit}"))
        return LANDED
    if lane.status is WorkstreamStatus.FAILED:
        click.echo(bad(f"lane {lane.id} failed: {shown(lane.error)}"))
        return FAILED
    reason = shown(lane.hold.reason) if lane.hold is not None else "for the run to be carried on"
    click.echo(waits(f"lane {lane.id} is approved, but waits: {reason}"))
    return WAITS
