"""Between what was shown and what is dropped, nothing may change."""

from __future__ import annotations

import pytest
from tests.integration.engine.scene import Scene

from agentrelay.app.letting_go import Policy, drop, plan
from agentrelay.engine.runs import let_go
from agentrelay.errors import ConflictError

PIN = "refs/agentrelay/keep/g/1/l/a/1/1-rest"


@pytest.mark.parametrize("change", ["moved", "more", "gone"])
def test_what_changed_since_it_was_shown_does_not_go(scene: Scene, change: str) -> None:
    scene.simple("echo $$ > n; exit 3")
    scene.run()
    scene.run(fresh=True)
    policy = Policy("g")
    shown = plan(scene.place, policy)
    assert PIN in shown.refs
    head = scene.repo.head()
    match change:
        case "moved":
            scene.repo.git("update-ref", PIN, head)
        case "more":
            scene.repo.git("update-ref", f"{PIN}-2", head)
        case _:
            scene.repo.git("update-ref", "-d", PIN)
    before = scene.repo.refs("refs/agentrelay/keep")
    with pytest.raises(ConflictError):
        drop(scene.place, shown, policy)
    assert scene.repo.refs("refs/agentrelay/keep") == before
    assert not let_go(scene.place.folders("g").run(1))
