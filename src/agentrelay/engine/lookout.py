"""Looks now and then whether what others hold has become free: slots of the machine, accounts.

No event tells of either: other runs give them back, and know nothing of this one.
"""

from __future__ import annotations

import time

from agentrelay.engine.snapshot import Snapshot, waits_for_account
from agentrelay.engine.world import World
from agentrelay.executor.core.executor import Slots
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft

SLOTS_FIRST, SLOTS_LAST = 2.0, 30.0
"""Seconds between looks for a free slot: at first, and after many in vain."""

ACCOUNTS = 5.0
"""Seconds between looks whether an account that is waited for was found open, here or elsewhere."""


class Lookout:
    """Finds what became free that a run waits for. Use from one thread."""

    def __init__(self, world: World) -> None:
        """Look where ``world`` runs programs and notes what is known of accounts."""
        self._world = world
        self._slot_pause = SLOTS_FIRST
        self._slots_asked = 0.0
        self._accounts_asked = 0.0

    def news(self, s: Snapshot) -> list[Draft]:
        """Return what has become free since the last look, where it is time for one."""
        return self._free_slots(s) + self._open_accounts(s)

    def _free_slots(self, s: Snapshot) -> list[Draft]:
        """Look whether what waits for a slot of this machine may try again, ever more rarely."""
        if not any(s.wanting.values()):
            self._slot_pause = SLOTS_FIRST
            return []
        if time.monotonic() - self._slots_asked < self._slot_pause:
            return []
        self._slots_asked = time.monotonic()
        self._slot_pause = min(SLOTS_LAST, self._slot_pause * 1.5)
        limits = {"agents": s.graph.max_agents, "gates": s.graph.max_gates}
        return [
            Draft(ev.SLOT_FREE, data={"slot": kind})
            for kind, queue in s.wanting.items()
            if queue and self._world.executor.has_slot(Slots(kind, limits[kind]))
        ]

    def _open_accounts(self, s: Snapshot) -> list[Draft]:
        """Look whether a turn, of any run of this machine, has found an account open again."""
        if time.monotonic() - self._accounts_asked < ACCOUNTS:
            return []
        self._accounts_asked = time.monotonic()
        found = [name for name in paused_accounts(s) if self._world.accounts.is_open(name)]
        return [Draft(ev.ACCOUNT_OPEN, data={"account": name}) for name in sorted(found)]


def paused_accounts(s: Snapshot) -> set[str]:
    """Return the accounts that some task waits for."""
    waiting = (task for task in s.tasks.values() if waits_for_account(task))
    return {task.account for task in waiting if task.account is not None}
