"""Refs: what they say, and that they move only from where they are expected."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError, RefMovedError
from agentrelay.gitio.command import Git
from agentrelay.gitio.refs import (
    ANY,
    RefUpdate,
    contains_all,
    is_ancestor,
    merge_base,
    refs_under,
    require_commit,
    resolve,
    tree_of,
    update_refs,
)

NOWHERE = "f" * 40


@pytest.fixture(params=["alone", "attended"])
def git(repo: TestRepo, request: pytest.FixtureRequest) -> Iterator[Git]:
    plain = Git(repo.path)
    with plain.attended() if request.param == "attended" else nullcontext(plain) as git:
        yield git


def move(git: Git, *updates: RefUpdate) -> None:
    update_refs(git, updates, reason="test")


def test_a_revision_is_resolved_to_its_commit(repo: TestRepo, git: Git) -> None:
    head = repo.head()
    repo.git("tag", "-a", "-m", "x", "v1")
    assert resolve(git, "main") == resolve(git, "v1") == resolve(git, head) == head
    assert require_commit(git, "HEAD") == head
    assert tree_of(git, head) == repo.git("rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize("rev", ["nosuch", NOWHERE, "HEAD:README.md", "-x", "--all", "a..b", ""])
def test_what_is_no_commit_resolves_to_none(git: Git, rev: str) -> None:
    assert resolve(git, rev) is None
    with pytest.raises(GitError, match="is no commit here"):
        require_commit(git, rev)


def test_ancestry(repo: TestRepo, git: Git) -> None:
    first = repo.head()
    repo.git("checkout", "--quiet", "-b", "side")
    side = repo.commit({"s": "s"})
    repo.git("checkout", "--quiet", "main")
    second = repo.commit({"f": "f"})
    repo.git("checkout", "--quiet", "--orphan", "alone")
    alone = repo.commit({"a": "a"})
    assert is_ancestor(git, first, second)
    assert is_ancestor(git, second, second)
    assert not is_ancestor(git, side, second)
    assert merge_base(git, side, second) == first
    assert merge_base(git, alone, second) is None
    assert contains_all(git, second, [first, second]) == []
    assert contains_all(git, second, [side, first, alone, side]) == [side, alone]
    assert contains_all(git, second, [NOWHERE, first, side]) == [NOWHERE, side]
    assert contains_all(git, second, []) == []
    with pytest.raises(GitError):
        contains_all(git, NOWHERE, [first])
    with pytest.raises(GitError):
        is_ancestor(git, NOWHERE, first)


def test_refs_are_listed_by_whole_components(repo: TestRepo, git: Git) -> None:
    head = repo.head()
    repo.git("update-ref", "refs/x/a", head)
    repo.git("update-ref", "refs/xy/a", head)
    assert refs_under(git, "refs/x") == {"refs/x/a": head}
    assert refs_under(git, "refs/none") == {}


def test_refs_are_made_moved_and_deleted(repo: TestRepo, git: Git) -> None:
    first = repo.head()
    second = repo.commit({"f": "f"})
    move(git, RefUpdate("refs/x/1", first, None), RefUpdate("refs/x/2", first, ANY))
    assert repo.refs("refs/x") == {"refs/x/1": first, "refs/x/2": first}
    move(git, RefUpdate("refs/x/1", second, first), RefUpdate("refs/x/2", second, ANY))
    assert repo.refs("refs/x") == {"refs/x/1": second, "refs/x/2": second}
    move(git, RefUpdate("refs/x/1", None, second), RefUpdate("refs/x/2", None, ANY))
    move(git, RefUpdate("refs/x/2", None, ANY), RefUpdate("refs/x/1", None, None))
    move(git)
    assert repo.refs("refs/x") == {}


@pytest.mark.parametrize("packed", [False, True])
def test_an_unexpected_value_moves_nothing_and_carries_the_facts(
    repo: TestRepo, git: Git, *, packed: bool
) -> None:
    first = repo.head()
    second = repo.commit({"f": "f"})
    repo.git("update-ref", "refs/x/here", first)
    if packed:
        repo.git("pack-refs", "--all")
    before = repo.refs()
    for unexpected in (
        RefUpdate("refs/x/here", second, second),
        RefUpdate("refs/x/here", second, None),
        RefUpdate("refs/x/here", None, second),
        RefUpdate("refs/x/here", None, None),
        RefUpdate("refs/x/here", second, NOWHERE),
        RefUpdate("refs/x/gone", second, first),
        RefUpdate("refs/x/gone", None, first),
    ):
        with pytest.raises(RefMovedError) as caught:
            move(git, RefUpdate("refs/x/new", first, None), unexpected)
        assert caught.value.code == "AR-GIT-003"
        assert caught.value.argv[:2] == ("git", "update-ref")
        assert unexpected.ref in caught.value.stderr
        assert not caught.value.transient
        assert repo.refs() == before


def test_what_git_refuses_for_other_reasons_is_no_moved_ref(repo: TestRepo, git: Git) -> None:
    head = repo.head()
    repo.git("update-ref", "refs/x/1", head)
    for refused in (
        RefUpdate("refs/x/1/below", head, None),
        RefUpdate("refs/x/..", head, None),
        RefUpdate("refs/x/2", NOWHERE, None),
    ):
        with pytest.raises(GitError) as caught:
            move(git, refused)
        assert type(caught.value) is GitError


def test_a_lock_of_another_git_is_waited_for(repo: TestRepo, git: Git) -> None:
    head = repo.head()
    lock = repo.path / ".git" / "refs" / "x" / "1.lock"
    lock.parent.mkdir()
    lock.touch()
    release = threading.Timer(0.3, lock.unlink)
    release.start()
    move(git, RefUpdate("refs/x/1", head, None))
    release.join()
    assert repo.refs("refs/x") == {"refs/x/1": head}


def test_of_many_swaps_at_once_one_wins(repo: TestRepo, git: Git) -> None:
    first = repo.head()
    repo.git("update-ref", "refs/x/1", first)
    commits = [repo.commit({"f": f"{n}"}) for n in range(8)]
    outcomes: list[str] = []

    def swap(commit: str) -> None:
        try:
            move(git, RefUpdate("refs/x/1", commit, first))
            outcomes.append(commit)
        except RefMovedError:
            outcomes.append("moved")

    threads = [threading.Thread(target=swap, args=(commit,)) for commit in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome == "moved" for outcome in outcomes) == [False] + [True] * 7
    assert repo.refs("refs/x")["refs/x/1"] in outcomes


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="does not exist"):
        resolve(Git(tmp_path / "gone"), "HEAD")
