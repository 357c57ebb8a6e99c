"""Go on in the background: a process of its own session, whose output is the run's log."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from agentrelay._shared import process
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import forget_holder, name_holder
from agentrelay.errors import InternalError
from agentrelay.interfaces.cli.failure import exit_code_of
from agentrelay.interfaces.cli.text import shown


def in_background(folders: GraphFolders, number: int, work: Callable[[], object]) -> int:
    """Have ``work`` done by a detached process, say how to watch it, and return 0.

    The graph's lock must be held: that process holds it from then on. Only for single-threaded
    callers.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    with process.forked() as is_child:
        if is_child:
            os.close(reader)
            name_holder(folders)
            _write_to_log(folders, number)
            os.write(writer, str(os.getpid()).encode())
            os.close(writer)
            exit_code_of(work, sys.argv[1:])
            forget_holder(folders)
            sys.stdout.flush()
            sys.stderr.flush()
    os.close(writer)
    pid = os.read(reader, 32).decode()
    os.close(reader)
    if not pid:
        message = "the background process ended before it began"
        raise InternalError(message)
    _say_where(folders, number, pid)
    return 0


def _say_where(folders: GraphFolders, number: int, pid: str) -> None:
    graph = shown(folders.graph)
    click.echo(f"run {number} of {graph} goes on in the background, process {pid}")
    click.echo(f"  agentrelay status {graph}    shows how far it is", err=True)
    click.echo(f"  agentrelay logs -f {graph}   follows it", err=True)
    click.echo(f"  kill {pid}   stops it; agents go on, and agentrelay resume {graph}", err=True)


def _write_to_log(folders: GraphFolders, number: int) -> None:
    log = os.open(folders.run(number).log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for descriptor, ours in ((null, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, ours)
    os.close(log)
    os.close(null)
