"""Open a task's change request into its lane, and merge exactly what was judged."""

from __future__ import annotations

import hashlib

from agentrelay.engine.world import World
from agentrelay.errors import InternalError
from agentrelay.forge.core.forge import BaseMoved, HeadMoved, InTheWay, Merged, MergePlan, Proposal
from agentrelay.gitio.merge import commit_tree
from agentrelay.gitio.refs import ANY, RefUpdate, tree_of, update_refs
from agentrelay.journal.event import Data, Event

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def open_task(world: World, intent: Event) -> Data:
    """Open the change request of a task into its lane's integration branch."""
    spec = world.graph.task_by_id[intent.task or ""]
    lane = spec.workstream_id
    told = (intent.data["summary"], spec.description.strip(), *intent.data.get("waivers", ()))
    body = "\n\n".join(part for part in told if part)
    request = world.forge.ensure(
        Proposal(
            id=request_id(intent),
            title=f"{spec.id}: {spec.description.strip().splitlines()[0][:72]}",
            body=body,
            head_branch=world.folders.task_branch(lane, spec.id),
            base_branch=world.folders.integration_branch(lane),
            head=intent.data["head"],
            time=intent.time,
            author=world.identity.name,
        )
    )
    return {"number": request.number, "url": request.url}


def merge_task(world: World, intent: Event) -> Data:
    """Merge a task into its lane; the lane's branch moves to the commit that was judged."""
    if intent.data["number"] is None or intent.data["candidate"] == intent.data["base_tip"]:
        _note_nothing_changed(world, intent)
        return {"commit": intent.data["base_tip"]}
    plan = MergePlan(
        commit=intent.data["candidate"],
        base_tip=intent.data["base_tip"],
        head=intent.data["head"],
        time=intent.time,
        by="agentrelay",
    )
    match world.forge.merge(intent.data["number"], plan):
        case Merged(commit):
            return {"commit": commit}
        case BaseMoved(tip):
            return {"moved": tip}
        case HeadMoved(head):
            return {"moved": head}
        case InTheWay(why):
            return {"in_the_way": why}
    message = "a merge has an unknown result"
    raise InternalError(message)


def _note_nothing_changed(world: World, intent: Event) -> None:
    """Have a ref that proves a task done which changed nothing, as merge commits prove others."""
    lane, task, tip = intent.workstream or "", intent.task or "", intent.data["base_tip"]
    trailers = world.trailers(lane, task, intent.attempt)
    message = f"Task {task} of {lane} changed nothing\n\n{trailers}"
    who = world.signature(intent)
    commit = commit_tree(
        world.git, tree_of(world.git, tip), [tip], message, author=who, committer=who
    )
    ref = world.folders.done_ref(lane, task)
    update_refs(world.git, [RefUpdate(ref, commit, ANY)], reason="agentrelay: done")


def request_id(intent: Event) -> str:
    """Return a ULID made from an effect's key, so that doing it again names the same request."""
    number = int.from_bytes(hashlib.sha256(intent.data["key"].encode()).digest()[:16]) >> 3
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
