"""Two lanes that land: a red gate that is mended, a failed attempt, a rejection, a conflict.

Then one of them is reverted, and what was there before and came after is as it was.
"""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step, add_to_target, commit_on_target, target, worktree
from tests.faults.scene import Scratch


def _change_target(scene: Scratch) -> None:
    """Somebody changes, on the target, the file that lane web made."""
    commit_on_target(scene, "d.txt")


def _resolve(scene: Scratch) -> None:
    """Merge the target in the lane's worktree, as the command line says."""
    web = worktree(scene, "web")
    web.git("merge", "--quiet", target(scene), check=False)
    web.commit({"d.txt": "by both\n"}, "resolved by a person")


LANDED = Scenario(
    graph="""\
workstreams:
  - {id: api, auto_merge: true, gates: [{name: all, run: 'echo "gate api" >> BASE/starts'}]}
  - id: web
    setup: {run: 'echo "setup web" >> BASE/starts'}
    gates: [{name: all, run: test -e d.txt -a -e a.txt}]
tasks:
  - id: a
    workstream_id: api
    description: do a
    gates: [{name: unit, run: 'echo "gate a" >> BASE/starts; grep -q good a.txt'}]
  - {id: b, workstream_id: api, description: do b, dependencies: [a]}
  - {id: c, workstream_id: web, description: do c, dependencies: [a]}
  - {id: d, workstream_id: web, description: do d, dependencies: [c]}
  - {id: e, workstream_id: api, description: do e, dependencies: [b]}
""",
    agent="""\
turn
case $at in
a-1.1) echo draft | work a.txt ;;
a-1.2) echo good | work a.txt ;;
b-*) echo b | work b.txt && git add b.txt && git $BY commit --quiet -m "b, by its agent" ;;
c-1.*) echo half | work half.txt; exit 1 ;;
c-*) test -e a.txt && echo c | work c.txt ;;
d-1.*) echo d | work d.txt ;;
d-*) echo "d, and more" | work d.txt ;;
e-*) echo e | work e.txt ;;
esac
""",
    steps=(
        Step("run ../g.yaml --yes", 5),
        Step("reject web -m more"),
        Step("retry web"),
        Step("resume shop", 5),
        _change_target,
        Step("retry web"),
        _resolve,
        Step("retry web"),
        Step("approve web --yes"),
        add_to_target,
        Step("revert web --yes"),
        Step("run ../g.yaml --yes"),
    ),
    tree={
        "README.md": "# test",
        "a.txt": "good",
        "b.txt": "b",
        "d.txt": "by a person",
        "e.txt": "e",
        "other.txt": "by a person",
    },
)
