"""Tell a person who is not looking that a run ended or waits: their own command, or a bell."""

from __future__ import annotations

import sys

import click

from agentrelay._shared import process
from agentrelay.app.place import Place
from agentrelay.interfaces.cli.text import shown

PATIENCE = 30.0
"""Seconds that the user's command may take."""


def notify(place: Place, graph: str, number: int, *, event: str, code: int) -> None:
    """Run the setting ``notify``, or ring the terminal's bell; a failure of it is only said.

    The command gets one more argument, a sentence; ``event`` is ``finished``, ``waiting`` or
    ``asking`` (an agent waits for a permission), and is in its environment, with the graph, the
    run and the exit code.
    """
    argv = place.settings.notify
    if not argv:
        if sys.stderr.isatty():
            click.echo("\a", nl=False, err=True)
        return
    ends = "" if event == "asking" else f" (exit code {code})"
    sentence = f"run {number} of {graph} {_SENTENCES[event]}{ends}"
    facts = {
        "AGENTRELAY_EVENT": event,
        "AGENTRELAY_GRAPH": graph,
        "AGENTRELAY_RUN": str(number),
        "AGENTRELAY_EXIT_CODE": str(code),
    }
    env = {**place.environ, **facts}
    try:
        done = process.run([*argv, sentence], cwd=place.repo.top, env=env, timeout=PATIENCE)
        problem = f"exit code {done.returncode}" if done.returncode else ""
    except (OSError, ValueError, process.ProcessTimeoutError) as error:
        problem = str(error)
    if problem:
        click.echo(f"note: the setting notify failed: {shown(argv[0])}: {shown(problem)}", err=True)


_SENTENCES = {
    "finished": "has finished",
    "waiting": "waits for you",
    "asking": "asks you for a permission",
}
