"""A repository and the settings that hold in it: where every command starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentrelay._shared.clock import Clock, SystemClock
from agentrelay.config.given import Given, given_by
from agentrelay.config.settings import Settings, load_settings
from agentrelay.engine.layout import GraphFolders
from agentrelay.forge.core.forge import Forge
from agentrelay.gitio.repository import Repository, default_branch, discover

if TYPE_CHECKING:
    from agentrelay.executor.implementations.local import LocalExecutor


@dataclass(frozen=True)
class Place:
    """A repository and the settings that hold in it: where every command starts."""

    repo: Repository
    settings: Settings
    environ: Mapping[str, str]
    clock: Clock

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
        # Kept, because asking for the default branch may ask a remote.
        return given_by(self.settings, lambda: default_branch(self.repo))

    def executor(self) -> LocalExecutor:
        """Return the executor of this machine."""
        from agentrelay.executor.implementations import local, runtime_dir  # noqa: PLC0415 - likewise

        return local.LocalExecutor(runtime_dir.default_runtime_dir(self.environ), self.clock)


def open_place(
    path: Path, environ: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Place:
    """Return the repository in which ``path`` lies, with its settings.

    PreconditionError where there is none that can be used, SettingsError for a bad setting.
    """
    repo = discover(path, environ)
    return Place(repo, load_settings(repo.top, environ, flags), environ, SystemClock())
