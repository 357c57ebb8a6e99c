"""What change requests of the local forge keep: their history, their text, through anything."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.gitrepo import MakeRepo, TestRepo
from tests.integration.forge.scene import LATER, NOON, change, forge_of, plan_of, proposal, with_git

from agentrelay.errors import ForgeError, FormatError, GitError
from agentrelay.forge.core.change_request import Approval, ChangeRequestStatus
from agentrelay.forge.core.forge import (
    Merged,
    Proposal,
)
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git


def test_requests_survive_deleted_branches_and_garbage_collection(repo: TestRepo) -> None:
    first = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(first))
    repo.git("branch", "--force", "task", "main")
    second = change(repo, "task", {"new.txt": "two\n"})
    forge.ensure(proposal(second))
    repo.git("branch", "-D", "task")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    assert repo.find(first) == first
    assert "+two" in forge.diff(1)
    assert "new.txt | 1 +" in forge.diff(1, stat=True)
    assert repo.git("fsck", "--full", "--strict") == ""


def test_the_diff_of_a_merged_request_is_what_it_changed(repo: TestRepo) -> None:
    repo.git("branch", "lane")
    head = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head, base="lane"))
    forge.merge(1, plan_of(repo, head, base="lane"))
    repo.git("branch", "-D", "lane", "task")
    assert "+one" in forge.diff(1)


def test_the_diff_of_an_open_request_survives_its_base(repo: TestRepo) -> None:
    repo.git("branch", "lane")
    forge = forge_of(repo)
    forge.ensure(proposal(change(repo, "task", {"new.txt": "one\n"}), base="lane"))
    repo.git("branch", "-D", "lane")
    assert "+one" in forge.diff(1)


def test_history_tells_who_did_what_when(repo: TestRepo) -> None:
    head = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    forge.approve(1, Approval("me", LATER, head, head, head, head))
    forge.close(1, reason="no longer wanted", time=LATER, by="you")
    told = [(entry.kind, entry.by, entry.note) for entry in forge.history(1)]
    assert told == [
        ("opened", "agent", ""),
        ("approved", "me", ""),
        ("closed", "you", "no longer wanted"),
    ]
    assert {entry.head for entry in forge.history(1)} == {head}
    assert repo.git("log", "-1", "--format=%s", "refs/agentrelay/pr/1") == "local#1 closed: Add it"


def test_the_same_acts_give_the_same_objects(new_repo: MakeRepo) -> None:
    tips = set[str]()
    for name in ("a", "b"):
        repo = new_repo(name)
        forge = forge_of(repo)
        forge.ensure(proposal(change(repo, "task", {"new.txt": "one\n"})))
        forge.close(1, reason="", time=LATER)
        tips.add(repo.head("refs/agentrelay/pr/1"))
    assert len(tips) == 1


def test_requests_travel_by_push_and_fetch(
    repo: TestRepo, origin: TestRepo, new_repo: MakeRepo
) -> None:
    head = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    forge.approve(1, Approval("me", LATER, head, head, head, head))
    refspec = "refs/agentrelay/pr/*:refs/agentrelay/pr/*"
    repo.git("push", "--quiet", "origin", refspec)
    other = new_repo("other")
    other.git("fetch", "--quiet", str(origin.path), refspec)
    there = forge_of(other)
    assert there.list() == forge.list()
    assert there.history(1) == forge.history(1)
    assert "+one" in there.diff(1)
    assert other.git("fsck", "--full") == ""


def foreign(repo: TestRepo, ref: str, message: str) -> None:
    empty = repo.git("hash-object", "-t", "tree", "-w", "--stdin", stdin="")
    repo.git("update-ref", ref, repo.git("commit-tree", "-F", "-", empty, stdin=message))


def test_foreign_data_among_the_refs_does_no_harm(repo: TestRepo) -> None:
    head = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    request = forge.ensure(proposal(head))
    blob = repo.git("hash-object", "-w", "--stdin", stdin="x")
    repo.git("update-ref", "refs/agentrelay/pr/2", blob)
    foreign(repo, "refs/agentrelay/pr/3", "no JSON here\n")
    foreign(repo, "refs/agentrelay/pr/4", 'x\n\n{"version": 2, "event": {}, "state": {}}\n')
    foreign(repo, "refs/agentrelay/pr/5", "x\n\n" + "[" * 100_000)
    foreign(repo, "refs/agentrelay/pr/6/deeper", "x\n")
    foreign(repo, "refs/agentrelay/pr/name", "x\n")
    stored = repo.git("log", "-1", "--format=%B", "refs/agentrelay/pr/1")
    foreign(repo, "refs/agentrelay/pr/0007", stored)
    evil = stored.replace(head, "--output=" + str(repo.path / "evil"))
    foreign(repo, "refs/agentrelay/pr/8", evil)
    assert forge.list() == [request]
    for number in (3, 5, 8):
        with pytest.raises(ForgeError, match=f"local#{number}"):
            forge.show(number)
    with pytest.raises(FormatError, match="local#4 has format 2"):
        forge.show(4)
    with pytest.raises(ForgeError):
        forge.diff(8)
    assert not (repo.path / "evil").exists()
    other = change(repo, "next", {"n": "n\n"})
    assert forge.ensure(proposal(other, branch="next", ulid="01B")).number == 9


def test_odd_text_is_kept_exactly_and_never_breaks_the_subject(repo: TestRepo) -> None:
    head = change(repo, "task", {"new.txt": "one\n"})
    title = "line\nbreak \x1b[31m \x00 \ud800 é"
    forge = forge_of(repo)
    forge.ensure(Proposal("01A", title, "b\x00\n\n" * 50_000, "task", "main", head, NOON))
    request = forge.show(1)
    assert request is not None
    assert request.title == title
    assert len(request.body) == 200_000
    subject = repo.git("log", "-1", "--format=%s", "refs/agentrelay/pr/1")
    assert subject.startswith("local#1 opened: line break  [31m")


def test_the_state_is_readable_json(repo: TestRepo) -> None:
    forge_of(repo).ensure(proposal(change(repo, "task", {"new.txt": "one\n"})))
    message = repo.git("log", "-1", "--format=%b", "refs/agentrelay/pr/1")
    content = json.loads(message)
    assert content["version"] == 1
    assert content["event"]["kind"] == "opened"
    assert content["state"]["head_branch"] == "task"


def test_a_merge_that_was_taken_back_is_told_in_the_history_and_stays_reachable(
    repo: TestRepo,
) -> None:
    before, head = repo.head("main"), change(repo, "task", {"new.txt": "one\n"})
    repo.git("branch", "lane")
    forge = forge_of(repo)
    forge.ensure(proposal(head, base="lane"))
    plan = plan_of(repo, head, base="lane")
    forge.merge(1, plan)
    repo.git("branch", "--force", "lane", before)
    forge.take_back(1, reason="task a was reset by ann", time=LATER, by="ann")
    told = [(entry.kind, entry.by, entry.note) for entry in forge.history(1)]
    assert told[-1] == ("taken_back", "ann", "task a was reset by ann")
    content = json.loads(repo.git("log", "-1", "--format=%b", "refs/agentrelay/pr/1"))
    assert (content["version"], content["state"]["status"]) == (1, "closed")
    contained = repo.git("for-each-ref", f"--contains={plan.commit}", "refs/agentrelay")
    assert "refs/agentrelay/pr/1" in contained


def test_a_remark_is_an_event_of_the_same_format(repo: TestRepo) -> None:
    forge = forge_of(repo)
    request = forge.ensure(proposal(change(repo, "task", {"new.txt": "one\n"})))
    forge.remark(1, text="reverted on main", time=NOON, by="ann")
    forge.remark(1, text="reverted on main", time=NOON, by="ben")
    assert [(each.kind, each.by, each.note) for each in forge.history(1)] == [
        ("opened", "agent", ""),
        ("remarked", "ann", "reverted on main"),
    ]
    content = json.loads(repo.git("log", "-1", "--format=%b", "refs/agentrelay/pr/1"))
    assert content["version"] == 1
    assert content["event"] == {
        "kind": "remarked",
        "time": NOON,
        "by": "ann",
        "count": 2,
        "note": "reverted on main",
    }
    assert forge.show(1) == request


def test_a_head_that_is_no_commit_opens_nothing(repo: TestRepo) -> None:
    with pytest.raises(GitError):
        forge_of(repo).ensure(proposal("f" * 40))
    assert repo.refs("refs/agentrelay") == {}


def test_a_sha256_repository_works(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    repo = TestRepo(tmp_path / "r")
    repo.git("init", "--quiet", "--object-format=sha256")
    repo.commit({"f": "1\n"})
    head = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    plan = plan_of(repo, head)
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert forge.list(ChangeRequestStatus.MERGED)
    assert repo.git("fsck", "--full") == ""


def test_a_task_costs_few_git_processes(repo: TestRepo, tmp_path: Path) -> None:
    repo.git("branch", "lane")
    first, second = (change(repo, name, {name: "x\n"}) for name in ("a", "b"))
    forge_of(repo).ensure(proposal(first, branch="a", base="lane"))
    plan = plan_of(repo, second, base="lane")
    log = tmp_path / "calls"
    environ = with_git(tmp_path, f'echo "$1" >> "{log}"')
    forge = LocalForge(Git(repo.path, environ), repo.path / ".git")
    forge.ensure(proposal(second, branch="b", base="lane", ulid="01B"))
    assert log.read_text().split() == ["for-each-ref", "commit-tree", "update-ref"]
    log.write_text("")
    assert forge.merge(2, plan) == Merged(plan.commit)
    assert Counter(log.read_text().split()) == Counter(["cat-file", "commit-tree", "update-ref"])
