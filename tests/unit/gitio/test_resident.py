"""Git processes that stay: the same answers, also after one was killed, and nothing left behind."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import RefMovedError
from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import read_commits
from agentrelay.gitio.merge import Signature, commit_tree
from agentrelay.gitio.refs import RefUpdate, resolve, tree_of, update_refs

ME = Signature("Ä. Person", "me@example.invalid", 1_700_000_000)
OURS = "refs/heads/agentrelay/g/lane/integration"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that gets a line for each git that is started: its command and its pid."""
    log = tmp_path / "calls"
    log.touch()
    folder = tmp_path / "bin"
    folder.mkdir()
    real = next(
        found
        for name in os.environ["PATH"].split(os.pathsep)
        if os.access(found := Path(name) / "git", os.X_OK)
    )
    shim = folder / "git"
    shim.write_text(f'#!/bin/sh\necho "$1 $$" >> {log}\nexec {real} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.fixture
def git(repo: TestRepo, calls: Path) -> Iterator[Git]:
    assert calls.exists()
    with Git(repo.path).attended() as git:
        yield git


def commands(calls: Path) -> list[str]:
    return [line.split()[0] for line in calls.read_text().splitlines()]


def started(calls: Path, command: str) -> list[int]:
    lines = (line.split() for line in calls.read_text().splitlines())
    return [int(pid) for name, pid in lines if name == command]


def use(git: Git, repo: TestRepo, text: str) -> str:
    """Read, write a commit and move a ref; return the commit."""
    head = resolve(git, "refs/heads/main") or ""
    commit = commit_tree(git, tree_of(git, head), [head], text, author=ME, committer=ME)
    old = resolve(git, OURS)
    update_refs(git, [RefUpdate(OURS, commit, old)], reason="x")
    assert repo.git("log", "-1", "--format=%B", OURS).strip() == text.strip()
    return commit


def test_three_processes_answer_all_questions(repo: TestRepo, git: Git, calls: Path) -> None:
    before = len(commands(calls))
    for turn in range(5):
        head = resolve(git, "refs/heads/main") or ""
        commit = commit_tree(git, tree_of(git, head), [head], f"{turn}", author=ME, committer=ME)
        update_refs(git, [RefUpdate(OURS, commit, resolve(git, OURS))], reason="x")
    asked = commands(calls)[before:]
    assert sorted(asked) == ["cat-file", "hash-object", "update-ref"]
    assert "dangling" not in repo.git("fsck", "--strict")


@pytest.mark.parametrize("command", ["cat-file", "hash-object", "update-ref"])
def test_one_that_was_killed_is_replaced(
    repo: TestRepo, git: Git, calls: Path, command: str
) -> None:
    use(git, repo, "first")
    (pid,) = started(calls, command)[-1:]
    os.kill(pid, signal.SIGKILL)
    # It is left for its owner to be reaped.
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    use(git, repo, "second")
    use(git, repo, "third")


def test_nothing_is_left_when_they_are_closed(repo: TestRepo, calls: Path) -> None:
    with Git(repo.path).attended() as git:
        use(git, repo, "first")
        pids = [pid for name in ("cat-file", "hash-object") for pid in started(calls, name)]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    # Who asks too late is answered all the same, by a process of its own.
    assert resolve(git, "refs/heads/main") == repo.head()


@pytest.mark.parametrize(
    "message",
    ["", "a", "a\n", "a\n\nb: c\n\n", "ä\udcff", "\ufdd0 \U0001ffff", "# no comment\n  x  "],
)
@pytest.mark.parametrize(
    "who",
    [
        ME,
        Signature("a b", "", 1),
        Signature(' "x" <y>.', "<a@b>\n", 1),
        Signature("ü\udce4", "e", 0),
    ],
)
def test_a_commit_has_the_id_that_git_gives_it(
    repo: TestRepo, git: Git, message: str, who: Signature
) -> None:
    head = repo.head()
    tree = tree_of(git, head)
    for parents in ([], [head], [head, head]):
        first, second = (
            commit_tree(each, tree, parents, message, author=who, committer=ME)
            for each in (git, Git(repo.path))
        )
        assert first == second


def test_without_a_place_for_drafts_commits_are_written_all_the_same(
    repo: TestRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with Git(repo.path).attended() as git:
        use(git, repo, "first")


def test_what_others_write_meanwhile_is_seen(repo: TestRepo, git: Git) -> None:
    assert resolve(git, "refs/heads/main") == repo.head()
    second = repo.commit({"f": "f"})
    assert resolve(git, "refs/heads/main") == second
    repo.git("pack-refs", "--all")
    repo.git("repack", "-a", "-d", "--quiet")
    third = repo.commit({"g": "g"})
    found = read_commits(git, ["refs/heads/main", second])
    assert [commit and commit.oid for commit in found] == [third, second]
    repo.git("branch", "-m", "main", "other")
    assert resolve(git, "refs/heads/main") is None


def test_the_log_of_a_users_branch_says_why_it_was_moved(repo: TestRepo, git: Git) -> None:
    head = repo.head()
    commit = commit_tree(git, tree_of(git, head), [head], "m", author=ME, committer=ME)
    repo.git("branch", "target")
    update_refs(
        git,
        [RefUpdate("refs/heads/target", commit, head), RefUpdate(OURS, commit, None)],
        reason="landed as it was judged",
    )
    assert repo.git("reflog", "show", "-1", "target").endswith("landed as it was judged")


def test_of_many_threads_that_move_one_ref_each_time_one_does(repo: TestRepo, git: Git) -> None:
    head = repo.head()
    update_refs(git, [RefUpdate(OURS, head, None)], reason="x")
    made = [
        commit_tree(git, tree_of(git, head), [head], f"{n}", author=ME, committer=ME)
        for n in range(8)
    ]
    won: list[str] = []

    def move(commit: str) -> None:
        try:
            update_refs(git, [RefUpdate(OURS, commit, head)], reason="x")
        except RefMovedError:
            return
        won.append(commit)

    threads = [threading.Thread(target=move, args=(commit,)) for commit in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [resolve(git, OURS)]
