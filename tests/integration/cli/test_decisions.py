"""What people decide: approve, reject, retry, cancel, clean; with and without a living run."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from tests.integration.cli.scene import ARGV, Scene, one_lane, until

WRITE = 'echo x >> "$AGENTRELAY_TASK.txt"'


def waits_for_approval(scene: Scene, run: str = WRITE, name: str = "shop") -> None:
    done = scene.call("run", scene.graph(one_lane(name, run, auto_merge=False), f"{name}.yaml"))
    assert done.code == 5, done.err


def on_terminal(scene: Scene, answer: str, *argv: str) -> tuple[int, str]:
    """Call a command on a terminal, type one answer, and return its code and all it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ARGV, *argv],
        cwd=scene.repo.path,
        env=scene.environment({"TERM": "xterm"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # Linux says so when the other end is closed.
    os.close(ours)
    return process.wait(60), shown.decode()


def test_an_approval_shows_what_lands_and_lands_it(scene: Scene) -> None:
    talk = '"$AGENTRELAY_BIN" task concern "look here"; "$AGENTRELAY_BIN" task done --summary "ok"'
    waits_for_approval(scene, f"{WRITE}; {talk}")
    done = scene.call("approve", "lane")
    assert done.code == 0, done.err
    assert "task work: ok" in done.err
    assert "work.txt | 1 +" in done.err
    assert "concern: work: look here" in done.err
    assert "run 1 of shop has finished" in done.err
    assert "lane lane landed on main" in done.out
    assert "work.txt" in scene.repo.files("main")
    again = scene.call("approve", "lane")
    assert again.code == 2
    assert "has landed already" in again.err


def test_an_approval_reaches_a_run_that_stays(scene: Scene) -> None:
    graph = scene.graph(one_lane("shop", WRITE, auto_merge=False))
    process = scene.start("run", graph, "--wait")
    until(lambda: scene.has_event("shop", "run.waiting"), "the wait")
    done = scene.call("approve", "lane")
    assert done.code == 0, done.err
    assert "lane lane landed on main" in done.out
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "agentrelay approve shop/lane" in err


def test_a_no_on_a_terminal_approves_nothing_and_a_yes_does(scene: Scene) -> None:
    waits_for_approval(scene)
    code, shown = on_terminal(scene, "n", "approve", "lane")
    assert code == 2
    assert "nothing was approved" in shown
    assert scene.repo.files("main") == ["README.md"]
    code, shown = on_terminal(scene, "y", "approve", "lane")
    assert code == 0, shown
    assert "work.txt" in scene.repo.files("main")


def test_commands_are_agreed_to_once(scene: Scene) -> None:
    graph = scene.graph(one_lane("shop", WRITE))
    code, shown = on_terminal(scene, "n", "run", graph)
    assert code == 2
    assert "Run this?" in shown
    assert not (scene.repo.path / ".workflow").exists()
    code, shown = on_terminal(scene, "y", "run", graph)
    assert code == 0, shown
    code, shown = on_terminal(scene, "n", "run", graph, "--fresh")
    assert code == 0, shown
    assert "Run this?" not in shown
    scene.graph(one_lane("shop", f"{WRITE}; true"))
    code, shown = on_terminal(scene, "n", "run", graph, "--fresh")
    assert code == 2
    assert "Run this?" in shown


def test_no_colour_where_it_is_not_wanted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = scene.call("run", scene.graph(one_lane("shop", WRITE)))
    assert "\x1b" not in plain.out + plain.err
    _, shown = on_terminal(scene, "", "run", "graph.yaml")
    assert "\x1b[1m" in shown
    monkeypatch.setenv("NO_COLOR", "1")
    _, shown = on_terminal(scene, "", "run", "graph.yaml")
    assert "\x1b[" not in shown


def test_a_rejection_is_told_to_the_agent_of_the_next_attempt(scene: Scene) -> None:
    told = 'test -z "$AGENTRELAY_FEEDBACK" || cat "$AGENTRELAY_FEEDBACK" > told.txt'
    waits_for_approval(scene, f"{WRITE}; {told}")
    assert scene.call("reject", "lane", "-m", "use tabs").code == 0
    done = scene.call("retry", "lane")
    assert done.code == 0
    assert "agentrelay resume shop" in done.err
    assert scene.call("resume", "shop").code == 5
    assert scene.call("approve", "lane", "--yes").code == 0
    attempt = scene.repo.path / ".workflow/shop/runs/1/tasks/work/attempts/2"
    texts = [path.read_text() for path in attempt.rglob("*.md")]
    assert any("use tabs" in text for text in texts)


def test_an_approval_takes_a_rejection_back(scene: Scene) -> None:
    waits_for_approval(scene)
    answer = scene.call("reject", "lane", "-m", "use tabs").out
    assert "agentrelay approve shop/lane takes that back" in answer
    assert "agentrelay cancel shop/lane ends the lane" in answer
    status = scene.call("status").out
    for verb in ("retry", "approve", "cancel"):
        assert f"    agentrelay {verb} shop/lane\n" in status
    done = scene.call("approve", "lane")
    assert done.code == 0, done.err
    assert "rejected: use tabs" in done.err
    assert "work.txt" in scene.repo.files("main")


@pytest.mark.parametrize("rejects", [False, True])
@pytest.mark.parametrize("name", ["lane", "graph:shop"])
def test_cancel_ends_a_lane_that_waits_to_land(scene: Scene, name: str, *, rejects: bool) -> None:
    waits_for_approval(scene)
    if rejects:
        assert scene.call("reject", "lane", "-m", "use tabs").code == 0
    done = scene.call("cancel", name, "-m", "not needed")
    assert done.code == 0, done.err
    assert "cancelled: lane lane" in done.out
    assert "closed" in scene.call("pr", "show", "2").out
    assert "failed: not needed" in scene.call("explain", "lane").out
    assert scene.call("cancel", name).code == 2
    assert scene.repo.files("main") == ["README.md"]


def test_a_lane_that_was_ended_is_taken_up_with_what_its_agent_is_told(scene: Scene) -> None:
    told = 'test -z "$AGENTRELAY_FEEDBACK" || cat "$AGENTRELAY_FEEDBACK" > told.txt'
    waits_for_approval(scene, f"{WRITE}; {told}")
    assert scene.call("cancel", "lane").code == 0
    assert scene.call("retry", "lane", "-m", "use tabs").code == 0
    assert scene.call("resume", "shop").code == 5
    assert scene.call("approve", "lane").code == 0
    attempt = scene.repo.path / ".workflow/shop/runs/1/tasks/work/attempts/2"
    assert any("use tabs" in path.read_text() for path in attempt.rglob("*.md"))


def test_cancel_ends_the_agent_and_retry_takes_it_up_again(scene: Scene, tmp_path: Path) -> None:
    gate = tmp_path / "go"
    wait = f"echo $$ > {gate}.pid; while ! test -e {gate}; do sleep 0.05; done; {WRITE}"
    process = scene.start("run", scene.graph(one_lane("shop", wait)))
    until(Path(f"{gate}.pid").exists, "the agent")
    done = scene.call("cancel", "graph:shop", "-m", "not now")
    assert done.code == 0
    assert "cancelled: work" in done.out
    process.communicate(timeout=60)
    assert process.returncode == 1
    gate.touch()
    done = scene.call("retry", "work", "--resume")
    assert done.code == 0, done.err
    until(lambda: "work.txt" in scene.repo.files("main"), "the landing")


def test_clean_removes_a_failed_lane_and_keeps_its_work_reachable(scene: Scene) -> None:
    run = "echo kept > kept.txt && git add . && git commit -qm kept && exit 1"
    assert scene.call("run", scene.graph(one_lane("shop", run))).code == 1
    worktree = scene.repo.path / ".worktrees/shop/lane"
    commit = scene.repo.git("-C", str(worktree), "rev-parse", "HEAD")
    preview = scene.call("clean", "--all", "--dry-run")
    assert str(worktree) in preview.out
    assert worktree.is_dir()
    done = scene.call("clean", "shop")
    assert done.code == 0, done.err
    assert not worktree.exists()
    kept = scene.repo.git("for-each-ref", "--contains", commit, "refs/agentrelay/keep/shop/1/lane")
    assert kept
    assert scene.call("clean", "shop").out == "there is nothing to clean\n"


def test_clean_needs_to_be_told_what(scene: Scene) -> None:
    assert scene.call("clean").code == 2
    assert scene.call("clean", "x", "--all").code == 2


def test_names_that_are_not_there_are_usage_errors(scene: Scene) -> None:
    waits_for_approval(scene)
    for verb in ("approve", "retry", "cancel", "reject"):
        extra = ("-m", "x") if verb == "reject" else ()
        done = scene.call(verb, "lnae", *extra)
        assert done.code == 2, verb
        assert 'did you mean "lane"?' in done.err


def test_a_lane_of_many_graphs_must_be_named_in_full(scene: Scene) -> None:
    waits_for_approval(scene)
    waits_for_approval(scene, name="other")
    done = scene.call("approve", "lane")
    assert done.code == 2
    assert "lane:shop/lane" in done.err
    assert scene.call("approve", "other/lane").code == 0
    shown = scene.call("reject", "lane", "-m", "not yet")
    assert shown.code == 0, "of the two, only one is not finished"
    assert "agentrelay retry shop/lane sends it back" in shown.out


def in_conflict(scene: Scene) -> None:
    """Have a lane wait for an approval, and its target change the same file."""
    waits_for_approval(scene, "test -e work.txt || echo agent > work.txt; echo more >> n")
    scene.repo.commit({"work.txt": "mine"})


def test_an_approval_that_meets_a_conflict_says_what_to_do_from_then_on(scene: Scene) -> None:
    in_conflict(scene)
    done = scene.call("approve", "lane")
    assert done.code == 5
    assert "nothing was approved: lane lane is in conflict with main" in done.err
    assert "agentrelay reset shop/lane" in done.err
    status = scene.call("status").out
    assert "agentrelay approve" not in status
    assert f"resolve it in {scene.repo.path}/.worktrees/shop/lane: git merge " in status
    assert scene.repo.show("work.txt", "main") == "mine"


def test_a_text_for_a_conflict_is_refused_with_what_to_do(scene: Scene) -> None:
    in_conflict(scene)
    assert scene.call("approve", "lane").code == 5
    refused = scene.call("retry", "lane", "-m", "keep mine")
    assert refused.code == 2
    assert "no agent resolves a conflict" in refused.err
    assert "resolve, commit, then agentrelay retry shop/lane" in refused.err


def test_a_lane_in_conflict_is_done_anew_on_the_new_base(scene: Scene) -> None:
    in_conflict(scene)
    assert scene.call("approve", "lane").code == 5
    assert scene.call("reset", "shop/lane", "--yes").code == 0
    assert scene.call("resume", "shop").code == 5
    assert scene.call("approve", "lane").code == 0
    assert scene.repo.show("work.txt", "main") == "mine"
    assert "n" in scene.repo.files("main")


def was_red_before(scene: Scene, *, auto_merge: bool = True) -> None:
    gate = json.dumps("echo it is missing; test -e never")
    text = one_lane("shop", WRITE, auto_merge=auto_merge).replace(
        "description: do it",
        f"description: do it, completion_gate: {gate}, max_gate_attempts: 1",
    )
    assert scene.call("run", scene.graph(text)).code == 5


def test_a_gate_that_was_red_before_is_waived_by_approving_the_task(scene: Scene) -> None:
    was_red_before(scene)
    done = scene.call("approve", "task:work", "--resume")
    assert done.code == 0, done.err
    until(lambda: "work.txt" in scene.repo.files("main"), "the landing")


def test_a_retry_once_nothing_is_in_the_way_lands_the_lane_and_says_so(scene: Scene) -> None:
    scene.repo.commit({"a.txt": "one\n"})
    graph = scene.graph(one_lane("g", "echo two > a.txt", auto_merge=False))
    assert scene.call("run", graph, "--yes").code == 5
    scene.repo.write({"a.txt": "mine\n"})
    assert scene.call("approve", "lane", "--yes").code == 5
    scene.repo.git("checkout", "--quiet", "a.txt")
    done = scene.call("retry", "lane")
    assert done.code == 0, done.err
    assert "lane lane has landed" in done.out
    assert scene.repo.show("a.txt", "main") == "two"


def test_what_may_land_by_a_waiver_is_shown_before_it_is_asked_for(scene: Scene) -> None:
    was_red_before(scene)
    code, shown = on_terminal(scene, "n", "approve", "task:work")
    assert code == 2
    assert "nothing was waived" in shown
    assert "lane lane then lands on main by itself" in shown
    output = next(word for word in shown.split() if word.endswith("output.log"))
    assert Path(output).read_text() == "it is missing\n"
    assert scene.repo.files("main") == ["README.md"]
    code, shown = on_terminal(scene, "y", "approve", "task:work")
    assert code == 0, shown
    assert "work.txt" in scene.repo.files("main")


def test_the_mild_answer_to_a_red_gate_comes_first(scene: Scene) -> None:
    was_red_before(scene)
    need = json.loads(scene.call("status", "--json").out)["needs_you"][0]
    assert need["command"] == "agentrelay retry shop/work"
    assert "agentrelay approve shop/work would waive it" in need["reason"]
    for shown in (scene.call("status").out, scene.call("explain", "work").out):
        assert shown.index("retry shop/work -m TEXT\n") < shown.index(" approve shop/work\n")


def test_a_waiver_is_told_wherever_somebody_decides_later(scene: Scene) -> None:
    was_red_before(scene, auto_merge=False)
    assert "waits for your approval" in scene.call("approve", "task:work").err
    who = scene.repo.git("config", "user.name").strip()
    said = f"was red, waived by {who}"
    for name in ("show", "explain"):
        assert said in scene.call(name, "work").out
    assert said in scene.call("show", "lane").out
    assert said in scene.call("pr", "show", "1").out
    assert said in scene.call("pr", "show", "2").out
    assert said in scene.call("approve", "lane").err


def test_a_waiver_of_work_that_was_done_anew_is_forgotten(scene: Scene) -> None:
    was_red_before(scene, auto_merge=False)
    assert scene.call("approve", "task:work").code == 0
    assert scene.call("reset", "work", "--yes").code == 0
    assert "waived" not in scene.call("show", "work").out
