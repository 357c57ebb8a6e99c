"""GitLab's API as the emulator serves it: shapes and refusals as its documentation has them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from tests.emulator.client import Answer, Client
from tests.emulator.core.checking import add_check, advance
from tests.emulator.core.model import Protection
from tests.emulator.forge import Emulator
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

PROJECT = "/api/v4/projects/octo%2Fshop"
REQUESTS = f"{PROJECT}/merge_requests"


def opened(client: Client, branch: str, title: str = "", **more: Any) -> dict[str, Any]:
    wanted = {"title": title or branch, "source_branch": branch, "target_branch": "main"}
    answer = client.post(REQUESTS, {**wanted, **more})
    assert answer.status == 201, answer.body
    return answer.body


def put(client: Client, path: str, **body: Any) -> Answer:
    return client.ask("PUT", f"{REQUESTS}/1{path}", body)


def status(client: Client) -> str:
    return client.get(f"{REQUESTS}/1").body["detailed_merge_status"]


@pytest.fixture
def gitlab(forge: Emulator) -> Generator[Client]:
    """Return a client that identifies itself as GitLab's do."""
    with Client.of(forge.url, None) as made:
        made.more["PRIVATE-TOKEN"] = "secret"
        yield made


@pytest.fixture
def api(repo: TestRepo, gitlab: Client) -> dict[str, Any]:
    """Return an open merge request of the branch ``api``."""
    push(repo, "api", {"api.py": "one\ntwo\n"})
    return opened(gitlab, "api", description="Why", labels="agent,bug")


def test_a_merge_request_is_opened_listed_and_shown(
    gitlab: Client, forge: Emulator, origin: TestRepo, repo: TestRepo, api: dict[str, Any]
) -> None:
    expected = {
        "iid": 1,
        "title": "api",
        "description": "Why",
        "state": "opened",
        "draft": False,
        "source_branch": "api",
        "target_branch": "main",
        "sha": repo.head(),
        "labels": ["agent", "bug"],
        "detailed_merge_status": "mergeable",
        "merge_status": "can_be_merged",
        "has_conflicts": False,
        "changes_count": "1",
        "merge_commit_sha": None,
        "head_pipeline": None,
        "web_url": f"{forge.url}/octo/shop/-/merge_requests/1",
    }
    assert {name: api[name] for name in expected} == expected
    assert api["diff_refs"]["head_sha"] == repo.head()
    assert origin.head("refs/merge-requests/1/head") == repo.head()
    query = "?source_branch=api&target_branch=main&state=opened"
    assert [each["iid"] for each in gitlab.get(REQUESTS + query).body] == [1]
    by_id = f"/api/v4/projects/{api['project_id']}/merge_requests/1"
    assert gitlab.get(by_id).body["id"] == api["id"]
    assert gitlab.get("/api/v4/projects/octo%2Fother").body == {"message": "404 Project Not Found"}
    assert gitlab.get(f"{REQUESTS}/2").status == 404


@pytest.mark.usefixtures("api")
def test_creating_is_refused_for_one_that_is_open(gitlab: Client) -> None:
    again = {"title": "x", "source_branch": "api", "target_branch": "main"}
    duplicate = gitlab.post(REQUESTS, again)
    message = "Another open merge request already exists for this source branch: !1"
    assert (duplicate.status, duplicate.body) == (409, {"message": [message]})
    same = gitlab.post(REQUESTS, again | {"source_branch": "main"})
    assert same.status == 422
    assert gitlab.post(REQUESTS, again | {"title": ""}).status == 400


def test_lists_come_in_pages(gitlab: Client, repo: TestRepo) -> None:
    for name in ("a", "b", "c"):
        push(repo, name, {name: name})
        opened(gitlab, name)
    first = gitlab.get(f"{REQUESTS}?per_page=2")
    assert [each["iid"] for each in first.body] == [3, 2]
    told = {name: first.headers[f"x-{name}"] for name in ("total", "next-page", "total-pages")}
    assert told == {"total": "3", "next-page": "2", "total-pages": "2"}
    second = gitlab.get(first.link("next") or "")
    assert [each["iid"] for each in second.body] == [1]
    assert second.headers["x-next-page"] == ""


@pytest.mark.usefixtures("api")
def test_a_draft_is_one_by_its_title(gitlab: Client) -> None:
    draft = put(gitlab, "", title="Draft: api").body
    assert (draft["draft"], draft["detailed_merge_status"]) == (True, "draft_status")
    refused = put(gitlab, "/merge")
    assert (refused.status, refused.body) == (405, {"message": "405 Method Not Allowed"})
    assert put(gitlab, "", title="api").body["draft"] is False


def test_merging_expects_a_head(
    gitlab: Client, origin: TestRepo, api: dict[str, Any], repo: TestRepo
) -> None:
    stale = put(gitlab, "/merge", sha="0" * 40)
    assert stale.status == 409
    assert stale.body["message"].startswith("SHA does not match HEAD of source branch")
    done = put(gitlab, "/merge", sha=api["sha"])
    assert (done.status, done.body["state"]) == (200, "merged")
    assert done.body["merge_commit_sha"] == origin.head("main")
    assert done.body["merge_user"]["username"] == "octo"
    assert put(gitlab, "/merge").status == 405
    push(repo, "use", {"use": "1"})
    opened(gitlab, "use")
    squashed = gitlab.ask("PUT", f"{REQUESTS}/2/merge", {"squash": True}).body
    assert squashed["squash_commit_sha"] == origin.head("main")


@pytest.mark.usefixtures("api")
def test_a_conflict_is_told_apart(gitlab: Client, repo: TestRepo) -> None:
    push(repo, "main", {"api.py": "mine\n"})
    shown = gitlab.get(f"{REQUESTS}/1").body
    assert (shown["has_conflicts"], shown["detailed_merge_status"]) == (True, "conflict")
    refused = put(gitlab, "/merge")
    assert (refused.status, refused.body["message"]) == (422, "Branch cannot be merged")


def test_what_a_project_asks_for_is_told_by_the_status(
    gitlab: Client, alice: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    shop = forge.hub.repository("octo/shop")
    shop.protections["main"] = Protection(checks=("test",), approvals=1, conversations=True)
    with forge.hub.lock:
        check = add_check(forge.hub.actor("octo/shop", "ci"), api["sha"], "test", log="why\n")
    assert status(gitlab) == "ci_still_running"
    with forge.hub.lock:
        advance(forge.hub.actor("octo/shop", "ci"), check, "completed", "failure")
    assert status(gitlab) == "ci_must_pass"
    jobs = gitlab.get(f"{PROJECT}/pipelines/{check.id}/jobs").body
    assert [(each["name"], each["status"]) for each in jobs] == [("test", "failed")]
    assert gitlab.get(f"{PROJECT}/jobs/{check.id}/trace").body == "why\n"
    pipeline = gitlab.get(f"{REQUESTS}/1").body["head_pipeline"]
    assert (pipeline["status"], pipeline["sha"]) == ("failed", api["sha"])
    with forge.hub.lock:
        advance(forge.hub.actor("octo/shop", "ci"), check, "completed", "success")
    assert status(gitlab) == "not_approved"
    assert put(gitlab, "/merge").status == 405
    assert gitlab.post(f"{REQUESTS}/1/approve", {}).status == 401
    assert alice.post(f"{REQUESTS}/1/approve", {"sha": "0" * 40}).status == 409
    approved = alice.post(f"{REQUESTS}/1/approve", {"sha": api["sha"]})
    assert (approved.status, approved.body["approvals_left"]) == (201, 0)
    assert status(gitlab) == "mergeable"
    assert alice.post(f"{REQUESTS}/1/unapprove", {}).body["approvals_left"] == 1


def test_auto_merge_waits_for_the_pipeline(
    gitlab: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    forge.hub.repository("octo/shop").protections["main"] = Protection(checks=("test",))
    assert put(gitlab, "/merge", auto_merge=True).status == 405, "there is no pipeline yet"
    given = {"state": "running", "name": "test"}
    assert gitlab.post(f"{PROJECT}/statuses/{api['sha']}", given).status == 201
    waiting = put(gitlab, "/merge", auto_merge=True, sha=api["sha"])
    assert (waiting.status, waiting.body["state"]) == (200, "opened")
    assert waiting.body["merge_when_pipeline_succeeds"] is True
    cancel = f"{REQUESTS}/1/cancel_merge_when_pipeline_succeeds"
    assert gitlab.post(cancel, {}).body["merge_when_pipeline_succeeds"] is False
    assert gitlab.post(cancel, {}).status == 405
    put(gitlab, "/merge", auto_merge=True)
    gitlab.post(f"{PROJECT}/statuses/{api['sha']}", {"state": "success", "name": "test"})
    assert gitlab.get(f"{REQUESTS}/1").body["state"] == "merged"
    statuses = gitlab.get(f"{PROJECT}/repository/commits/{api['sha']}/statuses").body
    assert [(each["name"], each["status"]) for each in statuses] == [("test", "success")]


def test_discussions_have_positions_replies_and_resolutions(
    gitlab: Client, alice: Client, api: dict[str, Any]
) -> None:
    position = {
        **api["diff_refs"],
        "position_type": "text",
        "new_path": "api.py",
        "old_path": "api.py",
        "new_line": 2,
    }
    url = f"{REQUESTS}/1/discussions"
    made = alice.post(url, {"body": "Rename", "position": position})
    assert made.status == 201
    (note,) = made.body["notes"]
    assert (note["type"], note["resolvable"], note["resolved"]) == ("DiffNote", True, False)
    assert (note["position"]["new_path"], note["position"]["new_line"]) == ("api.py", 2)
    thread = f"{url}/{made.body['id']}"
    assert gitlab.post(f"{thread}/notes", {"body": "Done"}).status == 201
    settled = gitlab.ask("PUT", f"{thread}?resolved=true").body
    assert [each["body"] for each in settled["notes"]] == ["Rename", "Done"]
    assert settled["notes"][0]["resolved_by"]["username"] == "octo"
    alice.post(url, {"body": "In general?"})
    gitlab.post(f"{REQUESTS}/1/notes", {"body": "A note"})
    listed = gitlab.get(url).body
    assert [each["individual_note"] for each in listed] == [False, False, True]
    assert alice.post(url, {"body": "x", "position": {"new_line": 1}}).status == 400


@pytest.mark.usefixtures("api")
def test_notes_are_added_and_edited_on_requests_and_issues(gitlab: Client) -> None:
    made = gitlab.post(f"{REQUESTS}/1/notes", {"body": "<!-- key --> one"}).body
    url = f"{REQUESTS}/1/notes/{made['id']}"
    assert gitlab.ask("PUT", url, {"body": "two"}).body["body"] == "two"
    assert [each["body"] for each in gitlab.get(f"{REQUESTS}/1/notes").body] == ["two"]
    assert gitlab.ask("DELETE", url).status == 204
    issue = gitlab.post(f"{PROJECT}/issues", {"title": "Broken", "description": "It is"}).body
    notes = f"{PROJECT}/issues/{issue['iid']}/notes"
    gitlab.post(notes, {"body": "Seen"})
    assert gitlab.get(notes).body[0]["noteable_type"] == "Issue"
    assert gitlab.get(f"{PROJECT}/issues/{issue['iid']}").body["description"] == "It is"
    assert gitlab.get(f"{REQUESTS}/{issue['iid']}/notes").status == 404


@pytest.mark.usefixtures("api")
def test_labels_reviewers_and_state_are_edited(gitlab: Client, alice: Client) -> None:
    labels = put(gitlab, "", add_labels="new", remove_labels="bug,other").body["labels"]
    assert labels == ["agent", "new"]
    (who,) = gitlab.get("/api/v4/users?username=alice").body
    assert put(gitlab, "", reviewer_ids=[who["id"]]).body["reviewers"][0]["username"] == "alice"
    states = gitlab.get(f"{REQUESTS}/1/reviewers").body
    assert [(each["user"]["username"], each["state"]) for each in states] == [
        ("alice", "unreviewed")
    ]
    alice.post(f"{REQUESTS}/1/approve", {})
    assert gitlab.get(f"{REQUESTS}/1/reviewers").body[0]["state"] == "approved"
    assert put(gitlab, "", state_event="close").body["state"] == "closed"
    assert put(gitlab, "", state_event="reopen").body["state"] == "opened"


@pytest.mark.usefixtures("api")
def test_branches_and_people(gitlab: Client, origin: TestRepo, forge: Emulator) -> None:
    branches = f"{PROJECT}/repository/branches"
    assert gitlab.get(f"{branches}/main").body["default"] is True
    assert gitlab.ask("DELETE", f"{branches}/main").status == 403
    assert gitlab.ask("DELETE", f"{branches}/api").status == 204
    assert origin.find("refs/heads/api") is None
    missing = gitlab.ask("DELETE", f"{branches}/api")
    assert (missing.status, missing.body) == (404, {"message": "404 Branch Not Found"})
    assert gitlab.get(f"{REQUESTS}/1").body["state"] == "closed"
    assert gitlab.get("/api/v4/user").body["username"] == "octo"
    with Client.of(forge.url, None) as nobody:
        refused = nobody.get(REQUESTS)
    assert (refused.status, refused.body) == (401, {"message": "401 Unauthorized"})


@pytest.mark.usefixtures("api")
def test_issues_labels_and_pipelines_are_listed(
    gitlab: Client, forge: Emulator, repo: TestRepo
) -> None:
    with forge.hub.lock:
        job = add_check(forge.hub.actor("octo/shop", "ci"), repo.head(), "test", "success")
    (pipeline,) = gitlab.get(f"{PROJECT}/pipelines?sha={repo.head()}").body
    assert (pipeline["status"], pipeline["id"]) == ("success", job.id)
    assert gitlab.get(f"{REQUESTS}/1/pipelines").body == [pipeline]
    assert gitlab.get(f"{PROJECT}/pipelines?sha={'0' * 40}").body == []
    assert gitlab.get(f"{PROJECT}/jobs/{job.id}").body["pipeline"] == pipeline
    unknown = {"state": "fine", "name": "x"}
    assert gitlab.post(f"{PROJECT}/statuses/{repo.head()}", unknown).status == 400
    wanted = {"title": "Broken", "labels": "bug"}
    issue = gitlab.post(f"{PROJECT}/issues", wanted).body
    url = f"{PROJECT}/issues/{issue['iid']}"
    closed = gitlab.ask("PUT", url, {"state_event": "close", "title": "Mended"}).body
    assert (closed["state"], closed["title"], closed["labels"]) == ("closed", "Mended", ["bug"])
    assert gitlab.get(f"{PROJECT}/issues?state=opened").body == []
    assert gitlab.get(f"{PROJECT}/issues/1").status == 404, "it is a merge request"
    made = gitlab.post(f"{PROJECT}/labels", {"name": "new", "color": "#00aabb"}).body
    assert made["color"] == "#00aabb"
    assert gitlab.post(f"{PROJECT}/labels", {"name": "new", "color": "#fff"}).status == 409
    names = [each["name"] for each in gitlab.get(f"{PROJECT}/labels").body]
    assert names == ["agent", "bug", "new"]
    listed = gitlab.get(f"{PROJECT}/repository/branches").body
    assert [each["name"] for each in listed] == ["api", "main"]
    assert gitlab.get(PROJECT).body["path_with_namespace"] == "octo/shop"
    assert gitlab.get("/api/v4/version").body["version"] == "18.0.0"
