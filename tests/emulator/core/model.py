"""What a forge knows of a repository: change requests, comments, reviews, threads and checks.

Values without behaviour, and the same for all dialects; the other modules of the core change them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from tests.emulator.core.bare import Bare


class State(Enum):
    """Where an issue or a change request is."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Verdict(Enum):
    """What a review says."""

    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    COMMENTED = "COMMENTED"
    DISMISSED = "DISMISSED"
    PENDING = "PENDING"


class Method(Enum):
    """How a change request comes into its base branch."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


@dataclass(frozen=True)
class User:
    """An account."""

    id: int
    login: str


@dataclass(frozen=True)
class Token:
    """What a client identifies itself by; without ``writes`` it may only read."""

    user: User
    writes: bool = True


@dataclass
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str = ""


@dataclass
class Comment:
    """A comment on an issue or a change request."""

    id: int
    author: User
    body: str
    created: datetime
    updated: datetime


@dataclass(kw_only=True)
class Remark(Comment):
    """A comment in a thread; ``review`` is the id of the review that it came with."""

    review: int


@dataclass
class Thread:
    """A conversation about a line of a file, or about none; the first remark began it."""

    id: int
    path: str
    line: int | None
    commit: str
    start_line: int | None = None
    side: str = "RIGHT"
    remarks: list[Remark] = field(default_factory=list[Remark])
    resolved_by: User | None = None


@dataclass
class Review:
    """A verdict of a person on a commit."""

    id: int
    author: User
    verdict: Verdict
    body: str
    commit: str
    submitted: datetime


@dataclass
class AutoMerge:
    """A change request is to be merged as soon as nothing blocks it."""

    method: Method
    by: User
    since: datetime
    head: str | None = None


@dataclass
class QueueEntry:
    """A change request's place in the merge queue of its base branch."""

    id: int
    by: User
    since: datetime


@dataclass(kw_only=True)
class Issue:
    """An issue; a change request is one, too, and they share their numbers."""

    id: int
    number: int
    title: str
    body: str
    author: User
    created: datetime
    updated: datetime
    state: State = State.OPEN
    closed: datetime | None = None
    closed_by: User | None = None
    labels: list[Label] = field(default_factory=list[Label])
    assignees: list[User] = field(default_factory=list[User])
    comments: list[Comment] = field(default_factory=list[Comment])


@dataclass(kw_only=True)
class ChangeRequest(Issue):
    """A proposal to merge ``head_branch`` (at ``head``) into ``base_branch``.

    ``base`` is what the base branch was at when this was opened or last looked at while open. The
    next ``undecided`` looks at whether it can be merged find that the forge is still to decide.
    """

    head_branch: str
    base_branch: str
    head: str
    base: str
    draft: bool = False
    merged: datetime | None = None
    merged_by: User | None = None
    merge_commit: str | None = None
    reviewers: list[User] = field(default_factory=list[User])
    reviews: list[Review] = field(default_factory=list[Review])
    threads: list[Thread] = field(default_factory=list[Thread])
    auto_merge: AutoMerge | None = None
    queued: QueueEntry | None = None
    undecided: int = 0


@dataclass(frozen=True)
class Annotation:
    """What a check says of a line."""

    path: str
    line: int
    level: str
    message: str
    title: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a check, with GitHub's words for its end."""

    name: str
    conclusion: str


@dataclass
class Check:
    """A run of a check on a commit; ``conclusion`` is set once ``status`` is completed."""

    id: int
    sha: str
    name: str
    created: datetime
    status: str = "queued"
    conclusion: str | None = None
    started: datetime | None = None
    completed: datetime | None = None
    url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[Annotation, ...] = ()
    steps: tuple[Step, ...] = ()
    log: str = ""
    suite: int = 0


@dataclass
class CommitStatus:
    """A status that somebody gave a commit; the newest of a context counts."""

    id: int
    sha: str
    context: str
    state: str
    description: str | None
    url: str | None
    author: User
    created: datetime


@dataclass
class Protection:
    """What a branch asks of a merge into it; ``queue`` gives it a merge queue."""

    checks: tuple[str, ...] = ()
    strict: bool = False
    approvals: int = 0
    dismiss_stale: bool = False
    conversations: bool = False
    queue: Method | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened, in the order in which it did."""

    kind: str
    number: int
    actor: str
    time: datetime
    more: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class Repository:
    """A repository of the forge over the bare repository ``bare``."""

    id: int
    owner: User
    name: str
    bare: Bare
    created: datetime
    default_branch: str = "main"
    methods: set[Method] = field(default_factory=lambda: set(Method))
    auto_merge: bool = True
    delete_merged: bool = False
    collaborators: list[User] = field(default_factory=list[User])
    items: dict[int, Issue] = field(default_factory=dict[int, Issue])
    labels: dict[str, Label] = field(default_factory=dict[str, Label])
    checks: list[Check] = field(default_factory=list[Check])
    statuses: list[CommitStatus] = field(default_factory=list[CommitStatus])
    protections: dict[str, Protection] = field(default_factory=dict[str, Protection])
    events: list[Event] = field(default_factory=list[Event])

    @property
    def slug(self) -> str:
        """Return ``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    @property
    def next_number(self) -> int:
        """Return the number of the next issue or change request; none is ever deleted."""
        return len(self.items) + 1

    @property
    def requests(self) -> list[ChangeRequest]:
        """Return the change requests, oldest first."""
        return [item for item in self.items.values() if isinstance(item, ChangeRequest)]

    def protection_of(self, branch: str) -> Protection:
        """Return what ``branch`` asks of merges; nothing where it is not protected."""
        return self.protections.get(branch, Protection())
