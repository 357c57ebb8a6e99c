"""The real ``gh``, pointed at the emulator by its unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.agents.programs import require_programs
from tests.emulator.forge import Emulator

PINNED, SYSTEM = "gh of tools/agents.txt", "gh of the system"
PROGRAMS = (PINNED, SYSTEM)
SYSTEM_PATH = os.environ.get("PATH", os.defpath)


def require_gh(which: str) -> str:
    """Return the path of a gh; skip the test where it is not installed."""
    if which == PINNED:
        return str(Path(require_programs("gh")) / "gh")
    found = shutil.which("gh", path=SYSTEM_PATH)
    if found is None:
        pytest.skip("NOT DRIVEN: there is no gh on PATH")
    return found


def gh_environment(forge: Emulator, folder: Path, token: str) -> dict[str, str]:
    """Return what makes gh speak to ``forge``, whatever host it speaks to, and to nobody else."""
    folder.mkdir(exist_ok=True)
    (folder / "config.yml").write_text(f"http_unix_socket: {forge.socket}\n")
    return {
        "GH_CONFIG_DIR": str(folder),
        "GH_TOKEN": token,
        "GH_PROMPT_DISABLED": "1",
        "GH_NO_UPDATE_NOTIFIER": "1",
        "GH_TELEMETRY": "false",
        "GH_PAGER": "cat",
        "NO_COLOR": "1",
    }


@dataclass(frozen=True)
class Said:
    """What gh said at its end."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Gh:
    """Runs ``program`` in ``folder``, whose remote ``origin`` names the repository on the forge."""

    program: str
    folder: Path
    env: dict[str, str]

    def __call__(self, *args: str, token: str | None = None) -> Said:
        """Run gh to its end."""
        env = {**os.environ, **self.env, **({} if token is None else {"GH_TOKEN": token})}
        done = subprocess.run(
            [self.program, *args],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Said(done.returncode, done.stdout.strip(), done.stderr.strip())

    def ok(self, *args: str, token: str | None = None) -> str:
        """Run gh, which has to succeed; return what it printed."""
        said = self(*args, token=token)
        assert said.code == 0, said.err
        return said.out
