"""Title and body of the integration PR."""

from __future__ import annotations

from agentrelay.workstream.core.integration_body import integration_body, integration_title
from agentrelay.workstream.core.runtime import TaskSummary, WorkstreamRuntime
from agentrelay.workstream.core.workstream import WorkstreamSpec


def lane(*summaries: TaskSummary) -> WorkstreamRuntime:
    runtime = WorkstreamRuntime(WorkstreamSpec("api", merge_target_branch="dev"))
    runtime.state.branch_name = "agentrelay/shop/api/integration"
    runtime.artifacts.task_summaries.extend(summaries)
    return runtime


def test_sections_with_nothing_in_them_are_left_out() -> None:
    assert integration_title(lane()) == "Integrate workstream api"
    assert integration_body(lane()) == (
        "## Summary\n\n"
        "Integrates workstream `api`, branch `agentrelay/shop/api/integration`,\n"
        "into `dev`.\n"
    )


def test_tasks_and_concerns() -> None:
    body = integration_body(
        lane(
            TaskSummary("model", "The\nmodel", "https://forge.invalid/7", ("slow", "a\nb")),
            TaskSummary("docs"),
        )
    )
    assert body.split("\n\n", 2)[2] == (
        "### Tasks\n\n"
        "- **model**: The model (https://forge.invalid/7)\n"
        "- **docs**: (no description)\n\n"
        "## Concerns\n\n"
        "### model\n\n"
        "- slow\n"
        "- a b\n"
    )


def test_a_body_over_the_forges_limit_is_cut_between_lines_and_says_so() -> None:
    body = integration_body(lane(*(TaskSummary(f"t{i}", "x" * 200) for i in range(5000))))
    assert 60_000 < len(body) <= 65_536
    *tasks, pointer = body.rstrip("\n").splitlines()
    assert tasks[-1].endswith("x" * 200)
    shown = sum(1 for line in tasks if line.startswith("- **t"))
    assert pointer == f"… {5000 - shown} more lines: `agentrelay show api`"


def test_one_endless_line_is_left_out_whole() -> None:
    body = integration_body(lane(TaskSummary("t", "x" * 70_000)))
    assert body.startswith("## Summary")
    assert "… 1 more lines" in body
