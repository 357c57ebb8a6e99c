"""The client of forges: what it repeats, what it waits for, and what it never says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from tests.emulator.wire.http import Request, Response
from tests.emulator.wire.server import Drop, serving

from agentrelay.errors import (
    ForgeConflictError,
    ForgeDeniedError,
    ForgeError,
    ForgeGoneError,
    ForgeLimitError,
    ForgeUnavailableError,
)
from agentrelay.forge.implementations.http_client import RESERVE, HttpClient, Waiting
from agentrelay.forge.implementations.tokens import Token

SECRET = "a-very-secret-token"
NOW = 1_000_000.0


@dataclass
class Script:
    """A server that gives prepared answers, the last one for ever; it keeps what was asked."""

    answers: list[Response | Drop]
    asked: list[Request] = field(default_factory=list[Request])
    slept: list[float] = field(default_factory=list[float])
    time: float = NOW

    def answer(self, request: Request) -> Response | Drop:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


Serve = Callable[..., tuple[HttpClient, Script]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def made(*answers: Response | Drop, between_writes: float = 0) -> tuple[HttpClient, Script]:
            script = Script(list(answers))
            ending = threading.Event()
            addresses = stack.enter_context(serving(script.answer, ending))
            waiting = Waiting(script.sleep, lambda: script.time, between_writes)
            client = HttpClient(
                "https://forge.test/api/v3",
                lambda: Token(SECRET, "a test"),
                {"Accept": "application/json"},
                socket=str(addresses.socket),
                waiting=waiting,
            )
            return stack.enter_context(client), script

        yield made


def refusal(status: int, message: str = "", **headers: str) -> Response:
    return Response(
        status, {"message": message}, {k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_a_read_is_repeated_while_the_forge_fails(serve: Serve) -> None:
    client, script = serve(refusal(502), Drop(), Response(200, {"a": 1}))
    assert client.read("/x").json == {"a": 1}
    assert [request.path for request in script.asked] == ["/api/v3/x"] * 3
    assert script.slept == [0.5, 1.0]
    assert script.asked[0].headers["authorization"] == f"Bearer {SECRET}"


def test_what_may_have_been_done_is_not_done_again(serve: Serve) -> None:
    client, script = serve(Drop())
    for method in ("POST", "PUT"):
        with pytest.raises(ForgeUnavailableError) as caught:
            client.write(method, "/x", {})
        assert caught.value.transient
    assert len(script.asked) == 2


def test_a_write_that_is_the_same_twice_is_repeated(serve: Serve) -> None:
    client, script = serve(Drop(), Response(200, {}))
    client.write("PATCH", "/x", {"title": "t"})
    assert [request.json() for request in script.asked] == [{"title": "t"}] * 2


def test_what_has_not_changed_is_not_sent_again(serve: Serve) -> None:
    first = Response(200, [1], {"ETag": '"e"'})
    client, script = serve(first, Response(304), Response(200, [2], {"ETag": '"f"'}))
    assert [client.read("/x").json for _ in range(3)] == [[1], [1], [2]]
    assert script.asked[1].headers["if-none-match"] == '"e"'
    assert "if-none-match" not in script.asked[0].headers


def test_a_short_limit_is_waited_for_and_a_long_one_told(serve: Serve) -> None:
    client, script = serve(refusal(429, retry_after="7"), Response(200, {}))
    client.write("POST", "/x", {})
    assert (script.slept, len(script.asked)) == ([7.0], 2)
    reset = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "60"}
    client, script = serve(refusal(403, "API rate limit", x_ratelimit_reset="1000900", **reset))
    with pytest.raises(ForgeLimitError, match="1970-01-12T14:01:40") as caught:
        client.read("/x")
    assert (caught.value.until, script.slept) == (1_000_900.0, [])


def test_a_secondary_limit_is_told_by_its_words_alone(serve: Serve) -> None:
    client, script = serve(refusal(403, "You have exceeded a secondary rate limit"), Response())
    client.write("POST", "/x", {})
    assert script.slept == [60.0]


def test_what_can_be_left_out_leaves_a_reserve(serve: Serve) -> None:
    headers = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": "1000900"}
    left = str(int(100 * RESERVE))
    client, _ = serve(Response(200, {}, {**headers, "X-RateLimit-Remaining": left}))
    client.read("/x", optional=True)
    with pytest.raises(ForgeLimitError, match="most of the requests"):
        client.read("/x", optional=True)
    client.read("/x")


@pytest.mark.parametrize("answer", [refusal(502), Drop(), refusal(429, retry_after="7")])
def test_what_can_be_left_out_is_not_waited_for(serve: Serve, answer: Response | Drop) -> None:
    client, script = serve(answer)
    with pytest.raises(ForgeError):
        client.read("/x", optional=True)
    assert (len(script.asked), script.slept) == (1, [])


def test_a_token_that_was_replaced_meanwhile_is_found_anew(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, script = serve(Response(200, {}), refusal(401), Response(200, {}), refusal(401))
    client.read("/x")
    monkeypatch.setattr(client, "_find_token", lambda: Token("a-newer-one", "a test"))
    client.write("POST", "/x", {})
    sent = [request.headers["authorization"] for request in script.asked]
    assert sent == [f"Bearer {SECRET}"] * 2 + ["Bearer a-newer-one"]
    with pytest.raises(ForgeDeniedError):
        client.read("/x")
    assert len(script.asked) == 4


def test_writes_keep_their_distance(serve: Serve) -> None:
    client, script = serve(Response(200, {}), between_writes=1.0)
    client.write("POST", "/x", {})
    script.time += 0.25
    client.write("POST", "/x", {})
    assert script.slept == [0.75]


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, ForgeDeniedError, "AR-FORGE-004"),
        (403, ForgeDeniedError, "AR-FORGE-004"),
        (404, ForgeGoneError, "AR-FORGE-005"),
        (422, ForgeConflictError, "AR-FORGE-006"),
    ],
)
def test_refusals_have_classes_and_the_forges_words(
    serve: Serve, status: int, kind: type[ForgeError], code: str
) -> None:
    client, _ = serve(refusal(status, "No, because"))
    with pytest.raises(kind, match=f"answered {status} to GET /x: No, because") as caught:
        client.read("/x")
    assert caught.value.code == code
    assert not caught.value.transient


def test_no_error_tells_the_token(serve: Serve) -> None:
    leak = f"bad token {SECRET} or ghp_0123456789abcdef"
    client, _ = serve(refusal(403, leak))
    with pytest.raises(ForgeDeniedError) as caught:
        client.read("/x")
    shown = f"{caught.value.message} {caught.value!r} {client.token!r}"
    assert SECRET not in shown
    assert "ghp_" not in shown


def test_what_is_no_json_is_said_to_be_none(serve: Serve) -> None:
    client, _ = serve(Response(200, "<html>", kind="text/html"))
    with pytest.raises(ForgeError, match="is it the right host"):
        _ = client.read("/x").json


def test_lists_are_read_page_by_page(serve: Serve) -> None:
    link = {"Link": '<https://forge.test/api/v3/x?page=2>; rel="next"'}
    client, script = serve(Response(200, [1, 2], link), Response(200, [3]))
    assert list(client.pages("/x")) == [1, 2, 3]
    assert script.asked[1].query == {"page": "2"}
