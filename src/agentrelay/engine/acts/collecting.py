"""Collect a turn: judge its end by evidence, commit what was left, merge it with its lane.

The result of a turn is the worktree's HEAD plus what was left uncommitted, if it descends from
the attempt's start. Everything else that the turn left is pinned, so that nothing is lost.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay._shared.ids import id_problem
from agentrelay.agent.core.judging import Completion, Judgement, TurnEvidence, judge
from agentrelay.agent.core.report import TurnResult
from agentrelay.engine.acts.accounting import Told, estimated, told_of
from agentrelay.engine.acts.accounts import told_by
from agentrelay.engine.acts.asking import agent_of
from agentrelay.engine.acts.keeping import candidate_pin, keep_of, pin_name
from agentrelay.engine.acts.tripwire import sprung
from agentrelay.engine.acts.worktrees import restore_worktree
from agentrelay.engine.layout import AttemptFolders
from agentrelay.engine.world import World
from agentrelay.errors import GitError
from agentrelay.executor.core.calls import Call, Verb, last_word, read_calls
from agentrelay.executor.core.executor import Ended, Ending
from agentrelay.executor.core.records import calls_after, load_order
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.leftovers import Leftovers, commit_leftovers, conflict_markers
from agentrelay.gitio.merge import CleanMerge, commit_tree, merge_trees
from agentrelay.gitio.preserve import preserve, preserve_stashes
from agentrelay.gitio.refs import (
    RefUpdate,
    contains_all,
    is_ancestor,
    require_commit,
    update_refs,
)
from agentrelay.gitio.repository import at_worktree
from agentrelay.gitio.worktree import release_locks
from agentrelay.graph.naming import name_of_task
from agentrelay.journal.event import Data, Event


@dataclass
class _Turn:
    """What is being found out about one turn."""

    folders: AttemptFolders
    worktree: Path
    calls: list[Call]
    judgement: Judgement
    told: Told
    concerns: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def collect_turn(world: World, intent: Event) -> Data:
    """Return what a turn made, merged with its lane, or why it made nothing that counts."""
    was_deleted = restore_worktree(world, intent)
    turn = _read_turn(world, intent)
    release_locks(turn.worktree)
    _copy_outputs(turn)
    changed, left = _look_and_commit(world, intent, turn)
    (turn.concerns if world.holds_on_changes else turn.notes).extend(changed)
    if left is not None:
        result = _made(world, intent, turn, left)
    else:
        result = {"result": turn.judgement.result.value, "reason": turn.judgement.reason}
    if was_deleted and result["result"] != TurnResult.DONE.value:
        reason = (
            "the worktree was deleted while the agent worked, with what was not committed "
            f"or pinned: agentrelay recover {name_of_task(world.graph, intent.task or '')} --list"
        )
        result = {"result": TurnResult.LOST.value, "reason": reason}
    if result["result"] != "done":
        result["pinned"] = _pin_rest(world, intent, turn.worktree)
    else:
        _pin_stashes(world, intent, turn.worktree)
    result |= (
        _said(intent, turn) | dict(turn.told.facts) | ({"checkout": changed} if changed else {})
    )
    result |= told_by(world, intent, turn.judgement.result, turn.told.report)
    publish(turn.folders.result, json.dumps({"version": 1, **result}, indent=2) + "\n")
    return result


def _look_and_commit(
    world: World, intent: Event, turn: _Turn
) -> tuple[list[str], Leftovers | None]:
    """Return what changed in the user's checkout, and what was left, committed if it was done.

    Both at once: they are places that have nothing to do with each other.
    """
    with ThreadPoolExecutor(1) as aside:
        look = aside.submit(sprung, world, intent, turn.folders.turn(intent.turn or 1))
        done = turn.judgement.result is TurnResult.DONE
        left = _commit_leftovers(world, intent, turn) if done else None
        return look.result(), left


def _read_turn(world: World, intent: Event) -> _Turn:
    spec = world.graph.task_by_id[intent.task or ""]
    folders = world.run_folders.attempt(spec.id, intent.attempt or 1)
    folder = folders.turn(intent.turn or 1)
    digest = str(json.loads(folders.manifest.read_bytes())["token_digest"])
    calls = read_calls(folders.agent, digest)
    worktree = world.worktree(spec.workstream_id)
    if intent.data.get("by"):
        # A person's word: that they gave it.
        given = Judgement(TurnResult.DONE, str(intent.data["summary"]))
        return _Turn(folders, worktree, [], given, Told())
    look = world.executor.look(folder)
    outcome = look.outcome if isinstance(look, Ended) else None
    ending = outcome.ending if outcome else None
    first = calls_after(folder)
    word = last_word(call for call in calls if call.id > first)
    agent, adapter = agent_of(world, spec)
    price = partial(estimated, world.prices, agent.model)
    told = told_of(adapter, folders, intent.turn or 1, price)
    evidence = TurnEvidence(
        ending=ending.value if ending else "lost",
        exit_code=outcome.exit_code if outcome else None,
        signal=outcome.signal if outcome else None,
        completion=_COMPLETIONS[word.verb] if word else Completion.NONE,
        reason=word.text if word else "",
        report=told.report,
        program=load_order(folder).argv[0] if ending is Ending.NOT_STARTED else "",
    )
    notes = [f"denied: {text}" for text in told.report.denied] if told.report is not None else []
    return _Turn(folders, worktree, calls, judge(evidence), told, notes=notes)


_COMPLETIONS = {Verb.DONE: Completion.DONE, Verb.FAIL: Completion.FAILED}


def _made(world: World, intent: Event, turn: _Turn, left: Leftovers) -> dict[str, object]:
    """Return the commit of a turn that was done, and its merge with the lane."""
    start, lane = intent.data["start"], intent.workstream or ""
    branch = f"refs/heads/{world.folders.task_branch(lane, intent.task or '')}"
    ref = f"refs/heads/{world.folders.integration_branch(lane)}"
    head, own, tip = read_commits(world.git, [left.head, branch, ref])
    if head is None or tip is None:
        message = f"the lane's branch {ref} is gone"
        raise GitError(message, cwd=turn.worktree)
    follows = start == head.oid or start in head.parents
    if not follows and not is_ancestor(world.git, start, head.oid):
        pin_commit(world.git, pin_name(world, intent, f"{intent.turn}-astray"), head.oid)
        reason = "its work does not descend from where the attempt started; it is pinned"
        return {"result": "failed", "reason": reason}
    # One commit on the start, made here just now, has nothing in it but what was screened.
    screened = left.committed and head.parents == (start,)
    if not screened and (marked := conflict_markers(world.git, start, head.oid)):
        pin_commit(world.git, pin_name(world, intent, f"{intent.turn}-markers"), head.oid)
        return {"result": "failed", "reason": f"conflict markers in {', '.join(marked)}"}
    result = _merged(world, intent, turn, _Sides(start, head, tip))
    moves = _branch_move(world, intent, branch, own, head)
    if "candidate" in result and result["candidate"] != tip.oid:
        moves.append(candidate_pin(world, intent, str(result["candidate"])))
    update_refs(world.git, moves, reason="agentrelay: turn")
    return result


def _branch_move(
    world: World, intent: Event, branch: str, own: Commit | None, head: Commit
) -> list[RefUpdate]:
    """Return the move of the task's branch to what the turn made, after pinning what is not in it.

    An agent may have made one commit on its branch, and then gone on from another.
    """
    if own is None:
        return [RefUpdate(branch, head.oid, None)]
    if own.oid == head.oid:
        return []
    if own.oid not in head.parents and not is_ancestor(world.git, own.oid, head.oid):
        pin_commit(world.git, pin_name(world, intent, f"{intent.turn}-branch"), own.oid)
    return [RefUpdate(branch, head.oid, own.oid)]


def _commit_leftovers(world: World, intent: Event, turn: _Turn) -> Leftovers:
    spec = world.graph.task_by_id[intent.task or ""]
    title = spec.description.strip().splitlines()[0][:72]
    trailers = world.trailers(spec.workstream_id, spec.id, intent.attempt)
    message = f"{spec.id}: {title}\n\n{trailers}"
    left = commit_leftovers(
        turn.worktree, message, world.identity, world.signature(intent).time_unix
    )
    if left.refused:
        preserve(turn.worktree, keep_of(world, intent, f"{intent.turn}-refused"))
    turn.concerns += [f"not committed: {item.path}: {item.reason}" for item in left.refused]
    return left


@dataclass(frozen=True)
class _Sides:
    """What is merged: a turn's ``head``, which descends from ``start``, and its lane's ``tip``."""

    start: str
    head: Commit
    tip: Commit


def _merged(world: World, intent: Event, turn: _Turn, sides: _Sides) -> dict[str, object]:
    """Merge a turn's commit with the tip of its lane, in the object database only."""
    lane, head, tip = intent.workstream or "", sides.head.oid, sides.tip.oid
    result: dict[str, object] = {"result": "done", "reason": "", "commit": head, "lane_tip": tip}
    if missing := contains_all(world.git, head, intent.data["requires"]):
        return result | {
            "conflict": f"the work lacks {', '.join(missing)}: merge it",
            "empty": False,
        }
    # A head that descends from the tip is the merge of both.
    contains_tip = tip in (sides.start, *sides.head.parents)
    merged = CleanMerge(sides.head.tree) if contains_tip else merge_trees(world.git, tip, head)
    if not isinstance(merged, CleanMerge):
        files = ", ".join(merged.files)
        report = (
            f"{files}: the lane and this task\nRun `git merge {tip}` and resolve.\n{merged.report}"
        )
        return result | {"conflict": report, "empty": False}
    if merged.tree == sides.tip.tree:
        return result | _unchanged(world, intent, turn, tip)
    spec = world.graph.task_by_id[intent.task or ""]
    trailers = [world.trailers(lane, spec.id, intent.attempt), *_concern_trailers(intent, turn)]
    message = f"Merge task {spec.id} into {lane}\n\n{chr(10).join(trailers)}"
    signature = world.signature(intent)
    candidate = commit_tree(
        world.git, merged.tree, [tip, head], message, author=signature, committer=signature
    )
    return result | {"candidate": candidate, "tree": merged.tree, "empty": False}


def _concern_trailers(intent: Event, turn: _Turn) -> list[str]:
    """Return the concerns as trailers, so that they still keep the lane when all else is lost."""
    texts = dict.fromkeys(
        [*intent.data.get("concerns", ()), *_called(turn, Verb.CONCERN, turn.concerns)]
    )
    return [f"Agentrelay-Concern: {' '.join(text.split())}" for text in texts if text.strip()]


def _unchanged(world: World, intent: Event, turn: _Turn, tip: str) -> dict[str, object]:
    spec = world.graph.task_by_id[intent.task or ""]
    word = last_word(turn.calls)
    if spec.allow_empty or intent.data.get("earlier") or (word is not None and word.empty):
        return {"candidate": tip, "commit": tip, "empty": True}
    return {"result": "failed", "reason": "nothing was changed", "empty": True}


def _copy_outputs(turn: _Turn) -> None:
    """Copy what the agent declared as outputs; what is not there is a concern."""
    for call in turn.calls:
        if call.verb is not Verb.OUTPUT:
            continue
        source = _own_file(turn, call)
        if source is None:
            turn.concerns.append(f"the declared output {call.path} is no file of the task's")
            continue
        folder = turn.folders.outputs / call.category
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / source.name)


def _own_file(turn: _Turn, call: Call) -> Path | None:
    """Return the file of a declared output; None where path or category lead elsewhere.

    An agent can write the file of a call itself, so nothing in it is taken on trust.
    """
    source = (turn.worktree / call.path).resolve()
    homes = (turn.worktree.resolve(), turn.folders.agent.resolve())
    inside = any(source.is_relative_to(home) for home in homes)
    return source if inside and source.is_file() and id_problem(call.category) is None else None


def _said(intent: Event, turn: _Turn) -> dict[str, object]:
    word = last_word(turn.calls)
    return {
        "summary": _summary(intent, word),
        "concerns": _called(turn, Verb.CONCERN, turn.concerns),
        "notes": _called(turn, Verb.NOTE, turn.notes),
    }


def _summary(intent: Event, word: Call | None) -> str:
    said = word.text if word is not None and word.verb is Verb.DONE else ""
    return str(intent.data.get("summary", said))


def _called(turn: _Turn, verb: Verb, ours: list[str]) -> list[str]:
    """Return what the agent said with a call, and what we have to add, each text once."""
    said = [call.text for call in turn.calls if call.verb is verb]
    return list(dict.fromkeys([*said, *ours]))


def _pin_rest(world: World, intent: Event, worktree: Path) -> str:
    """Pin all that a turn left which made nothing that counts; return the commit that has it."""
    keep = keep_of(world, intent, f"{intent.turn}-rest")
    kept = preserve(worktree, keep)
    if kept is None:
        kept = require_commit(at_worktree(worktree), "HEAD")
        pin_commit(world.git, keep.name, kept)
    return kept


def _pin_stashes(world: World, intent: Event, worktree: Path) -> None:
    keep = keep_of(world, intent, str(intent.turn))
    preserve_stashes(at_worktree(worktree), world.repo.common_dir, keep)
