"""Kept states in words: a table of them, and how to go on with one that was given back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from agentrelay._shared.clock import rfc3339
from agentrelay.app.kept import Kept
from agentrelay.gitio.pins import Difference
from agentrelay.interfaces.cli.tables import aligned, screen_width
from agentrelay.interfaces.cli.text import shown

_ENDINGS = (
    ("-ignored", "ignored files that are no caches"),
    ("-abandoned", "commits that no branch had"),
    ("-stash", "a stash"),
    ("-head", "the commit that was checked out"),
    ("-branch", "the tip of its branch"),
    ("-merge-head", "the other side of a merge under way"),
    ("-tip", "the tip of its branch"),
    ("-origin", "the tip of its branch at origin"),
    ("-done", "the proof that it changed nothing"),
)
_WHATS = (
    ("candidate", "the merge that was judged"),
    ("rest", "what a turn left"),
    ("refused", "files that were not committed"),
    ("astray", "commits that did not count"),
    ("markers", "commits with conflict markers"),
    ("start", "the merge that it started from"),
    ("branch", "the tip of its branch"),
    ("adopted", "a person's commits"),
    ("teardown", "its worktree, when it was removed"),
    ("salvaged", "files of a broken worktree"),
    ("reset", "its worktree, before it was taken back"),
    ("before", "its worktree, before it was moved"),
)


def table(found: Sequence[Kept], sizes: Sequence[Difference]) -> list[str]:
    """Return a line for each state: its pin, when it was made, what it is, how much it differs."""
    rows = [_row(kept, size) for kept, size in zip(found, sizes, strict=True)]
    return aligned([("PIN", "TIME", "NOT IN HEAD", "WHAT"), *rows], width=screen_width())


def facts(kept: Kept, size: Difference | None) -> dict[str, object]:
    """Return a state for programs; without the difference where that was not looked at."""
    name = kept.name
    of = {"graph": name.graph, "run": name.run, "lane": name.lane, "task": name.task}
    return {
        **of,
        "attempt": name.attempt,
        "pin": kept.pin.name,
        "commit": kept.pin.oid,
        "time": rfc3339(kept.pin.time),
        "what": what(kept),
        "uncommitted": kept.pin.uncommitted,
        "difference": size and {"files": size.files, "added": size.added, "removed": size.removed},
    }


def next_steps(kept: Kept, branch: str, worktree: Path | None) -> Iterator[str]:
    """Give the lines that say what a branch with a state holds, and how to go on with it."""
    name = shlex.quote(branch)
    if kept.pin.name.endswith("-abandoned"):
        yield "its last commit only holds others together: each parent of it is one that was left"
        yield f"  git log --oneline --graph {name}"
        return
    if kept.pin.uncommitted:
        yield "its last commit holds what was not committed then, on top of where HEAD was"
        yield f"  git diff {name}^ {name}   # what was not committed"
    else:
        yield f"  git diff HEAD...{name}   # what it has and you have not"
    yield f"  cd {shlex.quote(str(worktree))}" if worktree else f"  git switch {name}"
    if kept.pin.uncommitted:
        yield "  git reset HEAD^   # there: have it uncommitted again"


def what(kept: Kept) -> str:
    """Return what a state is, in words; its own word where that is none of ours."""
    word = re.sub(r"^\d+-|-\d+$", "", kept.name.what)
    ending = next((text for end, text in _ENDINGS if word.endswith(end)), None)
    start = next((text for begin, text in _WHATS if word.startswith(begin)), None)
    return ending or start or word


def _row(kept: Kept, size: Difference) -> tuple[str, ...]:
    files = "1 file" if size.files == 1 else f"{size.files} files"
    differs = f"{files} +{size.added} -{size.removed}" if size.files else "nothing"
    uncommitted = ", not committed" if kept.pin.uncommitted else ""
    time = rfc3339(kept.pin.time)[:19] + "Z"
    return shown(kept.pin.name), time, differs, shown(what(kept)) + uncommitted
