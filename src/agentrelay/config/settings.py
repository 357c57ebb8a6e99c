"""Settings: what can be set, and which of flag, environment, graph and files said it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from pathlib import Path
from typing import Literal, TypeVar

from agentrelay.config.bounds import MAX_AGENTS, MAX_GATES, MAX_WORKSTREAM_DEPTH
from agentrelay.config.setting_kinds import Count, SettingKind, Span, Truth, Variables, Word, Words
from agentrelay.config.settings_file import read_settings_file
from agentrelay.errors import SettingsError
from agentrelay.graph.model import DEFAULT_MAX_AGENTS, DEFAULT_MAX_GATES

REPOSITORY_FILE = ".agentrelay.toml"
VARIABLE_PREFIX = "AGENTRELAY_"

_T = TypeVar("_T")

Publish = Literal["none", "branches", "all"]
Tripwire = Literal["note", "concern", "off"]
ForgeKind = Literal["auto", "local", "github"]
MergeBy = Literal["auto", "forge"]


class Source(IntEnum):
    """Who said a setting; the higher one wins."""

    DEFAULT = 0
    USER = 1
    REPOSITORY = 2
    GRAPH = 3
    ENVIRONMENT = 4
    FLAG = 5


@dataclass(frozen=True)
class Origin:
    """Where a setting's value came from; ``where`` is a file, a variable or a flag."""

    source: Source
    where: str


def _about(
    kind: SettingKind, about: str, example: object, *, is_personal: bool = False
) -> Mapping[str, object]:
    """Return what is known of a setting; a repository's file says no personal one."""
    return {"kind": kind, "about": about, "example": example, "is_personal": is_personal}


@dataclass(frozen=True)
class Settings:
    """All settings, each with a value. A None stands for what the text of the setting says."""

    default_branch: str | None = field(
        default=None,
        metadata=_about(
            Word(), "Branch where lanes start and land; unset: the repository's own.", "main"
        ),
    )
    publish: Publish = field(
        default="none",
        metadata=_about(
            Word(("none", "branches", "all")),
            "What is pushed to origin: none, the branches of lanes and tasks, or all that lands.",
            "none",
        ),
    )
    forge: ForgeKind = field(
        default="local",
        metadata=_about(
            Word(("auto", "local", "github")),
            "Where lanes' change requests are: refs here, or GitHub; auto: by origin and a token.",
            "github",
        ),
    )
    forge_host: str | None = field(
        default=None,
        metadata=_about(
            Word(),
            "Host of the forge, where origin's URL does not tell.",
            "github.example.com",
            is_personal=True,
        ),
    )
    merge_by: MergeBy = field(
        default="auto",
        metadata=_about(
            Word(("auto", "forge")),
            "Who merges on a forge: auto pushes what was judged where the branch is unprotected.",
            "forge",
        ),
    )
    token_command: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            Words(),
            "Command that prints the forge's token; unset: variables, gh, git's helpers.",
            ("pass", "show", "github"),
            is_personal=True,
        ),
    )
    forge_socket: str | None = field(
        default=None,
        metadata=_about(
            Word(),
            "Socket through which the forge is reached, in plain HTTP, instead of the network.",
            "/run/proxy.sock",
            is_personal=True,
        ),
    )
    worktree_root: str | None = field(
        default=None,
        metadata=_about(
            Word(), "Folder for worktrees; unset: .worktrees in the repository.", "../worktrees"
        ),
    )
    sign: bool = field(
        default=False, metadata=_about(Truth(), "Whether our commits are signed.", example=False)
    )
    tripwire: Tripwire = field(
        default="note",
        metadata=_about(
            Word(("note", "concern", "off")),
            "What it is if your checkout changes while an agent works; a concern keeps the lane.",
            "concern",
        ),
    )
    keep_every: str = field(
        default="5m",
        metadata=_about(
            Span(), "How often an agent's uncommitted work is pinned while it changes.", "5m"
        ),
    )
    agent: str | None = field(
        default=None, metadata=_about(Word(), "Agent of tasks that name none.", "coder")
    )
    env_allow: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            Variables(),
            "Variables for agents and gates that are otherwise left out.",
            ("VIRTUAL_ENV",),
        ),
    )
    notify: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            Words(),
            "Command that is run when a run ends, waits for you, or asks; unset: a bell.",
            ("notify-send", "agentrelay"),
        ),
    )
    max_agents: int = field(
        default=DEFAULT_MAX_AGENTS,
        metadata=_about(
            Count(*MAX_AGENTS),
            "Agents at once, over all your runs on this machine.",
            DEFAULT_MAX_AGENTS,
        ),
    )
    max_gates: int = field(
        default=DEFAULT_MAX_GATES,
        metadata=_about(Count(*MAX_GATES), "Gates at once, likewise.", DEFAULT_MAX_GATES),
    )
    max_workstream_depth: int = field(
        default=1,
        metadata=_about(Count(*MAX_WORKSTREAM_DEPTH), "Levels of workstreams below the top.", 1),
    )
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin])

    def origin(self, key: str) -> Origin:
        """Return where the value of ``key`` came from."""
        return self.origins.get(key, Origin(Source.DEFAULT, "default"))

    def with_graph(self, stated: Mapping[str, object], where: str) -> Settings:
        """Return the settings with what the graph in the file ``where`` says itself."""
        return self.having(stated, Origin(Source.GRAPH, where))

    def having(self, values: Mapping[str, object], origin: Origin) -> Settings:
        """Return the settings with ``values``, but for those that a higher source has said."""
        won = {key: it for key, it in values.items() if self.origin(key).source <= origin.source}
        return replace(self, **won, origins={**self.origins, **dict.fromkeys(won, origin)})


@dataclass(frozen=True)
class SettingKey:
    """A key that can be set, with its default and what it is about, for listings."""

    name: str
    kind: SettingKind
    default: object
    about: str
    example: object
    is_personal: bool = False

    @property
    def variable(self) -> str:
        """Return the environment variable that sets it."""
        return VARIABLE_PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """Return the flag that sets it."""
        return "--" + self.name.replace("_", "-")


def setting_keys() -> tuple[SettingKey, ...]:
    """Return all keys, in the order in which they are shown."""
    return tuple(
        SettingKey(
            name=each.name,
            kind=each.metadata["kind"],
            default=each.default,
            about=each.metadata["about"],
            example=each.metadata["example"],
            is_personal=each.metadata["is_personal"],
        )
        for each in fields(Settings)
        if "kind" in each.metadata
    )


def load_settings(
    repo_top: Path | None, environ: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings that hold in the repository at ``repo_top``, or outside of any.

    ``flags`` are values by key; a None is a flag that was not given. Missing files say nothing.

    Raises:
        SettingsError: where a value can't be used; `SettingsFileError` with all problems of a file.
    """
    keys = {key.name: key for key in setting_keys()}
    kinds = {name: key.kind for name, key in keys.items()}
    settings = Settings()
    users = user_settings_path(environ, sys.platform)
    if users is not None:
        values = read_settings_file(users, kinds)
        settings = settings.having(values, Origin(Source.USER, str(users)))
    if repo_top is not None:
        path = repo_top / REPOSITORY_FILE
        # Whoever wrote the repository must not say what is run, or where a token goes.
        yours = str(users or "your own config.toml")
        personal = {name: yours for name, key in keys.items() if key.is_personal}
        values = read_settings_file(path, kinds, personal)
        settings = settings.having(values, Origin(Source.REPOSITORY, str(path)))
    for key in keys.values():
        text = environ.get(key.variable)
        if text:
            value = _usable(key.variable, key.kind.parse, text)
            settings = settings.having({key.name: value}, Origin(Source.ENVIRONMENT, key.variable))
    for name, value in (flags or {}).items():
        if value is not None:
            checked = {name: _usable(keys[name].flag, keys[name].kind.check, value)}
            settings = settings.having(checked, Origin(Source.FLAG, keys[name].flag))
    return settings


def user_settings_path(environ: Mapping[str, str], platform: str) -> Path | None:
    """Return the user's settings file on ``platform`` (as ``sys.platform``), there or not.

    None where the environment does not say where the user's files are.
    """
    configured = environ.get("XDG_CONFIG_HOME", "")
    if configured.startswith("/"):  # the XDG specification has relative ones ignored
        return Path(configured) / "agentrelay" / "config.toml"
    home = environ.get("HOME", "")
    if not home:
        return None
    folder = "Library/Application Support" if platform == "darwin" else ".config"
    return Path(home) / folder / "agentrelay" / "config.toml"


def _usable(where: str, convert: Callable[[_T], object], value: _T) -> object:
    try:
        return convert(value)
    except ValueError as error:
        raise SettingsError(f"{where} {error}", hint="agentrelay config shows all") from error
