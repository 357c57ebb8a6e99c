"""Port numbers for worktrees, so that servers that agents start do not meet."""

from __future__ import annotations

import os
from pathlib import Path

from agentrelay._shared import atomic, locks
from agentrelay.errors import ExecutorError

FIRST = 21000
BLOCK = 20
BLOCKS = 550
"""All below 32768, where systems begin to hand out ports by themselves."""


def port_block(runtime_dir: Path, worktree: Path) -> int:
    """Return the first of 20 ports that no other live worktree of this user has.

    The same worktree keeps its ports; those of one that is gone are given away. Whether a foreign
    program listens there is not looked at.
    """
    claims = runtime_dir / "ports"
    with locks.held(claims / "lock"):
        taken: set[int] = set()
        for block in _claimed(claims):
            owner = _owner(claims / str(block))
            if owner == worktree:
                return FIRST + block * BLOCK
            if owner is not None and owner.is_dir():
                taken.add(block)
        free = next((block for block in range(BLOCKS) if block not in taken), None)
        if free is None:
            raise ExecutorError(f"all {BLOCKS} blocks of ports are claimed by live worktrees")
        atomic.sweep(claims)
        atomic.publish(claims / str(free), str(worktree).encode("utf-8", "surrogateescape"))
    return FIRST + free * BLOCK


def _claimed(claims: Path) -> list[int]:
    """Return the blocks that were ever claimed: looking for each of all would take milliseconds."""
    numbers = (int(name) for name in os.listdir(claims) if name.isdecimal())
    return sorted(number for number in numbers if number < BLOCKS)


def dead_claims(runtime_dir: Path) -> list[Path]:
    """Return the claims of worktrees that are gone; what can't be read is none."""
    claims = runtime_dir / "ports"
    found = [claims / str(block) for block in _claimed(claims)] if claims.is_dir() else []
    return [claim for claim in found if (o := _owner(claim)) is not None and not o.is_dir()]


def drop_dead_claims(runtime_dir: Path) -> None:
    """Take back the claims of worktrees that are gone."""
    with locks.held(runtime_dir / "ports" / "lock"):
        for claim in dead_claims(runtime_dir):
            claim.unlink(missing_ok=True)


def _owner(claim: Path) -> Path | None:
    try:
        return Path(claim.read_bytes().decode("utf-8", "surrogateescape"))
    except FileNotFoundError:
        return None
