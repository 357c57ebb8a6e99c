"""The local forge beside what else happens in a repository: users, crashes, other writers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.gitrepo import MakeRepo, TestRepo

from agentrelay.errors import ForgeError, FormatError, GitError
from agentrelay.forge.core.change_request import Approval, ChangeRequestStatus
from agentrelay.forge.core.forge import (
    BaseMoved,
    HeadMoved,
    InTheWay,
    Merged,
    MergePlan,
    Proposal,
)
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git

NOON = "2026-03-01T12:00:00.000Z"
LATER = "2026-03-01T13:00:00.000Z"


def forge_of(repo: TestRepo) -> LocalForge:
    return LocalForge(Git(repo.path), repo.path / ".git")


def change(repo: TestRepo, branch: str, files: dict[str, str], *, start: str = "main") -> str:
    """Commit files on a branch, made at ``start`` if new, without touching the check-out."""
    there = repo.path.parent / "elsewhere"
    existing = repo.find(f"refs/heads/{branch}")
    new = () if existing else ("-b", branch)
    repo.git("worktree", "add", "--quiet", *new, str(there), branch if existing else start)
    commit = TestRepo(there).commit(dict(files), f"change {branch}")
    repo.git("worktree", "remove", "--force", str(there))
    return commit


def proposal(head: str, *, branch: str = "task", base: str = "main", ulid: str = "01A") -> Proposal:
    return Proposal(ulid, "Add it", "What it does.", branch, base, head, NOON, "agent")


def plan_of(repo: TestRepo, head: str, *, base: str = "main") -> MergePlan:
    tip = repo.head(f"refs/heads/{base}")
    tree = repo.git("merge-tree", "--write-tree", tip, head)
    commit = repo.git("commit-tree", "-p", tip, "-p", head, "-m", "merge", tree)
    return MergePlan(commit, tip, head, LATER, "me")


def test_landing_on_the_checked_out_branch_brings_its_files_along(repo: TestRepo) -> None:
    repo.commit({"mine.txt": "old\n"})
    head = change(repo, "task", {"new.txt": "new\n"})
    repo.write({"mine.txt": "my own change\n", "untracked.txt": "also mine\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    plan = plan_of(repo, head)
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert repo.head() == plan.commit
    assert (repo.path / "new.txt").read_text() == "new\n"
    assert (repo.path / "mine.txt").read_text() == "my own change\n"
    assert repo.status() == " M mine.txt\n?? untracked.txt"


def test_local_changes_in_the_way_keep_everything_as_it_is(repo: TestRepo) -> None:
    head = change(repo, "task", {"README.md": "theirs\n"})
    repo.write({"README.md": "mine\n"})
    forge = forge_of(repo)
    request = forge.ensure(proposal(head))
    before = repo.refs()
    result = forge.merge(1, plan_of(repo, head))
    assert isinstance(result, InTheWay)
    assert "local changes" in result.why
    assert "README.md" in result.why
    assert repo.refs() == before
    assert (repo.path / "README.md").read_text() == "mine\n"
    assert forge.show(1) == request


def test_an_ignored_file_in_the_way_is_not_overwritten(repo: TestRepo) -> None:
    repo.commit({".gitignore": "secret\n"})
    head = change(repo, "task", {"secret": "theirs\n"})
    repo.write({"secret": "mine\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    assert isinstance(forge.merge(1, plan_of(repo, head)), InTheWay)
    assert (repo.path / "secret").read_text() == "mine\n"


def test_landing_reaches_a_linked_worktree_that_stands_on_the_branch(
    repo: TestRepo, tmp_path: Path
) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "lane", str(tmp_path / "lane"))
    head = change(repo, "task", {"new.txt": "new\n"}, start="lane")
    forge = forge_of(repo)
    forge.ensure(proposal(head, base="lane"))
    plan = plan_of(repo, head, base="lane")
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert TestRepo(tmp_path / "lane").status() == ""
    assert (tmp_path / "lane" / "new.txt").exists()


def test_a_branch_whose_worktree_is_gone_waits_by_name(repo: TestRepo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "lane", str(tmp_path / "lane"))
    head = change(repo, "task", {"new.txt": "new\n"}, start="lane")
    forge = forge_of(repo)
    forge.ensure(proposal(head, base="lane"))
    plan = plan_of(repo, head, base="lane")
    shutil.rmtree(tmp_path / "lane")
    result = forge.merge(1, plan)
    assert isinstance(result, InTheWay)
    assert str(tmp_path / "lane") in result.why
    repo.git("worktree", "prune")
    assert forge.merge(1, plan) == Merged(plan.commit)


def test_a_branch_that_is_being_rebased_waits(repo: TestRepo) -> None:
    start = repo.head()
    repo.commit({"f": "main\n"})
    repo.git("branch", "onto", start)
    change(repo, "onto", {"f": "other\n"})
    head = change(repo, "task", {"new.txt": "new\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    plan = plan_of(repo, head)
    repo.git("rebase", "onto", check=False)
    assert repo.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    result = forge.merge(1, plan)
    assert isinstance(result, InTheWay)
    assert "main is being rebased" in result.why
    repo.git("rebase", "--abort")
    assert forge.merge(1, plan) == Merged(plan.commit)


def test_a_branch_that_is_being_bisected_waits(repo: TestRepo) -> None:
    good = repo.head()
    for n in range(4):
        repo.commit({"f": f"{n}\n"})
    head = change(repo, "task", {"new.txt": "new\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    plan = plan_of(repo, head)
    repo.git("bisect", "start", "HEAD", good)
    result = forge.merge(1, plan)
    assert isinstance(result, InTheWay)
    assert "main is being bisected" in result.why
    repo.git("bisect", "reset")
    assert forge.merge(1, plan) == Merged(plan.commit)


def test_a_merge_of_the_users_own_is_left_alone(repo: TestRepo) -> None:
    change(repo, "other", {"README.md": "other\n"})
    head = change(repo, "task", {"new.txt": "new\n"})
    repo.commit({"README.md": "mine\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    plan = plan_of(repo, head)
    repo.git("merge", "other", check=False)
    before = repo.status()
    result = forge.merge(1, plan)
    assert isinstance(result, InTheWay)
    assert "a merge is under way" in result.why
    assert repo.status() == before


@pytest.mark.parametrize("base", ["main", "lane"])
def test_a_crash_between_base_and_request_is_mended_by_calling_again(
    repo: TestRepo, base: str
) -> None:
    repo.git("branch", "lane")
    head = change(repo, "task", {"new.txt": "new\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head, base=base))
    plan = plan_of(repo, head, base=base)
    if base == "main":
        repo.git("merge", "--quiet", "--ff-only", plan.commit)
    else:
        repo.git("update-ref", "refs/heads/lane", plan.commit)
    reflogs = repo.git("reflog", "show", base), repo.git("reflog", "show", "HEAD")
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert [entry.kind for entry in forge.history(1)] == ["opened", "merged"]
    assert (repo.git("reflog", "show", base), repo.git("reflog", "show", "HEAD")) == reflogs
    assert repo.head(base) == plan.commit


def test_a_merge_killed_at_any_time_is_finished_by_the_next_call(
    repo: TestRepo, tmp_path: Path
) -> None:
    repo.git("branch", "lane")
    forge = forge_of(repo)
    shim = tmp_path / "shim"
    for n, kill_at in enumerate(["cat-file", "commit-tree", "update-ref", "merge"], start=1):
        base = "main" if kill_at == "merge" else "lane"
        head = change(repo, f"task{n}", {f"f{n}": "new\n"}, start=base)
        forge.ensure(proposal(head, branch=f"task{n}", base=base, ulid=f"01{n}"))
        plan = plan_of(repo, head, base=base)
        environ = {**os.environ, "PATH": f"{killing_git(shim, kill_at)}:{os.environ['PATH']}"}
        script = MERGE.format(path=repo.path, number=n, plan=plan)
        killed = subprocess.run([sys.executable, "-c", script], env=environ, check=False)
        assert killed.returncode == -9
        assert forge.merge(n, plan) == Merged(plan.commit)
        assert [entry.kind for entry in forge.history(n)] == ["opened", "merged"]
        assert repo.head(base) == plan.commit
    assert repo.status() == ""


MERGE = """
from pathlib import Path
from agentrelay.forge.core.forge import MergePlan
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git
LocalForge(Git(Path("{path}")), Path("{path}") / ".git").merge({number}, {plan})
"""


def killing_git(folder: Path, command: str) -> Path:
    """Return a folder with a git that does ``command``, then kills its caller."""
    folder.mkdir(exist_ok=True)
    real = shutil.which("git")
    program = folder / "git"
    program.write_text(
        f'#!/bin/sh\n"{real}" "$@"\ncode=$?\n'
        f'[ "$1" = {command} ] && kill -9 "$PPID"\nexit "$code"\n'
    )
    program.chmod(0o755)
    return folder


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


CREATE = """
import sys
from pathlib import Path
from agentrelay.forge.core.forge import Proposal
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git
path, head, *names = sys.argv[1:]
forge = LocalForge(Git(Path(path)), Path(path) / ".git")
for name in names:
    print(forge.ensure(Proposal(name, "t", "", name, "main", head, "2026-03-01T12:00:00Z")).number)
"""


def create_at_once(repo: TestRepo, names: list[list[str]]) -> list[int]:
    argv = [sys.executable, "-c", CREATE, str(repo.path), repo.head()]
    started = [
        subprocess.Popen([*argv, *some], stdout=subprocess.PIPE, text=True) for some in names
    ]
    outputs = [process.communicate(timeout=100)[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    return [int(line) for output in outputs for line in output.split()]


def test_eight_writers_at_once_get_distinct_numbers(repo: TestRepo) -> None:
    numbers = create_at_once(repo, [[f"w{w}-{n}" for n in range(4)] for w in range(8)])
    assert sorted(numbers) == list(range(1, 33))
    assert len({request.id for request in forge_of(repo).list()}) == 32


def test_a_number_that_another_writer_took_first_is_passed_over(
    repo: TestRepo, tmp_path: Path
) -> None:
    head = change(repo, "task", {"new.txt": "one\n"})
    program = tmp_path / "shim" / "git"
    program.parent.mkdir()
    real, taken = shutil.which("git"), tmp_path / "taken"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = update-ref ] && [ ! -e "{taken}" ]; then touch "{taken}"\n'
        f'"{real}" update-ref refs/agentrelay/pr/1 {head}; fi\nexec "{real}" "$@"\n'
    )
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    forge = LocalForge(Git(repo.path, environ), repo.path / ".git")
    assert forge.ensure(proposal(head)).number == 2


def test_one_proposal_by_many_at_once_opens_one_request(repo: TestRepo) -> None:
    assert create_at_once(repo, [["same"]] * 6) == [1] * 6
    assert len(forge_of(repo).list()) == 1


def test_of_two_merges_planned_on_one_tip_one_wins(repo: TestRepo) -> None:
    repo.git("branch", "lane")
    forge = forge_of(repo)
    heads = [change(repo, name, {name: "x\n"}) for name in ("a", "b")]
    for name, head in zip(("a", "b"), heads, strict=True):
        forge.ensure(proposal(head, branch=name, base="lane", ulid=name))
    plans = [plan_of(repo, head, base="lane") for head in heads]
    assert forge.merge(1, plans[0]) == Merged(plans[0].commit)
    assert forge.merge(2, plans[1]) == BaseMoved(plans[0].commit)
    assert isinstance(forge.merge(2, plans[0]), HeadMoved)


def test_of_two_landings_on_the_checked_out_branch_the_second_is_told_to_judge_again(
    repo: TestRepo, tmp_path: Path
) -> None:
    head, other = (change(repo, name, {name: "x\n"}) for name in ("task", "other"))
    forge_of(repo).ensure(proposal(head))
    plan, first = plan_of(repo, head), plan_of(repo, other)
    # The other one lands between the look at the tip and the fast-forward.
    real = shutil.which("git")
    land = f'"{real}" merge --quiet --ff-only {first.commit}'
    environ = with_git(tmp_path, f'case "$*" in *merge*--ff-only*) {land};; esac')
    forge = LocalForge(Git(repo.path, environ), repo.path / ".git")
    assert forge.merge(1, plan) == BaseMoved(first.commit)
    assert repo.head() == first.commit
    assert repo.status() == ""


def with_git(folder: Path, before: str) -> dict[str, str]:
    """Return an environment whose git does a line of shell first."""
    program = folder / "shim" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{before}\nexec "{shutil.which("git")}" "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}


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


def test_a_base_that_is_a_symbolic_ref_is_landed_where_it_points(repo: TestRepo) -> None:
    repo.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main")
    repo.git("checkout", "--quiet", "--detach")
    head = change(repo, "task", {"new.txt": "one\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head, base="trunk"))
    plan = plan_of(repo, head, base="trunk")
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert repo.head("main") == plan.commit
    assert repo.git("symbolic-ref", "refs/heads/trunk") == "refs/heads/main"
