"""What tests can have go wrong, and what of it the forge has done all the same."""

from __future__ import annotations

import http.client
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.emulator.client import Client
from tests.emulator.forge import Emulator
from tests.emulator.pushing import push
from tests.emulator.wire.faults import (
    Cut,
    Silence,
    Slow,
    Stale,
    Status,
    primary_limit,
    secondary_limit,
)
from tests.gitrepo import TestRepo

PULLS = "/repos/octo/shop/pulls"
COMMENTS = "/repos/octo/shop/issues/1/comments"


@pytest.fixture
def api(repo: TestRepo, client: Client) -> dict[str, Any]:
    """Return an open change request of the branch ``api``."""
    push(repo, "api", {"api.py": "one\n"})
    return client.post(PULLS, {"title": "api", "head": "api", "base": "main"}).body


def bodies(client: Client) -> list[str]:
    return [each["body"] for each in client.get(COMMENTS).body]


@pytest.mark.usefixtures("api")
def test_the_next_fitting_requests_fail_and_others_do_not(client: Client, forge: Emulator) -> None:
    forge.plant(Status(502), times=2, method="POST", path="/comments$")
    assert client.get(COMMENTS).status == 200
    statuses = [client.post(COMMENTS, {"body": "x"}).status for _ in range(3)]
    assert statuses == [502, 502, 201]
    assert bodies(client) == ["x"]
    assert forge.count("POST", "/comments$") == 3
    assert forge.counts()[f"GET {COMMENTS}"] == 2


@pytest.mark.usefixtures("api")
def test_an_act_can_be_done_and_not_be_told(client: Client, forge: Emulator) -> None:
    forge.plant(Cut(after=True), method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        client.post(COMMENTS, {"body": "done"})
    forge.plant(Cut(), method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        client.post(COMMENTS, {"body": "not done"})
    forge.plant(Status(503, after=True), method="POST")
    assert client.post(COMMENTS, {"body": "done, too"}).status == 503
    assert bodies(client) == ["done", "done, too"]


@pytest.mark.usefixtures("api")
def test_silence_lasts_until_the_client_gives_up(client: Client, forge: Emulator) -> None:
    forge.plant(Silence(after=True), method="POST")
    client.connection.timeout = 0.3
    client.connection.close()
    with pytest.raises(TimeoutError):
        client.post(COMMENTS, {"body": "done"})
    client.connection.close()
    client.connection.timeout = 30
    assert bodies(client) == ["done"]


@pytest.mark.usefixtures("api")
def test_an_answer_can_be_slow(client: Client, forge: Emulator) -> None:
    forge.plant(Slow(0.2))
    began = time.monotonic()
    assert client.get(PULLS).status == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.usefixtures("api")
def test_limits_tell_when_to_come_back(client: Client, forge: Emulator) -> None:
    forge.plant(primary_limit(1_900_000_000))
    forge.plant(secondary_limit(7, status=429))
    first, second = client.get(PULLS), client.get(PULLS)
    assert (first.status, first.headers["x-ratelimit-remaining"]) == (403, "0")
    assert first.headers["x-ratelimit-reset"] == "1900000000"
    assert (second.status, second.headers["retry-after"]) == (429, "7")
    assert "secondary rate limit" in second.body["message"]


@pytest.mark.usefixtures("api")
def test_a_limit_that_is_used_up_opens_again_by_the_clock(client: Client, forge: Emulator) -> None:
    forge.limits.limit = 1 + forge.limits.used["core"]
    assert client.get(PULLS).status == 200
    refused = client.get(PULLS)
    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    forge.limits.used["graphql"] = forge.limits.limit
    told = client.post("/graphql", {"query": "{viewer {login}}"})
    assert (told.status, told.body["errors"][0]["type"]) == (200, "RATE_LIMITED")
    later = datetime.now(UTC) + timedelta(hours=1, seconds=1)
    forge.limits.clock = lambda: later
    assert client.get(PULLS).status == 200


def test_a_read_can_be_stale(
    repo: TestRepo, client: Client, forge: Emulator, api: dict[str, Any]
) -> None:
    forge.plant(Stale(), times=2, method="GET")
    query = "query($id: ID!) {node(id: $id) {... on PullRequest {headRefOid}}}"
    asked = {"query": query, "variables": {"id": api["node_id"]}}
    forge.plant(Stale(), path="graphql", body="headRefOid")
    sha = push(repo, "api", {"api.py": "two\n"})
    client.post(COMMENTS, {"body": "new"})
    old = api["head"]["sha"]
    assert client.get(f"{PULLS}/1").body["head"]["sha"] == old
    assert client.get(COMMENTS).body == []
    assert client.post("/graphql", asked).body["data"]["node"]["headRefOid"] == old
    assert client.get(f"{PULLS}/1").body["head"]["sha"] == sha
    assert bodies(client) == ["new"]


@pytest.mark.usefixtures("api")
def test_github_may_still_have_to_decide_whether_it_merges(client: Client, forge: Emulator) -> None:
    (request,) = forge.hub.repository("octo/shop").requests
    request.undecided = 1
    shown = [client.get(f"{PULLS}/1").body for _ in range(2)]
    assert [each["mergeable"] for each in shown] == [None, True]
    assert [each["mergeable_state"] for each in shown] == ["unknown", "clean"]


@pytest.mark.usefixtures("api")
def test_pushes_between_two_requests_can_be_noticed_one_by_one(
    repo: TestRepo, client: Client, forge: Emulator
) -> None:
    for text in ("two\n", "three\n"):
        push(repo, "api", {"api.py": text})
        forge.notice_pushes()
    assert client.get(f"{PULLS}/1").body["head"]["sha"] == repo.head("api")
    kinds = [event.kind for event in forge.hub.repository("octo/shop").events]
    assert kinds == ["opened", "synchronize", "synchronize"]
