"""tools/setup refuses an unfit machine with the mending command, and does nothing twice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ("cat", "cksum", "dirname", "rm", "mv", "sed", "tail")

PYTHON = """#!/bin/sh
case "$2" in
*version_info\\ \\<*) exit {recent} ;;
*ensurepip*) exit {complete} ;;
*print*) echo 3.{minor}; exit ;;
esac
echo "$@" >>"{log}"
"""


class Machine:
    """A checkout, and a PATH with nothing but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.bin.mkdir()
        (self.root / "tools").mkdir(parents=True)
        (self.root / "pyproject.toml").write_text("[project]\n")
        shutil.copy(ROOT / "tools" / "setup", self.root / "tools" / "setup")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)

    def program(self, name: str, text: str) -> None:
        target = self.bin / name
        target.write_text(text)
        target.chmod(0o755)

    def python(self, name: str, minor: int, *, complete: bool = True) -> None:
        recent, whole = int(minor < 11), int(not complete)
        text = PYTHON.format(recent=recent, complete=whole, minor=minor, log=self.log)
        self.program(name, text)

    def git(self, version: str) -> None:
        self.program("git", f"#!/bin/sh\necho 'git version {version}'\n")

    def set_up(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", self.root / "tools" / "setup"],
            env={"PATH": str(self.bin), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("version", ["2.38.9", "1.99.0", "2.5.0"])
def test_an_old_git_is_refused(machine: Machine, version: str) -> None:
    machine.python("python3", 11)
    machine.git(version)
    done = machine.set_up()
    assert done.returncode == 1
    assert "git 2.39 or newer is needed" in done.stderr
    assert not (machine.root / ".venv").exists()


def test_an_old_python_is_refused(machine: Machine) -> None:
    machine.python("python3", 10)
    machine.git("2.39.0")
    done = machine.set_up()
    assert done.returncode == 1
    assert "Python 3.11 or newer with venv is needed" in done.stderr
    assert "brew install python git" in done.stderr


def test_a_person_is_told_which_package_brings_venv(machine: Machine) -> None:
    machine.python("python3", 12, complete=False)
    machine.git("3.1.0")
    machine.program("apt-get", f"#!/bin/sh\necho apt >>{machine.log}\nexit 1\n")
    machine.program("id", "#!/bin/sh\necho 1000\n")
    done = machine.set_up()
    assert done.returncode == 1
    assert "sudo apt-get install python3.12-venv" in done.stderr
    assert not machine.log.exists(), "apt is not run by somebody who may not"


def test_root_installs_what_is_missing(machine: Machine) -> None:
    machine.python("python3", 12, complete=False)
    machine.git("2.47.1")
    whole = PYTHON.format(recent=0, complete=0, minor=12, log=machine.log)
    (machine.root / "whole").write_text(whole)
    install = f'case "$*" in *install*) cat {machine.root}/whole >{machine.bin}/python3 ;; esac'
    machine.program("apt-get", f'#!/bin/sh\necho "$*" >>{machine.log}\n{install}\n')
    machine.program("id", "#!/bin/sh\necho 0\n")
    machine.set_up()
    asked = machine.log.read_text()
    assert "install -y -qq --no-install-recommends python3.12-venv\n" in asked
    assert "-m venv .venv" in asked, "it goes on with the python that apt has mended"


def test_the_python_asked_for_is_not_replaced_by_another(machine: Machine) -> None:
    machine.python("python3", 13)
    machine.git("2.39.0")
    done = machine.set_up(PYTHON="python3.99")
    assert done.returncode == 1
    assert "PYTHON=python3.99 is no Python 3.11 or newer" in done.stderr


def test_a_folder_that_is_no_environment_is_left_alone(machine: Machine) -> None:
    machine.python("python3", 11)
    machine.git("2.39.0 (Apple Git-154)")
    (machine.root / ".venv").mkdir()
    (machine.root / ".venv" / "precious").write_text("mine\n")
    done = machine.set_up()
    assert done.returncode == 1
    assert "in the way" in done.stderr
    assert (machine.root / ".venv" / "precious").read_text() == "mine\n"


def test_a_finished_set_up_is_not_repeated(machine: Machine) -> None:
    venv = machine.root / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text("")
    (venv / "bin" / "python").chmod(0o755)
    sums = subprocess.run(
        ["cksum", "pyproject.toml", "tools/setup"],
        cwd=machine.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (venv / "ready").write_text(f"{sums}{machine.root.resolve()}\n")
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (0, ""), "neither python nor git is looked for"
    (machine.root / "pyproject.toml").write_text("[project]\nname = 'changed'\n")
    assert machine.set_up().returncode == 1, "a changed file asks for another set-up"
