"""One client for the HTTP interfaces of forges: conditional reads, retries, limits kept to.

What may have been done is never done again here: only reads, and writes that are the same twice,
are repeated. A caller who gets ForgeUnavailableError from another write looks before it tries anew.
Safe from several threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from agentrelay.errors import ForgeLimitError, ForgeUnavailableError, PreconditionError
from agentrelay.forge.implementations.http_answers import Answer, error_of, limited_until
from agentrelay.forge.implementations.tokens import Token, redacted

if TYPE_CHECKING:
    import httpx2

PACKAGE = "httpx2"
TRIES = 4
FIRST_PAUSE = 0.5
WRITE_PAUSE = 1.0
"""Seconds between writes, as GitHub asks of those who make many."""

WAITED_FOR = 60.0
"""Seconds of a limit that are waited for; a longer one is told with its time."""

RESERVE = 0.1
"""The part of the quota that is left to acts: reads that could be left out stop before it."""

_CONNECT = {False: 10.0, True: 3.0}
_PATIENCE = {False: 30.0, True: 10.0}
"""Seconds for a connection and for an answer, by whether the read is optional."""

_UNAUTHORIZED = 401
_FAILURES = frozenset({500, 502, 503, 504})
_MAX_PAGES = 50


def has_package() -> bool:
    """Tell whether the package that speaks HTTP is installed."""
    return find_spec(PACKAGE) is not None


def require_package() -> None:
    """Raise PreconditionError, which says what to install, where the HTTP client is missing."""
    if not has_package():
        message = f"a forge is reached with the Python package {PACKAGE}, which is not installed"
        hint = "install the extra agentrelay[forges], where agentrelay is installed"
        raise PreconditionError(message, hint=hint)


@dataclass(frozen=True)
class Waiting:
    """How the client waits; tests give their own."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    between_writes: float = WRITE_PAUSE


@dataclass(frozen=True)
class _Call:
    """A request; the answers of ``ok`` are no failures."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    headers: Mapping[str, str]
    ok: Collection[int]
    is_optional: bool = False

    @property
    def shown(self) -> str:
        """Return what was asked, for people."""
        return f"{self.method} {urlsplit(self.path).path}"


class HttpClient(AbstractContextManager["HttpClient"]):
    """Asks one forge, whose interface is at the URL ``api``, with a token found when needed.

    With a ``socket``, all goes through that instead, in plain HTTP: to a proxy on this machine.
    """

    def __init__(
        self,
        api: str,
        token: Callable[[], Token],
        headers: Mapping[str, str],
        *,
        socket: str = "",
        waiting: Waiting | None = None,
    ) -> None:
        """Connect to nothing yet."""
        self._base = api.replace("https://", "http://", 1) if socket else api
        self._host = urlsplit(api).netloc
        self._socket = socket
        self._find_token = token
        self._headers = dict(headers)
        self._waiting = waiting or Waiting()
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._token: Token | None = None
        self._opened: httpx2.Client | None = None
        self._seen: dict[tuple[str, str], tuple[str, Answer]] = {}
        self._wrote = 0.0
        self._left: tuple[int, int, float] | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        if self._opened is not None:
            self._opened.close()

    @property
    def token(self) -> Token:
        """Return the token with which it asks; ForgeDeniedError where there is none."""
        with self._guard:
            if self._token is None:
                self._token = self._find_token()
            return self._token

    def pause(self, seconds: float) -> None:
        """Wait, for what the forge does by itself to be done."""
        self._waiting.sleep(seconds)

    def read(
        self, path: str, *, accept: str = "", ok: Collection[int] = (), optional: bool = False
    ) -> Answer:
        """Return what the forge has at ``path``; what has not changed costs no quota.

        An ``optional`` read is ForgeLimitError where little of the quota is left, and is tried
        once, with little patience: nobody waits for what could be left out.
        """
        if optional:
            self._require_plenty()
        known = self._seen.get((path, accept))
        headers = {"Accept": accept} if accept else {}
        if known is not None:
            headers["If-None-Match"] = known[0]
        call = _Call("GET", path, None, headers, {304, *ok}, is_optional=optional)
        answer = self._once(call) if optional else self._repeated(call)
        if answer.status == 304 and known is not None:  # noqa: PLR2004 - not modified
            return known[1]
        if (tag := answer.headers.get("etag")) is not None:
            self._seen[path, accept] = (tag, answer)
        return answer

    def pages(self, path: str, *, optional: bool = False) -> Iterator[Mapping[str, Any]]:
        """Give the entries of a list, page by page, as long as they are asked for."""
        following: str | None = path
        for _ in range(_MAX_PAGES):
            if following is None:
                return
            answer = self.read(following, optional=optional)
            yield from answer.json
            following = answer.next_page(self._base)

    def write(
        self, method: str, path: str, body: Mapping[str, Any], *, ok: Collection[int] = ()
    ) -> Answer:
        """Change something, at most one thing a second; PATCH and DELETE are repeated if need be.

        The answers of ``ok`` are returned, other refusals raised.
        """
        with self._writing:
            pause = self._wrote + self._waiting.between_writes - self._waiting.now()
            if pause > 0:
                self._waiting.sleep(min(pause, self._waiting.between_writes))
            try:
                call = _Call(method, path, body, {}, ok)
                is_same_twice = method in ("PATCH", "DELETE")
                return self._repeated(call) if is_same_twice else self._once(call)
            finally:
                self._wrote = self._waiting.now()

    def _repeated(self, call: _Call) -> Answer:
        for attempt in range(TRIES - 1):
            try:
                return self._once(call)
            except ForgeUnavailableError:
                self._waiting.sleep(FIRST_PAUSE * 2**attempt)
        return self._once(call)

    def _once(self, call: _Call) -> Answer:
        """Ask once; a limit that is soon over is waited for, since what is refused is not done."""
        tried = self.token
        answer = self._send(call)
        if answer.status == _UNAUTHORIZED and self._has_other_than(tried):
            answer = self._send(call)
        until = limited_until(answer, self._waiting.now())
        is_short = until is not None and until - self._waiting.now() <= WAITED_FOR
        if until is not None and is_short and not call.is_optional:
            self._waiting.sleep(max(0.0, until - self._waiting.now()))
            answer = self._send(call)
        if answer.status < 300 or answer.status in call.ok:  # noqa: PLR2004 - the successes
            return answer
        raise error_of(answer, call.shown, self._waiting.now())

    def _send(self, call: _Call) -> Answer:
        import httpx2  # noqa: PLC0415 - an extra, and slow to load

        secret = self.token.value
        sent = {"Authorization": f"Bearer {secret}", **self._headers, **call.headers}
        try:
            url = self._base + call.path
            timeout = httpx2.Timeout(
                _PATIENCE[call.is_optional], connect=_CONNECT[call.is_optional]
            )
            got = self._client().request(
                call.method, url, json=call.body, headers=sent, timeout=timeout
            )
        except httpx2.HTTPError as error:
            words = redacted(str(error) or type(error).__name__, secret)
            message = f"{self._host} did not answer to {call.shown}: {words}"
            raise ForgeUnavailableError(message) from None
        answer = Answer(got.status_code, dict(got.headers), redacted(got.text, secret), self._host)
        self._left = answer.quota or self._left
        if answer.status in _FAILURES:
            raise ForgeUnavailableError(f"{self._host} failed with {answer.status}: {call.shown}")
        return answer

    def _has_other_than(self, tried: Token) -> bool:
        """Look for the token anew where that one is refused: it may have been replaced by now."""
        with self._guard:
            if self._token == tried:
                self._token = self._find_token()
            return self._token != tried

    def _require_plenty(self) -> None:
        if self._left is None:
            return
        left, limit, until = self._left
        if left <= limit * RESERVE and until > self._waiting.now():
            message = f"{self._host} has taken most of the requests that it takes in this hour"
            raise ForgeLimitError(message, until=until)

    def _client(self) -> httpx2.Client:
        import httpx2  # noqa: PLC0415 - as above

        with self._guard:
            if self._opened is None:
                transport = httpx2.HTTPTransport(uds=self._socket) if self._socket else None
                self._opened = httpx2.Client(transport=transport)
            return self._opened
