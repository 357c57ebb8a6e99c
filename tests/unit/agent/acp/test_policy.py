"""What an agent may do that asks: the least that its work needs, or everything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agentrelay.agent.acp.order import Order, arguments, order_of
from agentrelay.agent.acp.policy import Policy, Wish

BIN = "/opt/agentrelay"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Return the order of a turn in a worktree with a folder ``src``."""
    for name in ("tree/src", "own", "runs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "tree" / "link").symlink_to(tmp_path)
    return Order(
        run=("agent",),
        prompt="Do it.",
        worktree=str(tmp_path / "tree"),
        writable=(str(tmp_path / "own"),),
        readable=(str(tmp_path / "runs"),),
        commands=(("pytest", "-q"), "make check && true", "make lint"),
    )


def refusal(order: Order, kind: str, command: str = "", *paths: str) -> str:
    policy = Policy(order, order.worktree, {"AGENTRELAY_BIN": BIN})
    return policy.refusal(Wish(kind, command, paths=paths))


@pytest.mark.parametrize(
    "line",
    [
        "git add -A && git commit -q -m 'it is done'",
        "git status; git diff | head -5",
        "git log --oneline 2>&1",
        f'{BIN} task done --summary "it is done"',
        "pytest -q tests/test_a.py",
        "make check && true",
        "make lint",
        "git add . && make lint",
        "cd src && cat a.py ../b.py",
        "ls -la src",
        "cat ../runs/instructions.md",
        "pwd",
    ],
)
def test_what_the_work_needs_may_be_run(order: Order, line: str) -> None:
    assert refusal(order, "execute", line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "",
        "rm -rf src",
        "git push",
        "git -c alias.x=!sh x",
        "git config user.name x",
        "git diff --output=/tmp/x",
        "git diff --outp /tmp/x",
        "git",
        "pytest",
        "make check",
        "make lint x",
        "make lint && rm -rf .",
        f"{BIN} retry x",
        "/tmp/agentrelay task done",
        "cat /etc/passwd",
        "cat link/secret",
        "grep -f/etc/passwd x",
        "cd .. && git add x",
        "cd link && git add x",
        "cd none && cat ../own/x",
        "cd src | cat ../../x",
        "cd src; cat ../../runs/x",
        "FOO=bar git add x",
        "git add $(rm -rf .)",
        "git add x > y",
    ],
)
def test_no_other_line_may_be_run(order: Order, line: str) -> None:
    assert refusal(order, "execute", line) == "no command of this task"


def test_a_command_is_judged_in_the_folder_in_which_it_is_run(order: Order) -> None:
    policy = Policy(order, order.worktree, {})
    wish = Wish("execute", "cat ../a.py", cwd="src")
    assert policy.refusal(wish) == ""
    assert policy.refusal(replace(wish, cwd="")) != ""
    assert policy.refusal(replace(wish, command="make lint", cwd="/tmp")) != ""


@pytest.mark.parametrize("kind", ["edit", "delete", "move"])
def test_changes_stay_in_the_worktree(order: Order, tmp_path: Path, kind: str) -> None:
    inside = (f"{order.worktree}/src/new/a.py", "src/b.py", str(tmp_path / "own" / "x"))
    assert refusal(order, kind, "", *inside) == ""
    for path in ("../x", str(tmp_path / "runs" / "x"), "link/x", "/etc/passwd"):
        assert refusal(order, kind, "", "src/a.py", path) == "not in the worktree"
    assert refusal(order, kind) == "not in the worktree"


def test_looks_reach_the_folder_of_the_run(order: Order, tmp_path: Path) -> None:
    for kind in ("read", "search", "other"):
        assert refusal(order, kind, "", "src", str(tmp_path / "runs" / "x")) == ""
        assert refusal(order, kind, "", "/etc/passwd")
        assert refusal(order, kind)


def test_thinking_is_free_and_what_is_unheard_of_is_not(order: Order) -> None:
    assert refusal(order, "think") == ""
    assert {refusal(order, kind) for kind in ("fetch", "switch_mode", "", "x")} == {
        "not needed for the task"
    }


def test_everything_may_be_done_where_the_graph_says_so(order: Order) -> None:
    free = replace(order, bypass=True)
    assert {refusal(free, kind, "rm -rf /") for kind in ("execute", "edit", "fetch", "")} == {""}


def test_an_order_comes_out_as_it_went_in(order: Order) -> None:
    told = replace(order, prompt="--x\n'\"", follow_up="", session="s", model="m", bypass=True)
    assert order_of(arguments(told)) == told


OWN_TOOLS = ["done (agentrelay MCP Server)", "agentrelay_note", "mcp__agentrelay__context"]


@pytest.mark.parametrize("title", OWN_TOOLS)
def test_our_tools_may_be_called_where_the_agent_was_told_of_them(order: Order, title: str) -> None:
    def asks(order: Order, kind: str, title: str) -> str:
        wish = Wish(kind, title, title=title)
        return Policy(order, order.worktree, {"AGENTRELAY_BIN": BIN}).refusal(wish)

    told = replace(order, mcp="http://127.0.0.1:1/mcp")
    assert asks(told, "other", title) == ""
    assert asks(order, "other", title) != ""
    assert asks(told, "execute", title) != ""
    assert asks(told, "other", title.replace("agentrelay", "another")) != ""
