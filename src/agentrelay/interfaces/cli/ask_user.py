"""Ask a person yes or no, where there is one: a terminal on both ends."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click

from agentrelay.errors import UsageError


class DeclinedError(UsageError):
    """A person answered no, so nothing was done."""

    code = "AR-USE-004"


@dataclass(frozen=True)
class Asking:
    """Whether questions are asked: not with ``--yes``, and not with ``--no-input``."""

    yes: bool = False
    no_input: bool = False

    @property
    def possible(self) -> bool:
        """Tell whether there is somebody to ask."""
        return not (self.yes or self.no_input) and sys.stdin.isatty() and sys.stderr.isatty()

    def require(self, question: str, declined: str) -> None:
        """Ask ``question`` where somebody can be asked; DeclinedError where the answer is no."""
        if self.possible and not click.confirm(question, err=True):
            raise DeclinedError(declined)
