"""Reads a settings file: TOML with known keys, all problems at once and with their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentrelay._shared.text import Spelling, printable, quoted
from agentrelay.config.setting_kinds import SettingKind
from agentrelay.errors import SettingsError
from agentrelay.graph.problem import Position, Problem

MAX_BYTES = 1024 * 1024

_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


class SettingsFileError(SettingsError):
    """A settings file can't be used; carries every problem that was found in it."""

    def __init__(self, path: str, source: str, problems: Sequence[Problem]) -> None:
        """Keep the file's name, its text, and its problems (at least one)."""
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{path} has {count}: {printable(problems[0].message)}")
        self.path = path
        self.source = source
        self.problems = tuple(problems)


def read_settings_file(
    path: Path, kinds: Mapping[str, SettingKind], elsewhere: Mapping[str, str] | None = None
) -> Mapping[str, object]:
    """Return the values in the file at ``path`` by key; none where there is no file.

    Those of ``elsewhere`` may not stand here, but in the file that it names.

    Raises:
        SettingsFileError: with all problems of the file.
        SettingsError: where the file can't be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"can't read {path}: {error.strerror}") from error
    text = data.decode("utf-8-sig", errors="replace")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsFileError(str(path), text, [_syntax_problem(error)]) from error
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for name, value in table.items():
        if name not in kinds:
            problems.append(_unknown(name, text, kinds))
            continue
        if name in (elsewhere or {}):
            problems.append(_misplaced(name, text, (elsewhere or {})[name]))
            continue
        try:
            values[name] = kinds[name].check(value)
        except ValueError as error:
            where = _position(text, name)
            problems.append(
                Problem(SettingsError.code, f"{quoted(name)} {error}", where, "not usable")
            )
    if problems:
        raise SettingsFileError(str(path), text, problems)
    return values


def _unknown(name: str, text: str, known: Mapping[str, SettingKind]) -> Problem:
    return Problem(
        SettingsError.code,
        f"there is no setting {quoted(name)}",
        _position(text, name),
        "unknown key",
        Spelling(known).hint(name) or f"there are {', '.join(known)}",
    )


def _misplaced(name: str, text: str, place: str) -> Problem:
    return Problem(
        SettingsError.code,
        f"{quoted(name)} is a setting of yours, which no repository may make",
        _position(text, name),
        "not here",
        f"move it to {place}",
    )


def _syntax_problem(error: Exception) -> Problem:
    message = str(error) or "nested too deep"
    at = _AT.search(message)
    where = Position(int(at[1]), int(at[2])) if at else None
    return Problem(SettingsError.code, f"the file is no TOML: {_AT.sub('', message)}", where)


def _position(text: str, name: str) -> Position | None:
    """Return the first line that begins with the key: the TOML reader gives no positions."""
    key = re.compile(rf"\s*\[*\s*[\"']?({re.escape(name)})(?![\w-])")
    for number, line in enumerate(re.split(r"\r\n|\n", text), 1):
        match = key.match(line)
        if match:
            return Position(number, match.start(1) + 1, len(name))
    return None
