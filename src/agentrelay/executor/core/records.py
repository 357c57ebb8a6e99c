"""What executor and supervisor tell each other, and later processes, through a launch's folder.

One format version for all three files; a newer one is refused by name. The environment's values
are in none of them. Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from agentrelay._shared import locks
from agentrelay._shared.identity import ProcessIdentity
from agentrelay.errors import FormatError
from agentrelay.executor.core.executor import Bounds, Ending, Launch, Outcome

VERSION = 1

LOCK = "lock"
LAUNCH = "launch.json"
STARTED = "started"
OUTPUT = "output.log"
STOP = "stop"
OUTCOME = "outcome.json"

KEY_VARIABLE = "AGENTRELAY_KEY"


@dataclass(frozen=True, slots=True)
class Order:
    """What a supervisor reads of a launch; its environment comes through its own.

    ``env_names`` are the variables that the program gets, and no others.
    """

    argv: tuple[str, ...]
    cwd: Path
    marker: str
    env_names: tuple[str, ...]
    bounds: Bounds
    wake: Path | None
    calls: Path | None
    token_digest: str
    grace: float


@dataclass(frozen=True, slots=True)
class Started:
    """Which supervisor was started when; calls up to ``calls_after`` are of earlier turns."""

    supervisor: ProcessIdentity
    time: float
    calls_after: str = ""


def marker_of(key: str, folder: Path) -> str:
    """Return the value of AGENTRELAY_KEY in a launch's processes: its key, for this folder alone.

    Two repositories may use one key; a process is ended by its marker only where both agree.
    """
    import hashlib  # noqa: PLC0415 - loads a library that those who only look never use

    return f"{key}:{hashlib.sha256(str(folder).encode('utf-8', 'replace')).hexdigest()[:16]}"


def encode_launch(launch: Launch) -> str:
    """Return the content of ``launch.json``."""
    return _dump(
        {
            "version": VERSION,
            "argv": list(launch.argv),
            "cwd": str(launch.cwd),
            "key": launch.key,
            "marker": marker_of(launch.key, launch.folder),
            "env_names": sorted({*launch.env, KEY_VARIABLE}),
            "bounds": asdict(launch.bounds),
            "slots": asdict(launch.slots) if launch.slots else None,
            "exclusive": launch.exclusive,
            "wake": str(launch.wake) if launch.wake else None,
            "calls": str(launch.calls) if launch.calls else None,
            "token_digest": launch.token_digest,
            "grace": launch.grace,
        }
    )


def load_order(folder: Path) -> Order:
    """Return what is to be run in ``folder``; FormatError where its launch is unreadable."""
    content = _load(folder / LAUNCH)
    try:
        bounds = cast("dict[str, float | None]", content["bounds"])
        return Order(
            argv=tuple(cast("list[str]", content["argv"])),
            cwd=Path(cast("str", content["cwd"])),
            marker=str(content["marker"]),
            env_names=tuple(cast("list[str]", content["env_names"])),
            bounds=Bounds(bounds["start"], bounds["idle"], bounds["wall"]),
            wake=_path(content["wake"]),
            calls=_path(content["calls"]),
            token_digest=str(content["token_digest"]),
            grace=float(cast("float", content["grace"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder / LAUNCH) from error


def encode_started(started: Started) -> str:
    """Return the content of ``started``."""
    return _dump({"version": VERSION, **asdict(started)})


def load_started(folder: Path) -> Started | None:
    """Return who supervises ``folder``, None where nobody ever did; FormatError if unreadable."""
    try:
        content = _load(folder / STARTED)
        supervisor = cast("dict[str, str]", content["supervisor"])
        return Started(
            ProcessIdentity(
                machine=str(supervisor["machine"]),
                boot=str(supervisor["boot"]),
                namespace=str(supervisor["namespace"]),
                pid=int(supervisor["pid"]),
                start=str(supervisor["start"]),
            ),
            float(cast("float", content["time"])),
            str(content["calls_after"]),
        )
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder / STARTED) from error


def encode_outcome(outcome: Outcome) -> str:
    """Return the content of ``outcome.json``."""
    return _dump({"version": VERSION, **asdict(outcome), "ending": outcome.ending.value})


def load_outcome(folder: Path) -> Outcome | None:
    """Return how the program of ``folder`` ended, None where that is not published.

    FormatError where the file is unreadable: that is *unknown*, not ended.
    """
    try:
        content = _load(folder / OUTCOME)
        return Outcome(
            ending=Ending(content["ending"]),
            exit_code=_number(content["exit_code"]),
            signal=_number(content["signal"]),
            started=float(cast("float", content["started"])),
            ended=float(cast("float", content["ended"])),
            survivors=int(cast("int", content["survivors"])),
        )
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder / OUTCOME) from error


def may_have_ended(folder: Path) -> bool:
    """Tell cheaply whether it is worth to look at the program of ``folder``, which was started.

    While its lock is held and no outcome is there, it goes on.
    """
    inside = os.fspath(folder)
    return os.path.exists(f"{inside}/{OUTCOME}") or not locks.is_held(f"{inside}/{LOCK}")


def calls_after(folder: Path) -> str:
    """Return the id up to which calls were made before the turn of ``folder`` began."""
    started = load_started(folder)
    return started.calls_after if started else ""


def _dump(content: dict[str, object]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _load(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _unreadable(path) from error
    if not isinstance(content, dict):
        raise _unreadable(path)
    record = cast("dict[str, object]", content)
    version = record.get("version")
    if isinstance(version, int) and version > VERSION:
        message = f"{path} has format version {version}, this agentrelay reads up to {VERSION}"
        raise FormatError(message, hint="use the newer agentrelay that wrote it")
    return record


def _path(value: object) -> Path | None:
    return Path(value) if isinstance(value, str) else None


def _number(value: object) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise TypeError


def _unreadable(path: Path) -> FormatError:
    return FormatError(f"{path} can't be read: it is no record of this version")
