"""``agentrelay demo``: a run from graph to landed lanes, in a scratch clone of a real project."""

from __future__ import annotations

from pathlib import Path

import click

from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown_block


@click.command(
    cls=Command,
    examples=(
        "agentrelay demo                     # on the project that you are in",
        "agentrelay demo ~/projects/shop     # on another one",
        "agentrelay demo --keep              # and look around in what it made",
    ),
)
@click.argument(
    "repo", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--keep", is_flag=True, help="Keep the scratch clone.")
@click.pass_obj
def command(session: Session, repo: Path | None, *, keep: bool) -> int:
    """Land a graph of real changes in a scratch clone of REPO, a Python project with tests.

    Ten tasks in three lanes, done by ruff, codemods and generators, and checked by the project's
    own tests; one gate is red at first, and one lane waits for a person. Your repository is only
    read. It ends with exit code 1 if anything that it claims does not hold.
    """
    from agentrelay.demo.show import run_demo  # noqa: PLC0415 - only where it is asked

    def say(text: str) -> None:
        click.echo(shown_block(text))

    return run_demo(repo or session.folder, session.environ, say, keep=keep)
