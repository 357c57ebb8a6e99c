"""A run's view as text: what needs the reader, then its lanes and tasks with their waits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

from agentrelay.interfaces.cli.tables import aligned, screen_width
from agentrelay.interfaces.cli.text import bad, bold, good, shown, waits
from agentrelay.interfaces.views.needs import Need, answers
from agentrelay.interfaces.views.run_view import LaneView, RunView, TaskView
from agentrelay.interfaces.views.spent_view import money

LONG = 60
"""Characters of a reason that is told once only, where it is said what needs a person."""

SHORT = 10
"""Characters of an object id that are shown."""

_SYMBOLS = {
    "merged": ("✓", "+"),
    "failed": ("✗", "x"),
    "cancelled": ("✗", "x"),
    "running": ("▶", ">"),
    "gating": ("▶", ">"),
    "active": ("▶", ">"),
    "pr_created": ("○", "o"),
    "merge_ready": ("○", "o"),
    "pending": ("·", "."),
}
_FOR_PERSON = ("‖", "!")


def run_lines(view: RunView, told: Iterable[Need] = ()) -> Iterator[str]:
    """Give the lines of a run: its head, and a table of its lanes and tasks.

    Long reasons of needs that were ``told`` above it are not told again.
    """
    yield headline(view)
    width = screen_width()
    needs = list(told)
    rows = [(*cells, once(said, needs)) for lane in view.lanes for *cells, said in _lane_rows(lane)]
    yield from aligned(rows, indent="  ", width=width)


def once(text: str, told: Iterable[Need]) -> str:
    """Return ``text`` without long reasons of needs that were told already."""
    for reason in (need.reason for need in told if len(need.reason) > LONG):
        text = text.replace(f": {shown(reason)}", "")
    return text


def moment(time: str) -> str:
    """Return the time of an event as people here read it off a clock."""
    return f"{datetime.fromisoformat(time).astimezone():%H:%M:%S}"


def headline(view: RunView) -> str:
    """Return a run in one line: its name, its state, how much of it is done."""
    tasks = [task for lane in view.lanes for task in lane.tasks]
    merged = sum(task.status == "merged" for task in tasks)
    landed = sum(lane.status == "merged" for lane in view.lanes)
    counts = f"{merged} of {len(tasks)} tasks merged, {landed} of {len(view.lanes)} lanes landed"
    reverted = sum(lane.reverted is not None for lane in view.lanes)
    counts += f", {reverted} reverted" if reverted else ""
    cost = f", {money(view.spent)}" if money(view.spent) else ""
    return f"{bold(view.graph)}  run {view.run}  {state_word(view.state)}  {counts}{cost}"


def state_word(state: str) -> str:
    """Return the state of a run in its colour."""
    waiting = dict.fromkeys(("waiting", "interrupted", "ready"), waits)
    style = {"finished": good, "failed": bad, **waiting}.get(state)
    return style(state) if style else state


def need_lines(needs: Iterable[Need], *, indent: str = "  ") -> Iterator[str]:
    """Give lines for each thing that waits for a person: why, and the commands that answer."""
    for need in needs:
        yield f"{indent}{waits(shown(need.id))} ({need.kind}): {shown(need.reason)}"
        yield from (f"{indent}    {bold(shown(command))}" for command in answers(need))


def symbol(status: str, wait: str | None) -> str:
    """Return the symbol of a status, in ASCII where the output's encoding has no other."""
    for_person = wait is not None and wait.startswith("waits for a person")
    stands_still = wait is not None and status in ("running", "gating")
    pair = _SYMBOLS.get("pending" if stands_still else status, ("?", "?"))
    pair = _FOR_PERSON if for_person else pair
    char = pair[0] if _shows(pair[0]) else pair[1]
    style = {"merged": good, "failed": bad, "cancelled": bad}.get(status)
    return waits(char) if for_person else style(char) if style else char


def _shows(char: str) -> bool:
    try:
        char.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _lane_rows(lane: LaneView) -> Iterator[tuple[str, ...]]:
    url = lane.change_request.url if lane.change_request else ""
    landed = f"landed on {lane.target}" if lane.status == "merged" else ""
    if lane.reverted is not None:
        landed += f", reverted by {lane.reverted.by} as {_short(lane.reverted.commit)}"
    mark = symbol(lane.status, lane.waits_for)
    said = _joined(lane.waits_for or landed or lane.error, money(lane.spent))
    yield f"{mark} {bold(shown(lane.id))}", lane.status, _short(lane.landed), url, shown(said)
    for task in lane.tasks:
        yield _task_row(task)


def _task_row(task: TaskView) -> tuple[str, ...]:
    url = task.change_request.url if task.change_request else ""
    mark = symbol(task.status, task.waits_for)
    tries = f"attempt {task.attempt}" if task.attempt > 1 else ""
    turn = f"turn {task.turn}" if task.turn > 1 else ""
    said = _joined(tries, turn, task.waits_for or _remark(task), money(task.spent))
    return f"  {mark} {shown(task.id)}", task.status, _short(task.commit), url, shown(said)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _remark(task: TaskView) -> str:
    return f"concern: {task.concerns[0]}" if task.concerns else ""


def _short(commit: str | None) -> str:
    return (commit or "")[:SHORT]
