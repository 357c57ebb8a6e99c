"""The demo's stage, its proof, and what it does where it can't play, on a very small project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.playing import play_demo, processes_in
from tests.gitrepo import TestRepo

from agentrelay.demo.proof import changed_files, has_landed, proofs
from agentrelay.demo.stage import set_up
from agentrelay.errors import PreconditionError

PROJECT = {
    "shop/__init__.py": '"""A shop."""\n',
    "shop/cart.py": "class Cart:\n    def total(self):\n        return 0\n",
    "shop/tax.py": "def rate():\n    return 0.19\n",
    "tests/test_cart.py": "from shop.cart import Cart\n\n\ndef test_it():\n"
    "    assert Cart().total() == 0\n",
}
SECONDS = 60.0


@pytest.fixture
def shop(repo: TestRepo) -> TestRepo:
    repo.commit(PROJECT)
    return repo


def test_the_clone_has_an_origin_of_its_own(shop: TestRepo, tmp_path: Path) -> None:
    shop.git("remote", "add", "origin", "https://example.invalid/shop.git")
    shop.git("checkout", "--quiet", "--detach")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    stage = set_up(shop.path, scratch, os.environ)
    assert stage.base == shop.head()
    assert stage.git.text("remote", "get-url", "origin") == str(scratch / "origin.git")
    assert stage.git.text("rev-parse", "origin/main", "main").split() == [stage.base] * 2
    assert "shop.git" not in stage.git.text("config", "--list")


def test_a_linked_worktree_and_a_shallow_clone_can_be_the_source(
    shop: TestRepo, tmp_path: Path
) -> None:
    linked, shallow = tmp_path / "linked", tmp_path / "shallow"
    shop.git("worktree", "add", "--quiet", "-b", "other", str(linked))
    tip = TestRepo(linked).commit({"shop/new.py": ""})
    shop.git("clone", "--quiet", "--depth=1", f"file://{linked}", str(shallow))
    for source in (linked, shallow):
        scratch = tmp_path / f"scratch-{source.name}"
        scratch.mkdir()
        assert set_up(source, scratch, os.environ).base == tip


def test_where_nothing_happened_nothing_is_proved(shop: TestRepo, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    stage = set_up(shop.path, scratch, os.environ)
    assert changed_files(stage) == {}
    assert not has_landed(stage, "docs")
    found = {proof.claim.split(":")[0]: proof.holds for proof in proofs(stage, os.environ)}
    assert found == {
        "at least 6 tasks changed files": False,
        "a gate of task pages was red, and a second turn mended it": False,
        "the checkout holds what landed, and nothing else": True,
        "nothing was pushed to origin": True,
        "the tests pass": False,
    }


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (("shop/__init__.py",), "there is no Python package at its top or in src/"),
        (("tests/test_cart.py",), "there are no tests in"),
        (("shop/cart.py", "shop/tax.py"), "there is not more than one module"),
    ],
)
def test_a_repository_without_a_project_is_refused(
    shop: TestRepo, tmp_path: Path, missing: tuple[str, ...], reason: str
) -> None:
    shop.commit(dict.fromkeys(missing))
    with pytest.raises(PreconditionError, match=reason):
        set_up(shop.path, tmp_path, os.environ)


def test_outside_of_a_repository_it_says_what_to_give(tmp_path: Path) -> None:
    played = play_demo(tmp_path / "tmp", cwd=tmp_path)
    assert played.code == 3
    assert "is not in a git repository" in played.stderr
    assert "agentrelay demo REPO" in played.stderr
    assert played.left == []


def test_a_project_whose_tests_are_red_is_refused_before_anything_runs(
    shop: TestRepo, tmp_path: Path
) -> None:
    shop.commit({"shop/cart.py": "class Cart:\n    def total(self):\n        return 1\n"})
    played = play_demo(tmp_path / "tmp", cwd=shop.path)
    assert played.code == 3
    assert "before any change, the tests do not pass" in played.stderr
    assert "1 failed" in played.stderr
    assert played.left == []


@pytest.mark.timeout(300)
def test_it_fails_where_the_changes_break_the_tests(shop: TestRepo, tmp_path: Path) -> None:
    undocumented = "from shop.cart import Cart\n\n\ndef test_it():\n    assert not Cart.__doc__\n"
    shop.commit({"tests/test_cart.py": undocumented})
    played = play_demo(tmp_path / "tmp", cwd=shop.path)
    assert played.code == 1
    assert 'gate "tests" is red' in played.stderr
    assert "  FAILED  lane docs waited for a person, and landed when one approved" in played.stdout
    assert "$ agentrelay approve" not in played.stdout
    assert "agentrelay demo --keep" in played.stdout
    assert played.left == []
    assert processes_in(tmp_path) == []


def test_ctrl_c_leaves_no_process_and_no_folder(shop: TestRepo, tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    demo = subprocess.Popen(
        [sys.executable, "-P", "-m", "agentrelay", "demo"],
        cwd=shop.path,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What runs the tests in the background may have it ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads yet
    )
    assert demo.stderr is not None
    seen = ""
    for line in demo.stderr:
        seen += line
        if "running, attempt 1" in line:
            os.killpg(demo.pid, signal.SIGINT)
            break
    rest = demo.communicate(timeout=SECONDS)[1]
    assert demo.returncode == 130, seen + rest
    assert "Traceback" not in rest
    assert list(scratch.glob("agentrelay-demo-*")) == []
    assert processes_in(tmp_path) == []
