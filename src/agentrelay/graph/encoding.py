"""A graph as JSON that gives the very same graph back, in a small part of the time of its file.

Every JSON object is one of ours: a dataclass with its name under ``is``, or a mapping as pairs, so
that no key of a user can be taken for something else. A JSON list is a tuple. Defaults are
left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from agentrelay.gates.gate import GateSpec
from agentrelay.graph.model import AgentSpec, Lane, Setup, TaskGraph
from agentrelay.task.core.task import Budget, InputFrom, Limits, TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PARTS: Mapping[str, type] = {
    part.__name__: part
    for part in (
        AgentSpec,
        Budget,
        GateSpec,
        InputFrom,
        Lane,
        Limits,
        Setup,
        TaskGraph,
        TaskSpec,
        WorkstreamSpec,
    )
}
"""All that a graph is made of, beside plain values, tuples and mappings."""

_NAME, _PAIRS = "is", "pairs"


def encode_graph(graph: TaskGraph) -> str:
    """Return ``graph`` as JSON, on one line."""
    return json.dumps(_plain(graph), separators=(",", ":"))


def decode_graph(text: str | bytes) -> TaskGraph:
    """Return the graph that was encoded; ValueError where ``text`` is none of this version's."""
    try:
        graph = json.loads(text, object_hook=_revived)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a graph of this version") from error
    if not isinstance(graph, TaskGraph):
        raise ValueError("not a graph of this version")  # noqa: TRY004 - one error for callers
    return graph


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        return {_PAIRS: [[key, _plain(item)] for key, item in pairs]}
    if is_dataclass(value) and not isinstance(value, type):
        return {_NAME: PARTS[type(value).__name__].__name__, **_stated(value)}
    return value


def _stated(part: DataclassInstance) -> dict[str, object]:
    """Return the fields of a part that say something else than their defaults."""
    values = {each.name: getattr(part, each.name) for each in fields(part)}
    defaults = _defaults(type(part))
    return {
        name: _plain(value)
        for name, value in values.items()
        if name not in defaults or defaults[name] != value
    }


@cache
def _defaults(part: type[DataclassInstance]) -> Mapping[str, object]:
    plain = {each.name: each.default for each in fields(part) if each.default is not MISSING}
    made = {
        each.name: each.default_factory()
        for each in fields(part)
        if each.default_factory is not MISSING
    }
    return {**plain, **made}


def _revived(content: dict[str, Any]) -> object:
    if _PAIRS in content:
        return {key: _tuples(value) for key, value in content[_PAIRS]}
    part = PARTS[content.pop(_NAME)]
    return part(**{name: _tuples(value) for name, value in content.items()})


def _tuples(value: object) -> object:
    if type(value) is not list:
        return value
    return tuple(map(_tuples, cast("list[object]", value)))
