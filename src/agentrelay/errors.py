"""The error tree: every failure that a caller can't mend itself, with facts as fields.

Each class has a stable ``code`` (``agentrelay explain CODE`` describes it) and the exit code with
which the command line ends. Messages say what happened in one sentence; ``hint`` is the next step.
Outcomes on which a caller must branch are values, not exceptions.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class AgentRelayError(Exception):
    """Base of all errors that agentrelay raises on purpose."""

    code: ClassVar[str] = "AR-BUG-001"
    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep ``message`` (one sentence, no code) and ``hint`` (what to do next, may be empty)."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AgentRelayError):
    """The command, a setting or a graph is not usable as given."""

    code = "AR-USE-001"
    exit_code = 2


class SettingsError(UsageError):
    """A settings file or variable has a value that can't be used."""

    code = "AR-USE-002"


class UnknownNameError(UsageError):
    """A task, lane, graph, run or change request of that name does not exist here."""

    code = "AR-USE-003"


class GraphChangedError(UsageError):
    """The graph file differs from the one that the unfinished or finished run was started with."""

    code = "AR-RUN-002"


class UnsupportedGraphError(UsageError):
    """The graph is valid, but asks for something that this version refuses to run."""

    code = "AR-RUN-003"


class RequestRefusedError(UsageError):
    """A request (approve, retry, cancel ...) does not fit the state of what it names."""

    code = "AR-RUN-004"


class FormatError(UsageError):
    """A stored file has a format version that this version does not read."""

    code = "AR-FMT-001"


class PreconditionError(AgentRelayError):
    """The repository or machine is not in a state in which this can be done."""

    code = "AR-PRE-001"
    exit_code = 3


class DamagedError(PreconditionError):
    """A stored file can't be read: it is damaged."""

    code = "AR-FMT-002"


class ExternalError(AgentRelayError):
    """A program or service outside of us failed."""

    code = "AR-EXT-001"
    exit_code = 4

    def __init__(  # noqa: PLR0913 - the facts of a failed command belong together
        self,
        message: str,
        *,
        argv: Sequence[str] = (),
        cwd: Path | None = None,
        returncode: int | None = None,
        stderr: str = "",
        transient: bool = False,
        hint: str = "",
    ) -> None:
        """Keep the facts of the failed call; ``transient`` says that trying again may help."""
        super().__init__(message, hint=hint)
        self.argv = tuple(argv)
        self.cwd = cwd
        self.returncode = returncode
        self.stderr = stderr
        self.transient = transient


class GitError(ExternalError):
    """git refused or failed."""

    code = "AR-GIT-001"


class WorkspaceError(ExternalError):
    """The worktree or integration branch of a workstream could not be provided."""

    code = "AR-GIT-002"

    def __init__(
        self,
        message: str,
        *,
        workstream_id: str,
        argv: Sequence[str] = (),
        stderr: str = "",
        transient: bool = False,
    ) -> None:
        """Keep the lane's id beside the facts of the git call that failed."""
        super().__init__(message, argv=argv, stderr=stderr, transient=transient)
        self.workstream_id = workstream_id


class RefMovedError(GitError):
    """A ref was not at the object id that we expected, so it was not moved."""

    code = "AR-GIT-003"


class IgnoredFilesError(GitError):
    """A worktree holds ignored files that are too much to pin, so it was not removed."""

    code = "AR-GIT-004"


class ForgeError(ExternalError):
    """The forge refused or failed."""

    code = "AR-FORGE-001"


class ForgeUnavailableError(ForgeError):
    """The forge could not be reached or had a failure of its own; later it may answer."""

    code = "AR-FORGE-002"

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Trying again may help."""
        super().__init__(message, hint=hint, transient=True)


class ForgeLimitError(ForgeError):
    """The forge takes no more requests of this user for now."""

    code = "AR-FORGE-003"

    def __init__(self, message: str, *, until: float, hint: str = "") -> None:
        """Keep ``until``, the Unix time from which on it takes requests again."""
        super().__init__(message, hint=hint)
        self.until = until


class ForgeDeniedError(ForgeError):
    """There is no key for the forge, or it does not let its owner do this."""

    code = "AR-FORGE-004"


class ForgeGoneError(ForgeError):
    """What was asked for is not on the forge, or not for this user to see."""

    code = "AR-FORGE-005"


class ForgeConflictError(ForgeError):
    """What was asked for does not go with what the forge has now."""

    code = "AR-FORGE-006"


class ExecutorError(ExternalError):
    """A supervisor could not be started or asked."""

    code = "AR-EXEC-001"


class AgentError(ExternalError):
    """An agent's program can't be launched as configured."""

    code = "AR-AGENT-001"


class DiskError(ExternalError):
    """The disk is full or failing, or a file or folder may not be written or read."""

    code = "AR-DISK-001"


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO})


def disk_error(error: OSError, what: str = "") -> DiskError | None:
    """Return the failure of the file system as one of ours, None where it is of another kind.

    ``what`` names the file where the system's error does not.
    """
    if error.errno not in _FULL | _REFUSED:
        return None
    name = what or str(error.filename or "a file")
    hint = (
        "make room (agentrelay clean --all --dry-run shows what could go), then agentrelay resume"
        if error.errno in _FULL
        else "make it readable and writable for you, then agentrelay resume"
    )
    return DiskError(f"{name}: {error.strerror}", hint=hint)


class ConflictError(AgentRelayError):
    """Somebody else holds what this needs, or it changed meanwhile."""

    code = "AR-RUN-005"
    exit_code = 6


class LockHeldError(ConflictError):
    """Another live process runs this graph."""

    code = "AR-RUN-001"


class InternalError(AgentRelayError):
    """A bug of ours: a state that must not occur."""

    code = "AR-BUG-001"
    exit_code = 70
