"""SIGKILL at every point of every effect: going on afterwards costs nothing and doubles nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
from tests.faults.scene import KILLED, Scratch, Server, assert_done, result_of, scratch

from agentrelay.engine.seam import Point

SHARDS = 1 + (os.cpu_count() or 2)


@pytest.fixture
def servers() -> Iterator[SimpleQueue[Server]]:
    made = [Server() for _ in range(SHARDS)]
    free: SimpleQueue[Server] = SimpleQueue()
    for server in made:
        free.put(server)
    yield free
    for server in made:
        server.close()


def run(scene: Scratch, **points: object) -> int:
    return scene.run("run", "../g.yaml", "--yes", **points)  # type: ignore[arg-type] - the stub is narrower


@pytest.mark.timeout(600)
def test_a_kill_at_any_point_of_any_effect_changes_nothing(
    servers: SimpleQueue[Server], tmp_path: Path
) -> None:
    server = servers.get()
    whole = scratch(server, tmp_path / "whole")
    expected = result_of(whole, run(whole, seen=tmp_path / "seen"))
    servers.put(server)
    assert_done(expected)
    lines = (tmp_path / "seen").read_text().splitlines()
    points = [(key, point) for key, point in map(json.loads, dict.fromkeys(lines))]
    assert len(points) == len(Point) * len({key for key, _ in points})

    def check(number: int, kill: tuple[str, str]) -> str | None:
        server = servers.get()
        try:
            scene = scratch(server, tmp_path / str(number))
            killed = run(scene, kill=kill)
            assert killed == KILLED, f"it ended with {killed} instead"
            result = result_of(scene, scene.run("resume", "shop"))
            assert result == expected, scene.output()
        except AssertionError as error:
            return f"{kill}: {error}"
        finally:
            servers.put(server)
        return None

    with ThreadPoolExecutor(SHARDS) as pool:
        failures = [found for found in pool.map(check, range(len(points)), points) if found]
    print(f"crash points {len(points) - len(failures)}/{len(points)}")
    assert not failures, "\n\n".join(failures)
