"""The slots of a machine as runs share them: no more programs at once than there are slots.

A program of ours holds its slot until some time after its end. Other runs take slots and give them
back when they like. Whatever held one that a crash ended holds none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class ModelSlots:
    """``limits`` are the slots of each kind; ``held`` has those of our programs, by their keys.

    ``late`` has the kinds of slots that are still held by what has ended, ``others`` what other
    runs have.
    """

    limits: Mapping[str, int]
    held: dict[str, str] = field(default_factory=dict[str, str])
    late: list[str] = field(default_factory=list[str])
    others: Counter[str] = field(default_factory=Counter[str])

    def is_free(self, kind: str) -> bool:
        """Tell whether a program of this kind may start."""
        ours = [*self.held.values(), *self.late].count(kind)
        return ours + self.others[kind] < self.limits[kind]

    def take(self, key: str, kind: str) -> bool:
        """Take a slot for a program; False where there is none."""
        if not self.is_free(kind):
            return False
        self.held[key] = kind
        return True

    def end(self, key: str) -> None:
        """A program has ended: its slot comes later."""
        self.late.append(self.held.pop(key))

    def take_in_vain(self, kind: str) -> None:
        """Have a slot taken, if there is one, for what never starts; it is given back later."""
        if self.is_free(kind):
            self.late.append(kind)

    def give_back_late(self) -> None:
        """What was held longest beyond its program's end is free."""
        self.late.pop(0)

    def crash(self) -> None:
        """What had not been given back is free: a lock goes with its holder."""
        self.late.clear()

    def others_take(self, kind: str) -> None:
        """Let other runs take all that is free."""
        while self.is_free(kind):
            self.others[kind] += 1

    def others_give_back(self, kind: str) -> None:
        """Let another run give one back."""
        self.others[kind] -= 1
