"""What agents and gates find in their environment, and that agents can't push."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.task.core.environment import agent_environment, gate_environment

USER = {
    "PATH": "/bin", "HOME": "/h", "LC_TIME": "C", "XDG_CACHE_HOME": "/c", "https_proxy": "p",
    "VIRTUAL_ENV": "/v", "PYTHONPATH": "/p", "NODE_PATH": "/n", "GIT_DIR": "/g",
    "AGENTRELAY_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "DATABASE_URL": "d",
    "SSH_AUTH_SOCK": "/s", "GITHUB_TOKEN": "g", "AGENTRELAY_GITHUB_TOKEN": "g",
}  # fmt: skip


def made(**more: object) -> dict[str, str]:
    arguments = {"cwd": Path("/w"), "env": {}, "ours": {}, **more}
    return agent_environment(USER, **arguments)  # type: ignore[arg-type] - the stub is narrower


def test_only_what_is_allowed_is_passed_on() -> None:
    passed = {name for name in made() if not name.startswith(("GIT_", "SSH_"))}
    assert passed == {"PATH", "HOME", "LC_TIME", "XDG_CACHE_HOME", "https_proxy", "PWD"}
    assert "GIT_DIR" not in made()
    assert made()["PWD"] == "/w"


def test_a_graph_may_ask_for_more() -> None:
    asked = made(env_from=["DATABASE_URL", "ABSENT"], env_allow=["VIRTUAL_ENV"])
    assert (asked["DATABASE_URL"], asked["VIRTUAL_ENV"]) == ("d", "/v")
    assert "ABSENT" not in asked


def test_no_list_passes_a_forge_credential_on() -> None:
    tokens = ["GITHUB_TOKEN", "AGENTRELAY_GITHUB_TOKEN"]
    asked = made(env_from=[*tokens, "SSH_AUTH_SOCK"], env_allow=tokens)
    assert not set(tokens) & set(asked)
    assert "SSH_AUTH_SOCK" not in asked


def test_ours_win_over_the_graphs_and_these_over_the_users() -> None:
    mixed = made(env={"HOME": "/graph", "AGENTRELAY_RUN": "x"}, ours={"AGENTRELAY_RUN": "1"})
    assert (mixed["HOME"], mixed["AGENTRELAY_RUN"]) == ("/graph", "1")


def git(repo: TestRepo, environ: Mapping[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *args], cwd=repo.path, env=environ, capture_output=True, text=True, check=False
    )


@pytest.fixture
def agent_env(environment: dict[str, str], repo: TestRepo) -> dict[str, str]:
    config = {"GIT_CONFIG_GLOBAL": environment["GIT_CONFIG_GLOBAL"]}
    # A graph's own git configuration in the environment must not undo ours.
    tricks = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_9": "a.b", "GIT_CONFIG_VALUE_9": "c"}
    return agent_environment(environment, cwd=repo.path, env={**config, **tricks}, ours={})


def targets(origin: TestRepo) -> dict[str, tuple[str, ...]]:
    path = str(origin.path)
    return {
        "by name": ("push", "origin"),
        "by path": ("push", path),
        "by relative path": ("push", "../origin.git"),
        "by URL": ("push", f"file://{path}"),
        "by a remote with a push URL": ("push", "explicit"),
        "by a URL that the user's configuration rewrites": ("push", "short:origin.git"),
        "by a push URL given on the spot": ("-c", f"remote.new.pushurl={path}", "push", "new"),
        "by ssh": ("push", "ssh://git@127.0.0.1:1/x"),
        "by scp's form": ("push", "git@127.0.0.1:x"),
        "by https": ("push", "https://127.0.0.1:1/x"),
        "everything": ("push", "--mirror", "origin"),
    }


def test_an_agent_cannot_push(repo: TestRepo, origin: TestRepo, agent_env: dict[str, str]) -> None:
    repo.git("config", "remote.explicit.url", str(origin.path))
    repo.git("config", "remote.explicit.pushurl", str(origin.path))
    repo.git("config", f"url.{origin.path.parent}/.pushInsteadOf", "short:")
    repo.commit({"a": "b"})
    before = origin.refs()
    for how, args in targets(origin).items():
        refs = () if "--mirror" in args else ("HEAD:refs/heads/x",)
        assert git(repo, agent_env, *args, *refs).returncode != 0, how
    assert origin.refs() == before


def test_an_agent_is_told_why(repo: TestRepo, origin: TestRepo, agent_env: dict[str, str]) -> None:
    assert origin.path.exists()
    assert "agents-do-not-push" in git(repo, agent_env, "push", "origin", "HEAD").stderr


def test_an_agent_can_fetch_and_commit(
    repo: TestRepo, origin: TestRepo, agent_env: dict[str, str]
) -> None:
    origin.git("update-ref", "refs/heads/new", "main")
    assert git(repo, agent_env, "fetch", "origin").returncode == 0
    assert repo.find("origin/new")
    assert git(repo, agent_env, "commit", "--allow-empty", "-m", "x").returncode == 0


def test_no_credential_helper_is_asked(repo: TestRepo, agent_env: dict[str, str]) -> None:
    asked = repo.path / "asked"
    repo.git("config", "credential.helper", f"!touch {asked}; echo password=x;:")
    filled = subprocess.run(
        ["git", "credential", "fill"],
        cwd=repo.path,
        env=agent_env,
        input="protocol=https\nhost=example.invalid\n\n",
        text=True,
        capture_output=True,
        check=False,
    )
    assert filled.returncode != 0
    assert not asked.exists()


def test_a_gate_may_push_within_this_machine(
    repo: TestRepo, origin: TestRepo, environment: dict[str, str]
) -> None:
    environ = gate_environment(environment, cwd=repo.path, env={}, ours={})
    assert git(repo, environ, "push", "origin", "HEAD:refs/heads/x").returncode == 0
    assert origin.find("x")
