"""Carries a graph out in a process of its own, as ``agentrelay run --yes`` does, and counts.

``carry.py REPOSITORY GRAPH_FILE [--wait]`` prints one JSON object: how the run ended,
and how many git processes and flushes of the disk this process asked for. In a process of its own,
so that the wall time that its caller takes has in it all that a person would wait for.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from agentrelay._shared import process
from agentrelay.app import beginning, place, wiring
from agentrelay.config.load import load_graph
from agentrelay.engine import runs
from agentrelay.engine.seam import Seam
from agentrelay.journal.event import RUN_STARTED, Draft

P = ParamSpec("P")
R = TypeVar("R")


class Silent:
    """A reporter that says nothing."""

    def changed(self, snapshot: object, change: object) -> None: ...

    def noted(self, snapshot: object, event: object) -> None: ...


def counted(counts: Counter[str], name: Callable[..., str], act: Callable[P, R]) -> Callable[P, R]:
    """Return ``act``, counting its calls under a name made from their arguments."""

    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        counts[name(*args)] += 1
        return act(*args, **kwargs)

    return wrapper


def main(repository: Path, graph_file: Path, *, stay: bool) -> None:
    """Start a run of the graph, carry it on to its end, and print how that went.

    With ``stay`` it waits for people where only they can move it.
    """
    counts: Counter[str] = Counter()
    process.run = counted(counts, lambda argv: " ".join(argv[:2]), process.run)
    process.Dialogue = counted(counts, lambda argv: " ".join(argv[:2]), process.Dialogue)
    os.fsync = counted(counts, lambda _: "fsync", os.fsync)
    os.fdatasync = counted(counts, lambda _: "fdatasync", os.fdatasync)
    here = place.open_place(repository, os.environ)
    loaded = load_graph(graph_file, here.given())
    folders = here.folders(loaded.graph.name)
    with runs.lock_held(folders):
        begun = beginning.begin_run(here, loaded, fresh=False)
        with wiring.orchestrator_of(
            here, begun.number, loaded.graph.name, Silent(), Seam()
        ) as orchestrator:
            orchestrator.begin(Draft(RUN_STARTED, data={"mode": "full"}))
            orchestrator.run(stay=stay)
    snapshot = orchestrator.snapshot
    print(json.dumps({"code": snapshot.finished, "counts": counts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), stay="--wait" in sys.argv)
