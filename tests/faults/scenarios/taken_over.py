"""One lane in three runs: the graph is edited after the first, all state deleted after that."""

from __future__ import annotations

import shutil

from tests.faults.scenario import Scenario, Step, write_graph
from tests.faults.scene import Scratch, until

from agentrelay._shared import locks
from agentrelay.app.place import open_place

GRAPH = """\
workstreams: [{id: api}]
tasks:
  - {id: a, workstream_id: api, description: do a}
  - {id: b, workstream_id: api, description: do b, dependencies: [a]}
"""


def _edit(scene: Scratch) -> None:
    """Somebody asks for more of one task, and adds another one."""
    more = "  - {id: c, workstream_id: api, description: do c, dependencies: [b]}\n"
    write_graph(scene, GRAPH.replace("do b", "do more of b") + more)


def _delete_state(scene: Scratch) -> None:
    """Somebody deletes all that was not committed, once supervisors have ended."""
    places = open_place(scene.repo.path, scene.environ()).folders("shop").places
    until(lambda: not any(map(locks.is_held, places.glob("*.lock"))), "supervisors to end")
    shutil.rmtree(scene.repo.path / ".workflow")
    shutil.rmtree(scene.repo.path / ".worktrees")


TAKEN_OVER = Scenario(
    graph=GRAPH,
    agent="""\
turn
echo "$AGENTRELAY_TASK of run $AGENTRELAY_RUN" | work "$AGENTRELAY_TASK.txt"
""",
    steps=(
        Step("run ../g.yaml --yes", 5),
        _edit,
        Step("run ../g.yaml --yes --accept-changes", 5),
        _delete_state,
        Step("resume shop", 5),
        Step("approve api --yes"),
        Step("run ../g.yaml --yes"),
    ),
    tree={
        "README.md": "# test",
        "a.txt": "a of run 1",
        "b.txt": "b of run 2",
        "c.txt": "c of run 2",
    },
)
