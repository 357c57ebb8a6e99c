"""A commit as bytes, exactly as git-commit-tree(1) writes it (format: git's commit.c)."""

from __future__ import annotations

from collections.abc import Sequence


def commit_object(
    tree: str, parents: Sequence[str], message: str, *, author: str, committer: str
) -> bytes | None:
    """Return the content of a commit, ``author`` and ``committer`` as of ``ident``.

    None where git would refuse the text, or mend it, because it is no good UTF-8.
    """
    lines = [
        f"tree {tree}",
        *(f"parent {parent}" for parent in dict.fromkeys(parents)),
        f"author {author}",
        f"committer {committer}",
    ]
    text = "".join(f"{line}\n" for line in lines) + f"\n{message}"
    if not text.isascii() and any(map(_is_no_character, text)):
        return None
    return None if "\0" in text else text.encode()


def ident(name: str, email: str, time_unix: int) -> str | None:
    """Return how a commit says who and when (UTC); None where git would not take it as it is.

    git leaves out what would break the line, and punctuation at both ends (its ident.c).
    """
    for part in (name, email):
        if not part or part != part.strip(_CRUD) or any(c in part for c in "<>\n"):
            return None
    return f"{name} <{email}> {time_unix} +0000"


_CRUD = "".join(map(chr, range(33))) + ".,:;<>\"\\'"

_SURROGATES = range(0xD800, 0xE000)
_UNASSIGNABLE = range(0xFDD0, 0xFDF0)


def _is_no_character(char: str) -> bool:
    """Tell what git's utf8.c takes for an error: half characters, and those that Unicode bars."""
    code = ord(char)
    return code in _SURROGATES or code in _UNASSIGNABLE or code & 0xFFFE == 0xFFFE  # noqa: PLR2004 - Unicode's own number
