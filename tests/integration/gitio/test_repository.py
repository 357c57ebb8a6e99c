"""Finding the user's repository, and saying why it can't be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import PreconditionError
from agentrelay.gitio.repository import (
    OUR_IDENTITY,
    Identity,
    default_branch,
    discover,
    exclude_ours,
    identity,
    require_usable,
)


def test_top_is_the_main_worktrees_from_everywhere(repo: TestRepo, tmp_path: Path) -> None:
    repo.commit({"a/b/c.txt": "x"})
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "-q", "--detach", str(linked))
    for place in (repo.path, repo.path / "a" / "b", linked, linked / "a"):
        found = discover(place)
        assert (found.top, found.common_dir) == (repo.path, repo.path / ".git")
        assert found.git.text("rev-parse", "--show-toplevel") == str(repo.path)


def test_a_submodule_is_a_repository_of_its_own(
    repo: TestRepo, new_repo: Callable[[str], TestRepo], tmp_path: Path
) -> None:
    inner = new_repo("inner")
    allow = ("-c", "protocol.file.allow=always")
    repo.git(*allow, "submodule", "--quiet", "add", str(inner.path), "sub")
    sub = TestRepo(repo.path / "sub")
    sub.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    assert discover(repo.path / "sub").top == sub.path
    assert discover(tmp_path / "linked").top == sub.path


def test_variables_of_a_git_hook_do_not_mislead(
    repo: TestRepo, new_repo: Callable[[str], TestRepo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(new_repo("other").path / ".git"))
    assert discover(repo.path).top == repo.path


def test_no_repository_and_bare_ones_are_named(repo: TestRepo, tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="not in a git repository") as caught:
        discover(tmp_path)
    assert caught.value.hint == "git init"
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    TestRepo(tmp_path / "bare.git").git("worktree", "add", "-q", str(tmp_path / "of-bare"), "main")
    for place in ("bare.git", "of-bare"):
        with pytest.raises(PreconditionError, match="is bare"):
            discover(tmp_path / place)
    with pytest.raises(PreconditionError, match="own folder"):
        discover(repo.path / ".git")


def _no_commit(repo: TestRepo) -> None:
    repo.git("checkout", "-q", "--orphan", "fresh")


def _branch(repo: TestRepo) -> None:
    repo.git("branch", "agentrelay")


def _tracked(repo: TestRepo) -> None:
    repo.commit({".workflow/x": "y"})


@pytest.mark.parametrize(
    ("spoil", "words", "hint"),
    [
        (_no_commit, "no commit yet", "git commit"),
        (_branch, "branch named 'agentrelay'", "git branch -m"),
        (_tracked, "tracks .workflow/x", "git rm -r --cached .workflow"),
    ],
)
def test_what_can_not_be_used_is_named_with_the_command_that_mends_it(
    repo: TestRepo, spoil: Callable[[TestRepo], None], words: str, hint: str
) -> None:
    require_usable(discover(repo.path))
    spoil(repo)
    with pytest.raises(PreconditionError, match=words) as caught:
        require_usable(discover(repo.path))
    assert hint in caught.value.hint


def test_default_branch_is_origins_head_then_the_current_one(
    repo: TestRepo, tmp_path: Path
) -> None:
    here = discover(repo.path)
    repo.git("checkout", "-q", "-b", "work")
    assert default_branch(here) == "work"
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "origin.git"))
    TestRepo(tmp_path / "origin.git").git("symbolic-ref", "HEAD", "refs/heads/main")
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    assert default_branch(here) == "main"
    repo.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    assert default_branch(here) == "work"
    repo.git("checkout", "-q", "--detach")
    with pytest.raises(PreconditionError, match="detached"):
        default_branch(here)
    repo.git("update-ref", "refs/remotes/origin/dev", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev")
    assert default_branch(here) == "dev"


def test_identity_is_the_users_or_ours(
    repo: TestRepo, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert identity(discover(repo.path)) == Identity("Test User", "test@example.invalid")
    Path(environment["GIT_CONFIG_GLOBAL"]).write_text("")
    assert identity(discover(repo.path)) == OUR_IDENTITY
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Env")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "env@example.invalid")
    assert identity(discover(repo.path)) == Identity("Env", "env@example.invalid")


def test_our_folders_are_excluded_once(repo: TestRepo) -> None:
    exclude = repo.path / ".git" / "info" / "exclude"
    exclude.write_text("*.own")
    repo.write({".workflow/a": "x", ".worktrees/b": "y"})
    for _ in range(2):
        exclude_ours(discover(repo.path))
    assert exclude.read_text() == "*.own\n/.workflow/\n/.worktrees/\n"
    assert repo.status() == ""
