"""One turn that is refused pauses its account: for all graphs, runs and processes of the user."""

from __future__ import annotations

import json
import time

from tests.integration.cli.account import Account
from tests.integration.cli.scene import Scene, until


def attempts(scene: Scene, graph: str) -> list[int]:
    view = json.loads(scene.call("status", graph, "--json").out)
    return [task["attempt"] for lane in view["lanes"] for task in lane["tasks"]]


def test_one_refused_turn_keeps_all_graphs_from_starting_more(account: Account) -> None:
    scene = account.scene
    account.refuses(429, until=int(time.time()) + 3600)
    first = scene.start("run", account.graph("first", "a"), "--yes")
    account.wait_for("first", "(rate limited, told to task a)")
    second = scene.start("run", account.graph("second", "b", "c"), "--yes")
    account.wait_for("second", "(rate limited, told to task a of graph first)")
    assert [start["task"] for start in account.starts] == ["a"]
    assert all("waits for account claude until" in wait for wait in account.waits("second"))
    account.serves()
    assert scene.call("resume", "second").out == "account claude is tried again now\n"
    assert second.communicate(timeout=60)[0]
    assert first.communicate(timeout=60)[0]
    assert (first.returncode, second.returncode) == (0, 0)
    assert attempts(scene, "first") + attempts(scene, "second") == [1, 1, 1]
    # Each task was started once more at most: by the one that tried, and then by itself.
    assert len(account.starts) == 4


def test_a_run_waits_for_the_time_that_it_was_told_and_goes_on_in_its_session(
    account: Account,
) -> None:
    account.refuses(429, until=int(time.time()) + 6)
    done = account.scene.call("run", account.graph("g", "a"), "--yes")
    assert done.code == 0, done.err
    assert "waits for account claude until" in done.err
    assert account.starts == [{"task": "a", "resumes": False}, {"task": "a", "resumes": True}]


def test_a_kill_while_the_account_is_paused_costs_nothing(account: Account) -> None:
    scene = account.scene
    account.refuses(529)
    process = scene.start("run", account.graph("g", "a"), "--yes")
    account.wait_for("g", "(overloaded, told to task a)")
    process.kill()
    process.wait()
    assert account.waits("g") == ["waits for agentrelay resume"]
    account.serves()
    done = scene.call("resume", "g")
    assert done.code == 0, done.err
    assert attempts(scene, "g") == [1]
    assert account.starts == [{"task": "a", "resumes": False}, {"task": "a", "resumes": True}]


def test_a_refused_login_stops_the_account_until_a_person_resumes(account: Account) -> None:
    scene = account.scene
    account.refuses(401)
    done = scene.call("run", account.graph("first", "a"), "--yes")
    assert done.code == 5, done.err
    assert "account claude: authentication, told to task a: API Error: 401" in done.err
    assert "agentrelay resume first" in done.err
    # A person who starts another run may have logged in meanwhile: one turn tries.
    scene.call("run", account.graph("second", "b", "c"), "--yes", "--detach")
    until(lambda: len(account.starts) == 2)
    until(lambda: any("waits for a person" in wait for wait in account.waits("second")))
    account.serves()
    assert scene.call("resume", "first").code == 0
    until(lambda: account.waits("second") == ["", ""], "the other run to have gone on by itself")
    assert sorted(start["task"] for start in account.starts)[:2] == ["a", "a"]
    assert attempts(scene, "second") == [1, 1]
