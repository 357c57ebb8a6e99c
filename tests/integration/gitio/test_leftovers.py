"""Committing what an agent left, and refusing what must not be committed."""

from __future__ import annotations

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.command import Git
from agentrelay.gitio.leftovers import Leftovers, commit_leftovers, conflict_markers
from agentrelay.gitio.repository import Identity

WHO = Identity("Agent", "agent@example.invalid")
CONFLICT = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"


def commit(repo: TestRepo, limit_bytes: int = 1000) -> Leftovers:
    return commit_leftovers(repo.path, "the task\n", WHO, 1_700_000_000, limit_bytes=limit_bytes)


def refused(left: Leftovers) -> dict[str, str]:
    return {each.path: each.reason for each in left.refused}


def test_a_clean_worktree_makes_no_commit(repo: TestRepo) -> None:
    assert commit(repo) == Leftovers(repo.head(), committed=False, refused=())


@pytest.mark.parametrize("detached", [False, True])
def test_all_kinds_of_changes_become_one_commit(repo: TestRepo, *, detached: bool) -> None:
    start = repo.commit({"a": "1", "b": "2", "dir/c": "3"})
    if detached:
        repo.git("checkout", "-q", "--detach")
    repo.write({"a": "edited", "new/deep.txt": "x", "staged": "y", "b": None, 'odd "\n': "z"})
    repo.git("add", "staged")
    (repo.path / "dir" / "c").unlink()
    (repo.path / "dir").rmdir()
    (repo.path / "dir").symlink_to("a")
    hook = repo.path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    left = commit(repo)
    assert left == Leftovers(repo.head(), committed=True, refused=())
    assert repo.status() == ""
    assert repo.head("HEAD^") == start
    assert repo.git("log", "-1", "--format=%s|%cn|%ce|%ct") == (
        "the task|Agent|agent@example.invalid|1700000000"
    )


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("big.bin", "x" * 1001, "over the limit"),
        ("deploy/id_rsa", "x", "keys"),
        ("server.PEM", "x", "keys"),
        (".env", "A=1", "keys"),
        ("app/.env.local", "A=1", "keys"),
        ("notes.txt", "-----BEGIN OPENSSH PRIVATE KEY-----\n", "key or token"),
        ("config.py", "KEY = 'AKIAIOSFODNN7EXAMPLE'", "key or token"),
        ("ci.yml", "token: ghp_" + "a1B2" * 9, "key or token"),
        (".npmrc", "//registry.invalid/:_authToken=abcdef\n", "key or token"),
        (".aider.chat.history.md", "x", "agent's own"),
        (".claude/settings.local.json", "{}", "agent's own"),
        (".gemini/settings.json", "{}", "agent's own"),
        ("merged.txt", CONFLICT, "conflict markers"),
    ],
)
@pytest.mark.parametrize("staged", [False, True])
def test_what_must_not_be_committed_stays_in_place_and_is_named(
    repo: TestRepo, path: str, content: str, why: str, *, staged: bool
) -> None:
    repo.write({path: content, "fine.txt": "x"})
    if staged:
        repo.git("add", "-A")
    left = commit(repo)
    assert left.committed
    assert why in refused(left)[path]
    assert repo.files() == ["README.md", "fine.txt"]
    assert (repo.path / path).read_text() == content
    assert repo.status() == f"?? {path}"


@pytest.mark.parametrize("path", [".env.example", ".claude/commands/x.md", ".npmrc", "key.py"])
def test_look_alikes_are_committed(repo: TestRepo, path: str) -> None:
    content = "//registry.invalid/:_authToken=${TOKEN}\n<<<<<<<\n=======\n"
    repo.write({path: content})
    left = commit(repo)
    assert (left.committed, left.refused) == (True, ())
    assert path in repo.files()


def test_only_refused_files_make_no_commit(repo: TestRepo) -> None:
    repo.write({".env": "x"})
    left = commit(repo)
    assert (left.committed, left.head, list(refused(left))) == (False, repo.head(), [".env"])


def test_inner_repositories_are_refused(repo: TestRepo) -> None:
    inner, unborn = TestRepo(repo.path / "inner"), TestRepo(repo.path / "unborn")
    for each in (inner, unborn):
        each.path.mkdir()
        each.git("init", "-q")
    inner.commit({"x": "y"})
    repo.write({"fine.txt": "x", "unborn/draft": "x"})
    left = commit(repo)
    assert set(refused(left)) == {"inner", "unborn"}
    assert repo.files() == ["README.md", "fine.txt"]
    repo.git("add", "inner")
    assert "inner" in refused(commit(repo))
    assert repo.files() == ["README.md", "fine.txt"]


def test_new_markers_in_a_known_file_are_refused_old_ones_are_not(repo: TestRepo) -> None:
    repo.commit({"guide.md": CONFLICT, "code.py": "a\n"})
    repo.write({"guide.md": CONFLICT + "more\n", "code.py": CONFLICT})
    left = commit(repo)
    assert refused(left) == {"code.py": "conflict markers"}
    assert repo.show("guide.md") == (CONFLICT + "more").rstrip("\n")
    assert repo.show("code.py") == "a"


@pytest.fixture
def merging(repo: TestRepo) -> TestRepo:
    """A worktree in which an agent began a merge that has one conflict."""
    repo.commit({"a.txt": "base\n", "gone.txt": "base\n"})
    repo.git("branch", "other")
    repo.commit({"a.txt": "ours\n", "o.txt": "o"})
    repo.git("checkout", "-q", "other")
    repo.commit({"a.txt": "theirs\n", "t.txt": "t"})
    repo.git("merge", "main", check=False)
    return repo


def test_a_resolved_merge_is_concluded_with_both_parents(merging: TestRepo) -> None:
    merging.write({"a.txt": "both\n"})
    left = commit(merging)
    assert left.committed
    assert len(merging.git("log", "-1", "--format=%P").split()) == 2
    assert merging.show("a.txt") == "both"
    assert merging.status() == ""


def test_an_unresolved_merge_is_refused_whole(merging: TestRepo) -> None:
    head, before = merging.head(), merging.status()
    merging.write({"fine.txt": "x"})
    left = commit(merging)
    assert (left.committed, left.head) == (False, head)
    assert refused(left) == {"a.txt": "conflict markers"}
    assert merging.status() == f"{before}\n?? fine.txt"


def test_a_merge_with_a_side_deleted_is_not_decided_by_us(repo: TestRepo) -> None:
    repo.commit({"a.txt": "base\n"})
    repo.git("branch", "other")
    repo.commit({"a.txt": None})
    repo.git("checkout", "-q", "other")
    repo.commit({"a.txt": "edited\n"})
    repo.git("merge", "main", check=False)
    left = commit(repo)
    assert not left.committed
    assert "deleted" in refused(left)["a.txt"]


def test_a_merge_without_any_change_is_concluded(repo: TestRepo) -> None:
    repo.git("branch", "other")
    repo.commit({"a.txt": "x"})
    repo.git("checkout", "-q", "other")
    repo.commit({"a.txt": "x"}, "the same")
    repo.git("merge", "--no-commit", "main")
    assert commit(repo).committed
    assert len(repo.git("log", "-1", "--format=%P").split()) == 2


def test_staged_and_deleted_again_is_nothing(repo: TestRepo) -> None:
    repo.write({"a.txt": "x"})
    repo.git("add", "a.txt")
    repo.write({"a.txt": None})
    assert commit(repo) == Leftovers(repo.head(), committed=False, refused=())


def test_a_lane_that_lost_its_git_file_does_not_commit_the_users_work(repo: TestRepo) -> None:
    folder = TestRepo(repo.path / "lane")
    folder.write({"a.txt": "x"})
    head = repo.head()
    with pytest.raises(GitError, match="not a git repository"):
        commit(folder)
    assert repo.head() == head


def test_committed_markers_are_found(repo: TestRepo) -> None:
    base = repo.commit({"had.txt": CONFLICT, "rst.txt": "x\n"})
    added = {"bad ü.txt": CONFLICT, "had.txt": "clean\n", "rst.txt": "Heading\n=======\n"}
    head = repo.commit(added)
    assert conflict_markers(Git(repo.path), base, head) == ("bad ü.txt",)
    assert conflict_markers(Git(repo.path), base, base) == ()
