"""Lanes that land through GitHub: what is judged is what lands, and people there are respected."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.emulator.core.model import ChangeRequest, Method, State
from tests.github_scene import TOKEN, GitHub
from tests.gitrepo import TestRepo
from tests.integration.engine.scene import Quiet, Scene

from agentrelay.workstream.core.runtime import WorkstreamStatus

TWO_LANES = """\
agents:
  w: {adapter: command, run: 'echo $AGENTRELAY_TASK > $AGENTRELAY_TASK.txt'}
defaults: {agent: w, max_attempts: 1}
workstreams:
  - {id: api, auto_merge: true, gates: [{name: there, run: test -f model.txt}]}
  - {id: docs}
tasks:
  - {id: model, workstream_id: api, description: write the model}
  - {id: pages, workstream_id: docs, description: write the pages, dependencies: [model]}
"""


@pytest.fixture
def scene(github: GitHub, repo: TestRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for name, value in github.environment().items():
        monkeypatch.setenv(name, value)
    return Scene(repo, tmp_path, forge="github")


def requests(github: GitHub) -> dict[str, ChangeRequest]:
    """Return the change requests on the forge by the lane of their branch."""
    github.forge().list()
    return {each.head_branch.split("/")[2]: each for each in github.repository.requests}


def test_two_lanes_land_by_the_forge_as_they_were_judged(
    scene: Scene, github: GitHub, origin: TestRepo, repo: TestRepo
) -> None:
    scene.graph(TWO_LANES)
    assert scene.run().code == 5
    found = requests(github)
    assert {lane: each.state for lane, each in found.items()} == {
        "api": State.MERGED,
        "docs": State.OPEN,
    }
    api = scene.lane("api")
    assert api.url == "https://github.com/acme/shop/pull/1"
    assert (scene.folders.signals("api") / "pr_created").read_text() == api.url
    assert api.landed == origin.head("main") == (api.candidate or {})["commit"]
    assert repo.head("main") == api.landed
    assert "write the model" in found["api"].body
    assert scene.held("docs")[0] == "approval"

    assert scene.approve("docs") == "lane docs is approved"
    landed = scene.lane("docs").landed
    assert landed == origin.head("main") == repo.head("main")
    docs = requests(github)["docs"]
    assert docs.state is State.MERGED
    assert any("Approved in agentrelay by ann" in each.body for each in docs.comments)
    assert list(origin.refs("refs/heads")) == ["refs/heads/main"]
    assert scene.run().code == 0


def test_a_protected_target_is_merged_into_by_the_forge(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    github.protect(checks=("ci",))
    scene.simple("echo x > x")
    assert scene.run().code == 5
    kind, why = scene.held()
    assert kind == "in_the_way"
    assert "pull/1 is not merged: " in why
    github.protect()
    assert scene.resume().code == 0
    assert scene.lane().landed == origin.head("main") != (scene.lane().candidate or {})["commit"]
    trailers = origin.git("log", "-1", "--format=%B", "main")
    assert "Agentrelay-Workstream: l" in trailers
    assert scene.lane().remarks == []


def somebody_pushes(origin: TestRepo) -> None:
    """Have a further commit on the target of the forge."""
    blob = origin.git("hash-object", "-w", "--stdin", stdin="theirs\n")
    listed = origin.git("ls-tree", "main")
    tree = origin.git("mktree", stdin=f"{listed}\n100644 blob {blob}\ttheirs\n")
    tip = origin.git("commit-tree", "-p", "main", "-m", "theirs", tree)
    origin.git("update-ref", "refs/heads/main", tip)


def test_a_target_that_moves_is_judged_again(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    del github
    scene.simple("echo x > x")
    pushes = {"effect.intent lane.land": lambda _: somebody_pushes(origin)}
    assert scene.run(Quiet(pushes)).code == 0
    assert scene.kinds().count("lane.candidate") == 2
    assert {"x", "theirs"} <= set(origin.files("main"))
    assert scene.lane().landed == origin.head("main")


@pytest.mark.parametrize("method", list(Method))
def test_a_person_who_merges_on_the_forge_is_believed(
    scene: Scene, github: GitHub, origin: TestRepo, repo: TestRepo, method: Method
) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    github.merges(method)
    assert scene.resume().code == 0
    assert scene.lane().status is WorkstreamStatus.MERGED
    assert scene.lane().landed == origin.head("main") == repo.head("main")
    assert scene.lane().remarks == []


def test_what_was_merged_there_on_another_base_was_not_judged_and_that_is_said(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    somebody_pushes(origin)
    github.merges()
    assert scene.resume().code == 0
    assert scene.lane().landed == origin.head("main")
    assert "is not what the gates judged" in scene.lane().remarks[0]


def test_a_person_who_closes_on_the_forge_ends_the_lane(scene: Scene, github: GitHub) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    github.closes()
    assert scene.resume().code == 1
    assert scene.lane().status is WorkstreamStatus.FAILED
    assert scene.lane().error == "https://github.com/acme/shop/pull/1 was closed"


def test_what_people_pushed_to_a_lane_is_not_overwritten(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    del github
    branch = "refs/heads/agentrelay/g/l/integration"
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    tip = origin.git("commit-tree", "-p", branch, "-m", "theirs", f"{branch}^{{tree}}")
    origin.git("update-ref", branch, tip)
    scene.approve("l")
    kind, why = scene.held()
    assert kind == "error"
    assert f"{tip[:10]} is not in the lane" in why
    assert origin.head(branch) == tip


def test_what_is_rejected_and_closed_here_is_closed_there(scene: Scene, github: GitHub) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    scene.ask("close", lane="l", text="not wanted")
    request = requests(github)["l"]
    assert request.state is State.CLOSED
    assert "Closed: not wanted (ann)" in request.comments[0].body


def test_no_agent_and_no_file_of_ours_has_the_token(scene: Scene, github: GitHub) -> None:
    del github
    scene.simple("env > seen; ! grep -q FORGE_SOCKET seen")
    assert scene.run().code == 0
    assert TOKEN not in scene.repo.show("seen", "main")
    files = [path for path in (scene.repo.path / ".workflow").rglob("*") if path.is_file()]
    assert files
    assert all(TOKEN.encode() not in path.read_bytes() for path in files)
    assert TOKEN not in scene.repo.git("config", "--list")
