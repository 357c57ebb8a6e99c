"""The user's repository: where it is, whether it can be used, what it says about its owner."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared import atomic
from agentrelay.errors import GitError, PreconditionError
from agentrelay.gitio.command import Git
from agentrelay.gitio.lock import repository_lock

MINIMUM_GIT = (2, 39)
OUR_FOLDERS = (".workflow", ".worktrees")
NETWORK_TIMEOUT = 600.0
"""Seconds after which a git command that talks to a remote is given up."""

_ROOT_QUERY = ("--is-bare-repository", "--git-dir", "--git-common-dir", "--show-toplevel")


@dataclass(frozen=True)
class Repository:
    """A repository with a working tree: ``top`` is the main worktree's, ``git`` runs there."""

    top: Path
    common_dir: Path
    git: Git


@dataclass(frozen=True)
class Identity:
    """Whose name commits bear."""

    name: str
    email: str
    sign: bool = False
    """Whether what is committed for this person is signed with their key."""


OUR_IDENTITY = Identity("agentrelay", "agentrelay@localhost")


def discover(path: Path, environ: Mapping[str, str] | None = None) -> Repository:
    """Return the repository that ``path`` is in, from any subfolder or linked worktree.

    PreconditionError, with the next step as its hint, where there is none or it is bare.
    """
    git = Git(path, environ)
    output = git.run("rev-parse", "--path-format=absolute", *_ROOT_QUERY, ok=(0, 128))
    answers = output.text.splitlines()
    if not answers:
        raise _no_repository(path, output.stderr)
    if answers[0] == "true":
        raise _bare(path)
    if output.returncode:
        raise PreconditionError(
            f"{path} is inside a repository's own folder, not in its files",
            hint="change to the folder that holds the files",
        )
    git_dir, common_dir, top = (Path(answer) for answer in answers[1:4])
    if git_dir != common_dir:
        top = _main_top(git, common_dir)
    return Repository(top, common_dir, git.at(top))


def at_worktree(worktree: Path) -> Git:
    """Return a git for exactly this worktree.

    Where the worktree has lost its `.git` file, git fails, rather than working on the repository
    whose folder it lies in: that would be the user's own checkout.
    """
    return Git(worktree, {**os.environ, "GIT_CEILING_DIRECTORIES": str(worktree.absolute().parent)})


def require_usable(repo: Repository) -> None:
    """Raise PreconditionError, naming the mending command, where no run can start here."""
    _require_version(repo.git)
    if repo.git.run("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1)).returncode:
        raise PreconditionError(
            "the repository has no commit yet",
            hint="git add -A && git commit -m 'first commit'",
        )
    ours = repo.git.run("show-ref", "--verify", "--quiet", "refs/heads/agentrelay", ok=(0, 1))
    if ours.returncode == 0:
        raise PreconditionError(
            "a branch named 'agentrelay' stands where our branches go (agentrelay/...)",
            hint="git branch -m agentrelay some-other-name",
        )
    tracked = repo.git.run("ls-files", "-z", "--", *OUR_FOLDERS).stdout
    if tracked:
        name = tracked.split(b"\0")[0].decode("utf-8", "replace")
        raise PreconditionError(
            f"the repository tracks {name}, in a folder that agentrelay writes",
            hint=f"git rm -r --cached {name.split('/')[0]}",
        )


def default_branch(repo: Repository) -> str:
    """Return the branch that people mean when they name none.

    It is origin's HEAD as known here, else as origin says, else the current branch.
    PreconditionError where HEAD is detached and origin does not tell.
    """
    known = repo.git.run("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD", ok=(0, 1))
    if known.returncode == 0:
        return known.text.removeprefix("refs/remotes/origin/")
    asked = _ask_origin(repo.git)
    if asked is not None:
        return asked
    current = repo.git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    if current.returncode:
        raise PreconditionError(
            "HEAD is detached, so there is no current branch to work on",
            hint="git switch main, or name the branch with --base",
        )
    return current.text.removeprefix("refs/heads/")


def identity(repo: Repository) -> Identity:
    """Return the user's git identity, or ours where none is configured."""
    output = repo.git.run(
        "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT", ok=(0, 1, 128)
    )
    match = re.match(r"(.+) <(.*)> \d+ [+-]\d{4}$", output.text)
    if output.returncode or match is None:
        return OUR_IDENTITY
    return Identity(match[1], match[2])


def is_excluded(repo: Repository) -> bool:
    """Tell whether our folders are kept out of the user's git status."""
    wanted = [f"/{folder}/" for folder in OUR_FOLDERS]
    return not _missing_lines((repo.common_dir / "info" / "exclude").resolve(), wanted)


def exclude_ours(repo: Repository) -> None:
    """Keep our folders out of the user's git status, without touching a tracked file."""
    wanted = [f"/{folder}/" for folder in OUR_FOLDERS]
    path = (repo.common_dir / "info" / "exclude").resolve()
    if not _missing_lines(path, wanted):
        return
    with repository_lock(repo.common_dir):
        missing = _missing_lines(path, wanted)
        if missing:
            present = path.read_bytes() if path.exists() else b""
            if present and not present.endswith(b"\n"):
                present += b"\n"
            atomic.publish(path, present + "".join(f"{line}\n" for line in missing).encode())


def _missing_lines(path: Path, wanted: list[str]) -> list[str]:
    present = path.read_bytes().splitlines() if path.exists() else []
    return [line for line in wanted if line.encode() not in present]


def _main_top(git: Git, common_dir: Path) -> Path:
    """Find the main worktree from a linked one; only configuration tells where it is not `..`."""
    listed = git.run("config", "-z", "--get-regexp", r"^core\.(bare|worktree)$", ok=(0, 1)).text
    settings = dict(entry.split("\n", 1) for entry in listed.split("\0") if "\n" in entry)
    if settings.get("core.bare") == "true":
        raise _bare(common_dir)
    if "core.worktree" in settings:
        return (common_dir / settings["core.worktree"]).resolve()
    if common_dir.name != ".git":
        raise PreconditionError(
            f"the main worktree of {common_dir} is not known from here",
            hint="run this in the main worktree",
        )
    return common_dir.parent


def _ask_origin(git: Git) -> str | None:
    try:
        output = git.run(
            "ls-remote", "--symref", "origin", "HEAD", ok=(0, 128), timeout=NETWORK_TIMEOUT
        )
    except GitError:
        return None
    match = re.match(r"ref: refs/heads/(\S+)\tHEAD", output.text)
    return match[1] if match else None


def _require_version(git: Git) -> None:
    text = git.text("version")
    match = re.search(r"(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < MINIMUM_GIT:
        raise PreconditionError(f"{text} is too old", hint="install git 2.39 or newer")


def _no_repository(path: Path, stderr: str) -> PreconditionError:
    if "not a git repository" in stderr:
        return PreconditionError(f"{path} is not in a git repository", hint="git init")
    return PreconditionError(f"git can't use the repository at {path}: {stderr.strip()}")


def _bare(path: Path) -> PreconditionError:
    return PreconditionError(
        f"the repository at {path} is bare: it has no files to work on",
        hint="clone it, and run this in the clone",
    )
