"""A task, a lane or a change request in full, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentrelay._shared.text import format_duration
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.interfaces.cli.run_text import symbol
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import bad, bold, good, shown, shown_block
from agentrelay.interfaces.views.attempts import AttemptView
from agentrelay.interfaces.views.details import LaneDetails, TaskDetails
from agentrelay.interfaces.views.programs import ProgramRun
from agentrelay.interfaces.views.run_view import RevertView
from agentrelay.interfaces.views.spent_view import bill

Fact = tuple[str, str | None]

UNBOUND = " (permissions: bypass: it may do whatever you can)"


def task_lines(details: TaskDetails) -> Iterator[str]:
    """Give the lines of a task: what it is, how it stands, what each attempt did."""
    task = details.task
    mark = symbol(task.status, task.waits_for)
    where = f"{details.graph} run {details.run}, lane {details.lane}"
    yield f"{mark} task {bold(shown(task.id))}  {task.status}  ({where})"
    yield from _indented(details.description)
    url = task.change_request.url if task.change_request else None
    yield from _facts(
        _wait(task.waits_for),
        ("depends on", ", ".join(details.dependencies)),
        ("needed by", ", ".join(details.dependents)),
        ("agent", details.agent + (UNBOUND if details.bypasses_permissions else "")),
        ("role", f"{details.role} (instructions: {details.instructions})"),
        ("gates", ", ".join(details.gates)),
        ("took", bill(task.spent)),
        ("summary", details.summary),
        *(("concern", text) for text in task.concerns),
        *(("note", text) for text in details.notes),
        *(("waiver", text) for text in details.waivers),
        ("commit", task.commit),
        ("change request", url),
        ("branch", details.branch),
        ("files", details.folder),
    )
    for attempt in details.attempts:
        yield from attempt_lines(attempt)


def lane_lines(details: LaneDetails) -> Iterator[str]:
    """Give the lines of a lane: where it starts and lands, how it stands, its tasks."""
    lane = details.lane
    mark = symbol(lane.status, lane.waits_for)
    yield f"{mark} lane {bold(shown(lane.id))}  {lane.status}  ({details.graph} run {details.run})"
    url = lane.change_request.url if lane.change_request else None
    yield from _facts(
        _wait(lane.waits_for),
        ("from, to", f"{details.base_branch} -> {lane.target}"),
        ("lands after", ", ".join(details.lands_after)),
        ("lands", "by itself" if details.auto_merge else "when it is approved"),
        ("approved by", details.approved_by),
        ("took", bill(lane.spent)),
        ("gates", ", ".join(details.gates)),
        *(("concern", text) for text in lane.concerns),
        *(("waiver", text) for text in details.waivers),
        ("error", "" if lane.waits_for else lane.error),
        ("change request", url),
        ("landed as", lane.landed),
        ("reverted", _reverted(lane.reverted)),
        ("branch", details.branch),
        ("head", details.head),
        ("worktree", lane.worktree),
    )
    yield from (program_line(program) for program in details.programs)
    rows = [
        (f"{symbol(t.status, t.waits_for)} {shown(t.id)}", t.status, shown(t.waits_for or ""))
        for t in lane.tasks
    ]
    yield from aligned(rows, indent="  ")


def request_lines(request: ChangeRequest, stat: str) -> Iterator[str]:
    """Give the lines of a change request, with what it changes in short."""
    yield f"{bold(shown(request.url))}  {request.status.value}  {shown(request.title)}"
    merge = "taken back" if request.status is ChangeRequestStatus.CLOSED else "merged as"
    yield from _facts(
        ("from, to", f"{request.head_branch} -> {request.base_branch}"),
        ("head", request.head),
        ("opened", f"{request.created}{f' by {request.author}' if request.author else ''}"),
        *(("approved", f"{a.time} by {a.by}, tree {a.tree[:10]}") for a in request.approvals),
        (merge, request.merge_commit),
    )
    yield from _indented(request.body)
    yield from _indented(stat)


def _reverted(revert: RevertView | None) -> str | None:
    if revert is None:
        return None
    url = revert.change_request.url
    return f"as {revert.commit} by {revert.by}, {revert.time}, {url}"


def _wait(wait: str | None) -> Fact:
    is_end = wait is not None and wait.startswith(("failed: ", "cancelled: "))
    return "ended" if is_end else "at rest", wait


def _facts(*facts: Fact) -> Iterable[str]:
    rows = [(name, shown(value)) for name, value in facts if value]
    return aligned(rows, indent="  ")


def _indented(text: str) -> Iterator[str]:
    for line in text.rstrip().splitlines():
        yield f"    {shown_block(line)}".rstrip()


def attempt_lines(attempt: AttemptView) -> Iterator[str]:
    """Give the lines of an attempt: its result, what ran, what it was told."""
    result = attempt.result or "under way"
    yield f"  attempt {attempt.attempt}  {attempt.began}  {shown(result)}"
    for program in attempt.programs:
        yield program_line(program)
    for text in attempt.feedback:
        yield f"    told: {shown(text)}"


def program_line(program: ProgramRun) -> str:
    """Return the line of one run of a program: what, how it ended, where its output is."""
    if program.kind == "turn":
        name = f"turn {program.turn}"
    else:
        before = " before the work" if program.subject == "start" else ""
        name = f"{program.kind} {program.gate} {program.index}{before}".replace("  ", " ")
    return f"    {shown(name)}: {ending_of(program)}  {shown(str(program.output))}"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f}s" if seconds < 60 else format_duration(seconds)  # noqa: PLR2004 - one minute


def ending_of(program: ProgramRun) -> str:
    """Return how a program ended and after how long: ``green after 2.1s``, ``exited 1 after …``."""
    seconds = "" if program.seconds is None else f" after {_duration(program.seconds)}"
    return f"{_ending(program)}{seconds}"


def _ending(program: ProgramRun) -> str:
    if program.ended is None:
        return "running, or not seen to end"
    if program.passed is not None:
        return good("green") if program.passed else f"{bad('red')}, {shown(program.reason)}"
    code = f" {program.exit_code}" if program.exit_code is not None else ""
    return f"{program.ending}{code}"
