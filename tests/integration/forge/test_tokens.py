"""Where the token for a forge is looked for, in which order, and what is said without one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import ForgeDeniedError
from agentrelay.forge.implementations.tokens import Token, TokenSources, redacted
from agentrelay.gitio.command import Git

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return a function that puts a shell program on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def made(name: str, line: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return path

    return made


def found(
    repo: TestRepo, host: str = "github.com", command: Sequence[str] = (), **environ: str
) -> Token | None:
    everything = {**os.environ, **environ}
    return TokenSources(host, everything, command, Git(repo.path, everything)).find()


def test_variables_come_first_and_each_host_has_its_own(repo: TestRepo, program: Program) -> None:
    program("gh", "echo of-gh")
    given = {"GH_TOKEN": "a", "GITHUB_TOKEN": "b", "GH_ENTERPRISE_TOKEN": "c"}
    assert found(repo, **given) == Token("a", "$GH_TOKEN")
    assert found(repo, "ghe.test", **given) == Token("c", "$GH_ENTERPRISE_TOKEN")
    assert found(repo, AGENTRELAY_GITHUB_TOKEN="d", **given) == Token(
        "d", "$AGENTRELAY_GITHUB_TOKEN"
    )
    assert found(repo, "ghe.test", GH_TOKEN="a") == Token("of-gh", "gh auth token")


def test_ones_own_command_goes_before_gh_and_is_not_passed_over(
    repo: TestRepo, program: Program
) -> None:
    program("gh", "echo of-gh")
    assert found(repo, command=("echo", "mine")) == Token("mine", "token_command")
    for bad in (("false",), ("echo", "two", "words"), ("no-such-program",)):
        with pytest.raises(ForgeDeniedError, match=f"token_command \\({bad[0]}\\) gave no token"):
            found(repo, command=bad)


def test_gh_is_asked_for_the_host(repo: TestRepo, program: Program) -> None:
    program("gh", 'test "$*" = "auth token --hostname ghe.test" && echo t')
    assert found(repo, "ghe.test") == Token("t", "gh auth token")
    assert found(repo) is None


def test_gits_helpers_are_asked_last_and_nobody_is_prompted(
    repo: TestRepo, program: Program
) -> None:
    program("gh", "exit 1")
    asked = program("askpass", "touch asked; echo typed")
    assert found(repo, GIT_ASKPASS=str(asked), SSH_ASKPASS=str(asked)) is None
    assert not (repo.path / "asked").exists()
    helper = '!f() { test "$1" = get && echo password=stored; }; f'
    repo.git("config", "credential.https://github.com.helper", helper)
    repo.git("config", "credential.https://github.com.username", "x")
    assert found(repo) == Token("stored", "git's credential helper")
    assert found(repo, "ghe.test") is None


def test_without_a_token_all_ways_to_give_one_are_said(repo: TestRepo, program: Program) -> None:
    program("gh", "exit 1")
    sources = TokenSources("ghe.test", os.environ, (), Git(repo.path))
    with pytest.raises(ForgeDeniedError, match=r"no token for ghe\.test was found") as caught:
        sources.require()
    assert "gh auth login --hostname ghe.test" in caught.value.hint
    assert "GH_ENTERPRISE_TOKEN" in caught.value.hint


def test_tokens_are_shown_nowhere() -> None:
    token = Token("s3cret", "a test")
    assert "s3cret" not in repr(token)
    said = redacted("s3cret ghp_abcdefghijkl github_pat_11ABCDEFGHI_x glpat-abcdefghijkl", "s3cret")
    assert said == "[token] [token] [token] [token]"
