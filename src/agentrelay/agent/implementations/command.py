"""The agent that is any program or shell line; it is judged by its calls, then by its exit."""

from __future__ import annotations

from agentrelay.agent.core.adapter import (
    AgentLaunch,
    Completion,
    Judgement,
    TurnEvidence,
    TurnRequest,
    TurnResult,
)
from agentrelay.errors import AgentError

_ENDINGS = {
    "start_limit": Judgement(TurnResult.STALLED, "it did nothing within its start limit"),
    "idle_limit": Judgement(TurnResult.STALLED, "it did nothing for its idle limit"),
    "wall_limit": Judgement(TurnResult.STALLED, "it ran for its wall limit"),
    "stopped": Judgement(TurnResult.STOPPED, "it was stopped"),
    "not_started": Judgement(TurnResult.FAILED, "its program could not be started"),
    "lost": Judgement(TurnResult.LOST, "its supervisor vanished before it could say how it ended"),
}


class CommandAdapter:
    """Runs the graph's own command: a list is an argv, a text is one line for ``sh -c``."""

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the command of ``request``. AgentError where the graph gives none."""
        if not request.run:
            hint = "give the agent a `run`: a list is an argv, a text is one line for sh -c"
            raise AgentError(
                f'the command agent of task "{request.task}" has no command', hint=hint
            )
        if isinstance(request.run, str):
            return AgentLaunch(("sh", "-c", request.run))
        return AgentLaunch(request.run)

    def judge(self, evidence: TurnEvidence) -> Judgement:
        """Return what a turn came to: calls first, then limits and stops, then the exit."""
        if evidence.completion is Completion.DONE:
            return Judgement(TurnResult.DONE, evidence.reason)
        if evidence.completion is Completion.FAILED:
            return Judgement(TurnResult.FAILED, evidence.reason or "the agent said that it failed")
        if evidence.ending in _ENDINGS:
            return _ENDINGS[evidence.ending]
        if evidence.signal is not None:
            return Judgement(TurnResult.CRASHED, f"it was ended by signal {evidence.signal}")
        if evidence.exit_code == 0:
            return Judgement(TurnResult.DONE)
        return Judgement(TurnResult.FAILED, f"it ended with exit code {evidence.exit_code}")
