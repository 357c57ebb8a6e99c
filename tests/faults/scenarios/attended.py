"""One lane that a person pauses while its agent works, and lets go on when that has ended."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step, at_work, let_go
from tests.faults.scene import Scratch


def _at_work(scene: Scratch) -> None:
    """Wait until the agent has begun to write."""
    at_work(scene, "api", "a.txt")


ATTENDED = Scenario(
    graph="""\
workstreams: [{id: api, auto_merge: true}]
tasks: [{id: a, workstream_id: api, description: do a, gates: [{name: g, run: test -f a.txt}]}]
""",
    agent="""\
turn
echo a | work a.txt
until test -e BASE/go; do sleep 0.05; done
""",
    steps=(
        Step("run ../g.yaml --yes", until=("turn.start/1/api/1/a/1/1", "after_result")),
        _at_work,
        Step("pause api"),
        let_go,
        Step("resume shop", 5),
        Step("unpause api"),
        Step("resume shop"),
    ),
    tree={"README.md": "# test", "a.txt": "a"},
)
