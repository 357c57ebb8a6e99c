"""The demo finds packages and tests in the usual layouts of Python projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.config.load import parse_graph
from agentrelay.demo.project import OWN_FAST_TESTS, Project, find_project
from agentrelay.demo.template import LANES, graph_for
from agentrelay.errors import PreconditionError
from agentrelay.graph.order import lane_dependencies

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (
            ["src/shop/__init__.py", "src/shop/cart.py", "tests/test_cart.py"],
            Project("src", ("src/shop",), ("tests",), "tests"),
        ),
        (
            ["shop/__init__.py", "shop/cart.py", "shop/tests/test_cart.py", "docs/__init__.py"],
            Project(".", ("shop",), ("shop/tests",), "shop/tests"),
        ),
        (
            ["b/__init__.py", "a/__init__.py", "a/x.py", "tests/unit/x_test.py", "tests/slow.py"],
            Project(".", ("a", "b"), ("tests/unit",), "tests"),
        ),
        (
            ["shop/__init__.py", "shop/cart.py", "testing/test_cart.py", "tests/__init__.py"],
            Project(".", ("shop",), ("testing",), "tests"),
        ),
    ],
)
def test_layouts(files: list[str], found: Project) -> None:
    assert find_project(files) == found


def test_of_our_own_tests_it_takes_the_fast_ones() -> None:
    own = [
        place if place.endswith(".py") else f"{place}/test_a.py"
        for place in (*OWN_FAST_TESTS, "tests/unit/gitio")
    ]
    sources = ["src/agentrelay/__init__.py", "src/agentrelay/errors.py"]
    assert find_project([*sources, *own]).tests == OWN_FAST_TESTS
    assert find_project([*sources, *own[1:]]).tests == ("tests/unit",)


def test_the_fast_ones_of_our_own_tests_are_there() -> None:
    assert [place for place in OWN_FAST_TESTS if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    "files",
    [
        [],
        ["main.go", "tests/test_x.py"],
        ["shop/__init__.py", "shop/cart.py", "tests/cart.py"],
        ["shop/__init__.py", "shop/_cart.py", "tests/test_cart.py"],
    ],
)
def test_what_is_no_project_for_it_is_refused(files: list[str]) -> None:
    with pytest.raises(PreconditionError) as caught:
        find_project(files)
    assert "agentrelay demo REPO" in caught.value.hint


def test_the_graph_is_valid_and_as_large_as_promised() -> None:
    odd = Project("src", ('src/a "b" $c', "src/d"), ("tests/x: y", "tests/#1"), "tests")
    graph = parse_graph(graph_for(odd), "demo.yaml").graph
    assert tuple(lane.id for lane in graph.lanes) == LANES
    assert len(graph.tasks) == 10
    assert lane_dependencies(graph)["docs"] == {"code", "checks"}
    command = graph.agents["describer"].run
    assert command is not None
    assert command[-2:] == ('src/a "b" $c', "src/d")
    assert graph.lane_by_id["code"].gates[0].run[-2:] == ("tests/x: y", "tests/#1")
