"""One lane whose first agent is sent a text and paused, and whose last one asks for a permission.

Its second task a person does instead.
"""

from __future__ import annotations

import json

from tests.faults.scenario import Scenario, Step, at_work, let_go, worktree
from tests.faults.scene import Scratch, until


def _at_work(scene: Scratch) -> None:
    """Wait until the agent of the first task has begun to write."""
    at_work(scene, "api", "a.txt")


def _at_work_again(scene: Scratch) -> None:
    """Wait until that of the second task has: it never ends by itself."""
    at_work(scene, "api", "half.txt")


def _by_hand(scene: Scratch) -> None:
    """Do the second task: a commit, and a file that is not committed."""
    lane = worktree(scene, "api")
    (lane.path / "half.txt").unlink()
    lane.commit({"b.txt": "b, by hand\n"}, "b, by hand")
    lane.write({"c.txt": "not committed\n"})


def _part(scene: Scratch) -> None:
    """Say what the agent of the third task does: it asks, and goes on with the answer."""
    wish = {"toolCallId": "1", "kind": "execute", "title": "npm ci"}
    done = {"path": str(worktree(scene, "api").path / "d.txt"), "content": "d\n"}
    acts = [{"ask": {"toolCall": wish}}, {"call": ["fs/write_text_file", done]}, {"done": "it"}]
    part = {"acts": acts, "heard": str(scene.base / "heard")}
    (scene.base / "part.json").write_text(json.dumps(part))


def _asked(scene: Scratch) -> None:
    """Wait until that agent waits for a person."""
    turns = scene.repo.path / ".workflow/shop/runs/1/tasks/c/attempts"
    until(lambda: any(turns.glob("*/turns/*/questions/1.json")), "the agent to ask")


ATTENDED = Scenario(
    graph="""\
workstreams: [{id: api, auto_merge: true}]
tasks:
  - {id: a, workstream_id: api, description: do a, gates: [{name: g, run: test -f a.txt}]}
  - {id: b, workstream_id: api, description: do b, dependencies: [a]}
  - {id: c, workstream_id: api, agent: asker, description: do c, dependencies: [b]}
""",
    agent="""\
turn
if test "$AGENTRELAY_TASK" = b; then
    echo half | work half.txt
    while :; do sleep 0.05; done
fi
echo a | work a.txt
until test -e BASE/go; do sleep 0.05; done
""",
    steps=(
        _part,
        Step("run ../g.yaml --yes", until=("turn.start/1/api/1/a/1/1", "after_result")),
        _at_work,
        Step("send a more"),
        Step("pause api"),
        let_go,
        Step("resume shop", 5),
        Step("unpause api"),
        Step("resume shop", until=("turn.start/1/api/1/b/1/1", "after_result")),
        _at_work_again,
        Step("take b --no-shell"),
        _by_hand,
        Step("give b"),
        Step("resume shop", until=("turn.start/1/api/1/c/1/1", "after_result")),
        _asked,
        Step("answer c allow"),
        Step("resume shop"),
    ),
    tree={
        "README.md": "# test",
        "a.txt": "a",
        "b.txt": "b, by hand",
        "c.txt": "not committed",
        "d.txt": "d",
    },
)
