"""Agent: writes the test that the reference pages have to pass, before there are any."""

from __future__ import annotations

import sys
from pathlib import Path

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.sources import PAGES, pages_of

MISSING = "no page for:"
"""What the test says before it names the pages that are not there."""

TEXT = '''\
"""Every public module has a heading on the reference page that it belongs to."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[{depth}] / "{folder}"
PAGES = {{
{pages}
}}


def test_every_page_is_there() -> None:
    missing = [page for page in PAGES if not (FOLDER / f"{{page}}.md").is_file()]
    if missing:
        pytest.fail("{missing} " + " ".join(missing), pytrace=False)


@pytest.mark.parametrize("page", PAGES)
def test_modules_have_headings(page: str) -> None:
    text = (FOLDER / f"{{page}}.md").read_text(encoding="utf-8")
    headings = set(text.splitlines())
    assert [name for name in PAGES[page].split() if f"# {{name}}" not in headings] == []
'''


def main() -> None:
    """Write the test to the file that is named first; the rest names the packages."""
    target, *packages = sys.argv[1:]
    pages = pages_of(packages)
    listed = {page: " ".join(module.name for module in on_it) for page, on_it in pages.items()}
    text = TEXT.format(
        depth=len(Path(target).parent.parts),
        folder=PAGES,
        pages="\n".join(f'    "{page}": "{names}",' for page, names in listed.items()),
        missing=MISSING,
    )
    Path(target).write_text(text, encoding="utf-8")
    calls.done(f"a test asks for {len(pages)} pages")


if __name__ == "__main__":
    main()
