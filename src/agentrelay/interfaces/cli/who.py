"""Who does a piece of work that a command line names: an agent, or a line of shell."""

from __future__ import annotations

from collections.abc import Sequence

from agentrelay.app.place import Place
from agentrelay.errors import UsageError


def require_doer(place: Place, agent: str, line: str, texts: Sequence[str]) -> str:
    """Return the agent that does it, empty where ``line`` does.

    UsageError where nobody is named, or both are, or one of ``texts`` can't be put into a file.
    """
    if agent and line:
        raise UsageError("give --agent or --run, not both")
    if not all(map(_is_text, texts)):
        raise UsageError("the arguments are no UTF-8 text")
    agent = agent or ("" if line else place.settings.agent or "")
    if not agent and not line:
        hint = 'add --run "CMD" or --agent NAME, or set `agent` in .agentrelay.toml'
        raise UsageError("nobody is named to do it", hint=hint)
    return agent


def _is_text(argument: str) -> bool:
    # Bytes of an argument that are no UTF-8 come as lone surrogates, which no file can hold.
    return argument.encode("utf-8", "replace").decode() == argument
