"""The agent that is any program or shell line; it makes no report, so calls and exit count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from agentrelay.agent.core.adapter import About, AgentLaunch, TurnRequest
from agentrelay.agent.core.report import Report
from agentrelay.agent.core.transcript import Entry
from agentrelay.errors import AgentError


class CommandAdapter:
    """Runs the graph's own command: a list is an argv, a text is one line for ``sh -c``."""

    about = About("command")

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

    def report(self, output: Path) -> Report | None:
        """Return None: what such a program prints can mean anything."""
        del output

    def entries(self, event: Mapping[str, object]) -> Iterable[Entry]:
        """Return nothing, for the same reason."""
        del event
        return ()
