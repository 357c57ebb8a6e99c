"""GitHub's GraphQL endpoint as the emulator serves it: what REST has no answer for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.client import Client
from tests.emulator.core.checking import add_check
from tests.emulator.core.model import Method, Protection
from tests.emulator.core.queueing import advance_queue
from tests.emulator.forge import Emulator
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

PULLS = "/repos/octo/shop/pulls"


def ask(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    """Return the data of a query that has no error."""
    answer = client.post("/graphql", {"query": query, "variables": variables})
    assert answer.status == 200, answer.body
    assert "errors" not in answer.body, answer.body
    return answer.body["data"]


def refusal(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    """Return the only error of a query."""
    answer = client.post("/graphql", {"query": query, "variables": variables})
    assert answer.status == 200
    (error,) = answer.body["errors"]
    return error


def mutation(name: str, shown: str, **more: str) -> str:
    given = "".join(f", {key}: {value}" for key, value in more.items())
    return f"mutation($id: ID!) {{{name}(input: {{pullRequestId: $id{given}}}) {{{shown}}}}}"


@pytest.fixture
def api(repo: TestRepo, client: Client) -> dict[str, Any]:
    """Return an open change request of the branch ``api``."""
    push(repo, "api", {"api.py": "one\ntwo\n"})
    return client.post(PULLS, {"title": "api", "head": "api", "base": "main"}).body


def protect(forge: Emulator, **asked: Any) -> None:
    forge.hub.repository("octo/shop").protections["main"] = Protection(**asked)


def passed(forge: Emulator, sha: str, name: str) -> None:
    with forge.hub.lock:
        add_check(forge.hub.actor("octo/shop", "ci"), sha, name, "success")


def test_many_requests_are_asked_for_at_once(
    repo: TestRepo, client: Client, forge: Emulator
) -> None:
    made: list[dict[str, Any]] = []
    for name in ("a", "b", "c"):
        push(repo, name, {name: name})
        made.append(client.post(PULLS, {"title": name, "head": name, "base": "main"}).body)
    passed(forge, made[1]["head"]["sha"], "test")
    fields = "number mergeStateStatus reviewDecision statusCheckRollup {state}"
    aliases = " ".join(f"p{n}: pullRequest(number: {n}) {{{fields}}}" for n in (1, 2, 3))
    before = len(forge.requests)
    data = ask(client, f'{{repository(owner: "octo", name: "shop") {{{aliases}}}}}')
    assert len(forge.requests) == before + 1
    assert data["repository"]["p2"] == {
        "number": 2,
        "mergeStateStatus": "CLEAN",
        "reviewDecision": None,
        "statusCheckRollup": {"state": "SUCCESS"},
    }
    assert data["repository"]["p3"]["statusCheckRollup"] is None
    ids = [each["node_id"] for each in made]
    query = "query($ids: [ID!]!) {nodes(ids: $ids) {... on PullRequest {number headRefOid}}}"
    nodes = ask(client, query, ids=ids)["nodes"]
    assert [each["headRefOid"] for each in nodes] == [each["head"]["sha"] for each in made]


def test_one_unknown_id_hides_no_other(client: Client, api: dict[str, Any]) -> None:
    query = "query($ids: [ID!]!) {nodes(ids: $ids) {id}}"
    asked = {"query": query, "variables": {"ids": [api["node_id"], "PR_bm8="]}}
    body = client.post("/graphql", asked).body
    assert body["data"]["nodes"] == [{"id": api["node_id"]}, None]
    assert body["errors"][0]["type"] == "NOT_FOUND"


def test_draft_and_ready(client: Client, api: dict[str, Any]) -> None:
    draft = mutation("convertPullRequestToDraft", "pullRequest {isDraft mergeStateStatus}")
    shown = ask(client, draft, id=api["node_id"])["convertPullRequestToDraft"]["pullRequest"]
    assert shown == {"isDraft": True, "mergeStateStatus": "DRAFT"}
    ready = mutation("markPullRequestReadyForReview", "pullRequest {isDraft}")
    shown = ask(client, ready, id=api["node_id"])["markPullRequestReadyForReview"]
    assert shown == {"pullRequest": {"isDraft": False}}


def test_auto_merge_is_refused_when_clean_and_merges_when_it_is(
    client: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    enable = mutation("enablePullRequestAutoMerge", "clientMutationId", mergeMethod="SQUASH")
    error = refusal(client, enable, id=api["node_id"])
    assert (error["type"], error["message"], error["path"]) == (
        "UNPROCESSABLE",
        "Pull request is in clean status",
        ["enablePullRequestAutoMerge"],
    )
    protect(forge, checks=("test",))
    ask(client, enable, id=api["node_id"])
    assert client.get(f"{PULLS}/1").body["auto_merge"]["merge_method"] == "squash"
    disable = mutation("disablePullRequestAutoMerge", "pullRequest {autoMergeRequest {enabledAt}}")
    ask(client, disable, id=api["node_id"])
    assert client.get(f"{PULLS}/1").body["auto_merge"] is None
    ask(client, enable, id=api["node_id"])
    passed(forge, api["head"]["sha"], "test")
    assert client.get(f"{PULLS}/1").body["merged"] is True


def test_a_queue_merges_in_its_order_and_by_its_method(
    repo: TestRepo, origin: TestRepo, client: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    push(repo, "use", {"use.py": "use\n"})
    use = client.post(PULLS, {"title": "use", "head": "use", "base": "main"}).body
    protect(forge, queue=Method.SQUASH)
    direct = client.ask("PUT", f"{PULLS}/1/merge", {})
    assert (direct.status, "merge queue" in direct.body["message"]) == (405, True)
    rebase = mutation("enablePullRequestAutoMerge", "clientMutationId", mergeMethod="REBASE")
    message = "The merge strategy for main is set by the merge queue"
    assert refusal(client, rebase, id=api["node_id"])["message"] == message
    shown = "mergeQueueEntry {id position state pullRequest {number isInMergeQueue state}}"
    enqueue = mutation("enqueuePullRequest", shown)
    entry = ask(client, enqueue, id=api["node_id"])["enqueuePullRequest"]["mergeQueueEntry"]
    assert (entry["position"], entry["pullRequest"]["isInMergeQueue"]) == (1, True)
    assert entry["pullRequest"]["state"] == "OPEN"
    ask(client, enqueue, id=use["node_id"])
    dequeue = "mutation($id: ID!) {dequeuePullRequest(input: {id: $id}) {clientMutationId}}"
    ask(client, dequeue, id=entry["id"])
    assert refusal(client, dequeue, id=api["node_id"])["type"] == "UNPROCESSABLE"
    with forge.hub.lock:
        done = advance_queue(forge.hub.actor("octo/shop", "octo"), "main")
    assert done is not None
    assert done.number == 2
    assert origin.git("log", "-1", "--format=%s", "main") == "use (#2)"


def test_a_push_takes_a_request_out_of_the_queue(
    repo: TestRepo, client: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    protect(forge, queue=Method.MERGE)
    ask(client, mutation("enqueuePullRequest", "clientMutationId"), id=api["node_id"])
    push(repo, "api", {"api.py": "other\n"})
    query = "query($id: ID!) {node(id: $id) {... on PullRequest {isInMergeQueue}}}"
    assert ask(client, query, id=api["node_id"])["node"] == {"isInMergeQueue": False}


def test_threads_are_replied_to_and_resolved(
    client: Client, alice: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    protect(forge, conversations=True)
    review = mutation(
        "addPullRequestReview",
        "pullRequestReview {state}",
        event="REQUEST_CHANGES",
        threads='[{path: "api.py", line: 2, body: "Rename"}]',
    )
    made = ask(alice, review, id=api["node_id"])["addPullRequestReview"]
    assert made == {"pullRequestReview": {"state": "CHANGES_REQUESTED"}}
    query = """query($id: ID!) {node(id: $id) {... on PullRequest {
        reviewDecision mergeStateStatus
        reviewThreads(first: 10) {nodes {id isResolved path line comments(first: 10) {
            nodes {databaseId body author {login}}}}}}}}"""
    shown = ask(client, query, id=api["node_id"])["node"]
    assert (shown["reviewDecision"], shown["mergeStateStatus"]) == (
        "CHANGES_REQUESTED",
        "BLOCKED",
    )
    (thread,) = shown["reviewThreads"]["nodes"]
    assert (thread["path"], thread["line"], thread["isResolved"]) == ("api.py", 2, False)
    reply = """mutation($id: ID!) {addPullRequestReviewThreadReply(
        input: {pullRequestReviewThreadId: $id, body: "Done"}) {comment {body}}}"""
    ask(client, reply, id=thread["id"])
    resolve = """mutation($id: ID!) {resolveReviewThread(input: {threadId: $id})
        {thread {isResolved resolvedBy {login}}}}"""
    done = ask(client, resolve, id=thread["id"])["resolveReviewThread"]["thread"]
    assert done == {"isResolved": True, "resolvedBy": {"login": "octo"}}
    comments = client.get(f"{PULLS}/1/comments").body
    assert [each["body"] for each in comments] == ["Rename", "Done"]


def test_lists_have_cursors(client: Client, api: dict[str, Any]) -> None:
    for text in ("one", "two", "three"):
        client.post("/repos/octo/shop/issues/1/comments", {"body": text})
    query = """query($id: ID!, $after: String) {node(id: $id) {... on PullRequest {
        comments(first: 2, after: $after) {
            totalCount nodes {body} pageInfo {hasNextPage endCursor}}}}}"""
    first = ask(client, query, id=api["node_id"])["node"]["comments"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    after = first["pageInfo"]["endCursor"]
    second = ask(client, query, id=api["node_id"], after=after)["node"]["comments"]
    assert [each["body"] for each in second["nodes"]] == ["three"]
    assert second["pageInfo"]["hasNextPage"] is False


def test_errors_are_told_as_github_tells_them(client: Client, forge: Emulator) -> None:
    missing = refusal(client, '{repository(owner: "octo", name: "other") {id}}')
    assert (missing["type"], missing["path"]) == ("NOT_FOUND", ["repository"])
    unknown = refusal(client, "{viewer {nonsense}}")
    assert "nonsense" in unknown["message"]
    with Client.of(forge.url, "bad") as bad:
        answer = bad.post("/api/graphql", {"query": "{viewer {login}}"})
    assert (answer.status, answer.body["message"]) == (401, "Bad credentials")
    forge.hub.add_token("reader", "carol", writes=False)
    with Client.of(forge.url, "reader") as reader:
        comment = 'mutation {addComment(input: {subjectId: "x", body: "y"}) {clientMutationId}}'
        assert refusal(reader, comment)["type"] == "FORBIDDEN"


def test_queries_use_a_limit_of_their_own(client: Client) -> None:
    answer = client.post("/graphql", {"query": "{rateLimit {remaining} viewer {login}}"})
    assert answer.headers["x-ratelimit-resource"] == "graphql"
    assert answer.body["data"] == {
        "rateLimit": {"remaining": int(answer.headers["x-ratelimit-remaining"])},
        "viewer": {"login": "octo"},
    }


def test_a_request_is_opened_and_edited_by_mutations(
    repo: TestRepo, client: Client, api: dict[str, Any]
) -> None:
    push(repo, "use", {"use.py": "use\n"})
    repository = client.get("/repos/octo/shop").body["node_id"]
    create = """mutation($input: CreatePullRequestInput!) {createPullRequest(input: $input) {
        clientMutationId pullRequest {id number isDraft}}}"""
    wanted = {"repositoryId": repository, "baseRefName": "main", "title": "use", "draft": True}
    given = {**wanted, "headRefName": "use", "clientMutationId": "mine"}
    made = ask(client, create, input=given)["createPullRequest"]
    assert (made["clientMutationId"], made["pullRequest"]["number"]) == ("mine", 2)
    missing = refusal(client, create, input={**wanted, "headRefName": "nowhere"})
    assert missing["message"] == "Head sha can't be blank"
    update = """mutation($id: ID!, $label: ID!) {updatePullRequest(input:
        {pullRequestId: $id, title: "new", labelIds: [$label], state: CLOSED})
        {pullRequest {title state labels(first: 5) {nodes {name}}}}}"""
    label = client.post("/repos/octo/shop/labels", {"name": "agent"}).body["node_id"]
    shown = ask(client, update, id=api["node_id"], label=label)["updatePullRequest"]
    assert shown["pullRequest"] == {
        "title": "new",
        "state": "CLOSED",
        "labels": {"nodes": [{"name": "agent"}]},
    }
    push(repo, "main", {"other": "1"})
    up = mutation("updatePullRequestBranch", "pullRequest {headRefOid}")
    ask(client, up, id=made["pullRequest"]["id"])
    query = """{repository(owner: "octo", name: "shop") {
        ref(qualifiedName: "refs/heads/main") {compare(headRef: "use") {aheadBy behindBy status}}
        none: ref(qualifiedName: "nowhere") {name}
        label(name: "Agent") {name}}}"""
    found = ask(client, query)["repository"]
    assert found["ref"]["compare"] == {"aheadBy": 2, "behindBy": 0, "status": "AHEAD"}
    assert (found["none"], found["label"]) == (None, {"name": "agent"})


def test_all_kinds_of_things_are_found_by_their_ids(
    client: Client, alice: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    issue = client.post("/repos/octo/shop/issues", {"title": "Broken"}).body["node_id"]
    comment = client.post("/repos/octo/shop/issues/1/comments", {"body": "hm"}).body["node_id"]
    remark = {"path": "api.py", "line": 1, "body": "Why?"}
    said = {"event": "COMMENT", "comments": [remark]}
    review = alice.post(f"{PULLS}/1/reviews", said).body["node_id"]
    protect(forge, queue=Method.MERGE)
    enqueue = mutation("enqueuePullRequest", "mergeQueueEntry {id}")
    entry = ask(client, enqueue, id=api["node_id"])["enqueuePullRequest"]["mergeQueueEntry"]["id"]
    query = """query($id: ID!) {node(id: $id) {... on PullRequest {
        author {... on User {id}} repository {id mergeQueue {entries(first: 9) {totalCount}}}
        reviewThreads(first: 1) {nodes {id}}}}}"""
    found = ask(client, query, id=api["node_id"])["node"]
    assert found["repository"]["mergeQueue"]["entries"]["totalCount"] == 1
    thread = found["reviewThreads"]["nodes"][0]["id"]
    ids = [issue, comment, review, entry, found["author"]["id"], found["repository"]["id"], thread]
    kinds = ask(client, "query($ids: [ID!]!) {nodes(ids: $ids) {__typename id}}", ids=ids)["nodes"]
    assert [each["id"] for each in kinds] == ids
    assert [each["__typename"] for each in kinds] == [
        "Issue",
        "IssueComment",
        "PullRequestReview",
        "MergeQueueEntry",
        "User",
        "Repository",
        "PullRequestReviewThread",
    ]
    delete = "mutation($id: ID!) {deleteIssueComment(input: {id: $id}) {clientMutationId}}"
    ask(client, delete, id=comment)
    assert refusal(client, delete, id=comment)["type"] == "NOT_FOUND"
