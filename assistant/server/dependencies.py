"""What routes ask for, by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from assistant.access_model import Principal
from assistant.conversations import Conversations
from assistant.index.conversation_store import Owner
from assistant.server.access import PrincipalDep
from assistant.server.draining import Draining
from assistant.services import Services


def services_of(request: Request) -> Services:
    """What answers ``request``: the services as whoever it is from may see them."""
    services: Services = request.app.state.services
    principal: Principal = request.state.principal
    return services.within(principal)


ServicesDep = Annotated[Services, Depends(services_of)]


def _draining(request: Request) -> Draining:
    draining: Draining = request.app.state.draining
    return draining


DrainingDep = Annotated[Draining, Depends(_draining)]


def _own_conversations(services: ServicesDep, principal: PrincipalDep) -> Conversations:
    return services.conversations(Owner(principal.key_id))


ConversationsDep = Annotated[Conversations, Depends(_own_conversations)]
