"""GitHub's REST API as the emulator serves it: change requests from opened to merged."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.client import Answer, Client
from tests.emulator.core.checking import add_check
from tests.emulator.core.model import Protection, Step
from tests.emulator.forge import Emulator
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

PULLS = "/repos/octo/shop/pulls"
ISSUES = "/repos/octo/shop/issues"


def opened(client: Client, branch: str, **more: Any) -> dict[str, Any]:
    answer = client.post(PULLS, {"title": branch, "head": branch, "base": "main", **more})
    assert answer.status == 201, answer.body
    return answer.body


def merge(client: Client, number: int, **body: Any) -> Answer:
    return client.ask("PUT", f"{PULLS}/{number}/merge", body)


@pytest.fixture
def api(repo: TestRepo, client: Client) -> dict[str, Any]:
    """Return an open change request of the branch ``api``."""
    push(repo, "api", {"api.py": "one\ntwo\n"}, "Add the api")
    return opened(client, "api")


def test_a_request_is_opened_listed_and_shown(repo: TestRepo, client: Client) -> None:
    sha = push(repo, "api", {"api.py": "one\n"})
    made = opened(client, "api", body="why")
    assert (made["number"], made["state"], made["merged"]) == (1, "open", False)
    assert made["head"] | {"user": None, "repo": None} == {
        "label": "octo:api", "ref": "api", "sha": sha, "user": None, "repo": None,
    }  # fmt: skip
    listed = client.get(f"{PULLS}?head=octo:api&base=main").body
    assert [each["number"] for each in listed] == [1]
    shown = client.get(f"{PULLS}/1").body
    assert (shown["mergeable"], shown["mergeable_state"]) == (True, "clean")
    assert (shown["changed_files"], shown["additions"], shown["commits"]) == (1, 1, 1)
    assert client.get(f"{PULLS}/2").status == 404


def test_the_ref_of_a_request_follows_pushes(
    repo: TestRepo, origin: TestRepo, client: Client, api: dict[str, Any]
) -> None:
    assert origin.head("refs/pull/1/head") == api["head"]["sha"]
    sha = push(repo, "api", {"api.py": "three\n"})
    assert client.get(f"{PULLS}/1").body["head"]["sha"] == sha
    assert origin.head("refs/pull/1/head") == sha


def test_creating_is_as_strict_as_github(
    repo: TestRepo, client: Client, api: dict[str, Any]
) -> None:
    del api
    wanted = {"title": "again", "head": "api", "base": "main"}
    errors = {
        "duplicate": client.post(PULLS, wanted),
        "head": client.post(PULLS, wanted | {"head": "nowhere"}),
        "base": client.post(PULLS, wanted | {"base": "nowhere"}),
        "fork": client.post(PULLS, wanted | {"head": "other:api"}),
        "title": client.post(PULLS, wanted | {"title": ""}),
    }
    repo.git("push", "--quiet", "origin", "main:same")
    errors["commits"] = client.post(PULLS, wanted | {"head": "same"})
    errors["long"] = client.post(PULLS, wanted | {"body": "x" * 65_537})
    assert {answer.status for answer in errors.values()} == {422}
    told = {name: answer.body["errors"][0] for name, answer in errors.items()}
    assert told["duplicate"]["message"] == "A pull request already exists for octo:api."
    assert told["commits"]["message"] == "No commits between main and same"
    assert (told["head"]["field"], told["head"]["code"]) == ("head", "invalid")
    assert (told["fork"]["field"], told["fork"]["code"]) == ("head", "invalid")
    assert (told["base"]["field"], told["base"]["code"]) == ("base", "invalid")
    assert told["title"]["field"] == "title"
    assert told["long"]["message"] == "body is too long (maximum is 65536 characters)"


def test_lists_come_in_pages(repo: TestRepo, client: Client) -> None:
    for name in ("a", "b", "c", "d", "e"):
        push(repo, name, {name: name})
        opened(client, name)
    first = client.get(f"{PULLS}?per_page=2&state=all")
    assert [each["number"] for each in first.body] == [5, 4]
    assert first.link("prev") is None
    second = client.get(first.link("next") or "")
    assert [each["number"] for each in second.body] == [3, 2]
    last = client.get(second.link("last") or "")
    assert [each["number"] for each in last.body] == [1]
    assert last.link("next") is None
    oldest = client.get(f"{PULLS}?direction=asc&per_page=100").body
    assert [each["number"] for each in oldest] == [1, 2, 3, 4, 5]


def test_a_request_is_edited_closed_and_reopened(
    repo: TestRepo, client: Client, api: dict[str, Any]
) -> None:
    del api
    repo.git("push", "--quiet", "origin", "main:release")
    edit = {"title": "new", "body": "text", "base": "release"}
    edited = client.ask("PATCH", f"{PULLS}/1", edit).body
    assert (edited["title"], edited["body"], edited["base"]["ref"]) == ("new", "text", "release")
    assert client.ask("PATCH", f"{PULLS}/1", {"state": "closed"}).body["state"] == "closed"
    assert client.get(PULLS).body == []
    assert len(client.get(f"{PULLS}?state=closed").body) == 1
    assert client.ask("PATCH", f"{PULLS}/1", {"state": "open"}).body["state"] == "open"
    repo.git("push", "--quiet", "origin", ":api")
    assert client.get(f"{PULLS}/1").body["state"] == "closed"
    refused = client.ask("PATCH", f"{PULLS}/1", {"state": "open"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "state")


@pytest.mark.parametrize(
    "told",
    [
        ("merge", 2, ["Merge pull request #1 from octo/api", "Use it", "Add the api"]),
        ("squash", 1, ["api (#1)"]),
        ("rebase", 1, ["Use it", "Add the api"]),
    ],
)
@pytest.mark.usefixtures("api")
def test_each_method_merges_as_it_says(
    told: tuple[str, int, list[str]], repo: TestRepo, origin: TestRepo, client: Client
) -> None:
    method, parents, subjects = told
    head = push(repo, "api", {"use.py": "use\n"}, "Use it")
    before = push(repo, "main", {"other": "other\n"}, "Another change")
    done = merge(client, 1, merge_method=method, sha=head)
    assert (done.status, done.body["merged"]) == (200, True)
    assert origin.head("main") == done.body["sha"]
    assert len(origin.git("show", "-s", "--format=%P", "main").split()) == parents
    log = origin.git("log", "--topo-order", "--format=%s", f"{before}..main").splitlines()
    assert log == subjects
    assert origin.files("main") == ["README.md", "api.py", "other", "use.py"]
    shown = client.get(f"{PULLS}/1").body
    assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == (
        "closed", True, "octo",
    )  # fmt: skip
    assert shown["merge_commit_sha"] == done.body["sha"]
    assert (shown["commits"], shown["mergeable"]) == (2, None)


def test_merging_is_refused_as_github_does(
    repo: TestRepo, forge: Emulator, client: Client, api: dict[str, Any]
) -> None:
    stale = merge(client, 1, sha="0" * 40)
    message = "Head branch was modified. Review and try the merge again."
    assert (stale.status, stale.body["message"]) == (409, message)
    shop = forge.hub.repository("octo/shop")
    shop.protections["main"] = Protection(checks=("ci",), approvals=1)
    assert merge(client, 1).body["message"] == 'Required status check "ci" is expected.'
    assert client.get(f"{PULLS}/1").body["mergeable_state"] == "blocked"
    add_check(forge.hub.actor("octo/shop", "ci"), api["head"]["sha"], "ci", "success")
    refused = merge(client, 1)
    assert (refused.status, "approving review" in refused.body["message"]) == (405, True)
    shop.protections.clear()
    push(repo, "main", {"api.py": "mine\n"})
    assert client.get(f"{PULLS}/1").body["mergeable"] is False
    conflict = merge(client, 1)
    assert (conflict.status, conflict.body["message"]) == (405, "Pull Request is not mergeable")
    push(repo, "draft", {"draft": "1"})
    opened(client, "draft", draft=True)
    draft = merge(client, 2)
    assert (draft.status, draft.body["message"]) == (405, "Pull Request is still a draft")


def test_a_merged_request_merges_and_reopens_no_more(client: Client, api: dict[str, Any]) -> None:
    del api
    assert merge(client, 1).status == 200
    assert merge(client, 1).status == 405
    assert client.ask("PATCH", f"{PULLS}/1", {"state": "open"}).status == 422


def test_a_request_whose_head_is_pushed_into_its_base_is_merged_by_that(
    repo: TestRepo, client: Client, api: dict[str, Any]
) -> None:
    del api
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "By hand", "api")
    repo.git("push", "--quiet", "origin", "main")
    shown = client.get(f"{PULLS}/1").body
    assert (shown["merged"], shown["merge_commit_sha"]) == (True, repo.head("main"))
    assert shown["commits"] == 1


def test_issues_and_requests_share_numbers_comments_and_labels(
    client: Client, api: dict[str, Any]
) -> None:
    del api
    issue = client.post(ISSUES, {"title": "Broken", "body": "It is", "labels": ["bug"]})
    assert (issue.status, issue.body["number"]) == (201, 2)
    made = client.post(f"{ISSUES}/1/comments", {"body": "<!-- key --> one"}).body
    url = f"{ISSUES}/comments/{made['id']}"
    assert client.ask("PATCH", url, {"body": "two"}).body["body"] == "two"
    listed = client.get(f"{ISSUES}/1/comments").body
    assert [each["body"] for each in listed] == ["two"]
    labels = client.post(f"{ISSUES}/1/labels", {"labels": ["agent", "bug"]}).body
    assert [each["name"] for each in labels] == ["agent", "bug"]
    assert client.ask("DELETE", f"{ISSUES}/1/labels/bug").status == 200
    assert client.ask("DELETE", f"{ISSUES}/1/labels/bug").status == 404
    kinds = [(each["number"], "pull_request" in each) for each in client.get(ISSUES).body]
    assert kinds == [(2, False), (1, True)]
    assert client.ask("PATCH", f"{ISSUES}/2", {"state": "closed"}).body["state"] == "closed"


def test_checks_come_with_logs_and_statuses_are_combined(
    forge: Emulator, client: Client, api: dict[str, Any]
) -> None:
    sha = api["head"]["sha"]
    check = add_check(
        forge.hub.actor("octo/shop", "ci"),
        sha,
        "test",
        "failure",
        log="##[group]Run tests\nAssertionError: 1\n",
        steps=[Step("Set up", "success"), Step("Run tests", "failure")],
    )
    commits = f"/repos/octo/shop/commits/{sha}"
    runs = client.get(f"{commits}/check-runs").body
    assert (runs["total_count"], runs["check_runs"][0]["conclusion"]) == (1, "failure")
    job = client.get(f"/repos/octo/shop/actions/jobs/{check.id}").body
    failed = [step["number"] for step in job["steps"] if step["conclusion"] == "failure"]
    assert failed == [2]
    where = client.get(f"/repos/octo/shop/actions/jobs/{check.id}/logs")
    assert where.status == 302
    with Client.of(forge.url, None) as stranger:
        assert "AssertionError" in stranger.get(where.headers["location"]).body
    assert client.get(f"{commits}/status").body["state"] == "pending"
    for state in ("pending", "success"):
        url = f"/repos/octo/shop/statuses/{sha}"
        assert client.post(url, {"context": "lint", "state": state}).status == 201
    combined = client.get(f"{commits}/status").body
    assert (combined["state"], combined["total_count"]) == ("success", 1)
    assert len(client.get(f"{commits}/statuses").body) == 2
    assert client.get(f"{PULLS}/1").body["mergeable_state"] == "unstable"


def test_a_check_run_is_made_and_completed_by_rest(client: Client, api: dict[str, Any]) -> None:
    runs = "/repos/octo/shop/check-runs"
    made = client.post(runs, {"name": "lint", "head_sha": api["head"]["sha"]}).body
    assert (made["status"], made["conclusion"]) == ("queued", None)
    note = {"path": "api.py", "start_line": 2, "annotation_level": "failure", "message": "no"}
    output = {"title": "1 problem", "summary": "bad", "annotations": [note]}
    url = f"{runs}/{made['id']}"
    ended = client.ask("PATCH", url, {"conclusion": "failure", "output": output}).body
    assert (ended["status"], ended["output"]["annotations_count"]) == ("completed", 1)
    told = client.get(f"{url}/annotations").body
    assert [(each["path"], each["start_line"], each["message"]) for each in told] == [
        ("api.py", 2, "no")
    ]


def test_reviews_begin_threads_that_are_replied_to(
    repo: TestRepo, client: Client, alice: Client, api: dict[str, Any]
) -> None:
    del api
    asked = client.post(f"{PULLS}/1/requested_reviewers", {"reviewers": ["alice"]}).body
    assert [each["login"] for each in asked["requested_reviewers"]] == ["alice"]
    unknown = client.post(f"{PULLS}/1/requested_reviewers", {"reviewers": ["nobody"]})
    assert unknown.status == 422
    own = client.post(f"{PULLS}/1/reviews", {"event": "APPROVE"})
    assert (own.status, own.body["errors"]) == (422, ["Can not approve your own pull request"])
    remark = {"path": "api.py", "line": 2, "body": "Rename this"}
    review = {"event": "REQUEST_CHANGES", "body": "No", "comments": [remark]}
    made = alice.post(f"{PULLS}/1/reviews", review)
    assert (made.status, made.body["state"]) == (200, "CHANGES_REQUESTED")
    assert client.get(f"{PULLS}/1").body["requested_reviewers"] == []
    (first,) = client.get(f"{PULLS}/1/comments").body
    assert (first["path"], first["line"], first["body"]) == ("api.py", 2, "Rename this")
    url = f"{PULLS}/1/comments/{first['id']}/replies"
    reply = client.post(url, {"body": "Done"})
    assert (reply.status, reply.body["in_reply_to_id"]) == (201, first["id"])
    push(repo, "api", {"api.py": "renamed\n"})
    outdated = client.get(f"{PULLS}/1/comments").body[0]
    assert (outdated["line"], outdated["original_line"]) == (None, 2)
    missing = alice.post(f"{PULLS}/1/reviews", {**review, "comments": [remark | {"path": "no.py"}]})
    assert missing.status == 422


def test_branches_are_protected_and_deleted(
    origin: TestRepo, client: Client, api: dict[str, Any]
) -> None:
    del api
    branches = "/repos/octo/shop/branches"
    assert client.get(f"{branches}/main/protection").status == 404
    wanted = {
        "required_status_checks": {"strict": True, "contexts": ["ci"]},
        "required_pull_request_reviews": {"required_approving_review_count": 2},
        "enforce_admins": True,
        "restrictions": None,
    }
    assert client.ask("PUT", f"{branches}/main/protection", wanted).status == 200
    shown = client.get(f"{branches}/main/protection").body
    assert shown["required_status_checks"]["contexts"] == ["ci"]
    assert shown["required_pull_request_reviews"]["required_approving_review_count"] == 2
    refs = "/repos/octo/shop/git/refs"
    assert client.ask("DELETE", f"{refs}/heads/main").status == 422
    assert client.ask("DELETE", f"{refs}/heads%2Fapi").status == 204
    assert origin.find("refs/heads/api") is None
    assert client.ask("DELETE", f"{refs}/heads/api").status == 422
    assert client.get(f"{PULLS}/1").body["state"] == "closed"


def test_who_is_not_known_is_refused(forge: Emulator) -> None:
    forge.hub.add_token("reader", "carol", writes=False)
    with Client.of(forge.url, "bad") as bad, Client.of(forge.url, None) as nobody:
        answers = [bad.get(PULLS), nobody.get(PULLS)]
    told = [(each.status, each.body["message"]) for each in answers]
    assert told == [(401, "Bad credentials"), (401, "Requires authentication")]
    with Client.of(forge.url, "reader") as reader:
        assert reader.get(PULLS).status == 200
        assert reader.post(ISSUES, {"title": "x"}).status == 403
        assert reader.get("/repos/octo/other").status == 404


def test_what_did_not_change_costs_nothing(client: Client, api: dict[str, Any]) -> None:
    del api
    first = client.get(PULLS)
    left = int(first.headers["x-ratelimit-remaining"])
    again = client.get(PULLS, {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, "")
    assert int(again.headers["x-ratelimit-remaining"]) == left
    client.ask("PATCH", f"{PULLS}/1", {"title": "new"})
    changed = client.get(PULLS, {"If-None-Match": first.headers["etag"]})
    assert changed.status == 200
    assert client.get("/rate_limit").body["resources"]["core"]["remaining"] == left - 2


def test_enterprise_paths_and_the_unix_socket_reach_the_same_forge(
    forge: Emulator, client: Client, api: dict[str, Any]
) -> None:
    del api
    shown = client.get(f"/api/v3{PULLS}/1").body
    assert shown["html_url"] == f"{forge.url}/octo/shop/pull/1"
    assert shown["url"] == f"{forge.url}/api/v3{PULLS}/1"
    with Client.by_socket(forge.socket, "api.github.com", "secret") as by_socket:
        shown = by_socket.get(f"{PULLS}/1").body
    assert shown["html_url"] == "https://github.com/octo/shop/pull/1"
    assert shown["url"] == f"https://api.github.com{PULLS}/1"
