"""The graph that is kept beside a run's file is used only where it fits that file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.graph.build import graph

from agentrelay.engine.built_graph import find_built, keep_built
from agentrelay.engine.layout import RunFolders
from agentrelay.graph.model import TaskGraph

SOURCE = "name: g  # the text, ünchanged\n"


@pytest.fixture
def run(tmp_path: Path) -> RunFolders:
    run = RunFolders(tmp_path)
    run.graph_file.write_text(SOURCE, encoding="utf-8")
    return run


@pytest.fixture
def kept(run: RunFolders) -> TaskGraph:
    built = replace(graph("api: one two<one", "docs: guide<two"), digest="d1")
    keep_built(run, SOURCE, built)
    return built


def test_the_graph_is_found_as_it_was_built(run: RunFolders, kept: TaskGraph) -> None:
    assert find_built(run, "d1") == kept


@pytest.mark.usefixtures("kept")
def test_a_graph_of_another_digest_is_none(run: RunFolders) -> None:
    assert find_built(run, "d2") is None


@pytest.mark.usefixtures("kept")
def test_a_file_that_was_edited_since_is_read_anew(run: RunFolders) -> None:
    run.graph_file.write_text(SOURCE.replace("text", "word"), encoding="utf-8")
    assert find_built(run, "d1") is None


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n{}", b"12 0\n{}", b"torn"])
def test_what_is_no_built_graph_is_passed_over(run: RunFolders, content: bytes) -> None:
    run.built_graph.write_bytes(content)
    assert find_built(run, "d1") is None
    run.built_graph.unlink()
    assert find_built(run, "d1") is None


@pytest.mark.usefixtures("kept")
def test_a_torn_graph_is_passed_over(run: RunFolders) -> None:
    content = run.built_graph.read_bytes()
    run.built_graph.write_bytes(content[: len(content) // 2])
    assert find_built(run, "d1") is None
