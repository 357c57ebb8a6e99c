"""Fetching from and pushing to origin."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.remote import (
    Pushed,
    PushUpdate,
    Rejected,
    Unreachable,
    fetch_branch,
    has_origin,
    origin_tip,
    publish_branch,
    push,
)
from agentrelay.gitio.repository import Repository, discover

MAIN = "refs/heads/main"
LANE = "refs/heads/agentrelay/shop/api/integration"


@pytest.fixture
def here(repo: TestRepo) -> Repository:
    return discover(repo.path)


@pytest.fixture
def colleague(origin: TestRepo, tmp_path: Path) -> TestRepo:
    TestRepo(tmp_path).git("clone", "-q", str(origin.path), "colleague")
    return TestRepo(tmp_path / "colleague")


def test_origin_or_not(repo: TestRepo, here: Repository, tmp_path: Path) -> None:
    assert not has_origin(here)
    repo.git("remote", "add", "origin", str(tmp_path))
    assert has_origin(here)


def test_fetch_gives_origins_tip_and_moves_nothing_of_the_users(
    repo: TestRepo, here: Repository, colleague: TestRepo
) -> None:
    mine = repo.head()
    (repo.path / ".git" / "FETCH_HEAD").unlink()
    theirs = colleague.commit({"a": "b"})
    colleague.git("push", "-q", "origin", "main")
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: fetch_branch(here, "main"), range(6))) == {theirs}
    assert fetch_branch(here, "none") is None
    assert repo.head("main") == mine
    assert not (repo.path / ".git" / "FETCH_HEAD").exists()


@pytest.mark.usefixtures("origin")
def test_fetch_from_a_dead_origin_is_transient(
    repo: TestRepo, here: Repository, tmp_path: Path
) -> None:
    repo.git("remote", "set-url", "origin", str(tmp_path / "gone.git"))
    with pytest.raises(GitError) as caught:
        fetch_branch(here, "main")
    assert caught.value.transient


def test_push_create_move_delete_and_repeat(
    repo: TestRepo, here: Repository, origin: TestRepo
) -> None:
    first, second = repo.head(), repo.commit({"a": "b"})
    for update in (
        PushUpdate(LANE, first, None),
        PushUpdate(LANE, second, first),
        PushUpdate(LANE, None, second),
    ):
        for _ in range(2):
            assert push(here, [update]) == Pushed()
            assert origin.find(LANE) == update.new
            assert origin_tip(here, LANE) == update.new
    assert repo.git("config", "--get-regexp", "^branch", check=False) == ""


@pytest.mark.parametrize("fetched", ["main", "*"])
def test_what_origin_has_is_noted_whatever_is_fetched_and_whoever_moved_it(
    repo: TestRepo, here: Repository, origin: TestRepo, fetched: str
) -> None:
    """A clone of one branch fetches only that one; the answer to a push may have been lost."""
    spec = f"+refs/heads/{fetched}:refs/remotes/origin/{fetched}"
    repo.git("config", "remote.origin.fetch", spec)
    noted = LANE.replace("refs/heads/", "refs/remotes/origin/")
    first = repo.head()
    assert push(here, [PushUpdate(LANE, first, None)]) == Pushed()
    assert repo.find(noted) == first
    origin.git("update-ref", "-d", LANE)
    assert push(here, [PushUpdate(LANE, None, first)]) == Pushed()
    assert repo.find(noted) is None


def test_a_lease_that_does_not_hold_stops_all(
    repo: TestRepo, here: Repository, origin: TestRepo, colleague: TestRepo
) -> None:
    base = repo.head()
    theirs = colleague.commit({"a": "theirs"})
    colleague.git("push", "-q", "origin", "main")
    mine = repo.commit({"a": "mine"})
    result = push(here, [PushUpdate(MAIN, mine, base), PushUpdate(LANE, mine, None)])
    assert isinstance(result, Rejected)
    assert "refs/heads/main" in result.reason
    assert "atomic" not in result.reason
    assert (origin.head("main"), origin.find(LANE)) == (theirs, None)
    assert isinstance(push(here, [PushUpdate(MAIN, None, base)]), Rejected)
    assert isinstance(push(here, [PushUpdate(MAIN, mine, None)]), Rejected)


def test_a_hook_of_origin_is_quoted(repo: TestRepo, here: Repository, origin: TestRepo) -> None:
    hook = origin.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    result = push(here, [PushUpdate(LANE, repo.head(), None)])
    assert isinstance(result, Rejected)
    assert "pre-receive hook declined" in result.reason
    assert "main is protected" in result.reason


def test_an_origin_that_is_gone_is_unreachable_and_no_secret_is_told(
    repo: TestRepo, here: Repository
) -> None:
    repo.git("remote", "add", "origin", "https://user:secret@localhost:1/x.git")
    result = push(here, [PushUpdate(LANE, repo.head(), None)])
    assert isinstance(result, Unreachable)
    assert "secret" not in result.reason
    assert isinstance(publish_branch(here, "main"), Unreachable)


def test_publishing_sets_the_upstream_and_bears_an_origin_ahead(
    repo: TestRepo, here: Repository, origin: TestRepo, colleague: TestRepo
) -> None:
    branch = LANE.removeprefix("refs/heads/")
    repo.git("branch", branch)
    assert publish_branch(here, branch) == Pushed()
    assert publish_branch(here, branch) == Pushed()
    assert repo.git("rev-parse", "--abbrev-ref", f"{branch}@{{u}}") == f"origin/{branch}"
    colleague.git("fetch", "-q")
    colleague.git("checkout", "-q", branch)
    ahead = colleague.commit({"merged": "there"})
    colleague.git("push", "-q", "origin", branch)
    assert publish_branch(here, branch) == Pushed()
    assert origin.head(branch) == ahead
    repo.git("update-ref", LANE, repo.commit({"other": "history"}))
    assert isinstance(publish_branch(here, branch), Rejected)
    assert origin.head(branch) == ahead


def test_large_files_are_uploaded_first_or_the_push_is_refused_by_name(
    repo: TestRepo,
    origin: TestRepo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = repo.commit({"assets/.gitattributes": "*.bin filter=lfs\n"})
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "sh"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    result = push(discover(repo.path), [PushUpdate(LANE, commit, None)])
    assert isinstance(result, Rejected)
    assert "git-lfs" in result.reason
    assert origin.find(LANE) is None
    log = tmp_path / "lfs.log"
    (tools / "git-lfs").write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    (tools / "git-lfs").chmod(0o755)
    assert push(discover(repo.path), [PushUpdate(LANE, commit, None)]) == Pushed()
    assert f"push origin {commit}" in log.read_text()
    assert os.environ["PATH"] == str(tools)


def test_a_note_of_a_push_that_cannot_be_taken_makes_it_no_failure(
    repo: TestRepo, here: Repository, origin: TestRepo
) -> None:
    repo.git("branch", LANE.removeprefix("refs/heads/"))
    # What stands where the note would: git can keep no ref below one.
    repo.git("update-ref", "refs/remotes/origin/agentrelay", "HEAD")
    assert push(here, [PushUpdate(LANE, repo.head(), None)]) == Pushed()
    assert origin.refs()[LANE] == repo.head()
