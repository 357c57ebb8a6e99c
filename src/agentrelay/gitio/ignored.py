"""Ignored files of a worktree: which are caches, which are work, and pinning the latter.

git leaves them out of everything, so they go with their worktree unless somebody looks.
"""

from __future__ import annotations

import filecmp
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from agentrelay._shared.scratch import scratch
from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.keep import pin_tree
from agentrelay.gitio.merge import Signature
from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.repository import at_worktree

LIMIT_BYTES: Final = 20 * 1024 * 1024
"""So much of a worktree's ignored files is pinned."""

CACHES: Final = (
    *("node_modules", ".venv", "venv", "virtualenv", "__pycache__", "*.pyc", "*.egg-info", ".eggs"),
    *(
        ".tox",
        ".nox",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        ".ipynb_checkpoints",
    ),
    *(".coverage", ".coverage.*", "htmlcov", "coverage", ".nyc_output", ".cache", ".parcel-cache"),
    *("build", "dist", "target", "*.o", "*.class", ".gradle", ".build"),
    *(".next", ".nuxt", ".svelte-kit", ".turbo", ".yarn", ".pnpm-store", "bower_components"),
    *(".terraform", ".direnv", ".DS_Store", "Thumbs.db", ".idea", ".vscode", "*.swp"),
)
"""What counts as a cache wherever it is ignored, beside what the graph declares."""


NAMED: Final = 5
"""So many files are named where something waits for them."""


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """An ignored file that is no cache; one that is not ``pinnable`` is a whole repository."""

    path: str
    size: int
    pinnable: bool = True


@dataclass(frozen=True, slots=True)
class IgnoredFiles:
    """The ignored files of a worktree that are no caches, smallest first."""

    files: tuple[IgnoredFile, ...]

    @property
    def fitting(self) -> tuple[IgnoredFile, ...]:
        """Return those that are pinned: as many as fit into the limit, smallest first."""
        fitting: list[IgnoredFile] = []
        room = LIMIT_BYTES
        for file in self.files:
            room -= file.size
            if room >= 0 and file.pinnable:
                fitting.append(file)
        return tuple(fitting)

    @property
    def beyond(self) -> tuple[IgnoredFile, ...]:
        """Return those that are too much to pin, largest first."""
        fitting = set(self.fitting)
        return tuple(file for file in reversed(self.files) if file not in fitting)


def files_at(worktree: Path, paths: Iterable[str], caches: Sequence[str]) -> IgnoredFiles:
    """Return the files at or below ignored paths but for caches and copies of the user's own.

    ``caches`` are patterns as in a graph, beside the common ones.
    """
    admin = linked_admin(worktree)
    original = admin.common_dir.parent if admin is not None else worktree
    found = [
        file
        for path in paths
        for file in _below(worktree, path, (*CACHES, *caches))
        if not _is_copy(worktree / file.path, original / file.path)
    ]
    return IgnoredFiles(tuple(sorted(found, key=lambda file: (file.size, file.path))))


def pin_ignored(worktree: Path, keep: Keep, files: Iterable[IgnoredFile]) -> str | None:
    """Pin HEAD with these ignored files in it; return the commit, None where there are none."""
    paths = [file.path for file in files]
    if not paths:
        return None
    git = at_worktree(worktree)
    with scratch() as folder:
        env = {"GIT_INDEX_FILE": f"{folder}/index"}
        git.run("read-tree", "HEAD", env=env)
        stdin = "\0".join(f":(top,literal){path}" for path in paths)
        git.run(
            *("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"),
            stdin=stdin.encode("utf-8", "surrogateescape"),
            env=env,
        )
        tree = git.run("write-tree", env=env).text
    who = Signature(keep.identity.name, keep.identity.email, int(keep.date))
    parents = (git.text("rev-parse", "HEAD"),)
    return pin_tree(git, f"{keep.name}-ignored", tree, parents, message=keep.message, who=who)


def too_much(worktree: Path, found: IgnoredFiles) -> str:
    """Return the sentence that names the files of a worktree that are too much to pin."""
    size = sum(file.size for file in found.beyond)
    named = [_named(file) for file in found.beyond[:NAMED]]
    more = f" and {len(found.beyond) - NAMED} more" if len(found.beyond) > NAMED else ""
    return (
        f"{worktree} holds ignored files that are too much to pin, {size / 1e6:.1f} MB: "
        f"{', '.join(named)}{more}"
    )


def _named(file: IgnoredFile) -> str:
    if not file.pinnable:
        return f"{file.path} (a repository)"
    return f"{file.path} ({file.size / 1e6:.1f} MB)"


def is_cache(path: str, caches: Iterable[str]) -> bool:
    """Tell whether a path is, or lies in, what one of the patterns names.

    A pattern with a slash is a path from the top; one without is a name in any folder.
    """
    parts = path.rstrip("/").split("/")
    return any(_matches(parts, pattern.rstrip("/")) for pattern in caches)


def _matches(parts: list[str], pattern: str) -> bool:
    if "/" not in pattern:
        return any(fnmatchcase(part, pattern) for part in parts)
    wanted = pattern.strip("/").split("/")
    pairs = zip(parts, wanted, strict=False)
    return len(parts) >= len(wanted) and all(fnmatchcase(part, want) for part, want in pairs)


def _below(worktree: Path, path: str, caches: Sequence[str]) -> Iterator[IgnoredFile]:
    """Give the files at or below an ignored path, without what is a cache."""
    if is_cache(path, caches):
        return
    if not path.endswith("/"):
        yield from _file(worktree, path)
        return
    for parent, folders, files in os.walk(worktree / path):
        here = os.path.relpath(parent, worktree)
        if ".git" in (*folders, *files):
            folders.clear()
            yield IgnoredFile(f"{here}/", 0, pinnable=False)
            continue
        folders[:] = [name for name in folders if not is_cache(f"{here}/{name}", caches)]
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        for name in (*files, *links):
            if not is_cache(f"{here}/{name}", caches):
                yield from _file(worktree, f"{here}/{name}")


def _file(worktree: Path, path: str) -> Iterator[IgnoredFile]:
    try:
        found = os.lstat(worktree / path)
    except FileNotFoundError:
        return
    # Sockets and pipes hold nothing.
    if stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
        yield IgnoredFile(path, found.st_size)


def _is_copy(path: Path, original: Path) -> bool:
    if path == original or not path.is_file() or not original.is_file() or path.is_symlink():
        return False
    return filecmp.cmp(path, original, shallow=False)
