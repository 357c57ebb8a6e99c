"""What one call of the command line works with: the folder, the environment, a fault listener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentrelay.app.place import Place
    from agentrelay.engine.seam import Listener


@dataclass(frozen=True)
class Session:
    """Passed to every command as Click's object: ``@click.pass_obj``.

    ``listener`` is told of each point of each effect; only fault tests give one.
    """

    folder: Path
    environ: Mapping[str, str]
    listener: Listener | None = None

    def place(self, flags: Mapping[str, object] | None = None) -> Place:
        """Return the repository in which the folder lies, with the settings that hold there.

        PreconditionError where there is none that can be used. ``flags`` are settings by key.
        """
        from agentrelay.app.place import open_place  # noqa: PLC0415 - loads parsers of settings

        return open_place(self.folder, self.environ, flags, self.listener)

    def place_to_read(self) -> Place:
        """Return the repository in which the folder lies, for a command that only looks.

        Its settings are not read, so that a bad one keeps nobody from seeing how a run stands.
        PreconditionError where there is no repository that can be used.
        """
        from agentrelay.app.place import place_at  # noqa: PLC0415 - the help needs no repository

        return place_at(self.folder, self.environ)
