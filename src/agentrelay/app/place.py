"""A repository and the settings that hold in it: where every command starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared.clock import Clock, SystemClock
from agentrelay.config.given import Given, given_by
from agentrelay.config.settings import Settings, load_settings
from agentrelay.engine.layout import GraphFolders
from agentrelay.executor.implementations.local import LocalExecutor
from agentrelay.executor.implementations.runtime_dir import default_runtime_dir
from agentrelay.forge.core.forge import Forge
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.repository import Repository, default_branch, discover


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
        return LocalForge(self.repo.git, self.repo.common_dir)

    def given(self) -> Given:
        """Return what graphs may leave unsaid here."""
        return given_by(self.settings, lambda: default_branch(self.repo))

    def executor(self) -> LocalExecutor:
        """Return the executor of this machine."""
        return LocalExecutor(default_runtime_dir(self.environ), self.clock)


def open_place(
    path: Path, environ: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Place:
    """Return the repository in which ``path`` lies, with its settings.

    PreconditionError where there is none that can be used, SettingsError for a bad setting.
    """
    repo = discover(path, environ)
    return Place(repo, load_settings(repo.top, environ, flags), environ, SystemClock())
