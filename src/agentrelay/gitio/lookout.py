"""Looks at the user's checkout for all that ask at nearly the same time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from agentrelay.gitio.picture import Picture, take_picture
from agentrelay.gitio.repository import Repository

RECENT = 1.0
"""So many seconds old may a picture be from before something."""


class Lookout:
    """Takes pictures of one checkout. Safe from several threads."""

    def __init__(self, repo: Repository, worktrees: Path) -> None:
        """Look at the main checkout of ``repo``, but not at its ``worktrees``."""
        self._repo = repo
        self._worktrees = worktrees
        self._guard = threading.Lock()
        self._last: tuple[float, Picture] | None = None

    def recently(self) -> Picture:
        """Return a picture that was begun a moment ago at most."""
        return self._not_before(time.monotonic() - RECENT)

    def now(self) -> Picture:
        """Return a picture that was begun after this call; whoever waits meanwhile shares it."""
        return self._not_before(time.monotonic())

    def _not_before(self, moment: float) -> Picture:
        with self._guard:
            if self._last is None or self._last[0] < moment:
                begun = time.monotonic()
                self._last = begun, take_picture(self._repo, self._worktrees)
            return self._last[1]
