"""Texts as YAML scalars that every reader takes for the very same text."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z./_-][A-Za-z0-9./_ -]*[A-Za-z0-9./_-]")
_NOT_TEXT = frozenset({"yes", "no", "on", "off", "true", "false", "null"})


def scalar(text: str) -> str:
    """Return ``text`` as YAML, in quotes where it could be taken for anything else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT and not text.startswith(("-", ".")):
        return text
    return quoted_scalar(text)


def quoted_scalar(text: str) -> str:
    """Return ``text`` as a double-quoted YAML scalar, on one line."""
    quoted = json.dumps(text, ensure_ascii=False)
    # JSON writes characters beyond the 16th bit as two, which YAML does not read.
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
