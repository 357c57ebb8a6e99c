"""A small agent that speaks the Agent Client Protocol and plays a part: ``acp_agent.py PART``.

PART is a JSON file: ``acts``, what it does once it is prompted, one after the other; ``answers``,
what it says to a method instead of what it would (``initialize``, say); ``heard``, a file to which
it writes each message that it gets.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Agent:
    """Talks over standard input and output."""

    def __init__(self, part: dict[str, Any]) -> None:
        self.part = part
        self.numbers = iter(range(1000, 2000))
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def serve(self) -> None:
        """Answer until nobody talks any more."""
        while (message := self.hear()) is not None:
            if "id" in message and "method" in message:
                self.answer(message)
        time.sleep(self.part.get("lingers", 0))

    def hear(self) -> dict[str, Any] | None:
        line = sys.stdin.readline()
        if not line:
            return None
        with Path(self.part["heard"]).open("a") as file:
            file.write(line)
        return json.loads(line)

    def say(self, message: dict[str, Any]) -> None:
        print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

    def answer(self, message: dict[str, Any]) -> None:
        method, number = message["method"], message["id"]
        known: dict[str, Any] = {
            "initialize": {"protocolVersion": 1, "agentInfo": {"name": "fake", "version": "1"}},
            "session/new": {"sessionId": "s-new"},
            "session/load": {},
            "session/resume": {},
            "session/set_mode": {},
            "session/set_config_option": {"configOptions": []},
            "session/prompt": {"stopReason": "end_turn"},
        }
        told = {**known, **self.part.get("answers", {})}[method]
        if method == "session/prompt":
            for act in self.part.get("acts", []):
                told = self.act(act) or told
        self.say({"id": number, **(told if "error" in told else {"result": told})})

    def act(self, act: dict[str, Any]) -> dict[str, Any] | None:
        """Do one thing; return what the prompt is answered with, if that is it."""
        ((kind, what),) = act.items()
        if kind == "say":
            content = {"type": "text", "text": what}
            self.update({"sessionUpdate": "agent_message_chunk", "content": content})
        elif kind == "update":
            self.update(what)
        elif kind == "ask":
            self.call("session/request_permission", {**what, "options": OPTIONS})
        elif kind == "call":
            self.call(*what)
        elif kind == "wait":
            return self.wait(what)
        elif kind != "answer":
            DEEDS[kind](what)
        return what if kind == "answer" else None

    def update(self, update: dict[str, Any]) -> None:
        self.say({"method": "session/update", "params": {"sessionId": "s-new", "update": update}})

    def call(self, method: str, params: dict[str, Any]) -> None:
        """Ask the client for something, and wait for its answer."""
        number = next(self.numbers)
        asked = {"sessionId": "s-new", **params}
        self.say({"id": number, "method": method, "params": asked})
        while (message := self.hear()) is not None and message.get("id") != number:
            pass

    def wait(self, then: str) -> dict[str, Any] | None:
        """Do nothing until the turn is cancelled, then stop for that reason; never, if none."""
        while (message := self.hear()) is not None:
            if message.get("method") == "session/cancel" and then:
                return {"stopReason": then}
        return None


def done(summary: str) -> None:
    call = [os.environ["AGENTRELAY_BIN"], "task", "done", "--summary", summary]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)


DEEDS: dict[str, Callable[[Any], object]] = {
    "raw": lambda line: print(line, flush=True),
    "grumble": lambda line: print(line, file=sys.stderr, flush=True),
    "exit": os._exit,
    "kill": lambda number: os.kill(os.getpid(), number),
    "read": lambda path: Path(path).read_bytes(),
    "done": done,
}

OPTIONS = [
    {"optionId": "always", "name": "Always", "kind": "allow_always"},
    {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
    {"optionId": "no", "name": "No", "kind": "reject_once"},
]

if __name__ == "__main__":
    Agent(json.loads(Path(sys.argv[1]).read_text())).serve()
