"""Plans in Markdown mean what their YAML means, and what is wrong is told at its place."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentrelay.config.given import Given
from agentrelay.config.load import load_graph, parse_graph
from agentrelay.graph import codes
from agentrelay.graph.model import TaskGraph
from agentrelay.graph.problem import GraphError, Problem

CLAUDE = Given(agent="claude")


def load(text: str, name: str = "plan.md") -> TaskGraph:
    """Return the graph of a plan; the YAML that says what it means gives an equal one."""
    loaded = parse_graph(text, name, CLAUDE)
    again = parse_graph(loaded.source, "g.yaml", CLAUDE)
    assert again.graph == loaded.graph
    assert again.stated == loaded.stated
    return loaded.graph


def problems(text: str) -> list[Problem]:
    with pytest.raises(GraphError) as caught:
        load(text)
    return list(caught.value.problems)


def texts(graph: TaskGraph) -> dict[str, str]:
    return {task.id: task.description for task in graph.tasks}


def test_lanes_tasks_keys_and_prose() -> None:
    graph = load("""\
# Shop cart

## api
gate: make test
auto_merge: true

- [ ] spec: Write the spec
- [ ] model: Write the model
  needs: spec
  agent: codex
  gate: pytest -k "a: b" # all of it
  gate: `[ -f model.py ]`
  role: implementer
  paths: {src: [model.py]}

  As the spec says.
## docs
- [ ] guide: Write the guide
  needs: [spec, model]
""")
    api, docs = graph.lanes
    spec, model, guide = graph.tasks
    assert (graph.name, api.id, docs.id) == ("shop-cart", "api", "docs")
    assert (api.auto_merge, [gate.run for gate in api.gates]) == (True, ["make test"])
    assert [spec.workstream_id, model.workstream_id, guide.workstream_id] == ["api", "api", "docs"]
    assert (spec.agent, model.agent, model.role) == ("claude", "codex", "implementer")
    assert model.description == "Write the model\n\nAs the spec says."
    gates = [(gate.name, gate.run) for gate in model.gates]
    assert gates == [("gate-1", 'pytest -k "a: b" # all of it'), ("gate-2", "[ -f model.py ]")]
    assert model.paths == {"src": ("model.py",)}
    assert (model.dependencies, guide.dependencies) == (("spec",), ("spec", "model"))


@pytest.mark.parametrize(
    "item", ["- [ ] {}", "* [ ] {}", "+ [ ] {}", "3. [ ] {}", "1) {}", "7. {}"]
)
def test_what_an_item_looks_like(item: str) -> None:
    text = "\n".join(item.format(title) for title in ("a: One", "b: Two"))
    assert texts(load(text)) == {"a": "One", "b": "Two"}
    assert load(text).lanes[0].id == "default"


def test_numbered_items_are_tasks_only_where_nothing_has_a_box() -> None:
    assert list(texts(load("1. first\n2. second\n- [ ] third\n"))) == ["third"]


def test_without_an_id_a_task_is_called_after_its_title_and_differs_from_all_others() -> None:
    text = "- [ ] Write the Straße!\n- [ ] write the strasse\n- [ ] 日本\n- [ ] task-3: x\n"
    text += "- [ ] **bold**: y\n- [ ] `code`: z\n- [ ] see http://x\n"
    names = ["write-the-strasse", "write-the-strasse-2", "task-3-2", "task-3", "bold", "code"]
    assert list(texts(load(text))) == [*names, "see-http-x"]


def test_what_is_ticked_is_done() -> None:
    graph = load("## a\n- [x] one: x\n## b\n- [X] two: x\n- [ ] three: x\n  needs: one, two\n")
    assert [lane.id for lane in graph.lanes] == ["b"]
    assert [(task.id, task.dependencies) for task in graph.tasks] == [("three", ())]
    (problem,) = problems("- [x] one: x\n")
    assert (problem.code, "ticked" in problem.message) == (codes.NO_TASKS, True)


@pytest.mark.parametrize(
    "settings",
    [
        "---\nname: g\nmax_agents: 2\nagents: {w: {adapter: command, run: x}}\n---\n",
        "# G\n\n```yaml\nname: g\nmax_agents: 2\nagents: {w: {adapter: command, run: x}}\n```\n",
    ],
)
def test_keys_of_the_graph(settings: str) -> None:
    text = settings + "- [ ] a: A\n  agent: w\n"
    loaded = parse_graph(text, "plan.md")
    assert (loaded.graph.name, loaded.stated) == ("g", {"max_agents": 2})
    assert load(text).agents["w"].run == "x"


def test_names_come_from_the_heading_or_the_file(tmp_path: Path) -> None:
    path = tmp_path / "My plan.MD"
    path.write_text("\ufeff- [ ] a: A\r\n  needs: b\r\n- [ ] b: B\r\n", newline="")
    assert load_graph(path, CLAUDE).graph.name == "my-plan"
    assert load("# v1.2\n- [ ] a: A").name == "v1.2"
    assert load("- [ ] a: A", "日本.md").name == "plan"


def test_code_and_inner_lists_are_prose() -> None:
    prose = """\
First do this:

```make
needs: nope
\tgate: nope
- [ ] not-a-task
```

- [ ] a step
  agent: nope
1. one
   needs: nope

Second."""
    lines = "".join(f"  {line}\n" if line else "\n" for line in prose.split("\n"))
    graph = load(f"- [ ] a: A\n{lines}  role: reviewer\n- [ ] b: B\n")
    assert texts(graph) == {"a": f"A\n\n{prose}", "b": "B"}
    assert graph.tasks[0].role == "reviewer"
    assert graph.tasks[0].gates == ()


def test_tabs_indent_and_lines_that_go_on_belong_to_the_task() -> None:
    graph = load("-\t[ ] a: A\n\tneeds: b\n\tand\n\t\tdeeper\nlazy\n\nout\n* [ ] b: B\n  ----\nx\n")
    assert texts(graph) == {"a": "A\n\nand\n\tdeeper\nlazy", "b": "B\n\n----\nx"}
    assert graph.tasks[0].dependencies == ("b",)


def test_what_is_for_people_is_left_out() -> None:
    text = "## Context\n- [x] done\n- bullet\n<!--\n- [ ] hidden: x\n-->\n```\n- [ ] code: x\n```\n"
    text += "### Deeper #\n## lane ##\n\nneeds: prose\n- [ ] a: A\n---\n  stray\n"
    graph = load(text.replace("needs: prose", "Prose."))
    assert [lane.id for lane in graph.lanes] == ["lane"]
    assert texts(graph) == {"a": "A"}


def test_tasks_before_the_first_lane_are_in_the_default_lane() -> None:
    graph = load("- [ ] a: A\n## later\n- [ ] b: B\n")
    assert [(task.id, task.workstream_id) for task in graph.tasks] == [
        ("a", "default"),
        ("b", "later"),
    ]


def test_a_value_may_be_a_block_below_its_key() -> None:
    graph = load(
        "- [ ] a: A\n  limits:\n    idle: 3m\n\n    tokens: 7\n\n  needs:\n  - b\n- [ ] b: B\n"
    )
    assert (graph.tasks[0].limits.idle, graph.tasks[0].limits.tokens) == (180.0, 7)
    assert graph.tasks[0].description == "A\n\n- b"
    assert load("- [ ] a: A\n  needs:\n    - b\n- [ ] b: B").tasks[0].dependencies == ("b",)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("- [ ] a: A\n  needs: b, nope\n- [ ] b: B", codes.UNKNOWN_DEPENDENCY, 2, 13),
        ("# x\r\n- [ ] a: A\r\n\tagent: nobody", codes.UNKNOWN_AGENT, 3, 9),
        ("- [ ] a: A\n  need: b", codes.UNKNOWN_KEY, 2, 3),
        ("- [ ] a: A\n  depends_on: b", codes.UNKNOWN_KEY, 2, 3),
        ("- [ ] a: A\n  id: b", codes.UNKNOWN_KEY, 2, 3),
        ("- [ ] a: A\n- [ ] A: B", codes.DUPLICATE_ID, 2, 7),
        ("- [ ] a: A\n  gate:", codes.WRONG_TYPE, 2, 8),
        ("- [ ] a: A\n  gate: x\n  gates: []", codes.DUPLICATE_KEY, 3, 3),
        ("- [ ] a: A\n  gate: x\n  completion_gate: y", codes.TWO_GATE_FORMS, 1, 7),
        ("- [ ] a: A\n  paths: {x: [}", codes.SYNTAX, 2, 15),
        ("- [ ] a: A\n  paths:\n    x: &y [a]\n    z: *y", codes.YAML_FEATURE, 3, 8),
        ("- [ ] a: A\n  max_attempts: 0", codes.OUT_OF_RANGE, 2, 17),
        ("- [ ] a: A\n  needs: b\n- [ ] b: B\n  needs: a", codes.TASK_CYCLE, 2, 10),
        ("- [ ] a:", codes.EMPTY_DESCRIPTION, 1, 9),
        ("- [ ] ok: x\n- [ ] a..b: A", codes.BAD_ID, 2, 7),
        ("## a\n- [ ] x: x\n## a\n- [ ] y: y", codes.DUPLICATE_ID, 3, 4),
        ("## a\nauto_merge: maybe\n- [ ] x: x", codes.WRONG_TYPE, 2, 13),
        ("---\ncolour: red\n---\n- [ ] a: A", codes.UNKNOWN_KEY, 2, 1),
        ("x\n```yaml\ndefaults: {agent: nobody}\n```\n- [ ] a: A", codes.UNKNOWN_AGENT, 3, 19),
        ("---\ntasks: []\n---\n- [ ] a: A", codes.DUPLICATE_KEY, 1, 1),
        ("- [ ] a: A\n  ```\n  x\n- [ ] b: B\n  ```", codes.SYNTAX, 2, 3),
        ("- [ ] a: A\n<!-- x\n", codes.SYNTAX, 2, 1),
        ("- [ ] a: \x1b[2J", codes.SYNTAX, 1, 10),
    ],
)
def test_problems_are_told_at_their_place(text: str, code: str, line: int, column: int) -> None:
    found = [
        (each.code, each.position.line, each.position.column)
        for each in problems(text)
        if each.position
    ]
    assert (code, line, column) in found


@pytest.mark.parametrize("text", ["", "\n", "# Title\n", "prose", "- bullet\n", "---\n---\n"])
def test_a_plan_without_tasks_says_how_one_is_written(text: str) -> None:
    (problem,) = problems(text)
    assert problem.code == codes.NO_TASKS
    assert "- [ ] id: title" in problem.help


WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff\ufeff")
    | st.sampled_from(" \t:#-*`>[]|'\"\\&!%@{}"),
    max_size=30,
)
LINES = st.one_of(
    st.builds("- [ ] {}".format, WORDS),
    st.builds("- [x] {}".format, WORDS),
    st.builds("## {}".format, WORDS),
    st.builds("  {}".format, WORDS),
    st.builds("  gate: {}".format, WORDS),
    st.builds("    - {}".format, WORDS),
    st.builds("  env: {{A: {}}}".format, WORDS),
    st.builds("  env:\n    A: {}".format, WORDS),
    st.sampled_from(["", "  ```", "\t```", "  needs: a", "  gate: x", "  max_attempts: 3", "1. x"]),
    WORDS,
)


@given(lines=st.lists(LINES, max_size=12), end=st.sampled_from(["\n", "\r\n", "\r"]))
@example(["  gate: a\u2028b", "  x\u2029y"], "\n")
@example(["   gate: x", "     \xa0y", "  z "], "\n")
@example(["  env: {A: 0\xa0}"], "\n")
def test_the_yaml_of_a_plan_means_the_same(lines: list[str], end: str) -> None:
    text = end.join(["- [ ] a: A", *lines])
    found: tuple[Problem, ...] = ()
    try:
        load(text)
    except GraphError as error:
        found = error.problems
    lines_there = text.count("\n") + text.count("\r") + 1
    assert all(each.position is None or each.position.line <= lines_there for each in found)


@pytest.mark.parametrize(
    "part",
    [
        "- [ ] same title\n",
        "# " + "#" * 50 + "\n",
        "x: y\n",
        "```\n",
        "  needs:\n",
        "~" * 9 + "`\n",
        "\n",
    ],
)
def test_a_large_plan_is_read_in_a_time_in_proportion(part: str) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        with suppress(GraphError):
            parse_graph("- [ ] a: A\n" + part * count, "plan.md", CLAUDE)
        return time.process_time() - begun

    seconds(100)
    assert seconds(8_000) < 40 * max(0.05, seconds(800))
