"""A lane that lands and is reverted at origin, while the branch here has a commit of its own."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step, target
from tests.faults.scene import Scratch


def _commit_here(scene: Scratch) -> None:
    """Have a person commit on the target's local branch what is not pushed, where that differs."""
    if target(scene) != "main":
        scene.repo.commit({"mine.txt": "not pushed\n"}, "a person's own")


DIVERGED = Scenario(
    graph="""\
workstreams: [{id: api}]
tasks: [{id: a, workstream_id: api, description: do a}]
""",
    agent="""\
turn
echo a | work a.txt
""",
    steps=(
        Step("run ../g.yaml --yes", 5),
        _commit_here,
        Step("approve api --yes"),
        Step("revert api --yes"),
        Step("run ../g.yaml --yes"),
    ),
    tree={"README.md": "# test"},
)
