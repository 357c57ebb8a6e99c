"""The GraphQL nodes of branches and commits."""

from __future__ import annotations

from functools import partial

from tests.emulator.core.model import Repository
from tests.emulator.github.graphql.checks import rollup
from tests.emulator.github.graphql.connection import Node, connection
from tests.emulator.github.graphql.world import World
from tests.emulator.github.shapes import time


def branch(world: World, of: Repository, name: str) -> Node | None:
    """Return a branch, where there is one."""
    sha = of.bare.heads().get(name)
    if sha is None:
        return None
    return {
        "__typename": "Ref",
        "id": f"REF_{of.id}:{name}",
        "name": name,
        "prefix": "refs/heads/",
        "target": lambda: commit(world, of, sha),
        "branchProtectionRule": _protection(of, name),
        "compare": partial(_compare, of, sha),
    }


def commit(world: World, of: Repository, rev: str | None) -> Node | None:
    """Return a commit, where there is one."""
    sha = None if rev is None else of.bare.resolve(rev)
    if sha is None:
        return None
    found = of.bare.commit(sha)
    headline, _, body = found.message.partition("\n")
    author = {"name": found.name, "email": found.email, "user": None, "date": time(found.date)}
    return {
        "__typename": "Commit",
        "id": f"C_{of.id}:{sha}",
        "oid": sha,
        "abbreviatedOid": sha[:7],
        "message": found.message,
        "messageHeadline": headline,
        "messageBody": body.strip("\n"),
        "committedDate": time(found.date),
        "authoredDate": time(found.date),
        "author": author,
        "authors": connection([author], lambda each: each),
        "statusCheckRollup": lambda: rollup(world, of, sha),
    }


def _protection(of: Repository, name: str) -> Node | None:
    found = of.protections.get(name)
    if found is None:
        return None
    return {
        "__typename": "BranchProtectionRule",
        "id": f"BPR_{of.id}:{name}",
        "requiresStrictStatusChecks": found.strict,
        "requiresStatusChecks": bool(found.checks),
        "requiredStatusCheckContexts": list(found.checks),
        "requiresApprovingReviews": found.approvals > 0,
        "requiredApprovingReviewCount": found.approvals,
    }


def _compare(of: Repository, base: str, head_ref: str) -> Node | None:
    head = of.bare.resolve(f"refs/heads/{head_ref}") or of.bare.resolve(head_ref)
    if head is None:
        return None
    ahead, behind = len(of.bare.between(base, head)), len(of.bare.between(head, base))
    words = {(False, False): "IDENTICAL", (True, False): "AHEAD", (False, True): "BEHIND"}
    status = words.get((bool(ahead), bool(behind)), "DIVERGED")
    return {"aheadBy": ahead, "behindBy": behind, "status": status}
