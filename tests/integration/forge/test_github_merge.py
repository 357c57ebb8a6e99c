"""How pull requests are merged: exactly, where the base is free; else by GitHub, looked after."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.emulator.core.model import Method, State
from tests.emulator.wire.faults import Stale, Status
from tests.github_scene import GitHub
from tests.gitrepo import TestRepo

from agentrelay.errors import ForgeConflictError, ForgeDeniedError, ForgeUnavailableError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import BaseMoved, HeadMoved, InTheWay, Merged, MergePlan, Proposal
from agentrelay.forge.implementations.github_merge import MergeBy
from agentrelay.forge.implementations.github_requests import BODY_LIMIT
from agentrelay.forge.implementations.http_client import Waiting

NOON = "2026-03-01T12:00:00.000Z"


def proposal(repo: TestRepo, body: str = "What it does.") -> Proposal:
    repo.git("switch", "-q", "-C", "lane", "main")
    head = repo.commit({"f": "f\n"})
    repo.git("switch", "-q", "main")
    repo.git("push", "-q", "origin", "lane")
    return Proposal("01A", "Add it", body, "lane", "main", head, NOON, "agent")


def opened(github: GitHub, body: str = "What it does.") -> ChangeRequest:
    return github.forge().ensure(proposal(github.repo, body))


def planned(repo: TestRepo, request: ChangeRequest) -> MergePlan:
    tip = repo.head("origin/main")
    tree = repo.git("merge-tree", "--write-tree", tip, request.head)
    message = "Land it\n\nAgentrelay-Workstream: l"
    commit = repo.git("commit-tree", "-p", tip, "-p", request.head, "-m", message, tree)
    return MergePlan(commit, tip, request.head, NOON)


@pytest.mark.parametrize(
    ("protected", "merge_by", "exact"),
    [(False, "auto", True), (True, "auto", False), (False, "forge", False)],
)
def test_what_was_judged_is_pushed_where_nothing_protects_the_base(  # noqa: PLR0913 - fixtures and cases
    github: GitHub,
    origin: TestRepo,
    repo: TestRepo,
    *,
    protected: bool,
    merge_by: MergeBy,
    exact: bool,
) -> None:
    if protected:
        github.protect()
    request = opened(github)
    plan = planned(repo, request)
    result = github.forge(merge_by).merge(1, plan)
    assert result == Merged(origin.head("main"))
    assert (result == Merged(plan.commit)) == exact
    landed = github.forge().show(1)
    assert landed is not None
    assert (landed.status, landed.merge_commit) == (
        ChangeRequestStatus.MERGED,
        origin.head("main"),
    )
    assert origin.git("log", "-1", "--format=%s|%b", "main").rstrip() == (
        "Land it|Agentrelay-Workstream: l"
    )


def test_github_is_given_time_to_mark_what_was_pushed(github: GitHub, repo: TestRepo) -> None:
    plan = planned(repo, opened(github))
    forge = github.forge()
    forge.list()
    github.emulator.plant(Stale(), times=2, method="GET", path="pulls/1$")
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert github.slept == [0.5]


def test_what_github_refuses_is_in_the_way_with_its_words(github: GitHub, repo: TestRepo) -> None:
    github.protect(approvals=1)
    plan = planned(repo, opened(github))
    result = github.forge().merge(1, plan)
    assert isinstance(result, InTheWay)
    assert "review" in result.why


@pytest.mark.parametrize("told", ['{"x":1}', "{broken}", '{"x":' + "[" * 40_000 + "}"])
def test_a_comment_that_only_looks_like_an_approval_keeps_nothing_from_landing(
    github: GitHub, repo: TestRepo, told: str
) -> None:
    plan = planned(repo, opened(github))
    github.says(f"<!-- agentrelay:approval {told} -->")
    request = github.forge().show(1)
    assert request is not None
    assert request.approvals == ()
    assert github.forge().merge(1, plan) == Merged(plan.commit)


def test_a_refusal_since_the_base_moved_is_told_as_that(github: GitHub, repo: TestRepo) -> None:
    github.protect()
    plan = planned(repo, opened(github))
    moved: list[str] = []

    def somebody_pushes(_: float) -> None:
        moved.append(repo.commit({"theirs": "x\n"}))
        repo.git("push", "-q", "origin", "main")

    refusal = Status(405, "Base branch was modified. Review and try the merge again.")
    github.emulator.plant(refusal, method="PUT", path="merge$")
    racing = github.client(waiting=Waiting(somebody_pushes, lambda: 0.5, 1.0))
    forge = github.forge()
    forge = replace(forge, pulls=replace(forge.pulls, client=racing))
    assert forge.merge(1, plan) == BaseMoved(moved[0])


def test_github_does_not_merge_another_head_than_was_judged(github: GitHub, repo: TestRepo) -> None:
    github.protect()
    plan = planned(repo, opened(github))
    repo.git("switch", "-q", "lane")
    newer = repo.commit({"g": "g\n"})
    repo.git("push", "-q", "origin", "lane")
    assert github.forge().merge(1, plan) == HeadMoved(newer)
    assert github.repository.requests[0].state is State.OPEN


def test_a_base_that_somebody_moved_is_not_merged_into(github: GitHub, repo: TestRepo) -> None:
    github.protect()
    plan = planned(repo, opened(github))
    tip = repo.commit({"theirs": "x\n"})
    repo.git("push", "-q", "origin", "main")
    assert github.forge().merge(1, plan) == BaseMoved(tip)


def test_a_merge_by_a_person_is_success(github: GitHub, repo: TestRepo) -> None:
    plan = planned(repo, opened(github))
    made = github.merges()
    assert github.forge().merge(1, plan) == Merged(made)


def test_what_is_too_long_for_github_is_cut(github: GitHub) -> None:
    request = opened(github, "x" * (BODY_LIMIT + 10))
    assert len(github.repository.requests[0].body) <= BODY_LIMIT
    assert request.body.endswith("it is longer than GitHub takes")
    wrote = len(github.emulator.requests)
    assert github.forge().ensure(proposal(github.repo, "x" * (BODY_LIMIT + 10))).number == 1
    methods = {request.method for request in github.emulator.requests[wrote:]}
    assert methods == {"GET"}


def test_what_a_token_may_not_do_is_said(github: GitHub) -> None:
    wanted = proposal(github.repo)
    github.emulator.hub.add_token("reader", "acme", writes=False)
    forge = github.forge()
    reading = replace(forge, pulls=replace(forge.pulls, client=github.client("reader")))
    with pytest.raises(ForgeDeniedError, match="Resource not accessible"):
        reading.ensure(wanted)


def test_nothing_to_merge_is_githubs_conflict(github: GitHub, repo: TestRepo) -> None:
    repo.git("push", "-q", "origin", "main:refs/heads/same")
    wanted = Proposal("01A", "t", "", "same", "main", repo.head("main"), NOON)
    with pytest.raises(ForgeConflictError, match="No commits between main and same"):
        github.forge().ensure(wanted)


def test_an_origin_that_does_not_answer_may_answer_later(github: GitHub, repo: TestRepo) -> None:
    plan = planned(repo, opened(github))
    repo.git("config", "remote.origin.pushurl", str(repo.path / "gone.git"))
    with pytest.raises(ForgeUnavailableError) as caught:
        github.forge().merge(1, plan)
    assert caught.value.transient


def test_a_merge_queue_is_githubs_to_fill(github: GitHub, repo: TestRepo) -> None:
    github.protect(queue=Method.MERGE)
    result = github.forge().merge(1, planned(repo, opened(github)))
    assert isinstance(result, InTheWay)
    assert "merge queue" in result.why


def test_a_base_that_moves_at_the_last_moment_shows_in_what_landed(
    github: GitHub, origin: TestRepo, repo: TestRepo
) -> None:
    github.protect()
    plan = planned(repo, opened(github))

    def somebody_pushes(_: float) -> None:
        repo.commit({"theirs": "x\n"})
        repo.git("push", "-q", "origin", "main")

    # The client pauses just before it writes: after the last look at the base.
    racing = github.client(waiting=Waiting(somebody_pushes, lambda: 0.5, 1.0))
    forge = github.forge()
    forge = replace(forge, pulls=replace(forge.pulls, client=racing))
    result = forge.merge(1, plan)
    assert result == Merged(origin.head("main"))
    assert result != Merged(plan.commit)
    assert origin.git("rev-parse", "main^{tree}") != repo.git(
        "rev-parse", f"{plan.commit}^{{tree}}"
    )
