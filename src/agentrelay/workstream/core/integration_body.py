"""Makes title and body of the integration PR from what a workstream's tasks left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentrelay.workstream.core.runtime import TaskSummary, WorkstreamRuntime

BODY_LIMIT: Final = 65_536
"""The longest body, in characters, that forges take (GitHub's limit)."""


def integration_title(runtime: WorkstreamRuntime) -> str:
    """Return the title of the workstream's integration PR."""
    return f"Integrate workstream {runtime.spec.id}"


def integration_body(runtime: WorkstreamRuntime, *, limit: int = BODY_LIMIT) -> str:
    """Return the PR's body as Markdown, at most ``limit`` characters long.

    One that would be longer is cut between two lines and ends by saying how much is left out and
    where it is.
    """
    lines = [line for section in _sections(runtime) for line in section]
    whole = "\n".join(lines).rstrip("\n") + "\n"
    return whole if len(whole) <= limit else _cut(lines, runtime, limit)


def _sections(runtime: WorkstreamRuntime) -> Iterator[list[str]]:
    spec, summaries = runtime.spec, runtime.artifacts.task_summaries
    yield [
        "## Summary",
        "",
        f"Integrates workstream `{spec.id}`, branch `{runtime.state.branch_name}`,",
        f"into `{spec.merge_target_branch}`.",
        "",
    ]
    if summaries:
        yield ["### Tasks", "", *(_task_line(summary) for summary in summaries), ""]
    remarked = [summary for summary in summaries if summary.concerns]
    if remarked:
        yield ["## Concerns", ""]
    for summary in remarked:
        yield [f"### {summary.task_id}", ""]
        yield [*(f"- {_one_line(concern)}" for concern in summary.concerns), ""]


def _task_line(summary: TaskSummary) -> str:
    description = _one_line(summary.description or "") or "(no description)"
    url = f" ({summary.pr_url})" if summary.pr_url else ""
    return f"- **{summary.task_id}**: {description}{url}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(lines: list[str], runtime: WorkstreamRuntime, limit: int) -> str:
    place = f" in `{runtime.state.signal_dir}`" if runtime.state.signal_dir else ""
    pointer = "\n… {} more lines: `agentrelay show " + runtime.spec.id + "`" + place + "\n"
    room = limit - len(pointer) - 10
    kept: list[str] = []
    for line in lines:
        if len(line) + 1 > room:
            break
        kept.append(line)
        room -= len(line) + 1
    left = sum(1 for line in lines[len(kept) :] if line)
    return "\n".join(kept) + pointer.format(left)
