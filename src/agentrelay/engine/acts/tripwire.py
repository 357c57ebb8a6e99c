"""The tripwire: what changed in the user's own checkout while an agent worked.

It may be the person's own work, so it stops nothing and undoes nothing: it is told, as a note, or
as a concern, with which no lane lands by itself. The picture from before lies beside the turn's
records.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay.engine.world import World
from agentrelay.errors import GitError
from agentrelay.executor.core.executor import Ended, Running
from agentrelay.gitio.lookout import Lookout
from agentrelay.gitio.picture import Picture, changes
from agentrelay.graph.naming import name_of_task
from agentrelay.journal.event import Data, Event

PICTURE = "checkout.json"
LOOKS = 4
PAUSE = 0.2
"""Seconds between two looks; a git that writes meanwhile is waited for, so many times longer."""
PATIENCE = 25
NAMED = 8


def arm(world: World, turn: Path) -> None:
    """Keep, in a turn's folder, what the checkout looks like before the turn starts."""
    if world.lookout is None:
        return
    content: dict[str, object] = {"version": 1, "time": world.clock.now()}
    try:
        content["picture"] = asdict(world.lookout.recently())
    except (GitError, OSError) as error:
        # The turn goes on: its end tells.
        content["unseen"] = f"it can't be looked at: {error}"
    publish(turn / PICTURE, json.dumps(content) + "\n")


def sprung(world: World, intent: Event, turn: Path) -> list[str]:
    """Return, in one sentence or none, what changed in the checkout since the turn was to start."""
    if world.lookout is None:
        return []
    try:
        kept = json.loads((turn / PICTURE).read_bytes())
    except FileNotFoundError:
        return []
    found = [kept["unseen"]] if "unseen" in kept else _found(world, world.lookout, kept)
    if not found:
        return []
    who = ", ".join([intent.task or "", *_beside(world, turn, kept["time"])])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    what = f"changed in your checkout while {who} worked: {', '.join(found[:NAMED])}{more}"
    logs = f"agentrelay logs {name_of_task(world.graph, intent.task or '')}"
    return [f"{what}; if that was not you, see {logs}"]


def _found(world: World, lookout: Lookout, kept: Data) -> list[str]:
    try:
        return _settled(world, lookout, Picture(**kept["picture"]))
    except (GitError, OSError) as error:
        return [f"it can't be looked at: {error}"]


def _settled(world: World, lookout: Lookout, before: Picture) -> list[str]:
    """Return what changed, as two looks in turn find it: git may be writing during one."""
    found: list[str] = []
    for _ in range(LOOKS):
        last = found
        now = lookout.now()
        found = changes(world.repo, before, now, follows_origin=world.publish == "all")
        if not found or found == last:
            break
        _let_git_finish(world.repo.common_dir / "index.lock")
    return found


def _let_git_finish(lock: Path) -> None:
    time.sleep(PAUSE)
    for _ in range(PATIENCE):
        if not lock.exists():
            return
        time.sleep(PAUSE)


def _beside(world: World, turn: Path, since: float) -> Iterator[str]:
    """Give the other tasks, of any graph, that an agent worked at meanwhile."""
    graphs = world.folders.root.parent
    for picture in sorted(graphs.glob(f"*/runs/*/tasks/*/attempts/*/turns/*/{PICTURE}")):
        graph, _, _, _, task, *_ = picture.relative_to(graphs).parts
        if picture.parent != turn and _worked(world, picture.parent, since):
            yield task if graph == world.folders.graph else f"{task} of {graph}"


def _worked(world: World, turn: Path, since: float) -> bool:
    match world.executor.look(turn):
        case Ended(outcome):
            return outcome.ended >= since
        case look:
            return isinstance(look, Running)
