"""Where everything of a graph lies on disk, and what its branches and pins are called.

Pure path arithmetic; docs/reference/files.md describes the same for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE_FOLDER = ".workflow"
WORKTREES_FOLDER = ".worktrees"


def integration_branch(graph: str, lane: str) -> str:
    """Return the branch that collects the work of a graph's lane."""
    return f"agentrelay/{graph}/{lane}/integration"


@dataclass(frozen=True)
class GraphFolders:
    """The folders of one graph in one repository."""

    top: Path
    common_dir: Path
    graph: str

    @property
    def root(self) -> Path:
        """Return the graph's own folder."""
        return self.top / STATE_FOLDER / self.graph

    @property
    def inbox(self) -> Path:
        """Return the folder of requests and their answers."""
        return self.root / "inbox"

    @property
    def private(self) -> Path:
        """Return the folder beside git's own files: locks, wake-ups, the secret of tokens."""
        return self.common_dir / "agentrelay"

    @property
    def lock(self) -> Path:
        """Return the lock that the one writer of the graph holds."""
        return self.private / f"{self.graph}.lock"

    @property
    def holder(self) -> Path:
        """Return the file that says who holds the lock, for people."""
        return self.private / f"{self.graph}.holder.json"

    def place(self, lane: str) -> Path:
        """Return the lock that is held while a program works in a lane's worktree."""
        return self.places / f"{lane}.lock"

    @property
    def places(self) -> Path:
        """Return the folder of the locks of lanes, each held while a program works in the lane."""
        return self.private / "places" / self.graph

    @property
    def wake(self) -> Path:
        """Return the FIFO that wakes the holder."""
        return self.private / f"{self.graph}.wake"

    def signals(self, lane: str) -> Path:
        """Return the folder of a lane's signal files."""
        return self.root / "workstreams" / lane

    def run(self, number: int) -> RunFolders:
        """Return the folders of one run."""
        return RunFolders(self.root / "runs" / str(number))

    def runs(self) -> list[int]:
        """Return the numbers of the runs that there are, rising."""
        try:
            names = [entry.name for entry in (self.root / "runs").iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdigit())

    def integration_branch(self, lane: str) -> str:
        """Return the branch that collects a lane's work."""
        return integration_branch(self.graph, lane)

    def task_branch(self, lane: str, task: str) -> str:
        """Return the branch on which a task is worked at."""
        return f"agentrelay/{self.graph}/{lane}/task/{task}"

    def revert_branch(self, lane: str) -> str:
        """Return the name under which the revert of a lane is proposed; no ref has it."""
        return f"agentrelay/{self.graph}/{lane}/revert"

    def done_ref(self, lane: str, task: str) -> str:
        """Return the ref that proves a task done which changed nothing."""
        return f"refs/agentrelay/done/{self.graph}/{lane}/{task}"

    def pin(self, run: int, lane: str, task: str, attempt: int, what: str) -> str:
        """Return the name, below the keep refs, of a state of an attempt."""
        return f"{self.graph}/{run}/{lane}/{task}/{attempt}/{what}"

    def lane_pin(self, run: int, lane: str, what: str) -> str:
        """Return the name, below the keep refs, of a state of a lane: no task has such an id."""
        return f"{self.graph}/{run}/{lane}/_lane/{what}"


@dataclass(frozen=True)
class RunFolders:
    """The folders of one run."""

    root: Path

    @property
    def journal(self) -> Path:
        """Return the record of the run."""
        return self.root / "journal.jsonl"

    @property
    def graph_file(self) -> Path:
        """Return the copy of the graph as it is run."""
        return self.root / "graph.yaml"

    @property
    def built_graph(self) -> Path:
        """Return the graph as it was built from that copy, for fast readers."""
        return self.root / "graph.json"

    @property
    def facts(self) -> Path:
        """Return what the run was started with: versions, settings, default branch."""
        return self.root / "run.json"

    @property
    def let_go(self) -> Path:
        """Return the file that says since when the run's pins may be gone."""
        return self.root / "let-go"

    @property
    def mcp_port(self) -> Path:
        """Return the file with the port of the run's MCP server, if it had one."""
        return self.root / "mcp-port"

    @property
    def log(self) -> Path:
        """Return the orchestrator's log."""
        return self.root / "orchestrator.log"

    def task(self, task: str) -> Path:
        """Return a task's folder, with its signal files."""
        return self.root / "tasks" / task

    def attempt(self, task: str, attempt: int) -> AttemptFolders:
        """Return the folders of one attempt."""
        return AttemptFolders(self.task(task) / "attempts" / str(attempt))

    def lane_gate(self, lane: str, gate: str, index: int) -> Path:
        """Return the folder of one run of a lane's gate."""
        return self.root / "landings" / lane / "gates" / gate / str(index)


def top_of(run: RunFolders) -> Path:
    """Return the top of the repository in which the folders of a run are."""
    return run.root.parents[3]


@dataclass(frozen=True)
class AttemptFolders:
    """The folders of one attempt at a task; only ``agent`` is the agent's to write."""

    root: Path

    @property
    def manifest(self) -> Path:
        """Return what the attempt is about, for programs."""
        return self.root / "manifest.json"

    @property
    def instructions(self) -> Path:
        """Return what is to be done, for the agent."""
        return self.root / "instructions.md"

    @property
    def result(self) -> Path:
        """Return what came of the attempt."""
        return self.root / "result.json"

    @property
    def agent(self) -> Path:
        """Return the one folder that the agent may write."""
        return self.root / "agent"

    @property
    def home(self) -> Path:
        """Return the configuration folder of an agent that has one of its own."""
        return self.root / "home"

    @property
    def outputs(self) -> Path:
        """Return the copies of what the agent declared as outputs, a folder for each category."""
        return self.root / "outputs"

    def turn(self, turn: int) -> Path:
        """Return the folder of one turn."""
        return self.root / "turns" / str(turn)

    def setup(self, index: int) -> Path:
        """Return the folder of one run of the lane's setup."""
        return self.root / "setup" / str(index)

    def gate(self, gate: str, index: int) -> Path:
        """Return the folder of one run of a gate."""
        return self.root / "gates" / gate / str(index)
