"""What adapters make of the streams that the real programs printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.agent.core.report import Report, TurnResult, Usage
from agentrelay.agent.implementations import require_adapter

STREAMS = Path(__file__).parent / "streams"
R = TurnResult

ENDINGS: dict[str, dict[str, tuple[TurnResult, str]]] = {
    "acp": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "rate-limited": (R.RATE_LIMITED, "429"),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "Authentication required"),
        "cut": (R.OVERLOADED, "Connection to the API was lost"),
        "denied": (R.PERMISSION_DENIED, "it was refused curl http://127.0.0.1:1/: I may not."),
        "gemini-done": (R.DONE, ""),
        "gemini-rate-limited": (R.RATE_LIMITED, "429"),
        "gemini-denied": (R.PERMISSION_DENIED, "it was refused curl"),
        "opencode-done": (R.DONE, ""),
        "opencode-denied": (R.PERMISSION_DENIED, "it was refused curl"),
    },
    "claude": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "rate-limited": (R.RATE_LIMITED, "429"),
        "usage-limit": (R.RATE_LIMITED, "You've hit your 5-hour limit"),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "401"),
        "cut": (R.OVERLOADED, "Connection to the API was lost"),
        "denied": (R.PERMISSION_DENIED, "it was denied Bash: I may not."),
        "budget": (R.BUDGET, "Reached maximum budget"),
        "no-session": (R.FAILED, "No conversation found"),
    },
    "codex": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "rate-limited": (R.RATE_LIMITED, "429"),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "401"),
        "cut": (R.OVERLOADED, "stream disconnected"),
        "no-session": (R.UNKNOWN, "ended without a result"),
    },
    "copilot": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "rate-limited": (R.RATE_LIMITED, "429"),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "401"),
        "cut": (R.OVERLOADED, "unexpected EOF"),
        "denied": (R.PERMISSION_DENIED, "it was denied bash: I may not."),
        "no-session": (R.UNKNOWN, "ended without a result"),
    },
    "gemini": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "rate-limited": (R.RATE_LIMITED, "429"),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "401"),
        "cut": (R.OVERLOADED, "terminated"),
        "denied": (R.PERMISSION_DENIED, "it was denied run_shell_command: I may not."),
        "no-session": (R.UNKNOWN, "ended without a result"),
    },
    "opencode": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "rate-limited": (R.RATE_LIMITED, "429"),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "401"),
        "cut": (R.OVERLOADED, "Cannot connect to API"),
        "denied": (R.PERMISSION_DENIED, "it was denied bash, write: I may not."),
        "no-session": (R.UNKNOWN, "ended without a result"),
    },
    "qwen": {
        "done": (R.DONE, ""),
        "resumed": (R.DONE, ""),
        "overloaded": (R.OVERLOADED, "529"),
        "authentication": (R.AUTHENTICATION, "401"),
        "cut": (R.OVERLOADED, "terminated"),
        "denied": (R.PERMISSION_DENIED, "it was denied run_shell_command: I may not."),
        "no-session": (R.UNKNOWN, "ended without a result"),
    },
}


def read(agent: str, scene: str) -> Report:
    report = require_adapter(agent).report(STREAMS / agent / f"{scene}.jsonl")
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("agent", "scene"), [(agent, scene) for agent, scenes in ENDINGS.items() for scene in scenes]
)
def test_the_end_of_a_recorded_stream(agent: str, scene: str) -> None:
    report = read(agent, scene)
    result, reason = ENDINGS[agent][scene]
    assert report.result is result
    assert reason in report.reason
    # The scripted model says so much in all; the program adds the rest.
    assert (report.result is R.DONE) == (report.reason == "")


def test_the_limit_of_a_subscription_says_when_it_ends() -> None:
    assert read("claude", "usage-limit").until == 1795840255
    assert read("claude", "rate-limited").until is None


@pytest.mark.parametrize("agent", ENDINGS)
def test_every_recorded_stream_is_read(agent: str) -> None:
    assert {path.stem for path in (STREAMS / agent).iterdir()} == set(ENDINGS[agent])


@pytest.mark.parametrize("agent", ENDINGS)
def test_a_resumed_session_has_the_same_name_and_words_of_its_own(agent: str) -> None:
    first, second = read(agent, "done"), read(agent, "resumed")
    assert first.session is not None
    assert first.session == second.session
    assert (first.said, second.said) == ("all done", "two")


def test_the_usage_of_claude_is_that_of_the_session_and_so_is_its_cost() -> None:
    first, second = read("claude", "done"), read("claude", "resumed")
    assert first.usage == Usage(200, 60, 40, 14)
    assert second.usage == Usage(300, 90, 60, 21)
    assert first.cost is not None
    assert second.cost == pytest.approx(first.cost * 1.5)


def test_cached_tokens_are_taken_out_of_the_input_of_codex() -> None:
    assert read("codex", "done").usage == Usage(240, 60, 0, 14)
    assert read("codex", "resumed").usage == Usage(360, 90, 0, 21)


def test_over_the_protocol_usage_is_that_of_the_turn_where_its_meaning_is_known() -> None:
    assert read("acp", "done").usage == Usage(200, 60, 40, 14)
    assert read("acp", "resumed").usage == Usage(100, 30, 20, 7)
    assert [read("acp", f"{agent}-done").usage for agent in ("gemini", "opencode")] == [None, None]


@pytest.mark.parametrize("agent", ["gemini", "opencode"])
def test_the_usage_of_these_is_that_of_the_turn(agent: str) -> None:
    assert read(agent, "done").usage == Usage(360, 90, 0, 21)
    assert read(agent, "resumed").usage == Usage(120, 30, 0, 7)


def test_the_usage_of_qwen_is_that_of_the_session_without_what_was_cached() -> None:
    assert read("qwen", "done").usage == Usage(360, 90, 0, 21)
    assert read("qwen", "resumed").usage == Usage(600, 150, 0, 35)


def test_the_cost_of_opencode_is_that_of_its_steps() -> None:
    assert read("opencode", "done").cost == pytest.approx(3 * 0.000137)
    assert read("gemini", "done").cost is None


@pytest.mark.parametrize("agent", ENDINGS)
def test_a_stream_that_is_torn_anywhere_is_no_success(agent: str, tmp_path: Path) -> None:
    data = (STREAMS / agent / "done.jsonl").read_bytes()
    output = tmp_path / "output.log"
    adapter = require_adapter(agent)
    for length in range(0, len(data) - 2, 37):
        output.write_bytes(data[:length])
        report = adapter.report(output)
        assert report is not None
        assert report.result is R.UNKNOWN


@pytest.mark.parametrize(
    ("adapter", "denied"),
    [
        ("acp", ("curl http://127.0.0.1:1/ (no command of this task)",)),
        ("claude", ("Bash",)),
        ("copilot", ("bash",)),
        ("gemini", ("run_shell_command",)),
        ("opencode", ("bash", "write")),
        ("qwen", ("run_shell_command",)),
    ],
)
def test_what_an_agent_was_denied_is_told(adapter: str, denied: tuple[str, ...]) -> None:
    report = require_adapter(adapter).report(STREAMS / adapter / "denied.jsonl")
    assert report is not None
    assert report.denied == denied
