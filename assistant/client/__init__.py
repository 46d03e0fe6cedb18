"""The assistant from other programs: a typed client, in two kinds.

    with Client("http://127.0.0.1:8000", key="brief_…") as client:
        print(client.ask("What does Russia reject?")["answer"])

    async with AsyncClient("http://127.0.0.1:8000") as client:
        async for event in client.ask_stream("What does Russia reject?"):
            ...

Both have the same methods; what goes wrong is raised as the errors of ``assistant.errors``. Nothing of the server is
imported: no model, no index.
"""

from __future__ import annotations

from assistant.client.asynchronous import AsyncClient
from assistant.client.events import Event
from assistant.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "Event"]
