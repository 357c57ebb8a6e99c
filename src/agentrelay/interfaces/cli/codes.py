"""What every error code means, for ``agentrelay explain``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agentrelay.graph.codes import EXPLANATIONS, Explanation

_OTHERS: Mapping[str, Explanation] = MappingProxyType(
    {
        "AR-USE-001": Explanation(
            "the command can't be used as given",
            "An argument or option is missing, unknown, or does not go with another one. "
            "`agentrelay COMMAND --help` shows examples. Exit code 2; nothing was changed.",
        ),
        "AR-USE-002": Explanation(
            "a setting has a value that can't be used",
            "A settings file, an AGENTRELAY_ variable or a flag says something that its "
            "setting does not take. `agentrelay config` shows every setting and where its "
            "value comes from.",
        ),
        "AR-USE-003": Explanation(
            "there is nothing of that name",
            "No task, lane, graph, run, change request or agent adapter of that name exists "
            "here. `agentrelay status` shows the names; GRAPH/ID, task:ID and lane:ID tell "
            "equal ones apart.",
        ),
        "AR-USE-004": Explanation(
            "you answered no",
            "A question was answered with no, so that nothing was done. --yes does not ask.",
        ),
        "AR-RUN-001": Explanation(
            "the graph is being run already",
            "One process carries a graph on at a time, and it holds the graph's lock. A "
            "second one is not needed: commands such as approve reach the first. The lock "
            "goes with its process, also when that is killed, so there is never a lock to "
            "remove. Exit code 6.",
        ),
        "AR-RUN-002": Explanation(
            "the graph was changed since its run was started",
            "A run goes on with the graph that it was started with; a file that differs is "
            "not taken silently for that: what differs is listed, with what becomes of it. "
            "`agentrelay run --accept-changes` goes on with the new graph as another run, "
            "which takes over what is done; `agentrelay resume` goes on with the old one; "
            "`agentrelay run --fresh` starts over with the new one, and pins the earlier work.",
        ),
        "AR-RUN-003": Explanation(
            "this version does not run such a graph yet",
            "The graph is valid, but uses nested workstreams or several tasks of a lane at "
            "once, which this version of agentrelay does not do.",
        ),
        "AR-RUN-004": Explanation(
            "the decision does not fit the state",
            "What you asked for does not fit what the task or lane is at now: it has landed "
            "already, still runs, or changed since it was shown. `agentrelay status` shows "
            "its state.",
        ),
        "AR-RUN-005": Explanation(
            "somebody else holds what this needs",
            "Another process holds it, or it changed meanwhile. Look again, then try again. "
            "Exit code 6.",
        ),
        "AR-FMT-001": Explanation(
            "a stored file has another format",
            "The file was written by a newer version of agentrelay. Nothing was read from it "
            "or written; upgrade agentrelay.",
        ),
        "AR-FMT-002": Explanation(
            "a stored file is damaged",
            "A file below .workflow can't be read as what it should be: something else wrote "
            "it, or the disk lost a part. It is not guessed what stood there. `agentrelay "
            "doctor` names such files and says what can be done; the work itself is in git. "
            "Exit code 3.",
        ),
        "AR-DISK-001": Explanation(
            "the disk is full, or a file may not be written",
            "A file could not be written or read: no room, a read-only disk, or somebody "
            "else's file. Nothing was left half-written and nothing was begun that the "
            "journal does not tell of; agents that run go on. Once the cause is gone, "
            "`agentrelay resume` goes on. Exit code 4.",
        ),
        "AR-PRE-001": Explanation(
            "the repository or machine is not ready",
            "Something has to be in order first; the message names the command that mends it,"
            " and `agentrelay doctor` checks everything at once. Exit code 3.",
        ),
        "AR-EXT-001": Explanation(
            "something outside of agentrelay failed",
            "A program, the file system or the network failed. The message has its own words."
            " When the cause is gone, `agentrelay resume` goes on. Exit code 4.",
        ),
        "AR-GIT-001": Explanation(
            "git refused or failed",
            "A git command failed; it is shown with git's own words. Nothing is lost: what "
            "was to be deleted or moved had been pinned under refs/agentrelay/keep/ before.",
        ),
        "AR-GIT-002": Explanation(
            "a lane's worktree or branch could not be provided",
            "git could not make or repair the worktree or the integration branch of a lane. "
            "The lane failed and `agentrelay retry LANE` tries again.",
        ),
        "AR-GIT-003": Explanation(
            "a ref was moved by somebody else",
            "A branch was not where it was expected to be, so it was left alone. agentrelay "
            "looks again and goes on from where it is.",
        ),
        "AR-GIT-004": Explanation(
            "ignored files are too much to pin",
            "A worktree is removed only when all that it alone holds is pinned. Of files that git "
            "ignores, 20 MB are; caches such as node_modules need not be, nor what the graph "
            "names under `caches`. Move the files that are named, declare them, or let them go "
            "by `agentrelay clean LANE --drop-ignored`.",
        ),
        "AR-FORGE-001": Explanation(
            "the forge refused or failed",
            "A change request could not be opened, read, merged or closed. The lane waits "
            "with that reason; `agentrelay retry LANE` tries again.",
        ),
        "AR-FORGE-002": Explanation(
            "the forge can't be reached",
            "The forge did not answer, or answered with a failure of its own (5xx). It was tried "
            "several times, and what may have been done was looked for before it was done again. "
            "The lane waits with that reason; `agentrelay resume` tries again.",
        ),
        "AR-FORGE-003": Explanation(
            "the forge takes no more requests for now",
            "The forge limits how much one user may ask for. The message says from when on it "
            "answers again; a short wait is simply waited for. After that, `agentrelay resume` "
            "goes on. Nothing is lost, and agents go on working meanwhile.",
        ),
        "AR-FORGE-004": Explanation(
            "the forge lets nobody in, or does not allow this",
            "No token was found, it has expired, or its owner may not do this. `agentrelay "
            "doctor` says which token is used and whether it works. GitHub needs one that may "
            "write contents and pull requests of the repository.",
        ),
        "AR-FORGE-005": Explanation(
            "the forge does not have that",
            "A repository, branch or change request is not there, or the token's owner may not "
            "see it: forges do not tell the two apart.",
        ),
        "AR-FORGE-006": Explanation(
            "the forge refused: it does not fit what it has",
            "The forge understood, and refused; its own words are in the message. Mend what they "
            "name, then `agentrelay retry LANE`.",
        ),
        "AR-EXEC-001": Explanation(
            "a program could not be supervised",
            "The supervisor of an agent or gate could not be started or asked. Nothing was "
            "started twice. `agentrelay doctor` checks what it needs.",
        ),
        "AR-AGENT-001": Explanation(
            "an agent can't be launched as configured",
            "The agent that the graph names lacks something, such as its command. The task "
            "waits; nothing was started.",
        ),
        "AR-BUG-001": Explanation(
            "a bug in agentrelay",
            "A state was met that must not occur. A report was written to the file that the "
            "message names; nothing secret is put into it on purpose, but read it before you "
            "send it. `agentrelay resume` may go on. Exit code 70.",
        ),
    }
)

CODES: Mapping[str, Explanation] = MappingProxyType({**_OTHERS, **EXPLANATIONS})
"""All codes with their explanations."""
