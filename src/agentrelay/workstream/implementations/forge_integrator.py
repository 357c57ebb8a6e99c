"""Opens a workstream's integration change request on any forge."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from agentrelay._shared.clock import Clock, SystemClock, rfc3339
from agentrelay._shared.ids import new_ulid
from agentrelay.forge.core.change_request import ChangeRequestStatus
from agentrelay.forge.core.forge import Forge, Proposal
from agentrelay.gitio.command import Git
from agentrelay.gitio.refs import require_commit
from agentrelay.workstream.core.integration_body import integration_body, integration_title
from agentrelay.workstream.core.runtime import WorkstreamRuntime


@dataclass
class ForgeWorkstreamIntegrator:
    """Integrates workstreams of the repository at ``repo_path`` through ``forge``.

    ``git`` runs there, where there is one already.
    """

    repo_path: Path
    forge: Forge
    clock: Clock = field(default_factory=SystemClock)
    git: Git | None = None

    def create_integration_pr(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Have one change request from the integration branch to the target, and mark it.

        Merges nothing. One that was merged with this very content is taken as it is. ValueError
        where the workstream has no branch; GitError where the branch is gone.
        """
        branch = workstream_runtime.state.branch_name
        if branch is None:
            raise ValueError(f"workstream {workstream_runtime.spec.id!r} has no branch_name")
        target = workstream_runtime.spec.merge_target_branch
        head = require_commit(self.git or Git(Path(self.repo_path)), f"refs/heads/{branch}")
        found = self.forge.find(branch, target)
        merged = found is not None and found.status is ChangeRequestStatus.MERGED
        if found is None or not (merged and found.head == head):
            now = self.clock.now()
            found = self.forge.ensure(
                Proposal(
                    id=new_ulid(now),
                    title=integration_title(workstream_runtime),
                    body=integration_body(workstream_runtime),
                    head_branch=branch,
                    base_branch=target,
                    head=head,
                    time=rfc3339(now),
                )
            )
        workstream_runtime.mark_pr_created(found.url)
