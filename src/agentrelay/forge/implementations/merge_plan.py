"""Whether a commit is the merge that a plan says, the same for every forge."""

from __future__ import annotations

from agentrelay.errors import ForgeError
from agentrelay.forge.core.forge import MergePlan
from agentrelay.gitio.commits import Commit


def require_merge(plan: MergePlan, commit: Commit | None) -> Commit:
    """Return ``commit``; ForgeError unless it merges the plan's head into its base, or is that."""
    wanted = (plan.base_tip,) if plan.forward else (plan.base_tip, plan.head)
    is_head = commit is not None and commit.oid == plan.head
    if commit is None or commit.parents != wanted or is_head != plan.forward:
        raise ForgeError(f"{plan.commit} is no merge of {plan.head} into {plan.base_tip}")
    return commit
