"""Runs on disk: their numbers, the facts each was started with, and who holds the graph's lock."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from agentrelay._shared import locks
from agentrelay._shared.atomic import publish
from agentrelay._shared.liveness import this_host
from agentrelay.engine.layout import GraphFolders, RunFolders, top_of
from agentrelay.errors import DamagedError, FormatError, LockHeldError

VERSION = 1


@dataclass(frozen=True)
class RunFacts:
    """What a run was started with, so that it goes on alike whatever settings say later.

    ``digest`` is the graph's, ``commands`` that of the commands that a person has seen. ``fresh``
    says that nothing of earlier runs is taken over. ``templates`` are the user's own instructions
    for agents, by role. Where ``forge`` is not ``local``, lanes have change requests in
    ``forge_at`` (host/owner/name) too, and land as ``merge_by`` says.
    """

    graph: str
    digest: str
    commands: str
    default_branch: str
    agent: str
    publish: str
    worktree_root: str
    env_allow: tuple[str, ...]
    sign: bool
    max_agents: int
    max_gates: int
    started: str
    agentrelay: str
    fresh: bool = False
    tripwire: str = "off"
    keep_every: float = 300.0
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    forge: str = "local"
    forge_at: str = ""
    merge_by: str = "auto"
    version: int = VERSION


def store_run(run: RunFolders, facts: RunFacts, source: str) -> None:
    """Publish a new run's graph and facts; the facts come last, so they tell that it exists."""
    publish(run.graph_file, source)
    _publish_facts(run, facts)


def load_facts(run: RunFolders) -> RunFacts | None:
    """Return what a run was started with, or None where no run was stored.

    FormatError where another version's are not readable by this one, DamagedError where they are
    not readable at all.
    """
    try:
        content = json.loads(run.facts.read_bytes())
        return facts_of(run, content)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"{run.facts} is damaged: it does not say how the run was started"
        raise DamagedError(message, hint="agentrelay doctor") from error


def facts_of(run: RunFolders, content: dict[str, Any]) -> RunFacts:
    """Return the facts that ``content`` has of a run; FormatError for those of another version."""
    if content.get("version") != VERSION:
        message = f"{run.facts} has format {content.get('version')}; this version reads {VERSION}"
        raise FormatError(message, hint="upgrade agentrelay")
    content["env_allow"] = tuple(content["env_allow"])
    content["worktree_root"] = str(top_of(run) / content["worktree_root"])
    return RunFacts(**content)


def set_max_agents(run: RunFolders, count: int) -> None:
    """Have a stored run go on with ``count`` agents at once; the graph's lock must be held."""
    facts = load_facts(run)
    if facts is not None and facts.max_agents != count:
        _publish_facts(run, replace(facts, max_agents=count))


def _publish_facts(run: RunFolders, facts: RunFacts) -> None:
    """Publish facts; a place in the repository is told from its top, so that it may be moved."""
    content, top = asdict(facts), top_of(run)
    if (root := Path(facts.worktree_root)).is_relative_to(top):
        content["worktree_root"] = str(root.relative_to(top))
    publish(run.facts, json.dumps(content, indent=2) + "\n")


def note_let_go(run: RunFolders, time: str) -> None:
    """Note that the pins of a run were dropped, so that nobody misses what they held."""
    publish(run.let_go, f"{time}\n")


def let_go(run: RunFolders) -> str:
    """Return when the pins of a run were dropped, empty where they never were."""
    try:
        return run.let_go.read_text().strip()
    except FileNotFoundError:
        return ""


def latest_run(folders: GraphFolders) -> int | None:
    """Return the number of the graph's latest stored run, or None."""
    return next((n for n in reversed(folders.runs()) if folders.run(n).facts.is_file()), None)


def put_signals_away(folders: GraphFolders, number: int) -> None:
    """Move the lanes' signals to the run that they are of, because another one is to begin."""
    kept = folders.run(number).root / "workstreams"
    for signals in folders.signals("").glob("*"):
        # Where a crash came between, what is there now was published again.
        shutil.rmtree(kept / signals.name, ignore_errors=True)
        kept.mkdir(parents=True, exist_ok=True)
        signals.replace(kept / signals.name)


@contextmanager
def lock_held(folders: GraphFolders) -> Generator[None]:
    """Hold the graph's lock during the block; LockHeldError where another process does.

    Only within this block may a journal be written or an effect be done.
    """
    descriptor = locks.acquire(folders.lock)
    if descriptor is None:
        raise LockHeldError(
            f"graph {folders.graph} is being run by {holder_of(folders)}",
            hint=f"agentrelay status {folders.graph} shows it; a second run is not needed",
        )
    try:
        _require_no_foreign_holder(folders)
        name_holder(folders)
        try:
            yield
        finally:
            forget_holder(folders)
    finally:
        os.close(descriptor)


def _require_no_foreign_holder(folders: GraphFolders) -> None:
    """Raise LockHeldError where a process may hold the graph whose locks are not seen here.

    A lock (flock) is known to one kernel; a folder may be shared by several machines.
    """
    holder = _read_holder(folders)
    if holder is None or not isinstance(holder.get("machine"), str):
        return
    host = this_host()
    if holder["machine"] != host.machine and holder.get("boot") != host.boot:
        raise LockHeldError(
            f"graph {folders.graph} may be run on another machine ({holder['machine']}) by "
            f"{holder_of(folders)}; that can't be seen from here",
            hint=f"end it there; if it is gone for good: rm {folders.holder}",
        )


def name_holder(folders: GraphFolders) -> None:
    """Note that the calling process holds the graph's lock: for people, and other machines."""
    host = this_host()
    content = {"pid": os.getpid(), "command": sys.argv[1:]}
    content |= {"machine": host.machine, "boot": host.boot}
    publish(folders.holder, json.dumps(content))


def forget_holder(folders: GraphFolders) -> None:
    """Take back what ``name_holder`` noted, unless somebody else has taken the lock over since."""
    holder = _read_holder(folders)
    if holder is not None and holder.get("pid") == os.getpid():
        with suppress(OSError):
            folders.holder.unlink()


def is_run_now(folders: GraphFolders) -> bool:
    """Tell whether some process holds the graph's lock."""
    return locks.is_held(folders.lock)


def holder_of(folders: GraphFolders) -> str:
    """Return who holds the graph's lock, for people."""
    holder = _read_holder(folders)
    if holder is None:
        return "another process"
    return f"process {holder.get('pid')} (agentrelay {' '.join(map(str, holder['command']))})"


def _read_holder(folders: GraphFolders) -> dict[str, Any] | None:
    """Return who noted to hold the graph's lock, None where nobody did so readably."""
    try:
        content = json.loads(folders.holder.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    holder = cast("dict[str, Any]", content)
    return holder if isinstance(holder.get("command"), list) else None


def graphs_of(top: Path, common_dir: Path) -> list[GraphFolders]:
    """Return the graphs that have a run in this repository, by name."""
    try:
        names = sorted(entry.name for entry in (top / ".workflow").iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [GraphFolders(top, common_dir, name) for name in names]
    return [folders for folders in found if latest_run(folders) is not None]
