"""``agentrelay doctor``: is this machine and repository fit, and how is mended what is not."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.app.place import Place
from agentrelay.errors import AgentRelayError, PreconditionError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.checks import Finding, Level, machine_findings
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.repository_checks import mend, repository_findings
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import bad, good, shown, waits

STYLES = {Level.OK: good, Level.WARN: waits, Level.FAIL: bad}


@click.command(
    cls=Command,
    examples=("agentrelay doctor", "agentrelay doctor --fix   # removes locks of dead gits"),
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a doubt.")
@options.as_json
@click.pass_obj
def command(session: Session, *, fix: bool, as_json: bool) -> int:
    """Check this machine and repository; each finding names the command that mends it.

    Ends with 3 where something keeps graphs from being run.
    """
    place = _place(session)
    if fix and isinstance(place, Place):
        for line in mend(place):
            click.echo(shown(line), err=True)
    findings = list(_findings(session, place))
    if as_json:
        echo_json([{**vars(finding), "level": finding.level.value} for finding in findings])
    else:
        _show(findings)
    failed = any(finding.level is Level.FAIL for finding in findings)
    return PreconditionError.exit_code if failed else 0


def _place(session: Session) -> Place | AgentRelayError:
    try:
        return session.place()
    except AgentRelayError as error:
        return error


def _findings(session: Session, place: Place | AgentRelayError) -> Iterator[Finding]:
    yield from machine_findings(session.folder, session.environ)
    if isinstance(place, Place):
        yield from repository_findings(place)
    else:
        yield Finding(Level.FAIL, "repository", place.message, place.hint)


def _show(findings: list[Finding]) -> None:
    rows = [
        (STYLES[each.level](each.level.value), each.check, shown(each.found)) for each in findings
    ]
    for line, finding in zip(aligned(rows), findings, strict=True):
        click.echo(line)
        if finding.fix:
            click.echo(f"      {shown(finding.fix)}")
