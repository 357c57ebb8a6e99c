"""Plays a scenario while the command line is killed at points of it, and goes on after each kill.

Going on is what people do: ``agentrelay resume``, then the next command.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.remains import Remains, remains_of
from tests.faults.scenario import Scenario, Step, scene_of
from tests.faults.scene import KILLED, STRUCK, PointName, Scratch, Server, scratch

GO_ON = ("resume", "shop")


def play(
    server: Server, base: Path, scenario: Scenario, publish: str, kills: Iterable[PointName] = ()
) -> tuple[Scratch, list[PointName]]:
    """Play a scenario, killed at each of ``kills`` once; return those that never came, too."""
    scene = scene_of(scenario, scratch(server, base), publish)
    left = list(kills)
    for step in scenario.steps:
        if isinstance(step, Step):
            _take(scene, step, left)
        else:
            step(scene)
    return scene, left


@dataclass(frozen=True)
class Subject:
    """A scenario, what it leaves where nothing disturbs it, and the points that it passes."""

    scenario: Scenario
    publish: str
    remains: Remains
    points: list[PointName]

    def trouble(self, server: Server, base: Path, kills: list[PointName]) -> str:
        """Say what is wrong after a play with ``kills``; empty for nothing."""
        try:
            scene, left = play(server, base, self.scenario, self.publish, kills)
            found = remains_of(scene, self.scenario)
        except AssertionError as error:
            return f"{_last_words(base)}\n{kills}: {error}"
        if left:
            return f"{NEVER_CAME} {left}, of {kills}"
        if found == self.remains:
            return ""
        return f"{_last_words(base)}\n{kills}:\n{found}, but expected\n{self.remains}"


def _last_words(base: Path) -> str:
    output = base / "output"
    lines = output.read_text().splitlines() if output.exists() else []
    return "\n".join(lines[-25:])


NEVER_CAME = "never came to"


def _take(scene: Scratch, step: Step, left: list[PointName]) -> None:
    argv = tuple(step.argv.split())
    stops = [step.until] if step.until else []
    while True:
        code, point = scene.call(argv, [*left, *stops])
        if code != KILLED:
            break
        if (scene.base / STRUCK).exists():
            (scene.base / STRUCK).unlink()
            argv = GO_ON
            continue
        assert point is not None, "killed by somebody else"
        if point == step.until:
            return
        left.remove(point)
        argv = argv if step.again else GO_ON
    assert step.until is None, f"{step.argv} never came to {step.until}: {code}"
    if argv is not GO_ON:
        assert code == step.code, f"{step.argv} ended with {code}, not {step.code}"
