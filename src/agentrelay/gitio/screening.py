"""Says which of an agent's files must not be committed: too large, keys, litter, conflicts."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

KEY_NAMES: Final = (
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.pem", "*.p12", "*.pfx", "*.jks"),
    *("*.keystore", "*.kdbx", "*.ppk", ".env", ".env.*", ".netrc", ".git-credentials", ".htpasswd"),
)
"""File names that usually hold a secret."""

SAFE_NAMES: Final = (".env.example", ".env.sample", ".env.template", ".env.dist", ".env.test")
"""Exceptions from KEY_NAMES: files that are meant to be shared."""

LITTER: Final = (
    *(".aider*", ".gemini/*", ".qwen/*", ".codex/*", ".opencode/*", ".crush/*", ".goose/*"),
    *(".claude/settings.local.json", ".claude/worktrees/*", ".claude/todos/*"),
    *(".copilot/*", ".cursor/chats/*", ".specstory/*", ".playwright-mcp/*"),
)
"""Paths, from the top, that coding agents write for themselves."""

CONFLICT_MARKERS: Final = "conflict markers"
"""The reason for refusing a file in which a conflict was left."""

_SECRETS = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    rb"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36,}"
    rb"|\bgithub_pat_[A-Za-z0-9_]{50,}"
    rb"|\bglpat-[A-Za-z0-9_-]{20,}"
    rb"|\bxox[abprs]-[A-Za-z0-9-]{20,}"
    rb"|\bsk-(?:ant-|proj-)[A-Za-z0-9_-]{24,}"
    rb"|(?m:^[^\n#]*:_(?:authToken|password)\s*=\s*[^\s$][^\s]*)"
)
"""Shapes of private keys and tokens; the last is npm's, whose value may be a variable instead."""

_MARKER = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
_BOTH_SIDES = ("UU", "AA")


def new_file_reason(file: Path, path: str, limit_bytes: int) -> str | None:
    """Say why a new file must not be committed, or None; ``path`` is its name from the top."""
    if any(fnmatchcase(path, pattern) for pattern in LITTER):
        return "an agent's own file"
    name = file.name
    key_like = any(fnmatchcase(name.lower(), pattern) for pattern in KEY_NAMES)
    if key_like and name.lower() not in SAFE_NAMES:
        return "its name is that of a file with keys"
    if file.is_symlink() or not file.is_file():
        return None
    size = file.stat().st_size
    if size > limit_bytes:
        return f"{size / 1024 / 1024:.1f} MiB, over the limit of {limit_bytes / 1024 / 1024:g} MiB"
    content = file.read_bytes()
    if _SECRETS.search(content):
        return "it contains what looks like a key or token"
    return CONFLICT_MARKERS if marker_count(content) else None


def conflict_reason(file: Path, code: str) -> str | None:
    """Say why a path that git calls conflicted can't be taken as resolved, or None.

    Only text that both sides have shows by its markers whether somebody resolved it.
    """
    if code not in _BOTH_SIDES:
        return "a conflict in which one side deleted it"
    if file.is_symlink() or not file.is_file():
        return "a conflict that is no text"
    content = file.read_bytes()
    if b"\0" in content:
        return "a conflict that is no text"
    return CONFLICT_MARKERS if marker_count(content) else None


def marker_count(content: bytes) -> int:
    """Return how many lines of ``content`` begin or end a conflict."""
    return len(_MARKER.findall(content))
