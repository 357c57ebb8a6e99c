"""Have an agent do one prompt: in the session of the turn before if it can, else in a new one."""

from __future__ import annotations

import os
from collections.abc import Sequence

from acp import PROTOCOL_VERSION, RequestError, text_block
from acp.client.connection import ClientSideConnection
from acp.schema import (
    AcpMcpServer,
    AgentCapabilities,
    ClientCapabilities,
    FileSystemCapabilities,
    HttpHeader,
    HttpMcpServer,
    Implementation,
    LoadSessionResponse,
    McpServerStdio,
    NewSessionResponse,
    ResumeSessionResponse,
    SessionConfigOptionSelect,
    SessionConfigSelectOption,
    SseMcpServer,
)

from agentrelay import __version__
from agentrelay.agent.acp.order import Order
from agentrelay.agent.acp.person import Person
from agentrelay.agent.acp.transcript import Transcript

Server = HttpMcpServer | SseMcpServer | AcpMcpServer | McpServerStdio
"""All that the package can tell of; ours is of the first kind."""

Opened = NewSessionResponse | LoadSessionResponse | ResumeSessionResponse

MCP = "agentrelay"
"""What our MCP server is called."""

ASKING = ("default", "ask")
"""Names that agents give to the mode in which they ask before they do what could do harm."""

# Reading through us would help nobody: we have no text that is not on the disk.
_CAPABILITIES = ClientCapabilities(
    fs=FileSystemCapabilities(read_text_file=False, write_text_file=True)
)


class Conversation:
    """One turn with an agent: ``session`` is its id as soon as there is one."""

    def __init__(
        self,
        connection: ClientSideConnection,
        order: Order,
        cwd: str,
        transcript: Transcript,
        person: Person | None = None,
    ) -> None:
        """Talk over ``connection`` to an agent that is to work in ``cwd``."""
        self._connection = connection
        self._person = person
        self._order = order
        self._cwd = cwd
        self._transcript = transcript
        self._can = AgentCapabilities()
        self.session: str | None = None

    async def hold(self) -> None:
        """Do the whole turn. RequestError where the agent refuses a step of it."""
        await self._meet()
        resumed = await self._go_on() or await self._begin()
        self._transcript.say("session", id=self.session, resumed=resumed)
        self._transcript.replays = False
        prompt = self._order.follow_up if resumed else self._order.prompt
        answer = await self._connection.prompt(self.session or "", [text_block(prompt)])
        result = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
        self._transcript.say("ended", result=result)

    async def cancel(self) -> None:
        """Ask the agent to end the turn, which it then answers; nobody is asked any more."""
        if self._person is not None:
            self._person.leave()
        if self.session is not None:
            await self._connection.cancel(self.session)

    async def _meet(self) -> None:
        met = await self._connection.initialize(
            PROTOCOL_VERSION, _CAPABILITIES, Implementation(name="agentrelay", version=__version__)
        )
        if met.protocol_version != PROTOCOL_VERSION:
            message = f"the agent speaks version {met.protocol_version} of the protocol"
            raise RequestError.invalid_request({"details": f"{message}, not {PROTOCOL_VERSION}"})
        self._can = met.agent_capabilities or self._can
        info = met.agent_info
        self._transcript.say(
            "agent", name=info.name if info else "", version=info.version if info else ""
        )

    async def _go_on(self) -> bool:
        """Go on in the session of the turn before; tell whether that could be done."""
        session = self._order.session
        if session is None:
            return False
        self._transcript.replays = True
        try:
            opened = await self._reopen(session)
        except RequestError as error:
            self._transcript.say("noise", text=f"session {session}: {error}")
            return False
        if opened is None:
            return False
        self.session = session
        await self._choose(opened)
        return True

    async def _reopen(self, session: str) -> Opened | None:
        """Return what opening an earlier session gave; None where the agent can't."""
        sessions = self._can.session_capabilities
        if sessions is not None and sessions.resume is not None:
            return await self._connection.resume_session(
                session, self._cwd, self._folders(), mcp_servers=self._servers()
            )
        if self._can.load_session:
            return await self._connection.load_session(
                self._cwd,
                session,
                mcp_servers=self._servers(),
                additional_directories=self._folders(),
            )
        return None

    async def _begin(self) -> bool:
        """Begin a new session; return False, for it is none that goes on."""
        opened = await self._connection.new_session(
            self._cwd, self._folders(), mcp_servers=self._servers()
        )
        self.session = opened.session_id
        await self._choose(opened)
        return False

    def _servers(self) -> list[Server] | None:
        """Return our MCP server, for an agent that reaches one by its address."""
        takes = self._can.mcp_capabilities
        if self._order.mcp is None or takes is None or not takes.http:
            return None
        # What an agent would read it from, it can't be told; it goes over its input alone.
        token = f"Bearer {os.environ['AGENTRELAY_TOKEN']}"
        headers = [HttpHeader(name="Authorization", value=token)]
        return [HttpMcpServer(type="http", name=MCP, url=self._order.mcp, headers=headers)]

    def _folders(self) -> list[str] | None:
        sessions = self._can.session_capabilities
        if sessions is None or sessions.additional_directories is None:
            return None
        return list(self._order.writable)

    async def _choose(self, opened: Opened) -> None:
        """Choose the mode in which the agent asks us, and the model that the graph names."""
        options = [
            each
            for each in opened.config_options or ()
            if isinstance(each, SessionConfigOptionSelect)
        ]
        offered = [mode.id for mode in opened.modes.available_modes] if opened.modes else []
        for mode in ASKING:
            if mode in offered:
                await self._connection.set_session_mode(self.session or "", mode)
            elif option := _offering(options, "mode", mode):
                await self._connection.set_config_option(option.id, self.session or "", mode)
        if self._order.model is None:
            return
        option = _offering(options, "model", self._order.model)
        if option is None:
            details = f"the agent offers no model {self._order.model}; name one in its run"
            raise RequestError.invalid_params({"details": details})
        await self._connection.set_config_option(option.id, self.session or "", self._order.model)


def _offering(
    options: Sequence[SessionConfigOptionSelect], category: str, value: str
) -> SessionConfigOptionSelect | None:
    """Return the option of a category that can have a value."""
    for option in options:
        choices = [each.value for each in _choices(option)]
        if option.category == category and value in choices:
            return option
    return None


def _choices(option: SessionConfigOptionSelect) -> list[SessionConfigSelectOption]:
    """Return what can be chosen; some agents sort it into groups."""
    found: list[SessionConfigSelectOption] = []
    for each in option.options:
        found += [each] if isinstance(each, SessionConfigSelectOption) else each.options
    return found
