"""The graph that `do` writes holds exactly what was asked for, whatever characters are in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrelay.config.load import parse_graph
from agentrelay.interfaces.cli.one_task import Piece, graph_text

TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=60
).filter(lambda text: bool(text.strip()))


@given(text=TEXTS, run=TEXTS, gate=TEXTS)
def test_every_text_comes_through(text: str, run: str, gate: str) -> None:
    piece = Piece(text, "", run, (gate,), "main", auto_merge=True)
    graph = parse_graph(graph_text("do-1", "abc", piece), "g").graph
    (task,) = graph.tasks
    assert task.description == text
    assert graph.agents[task.agent].run == run
    assert [each.run for each in task.gates] == [gate]
    assert graph.lanes[0].auto_merge


@pytest.mark.parametrize("branch", ["feature/x", "yes", "1.0"])
def test_it_starts_from_and_lands_on_the_branch(branch: str) -> None:
    piece = Piece("text", "claude", "", (), branch, auto_merge=False)
    (lane,) = parse_graph(graph_text("do-1", "abc", piece), "g").graph.lanes
    assert lane.spec.base_branch == lane.spec.merge_target_branch == branch
