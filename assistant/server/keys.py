"""Keys over HTTP, for administrators: made, listed, revoked."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from assistant.access_model import ApiKey, Role, Scope
from assistant.dates import end_of_day
from assistant.index.records import now
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import ServicesDep
from assistant.server.paging import NEXT, AfterQuery, LimitQuery, page_of
from assistant.server.problems import RESPONSES
from assistant.server.schemas import IsoDate
from assistant.server.schemas import Request as RequestBody

router = APIRouter(prefix="/api/v1/keys", tags=["keys"], responses=RESPONSES)


ScopeValue = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class KeyIn(RequestBody):
    """A key to make."""

    name: str = Field(min_length=1, max_length=100, examples=["analysts"])
    role: Literal["reader", "curator", "admin"]
    expires: IsoDate | None = Field(default=None, description="The last day on which it is valid, UTC.")
    topics: list[ScopeValue] = Field(
        default=[], max_length=100, description="Only documents with one of these topics; all where it is empty."
    )
    sources: list[ScopeValue] = Field(
        default=[], max_length=100, description="Only documents from one of these sources; all where it is empty."
    )


class KeyOut(BaseModel):
    """What is known of a key; the key itself is not kept."""

    id: str
    name: str
    role: Role
    state: Literal["active", "expired", "revoked"]
    created_at: str
    created_by: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None
    topics: list[str]  # what it is limited to
    sources: list[str]

    @classmethod
    def of(cls, key: ApiKey) -> KeyOut:
        """From the domain."""
        return cls(
            id=key.id,
            name=key.name,
            role=key.role,
            state=key.state(now()),
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
            topics=list(key.scope.topics),
            sources=list(key.scope.sources),
        )


class MadeOut(KeyOut):
    """A key as it is made: ``key`` is shown this once."""

    key: str


class KeyList(BaseModel):
    """Every key, revoked ones too, oldest first."""

    keys: list[KeyOut]
    next: str | None = NEXT


@router.get("", operation_id="list_keys")
def list_keys(services: ServicesDep, limit: LimitQuery = None, after: AfterQuery = None) -> KeyList:
    """Every key and when it was last used."""
    found, following = page_of(list(enumerate(services.keys.all())), limit, after, lambda item: item[0])
    return KeyList(keys=[KeyOut.of(key) for _, key in found], next=following)


@router.post("", operation_id="add_key", status_code=201)
def add_key(body: KeyIn, services: ServicesDep, principal: PrincipalDep) -> MadeOut:
    """Make a key; it is shown in this answer and never again."""
    expires_at = end_of_day(body.expires) if body.expires else None
    scope = Scope(tuple(body.topics), tuple(body.sources))
    key, secret = services.keys.add(body.name, Role(body.role), expires_at, principal.name, scope)
    return MadeOut(**KeyOut.of(key).model_dump(), key=secret)


@router.delete("/{name_or_id}", operation_id="revoke_key")
def revoke_key(name_or_id: str, services: ServicesDep, principal: PrincipalDep) -> KeyOut:
    """End a key now, by its name or id."""
    key = services.keys.revoke(name_or_id, principal.name)
    return KeyOut.of(next(kept for kept in services.keys.all() if kept.id == key.id))
