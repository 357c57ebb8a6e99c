"""Under which names acts pin what a lane's worktree holds."""

from __future__ import annotations

from agentrelay.engine.world import World
from agentrelay.gitio.keep import KEEP_PREFIX
from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.refs import ANY, RefUpdate
from agentrelay.journal.event import Event

SHORT = 12
"""Digits of an object id that tell pins of one kind apart."""


def keep_of(world: World, intent: Event, what: str) -> Keep:
    """Return how a state is pinned that an act finds: ``what`` it is, of which attempt or lane."""
    lane = intent.workstream or ""
    whose = f"{intent.task}, attempt {intent.attempt}" if intent.task else f"lane {lane}"
    return Keep(
        name=pin_name(world, intent, what),
        message=f"Kept from {whose}: {what}\n\n{world.trailers(lane, intent.task, intent.attempt)}",
        branches=world.folders.integration_branch(lane).removesuffix("integration"),
        identity=world.identity,
        date=world.signature(intent).time_unix,
        caches=world.graph.lane_by_id[lane].caches,
    )


def pin_name(world: World, intent: Event, what: str) -> str:
    """Return the name, below the keep refs, of a state of the attempt or lane of ``intent``."""
    lane = intent.workstream or ""
    if intent.task is None:
        return world.folders.lane_pin(world.run, lane, what)
    return world.folders.pin(world.run, lane, intent.task, intent.attempt or 1, what)


def candidate_pin(world: World, intent: Event, commit: str) -> RefUpdate:
    """Return the pin of a merge that is to be judged: no branch leads to it until it is merged."""
    turn = f"{intent.turn}-" if intent.turn is not None else ""
    name = pin_name(world, intent, f"{turn}candidate-{commit[:SHORT]}")
    return RefUpdate(KEEP_PREFIX + name, commit, ANY)
