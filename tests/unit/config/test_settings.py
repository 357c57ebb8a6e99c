import tomllib
from pathlib import Path

import pytest

from agentrelay.config.settings import (
    Settings,
    Source,
    load_settings,
    setting_keys,
    user_settings_path,
)
from agentrelay.config.settings_file import SettingsFileError
from agentrelay.config.starter import starter_settings
from agentrelay.errors import SettingsError

Places = tuple[Path, Path]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    repo, home = tmp_path / "repo", tmp_path / "home"
    (home / "agentrelay").mkdir(parents=True)
    repo.mkdir()
    return repo / ".agentrelay.toml", home / "agentrelay" / "config.toml"


def load(
    places: Places, environ: dict[str, str] | None = None, flags: dict[str, object] | None = None
) -> Settings:
    repository, user = places
    environ = {"XDG_CONFIG_HOME": str(user.parent.parent), **(environ or {})}
    return load_settings(repository.parent, environ, flags)


def test_without_files_all_is_as_by_default(places: Places) -> None:
    settings = load(places)
    assert settings == Settings()
    assert settings.origin("publish").source is Source.DEFAULT


def test_a_higher_source_wins_and_each_value_says_where_it_is_from(places: Places) -> None:
    repository, user = places
    user.write_text("max_agents = 1\nmax_gates = 1\nsign = true\nagent = 'codex'\n")
    repository.write_text("max_agents = 2\nmax_gates = 2\npublish = 'branches'\n")
    environ = {"AGENTRELAY_MAX_AGENTS": "3", "AGENTRELAY_NOTIFY": "notify-send 'it ended'"}
    settings = load(places, environ, {"publish": "all", "agent": None})
    settings = settings.with_graph({"max_agents": 9, "max_gates": 5}, "g.yaml")
    expected = {
        "max_agents": (3, "AGENTRELAY_MAX_AGENTS"),
        "max_gates": (5, "g.yaml"),
        "sign": (True, str(user)),
        "agent": ("codex", str(user)),
        "publish": ("all", "--publish"),
        "notify": (("notify-send", "it ended"), "AGENTRELAY_NOTIFY"),
        "worktree_root": (None, "default"),
    }
    for key, (value, where) in expected.items():
        assert (getattr(settings, key), settings.origin(key).where) == (value, where)


def test_all_problems_of_a_file_are_told_with_their_lines(places: Places) -> None:
    places[0].write_text(
        "# settings\npublsh = 'all'\nsign = 'yes'\nmax_agents = 0\nnotify = 'x'\n"
        "env_allow = ['AGENTRELAY_GITHUB_TOKEN']\n[other]\n"
    )
    with pytest.raises(SettingsFileError) as caught:
        load(places)
    problems = caught.value.problems
    assert [problem.position.line for problem in problems] == [2, 3, 4, 5, 6, 7]
    assert problems[0].help == 'did you mean "publish"?'
    assert "agents never get forge keys" in problems[4].message


@pytest.mark.parametrize("text", ["a = ", "[", "x = [" * 5000, "sign = true\nsign = true\n"])
def test_broken_toml_is_a_named_error(places: Places, text: str) -> None:
    places[1].write_text(text)
    with pytest.raises(SettingsFileError, match="no TOML"):
        load(places)


@pytest.mark.parametrize(
    ("variable", "text"),
    [("SIGN", "perhaps"), ("MAX_AGENTS", "many"), ("PUBLISH", "some"), ("NOTIFY", "'open")],
)
def test_an_unusable_variable_is_named(places: Places, variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"AGENTRELAY_{variable}"):
        load(places, {f"AGENTRELAY_{variable}": text})


def test_the_users_file_is_where_the_platform_has_it() -> None:
    home = {"HOME": "/h"}
    assert user_settings_path(home, "linux") == Path("/h/.config/agentrelay/config.toml")
    mac = Path("/h/Library/Application Support/agentrelay/config.toml")
    assert user_settings_path(home, "darwin") == mac
    assert user_settings_path({**home, "XDG_CONFIG_HOME": "/x"}, "linux") == Path(
        "/x/agentrelay/config.toml"
    )
    assert user_settings_path({}, "linux") is None


def test_the_starter_file_sets_nothing_and_every_line_of_it_can_be_switched_on(
    places: Places,
) -> None:
    text = starter_settings()
    assert tomllib.loads(text) == {}
    assigned = [line[2:] for line in text.splitlines() if " = " in line]
    wanted = [key.name for key in setting_keys() if not key.is_personal]
    assert [line.split(" = ")[0] for line in assigned] == wanted
    places[0].write_text("\n".join(assigned))
    assert load(places).agent == "coder"


def test_a_repository_does_not_say_what_is_run_for_a_key_or_where_it_goes(places: Places) -> None:
    repository, user = places
    user.write_text("token_command = ['pass', 'show', 'x']\n")
    assert load(places).token_command == ("pass", "show", "x")
    repository.write_text("forge = 'github'\ntoken_command = ['evil']\nforge_socket = '/evil'\n")
    with pytest.raises(SettingsFileError) as caught:
        load(places)
    assert [problem.position.line for problem in caught.value.problems] == [2, 3]
    assert caught.value.problems[0].help == f"move it to {user}"
