"""A plan as text: the lanes and when they land, what runs side by side."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.graph.plan import Plan, PlannedLane
from agentrelay.interfaces.cli.text import bold, shown, waits

SHOWN_WAVES = 50


def show_plan(plan: Plan) -> None:
    """Show on stdout what a run of a graph would do."""
    for line in _lines(plan):
        click.echo(line)


def way_of(base: str, target: str, *, auto_merge: bool) -> str:
    """Return where a lane starts and lands, and whether it does that by itself."""
    lands = "by itself when green" if auto_merge else "when a person approves"
    return f"{shown(base)} -> {shown(target)}, lands {lands}"


def _lines(plan: Plan) -> Iterator[str]:
    tasks = sum(len(lane.tasks) for lane in plan.lanes)
    counts = f"lanes {len(plan.lanes)}, tasks {tasks}, agents at once {plan.max_agents}"
    yield bold(f"graph {plan.graph}: {counts}")
    yield ""
    after = ", after those that it names" if any(lane.lands_after for lane in plan.lanes) else ""
    yield f"lanes; each lands when it is ready{after}:"
    for lane in plan.lanes:
        yield from _lane(lane)
    yield ""
    yield "side by side, if all tasks took equally long:"
    for number, wave in enumerate(plan.waves[:SHOWN_WAVES], 1):
        yield f"  {number}. {', '.join(wave)}"
    if len(plan.waves) > SHOWN_WAVES:
        yield f"  and {len(plan.waves) - SHOWN_WAVES} more (--json has all)"
    yield ""
    if plan.bypassing:
        yield waits(f"agents that may do whatever you can: {', '.join(plan.bypassing)}")
        yield ""
    length = len(plan.critical_path)
    many = f"{length} {'task' if length == 1 else 'tasks'}"
    yield f"critical path ({many}): {' > '.join(plan.critical_path)}"


def _lane(lane: PlannedLane) -> Iterator[str]:
    after = f", after {', '.join(lane.lands_after)}" if lane.lands_after else ""
    way = way_of(lane.base_branch, lane.merge_target_branch, auto_merge=lane.auto_merge)
    yield f"  {bold(lane.id)}   {way}{after}"
    for task in lane.tasks:
        needs = f"   after {', '.join(task.dependencies)}" if task.dependencies else ""
        yield f"    {task.wave}. {task.id} ({shown(task.agent)}){needs}"
