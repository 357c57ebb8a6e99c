"""What least permissions mean for every agent, in words that permission systems share."""

from __future__ import annotations

CHANGING_GIT = ("add", "commit", "rm", "mv", "restore", "merge")
"""Git commands that change the worktree or its branch, and that the work needs."""
