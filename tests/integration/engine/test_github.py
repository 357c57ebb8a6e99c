"""Lanes that land through GitHub: what is judged is what lands, and people there are respected."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.emulator.core.model import ChangeRequest, Method, State
from tests.emulator.wire.faults import Cut, Fault, Status, primary_limit
from tests.github_scene import TOKEN, GitHub, variables
from tests.gitrepo import TestRepo
from tests.integration.engine.scene import Quiet, Scene

from agentrelay._shared.clock import rfc3339
from agentrelay.app.stored import stored_snapshot
from agentrelay.app.wiring import world_of
from agentrelay.engine.news import is_news
from agentrelay.engine.orchestrator import WORKERS
from agentrelay.engine.snapshot import Snapshot
from agentrelay.engine.watcher import Watcher
from agentrelay.errors import InternalError
from agentrelay.forge.implementations.github import GitHubForge
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus
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

THREE_LANES = """\
agents:
  w: {adapter: command, run: 'echo $AGENTRELAY_TASK > $AGENTRELAY_TASK.txt'}
defaults: {agent: w, max_attempts: 1}
workstreams: [{id: l}, {id: m}, {id: n}]
tasks:
  - {id: a, workstream_id: l, description: do a}
  - {id: b, workstream_id: m, description: do b}
  - {id: c, workstream_id: n, description: do c}
"""


@pytest.fixture
def scene(github: GitHub, repo: TestRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for name, value in variables(github.emulator).items():
        monkeypatch.setenv(name, value)
    return Scene(repo, tmp_path, forge="github")


def requests(github: GitHub) -> dict[str, ChangeRequest]:
    """Return the change requests on the forge by the lane of their branch."""
    github.emulator.notice_pushes()
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


def test_a_local_target_that_could_not_follow_is_said(
    scene: Scene, github: GitHub, repo: TestRepo
) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    mine = repo.commit({"mine": "m\n"})
    github.merges(Method.SQUASH)
    assert scene.resume().code == 0
    assert repo.head("main") == mine
    (landed,) = (e for e in scene.events("effect.done") if e.data["kind"] == "lane.land")
    assert "the local branch was left: local main has own commits" in landed.data["note"]


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


def test_what_was_judged_and_thrown_away_is_made_and_judged_again(
    scene: Scene, github: GitHub, repo: TestRepo
) -> None:
    del github

    def throws_it_away(event: Event) -> None:
        commit = event.data["commit"]
        for ref in [ref for ref, oid in repo.refs().items() if oid == commit]:
            repo.git("update-ref", "-d", ref)
        (repo.path / ".git/objects" / commit[:2] / commit[2:]).unlink()

    scene.simple("echo x > x")
    assert scene.run(Quiet({"effect.intent lane.land": throws_it_away})).code == 0
    assert scene.kinds().count("lane.candidate") == 2


def test_a_person_who_closes_on_the_forge_ends_the_lane(scene: Scene, github: GitHub) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    github.closes()
    assert scene.resume().code == 1
    assert scene.lane().status is WorkstreamStatus.FAILED
    assert scene.lane().error == "https://github.com/acme/shop/pull/1 was closed"


def test_a_lane_that_was_closed_there_with_its_branch_can_be_retried(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    github.closes()
    origin.git("update-ref", "-d", "refs/heads/agentrelay/g/l/integration")
    assert scene.resume().code == 1
    scene.ask("retry", lane="l")
    assert scene.held() == ("approval", scene.held()[1])
    assert requests(github)["l"].state is State.OPEN
    scene.approve("l")
    assert scene.lane().landed == origin.head("main")


@pytest.mark.parametrize("merges", [True, False])
def test_a_lane_to_which_people_pushed_is_still_watched(
    scene: Scene, github: GitHub, origin: TestRepo, *, merges: bool
) -> None:
    branch = "refs/heads/agentrelay/g/l/integration"
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    tip = origin.git("commit-tree", "-p", branch, "-m", "theirs", f"{branch}^{{tree}}")
    origin.git("update-ref", branch, tip)
    scene.approve("l")
    assert scene.held()[0] == "conflict"
    if merges:
        github.merges()
    else:
        github.closes()
    assert scene.resume().code == (0 if merges else 1)
    wanted = WorkstreamStatus.MERGED if merges else WorkstreamStatus.FAILED
    assert scene.lane().status is wanted
    assert scene.lane().landed == (origin.head("main") if merges else None)


def test_what_people_pushed_to_a_lane_is_not_overwritten_and_can_be_taken_in(
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
    assert kind == "conflict"
    assert f"somebody pushed {tip[:10]} to its branch" in why
    assert origin.head(branch) == tip
    TestRepo(scene.repo.path / ".worktrees/g/l").git("merge", "-q", tip)
    scene.ask("retry", lane="l")
    scene.approve("l")
    assert scene.lane().landed == origin.head("main")
    assert tip in origin.git("rev-list", "main").split()


def test_under_a_rule_to_be_up_to_date_a_lane_lands_once_its_branch_was_updated_there(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    branch = "refs/heads/agentrelay/g/l/integration"
    github.protect(strict=True, checks=("ci",))
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    somebody_pushes(origin)
    requests(github)
    github.checks("ci", "success")
    scene.approve("l")
    kind, why = scene.held()
    assert kind == "in_the_way", why
    # What the button "Update branch" does.
    tree = origin.git("merge-tree", "--write-tree", branch, "main")
    tip = origin.git("commit-tree", "-p", branch, "-p", "main", "-m", "Update", tree)
    origin.git("update-ref", branch, tip)
    requests(github)
    github.checks("ci", "success")
    scene.resume()
    kind, why = scene.held()
    assert (kind, f"git merge {tip[:10]}" in why) == ("conflict", True), why
    TestRepo(scene.repo.path / ".worktrees/g/l").git("merge", "-q", tip)
    scene.ask("retry", lane="l")
    scene.approve("l")
    assert scene.lane().landed == origin.head("main")
    assert {"x", "theirs"} <= set(origin.files("main"))


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


@pytest.mark.parametrize("fault", [Cut(after=True), Status(502)])
@pytest.mark.parametrize("act", ["POST pulls$", "PUT merge$", "POST comments$"])
def test_what_gets_no_answer_is_done_once(
    scene: Scene, github: GitHub, origin: TestRepo, fault: Fault, act: str
) -> None:
    github.protect()
    method, path = act.split()
    github.emulator.plant(fault, method=method, path=path)
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    scene.approve("l")
    assert scene.lane().status is WorkstreamStatus.MERGED
    (request,) = github.repository.requests
    assert (request.state, len(request.comments)) == (State.MERGED, 1)
    assert origin.git("log", "--merges", "--format=%s", "main").count("Land l on main") == 1


def test_a_forge_that_is_down_lets_a_lane_wait_and_agents_work(
    scene: Scene, github: GitHub
) -> None:
    github.emulator.plant(Status(503), times=1000)
    scene.simple("echo x > x")
    assert scene.run().code == 5
    kind, why = scene.held()
    assert kind == "error"
    assert "api.github.com failed with 503" in why
    assert scene.task().status is TaskStatus.MERGED
    github.emulator.faults.planted.clear()
    assert scene.resume().code == 0


def test_a_limit_is_told_with_its_end(scene: Scene, github: GitHub) -> None:
    reset = int(time.time()) + 3000
    github.emulator.plant(primary_limit(reset), times=1000, method="POST")
    scene.simple("echo x > x")
    assert scene.run().code == 5
    assert f"takes no more requests until {rfc3339(reset)}" in scene.held()[1]
    github.emulator.faults.planted.clear()
    assert scene.resume().code == 0


def test_two_hundred_open_requests_are_watched_with_few_questions(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    scene.graph(THREE_LANES)
    assert scene.run().code == 5
    head = origin.head("refs/heads/agentrelay/g/l/integration")
    for number in range(197):
        origin.git("update-ref", f"refs/heads/other{number}", head)
    github.opens([f"other{number}" for number in range(197)])
    snapshot, facts = stored_snapshot(scene.folders, 1)
    world = replace(world_of(scene.place, snapshot.graph, 1, facts), remote=github.forge())
    seconds = 0.0
    watcher = Watcher(world, lambda: seconds)
    asked = len(github.emulator.requests)
    while seconds < 3600:
        for look in watcher.due(snapshot):
            assert look() is None
        seconds += 2
    assert 60 < len(github.emulator.requests) - asked < 200
    github.merges()
    seconds += 60
    (look,) = watcher.due(snapshot)
    seen = look()
    assert seen is not None
    (merged,) = seen.data["lanes"].values()
    assert (merged["status"], merged["commit"]) == ("merged", origin.head("main"))


@pytest.fixture
def watching(scene: Scene, github: GitHub) -> tuple[Watcher, Snapshot]:
    """Return who watches a lane that waits, asked every 100 seconds, and the run."""
    scene.simple("echo x > x", lane="auto_merge: false")
    assert scene.run().code == 5
    snapshot, facts = stored_snapshot(scene.folders, 1)
    world = replace(world_of(scene.place, snapshot.graph, 1, facts), remote=github.forge())
    seconds = iter(range(0, 10_000, 100))
    return Watcher(world, lambda: next(seconds)), snapshot


def test_no_look_begins_while_one_is_under_way(
    watching: tuple[Watcher, Snapshot], github: GitHub
) -> None:
    watcher, snapshot = watching
    (look,) = watcher.due(snapshot)
    assert watcher.due(snapshot) == []
    github.emulator.plant(Status(503))
    assert look() is None
    assert github.slept == []
    assert len(watcher.due(snapshot)) == 1


def test_a_look_that_fails_on_this_machine_has_no_news(
    watching: tuple[Watcher, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("too many open files")

    watcher, snapshot = watching
    monkeypatch.setattr(GitHubForge, "glance", fails)
    assert watcher.seen(snapshot) == []
    assert len(watcher.due(snapshot)) == 1


def test_a_look_with_a_bug_costs_no_worker_and_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise KeyError("mergeable_state")

    monkeypatch.setattr(Watcher, "seen", lambda *_: [])
    monkeypatch.setattr(Watcher, "due", lambda *_: [fails] * 2 * WORKERS)
    scene.simple("echo x > x")
    with pytest.raises(InternalError, match="mergeable_state"):
        scene.run()
    assert scene.lane().status is WorkstreamStatus.MERGED


def test_news_of_a_request_that_the_lane_has_no_more_are_none(
    watching: tuple[Watcher, Snapshot], github: GitHub
) -> None:
    watcher, snapshot = watching
    github.closes()
    (news,) = watcher.seen(snapshot)
    assert is_news(snapshot, news)
    snapshot.lanes["l"].url = "https://github.com/acme/shop/pull/2"
    assert not is_news(snapshot, news)


def test_another_request_from_a_lanes_branch_does_not_hide_its_own(
    scene: Scene, github: GitHub, origin: TestRepo
) -> None:
    scene.graph(THREE_LANES)
    assert scene.run().code == 5
    branch = requests(github)["l"].head_branch
    number = requests(github)["l"].number
    origin.git("update-ref", "refs/heads/release", "main")
    github.opens([branch], into="release")
    github.merges(number=number)
    snapshot, facts = stored_snapshot(scene.folders, 1)
    world = replace(world_of(scene.place, snapshot.graph, 1, facts), remote=github.forge())
    (news,) = Watcher(world).seen(snapshot)
    assert {name: told["status"] for name, told in news.data["lanes"].items()} == {"l": "merged"}


def test_what_github_refuses_for_a_reason_that_it_does_not_tell_is_tried_once_more(
    scene: Scene, github: GitHub
) -> None:
    github.protect()
    github.repository.methods.remove(Method.MERGE)
    scene.simple("echo x > x")
    assert scene.run().code == 5
    assert "Merge merges are not allowed" in scene.held()[1]
    snapshot, facts = stored_snapshot(scene.folders, 1)
    world = replace(world_of(scene.place, snapshot.graph, 1, facts), remote=github.forge())
    seconds = iter(range(0, 1000, 100))
    watcher = Watcher(world, lambda: next(seconds))
    news = [watcher.seen(snapshot) for _ in range(3)]
    assert [len(each) for each in news] == [1, 0, 0]
    assert news[0][0].data["lanes"]["l"]["status"] == "free"
