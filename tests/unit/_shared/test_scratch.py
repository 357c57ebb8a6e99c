"""Folders for a moment: gone after it, and swept up after a kill."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from agentrelay._shared.scratch import scratch, sweep


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_lasts_as_long_as_its_block(temporary: Path) -> None:
    with scratch() as folder:
        (folder / "index").write_text("x")
        assert list(temporary.iterdir()) == [folder]
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(temporary: Path) -> None:
    pid = os.fork()
    if pid == 0:
        with scratch() as folder:
            (folder / "index").write_text("x")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    (temporary / "of-somebody-else").touch()
    assert len(list(temporary.iterdir())) == 2
    with scratch() as living:
        sweep()
        assert sorted(temporary.iterdir()) == [living, temporary / "of-somebody-else"]
