"""Choose how this platform's process trees are seen: /proc on Linux, ``ps`` elsewhere."""

from __future__ import annotations

import sys

from agentrelay.executor.supervisor.tree import ProcessTree


def tree_of(marker: str, *, root: int | None = None, leader: int | None = None) -> ProcessTree:
    """Return the tree below the process ``root``, with all that carries ``marker``.

    ``leader`` is the program itself, which leads a session and group of its own. Without ``root``
    the marker alone says who belongs to the tree.
    """
    if sys.platform == "linux":
        from agentrelay.executor.supervisor.tree_linux import (  # noqa: PLC0415 - as below
            LinuxTree,
        )

        return LinuxTree(marker, root)
    from agentrelay.executor.supervisor.tree_ps import (  # noqa: PLC0415 - one of the two is used
        PsTree,
    )

    return PsTree(marker, root, leader)


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process, where the platform knows of that."""
    if sys.platform == "linux":
        from agentrelay.executor.supervisor.tree_linux import (  # noqa: PLC0415 - as above
            become_subreaper,
        )

        become_subreaper()


def load() -> None:
    """Import what this platform's trees need, so that forks of this process have it."""
    tree_of("")


def markers() -> dict[str, list[int]]:
    """Return this user's processes that carry a marker in their environment, by marker."""
    if sys.platform == "linux":
        from agentrelay.executor.supervisor import tree_linux  # noqa: PLC0415 - as above

        return tree_linux.markers()
    from agentrelay.executor.supervisor import tree_ps  # noqa: PLC0415 - as above

    return tree_ps.markers()
