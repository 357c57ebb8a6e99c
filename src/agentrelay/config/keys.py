"""Every key of the graph file, with what it holds and what editors say about it."""

from __future__ import annotations

from agentrelay._shared.ids import ID_PATTERN
from agentrelay.config.bounds import MAX_AGENTS, MAX_GATES, MAX_WORKSTREAM_DEPTH
from agentrelay.config.kinds import (
    Amount,
    Command,
    Duration,
    Flag,
    Key,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Text,
    Whole,
)
from agentrelay.graph.checks.names import GATE_NAME_PATTERN
from agentrelay.graph.checks.values import VARIABLE_PATTERN

SCHEMA_VERSION = 1

LEAST, ASK, BYPASS = "least", "ask", "bypass"
"""What an agent's program may do by its own permission system."""

_ID = Text(ID_PATTERN)
_TRIES = Whole(1, 100)
_PATHS = ListOf(Text(r"[^/~].*"))
_VARIABLES = ListOf(Text(VARIABLE_PATTERN))
_ENVIRONMENT = MapOf(Text(numbers=True), VARIABLE_PATTERN)
_OF_THE_TASK_ALONE = ("id", "workstream_id", "description", "dependencies")

GATE = Record(
    "a gate",
    (
        Key(
            "name", Text(GATE_NAME_PATTERN), "Name of the gate, unique in its list.", required=True
        ),
        Key(
            "run",
            Command(),
            "What must end with exit code 0: a list is an argv, a text one line for sh -c.",
            required=True,
        ),
        Key("timeout", Duration(), "How long it may take (default 30m)."),
        Key(
            "max_gate_attempts",
            _TRIES,
            "Failed runs of this gate in one attempt before the attempt fails (default 3).",
        ),
        Key("exclusive", _ID, "Never runs beside another gate with this name here."),
    ),
)

SETUP = Record(
    "a setup",
    (
        Key("run", Command(), "What prepares a new worktree.", required=True),
        Key("when_changed", _PATHS, "Files on whose change it runs again."),
    ),
)

_BUDGETS = (
    Key("cost_usd", Amount(), "What all turns in a run may cost, in US dollars (default none)."),
    Key("tokens", Whole(1, 10**12), "Tokens that they may use (default none)."),
    Key("time", Duration(endless=True), "How long the agents may work in them (default none)."),
)

LIMITS = Record(
    "limits",
    (
        Key("start", Duration(endless=True), "Until the first sign of life (default 90s)."),
        Key(
            "idle",
            Duration(endless=True),
            "Without output, file writes or CPU time of the agent's processes (default 15m).",
        ),
        Key("wall", Duration(endless=True), "For the whole turn (default none)."),
        *_BUDGETS,
    ),
)

BUDGET = Record("limits", _BUDGETS)

INPUT = Record(
    "an input",
    (
        Key("task", _ID, "A task among the dependencies, or among theirs.", required=True),
        Key("category", _ID, "The category under which that task declared it.", required=True),
    ),
)

TASK = Record(
    "a task",
    (
        Key("id", _ID, "Name of the task, unique in the graph.", required=True),
        Key("workstream_id", _ID, "The workstream in which the task works."),
        Key("description", Text(), "What is to be done, for the agent.", required=True),
        Key("dependencies", ListOf(_ID), "Tasks, of any workstream, that are done before."),
        Key(
            "role",
            _ID,
            "generic (default), spec_writer, test_writer, test_reviewer, implementer, reviewer, "
            "or a name from `roles`.",
        ),
        Key("agent", _ID, "A name from `agents`, or an adapter such as claude or codex."),
        Key("max_attempts", _TRIES, "Attempts in one run (default 2)."),
        Key("limits", LIMITS, "Bounds on the agent; what is used up makes the task ask you."),
        Key(
            "paths",
            MapOf(_PATHS, ID_PATTERN),
            "What the task is about, by category, shown to the agent; not a fence.",
        ),
        Key("inputs_from", ListOf(INPUT), "Outputs that other tasks declared, for the agent."),
        Key("allow_empty", Flag(), "Whether it may be done without a change (default false)."),
        Key("cwd", Text(), "Folder in the repository where agent and gates start (default .)."),
        Key("gates", ListOf(GATE), "Checks of the task, merged into its workstream."),
        Key("completion_gate", Command(), "Short form of one gate: its command."),
        Key(
            "max_gate_attempts",
            _TRIES,
            "For gates that do not say otherwise: failed runs in one attempt (default 3).",
        ),
        Key("env", _ENVIRONMENT, "Environment variables for the agent and the gates."),
        Key("env_from", _VARIABLES, "Variables passed on from your environment, never stored."),
        Key(
            "env_allow",
            _VARIABLES,
            "Variables passed on that are otherwise left out, such as VIRTUAL_ENV.",
        ),
    ),
    either=("completion_gate", "gates"),
)

DEFAULTS = Record(
    "`defaults`",
    tuple(key for key in TASK.keys if key.name not in _OF_THE_TASK_ALONE),
    either=TASK.either,
)

WORKSTREAM = Record(
    "a workstream",
    (
        Key("id", _ID, "Name of the workstream, unique in the graph.", required=True),
        Key("parent_workstream_id", _ID, "The workstream into which this one lands."),
        Key("base_branch", Text(), "Where it starts (default: the repository's default branch)."),
        Key("merge_target_branch", Text(), "Where it lands (default: base_branch)."),
        Key(
            "auto_merge",
            Flag(),
            "Lands by itself when green and without concern (default false: a person approves).",
        ),
        Key("max_parallel", Whole(1, 100), "Independent tasks of it at once (default 1)."),
        Key("gates", ListOf(GATE), "Checks of the whole, merged with its target, before it lands."),
        Key("copy", _PATHS, "Ignored files of your checkout that its worktrees need."),
        Key("caches", _PATHS, "Ignored paths that need not be kept: names, or paths from the top."),
        Key("setup", SETUP, "Run once in each worktree, and again when named files change."),
        Key("limits", BUDGET, "What its tasks may take together before you are asked."),
    ),
)

AGENT = Record(
    "an agent",
    (
        Key(
            "adapter",
            _ID,
            "command, claude, codex, opencode, gemini, copilot, qwen, aider or acp.",
            required=True,
        ),
        Key(
            "run",
            Command(),
            "The program: a list is an argv, a text one line for sh -c (command only).",
        ),
        Key("model", Text(), "The model that the program is told to use."),
        Key("env", _ENVIRONMENT, "Environment variables for this agent."),
        Key(
            "permissions",
            OneOf((LEAST, ASK, BYPASS)),
            "least (default): what its work needs; ask: you are asked for more (acp only); bypass: "
            "its own permission system is off.",
        ),
        Key(
            "allow",
            ListOf(Command()),
            "Commands that it may run beside: a list is how they begin, a text one whole line.",
        ),
        Key(
            "answer_within",
            Duration(),
            "How long it waits for you; then what it asked for is denied (default 1h).",
        ),
        Key(
            "isolated",
            Flag(),
            "Whether it has a configuration folder of its own instead of yours (default false).",
        ),
        Key(
            "mcp",
            Flag(),
            "Whether it is offered its calls as tools of an MCP server, too (default false).",
        ),
    ),
)

GRAPH = Record(
    "a graph",
    (
        Key(
            "schema_version",
            Whole(SCHEMA_VERSION, SCHEMA_VERSION),
            "Version of this format: 1.",
            required=True,
        ),
        Key("name", _ID, "Name of the graph, its folder and its branches.", required=True),
        Key("agents", MapOf(AGENT, ID_PATTERN), "Agents for tasks to use, by name."),
        Key("roles", ListOf(_ID), "Further roles for tasks."),
        Key(
            "max_agents",
            Whole(*MAX_AGENTS),
            "Agents at once, over all your runs on this machine (default 4).",
        ),
        Key("max_gates", Whole(*MAX_GATES), "Gates at once, likewise (default 2)."),
        Key(
            "max_workstream_depth",
            Whole(*MAX_WORKSTREAM_DEPTH),
            "Levels of workstreams below the top (default 1).",
        ),
        Key("defaults", DEFAULTS, "For every task that does not say otherwise."),
        Key("limits", BUDGET, "What all tasks of a run may take together before you are asked."),
        Key(
            "workstreams",
            ListOf(WORKSTREAM, sparse=True),
            "Branches with worktrees in which tasks run (default: one, named default).",
        ),
        Key("tasks", ListOf(TASK, at_least=1, sparse=True), "What is to be done.", required=True),
    ),
)
