"""`run`, `resume` and `do`: what a person sees, and that nothing is started twice."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from tests.integration.cli.scene import Scene, one_lane, until

from agentrelay._shared import locks

WRITE = 'echo x >> "$AGENTRELAY_TASK.txt"'


def waiting_for(path: Path) -> str:
    return f"echo $$ >> {path}.pid; while ! test -e {path}; do sleep 0.05; done; {WRITE}"


def test_a_green_lane_lands_and_running_again_starts_nothing(scene: Scene) -> None:
    graph = scene.graph(one_lane("shop", WRITE))
    first = scene.call("run", graph)
    assert first.code == 0, first.err
    assert "run 1 of shop: done" in first.out
    assert "it pushes nothing" in first.err
    assert "  lane lane: main -> main, lands by itself when green\n" in first.err
    assert WRITE in first.err
    assert "agentrelay status shop" in first.err
    assert scene.repo.show("work.txt", "main") == "x"
    assert scene.repo.status() == "?? graph.yaml"
    before = scene.events("shop")
    again = scene.call("run", graph)
    assert again.code == 0
    assert "nothing was started" in again.err
    assert scene.events("shop") == before


@pytest.mark.parametrize("is_built", [True, False])
def test_a_graph_that_another_version_has_run_is_the_same_one(
    scene: Scene, *, is_built: bool
) -> None:
    graph = scene.graph(one_lane("shop", WRITE))
    assert scene.call("run", graph).code == 0
    # What a version stored that makes other digests, because it knows other keys.
    run = scene.repo.path / ".workflow/shop/runs/1"
    facts = json.loads((run / "run.json").read_bytes())
    (run / "run.json").write_text(json.dumps({**facts, "digest": "0" * 64}))
    built = (run / "graph.json").read_text().replace(facts["digest"], "0" * 64)
    (run / "graph.json").write_text(built if is_built else "")
    again = scene.call("run", graph)
    assert again.code == 0, again.err
    assert "nothing was started" in again.err
    assert scene.call("run", scene.graph(one_lane("shop", "true"))).code != 0


def test_what_waits_for_a_person_ends_with_5_and_the_commands(scene: Scene) -> None:
    done = scene.call("run", scene.graph(one_lane("shop", WRITE, auto_merge=False)))
    assert done.code == 5
    assert "agentrelay approve shop/lane" in done.err
    assert "agentrelay reject shop/lane -m TEXT" in done.err
    assert scene.repo.files("main") == ["README.md"]


def test_a_failed_task_ends_with_1_and_says_how_to_try_again(scene: Scene) -> None:
    done = scene.call("run", scene.graph(one_lane("shop", "exit 3")))
    assert done.code == 1
    assert "exit code 3" in done.err
    assert "agentrelay retry shop/work" in done.err


def test_all_problems_of_a_graph_are_shown_at_once(scene: Scene) -> None:
    text = one_lane("shop", WRITE).replace("workstream_id: lane", "workstream_id: lnae")
    done = scene.call("run", scene.graph(text.replace("description", "descripton")))
    assert done.code == 2
    assert "AR-GRAPH-012" in done.err
    assert "AR-GRAPH-004" in done.err
    assert "graph.yaml:" in done.err
    assert not (scene.repo.path / ".workflow").exists()


def test_a_second_run_is_told_who_has_the_lock(scene: Scene, tmp_path: Path) -> None:
    gate = tmp_path / "go"
    graph = scene.graph(one_lane("shop", waiting_for(gate)))
    assert scene.call("run", graph, "--detach").code == 0
    second = scene.call("run", graph)
    assert second.code == 6
    assert "AR-RUN-001" in second.err
    assert "run graph.yaml --detach" in second.err
    gate.touch()
    until(lambda: scene.has_event("shop", "run.finished"), "the detached run")
    lock = scene.repo.path / ".git/agentrelay/shop.lock"
    until(lambda: not locks.is_held(lock), "the lock")
    log = scene.repo.path / ".workflow/shop/runs/1/orchestrator.log"
    assert "run 1 of shop: done" in log.read_text()
    assert not (scene.repo.path / ".git/agentrelay/shop.holder.json").exists()


def test_an_interruption_leaves_the_agent_and_resume_adopts_it(
    scene: Scene, tmp_path: Path
) -> None:
    gate = tmp_path / "go"
    process = scene.start("run", scene.graph(one_lane("shop", waiting_for(gate))))
    pids = Path(f"{gate}.pid")
    until(pids.exists, "the agent")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "still running, under its limits: task work" in err
    assert "agentrelay resume shop" in err
    assert "Traceback" not in err
    (pid,) = pids.read_text().split()
    os.kill(int(pid), 0)
    gate.touch()
    assert scene.call("resume", "shop").code == 0
    assert scene.intents("shop", "turn.start") == 1
    assert len(pids.read_text().split()) == 1


def test_a_second_interruption_ends_the_agents_and_burns_no_attempt(
    scene: Scene, tmp_path: Path
) -> None:
    gate = tmp_path / "go"
    process = scene.start("run", scene.graph(one_lane("shop", waiting_for(gate))))
    pids = Path(f"{gate}.pid")
    until(pids.exists, "the agent")
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    for line in process.stderr:
        if "Ctrl-C again" in line:
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=30)
    assert "ends now, and uses up no attempt: task work\n" in rest
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids.read_text()), 0)
    gate.touch()
    resumed = scene.call("resume")
    assert resumed.code == 0
    told = [
        line.split("task work")[1].split(":")[0].strip()
        for line in resumed.err.splitlines()
        if "  task work " in line
    ]
    assert told[0].startswith("attempt 1 ended"), resumed.err
    assert "running, attempt 2, turn 1" in told


def test_a_killed_run_is_gone_on_with(scene: Scene, tmp_path: Path) -> None:
    gate = tmp_path / "go"
    process = scene.start("run", scene.graph(one_lane("shop", waiting_for(gate))))
    until(Path(f"{gate}.pid").exists, "the agent")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    gate.touch()
    done = scene.call("resume")
    assert done.code == 0
    assert scene.intents("shop", "turn.start") == 1


def test_what_changed_in_the_checkout_is_told_when_it_is_found(scene: Scene) -> None:
    done = scene.call("run", scene.graph(one_lane("shop", f"{WRITE}; echo x > ../../../x.txt")))
    assert done.code == 0, done.err
    (line,) = [each for each in done.err.splitlines() if "changed in your checkout" in each]
    assert "task work" in line
    assert line.endswith("work worked: x.txt; if that was not you, see agentrelay logs shop/work")


def test_a_changed_graph_is_a_named_difference(scene: Scene) -> None:
    text = one_lane("shop", WRITE, auto_merge=False)
    assert scene.call("run", scene.graph(text)).code == 5
    changed = scene.call("run", scene.graph(text.replace("do it", "do it well")))
    assert changed.code == 2
    assert "task work: edited (description)" in changed.err
    assert "runs these commands" not in changed.err
    assert "agentrelay run graph.yaml --accept-changes goes on with the new one" in changed.err
    assert "agentrelay run graph.yaml --fresh starts over" in changed.err
    fresh = scene.call("run", "graph.yaml", "--fresh")
    assert fresh.code == 5
    assert "run 2 of shop" in fresh.out


def test_the_flag_for_agents_at_once_beats_the_graph(scene: Scene) -> None:
    text = "max_agents: 1\n" + one_lane("shop", WRITE)
    assert scene.call("run", scene.graph(text), "--max-agents", "3").code == 0
    facts = json.loads((scene.repo.path / ".workflow/shop/runs/1/run.json").read_text())
    assert facts["max_agents"] == 3


def test_the_users_command_is_told_of_the_end(scene: Scene, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f'echo "$AGENTRELAY_EVENT $AGENTRELAY_EXIT_CODE $1" > {told}'
    scene.repo.write({".agentrelay.toml": f"notify = {json.dumps(['sh', '-c', script, 'sh'])}\n"})
    assert scene.call("run", scene.graph(one_lane("shop", WRITE))).code == 0
    assert told.read_text() == "finished 0 run 1 of shop has finished (exit code 0)\n"


def test_a_failing_notify_is_only_said(scene: Scene) -> None:
    scene.repo.write({".agentrelay.toml": 'notify = ["/nowhere/at/all"]\n'})
    done = scene.call("run", scene.graph(one_lane("shop", WRITE)))
    assert done.code == 0
    assert "the setting notify failed" in done.err
    assert "when it waits or ends it runs: /nowhere/at/all" in done.err


def test_do_lands_several_at_once_without_a_graph(scene: Scene) -> None:
    argv = ("--auto-merge", "--gate", "test -e README.md")
    both = [
        scene.start("do", f"add {name} 𐀀", "--run", f"echo {name} > {name}", *argv)
        for name in ("one", "two")
    ]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert scene.repo.files("main") == ["README.md", "one", "two"]
    assert scene.repo.status() == ""


def test_do_waits_for_an_approval_by_default(scene: Scene) -> None:
    done = scene.call("do", "add one", "--run", "echo 1 > one")
    assert done.code == 5
    command = next(line for line in done.err.splitlines() if "agentrelay approve" in line)
    assert scene.call(*command.split()[1:]).code == 0
    assert "one" in scene.repo.files("main")


def test_do_without_anybody_to_do_it_leaves_nothing_behind(scene: Scene) -> None:
    done = scene.call("do", "add one")
    assert done.code == 2
    assert "--run" in done.err
    done = scene.call("do", "add one", "--agent", "nobody")
    assert done.code == 2
    assert not list((scene.repo.path / ".workflow").glob("do-*"))


def test_resume_all_goes_on_with_what_was_interrupted(scene: Scene, tmp_path: Path) -> None:
    gate = tmp_path / "go"
    process = scene.start("run", scene.graph(one_lane("shop", waiting_for(gate))))
    until(Path(f"{gate}.pid").exists, "the agent")
    process.kill()
    process.communicate()
    done = scene.call("resume", "--all")
    assert done.code == 0
    assert "run 1 of shop goes on in the background" in done.out
    gate.touch()
    until(lambda: scene.has_event("shop", "run.finished"), "the resumed run")
    lock = scene.repo.path / ".git/agentrelay/shop.lock"
    until(lambda: not locks.is_held(lock), "the lock")


def test_resume_without_a_name_takes_the_run_that_is_not_finished(scene: Scene) -> None:
    waiting = scene.graph(one_lane("waiting", "echo 1 > a.txt", auto_merge=False), "waiting.yaml")
    done = scene.graph(one_lane("done", "echo 1 > b.txt"), "done.yaml")
    assert scene.call("run", waiting, "--yes").code == 5
    assert scene.call("run", done, "--yes").code == 0
    resumed = scene.call("resume")
    assert resumed.code == 5
    assert "run 1 of waiting goes on" in resumed.err


def test_a_misspelt_base_branch_is_guessed(scene: Scene) -> None:
    text = one_lane("shop", "true").replace("{id: lane,", "{id: lane, base_branch: mian,")
    done = scene.call("run", scene.graph(text), "--yes")
    assert done.code == 3
    assert 'did you mean "main"?' in done.err


def test_a_program_that_is_not_there_is_named_with_what_to_do(scene: Scene) -> None:
    text = one_lane("shop", "x").replace('run: "x"', "run: [no-such-program, --now]")
    graph = scene.graph(text)
    done = scene.call("run", graph)
    assert done.code == 1
    assert "its program no-such-program could not be started" in done.err
    again = scene.call("run", graph)
    assert again.code == 1
    logs, retry, resume, fresh = (
        again.err.index(text)
        for text in (
            "agentrelay logs shop/work",
            "agentrelay retry shop/work -m TEXT",
            "agentrelay resume shop",
            "--fresh",
        )
    )
    assert logs < retry < resume < fresh
