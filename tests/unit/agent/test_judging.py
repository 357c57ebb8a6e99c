"""A turn is judged by evidence: the agent's calls, our limits, its program's word, its exit."""

from __future__ import annotations

import pytest

from agentrelay.agent.core.judging import ACCOUNT, Completion, TurnEvidence, judge
from agentrelay.agent.core.report import Report, TurnResult, Usage, result_of_status
from agentrelay.executor.core.executor import Ending

R = TurnResult


def judged(
    ending: str = "exited",
    exit_code: int | None = None,
    signal: int | None = None,
    completion: Completion = Completion.NONE,
    report: Report | None = None,
) -> TurnResult:
    return judge(TurnEvidence(ending, exit_code, signal, completion, "why", report)).result


@pytest.mark.parametrize("ending", [ending.value for ending in Ending])
@pytest.mark.parametrize("report", [None, *(Report(result) for result in R)])
def test_the_agents_own_word_comes_first(ending: str, report: Report | None) -> None:
    assert judged(ending, 1, completion=Completion.DONE, report=report) is R.DONE
    assert judged(ending, 0, completion=Completion.FAILED, report=report) is R.FAILED


def test_a_program_that_could_not_be_started_is_named() -> None:
    evidence = TurnEvidence("not_started", None, None, Completion.NONE, "", program="nowhere")
    assert judge(evidence).reason == "its program nowhere could not be started"


def test_the_reason_of_a_fail_is_kept() -> None:
    evidence = TurnEvidence("exited", 0, None, Completion.FAILED, "no disk")
    assert judge(evidence).reason == "no disk"


@pytest.mark.parametrize("report", [None, Report(R.DONE), Report(R.UNKNOWN)])
def test_without_a_word_our_own_limits_and_stops_decide(report: Report | None) -> None:
    assert judged("lost", report=report) is R.LOST
    assert judged("not_started", report=report) is R.FAILED
    assert judged("stopped", 0, report=report) is R.STOPPED
    assert judged("exited", signal=9, report=report) is R.CRASHED
    for limit in ("start_limit", "idle_limit", "wall_limit"):
        assert judged(limit, 0, report=report) is R.STALLED


def test_a_program_that_reports_nothing_is_judged_by_its_exit() -> None:
    assert judged(exit_code=0) is R.DONE
    assert judged(exit_code=3) is R.FAILED


@pytest.mark.parametrize("result", sorted(ACCOUNT, key=lambda result: result.value))
@pytest.mark.parametrize("ending", ["exited", "idle_limit", "wall_limit"])
def test_trouble_with_the_account_is_named_even_where_a_limit_ended_it(
    result: TurnResult, ending: str
) -> None:
    assert judged(ending, 1, report=Report(result, "429")) is result


def test_an_exit_code_of_zero_makes_no_report_better() -> None:
    for result in R:
        if result is not R.DONE:
            assert judged(exit_code=0, report=Report(result)) is result


def test_a_reported_success_needs_an_exit_code_of_zero() -> None:
    assert judged(exit_code=0, report=Report(R.DONE)) is R.DONE
    assert judged(exit_code=1, report=Report(R.DONE)) is R.FAILED


def test_an_end_without_a_result_is_unknown_and_says_so() -> None:
    evidence = TurnEvidence("exited", 0, None, Completion.NONE, "", Report(R.UNKNOWN, "no result"))
    assert judge(evidence).reason == "no result (exit code 0)"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (401, R.AUTHENTICATION),
        (403, R.AUTHENTICATION),
        (429, R.RATE_LIMITED),
        (529, R.OVERLOADED),
        (503, R.OVERLOADED),
        (400, R.FAILED),
    ],
)
def test_a_status_says_what_kind_of_trouble_it_is(status: int, result: TurnResult) -> None:
    assert result_of_status(status) is result


def test_usage_never_falls_below_nothing() -> None:
    assert Usage(5, 1, 1, 9).without(Usage(3, 2, 1, 4)) == Usage(2, 0, 0, 5)
