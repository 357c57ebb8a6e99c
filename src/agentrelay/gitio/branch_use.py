"""Where a branch is in use: checked out, being rebased or being bisected in a worktree.

The administrative files are read (their names: gitrepository-layout(5)), as ``git worktree list``
knows nothing of a rebase, and fails beside a concurrent ``git worktree add``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentrelay.gitio.command import Git


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """The worktree at ``path`` stands on the branch; the folder itself may be gone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Rebasing:
    """The worktree at ``path`` is in the middle of a rebase that will move the branch."""

    path: Path


@dataclass(frozen=True, slots=True)
class Bisecting:
    """The worktree at ``path`` is bisecting and will go back to the branch."""

    path: Path


BranchUse = CheckedOut | Rebasing | Bisecting


def branch_use(repo_git: Git, common_dir: Path, branch: str) -> BranchUse | None:
    """Return the worktree in which ``branch`` is in use, main or linked, or None.

    ``repo_git`` runs in the repository's main worktree. A rebase or bisection is told before a
    check-out. A worktree whose folder is gone still uses its branch: it may have been moved.
    """
    wanted = _final_ref(common_dir, f"refs/heads/{branch}")
    heads = _listed_heads(repo_git) if _head_ref(common_dir) == _REFTABLE_HEAD else None
    checked_out: CheckedOut | None = None
    for admin, path in _worktrees(repo_git, common_dir):
        if wanted in _rebased_refs(admin):
            return Rebasing(path)
        if f"refs/heads/{_content(admin / 'BISECT_START').removeprefix('refs/heads/')}" == wanted:
            return Bisecting(path)
        head = _head_ref(admin) if heads is None else heads.get(path.resolve(), "")
        on_it = head and _final_ref(common_dir, head) == wanted
        if on_it and not (admin == common_dir and _is_bare(repo_git)):
            checked_out = checked_out or CheckedOut(path)
    return checked_out


_REFTABLE_HEAD = "refs/heads/.invalid"
"""What HEAD says where refs are kept in a reftable, which only git itself can read."""


def _content(file: Path) -> str:
    """Return a small file stripped; empty where there is none, as it may vanish any time."""
    try:
        return file.read_text("utf-8", "surrogateescape").strip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""


def _head_ref(admin: Path) -> str:
    head = _content(admin / "HEAD")
    return head.removeprefix("ref:").strip() if head.startswith("ref:") else ""


def _final_ref(common_dir: Path, ref: str) -> str:
    for _ in range(5):  # git's own limit for symbolic refs
        content = _content(common_dir / ref)
        if not content.startswith("ref:"):
            break
        ref = content.removeprefix("ref:").strip()
    return ref


def _is_bare(repo_git: Git) -> bool:
    return repo_git.run("config", "--bool", "core.bare", ok=(0, 1)).text == "true"


def _worktrees(repo_git: Git, common_dir: Path) -> list[tuple[Path, Path]]:
    """Return each worktree's administrative folder and its own path, the main one first."""
    main = common_dir.parent if common_dir.name == ".git" else repo_git.cwd
    found = [(common_dir, main)]
    for gitdir in sorted(common_dir.glob("worktrees/*/gitdir")):
        dot_git = _content(gitdir)
        if dot_git:
            found.append((gitdir.parent, (gitdir.parent / dot_git).parent))
    return found


def _rebased_refs(admin: Path) -> set[str]:
    names = {_content(admin / folder / "head-name") for folder in ("rebase-merge", "rebase-apply")}
    # rebase --update-refs moves further branches: three lines for each, the first is its name
    further = _content(admin / "rebase-merge" / "update-refs").splitlines()[::3]
    return names.union(further) - {""}


def _listed_heads(repo_git: Git) -> dict[Path, str]:
    heads: dict[Path, str] = {}
    path = Path()
    for line in repo_git.text("worktree", "list", "--porcelain", "-z").split("\0"):
        key, _, value = line.partition(" ")
        if key == "worktree":
            path = Path(value).resolve()
        elif key == "branch":
            heads[path] = value
    return heads
