"""``agentrelay task``: what an agent says of its own work, through files and without a server.

Agents call this often and from anywhere, so little is imported, and no repository is looked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from agentrelay._shared.clock import SystemClock
from agentrelay.app.saying import (
    Speaker,
    about,
    noted,
    read_manifest,
    result_of,
    say,
    speaker_of,
)
from agentrelay.errors import UsageError
from agentrelay.executor.core.calls import Call, Verb
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown

EXAMPLES = {
    "done": ('"$AGENTRELAY_BIN" task done --summary "adds the model"',),
    "fail": ('"$AGENTRELAY_BIN" task fail --reason "the schema is missing"',),
    "concern": ('"$AGENTRELAY_BIN" task concern "this drops a public function"',),
    "note": ('"$AGENTRELAY_BIN" task note "the new parser is in src/parse.py"',),
    "output": ('"$AGENTRELAY_BIN" task output docs/model.md --category spec',),
    "show": ('"$AGENTRELAY_BIN" task show', '"$AGENTRELAY_BIN" task show other-task --json'),
}


@click.group()
def command() -> None:
    """Say how a task is going; for agents, from within a run."""


@command.command(cls=Command, examples=EXAMPLES["done"])
@click.option("--summary", default="", help="What was done, in a line.")
@click.option("--empty", is_flag=True, help="Nothing needed to change.")
@options.as_json
@click.pass_obj
def done(session: Session, *, summary: str, empty: bool, as_json: bool) -> None:
    """Say that the task is done; its result is looked at and the turn ends."""
    _say(session, Verb.DONE, summary, empty=empty, as_json=as_json)


@command.command(cls=Command, examples=EXAMPLES["fail"])
@click.option("--reason", required=True, help="Why it can't be done.")
@options.as_json
@click.pass_obj
def fail(session: Session, *, reason: str, as_json: bool) -> None:
    """Say that the task can't be done; the attempt ends."""
    _say(session, Verb.FAIL, reason, as_json=as_json)


@command.command(cls=Command, examples=EXAMPLES["concern"])
@click.argument("text")
@options.as_json
@click.pass_obj
def concern(session: Session, *, text: str, as_json: bool) -> None:
    """Tell people what they should see before this lands."""
    _say(session, Verb.CONCERN, text, as_json=as_json)


@command.command(cls=Command, examples=EXAMPLES["note"])
@click.argument("text")
@options.as_json
@click.pass_obj
def note(session: Session, *, text: str, as_json: bool) -> None:
    """Leave a note for people and for later tasks."""
    _say(session, Verb.NOTE, text, as_json=as_json)


@command.command(cls=Command, examples=EXAMPLES["output"])
@click.argument("path")
@click.option("--category", required=True, help="Name under which later tasks ask for it.")
@options.as_json
@click.pass_obj
def output(session: Session, *, path: str, category: str, as_json: bool) -> None:
    """Declare the file PATH as an output; it is copied at the end of the turn."""
    if not (session.folder / path).exists():
        raise UsageError(f"there is no file {shown(path)}")
    from agentrelay._shared.ids import id_problem  # noqa: PLC0415 - slow to load, and rarely needed

    if (problem := id_problem(category)) is not None:
        raise UsageError(f"{shown(category)} is no category: {problem}")
    call = _call(Verb.OUTPUT, path=str((session.folder / path).absolute()), category=category)
    _publish(session, call, as_json=as_json)


@command.command(cls=Command, examples=EXAMPLES["show"])
@click.argument("task", required=False)
@options.as_json
@click.pass_obj
def show(session: Session, *, task: str | None, as_json: bool) -> None:
    """Show what this task is about, or what came of another TASK."""
    speaker = _speaker(session.environ)
    found = about(speaker) if task is None else result_of(speaker, task)
    if found is None:
        raise UsageError(f"nothing came of a task {shown(task or '')} yet")
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"{name}: {shown(text)}")


def _say(session: Session, verb: Verb, text: str, *, as_json: bool, empty: bool = False) -> None:
    _publish(session, _call(verb, text, empty=empty), as_json=as_json)


def _call(
    verb: Verb, text: str = "", *, path: str = "", category: str = "", empty: bool = False
) -> Call:
    return Call(verb, SystemClock().now(), text, path, category, empty)


def _publish(session: Session, call: Call, *, as_json: bool) -> None:
    """Write a call into the agent's folder unless it is there already; say so in a line."""
    speaker = _speaker(session.environ)
    folder = Path(_variable(session.environ, "AGENTRELAY_ATTEMPT_DIR"))
    is_new = say(speaker, folder, call)
    if as_json:
        said = {"task": speaker.manifest["task"], "call": call.verb.value, "new": is_new}
        click.echo(json.dumps(said))
    else:
        click.echo(noted(speaker, call, is_new=is_new))


def _speaker(environ: Mapping[str, str]) -> Speaker:
    """Return who calls; UsageError where the token is not that of the manifest's attempt."""
    path = Path(_variable(environ, "AGENTRELAY_MANIFEST"))
    manifest = read_manifest(path)
    speaker = speaker_of(path, manifest, _variable(environ, "AGENTRELAY_TOKEN"))
    if speaker is None:
        raise UsageError(
            "AGENTRELAY_TOKEN is not the token of this attempt: nothing was changed",
            hint="a token serves the calls of one attempt only",
        )
    return speaker


def _variable(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise UsageError(f"{name} is not set", hint="agents call this within a run")
    return value
