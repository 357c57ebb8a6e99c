"""The format of the graph file as tables in Markdown, for people and for agents that write one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from agentrelay.config.schema import graph_schema

RULES = """\
An unknown key is an error with a suggestion; duplicate keys, tags and aliases are refused, and so
is a bare `no` or `on` where a text is meant. Durations are `90s`, `10m`, `1h30m`, or `none`.
A `run` that is a list is an argv and never meets a shell; one that is a text is one line for
`sh -c`.

Ids are 1 to 100 letters, digits, `.`, `_` and `-`, beginning with a letter or digit, and differ
also under case folding. Nested workstreams and `max_parallel` above 1 are read and checked; `run`
refuses them for now.
"""
"""What holds of all keys."""


def format_tables() -> str:
    """Return every key of the graph file with its kind and meaning: a table for each mapping."""
    return "\n".join(_tables(graph_schema("2020-12"), "Top level", set())) + "\n"


def _tables(schema: Mapping[str, Any], title: str, told: set[tuple[str, ...]]) -> Iterator[str]:
    """Give a table of the schema's keys, then one for each mapping in it, each but once.

    ``told`` has the mappings that have their table: the key of each, and the keys in it.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    yield f"\n## {title}\n"
    yield "| key | value | meaning |\n|---|---|---|"
    required = schema.get("required", [])
    for key, value in properties.items():
        must = " (required)" if key in required else ""
        yield f"| `{key}`{must} | {_kind(value)} | {value.get('description', '')} |"
    for key, value in properties.items():
        inner = _inner(value)
        if inner is None:
            continue
        mapping = (key, *inner["properties"])
        if mapping not in told or title == "Top level":
            is_another = any(other[0] == key and other != mapping for other in told)
            told.add(mapping)
            where = " of a graph or workstream" if is_another else ""
            yield from _tables(inner, f"`{key}`{where}", told)


def _inner(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    candidates: tuple[object, ...] = (value, value.get("items"), value.get("additionalProperties"))
    shapes = [cast("Mapping[str, Any]", each) for each in candidates if isinstance(each, Mapping)]
    return next((shape for shape in shapes if shape.get("properties")), None)


def _kind(value: Mapping[str, Any]) -> str:
    if "oneOf" in value:
        return "text or list"
    kind = value.get("type", "value")
    if kind == "array":
        items: Mapping[str, Any] = value.get("items", {})
        return f"list of {_kind(items)}s" if items.get("type") != "object" else "list"
    return _KINDS.get(str(kind), str(kind))


_KINDS = {"string": "text", "boolean": "true or false", "object": "mapping", "integer": "number"}
