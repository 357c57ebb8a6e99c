import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from agentrelay.config.keys import GRAPH
from agentrelay.config.kinds import Key, ListOf, MapOf, Record
from agentrelay.config.load import parse_graph
from agentrelay.config.schema import Draft, graph_schema
from agentrelay.graph.problem import GraphError

SHOP = Path("tests/golden/graphs/shop.yaml").read_text()
Validator = jsonschema.Draft7Validator | jsonschema.Draft202012Validator
VALIDATORS = {
    "2020-12": jsonschema.Draft202012Validator,
    "draft-07": jsonschema.Draft7Validator,
}


@pytest.fixture(params=get_args(Draft))
def validator(request: pytest.FixtureRequest) -> Validator:
    schema = graph_schema(request.param)
    VALIDATORS[request.param].check_schema(schema)
    return VALIDATORS[request.param](json.loads(json.dumps(schema)))


def test_the_example_is_valid(validator: Validator) -> None:
    validator.validate(yaml.safe_load(SHOP))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("name: shop", "name: ../shop"),
        ("name: shop", "nam: shop"),
        ("name: shop", "name: 7"),
        ("max_agents: 4", "max_agents: 0"),
        ("max_agents: 4", "max_agents: many"),
        ("timeout: 5m", "timeout: 5 minutes"),
        ("timeout: 5m", "timeout: 300"),
        ("timeout: 5m", "timeout: 0m"),
        ("auto_merge: true", "auto_merge: maybe"),
        ("dependencies: [spec]", "dependencies: spec"),
        ("allow_empty: false", "allow_empty: 0"),
        ("description: Write docs/model.md.", "descripton: Write docs/model.md."),
        ("run: npm ci", "run: []"),
        ("schema_version: 1", "schema_version: 2"),
        ("cost_usd: 5", "cost_usd: 0"),
        ("cwd: .", "cwd: [.]"),
        ("    # completion_gate: python", "    completion_gate: python"),
        ("env_from: [DATABASE_URL]", "env_from: [DATABASE URL]"),
    ],
)
def test_what_is_broken_is_so_for_the_schema_and_for_the_reader(
    validator: Validator, right: str, wrong: str
) -> None:
    assert right in SHOP
    broken = SHOP.replace(right, wrong, 1)
    assert not validator.is_valid(yaml.safe_load(broken))
    with pytest.raises(GraphError):
        parse_graph(broken, "shop.yaml")


def records(
    kind: object, schema: dict[str, Any], path: str = ""
) -> Iterator[tuple[str, Record, dict[str, Any]]]:
    """Yield each record of the reader beside the part of the schema that stands at its place."""
    if isinstance(kind, ListOf):
        yield from records(kind.item, schema["items"], path + "[]")
    elif isinstance(kind, MapOf):
        yield from records(kind.item, schema["additionalProperties"], path + "{}")
    elif isinstance(kind, Record):
        yield path, kind, schema
        for key in kind.keys:
            yield from records(key.kind, schema["properties"][key.name], f"{path}.{key.name}")


def test_schema_and_reader_know_the_same_keys_and_each_is_described() -> None:
    found = {path: (kind, part) for path, kind, part in records(GRAPH, graph_schema())}
    assert {".tasks[]", ".tasks[].gates[]", ".workstreams[].setup", ".agents{}"} <= set(found)
    for kind, part in found.values():
        assert [key.name for key in kind.keys] == list(part["properties"])
        assert part["additionalProperties"] is False
        assert part.get("required", []) == [key.name for key in kind.keys if key.required]
        assert all(about(key, part).endswith((".", ")")) for key in kind.keys)


def about(key: Key, part: dict[str, Any]) -> str:
    return part["properties"][key.name]["description"]


def test_every_key_of_the_schema_is_read() -> None:
    values = {"allow_empty": True, "cwd": "src", "role": "reviewer", "max_attempts": 3}
    properties = graph_schema()["properties"]["tasks"]["items"]["properties"]
    assert set(values) < set(properties)
    task = {"id": "one", "description": "x", "agent": "claude", **values}
    text = json.dumps({"schema_version": 1, "name": "g", "tasks": [task]})
    (read,) = parse_graph(text, "g.json").graph.tasks
    assert {key: getattr(read, key) for key in values} == values
