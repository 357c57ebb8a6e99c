"""``agentrelay doctor``: is this machine and repository fit, and how is mended what is not."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.app.place import Place
from agentrelay.errors import AgentRelayError, PreconditionError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.checks import machine_findings
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.finding import Finding, Level
from agentrelay.interfaces.cli.repository_checks import repository_findings
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import bad, good, shown, waits

PASSES = 3
STYLES = {Level.OK: good, Level.WARN: waits, Level.FAIL: bad}


@click.command(
    cls=Command,
    examples=(
        "agentrelay doctor",
        "agentrelay doctor --fix   # mends what needs no decision",
    ),
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a doubt.")
@options.as_json
@click.pass_obj
def command(session: Session, *, fix: bool, as_json: bool) -> int:
    """Check this machine and repository; each finding names the command that mends it.

    Ends with 3 where something keeps graphs from being run.
    """
    place = _place(session)
    findings = list(_findings(session, place))
    for _ in range(PASSES if fix else 0):
        # What one mended may show another.
        tried = [_mend(finding) for finding in findings if finding.mend is not None]
        findings = list(_findings(session, place))
        if not any(tried):
            break
    if as_json:
        echo_json([_as_json(finding) for finding in findings])
    else:
        _show(findings)
    failed = any(finding.level is Level.FAIL for finding in findings)
    return PreconditionError.exit_code if failed else 0


def _mend(finding: Finding) -> bool:
    """Mend what was found, say so, and return whether that went well."""
    if finding.mend is None:
        return False
    try:
        finding.mend()
    except (AgentRelayError, OSError) as error:
        click.echo(f"{bad('not mended')}: {shown(finding.found)}: {shown(str(error))}", err=True)
        return False
    click.echo(f"{good('mended')}: {shown(finding.found)}", err=True)
    return True


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "level": finding.level.value,
        "check": finding.check,
        "found": finding.found,
        "why": finding.why,
        "fix": finding.fix,
        "mends": finding.mend is not None,
    }


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
        if finding.why:
            click.echo(f"      {shown(finding.why)}")
        if finding.fix:
            click.echo(f"      {shown(finding.fix)}")
