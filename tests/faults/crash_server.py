"""Runs the real command line in forked processes that kill themselves at a point of an effect.

A program of its own, so that each job costs a fork and no imports. Jobs and answers are JSON, one a
line. A job is {argv, cwd, env, output, memory, kills}; the answer is [exit code, point], the code
negative for a signal, the point at which the process killed itself, else null.

A point is the effect's name and where in its life it is. The name is the effect's key; where that
ends with a position in the journal, which depends on timing, it ends with how many of the kind
there have been instead.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from agentrelay.engine import orchestrator as _loop  # noqa: F401 - so that no child imports it
from agentrelay.engine.seam import Point
from agentrelay.interfaces.cli.main import main


class Listener:
    """Notes each point in the job's memory, and kills the process at one of the given ones."""

    def __init__(self, memory: Path, kills: list[list[str]]) -> None:
        self._memory = memory
        self._kills = kills
        noted = memory.read_text().splitlines() if memory.exists() else []
        self._keys = list(dict.fromkeys(json.loads(line)["key"] for line in noted))

    def __call__(self, key: str, point: Point) -> None:
        here = [self._name(key), point.value]
        is_last = here in self._kills
        # An effect that was never journalled may be announced by another key the next time.
        known = "" if point is Point.BEFORE_INTENT else key
        if known not in self._keys:
            self._keys.append(known)
        with self._memory.open("a") as file:
            note = {"point": here, "key": known, "killed": is_last}
            file.write(json.dumps(note) + "\n")
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _name(self, key: str) -> str:
        head, _, last = key.rpartition("/")
        if not (key.startswith(("lane.", "revert.")) and last.isdigit()):
            return key
        alike = [known for known in self._keys if known.rpartition("/")[0] == head]
        number = alike.index(key) if key in alike else len(alike)
        return f"{head}#{number + 1}"


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
    main(job["argv"], listener=Listener(Path(job["memory"]), job["kills"]))


def killed_at(job: dict[str, Any]) -> list[str] | None:
    """Return the point at which the job's process has just killed itself."""
    lines = Path(job["memory"]).read_text().splitlines()
    return next((n["point"] for n in map(json.loads, reversed(lines)) if n["killed"]), None)


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
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        point = killed_at(job) if code == -signal.SIGKILL else None
        print(json.dumps([code, point]), flush=True)


if __name__ == "__main__":
    serve()
