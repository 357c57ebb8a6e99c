"""When a refused account is asked again, and by whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agentrelay.agent.core.accounts import (
    FIRST_WAIT,
    LAST_WAIT,
    PROVEN,
    TRIES,
    Asking,
    Pause,
    Refusal,
    Turn,
    shown_account,
)
from agentrelay.agent.core.login import account_of
from agentrelay.agent.core.report import TurnResult
from agentrelay.agent.implementations import require_adapter
from agentrelay.agent.implementations.accounts import FileAccounts

ACCOUNT = "claude-0123456789ab"
A, B, C = (Turn(f"/runs/{name}", "shop", name) for name in "abc")
SOMEBODY = Asking()
LIMIT, OVERLOAD = Refusal(TurnResult.RATE_LIMITED), Refusal(TurnResult.OVERLOADED)
LOGIN = Refusal(TurnResult.AUTHENTICATION)


class World:
    """A clock that is set by hand, and the folders of turns that run."""

    def __init__(self, folder: Path) -> None:
        self.time = 1_000_000.0
        self.live: set[Path] = set()
        self.folder = folder
        self.accounts = self.other_process()

    def now(self) -> float:
        return self.time

    def other_process(self) -> FileAccounts:
        return FileAccounts(self.folder, self, lambda folder: folder in self.live)

    def enters(self, turn: Turn, asking: Asking = SOMEBODY) -> bool:
        """Let a turn be started on the account, from any process, if it may."""
        goes = self.other_process().enter(ACCOUNT, turn, asking) is None
        if goes:
            self.live.add(Path(turn.folder))
        return goes

    def refuse(self, turn: Turn, refusal: Refusal = LIMIT) -> Pause:
        self.live.discard(Path(turn.folder))
        return self.accounts.refuse(ACCOUNT, turn, refusal)

    def answer(self, turn: Turn) -> None:
        self.live.discard(Path(turn.folder))
        self.accounts.leave(ACCOUNT, turn, answered=True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_none_is_started_into_a_limit_and_all_are_once_its_time_has_come(world: World) -> None:
    assert world.enters(A)
    pause = world.refuse(A, Refusal(TurnResult.RATE_LIMITED, until=world.time + 600))
    assert pause.wait() == world.time + 600
    assert pause.why("shop") == "rate limited, told to task a"
    assert pause.why("other") == "rate limited, told to task a of graph shop"
    world.time += 598
    assert not world.enters(B)
    world.time += 2
    assert world.enters(B)
    assert world.enters(C)
    assert world.accounts.is_open(ACCOUNT)


def test_without_a_time_one_tries_and_the_others_wait_for_it(world: World) -> None:
    world.refuse(A)
    world.time += FIRST_WAIT
    assert world.enters(B)
    assert not world.enters(C)
    pause = world.accounts.enter(ACCOUNT, C, SOMEBODY)
    assert pause is not None
    assert pause.wait() == world.time + PROVEN
    assert pause.why("shop") == "rate limited; task b tries it"
    world.answer(B)
    assert world.accounts.is_open(ACCOUNT)
    assert world.enters(C)


def test_the_waits_double_up_to_the_last_and_then_a_person_is_asked(world: World) -> None:
    waits: list[float] = []
    pause = world.refuse(A, OVERLOAD)
    while pause.due is not None:
        waits.append(pause.due - world.time)
        world.time = pause.due
        assert world.enters(A)
        pause = world.refuse(A, OVERLOAD)
    assert waits[:6] == [60, 120, 240, 480, 960, LAST_WAIT]
    assert len(waits) == TRIES - 1
    world.time += 10 * LAST_WAIT
    assert not world.enters(B)


def test_turns_that_ran_when_the_limit_was_met_count_as_one(world: World) -> None:
    first = world.refuse(A)
    world.time += 5
    assert world.refuse(B) == first
    assert world.refuse(A) == first
    later = world.time + 3600
    assert world.refuse(C, replace(LIMIT, until=later)).due == later


def test_a_turn_that_tries_and_goes_on_opens_the_account(world: World) -> None:
    world.refuse(A)
    world.time += FIRST_WAIT
    assert world.enters(B)
    world.time += PROVEN
    assert world.enters(C)
    # It is a new limit that it meets then.
    assert world.refuse(B).tries == 1


def test_a_turn_that_tried_and_vanished_holds_nobody_up(world: World) -> None:
    world.refuse(A)
    world.time += FIRST_WAIT
    assert world.enters(B)
    world.live.clear()
    assert not world.enters(C), "it may be about to be started"
    world.time += 31
    assert world.enters(C)


def test_a_turn_that_tries_is_let_in_again_after_a_crash(world: World) -> None:
    world.refuse(A)
    world.time += FIRST_WAIT
    assert world.enters(B)
    assert world.enters(B)
    world.accounts.leave(ACCOUNT, B, answered=False)
    assert world.enters(C)


def test_a_login_that_fails_is_tried_again_only_at_a_person_s_word(world: World) -> None:
    world.refuse(A, LIMIT)
    pause = world.refuse(B, LOGIN)
    assert (pause.due, pause.result) == (None, TurnResult.AUTHENTICATION)
    world.time += 100_000
    assert not world.enters(C)
    assert not world.enters(C, Asking(person=pause.since - 1))
    assert world.enters(C, Asking(person=world.time))
    world.refuse(C, LOGIN)
    assert world.enters(A, Asking(again=True))


def test_a_person_may_have_one_turn_try_before_the_time_that_was_told(world: World) -> None:
    world.refuse(A, replace(LIMIT, until=world.time + 3600))
    assert world.enters(A, Asking(again=True))
    assert not world.enters(B, Asking(again=True))
    world.refuse(A, replace(LIMIT, until=world.time + 3600))
    assert not world.enters(B)


@pytest.mark.parametrize("jump", [-40 * 86_400.0, 40 * 86_400.0])
def test_a_clock_that_jumps_keeps_no_account_closed(world: World, jump: float) -> None:
    world.refuse(A)
    world.time += FIRST_WAIT
    assert world.enters(B)
    world.time += jump
    world.live.clear()
    assert world.enters(C)


@pytest.mark.parametrize("until", [-1.0, 9 * 86_400.0, float("nan")])
def test_a_time_that_makes_no_sense_is_no_time(world: World, until: float) -> None:
    pause = world.refuse(A, replace(LIMIT, until=world.time + until))
    assert (pause.due, pause.told) == (world.time + FIRST_WAIT, False)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1}'])
def test_a_file_that_cannot_be_read_keeps_nobody(world: World, content: str) -> None:
    (world.folder / f"{ACCOUNT}.json").write_text(content)
    assert world.enters(A)


def test_an_account_is_what_the_program_logs_in_with() -> None:
    claude, codex = (require_adapter(name).about for name in ("claude", "codex"))
    home = {"HOME": "/home/ann"}
    by_folder = account_of(claude, home)
    assert by_folder == account_of(claude, {**home, "CLAUDE_CONFIG_DIR": "/home/ann/.claude"})
    by_key = account_of(claude, {**home, "ANTHROPIC_API_KEY": "sk-secret"})
    elsewhere = account_of(
        claude, {**home, "ANTHROPIC_API_KEY": "sk-secret", "ANTHROPIC_BASE_URL": "http://x"}
    )
    named = {by_folder, by_key, elsewhere, account_of(codex, home)}
    assert len(named) == 4
    assert not any("secret" in (name or "") for name in named)
    assert account_of(require_adapter("command").about, home) is None


KEYS = {"ANTHROPIC_API_KEY": "sk-a", "OPENAI_API_KEY": "sk-o"}


@pytest.mark.parametrize(
    ("agent", "claude", "gpt", "own"),
    [
        ("opencode", "anthropic/claude-sonnet-4-5", "openai/gpt-5.5", "My Own/one"),
        ("aider", "sonnet", "gpt-5.5", "My Own/one"),
    ],
)
def test_a_program_with_several_services_has_an_account_with_each(
    agent: str, claude: str, gpt: str, own: str
) -> None:
    about = require_adapter(agent).about

    def name(model: str | None, **changed: str) -> str:
        return account_of(about, {"HOME": "/home/ann", **KEYS, **changed}, model) or ""

    shown = [shown_account(name(model)) for model in (claude, gpt, own, None)]
    assert shown == [f"{agent}-anthropic", f"{agent}-openai", f"{agent}-my-own", agent]
    assert name(claude) == name(claude, OPENAI_API_KEY="sk-another")
    assert name(claude) != name(claude, ANTHROPIC_API_KEY="sk-another")
    # Which of its keys is used nobody knows.
    assert name(None) != name(None, OPENAI_API_KEY="sk-another")
    # Two that differ in what a file's name can't have are two all the same.
    assert name("my-own/one") != name(own)


def test_the_model_of_the_environment_counts_where_the_graph_names_none() -> None:
    aider = require_adapter("aider").about
    env = {"HOME": "/home/ann", **KEYS, "AIDER_MODEL": "opus"}
    assert account_of(aider, env) == account_of(aider, env, "anthropic/claude-opus-4-6")
    assert account_of(aider, env, "o3") != account_of(aider, env)


def test_whether_a_turn_runs_is_looked_at_while_others_come_and_go(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.refuse(A)
    world.time += FIRST_WAIT
    assert world.enters(B)

    def is_live(folder: Path) -> bool:
        del folder
        world.answer(B)
        return True

    looking = FileAccounts(tmp_path, world, is_live)
    assert looking.enter(ACCOUNT, C, SOMEBODY) is None
