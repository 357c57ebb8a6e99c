"""Runs as refs: what each was started with, kept where a deleted ``.workflow`` does not reach.

``refs/agentrelay/run/<graph>/<n>`` is a commit with the run's graph.yaml and run.json. It is
written before the run's first event, and never moved nor pushed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from agentrelay._shared.clock import parse_rfc3339
from agentrelay.engine.layout import GraphFolders, RunFolders
from agentrelay.engine.runs import RunFacts, facts_of
from agentrelay.errors import InternalError
from agentrelay.gitio.command import Git
from agentrelay.gitio.files_ref import read_file, store_files
from agentrelay.gitio.merge import Signature
from agentrelay.gitio.repository import OUR_IDENTITY

PREFIX = "refs/agentrelay/run/"
GRAPH_FILE = "graph.yaml"
FACTS_FILE = "run.json"
FRESH = "Agentrelay-Fresh: yes"


@dataclass(frozen=True)
class RunRef:
    """A run that a ref tells of. ``is_fresh``: what runs before it did counts no more."""

    graph: str
    number: int
    commit: str
    is_fresh: bool


def keep_run(git: Git, number: int, facts: RunFacts, run: RunFolders) -> None:
    """Write the ref of a new run: its graph as it is run, and its facts, as they are stored."""
    files = {GRAPH_FILE: run.graph_file.read_bytes(), FACTS_FILE: run.facts.read_bytes()}
    message = f"Run {number} of {facts.graph}\n" + (f"\n{FRESH}\n" if facts.fresh else "")
    who = Signature(OUR_IDENTITY.name, OUR_IDENTITY.email, int(parse_rfc3339(facts.started)))
    store_files(git, f"{PREFIX}{facts.graph}/{number}", files, message, who)


def kept_runs(git: Git, graph: str | None = None) -> list[RunRef]:
    """Return the runs that refs tell of, of one graph or of all, oldest first; one git process."""
    prefix = PREFIX + (f"{graph}/" if graph is not None else "")
    format_ = "--format=%(refname) %(objectname)%00%(contents)%00"
    listed = git.run("for-each-ref", format_, prefix).stdout.decode("utf-8", "replace")
    found = [_run_ref(entry) for entry in listed.split("\0\n") if entry]
    return sorted((run for run in found if run), key=lambda run: (run.graph, run.number))


def kept_run(git: Git, run: RunRef, folders: GraphFolders) -> tuple[RunFacts, str]:
    """Return what a kept run was started with: its facts, and the text of its graph."""
    source, facts = (read_file(git, run.commit, name) for name in (GRAPH_FILE, FACTS_FILE))
    if source is None or facts is None:
        message = f"{PREFIX}{run.graph}/{run.number} holds no run"
        raise InternalError(message)
    return facts_of(folders.run(run.number), json.loads(facts)), source.decode()


def _run_ref(entry: str) -> RunRef | None:
    head, _, message = entry.partition("\0")
    ref, _, commit = head.partition(" ")
    graph, _, number = ref.removeprefix(PREFIX).rpartition("/")
    if not (graph and number.isascii() and number.isdigit()):
        return None
    return RunRef(graph, int(number), commit, FRESH in message.splitlines())
