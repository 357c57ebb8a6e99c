from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agentrelay.config.compose import PythonComposer, compose
from agentrelay.config.document import Document
from agentrelay.config.given import Given, given_by
from agentrelay.config.load import LoadedGraph, load_graph, parse_graph
from agentrelay.config.render import render_problems
from agentrelay.config.settings import load_settings
from agentrelay.errors import UsageError
from agentrelay.graph import codes
from agentrelay.graph.plan import plan_of
from agentrelay.graph.problem import GraphError, Position, Problem

SHOP = Path("tests/golden/graphs/shop.yaml")
HEAD = "schema_version: 1\nname: g\ndefaults: {agent: claude}\n"
MINIMAL = HEAD + "tasks:\n  - {id: one, description: Do it.}\n"


def load(text: str) -> LoadedGraph:
    return parse_graph(text, "g.yaml")


def problems(text: str) -> list[Problem]:
    with pytest.raises(GraphError) as caught:
        load(text)
    return list(caught.value.problems)


def test_the_formats_example_loads_unchanged() -> None:
    graph = load_graph(SHOP, Given(default_branch="trunk")).graph
    spec, model, guide = graph.tasks
    api, docs = graph.lanes
    assert (spec.agent, model.agent, model.limits.cost_usd) == ("author", "modernize", 5.0)
    assert (model.gates[0].timeout, model.gates[0].exclusive) == (300.0, "database")
    assert model.paths == {"src": ("src/shop/model.py",), "test": ("tests/test_model.py",)}
    assert graph.agents["modernize"].run == ("ruff", "check", "--fix", "--select", "UP", ".")
    assert (api.setup.run, api.setup.when_changed) == ("npm ci", ("package-lock.json",))
    integration = "agentrelay/shop/api/integration"
    assert (docs.spec.base_branch, docs.spec.merge_target_branch) == (integration, integration)
    assert guide.dependencies == ("model",)
    assert [lane.id for lane in plan_of(graph).lanes] == ["api-docs", "api"]


def test_without_workstreams_every_task_is_in_the_default_lane_on_the_default_branch() -> None:
    asked = []
    graph = parse_graph(
        MINIMAL, "g", Given(default_branch=lambda: asked.append(1) or "trunk")
    ).graph
    assert [lane.id for lane in graph.lanes] == ["default"] == [graph.tasks[0].workstream_id]
    assert graph.lanes[0].spec.merge_target_branch == "trunk"
    assert asked == [1]


def test_an_adapter_is_an_agent_by_itself_but_a_command_needs_its_program() -> None:
    assert load(MINIMAL).graph.agents["claude"].adapter == "claude"
    for adapter in ("command", "acp"):
        assert [p.code for p in problems(MINIMAL.replace("claude", adapter))] == [codes.NO_RUN]
    assert [p.code for p in problems(MINIMAL.replace("claude", "clade"))] == [codes.UNKNOWN_AGENT]


def test_an_mcp_server_is_refused_where_the_adapter_takes_none() -> None:
    text = f"agents:\n  w:\n    adapter: ADAPTER\n    mcp: true\n{MINIMAL}"
    assert load(text.replace("ADAPTER", "claude")).graph.agents["w"].mcp
    for adapter in ("aider", "gemini"):
        (problem,) = problems(text.replace("ADAPTER", adapter))
        assert (problem.code, problem.position.line) == (codes.NO_MCP, 4)
    own = text.replace("ADAPTER", "gemini\n    isolated: true")
    assert load(own).graph.agents["w"].mcp
    assert [p.code for p in problems(text.replace("ADAPTER", "gemni"))] == [codes.UNKNOWN_ADAPTER]


def test_what_an_agent_may_run_and_asks_for_is_read() -> None:
    keys = "permissions: ask\n    allow: [[npm, test], make all]\n    answer_within: 5m"
    agents = f"agents:\n  w:\n    adapter: acp\n    run: [x]\n    {keys}\n"
    agent = load(f"{agents}{MINIMAL}").graph.agents["w"]
    assert (agent.asks, agent.bypasses_permissions, agent.answer_within) == (True, False, 300.0)
    assert agent.allow == (("npm", "test"), "make all")
    (problem,) = problems(f"{agents}{MINIMAL}".replace("[npm, test]", '["", test]'))
    assert (problem.code, problem.position.line) == (codes.EMPTY_COMMAND, 6)


def test_nobody_is_asked_by_a_program_that_can_t_ask() -> None:
    text = f"agents:\n  w:\n    adapter: claude\n    permissions: ask\n{MINIMAL}"
    (problem,) = problems(text)
    assert (problem.code, problem.position.line) == (codes.ASKS_NOTHING, 4)


def test_the_default_agent_of_the_settings_serves_tasks_that_name_none(tmp_path: Path) -> None:
    text = MINIMAL.replace("defaults: {agent: claude}\n", "")
    assert [p.code for p in problems(text)] == [codes.NO_AGENT]
    settings = load_settings(tmp_path, {"AGENTRELAY_AGENT": "codex"})
    loaded = parse_graph(text, "g", given_by(settings, lambda: "main"))
    assert loaded.graph.tasks[0].agent == "codex"


def test_defaults_lie_below_what_a_task_says_and_limits_and_variables_are_merged() -> None:
    text = """schema_version: 1
name: g
defaults:
  agent: claude
  limits: {idle: 5m, wall: 1h}
  env: {A: "1", B: 2}
  gates: [{name: tests, run: make}]
  max_gate_attempts: 7
tasks:
  - {id: one, description: x, limits: {wall: 2h, start: none}, env: {B: "3"}}
  - {id: two, description: x, completion_gate: make two}
"""
    one, two = load(text).graph.tasks
    assert (one.limits.start, one.limits.idle, one.limits.wall) == (None, 300.0, 7200.0)
    assert one.env == {"A": "1", "B": "3"}
    assert [(g.run, g.max_gate_attempts) for g in one.gates + two.gates] == [
        ("make", 7),
        ("make two", 7),
    ]


def test_a_bare_number_in_an_argv_is_taken_as_written() -> None:
    text = MINIMAL.replace("Do it.", "x, gates: [{name: a, run: [pytest, -n, 4, --v, 1.10]}]")
    assert load(text).graph.tasks[0].gates[0].run == ("pytest", "-n", "4", "--v", "1.10")


@pytest.mark.parametrize("word", ["no", "yes", "On", "OFF", "true", "~", "null", "12", "1e3"])
def test_words_that_yaml_readers_take_for_something_else_are_refused_as_text(word: str) -> None:
    (problem, *_) = problems(MINIMAL.replace("id: one", f"id: {word}"))
    assert problem.code == codes.WRONG_TYPE
    assert "quote it" in problem.help or "value" in problem.help
    if word not in {"~", "null"}:
        assert load(MINIMAL.replace("id: one", f'id: "{word}"')).graph.tasks[0].id == word


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", codes.SYNTAX),
        ("# only a remark", codes.SYNTAX),
        ("- a", codes.SYNTAX),
        ("a: b: c", codes.SYNTAX),
        ("a:\n\t- b", codes.SYNTAX),
        ("a: 'b", codes.SYNTAX),
        ("a: \0", codes.SYNTAX),
        ("a: \ud800", codes.SYNTAX),
        (MINIMAL + "---\n" + MINIMAL, codes.SYNTAX),
        ("[" * 300_000, codes.SYNTAX),
        ("- " * 300_000, codes.SYNTAX),
        ("{a: " * 300_000, codes.SYNTAX),
        ("x" * (8 * 1024 * 1024 + 1), codes.SYNTAX),
        (MINIMAL + "name: twice", codes.DUPLICATE_KEY),
        (MINIMAL.replace("Do it.", "!!python/object/apply:os.system ls"), codes.YAML_FEATURE),
        (MINIMAL.replace("name: g", "name: !!str g"), codes.YAML_FEATURE),
        (MINIMAL.replace("name: g", "name: &g g\nroles: [*g]"), codes.YAML_FEATURE),
        (MINIMAL.replace("name: g", "name: g\nroles: &r [*r]"), codes.YAML_FEATURE),
        (MINIMAL + "<<: {a: b}", codes.YAML_FEATURE),
        (MINIMAL + "? [a]\n: b", codes.YAML_FEATURE),
        (MINIMAL.replace("version: 1", "version: 2"), "AR-FMT-001"),
        (MINIMAL.replace("version: 1", "version: 0"), codes.OUT_OF_RANGE),
        (MINIMAL + "max_agents: 0", codes.OUT_OF_RANGE),
        (MINIMAL.replace("Do it.", "x, limits: {idle: 15}"), codes.BAD_DURATION),
        (MINIMAL.replace("Do it.", "x, limits: {idle: 0s}"), codes.OUT_OF_RANGE),
        (MINIMAL.replace("Do it.", "x, allow_empty: yes"), codes.WRONG_TYPE),
        (MINIMAL.replace("Do it.", '"a\\0b"'), codes.WRONG_TYPE),
        (MINIMAL.replace("Do it.", '" "'), codes.EMPTY_DESCRIPTION),
        (MINIMAL.replace("Do it.", "x, cwd: ../up"), codes.BAD_PATH),
        (MINIMAL.replace("Do it.", "x, gates: [{name: a, run: []}]"), codes.EMPTY_COMMAND),
        (MINIMAL.replace("Do it.", "x, gates: [], completion_gate: x"), codes.TWO_GATE_FORMS),
        (MINIMAL.replace("Do it.", "x, workstream_id: api"), codes.UNKNOWN_WORKSTREAM),
        (HEAD + "tasks: []", codes.NO_TASKS),
        (HEAD, codes.MISSING_KEY),
        (MINIMAL + "workstreams: [{id: a}]", codes.MISSING_KEY),
    ],
)
def test_each_misuse_has_its_one_code(text: str, code: str) -> None:
    found = problems(text)
    assert {problem.code for problem in found} == {code}
    rendered = render_problems("g.yaml", text, found)
    assert f"error[{code}]: " in rendered


def test_what_could_not_be_read_causes_no_further_problems() -> None:
    text = """schema_version: 1
name: g
agents: [broken]
workstreams: [{id: lane}]
tasks:
  - {id: one, description: x, agent: mine, workstreem_id: lane}
  - {description: x, agent: mine, workstream_id: lane}
  - {id: three, description: x, agent: mine, workstream_id: lane, dependencies: [two]}
"""
    assert sorted(problem.code for problem in problems(text)) == [
        codes.UNKNOWN_KEY,
        codes.MISSING_KEY,
        codes.MISSING_KEY,
        codes.WRONG_TYPE,
    ]


def test_a_wrong_default_is_reported_once_and_where_it_stands() -> None:
    text = (
        HEAD.replace("claude", "clode")
        + "tasks:\n"
        + "".join(f"  - {{id: t{i}, description: x}}\n" for i in range(50))
    )
    (problem,) = problems(text)
    assert problem.position == Position(3, 19, 5)


def test_positions_are_right_after_wide_characters_line_ends_and_entries_left_out() -> None:
    text = MINIMAL.replace("Do it.", "日本語, agent: nobody").replace("\n", "\r\n")
    text = text.replace("  - {id", "  - {description: no id here}\r\n  - {id", 1)
    (missing, unknown) = problems("\ufeff" + text)
    assert missing.position == Position(5, 5, 25)
    assert (unknown.position.line, unknown.position.length) == (6, 6)
    assert text.splitlines()[5][unknown.position.column - 1 :].startswith("nobody")


def test_a_file_that_is_missing_or_no_text_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read the graph"):
        load_graph(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="directory"):
        load_graph(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"name: g\nx: \xe9\n")
    with pytest.raises(GraphError) as caught:
        load_graph(tmp_path / "latin.yaml")
    assert caught.value.problems[0].position == Position(2, 4)
    assert (caught.value.code, caught.value.exit_code) == ("AR-GRAPH-000", 2)


def test_without_libyaml_the_same_is_read() -> None:
    for text in (SHOP.read_text(), MINIMAL):
        fast = compose(text)
        slow = Document(text, PythonComposer(text).get_single_node())
        assert isinstance(fast, Document)
        assert content(fast.root) == content(slow.root)
        assert fast.locate(("tasks", 0, "id")) == slow.locate(("tasks", 0, "id"))


def outcome(text: str) -> str:
    """Return the problems as shown, or nothing; whatever else is raised fails the test."""
    try:
        load(text)
    except GraphError as error:
        return render_problems("g.yaml", error.source, error.problems)
    return ""


def content(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value, node.style or "", node.start_mark.index, node.end_mark.index
    parts = (
        node.value if isinstance(node, yaml.SequenceNode) else [e for p in node.value for e in p]
    )
    return type(node), node.start_mark.index, [content(part) for part in parts]


@given(st.text(max_size=200))
@example("a: \x85b")
@example("%YAML 3.0\n---\na: b")
@example("*a : b")
@example("name: *x")
def test_no_text_raises_anything_but_a_graph_error(text: str) -> None:
    shown = outcome(text)
    assert not shown or shown.startswith("error[")


PIECES = st.sampled_from([
    "schema_version", "name", "tasks", "workstreams", "agents", "defaults", "id", "description",
    "dependencies", "gates", "run", "env", "limits", "idle", ": ", ": ", "- ",
    "\n", "\n  ", "\n    ",
    "[", "]", "{", "}", ", ", "1", "10m", "no", "a", "b", '"', "'", "&a ", "*a", "!!str ",
    "|\n", "#", "\t", "é", "\x1b",
])  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_shuffled_graph_raises_anything_but_a_graph_error(text: str) -> None:
    for candidate in (text, HEAD + text, MINIMAL + text):
        assert "\x1b" not in outcome(candidate)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "run", "task", "adapter", "idle", "x"]),
            below,
            max_size=3,
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from([
    "agents", "roles", "max_agents", "defaults", "workstreams", "tasks", "max_workstream_depth"
])  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_no_values_of_the_wrong_kind_raise_anything_but_a_graph_error(
    values: dict[str, object],
) -> None:
    text = yaml.safe_dump({"schema_version": 1, "name": "g", **values})
    outcome(text)
