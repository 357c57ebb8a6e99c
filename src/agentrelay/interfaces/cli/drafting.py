"""Has an agent write a graph, as a run of one task in a throw-away copy of the repository.

The gate of that task is ``agentrelay plan --check``, so that what is wrong with the graph goes back
to the agent as a turn, and all that holds of tasks (limits, supervision, judging) holds of it.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from agentrelay._shared.ids import new_ulid
from agentrelay.app.agents import installed_agents
from agentrelay.app.asking import ask
from agentrelay.app.beginning import begin_run
from agentrelay.app.place import Place, open_place
from agentrelay.app.running import Ended, carry_on
from agentrelay.app.wiring import own_command
from agentrelay.config.brief import Brief, brief_text
from agentrelay.config.guess import guess_gates
from agentrelay.config.load import parse_graph
from agentrelay.engine.inbox import Request
from agentrelay.engine.layout import WORKTREES_FOLDER
from agentrelay.engine.runs import lock_held
from agentrelay.engine.snapshot import RED_BEFORE, Snapshot
from agentrelay.errors import ExternalError
from agentrelay.gitio.files_ref import read_file
from agentrelay.gitio.repository import require_usable
from agentrelay.gitio.scratch import copy_head
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.consent import require_consent
from agentrelay.interfaces.cli.one_task import Piece, graph_text
from agentrelay.interfaces.cli.reporter import PlainNarrator
from agentrelay.task.core.task import TaskStatus

NAME = "draft"
"""The graph of the one task, and the task."""

FILE = "agentrelay-draft.yaml"
"""Where the agent writes: a name that no repository has for something else."""


@dataclass(frozen=True)
class Wish:
    """What is to be drafted, by whom, and in how many turns at most.

    ``agent`` is an adapter's name, or empty where ``run`` is the command that writes the graph.
    """

    goal: str
    agent: str
    run: str
    turns: int


@dataclass(frozen=True)
class Drafted:
    """What came of it: the graph's text, or None and the reason; ``code`` is the exit code.

    ``last`` is the file with what the agent wrote last.
    """

    text: str | None
    reason: str
    code: int
    last: Path


class _Narrator(PlainNarrator):
    """Tells of an interruption what holds here: a draft is not gone on with."""

    def interrupted(self, snapshot: Snapshot) -> None:
        """Say that the agent is ended."""
        del snapshot
        click.echo("\ninterrupted: the agent is ended", err=True)

    def ending(self, snapshot: Snapshot) -> None:
        """Say nothing: that it is ended was said at once."""


@contextmanager
def scratch_copy(place: Place) -> Generator[tuple[Path, Place]]:
    """Give a folder of our own and a copy of ``place``'s HEAD in it; the caller removes the folder.

    Nothing is written to the user's repository. The copy pushes nothing, and has no remote.
    """
    require_usable(place.repo)
    folder = Path(tempfile.mkdtemp(prefix="agentrelay-draft-"))
    try:
        top = folder / place.repo.top.name
        copy_head(place.repo.top, top, place.given().branch, place.environ, depth=1)
        flags = {
            "publish": "none",
            "worktree_root": WORKTREES_FOLDER,
            "env_allow": place.settings.env_allow,
        }
        yield folder, open_place(top, place.environ, flags, place.listener)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def drafted(place: Place, copy: Place, wish: Wish, asking: Asking) -> Drafted:
    """Have the graph written in ``copy``, and return it; DeclinedError where a person says no."""
    folders = copy.folders(NAME)
    check = shlex.join([str(own_command(folders)), "plan", "--check", FILE])
    brief = Brief(
        goal=wish.goal,
        path=FILE,
        check=check,
        branch=place.given().branch,
        agent=place.settings.agent or "",
        agents=installed_agents(place.environ),
        gates=guess_gates(place.repo.top),
        files=_files(copy),
    )
    branch = copy.given().branch
    piece = Piece(
        brief_text(brief),
        wish.agent,
        wish.run,
        (check,),
        branch,
        auto_merge=False,
        turns=wish.turns,
    )
    loaded = parse_graph(graph_text(NAME, NAME, piece), "draft", copy.given())
    require_consent(copy, loaded.graph, asking)
    with lock_held(folders):
        begun = begin_run(copy, loaded, fresh=False)
        ended = carry_on(copy, NAME, begun.number, _Narrator(), listener=copy.listener)
    if ended.signal is not None:
        _end(copy)
    return _outcome(copy, ended, wish.turns)


def _files(copy: Place) -> list[str]:
    listed = copy.repo.git.text("ls-tree", "-r", "-z", "--name-only", "HEAD")
    return [name for name in listed.split("\0") if name]


def _end(copy: Place) -> None:
    """End the agent after an interruption: there is nobody who would go on with its work."""
    request = Request(id=new_ulid(copy.clock.now()), verb="cancel", by="agentrelay")
    ask(copy, copy.folders(NAME), request, PlainNarrator(tells_answers=False))


def _outcome(copy: Place, ended: Ended, turns: int) -> Drafted:
    task = ended.snapshot.tasks[NAME]
    lane = copy.repo.top / WORKTREES_FOLDER / NAME / task.lane
    if task.status is TaskStatus.MERGED and task.commit is not None:
        content = read_file(copy.repo.git, task.commit, FILE)
        if content is not None:
            return Drafted(content.decode("utf-8", "replace"), "", 0, lane / FILE)
    reason = task.error or "it was interrupted"
    if task.hold is not None:
        is_red = task.hold.kind == RED_BEFORE
        reason = _problem(lane / FILE, turns) if is_red else task.hold.reason
    code = ended.code if ended.signal is not None else ExternalError.exit_code
    return Drafted(None, reason, code, lane / FILE)


def _problem(file: Path, turns: int) -> str:
    if not file.exists():
        return f"{file.name} was not written"
    return f"the graph has problems after {turns} turns"
