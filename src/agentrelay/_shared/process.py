"""The one door for child processes: nothing else in agentrelay starts a program.

No function here takes a shell line; callers who want a shell pass ``["sh", "-c", line]``.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, cast


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that has ended: ``returncode`` is negative for the signal that killed it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes


class ProcessTimeoutError(Exception):
    """A program ran longer than its caller allowed and was killed with its process group."""


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run a program to its end and return what it printed.

    It gets exactly ``env``, reads ``stdin`` (else an empty input) and, where ``timeout`` (seconds)
    passes, is killed with its process group and ProcessTimeoutError is raised. OSError where it
    can't be started.
    """
    import subprocess  # noqa: PLC0415 - the supervisor imports this module and must start fast

    with subprocess.Popen(  # noqa: S603 - this is the one door; callers answer for the argv
        list(argv),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A Ctrl-C at the terminal is for us to take: what git has begun is finished.
        process_group=0,
    ) as child:
        try:
            stdout, stderr = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired as error:
            os.killpg(child.pid, 9)
            child.communicate()
            message = f"{argv[0]} ran longer than {timeout} s"
            raise ProcessTimeoutError(message) from error
    return Completed(tuple(argv), child.returncode, stdout, stderr)


class Dialogue:
    """A program that stays and answers what it is told, until ``close``. For one thread at a time.

    What it has to say on its standard error is not kept.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        keep: Sequence[int] = (),
    ) -> None:
        """Start the program with exactly ``env``; of our descriptors it inherits ``keep``.

        OSError where it can't be started.
        """
        import subprocess  # noqa: PLC0415 - as above

        self._child = subprocess.Popen(  # noqa: S603 - as above
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(keep),
            process_group=0,
        )
        self._to = cast("IO[bytes]", self._child.stdin)
        self._from = cast("IO[bytes]", self._child.stdout)

    def send(self, data: bytes) -> None:
        """Tell the program something; BrokenPipeError where it has ended."""
        self._to.write(data)
        self._to.flush()

    def line(self) -> bytes:
        """Return the next line of what it says, with its end; EOFError where it has ended."""
        line = self._from.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    def exactly(self, size: int) -> bytes:
        """Return the next ``size`` bytes of what it says; EOFError where it has ended."""
        data = self._from.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def close(self) -> None:
        """Close the program's input and wait for its end, which must follow from that."""
        with suppress(BrokenPipeError):
            self._to.close()
        self._from.close()
        self._child.wait()


class Piped:
    """A program whose input and outputs are pipes in our hand; it belongs to our own session."""

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        """Start the program with exactly ``env``. OSError where it can't be started."""
        import subprocess  # noqa: PLC0415 - as above

        self._child = subprocess.Popen(  # noqa: S603 - as above
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self.input = cast("IO[bytes]", self._child.stdin)
        self.output = cast("IO[bytes]", self._child.stdout)
        self.errors = cast("IO[bytes]", self._child.stderr)

    def exit_code(self) -> int | None:
        """Return its exit code, negative for a signal; None while it runs."""
        return self._child.poll()

    def terminate(self) -> None:
        """Ask it to end."""
        self._child.terminate()


def run_in_view(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
    """Run a program with our own input and outputs, and return its exit code.

    Ctrl-C reaches it as well, and it ends in its own way before KeyboardInterrupt goes on here.
    """
    import subprocess  # noqa: PLC0415 - as above

    with subprocess.Popen(list(argv), cwd=cwd, env=dict(env)) as child:  # noqa: S603 - as above
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait()
            raise


def start_detached(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: Path,
    pass_fds: Sequence[int] = (),
) -> int:
    """Start a program in a session of its own, input closed, both outputs appended to a file.

    Return its exit code once the started process ends: meant for programs that put themselves
    into the background and whose first process ends as soon as that has worked.
    """
    import subprocess  # noqa: PLC0415 - as above

    with output.open("ab") as sink:
        child = subprocess.Popen(  # noqa: S603 - as above
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
        return child.wait()


def replace(argv: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Become another program; OSError where it can't be started."""
    os.execvpe(argv[0], list(argv), dict(env))  # noqa: S606 - as above


def fork_exec(  # noqa: PLR0913 - what a program starts with
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: int,
    keep: Sequence[int] = (),
    failed: int | None = None,
) -> int:
    """Start a program in a new session and return its pid; its parent must reap it.

    Input is /dev/null, both outputs go to the descriptor ``output``; of the other descriptors it
    keeps ``keep`` only. Only for single-threaded callers (the supervisor). Where the program can't
    be started, its process says why in ``output``, writes one byte to ``failed`` and exits with
    127, as a shell does.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        os.chdir(cwd)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for descriptor in keep:
            os.set_inheritable(descriptor, True)  # noqa: FBT003 - the stdlib's own signature
        replace(argv, env)
    except (OSError, ValueError) as error:
        if failed is not None:
            os.write(failed, b"!")
        words = error.strerror if isinstance(error, OSError) else str(error)
        os.write(2, f"agentrelay: {argv[0]}: {words}\n".encode("utf-8", "replace"))
    finally:
        # Never back into the code of the parent, whatever went wrong.
        os._exit(127)


def leave_to_child() -> None:
    """Go on in a child with a session of its own; the calling process ends here, with success.

    Only for single-threaded callers.
    """
    if os.fork():
        os._exit(0)
    os.setsid()


@contextmanager
def forked() -> Generator[bool]:
    """Fork: run the block in this process with False, and in a child of it with True.

    The child has a session of its own and ends with the block. Only for single-threaded callers.
    """
    if os.fork():
        yield False
        return
    try:
        os.setsid()
        yield True
    finally:
        # Never back into the code of the parent, whatever went wrong.
        os._exit(0)
