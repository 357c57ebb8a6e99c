"""The client of the Agent Client Protocol, with an agent that does whatever an agent may do."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent.acp_scene import PATIENCE, Scene, scene_in
from tests.integration.executor.scene import until

from agentrelay.agent.core.report import TurnResult, Usage


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Return a scene."""
    return scene_in(tmp_path)


def asked(**call: Any) -> dict[str, Any]:
    return {"ask": {"toolCall": {"toolCallId": "1", "status": "pending", **call}}}


def chosen(scene: Scene) -> list[str]:
    """Return the options that the agent's questions were answered with."""
    outcomes = [message["result"]["outcome"] for message in scene.heard()]
    return [outcome["optionId"] for outcome in outcomes]


def test_a_turn_is_a_session_a_prompt_and_an_end(scene: Scene) -> None:
    usage = {"totalTokens": 10, "inputTokens": 4, "outputTokens": 3, "cachedReadTokens": 3}
    report = scene.play(
        {"say": "All "}, {"say": "done."}, {"answer": {"stopReason": "end_turn", "usage": usage}}
    )
    assert (report.result, report.session, report.said) == (TurnResult.DONE, "s-new", "All done.")
    assert report.usage == Usage(uncached=4, cache_read=3, output=3)
    assert scene.exit_code == 0
    (prompt,) = scene.heard("session/prompt")
    assert prompt["params"]["prompt"] == [{"type": "text", "text": "# Task t"}]
    (new,) = scene.heard("session/new")
    assert new["params"]["cwd"] == str(scene.request.worktree)


@pytest.mark.parametrize(
    ("capabilities", "method"),
    [
        ({"loadSession": True}, "session/load"),
        ({"loadSession": True, "sessionCapabilities": {"resume": {}}}, "session/resume"),
    ],
)
def test_feedback_goes_to_the_same_session(
    scene: Scene, capabilities: dict[str, Any], method: str
) -> None:
    scene.change(session="s-old")
    met = {"protocolVersion": 1, "agentCapabilities": capabilities}
    report = scene.play({"say": "Mended."}, answers={"initialize": met})
    assert (report.session, scene.events("session")[0]["resumed"]) == ("s-old", True)
    assert [each["params"]["sessionId"] for each in scene.heard(method)] == ["s-old"]
    (prompt,) = scene.heard("session/prompt")
    assert prompt["params"]["prompt"][0]["text"] == "Mend it."
    assert scene.heard("session/new") == []


@pytest.mark.parametrize("can", [{"loadSession": True}, {}])
def test_a_session_that_is_gone_or_of_no_use_is_begun_anew(
    scene: Scene, can: dict[str, Any]
) -> None:
    scene.change(session="s-old")
    met = {"protocolVersion": 1, "agentCapabilities": can}
    gone = {"error": {"code": -32002, "message": "no such session"}}
    report = scene.play(answers={"initialize": met, "session/load": gone})
    assert (report.session, scene.events("session")[0]["resumed"]) == ("s-new", False)
    assert scene.heard("session/prompt")[0]["params"]["prompt"][0]["text"] == "# Task t"


def test_the_mode_that_asks_and_the_model_of_the_graph_are_chosen(scene: Scene) -> None:
    modes = {
        "currentModeId": "auto",
        "availableModes": [{"id": "auto", "name": "A"}, {"id": "default", "name": "D"}],
    }
    option = {"id": "m", "name": "Model", "category": "model", "type": "select"}
    option |= {
        "currentValue": "big",
        "options": [{"value": "big", "name": "B"}, {"value": "small", "name": "S"}],
    }
    scene.change(model="small")
    new = {"sessionId": "s-new", "modes": modes, "configOptions": [option]}
    assert scene.play(answers={"session/new": new}).result is TurnResult.DONE
    assert [each["params"]["modeId"] for each in scene.heard("session/set_mode")] == ["default"]
    (chosen_,) = scene.heard("session/set_config_option")
    assert (chosen_["params"]["configId"], chosen_["params"]["value"]) == ("m", "small")


def test_a_model_that_the_agent_does_not_have_is_no_turn(scene: Scene) -> None:
    scene.change(model="small")
    report = scene.play()
    assert (report.result, scene.exit_code) == (TurnResult.FAILED, 1)
    assert "offers no model small" in report.reason
    assert scene.heard("session/prompt") == []


def test_what_the_work_needs_is_allowed_once_and_the_rest_refused(scene: Scene) -> None:
    tree = scene.request.worktree
    edit = {"kind": "edit", "title": "Edit"}
    report = scene.play(
        asked(**edit, locations=[{"path": str(tree / "a.py")}]),
        asked(kind="execute", title="pytest -q tests"),
        asked(kind="execute", title="x", rawInput={"command": "git add -A && git commit -m 'it'"}),
        asked(**edit, locations=[{"path": str(tree / ".." / "b.py")}]),
        asked(kind="execute", title="pytest", rawInput={"command": "curl http://127.0.0.1/"}),
        asked(kind="execute", title="pytest -q", rawInput={"cmd": ["curl", "x"]}),
        asked(kind="fetch", title="look it up"),
        {"say": "I may not."},
    )
    assert chosen(scene) == ["yes", "yes", "yes", "no", "no", "no", "no"]
    assert report.result is TurnResult.PERMISSION_DENIED
    assert report.reason == "it was refused Edit, pytest, pytest -q, look it up: I may not."


def test_everything_is_allowed_where_the_graph_says_so(scene: Scene) -> None:
    scene.change(bypass=True)
    outside = scene.base / "b.py"
    report = scene.play(
        asked(kind="execute", title="rm -rf /"),
        {"call": ["fs/write_text_file", {"path": str(outside), "content": "x"}]},
    )
    assert (report.result, outside.read_text()) == (TurnResult.DONE, "x")


def test_files_are_served_in_the_worktree_and_refused_elsewhere(scene: Scene) -> None:
    inside, outside = scene.request.worktree / "new" / "a.txt", scene.base / "b.txt"
    outside.write_text("secret")
    (scene.request.worktree / "link").symlink_to(scene.base)
    read, write = "fs/read_text_file", "fs/write_text_file"
    report = scene.play(
        {"call": [write, {"path": str(inside), "content": "one\ntwo\nthree\n"}]},
        {"call": [read, {"path": str(inside), "line": 2, "limit": 1}]},
        {"call": [read, {"path": str(inside.with_name("none"))}]},
        {"call": [read, {"path": str(outside)}]},
        {"call": [write, {"path": str(scene.request.worktree / "link" / "b.txt"), "content": "x"}]},
        {"call": [write, {"path": "a.txt", "content": "x"}]},
    )
    assert inside.read_text() == "one\ntwo\nthree\n"
    assert outside.read_text() == "secret"
    told = scene.heard()
    assert told[1]["result"] == {"content": "two\n"}
    assert [message["error"]["code"] for message in told[2:]] == [-32002, -32602, -32602, -32602]
    assert report.result is TurnResult.PERMISSION_DENIED


def test_a_method_that_we_do_not_have_is_refused_and_ends_nothing(scene: Scene) -> None:
    report = scene.play(
        {"call": ["session/do_what_i_want", {}]}, {"call": ["_x.com/mine", {}]}, {"say": "Done."}
    )
    assert [message["error"]["code"] for message in scene.heard()] == [-32601, -32601]
    assert report.result is TurnResult.DONE


def test_lines_that_are_no_messages_are_kept_and_end_nothing(scene: Scene) -> None:
    report = scene.play(
        {"raw": '{"jsonrpc": "2.0", "meth'},
        {"raw": "[1, 2]"},
        {"raw": "7"},
        {"grumble": "a warning"},
        {"update": {"sessionUpdate": "of_tomorrow", "x": 1}},
        {"say": "Done."},
    )
    assert (report.result, report.said) == (TurnResult.DONE, "Done.")
    noise = {event["text"] for event in scene.events("noise")}
    assert noise == {'{"jsonrpc": "2.0", "meth', "[1, 2]", "7", "a warning"}
    assert {"sessionUpdate": "of_tomorrow", "x": 1} in [
        event["update"] for event in scene.events("update")
    ]


def test_a_message_of_megabytes_arrives(scene: Scene) -> None:
    report = scene.play({"say": "x" * 3_000_000}, {"say": " end"})
    assert report.result is TurnResult.DONE
    assert report.said.endswith("x end")


@pytest.mark.parametrize(
    ("act", "result", "reason"),
    [
        ({"exit": 3}, TurnResult.FAILED, "exit code 3"),
        ({"kill": 9}, TurnResult.CRASHED, "exit code -9"),
        ({"answer": {"stopReason": "refusal"}}, TurnResult.FAILED, "refusal"),
        ({"answer": {"stopReason": 7}}, TurnResult.FAILED, "something else"),
    ],
)
def test_an_end_that_is_none(
    scene: Scene, act: dict[str, Any], result: TurnResult, reason: str
) -> None:
    report = scene.play({"say": "I begin."}, act)
    assert report.result is result
    assert reason in report.reason


@pytest.mark.parametrize(
    ("error", "result"),
    [
        ({"code": -32000, "message": "Authentication required"}, TurnResult.AUTHENTICATION),
        (
            {"code": -32603, "message": "Internal error", "data": {"errorKind": "rate_limit"}},
            TurnResult.RATE_LIMITED,
        ),
        ({"code": 429, "message": "Too many requests"}, TurnResult.RATE_LIMITED),
        ({"code": -32603, "message": "got status: 529 overloaded"}, TurnResult.OVERLOADED),
        ({"code": -32603, "message": "out of ideas"}, TurnResult.FAILED),
    ],
)
def test_an_error_of_the_agent_is_classified(
    scene: Scene, error: dict[str, Any], result: TurnResult
) -> None:
    report = scene.play({"answer": {"error": error}})
    assert report.result is result
    assert error["message"] in report.reason
    assert scene.exit_code == 1


def test_an_agent_of_another_version_is_not_talked_to(scene: Scene) -> None:
    report = scene.play(answers={"initialize": {"protocolVersion": 2}})
    assert report.result is TurnResult.FAILED
    assert "speaks version 2 of the protocol, not 1" in report.reason


def test_an_agent_that_is_not_there_is_named(scene: Scene) -> None:
    scene.change(run=("/nowhere/agent",))
    report = scene.play()
    assert report.result is TurnResult.FAILED
    assert report.reason == "/nowhere/agent could not be started: No such file or directory"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("answer", ["cancelled", ""])
def test_a_turn_that_is_to_end_is_cancelled(
    scene: Scene, number: signal.Signals, answer: str
) -> None:
    with scene.start({"say": "I begin.\n"}, {"wait": answer}) as client:
        try:
            until(lambda: b"I begin." in scene.output.read_bytes())
            client.send_signal(number)
            assert client.wait(PATIENCE) == (0 if answer else 1)
        finally:
            client.kill()
    assert len(scene.heard("session/cancel")) == 1
    report = scene.report()
    assert report.result is TurnResult.FAILED
    assert (answer or "did not end its turn") in report.reason


def test_an_agent_that_stays_is_told_to_end(scene: Scene) -> None:
    assert scene.play({"say": "Done."}, lingers=60).result is TurnResult.DONE
    # The scene waits for the client, and that for the agent.
    assert scene.exit_code == 0


def test_a_module_of_the_worktree_does_not_stand_in_for_one_of_ours(scene: Scene) -> None:
    (scene.request.worktree / "acp.py").write_text("raise SystemExit(9)")
    (scene.request.worktree / "json.py").write_text("raise SystemExit(9)")
    assert scene.play({"say": "Done."}).result is TurnResult.DONE


def test_the_package_is_needed_for_the_client_alone(scene: Scene) -> None:
    program = (
        "import pathlib, sys; sys.modules['acp'] = None\n"
        "from agentrelay.agent.implementations.acp import AcpAdapter\n"
        "print(AcpAdapter().report(pathlib.Path(sys.argv[1])).said)"
    )
    scene.play({"say": "Done."})
    argv = [sys.executable, "-c", program, str(scene.output)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == ("Done.\n", "")


def test_what_is_refused_is_told_in_short_however_much_it_is(scene: Scene) -> None:
    long = "x" * 9_000
    acts = [asked(kind="execute", title=f"a{number} {long}") for number in range(23)]
    report = scene.play(*acts)
    assert len(report.denied) == 21
    assert report.denied[-1] == "and 3 more"
    assert max(map(len, report.denied)) < 4_100
    assert report.reason.endswith("and 3 more")
    assert len(report.reason) < 21 * 4_100
