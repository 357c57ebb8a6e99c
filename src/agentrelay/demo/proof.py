"""What the demo claims, proved by git, by the verdicts on disk and by the tests of the result."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared import process
from agentrelay.demo.stage import BRANCH, Stage
from agentrelay.demo.template import GRAPH, IMPORT_TEST, MENDED_TASK, NAMES_TEST, PAGES_TEST

ENOUGH_TASKS = 6
TEST_SECONDS = 300.0


@dataclass(frozen=True)
class Proof:
    """A claim, and whether it holds."""

    holds: bool
    claim: str


def proofs(stage: Stage, environ: Mapping[str, str]) -> list[Proof]:
    """Return what is to be proved once everything has landed."""
    return [
        _changed_files(stage),
        _mended(stage),
        _checkout_is_clean(stage),
        _origin_is_untouched(stage),
        judge_tests(stage, environ, new=(IMPORT_TEST, NAMES_TEST, PAGES_TEST)),
    ]


def has_landed(stage: Stage, lane: str) -> bool:
    """Tell whether git has the landing of a lane in the main branch."""
    landed = f"--grep=^Land {lane} on {BRANCH}$"
    return bool(stage.git.text("log", "--format=%H", landed, f"{stage.base}..{BRANCH}"))


def judge_tests(stage: Stage, environ: Mapping[str, str], *, new: tuple[str, ...] = ()) -> Proof:
    """Run the project's tests in the clone, with those that agents wrote."""
    written = [stage.project.new_test(name) for name in new]
    argv = stage.project.pytest(*written, *stage.project.tests)
    try:
        done = process.run(argv, cwd=stage.folder, env=environ, timeout=TEST_SECONDS)
    except process.ProcessTimeoutError:
        return Proof(holds=False, claim=f"the tests end within {TEST_SECONDS:.0f} s")
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines() or ["no output"]
    said = lines[-1] if done.returncode == 0 else "\n".join(lines[-20:])
    return Proof(done.returncode == 0, f"the tests pass: {said}")


def changed_files(stage: Stage) -> dict[str, int]:
    """Return how many files each task's own commits changed, by what the main branch has."""
    log = stage.git.text(
        *("log", "--no-merges", "--reverse", "--name-only", f"{stage.base}..{BRANCH}"),
        *(f"--grep=^Agentrelay-Run: {GRAPH}/1$", "--format=%x00%(trailers:key=Agentrelay-Task)"),
    )
    found: dict[str, set[str]] = {}
    for entry in log.split("\0")[1:]:
        trailer, *names = entry.split("\n")
        task = trailer.rpartition(" ")[2]
        found.setdefault(task, set()).update(name for name in names if name)
    return {task: len(names) for task, names in found.items()}


def _changed_files(stage: Stage) -> Proof:
    counts = changed_files(stage)
    named = ", ".join(f"{task} {count}" for task, count in counts.items())
    claim = f"at least {ENOUGH_TASKS} tasks changed files: {named or 'none did'}"
    return Proof(len(counts) >= ENOUGH_TASKS, claim)


def _mended(stage: Stage) -> Proof:
    attempt = stage.folder / ".workflow" / GRAPH / "runs/1/tasks" / MENDED_TASK / "attempts/1"
    verdicts = [json.loads(path.read_bytes()) for path in _by_time(attempt)]
    judged = [entry["passed"] for entry in verdicts if entry["subject"] == "candidate"]
    told = (attempt / "turns/2/feedback.md").is_file()
    claim = f"a gate of task {MENDED_TASK} was red, and a second turn mended it"
    return Proof(judged == [False, True] and told, claim)


def _by_time(attempt: Path) -> list[Path]:
    found = attempt.glob("gates/*/*/verdict.json")
    return sorted(found, key=lambda path: int(path.parent.name))


def _checkout_is_clean(stage: Stage) -> Proof:
    status = stage.git.text("status", "--porcelain")
    return Proof(not status, f"the checkout holds what landed, and nothing else{_after(status)}")


def _origin_is_untouched(stage: Stage) -> Proof:
    tip = stage.origin.text("rev-parse", BRANCH)
    return Proof(tip == stage.base, "nothing was pushed to origin")


def _after(text: str) -> str:
    return f":{os.linesep}{text}" if text else ""
