"""The demo's agents change code as they say, and leave it as good as it was."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from agentrelay.demo.agents.changelog import with_section
from agentrelay.demo.agents.docstrings import AddDocstrings
from agentrelay.demo.agents.final import bases_in, marked_final
from agentrelay.demo.agents.pages import page_text, pages_to_write
from agentrelay.demo.agents.pages_test import MISSING
from agentrelay.demo.agents.sources import modules_of, pages_of


def test_docstrings_are_added_where_there_are_none() -> None:
    before = '''\
class Cart:
    def is_empty(self):
        def inner():
            return True
        return inner()

    def __len__(self): return 0

    def total(self) -> int:
        """Return what to pay."""
        return 0

def add_item(): ...
'''
    transformer = AddDocstrings()
    after = cst.parse_module(before).visit(transformer).code
    assert transformer.added == 2
    assert (
        after.replace('    """What Cart stands for."""\n', "").replace(
            '        """Tell whether: is empty."""\n', ""
        )
        == before
    )


def test_classes_that_nobody_inherits_from_are_final(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import m\nclass Child(m.Parent[int], metaclass=M): ...\n")
    (tmp_path / "broken.py").write_text("class (:\n")
    bases = bases_in(tmp_path.glob("*.py"))
    assert bases == {"Parent"}
    head = '"""M."""\nfrom __future__ import annotations\n\n'
    text = f"{head}class Parent: ...\n\n@done\nclass Child: ...\n"
    changed, count = marked_final(text.encode(), bases)
    assert count == 1
    assert b"class Parent: ...\n\n@final\n@done\nclass Child: ...\n" in changed
    compile(changed, "m.py", "exec")
    assert marked_final(changed, bases) == (changed, 0), "once is enough"


def test_protocols_stay_open() -> None:
    text = b"class Port(Protocol[T]): ...\nclass Base(abc.ABC): ...\n"
    assert marked_final(text, frozenset()) == (text, 0)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    files = {
        "__init__.py": '"""A shop.\n\nMore."""\n',
        "cart.py": 'def total(a: int, *, b=1) -> int:\n    """Return\n    it.\n    """\n',
        "tax/__init__.py": "",
        "tax/rates.py": "class Rate: ...\nclass _Hidden: ...\n",
        "_inner.py": "",
        "__main__.py": "",
        "tests/test_cart.py": "",
    }
    for name, text in files.items():
        target = tmp_path / "src" / "shop" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    monkeypatch.chdir(tmp_path)
    return "src/shop"


def test_only_public_modules_count(package: str) -> None:
    names = [module.name for module in modules_of([package])]
    assert names == ["shop", "shop.cart", "shop.tax", "shop.tax.rates"]


def test_a_page_tells_what_its_modules_offer(package: str) -> None:
    pages = pages_of([package])
    assert list(pages) == ["shop", "shop.cart", "shop.tax"]
    assert page_text(pages["shop"]) == "# shop\n\nA shop.\n"
    assert page_text(pages["shop.cart"]) == (
        "# shop.cart\n\n## `total(a: int, *, b=1)`\n\nReturn it.\n"
    )
    assert page_text(pages["shop.tax"]) == "# shop.tax\n\n# shop.tax.rates\n\n## class `Rate`\n"


def test_a_second_turn_writes_what_the_feedback_names() -> None:
    pages = ["shop", "shop.cart", "shop.tax"]
    assert pages_to_write(pages, "") == ["shop"]
    feedback = f"A gate is red\n    {MISSING} shop.cart shop.tax nonsense\n    1 failed\n"
    assert pages_to_write(pages, feedback) == ["shop.cart", "shop.tax"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# Changelog\n\n## Unreleased\n\n- a\n- b\n"),
        ("# Log\n", "# Log\n\n## Unreleased\n\n- a\n- b\n"),
        ("# Log\n\n## 1.0\n\n- x\n", "# Log\n\n## Unreleased\n\n- a\n- b\n\n## 1.0\n\n- x\n"),
        ("# Log\n\n## [Unreleased]\n\n- x\n", "# Log\n\n## [Unreleased]\n\n- a\n- b\n\n- x\n"),
    ],
)
def test_the_changelog_gets_its_lines(before: str, after: str) -> None:
    assert with_section(before, ["a", "b"]) == after
