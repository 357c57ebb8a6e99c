"""`task done|fail|concern|note|output|show`: with the right token only, and no run needed."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest
from tests.integration.cli.scene import Done, Scene

from agentrelay.executor.core.calls import Verb, digest_of, read_calls


class Attempt:
    """An attempt's folder as an agent finds it."""

    def __init__(self, scene: Scene, root: Path) -> None:
        self.scene = scene
        self.token = secrets.token_hex()
        self.folder = root / "tasks/work/attempts/1"
        self.agent = self.folder / "agent"
        self.agent.mkdir(parents=True)
        manifest = {"version": 1, "task": "work", "token_digest": digest_of(self.token)}
        (self.folder / "manifest.json").write_text(json.dumps(manifest))

    def call(self, *argv: str, token: str | None = None) -> Done:
        env = {
            "AGENTRELAY_MANIFEST": str(self.folder / "manifest.json"),
            "AGENTRELAY_ATTEMPT_DIR": str(self.agent),
            "AGENTRELAY_TOKEN": token or self.token,
        }
        return self.scene.call("task", *argv, env=env)

    def said(self) -> list[tuple[Verb, str]]:
        return [(c.verb, c.text) for c in read_calls(self.agent, digest_of(self.token))]


@pytest.fixture
def attempt(scene: Scene, tmp_path: Path) -> Attempt:
    return Attempt(scene, tmp_path / "run")


def test_each_call_is_noted_with_one_line(attempt: Attempt) -> None:
    calls = (
        ("done", "--summary", "all"),
        ("fail", "--reason", "none"),
        ("concern", "careful"),
        ("note", "see x"),
    )
    for argv in calls:
        done = attempt.call(*argv)
        assert (done.code, done.err) == (0, "")
        assert done.out.count("\n") == 1
    assert attempt.said() == [
        (Verb.DONE, "all"),
        (Verb.FAIL, "none"),
        (Verb.CONCERN, "careful"),
        (Verb.NOTE, "see x"),
    ]


def test_the_same_remark_twice_is_one(attempt: Attempt) -> None:
    assert attempt.call("concern", "careful").code == 0
    again = attempt.call("concern", "careful", "--json")
    assert json.loads(again.out) == {"task": "work", "call": "concern", "new": False}
    assert len(attempt.said()) == 1


def test_done_said_again_counts_again_for_the_next_turn(attempt: Attempt) -> None:
    attempt.call("done")
    attempt.call("done")
    assert len(attempt.said()) == 2


@pytest.mark.parametrize("argv", [("done",), ("note", "x"), ("show",)])
def test_a_wrong_token_has_no_effect(attempt: Attempt, argv: tuple[str, ...]) -> None:
    done = attempt.call(*argv, token=secrets.token_hex())
    assert done.code == 2
    assert "not the token of this attempt" in done.err
    assert not list(attempt.agent.rglob("*"))


def test_an_output_must_be_there_and_its_category_a_name(attempt: Attempt) -> None:
    attempt.scene.repo.write({"out.md": "text"})
    assert attempt.call("output", "gone.md", "--category", "spec").code == 2
    assert attempt.call("output", "out.md", "--category", "../../x").code == 2
    assert attempt.call("output", "out.md", "--category", "spec").code == 0
    (call,) = read_calls(attempt.agent, digest_of(attempt.token))
    assert call.path == str(attempt.scene.repo.path / "out.md")


def test_show_tells_of_this_task_and_of_others(attempt: Attempt) -> None:
    shown = json.loads(attempt.call("show", "--json").out)
    assert shown == {"version": 1, "task": "work"}
    other = attempt.folder.parents[2] / "other/attempts/2"
    other.mkdir(parents=True)
    (other / "result.json").write_text(json.dumps({"summary": "made \x1b[31mred"}))
    said = attempt.call("show", "other")
    assert said.code == 0
    assert "summary: made \\x1b[31mred" in said.out
    assert attempt.call("show", "../work").code == 2


def test_outside_of_a_run_it_says_so(scene: Scene) -> None:
    done = scene.call("task", "done")
    assert done.code == 2
    assert "AGENTRELAY_MANIFEST is not set" in done.err
