"""What `doctor` finds broken it names, and with --fix mends, so that the run goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli.scene import Scene, one_lane, until

Damage = Callable[[Scene], None]


@pytest.fixture
def waiting(scene: Scene) -> Scene:
    """Return a scene in which the lane ``lane`` of graph ``g`` waits for approval."""
    graph = one_lane("g", "echo x > made.txt", auto_merge=False)
    assert scene.call("run", scene.graph(graph), "--yes").code == 5
    return scene


def run_folder(scene: Scene) -> Path:
    return scene.repo.path / ".workflow/g/runs/1"


def admin(scene: Scene) -> Path:
    return scene.repo.path / ".git/worktrees/lane"


def worktree(scene: Scene) -> Path:
    return scene.repo.path / ".worktrees/g/lane"


def torn_tail(scene: Scene) -> None:
    with (run_folder(scene) / "journal.jsonl").open("a") as journal:
        journal.write('{"seq":')


def false_signal(scene: Scene) -> None:
    (scene.repo.path / ".workflow/g/workstreams/lane/failed").write_text("")


def missing_signal(scene: Scene) -> None:
    (run_folder(scene) / "tasks/work/merged").unlink()


def cut_signal(scene: Scene) -> None:
    (scene.repo.path / ".workflow/g/workstreams/lane/pr_created").write_text("loc")


def stale_lock(scene: Scene) -> None:
    (admin(scene) / "index.lock").touch()


def stale_ref_lock(scene: Scene) -> None:
    lock = scene.repo.path / ".git/refs/heads/agentrelay/g/lane/integration.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()


def half_made(scene: Scene) -> None:
    (admin(scene) / "HEAD").write_text("0" * 40 + "\n")
    (admin(scene) / "agentrelay-ready").unlink()


def nameless_admin(scene: Scene) -> None:
    begun = scene.repo.path / ".git/worktrees/begun"
    begun.mkdir()
    (begun / "locked").write_text("agentrelay\n")


def deleted(scene: Scene) -> None:
    shutil.rmtree(worktree(scene))


def moved(scene: Scene) -> None:
    """Leave the links as they were when the repository was somewhere else."""
    for link in (admin(scene) / "gitdir", worktree(scene) / ".git"):
        link.write_text(link.read_text().replace(str(scene.repo.path), "/nowhere"))


def not_excluded(scene: Scene) -> None:
    (scene.repo.path / ".git/info/exclude").write_text("# mine\n")


def trash(scene: Scene) -> None:
    (scene.repo.path / ".worktrees/.trash/old/x").mkdir(parents=True)


def collected_request(scene: Scene) -> None:
    """Leave a change request of nobody's as a gc beside a write may."""
    ref = scene.repo.path / ".git/refs/agentrelay/pr/99"
    ref.write_text("1" * 40 + "\n")


DAMAGES: dict[str, tuple[Damage, str]] = {
    "torn tail": (torn_tail, "torn last line"),
    "false signal": (false_signal, "the signal files of lane lane differ"),
    "missing signal": (missing_signal, "the signal files of task work differ"),
    "cut signal": (cut_signal, "the signal files of lane lane differ"),
    "stale lock": (stale_lock, "index.lock stays"),
    "stale ref lock": (stale_ref_lock, "integration.lock stays"),
    "half-made worktree": (half_made, "is half made"),
    "nameless admin folder": (nameless_admin, "was begun by a git that died"),
    "deleted worktree": (deleted, "is gone"),
    "moved": (moved, "its links lead elsewhere"),
    "not excluded": (not_excluded, "not in .git/info/exclude"),
    "trash": (trash, "1 in"),
    "collected request": (collected_request, "pr/99 points at an object that is not here"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damage_is_named_mended_and_costs_nothing(
    waiting: Scene, damage: Damage, words: str
) -> None:
    damage(waiting)
    named = waiting.call("doctor")
    assert words in named.out
    assert "agentrelay doctor --fix" in named.out
    fixed = waiting.call("doctor", "--fix")
    assert "mended: " in fixed.err
    assert words not in fixed.out
    assert "agentrelay doctor --fix" not in fixed.out
    done = waiting.call("approve", "g/lane", "--yes")
    assert done.code == 0, done.err
    assert waiting.repo.show("made.txt", "main") == "x"
    assert waiting.repo.status() == "?? graph.yaml"


def test_a_branch_of_ours_whose_commit_is_gone_is_named_and_left(waiting: Scene) -> None:
    ref = waiting.repo.path / ".git/refs/heads/agentrelay/g/lane/integration"
    ref.write_text("1" * 40 + "\n")
    said = waiting.call("doctor", "--fix").out
    assert "agentrelay/g/lane/integration points at a commit that is not here" in said
    assert ref.read_text() == "1" * 40 + "\n"


def test_findings_are_there_for_programs_too(waiting: Scene) -> None:
    torn_tail(waiting)
    found = json.loads(waiting.call("doctor", "--json").out)
    (torn,) = [each for each in found if each["check"] == "journal"]
    assert (torn["level"], torn["fix"], torn["mends"]) == ("warn", "agentrelay doctor --fix", True)
    assert torn["why"]


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "config.lock", "packed-refs.lock"])
def test_a_lock_of_the_users_own_is_named_and_never_removed(waiting: Scene, name: str) -> None:
    lock = waiting.repo.path / ".git" / name
    lock.touch()
    said = waiting.call("doctor", "--fix").out
    assert f"if no git works here: rm {lock}" in said
    assert lock.exists()
    lock.unlink()


@pytest.mark.parametrize("name", ["outcome.json", "started"])
def test_an_unreadable_record_is_waited_for_by_name_and_put_aside_on_demand(
    scene: Scene, tmp_path: Path, name: str
) -> None:
    hold = f"test -e {tmp_path}/begun && rm {tmp_path}/begun; touch {tmp_path}/begun"
    line = f"echo x > made.txt; {hold}; while test ! -e {tmp_path}/go; do sleep 0.02; done"
    process = scene.start("run", scene.graph(one_lane("g", line)), "--yes")
    until(lambda: scene.intents("g", "turn.start") and (tmp_path / "begun").exists(), "the agent")
    until(lambda: len(scene.events("g")) >= 7, "its start to be known")
    process.kill()
    process.communicate()
    (tmp_path / "go").touch()
    folder = next(run_folder(scene).rglob("started")).parent
    until((folder / "outcome.json").exists, "the outcome")
    (folder / name).write_text('{"version": 1, "end')
    (folder / "outcome.json").unlink() if name == "started" else None
    assert "waits until it is known whether its program runs" in scene.call("status").out
    assert f"{name} can't be read" in scene.call("doctor").out
    assert f"{name} can't be read" in scene.call("doctor", "--fix").err
    assert (folder / f"{name}.unreadable").read_text() == '{"version": 1, "end'
    resumed = scene.call("resume", "g")
    assert resumed.code == 0, resumed.err
    assert scene.repo.show("made.txt", "main") == "x"


@pytest.mark.skipif(sys.platform != "linux", reason="makes a stray that only /proc shows")
def test_a_stray_process_of_a_run_that_is_over_is_named_and_ended(
    scene: Scene, tmp_path: Path
) -> None:
    """Its supervisor was killed, and it has closed all that was left to it."""
    stray = "import os, time; os.closerange(0, 256); os.setsid(); time.sleep(300)"
    line = f"{sys.executable} -c '{stray}' & echo $! > {tmp_path}/pid; sleep 300"
    graph = scene.graph(one_lane("g", line))
    process = scene.start("run", graph, "--yes")
    pid_file = tmp_path / "pid"
    until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the stray")
    started = next(run_folder(scene).rglob("started"))
    until(lambda: len(scene.events("g")) >= 7, "its start to be known")
    process.kill()
    process.communicate()
    pid = int(pid_file.read_text())
    os.kill(int(json.loads(started.read_text())["supervisor"]["pid"]), signal.SIGKILL)
    # As if the run were over: nothing waits for the program any more.
    journal = run_folder(scene) / "journal.jsonl"
    before = journal.read_bytes()
    journal.write_bytes(before.splitlines(keepends=True)[0])
    try:
        named = scene.call("doctor").out
        assert "have lost their supervisor" in named
        assert str(pid) in named
        os.kill(pid, 0)
        scene.call("doctor", "--fix")
        until(lambda: not Path(f"/proc/{pid}/environ").exists() or is_zombie(pid), "its end")
    finally:
        journal.write_bytes(before)


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_a_run_that_goes_on_elsewhere_is_left_alone(scene: Scene, tmp_path: Path) -> None:
    line = f"touch {tmp_path}/begun; while test ! -e {tmp_path}/go; do sleep 0.02; done; echo x > y"
    process = scene.start("run", scene.graph(one_lane("g", line)), "--yes")
    until((tmp_path / "begun").exists, "the agent")
    lock = admin(scene) / "index.lock"
    lock.touch()
    assert f"is carried on by process {process.pid}" in scene.call("doctor", "--fix").out
    assert lock.exists()
    lock.unlink()
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
