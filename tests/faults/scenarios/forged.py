"""Three lanes with pull requests: one lands by itself, one is approved, one is closed by people."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step, add_to_target

FORGED = Scenario(
    graph="""\
workstreams:
  - {id: api, auto_merge: true, gates: [{name: all, run: 'echo "gate api" >> BASE/starts'}]}
  - {id: web, gates: [{name: all, run: test -e b.txt}]}
  - {id: old}
tasks:
  - {id: a, workstream_id: api, description: do a}
  - {id: b, workstream_id: web, description: do b, dependencies: [a]}
  - {id: c, workstream_id: old, description: do c}
""",
    agent="""\
turn
case $at in
a-*) echo a | work a.txt ;;
b-*) echo b | work b.txt ;;
c-*) echo c | work c.txt ;;
esac
""",
    steps=(
        Step("run ../g.yaml --yes", 5),
        add_to_target,
        Step("approve web --yes"),
        Step("cancel old -m unwanted"),
        Step("clean old --yes"),
        Step("resume shop", 1),
    ),
    tree={"README.md": "# test", "a.txt": "a", "b.txt": "b", "other.txt": "by a person"},
)
