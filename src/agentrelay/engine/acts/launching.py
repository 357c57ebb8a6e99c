"""Start supervised programs: a task's turn, a lane's setup, a gate; and stop them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay.agent.core.login import account_of
from agentrelay.engine.acts.accounts import started_on
from agentrelay.engine.acts.asking import agent_of, turn_request
from agentrelay.engine.acts.keeping import keep_of
from agentrelay.engine.acts.tokens import token_of
from agentrelay.engine.acts.tripwire import arm
from agentrelay.engine.acts.worktrees import ensure_worktree
from agentrelay.engine.layout import AttemptFolders
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.world import World
from agentrelay.executor.core.calls import digest_of
from agentrelay.executor.core.executor import Bounds, Launch, NotStarted, Slots, Start
from agentrelay.gates.gate import GateSpec, argv_of
from agentrelay.gitio.admin import require_admin
from agentrelay.gitio.checkout import checkout
from agentrelay.gitio.refs import require_commit, tree_of
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.environment import agent_environment, gate_environment
from agentrelay.task.core.instructions import feedback
from agentrelay.task.core.task import TaskSpec

LOG_TAIL = 8_000
"""Bytes of a red gate's output that its feedback quotes."""

PRIVATE = 0o600
"""Mode of the files of an agent's launch."""


def start_turn(world: World, intent: Event) -> Data:
    """Start the agent for one turn, or say that there is no slot for it."""
    lane, turn = intent.workstream or "", intent.turn or 1
    spec = world.graph.task_by_id[intent.task or ""]
    folders = world.run_folders.attempt(spec.id, intent.attempt or 1)
    worktree = ensure_worktree(world, lane)
    told = _feedback_file(folders, intent)
    env = _turn_environment(world, spec, intent, folders, told)
    agent, adapter = agent_of(world, spec)
    program = adapter.launch(turn_request(world, intent, env, told))
    for path, content in program.files.items():
        publish(path, content, mode=PRIVATE)
    launch = Launch(
        folder=folders.turn(turn),
        argv=program.argv,
        cwd=worktree / spec.cwd,
        env={**env, **program.env},
        key=intent.data["key"],
        bounds=Bounds(spec.limits.start, spec.limits.idle, spec.limits.wall),
        slots=Slots("agents", world.graph.max_agents),
        place=world.folders.place(lane),
        wake=world.folders.wake,
        calls=folders.agent,
        token_digest=digest_of(env["AGENTRELAY_TOKEN"]),
    )
    account = account_of(adapter.about, launch.env, agent.model)
    if account is None:
        return _start_in(world, intent, worktree, launch)
    if not _is_to_start(world, intent):
        return {"account": account, **_start(world, launch)}
    return started_on(world, intent, account, lambda: _start_in(world, intent, worktree, launch))


def _start_in(world: World, intent: Event, worktree: Path, launch: Launch) -> dict[str, object]:
    """Start a turn in its worktree, which is put back to the task's branch before."""
    turn = intent.turn or 1
    is_to_start = _is_to_start(world, intent)
    if is_to_start:
        arm(world, launch.folder)
    if turn > 1 and not _goes_on(intent) and is_to_start:
        # A person may have worked here since the gate's end, whatever gates left is kept too.
        branch = world.folders.task_branch(intent.workstream or "", intent.task or "")
        tip = require_commit(world.git, f"refs/heads/{branch}")
        checkout(world.repo, worktree, tip, branch, keep_of(world, intent, f"{turn}-before"))
    return _start(world, launch)


def start_gate(world: World, intent: Event) -> Data:
    """Start a gate on the exact tree of the commit that it is to judge."""
    lane = intent.workstream or ""
    gate = gate_of(world, intent)
    worktree = ensure_worktree(world, lane)
    commit = intent.data["commit"]
    if _is_to_start(world, intent):
        what = "before-gate" if intent.task is None else f"{intent.turn}-before-gate"
        checkout(world.repo, worktree, commit, None, keep_of(world, intent, what))
    spec = world.graph.task_by_id.get(intent.task or "")
    cwd = worktree / (spec.cwd if spec else ".")
    env = _gate_environment(world, lane, spec, cwd)
    folder = program_folder(world, intent)
    record = {
        "gate": gate.name,
        "tree": tree_of(world.git, commit),
        "commit": commit,
        "argv": argv_of(gate.run),
        "folder": spec.cwd if spec else ".",
        "environment_digest": _digest(env),
    }
    publish(folder / "gate.json", json.dumps(record, indent=2) + "\n")
    return _start(
        world,
        Launch(
            folder=folder,
            argv=argv_of(gate.run),
            cwd=cwd,
            env=env,
            key=intent.data["key"],
            bounds=Bounds(wall=gate.timeout),
            slots=Slots("gates", world.graph.max_gates),
            exclusive=gate.exclusive,
            place=world.folders.place(lane),
            wake=world.folders.wake,
        ),
    )


def start_setup(world: World, intent: Event) -> Data:
    """Start the lane's setup in its worktree, unless nothing it depends on has changed."""
    lane = intent.workstream or ""
    setup = world.graph.lane_by_id[lane].setup
    worktree = ensure_worktree(world, lane)
    stamp = _setup_stamp(world, intent)
    if setup is None or _is_stamped(world, lane, stamp):
        return {"needed": False}
    env = _gate_environment(world, lane, None, worktree)
    started = _start(
        world,
        Launch(
            folder=program_folder(world, intent),
            argv=argv_of(setup.run),
            cwd=worktree,
            env=env,
            key=intent.data["key"],
            slots=Slots("gates", world.graph.max_gates),
            place=world.folders.place(lane),
            wake=world.folders.wake,
        ),
    )
    return {"needed": True, "stamp": stamp, **started}


def stop_program(world: World, intent: Event) -> Data:
    """Ask that a program and its whole tree be ended."""
    world.executor.stop(
        folder_of_key(world.run_folders, intent.data["program"]), str(intent.data["reason"])
    )
    return {}


def program_folder(world: World, intent: Event) -> Path:
    """Return the folder of the program that an intent starts."""
    return folder_of_key(world.run_folders, intent.data["key"])


def gate_of(world: World, intent: Event) -> GateSpec:
    """Return the gate that an intent is about."""
    if intent.task is not None:
        gates = world.graph.task_by_id[intent.task].gates
    else:
        gates = world.graph.lane_by_id[intent.workstream or ""].gates
    return next(gate for gate in gates if gate.name == intent.data["gate"])


def record_setup(world: World, lane: str, stamp: str) -> None:
    """Remember that a lane's setup was run for this state of what it depends on."""
    publish(_stamp_file(world, lane), stamp)


def _goes_on(intent: Event) -> bool:
    """Tell whether the turn before was cut short: then what it left uncommitted stays there."""
    told = intent.data["feedback"]
    return bool(told) and told["kind"] in ("account", "budget")


def _is_to_start(world: World, intent: Event) -> bool:
    """Tell whether a program was never started: after a crash it may work in its worktree now."""
    return isinstance(world.executor.look(program_folder(world, intent)), NotStarted)


def _start(world: World, launch: Launch) -> dict[str, object]:
    if world.executor.start(launch) is Start.NO_SLOT:
        return {"no_slot": True}
    return {}


def _feedback_file(folders: AttemptFolders, intent: Event) -> Path | None:
    told = intent.data["feedback"]
    if not told:
        return None
    tail = _tail(Path(told["log"])) if told.get("log") else ""
    path = folders.turn(intent.turn or 1) / "feedback.md"
    publish(path, feedback(told["kind"], told["text"], tail))
    return path


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_TAIL))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _turn_environment(
    world: World, spec: TaskSpec, intent: Event, folders: AttemptFolders, told: Path | None
) -> dict[str, str]:
    attempt = intent.attempt or 1
    ours = {
        "AGENTRELAY_BIN": str(world.bin),
        "AGENTRELAY_TASK": spec.id,
        "AGENTRELAY_WORKSTREAM": spec.workstream_id,
        "AGENTRELAY_GRAPH": world.graph.name,
        "AGENTRELAY_RUN": str(world.run),
        "AGENTRELAY_ATTEMPT": str(attempt),
        "AGENTRELAY_TURN": str(intent.turn),
        "AGENTRELAY_ATTEMPT_DIR": str(folders.agent),
        "AGENTRELAY_MANIFEST": str(folders.manifest),
        "AGENTRELAY_INSTRUCTIONS": str(folders.instructions),
        "AGENTRELAY_TOKEN": token_of(world, spec.id, attempt),
        "AGENTRELAY_PORT": str(world.port(world.worktree(spec.workstream_id))),
    }
    if told is not None:
        ours["AGENTRELAY_FEEDBACK"] = str(told)
    agent, adapter = agent_of(world, spec)
    return agent_environment(
        world.environ,
        cwd=world.worktree(spec.workstream_id) / spec.cwd,
        env={**agent.env, **spec.env},
        env_from=spec.env_from,
        env_allow=(*world.env_allow, *spec.env_allow, *adapter.about.variables),
        ours=ours,
    )


def _gate_environment(world: World, lane: str, spec: TaskSpec | None, cwd: Path) -> dict[str, str]:
    return gate_environment(
        world.environ,
        cwd=cwd,
        env=spec.env if spec else {},
        env_from=spec.env_from if spec else (),
        env_allow=(*world.env_allow, *(spec.env_allow if spec else ())),
        ours={"AGENTRELAY_PORT": str(world.port(world.worktree(lane)))},
    )


def _digest(env: Mapping[str, str]) -> str:
    text = "\0".join(f"{name}={env[name]}" for name in sorted(env))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _setup_stamp(world: World, intent: Event) -> str:
    """Return what a lane's setup depends on: its command and the files that it names."""
    setup = world.graph.lane_by_id[intent.workstream or ""].setup
    if setup is None:
        return ""
    listed = ""
    if setup.when_changed:
        listed = world.git.text("ls-tree", "-r", intent.data["start"], "--", *setup.when_changed)
    return hashlib.sha256(f"{argv_of(setup.run)}\n{listed}".encode()).hexdigest()


def _is_stamped(world: World, lane: str, stamp: str) -> bool:
    try:
        return _stamp_file(world, lane).read_text() == stamp
    except FileNotFoundError:
        return False


def _stamp_file(world: World, lane: str) -> Path:
    # Beside git's own data of the worktree, so that a new worktree has no stamp.
    return require_admin(world.worktree(lane)).folder / "agentrelay-setup"
