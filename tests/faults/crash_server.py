"""Runs the real command line in forked processes that kill themselves at a point of an effect.

A program of its own, so that each job costs a fork and no imports. Jobs and answers are JSON, one a
line. A job is {argv, cwd, env, output, kill: [key, point] | null, seen: path | null}; the answer is
the exit code, negative for a signal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from agentrelay.engine import orchestrator as _loop  # noqa: F401 - so that no child imports it
from agentrelay.engine.seam import Listener, Point
from agentrelay.interfaces.cli.main import main


def stable(key: str) -> str:
    """Return a key without the journal position in it, which depends on timing."""
    head, _, last = key.rpartition("/")
    return head if key.startswith("lane.") and last.isdigit() else key


def listener_of(job: dict[str, Any]) -> Listener:
    """Return a listener that notes each point in a file and kills the process at the given one."""

    def listen(key: str, point: Point) -> None:
        here = [stable(key), point.value]
        if job["seen"]:
            with open(job["seen"], "a") as file:
                file.write(json.dumps(here) + "\n")
        if here == job["kill"]:
            os.kill(os.getpid(), signal.SIGKILL)

    return listen


def run_job(job: dict[str, Any]) -> None:
    """Become the command line in the job's folder, environment and output."""
    os.setsid()
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    main(job["argv"], listener=listener_of(job))


def serve() -> None:
    """Take one job after the other."""
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                run_job(job)
            except SystemExit as end:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(end.code if isinstance(end.code, int) else 1)
            finally:
                os._exit(99)
        status = os.waitpid(child, 0)[1]
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    serve()
