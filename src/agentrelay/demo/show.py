"""The demo from its first line to its last: the commands a person would type, then the proof."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from agentrelay._shared import process
from agentrelay.demo.proof import Proof, has_landed, judge_tests, proofs
from agentrelay.demo.stage import BRANCH, Stage, set_up
from agentrelay.demo.template import DECIDED_LANE, GRAPH, LANES
from agentrelay.errors import PreconditionError

TOOLS = ("ruff", "libcst", "pytest")
WAITS_FOR_PERSON = 5
FAILED = 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Show:
    """A stage, the environment in which commands run there, and where to tell about it."""

    stage: Stage
    environ: Mapping[str, str]
    say: Say

    def agentrelay(self, *words: str) -> int:
        """Show a command, run it with its output in view, and return its exit code."""
        self.say(f"\n$ agentrelay {shlex.join(words)}")
        argv = [sys.executable, "-P", "-m", "agentrelay", *words]
        return process.run_in_view(argv, cwd=self.stage.folder, env=self.environ)

    def git(self, *words: str) -> None:
        """Show a git command and its output."""
        self.say(f"\n$ git {shlex.join(words)}\n{self.stage.git.text(*words)}")


def run_demo(source: Path, environ: Mapping[str, str], say: Say, *, keep: bool) -> int:
    """Play the demo on a clone of ``source``; return 0 if all it claims holds, else 1.

    PreconditionError where a tool is missing, or ``source`` holds no project for it. What it made
    is removed at the end, unless ``keep``.
    """
    _require_tools()
    inner = _environment(environ)
    with _scratch_folder(say, keep=keep) as scratch:
        stage = set_up(source.resolve(), scratch, inner)
        say(f"a clone of {source.resolve()} at {stage.base[:12]}, in {stage.folder}")
        show = Show(stage, inner, say)
        _require_green(show)
        try:
            return _play(show)
        except BaseException:
            # Agents go on without us, so they are told to stop before their folders go.
            if (stage.folder / ".workflow" / GRAPH).exists():
                show.agentrelay("cancel", f"graph:{GRAPH}")
            raise


def _play(show: Show) -> int:
    stage, graph = show.stage, f"../{show.stage.graph_file.name}"
    show.agentrelay("plan", graph)
    ended = show.agentrelay("run", graph, "--yes")
    show.agentrelay("status", GRAPH)
    landed = [lane for lane in LANES if has_landed(stage, lane)]
    waits = ended == WAITS_FOR_PERSON and {*LANES} - {*landed} == {DECIDED_LANE}
    if waits:
        show.say(f"\nThe concern keeps lane {DECIDED_LANE} for a person, who lets it land:")
        show.agentrelay("approve", f"lane:{DECIDED_LANE}", "--yes")
        show.agentrelay("status", GRAPH)
    else:
        said = ", ".join(landed) or "nothing"
        show.say(f"\nThe run ended with exit code {ended}, and landed is {said}: not as planned.")
    show.git("log", "--graph", "--oneline", f"{stage.base[:12]}..{BRANCH}")
    show.git("diff", "--stat=80", "--stat-count=12", stage.base[:12], BRANCH)
    claim = f"lane {DECIDED_LANE} waited for a person, and landed when one approved"
    decided = Proof(waits and has_landed(stage, DECIDED_LANE), claim)
    return _judge([decided, *proofs(stage, show.environ)], show.say)


def _judge(found: list[Proof], say: Say) -> int:
    say("\nWhat this shows:")
    for proof in found:
        say(f"  {'ok    ' if proof.holds else 'FAILED'}  {proof.claim}")
    if all(proof.holds for proof in found):
        return 0
    say("\nagentrelay demo --keep leaves everything in place to look at: .workflow has the logs")
    return FAILED


def _require_tools() -> None:
    missing = [name for name in TOOLS if find_spec(name) is None]
    if missing:
        raise PreconditionError(
            f"the demo's agents and gates need {', '.join(missing)}",
            hint=f"{shlex.quote(sys.executable)} -m pip install {' '.join(missing)}",
        )


def _require_green(show: Show) -> None:
    before = judge_tests(show.stage, show.environ)
    if not before.holds:
        raise PreconditionError(
            f"before any change, {before.claim.replace('pass', 'do not pass', 1)}",
            hint="agentrelay demo REPO, with a project whose tests pass in this environment",
        )
    show.say(f"before any change, {before.claim}")


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the demo's commands: no setting of the user's but git's."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AGENTRELAY_")}
    for name in ("PYTHONPATH", "PYTHONHOME"):
        kept.pop(name, None)
    return kept | {"AGENTRELAY_PUBLISH": "none"}


@contextmanager
def _scratch_folder(say: Say, *, keep: bool) -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="agentrelay-demo-")).resolve()
    try:
        yield folder
    finally:
        if keep:
            say(f"\nkept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
