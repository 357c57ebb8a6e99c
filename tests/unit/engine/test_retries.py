"""What may pass by itself is tried again before it counts as failed; everything else is told."""

from __future__ import annotations

import pytest

from agentrelay.engine.retrying import retried
from agentrelay.errors import GitError


def test_a_transient_failure_passes_and_is_not_told() -> None:
    answers = iter([GitError("the network is down", transient=True), {"done": True}])

    def act() -> dict[str, object]:
        answer = next(answers)
        if isinstance(answer, GitError):
            raise answer
        return answer

    assert retried(act) == {"done": True}


def test_a_final_failure_is_told_at_once() -> None:
    tried: list[int] = []

    def act() -> dict[str, object]:
        tried.append(1)
        raise GitError("refused")

    with pytest.raises(GitError, match="refused"):
        retried(act)
    assert tried == [1]
