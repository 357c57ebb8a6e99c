import json
from pathlib import Path

import pytest

from agentrelay.config.guess import GuessedGate, guess_gates
from agentrelay.config.load import parse_graph
from agentrelay.config.starter import MODELINE, starter_graph


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"Makefile": "all:\n\ntest: all\n", "pyproject.toml": "[tool.pytest]"}, ("make", "test")),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, ("python", "-m", "pytest", "-q")),
        ({"pyproject.toml": "[tool.pytest]\n", "uv.lock": ""}, ("uv", "run", "pytest", "-q")),
        ({"tests/test_x.py": ""}, ("python", "-m", "pytest", "-q")),
        (
            {"tests/unit/test_a.py": "", "pyproject.toml": "[project]\nname = 'x'\n"},
            ("python", "-m", "pytest", "-q"),
        ),
        ({"tox.ini": ""}, ("tox",)),
        ({"noxfile.py": ""}, ("nox",)),
        ({"package.json": '{"scripts": {"test": "jest"}}'}, ("npm", "run", "test")),
        (
            {"package.json": '{"scripts": {"test": "jest"}}', "yarn.lock": ""},
            ("yarn", "run", "test"),
        ),
        ({"Cargo.toml": ""}, ("cargo", "test")),
        ({"go.mod": ""}, ("go", "test", "./...")),
    ],
)
def test_the_tests_of_a_repository_are_found(
    tmp_path: Path, files: dict[str, str], argv: tuple[str, ...]
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    gates = guess_gates(tmp_path)
    assert [gate.argv for gate in gates] == [argv]
    assert gates[0].why


@pytest.mark.parametrize(
    "package", ["", "[", "[1]", '{"scripts": {"test": "echo \\"Error: no test specified\\""}}', "7"]
)
def test_nothing_is_guessed_from_nothing(tmp_path: Path, package: str) -> None:
    (tmp_path / "package.json").write_text(package)
    (tmp_path / "Makefile").write_text("test := x\nTEST:\n")
    (tmp_path / "pyproject.toml").write_text("tool = 3")
    assert guess_gates(tmp_path) == []


@pytest.mark.parametrize("branch", ["main", "no", "1.0", "release/2.x", "feature#1", "日本"])
@pytest.mark.parametrize("gates", [[], [GuessedGate("tests", ("make", "test"), "why")]])
def test_the_starter_graph_loads(branch: str, gates: list[GuessedGate]) -> None:
    text = starter_graph("my-repo", gates, branch)
    assert text.startswith(MODELINE)
    (lane,) = parse_graph(text, "g.yaml").graph.lanes
    assert lane.spec.merge_target_branch == branch
    assert [gate.run for gate in lane.gates] == [gate.argv for gate in gates]


def test_several_gates_of_one_repository_have_different_names(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").touch()
    (tmp_path / "Cargo.toml").touch()
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"test": "x"}}))
    gates = guess_gates(tmp_path)
    assert [gate.name for gate in gates] == ["tests", "node tests", "rust tests"]
    assert len(parse_graph(starter_graph("g", gates, "main"), "g").graph.lanes[0].gates) == 3
