"""Reading several commits by one process, or by one that stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from tests.gitrepo import TestRepo

from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import read_commits


@pytest.fixture(params=["alone", "attended"])
def git(repo: TestRepo, request: pytest.FixtureRequest) -> Iterator[Git]:
    plain = Git(repo.path)
    with plain.attended() if request.param == "attended" else nullcontext(plain) as git:
        yield git


def test_commits_are_read_in_order_and_what_is_none_is_none(repo: TestRepo, git: Git) -> None:
    first = repo.head()
    second = repo.commit({"f": "f"}, "subject\n\nbody: ä\n\nlast")
    blob = repo.git("rev-parse", "HEAD:f")
    names = ["refs/heads/main", blob, "f" * 40, "refs/heads/nosuch", first]
    newest, *none, oldest = read_commits(git, names)
    assert none == [None, None, None]
    assert newest is not None
    assert oldest is not None
    assert (newest.oid, newest.parents) == (second, (first,))
    assert newest.tree == repo.git("rev-parse", "HEAD^{tree}")
    assert newest.message == "subject\n\nbody: ä\n\nlast\n"
    assert (oldest.oid, oldest.parents, oldest.message) == (first, (), "first\n")
    assert read_commits(git, []) == []
