"""The command adapter, and the table of adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.agent.core.adapter import Completion, TurnEvidence, TurnRequest, TurnResult
from agentrelay.agent.implementations import PLANNED, require_adapter
from agentrelay.agent.implementations.command import CommandAdapter
from agentrelay.errors import AgentError, UnknownNameError
from agentrelay.executor.core.executor import Ending

ADAPTER = CommandAdapter()


def request(run: tuple[str, ...] | str | None) -> TurnRequest:
    return TurnRequest("t", 1, 1, Path("/w"), Path("/i"), None, {}, run=run)


def judge(
    ending: str,
    exit_code: int | None = None,
    signal: int | None = None,
    completion: Completion = Completion.NONE,
) -> TurnResult:
    evidence = TurnEvidence(ending, exit_code, signal, completion, "why", Path("/o"))
    return ADAPTER.judge(evidence).result


def test_only_a_line_meets_a_shell() -> None:
    assert ADAPTER.launch(request("a b; c")).argv == ("sh", "-c", "a b; c")
    assert ADAPTER.launch(request(("a", "b; c"))).argv == ("a", "b; c")


@pytest.mark.parametrize("run", [None, "", ()])
def test_an_agent_without_command_is_an_error(run: tuple[str, ...] | str | None) -> None:
    with pytest.raises(AgentError, match='task "t" has no command'):
        ADAPTER.launch(request(run))


@pytest.mark.parametrize("ending", [ending.value for ending in Ending])
def test_the_agents_own_word_comes_first(ending: str) -> None:
    assert judge(ending, 1, completion=Completion.DONE) is TurnResult.DONE
    assert judge(ending, 0, completion=Completion.FAILED) is TurnResult.FAILED


def test_the_reason_of_a_fail_is_kept() -> None:
    evidence = TurnEvidence("exited", 0, None, Completion.FAILED, "no disk", Path("/o"))
    assert ADAPTER.judge(evidence).reason == "no disk"


def test_without_a_word_the_end_decides() -> None:
    assert judge("exited", 0) is TurnResult.DONE
    assert judge("exited", 3) is TurnResult.FAILED
    assert judge("exited", signal=9) is TurnResult.CRASHED
    assert judge("lost") is TurnResult.LOST
    assert judge("not_started") is TurnResult.FAILED
    assert judge("stopped", 0) is TurnResult.STOPPED
    for limit in ("start_limit", "idle_limit", "wall_limit"):
        assert judge(limit, 0) is TurnResult.STALLED


def test_the_command_adapter_is_found_by_name() -> None:
    assert isinstance(require_adapter("command"), CommandAdapter)


@pytest.mark.parametrize("name", sorted(PLANNED))
def test_a_planned_adapter_is_named_as_such(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f'"{name}" comes with a later version'):
        require_adapter(name)


def test_an_unknown_adapter_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError) as caught:
        require_adapter("comand")
    assert caught.value.hint == 'did you mean "command"? available: command'
