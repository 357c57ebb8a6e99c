"""The codes of all graph problems, each with a title and what to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Explanation(NamedTuple):
    """A problem's short title, and a paragraph for ``agentrelay explain``."""

    title: str
    text: str


UNUSABLE = "AR-GRAPH-000"
SYNTAX = "AR-GRAPH-001"
YAML_FEATURE = "AR-GRAPH-002"
DUPLICATE_KEY = "AR-GRAPH-003"
UNKNOWN_KEY = "AR-GRAPH-004"
MISSING_KEY = "AR-GRAPH-005"
WRONG_TYPE = "AR-GRAPH-006"
BAD_DURATION = "AR-GRAPH-007"
OUT_OF_RANGE = "AR-GRAPH-008"
BAD_ID = "AR-GRAPH-009"
DUPLICATE_ID = "AR-GRAPH-010"
UNKNOWN_DEPENDENCY = "AR-GRAPH-011"
UNKNOWN_WORKSTREAM = "AR-GRAPH-012"
UNKNOWN_AGENT = "AR-GRAPH-013"
UNKNOWN_ROLE = "AR-GRAPH-014"
UNKNOWN_ADAPTER = "AR-GRAPH-015"
NO_AGENT = "AR-GRAPH-016"
INPUT_NOT_UPSTREAM = "AR-GRAPH-017"
EMPTY_WORKSTREAM = "AR-GRAPH-018"
EMPTY_DESCRIPTION = "AR-GRAPH-019"
DUPLICATE_DEPENDENCY = "AR-GRAPH-020"
SELF_DEPENDENCY = "AR-GRAPH-021"
TASK_CYCLE = "AR-GRAPH-022"
LANE_CYCLE = "AR-GRAPH-023"
PARENT_CYCLE = "AR-GRAPH-024"
TOO_DEEP = "AR-GRAPH-025"
DUPLICATE_GATE = "AR-GRAPH-026"
TWO_GATE_FORMS = "AR-GRAPH-027"
EMPTY_COMMAND = "AR-GRAPH-028"
BAD_PATH = "AR-GRAPH-029"
CREDENTIAL = "AR-GRAPH-030"
BAD_VARIABLE = "AR-GRAPH-031"
NO_RUN = "AR-GRAPH-032"
BAD_BRANCH = "AR-GRAPH-033"
NO_TASKS = "AR-GRAPH-034"
BAD_INSTRUCTIONS = "AR-GRAPH-035"
NO_MCP = "AR-GRAPH-036"
ASKS_NOTHING = "AR-GRAPH-037"

EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType(
    {
        UNUSABLE: Explanation(
            "the graph can't be used",
            "The graph file has at least one problem; all that could be found are listed, each "
            "with its own code. Nothing was started and nothing was changed.",
        ),
        SYNTAX: Explanation(
            "the file is no readable YAML",
            "The file is too large, is not UTF-8 text, is empty, holds several documents, or "
            "breaks YAML's syntax at the marked place. YAML is indented with spaces, never with"
            " tabs. Text that contains ': ', ' #' or begins with one of @ ` % & * ! | > { [ "
            "must be quoted. In a plan in Markdown, code blocks and comments must end before "
            "the next task.",
        ),
        YAML_FEATURE: Explanation(
            "a feature of YAML that graphs do not use",
            "Tags (!name), aliases (*name) and merge keys (<<) make a file mean something else "
            "than it seems to say, or expand a small file into a huge one. Write the value out;"
            " what all tasks share belongs under `defaults`.",
        ),
        DUPLICATE_KEY: Explanation(
            "a key is given twice",
            "Most YAML readers silently keep the last of two equal keys. Here it is an error, "
            "because one of the two was meant and is lost.",
        ),
        UNKNOWN_KEY: Explanation(
            "a key that the format does not have",
            "A key is misspelt, or stands in the wrong place. `agentrelay schema` prints every "
            "key; with the comment line that `agentrelay init` writes, editors complete them.",
        ),
        MISSING_KEY: Explanation(
            "a key that must be there is missing",
            "The marked entry needs the named key. A task always needs `id` and `description`, "
            "and `workstream_id` where the graph declares workstreams.",
        ),
        WRONG_TYPE: Explanation(
            "a value of the wrong kind",
            "The value is text where a number is wanted, a list where text is wanted, and the "
            "like. Bare words such as no, on, null and bare numbers mean different things to "
            'different YAML readers, so where text is wanted they must be quoted: "no".',
        ),
        BAD_DURATION: Explanation(
            "not a duration",
            "A duration is whole hours, minutes and seconds with their letters: 90s, 10m, "
            "1h30m. A bare number is refused because it does not say its unit.",
        ),
        OUT_OF_RANGE: Explanation(
            "a number outside its range",
            "The number is smaller or larger than what can work; the message names the bounds.",
        ),
        BAD_ID: Explanation(
            "an id or name that can't be used",
            "Ids become parts of branch names and of paths. They have 1 to 100 letters, digits,"
            " '.', '_' and '-', begin with a letter or digit, have no '..', and do not end in "
            "'.' or '.lock'. Names of gates may have spaces too.",
        ),
        DUPLICATE_ID: Explanation(
            "two entries with one id",
            "Ids of tasks differ from one another, and so do ids of workstreams, also when "
            "upper and lower case are not told apart: many file systems do not, and ids become "
            "file names.",
        ),
        UNKNOWN_DEPENDENCY: Explanation(
            "a task that does not exist",
            "`dependencies` and `inputs_from` name tasks of this graph by their ids.",
        ),
        UNKNOWN_WORKSTREAM: Explanation(
            "a workstream that does not exist",
            "`workstream_id` and `parent_workstream_id` name entries of `workstreams`. A graph "
            "without `workstreams` has exactly one, `default`.",
        ),
        UNKNOWN_AGENT: Explanation(
            "an agent that does not exist",
            "`agent` names an entry of `agents`, or an adapter such as claude or codex.",
        ),
        UNKNOWN_ROLE: Explanation(
            "a role that does not exist",
            "`role` is one of the built-in roles, or a name listed under `roles` at the top of "
            "the graph.",
        ),
        UNKNOWN_ADAPTER: Explanation(
            "an adapter that does not exist",
            "`adapter` names a coding program that agentrelay can drive; `command` runs any "
            "program.",
        ),
        NO_AGENT: Explanation(
            "a task that nobody would do",
            "The task has no `agent`, `defaults` has none, and no default agent is set. "
            "`agentrelay config` shows the setting `agent`.",
        ),
        INPUT_NOT_UPSTREAM: Explanation(
            "an input from a task that need not be done before",
            "`inputs_from` shows a task the outputs of another one. They are only sure to exist"
            " where that other task is among its dependencies, or among theirs.",
        ),
        EMPTY_WORKSTREAM: Explanation(
            "a workstream without tasks",
            "Nothing would ever happen in the workstream. Give it a task, or delete it.",
        ),
        EMPTY_DESCRIPTION: Explanation(
            "a task without instructions",
            "`description` is what the agent is told to do.",
        ),
        DUPLICATE_DEPENDENCY: Explanation(
            "a dependency is listed twice",
            "One of the two is superfluous, or was meant to be another.",
        ),
        SELF_DEPENDENCY: Explanation(
            "a task that waits for itself",
            "A task that depends on itself could never start.",
        ),
        TASK_CYCLE: Explanation(
            "tasks that wait for each other",
            "Each of the named tasks depends on the next, and the last on the first, so none "
            "could ever start. The shortest such circle is named; remove one of its "
            "dependencies.",
        ),
        LANE_CYCLE: Explanation(
            "workstreams that wait for each other",
            "A workstream lands after each workstream on whose tasks its own depend, and a "
            "parent after its children. Here that goes round in a circle, so none could ever "
            "land. Move one of the named tasks to another workstream, or split a workstream in "
            "two.",
        ),
        PARENT_CYCLE: Explanation(
            "a workstream inside itself",
            "Following `parent_workstream_id` from the named workstream leads back to it.",
        ),
        TOO_DEEP: Explanation(
            "workstreams nested too deep",
            "`max_workstream_depth` bounds how many levels of workstreams there are below the top.",
        ),
        DUPLICATE_GATE: Explanation(
            "two gates with one name",
            "Verdicts are kept by the gate's name, so the names in one list differ, also when "
            "upper and lower case are not told apart.",
        ),
        TWO_GATE_FORMS: Explanation(
            "gates in both forms",
            "`completion_gate` is the short form of one gate in `gates`; use one of the two.",
        ),
        EMPTY_COMMAND: Explanation(
            "a command without a program",
            "`run` is a line of shell, or a list whose first item is the program.",
        ),
        BAD_PATH: Explanation(
            "a path that leaves the repository",
            "Paths in a graph are relative to the repository's top folder, are written with "
            "'/', and stay inside it: not absolute, no '..', and not inside `.git`.",
        ),
        CREDENTIAL: Explanation(
            "a forge credential for an agent",
            "Agents hold no keys of the forge: only agentrelay itself pushes, and only what was"
            " approved. Variables that carry such keys are never passed on.",
        ),
        BAD_VARIABLE: Explanation(
            "an environment variable that can't be set",
            "Names of variables are letters, digits and '_', not beginning with a digit. Those "
            "that begin with AGENTRELAY_ are set by agentrelay.",
        ),
        NO_RUN: Explanation(
            "an agent without a command",
            "The adapters `command` and `acp` run the program that `run` names, so it must "
            "be there.",
        ),
        BAD_BRANCH: Explanation(
            "not a branch name",
            "The name breaks git's rules for branches (see git help check-ref-format).",
        ),
        NO_TASKS: Explanation(
            "a graph without tasks",
            "There is nothing to do. Add at least one entry to `tasks`.",
        ),
        BAD_INSTRUCTIONS: Explanation(
            "instructions that can't be given to an agent",
            "A file in .agentrelay/instructions replaces what agents of a role are told. It has a "
            "placeholder that there is not, or lacks one without which no agent can do its task, or"
            " was written for another version. `agentrelay config --instructions ROLE` prints what "
            "it would replace.",
        ),
        NO_MCP: Explanation(
            "an agent that can't be given an MCP server",
            "`mcp: true` offers an agent its calls as tools of an MCP server. The named adapter"
            " does not tell its program of one, or only in settings that are not the user's"
            " (`isolated: true`); its agents make the same calls by the command that their"
            " instructions name.",
        ),
        ASKS_NOTHING: Explanation(
            "an agent that can ask nobody",
            "`permissions: ask` has a person asked for what an agent may not do by itself, while"
            " the agent waits. The named adapter's program decides such things alone: what it is"
            " not allowed is denied. Programs that speak the Agent Client Protocol do ask, through"
            " the adapter `acp`.",
        ),
    }
)
