"""Machine-wide allowances of a user: locks that a supervisor holds for as long as it works."""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager
from pathlib import Path

from agentrelay._shared import locks
from agentrelay.executor.core.executor import Launch, Slots


class Allowances:
    """Slots and exclusive names as locked files: what a dead holder had is free at once."""

    def __init__(self, folder: Path) -> None:
        """Keep the files below ``folder``."""
        self._folder = folder

    def take(self, launch: Launch) -> list[int] | None:
        """Return descriptors that hold all that ``launch`` needs, or None and hold nothing."""
        taken: list[int | None] = []
        with self._guarded():
            if launch.exclusive is not None:
                taken.append(locks.acquire(self._exclusive(launch.exclusive)))
            if launch.place is not None:
                taken.append(locks.acquire(launch.place))
            if launch.slots is not None:
                taken.append(self._take_slot(launch.slots))
        held = [descriptor for descriptor in taken if descriptor is not None]
        if len(held) == len(taken):
            return held
        for descriptor in held:
            os.close(descriptor)
        return None

    def has_slot(self, slots: Slots) -> bool:
        """Tell whether one of ``slots`` is free just now."""
        with self._guarded():
            return any(not locks.is_held(path) for path in self._slots(slots))

    def _guarded(self) -> AbstractContextManager[None]:
        # All of them are taken, or looked at, as of one moment.
        return locks.held(self._folder / "guard")

    def _take_slot(self, slots: Slots) -> int | None:
        for path in self._slots(slots):
            descriptor = locks.acquire(path)
            if descriptor is not None:
                return descriptor
        return None

    def _slots(self, slots: Slots) -> list[Path]:
        return [self._folder / "slots" / f"{slots.kind}-{i}" for i in range(slots.limit)]

    def _exclusive(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / "exclusive" / digest[:32]
