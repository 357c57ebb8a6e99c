"""The call of aider, and what its text says: it has no events, and ends with 0 after any error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.core.report import Report, TurnResult
from agentrelay.agent.implementations.aider import AiderAdapter
from agentrelay.errors import AgentError

ADAPTER = AiderAdapter()
STREAMS = Path(__file__).parent / "streams" / "aider"
REQUEST = TurnRequest("t", Path("/w"), {}, "Do it.", run=("aider",), worktree=Path("/w"))


def read(output: Path) -> Report:
    report = ADAPTER.report(output)
    assert report is not None
    return report


def test_it_edits_and_runs_nothing() -> None:
    argv = ADAPTER.launch(REQUEST).argv
    assert {"--yes-always", "--no-suggest-shell-commands"} <= set(argv)
    assert "--chat-history-file=/dev/null" in argv


def test_it_can_not_be_isolated_and_says_so() -> None:
    with pytest.raises(AgentError, match="no configuration folder"):
        ADAPTER.launch(replace(REQUEST, home=Path("/h")))


def test_an_answer_is_a_success_with_its_cost() -> None:
    report = read(STREAMS / "done.log")
    assert (report.result, report.cost, report.usage) == (TurnResult.DONE, 0.00016, None)


@pytest.mark.parametrize(
    ("scene", "result"),
    [
        ("rate-limited", TurnResult.RATE_LIMITED),
        ("authentication", TurnResult.AUTHENTICATION),
    ],
)
def test_an_error_that_nothing_follows_is_the_end(scene: str, result: TurnResult) -> None:
    report = read(STREAMS / f"{scene}.log")
    assert report.result is result
    assert report.reason.startswith("litellm.")


def test_an_error_that_a_further_try_got_over_is_none(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    output.write_bytes(
        (STREAMS / "rate-limited.log").read_bytes() + (STREAMS / "done.log").read_bytes()
    )
    assert read(output).result is TurnResult.DONE


def test_costs_are_summed_and_dots_are_no_price(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    priced = "Tokens: 1.2k sent, 55 received. Cost: $0.25 message, $0.75 session.\n"
    output.write_text(priced * 2 + "Tokens: 1 sent, 1 received. Cost: $... message, $0 session.\n")
    assert read(output).cost == 0.5
