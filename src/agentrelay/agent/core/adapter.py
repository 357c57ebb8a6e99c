"""The agent adapter protocol: how to launch a coding program for a turn, and read its report.

An adapter is a small, stateless object; it starts nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agentrelay.agent.core.report import Report
from agentrelay.agent.core.transcript import Entry

Command = tuple[str, ...] | str
"""A command of a graph: an argv, or one line for ``sh -c``."""


@dataclass(frozen=True)
class Provider:
    """A service among those that a program can ask, with the variables that may hold its key.

    Its models are called ``name/…``; or, without a slash, as one of the patterns ``models``.
    """

    name: str
    keys: tuple[str, ...]
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """Where a program finds the user's login.

    That is one of the variables ``keys``, or the file ``login`` in its configuration folder:
    ``folder`` in the home folder, unless the variable ``home`` names another. A program that asks
    the service of whatever model it is given has ``providers``, each with a login of its own; the
    variable ``model`` names the model where the graph does not.
    """

    home: str
    folder: str
    login: str
    keys: tuple[str, ...]
    providers: tuple[Provider, ...] = ()
    model: str = ""


@dataclass(frozen=True)
class About:
    """What an adapter drives.

    ``program`` is looked for on PATH (empty: the graph's own command), ``package`` has it.
    ``distribution`` is a Python package that agentrelay needs for this adapter alone.
    ``variables`` are those of the user's environment that the program reads its account and
    settings from; they are passed on to it, and to nothing else.
    """

    name: str
    program: str = ""
    distribution: str = ""
    package: str = ""
    account: Account | None = None
    variables: frozenset[str] = frozenset()
    resumes: bool = False
    """A further turn goes on in the session of the one before."""
    reports_cost: bool = False
    limits_cost: bool = False
    """It can be told what a turn may cost."""
    reports_totals: bool = False
    """Usage and cost that it reports are those of the session so far, not of the turn."""
    reopens: tuple[str, ...] = ()
    """What a person types to go on in a session, whose id stands where ``{}`` is."""
    takes_mcp: bool = False
    """It can be told of an MCP server."""
    asks: bool = False
    """It asks for what it may not do, so that a person can answer."""
    prints_events: bool = False
    """Its output is a stream of events; where it is not, people are shown the output itself."""


@dataclass(frozen=True)
class Asking:
    """How the program of a turn asks a person, whose answer it waits for.

    It leaves its questions in ``folder`` and rings ``bells`` after each, and after it has its
    answer. Without one ``within`` so many seconds it is a no. ``command`` is how a person answers,
    ``settled`` has the answers that were given for good, by what they are about.
    """

    folder: Path
    bells: tuple[Path, ...]
    within: float
    command: str
    settled: Mapping[str, bool] = field(default_factory=dict[str, bool])


@dataclass(frozen=True)
class TurnRequest:
    """One turn to be launched.

    ``prompt`` is all that a fresh session must be told, ``follow_up`` what the session ``session``
    of the attempt's earlier turn is to be told; whichever is used goes to the program whole, as
    one argument or in a file. ``writable`` are folders outside of ``worktree`` that the work writes
    to, ``readable`` those that it reads. ``commands`` are the task's gates, its lane's setup, and
    what the graph allows beside; with ``asking`` a person is asked for what goes beyond that.
    ``bypass`` lets the program do whatever it likes, and ``home`` is a configuration folder of its
    own; both only where the graph says so. ``run`` is the graph's command. ``scratch`` is a folder
    of this turn, out of the agent's reach, for the files of its launch. ``mcp`` is the address
    of an MCP server with the agent's calls as tools; the bearer token is AGENTRELAY_TOKEN.
    ``cost_limit`` are the dollars that this turn may still cost.
    """

    task: str
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    prompt: str
    follow_up: str = ""
    session: str | None = None
    run: Command | None = None
    model: str | None = None
    bypass: bool = False
    home: Path | None = None
    worktree: Path = Path()
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    commands: tuple[Command, ...] = ()
    cost_limit: float | None = None
    scratch: Path = Path()
    mcp: str | None = None
    asking: Asking | None = None


@dataclass(frozen=True)
class AgentLaunch:
    """The program to start: ``env`` is added to the turn's environment.

    ``files`` are written before it starts, for nobody else to read.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    files: Mapping[Path, str] = field(default_factory=dict[Path, str], repr=False)


class AgentAdapter(Protocol):
    """Drives one kind of coding program."""

    @property
    def about(self) -> About:
        """Return what it drives."""
        ...

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return what to start for ``request``. AgentError where the agent is not usable."""
        ...

    def report(self, output: Path) -> Report | None:
        """Return what the program itself said in its ``output``; None where it says nothing.

        Whatever the file holds, nothing is raised: lines may be torn, huge, or of anything else.
        """
        ...

    def entries(self, event: Mapping[str, object]) -> Iterable[Entry]:
        """Return what one event of the program's output tells people; mostly it is nothing.

        An event is one line that is a JSON object. Whatever it holds, nothing is raised.
        """
        ...
