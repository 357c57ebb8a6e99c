"""What every forge does: the local one, GitHub (the emulator) over real git, and the fake."""

from __future__ import annotations

from typing import Protocol

import pytest
from tests.adapters.fake_forge import FakeForge, FakeHistory
from tests.github_scene import GitHub
from tests.gitrepo import TestRepo

from agentrelay.errors import ForgeError, UnknownNameError
from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import BaseMoved, Forge, HeadMoved, Merged, MergePlan, Proposal
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git

NOON = "2026-03-01T12:00:00.000Z"
LATER = "2026-03-01T13:00:00.000Z"
OPEN, MERGED, CLOSED = (
    ChangeRequestStatus.OPEN,
    ChangeRequestStatus.MERGED,
    ChangeRequestStatus.CLOSED,
)


class World(Protocol):
    """A forge, and a hand that commits and merges beside it. ``lane`` is the usual base.

    ``keeps_records``: times, authors and that a merge was taken back are kept as they are told; a
    forge with accounts and a clock of its own knows them by these.
    """

    keeps_records: bool

    @property
    def forge(self) -> Forge: ...
    def commit(self, branch: str) -> str:
        """Add a commit to a branch, made from ``lane`` if it is new; return its id."""
        ...

    def tip(self, branch: str) -> str: ...
    def merge_commit(self, base: str, head: str) -> str:
        """Return a merge that no branch has yet."""
        ...

    def move(self, branch: str, commit: str) -> None: ...


class LocalWorld:
    keeps_records = True

    def __init__(self, repo: TestRepo) -> None:
        self.repo = repo
        self.forge: Forge = LocalForge(Git(repo.path), repo.path / ".git")
        self.count = 0
        repo.git("branch", "lane")

    def commit(self, branch: str) -> str:
        self.count += 1
        start = self.repo.find(branch) or self.tip("lane")
        blob = self.repo.git("hash-object", "-w", "--stdin", stdin=f"{self.count}\n")
        listed = self.repo.git("ls-tree", start)
        tree = self.repo.git("mktree", stdin=f"{listed}\n100644 blob {blob}\tf{self.count}\n")
        commit = self.repo.git("commit-tree", "-p", start, "-m", f"change {self.count}", tree)
        self.move(branch, commit)
        return commit

    def tip(self, branch: str) -> str:
        return self.repo.head(f"refs/heads/{branch}")

    def merge_commit(self, base: str, head: str) -> str:
        tree = self.repo.git("merge-tree", "--write-tree", base, head)
        return self.repo.git("commit-tree", "-p", base, "-p", head, "-m", "merge", tree)

    def move(self, branch: str, commit: str) -> None:
        self.repo.git("update-ref", f"refs/heads/{branch}", commit)


class GitHubWorld(LocalWorld):
    """A repository whose branches are pushed, by the very hand that moves them."""

    keeps_records = False

    def __init__(self, repo: TestRepo, github: GitHub) -> None:
        super().__init__(repo)
        self.forge = github.forge()
        self.notice = github.emulator.notice_pushes
        repo.git("push", "-q", "origin", "lane")

    def tip(self, branch: str) -> str:
        return self.repo.git("ls-remote", "origin", f"refs/heads/{branch}").partition("\t")[0]

    def commit(self, branch: str) -> str:
        if self.tip(branch):
            self.repo.git("fetch", "-q", "origin", f"+refs/heads/{branch}:refs/heads/{branch}")
        return super().commit(branch)

    def move(self, branch: str, commit: str) -> None:
        self.notice()
        super().move(branch, commit)
        self.repo.git("push", "-q", "--force", "origin", f"{commit}:refs/heads/{branch}")


class FakeWorld:
    keeps_records = True

    def __init__(self) -> None:
        self.history = FakeHistory(parents={"c0": ()}, branches={"main": "c0", "lane": "c0"})
        self.forge = FakeForge(self.history)

    def _add(self, *parents: str) -> str:
        oid = f"c{len(self.history.parents)}"
        self.history.parents[oid] = parents
        return oid

    def commit(self, branch: str) -> str:
        start = self.history.branches.get(branch) or self.tip("lane")
        self.history.branches[branch] = self._add(start)
        return self.tip(branch)

    def tip(self, branch: str) -> str:
        return self.history.branches[branch]

    def merge_commit(self, base: str, head: str) -> str:
        return self._add(base, head)

    def move(self, branch: str, commit: str) -> None:
        self.history.branches[branch] = commit


@pytest.fixture(params=["local", "github", "fake"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return FakeWorld()
    repo: TestRepo = request.getfixturevalue("repo")
    if request.param == "github":
        return GitHubWorld(repo, request.getfixturevalue("github"))
    return LocalWorld(repo)


def proposal(world: World, branch: str, *, ulid: str = "01A", title: str = "Add it") -> Proposal:
    head = world.commit(branch)
    return Proposal(ulid, title, "What it does.", branch, "lane", head, NOON, "agent")


def opened(world: World, branch: str, *, ulid: str = "01A") -> ChangeRequest:
    return world.forge.ensure(proposal(world, branch, ulid=ulid))


def planned(world: World, request: ChangeRequest) -> MergePlan:
    tip = world.tip("lane")
    return MergePlan(world.merge_commit(tip, request.head), tip, request.head, LATER, "me")


def approval(head: str, *, time: str = LATER, by: str = "me") -> Approval:
    return Approval(by, time, head, merge_base="m", target_tip="t", tree="r")


def test_an_opened_request_is_what_was_proposed(world: World) -> None:
    wanted = proposal(world, "task")
    request = world.forge.ensure(wanted)
    assert (request.number, request.status) == (1, OPEN)
    assert (request.id, request.head) == (wanted.id, wanted.head)
    assert (request.title, request.body) == (wanted.title, wanted.body)
    assert (request.head_branch, request.base_branch) == ("task", "lane")
    if world.keeps_records:
        assert (request.created, request.author) == (NOON, "agent")
    assert str(request.number) in request.url
    assert world.forge.show(1) == request
    assert world.forge.find("task", "lane") == request


def test_opening_again_gives_the_same_request(world: World) -> None:
    wanted = proposal(world, "task")
    assert world.forge.ensure(wanted) == world.forge.ensure(wanted)
    assert len(world.forge.list()) == 1


def test_a_second_proposal_for_open_branches_updates_the_first(world: World) -> None:
    first = opened(world, "task")
    again = world.forge.ensure(proposal(world, "task", ulid="01B", title="Better"))
    assert (again.number, again.id, again.title) == (1, first.id, "Better")
    assert again.head == world.tip("task") != first.head
    assert world.forge.list() == [again]


def test_a_base_branch_that_is_not_there_is_refused(world: World) -> None:
    head = world.commit("task")
    with pytest.raises(ForgeError, match="'gone' does not exist"):
        world.forge.ensure(Proposal("01A", "t", "", "task", "gone", head, NOON))


def test_what_is_not_there_is_none_to_read_and_an_error_to_write(world: World) -> None:
    head = world.commit("task")
    assert world.forge.show(9) is None
    assert world.forge.find("task", "lane") is None
    assert world.forge.list() == []
    plan = MergePlan(world.merge_commit(head, head), head, head, NOON)
    with pytest.raises(UnknownNameError):
        world.forge.approve(9, approval(head))
    with pytest.raises(UnknownNameError):
        world.forge.merge(9, plan)
    with pytest.raises(UnknownNameError):
        world.forge.close(9, reason="", time=NOON)
    with pytest.raises(UnknownNameError):
        world.forge.diff(9)


def test_a_merge_moves_the_base_and_marks_the_request(world: World) -> None:
    request = opened(world, "task")
    plan = planned(world, request)
    assert world.forge.merge(1, plan) == Merged(plan.commit)
    assert world.tip("lane") == plan.commit
    merged = world.forge.show(1)
    assert merged is not None
    assert (merged.status, merged.merge_commit) == (MERGED, plan.commit)
    if world.keeps_records:
        assert merged.updated == LATER


def test_merging_again_is_success_and_changes_nothing(world: World) -> None:
    plan = planned(world, opened(world, "task"))
    world.forge.merge(1, plan)
    further = world.commit("lane")
    before = world.forge.show(1)
    assert world.forge.merge(1, plan) == Merged(plan.commit)
    assert (world.tip("lane"), world.forge.show(1)) == (further, before)


def test_a_merged_request_whose_merge_the_base_lost_is_an_error(world: World) -> None:
    before = world.tip("lane")
    plan = planned(world, opened(world, "task"))
    world.forge.merge(1, plan)
    world.move("lane", before)
    with pytest.raises(ForgeError, match="has lost"):
        world.forge.merge(1, plan)


def test_a_merge_that_the_base_lost_can_be_recorded_as_taken_back(world: World) -> None:
    before = world.tip("lane")
    plan = planned(world, opened(world, "task"))
    world.forge.merge(1, plan)
    if not world.keeps_records:
        with pytest.raises(ForgeError, match="stays merged"):
            world.forge.take_back(1, reason="reset", time=LATER)
        return
    with pytest.raises(ForgeError, match="still has the merge"):
        world.forge.take_back(1, reason="reset", time=LATER)
    world.move("lane", before)
    taken = world.forge.take_back(1, reason="reset", time=LATER, by="me")
    assert (taken.status, taken.merge_commit) == (CLOSED, plan.commit)
    assert world.forge.take_back(1, reason="again", time=LATER) == taken
    assert world.forge.list(MERGED) == []
    again = opened(world, "task", ulid="01B")
    assert again.number == 2
    with pytest.raises(ForgeError, match="was not merged"):
        world.forge.take_back(2, reason="reset", time=LATER)


def test_a_base_that_moved_is_told_and_left(world: World) -> None:
    plan = planned(world, opened(world, "task"))
    tip = world.commit("lane")
    assert world.forge.merge(1, plan) == BaseMoved(tip)
    assert world.tip("lane") == tip
    assert world.forge.list(OPEN)


def test_a_head_that_moved_is_told_and_left(world: World) -> None:
    plan = planned(world, opened(world, "task"))
    newer = opened(world, "task")
    assert world.forge.merge(1, plan) == HeadMoved(newer.head)
    assert world.tip("lane") == plan.base_tip


def test_a_merge_that_the_base_already_has_is_only_recorded(world: World) -> None:
    plan = planned(world, opened(world, "task"))
    world.move("lane", plan.commit)
    further = world.commit("lane")
    assert world.forge.merge(1, plan) == Merged(plan.commit)
    assert world.tip("lane") == further
    assert [r.merge_commit for r in world.forge.list(MERGED)] == [plan.commit]


def test_a_commit_that_is_no_merge_of_the_request_is_refused(world: World) -> None:
    request = opened(world, "task")
    tip = world.tip("lane")
    for commit in (request.head, world.merge_commit(request.head, tip)):
        with pytest.raises(ForgeError, match="no merge"):
            world.forge.merge(1, MergePlan(commit, tip, request.head, LATER))
    assert world.tip("lane") == tip


def test_an_ended_request_of_the_same_id_stays_and_a_new_id_opens_a_new_one(world: World) -> None:
    wanted = proposal(world, "task")
    first = world.forge.ensure(wanted)
    world.forge.merge(1, planned(world, first))
    ended = world.forge.show(1)
    assert world.forge.ensure(wanted) == ended
    second = opened(world, "task", ulid="01B")
    assert (second.number, second.status) == (2, OPEN)
    assert world.forge.find("task", "lane") == second
    assert world.forge.show(1) == ended


def test_lists_are_newest_first_and_by_status(world: World) -> None:
    for name in ("a", "b", "c"):
        opened(world, name, ulid=f"01{name}")
    world.forge.close(2, reason="not wanted", time=LATER)
    assert [r.number for r in world.forge.list()] == [3, 2, 1]
    assert [r.number for r in world.forge.list(OPEN)] == [3, 1]
    assert [r.number for r in world.forge.list(CLOSED)] == [2]


def test_an_approval_is_recorded_once(world: World) -> None:
    request = opened(world, "task")
    first = approval(request.head)
    approved = world.forge.approve(1, first)
    assert approved.approvals == (first,)
    assert world.forge.approve(1, first) == approved
    assert world.forge.approve(1, approval(request.head, time="2026-03-02T00:00:00Z")) == approved
    other = approval(request.head, by="you")
    assert world.forge.approve(1, other).approvals == (first, other)


def test_an_approval_stays_with_its_head_when_the_request_gets_a_new_one(world: World) -> None:
    request = opened(world, "task")
    old = approval(request.head)
    world.forge.approve(1, old)
    newer = opened(world, "task")
    assert newer.approvals == (old,)
    assert newer.head != old.head


def test_closing_twice_is_closing_once(world: World) -> None:
    opened(world, "task")
    closed = world.forge.close(1, reason="not wanted", time=LATER, by="me")
    assert closed.status is CLOSED
    if world.keeps_records:
        assert closed.updated == LATER
    assert world.forge.close(1, reason="again", time="2026-03-02T00:00:00Z") == closed


def test_an_ended_request_takes_no_further_acts(world: World) -> None:
    request = opened(world, "task")
    plan = planned(world, request)
    world.forge.close(1, reason="", time=LATER)
    with pytest.raises(ForgeError, match="closed"):
        world.forge.merge(1, plan)
    with pytest.raises(ForgeError, match="closed"):
        world.forge.approve(1, approval(request.head))
    second = opened(world, "task", ulid="01B")
    world.forge.merge(2, planned(world, second))
    with pytest.raises(ForgeError, match="merged"):
        world.forge.close(2, reason="", time=LATER)


def test_a_diff_names_the_head_or_its_change(world: World) -> None:
    opened(world, "task")
    assert world.forge.diff(1)
    assert world.forge.diff(1, stat=True) != world.forge.diff(1)


def test_a_request_that_is_one_commit_on_its_base_is_merged_as_it_is(world: World) -> None:
    request = opened(world, "task")
    plan = MergePlan(request.head, world.tip("lane"), request.head, LATER, "me", forward=True)
    assert world.forge.merge(1, plan) == Merged(request.head)
    assert world.tip("lane") == request.head
    assert world.forge.merge(1, plan) == Merged(request.head)
    merged = world.forge.show(1)
    assert merged is not None
    assert (merged.status, merged.merge_commit) == (MERGED, request.head)


def test_more_than_one_commit_on_the_base_is_no_merge(world: World) -> None:
    base = world.tip("lane")
    world.commit("task")
    request = opened(world, "task")
    with pytest.raises(ForgeError, match="is no merge"):
        world.forge.merge(1, MergePlan(request.head, base, request.head, LATER, "me", forward=True))
    assert world.tip("lane") == base


def test_a_merged_request_can_be_remarked_upon_and_the_same_twice_is_once(world: World) -> None:
    request = opened(world, "task")
    world.forge.merge(1, planned(world, request))
    noted = world.forge.remark(1, text="reverted", time="2026-03-01T14:00:00.000Z", by="me")
    assert noted.status is MERGED
    if world.keeps_records:
        assert noted.updated == "2026-03-01T14:00:00.000Z"
    again = world.forge.remark(1, text="reverted", time="2026-03-01T15:00:00.000Z", by="me")
    assert again == noted
    assert world.forge.show(1) == noted
