"""How a pull request is merged so that what lands is what was judged.

Where nothing protects the base branch, the very commit that was judged is pushed to it, with a
lease on the tip that it was made for; GitHub sees that the base has the request's head then, and
marks it merged. Where something does, a push might pass by it with the rights of its owner: so
GitHub merges, with the head that is expected, just after its base was looked at. It makes a commit
of its own then, whose content the caller is to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentrelay.errors import (
    ForgeConflictError,
    ForgeError,
    ForgeUnavailableError,
)
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import (
    BaseMoved,
    HeadMoved,
    InTheWay,
    Merged,
    MergePlan,
    MergeResult,
)
from agentrelay.forge.implementations.github_pulls import GitHubPulls
from agentrelay.forge.implementations.merge_plan import require_merge
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.refs import is_ancestor
from agentrelay.gitio.remote import (
    Pushed,
    PushUpdate,
    Unreachable,
    fetch_branch,
    origin_tip,
    push,
)

MergeBy = Literal["auto", "forge"]

_REFUSALS = (405, 409)
_MARKED_AFTER = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class GitHubMerge:
    """One merge of the pull request ``number`` as ``plan`` says."""

    pulls: GitHubPulls
    merge_by: MergeBy
    number: int
    plan: MergePlan

    def attempt(self) -> MergeResult:
        """Merge once, or say what kept it from that."""
        request = self.pulls.require(self.number)
        (found,) = read_commits(self.pulls.repo.git, [self.plan.commit])
        commit = require_merge(self.plan, found)
        tip = self._tip(request.base_branch)
        if self._has(tip, self.plan.commit):
            return self._pushed()
        if request.status is ChangeRequestStatus.CLOSED:
            raise ForgeConflictError(f"{request.url} is closed")
        if request.status is ChangeRequestStatus.MERGED:
            return self._merged_before(request, tip)
        if request.head != self.plan.head:
            return self._other_head(request)
        if tip != self.plan.base_tip:
            return BaseMoved(tip)
        if self.merge_by == "auto" and not self.pulls.is_protected(request.base_branch):
            return self._push(request)
        return self._ask_for_merge(request, commit)

    def _push(self, request: ChangeRequest) -> MergeResult:
        update = PushUpdate(
            f"refs/heads/{request.base_branch}", self.plan.commit, self.plan.base_tip
        )
        result = push(self.pulls.repo, [update])
        if isinstance(result, Pushed):
            return self._pushed()
        if isinstance(result, Unreachable):
            raise ForgeUnavailableError(f"origin can't be pushed to: {result.reason}")
        tip = self._tip(request.base_branch)
        return InTheWay(result.reason) if tip == self.plan.base_tip else BaseMoved(tip)

    def _pushed(self) -> Merged:
        """Give GitHub some seconds to mark the request: if its branch goes first, it is closed."""
        for pause in _MARKED_AFTER:
            if not self.pulls.is_open(self.number):
                break
            self.pulls.client.pause(pause)
        return Merged(self.plan.commit)

    def _ask_for_merge(self, request: ChangeRequest, commit: Commit) -> MergeResult:
        title, _, text = commit.message.partition("\n\n")
        body = {
            "sha": self.plan.head,
            "merge_method": "merge",
            "commit_title": title.strip(),
            "commit_message": text.strip(),
        }
        path = f"{self.pulls.pull(self.number)}/merge"
        try:
            answer = self.pulls.client.write("PUT", path, body, ok=_REFUSALS)
        except ForgeUnavailableError:
            # It may have been done all the same.
            now = self.pulls.require(self.number)
            if now.status is not ChangeRequestStatus.MERGED:
                raise
            return self._merged_before(now, self._tip(now.base_branch))
        if answer.status in _REFUSALS:
            # Either may say that a branch moved meanwhile, in words alone.
            return self._moved(request, answer.words or "GitHub does not merge it")
        return Merged(answer.json["sha"])

    def _moved(self, request: ChangeRequest, words: str) -> MergeResult:
        now = self.pulls.require(self.number)
        if now.head != self.plan.head:
            return HeadMoved(now.head)
        tip = self._tip(request.base_branch)
        return BaseMoved(tip) if tip != self.plan.base_tip else InTheWay(words)

    def _other_head(self, request: ChangeRequest) -> MergeResult:
        there = origin_tip(self.pulls.repo, f"refs/heads/{request.head_branch}")
        if there == self.plan.head:
            message = f"{request.url} does not show yet what was pushed to it"
            raise ForgeUnavailableError(message)
        return HeadMoved(request.head)

    def _merged_before(self, request: ChangeRequest, tip: str) -> MergeResult:
        commit = request.merge_commit or ""
        if not self._has(tip, commit):
            raise ForgeError(
                f"{request.url} was merged as {commit}, which {request.base_branch} has lost",
                hint="somebody reset the branch; open a new change request",
            )
        return Merged(commit)

    def _has(self, tip: str, commit: str) -> bool:
        """Tell whether a branch has a commit, which may be one that is not here."""
        (known,) = read_commits(self.pulls.repo.git, [commit]) if commit else (None,)
        return known is not None and is_ancestor(self.pulls.repo.git, commit, tip)

    def _tip(self, branch: str) -> str:
        tip = fetch_branch(self.pulls.repo, branch)
        if tip is None:
            raise ForgeError(f"the base branch {branch!r} does not exist")
        return tip
