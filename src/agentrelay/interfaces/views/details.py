"""All that is known of one task or lane, for those who look closely."""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay.engine.lane_rules import waivers
from agentrelay.interfaces.views.attempts import AttemptView, attempts_of
from agentrelay.interfaces.views.programs import ProgramRun, programs_of
from agentrelay.interfaces.views.run_view import LaneView, TaskView, lane_view, looks_of, task_view
from agentrelay.interfaces.views.stored_run import StoredRun


@dataclass(frozen=True)
class TaskDetails:
    """A task with its description, its attempts and where its files lie.

    ``instructions`` says whose its agent gets: ``built in``, or those of the ``repository``.
    """

    graph: str
    run: int
    lane: str
    task: TaskView
    description: str
    role: str
    instructions: str
    agent: str
    bypasses_permissions: bool
    dependencies: tuple[str, ...]
    dependents: tuple[str, ...]
    gates: tuple[str, ...]
    branch: str
    folder: str
    summary: str
    notes: tuple[str, ...]
    waivers: tuple[str, ...]
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True)
class LaneDetails:
    """A lane with its branches, its gates' runs and its tasks."""

    graph: str
    run: int
    lane: LaneView
    base_branch: str
    branch: str
    head: str | None
    lands_after: tuple[str, ...]
    auto_merge: bool
    approved_by: str | None
    gates: tuple[str, ...]
    waivers: tuple[str, ...]
    programs: tuple[ProgramRun, ...]


def task_details(stored: StoredRun, name: str) -> TaskDetails:
    """Return all that is known of a task of the run."""
    s = stored.snapshot
    task = s.tasks[name]
    return TaskDetails(
        graph=s.graph.name,
        run=stored.number,
        lane=task.lane,
        task=task_view(s, task, looks_of(stored), moves=stored.moves),
        description=task.spec.description,
        role=task.spec.role,
        instructions="repository" if task.spec.role in stored.facts.templates else "built in",
        agent=task.spec.agent,
        bypasses_permissions=s.graph.agents[task.spec.agent].bypasses_permissions,
        dependencies=task.spec.dependencies,
        dependents=s.graph.dependents[name],
        gates=tuple(gate.name for gate in task.spec.gates),
        branch=stored.folders.task_branch(task.lane, name),
        folder=str(stored.folders.run(stored.number).task(name)),
        summary=task.summary,
        notes=tuple(task.notes),
        waivers=tuple(task.waivers),
        attempts=tuple(attempts_of(stored, name)),
    )


def lane_details(stored: StoredRun, name: str) -> LaneDetails:
    """Return all that is known of a lane of the run."""
    s = stored.snapshot
    lane = s.lanes[name]
    return LaneDetails(
        graph=s.graph.name,
        run=stored.number,
        lane=lane_view(s, lane, looks_of(stored), moves=stored.moves),
        base_branch=lane.lane.spec.base_branch,
        branch=stored.folders.integration_branch(name),
        head=lane.head,
        lands_after=tuple(sorted(lane.upstream)),
        auto_merge=lane.lane.auto_merge,
        approved_by=lane.approved["by"] if lane.approved else None,
        gates=tuple(gate.name for gate in lane.lane.gates),
        waivers=tuple(waivers(s, lane)),
        programs=tuple(p for p in programs_of(stored) if p.lane == name and p.task is None),
    )
