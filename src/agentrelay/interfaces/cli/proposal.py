"""What an approval is given for: the exact merge that would land, as a person reads it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from agentrelay.app.place import Place
from agentrelay.engine.lane_rules import concerns, reverted_upstream, unlanded_upstream, waivers
from agentrelay.engine.people_rules import APPROVABLE
from agentrelay.engine.runs import RunFacts
from agentrelay.engine.snapshot import Hold, LaneState, Snapshot
from agentrelay.errors import RequestRefusedError
from agentrelay.gitio.merge import CleanMerge, merge_trees
from agentrelay.gitio.refs import merge_base, require_commit
from agentrelay.gitio.strays import left_out, stray_commits
from agentrelay.graph.naming import name_of_lane
from agentrelay.interfaces.cli.text import bad, bold, good, shown, shown_block, waits
from agentrelay.workstream.core.runtime import WorkstreamStatus

MOST_FILES = "--stat=100,70,30"
"""At most 30 files are listed; the sum counts them all."""

CONTENT = ("head", "merge_base", "target_tip", "tree")
"""What an approval is bound to, all object ids."""


def require_approvable(s: Snapshot, lane: LaneState) -> None:
    """Raise RequestRefusedError, which says why, where the lane does not wait for an approval."""
    if lane.status is WorkstreamStatus.MERGED:
        raise RequestRefusedError(f"lane {lane.id} has landed already")
    if lane.hold is None:
        raise RequestRefusedError(
            f"lane {lane.id} does not wait for an approval: it is {lane.status.value}"
        )
    if lane.hold.kind not in APPROVABLE:
        again = f"agentrelay retry {name_of_lane(s.graph, lane.id)}"
        raise RequestRefusedError(
            f"lane {lane.id} does not wait for an approval: {lane.hold.reason}",
            hint=f"{again} goes on from what you did about it",
        )


def require_nothing_left_out(place: Place, s: Snapshot, lane: LaneState) -> None:
    """Raise RequestRefusedError where the lane's worktree has a person's commits beside the lane.

    They would not land, and who made them there thinks that they do.
    """
    if lane.worktree is None or lane.head is None:
        return
    judged = (lane.candidate or {}).get("commit")
    known = [lane.head, *([judged] if judged else [])]
    strays = stray_commits(place.repo, Path(lane.worktree), s.graph.name, known)
    if strays:
        aside = f"git -C {shlex.quote(lane.worktree)} switch --detach {lane.head[:10]}"
        what = left_out(name_of_lane(s.graph, lane.id), strays)
        raise RequestRefusedError(f"lane {lane.id}: {what}", hint=f"to leave it out: {aside}")


def content_of(place: Place, lane: LaneState, facts: RunFacts) -> Mapping[str, str] | None:
    """Return the content that would land, as ids: the judged one, or what would be judged now.

    None where the lane is in conflict with its target.
    """
    judged = lane.candidate or {}
    git, head = place.repo.git, lane.head or ""
    tip = require_commit(git, f"refs/heads/{lane.target}")
    is_judged = all(judged.get(name) for name in CONTENT)
    if is_judged and (judged["target_tip"] == tip or facts.publish == "all"):
        return {name: str(judged[name]) for name in CONTENT}
    merged = merge_trees(git, tip, head)
    if not isinstance(merged, CleanMerge):
        return None
    base = merge_base(git, head, tip) or ""
    return {"head": head, "merge_base": base, "target_tip": tip, "tree": merged.tree}


def show_proposal(
    place: Place, s: Snapshot, lane: LaneState, content: Mapping[str, str], facts: RunFacts
) -> None:
    """Show on stderr what an approval would land: tasks, changes, verdicts, concerns, target."""
    tip, head = content["target_tip"][:10], content["head"][:10]
    _say(bold(f"lane {lane.id} would land on {lane.target} (now {tip}), with its head {head}"))
    for task in s.graph.tasks_of[lane.id]:
        summary = s.tasks[task.id].summary
        _say(f"  task {task.id}: {shown(summary or task.description.strip().splitlines()[0])}")
    changes = (content["target_tip"], content["tree"])
    _say(shown_block(place.repo.git.text("diff", "--no-ext-diff", MOST_FILES, *changes)))
    for gate in lane.lane.gates:
        _say(f'  gate "{gate.name}": {_verdict(lane, gate.name, content)}')
    for text in concerns(s, lane):
        _say(waits(f"  concern: {shown(text)}"))
    for text in waivers(s, lane):
        _say(waits(f"  waiver: {shown(text)}"))
    for name in reverted_upstream(s, lane):
        _say(waits(f"  lane {name}, on which it depends, was reverted"))
    if lane.hold is not None and _is_warning(s, lane, lane.hold):
        _say(waits(f"  {shown(lane.hold.reason)}"))
    if facts.forge_at:
        _say(f"  it lands by {shown(lane.url or facts.forge_at)}")
    elif facts.publish != "all":
        _say("  it is not pushed")


def _is_warning(s: Snapshot, lane: LaneState, hold: Hold) -> bool:
    """Tell whether what a lane waits for speaks against landing it now."""
    is_early = hold.kind == "upstream" and bool(unlanded_upstream(s, lane))
    return is_early or hold.kind == "rejected"


def _verdict(lane: LaneState, gate: str, content: Mapping[str, str]) -> str:
    is_same = (lane.candidate or {}).get("tree") == content["tree"]
    if gate not in lane.verdicts or not is_same:
        return waits("runs before it lands")
    return good("passed on exactly this") if lane.verdicts[gate] else bad("red")


def _say(line: str) -> None:
    click.echo(line, err=True)
