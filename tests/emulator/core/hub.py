"""The forge as a whole: its accounts, tokens, repositories, clock and ids."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.emulator.core.bare import Bare
from tests.emulator.core.model import Event, Issue, Label, Repository, State, Token, User
from tests.emulator.core.refusal import RefusalError, Why

LONGEST_BODY = 65_536


@dataclass
class Hub:
    """All that the forge knows. Whoever reads or changes it holds ``lock``."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    users: dict[str, User] = field(default_factory=dict[str, User])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    repositories: dict[str, Repository] = field(default_factory=dict[str, Repository])
    lock: threading.RLock = field(default_factory=threading.RLock)
    last_id: int = 1000
    is_replica: bool = False

    def next_id(self) -> int:
        """Return an id that nothing has yet."""
        self.last_id += 1
        return self.last_id

    def user(self, login: str) -> User:
        """Return the account of that name, made where there is none."""
        if login not in self.users:
            self.users[login] = User(self.next_id(), login)
        return self.users[login]

    def add_token(self, token: str, login: str, *, writes: bool = True) -> None:
        """Let clients identify themselves as an account by ``token``."""
        self.tokens[token] = Token(self.user(login), writes)

    def add_repository(self, slug: str, path: Path) -> Repository:
        """Make a repository ``owner/name`` over the bare repository at ``path``."""
        owner, name = slug.split("/")
        user = self.user(owner)
        made = Repository(self.next_id(), user, name, Bare(path), self.clock())
        made.collaborators.append(user)
        made.default_branch = made.bare.git("symbolic-ref", "--short", "HEAD")
        self.repositories[slug.lower()] = made
        return made

    def repository(self, slug: str) -> Repository:
        """Return a repository; names differ by more than case."""
        found = self.repositories.get(slug.lower())
        if found is None:
            raise RefusalError(
                Why.NOT_FOUND, f"Could not resolve to a Repository with the name '{slug}'."
            )
        return found

    def label(self, repository: Repository, name: str) -> Label:
        """Return a repository's label, made where there is none."""
        key = name.lower()
        if key not in repository.labels:
            repository.labels[key] = Label(self.next_id(), name)
        return repository.labels[key]

    def copied(self) -> dict[str, Repository]:
        """Return the repositories as they are now, apart from what becomes of them."""
        return copy.deepcopy(self.repositories)

    @contextmanager
    def showing(self, repositories: dict[str, Repository]) -> Generator[None]:
        """Know other repositories inside the block, which nothing is pushed to."""
        now, self.repositories, self.is_replica = self.repositories, repositories, True
        try:
            yield
        finally:
            self.repositories, self.is_replica = now, False

    def actor(self, slug: str, login: str) -> Actor:
        """Return an account as it acts in a repository."""
        return Actor(self, self.repository(slug), self.user(login))


@dataclass(frozen=True)
class Actor:
    """An account that does something in a repository."""

    hub: Hub
    repository: Repository
    user: User

    def note(self, kind: str, item: Issue, **more: Any) -> None:
        """Record that something happened to ``item`` now."""
        now = self.hub.clock()
        item.updated = now
        self.repository.events.append(Event(kind, item.number, self.user.login, now, more))

    def set_state(self, item: Issue, state: State) -> None:
        """Put an item into a state; it notes that, and when."""
        if item.state is state:
            return
        item.state = state
        is_open = state is State.OPEN
        item.closed = None if is_open else self.hub.clock()
        item.closed_by = None if is_open else self.user
        self.note("reopened" if is_open else state.value, item)

    def open_issue(self, title: str, body: str) -> Issue:
        """Open an issue."""
        now = self.hub.clock()
        number = self.repository.next_number
        issue = Issue(
            id=self.hub.next_id(),
            number=number,
            title=title,
            body=checked_body(body),
            author=self.user,
            created=now,
            updated=now,
        )
        self.repository.items[number] = issue
        self.note("opened", issue)
        return issue


def checked_body(body: str | None) -> str:
    """Return a body that is within the forge's limit."""
    if body is not None and len(body) > LONGEST_BODY:
        limit = f"body is too long (maximum is {LONGEST_BODY} characters)"
        raise RefusalError(Why.TOO_LONG, limit, "body")
    return body or ""
