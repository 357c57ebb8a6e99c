"""A scratch repository with a two-task graph, and what must be true once its run is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gitrepo import TestRepo, make_repo
from tests.replays import assert_runs_replay

from agentrelay._shared import locks
from agentrelay.app.place import open_place
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.snapshot import Snapshot
from agentrelay.forge.core.change_request import ChangeRequestStatus

SERVER = Path(__file__).with_name("crash_server.py")
KILLED = -9

GRAPH = """\
schema_version: 1
name: shop
agents:
  writer: {adapter: command, run: 'echo "turn $AGENTRELAY_TASK $AGENTRELAY_TURN" >> STARTS; WORK'}
defaults: {agent: writer}
workstreams:
  - {id: api, auto_merge: true, gates: [{name: all, run: 'echo "lane gate" >> STARTS'}]}
tasks:
  - id: a
    workstream_id: api
    description: do a
    gates: [{name: unit, run: 'echo "gate a" >> STARTS; test -e a.txt'}]
  - {id: b, workstream_id: api, description: do b, dependencies: [a]}
"""
WORK = 'echo "by $AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"'


class Server:
    """A process that runs command lines, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, job: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@dataclass
class Scratch:
    """A fresh repository, and the command line run in it by ``server``."""

    server: Server
    base: Path
    repo: TestRepo
    work: str = WORK

    def run(self, *argv: str, kill: tuple[str, str] | None = None, seen: Path | None = None) -> int:
        """Run the command line to its end, which may be a kill at a point; return its exit code."""
        job = {
            "argv": argv,
            "cwd": str(self.repo.path),
            "env": self.environ(),
            "output": str(self.base / "output"),
            "kill": kill,
            "seen": str(seen) if seen else None,
        }
        return self.server.run(job)

    def environ(self) -> dict[str, str]:
        return {**os.environ, "XDG_RUNTIME_DIR": str(self.base / "runtime")}

    def output(self) -> str:
        return (self.base / "output").read_text()

    def starts(self) -> Counter[str]:
        """Return how often each program of the graph was started."""
        return Counter((self.base / "starts").read_text().splitlines())

    def snapshot(self) -> Snapshot:
        """Return the run as its journal tells, which decides the same when it is replayed."""
        assert_runs_replay(self.repo.path)
        place = open_place(self.repo.path, self.environ())
        return stored_snapshot(place.folders("shop"), 1)[0]


def scratch(server: Server, base: Path, work: str = WORK) -> Scratch:
    """Return a new repository with the graph in it, and folders of its own for live things."""
    base.mkdir()
    (base / "runtime").mkdir(mode=0o700)
    repo = make_repo(base / "repo")
    graph = GRAPH.replace("WORK", work).replace("STARTS", str(base / "starts"))
    (base / "g.yaml").write_text(graph)
    return Scratch(server, base, repo, work)


@dataclass(frozen=True)
class Result:
    """What a run came to, as far as two runs of the same graph can be compared."""

    code: int
    tree: str
    starts: tuple[tuple[str, int], ...]
    merges: tuple[str, ...]
    requests: tuple[tuple[str, str, str], ...]
    statuses: tuple[str, ...]
    signals: tuple[str, ...]


def result_of(scene: Scratch, code: int) -> Result:
    """Look at all that a run left, and see that nothing lives or is locked that should not."""
    place = open_place(scene.repo.path, scene.environ())
    folders = place.folders("shop")
    snapshot = scene.snapshot()
    assert not snapshot.in_flight
    assert not snapshot.programs
    assert not locks.is_held(folders.lock)
    git_locks = [
        p for p in (scene.repo.path / ".git").rglob("*.lock") if p.parent.name != "agentrelay"
    ]
    assert not git_locks
    until(lambda: not living_in(scene.base), "all processes of the run to end")
    assert scene.repo.status() == ""
    merges = scene.repo.git("log", "--merges", "--format=%s", "main").splitlines()
    states = [s.status.value for s in (*snapshot.lanes.values(), *snapshot.tasks.values())]
    seen = [*folders.signals("api").iterdir()]
    for task in ("a", "b"):
        seen += [path for path in folders.run(1).task(task).iterdir() if path.is_file()]
    return Result(
        code=code,
        tree=scene.repo.git("rev-parse", "main^{tree}"),
        starts=tuple(sorted(scene.starts().items())),
        merges=tuple(merges),
        requests=tuple(
            (request.head_branch, request.base_branch, request.status.value)
            for request in place.forge().list()
        ),
        statuses=tuple(states),
        signals=tuple(sorted(str(path.relative_to(folders.root)) for path in seen)),
    )


def assert_done(result: Result) -> None:
    """A run that nothing disturbed did each thing once."""
    assert result.code == 0
    assert result.merges == ("Land api on main", "Merge task b into api", "Merge task a into api")
    assert {count for _, count in result.starts} == {1}
    assert [status for _, _, status in result.requests] == [ChangeRequestStatus.MERGED.value] * 3
    assert set(result.statuses) == {"merged"}


def living_in(folder: Path) -> list[str]:
    """Return the processes whose environment or command line names ``folder`` (Linux only)."""
    found: list[str] = []
    needle = str(folder).encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            is_other = int(entry.name) != os.getpid() and words
            if is_other and needle in words + (entry / "environ").read_bytes():
                found.append(f"{entry.name} {words.decode('utf-8', 'replace')}")
        except OSError:
            continue
    return found


def until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait for a condition; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.01)
