"""Problems that the server answers with, as the errors of the project: the same tree on both sides."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from assistant.errors import (
    AssistantError,
    ConditionRequired,
    Conflict,
    InvalidInput,
    Moved,
    NotFound,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

BY_STATUS: dict[int, type[AssistantError]] = {
    401: Unauthenticated,
    403: Refused,
    404: NotFound,
    409: Conflict,
    412: Moved,
    413: TooLarge,
    428: ConditionRequired,
    429: Unavailable,
}


def error_of(response: httpx.Response) -> AssistantError:
    """What went wrong, from a response that is a problem or the error of something between."""
    try:
        problem = response.json()
        code = str(problem["type"]).rpartition("/")[2]
        detail, hint = str(problem["detail"]), problem.get("hint")
    except (ValueError, KeyError, TypeError, AttributeError):
        code, detail, hint = "", f"The server answered {response.status_code} {response.reason_phrase}.", None
    kind = {one.code: one for one in _tree(AssistantError)}.get(code) or _by_status(response.status_code)
    return kind(detail, hint)


def unreachable(address: str, error: httpx.TransportError) -> Unavailable:
    """That the server cannot be reached, or does not answer in time."""
    reason = str(error) or type(error).__name__
    return Unavailable(f"The server at {address} does not answer: {reason}.", "Check its address, and that it runs.")


def _by_status(status: int) -> type[AssistantError]:
    return BY_STATUS.get(status) or (InvalidInput if status < 500 else Unavailable)


def _tree(kind: type[AssistantError]) -> Iterator[type[AssistantError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _tree(one)
