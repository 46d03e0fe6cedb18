"""The corpus for models: the Model Context Protocol over streamable HTTP at ``/mcp``, and on stdio.

    client → POST /mcp | stdin → tool → its result as JSON text and as structured content

Nothing is remembered between two calls over HTTP, so a client survives a restart of the server.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import Field
from starlette.requests import Request

from assistant.access_model import Principal
from assistant.errors import AssistantError
from assistant.server.links import Links
from assistant.server.mcp_tools import AnsweredOut, FetchedOut, HeldList, ResultList, Tools
from assistant.services import Services

NAME = "briefing-assistant"
INSTRUCTIONS = (
    "A curated corpus. `ask` answers a question with cited, verbatim sentences or says that the corpus does not hold "
    "the answer; `positions` tells who supports, rejects or demands what, and when; `search` finds documents and "
    "`fetch` reads one. Cite the url of what you use."
)

Result = TypeVar("Result")


def build_server(services: Services) -> MCPServer:
    """The MCP server over ``services``; it can be run on any transport."""
    server: MCPServer = MCPServer(
        NAME,
        title="Briefing assistant",
        instructions=INSTRUCTIONS,
        version=version("briefing-assistant"),
        log_level="WARNING",
        subscriptions=False,
    )
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(annotations=reads)
    def search(query: Annotated[str, Field(description="A few words or a question.")], context: Context) -> ResultList:
        """Find documents of the corpus by meaning and words; `fetch` reads one by its id."""
        return _told(lambda: _tools(services, context).search(query))

    @server.tool(annotations=reads)
    def fetch(id: Annotated[str, Field(description="A document's id.")], context: Context) -> FetchedOut:
        """Read a document of the corpus as a whole."""
        return _told(lambda: _tools(services, context).fetch(id))

    @server.tool(annotations=reads)
    def ask(question: Annotated[str, Field(description="One question.")], context: Context) -> AnsweredOut:
        """Answer a question from the corpus, every sentence cited, or refuse where the corpus does not hold it."""
        return _told(lambda: _tools(services, context).ask(question))

    @server.tool(annotations=reads)
    def positions(
        context: Context,
        actor: Annotated[str | None, Field(description='Any name of the holder: "Moscow" is Russia.')] = None,
        stance: Annotated[str | None, Field(description='Such as "rejects", "supports", "demands".')] = None,
        about: Annotated[str | None, Field(description="A topic in a few words.")] = None,
    ) -> HeldList:
        """Who holds which position on what, said by whom and when; what is left out allows all."""
        return _told(lambda: _tools(services, context).positions(actor, stance, about))

    return server


def session_manager(services: Services, max_body_bytes: int) -> StreamableHTTPSessionManager:
    """What answers over HTTP while its ``run`` is entered, which can be done once.

    Args:
        services: what answers.
        max_body_bytes: largest message accepted.
    """
    server = build_server(services)
    server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        # Hosts and origins are checked for all routes alike.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=max_body_bytes,
    )
    return server.session_manager


def _tools(services: Services, context: Context) -> Tools:
    request = context.request_context.request
    if not isinstance(request, Request):  # on stdio, whoever starts it has the data directory
        return Tools(services, Links.outside(services.settings))
    principal: Principal = request.state.principal
    return Tools(services.within(principal), Links.of(request, services.settings))


def _told(work: Callable[[], Result]) -> Result:
    """The result; what went wrong is told to the model in the words that people read."""
    try:
        return work()
    except AssistantError as error:
        raise ToolError(str(error)) from error
