"""Write the generated pages of docs/reference from the code; with --check, say which are stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agentrelay.config.schema import graph_schema

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"

GRAPH_HEAD = """\
# The graph file

Generated from the JSON Schema that `agentrelay schema` prints. A graph is YAML, or a [plan in Markdown](../how-to/plans.md).
An unknown key is an error with a suggestion; duplicate keys, tags and aliases are refused, and so is a bare `no` or `on` where a text is meant. Durations are `90s`, `10m`, `1h30m`, or `none`.
A `run` that is a list is an argv and never meets a shell; one that is a text is one line for `sh -c`.

Ids are 1 to 100 letters, digits, `.`, `_` and `-`, beginning with a letter or digit, and differ also under case folding.
Nested workstreams and `max_parallel` above 1 are read and checked; `run` refuses them for now.
"""


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    return {
        "graph.md": GRAPH_HEAD
        + "\n".join(_tables(graph_schema("2020-12"), "Top level", set()))
        + "\n"
    }


def _tables(schema: Mapping[str, Any], title: str, told: set[str]) -> Iterator[str]:
    """Give a table of the schema's keys, then one for each mapping in it, each but once."""
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    yield f"\n## {title}\n"
    yield "| key | value | meaning |\n|---|---|---|"
    required = schema.get("required", [])
    for key, value in properties.items():
        must = " (required)" if key in required else ""
        yield f"| `{key}`{must} | {_kind(value)} | {value.get('description', '')} |"
    for key, value in properties.items():
        inner = _inner(value)
        if inner is not None and (key not in told or title == "Top level"):
            told.add(key)
            yield from _tables(inner, f"`{key}`", told)


def _inner(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for candidate in (value, value.get("items"), value.get("additionalProperties")):
        if isinstance(candidate, Mapping) and candidate.get("properties"):
            return candidate
    return None


def _kind(value: Mapping[str, Any]) -> str:
    if "oneOf" in value:
        return "text or list"
    kind = value.get("type", "value")
    if kind == "array":
        items: Mapping[str, Any] = value.get("items", {})
        return f"list of {_kind(items)}s" if items.get("type") != "object" else "list"
    return _KINDS.get(str(kind), str(kind))


_KINDS = {"string": "text", "boolean": "true or false", "object": "mapping", "integer": "number"}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check compare them; the exit code says whether all are current."""
    stale: list[str] = []
    for name, content in pages().items():
        path = DOCS / name
        if not path.is_file() or path.read_text() != content:
            stale.append(name)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
    if stale and "--check" in arguments:
        print(f"stale: {', '.join(stale)}; run: make docs")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
