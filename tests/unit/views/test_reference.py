"""The reference pages say what the code does: event types, effects, and status as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.graph.build import graph
from tests.unit.views.stored import stored

from agentrelay.engine.effect import EffectKind
from agentrelay.interfaces.views.run_view import view_of
from agentrelay.journal import event as ev

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def section(title: str) -> set[str]:
    text = (REFERENCE / "events.md").read_text()
    part = text.partition(f"## {title}")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([a-z.]+)`", part, re.MULTILINE))


def as_json(run: SimulatedRun, *, is_held: bool = False) -> Any:
    return json.loads(json.dumps(view_of(stored(run, is_held=is_held)), default=vars))


def test_the_event_types_are_those_of_the_page() -> None:
    assert section("Inputs") == ev.INPUTS
    assert section("Outputs") == ev.OUTPUTS


def test_the_effects_are_those_of_the_page() -> None:
    text = (REFERENCE / "events.md").read_text().partition("## Effects")[2]
    named = set(re.findall(r"`([a-z]+\.[a-z]+)`", text)) - ev.TYPES
    assert named == {kind.value for kind in EffectKind}


def test_status_fits_its_schema_in_every_state() -> None:
    schema = json.loads((REFERENCE / "status.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    run = SimulatedRun(graph("api: a b<a", "docs: c<b"))
    states = [as_json(run)]
    run.start()
    states += [as_json(run), as_json(run, is_held=True)]
    run.request("reject", lane="api", text="no")
    states.append(as_json(run))
    run.request("close", lane="api")
    states.append(as_json(run))
    for state in states:
        jsonschema.validate(state, schema)
    assert [state["state"] for state in states[:2]] == ["interrupted", "waiting"]


def test_a_need_is_of_a_kind_of_which_page_and_schema_tell() -> None:
    schema = json.loads((REFERENCE / "status.schema.json").read_text())
    text = (REFERENCE / "status-json.md").read_text().partition("A kind of `needs_you` is")[2]
    told = set(re.findall(r"`([a-z_]+)`", text.partition("\nWhere there are")[0])) - {"id"}
    assert told == set(schema["$defs"]["need"]["properties"]["kind"]["enum"])
