"""Why a task or lane is not done, as text: causes with their evidence, then what would move it."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.interfaces.cli.detail_text import attempt_lines, program_line
from agentrelay.interfaces.cli.run_text import symbol
from agentrelay.interfaces.cli.text import bold, shown
from agentrelay.interfaces.views.explanation import Cause, Explanation

SHOWN = 12
"""So many causes are told; of a longer chain the first and the last, the rest is counted."""


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """Give the lines of an explanation."""
    first, *others = explanation.chain
    yield from _cause_lines(first, f"  ({explanation.graph} run {explanation.run})")
    left_out = max(0, len(others) - SHOWN)
    half = SHOWN // 2 if left_out else SHOWN
    for cause in others[:half]:
        yield from _cause_lines(cause)
    if left_out:
        yield f"  ... {left_out} more in between (--json has them all) ..."
        for cause in others[-half:]:
            yield from _cause_lines(cause)
    yield from _moves(explanation)


def _cause_lines(cause: Cause, where: str = "") -> Iterator[str]:
    mark = symbol(cause.status, cause.waits_for)
    yield f"{mark} {cause.kind} {bold(shown(cause.id))}  {cause.status}{where}"
    said = [text for text in (cause.waits_for, cause.now) if text]
    yield f"    {shown('; '.join(said) or 'it is worked at')}"
    for attempt in cause.attempts:
        yield from attempt_lines(attempt)
    yield from (program_line(program) for program in cause.gates)


def _moves(explanation: Explanation) -> Iterator[str]:
    if explanation.commands:
        yield ""
        yield bold("what would move it")
        yield from (f"    {shown(command)}" for command in explanation.commands)
    elif explanation.chain[0].status != "merged":
        yield ""
        yield "it goes on by itself; nothing is to be decided"
