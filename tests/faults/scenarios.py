"""Scenarios of the crash tests: a graph, what its agents do, and the steps that people take.

Together they make every kind of effect happen, in the ways in which runs of real graphs do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.scene import PointName, Scratch, until
from tests.gitrepo import TestRepo, make_origin


@dataclass(frozen=True)
class Step:
    """A command line that ends with ``code``, or, with ``until``, is killed at that point."""

    argv: str
    code: int = 0
    until: PointName | None = None


Act = Callable[[Scratch], None]
"""What a person does to the repository between two commands."""


@dataclass(frozen=True)
class Scenario:
    """A graph named ``shop``, and what is done with it. SHELL in the graph runs ``agent``.

    ``tree`` are the files of the target branch at the end.
    """

    graph: str
    agent: str
    steps: tuple[Step | Act, ...]
    tree: dict[str, str]


AGENT = """\
note() { echo "$*" >> BASE/starts; }
work() { cat > "$1"; git hash-object "$1" >> BASE/written; }
BY='-c user.name=agent -c user.email=agent@example.invalid'
turn() {
    note "turn $AGENTRELAY_TASK $AGENTRELAY_ATTEMPT.$AGENTRELAY_TURN"
    other=$(cat "BASE/busy-$AGENTRELAY_WORKSTREAM" 2> BASE/tmp/none)
    if test -n "$other" && kill -0 "$other" 2> BASE/tmp/none; then
        note "two at once in $AGENTRELAY_WORKSTREAM"
    fi
    echo $$ > "BASE/busy-$AGENTRELAY_WORKSTREAM"
    at=$AGENTRELAY_TASK-$AGENTRELAY_ATTEMPT.$AGENTRELAY_TURN
}
"""
"""What the agents' shell has: ``work FILE`` writes its input and notes what may not be lost."""


def scene_of(scenario: Scenario, scene: Scratch, publish: str) -> Scratch:
    """Return ``scene`` with the scenario's graph, and with an origin unless nothing is pushed."""
    base = str(scene.base)
    (scene.base / "agent.sh").write_text((AGENT + scenario.agent).replace("BASE", base))
    (scene.base / "g.yaml").write_text(scenario.graph.replace("BASE", base))
    scene.settings["AGENTRELAY_PUBLISH"] = publish
    if publish != "none":
        make_origin(scene.repo, scene.base / "origin.git")
    return scene


def target(scene: Scratch) -> str:
    """Return the ref where lanes land: origin's branch where all is published."""
    return "origin/main" if scene.settings["AGENTRELAY_PUBLISH"] == "all" else "main"


def worktree(scene: Scratch, lane: str) -> TestRepo:
    return TestRepo(scene.repo.path / ".worktrees/shop" / lane)


def _change_target(scene: Scratch) -> None:
    """Somebody changes, on the target, the file that lane web made."""
    _commit_on_target(scene, "d.txt")


def _add_to_target(scene: Scratch) -> None:
    """Somebody adds a file to the target, which stands in nobody's way."""
    _commit_on_target(scene, "other.txt")


def _commit_on_target(scene: Scratch, name: str) -> None:
    scene.repo.commit({name: "by a person\n"}, "a person's change")
    if target(scene) != "main":
        scene.repo.git("push", "--quiet", "origin", "main")


def _resolve(scene: Scratch) -> None:
    """Merge the target in the lane's worktree, as the command line says."""
    web = worktree(scene, "web")
    web.git("merge", "--quiet", target(scene), check=False)
    web.commit({"d.txt": "by both\n"}, "resolved by a person")


LANDED = Scenario(
    graph="""\
schema_version: 1
name: shop
agents: {writer: {adapter: command, run: [sh, BASE/agent.sh]}}
defaults: {agent: writer}
workstreams:
  - {id: api, auto_merge: true, gates: [{name: all, run: 'echo "gate api" >> BASE/starts'}]}
  - id: web
    setup: {run: 'echo "setup web" >> BASE/starts'}
    gates: [{name: all, run: test -e d.txt}]
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
        Step("run ../g.yaml --yes"),
    ),
    tree={
        "README.md": "# test",
        "a.txt": "good",
        "b.txt": "b",
        "c.txt": "c",
        "d.txt": "by both",
        "e.txt": "e",
    },
)
"""Two lanes that land: a red gate that is mended, a failed attempt, a rejection, a conflict."""


def _at_work(scene: Scratch) -> None:
    """Wait until the agent has written what it is to be cancelled for."""
    until((worktree(scene, "api").path / "a.txt").exists, "the agent to work")


def _let_go(scene: Scratch) -> None:
    """From now on the agent ends by itself."""
    (scene.base / "go").touch()


GIVEN_UP = Scenario(
    graph="""\
schema_version: 1
name: shop
agents: {writer: {adapter: command, run: [sh, BASE/agent.sh]}}
defaults: {agent: writer}
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
        _let_go,
        Step("retry a"),
        Step("resume shop", 5),
        Step("pr close 2"),
        Step("clean shop --yes"),
        Step("retry api"),
        _add_to_target,
        Step("approve api --yes"),
        Step("run ../g.yaml --yes"),
        Step("run ../g.yaml --yes --fresh", 5),
        Step("approve api --yes"),
        Step("run ../g.yaml --yes"),
    ),
    tree={"README.md": "# test", "a.txt": "a of run 2", "other.txt": "by a person"},
)
"""One lane: cancelled while its agent works, taken up, closed, cleaned, landed; then all again."""

SCENARIOS = {"landed": LANDED, "given up": GIVEN_UP}
