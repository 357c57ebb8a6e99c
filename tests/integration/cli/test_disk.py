"""What becomes of a run when the disk is full, read-only, torn, moved or partly deleted."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo
from tests.integration.cli.scene import ARGV, Scene, one_lane, until

from agentrelay._shared import locks

DISK = 4
HOLDS = "WORK; touch BASE/begun; while test ! -e BASE/go; do sleep 0.02; done"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="sets limits of another process")


@pytest.fixture(autouse=True)
def _nothing_is_left(scene: Scene, tmp_path: Path) -> Iterator[None]:
    """Let every agent of the test end with it."""
    yield
    (tmp_path / "go").touch()
    scene.end()
    for started in (scene.repo.path / ".workflow").rglob("started"):
        until(lambda at=started.parent: not locks.is_held(at / "lock"), "a supervisor to leave")


def holding(scene: Scene, base: Path, work: str = "echo x > made.txt") -> str:
    """Write a graph whose agent works, and ends once the file ``go`` is there."""
    run = HOLDS.replace("BASE", str(base)).replace("WORK", work)
    return scene.graph(one_lane("g", run))


def begin(scene: Scene, base: Path, *argv: str) -> subprocess.Popen[str]:
    process = scene.start(*argv)
    until(lambda: (base / "begun").exists() or process.poll() is not None, "the agent to begin")
    until(lambda: scene.has_event("g", "effect.done") and running(scene), "its start to be known")
    return process


def running(scene: Scene) -> bool:
    done = [e["data"] for e in scene.events("g") if e["type"] == "effect.done"]
    return any(isinstance(each, dict) and each["kind"] == "turn.start" for each in done)


def journal(scene: Scene) -> Path:
    return scene.repo.path / ".workflow/g/runs/1/journal.jsonl"


def assert_landed(scene: Scene, repo: TestRepo | None = None) -> None:
    """The work is on main, once, and the run is over."""
    where = repo or scene.repo
    assert where.show("made.txt", "main") == "x"
    merges = where.git("log", "--merges", "--format=%s", "main").splitlines()
    assert merges == ["Land lane on main", "Merge task work into lane"]


def assert_told(code: int, err: str, *words: str) -> None:
    """A failure of the disk is told as one, not as a bug of ours."""
    assert code == DISK, err
    assert "error[AR-DISK-001]" in err
    assert "Traceback" not in err
    for word in words:
        assert word in err


@ON_LINUX
def test_a_journal_that_cannot_grow_stops_the_run_cleanly_and_it_goes_on(
    scene: Scene, tmp_path: Path
) -> None:
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path), "--yes")
    before = journal(scene).read_bytes()
    # A limit some bytes further on: the next step fits in part, which must not stay there.
    limit = len(before) + 40
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=60)
    assert_told(process.returncode, err, "the journal", "File too large", "agentrelay resume")
    assert journal(scene).read_bytes() == before
    resumed = scene.call("resume", "g")
    assert resumed.code == 0, resumed.err
    assert scene.intents("g", "turn.start") == 1
    assert_landed(scene)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Return a small disk of its own; where none may be mounted, the limit above is the test."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, check=False).returncode:
        pytest.skip("may not mount; test_a_journal_that_cannot_grow... covers it")
    yield disk
    until(lambda: subprocess.run(["umount", str(disk)], check=False).returncode == 0, "umount")


def test_on_a_full_disk_nothing_is_lost_and_the_run_goes_on_once_there_is_room(
    small: Path, scene: Scene, tmp_path: Path
) -> None:
    shutil.copytree(scene.repo.path, small / "repo", symlinks=True)
    scene.repo = TestRepo(small / "repo")
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path), "--yes")
    filler = small / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1k"], check=False)
    (tmp_path / "go").touch()
    folder = next((small / "repo/.workflow").rglob("started")).parent
    # The supervisor waits for room to say how its program ended: nothing is lost, nothing guessed.
    assert scene.call("status").code == 0
    assert locks.is_held(folder / "lock")
    filler.unlink()
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    resumed = scene.call("resume", "g")
    assert resumed.code == 0, err + resumed.err
    assert_landed(scene)
    until(lambda: not locks.is_held(folder / "lock"), "the supervisor to leave")


def unprivileged() -> None:
    """Let what is executed next have no more right to files than their modes give (Linux)."""
    if sys.platform == "linux" and os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        drop, override, search = 24, 1, 2  # prctl(2), capabilities(7)
        for capability in (override, search):
            libc.prctl(drop, capability, 0, 0, 0)


def call_unprivileged(scene: Scene, *argv: str) -> tuple[int, str]:
    done = subprocess.run(
        [*ARGV, *argv],
        cwd=scene.repo.path,
        env=scene.environment(),
        preexec_fn=unprivileged,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("folder", [".", ".workflow/g/runs/1", ".git/agentrelay"])
def test_a_folder_that_may_not_be_written_is_named_and_then_the_run_goes_on(
    scene: Scene, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "go").touch()
    graph = holding(scene, tmp_path)
    if folder != ".":
        process = begin(scene, tmp_path, "run", graph, "--yes")
        process.kill()
        process.communicate()
    closed = scene.repo.path / folder
    inside = [closed, *(path for path in closed.glob("*.lock")), *closed.glob("journal.jsonl")]
    for path in inside:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        code, err = call_unprivileged(scene, "run", graph, "--yes")
    finally:
        for path in inside:
            path.chmod(path.stat().st_mode | 0o200)
    assert_told(code, err, "Permission denied")
    again = scene.call("run", graph, "--yes")
    assert again.code == 0, again.err
    assert_landed(scene)


def test_a_torn_last_line_of_the_journal_is_cut_and_said(scene: Scene, tmp_path: Path) -> None:
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path), "--yes")
    process.kill()
    process.communicate()
    whole = journal(scene).read_bytes()
    for tail in (b'{"seq":99,"time":"20', b"\0" * 4096):
        journal(scene).write_bytes(whole + tail)
        assert scene.call("status").code == 0
    (tmp_path / "go").touch()
    resumed = scene.call("resume", "g")
    assert resumed.code == 0, resumed.err
    assert "cut 4096 bytes off the journal" in resumed.err
    assert_landed(scene)


def test_a_journal_with_a_hole_is_named_and_left_alone(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    assert scene.call("run", holding(scene, tmp_path), "--yes").code == 0
    lines = journal(scene).read_bytes().splitlines(keepends=True)
    for broken in ([*lines[:3], *lines[4:]], [*lines[:3], b"garbage\n", *lines[4:]]):
        journal(scene).write_bytes(b"".join(broken))
        done = scene.call("resume", "g")
        assert done.code == 3, done.err
        assert "error[AR-FMT-002]" in done.err
        assert journal(scene).read_bytes() == b"".join(broken)
    journal(scene).write_bytes(b"".join(lines))


def delete(scene: Scene) -> None:
    shutil.rmtree(scene.repo.path / ".worktrees" / "g" / "lane")


def move_away_files(scene: Scene) -> None:
    """Delete a worktree but not its folder, as an agent's ``rm -rf .git *`` does."""
    worktree = scene.repo.path / ".worktrees" / "g" / "lane"
    for path in worktree.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("damage", [delete, move_away_files])
def test_a_worktree_deleted_under_a_working_agent_is_made_again_and_costs_no_attempt(
    scene: Scene, tmp_path: Path, damage: Callable[[Scene], None]
) -> None:
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path), "--yes")
    damage(scene)
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert_landed(scene)


def test_work_that_was_committed_survives_the_deletion_of_its_worktree(
    scene: Scene, tmp_path: Path
) -> None:
    scene.repo.git("config", "user.name", "Ann")
    scene.repo.git("config", "user.email", "ann@example.invalid")
    work = "echo x > made.txt; git add made.txt; git commit -qm made"
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path, work), "--yes")
    delete(scene)
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert scene.intents("g", "turn.start") == 1
    assert_landed(scene)


def test_a_worktree_deleted_before_an_approval_is_no_loss(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    run = HOLDS.replace("BASE", str(tmp_path)).replace("WORK", "echo x > made.txt")
    graph = one_lane("g", run, auto_merge=False).replace(
        "{id: lane,", "{id: lane, gates: [{name: all, run: test -f made.txt}],"
    )
    assert scene.call("run", scene.graph(graph), "--yes").code == 5
    delete(scene)
    scene.repo.commit({"other.txt": "so that the merge is made anew\n"})
    done = scene.call("approve", "lane", "--yes")
    assert done.code == 0, done.err
    assert "Land lane on main" in scene.repo.git("log", "--format=%s", "main")


def test_a_moved_repository_goes_on_where_it_is_now(scene: Scene, tmp_path: Path) -> None:
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path), "--yes")
    process.kill()
    process.communicate()
    (tmp_path / "go").touch()
    ended = next((scene.repo.path / ".workflow").rglob("started")).parent
    until(lambda: not locks.is_held(ended / "lock"), "the agent to end")
    before = scene.repo.path
    scene.repo = TestRepo(before.rename(tmp_path / "elsewhere"))
    resumed = scene.call("resume", "g")
    assert resumed.code == 0, resumed.err
    assert scene.intents("g", "turn.start") == 1
    assert_landed(scene)
    assert not before.exists()


def test_a_copied_repository_works_on_itself_and_not_on_the_original(
    scene: Scene, tmp_path: Path
) -> None:
    process = begin(scene, tmp_path, "run", holding(scene, tmp_path), "--yes")
    process.kill()
    process.communicate()
    (tmp_path / "go").touch()
    ended = next((scene.repo.path / ".workflow").rglob("started")).parent
    until(lambda: not locks.is_held(ended / "lock"), "the agent to end")
    original = scene.repo
    subprocess.run(["cp", "-a", original.path, tmp_path / "copy"], check=True)
    refs = original.refs("refs")
    scene.repo = TestRepo(tmp_path / "copy")
    resumed = scene.call("resume", "g")
    assert resumed.code == 0, resumed.err
    assert scene.repo.show("made.txt", "main") == "x"
    assert original.refs("refs") == refs
    scene.repo = original
    assert scene.call("resume", "g").code == 0
    assert_landed(scene)
