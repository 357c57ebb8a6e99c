"""Pinning commits and uncommitted work under keep refs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.command import Git
from agentrelay.gitio.keep import pin_commit, pin_commits, pin_worktree
from agentrelay.gitio.repository import Identity

WHO = Identity("Keeper", "keeper@example.invalid")


def pin(repo: TestRepo, date: float = 1_700_000_000) -> str | None:
    return pin_worktree(repo.path, "shop/api/turn", "uncommitted work", WHO, date)


def test_a_name_is_never_moved_to_another_commit(repo: TestRepo) -> None:
    git = Git(repo.path)
    first, second = repo.head(), repo.commit({"a": "b"})
    assert pin_commit(git, "x/tip", first) == "refs/agentrelay/keep/x/tip"
    assert pin_commit(git, "x/tip", first) == "refs/agentrelay/keep/x/tip"
    assert pin_commit(git, "x/tip", second) == "refs/agentrelay/keep/x/tip-2"
    assert pin_commit(git, "x/tip", second) == "refs/agentrelay/keep/x/tip-2"
    assert list(repo.refs("refs/agentrelay/keep").values()) == [first, second]


def test_many_pin_the_same_name_at_once(repo: TestRepo) -> None:
    oids = [repo.commit({"a": str(number)}) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        refs = list(pool.map(lambda oid: pin_commit(Git(repo.path), "t", oid), oids))
    assert len(set(refs)) == 8
    assert sorted(repo.refs("refs/agentrelay/keep").values()) == sorted(oids)


def test_several_are_pinned_as_one_would_be(repo: TestRepo) -> None:
    git = Git(repo.path)
    first, second = repo.head(), repo.commit({"a": "b"})
    pin_commit(git, "x/one/tip", first)
    pin_commits(git, "x", {"one/tip": second, "two/tip": second})
    pin_commits(git, "x", {"one/tip": second, "two/tip": second, "three/tip": first})
    pin_commits(git, "x", {})
    assert repo.refs("refs/agentrelay/keep") == {
        "refs/agentrelay/keep/x/one/tip": first,
        "refs/agentrelay/keep/x/one/tip-2": second,
        "refs/agentrelay/keep/x/three/tip": first,
        "refs/agentrelay/keep/x/two/tip": second,
    }


def test_uncommitted_work_is_kept_and_nothing_else_is_touched(repo: TestRepo) -> None:
    repo.commit({".gitignore": "*.cache\n", "a.txt": "a\n", "gone.txt": "x\n"})
    repo.write({"a.txt": "staged\n"})
    repo.git("add", "a.txt")
    repo.write({"a.txt": "edited\n", "new/b.txt": "new\n", "c.cache": "no", "gone.txt": None})
    before = repo.status()
    index = (repo.path / ".git" / "index").read_bytes()
    oid = pin(repo)
    assert oid is not None
    assert repo.files(oid) == [".gitignore", "README.md", "a.txt", "new/b.txt"]
    assert repo.show("a.txt", oid) == "edited"
    assert repo.head(f"{oid}^") == repo.head()
    assert repo.git("log", "-1", "--format=%an <%ae> %at", oid) == (
        "Keeper <keeper@example.invalid> 1700000000"
    )
    assert (repo.path / ".git" / "index").read_bytes() == index
    assert repo.status() == before


def test_the_same_work_is_kept_once_and_a_clean_worktree_not_at_all(repo: TestRepo) -> None:
    assert pin(repo) is None
    repo.write({"a.txt": "1"})
    first = pin(repo)
    assert pin(repo, 1_800_000_000) == first
    repo.write({"a.txt": "2"})
    second = pin(repo, 1_800_000_000)
    assert list(repo.refs("refs/agentrelay/keep").values()) == [first, second]


def test_a_conflicted_index_is_kept_as_the_files_are(repo: TestRepo) -> None:
    repo.git("branch", "other")
    repo.commit({"a.txt": "ours\n"})
    repo.git("checkout", "-q", "other")
    repo.commit({"a.txt": "theirs\n"})
    repo.git("merge", "main", check=False)
    oid = pin(repo)
    assert oid is not None
    assert "<<<<<<<" in repo.show("a.txt", oid)
    assert repo.status().startswith("AA")


def test_inner_repositories_are_kept_with_their_commits_and_files(repo: TestRepo) -> None:
    inner, unborn = TestRepo(repo.path / "inner"), TestRepo(repo.path / "unborn")
    for each in (inner, unborn):
        each.path.mkdir()
        each.git("init", "-q")
    work = inner.commit({"x": "y"})
    inner.write({"dirty.txt": "inside\n"})
    unborn.write({"first.txt": "draft\n"})
    repo.write({"beside.txt": "too\n"})
    oid = pin(repo)
    assert oid is not None
    head, *kept = repo.git("log", "-1", "--format=%P", oid).split()
    assert head == repo.head()
    contents = {tuple(repo.files(each)) for each in kept}
    assert contents == {("dirty.txt", "x"), ("first.txt",)}
    assert repo.git("merge-base", "--is-ancestor", work, oid) == ""
    assert repo.files(oid) == ["README.md", "beside.txt"]


def test_odd_names_links_and_changed_kinds_are_kept(repo: TestRepo) -> None:
    repo.commit({"dir/a": "1", "file": "2"})
    (repo.path / "dir" / "a").unlink()
    (repo.path / "dir").rmdir()
    (repo.path / "dir").symlink_to("file")
    repo.write({"file": None, "line\nbreak": "x", "-dash": "y", ":(top)magic": "z"})
    repo.write({"file/inside": "3"})
    oid = pin(repo)
    assert oid is not None
    listed = repo.git("ls-tree", "-r", "-z", "--name-only", oid).split("\0")
    assert set(listed) - {""} == {
        *("README.md", "dir", "file/inside", "line\nbreak", "-dash", ":(top)magic"),
    }


def test_what_is_no_worktree_is_an_error_not_the_repository_around_it(
    repo: TestRepo, tmp_path: Path
) -> None:
    folder = TestRepo(repo.path / "sub")
    folder.write({"a.txt": "x"})
    with pytest.raises(GitError, match="not a git repository"):
        pin(folder)
    assert repo.refs("refs/agentrelay") == {}
    assert tmp_path.exists()
