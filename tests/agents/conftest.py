"""Fixtures for tests that drive real coding agents against a scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.adapters.model_server.server import ModelServer, served
from tests.agents.programs import require_programs
from tests.agents.stage import Stage
from tests.gitrepo import TestRepo

Prepare = Callable[[ModelServer, Path, pytest.MonkeyPatch], str]


def _claude(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    del home
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return "adapter: claude"


def _codex(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(
        f'model_provider = "scripted"\n[model_providers.scripted]\nname = "scripted"\n'
        f'base_url = "{server.url}/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"\n'
        "request_max_retries = 1\nstream_max_retries = 1\nstream_idle_timeout_ms = 3000\n"
        # It would fetch a list of plugins from elsewhere.
        "[features]\nplugins = false\napps = false\n"
    )
    # Another model of the program's list may have no tool for patches.
    return "adapter: codex, model: gpt-5.5"


def _acp_claude(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    _claude(server, home, monkeypatch)
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "1"}
    return _acp(["claude-agent-acp"], {"ANTHROPIC_BASE_URL": server.url, **quiet})


def _acp_codex(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    _codex(server, home, monkeypatch)
    settings = home / ".codex" / "config.toml"
    settings.write_text(f'model = "gpt-5.5"\n{settings.read_text()}')
    return _acp(["codex-acp"], {})


def _acp_gemini(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    settings = {
        "general": {"maxAttempts": 2},
        "privacy": {"usageStatisticsEnabled": False},
        "security": {
            "auth": {"selectedType": "gemini-api-key"},
            "folderTrust": {"enabled": False},
        },
    }
    (home / ".gemini").mkdir()
    (home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    # Its model "auto" asks another model first how hard the task is.
    run = ["gemini", "--acp", "-m", "gemini-2.5-pro"]
    return _acp(run, {"GOOGLE_GEMINI_BASE_URL": server.url})


def _acp_opencode(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{server.url}/v1", "apiKey": "{env:OPENAI_API_KEY}"},
        "models": {"one": {}},
    }
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.json").write_text(json.dumps({"provider": {"scripted": provider}}))
    # It would install what its plug-ins need; this says that it is there.
    (folder / "node_modules").mkdir()
    locked = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}
    (folder / "package-lock.json").write_text(json.dumps(locked))
    quiet = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
    return f"{_acp(['opencode', 'acp'], quiet)}, model: scripted/one"


def _acp(run: list[str], env: dict[str, str]) -> str:
    # YAML reads JSON.
    return f"adapter: acp, run: {json.dumps(run)}, env: {json.dumps(env)}"


KEY = "sk-test-0123456789abcdef"
"""The account's key: it may stand in no file that agentrelay writes."""

AGENTS: dict[str, Prepare] = {"claude": _claude, "codex": _codex}
"""The agents that are driven: each makes the user's account and says how the graph names it."""

ACP: dict[str, Prepare] = {
    "claude-agent-acp": _acp_claude,
    "codex-acp": _acp_codex,
    "gemini": _acp_gemini,
    "opencode": _acp_opencode,
}
"""The agents that are driven through the Agent Client Protocol, likewise."""


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """Serve a scripted model."""
    with served() as made:
        yield made
        assert made.failures == []
        reached = [each.path for each in made.requests if each.method == "CONNECT"]
        assert reached == [], f"{reached}: an agent asked for an address that is not 127.0.0.1"


@pytest.fixture
def make_stage(
    repo: TestRepo,
    server: ModelServer,
    tmp_path: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], Stage]:
    """Return a function that makes the stage of an agent by its name."""

    def make(agent: str, prepare: Prepare | None = None) -> Stage:
        path = require_programs("node", agent)
        for name in ("runtime", "temporary"):
            (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
        # Codex wants its home elsewhere than in the folder for temporary files.
        monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
        monkeypatch.setenv("PATH", f"{path}:{environment['PATH']}")
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            # The server is the way to everywhere else, too: it refuses, and remembers.
            monkeypatch.setenv(name, server.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1,localhost")
        # Agents get no GIT_* variables, so not the configuration that tests are pinned to.
        repo.git("config", "user.name", "Test User")
        repo.git("config", "user.email", "test@example.invalid")
        prepared = prepare or AGENTS[agent]
        worker = prepared(server, Path(environment["HOME"]), monkeypatch)
        return Stage(repo, server, worker)

    return make
