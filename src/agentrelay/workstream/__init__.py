"""Workstreams (lanes): spec, status, lifecycle protocols and their implementations.

The names here are the public, stable surface. They are imported when first used, so that reading
a spec loads no code that runs git.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentrelay.workstream.core.io import (
        WorkstreamIntegrator,
        WorkstreamPreparer,
        WorkstreamTeardown,
    )
    from agentrelay.workstream.core.runner import (
        StandardWorkstreamRunner,
        WorkstreamRunner,
        WorkstreamRunResult,
    )
    from agentrelay.workstream.core.runtime import (
        TaskSummary,
        WorkstreamArtifacts,
        WorkstreamRuntime,
        WorkstreamState,
        WorkstreamStatus,
    )
    from agentrelay.workstream.core.workstream import WorkstreamSpec
    from agentrelay.workstream.implementations.forge_integrator import ForgeWorkstreamIntegrator
    from agentrelay.workstream.implementations.workstream_integrator import GhWorkstreamIntegrator
    from agentrelay.workstream.implementations.workstream_preparer import GitWorkstreamPreparer
    from agentrelay.workstream.implementations.workstream_teardown import GitWorkstreamTeardown
else:
    _MODULES = {
        "ForgeWorkstreamIntegrator": "implementations.forge_integrator",
        "GhWorkstreamIntegrator": "implementations.workstream_integrator",
        "GitWorkstreamPreparer": "implementations.workstream_preparer",
        "GitWorkstreamTeardown": "implementations.workstream_teardown",
        "StandardWorkstreamRunner": "core.runner",
        "TaskSummary": "core.runtime",
        "WorkstreamArtifacts": "core.runtime",
        "WorkstreamIntegrator": "core.io",
        "WorkstreamPreparer": "core.io",
        "WorkstreamRunResult": "core.runner",
        "WorkstreamRunner": "core.runner",
        "WorkstreamRuntime": "core.runtime",
        "WorkstreamSpec": "core.workstream",
        "WorkstreamState": "core.runtime",
        "WorkstreamStatus": "core.runtime",
        "WorkstreamTeardown": "core.io",
    }

    def __getattr__(name):  # noqa: ANN001, ANN202 - unseen by the type checker, which has the imports
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():  # noqa: ANN202 - as above
        return sorted(__all__)


__all__ = [
    "ForgeWorkstreamIntegrator",
    "GhWorkstreamIntegrator",
    "GitWorkstreamPreparer",
    "GitWorkstreamTeardown",
    "StandardWorkstreamRunner",
    "TaskSummary",
    "WorkstreamArtifacts",
    "WorkstreamIntegrator",
    "WorkstreamPreparer",
    "WorkstreamRunResult",
    "WorkstreamRunner",
    "WorkstreamRuntime",
    "WorkstreamSpec",
    "WorkstreamState",
    "WorkstreamStatus",
    "WorkstreamTeardown",
]
