"""The local forge lands where users work: checked out, edited, rebased, bisected, linked."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.gitrepo import TestRepo
from tests.integration.forge.scene import change, forge_of, plan_of, proposal, with_git

from agentrelay.forge.core.forge import BaseMoved, InTheWay, Merged
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git


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


def test_one_who_moves_the_branch_while_its_files_are_written_was_first(repo: TestRepo) -> None:
    repo.commit({".gitattributes": "raced.txt filter=race\n"})
    other = change(repo, "other", {"other.txt": "by somebody\n"})
    head = change(repo, "task", {"raced.txt": "new\n"})
    # Git writes a file through its filter: just then somebody's git moves the branch.
    repo.git("config", "filter.race.smudge", f"git update-ref refs/heads/main {other}; cat")
    forge = forge_of(repo)
    forge.ensure(proposal(head))
    assert forge.merge(1, plan_of(repo, head)) == BaseMoved(other)
    repo.git("config", "--unset", "filter.race.smudge")
    plan = plan_of(repo, head)
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert (repo.path / "raced.txt").read_text() == "new\n"


def test_one_landing_after_another_writes_the_files_of_a_worktree(
    repo: TestRepo, tmp_path: Path
) -> None:
    heads = [change(repo, name, {f"{name}.txt": "new\n"}) for name in ("one", "two")]
    mark = tmp_path / "merging"
    real = shutil.which("git")
    alone = f'mkdir {mark} || touch {mark}-twice; sleep 0.2; "{real}" "$@"; code=$?; rmdir {mark}'
    environ = with_git(tmp_path, f'case "$1" in merge) {alone}; exit $code;; esac')
    forge = LocalForge(Git(repo.path, environ), repo.path / ".git")
    for name, head in zip(("one", "two"), heads, strict=True):
        forge.ensure(proposal(head, branch=name, ulid=name))
    plans = [plan_of(repo, head) for head in heads]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(forge.merge, (1, 2), plans))
    assert not Path(f"{mark}-twice").exists()
    assert {type(result) for result in results} == {BaseMoved, Merged}
    assert repo.status() == ""
