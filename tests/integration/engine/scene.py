"""Runs graphs for real: git, supervisors and shell agents, in a repository of the test's own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent, indent

from tests.gitrepo import TestRepo

from agentrelay._shared.ids import new_ulid
from agentrelay.app.asking import ask
from agentrelay.app.beginning import begin_run, earlier_run
from agentrelay.app.choosing import chosen_tasks
from agentrelay.app.place import Place, open_place
from agentrelay.app.running import Ended, Narrator, carry_on, require_run
from agentrelay.app.stored import stored_snapshot
from agentrelay.config.load import load_graph
from agentrelay.engine.inbox import Request
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import lock_held
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.executor.core.executor import Running
from agentrelay.executor.implementations.local import LocalExecutor
from agentrelay.journal.event import Event
from agentrelay.journal.store import read_events

SAY = f"{sys.executable} {Path(__file__).with_name('say.py')}"
"""The call of an agent, before its verb."""


class Quiet(Narrator):
    """Tells nobody anything, but does at a named event what a test wants to happen just then."""

    def __init__(self, at: dict[str, Callable[[Event], None]] | None = None) -> None:
        self.at = at or {}

    def changed(self, snapshot: Snapshot, change: object) -> None:
        pass

    def noted(self, snapshot: Snapshot, event: Event) -> None:
        del snapshot
        act = self.at.pop(f"{event.type} {event.data.get('kind', '')}".strip(), None)
        if act is not None:
            act(event)


class Scene:
    """One repository; ``graph`` writes a graph, ``run`` starts it or goes on."""

    def __init__(self, repo: TestRepo, base: Path, **flags: object) -> None:
        self.repo = repo
        self.base = base
        self.flags = flags
        self.name = "g"

    @property
    def place(self) -> Place:
        return open_place(self.repo.path, os.environ, self.flags)

    @property
    def folders(self) -> GraphFolders:
        return self.place.folders(self.name)

    def graph(self, text: str, name: str = "g") -> None:
        """Write a graph. ``SAY`` in it is how agents call; agents are given as name: line."""
        self.name = name
        head = f"schema_version: 1\nname: {name}\n"
        (self.base / f"{name}.yaml").write_text(head + dedent(text).replace("SAY", SAY))

    def simple(self, agent: str, lane: str = "auto_merge: true", task: str = "") -> None:
        """Write a graph of one task ``a`` in lane ``l``, with further keys given as YAML."""
        self.graph(
            "agents:\n  w:\n    adapter: command\n    run: |\n"
            + indent(dedent(agent).strip(), " " * 6)
            + "\ndefaults: {agent: w, max_attempts: 1}\n"
            + f"workstreams:\n  - {{id: l, {lane}}}\n"
            + "tasks:\n  - "
            + f"{{id: a, workstream_id: l, description: do a{', ' + task if task else ''}}}\n"
        )

    def run(
        self,
        narrator: Narrator | None = None,
        *,
        fresh: bool = False,
        accepts_changes: bool = False,
        only: frozenset[str] | None = None,
    ) -> Ended:
        place = self.place
        loaded = load_graph(self.base / f"{self.name}.yaml", place.given())
        with lock_held(self.folders):
            begun = begin_run(place, loaded, fresh=fresh, accepts_changes=accepts_changes)
            number = begun.number
            return carry_on(place, self.name, number, narrator or Quiet(), only=only)

    def chosen(self, *names: str, widen: bool = False) -> frozenset[str] | None:
        place = self.place
        loaded = load_graph(self.base / f"{self.name}.yaml", place.given())
        before = earlier_run(place, self.folders)
        return chosen_tasks(place, loaded.graph, before, names, widen=widen)

    def resume(self) -> Ended:
        with lock_held(self.folders):
            return carry_on(self.place, self.name, require_run(self.folders), Quiet())

    def ask(
        self,
        verb: str,
        *,
        lane: str | None = None,
        task: str | None = None,
        text: str = "",
        approval: Mapping[str, str] | None = None,
    ) -> str:
        """Ask for something as a command does, carry out what it lets go on, return the answer."""
        request = Request(new_ulid(time.time()), verb, "ann", lane, task, text, approval or {})
        return ask(self.place, self.folders, request, Quiet()).answer.text

    def approve(self, lane: str) -> str:
        made = self.lane(lane).candidate or {}
        bound = {name: made[name] for name in ("head", "merge_base", "target_tip", "tree")}
        return self.ask("approve", lane=lane, approval=bound)

    @property
    def snapshot(self) -> Snapshot:
        return stored_snapshot(self.folders, require_run(self.folders))[0]

    def lane(self, name: str = "l") -> LaneState:
        return self.snapshot.lanes[name]

    def task(self, name: str = "a") -> TaskState:
        return self.snapshot.tasks[name]

    def held(self, name: str = "l") -> tuple[str, str]:
        """Return what kind of hold a lane is in, and its reason."""
        hold = self.lane(name).hold
        assert hold is not None, f"lane {name} is {self.lane(name).status.value}, held by nothing"
        return hold.kind, hold.reason

    def events(self, type_: str) -> list[Event]:
        journal = self.folders.run(require_run(self.folders)).journal
        return [event for event in read_events(journal) if event.type == type_]

    def kinds(self) -> list[str]:
        """Return the kinds of effects that were announced, in order."""
        return [event.data["kind"] for event in self.events("effect.intent")]

    def worktree(self, lane: str = "l") -> TestRepo:
        return TestRepo(self.repo.path / ".worktrees" / self.name / lane)

    def branch(self, lane: str = "l") -> str:
        return self.folders.integration_branch(lane)

    def turn_folder(self, task: str = "a", attempt: int = 1, turn: int = 1) -> Path:
        return self.folders.run(require_run(self.folders)).attempt(task, attempt).turn(turn)

    def close(self) -> None:
        """End all that still runs."""
        executor: LocalExecutor = self.place.executor()
        for started in (self.repo.path / ".workflow").rglob("started"):
            executor.stop(started.parent, "the test has ended")
            until(
                lambda f=started.parent: not isinstance(executor.look(f), Running),
                "a program to end",
            )


@contextmanager
def scene_of(repo: TestRepo, base: Path, **flags: object) -> Iterator[Scene]:
    """Give a scene whose programs are ended with it."""
    scene = Scene(repo, base, **flags)
    try:
        yield scene
    finally:
        scene.close()


def until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait for a condition; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.01)
