"""Identifiers: the grammar that user-given ids follow, and the ids that we make.

An id is safe as one component of a path and of a git ref, on case-folding file systems too.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import NewType

GraphName = NewType("GraphName", str)
WorkstreamId = NewType("WorkstreamId", str)
TaskId = NewType("TaskId", str)
Oid = NewType("Oid", str)
"""A full git object id, hexadecimal; SHA-1 and SHA-256 repositories both occur."""

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
ID_RULE = "1 to 100 characters, letters, digits, '.', '_' and '-', beginning with a letter or digit"

_ID = re.compile(ID_PATTERN)
_SLUG = 60
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def id_problem(text: str) -> str | None:
    """Say what is wrong with ``text`` as an id, or None where it is a good one.

    The rules beyond the pattern are git's for ref components (git-check-ref-format).
    """
    if not _ID.fullmatch(text):
        return f"an id has {ID_RULE}"
    if ".." in text:
        return "an id has no '..'"
    if text.endswith((".", ".lock")):
        return "an id does not end in '.' or '.lock'"
    return None


def slug_of(text: str, otherwise: str) -> str:
    """Return an id as much like ``text`` as can be; ``otherwise`` where nothing of it is left."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_).strip("-_")[:_SLUG].rstrip("-_")
    return slug if slug and id_problem(slug) is None else otherwise


def new_ulid(unix_seconds: float) -> str:
    """Return a ULID: 26 characters that sort by ``unix_seconds``, then at random."""
    number = (int(unix_seconds * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
