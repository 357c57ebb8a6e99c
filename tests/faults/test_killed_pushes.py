"""SIGKILL while origin has taken a push and has not answered: what it has is found, not sent anew.

The points of an effect come before and after its act. This one lies within it: the refs in which
git notes what origin has are then as they were before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.faults.playing import play
from tests.faults.remains import remains_of
from tests.faults.scenarios import SCENARIOS
from tests.faults.scene import STRUCK, Scratch, Server

Record = Callable[[str, object], None]

HOOK = """\
#!/bin/sh
process=$$
while case $(cat /proc/$process/comm) in git*|*sh|post-receive) true ;; *) false ;; esac; do
    client=$process
    process=$(sed 's/.*) . //; s/ .*//' /proc/$process/stat)
done
grep -q porcelain /proc/$client/cmdline || exit 0
while read -r old new ref; do echo "$ref" >> BASE/pushes; done
test -e BASE/strikes || exit 0
touch BASE/STRUCK
kill -9 $process $client
"""
"""What origin does after a push of ours: it kills who pushed, and git with it, where asked to."""

PUSHES = {("given up", "branches"): 10, ("landed", "all"): 8}
"""How often a scenario, with a setting of ``publish``, changes something at origin."""


def _notes(scene: Scratch) -> None:
    hook = scene.base / "origin.git/hooks/post-receive"
    hook.write_text(HOOK.replace("BASE", str(scene.base)).replace("STRUCK", STRUCK))
    hook.chmod(0o755)


def _strikes(scene: Scratch) -> None:
    (scene.base / "strikes").touch()


def pushes(scene: Scratch) -> list[str]:
    """Return the branch of each push that changed something at origin."""
    return (scene.base / "pushes").read_text().splitlines()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "publish"), PUSHES)
def test_a_push_whose_answer_never_came_is_found_at_origin(
    server: Server, tmp_path: Path, record_property: Record, name: str, publish: str
) -> None:
    number = PUSHES[name, publish]
    scenario = SCENARIOS[name]
    noted = replace(scenario, steps=(_notes, *scenario.steps))
    struck = replace(scenario, steps=(_notes, _strikes, *scenario.steps))
    undisturbed, _ = play(server, tmp_path / "undisturbed", noted, publish)
    expected = remains_of(undisturbed, scenario)
    scene, _ = play(server, tmp_path / "struck", struck, publish)
    assert remains_of(scene, scenario) == expected, scene.output()
    assert pushes(scene) == pushes(undisturbed)
    assert len(pushes(scene)) == number
    record_property("crash points", (number, number))
