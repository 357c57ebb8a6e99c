"""The user's runtime folder, and the ports of worktrees."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentrelay.errors import PreconditionError
from agentrelay.executor.implementations.ports import BLOCK, FIRST, port_block
from agentrelay.executor.implementations.runtime_dir import default_runtime_dir


def worktrees(base: Path, count: int) -> list[Path]:
    made = [base / f"w{number}" for number in range(count)]
    for folder in made:
        folder.mkdir()
    return made


def test_worktrees_share_no_port_and_keep_theirs(tmp_path: Path) -> None:
    folders = worktrees(tmp_path, 12)
    with ThreadPoolExecutor(4) as pool:
        blocks = list(pool.map(lambda folder: port_block(tmp_path / "run", folder), folders))
    assert sorted(blocks) == [FIRST + number * BLOCK for number in range(12)]
    assert [port_block(tmp_path / "run", folder) for folder in folders] == blocks


def test_the_ports_of_a_worktree_that_is_gone_are_given_away(tmp_path: Path) -> None:
    one, other, third = worktrees(tmp_path, 3)
    first = port_block(tmp_path / "run", one)
    port_block(tmp_path / "run", other)
    one.rmdir()
    assert port_block(tmp_path / "run", third) == first


def test_a_worktree_keeps_its_ports_when_an_earlier_block_becomes_free(tmp_path: Path) -> None:
    one, other = worktrees(tmp_path, 2)
    port_block(tmp_path / "run", one)
    kept = port_block(tmp_path / "run", other)
    one.rmdir()
    assert port_block(tmp_path / "run", other) == kept


def test_a_claim_that_a_killed_process_was_writing_goes(tmp_path: Path) -> None:
    one, other = worktrees(tmp_path, 2)
    port_block(tmp_path / "run", one)
    dead = subprocess.Popen(["true"])
    dead.wait()
    torn = tmp_path / f"run/ports/.1.{dead.pid}.0123abcd.tmp"
    torn.write_text("half a pa")
    port_block(tmp_path / "run", other)
    assert not torn.exists()


def test_the_runtime_folder_is_the_sessions(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert default_runtime_dir({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "agentrelay"


@pytest.mark.parametrize("session", ["", "relative", "/nowhere/at/all"])
def test_without_a_session_it_is_below_the_temporary_folder(tmp_path: Path, session: str) -> None:
    environ = {"XDG_RUNTIME_DIR": session, "TMPDIR": str(tmp_path)}
    folder = default_runtime_dir(environ)
    assert folder == tmp_path / f"agentrelay-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert default_runtime_dir(environ) == folder


def test_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / f"agentrelay-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PreconditionError):
        default_runtime_dir({"TMPDIR": str(tmp_path)})


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    os.symlink(tmp_path / "elsewhere", tmp_path / f"agentrelay-{os.getuid()}")
    with pytest.raises(PreconditionError):
        default_runtime_dir({"TMPDIR": str(tmp_path)})


def test_a_temporary_folder_that_is_none_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="can't be made"):
        default_runtime_dir({"TMPDIR": str(tmp_path / "nowhere")})
