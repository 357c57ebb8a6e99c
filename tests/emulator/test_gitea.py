"""Gitea's API as the emulator serves it: shapes and refusals as its own code has them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.client import Answer, Client
from tests.emulator.core.checking import add_check
from tests.emulator.core.model import Protection
from tests.emulator.forge import Emulator
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

REPO = "/api/v1/repos/octo/shop"
PULLS = f"{REPO}/pulls"
ISSUES = f"{REPO}/issues"


def opened(client: Client, branch: str, **more: Any) -> dict[str, Any]:
    answer = client.post(PULLS, {"title": branch, "head": branch, "base": "main", **more})
    assert answer.status == 201, answer.body
    return answer.body


def merge(client: Client, **body: Any) -> Answer:
    return client.post(f"{PULLS}/1/merge", {"Do": "merge", **body})


@pytest.fixture
def api(repo: TestRepo, client: Client) -> dict[str, Any]:
    """Return an open pull request of the branch ``lane/api``."""
    push(repo, "lane/api", {"api.py": "one\ntwo\n"})
    return opened(client, "lane/api", body="Why")


def test_a_pull_request_is_opened_listed_and_found_by_its_branches(
    client: Client, forge: Emulator, repo: TestRepo, api: dict[str, Any]
) -> None:
    expected = {
        "number": 1,
        "title": "lane/api",
        "body": "Why",
        "state": "open",
        "draft": False,
        "merged": False,
        "mergeable": True,
        "merge_commit_sha": None,
        "merge_base": repo.head("main"),
        "html_url": f"{forge.url}/octo/shop/pulls/1",
    }
    assert {name: api[name] for name in expected} == expected
    assert (api["head"]["ref"], api["head"]["sha"]) == ("lane/api", repo.head())
    assert [each["number"] for each in client.get(f"{PULLS}?state=all").body] == [1]
    assert client.get(f"{PULLS}/main/lane/api").body["number"] == 1
    assert client.get(f"{PULLS}/main/other").status == 404
    (file,) = client.get(f"{PULLS}/1/files").body
    assert (file["filename"], file["status"], file["additions"]) == ("api.py", "added", 2)
    assert client.get(f"{PULLS}/1.diff").body.endswith("+one\n+two\n")
    missing = client.get(f"{PULLS}/2")
    assert (missing.status, missing.body["message"]) == (404, "The target couldn't be found.")


@pytest.mark.usefixtures("api")
def test_creating_is_as_strict_as_gitea(client: Client) -> None:
    wanted = {"title": "again", "head": "lane/api", "base": "main"}
    duplicate = client.post(PULLS, wanted)
    assert duplicate.status == 409
    message = "pull request already exists for these targets"
    assert duplicate.body["message"].startswith(message)
    same = client.post(PULLS, wanted | {"head": "main"})
    assert (same.status, "There are no changes" in same.body["message"]) == (422, True)
    assert client.post(PULLS, wanted | {"head": "nowhere"}).status == 404
    assert client.post(PULLS, wanted | {"title": ""}).status == 422


def test_lists_come_in_pages(client: Client, repo: TestRepo) -> None:
    for name in ("a", "b", "c"):
        push(repo, name, {name: name})
        opened(client, name)
    first = client.get(f"{PULLS}?limit=2")
    assert [each["number"] for each in first.body] == [3, 2]
    assert first.headers["x-total-count"] == "3"
    assert [each["number"] for each in client.get(first.link("next") or "").body] == [1]


@pytest.mark.usefixtures("api")
def test_a_draft_is_one_by_its_title(client: Client) -> None:
    edited = client.ask("PATCH", f"{PULLS}/1", {"title": "WIP: api"})
    assert (edited.status, edited.body["draft"], edited.body["mergeable"]) == (201, True, False)
    refused = merge(client)
    assert (refused.status, refused.body["message"]) == (
        405,
        "Work in progress PRs cannot be merged",
    )
    assert client.ask("PATCH", f"{PULLS}/1", {"title": "api"}).body["draft"] is False


def test_merging_expects_a_head_and_answers_without_a_word(
    client: Client, origin: TestRepo, api: dict[str, Any]
) -> None:
    stale = merge(client, head_commit_id="0" * 40)
    assert (stale.status, stale.body["message"]) == (409, "head out of date")
    assert client.get(f"{PULLS}/1/merge").status == 404
    done = merge(
        client,
        head_commit_id=api["head"]["sha"],
        MergeTitleField="Land it",
        delete_branch_after_merge=True,
    )
    assert (done.status, done.body) == (200, "")
    assert client.get(f"{PULLS}/1/merge").status == 204
    assert origin.git("log", "-1", "--format=%s", "main") == "Land it"
    assert origin.find("refs/heads/lane/api") is None
    shown = client.get(f"{PULLS}/1").body
    assert (shown["state"], shown["merged"], shown["merge_commit_sha"]) == (
        "closed",
        True,
        origin.head("main"),
    )
    assert merge(client).status == 405
    assert client.ask("PATCH", f"{PULLS}/1", {"state": "open"}).status == 412


@pytest.mark.usefixtures("api")
def test_conflicts_and_closed_requests_are_not_merged(client: Client, repo: TestRepo) -> None:
    assert client.post(f"{PULLS}/1/merge", {"Do": "magic"}).status == 422
    push(repo, "main", {"api.py": "mine\n"})
    assert client.get(f"{PULLS}/1").body["mergeable"] is False
    refused = merge(client)
    assert (refused.status, refused.body["message"]) == (405, "Please try again later")
    client.ask("PATCH", f"{PULLS}/1", {"state": "closed"})
    assert merge(client).status == 404
    assert client.ask("PATCH", f"{PULLS}/1", {"state": "open"}).body["state"] == "open"


def test_protection_is_kept_and_merges_can_wait_for_checks(
    client: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    rule = {"rule_name": "main", "enable_status_check": True, "status_check_contexts": ["test"]}
    assert client.post(f"{REPO}/branch_protections", rule).status == 201
    assert client.get(f"{REPO}/branches/main").body["status_check_contexts"] == ["test"]
    refused = merge(client)
    assert (refused.status, "status checks" in refused.body["message"]) == (405, True)
    assert merge(client, merge_when_checks_succeed=True).status == 201
    assert merge(client, merge_when_checks_succeed=True).status == 409
    assert client.ask("DELETE", f"{PULLS}/1/merge").status == 204
    assert client.ask("DELETE", f"{PULLS}/1/merge").status == 404
    merge(client, merge_when_checks_succeed=True)
    sha = api["head"]["sha"]
    given = {"state": "success", "context": "test"}
    assert client.post(f"{REPO}/statuses/{sha}", given).body["status"] == "success"
    assert client.get(f"{PULLS}/1").body["merged"] is True
    assert forge.hub.repository("octo/shop").protections["main"] == Protection(checks=("test",))


def test_statuses_and_jobs_of_a_commit_are_listed_together(
    client: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    sha = api["head"]["sha"]
    with forge.hub.lock:
        check = add_check(forge.hub.actor("octo/shop", "ci"), sha, "test", "failure", log="why\n")
    client.post(f"{REPO}/statuses/{sha}", {"state": "pending", "context": "lint"})
    combined = client.get(f"{REPO}/commits/{sha}/status").body
    assert (combined["state"], combined["total_count"]) == ("failure", 2)
    told = [(each["context"], each["status"]) for each in combined["statuses"]]
    assert told == [("test", "failure"), ("lint", "pending")]
    assert len(client.get(f"{REPO}/commits/{sha}/statuses").body) == 2
    assert combined["statuses"][0]["target_url"].endswith(f"/jobs/{check.id}")
    assert client.get(f"{REPO}/actions/jobs/{check.id}/logs").body == "why\n"


@pytest.mark.usefixtures("api")
def test_reviews_come_with_comments(client: Client, alice: Client, repo: TestRepo) -> None:
    asked = client.post(f"{PULLS}/1/requested_reviewers", {"reviewers": ["alice"]})
    assert (asked.status, asked.body[0]["state"]) == (201, "REQUEST_REVIEW")
    remark = {"path": "api.py", "new_position": 2, "body": "Rename"}
    review = {"event": "REQUEST_CHANGES", "body": "No", "comments": [remark]}
    made = alice.post(f"{PULLS}/1/reviews", review).body
    assert (made["state"], made["comments_count"], made["official"]) == (
        "REQUEST_CHANGES",
        1,
        True,
    )
    url = f"{PULLS}/1/reviews/{made['id']}"
    (comment,) = client.get(f"{url}/comments").body
    assert (comment["path"], comment["position"], comment["body"]) == ("api.py", 2, "Rename")
    push(repo, "lane/api", {"api.py": "renamed\n"})
    assert client.get(f"{url}/comments").body[0]["position"] == 0
    assert client.get(f"{PULLS}/1/reviews").body[0]["stale"] is True
    assert client.post(f"{PULLS}/1/reviews", {"event": "APPROVED"}).status == 422
    pending = alice.post(f"{PULLS}/1/reviews", {"body": "Good now"}).body
    assert len(client.get(f"{PULLS}/1/reviews").body) == 1
    submitted = alice.post(f"{PULLS}/1/reviews/{pending['id']}", {"event": "APPROVED"}).body
    assert submitted["state"] == "APPROVED"
    gone = client.post(f"{PULLS}/1/reviews/{pending['id']}/dismissals", {"message": "stale"}).body
    assert gone["dismissed"] is True
    assert client.get(f"{PULLS}/1/reviews/{pending['id']}").body["dismissed"] is True
    assert client.get(f"{PULLS}/1/reviews/1").status == 404
    client.post(f"{PULLS}/1/requested_reviewers", {"reviewers": ["alice"]})
    unasked = client.ask("DELETE", f"{PULLS}/1/requested_reviewers", {"reviewers": ["alice"]})
    assert unasked.status == 204
    assert client.get(f"{PULLS}/1").body["requested_reviewers"] == []


@pytest.mark.usefixtures("api")
def test_issues_comments_and_labels(client: Client) -> None:
    made = client.post(f"{ISSUES}/1/comments", {"body": "<!-- key --> one"}).body
    url = f"{ISSUES}/comments/{made['id']}"
    assert client.ask("PATCH", url, {"body": "two"}).body["body"] == "two"
    assert [each["body"] for each in client.get(f"{ISSUES}/1/comments").body] == ["two"]
    assert client.ask("DELETE", url).status == 204
    label = client.post(f"{REPO}/labels", {"name": "agent", "color": "#00aabb"}).body
    added = client.post(f"{ISSUES}/1/labels", {"labels": [label["id"], "unknown"]}).body
    assert [each["name"] for each in added] == ["agent"]
    assert [each["name"] for each in client.get(f"{ISSUES}/1/labels").body] == ["agent"]
    assert [each["name"] for each in client.get(f"{REPO}/labels").body] == ["agent"]
    assert client.ask("DELETE", f"{ISSUES}/1/labels/{label['id']}").status == 204
    issue = client.post(ISSUES, {"title": "Broken", "body": "It is"}).body
    assert (issue["number"], issue["pull_request"]) == (2, None)
    assert [each["number"] for each in client.get(f"{ISSUES}?type=issues").body] == [2]
    assert client.get(f"{ISSUES}/1").body["pull_request"]["merged"] is False


@pytest.mark.usefixtures("api")
def test_branches_and_people(client: Client, origin: TestRepo, forge: Emulator) -> None:
    main = client.ask("DELETE", f"{REPO}/branches/main")
    assert (main.status, main.body["message"]) == (403, "can not delete default branch")
    assert client.ask("DELETE", f"{REPO}/branches/lane%2Fapi").status == 204
    assert origin.find("refs/heads/lane/api") is None
    assert client.get(f"{PULLS}/1").body["state"] == "closed"
    assert client.get(REPO).body["full_name"] == "octo/shop"
    assert client.get("/api/v1/user").body["login"] == "octo"
    assert client.get("/api/v1/version").body == {"version": "1.24.0"}
    with Client.of(forge.url, None) as nobody:
        assert nobody.get(PULLS).status == 401
