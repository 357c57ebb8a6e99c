"""What was pinned comes back as a branch or a worktree, and nothing else changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.gitrepo import TestRepo
from tests.integration.cli.scene import Scene

KEEP = "refs/agentrelay/keep"


def pin(repo: TestRepo, name: str, files: dict[str, str], *parents: str, message: str = "x") -> str:
    """Pin a commit of these files as agentrelay would, and return it."""
    entries = [
        f"100644 blob {repo.git('hash-object', '-w', '--stdin', stdin=content)}\t{path}"
        for path, content in files.items()
    ]
    tree = repo.git("mktree", stdin="".join(f"{entry}\n" for entry in entries))
    sides = [word for parent in parents for word in ("-p", parent)]
    commit = repo.git("commit-tree", tree, *sides, "-m", message)
    repo.git("update-ref", f"{KEEP}/{name}", commit)
    return commit


def kept(scene: Scene, *argv: str) -> list[dict[str, object]]:
    done = scene.call("recover", *argv, "--list", "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)["kept"]


def test_what_an_agent_left_uncommitted_comes_back_though_the_run_is_gone(scene: Scene) -> None:
    graph = """name: shop
agents: {w: {adapter: command, run: git commit -q --allow-empty -m one; echo kept > n; exit 3}}
defaults: {agent: w, max_attempts: 1}
workstreams: [{id: lane}]
tasks: [{id: work, workstream_id: lane, description: do it}]
"""
    assert scene.call("run", scene.graph(graph)).code == 1
    assert scene.call("clean", "--all", "--yes").code == 0
    shutil.rmtree(scene.repo.path / ".workflow")
    before = scene.repo.status()
    names = [str(one["pin"]) for one in kept(scene, "work")]
    rest = next(name for name in names if name.endswith("1-rest"))
    done = scene.call("recover", rest)
    assert done.code == 0, done.err
    assert "git switch recovered/shop/work-1" in done.out
    assert "what was not committed" in done.out
    assert scene.repo.show("n", "recovered/shop/work-1") == "kept"
    assert (scene.repo.status(), scene.repo.git("branch", "--show-current")) == (before, "main")
    # The words that it says are followed.
    assert "n | 1 +" in scene.repo.git(
        "diff", "--stat", "recovered/shop/work-1^", "recovered/shop/work-1"
    )
    scene.repo.git("switch", "--quiet", "recovered/shop/work-1")
    scene.repo.git("reset", "--quiet", "HEAD^")
    assert "?? n" in scene.repo.status()


def test_the_state_that_contains_all_others_is_taken(scene: Scene) -> None:
    first = pin(scene.repo, "g/1/l/t/1/branch", {"a": "1"}, scene.repo.head())
    pin(scene.repo, "g/1/l/t/1/1-rest", {"a": "2"}, first, message="Kept from t, attempt 1: x")
    pin(scene.repo, "g/1/l/t/1/before", {"a": "2"}, first, message="Kept from t, attempt 1: y")
    done = scene.call("recover", "t")
    assert done.code == 0, done.err
    assert scene.repo.show("a", "recovered/g/t-1") == "2"
    assert "git reset HEAD^" in done.out
    again = scene.call("recover", "t")
    assert (again.code, "was already branch recovered/g/t-1" in again.out) == (0, True)


def test_states_of_which_none_has_the_others_are_listed_and_one_is_to_be_named(
    scene: Scene,
) -> None:
    one = pin(scene.repo, "g/1/l/t/1/1-rest", {"a": "1"}, scene.repo.head())
    two = pin(scene.repo, "g/2/l/t/1/1-rest", {"a": "2"}, scene.repo.head())
    done = scene.call("recover", "t")
    assert done.code == 2
    assert "2 states of t are kept" in done.err
    assert "g/1/l/t/1/1-rest" in done.out
    assert not scene.repo.refs("refs/heads/recovered")
    assert scene.call("recover", "g/1/l/t/1/1-rest").code == 0
    assert scene.call("recover", f"{KEEP}/g/2/l/t/1/1-rest").code == 0
    # A name that is taken by something else is not overwritten.
    assert scene.repo.head("recovered/g/t-1") == one
    assert scene.repo.head("recovered/g/t-1-2") == two


def test_a_worktree_has_the_files_and_a_branch_that_was_made_in_vain_goes_again(
    scene: Scene, tmp_path: Path
) -> None:
    pin(scene.repo, "g/1/l/t/1/1-rest", {"a": "1"}, scene.repo.head())
    folder = tmp_path / "a b"
    folder.mkdir()
    inside = folder / "file"
    inside.touch()
    failed = scene.call("recover", "t", "--worktree", str(inside / "x"))
    assert failed.code == 4
    assert not scene.repo.refs("refs/heads/recovered")
    taken = scene.call("recover", "t", "--worktree", str(folder))
    assert (taken.code, "exists already" in taken.err) == (6, True)
    done = scene.call("recover", "t", "--worktree", "../a b/x y")
    assert done.code == 0, done.err
    assert (folder / "x y" / "a").read_text() == "1"
    assert f"cd '{folder}/x y'" in done.out


def test_existing_branches_are_never_moved(scene: Scene) -> None:
    pin(scene.repo, "g/1/l/t/1/1-rest", {"a": "1"}, scene.repo.head())
    before = scene.repo.refs("refs/heads")
    for name in ("main", "main/below", "-x", "a b", "HEAD", "agentrelay/g/l/integration"):
        assert scene.call("recover", "t", f"--branch={name}").code in (2, 6), name
    scene.repo.git("branch", "recovered")
    assert scene.call("recover", "t").code == 6
    scene.repo.git("branch", "-D", "recovered")
    assert scene.repo.refs("refs/heads") == before


def test_odd_pins_are_given_back_as_well(scene: Scene) -> None:
    top = scene.repo.head()
    scene.repo.git("update-ref", f"{KEEP}/hand-made", top)
    scene.repo.git("update-ref", f"{KEEP}/g/1/l/ünï-$(id)/1/x", top)
    orphan = pin(scene.repo, "g/9/l/t/1/1-rest", {"b": "1"})
    blob = scene.repo.git("hash-object", "-w", "--stdin", stdin="no commit")
    scene.repo.git("update-ref", f"{KEEP}/g/1/l/blob/1/x", blob)
    lost = scene.repo.git("commit-tree", f"{top}^{{tree}}", "-m", "lost")
    scene.repo.git("update-ref", f"{KEEP}/g/1/l/lost/1/x", lost)
    (scene.repo.path / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    names = {one["pin"] for one in kept(scene)}
    assert names == {"hand-made", "g/1/l/ünï-$(id)/1/x", "g/9/l/t/1/1-rest"}
    assert scene.call("recover", "hand-made").code == 0
    done = scene.call("recover", "ünï-$(id)")
    assert "git switch 'recovered/g/ünï-$(id)-1'" in done.out
    assert scene.call("recover", "t").code == 0
    assert scene.repo.head("recovered/g/t-1") == orphan


def test_names_that_could_be_several_things_are_refused(scene: Scene) -> None:
    pin(scene.repo, "g/1/t/t/1/1-rest", {"a": "1"}, scene.repo.head())
    pin(scene.repo, "h/1/l/t/1/1-rest", {"a": "2"}, scene.repo.head())
    done = scene.call("recover", "t")
    assert done.code == 2
    assert '"t" could be lane:g/t, task:g/t, task:h/t' in done.err
    assert scene.call("recover", "task:g/t").code == 0


def test_thousands_of_pins_are_listed_fast_and_not_all_on_the_screen(scene: Scene) -> None:
    top = scene.repo.head()
    tree = scene.repo.git("rev-parse", f"{top}^{{tree}}")
    other = scene.repo.git("commit-tree", tree, "-p", top, "-m", "other")
    lines = (f"create {KEEP}/g/1/l/t{n % 1000}/{n}/x {(top, other)[n % 2]}" for n in range(3000))
    scene.repo.git("update-ref", "--stdin", stdin="".join(f"{line}\n" for line in lines))
    done = scene.call("recover", "--list")
    assert "and 2950 older ones" in done.out
    assert len(done.out.splitlines()) == 52
    assert len(kept(scene, "task:g/t7")) == 3
