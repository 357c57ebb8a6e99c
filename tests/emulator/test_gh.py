"""The real gh works against the emulator: this is what keeps the emulator honest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.emulator.core.checking import add_check
from tests.emulator.core.hub import Actor
from tests.emulator.core.model import Method, Protection
from tests.emulator.forge import Emulator
from tests.emulator.gh import PROGRAMS, Gh, gh_environment, require_gh
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

HEAD, BASE = "agentrelay/shop/api", "main"
CREATE = ("pr", "create", "--head", HEAD, "--base", BASE, "--title", "The api", "--body", "Why")
URL = "https://github.com/octo/shop/pull/1"


@pytest.fixture(params=PROGRAMS)
def gh(
    request: pytest.FixtureRequest,
    repo: TestRepo,
    forge: Emulator,
    origin: TestRepo,
    tmp_path: Path,
) -> Gh:
    """Return a gh in a clone whose remote is on github.com, but is pushed to by its path."""
    program = require_gh(request.param)
    repo.git("config", "remote.origin.pushurl", str(origin.path))
    repo.git("config", "remote.origin.url", "https://github.com/octo/shop.git")
    forge.hub.label(forge.hub.repository("octo/shop"), "agent")
    push(repo, HEAD, {"api.py": "one\ntwo\n"})
    return Gh(program, repo.path, gh_environment(forge, tmp_path / "gh", "secret"))


@pytest.fixture
def ci(forge: Emulator) -> Actor:
    """Return who runs the checks."""
    return forge.hub.actor("octo/shop", "ci")


def view(gh: Gh, *fields: str) -> dict[str, object]:
    return json.loads(gh.ok("pr", "view", "1", "--json", ",".join(fields)))


def test_create_refuses_what_is_there_and_what_has_no_commits(gh: Gh, repo: TestRepo) -> None:
    assert gh.ok(*CREATE, "--draft", "--label", "agent", "--reviewer", "alice") == URL
    again = gh(*CREATE)
    assert again.code == 1
    assert "already exists" in again.err
    assert URL in again.err
    repo.git("push", "--quiet", "origin", "main:same")
    same = gh("pr", "create", "--head", "same", "--base", BASE, "--title", "x", "--body", "")
    assert same.code == 1
    assert "No commits between main and same" in same.err
    found = view(gh, "labels", "reviewRequests", "isDraft", "mergeStateStatus")
    assert (found["isDraft"], found["mergeStateStatus"]) == (True, "DRAFT")
    assert "agent" in str(found["labels"])
    assert "alice" in str(found["reviewRequests"])


def test_list_finds_by_branch_and_words(gh: Gh) -> None:
    gh.ok(*CREATE)
    branches = ("--head", HEAD, "--base", BASE, "--state", "open")
    listed = json.loads(gh.ok("pr", "list", *branches, "--json", "url,isCrossRepository"))
    assert listed == [{"url": URL, "isCrossRepository": False}]
    assert HEAD in gh.ok("pr", "list", "--search", "api")
    assert gh.ok("pr", "list", "--search", "else") == ""
    assert gh.ok("pr", "list", "--base", "release") == ""


def test_view_shows_a_request_by_number_and_branch(gh: Gh) -> None:
    gh.ok(*CREATE)
    shown = gh.ok("pr", "view", "1")
    assert "title:\tThe api" in shown
    assert "additions:\t2" in shown
    assert gh.ok("pr", "view", HEAD) == shown
    assert view(gh, "files", "commits")["files"] != []
    assert gh("pr", "view", "2").code == 1


def test_checks_are_told_with_what_is_required(
    gh: Gh, repo: TestRepo, forge: Emulator, ci: Actor
) -> None:
    gh.ok(*CREATE)
    none = gh("pr", "checks", "1")
    assert "no checks reported" in none.err
    forge.hub.repository("octo/shop").protections["main"] = Protection(checks=("test",))
    with forge.hub.lock:
        add_check(ci, repo.head(), "test", "failure")
        add_check(ci, repo.head(), "lint", "success")
    told = gh("pr", "checks", "1")
    assert told.code == 1
    rows = [line.split("\t")[:2] for line in told.out.splitlines()]
    assert sorted(rows) == [["lint", "pass"], ["test", "fail"]]
    required = gh("pr", "checks", "1", "--required").out
    assert [line.split("\t")[0] for line in required.splitlines()] == ["test"]
    assert view(gh, "mergeStateStatus") == {"mergeStateStatus": "BLOCKED"}


def test_diff_is_gits(gh: Gh) -> None:
    gh.ok(*CREATE)
    assert gh.ok("pr", "diff", "1").endswith("@@ -0,0 +1,2 @@\n+one\n+two")


def test_comments_are_added_and_edited(gh: Gh) -> None:
    gh.ok(*CREATE)
    assert gh.ok("pr", "comment", "1", "--body", "first").startswith(f"{URL}#issuecomment-")
    gh.ok("pr", "comment", "1", "--body", "better", "--edit-last")
    assert "better" in gh.ok("pr", "view", "1", "--comments")
    assert "first" not in gh.ok("pr", "view", "1", "--comments")


def test_reviews_decide(gh: Gh) -> None:
    gh.ok(*CREATE)
    own = gh("pr", "review", "1", "--approve")
    assert "Can not approve your own pull request" in own.err
    gh.ok("pr", "review", "1", "--request-changes", "--body", "no", token="alice-token")
    assert view(gh, "reviewDecision") == {"reviewDecision": "CHANGES_REQUESTED"}
    gh.ok("pr", "review", "1", "--approve", token="alice-token")
    assert view(gh, "reviewDecision") == {"reviewDecision": "APPROVED"}


def test_edit_changes_words_labels_and_reviewers(gh: Gh) -> None:
    gh.ok(*CREATE)
    gh.ok("pr", "edit", "1", "--title", "New", "--body", "Text", "--add-label", "agent")
    gh.ok("pr", "edit", "1", "--add-reviewer", "alice")
    found = view(gh, "title", "body", "labels", "reviewRequests")
    assert (found["title"], found["body"]) == ("New", "Text")
    assert "agent" in str(found["labels"])
    assert "alice" in str(found["reviewRequests"])
    gh.ok("pr", "edit", "1", "--remove-label", "agent")
    assert view(gh, "labels") == {"labels": []}


def test_ready_and_back(gh: Gh) -> None:
    gh.ok(*CREATE, "--draft")
    draft = gh("pr", "merge", "1", "--merge")
    assert "still a draft" in draft.err
    gh.ok("pr", "ready", "1")
    assert view(gh, "isDraft") == {"isDraft": False}
    gh.ok("pr", "ready", "1", "--undo")
    assert view(gh, "isDraft") == {"isDraft": True}


def test_close_and_reopen(gh: Gh) -> None:
    gh.ok(*CREATE)
    gh.ok("pr", "close", "1", "--comment", "not now")
    assert view(gh, "state") == {"state": "CLOSED"}
    gh.ok("pr", "reopen", "1")
    assert view(gh, "state") == {"state": "OPEN"}
    assert "not now" in gh.ok("pr", "view", "1", "--comments")


def test_merge_expects_a_head_and_deletes_the_branch(
    gh: Gh, repo: TestRepo, origin: TestRepo
) -> None:
    gh.ok(*CREATE)
    stale = gh("pr", "merge", "1", "--merge", "--match-head-commit", "0" * 40)
    assert "Head branch was modified" in stale.err
    head = repo.head()
    repo.git("checkout", "--quiet", "--detach")
    repo.git("branch", "--quiet", "-D", HEAD)
    gh.ok("pr", "merge", "1", "--squash", "--match-head-commit", head, "--delete-branch")
    assert view(gh, "state") == {"state": "MERGED"}
    assert origin.git("log", "-1", "--format=%s", "main") == "The api (#1)"
    assert origin.find(f"refs/heads/{HEAD}") is None


def test_auto_merge_waits_for_what_is_required(
    gh: Gh, repo: TestRepo, forge: Emulator, ci: Actor
) -> None:
    forge.hub.repository("octo/shop").protections["main"] = Protection(checks=("test",))
    gh.ok(*CREATE)
    refused = gh("pr", "merge", "1", "--merge")
    assert "not mergeable" in refused.err
    gh.ok("pr", "merge", "1", "--merge", "--auto")
    assert view(gh, "state") == {"state": "OPEN"}
    with forge.hub.lock:
        add_check(ci, repo.head(), "test", "success")
    assert view(gh, "state") == {"state": "MERGED"}


def test_a_queued_base_takes_no_strategy(gh: Gh, forge: Emulator) -> None:
    forge.hub.repository("octo/shop").protections["main"] = Protection(queue=Method.SQUASH)
    gh.ok(*CREATE)
    said = gh("pr", "merge", "1", "--rebase")
    assert "The merge strategy for main is set by the merge queue" in said.err
    gh.ok("pr", "merge", "1")
    (request,) = forge.hub.repository("octo/shop").requests
    assert request.queued is not None
    assert view(gh, "state") == {"state": "OPEN"}


def test_status_and_api_reach_it_too(gh: Gh) -> None:
    gh.ok(*CREATE)
    assert "The api" in gh.ok("pr", "status")
    assert gh.ok("api", "repos/octo/shop/pulls/1", "--jq", ".mergeable") == "true"
    pages = gh.ok("api", "--paginate", "repos/octo/shop/pulls?per_page=1", "--jq", ".[].number")
    assert pages == "1"
