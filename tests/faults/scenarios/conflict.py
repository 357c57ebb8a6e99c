"""Two lanes whose agents resolve: what a person committed there, and what another lane has."""

from __future__ import annotations

from tests.faults.scenario import Scenario, Step

CONFLICT = Scenario(
    graph="""\
workstreams: [{id: api, auto_merge: true}, {id: web, auto_merge: true}]
tasks:
  - {id: a, workstream_id: api, description: do a}
  - {id: b, workstream_id: web, description: do b}
  - {id: c, workstream_id: web, description: do c, dependencies: [a, b]}
""",
    agent=r"""
somebody() {  # commits in the lane, meanwhile, what this task writes too
    lane=refs/heads/agentrelay/shop/api/integration
    blob=$(echo "by a person" | git hash-object -w --stdin)
    tree=$({ git ls-tree $lane; printf '100644 blob %s\tsame.txt\n' "$blob"; } | git mktree)
    git update-ref $lane "$(git $BY commit-tree -m "by a person" -p $lane "$tree")"
}
resolve() {  # merges what the agent was told to
    other=$(cat "$AGENTRELAY_INSTRUCTIONS" $AGENTRELAY_FEEDBACK |
        sed -n 's/.*git merge \([0-9a-f]*\).*/\1/p' | head -n 1)
    git $BY merge --quiet "$other"
    echo "$1" | work same.txt
    git add same.txt
    git $BY commit --quiet -m "resolved by $AGENTRELAY_TASK"
}
turn
case $at in
a-1.1) echo a | work same.txt; somebody ;;
a-1.2) resolve "a, and a person" ;;
b-*) echo b | work same.txt ;;
c-*) resolve "all" ;;
esac
""",
    steps=(
        Step("run ../g.yaml --yes"),
        Step("run ../g.yaml --yes"),
    ),
    tree={"README.md": "# test", "same.txt": "all"},
)
