"""The kind of command that every command here is: its help begins with examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click


class Command(click.Command):
    """A Click command with examples, which its help shows first."""

    def __init__(self, name: str | None, *, examples: Sequence[str] = (), **attrs: Any) -> None:  # noqa: ANN401 - Click's own signature
        """Keep ``examples``, each a line as one would type it."""
        super().__init__(name, **attrs)
        self.examples = tuple(examples)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then what Click writes."""
        write_examples(self.examples, formatter)
        super().format_help(ctx, formatter)


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Write a section of examples, each on a line of its own."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        formatter.write_paragraph()
