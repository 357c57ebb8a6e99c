"""Run one git command and get its output, or an error that carries git's own words."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared import process
from agentrelay.errors import GitError, PreconditionError
from agentrelay.gitio.env import git_environment
from agentrelay.gitio.resident import ResidentGit

LOCK_TRIES = 6
"""How often a command is tried that met a lock file of another git."""


@dataclass(frozen=True, slots=True)
class GitOutput:
    """What a git command answered; ``text`` is its output without the last line end."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Return the output decoded, trailing newlines removed."""
        return self.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


class Git:
    """Runs git in one folder. Immutable; ``at`` gives one for another folder.

    ``resident`` are the processes that may answer in its place, where there are such.
    """

    def __init__(self, cwd: Path, environ: Mapping[str, str] | None = None) -> None:
        """Run in ``cwd``, with an environment made from ``environ`` (default: this process's)."""
        self.cwd = cwd
        self.resident: ResidentGit | None = None
        self._environ = git_environment(os.environ if environ is None else environ)

    def at(self, cwd: Path) -> Git:
        """Return the same git in another folder, which may be another repository: no residents."""
        other = object.__new__(Git)
        other.cwd = cwd
        other.resident = None
        other._environ = self._environ
        return other

    @contextmanager
    def attended(self) -> Generator[Git]:
        """Give the same git with residents, which end with the block."""
        with closing(ResidentGit(self.cwd, self._environ)) as resident:
            other = self.at(self.cwd)
            other.resident = resident
            yield other

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Collection[int] = (0,),
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> GitOutput:
        """Run ``git ARGS`` and return its output.

        A lock file that another git holds is waited for, a little. Any exit code outside ``ok``
        raises GitError, with ``transient`` where trying later may help.
        """
        environ = {**self._environ, **env} if env else self._environ
        output = self._once(args, environ, stdin, timeout)
        for attempt in range(LOCK_TRIES - 1):
            if output.returncode in ok or not _is_lock_held(output.stderr):
                break
            time.sleep(0.02 * 2**attempt * (0.5 + random.random()))  # noqa: S311 - jitter
            output = self._once(args, environ, stdin, timeout)
        if output.returncode in ok:
            return output
        raise self._error(args, output)

    def text(self, *args: str, stdin: bytes | None = None) -> str:
        """Run ``git ARGS``, which must succeed, and return its output as text."""
        return self.run(*args, stdin=stdin).text

    def _once(
        self,
        args: tuple[str, ...],
        environ: Mapping[str, str],
        stdin: bytes | None,
        timeout: float | None,
    ) -> GitOutput:
        argv = ("git", *args)
        try:
            done = process.run(argv, cwd=self.cwd, env=environ, stdin=stdin, timeout=timeout)
        except FileNotFoundError as error:
            if not self.cwd.is_dir():
                message = f"the folder {self.cwd} does not exist"
                raise GitError(message, argv=argv, cwd=self.cwd) from error
            message = "git is not installed, or not on PATH"
            raise PreconditionError(message, hint="install git 2.39 or newer") from error
        except process.ProcessTimeoutError as error:
            raise GitError(str(error), argv=argv, cwd=self.cwd, transient=True) from error
        return GitOutput(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def _error(self, args: tuple[str, ...], output: GitOutput) -> GitError:
        words = output.stderr.strip() or output.text.strip()
        last = words.splitlines()[-1] if words else f"exit code {output.returncode}"
        return GitError(
            f"git {args[0]}: {last}",
            argv=("git", *args),
            cwd=self.cwd,
            returncode=output.returncode,
            stderr=output.stderr,
            transient=_is_lock_held(output.stderr) or _is_network(output.stderr),
        )


def _is_lock_held(stderr: str) -> bool:
    return ".lock': File exists" in stderr or "could not lock config file" in stderr


def _is_network(stderr: str) -> bool:
    return any(
        words in stderr
        for words in (
            "Could not resolve host",
            "Connection refused",
            "Connection reset",
            "Connection timed out",
            "Could not read from remote repository",
            "The requested URL returned error: 5",
            "unable to access",
        )
    )
