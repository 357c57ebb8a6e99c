"""One task, whose agent overwrites what it had not committed as soon as that is pinned."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step

KEPT = Scenario(
    graph="""\
workstreams: [{id: api, auto_merge: true}]
tasks: [{id: a, workstream_id: api, description: do a}]
""",
    agent="""\
turn
echo half | work a.txt
until git for-each-ref refs/agentrelay/keep/ | grep -q -e -work; do sleep 0.05; done
echo whole | work a.txt
""",
    steps=(Step("run ../g.yaml --yes"),),
    tree={"README.md": "# test", "a.txt": "whole"},
    settings={"AGENTRELAY_KEEP_EVERY": "1s"},
)
