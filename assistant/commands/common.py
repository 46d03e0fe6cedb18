"""What every command shares: its settings, and errors as one line with an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import Any

import click

from assistant.errors import AssistantError, InvalidInput

INTERRUPTED = 130  # as shells report a command ended by Ctrl-C


class Commands(click.Group):
    """A group whose commands' errors become one line on standard error and the error's exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error becomes one line and an exit status."""
        try:
            return super().invoke(ctx)
        except AssistantError as error:
            click.echo(f"assistant: {error}", err=True)
            sys.exit(error.exit_status)
        except KeyboardInterrupt:
            click.echo("assistant: interrupted; what was finished is kept.", err=True)
            sys.exit(INTERRUPTED)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the command its settings; it works on a data directory of this machine."""
    return _with_settings(command, None)


def here_or_remote(remote: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Hand the command its settings, or do the same on a server where one is named.

    Args:
        remote: the function of ``assistant.commands.remote`` that does it there; it is given a client and the options.
    """
    return lambda command: _with_settings(command, remote)


def _with_settings(command: Callable[..., Any], remote: str | None) -> Callable[..., Any]:
    @click.pass_context
    def wrapper(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        from assistant.settings import load_settings

        settings = load_settings(**ctx.obj)
        if settings.server is None:
            return ctx.invoke(command, settings, *args, **kwargs)
        if remote is None:
            raise InvalidInput(
                f"`assistant {ctx.command.name}` works on a data directory, not on a server.",
                "Leave --server and ASSISTANT_SERVER out.",
            )
        from assistant.client import Client
        from assistant.commands import remote as commands

        key = settings.key.get_secret_value() if settings.key is not None else None
        with Client(settings.server, key) as client:
            return ctx.invoke(getattr(commands, remote), client, *args, **kwargs)

    return update_wrapper(wrapper, command)


def date_option(value: str | None) -> str | None:
    """An ISO date given on the command line.

    Raises:
        InvalidInput: it is not a date.
    """
    from assistant.dates import iso_date

    try:
        return iso_date(value) if value else None
    except ValueError as error:
        raise InvalidInput(f"{value!r} is not a date.", "Write it as YYYY-MM-DD.") from error


@contextmanager
def progress(unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, nothing elsewhere: call the result with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from tqdm import tqdm

    with tqdm(unit=unit, leave=False, file=sys.stderr) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tell
