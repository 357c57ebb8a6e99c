"""What a person is told of a wish: all that it would do, and a name that no other wish has."""

from __future__ import annotations

from typing import Any

import pytest
from acp.schema import ToolCallUpdate

from agentrelay._shared.questions import MAX_TEXT
from agentrelay.agent.acp.policy import Wish
from agentrelay.agent.acp.wishes import Telling, telling, wish_of

AT = [{"path": "/wt"}]


def told(given: object = None, kind: str = "execute", title: str = "Run", **more: Any) -> Telling:
    call = {"toolCallId": "1", "kind": kind, "title": title, "rawInput": given, **more}
    update = ToolCallUpdate.model_validate(call)
    return telling(wish_of(update), title, update.raw_input, real=lambda path: path)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"command": "npm ci", "description": "x", "timeout": 9}, "run npm ci"),
        ({"command": "npm ci", "cwd": "/b"}, "run npm ci (in /b)"),
        ({"command": ["bash", "-lc", "rm -rf ~"]}, "run bash -lc 'rm -rf ~'"),
        ({"command": "npm", "args": ["publish", "a b"]}, "run npm publish 'a b'"),
        ({"command": "npm ci", "env": {"A": "b"}}, 'run npm ci with {"env": {"A": "b"}}'),
        ({"command": "npm ci", "cwd": ["/b"]}, 'run npm ci with {"cwd": ["/b"]}'),
        ({"command": ["npm", 7]}, 'execute: Run at /wt {"command": ["npm", 7]}'),
        ({"script": "npm ci"}, 'execute: Run at /wt {"script": "npm ci"}'),
        ("npm ci", 'execute: Run at /wt "npm ci"'),
        (None, "run Run"),
    ],
)
def test_a_command_is_told_with_all_that_it_is_given(given: object, text: str) -> None:
    assert told(given, locations=AT).text == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"command": ["bash", "-lc", "ls"]}, {"command": ["bash", "-lc", "rm -rf ~"]}),
        ({"command": "npm", "args": ["ci"]}, {"command": "npm", "args": ["publish"]}),
        ({"command": "npm ci"}, {"command": "npm ci", "cwd": "/b"}),
        ({"command": "npm ci"}, {"command": "npm ci", "env": {"A": "b"}}),
        ({"command": "npm ci (in /b)"}, {"command": "npm ci", "cwd": "/b"}),
        ({"script": "ls"}, {"script": "rm -rf ~"}),
    ],
)
def test_another_argument_is_another_wish(one: object, other: object) -> None:
    assert told(one, locations=AT).about != told(other, locations=AT).about


def test_what_an_agent_says_of_a_command_makes_no_other_wish_of_it() -> None:
    one = told({"command": "npm ci", "description": "Install"}, title="a")
    assert one == told({"command": "npm ci", "description": "Install it"}, title="b")


def test_a_long_command_is_cut_and_is_not_taken_for_another_one() -> None:
    one, other = (told({"command": "x" * MAX_TEXT + end}) for end in "ab")
    assert one.text.endswith("more characters]")
    assert len(one.text) <= MAX_TEXT
    assert one.about != other.about


def test_files_are_told_by_their_paths_and_other_wishes_with_their_input() -> None:
    given = {"command": "insert", "to": "/b"}
    files = [{"path": "/a"}, {"path": "/b"}]
    assert told(given, "edit", locations=files).text == "edit /a, /b"
    assert told(None, "edit", locations=files).text == "edit /a, /b"
    shown = '{"command": "insert", "to": "/b"}'
    assert told(given, "move", "Move", locations=files[:1]).text == f"move: Move at /a {shown}"
    assert told(given, "fetch", "Get").text == f"fetch: Get {shown}"
    assert told({"to": "/b"}, "move").about != told({"to": "/c"}, "move").about


def test_where_a_path_leads_is_told_and_is_part_of_the_wish() -> None:
    wish = Wish("edit", paths=("/wt/notes.txt", "/b"))
    here, keys, more = (
        telling(wish, "Edit", real={"/wt/notes.txt": end, "/b": "/b"}.__getitem__)
        for end in ("/wt/notes.txt", "/home/keys", "/home/more")
    )
    assert here.text == "edit /wt/notes.txt, /b"
    assert keys.text == "edit /wt/notes.txt (which is /home/keys), /b"
    assert len({here.about, keys.about, more.about}) == 3
    inside = telling(Wish("execute", "ls", cwd="sub"), "", real=lambda path: f"/wt/{path}")
    assert inside.text == "run ls (in sub (which is /wt/sub))"
