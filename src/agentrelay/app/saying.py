"""What an agent says of its own work, and what it may know: the same by whatever way it asks.

Agents call this often and from anywhere, so little is imported, and no repository is looked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agentrelay.errors import UsageError
from agentrelay.executor.core.calls import (
    MAX_TEXT,
    Call,
    Verb,
    digest_of,
    read_calls,
    write_call,
)

if TYPE_CHECKING:
    from agentrelay.task.core.instructions import Manifest


@dataclass(frozen=True)
class Speaker:
    """An agent that has shown the token of its attempt, whose manifest lies at ``path``."""

    manifest: Manifest
    path: Path
    token: str = field(repr=False)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of an attempt; UsageError where it can't be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"can't read the manifest {path}") from error


def speaker_of(path: Path, manifest: Manifest, token: str) -> Speaker | None:
    """Return who speaks with ``token``, None where it is not that of the manifest's attempt."""
    if digest_of(token) != manifest.get("token_digest"):
        return None
    return Speaker(manifest, path, token)


def say(speaker: Speaker, folder: Path, call: Call) -> bool:
    """Write a call into the agent's ``folder``; False where the very same was said before.

    UsageError where it can't be written.
    """
    try:
        is_new = not _is_said(folder, call, speaker.manifest["token_digest"])
        if is_new:
            write_call(folder, call, speaker.token)
    except OSError as error:
        raise UsageError(f"can't write to {folder}: {error.strerror}") from error
    return is_new


def noted(speaker: Speaker, call: Call, *, is_new: bool) -> str:
    """Return the line that answers a call."""
    what = "noted" if is_new else "was noted before"
    return f"{call.verb.value} of task {speaker.manifest['task']} {what}"


def about(speaker: Speaker) -> Mapping[str, object]:
    """Return what the speaker's attempt is about."""
    return {name: value for name, value in speaker.manifest.items() if name != "token_digest"}


def result_of(speaker: Speaker, task: str) -> Mapping[str, object] | None:
    """Return what came of the last attempt of another task of the run; None for nothing yet."""
    attempts = speaker.path.parents[3] / task / "attempts"
    is_plain = "/" not in task and task not in ("", ".", "..")
    numbers = (
        sorted(int(name) for name in os.listdir(attempts) if name.isdigit())
        if is_plain and attempts.is_dir()
        else []
    )
    for number in reversed(numbers):
        try:
            return json.loads((attempts / str(number) / "result.json").read_bytes())
        except (OSError, ValueError):
            continue
    return None


def _is_said(folder: Path, call: Call, digest: str) -> bool:
    """Tell whether the very same was said before; done and fail are said anew in each turn."""
    if call.verb in (Verb.DONE, Verb.FAIL):
        return False
    return any(_content(each) == _content(call) for each in read_calls(folder, digest))


def _content(call: Call) -> tuple[object, ...]:
    cut = call.text.encode("utf-8", "replace")[:MAX_TEXT]
    return (call.verb, cut, call.path, call.category, call.empty)
