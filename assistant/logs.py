"""Logs of a server: one event a line, as JSON or for a terminal, each with its request's id and without secrets.

What any package logs by the standard library goes the same way.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Literal, TextIO

from assistant.redaction import Redactor
from assistant.request_context import current

if TYPE_CHECKING:
    from structlog.typing import Processor

LogFormat = Literal["auto", "json", "console"]
PLAIN = "%(levelname)s %(name)s: %(message)s"


def configure_command(verbose: bool) -> None:
    """Logs of a command that ends: warnings as plain lines on standard error, without secrets."""
    handler = _Writing()
    handler.setFormatter(_Redacting(PLAIN))
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, handlers=[handler])


def configure_server(how: LogFormat, level: str, redactor: Redactor, stream: TextIO | None = None) -> None:
    """Logs of a server.

    Args:
        how: ``json``, ``console``, or ``auto``: for a terminal if there is one, else JSON.
        level: the least important level that is written; of other packages, no less than warnings unless it is debug.
        redactor: takes secrets out of every event.
        stream: where to; standard error by default.
    """
    import structlog  # imported here: commands that end soon do without it

    out = stream or sys.stderr
    for_people = how == "console" or (how == "auto" and out.isatty())
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _with_request,
    ]

    def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        cleaned: dict[str, Any] = redactor.value(event)
        return cleaned

    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = _Writing(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Writing)]:
        root.removeHandler(old)
    root.addHandler(handler)
    least = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(least if least == logging.DEBUG else max(least, logging.WARNING))
    logging.getLogger("assistant").setLevel(least)


def _with_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    now = current()
    if now.request_id is not None:
        event.setdefault("request_id", now.request_id)
    if now.key_id is not None:
        event.setdefault("key_id", now.key_id)
    return event


class _Writing(logging.StreamHandler[TextIO]):
    """Writes what is logged; told apart from the handlers of others, which stay."""


class _Redacting(logging.Formatter):
    """Plain lines without secrets, tracebacks included."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self._redactor = Redactor.of_environment()

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        return self._redactor.text(super().format(record))
