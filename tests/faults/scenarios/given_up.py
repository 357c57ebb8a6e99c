"""One lane: cancelled while its agent works, taken up, reset, closed, cleaned, landed; twice."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step, add_to_target, at_work, let_go
from tests.faults.scene import Scratch


def _at_work(scene: Scratch) -> None:
    """Wait until the agent has written what it is to be cancelled for."""
    at_work(scene, "api", "a.txt")


GIVEN_UP = Scenario(
    graph="""\
workstreams: [{id: api}]
tasks: [{id: a, workstream_id: api, description: do a}]
""",
    agent="""\
turn
echo "a of run $AGENTRELAY_RUN" | work a.txt
until test -e BASE/go; do sleep 0.05; done
""",
    steps=(
        Step("run ../g.yaml --yes", until=("turn.start/1/api/1/a/1/1", "after_result")),
        _at_work,
        Step("cancel task:a"),
        Step("resume shop", 1),
        let_go,
        Step("retry a"),
        Step("resume shop", 5),
        Step("reset a --yes"),
        Step("resume shop", 5),
        Step("pr close 4"),
        Step("clean shop --yes"),
        Step("retry api"),
        add_to_target,
        Step("approve api --yes"),
        Step("run ../g.yaml --yes"),
        Step("run ../g.yaml --yes --fresh", 5),
        Step("reset lane:api --yes"),
        Step("resume shop", 5),
        Step("approve api --yes"),
        Step("run ../g.yaml --yes"),
    ),
    tree={"README.md": "# test", "a.txt": "a of run 2", "other.txt": "by a person"},
)
