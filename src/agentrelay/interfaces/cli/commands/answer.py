"""``agentrelay answer``: allow or deny what a task's agent asks for while it waits."""

from __future__ import annotations

import click

from agentrelay._shared import questions
from agentrelay._shared.questions import Question
from agentrelay.errors import RequestRefusedError
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import current, send
from agentrelay.interfaces.cli.names import Kind, Selected, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown


@click.command(
    cls=Command,
    examples=(
        "agentrelay answer cart allow",
        "agentrelay answer cart allow --always   # the very same, also in later turns",
        'agentrelay answer cart deny -m "use the copy in vendor/"',
    ),
)
@click.argument("name", metavar="TASK")
@click.argument("decision", metavar="allow|deny", type=click.Choice(["allow", "deny"]))
@click.option("--always", is_flag=True, help="For this task, the same is not asked again.")
@click.option("-m", "--message", default="", metavar="TEXT", help="Tell its agent TEXT, too.")
@click.option("--question", type=int, metavar="N", help="Which one, where it asks several.")
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session, *, name: str, decision: str, always: bool, message: str, question: int | None
) -> None:
    """Allow or deny what the agent of a TASK asks for; it goes on at once.

    Agents with `permissions: ask` wait for this, up to their `answer_within`; status and attach
    show what they ask.
    """
    place = session.place()
    selected = select(place, name, {Kind.TASK})
    asked = _asked(selected)
    if question is None and len(asked) > 1:
        listed = "; ".join(f"{each.number}: {shown(each.text)}" for each in asked)
        raise RequestRefusedError(
            f"the agent of task {selected.id} asks several things: {listed}",
            hint="name one with --question",
        )
    number = question if question is not None else asked[0].number if asked else 0
    approval = {"question": str(number), "answer": decision, "always": "yes" if always else "no"}
    send(place, selected, "answer", message, approval)


def _asked(selected: Selected) -> list[Question]:
    """Return what the agent waits with, from its own files: nobody may carry the run on."""
    task = current(selected.folders).tasks[selected.id]
    attempt = selected.folders.run(selected.number).attempt(task.id, task.attempt)
    return questions.open_questions(attempt.turn(task.turn) / questions.FOLDER)
