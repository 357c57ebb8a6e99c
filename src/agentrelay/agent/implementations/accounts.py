"""The accounts of a user on this machine: a small file for each that is paused."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agentrelay._shared import locks
from agentrelay._shared.atomic import publish
from agentrelay._shared.clock import Clock
from agentrelay.agent.core.accounts import (
    Asking,
    Pause,
    Probe,
    Refusal,
    Turn,
    admit,
    after_end,
    after_refusal,
)
from agentrelay.agent.core.report import TurnResult

VERSION = 1


class FileAccounts:
    """Accounts that all of a user's runs share; what is gone after a boot is asked for again."""

    def __init__(self, folder: Path, clock: Clock, is_live: Callable[[Path], bool]) -> None:
        """Keep the files in ``folder``; ``is_live`` tells whether the turn of a folder runs."""
        self._folder = folder
        self._clock = clock
        self._is_live = is_live

    def enter(self, account: str, turn: Turn, asking: Asking) -> Pause | None:
        """Return None where ``turn`` may be started, else why not."""
        looked: dict[Turn, bool] = {}
        while True:
            with self._guarded():
                before = self._load(account)
                tries = before.probe.turn if before is not None and before.probe else None
                if tries is None or tries in looked:
                    is_live = tries is not None and looked[tries]
                    after, goes = admit(before, turn, asking, self._clock.now(), is_live=is_live)
                    self._store(account, before, after)
                    return None if goes else after
            # It may take a while, for which nobody else is to wait.
            looked[tries] = self._is_live(Path(tries.folder))

    def leave(self, account: str, turn: Turn, *, answered: bool) -> None:
        """Note that ``turn`` was not refused."""
        with self._guarded():
            before = self._load(account)
            self._store(account, before, after_end(before, turn, answered=answered))

    def refuse(self, account: str, turn: Turn, refusal: Refusal) -> Pause:
        """Note that the service refused ``turn``; return the pause."""
        with self._guarded():
            before = self._load(account)
            after = after_refusal(before, turn, refusal, self._clock.now())
            self._store(account, before, after)
        return after

    def is_open(self, account: str) -> bool:
        """Tell whether nothing is known to keep a turn from being started."""
        return not self._path(account).exists()

    def _guarded(self) -> AbstractContextManager[None]:
        return locks.held(self._folder / "lock")

    def _load(self, account: str) -> Pause | None:
        try:
            return _pause_of(self._path(account).read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError):
            # It is only there to spare the service: what can't be read keeps nobody.
            return None

    def _store(self, account: str, before: Pause | None, after: Pause | None) -> None:
        if after is None:
            self._path(account).unlink(missing_ok=True)
        elif after != before:
            content = {"version": VERSION, "account": account, **asdict(after)}
            content["result"] = after.result.value
            publish(self._path(account), json.dumps(content, indent=2) + "\n")

    def _path(self, account: str) -> Path:
        return self._folder / f"{account}.json"


def _pause_of(content: bytes) -> Pause:
    found: dict[str, Any] = json.loads(content)
    if found["version"] != VERSION:
        raise ValueError("another version's")
    probe = found["probe"]
    return Pause(
        result=TurnResult(found["result"]),
        turn=Turn(**found["turn"]),
        since=found["since"],
        due=found["due"],
        tries=found["tries"],
        told=found["told"],
        probe=Probe(Turn(**probe["turn"]), probe["since"]) if probe is not None else None,
    )
