"""People and other runs work in the repository at the same time: nothing is lost, the run ends."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest
from tests.integration.cli.scene import Scene, one_lane, until

TASKS = 3
LANES = ("one", "two")


def busy_graph(name: str, target: str, *, pause: str = "0.05") -> str:
    """Return a graph of two lanes with three tasks each, which lands on ``target``."""
    lanes = "".join(
        f"  - {{id: {lane}, auto_merge: true, base_branch: {target}, "
        f"merge_target_branch: {target}, gates: [{{name: all, run: test -d .}}]}}\n"
        for lane in LANES
    )
    tasks = ""
    for lane in LANES:
        for number in range(TASKS):
            after = f", dependencies: [{lane}{number - 1}]" if number else ""
            tasks += f"  - {{id: {lane}{number}, workstream_id: {lane}, description: do{after}}}\n"
    run = f"sleep {pause}; echo $AGENTRELAY_TASK > {name}-$AGENTRELAY_TASK.txt"
    return (
        f"name: {name}\nagents:\n  w: {{adapter: command, run: '{run}'}}\n"
        f"defaults: {{agent: w, gates: [{{name: unit, run: test -d .}}]}}\n"
        f"workstreams:\n{lanes}tasks:\n{tasks}"
    )


def made(name: str) -> set[str]:
    return {f"{name}-{lane}{number}.txt" for lane in LANES for number in range(TASKS)}


def git(folder: Path, *argv: str) -> None:
    """Do what a person does; a lock that somebody else holds is nothing to them."""
    subprocess.run(["git", *argv], cwd=folder, check=False, capture_output=True)


def person(folder: Path, over: threading.Event) -> int:
    """Commit, rebase, stash, switch, collect garbage, prune; return the number of commits.

    Not ``gc --prune=now``: beside any git that writes, that throws away what was just written.
    """
    number = 0
    while not over.is_set():
        number += 1
        (folder / f"mine-{number}.txt").write_text(f"{number}\n")
        git(folder, "add", f"mine-{number}.txt")
        git(folder, "commit", "-qm", f"mine {number}")
        (folder / "README.md").write_text(f"half done {number}\n")
        git(folder, "stash")
        git(folder, "switch", "-q", "side")
        git(folder, "worktree", "prune")
        git(folder, "gc", "-q")
        git(folder, "switch", "-q", "work")
        git(folder, "rebase", "-q", "--force-rebase", "HEAD~1")
        git(folder, "stash", "pop")
        git(folder, "checkout", "-q", "--", "README.md")
    return number


@pytest.mark.timeout(240)
def test_a_person_works_collects_garbage_and_prunes_meanwhile(scene: Scene) -> None:
    repo = scene.repo
    repo.git("branch", "side")
    graph = scene.graph(busy_graph("g", "main"))
    repo.git("switch", "-q", "-c", "work")
    over, counts = threading.Event(), list[int]()
    worker = threading.Thread(target=lambda: counts.append(person(repo.path, over)))
    worker.start()
    try:
        done = scene.call("run", graph, "--yes")
    finally:
        over.set()
        worker.join()
    assert done.code == 0, done.err
    assert made("g") <= set(repo.files("main"))
    mine = [name for name in repo.files("work") if name.startswith("mine-")]
    assert counts[0] >= 1
    assert len(mine) == counts[0]
    assert repo.git("fsck", "--no-dangling", "--connectivity-only") == ""


def test_garbage_is_collected_while_a_lane_waits_and_it_lands_all_the_same(scene: Scene) -> None:
    graph = one_lane("g", "echo x > made.txt", auto_merge=False)
    assert scene.call("run", scene.graph(graph), "--yes").code == 5
    scene.repo.git("gc", "-q", "--prune=now")
    done = scene.call("approve", "g/lane", "--yes")
    assert done.code == 0, done.err
    assert scene.repo.show("made.txt", "main") == "x"


def test_a_candidate_that_was_lost_all_the_same_is_made_again(scene: Scene) -> None:
    graph = one_lane("g", "echo x > made.txt", auto_merge=False)
    assert scene.call("run", scene.graph(graph), "--yes").code == 5
    pins = "refs/agentrelay/keep/g/1/lane/_lane/candidate*"
    for pin in scene.repo.git("for-each-ref", "--format=%(refname)", pins).splitlines():
        scene.repo.git("update-ref", "-d", pin)
    scene.repo.git("gc", "-q", "--prune=now")
    done = scene.call("approve", "g/lane", "--yes")
    assert done.code == 0, done.err
    assert scene.repo.show("made.txt", "main") == "x"


@pytest.mark.timeout(240)
def test_two_graphs_run_in_one_repository_at_once(scene: Scene) -> None:
    first = scene.start("run", scene.graph(busy_graph("first", "main"), "first.yaml"), "--yes")
    other = scene.start("run", scene.graph(busy_graph("other", "main"), "other.yaml"), "--yes")
    for process in (first, other):
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert made("first") | made("other") <= set(scene.repo.files("main"))
    assert scene.repo.git("fsck", "--no-dangling", "--connectivity-only") == ""


def test_a_lock_of_the_users_that_stays_holds_the_landing_by_name_and_is_left(
    scene: Scene,
) -> None:
    """The target is checked out here, so that landing needs the user's own index."""
    lock = scene.repo.path / ".git/index.lock"
    lock.touch()
    done = scene.call("run", scene.graph(one_lane("g", "echo x > made.txt")), "--yes")
    assert done.code == 5, done.err
    assert "index.lock" in done.out + done.err
    assert lock.exists()
    assert "index.lock" in scene.call("status").out
    lock.unlink()
    again = scene.call("resume", "g")
    assert again.code == 0, again.err
    assert scene.repo.show("made.txt", "main") == "x"


def test_locks_that_dead_gits_left_in_our_worktree_are_cleared(
    scene: Scene, tmp_path: Path
) -> None:
    line = (
        f"echo x > made.txt; touch {tmp_path}/b; while test ! -e {tmp_path}/go; do sleep 0.02; done"
    )
    process = scene.start("run", scene.graph(one_lane("g", line)), "--yes")
    until((tmp_path / "b").exists, "the agent")
    admin = scene.repo.path / ".git/worktrees/lane"
    for name in ("index.lock", "HEAD.lock"):
        (admin / name).touch()
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert scene.repo.show("made.txt", "main") == "x"
