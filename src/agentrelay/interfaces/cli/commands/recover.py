"""``agentrelay recover``: give kept work back, as a branch or a worktree that is new."""

from __future__ import annotations

import os
from pathlib import Path

import click

from agentrelay.app.kept import Kept, all_kept, named, the_one
from agentrelay.app.place import Place
from agentrelay.errors import AgentRelayError, UsageError
from agentrelay.gitio.pins import differences
from agentrelay.gitio.restore import (
    free_branch,
    give_branch,
    give_worktree,
    has_worktree,
    require_free_place,
    take_branch_back,
)
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.kept_text import facts, next_steps, table
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import good, shown

LISTED = 50
"""So many of the newest states are listed."""


@click.command(
    cls=Command,
    effects=("recover",),
    examples=(
        "agentrelay recover cart --list               # what is kept of it, in every run",
        "agentrelay recover cart --attempt 2",
        "agentrelay recover shop/1/api/cart/1/1-rest  # one of the pins that --list names",
        "agentrelay recover cart --worktree ../look   # and look at it in a folder of its own",
    ),
)
@click.argument("name", metavar="[TASK|LANE|PIN]", required=False)
@click.option("--attempt", type=click.IntRange(min=1), metavar="K", help="Of this attempt only.")
@click.option("--list", "lists", is_flag=True, help="Only list what is kept; all of it, unnamed.")
@click.option("--branch", metavar="NAME", help="Name the branch; else it is recovered/....")
@click.option("--worktree", type=click.Path(path_type=Path), metavar="DIR", help="Check it out.")
@options.as_json
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    name: str | None,
    attempt: int | None,
    lists: bool,
    branch: str | None,
    worktree: Path | None,
    as_json: bool,
) -> None:
    """Give back what is kept of a task or lane: uncommitted files, earlier attempts, old branches.

    It becomes a new branch, and with --worktree a new folder with that checked out. Works for
    every run, also when its files are gone. Your checkout, existing branches and the pins
    themselves stay as they are. Where several states are kept, and none has all of the others,
    they are listed, and you name one.
    """
    if name is None and not lists:
        raise UsageError("say what to give back", hint="agentrelay recover --list shows all")
    place = session.place_to_read()
    every = all_kept(place.repo.git)
    found = named(every, name, attempt) if name is not None else every
    if lists:
        _list(place, found, as_json=as_json)
        return
    chosen = the_one(place.repo.git, found)
    if chosen is None:
        if not as_json:
            _list(place, found, as_json=False)
        raise UsageError(
            f"{len(found)} states of {name} are kept, and none has all of the others",
            hint=f"agentrelay recover {found[0].pin.name}",
        )
    folder = Path(os.path.abspath(session.folder / worktree)) if worktree is not None else None
    _give_back(place, chosen, branch, folder, as_json=as_json)


def _list(place: Place, found: list[Kept], *, as_json: bool) -> None:
    newest = found[:LISTED]
    sizes = differences(place.repo.git, [kept.pin for kept in newest])
    if as_json:
        padded = [*sizes, *(None for _ in found[LISTED:])]
        kept = [facts(each, size) for each, size in zip(found, padded, strict=True)]
        echo_json({"schema": 1, "kept": kept})
        return
    if not found:
        click.echo("nothing is kept")
    for line in table(newest, sizes) if found else ():
        click.echo(line)
    if len(found) > LISTED:
        click.echo(f"and {len(found) - LISTED} older ones; --json lists all")


def _give_back(
    place: Place, chosen: Kept, branch: str | None, worktree: Path | None, *, as_json: bool
) -> None:
    repo, oid = place.repo, chosen.pin.oid
    name = branch or free_branch(repo.git, chosen.name.branch, oid)
    # Said once more, after a kill perhaps, it finds what was given back then.
    wanted = None if worktree and has_worktree(repo, worktree, name) else worktree
    if wanted is not None:
        require_free_place(repo, wanted)
    is_new = give_branch(repo.git, name, oid)
    if wanted is not None:
        try:
            give_worktree(repo, wanted, name)
        except AgentRelayError:
            if is_new:
                take_branch_back(repo.git, name, oid)
            raise
    if as_json:
        where = {"worktree": worktree and str(worktree), "branch": name}
        echo_json({"schema": 1, **where, "recovered": facts(chosen, None)})
        return
    verb = "is now" if is_new else "was already"
    click.echo(good(f"{shown(chosen.pin.name)} {verb} branch {shown(name)}"))
    for line in next_steps(chosen, name, worktree):
        click.echo(shown(line))
