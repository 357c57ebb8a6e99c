"""Merging without a worktree, reproducible commits, and proof that no side was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.gitrepo import MakeRepo, TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import (
    CleanMerge,
    Forwarded,
    InTheWay,
    MergeConflict,
    Signature,
    both_sides_present,
    commit_tree,
    fast_forward_checked_out,
    merge_trees,
)

ME = Signature("Ä. Person", "me@example.invalid", 1_700_000_000)
TEN = "".join(f"{n}\n" for n in range(10))


@pytest.fixture(params=["alone", "attended"])
def git(repo: TestRepo, request: pytest.FixtureRequest) -> Iterator[Git]:
    plain = Git(repo.path)
    with plain.attended() if request.param == "attended" else nullcontext(plain) as git:
        yield git


def sides(
    repo: TestRepo,
    base: dict[str, str],
    ours: dict[str, str | bytes | None],
    theirs: dict[str, str | bytes | None],
) -> tuple[str, str]:
    """Return two commits, ``main`` and ``side``, that changed a common start."""
    repo.commit(dict(base))
    repo.git("checkout", "--quiet", "-b", "side")
    second = repo.commit(theirs)
    repo.git("checkout", "--quiet", "main")
    return repo.commit(ours), second


def test_changes_in_different_places_merge(repo: TestRepo, git: Git) -> None:
    ours, theirs = sides(repo, {"f": TEN}, {"f": "top\n" + TEN}, {"f": TEN + "end\n", "new": "n\n"})
    result = merge_trees(git, ours, theirs)
    assert isinstance(result, CleanMerge)
    assert repo.show("f", result.tree).splitlines()[::11] == ["top", "end"]
    assert merge_trees(git, "main", "side") == result
    assert repo.status() == ""


def test_a_conflict_is_a_value_with_files_markers_and_report(repo: TestRepo, git: Git) -> None:
    name = 'ä "odd"\nname'
    ours, theirs = sides(
        repo,
        {"f": "0\n", "gone": "0\n", name: "0\n", "fine": "0\n"},
        {"f": "ours\n", "gone": None, name: "ours\n"},
        {"f": "theirs\n", "gone": "theirs\n", name: "theirs\n", "fine": "1\n"},
    )
    result = merge_trees(git, ours, theirs)
    assert isinstance(result, MergeConflict)
    assert sorted(result.files) == sorted(["f", "gone", name])
    assert "<<<<<<<" in repo.show("f", result.tree)
    assert repo.show("fine", result.tree) == "1"
    assert "CONFLICT (content): Merge conflict in f" in result.report
    assert "CONFLICT (modify/delete): gone deleted" in result.report


@pytest.mark.parametrize("bad", ["nosuch", "f" * 40, "-x"])
def test_a_bad_revision_is_an_error_not_a_conflict(git: Git, bad: str) -> None:
    with pytest.raises(GitError):
        merge_trees(git, "main", bad)
    with pytest.raises(GitError):
        merge_trees(git, bad, "main")


def test_unrelated_histories_are_an_error(repo: TestRepo, git: Git) -> None:
    repo.git("checkout", "--quiet", "--orphan", "alone")
    repo.commit({"a": "a"})
    with pytest.raises(GitError, match="unrelated histories"):
        merge_trees(git, "main", "alone")


def test_a_commit_is_the_same_wherever_and_whenever_it_is_made(
    new_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = set[str]()
    repos = [new_repo("a"), new_repo("b")]
    settings = (("a", "UTC", "UTF-8"), ("b", "Asia/Tokyo", "ISO-8859-1"))
    for repo, (name, zone, encoding) in zip(repos, settings, strict=True):
        repo.git("config", "i18n.commitEncoding", encoding)
        repo.git("config", "user.name", name)
        repo.git("config", "commit.gpgSign", "true")
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("GIT_AUTHOR_NAME", name)
        git = Git(repo.path)
        tree = repo.git("rev-parse", "HEAD^{tree}")
        message = "# not a comment: ä\n\nA: b\n"
        commit = commit_tree(git, tree, [repo.head()], message, author=ME, committer=ME)
        raw = repo.git("cat-file", "commit", commit)
        assert raw.endswith("\n\n# not a comment: ä\n\nA: b")
        assert "author Ä. Person <me@example.invalid> 1700000000 +0000" in raw
        assert "encoding" not in raw
        made.add(commit)
    assert len(made) == 1


def merged(git: Git, tree: str, *parents: str) -> str:
    return commit_tree(git, tree, parents, "merge", author=ME, committer=ME)


def tree_with(repo: TestRepo, start: str, files: dict[str, str | None]) -> str:
    """Return the tree of ``start`` with files changed, made in the work tree and undone there."""
    before = repo.head()
    repo.git("checkout", "--quiet", "--detach", "main")
    repo.git("read-tree", "-u", "--reset", start)
    repo.write(files)
    repo.git("add", "--all")
    tree = repo.git("write-tree")
    repo.git("reset", "--quiet", "--hard", before)
    return tree


def test_a_clean_merge_is_proven_by_merging_again(repo: TestRepo, git: Git) -> None:
    ours, theirs = sides(repo, {"f": TEN}, {"f": "top\n" + TEN}, {"f": TEN + "end\n"})
    result = merge_trees(git, ours, theirs)
    assert both_sides_present(git, merged(git, result.tree, ours, theirs)) == []


@pytest.mark.parametrize("kept", ["main", "side"])
def test_a_merge_that_took_one_whole_side_names_what_is_lost(
    repo: TestRepo, git: Git, kept: str
) -> None:
    ours, theirs = sides(
        repo,
        {"f": TEN, "g": "0\n"},
        {"f": "top\n" + TEN, "a": "a\n"},
        {"f": TEN + "end\n", "g": "1\n"},
    )
    lost = {"main": ["f", "g"], "side": ["a", "f"]}[kept]
    tree = repo.git("rev-parse", f"{kept}^{{tree}}")
    lacking = both_sides_present(git, merged(git, tree, ours, theirs))
    assert [sentence.split(":")[0] for sentence in lacking] == lost
    other = theirs if kept == "main" else ours
    assert all(sentence.endswith(f"without what {other} changed") for sentence in lacking)


def test_a_dropped_file_beside_others_is_named(repo: TestRepo, git: Git) -> None:
    ours, theirs = sides(repo, {"f": "0\n"}, {"f": "1\n"}, {"new": "n\n", "kept": "k\n"})
    tree = tree_with(repo, merge_trees(git, ours, theirs).tree, {"new": None})
    lacking = both_sides_present(git, merged(git, tree, ours, theirs))
    assert lacking == [f"new: as in {ours}, without what {theirs} changed"]


def test_a_persons_resolution_is_accepted_and_one_side_of_it_is_not(
    repo: TestRepo, git: Git
) -> None:
    ours, theirs = sides(
        repo, {"f": "0\n", "g": "0\n"}, {"f": "a\n", "g": "a\n"}, {"f": "b\n", "g": "b\n"}
    )
    again = merge_trees(git, ours, theirs).tree
    for files, lost in (
        ({"f": "a and b\n", "g": "both\n"}, []),
        ({"f": "a\n", "g": "b\n"}, []),
        ({"f": "a\n", "g": "both\n", "extra": "e\n"}, []),
        ({"f": "a\n", "g": "a\n"}, ["f", "g"]),
        ({"f": "b\n", "g": "b\n"}, ["f", "g"]),
    ):
        tree = tree_with(repo, again, dict(files))
        lacking = both_sides_present(git, merged(git, tree, ours, theirs))
        assert [sentence.split(":")[0] for sentence in lacking] == lost


def test_a_squash_is_no_merge(repo: TestRepo, git: Git) -> None:
    commit = repo.commit({"f": "1\n"})
    assert both_sides_present(git, commit) == [f"{commit} has 1 parents, a merge has two"]


def forward(repo: TestRepo, commit: str, branch: str = "main") -> Forwarded | InTheWay:
    return fast_forward_checked_out(Git(repo.path), repo.path, commit, branch=branch)


def ahead(repo: TestRepo, files: dict[str, str | bytes | None]) -> str:
    """Return a commit one ahead of main, which stays where it is."""
    repo.git("checkout", "--quiet", "-b", "ahead")
    commit = repo.commit(files)
    repo.git("checkout", "--quiet", "main")
    return commit


def test_a_checked_out_branch_comes_along_and_local_changes_stay(repo: TestRepo) -> None:
    repo.commit({"mine": "0\n"})
    commit = ahead(repo, {"f": "1\n"})
    repo.write({"mine": "1\n"})
    assert forward(repo, commit) == Forwarded()
    assert forward(repo, commit) == Forwarded()
    assert (repo.head("main"), repo.status()) == (commit, " M mine")


def test_no_stash_of_the_users_settings_moves_changes_aside(repo: TestRepo) -> None:
    repo.git("config", "merge.autoStash", "true")
    commit = ahead(repo, {"README.md": "1\n"})
    repo.write({"README.md": "mine\n"})
    result = forward(repo, commit)
    assert isinstance(result, InTheWay)
    assert "would be overwritten" in result.why
    assert repo.status() == " M README.md"


def test_what_can_not_be_forwarded_is_told_in_gits_words(repo: TestRepo) -> None:
    commit = ahead(repo, {"f": "1\n"})
    main = repo.commit({"g": "1\n"})
    result = forward(repo, commit)
    assert isinstance(result, InTheWay)
    assert "fast-forward" in result.why
    assert repo.head("main") == main


def test_another_branch_that_is_checked_out_meanwhile_is_not_moved(repo: TestRepo) -> None:
    commit = ahead(repo, {"f": "1\n"})
    repo.git("checkout", "--quiet", "-b", "mine")
    before = repo.refs()
    result = forward(repo, commit)
    assert isinstance(result, InTheWay)
    assert "refs/heads/mine" in result.why
    assert repo.refs() == before


@pytest.mark.parametrize("command", ["merge", "cherry-pick", "revert", "am"])
def test_what_is_under_way_in_the_worktree_is_not_disturbed(
    repo: TestRepo, tmp_path: Path, command: str
) -> None:
    start = repo.head()
    repo.git("checkout", "--quiet", "-b", "other")
    other = repo.commit({"README.md": "other\n"})
    patch = tmp_path / "patch"
    patch.write_text(repo.git("format-patch", "--stdout", "-1") + "\n")
    repo.git("checkout", "--quiet", "main")
    undone = repo.commit({"README.md": "1\n"})
    repo.commit({"README.md": "2\n"})
    commit = ahead(repo, {"f": "1\n"})
    argument = {"merge": other, "cherry-pick": other, "revert": undone, "am": str(patch)}[command]
    repo.git(command, argument, check=False)
    before = repo.refs(), repo.status()
    assert isinstance(forward(repo, commit), InTheWay)
    assert (repo.refs(), repo.status()) == before
    assert repo.find(start) == start


def test_a_worktree_that_is_gone_is_named(repo: TestRepo, tmp_path: Path) -> None:
    result = fast_forward_checked_out(Git(repo.path), tmp_path / "gone", repo.head(), branch="main")
    assert isinstance(result, InTheWay)
    assert "is gone" in result.why
