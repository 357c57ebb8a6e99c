"""Plays a scenario while the command line is killed at points of it, and goes on after each kill.

Going on is what people do: ``agentrelay resume``, then the next command.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.remains import Remains, remains_of
from tests.faults.scenario import Act, Scenario, Step, scene_of
from tests.faults.scene import KILLED, STRUCK, PointName, Scratch, Server, scratch

GO_ON = ("resume", "shop")


def play(
    server: Server, base: Path, scenario: Scenario, publish: str, kills: Iterable[PointName] = ()
) -> tuple[Scratch, list[PointName]]:
    """Play a scenario, killed at each of ``kills`` once; return those that never came, too."""
    scene = scene_of(scenario, scratch(server, base), publish)
    left = list(kills)
    reached: PointName | None = None
    for number, step in enumerate(scenario.steps):
        if not isinstance(step, Step):
            step(scene)
        elif step.until is None or step.until != reached:
            reached = _take(scene, step, left, _next_stop(scenario.steps[number:]))
    return scene, left


def _next_stop(steps: Sequence[Step | Act]) -> PointName | None:
    """Return where the first of the steps that is killed by the scenario itself is to stop."""
    return next((step.until for step in steps if isinstance(step, Step) and step.until), None)


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


def _take(
    scene: Scratch, step: Step, left: list[PointName], stop: PointName | None
) -> PointName | None:
    """Take a step to its end; return the point at which the scenario itself killed it, or None.

    Who goes on after a kill may do the work of further steps, too, up to their ``stop``.
    """
    argv = tuple(step.argv.split())
    while True:
        at_most = step.until if argv is not GO_ON else stop
        code, point = scene.call(argv, [*left, *([at_most] if at_most else [])])
        if code != KILLED:
            break
        if (scene.base / STRUCK).exists():
            (scene.base / STRUCK).unlink()
            argv = GO_ON
            continue
        assert point is not None, "killed by somebody else"
        if point == at_most:
            return point
        left.remove(point)
        argv = argv if step.again else GO_ON
    assert step.until is None, f"{step.argv} never came to {step.until}: {code}"
    if argv is not GO_ON:
        assert code == step.code, f"{step.argv} ended with {code}, not {step.code}"
    return None
