"""The command ``agentrelay``: the table of its commands, each loaded when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from agentrelay import __version__
from agentrelay._shared.collector import collection_paused
from agentrelay.errors import PreconditionError
from agentrelay.interfaces.cli.command import write_examples
from agentrelay.interfaces.cli.failure import BROKEN_PIPE, drop_output, exit_code_of
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.undoing import write_effects

if TYPE_CHECKING:
    from agentrelay.engine.seam import Listener


class Entry(NamedTuple):
    """A command: the section of the help it stands in, and its line there.

    Its module is commands/<name>.py, which has it as ``command``.
    """

    section: str
    about: str


START, LOOK, DECIDE, REST = "Start work", "Look", "Decide", "Set up and mend"

COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {
        "init": Entry(START, "Write settings, a schema and an example graph."),
        "do": Entry(START, "Have one piece of work done, without a graph."),
        "draft": Entry(START, "Have an agent write a graph; nothing of it is run."),
        "plan": Entry(START, "Show what a run of a graph would do."),
        "run": Entry(START, "Run a graph, or go on with its run."),
        "resume": Entry(START, "Go on with a run, without its file."),
        "demo": Entry(START, "See it all work, on a scratch clone of a project."),
        "status": Entry(LOOK, "Show what needs you, and how far everything is."),
        "list": Entry(LOOK, "List the graphs that have a run here."),
        "logs": Entry(LOOK, "Show what an agent or a gate printed."),
        "attach": Entry(LOOK, "Watch a task being worked at, turn after turn."),
        "show": Entry(LOOK, "Show all that is known of a task, lane or graph."),
        "explain": Entry(LOOK, "Explain why a task or lane is not done, or an error's code."),
        "diff": Entry(LOOK, "Show what a task or lane changes."),
        "events": Entry(LOOK, "Show the journal of a run."),
        "replay": Entry(LOOK, "Decide again on a run's journal, and compare."),
        "approve": Entry(DECIDE, "Let a lane land, or waive a gate that was red before."),
        "reject": Entry(DECIDE, "Keep a lane from landing, and say why."),
        "retry": Entry(DECIDE, "Give a task or lane another try."),
        "reset": Entry(DECIDE, "Go back to before a task or lane, and all that depends on it."),
        "limit": Entry(DECIDE, "Set what a task, lane or run may cost, in all."),
        "answer": Entry(DECIDE, "Allow or deny what a task's agent asks for while it waits."),
        "send": Entry(DECIDE, "Tell a task's agent something, with its next turn."),
        "take": Entry(DECIDE, "Work on a task yourself, in the place of its agent."),
        "give": Entry(DECIDE, "Have what you did in a task's worktree judged and merged."),
        "pause": Entry(DECIDE, "Begin nothing new in a graph, lane or task."),
        "unpause": Entry(DECIDE, "Let go on what was paused."),
        "cancel": Entry(DECIDE, "End a task, a lane or a graph."),
        "revert": Entry(DECIDE, "Take a landed lane back out of its target."),
        "clean": Entry(DECIDE, "Remove worktrees and branches of lanes that have ended."),
        "pr": Entry(DECIDE, "List, show, merge and close change requests."),
        "recover": Entry(REST, "Give back work that was pinned, as a branch or a worktree."),
        "fsck": Entry(REST, "Prove that nothing was lost."),
        "gc": Entry(REST, "Let go of what was pinned, by age, graph or run."),
        "doctor": Entry(REST, "Check this machine and repository, and say how to mend them."),
        "agents": Entry(REST, "List the coding agents that can be driven here."),
        "config": Entry(REST, "Show the settings, and where each comes from."),
        "schema": Entry(REST, "Print the JSON Schema of graph files."),
        "version": Entry(REST, "Print versions."),
        "task": Entry(REST, "What agents call: task done, fail, concern, note, output, show."),
    }
)

EXAMPLES = (
    "agentrelay init                        # write an example graph",
    "agentrelay run graph.yaml              # run it",
    'agentrelay do "fix the typo" --run ./fix.sh --gate "make test"',
    "agentrelay status                      # what needs you",
)


class Commands(click.Group):
    """The group of all commands; one is loaded when it is called, none for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order in which the help shows them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        with collection_paused():
            return import_module(f"agentrelay.interfaces.cli.commands.{cmd_name}").command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before the command; ``help`` and ``help COMMAND`` mean ``--help``.

        ``help undo`` is the table of what undoes and redoes alone.
        """
        if args[:2] == ["help", "undo"]:
            formatter = ctx.make_formatter()
            write_effects((), formatter)
            click.echo(formatter.getvalue(), nl=False)
            ctx.exit()
        return super().parse_args(ctx, [*args[1:2], "--help"] if args[:1] == ["help"] else args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names; a usage error guesses what was meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from agentrelay._shared.text import Spelling  # noqa: PLC0415 - for misspelt words only

            hint = Spelling(COMMANDS).hint(args[0]) or "agentrelay --help lists the commands"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Call the command; quietly give up where nobody reads its answer any more."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            drop_output()
            return BROKEN_PIPE

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then what Click writes."""
        write_examples(EXAMPLES, formatter)
        super().format_help(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, from the table alone."""
        del ctx
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in COMMANDS.items():
            sections.setdefault(entry.section, []).append((name, entry.about))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)
        write_effects((), formatter)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="agentrelay %(version)s")
@click.option(
    "-C",
    "--repo",
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Work in the repository of this folder instead of the current one.",
)
@click.pass_context
def agentrelay(ctx: click.Context, folder: Path | None) -> None:
    """Run graphs of coding-agent tasks on a git repository, and land what is tested."""
    session: Session = ctx.obj
    if folder is not None:
        # As with git -C: paths among the arguments are then relative to that folder.
        os.chdir(folder)
        ctx.obj = Session(Path.cwd(), session.environ, session.listener)
    if session.environ.get("NO_COLOR"):
        ctx.color = False


def main(argv: Sequence[str] | None = None, *, listener: Listener | None = None) -> NoReturn:
    """Run the command line ``argv`` (default: this process's) and exit with its code.

    ``listener`` is told of each point of each effect that a run carries out.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)

    def called() -> Any:  # noqa: ANN401 - commands return their exit code, or nothing
        session = Session(_current_folder(), os.environ, listener)
        return agentrelay.main(
            args=arguments, prog_name="agentrelay", standalone_mode=False, obj=session
        )

    sys.exit(exit_code_of(called, arguments))


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise PreconditionError("the current folder does not exist any more") from error
