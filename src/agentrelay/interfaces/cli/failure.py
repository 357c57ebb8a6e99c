"""How a command ends badly: one shape of message for people, one envelope for programs.

A traceback is never shown: that of a bug of ours goes into a report file, which is named.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

import click

from agentrelay.errors import AgentRelayError, ExternalError, InternalError, UsageError, disk_error
from agentrelay.interfaces.cli.text import bad, bold, shown

INTERRUPTED = 130
BROKEN_PIPE = 141
QUOTED_LINES = 5
"""Last lines of a failed program's own words that are shown."""


def exit_code_of(call: Callable[[], object], argv: Sequence[str]) -> int:
    """Call a command and return its exit code; say what went wrong where it failed."""
    wants_json = "--json" in argv[: argv.index("--")] if "--" in argv else "--json" in argv
    try:
        result = call()
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the root of the process: every failure is told
        return _failed(error, argv, wants_json=wants_json)
    except (KeyboardInterrupt, SystemExit) as ended:
        return _ended(ended)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def show_error(error: AgentRelayError) -> None:
    """Show a failure on stderr: ``error[CODE]: message`` with notes and the next step."""
    click.echo(rendered(error), nl=False, err=True)


def rendered(error: AgentRelayError) -> str:
    """Return a failure as people see it; the text ends with a newline."""
    problems = _rendered_problems(error)
    if problems is not None:
        return problems
    first, *more = error.message.split("\n")
    lines = [f"{bad(f'error[{error.code}]')}{bold(':')} {shown(first)}"]
    lines += [shown(line) for line in more]
    lines += [f"  = note: {note}" for note in _notes(error)]
    if error.hint:
        lines.append(f"  = help: {shown(error.hint)}")
    return "\n".join(lines) + "\n"


def _failed(error: Exception, argv: Sequence[str], *, wants_json: bool) -> int:
    if isinstance(error, click.exceptions.Abort):
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    known = _known(error, argv)
    try:
        if wants_json:
            import json  # noqa: PLC0415 - the help, which must start fast, does not need it

            click.echo(json.dumps({"error": _envelope(known)}))
        else:
            show_error(known)
    except OSError:
        # Nobody reads it, or a full disk takes it.
        drop_output()
    return known.exit_code


def _known(error: Exception, argv: Sequence[str]) -> AgentRelayError:
    """Return the failure as one of ours."""
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, AgentRelayError) and not isinstance(error, InternalError):
        return error
    if isinstance(error, OSError) and (failure := disk_error(error)) is not None:
        return failure
    from agentrelay.interfaces.cli.bug_report import reported  # noqa: PLC0415 - bugs are rare

    return reported(error, argv)


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "agentrelay"
    hint = f"{path} --help"
    if isinstance(error, click.NoSuchOption) and error.option_name in ("-C", "--repo"):
        hint = "it stands before the command: agentrelay -C DIR COMMAND"
    return UsageError(error.format_message(), hint=hint)


def _envelope(error: AgentRelayError) -> dict[str, object]:
    envelope: dict[str, object] = {
        "code": error.code,
        "message": shown(error.message),
        "hint": shown(error.hint),
    }
    if isinstance(error, UsageError) and hasattr(error, "problems"):
        envelope["problems"] = list(_problems(error))
    return envelope


def _problems(error: UsageError) -> Iterator[dict[str, object]]:
    for problem in getattr(error, "problems", ()):
        where = problem.position
        yield {
            "code": problem.code,
            "message": shown(problem.message),
            "line": where.line if where else None,
            "column": where.column if where else None,
            "help": shown(problem.help),
        }


def _rendered_problems(error: AgentRelayError) -> str | None:
    """Return the problems of a graph or settings file, where the failure is about some."""
    if not isinstance(error, UsageError) or not hasattr(error, "problems"):
        return None
    from agentrelay.config.render import render_problems  # noqa: PLC0415 - loads the YAML parser
    from agentrelay.config.settings_file import SettingsFileError  # noqa: PLC0415 - likewise
    from agentrelay.graph.problem import GraphError  # noqa: PLC0415 - likewise

    if isinstance(error, GraphError | SettingsFileError):
        return render_problems(error.path, error.source, error.problems)
    return None


def _notes(error: AgentRelayError) -> Iterator[str]:
    if not isinstance(error, ExternalError):
        return
    if error.argv:
        where = f" in {shown(str(error.cwd))}" if error.cwd is not None else ""
        yield f"ran {shown(' '.join(error.argv))}{where}"
    for line in error.stderr.strip().splitlines()[-QUOTED_LINES:]:
        if line.strip() and line.strip() not in error.message:
            yield f"it said: {shown(line.strip())}"


def _ended(ended: BaseException) -> int:
    if isinstance(ended, SystemExit):
        return ended.code if isinstance(ended.code, int) else 0
    return INTERRUPTED


def drop_output() -> None:
    """Let nothing more be written to a pipe that nobody reads, at exit neither."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        _point_to(stream, null)
    os.close(null)


def _point_to(stream: TextIO, descriptor: int) -> None:
    try:
        os.dup2(descriptor, stream.fileno())
    except (OSError, ValueError):
        return
