"""Judge a turn by evidence: the agent's calls, our limits, the program's report, last its exit.

What the turn made is judged elsewhere: by the commit, and by the gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from agentrelay.agent.core.report import Report, TurnResult


class Completion(Enum):
    """The agent's own last word in a turn, through its calls."""

    NONE = "none"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class TurnEvidence:
    """What is known once a turn's process tree has ended.

    ``ending`` is the value of an executor's ``Ending``, or ``lost``. ``report`` is None for a
    program that makes none; then its exit code counts. ``program`` is what was to be started.
    """

    ending: str
    exit_code: int | None
    signal: int | None
    completion: Completion
    reason: str
    report: Report | None = None
    program: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the turn came to, with one sentence for people."""

    result: TurnResult
    reason: str = ""


ACCOUNT = frozenset({TurnResult.RATE_LIMITED, TurnResult.OVERLOADED, TurnResult.AUTHENTICATION})
"""What says nothing about the task: any other would have met the same."""

_ENDINGS = {
    "not_started": (TurnResult.FAILED, "its program {program} could not be started"),
    "start_limit": (TurnResult.STALLED, "it did nothing within its start limit"),
    "idle_limit": (TurnResult.STALLED, "it did nothing for its idle limit"),
    "wall_limit": (TurnResult.STALLED, "it ran for its wall limit"),
    "lost": (TurnResult.LOST, "its supervisor vanished before it could say how it ended"),
}


def judge(evidence: TurnEvidence) -> Judgement:
    """Return what a turn came to; the agent's calls outweigh whatever its program says."""
    if evidence.completion is Completion.DONE:
        return Judgement(TurnResult.DONE, evidence.reason)
    if evidence.completion is Completion.FAILED:
        return Judgement(TurnResult.FAILED, evidence.reason or "the agent said that it failed")
    return _without_a_call(evidence, evidence.report)


def _without_a_call(evidence: TurnEvidence, report: Report | None) -> Judgement:
    if evidence.ending == "stopped":
        return Judgement(TurnResult.STOPPED, "it was stopped")
    if report is not None and report.result in ACCOUNT:
        # Also where it went on trying until a limit of ours ended it.
        return Judgement(report.result, report.reason)
    if evidence.ending in _ENDINGS:
        result, reason = _ENDINGS[evidence.ending]
        return Judgement(result, reason.format(program=evidence.program))
    if evidence.signal is not None:
        return Judgement(TurnResult.CRASHED, f"it was ended by signal {evidence.signal}")
    if report is None:
        return _by_exit(evidence.exit_code)
    return _by_report(report, evidence.exit_code)


def _by_exit(exit_code: int | None) -> Judgement:
    if exit_code == 0:
        return Judgement(TurnResult.DONE)
    return Judgement(TurnResult.FAILED, f"it ended with exit code {exit_code}")


def _by_report(report: Report, exit_code: int | None) -> Judgement:
    """Believe the program's word, unless it is a good one and its exit code says otherwise."""
    if report.result is TurnResult.DONE and exit_code != 0:
        reason = f"it reported success, but ended with exit code {exit_code}"
        return Judgement(TurnResult.FAILED, reason)
    if report.result is TurnResult.UNKNOWN:
        return Judgement(TurnResult.UNKNOWN, f"{report.reason} (exit code {exit_code})")
    return Judgement(report.result, report.reason)
