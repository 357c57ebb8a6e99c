"""A graph that was encoded comes back as it was, whatever is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from agentrelay.graph.encoding import decode_graph, encode_graph
from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.task.core.task import Limits, TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec

LANE = Lane(WorkstreamSpec("lane"))
PLAIN = {str: "téxt\n", int: 7, float: 1.5, bool: True}


def filled(kind: Any, choice: int) -> Any:
    """Return a value of a kind of which no part is empty; ``choice`` picks of a union."""
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{each.name: filled(hints[each.name], choice) for each in fields(kind)})
    parts = [part for part in get_args(kind) if part not in (type(None), ...)]
    if get_origin(kind) is tuple:
        return tuple(filled(part, choice) for part in parts) * 2
    if get_origin(kind) is Mapping:
        return {"one": filled(parts[1], choice), "two": filled(parts[1], choice)}
    return filled(parts[choice % len(parts)], choice)


@pytest.mark.parametrize("choice", [0, 1])
def test_a_graph_in_which_everything_is_said_comes_back_the_same(choice: int) -> None:
    graph = filled(TaskGraph, choice)
    again = decode_graph(encode_graph(graph))
    assert again == graph
    # A list would equal no tuple, but 1 equals True.
    assert repr(again) == repr(graph)


def test_what_is_unsaid_comes_back_as_the_default_and_no_bound_as_none() -> None:
    tasks = (TaskSpec("a", "lane", "x"), TaskSpec("b", "lane", "x", limits=Limits(None, None)))
    graph = TaskGraph("g", tasks, (LANE,))
    assert decode_graph(encode_graph(graph)) == graph


def test_no_key_of_a_user_is_taken_for_one_of_ours() -> None:
    env = {"is": "TaskGraph", "pairs": "x", "": ""}
    graph = TaskGraph("g", (TaskSpec("one", "lane", "Do.", env=env),), (LANE,))
    assert decode_graph(encode_graph(graph)) == graph


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "{}",
        '{"is":"TaskGraph"}',
        '{"is":"Lane","spec":null}',
        '{"is":"os.system"}',
        '{"is":["x"]}',
        '{"pairs":7}',
        '{"is":"TaskGraph","name":"g","tasks":[],"lanes":[],"later":1}',
        "[" * 100_000,
    ],
)
def test_what_is_no_graph_of_this_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_graph(text)
