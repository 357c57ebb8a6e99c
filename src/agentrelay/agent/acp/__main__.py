"""Drive an agent for one turn: what ``python -m agentrelay.agent.acp`` does.

Ends with 0 where the agent answered the prompt, with 1 where it did not.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import cast

from acp import Client, RequestError
from acp.client.connection import ClientSideConnection

from agentrelay._shared.process import Piped
from agentrelay.agent.acp.answers import Answers
from agentrelay.agent.acp.conversation import Conversation
from agentrelay.agent.acp.order import Order, order_of
from agentrelay.agent.acp.person import Person
from agentrelay.agent.acp.policy import Policy
from agentrelay.agent.acp.transcript import Transcript
from agentrelay.agent.acp.wire import Wire

CANCEL = 1.5
"""Seconds that an agent has to answer a cancelled prompt; the supervisor waits a little longer."""
LEAVE = 3.0
"""Seconds that an agent has to end once nobody talks to it, and again when it is told to."""

GLANCE = 0.02
"""Seconds between two looks whether the agent has ended."""


def main() -> int:
    """Do the turn of our command line."""
    # What the package can't read it logs with a traceback; the transcript has the line itself.
    logging.disable()
    with open(1, "wb", closefd=False) as sink:
        return asyncio.run(_turn(order_of(sys.argv[1:]), Transcript(sink)))


async def _turn(order: Order, transcript: Transcript) -> int:
    cwd = os.getcwd()
    try:
        agent = Piped(order.run, cwd=Path(cwd), env=os.environ)
    except OSError as error:
        message = f"{order.run[0]} could not be started: {error.strerror}"
        transcript.say("refused", message=message)
        return 1
    wire = Wire(agent, transcript)
    await wire.open()
    person = Person(order.asking, transcript) if order.asking is not None else None
    answers = Answers(Policy(order, cwd, os.environ), person, transcript)
    connection = ClientSideConnection(
        # It has what an agent may ask for, and nothing that we don't offer, such as terminals.
        cast("Client", answers),
        wire,
        use_unstable_protocol=True,
        observers=[transcript.hear],
    )
    try:
        conversation = Conversation(connection, order, cwd, transcript, person)
        return await _held(conversation, agent, transcript)
    finally:
        await connection.close()
        await _leave(agent)
        wire.drop()


async def _held(conversation: Conversation, agent: Piped, transcript: Transcript) -> int:
    holding = asyncio.create_task(conversation.hold())
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    stopping = asyncio.create_task(_stop(stopped, conversation, holding))
    try:
        await holding
    except RequestError as error:
        transcript.say("refused", code=error.code, message=str(error), data=error.data)
    except ValueError as error:
        transcript.say("refused", message=f"the agent answered with something else: {error}")
    except ConnectionError:
        await _ends(agent)
        transcript.say("gone", exit_code=agent.exit_code())
    except asyncio.CancelledError:
        transcript.say("refused", message="the agent did not end its turn when it was told to")
    else:
        return 0
    finally:
        stopping.cancel()
    return 1


async def _stop(
    stopped: asyncio.Event, conversation: Conversation, holding: asyncio.Task[None]
) -> None:
    """Once we are told to end, have the agent end its turn, and don't wait for it for long."""
    await stopped.wait()
    with suppress(ConnectionError):
        await conversation.cancel()
    await asyncio.sleep(CANCEL)
    holding.cancel()


async def _leave(agent: Piped) -> None:
    """See to it that the agent ends; what of its processes is left the supervisor ends."""
    if not await _ends(agent):
        agent.terminate()
        await _ends(agent)


async def _ends(agent: Piped) -> bool:
    """Tell whether the agent ends by itself, soon."""
    for _ in range(round(LEAVE / GLANCE)):
        if agent.exit_code() is not None:
            return True
        await asyncio.sleep(GLANCE)
    return False


if __name__ == "__main__":
    sys.exit(main())
