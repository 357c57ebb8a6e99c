"""A scratch repository in which the command line is run and killed, and a small graph for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.emulator.forge import Emulator, running
from tests.gitrepo import TestRepo, make_repo
from tests.replays import assert_runs_replay

from agentrelay._shared import locks
from agentrelay.app.place import open_place
from agentrelay.app.running import require_run
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.snapshot import Snapshot
from agentrelay.forge.core.change_request import ChangeRequestStatus

PointName = tuple[str, str]
"""An effect's name and where in its life it is; see ``crash_server``."""

SERVER = Path(__file__).with_name("crash_server.py")
KILLED = -9
STRUCK = "struck"
"""The file, in a scene's folder, of an act of a scenario that has just killed the command line."""

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
        self._open = ExitStack()

    @cached_property
    def emulator(self) -> Emulator:
        """Return a forge for the scenarios that are played here, one repository for each."""
        return self._open.enter_context(running())

    def run(self, job: dict[str, Any]) -> tuple[int, PointName | None]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        code, point = json.loads(self._process.stdout.readline())
        return code, (point[0], point[1]) if point else None

    def close(self) -> None:
        self._process.communicate()
        self._open.close()


@dataclass
class Scratch:
    """A fresh repository, and the command line run in it by ``server``."""

    server: Server
    base: Path
    repo: TestRepo
    settings: dict[str, str] = field(default_factory=dict[str, str])

    def run(self, *argv: str, kill: PointName | None = None) -> int:
        """Run the command line to its end, which may be a kill at a point; return its exit code."""
        return self.call(argv, [kill] if kill else [])[0]

    def call(self, argv: Sequence[str], kills: list[PointName]) -> tuple[int, PointName | None]:
        """Run the command line until the first of ``kills`` is passed; return code and point."""
        job = {
            "argv": list(argv),
            "cwd": str(self.repo.path),
            "env": self.environ(),
            "output": str(self.base / "output"),
            "memory": str(self.base / "memory"),
            "kills": kills,
        }
        return self.server.run(job)

    def points(self) -> list[PointName]:
        """Return the points that were passed, in their order, each once."""
        lines = (self.base / "memory").read_text().splitlines()
        return list(dict.fromkeys((p[0], p[1]) for p in (json.loads(n)["point"] for n in lines)))

    def environ(self) -> dict[str, str]:
        own = {"XDG_RUNTIME_DIR": str(self.base / "runtime"), "TMPDIR": str(self.base / "tmp")}
        return {**os.environ, **own, **self.settings}

    def output(self) -> str:
        return (self.base / "output").read_text()

    def starts(self) -> Counter[str]:
        """Return how often each program of the graph was started."""
        return Counter((self.base / "starts").read_text().splitlines())

    def snapshot(self) -> Snapshot:
        """Return the run as its journal tells, which decides the same when it is replayed."""
        assert_runs_replay(self.repo.path)
        place = open_place(self.repo.path, self.environ())
        folders = place.folders("shop")
        return stored_snapshot(folders, require_run(folders))[0]


def scratch(server: Server, base: Path) -> Scratch:
    """Return a new repository, with folders of its own for live and temporary things."""
    base.mkdir()
    (base / "runtime").mkdir(mode=0o700)
    (base / "tmp").mkdir()
    return Scratch(server, base, make_repo(base / "repo"))


def small(server: Server, base: Path, work: str = WORK) -> Scratch:
    """Return a new repository with a graph of two tasks, whose agent does ``work``."""
    scene = scratch(server, base)
    graph = GRAPH.replace("WORK", work).replace("STARTS", str(base / "starts"))
    (base / "g.yaml").write_text(graph)
    return scene


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
    assert not git_locks(scene.repo)
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


def started(
    argv: Sequence[str], folder: Path, env: Mapping[str, str], output: Path
) -> subprocess.Popen[bytes]:
    """Start the command line in ``folder``, as a process with a session of its own."""
    with output.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "agentrelay", *argv],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def living_in(folder: Path) -> list[str]:
    """Return the processes that name ``folder`` in environment, command or open files (Linux)."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            if words and int(entry.name) != os.getpid() and _names(entry, words, str(folder)):
                found.append(f"{entry.name} {words.decode('utf-8', 'replace')}")
        except OSError:
            continue
    return found


def _names(entry: Path, words: bytes, folder: str) -> bool:
    if folder.encode() in words + (entry / "environ").read_bytes():
        return True
    # A supervisor's own environment says nothing; it holds the lock of its program's folder.
    is_supervisor = b"executor/supervisor" in words
    return is_supervisor and any(
        os.readlink(link).startswith(folder) for link in (entry / "fd").iterdir()
    )


def git_locks(repo: TestRepo) -> list[Path]:
    """Return the locks of git that are left in a repository."""
    git = repo.path / ".git"
    return [path for path in git.rglob("*.lock") if not path.is_relative_to(git / "agentrelay")]


def until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait for a condition; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.01)
