"""What the client of a turn is told on its command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from agentrelay.agent.core.adapter import Asking, Command


@dataclass(frozen=True)
class Order:
    """One turn: the agent's own ``run``, and what it may do; see ``TurnRequest``.

    ``prompt`` is for a fresh session, ``follow_up`` for ``session`` where that can be gone on with.
    The token for ``mcp``, the address of our MCP server, is in the environment.
    """

    run: tuple[str, ...]
    prompt: str
    follow_up: str = ""
    session: str | None = None
    model: str | None = None
    bypass: bool = False
    worktree: str = ""
    writable: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    mcp: str | None = None
    asking: Asking | None = None


def arguments(order: Order) -> tuple[str, ...]:
    """Return the arguments that say ``order``; the texts have one each, for their length."""
    rest = {name: value for name, value in asdict(order).items() if name not in _TEXTS}
    return (json.dumps(rest, ensure_ascii=False, default=str), order.follow_up, "--", order.prompt)


def order_of(words: Sequence[str]) -> Order:
    """Return the order that ``arguments`` said; ValueError where they did not."""
    rest, follow_up, _, prompt = words
    said = json.loads(rest)
    for name in ("run", "writable", "readable"):
        said[name] = tuple(said[name])
    said["commands"] = tuple(
        each if isinstance(each, str) else tuple(each) for each in said["commands"]
    )
    if (asking := said["asking"]) is not None:
        folder, bells = Path(asking.pop("folder")), tuple(map(Path, asking.pop("bells")))
        said["asking"] = Asking(folder, bells, **asking)
    return Order(prompt=prompt, follow_up=follow_up, **said)


_TEXTS = ("prompt", "follow_up")
