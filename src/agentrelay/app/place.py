"""A repository and the settings that hold in it: where every command starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentrelay._shared.clock import Clock, SystemClock
from agentrelay.engine.layout import GraphFolders
from agentrelay.gitio.repository import Repository, default_branch, discover

if TYPE_CHECKING:
    from agentrelay.config.given import Given
    from agentrelay.config.settings import Settings
    from agentrelay.engine.seam import Listener
    from agentrelay.executor.implementations.local import LocalExecutor
    from agentrelay.forge.core.forge import Forge


@dataclass(frozen=True)
class Place:
    """A repository and the settings that hold in it; ``flags`` are settings by key.

    ``listener`` is told of each point of each effect; only fault tests give one.
    """

    repo: Repository
    environ: Mapping[str, str]
    clock: Clock
    flags: Mapping[str, object] = field(default_factory=dict[str, object])
    listener: Listener | None = None

    @cached_property
    def settings(self) -> Settings:
        """Return the settings, read when they are first asked for; SettingsError for a bad one."""
        from agentrelay.config.settings import (  # noqa: PLC0415 - readers of runs need none
            load_settings,
        )

        return load_settings(self.repo.top, self.environ, self.flags)

    def folders(self, graph: str) -> GraphFolders:
        """Return the folders of a graph here."""
        return GraphFolders(self.repo.top, self.repo.common_dir, graph)

    def forge(self) -> Forge:
        """Return the forge of this repository."""
        from agentrelay.forge.implementations.local import (  # noqa: PLC0415 - most readers need it not
            LocalForge,
        )

        return LocalForge(self.repo.git, self.repo.common_dir)

    def given(self) -> Given:
        """Return what graphs may leave unsaid here."""
        return self._given

    @cached_property
    def _given(self) -> Given:
        from agentrelay.config.given import given_by  # noqa: PLC0415 - likewise

        # Kept, because asking for the default branch may ask a remote.
        return given_by(self.settings, lambda: default_branch(self.repo))

    def executor(self) -> LocalExecutor:
        """Return the executor of this machine."""
        from agentrelay.executor.implementations import local, runtime_dir  # noqa: PLC0415 - likewise

        return local.LocalExecutor(runtime_dir.default_runtime_dir(self.environ), self.clock)


def place_at(path: Path, environ: Mapping[str, str]) -> Place:
    """Return the repository in which ``path`` lies, its settings still unread.

    PreconditionError where there is none that can be used.
    """
    return Place(discover(path, environ), environ, SystemClock())


def open_place(
    path: Path,
    environ: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    listener: Listener | None = None,
) -> Place:
    """Return the repository in which ``path`` lies, with its settings, before anything is done.

    PreconditionError where there is none that can be used, SettingsError for a bad setting.
    """
    place = Place(discover(path, environ), environ, SystemClock(), flags or {}, listener)
    _ = place.settings
    return place
