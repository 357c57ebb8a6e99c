"""Which forge is chosen, and what is said where it can't be used."""

from __future__ import annotations

import os
import sys

import pytest
from tests.github_scene import SLUG, TOKEN, GitHub, variables
from tests.gitrepo import TestRepo

from agentrelay.app.forges import ForgeChoice, chosen_forge, require_token, token_state
from agentrelay.app.place import open_place
from agentrelay.config.settings_file import SettingsFileError
from agentrelay.errors import ForgeDeniedError, ForgeGoneError, PreconditionError

URL = "git@github.com:acme/shop.git"


def chosen(repo: TestRepo, forge: str | None = None, **environ: str) -> ForgeChoice:
    return chosen_forge(open_place(repo.path, {**os.environ, **environ}, {"forge": forge}))


def test_without_a_word_nothing_is_looked_for(repo: TestRepo) -> None:
    repo.git("remote", "add", "origin", URL)
    assert chosen(repo, GH_TOKEN="t").is_local


def test_auto_takes_github_only_where_all_is_there(
    repo: TestRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "on no host" in chosen(repo, "auto").why
    repo.git("remote", "add", "origin", URL)
    assert chosen(repo, "auto").why == "no token for github.com was found"
    found = chosen(repo, "auto", GH_TOKEN="t")
    assert (found.kind, found.at) == ("github", "github.com/acme/shop")
    assert "$GH_TOKEN" in found.why
    monkeypatch.setitem(sys.modules, "httpx2", None)
    assert "agentrelay[forges]" in chosen(repo, "auto", GH_TOKEN="t").why


def test_an_enterprise_server_is_known_by_name(repo: TestRepo) -> None:
    repo.git("remote", "add", "origin", "https://ghe.test/acme/shop.git")
    token = {"GH_ENTERPRISE_TOKEN": "t"}
    assert chosen(repo, "auto", **token).is_local
    for known in ({"GH_HOST": "ghe.test"}, {"AGENTRELAY_FORGE_HOST": "ghe.test"}):
        assert chosen(repo, "auto", **token, **known).at == "ghe.test/acme/shop"
    assert chosen(repo, "github").at == "ghe.test/acme/shop"


def test_no_repository_says_where_a_token_goes(repo: TestRepo) -> None:
    given = {"AGENTRELAY_GITHUB_TOKEN": "t", "GH_ENTERPRISE_TOKEN": "t"}
    repo.git("remote", "add", "origin", "https://evil.example/acme/shop.git")
    repo.write({".agentrelay.toml": 'forge = "github"\n'})
    place = open_place(repo.path, {**os.environ, **given}, {})
    with pytest.raises(ForgeDeniedError, match=r"no token for evil\.example was found"):
        require_token(place, chosen_forge(place))
    repo.write({".agentrelay.toml": 'forge = "auto"\nforge_host = "evil.example"\n'})
    with pytest.raises(SettingsFileError, match="forge_host"):
        open_place(repo.path, {**os.environ, **given}, {})


def test_a_wish_that_cannot_be_met_says_how_it_could(
    repo: TestRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PreconditionError, match="origin is no repository of a GitHub host"):
        chosen(repo, "github")
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(PreconditionError, match="httpx2, which is not installed") as caught:
        chosen(repo, "github")
    assert "agentrelay[forges]" in caught.value.hint


def test_a_token_is_tried(github: GitHub) -> None:
    def state(**environ: str) -> str:
        everything = {**os.environ, **variables(github.emulator), **environ}
        place = open_place(github.repo.path, everything, {"forge": "github"})
        return token_state(place, chosen_forge(place))

    assert state() == "the token by $GH_TOKEN works"
    with pytest.raises(ForgeDeniedError, match="401 to GET /repos/acme/shop: Bad credentials"):
        state(GH_TOKEN="wrong")
    enterprise = {"AGENTRELAY_FORGE_HOST": "ghe.test", "GH_ENTERPRISE_TOKEN": TOKEN}
    assert state(**enterprise) == "the token by $GH_ENTERPRISE_TOKEN works"
    last = github.emulator.requests[-1]
    assert (last.host, last.path) == ("ghe.test", "/api/v3/repos/acme/shop")
    del github.emulator.hub.repositories[SLUG]
    with pytest.raises(ForgeGoneError, match="404"):
        state()
