"""The command line with a forge of others: what it says, and how it waits for people there."""

from __future__ import annotations

import json

import pytest
from tests.github_scene import GitHub, variables
from tests.integration.cli.scene import Scene, one_lane, until


@pytest.fixture
def on_github(scene: Scene, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    for name, value in {**variables(github.emulator), "AGENTRELAY_FORGE": "github"}.items():
        monkeypatch.setenv(name, value)
    scene.graph(one_lane("g", "echo x > x", auto_merge=False))
    return github


def test_a_run_that_waits_sees_what_people_do_there(scene: Scene, on_github: GitHub) -> None:
    waiting = scene.start("run", "graph.yaml", "--yes", "--wait")
    until(lambda: scene.has_event("g", "run.waiting"), "the run to wait")
    on_github.merges()
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, out + err
    assert "merged on the forge by https://github.com/acme/shop/pull/1" in err


def test_what_is_pushed_and_opened_where_is_said_before_it_is_agreed_to(
    scene: Scene, on_github: GitHub
) -> None:
    del on_github
    asked = scene.call("run", "graph.yaml", "--no-input")
    assert asked.code != 0
    assert "it opens their change requests on github.com/acme/shop, and merges them" in asked.err
    assert "what lands on main, to origin" in asked.err


def test_an_approval_says_by_what_the_lane_lands(scene: Scene, on_github: GitHub) -> None:
    assert scene.call("run", "graph.yaml", "--yes").code == 5
    done = scene.call("approve", "lane", "--yes")
    assert "it lands by https://github.com/acme/shop/pull/1" in done.err
    assert "lane lane landed on main" in done.out
    assert on_github.repository.requests[0].merged is not None


def test_doctor_and_config_say_which_forge_and_token_are_used(
    scene: Scene, on_github: GitHub
) -> None:
    findings = json.loads(scene.call("doctor", "--json").out)
    (forge,) = [each for each in findings if each["check"] == "forge"]
    assert forge["level"] == "ok"
    assert forge["found"].endswith("the token by $GH_TOKEN works")
    shown = scene.call("config").out
    assert "forge: github at github.com/acme/shop: the setting forge says so" in shown
    wrong = scene.call("doctor", "--json", env={"GH_TOKEN": "wrong-token"})
    (forge,) = [each for each in json.loads(wrong.out) if each["check"] == "forge"]
    assert (wrong.code, forge["level"]) == (3, "fail")
    assert "Bad credentials" in forge["found"]
    assert "wrong-token" not in wrong.out + wrong.err
    without = scene.call("config", env={"AGENTRELAY_FORGE": "auto", "GH_TOKEN": ""}).out
    assert "forge: local: no token for github.com was found" in without
    del on_github


def test_a_lane_lands_once_the_checks_are_there_that_its_target_asks_for(
    scene: Scene, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**variables(github.emulator), "AGENTRELAY_FORGE": "github"}.items():
        monkeypatch.setenv(name, value)
    github.protect(checks=("ci",))
    scene.graph(one_lane("g", "echo x > x"))
    waiting = scene.start("run", "graph.yaml", "--yes", "--wait")
    until(lambda: scene.has_event("g", "run.waiting"), "the run to wait")
    github.checks("ci", "success")
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, out + err
    assert "is not merged: " in err
    assert scene.intents("g", "lane.land") == 2


def test_without_a_token_no_agent_is_started(scene: Scene, on_github: GitHub) -> None:
    del on_github
    done = scene.call("run", "graph.yaml", "--yes", env={"GH_TOKEN": ""})
    assert done.code == 4
    assert "AR-FORGE-004" in done.err
    assert "gh auth login --hostname github.com, or set GH_TOKEN or token_command" in done.err
    assert not (scene.repo.path / ".worktrees").exists()
