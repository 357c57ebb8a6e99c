"""One lane of which one task is run alone at first, and the rest after it."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step

ONLY = Scenario(
    graph="""\
workstreams: [{id: api, auto_merge: true}]
tasks:
  - {id: a, workstream_id: api, description: do a}
  - {id: b, workstream_id: api, description: do b}
""",
    agent="""\
turn
done=$(ls)
echo "after" $done | work "$AGENTRELAY_TASK.txt"
""",
    steps=(
        Step("run ../g.yaml --yes --only b", again=True),
        Step("run ../g.yaml --yes"),
    ),
    tree={"README.md": "# test", "a.txt": "after README.md b.txt", "b.txt": "after README.md"},
)
