"""Start an attempt: compute and check where it starts, put the worktree there, brief the agent."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay.engine.acts.keeping import keep_of, pin_name
from agentrelay.engine.acts.tokens import token_of
from agentrelay.engine.acts.worktrees import ensure_worktree
from agentrelay.engine.world import World
from agentrelay.errors import GitError, InternalError
from agentrelay.executor.core.calls import digest_of
from agentrelay.gates.gate import argv_of
from agentrelay.gitio.checkout import checkout
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.merge import CleanMerge, commit_tree, merge_trees
from agentrelay.gitio.refs import contains_all
from agentrelay.gitio.worktree import release_locks
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.instructions import Briefing, Earlier, Input, instructions, manifest
from agentrelay.task.core.templates import built_in


def start_attempt(world: World, intent: Event) -> Data:
    """Put the lane's worktree on the task's branch, at a start that contains all it depends on."""
    lane, task = intent.workstream or "", intent.task or ""
    worktree = ensure_worktree(world, lane)
    release_locks(worktree)
    branch = world.folders.task_branch(lane, task)
    tip, own = _tip_and_own(world, lane, branch)
    earlier = _pin_earlier(world, intent, tip, own)
    start, conflict = _start_point(world, intent, tip.oid)
    if start != tip.oid:
        pin_commit(world.git, pin_name(world, intent, "start"), start)
    known = (tip.oid, *tip.parents, *earlier)
    checkout(world.repo, worktree, start, branch, keep_of(world, intent, "before"), known=known)
    _brief(world, intent, branch, start)
    result: dict[str, object] = {"start": start, "requires": intent.data["requires"]}
    if conflict:
        result["conflict"] = conflict
    return result


def _pin_earlier(world: World, intent: Event, tip: Commit, own: Commit | None) -> list[str]:
    """Keep, as the earlier attempt's or run's, what it left on the task's branch; return that."""
    lane, task, attempt = intent.workstream or "", intent.task or "", intent.attempt or 1
    if own is None or own.oid in (tip.oid, *tip.parents):
        return []
    pin_commit(world.git, world.folders.pin(world.run, lane, task, attempt - 1, "branch"), own.oid)
    return [own.oid]


def _tip_and_own(world: World, lane: str, branch: str) -> tuple[Commit, Commit | None]:
    """Return the lane's tip, and that of the task's branch, where it has one by now."""
    ref = f"refs/heads/{world.folders.integration_branch(lane)}"
    tip, own = read_commits(world.git, [ref, f"refs/heads/{branch}"])
    if tip is None:
        message = f"the lane's branch {ref} is gone"
        raise GitError(message, cwd=world.repo.top)
    return tip, own


def _start_point(world: World, intent: Event, start: str) -> tuple[str, str]:
    """Return the commit at which the attempt starts, and the report of a conflict, if any.

    It is ``start``, the lane's tip, merged with what the task depends on elsewhere.
    """
    lane = intent.workstream or ""
    for upstream in contains_all(world.git, start, intent.data["requires"]):
        merged = merge_trees(world.git, start, upstream)
        if not isinstance(merged, CleanMerge):
            files = ", ".join(merged.files)
            return start, (
                f"{files}: the lane and what the task depends on change the same places.\n"
                f"Run `git merge {upstream}`, resolve the conflicts and commit.\n{merged.report}"
            )
        message = f"Merge what {intent.task} depends on\n\n{world.trailers(lane)}"
        signature = world.signature(intent)
        start = commit_tree(
            world.git,
            merged.tree,
            [start, upstream],
            message,
            author=signature,
            committer=signature,
        )
    if missing := contains_all(world.git, start, intent.data["requires"]):
        message = f"the start of {intent.task} lacks {', '.join(missing)}"
        raise InternalError(message)
    return start, ""


def _brief(world: World, intent: Event, branch: str, start: str) -> None:
    spec = world.graph.task_by_id[intent.task or ""]
    attempt = intent.attempt or 1
    folders = world.run_folders.attempt(spec.id, attempt)
    folders.agent.mkdir(parents=True, exist_ok=True)
    feedback = intent.data["before"]
    briefing = Briefing(
        spec=spec,
        graph=world.graph.name,
        run=world.run,
        attempt=attempt,
        branch=branch,
        start=start,
        bin=str(world.bin),
        earlier=[_earlier(world, intent, name) for name in spec.dependencies],
        inputs=[_input(world, intent, item.task, item.category) for item in spec.inputs_from],
        before=feedback,
        gates=[" ".join(argv_of(gate.run)) for gate in spec.gates],
    )
    digest = digest_of(token_of(world, spec.id, attempt))
    publish(folders.manifest, json.dumps(manifest(briefing, digest), indent=2) + "\n")
    template = world.templates.get(spec.role) or built_in(spec.role)
    publish(folders.instructions, instructions(briefing, template))


def _earlier(world: World, intent: Event, task: str) -> Earlier:
    result: Data = {}
    with suppress(FileNotFoundError):
        result = json.loads((_last_attempt(world, intent, task) / "result.json").read_bytes())
    return Earlier(task, result.get("summary", ""), tuple(result.get("notes", ())))


def _input(world: World, intent: Event, task: str, category: str) -> Input:
    folder = _last_attempt(world, intent, task) / "outputs" / category
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    return Input(task, category, tuple(files))


def _last_attempt(world: World, intent: Event, task: str) -> Path:
    """Return the folder of the attempt that did a task, in this run or an earlier one."""
    source = intent.data.get("sources", {}).get(task)
    if source is not None:
        run = world.folders.run(source["run"])
        return run.attempt(source["task"], source["attempt"]).root
    attempts = world.run_folders.task(task) / "attempts"
    numbers = (
        [int(p.name) for p in attempts.iterdir() if p.name.isdigit()] if attempts.is_dir() else []
    )
    return attempts / str(max(numbers, default=0))
