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
    repo: TestRepo,
    host: str = "github.com",
    command: Sequence[str] = (),
    *,
    is_named: bool = True,
    **environ: str,
) -> Token | None:
    everything = {**os.environ, **environ}
    git = Git(repo.path, everything)
    return TokenSources(host, everything, command, git, is_named=is_named).find()


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


def test_a_host_that_nobody_named_gets_only_what_is_kept_for_it(
    repo: TestRepo, program: Program
) -> None:
    # As gh does: a variable goes to whatever host it is asked for.
    program("gh", 'echo "$GH_ENTERPRISE_TOKEN$GITHUB_ENTERPRISE_TOKEN"')
    given = {
        "AGENTRELAY_GITHUB_TOKEN": "a",
        "GH_ENTERPRISE_TOKEN": "b",
        "GITHUB_ENTERPRISE_TOKEN": "c",
    }
    mine = ("echo", "mine")
    assert found(repo, "evil.example", mine, is_named=False, **given) is None
    for host in ("github.com", "acme.ghe.com"):
        assert found(repo, host, mine, is_named=False, **given) == Token(
            "a", "$AGENTRELAY_GITHUB_TOKEN"
        )
    program("gh", "echo kept-for-it")
    kept = found(repo, "evil.example", mine, is_named=False, **given)
    assert kept == Token("kept-for-it", "gh auth token")


@pytest.mark.parametrize("value", ["gh\u00e9im", "two words", "bell\a"])
def test_what_can_be_no_token_is_refused_and_not_shown(repo: TestRepo, value: str) -> None:
    with pytest.raises(ForgeDeniedError, match=r"\$GH_TOKEN has characters") as caught:
        found(repo, GH_TOKEN=value)
    assert value not in str(caught.value)


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
    assert "once you set GH_HOST or forge_host" in caught.value.hint


def test_tokens_are_shown_nowhere() -> None:
    token = Token("s3cret", "a test")
    assert "s3cret" not in repr(token)
    said = redacted("s3cret ghp_abcdefghijkl github_pat_11ABCDEFGHI_x glpat-abcdefghijkl", "s3cret")
    assert said == "[token] [token] [token] [token]"
