"""What `doctor` looks at in a repository: can it be used, what did crashes leave, who waits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from agentrelay.app.forges import chosen_forge, token_state
from agentrelay.app.mending import dead_claims, drop_dead_claims
from agentrelay.app.place import Place
from agentrelay.errors import AgentRelayError
from agentrelay.gitio.reach import hollow_refs
from agentrelay.gitio.refs import RefUpdate, update_refs
from agentrelay.gitio.repository import (
    OUR_FOLDERS,
    OUR_IDENTITY,
    exclude_ours,
    identity,
    is_excluded,
    require_usable,
)
from agentrelay.gitio.worktree import OUR_BRANCHES
from agentrelay.interfaces.cli.finding import Finding, Level, mendable
from agentrelay.interfaces.cli.run_checks import run_findings
from agentrelay.interfaces.cli.worktree_checks import worktree_findings


def repository_findings(place: Place) -> Iterator[Finding]:
    """Give what is found in the repository."""
    yield _usable(place)
    yield _identity(place)
    yield _head(place)
    yield _forge(place)
    yield from _excluded(place)
    yield from _refs(place)
    runtime = _runtime(place)
    yield runtime
    yield from worktree_findings(place)
    if runtime.level is not Level.FAIL:
        yield from _claims(place)
        yield from run_findings(place)


def _usable(place: Place) -> Finding:
    top = place.repo.top
    try:
        require_usable(place.repo)
    except AgentRelayError as error:
        return Finding(Level.FAIL, "repository", error.message, error.hint)
    folders = [top, place.repo.common_dir, *(top / name for name in OUR_FOLDERS)]
    for folder in folders:
        if folder.exists() and not os.access(folder, os.W_OK):
            return Finding(
                Level.FAIL, "repository", f"{folder} can't be written", f"ls -ld {folder}"
            )
    return Finding(Level.OK, "repository", str(top))


def _identity(place: Place) -> Finding:
    found = identity(place.repo)
    text = f"{found.name} <{found.email}>"
    if found == OUR_IDENTITY:
        fix = 'git config user.name "NAME" && git config user.email ADDRESS'
        return Finding(Level.WARN, "identity", f"none of yours: commits are by {text}", fix)
    return Finding(Level.OK, "identity", text)


def _head(place: Place) -> Finding:
    head = place.repo.git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1, 128))
    if head.returncode == 0:
        return Finding(Level.OK, "branch", head.text)
    if place.settings.default_branch is not None:
        return Finding(Level.OK, "branch", f"HEAD is detached; {place.settings.default_branch}")
    return Finding(
        Level.WARN, "branch", "HEAD is detached", "git switch main, or name the branches"
    )


def _forge(place: Place) -> Finding:
    try:
        choice = chosen_forge(place)
        if choice.is_local:
            return Finding(Level.OK, "forge", f"local: {choice.why}")
        state = token_state(place, choice)
    except AgentRelayError as error:
        return Finding(Level.FAIL, "forge", error.message, error.hint)
    return Finding(Level.OK, "forge", f"{choice.kind}, {choice.at}: {choice.why}; {state}")


def _excluded(place: Place) -> Iterator[Finding]:
    there = [name for name in OUR_FOLDERS if (place.repo.top / name).exists()]
    if there and not is_excluded(place.repo):
        found = f"{', '.join(there)} not in .git/info/exclude"
        why = "git status shows our files as yours, and git add -A takes them"
        yield mendable("exclude", found, why, partial(exclude_ours, place.repo))


def _refs(place: Place) -> Iterator[Finding]:
    git = place.repo.git
    for branch in hollow_refs(git, f"refs/heads/{OUR_BRANCHES.rstrip('/')}"):
        found = f"{branch} points at a commit that is not here"
        fix = "git fsck --lost-found, then git update-ref with what is left of its work"
        yield Finding(Level.WARN, "refs", found, fix, "its lane can't go on")
    for ref, oid in hollow_refs(git, "refs/agentrelay").items():
        found = f"{ref} points at an object that is not here"
        why = "git and the change requests stop at it, and it keeps nothing any more"
        update = RefUpdate(ref, None, oid)
        drop = partial(update_refs, git, [update], reason="agentrelay: doctor")
        yield mendable("refs", found, why, drop)


def _runtime(place: Place) -> Finding:
    try:
        place.executor()
    except AgentRelayError as error:
        return Finding(Level.FAIL, "runtime", error.message, error.hint)
    return Finding(Level.OK, "runtime", "the folder of locks and allowances can be used")


def _claims(place: Place) -> Iterator[Finding]:
    if dead := dead_claims(place):
        found = f"{len(dead)} claims are of worktrees that are gone"
        why = "they take nothing away: a new worktree gets the ports of a dead one"
        yield mendable("ports", found, why, partial(drop_dead_claims, place))
