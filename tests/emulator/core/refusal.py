"""Why a forge refuses something; each dialect says it in its own words."""

from __future__ import annotations

from enum import Enum, auto


class Why(Enum):
    """The kinds of refusals."""

    NOT_FOUND = auto()
    NO_BRANCH = auto()
    PROTECTED = auto()
    INVALID = auto()
    DUPLICATE = auto()
    NO_COMMITS = auto()
    SAME_BRANCH = auto()
    BAD_HEAD = auto()
    BAD_BASE = auto()
    TOO_LONG = auto()
    NOT_OPEN = auto()
    MERGED = auto()
    DRAFT = auto()
    CONFLICT = auto()
    BEHIND = auto()
    CHECKS = auto()
    APPROVALS = auto()
    CONVERSATIONS = auto()
    METHOD = auto()
    HEAD_MOVED = auto()
    BASE_MOVED = auto()
    CLEAN = auto()
    QUEUED = auto()
    NO_QUEUE = auto()
    OWN = auto()
    STRANGER = auto()


class RefusalError(Exception):
    """The forge does not do it: ``why``, a sentence, and the field that is at fault."""

    def __init__(self, why: Why, message: str, field: str = "") -> None:
        super().__init__(message)
        self.why = why
        self.message = message
        self.field = field
