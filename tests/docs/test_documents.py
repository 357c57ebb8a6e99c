"""What the documents say is run, or compared with the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentrelay.config.given import Given
from agentrelay.config.load import parse_graph
from agentrelay.task.core.templates import PLACEHOLDERS, flaws

TOP = Path(__file__).resolve().parents[2]


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, TOP / "tools" / "reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_graph_of_the_readme_is_a_good_one() -> None:
    readme = (TOP / "README.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        graph = parse_graph(block, "shop.yaml").graph
        assert [lane.id for lane in graph.lanes] == ["api", "docs"]


def test_the_plan_of_the_how_to_is_a_good_one() -> None:
    page = (TOP / "docs" / "how-to" / "plans.md").read_text()
    (block,) = re.findall(r"```markdown\n(.*?)\n```", page, re.DOTALL)
    graph = parse_graph(block, "shop.md", Given(agent="claude")).graph
    assert (graph.name, [lane.id for lane in graph.lanes]) == ("shop-cart", ["api", "docs"])
    needs = {task.id: task.dependencies for task in graph.tasks}
    assert needs == {
        "model": (),
        "write-the-endpoint": ("model",),
        "guide": ("write-the-endpoint",),
    }


def test_the_page_on_instructions_has_every_placeholder_and_a_good_template() -> None:
    page = (TOP / "docs" / "how-to" / "instructions.md").read_text()
    (template,) = re.findall(r"```markdown\n(.*?)```", page, re.DOTALL)
    assert list(flaws(template)) == []
    listed = re.findall(r"^\| `\{\{(\w+)\}\}`", page, re.MULTILINE)
    assert tuple(listed) == PLACEHOLDERS


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(page: str) -> None:
    text = (TOP / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (TOP / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_modules_that_are_named_exist(page: str) -> None:
    text = (TOP / page).read_text()
    for name in re.findall(r"`((?:src/agentrelay/)?[a-z_]+/[a-z_/]+\.py)`", text):
        path = name if name.startswith(("src/", "tests/")) else f"src/agentrelay/{name}"
        assert (TOP / path).exists() or (TOP / "tests" / name).exists(), f"{page} names {name}"
