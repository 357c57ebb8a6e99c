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


def _gemini(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
    settings = {
        "general": {"maxAttempts": 2},
        "privacy": {"usageStatisticsEnabled": False},
        "security": {"auth": {"selectedType": "gemini-api-key"}},
    }
    (home / ".gemini").mkdir()
    (home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    return "adapter: gemini, model: gemini-2.5-pro"


def _opencode(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{server.url}/v1", "apiKey": "{env:OPENAI_API_KEY}"},
        "models": {"one": {"cost": {"input": 1, "output": 2, "cache_read": 0.1}}},
    }
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.json").write_text(json.dumps({"provider": {"scripted": provider}}))
    # It would install what its plug-ins need; this says that it is there.
    (folder / "node_modules").mkdir()
    locked = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}
    (folder / "package-lock.json").write_text(json.dumps(locked))
    # It would fetch a list of models.
    return "adapter: opencode, model: scripted/one, env: {OPENCODE_DISABLE_MODELS_FETCH: '1'}"


def _qwen(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    del home
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    return "adapter: qwen, model: scripted-1"


def _copilot(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    del home
    monkeypatch.setenv("COPILOT_OFFLINE", "true")
    monkeypatch.setenv("COPILOT_PROVIDER_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("COPILOT_PROVIDER_API_KEY", KEY)
    return "adapter: copilot, model: scripted-1"


def _aider(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_BASE", f"{server.url}/v1")
    # It would fetch a list of prices.
    prices = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "mode": "chat"}
    listed = {"openai/one": {**prices, "max_input_tokens": 100_000, "litellm_provider": "openai"}}
    folder = home / ".aider" / "caches"
    folder.mkdir(parents=True)
    (folder / "model_prices_and_context_window.json").write_text(json.dumps(listed))
    return "adapter: aider, model: openai/one"


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
    _gemini(server, home, monkeypatch)
    settings = home / ".gemini" / "settings.json"
    known = json.loads(settings.read_text())
    known["security"]["folderTrust"] = {"enabled": False}
    settings.write_text(json.dumps(known))
    # Its model "auto" asks another model first how hard the task is.
    run = ["gemini", "--acp", "-m", "gemini-2.5-pro"]
    return _acp(run, {"GOOGLE_GEMINI_BASE_URL": server.url})


def _acp_opencode(server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    _opencode(server, home, monkeypatch)
    quiet = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
    return f"{_acp(['opencode', 'acp'], quiet)}, model: scripted/one"


def _acp(run: list[str], env: dict[str, str]) -> str:
    # YAML reads JSON.
    return f"adapter: acp, run: {json.dumps(run)}, env: {json.dumps(env)}"


KEY = "sk-test-0123456789abcdef"
"""The account's key: it may stand in no file that agentrelay writes."""

AGENTS: dict[str, Prepare] = {
    "claude": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "opencode": _opencode,
}
"""The agents that go through everything: each makes the user's account and its row in a graph."""

FURTHER: dict[str, Prepare] = {"copilot": _copilot, "qwen": _qwen}
"""Those that land one task, with a second turn."""

SHELL_LESS: dict[str, Prepare] = {"aider": _aider}
"""Those that do so without a call to us."""

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
        prepared = prepare or (AGENTS | FURTHER | SHELL_LESS)[agent]
        worker = prepared(server, Path(environment["HOME"]), monkeypatch)
        return Stage(repo, server, worker)

    return make
