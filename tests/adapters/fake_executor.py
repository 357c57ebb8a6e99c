"""An executor in memory: programs run until the test says how they end, on a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentrelay.executor.core.executor import (
    Ended,
    Ending,
    Launch,
    Look,
    Lost,
    NotStarted,
    Outcome,
    Running,
    Slots,
    Start,
)


@dataclass
class _Program:
    launch: Launch
    started: float
    outcome: Outcome | None = None
    is_lost: bool = False

    @property
    def is_live(self) -> bool:
        return self.outcome is None and not self.is_lost


class FakeExecutor:
    """Keeps what was launched, in order, in ``launches``; ``now`` is its clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.launches: list[Launch] = []
        self._programs: dict[Path, _Program] = {}

    def warm_up(self) -> None:
        """There is nothing to warm up."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def start(self, launch: Launch) -> Start:
        if launch.folder in self._programs:
            return Start.ALREADY
        if launch.slots is not None and not self.has_slot(launch.slots):
            return Start.NO_SLOT
        if launch.exclusive is not None and launch.exclusive in self._exclusive():
            return Start.NO_SLOT
        self._programs[launch.folder] = _Program(launch, self.now)
        self.launches.append(launch)
        return Start.STARTED

    def look(self, folder: Path) -> Look:
        program = self._programs.get(folder)
        if program is None:
            return NotStarted()
        if program.outcome is not None:
            return Ended(program.outcome)
        return Lost() if program.is_lost else Running(1, program.started)

    def stop(self, folder: Path, reason: str) -> None:  # noqa: ARG002 - nobody reads it here
        if isinstance(self.look(folder), Running):
            self.end(folder, Ending.STOPPED, signal=15)

    def has_slot(self, slots: Slots) -> bool:
        return sum(self._has_kind(p, slots.kind) for p in self._programs.values()) < slots.limit

    def finish(self, folder: Path, exit_code: int) -> None:
        """Let a running program end by itself."""
        self.end(folder, Ending.EXITED, exit_code=exit_code)

    def end(
        self, folder: Path, ending: Ending, exit_code: int | None = None, signal: int | None = None
    ) -> None:
        """Let a running program end in any way."""
        program = self._programs[folder]
        assert program.is_live, f"{folder} does not run"
        program.outcome = Outcome(ending, exit_code, signal, program.started, self.now)

    def lose(self, folder: Path) -> None:
        """Let a running program and its supervisor vanish without an outcome."""
        self._programs[folder].is_lost = True

    def _exclusive(self) -> set[str | None]:
        return {p.launch.exclusive for p in self._programs.values() if p.is_live}

    @staticmethod
    def _has_kind(program: _Program, kind: str) -> bool:
        slots = program.launch.slots
        return program.is_live and slots is not None and slots.kind == kind
