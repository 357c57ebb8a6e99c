"""Loads graph files: from text to a validated graph, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from agentrelay._shared.collector import collection_paused
from agentrelay.config.build import Built, build
from agentrelay.config.compose import MAX_BYTES, compose
from agentrelay.config.document import Document
from agentrelay.config.given import Given
from agentrelay.config.keys import GRAPH, SCHEMA_VERSION
from agentrelay.config.markdown import ENDINGS, compose_plan
from agentrelay.config.reading import Reading
from agentrelay.config.written import yaml_of
from agentrelay.errors import FormatError, UsageError
from agentrelay.graph import codes
from agentrelay.graph.digest import digest_of
from agentrelay.graph.draft import Draft
from agentrelay.graph.model import TaskGraph
from agentrelay.graph.problem import GraphError, Position, Problem
from agentrelay.graph.problem import Path as Place
from agentrelay.graph.validate import validate

SETTINGS_IN_GRAPHS = ("max_agents", "max_gates", "max_workstream_depth")


@dataclass(frozen=True)
class LoadedGraph:
    """A graph, its text as YAML, and the file's name as it was given.

    ``source`` is the text of the file, or what a plan in Markdown means. ``stated`` are those of
    the settings that the graph itself says.
    """

    graph: TaskGraph
    source: str
    path: str
    stated: Mapping[str, int]


def load_graph(path: Path, given: Given | None = None) -> LoadedGraph:
    """Return the graph in the file at ``path``.

    Raises:
        UsageError: where there is no such file, or it can't be read.
        GraphError: with all problems, where the file holds no usable graph.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"can't read the graph {path}: {error.strerror}",
            hint="agentrelay init writes an example",
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="replace")
        if len(data) <= MAX_BYTES:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            problem = Problem(
                codes.SYNTAX,
                "the file is not UTF-8 text",
                Position(line, column),
                f"byte 0x{data[error.start]:02x}",
                "save it as UTF-8",
            )
            raise GraphError(str(path), text, [problem]) from error
    return parse_graph(text, str(path), given)


def parse_graph(text: str, name: str, given: Given | None = None) -> LoadedGraph:
    """Return the graph in ``text``; ``name`` is the file's name for messages.

    By its ending, a text is YAML or a plan in Markdown.

    Raises:
        GraphError: with all problems, where the text holds no usable graph.
    """
    given = given or Given()
    text = text.removeprefix("\ufeff")
    is_plan = PurePath(name).suffix.lower() in ENDINGS
    with collection_paused():
        document = _composed(text, PurePath(name).stem if is_plan else None)
        if isinstance(document, Problem):
            raise GraphError(name, text, [document])
        graph, stated, problems = _read(document, given)
        if graph is None or problems:
            raise GraphError(name, text, problems)
        source = yaml_of(document, name) if is_plan else text
    return LoadedGraph(replace(graph, digest=digest_of(graph)), source, name, stated)


def _composed(text: str, stem: str | None) -> Document | Problem:
    """Return the document in ``text``; with a ``stem``, that of a plan."""
    if len(text) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024**2} MiB"
        return Problem(codes.SYNTAX, message)
    return compose(text) if stem is None else compose_plan(text, stem)


def _read(
    document: Document, given: Given
) -> tuple[TaskGraph | None, Mapping[str, int], list[Problem]]:
    reading = Reading(document)
    newer = _newer_version(document)
    if newer is not None:
        return None, {}, [newer]
    values = GRAPH.read(document.root, reading, "graph") if reading.admits(document.root) else None
    if values is None:
        return None, {}, reading.problems
    built = build(values, given)
    stated = {key: values[key] for key in SETTINGS_IN_GRAPHS if values.get(key) is not None}
    return built.graph, stated, _all_problems(reading.problems, built, document, given)


def _all_problems(
    noted: list[Problem], built: Built, document: Document, given: Given
) -> list[Problem]:
    """Return what was noted while reading, and what validation finds.

    Left out is what may only follow from what could not be read, and what is said of a place for
    the second time: many tasks may share one default.
    """
    doubtful = built.doubtful | ({codes.INPUT_NOT_UPSTREAM} if noted else set[str]())
    found = validate(Draft(built.graph, given.adapters, _Places(built, document).locate))
    unique: dict[object, Problem] = {}
    for problem in found:
        if problem.code not in doubtful:
            unique.setdefault((problem.code, problem.position or problem.message), problem)
    return [*noted, *unique.values()]


@dataclass(frozen=True)
class _Places:
    """Finds parts of the built graph in the file, where some entries may have been left out."""

    built: Built
    document: Document

    def locate(self, path: Place) -> Position | None:
        places = {"tasks": self.built.task_places, "workstreams": self.built.lane_places}
        if len(path) > 1 and isinstance(path[1], int) and path[0] in places:
            kept = places[path[0]]
            if path[1] >= len(kept):
                return None
            path = (path[0], kept[path[1]], *path[2:])
        return self.document.locate(path)


def _newer_version(document: Document) -> Problem | None:
    """Return the problem of a file that a later version wrote: nothing else in it can be judged."""
    for key, value in document.root.value:
        text = value.value
        if key.value == "schema_version" and isinstance(text, str) and text.isdecimal():
            if int(text[:9]) <= SCHEMA_VERSION:
                return None
            return Problem(
                FormatError.code,
                f"the graph has format version {text[:9]}, which is newer than this agentrelay",
                document.position_of(value),
                f"this version reads {SCHEMA_VERSION}",
                "use a newer agentrelay",
            )
    return None
