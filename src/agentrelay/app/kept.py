"""What is kept of a task or lane, in every run, found by the names of pins alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from agentrelay._shared.text import Spelling, quoted
from agentrelay.engine.kept import KeptName, kept_name
from agentrelay.errors import UnknownNameError, UsageError
from agentrelay.gitio.command import Git
from agentrelay.gitio.keep import KEEP_PREFIX
from agentrelay.gitio.pins import Pin, all_pins, tips

COMPARED = 200
"""Of more states than these it is not asked whether one contains all the others."""


_STAGE = re.compile(r"\d+-work(-\d+)?")
"""What the pins are called that are made while an agent works."""


@dataclass(frozen=True)
class Kept:
    """A pin, and what its name tells."""

    pin: Pin
    name: KeptName


def all_kept(git: Git) -> list[Kept]:
    """Return everything that is kept and can be given back, the newest first."""
    found = [Kept(pin, kept_name(pin.name)) for pin in all_pins(git)]
    return sorted(found, key=lambda kept: kept.pin.time, reverse=True)


def named(every: list[Kept], text: str, attempt: int | None) -> list[Kept]:
    """Return what ``text`` names: the pins of a task (of one attempt) or a lane, or one pin.

    UnknownNameError where there is none, UsageError where it could name several things.
    """
    pin = text.removeprefix(KEEP_PREFIX)
    exact = [kept for kept in every if kept.pin.name == pin]
    if exact:
        return exact
    names = {name for kept in every for name in kept.name.names}
    meant = sorted(name for name in names if text in _spellings(name))
    if not meant:
        raise _nothing(text, names)
    if len(meant) > 1:
        message = f"{quoted(text)} could be {', '.join(meant)}"
        raise UsageError(message, hint="use one of these names")
    of_it = [kept for kept in every if meant[0] in kept.name.names]
    found = [kept for kept in of_it if attempt in (None, kept.name.attempt)]
    if not found:
        raise UnknownNameError(
            f"nothing is kept of attempt {attempt} of {meant[0]}",
            hint=f"agentrelay recover {meant[0]} --list",
        )
    return found


def the_one(git: Git, found: list[Kept]) -> Kept | None:
    """Return the one state that contains all the others, None where there is none such.

    Of states that were kept several times the newest counts; ``found`` begins with it.
    """
    found = _without_stages(found)
    alike = {(kept.pin.tree, kept.pin.parents): kept for kept in reversed(found)}
    by_commit = {kept.pin.oid: kept for kept in alike.values()}
    if len(by_commit) > COMPARED:
        return None
    last = tips(git, by_commit)
    return by_commit[last[0]] if len(last) == 1 else None


def _without_stages(found: Iterable[Kept]) -> list[Kept]:
    """Leave out what was pinned while an agent worked, where its attempt has a newer state."""
    states: dict[tuple[object, ...], list[Kept]] = {}
    for kept in found:
        name = kept.name
        of_it = states.setdefault((name.graph, name.run, name.lane, name.task, name.attempt), [])
        if not of_it or not _STAGE.fullmatch(name.what):
            of_it.append(kept)
    return sorted(
        (kept for of_it in states.values() for kept in of_it),
        key=lambda kept: kept.pin.time,
        reverse=True,
    )


def _spellings(full: str) -> tuple[str, ...]:
    """Return how a name may be written: ``task:shop/cart`` also as ``shop/cart`` and ``cart``."""
    kind, _, path = full.partition(":")
    name = path.partition("/")[2]
    return full, path, name, f"{kind}:{name}"


def _nothing(text: str, names: Iterable[str]) -> UnknownNameError:
    hint = Spelling({spelt for name in names for spelt in _spellings(name)}).hint(text)
    return UnknownNameError(
        f"nothing is kept of a task or lane {quoted(text)}",
        hint=hint or "agentrelay recover --list shows all that is kept",
    )
