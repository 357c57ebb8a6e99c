"""Every command does what its transcripts say: exit code, stdout and stderr, in real processes.

AGENTRELAY_UPDATE_GOLDEN=1 writes what they do now; read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.golden.transcript import Scene, played, scene_of

from agentrelay.interfaces.cli.main import COMMANDS

FOLDER = Path(__file__).parent / "cli"
TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))
UPDATES = bool(os.environ.get("AGENTRELAY_UPDATE_GOLDEN"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_command_does_what_its_transcript_says(path: Path, tmp_path: Path) -> None:
    expected = path.read_text()
    actual = played(expected, Scene(scene_of(expected), tmp_path))
    if UPDATES:
        path.write_text(actual)
    assert actual == expected or UPDATES


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_command_has_a_transcript(verb: str) -> None:
    files = [path for path in TRANSCRIPTS if path.stem.split("-")[0] == verb]
    assert files, f"tests/golden/cli/{verb}.txt is missing"
    shown = [
        line.split()[2:3]
        for path in files
        for line in path.read_text().splitlines()
        if line[:1] == "$"
    ]
    assert [verb] in shown
