"""Carry on a stored run: narrate it, show how it ended, tell people who are not looking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Thread

import click

from agentrelay.app.place import Place
from agentrelay.app.running import carry_on
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.snapshot import Snapshot
from agentrelay.interfaces.cli.background import in_background
from agentrelay.interfaces.cli.ending import show_end, show_needs
from agentrelay.interfaces.cli.notifying import notify
from agentrelay.interfaces.cli.reporter import PlainNarrator
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown


@dataclass(frozen=True)
class Carrying:
    """How a run is carried on: whether it stays while it waits for people, and detached or not.

    ``only`` confines it to some tasks.
    """

    stay: bool = False
    detach: bool = False
    only: frozenset[str] | None = None


def carry_through(
    session: Session, place: Place, folders: GraphFolders, number: int, how: Carrying
) -> int:
    """Carry on a run until it stops and return its exit code; the graph's lock must be held.

    Detached, another process does that, and 0 is returned at once.
    """
    if how.detach:
        return in_background(folders, number, lambda: _carry(session, place, folders, number, how))
    graph = shown(folders.graph)
    click.echo(f"watch it from elsewhere: agentrelay status {graph}", err=True)
    click.echo(f"if it is interrupted:    agentrelay resume {graph}\n", err=True)
    return _carry(session, place, folders, number, how)


class _Aside:
    """Calls something that may take long beside the caller, but never twice at once."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._thread: Thread | None = None

    def call(self) -> None:
        """Have it called, unless the last call of it has not ended."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._act, daemon=True)
            self._thread.start()


def _carry(
    session: Session, place: Place, folders: GraphFolders, number: int, how: Carrying
) -> int:
    def at_wait(snapshot: Snapshot) -> None:
        show_needs(snapshot)
        notify(place, folders.graph, number, event="waiting", code=snapshot.waiting_code or 0)

    ask = partial(notify, place, folders.graph, number, event="asking", code=0)
    at_question = _Aside(ask).call
    narrator = PlainNarrator(at_wait=at_wait if how.stay else None, at_question=at_question)
    listener = session.listener
    ended = carry_on(
        place,
        folders.graph,
        number,
        narrator,
        stay=how.stay,
        only=how.only,
        listener=listener,
    )
    if ended.signal is None:
        show_end(ended.snapshot, ended.code)
        event = "finished" if ended.snapshot.finished is not None else "waiting"
        notify(place, folders.graph, number, event=event, code=ended.code)
    return ended.code
