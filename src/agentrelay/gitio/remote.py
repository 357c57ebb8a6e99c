"""Talking to `origin`: fetching one branch, pushing exact updates with leases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from agentrelay.errors import GitError
from agentrelay.gitio.command import Git, GitOutput
from agentrelay.gitio.lock import repository_lock
from agentrelay.gitio.refs import RefUpdate, is_ancestor, resolve, update_refs
from agentrelay.gitio.repository import NETWORK_TIMEOUT, Repository

_USERINFO = re.compile(r"://[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class PushUpdate:
    """One branch of origin: set it to ``new`` (None deletes it) if it is at ``expected_old``.

    ``expected_old`` None means that it must not exist; ``ref`` is the full name.
    """

    ref: str
    new: str | None
    expected_old: str | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """Origin's refs are as wanted."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Origin, or a check before it, said no; trying the same again does not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Origin could not be asked, or did not let us in; later it may."""

    reason: str


PushResult = Pushed | Rejected | Unreachable


def has_origin(repo: Repository) -> bool:
    """Tell whether the repository has a remote named origin."""
    return bool(origin_url(repo))


def origin_url(repo: Repository) -> str:
    """Return the URL of origin as it is configured, before git rewrites it; empty without one."""
    return repo.git.run("config", "--get", "remote.origin.url", ok=(0, 1)).text


def fetch_branch(repo: Repository, branch: str) -> str | None:
    """Return the commit that origin's ``branch`` has now, its objects fetched; None without one.

    Only `refs/remotes/origin/<branch>` moves. GitError where origin can't be asked.
    """
    ref = f"refs/remotes/origin/{branch}"
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
    with repository_lock(repo.common_dir):
        try:
            refspec = f"+refs/heads/{branch}:{ref}"
            repo.git.run("fetch", *options, "origin", refspec, timeout=NETWORK_TIMEOUT)
        except GitError as error:
            if "couldn't find remote ref" in error.stderr:
                return None
            raise
    return resolve(repo.git, ref)


def require_branch(repo: Repository, branch: str) -> str:
    """Return the tip of ``branch`` here, else of origin's, freshly fetched; GitError without one.

    No local branch is made.
    """
    tip = resolve(repo.git, f"refs/heads/{branch}")
    if tip is None and has_origin(repo):
        tip = fetch_branch(repo, branch)
    if tip is None:
        raise GitError(
            f"there is no branch {branch!r}, here or on origin",
            argv=("git", "rev-parse", f"refs/heads/{branch}"),
            cwd=repo.top,
            stderr=f"fatal: no branch {branch!r}",
        )
    return tip


def require_pushed(repo: Repository, result: PushResult) -> None:
    """Raise GitError, with origin's words, unless ``result`` is success."""
    if isinstance(result, Pushed):
        return
    raise GitError(
        f"git push: {result.reason}",
        argv=("git", "push", "origin"),
        cwd=repo.top,
        stderr=result.reason,
        transient=isinstance(result, Unreachable),
    )


def push(repo: Repository, updates: Sequence[PushUpdate], *, atomic: bool = True) -> PushResult:
    """Make ``updates`` on origin, all or none where ``atomic``; no configuration is written.

    What origin has already is success, so a push whose answer was lost may be repeated. What
    `refs/remotes/origin` says of these refs is then true, by which the next one leases.
    """
    if not updates:
        return Pushed()
    for update in updates:
        refused = _upload_large_files(repo.git, update.new)
        if refused is not None:
            return refused
    leases = [f"--force-with-lease={each.ref}:{each.expected_old or ''}" for each in updates]
    specs = [f"{each.new or ''}:{each.ref}" for each in updates]
    options = ["--atomic"] if atomic else []
    result = _push(repo.git, *options, *leases, "origin", *specs)
    if isinstance(result, Rejected) and _is_done(repo.git, updates):
        result = Pushed()
    if isinstance(result, Pushed):
        # A note that can't be taken, beside a git of the user's, makes no push undone.
        with suppress(GitError):
            note_origin(repo.git, {update.ref: update.new for update in updates})
    return result


def publish_branch(repo: Repository, branch: str) -> PushResult:
    """Have ``branch`` on origin, under the same name, as its upstream.

    Origin's branch may be ahead of ours (somebody merged there): that is left, and is success.
    """
    ref = f"refs/heads/{branch}"
    refused = _upload_large_files(repo.git, ref)
    if refused is not None:
        return refused
    with repository_lock(repo.common_dir):
        result = _push(repo.git, "--set-upstream", "origin", f"{ref}:{ref}")
    if not isinstance(result, Rejected):
        return result
    theirs = fetch_branch(repo, branch)
    if theirs is None or not is_ancestor(repo.git, ref, theirs):
        return result
    with repository_lock(repo.common_dir):
        repo.git.run("config", f"branch.{branch}.remote", "origin")
        repo.git.run("config", f"branch.{branch}.merge", ref)
    return Pushed()


def note_origin(git: Git, tips: Mapping[str, str | None]) -> None:
    """Have `refs/remotes/origin` say what origin's branches (full names) are at; None for no more.

    Git notes only what it has moved itself, and what the user's configuration fetches.
    """
    wanted = {ref.replace("refs/heads/", "refs/remotes/origin/"): tip for ref, tip in tips.items()}
    noted = {ref: resolve(git, ref) for ref in wanted}
    late = [RefUpdate(ref, tip, noted[ref]) for ref, tip in wanted.items() if noted[ref] != tip]
    update_refs(git, late, reason="agentrelay: as on origin")


def origin_tip(repo: Repository, ref: str) -> str | None:
    """Return what origin's ``ref`` (full name) is at now, None where it has none; asks origin."""
    return _origin_refs(repo.git, [ref]).get(ref)


def _push(git: Git, *args: str) -> PushResult:
    codes = (0, 1, 128)
    output = git.run("push", "--porcelain", "--no-verify", *args, ok=codes, timeout=NETWORK_TIMEOUT)
    if output.returncode == 0:
        return Pushed()
    refusals = re.findall(r"^!\t\S*?:(\S+)\t\[.*?\] \((.*)\)$", output.text, re.MULTILINE)
    causes = [(ref, why) for ref, why in refusals if "atomic" not in why] or refusals
    if causes:
        return Rejected("; ".join(f"{ref}: {why}" for ref, why in causes) + _remote_words(output))
    if "src refspec" in output.stderr or "does not exist" in output.stderr:
        return Rejected(_words(output.stderr))
    return Unreachable(_words(output.stderr))


def _words(stderr: str) -> str:
    lines = [line.strip() for line in _USERINFO.sub("://", stderr).splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:"))]
    return (telling or lines or ["git push failed"])[0]


def _remote_words(output: GitOutput) -> str:
    said = [
        line.removeprefix("remote:").strip()
        for line in output.stderr.splitlines()
        if line.startswith("remote:")
    ]
    words = " ".join(line for line in said if line)
    return f" ({words})" if words else ""


def _is_done(git: Git, updates: Sequence[PushUpdate]) -> bool:
    try:
        there = _origin_refs(git, [update.ref for update in updates])
    except GitError:
        return False
    return all(there.get(update.ref) == update.new for update in updates)


def _origin_refs(git: Git, refs: Sequence[str]) -> dict[str, str]:
    output = git.run("ls-remote", "origin", *refs, timeout=NETWORK_TIMEOUT)
    pairs = (line.split("\t", 1) for line in output.text.splitlines())
    return {ref: oid for oid, ref in pairs}


def _upload_large_files(git: Git, commit: str | None) -> Rejected | None:
    """Upload what git-lfs keeps of ``commit``, since our pushes run no hook that would do it."""
    if commit is None:
        return None
    where = (commit, "--", ":(top,glob)**/.gitattributes")
    uses = git.run("grep", "--quiet", "--fixed-strings", "-e", "filter=lfs", *where, ok=(0, 1))
    if uses.returncode:
        return None
    if git.run("lfs", "version", ok=(0, 1)).returncode:
        return Rejected("git-lfs is not installed, and .gitattributes at this commit needs it")
    uploaded = git.run("lfs", "push", "origin", commit, ok=(0, 1, 2), timeout=NETWORK_TIMEOUT)
    if uploaded.returncode:
        return Rejected(f"git lfs push: {_words(uploaded.stderr)}")
    return None
