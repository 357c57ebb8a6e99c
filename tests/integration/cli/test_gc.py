"""Pins go by an explicit policy only, and never those that something that stays needs."""

from __future__ import annotations

import json
import shutil

from tests.integration.cli.scene import Done, Scene, one_lane, until
from tests.integration.cli.test_decisions import on_terminal
from tests.integration.cli.test_recover import KEEP, pin

FAILS = "echo $$ > n; exit 3"


def fails(scene: Scene, *, runs: int = 1) -> str:
    """Run a graph that fails, that often, and return its file."""
    graph = scene.graph(one_lane("shop", FAILS))
    assert scene.call("run", graph).code == 1
    for _ in range(runs - 1):
        assert scene.call("run", graph, "--fresh").code == 1
    return graph


def pins(scene: Scene, run: int | str = "") -> set[str]:
    return set(scene.repo.refs(f"{KEEP}/shop/{run}".rstrip("/")))


def gc(scene: Scene, *argv: str) -> Done:
    done = scene.call("gc", *argv)
    assert done.code == 0, done.err
    return done


def test_all_runs_of_a_graph_but_the_latest_go_and_fsck_knows(scene: Scene) -> None:
    fails(scene, runs=3)
    latest = pins(scene, 3)
    assert pins(scene, 1)
    assert pins(scene, 2)
    gc(scene, "shop", "--yes")
    assert pins(scene) == latest
    scene.repo.git("reflog", "expire", "--expire=now", "--all")
    scene.repo.git("gc", "--quiet", "--prune=now")
    proof = scene.call("fsck")
    assert proof.code == 0, proof.out
    assert proof.out.count("its pins were let go at") == 2


def test_without_a_policy_or_an_answer_nothing_goes(scene: Scene) -> None:
    fails(scene, runs=2)
    before = pins(scene)
    for argv in ((), ("--yes",), ("--run", "1", "--yes"), ("shop",), ("shop", "--no-input")):
        assert scene.call("gc", *argv).code == 2, argv
    assert on_terminal(scene, "n", "gc", "shop")[0] == 2
    gc(scene, "shop", "--dry-run", "--yes")
    gc(scene, "--older-than", "1d", "--yes")
    assert pins(scene) == before
    assert scene.call("fsck").out.count("let go") == 0
    code, shown = on_terminal(scene, "y", "gc", "shop", "--run", "1")
    assert (code, "Let these go for good?" in shown) == (0, True)
    assert pins(scene) == {ref for ref in before if ref.startswith(f"{KEEP}/shop/2/")}


def test_the_age_of_a_run_counts_not_that_of_its_commits(scene: Scene) -> None:
    fails(scene, runs=2)
    # Pinned yesterday, committed years ago: such as the tip of an old branch.
    scene.repo.git("update-ref", f"{KEEP}/shop/1/lane/work/1/old", scene.repo.head())
    before = pins(scene)
    gc(scene, "--older-than", "1d", "--yes")
    assert pins(scene) == before
    pin(scene.repo, "gone/1/l/t/1/1-rest", {"a": "1"})
    gc(scene, "--older-than", "30d", "--yes")
    assert pins(scene) == before
    assert not scene.repo.refs(f"{KEEP}/gone")


def test_what_a_run_that_stays_was_seen_at_is_held_back(scene: Scene) -> None:
    fails(scene, runs=2)
    # As where the later run found it pinned already, and did not pin it again.
    (rest,) = (ref for ref in pins(scene, 2) if ref.endswith("1-rest"))
    oid = scene.repo.head(rest)
    for ref in pins(scene, 2):
        scene.repo.git("update-ref", "-d", ref)
    child = scene.repo.git("commit-tree", f"{oid}^{{tree}}", "-p", oid, "-m", "on it")
    scene.repo.git("update-ref", f"{KEEP}/shop/1/lane/work/1/held", child)
    scene.repo.git("update-ref", "-d", "refs/heads/agentrelay/shop/lane/task/work")
    done = gc(scene, "shop", "--yes")
    assert "stays: 1 pins hold what a run that stays was seen at" in done.out
    assert pins(scene) == {f"{KEEP}/shop/1/lane/work/1/held"}
    assert scene.call("fsck").code == 0


def test_a_graph_that_is_being_run_keeps_all(scene: Scene) -> None:
    fails(scene)
    graph = scene.graph(one_lane("shop", "sleep 60"))
    run = scene.start("run", graph, "--fresh")
    until(lambda: scene.events("shop", 2), "run 2")
    before = pins(scene, 1)
    done = gc(scene, "shop", "--yes")
    assert "stays: shop is being run" in done.out
    assert before <= pins(scene, 1)
    assert scene.call("cancel", "graph:shop").code == 0
    run.wait(60)


def test_pins_of_a_graph_whose_files_are_gone_go_when_it_is_named(scene: Scene) -> None:
    fails(scene)
    shutil.rmtree(scene.repo.path / ".workflow")
    mine = scene.repo.head()
    scene.repo.git("update-ref", f"{KEEP}/mine", mine)
    scene.repo.git("update-ref", f"{KEEP}/shop/mine", mine)
    pin(scene.repo, "shop/_lanes/lane/salvaged", {"a": "1"})
    done = gc(scene, "shop", "--yes", "--json")
    assert json.loads(done.out)["dropped"] is True
    # What agentrelay did not name so is not ours to drop.
    assert pins(scene) == {f"{KEEP}/shop/mine"}
    assert scene.repo.head(f"{KEEP}/mine") == mine
    assert scene.call("gc", "shop", "--yes").out == "nothing goes\n"


def test_a_journal_that_stays_and_cannot_be_read_stops_it(scene: Scene) -> None:
    fails(scene, runs=2)
    before = pins(scene)
    journal = scene.repo.path / ".workflow/shop/runs/2/journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(b"{}\n" + whole)
    done = scene.call("gc", "shop", "--yes")
    assert (done.code, "damaged" in done.err) == (3, True)
    assert pins(scene) == before
    journal.write_bytes(whole)


def test_a_run_whose_start_cannot_be_read_counts_as_the_latest(scene: Scene) -> None:
    fails(scene)
    before = pins(scene)
    facts = scene.repo.path / ".workflow/shop/runs/1/run.json"
    whole = facts.read_bytes()
    facts.unlink()
    assert "stays: run 1 of shop is its latest" in gc(scene, "shop", "--yes").out
    assert pins(scene) == before
    facts.write_bytes(whole)


def test_thousands_of_pins_go_at_once(scene: Scene) -> None:
    top = scene.repo.head()
    lines = (f"create {KEEP}/old/{n % 9 + 1}/l/t{n}/1/x {top}" for n in range(3000))
    scene.repo.git("update-ref", "--stdin", stdin="".join(f"{line}\n" for line in lines))
    assert "3000 pins let go" in gc(scene, "old", "--yes").out
    assert not scene.repo.refs(KEEP)
