"""`init`, `plan`, `config`, `schema`, `doctor`, `version`: before anything runs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from tests.gitrepo import MakeRepo
from tests.integration.cli.scene import ARGV, Scene, one_lane

FILES = (".agentrelay.toml", "agentrelay.schema.json", "graph.yaml")


def test_init_writes_files_that_fit_each_other_and_keeps_those_that_are_there(
    scene: Scene,
) -> None:
    done = scene.call("init")
    assert done.code == 0
    assert all((scene.repo.path / name).is_file() for name in FILES)
    schema = json.loads((scene.repo.path / "agentrelay.schema.json").read_text())
    graph = yaml.safe_load((scene.repo.path / "graph.yaml").read_text())
    jsonschema.validate(graph, schema)
    assert scene.call("plan", "graph.yaml").code == 0
    assert scene.call("config").code == 0
    scene.repo.write({"graph.yaml": "mine"})
    again = scene.call("init")
    assert again.out.count("kept") == 3
    assert (scene.repo.path / "graph.yaml").read_text() == "mine"
    scene.call("init", "--force")
    assert (scene.repo.path / "graph.yaml").read_text() != "mine"


def test_what_init_says_in_a_subfolder_works_there(scene: Scene) -> None:
    folder = scene.repo.path / "src"
    folder.mkdir()
    done = scene.call("init", cwd=folder)
    assert "wrote  ../graph.yaml" in done.out
    assert "  agentrelay plan ../graph.yaml " in done.err
    planned = scene.call("plan", "../graph.yaml", cwd=folder)
    assert planned.code == 0, planned.err


def test_plan_shows_the_order_and_changes_nothing(scene: Scene) -> None:
    text = one_lane("shop", "true") + (
        "  - {id: more, workstream_id: lane, description: x, dependencies: [work]}\n"
    )
    text = text.replace("[{id: work, workstream_id: lane, description: do it}]", "").replace(
        "tasks: \n", "tasks:\n  - {id: work, workstream_id: lane, description: do it}\n"
    )
    done = scene.call("plan", scene.graph(text))
    assert done.code == 0, done.err
    assert "critical path (2 tasks): work > more" in done.out
    assert "lanes; each lands when it is ready:\n" in done.out
    plan = json.loads(scene.call("plan", "graph.yaml", "--json").out)
    assert plan["schema"] == 1
    assert plan["waves"] == [["work"], ["more"]]
    assert not (scene.repo.path / ".workflow").exists()


def test_plan_fails_as_one_json_document(scene: Scene) -> None:
    done = scene.call("plan", scene.graph("name: shop\ntasks: []\n"), "--json")
    assert done.code == 2
    error = json.loads(done.out)["error"]
    assert error["code"] == "AR-GRAPH-000"
    assert {problem["code"] for problem in error["problems"]} == {"AR-GRAPH-034"}


def test_config_says_where_each_value_comes_from(scene: Scene) -> None:
    scene.repo.write({".agentrelay.toml": "max_gates = 7\n"})
    done = scene.call("config", "--json", env={"AGENTRELAY_MAX_AGENTS": "9"})
    settings = json.loads(done.out)
    assert settings["max_agents"]["value"] == 9
    assert settings["max_agents"]["where"] == "AGENTRELAY_MAX_AGENTS"
    assert settings["max_gates"]["source"] == "repository"
    assert settings["publish"] == {
        "value": "none",
        "source": "default",
        "where": "default",
        "variable": "AGENTRELAY_PUBLISH",
    }


@pytest.mark.parametrize("draft", ["07", "2020-12"])
def test_the_schema_is_one(scene: Scene, draft: str) -> None:
    schema = json.loads(scene.call("schema", "--draft", draft).out)
    assert draft in schema["$schema"]


def test_doctor_is_content_with_a_good_repository(scene: Scene) -> None:
    done = scene.call("doctor")
    assert done.code == 0, done.out
    findings = json.loads(scene.call("doctor", "--json").out)
    assert {each["level"] for each in findings} <= {"ok", "warn"}
    assert any(each["check"] == "sandbox" for each in findings)


def test_doctor_names_what_keeps_a_repository_from_being_used(scene: Scene, tmp_path: Path) -> None:
    outside = scene.call("doctor", cwd=tmp_path)
    assert outside.code == 3
    assert "git init" in outside.out
    scene.repo.git("branch", "agentrelay")
    done = scene.call("doctor")
    assert done.code == 3
    assert "git branch -m agentrelay" in done.out


def test_doctor_mends_a_lock_that_a_dead_git_left(scene: Scene) -> None:
    run = "echo x > x.txt"
    assert scene.call("run", scene.graph(one_lane("shop", run, auto_merge=False))).code == 5
    lock = scene.repo.path / ".git/worktrees/lane/index.lock"
    lock.touch()
    assert "agentrelay doctor --fix" in scene.call("doctor").out
    fixed = scene.call("doctor", "--fix")
    assert f"mended: {lock}" in fixed.err
    assert not lock.exists()


def test_doctor_sees_an_interrupted_run(scene: Scene) -> None:
    process = scene.start("run", scene.graph(one_lane("shop", "sleep 1; echo x > x")))
    while not scene.has_event("shop", "effect.done"):
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert "agentrelay resume shop" in scene.call("doctor").out
    assert scene.call("resume").code == 0


def test_another_folder_is_worked_in_by_a_global_option(scene: Scene, new_repo: MakeRepo) -> None:
    other = new_repo("other")
    assert scene.call("-C", str(other.path), "init").code == 0
    assert (other.path / "graph.yaml").is_file()
    assert scene.repo.status() == ""


def test_a_pipe_that_nobody_reads_is_no_failure(scene: Scene) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*ARGV, "schema"],
        cwd=scene.repo.path,
        env=scene.environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_where_is_pushed_is_said_without_the_password(scene: Scene) -> None:
    scene.repo.git("remote", "add", "origin", "https://me:secret@example.invalid/x.git")
    scene.repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    scene.repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    graph = scene.graph(one_lane("shop", "echo x > x", auto_merge=False))
    done = scene.call("run", graph, env={"AGENTRELAY_PUBLISH": "branches"})
    assert "pushes the branches of its lanes to origin (https://[redacted]@example" in done.err
    assert "secret" not in done.out + done.err


def test_version_names_what_a_report_needs(scene: Scene) -> None:
    assert set(json.loads(scene.call("version", "--json").out)) >= {"agentrelay", "python", "git"}
