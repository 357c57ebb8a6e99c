"""The texts that a new user begins with: a commented graph and a commented settings file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agentrelay.config.guess import GuessedGate
from agentrelay.config.scalars import scalar
from agentrelay.config.settings import setting_keys

MODELINE = "# yaml-language-server: $schema=./agentrelay.schema.json"


def starter_graph(name: str, gates: Sequence[GuessedGate], default_branch: str) -> str:
    """Return the text of a small graph to change: it loads without problems and can be run.

    ``name`` is an id.
    """
    return f"""{MODELINE}
schema_version: 1
name: {scalar(name)}

agents:
  coder:                 # any program; what to do is in $AGENTRELAY_INSTRUCTIONS
    adapter: command     # `agentrelay agents` shows whether claude is installed, and which others
    run: claude -p --permission-mode acceptEdits "$(cat "$AGENTRELAY_INSTRUCTIONS")"

defaults:
  agent: coder
  max_attempts: 2

workstreams:             # each has its own branch and worktree, and lands as one change
  - id: main-work
    base_branch: {scalar(default_branch)}
    auto_merge: false    # true: lands by itself when its gates pass
{_gates(gates)}
tasks:
  - id: first
    workstream_id: main-work
    description: |
      Say here what is to be done, as you would to a colleague who does not know
      the project: which files, what the result is, how to see that it works.
  - id: second
    workstream_id: main-work
    dependencies: [first]
    description: |
      This one starts when `first` is done, and sees its result.
    # paths: {{src: [src/shop/model.py]}}      # what it is about
    # completion_gate: make test-model       # checked before the task is done
"""


def starter_settings() -> str:
    """Return the text of a repository's settings file: each explained, none of them set."""
    lines = ["# Settings of agentrelay for this repository. `agentrelay config` shows what holds."]
    for key in setting_keys():
        if key.is_personal:
            continue
        lines += ["", f"# {key.about}", f"# {key.name} = {json.dumps(key.example)}"]
    return "\n".join(lines) + "\n"


def _gates(gates: Sequence[GuessedGate]) -> str:
    if not gates:
        return """    # gates:               # checks of the whole before it lands
    #   - {name: tests, run: make test}
"""
    lines = ["    gates:               # checks of the whole before it lands"]
    for gate in gates:
        argv = ", ".join(scalar(word) for word in gate.argv)
        lines.append(f"      - name: {scalar(gate.name)}")
        lines.append(f"        run: [{argv}]     # {gate.why}")
    return "\n".join(lines) + "\n"
