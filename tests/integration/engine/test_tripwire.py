"""What changes in the user's own checkout while an agent works is told, and what we did is not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from tests.integration.engine.scene import Quiet, Scene, until

from agentrelay.interfaces.views.stored_run import read_run
from agentrelay.journal.event import Event


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTRELAY_TRIPWIRE", "concern")


ESCAPES = {
    "a tracked file": ("echo agent > ../../../README.md", "README.md"),
    "a new file": ("mkdir ../../../sub; echo x > ../../../sub/new.txt", "sub/new.txt"),
    "a commit on the user's branch": (
        "git -C ../../.. -c user.name=a -c user.email=a@x commit --quiet --allow-empty -m x",
        "branch main has 1 new commit",
    ),
    "the deletion of a branch": ("git branch --quiet -D mine", "branch mine was deleted"),
    "the move of a branch": (
        "git branch --quiet --force mine $(git commit-tree HEAD^{tree} -m x)",
        "branch mine was moved from",
    ),
    "another branch checked out": (
        "git -C ../../.. checkout --quiet -b other",
        "HEAD went from main to other",
    ),
    "a hook": ("echo x > ../../../.git/hooks/pre-push", ".git/hooks/pre-push"),
    "the configuration": ("git config alias.x status", ".git/config"),
}


def told(names: str, what: str, task: str = "g/a") -> str:
    return (
        f"changed in your checkout while {names} worked: {what}; "
        f"if that was not you, see agentrelay logs {task}"
    )


def wait_for(path: Path) -> str:
    return f"until test -e {path}; do sleep 0.02; done"


@pytest.mark.parametrize("escape", ESCAPES)
def test_what_an_agent_does_in_the_users_checkout_keeps_its_lane(scene: Scene, escape: str) -> None:
    line, what = ESCAPES[escape]
    scene.repo.git("branch", "mine")
    scene.simple(f"echo work > n; {line}")
    assert scene.run().code == 5
    (concern,) = scene.task().concerns
    assert concern.startswith(told("a", what).partition(";")[0])
    assert concern.endswith("; if that was not you, see agentrelay logs g/a")
    assert scene.held() == ("approval", f"approve lane l, it has a concern (a: {concern})")


def test_a_checkout_that_can_not_be_looked_at_stops_no_turn(scene: Scene) -> None:
    scene.graph("""\
        agents:
          damages: {adapter: command, run: "echo x > n; sleep 1.1; echo x > ../../../.git/index"}
          works: {adapter: command, run: "echo x > m"}
        defaults: {max_attempts: 1}
        workstreams: [{id: l}]
        tasks:
          - {id: a, workstream_id: l, agent: damages, description: do a}
          - {id: b, workstream_id: l, agent: works, description: do b, dependencies: [a]}
    """)
    scene.run()
    for name in "ab":
        assert scene.task(name).status.value == "merged"
        (concern,) = scene.task(name).concerns
        assert concern.startswith(f"changed in your checkout while {name} worked: it can't be")


def test_what_a_person_left_uncommitted_is_not_told_but_its_loss_is(scene: Scene) -> None:
    scene.repo.write({"README.md": "mine\n", "notes.txt": "mine\n", "stays.txt": "mine\n"})
    scene.simple("echo work > n; rm ../../../notes.txt; git -C ../../.. checkout README.md")
    assert scene.run().code == 5
    assert scene.task().concerns == [told("a", "README.md, notes.txt")]


def test_what_a_person_edits_meanwhile_is_told_too_and_stays(scene: Scene) -> None:
    at_work, go = scene.base / "at-work", scene.base / "go"
    scene.simple(f"echo work > n; touch {at_work}; {wait_for(go)}")

    def person() -> None:
        until(at_work.exists, "the agent to work")
        scene.repo.write({"README.md": "by a person\n"})
        go.touch()

    beside = Thread(target=person)
    beside.start()
    assert scene.run().code == 5
    beside.join()
    assert scene.task().concerns == [told("a", "README.md")]
    assert (scene.repo.path / "README.md").read_text() == "by a person\n"


def two_lanes(scene: Scene, first: str, second: str) -> None:
    """Write a graph of two lanes whose agents run together, each in its own shell."""
    agents = {"one": first, "two": second}
    scene.graph(
        "agents:\n"
        + "".join(
            f"  {name}: {{adapter: command, run: {json.dumps(line)}}}\n"
            for name, line in agents.items()
        )
        + "defaults: {max_attempts: 1}\n"
        + "workstreams: [{id: l, auto_merge: true}, {id: m, auto_merge: true}]\n"
        + "tasks:\n"
        + "  - {id: a, workstream_id: l, description: do a, agent: one}\n"
        + "  - {id: b, workstream_id: m, description: do b, agent: two}\n"
    )


def test_all_who_worked_meanwhile_are_named(scene: Scene) -> None:
    at_work, done = scene.base / "at-work", scene.base / "done"
    two_lanes(
        scene,
        f"echo a > a.txt; {wait_for(at_work)}; echo x > ../../../x; touch {done}",
        f"echo b > b.txt; touch {at_work}; {wait_for(done)}",
    )
    assert scene.run().code == 5
    assert scene.task("a").concerns == [told("a, b", "x")]
    assert scene.task("b").concerns == [told("b, a", "x", "g/b")]


def test_landings_meanwhile_are_ours(scene: Scene) -> None:
    scene.repo.write({"mine.txt": "mine\n"})
    landed = scene.base / "landed"
    two_lanes(scene, "echo a > a.txt", f"echo b > b.txt; {wait_for(landed)}")
    act: Callable[[Event], None] = lambda _: landed.touch()  # noqa: E731 - what happens then
    assert scene.run(Quiet({"effect.done lane.land": act})).code == 0
    assert scene.task("b").concerns == []
    assert {"a.txt", "b.txt", "mine.txt"} <= set(os.listdir(scene.repo.path))


def test_landings_of_another_graph_are_ours_and_its_agents_are_named(scene: Scene) -> None:
    at_work, go = scene.base / "at-work", scene.base / "go"
    other = Scene(scene.repo, scene.base)
    other.graph(
        """
        agents: {w: {adapter: command, run: echo o > o.txt; echo x > ../../../x}}
        defaults: {agent: w}
        workstreams: [{id: l}]
        tasks: [{id: o, workstream_id: l, description: do o}]
        """,
        name="other",
    )
    scene.simple(f"echo work > n; touch {at_work}; {wait_for(go)}")

    def beside(_: Event) -> None:
        until(at_work.exists, "the agent to work")
        assert other.run().code == 5
        other.approve("l")
        go.touch()

    assert scene.run(Quiet({"effect.done turn.start": beside})).code == 5
    assert (scene.repo.path / "o.txt").exists()
    assert scene.task().concerns == [told("a, o of other", "x")]
    assert other.task("o").concerns == [told("o, a of g", "x", "other/o")]


def test_a_commit_beside_a_landing_is_told(scene: Scene) -> None:
    landed = scene.base / "landed"
    two_lanes(scene, "echo a > a.txt", f"echo b > b.txt; {wait_for(landed)}")

    def person(_: Event) -> None:
        scene.repo.commit({"p.txt": "by a person\n"})
        landed.touch()

    assert scene.run(Quiet({"effect.done lane.land": person})).code == 5
    assert scene.task("b").concerns == [told("b, a", "branch main has 1 new commit", "g/b")]


def test_by_default_it_is_told_and_keeps_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTRELAY_TRIPWIRE")
    scene.simple("echo work > n; echo x > ../../../x")
    assert scene.run().code == 0
    assert (scene.task().concerns, scene.task().notes) == ([], [told("a", "x")])
    news = [each.text for each in read_run(scene.folders, 1, since=0).happened if each.is_news]
    assert told("a", "x") in news


def test_the_setting_takes_it_out(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTRELAY_TRIPWIRE")
    scene.repo.commit({".agentrelay.toml": 'tripwire = "off"\n'})
    scene.simple("echo work > n; echo x > ../../../x")
    assert scene.run().code == 0
    assert (scene.task().concerns, scene.task().notes) == ([], [])


class Killed(Exception):  # noqa: N818 - no error: the process ends here
    """The orchestrator ends in the midst of its work."""


def test_who_carries_on_after_a_crash_knows_what_it_looked_like_before(scene: Scene) -> None:
    go = scene.base / "go"
    scene.simple(f"echo work > n; {wait_for(go)}; echo x > ../../../x")

    def die(_: Event) -> None:
        raise Killed

    with pytest.raises(Killed):
        scene.run(Quiet({"effect.done turn.start": die}))
    go.touch()
    assert scene.resume().code == 5
    assert scene.task().concerns == [told("a", "x")]
