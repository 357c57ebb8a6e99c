"""Runs on disk: their numbers, the facts each was started with, and who holds the graph's lock."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from agentrelay._shared import locks
from agentrelay._shared.atomic import publish
from agentrelay.engine.layout import GraphFolders, RunFolders
from agentrelay.errors import FormatError, LockHeldError

VERSION = 1


@dataclass(frozen=True)
class RunFacts:
    """What a run was started with, so that it goes on alike whatever settings say later.

    ``digest`` is the graph's, ``commands`` that of the commands that a person has seen.
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
    version: int = VERSION


def store_run(run: RunFolders, facts: RunFacts, source: str) -> None:
    """Publish a new run's graph and facts; the facts come last, so they tell that it exists."""
    publish(run.graph_file, source)
    publish(run.facts, json.dumps(asdict(facts), indent=2) + "\n")


def load_facts(run: RunFolders) -> RunFacts | None:
    """Return what a run was started with, or None where no run was stored.

    FormatError where another version's are not readable by this one.
    """
    try:
        content = json.loads(run.facts.read_bytes())
    except FileNotFoundError:
        return None
    if content.get("version") != VERSION:
        message = f"{run.facts} has format {content.get('version')}; this version reads {VERSION}"
        raise FormatError(message, hint="upgrade agentrelay")
    content["env_allow"] = tuple(content["env_allow"])
    return RunFacts(**content)


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
        name_holder(folders)
        yield
    finally:
        forget_holder(folders)
        os.close(descriptor)


def name_holder(folders: GraphFolders) -> None:
    """Note, for people, that the calling process holds the graph's lock: a fork of its taker."""
    publish(folders.holder, json.dumps({"pid": os.getpid(), "command": sys.argv[1:]}))


def forget_holder(folders: GraphFolders) -> None:
    """Take back what ``name_holder`` noted, unless a fork has taken the lock over since."""
    with suppress(FileNotFoundError, ValueError):
        if json.loads(folders.holder.read_bytes())["pid"] == os.getpid():
            folders.holder.unlink()


def is_run_now(folders: GraphFolders) -> bool:
    """Tell whether some process holds the graph's lock."""
    return locks.is_held(folders.lock)


def holder_of(folders: GraphFolders) -> str:
    """Return who holds the graph's lock, for people."""
    try:
        content = json.loads(folders.holder.read_bytes())
    except (FileNotFoundError, ValueError):
        return "another process"
    return f"process {content['pid']} (agentrelay {' '.join(content['command'])})"


def graphs_of(top: Path, common_dir: Path) -> list[GraphFolders]:
    """Return the graphs that have a run in this repository, by name."""
    try:
        names = sorted(entry.name for entry in (top / ".workflow").iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [GraphFolders(top, common_dir, name) for name in names]
    return [folders for folders in found if latest_run(folders) is not None]
