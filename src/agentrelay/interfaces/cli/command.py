"""The kind of command that every command here is: its help begins with examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from agentrelay.interfaces.cli.undoing import write_effects


class Command(click.Command):
    """A Click command with examples, which its help shows first.

    Its help ends with its rows of the table of what undoes and redoes, where it is in it.
    """

    def __init__(
        self,
        name: str | None,
        *,
        examples: Sequence[str] = (),
        effects: Sequence[str] = (),
        **attrs: Any,  # noqa: ANN401 - Click's own signature
    ) -> None:
        """Keep ``examples``, each a line as one would type it, and ``effects``, rows by name."""
        super().__init__(name, **attrs)
        self.examples = tuple(examples)
        self.effects = tuple(effects)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then what Click writes."""
        write_examples(self.examples, formatter)
        super().format_help(ctx, formatter)
        if self.effects:
            write_effects(self.effects, formatter)


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Write a section of examples, each on a line of its own."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        formatter.write_paragraph()
