"""Reading several commits by one process."""

from __future__ import annotations

from tests.gitrepo import TestRepo

from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import read_commits


def test_commits_are_read_in_order_and_what_is_none_is_none(repo: TestRepo) -> None:
    first = repo.head()
    second = repo.commit({"f": "f"}, "subject\n\nbody: ä\n\nlast")
    blob = repo.git("rev-parse", "HEAD:f")
    names = ["refs/heads/main", blob, "f" * 40, "refs/heads/no such", first]
    newest, *none, oldest = read_commits(Git(repo.path), names)
    assert none == [None, None, None]
    assert newest is not None
    assert oldest is not None
    assert (newest.oid, newest.parents) == (second, (first,))
    assert newest.tree == repo.git("rev-parse", "HEAD^{tree}")
    assert newest.message == "subject\n\nbody: ä\n\nlast\n"
    assert (oldest.oid, oldest.parents, oldest.message) == (first, (), "first\n")
    assert read_commits(Git(repo.path), []) == []
