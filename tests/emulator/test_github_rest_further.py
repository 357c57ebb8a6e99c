"""GitHub's REST API as the emulator serves it: what people, CI and settings add to it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.client import Client
from tests.emulator.core.model import Method, Protection
from tests.emulator.core.reviewing import resolve
from tests.emulator.forge import Emulator
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

REPO = "/repos/octo/shop"
PULLS = f"{REPO}/pulls"
PULL = f"{PULLS}/1"
ISSUES = f"{REPO}/issues"


@pytest.fixture(autouse=True)
def api(repo: TestRepo, client: Client) -> dict[str, Any]:
    """Return an open change request of the branch ``api``."""
    push(repo, "api", {"api.py": "one\ntwo\n"}, "Add the api")
    return client.post(PULLS, {"title": "api", "head": "api", "base": "main"}).body


def state(client: Client) -> str:
    return client.get(PULL).body["mergeable_state"]


def protect(forge: Emulator, **asked: Any) -> None:
    forge.hub.repository("octo/shop").protections["main"] = Protection(**asked)


def test_a_pending_review_is_seen_by_its_author_until_it_is_submitted(
    client: Client, alice: Client
) -> None:
    remark = {"path": "api.py", "line": 1, "body": "Why?"}
    made = alice.post(f"{PULL}/reviews", {"comments": [remark]}).body
    url = f"{PULL}/reviews/{made['id']}"
    assert made["state"] == "PENDING"
    assert client.get(f"{PULL}/reviews").body == []
    assert len(alice.get(f"{PULL}/reviews").body) == 1
    submitted = alice.post(f"{url}/events", {"event": "APPROVE", "body": "fine"}).body
    assert submitted["state"] == "APPROVED"
    assert alice.post(f"{url}/events", {"event": "COMMENT"}).status == 422
    assert client.get(url).body["body"] == "fine"
    assert [each["body"] for each in client.get(f"{url}/comments").body] == ["Why?"]
    dismissed = client.ask("PUT", f"{url}/dismissals", {"message": "stale"})
    assert dismissed.body["state"] == "DISMISSED"
    assert client.ask("PUT", f"{url}/dismissals", {"message": "again"}).status == 422
    assert client.get(f"{PULL}/reviews/7").status == 404
    assert alice.post(f"{PULL}/reviews", {"event": "MAYBE"}).status == 422


def test_a_line_is_commented_and_replied_to(
    client: Client, alice: Client, api: dict[str, Any]
) -> None:
    wanted = {"path": "api.py", "line": 2, "body": "Rename", "commit_id": api["head"]["sha"]}
    url = f"{PULL}/comments"
    first = alice.post(url, wanted).body
    second = client.post(url, {"in_reply_to": first["id"], "body": "Done"}).body
    assert second["in_reply_to_id"] == first["id"]
    assert client.post(f"{url}/{second['id']}/replies", {"body": "x"}).status == 422
    assert client.post(f"{url}/1/replies", {"body": "x"}).status == 404
    assert alice.post(url, {**wanted, "commit_id": ""}).status == 422
    beside = alice.post(url, {**wanted, "line": 3})
    message = "pull_request_review_thread.line must be part of the diff"
    assert (beside.status, beside.body["errors"][0]["message"]) == (422, message)
    reviews = client.get(f"{PULL}/reviews").body
    assert [each["state"] for each in reviews] == ["COMMENTED", "COMMENTED"]


def test_protection_can_ask_for_what_is_up_to_date_and_discussed(
    repo: TestRepo, client: Client, alice: Client, forge: Emulator
) -> None:
    protect(forge, strict=True, conversations=True, approvals=1, dismiss_stale=True)
    alice.post(f"{PULL}/reviews", {"event": "REQUEST_CHANGES", "body": "no"})
    assert state(client) == "blocked"
    refused = client.ask("PUT", f"{PULL}/merge", {})
    assert "Changes were requested" in refused.body["message"]
    remark = {"path": "api.py", "line": 1, "body": "Why?"}
    alice.post(f"{PULL}/reviews", {"event": "APPROVE", "comments": [remark]})
    refused = client.ask("PUT", f"{PULL}/merge", {})
    assert refused.body["message"] == "All comments must be resolved."
    (request,) = forge.hub.repository("octo/shop").requests
    with forge.hub.lock:
        by = forge.hub.actor("octo/shop", "alice")
        resolve(by, request, request.threads[0], is_resolved=True)
    assert state(client) == "clean"
    push(repo, "main", {"other": "1"})
    assert state(client) == "behind"
    stale = client.ask("PUT", f"{PULL}/update-branch", {"expected_head_sha": "0" * 40})
    assert stale.status == 422
    assert client.ask("PUT", f"{PULL}/update-branch", {}).status == 202
    assert state(client) == "blocked", "the push took the approval back"
    reviews = client.get(f"{PULL}/reviews").body
    assert [each["state"] for each in reviews] == ["CHANGES_REQUESTED", "DISMISSED"]


def test_a_repository_says_how_it_merges(client: Client, forge: Emulator, origin: TestRepo) -> None:
    shop = forge.hub.repository("octo/shop")
    shop.methods = {Method.SQUASH}
    shop.delete_merged = True
    shown = client.get(REPO).body
    assert (shown["allow_squash_merge"], shown["allow_merge_commit"]) == (True, False)
    refused = client.ask("PUT", f"{PULL}/merge", {})
    message = "Merge merges are not allowed on this repository."
    assert (refused.status, refused.body["message"]) == (405, message)
    assert client.ask("PUT", f"{PULL}/merge", {"merge_method": "magic"}).status == 422
    given = {"merge_method": "squash", "commit_title": "Land", "commit_message": "Body"}
    assert client.ask("PUT", f"{PULL}/merge", given).status == 200
    assert origin.git("log", "-1", "--format=%B", "main") == "Land\n\nBody"
    assert origin.find("refs/heads/api") is None
    assert client.get(f"{PULL}/merge").status == 204


def test_a_rebase_leaves_out_merges_and_refuses_conflicts(
    repo: TestRepo, origin: TestRepo, client: Client
) -> None:
    push(repo, "main", {"other": "1"}, "Other")
    repo.git("checkout", "--quiet", "api")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Up to date", "main")
    push(repo, "api", {"use.py": "1"}, "Use it")
    assert client.ask("PUT", f"{PULL}/merge", {"merge_method": "rebase"}).status == 200
    log = origin.git("log", "--topo-order", "--format=%s", "main").splitlines()
    assert log == ["Use it", "Add the api", "Other", "first"]


def test_what_a_request_consists_of_is_shown(repo: TestRepo, client: Client) -> None:
    push(repo, "api", {"README.md": "new\n"}, "Say more")
    files = client.get(f"{PULL}/files").body
    told = [(each["filename"], each["status"], each["changes"]) for each in files]
    assert told == [("README.md", "modified", 2), ("api.py", "added", 2)]
    commits = client.get(f"{PULL}/commits").body
    assert [each["commit"]["message"] for each in commits] == ["Add the api", "Say more"]
    diff = client.get(PULL, {"Accept": "application/vnd.github.diff"}).body
    patch = client.get(PULL, {"Accept": "application/vnd.github.patch"}).body
    assert diff.startswith("diff --git")
    assert "Subject: [PATCH 1/2] Add the api" in patch
    assert client.get(f"{PULL}/merge").status == 404


def test_reviewers_are_listed_and_no_longer_asked(client: Client) -> None:
    url = f"{PULL}/requested_reviewers"
    client.post(url, {"reviewers": ["alice"]})
    assert [each["login"] for each in client.get(url).body["users"]] == ["alice"]
    assert client.post(url, {"reviewers": ["octo"]}).status == 422
    assert client.ask("DELETE", url, {"reviewers": ["alice"]}).body["requested_reviewers"] == []


def test_deleting_the_base_closes(repo: TestRepo, client: Client) -> None:
    repo.git("push", "--quiet", "origin", "main:release")
    client.ask("PATCH", PULL, {"base": "release"})
    assert client.get(f"{PULLS}?base=release").body[0]["number"] == 1
    repo.git("push", "--quiet", "origin", ":release")
    assert client.get(PULL).body["state"] == "closed"
    assert client.ask("PATCH", PULL, {"base": "main"}).status == 405


def test_what_was_for_a_merged_branch_is_for_its_base_once_that_is_deleted(
    repo: TestRepo, client: Client
) -> None:
    repo.git("checkout", "--quiet", "-b", "use", "api")
    push(repo, "use", {"use.py": "use\n"})
    client.post(PULLS, {"title": "use", "head": "use", "base": "api"})
    client.ask("PUT", f"{PULL}/merge", {})
    client.ask("DELETE", f"{REPO}/git/refs/heads/api")
    shown = client.get(f"{PULLS}/2").body
    assert (shown["state"], shown["base"]["ref"], shown["commits"]) == ("open", "main", 1)


def test_a_head_with_nothing_of_its_own_any_more_closes(repo: TestRepo, client: Client) -> None:
    repo.git("push", "--quiet", "--force", "origin", "main:api")
    shown = client.get(PULL).body
    assert (shown["state"], shown["merged"]) == ("closed", False)


def test_what_makes_no_sense_is_refused(client: Client) -> None:
    assert client.get(f"{PULLS}?state=merged").status == 422
    assert client.get(f"{PULLS}?head=api").status == 422
    assert client.ask("PATCH", PULL, {"state": "merged"}).status == 422
    assert client.ask("PATCH", PULL, {"title": " "}).status == 422
    assert client.get(f"{PULLS}/one").status == 404
    assert client.get("/nowhere").status == 404
    client.connection.request("POST", PULLS, "{", {"Authorization": "Bearer secret"})
    answer = client.connection.getresponse()
    assert (answer.status, b"Problems parsing JSON" in answer.read()) == (400, True)


def test_issues_and_their_labels_are_edited(client: Client) -> None:
    made = client.post(f"{REPO}/labels", {"name": "bug", "color": "ff0000"}).body
    assert (made["name"], made["color"]) == ("bug", "ff0000")
    assert client.post(f"{REPO}/labels", {"name": "Bug"}).status == 422
    labels = f"{ISSUES}/1/labels"
    client.post(labels, {"labels": ["bug"]})
    assert [each["name"] for each in client.get(labels).body] == ["bug"]
    assert client.ask("PUT", labels, {"labels": ["agent"]}).body[0]["name"] == "agent"
    assert client.post(labels, {"labels": "agent"}).status == 422
    assert [each["number"] for each in client.get(f"{ISSUES}?labels=agent").body] == [1]
    assert len(client.get(f"{REPO}/labels").body) == 2
    client.ask("PATCH", f"{ISSUES}/1", {"title": "New", "state": "closed"})
    shown = client.get(f"{ISSUES}/1").body
    assert (shown["title"], shown["state"], shown["state_reason"]) == ("New", "closed", "completed")
    issue = client.post(ISSUES, {"title": "Broken"}).body
    url = f"{ISSUES}/{issue['number']}"
    assert client.ask("PATCH", url, {"body": "Text"}).body["body"] == "Text"
    comment = client.post(f"{url}/comments", {"body": "hm"}).body
    where = f"{ISSUES}/comments/{comment['id']}"
    assert client.get(where).body["body"] == "hm"
    assert client.ask("DELETE", where).status == 204
    assert client.get(where).status == 404


def test_repositories_branches_and_commits_are_shown(client: Client, api: dict[str, Any]) -> None:
    assert client.get("/user").body["login"] == "octo"
    assert client.get("/").headers["x-oauth-scopes"] == "repo, read:org"
    assert [each["name"] for each in client.get(f"{REPO}/branches").body] == ["api", "main"]
    assert client.get(f"{REPO}/branches/nowhere").status == 404
    assert client.get(f"{REPO}/git/ref/heads/api").body["object"]["sha"] == api["head"]["sha"]
    assert client.get(f"{REPO}/git/ref/heads/no").status == 404
    commit = client.get(f"{REPO}/commits/{api['head']['sha']}").body
    assert commit["commit"]["message"] == "Add the api"
    assert client.get(f"{REPO}/commits/{'0' * 40}").status == 422
    wanted = {"required_status_checks": None, "enforce_admins": None, "restrictions": None}
    branch = f"{REPO}/branches/api"
    assert client.ask("PUT", f"{branch}/protection", wanted).status == 422
    wanted["required_pull_request_reviews"] = None
    assert client.ask("PUT", f"{branch}/protection", wanted).status == 200
    assert client.get(branch).body["protected"] is True
    assert client.ask("DELETE", f"{branch}/protection").status == 204
    assert client.get(branch).body["protected"] is False


def test_checks_are_as_strict_as_github(client: Client, api: dict[str, Any]) -> None:
    sha = api["head"]["sha"]
    runs = f"{REPO}/check-runs"
    wanted = {"name": "test", "head_sha": sha}
    first = client.post(runs, {**wanted, "conclusion": "failure"}).body
    second = client.post(runs, {**wanted, "status": "in_progress"}).body
    listed = f"{REPO}/commits/{sha}/check-runs"
    assert [each["id"] for each in client.get(listed).body["check_runs"]] == [second["id"]]
    every = client.get(f"{listed}?filter=all&check_name=test").body
    assert every["total_count"] == 2
    assert client.get(f"{listed}?status=completed").body["total_count"] == 0
    assert client.get(f"{runs}/{first['id']}").body["conclusion"] == "failure"
    run = first["check_suite"]["id"]
    jobs = client.get(f"{REPO}/actions/runs/{run}/jobs").body["jobs"]
    assert [each["id"] for each in jobs] == [first["id"]]
    assert client.get(f"{REPO}/actions/jobs/{second['id']}/logs").status == 404
    assert client.post(runs, {**wanted, "conclusion": "perfect"}).status == 422
    assert client.post(runs, {**wanted, "status": "completed"}).status == 422
    assert client.post(runs, {**wanted, "head_sha": "0" * 40}).status == 404
    status = f"{REPO}/statuses/{sha}"
    assert client.post(status, {"state": "fine"}).status == 422
    assert client.get(f"{REPO}/commits/nowhere/status").status == 422
    assert client.get(f"{REPO}/check-runs/1").status == 404
