"""``agentrelay demo`` does what it promises on this project's own repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.e2e.playing import SECONDS, play_demo, processes_in

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(SECONDS + 30)
def test_the_demo_lands_real_changes_in_a_clone_of_this_project(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("these sources are no git checkout, so there is nothing to clone")
    before = _state()
    played = play_demo(tmp_path / "tmp", cwd=ROOT)
    played.require_success()
    assert "$ agentrelay approve" in played.stdout, "it shows what a person would type"
    assert "sent back to its agent" in played.stderr
    assert played.left == [], "it cleans up"
    assert processes_in(tmp_path) == []
    assert _state() == before, "the repository itself is only read"


def _state() -> str:
    """Return what a demo that played in the wrong place would have changed in this checkout."""
    refs = ("refs/heads/agentrelay/demo", "refs/agentrelay/keep/demo")
    commands = (["for-each-ref", *refs], ["worktree", "list"], ["remote", "--verbose"])
    return "".join(
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for words in commands
    )
