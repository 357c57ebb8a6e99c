"""When the service behind an account refuses, and from when on it is asked again: pure rules.

An account is what a program logs in with, shared by all graphs and runs of a user on a machine.
One turn that meets its limit pauses it: no other is started into the same refusal. Where the
service said until when, all go on then. Where it did not, one turn tries, ever later, and the
others wait for what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from agentrelay.agent.core.report import TurnResult

FIRST_WAIT = 60.0
LAST_WAIT = 1800.0
"""Seconds before a service is asked again that did not say until when: doubled up to the last."""

TRIES = 16
"""So many refusals without a time, one after the other, are left to a person: some six hours."""

PROVEN = 180.0
"""Seconds after which a turn that goes on was let in: the programs give up a refusal before."""

STARTING = 30.0
"""Seconds in which a turn that tries may have no supervisor yet."""

LONGEST = 8 * 86_400.0
"""Seconds that a service may ask for; more is taken for a mistake, or for a clock that jumped."""

NEARLY = 1.0
"""Seconds before a time that count as the time: journals round."""


@dataclass(frozen=True)
class Turn:
    """A turn that uses an account: its folder tells it from all others of this machine."""

    folder: str
    graph: str
    task: str


@dataclass(frozen=True)
class Asking:
    """Who wants a turn to be started: a person, who said go to its run at the time ``person``.

    ``again``: that a person says so although the account is known to be paused.
    """

    person: float = 0.0
    again: bool = False


@dataclass(frozen=True)
class Refusal:
    """How a service refused a turn; ``until`` is when it said that it would not, if it did."""

    result: TurnResult
    until: float | None = None


@dataclass(frozen=True)
class Probe:
    """The one turn that tries whether a paused account is open again, and since when."""

    turn: Turn
    since: float


@dataclass(frozen=True)
class Pause:
    """Why no turn is started on an account.

    ``turn`` was refused at ``since``. ``due`` is the Unix time from which on the service is asked
    again, None where a person has to say so; ``told``: it gave that time itself. ``tries`` counts
    the refusals, one after the other.
    """

    result: TurnResult
    turn: Turn
    since: float
    due: float | None
    tries: int = 1
    told: bool = False
    probe: Probe | None = None

    def wait(self) -> float | None:
        """Return when another turn is to look again; None where a person has to say so."""
        return self.probe.since + PROVEN if self.probe is not None else self.due

    def why(self, graph: str) -> str:
        """Return the reason for people who look at ``graph``."""
        trouble = self.result.value.replace("_", " ")
        if self.probe is not None:
            return f"{trouble}; {_named(self.probe.turn, graph)} tries it"
        return f"{trouble}, told to {_named(self.turn, graph)}"


class Accounts(Protocol):
    """The accounts of a user on this machine. Safe from several threads and processes."""

    def enter(self, account: str, turn: Turn, asking: Asking) -> Pause | None:
        """Return None where ``turn`` may be started, else why not. Idempotent.

        Of those that may try whether a paused account is open again, one does.
        """
        ...

    def leave(self, account: str, turn: Turn, *, answered: bool) -> None:
        """Note that ``turn`` was not refused; ``answered`` says that the service served it."""
        ...

    def refuse(self, account: str, turn: Turn, refusal: Refusal) -> Pause:
        """Note that the service refused ``turn``; return the pause. Idempotent."""
        ...

    def is_open(self, account: str) -> bool:
        """Tell whether nothing is known to keep a turn from being started."""
        ...


def shown_account(account: str) -> str:
    """Return how people call an account: by its adapter, and its service where that is told."""
    return account.rpartition("-")[0]


def admit(
    pause: Pause | None, turn: Turn, asking: Asking, now: float, *, is_live: bool
) -> tuple[Pause | None, bool]:
    """Return the pause as of now, and whether ``turn`` may be started.

    ``is_live`` says whether the turn that tries, if there is one, runs now.
    """
    pause = _as_of(pause, now, is_live=is_live)
    if pause is None or (pause.probe is not None and pause.probe.turn == turn):
        return pause, True
    if pause.probe is not None or not _may_try(pause, asking, now):
        return pause, False
    if pause.told and not asking.again:
        return None, True
    return replace(pause, probe=Probe(turn, now)), True


def after_refusal(pause: Pause | None, turn: Turn, refusal: Refusal, now: float) -> Pause:
    """Return the pause after a turn was refused; several at once count as one."""
    if pause is not None and pause.turn == turn and pause.probe is None:
        return pause
    is_probe = pause is not None and pause.probe is not None and pause.probe.turn == turn
    until = refusal.until if _is_sensible(refusal.until, now) else None
    if pause is not None and not is_probe and not _says_more(pause, refusal.result, until):
        return pause
    tries = pause.tries + 1 if pause is not None and is_probe else 1
    due = until
    if due is None and refusal.result is not TurnResult.AUTHENTICATION and tries < TRIES:
        due = now + min(LAST_WAIT, FIRST_WAIT * 2.0 ** (tries - 1))
    return Pause(refusal.result, turn, now, due, tries, told=until is not None)


def after_end(pause: Pause | None, turn: Turn, *, answered: bool) -> Pause | None:
    """Return the pause after a turn that was not refused: gone where it was the one that tried."""
    if pause is None or pause.probe is None or pause.probe.turn != turn:
        return pause
    return None if answered else replace(pause, probe=None)


def _as_of(pause: Pause | None, now: float, *, is_live: bool) -> Pause | None:
    """Return the pause without a trying turn that has gone; None where it has gone on for long."""
    if pause is None or pause.probe is None:
        return pause
    age = now - pause.probe.since
    if is_live:
        return None if age >= PROVEN - NEARLY else pause
    # No start takes for ever because the clock was set back.
    return pause if 0 <= age < STARTING else replace(pause, probe=None)


def _may_try(pause: Pause, asking: Asking, now: float) -> bool:
    if asking.again:
        return True
    if pause.due is None:
        return asking.person > pause.since
    # What is further away than anything was told by a clock that was wrong.
    return not NEARLY < pause.due - now < LONGEST


def _says_more(pause: Pause, result: TurnResult, until: float | None) -> bool:
    """Tell whether the refusal of a turn that was started before the pause is news."""
    if result is TurnResult.AUTHENTICATION:
        return pause.result is not result
    return until is not None and pause.due is not None and until > pause.due


def _is_sensible(until: float | None, now: float) -> bool:
    return until is not None and now < until < now + LONGEST


def _named(turn: Turn, graph: str) -> str:
    return f"task {turn.task}" + ("" if turn.graph == graph else f" of graph {turn.graph}")
