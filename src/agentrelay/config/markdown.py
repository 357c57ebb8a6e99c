"""Makes the document of a graph of a plan in Markdown, so that all that is known of graphs holds.

Each node is where its text stands in the plan; what is wrong with it is told there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from agentrelay._shared.ids import ID_PATTERN, id_problem, slug_of
from agentrelay.config.compose import compose, refused_character
from agentrelay.config.document import Document
from agentrelay.config.keys import SCHEMA_VERSION, TASK, WORKSTREAM
from agentrelay.config.nodes import Pairs, mapping, scalar, sequence
from agentrelay.config.outline import Item, Outline, Section, Title, outline_of
from agentrelay.config.plan_keys import KeyReader, Words
from agentrelay.graph import codes
from agentrelay.graph.model import DEFAULT_LANE
from agentrelay.graph.problem import Problem

ENDINGS = (".md", ".markdown")
"""Endings of the names of files that are plans in Markdown."""

_NEEDS = "what a task waits for is written `needs: a, b`"
TASK_WORDS = Words(
    TASK,
    {
        "id": "the id stands before the title: `- [ ] id: title`",
        "workstream_id": "the lane is the heading above the task: `## lane`",
        "description": "the title and the text below it are the description",
        "after": _NEEDS,
        "blocked_by": _NEEDS,
        "depends": _NEEDS,
        "depends_on": _NEEDS,
        "requires": _NEEDS,
    },
)
LANE_WORDS = Words(WORKSTREAM, {"id": "the heading is the id: `## lane`"})

_NAMED = re.compile(rf"[*`]*(?P<id>{ID_PATTERN})[*`]*:[*`]*(?:[ \t]+|$)")


@dataclass(frozen=True)
class _Name:
    """An id of a plan, and the stretch of the text that says it, or that it is made of."""

    text: str
    start: int
    length: int

    @property
    def node(self) -> ScalarNode:
        """Return a new node: one that stood in two places would be taken for an alias."""
        return scalar(self.start, self.text, self.length)


def compose_plan(text: str, stem: str) -> Document | Problem:
    """Return the document of the plan in ``text``, or what keeps it from being one.

    ``stem`` names the graph where no heading of the first level and no ``name`` does.
    """
    outline = refused_character(text) or outline_of(text)
    if isinstance(outline, Problem):
        return outline
    if not any(map(_is_lane, outline.sections)):
        return _nothing_to_do(outline)
    settings = _settings(text, outline)
    if isinstance(settings, Problem):
        return settings
    keys = KeyReader(text)
    stated = {key.value for key, _ in settings if isinstance(key, ScalarNode)}
    pairs = [*_head(outline, stem, stated), *settings, *_lanes_and_tasks(outline, keys)]
    return Document(text, mapping(0, pairs), tuple(keys.problems))


def _is_lane(section: Section) -> bool:
    return any(not item.is_done for item in section.items)


def _nothing_to_do(outline: Outline) -> Problem:
    if any(section.items for section in outline.sections):
        return Problem(codes.NO_TASKS, "all tasks of the plan are ticked: nothing is left to do")
    help_text = "a task is written `- [ ] id: title`"
    return Problem(codes.NO_TASKS, "the plan has no tasks", help=help_text)


def _settings(text: str, outline: Outline) -> Pairs | Problem:
    """Return the pairs of the front matter, or of the YAML block that stands for it."""
    start, end = outline.settings or (0, 0)
    if not text[start:end].strip():
        return []
    # All before is blanked, so that what YAML finds is found at its place in the plan.
    found = compose(
        re.sub(r"[^\r\n]", " ", text[:start]) + text[start:end], "what is for the graph"
    )
    return found if isinstance(found, Problem) else list(found.root.value)


def _head(outline: Outline, stem: str, stated: set[str]) -> Iterator[tuple[ScalarNode, ScalarNode]]:
    """Give what the settings leave unsaid: the version, and the name by the first heading."""
    if "schema_version" not in stated:
        yield scalar(0, "schema_version"), scalar(0, str(SCHEMA_VERSION), style=None)
    if "name" not in stated:
        title = outline.title or Title(0, stem)
        text = title.text.casefold()
        name = slug_of(text, slug_of(stem.casefold(), "plan")) if id_problem(text) else text
        yield scalar(0, "name"), scalar(title.start, name, len(title.text))


def _lanes_and_tasks(outline: Outline, keys: KeyReader) -> Pairs:
    """Return the lanes, if any is named, and the tasks that are to be done."""
    sections = [section for section in outline.sections if _is_lane(section)]
    has_lanes = any(section.heading is not None for section in sections)
    items = [item for section in outline.sections for item in section.items]
    names = _names([item.title for item in items])
    known = {id(item): name for item, name in zip(items, names, strict=True)}
    done = {known[id(item)].text for item in items if item.is_done}
    lanes: list[MappingNode] = []
    tasks: list[MappingNode] = []
    for number, section in enumerate(sections, 1):
        lane = _lane_name(section, number)
        lanes.append(_lane(section, lane, keys))
        for item in section.items:
            if not item.is_done:
                place = lane if has_lanes else None
                tasks.append(_task(item, known[id(item)], place, done, keys))
    pairs: Pairs = [(scalar(0, "workstreams"), sequence(0, lanes))] if has_lanes else []
    return [*pairs, (scalar(0, "tasks"), sequence(0, tasks))]


def _lane_name(section: Section, number: int) -> _Name:
    heading = section.heading
    if heading is None:
        return _Name(DEFAULT_LANE, 0, 1)
    if id_problem(heading.text) is None:
        return _Name(heading.text, heading.start, len(heading.text))
    name, _ = _split(heading)
    slug = slug_of(heading.text.casefold(), f"lane-{number}")
    return name or _Name(slug, heading.start, len(heading.text))


def _lane(section: Section, name: _Name, keys: KeyReader) -> MappingNode:
    stated = keys.read(section.lines, LANE_WORDS)[0] if section.heading else []
    return mapping(name.start, [(scalar(name.start, "id", name.length), name.node), *stated])


def _task(
    item: Item, name: _Name, lane: _Name | None, done: set[str], keys: KeyReader
) -> MappingNode:
    stated, prose = keys.read(item.lines, TASK_WORDS)
    _, title = _split(item.title)
    start, length = item.title.start, len(item.title.text)
    text = "\n\n".join(part for part in (title.text, prose) if part)
    pairs: Pairs = [(scalar(start, "id", length), name.node)]
    if lane is not None:
        pairs.append((scalar(start, "workstream_id", length), lane.node))
    pairs.append((scalar(start, "description", length), scalar(title.start, text, length)))
    for key, value in stated:
        if key.value == "dependencies" and isinstance(value, SequenceNode):
            # What is ticked is done: nothing waits for it any more.
            value.value = [node for node in value.value if node.value not in done]
        pairs.append((key, value))
    return mapping(start, pairs)


def _names(titles: list[Title]) -> Iterator[_Name]:
    """Give the ids of tasks: what stands before the title, or else is made of it."""
    split = [_split(title)[0] for title in titles]
    taken = {name.text.casefold() for name in split if name is not None}
    again = Counter[str]()
    for number, (name, title) in enumerate(zip(split, titles, strict=True), 1):
        slug = wanted = slug_of(title.text.casefold(), f"task-{number}")
        while name is None and slug in taken:
            again[wanted] += 1
            slug = f"{wanted}-{again[wanted] + 1}"
        taken.add(slug if name is None else name.text.casefold())
        yield name or _Name(slug, title.start, len(title.text))


def _split(title: Title) -> tuple[_Name | None, Title]:
    """Return the id before a title, if there is one, and what follows it."""
    match = _NAMED.match(title.text)
    if match is None:
        return None, title
    name = _Name(match["id"], title.start + match.start("id"), len(match["id"]))
    return name, Title(title.start + match.end(), title.text[match.end() :])
