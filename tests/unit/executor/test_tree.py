"""Both ways to see a process tree find the same processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentrelay._shared.liveness import start_time
from agentrelay.executor.supervisor.platforms import tree_of
from agentrelay.executor.supervisor.tree import Member, ProcessTree
from agentrelay.executor.supervisor.tree_ps import PsTree

MARKER = f"turn/tree-{os.getpid()}:1"
SCRIPT = """
sh -c 'sleep 300; true' & setsid sleep 300 & env -i sleep 300 &
echo ready; wait
"""


@pytest.fixture
def others() -> set[int]:
    """Return what else is below this process: other tests may keep a process for their module."""
    return {member.pid for member in tree_of(MARKER, root=os.getpid()).members()}


@pytest.fixture
def program(others: set[int]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a marked program with four processes below it."""
    environ = {**os.environ, "AGENTRELAY_KEY": MARKER}
    argv = ["sh", "-c", SCRIPT]
    with subprocess.Popen(
        argv, env=environ, start_new_session=True, stdout=subprocess.PIPE
    ) as made:
        assert made.stdout is not None
        assert made.stdout.readline() == b"ready\n"
        yield made
        deadline = time.monotonic() + 20
        tree = tree_of(MARKER, root=os.getpid(), leader=made.pid)
        while (left := _beside(tree, others)) and time.monotonic() < deadline:
            for member in left:
                tree.send(member, 9)
            made.poll()
        assert not left


Tree = type[ProcessTree]


def trees(root: int | None, leader: int | None) -> list[ProcessTree]:
    found: list[ProcessTree] = [PsTree(MARKER, root, leader)]
    if sys.platform == "linux":
        from agentrelay.executor.supervisor.tree_linux import LinuxTree

        found.append(LinuxTree(MARKER, root))
    return found


def _beside(tree: ProcessTree, others: set[int]) -> list[Member]:
    return [member for member in tree.members() if member.pid not in others]


def settle(tree: ProcessTree, count: int, others: set[int]) -> set[int]:
    """Return the pids of the tree once there are ``count``: a shell starts them one by one."""
    deadline = time.monotonic() + 20
    while len(pids := {member.pid for member in _beside(tree, others)}) != count:
        assert time.monotonic() < deadline, pids
    return pids


def test_all_below_the_root_are_seen(program: subprocess.Popen[bytes], others: set[int]) -> None:
    seen = [settle(tree, 5, others) for tree in trees(os.getpid(), program.pid)]
    assert all(pids == seen[0] for pids in seen)
    assert program.pid in seen[0]


def test_the_marker_alone_finds_them_too(
    program: subprocess.Popen[bytes], others: set[int]
) -> None:
    for tree in trees(None, None):
        assert program.pid in settle(tree, 5, others)


def test_an_orphan_is_found_after_its_parent_has_gone(
    program: subprocess.Popen[bytes], others: set[int]
) -> None:
    tree = PsTree(MARKER, os.getpid(), program.pid)
    before = settle(tree, 5, others)
    program.kill()
    program.wait()
    assert settle(tree, 4, others) == before - {program.pid}


def test_a_group_is_found_without_marker_and_parent(
    program: subprocess.Popen[bytes], others: set[int]
) -> None:
    program.kill()
    program.wait()
    tree = PsTree("another marker", 1, program.pid)
    tree._root = os.getpid()
    assert len(settle(tree, 3, others)) == 3


def test_a_marker_that_only_begins_alike_is_another(program: subprocess.Popen[bytes]) -> None:
    assert program.pid
    assert PsTree(MARKER[:-1], None, None).members() == []
    assert tree_of(MARKER[:-1]).members() == []


def test_only_the_very_process_is_signalled(program: subprocess.Popen[bytes]) -> None:
    for tree in trees(os.getpid(), program.pid):
        tree.send(Member(program.pid, "another start"), 9)
        tree.send(Member(2**22 - 1, "1"), 9)
        assert program.poll() is None
    member = next(m for m in tree_of(MARKER).members() if m.pid == program.pid)
    tree_of(MARKER).send(member, 9)
    assert program.wait(20) == -9


def test_ps_signals_the_process_that_it_lists(
    program: subprocess.Popen[bytes], others: set[int]
) -> None:
    tree = PsTree(MARKER, os.getpid(), program.pid)
    settle(tree, 5, others)
    member = next(m for m in tree.members() if m.pid == program.pid)
    tree.send(member, 9)
    assert program.wait(20) == -9


def test_cpu_time_is_counted(program: subprocess.Popen[bytes]) -> None:
    script = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"
    with subprocess.Popen([sys.executable, "-c", script]) as busy:
        for tree in trees(os.getpid(), program.pid):
            first = tree.usage().cpu
            deadline = time.monotonic() + 15
            while tree.usage().cpu <= first:
                assert time.monotonic() < deadline
        busy.kill()


def test_a_zombie_runs_no_more() -> None:
    with subprocess.Popen(["true"]) as child:
        deadline = time.monotonic() + 20
        while start_time(child.pid) is not None:
            assert time.monotonic() < deadline
    assert start_time(child.pid) is None
    assert start_time(os.getpid()) == start_time(os.getpid()) is not None


def test_a_sweep_without_a_tree_finds_nothing(tmp_path: Path) -> None:
    assert tree_of(f"nothing/{tmp_path}").members() == []
