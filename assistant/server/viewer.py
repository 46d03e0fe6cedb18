"""Whoever looks at a page: the one place where pages learn who that is and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from assistant.access_model import Principal, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who a page is made for.

    Args:
        principal: whoever the request is from; None where that is not known, as on the page of a problem.
        signed_in: whether by a session, which can be ended.
    """

    principal: Principal | None
    signed_in: bool = False

    @property
    def curates(self) -> bool:
        """Whether pages offer what changes the corpus. The routes check it again by themselves."""
        return self.principal is not None and self.principal.role.includes(Role.CURATOR)

    @property
    def limited(self) -> bool:
        """Whether only a part of the corpus is theirs, so that pages do not offer what concerns all of it."""
        return self.principal is not None and bool(self.principal.scope)

    @property
    def name(self) -> str:
        """As the history of documents has it."""
        return self.principal.name if self.principal is not None else ""


def viewer_of(request: Request) -> Viewer:
    """Who ``request`` is from, as the access control found."""
    return Viewer(getattr(request.state, "principal", None), getattr(request.state, "signed_in", False))
