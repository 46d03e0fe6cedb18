"""Fetching a document from the web without becoming a way into the private network.

    URL → checked as written → name resolved → every address checked → connected to that address → redirect? again

The addresses are checked where the connection is made, and the connection goes to the address that was checked, so
a name that resolves differently the second time gains nothing. The body is decoded here, piece by piece under the
limit, because a few compressed kilobytes can hold gigabytes.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore
import httpx

from assistant.curation.addresses import IPAddress, checked_url, is_public
from assistant.curation.guarded_http import GuardedBackend, GuardedTransport, Resolver, resolve
from assistant.curation.loaders.limits import MEBIBYTE, Limits
from assistant.errors import InvalidDocument, Refused, TooLarge, Unavailable

MAX_REDIRECTS = 5
MAX_SECONDS = 30.0  # for the whole of a fetch, redirects included
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_HEADERS = {
    "user-agent": "briefing-assistant (document fetcher)",
    "accept": "text/html,application/xhtml+xml,application/pdf,application/rss+xml,application/atom+xml,*/*;q=0.5",
    "accept-encoding": "gzip, deflate",
}
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a web server answered; ``data`` is empty where the document has not changed since ``etag``."""

    data: bytes
    final_url: str
    media_type: str | None  # as the server states it, parameters included
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


def fetch(
    url: str,
    limits: Limits | None = None,
    *,
    allow_private: bool = False,
    seconds: float = MAX_SECONDS,
    etag: str | None = None,
    last_modified: str | None = None,
    resolver: Resolver = resolve,
    allowed: Callable[[IPAddress], bool] = is_public,
) -> Fetched:
    """Fetch one document, following at most five redirects.

    Args:
        url: an http or https address.
        limits: ``bytes`` caps the body after decoding.
        allow_private: also fetch from private networks, for an intranet whose operator has said so.
        seconds: wall-clock time for everything.
        etag: of the copy at hand; with it or ``last_modified`` the server may answer that nothing has changed.
        last_modified: of the copy at hand.
        resolver: how host names become addresses.
        allowed: which addresses may be connected to.

    Raises:
        Refused: not a public web address, or a redirect to one that is not.
        TooLarge: more bytes than allowed, or not done in time.
        InvalidDocument: there is no such document, or the answer is damaged or empty.
        Unavailable: the server cannot be reached or cannot answer now.
    """
    deadline = time.monotonic() + seconds
    permitted = (lambda _: True) if allow_private else allowed
    conditions = {"if-none-match": etag, "if-modified-since": last_modified}
    headers = _HEADERS | {name: value for name, value in conditions.items() if value}
    current = checked_url(url)
    cap = (limits or Limits()).bytes
    with GuardedTransport(GuardedBackend(resolver, permitted, deadline)) as transport:
        for _ in range(MAX_REDIRECTS + 1):
            # Each hop is a request of its own: no cookie and no credential goes from one host to the next.
            request = httpx.Request("GET", current, headers=headers, extensions={"timeout": _timeouts(seconds)})
            with _typed_errors(current.host, seconds):
                response = transport.handle_request(request)
                try:
                    if response.status_code not in _REDIRECTS:
                        return _document(response, current, cap)
                finally:
                    response.close()
            current = _redirect(response, current)
    raise InvalidDocument(
        f"{checked_url(url).host} redirects more than {MAX_REDIRECTS} times.", "Add the final address."
    )


def _timeouts(seconds: float) -> dict[str, float]:
    """The most any single step may take; the deadline of the connection is what ends a fetch."""
    return dict.fromkeys(("connect", "read", "write", "pool"), seconds)


def _redirect(response: httpx.Response, current: httpx.URL) -> httpx.URL:
    location = response.headers.get("location", "")
    if not location:
        raise InvalidDocument(f"{current.host} redirects to nowhere.", "Check the address.")
    try:
        joined = str(current.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"{current.host} redirects to something that is not a web address.", "Check it.") from error
    return checked_url(joined)


def _document(response: httpx.Response, url: httpx.URL, cap: int) -> Fetched:
    status = response.status_code
    etag, last_modified = response.headers.get("etag"), response.headers.get("last-modified")
    if status == 304:
        return Fetched(b"", str(url), None, etag, last_modified, not_modified=True)
    if status in _GONE:
        raise InvalidDocument(f"{url.host} has no such document (HTTP {status}).", "Check the address.")
    if status == 429 or status >= 500:
        raise Unavailable(f"{url.host} cannot answer now (HTTP {status}).", "Try again later.")
    if not 200 <= status < 300:
        raise InvalidDocument(f"{url.host} does not give out this document (HTTP {status}).", "Add the file itself.")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > cap:
        raise _too_large(url, cap)
    data = bytearray()
    for piece in _decoded(response, url):
        data += piece
        if len(data) > cap:
            raise _too_large(url, cap)
    if not data:
        raise InvalidDocument(f"{url.host} answered with an empty document.", "Check the address.")
    return Fetched(bytes(data), str(url), response.headers.get("content-type"), etag, last_modified)


def _too_large(url: httpx.URL, cap: int) -> TooLarge:
    return TooLarge(f"The document at {url.host} has more than {cap:,} bytes.", "Add a smaller one.")


def _decoded(response: httpx.Response, url: httpx.URL) -> Iterator[bytes]:
    """The body as the server meant it, inflated at most a megabyte at a time."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        yield from response.iter_raw()
    elif encoding in _WINDOWS:
        try:
            yield from _inflated(response.iter_raw(), encoding)
        except (zlib.error, EOFError) as error:
            raise InvalidDocument(f"The document from {url.host} is damaged ({error}).", "Try again.") from error
    else:
        raise InvalidDocument(f"{url.host} sends its document in an encoding that was not asked for.", "Add the file.")


def _inflated(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_WINDOWS[encoding])
    for number, piece in enumerate(pieces):
        if number == 0 and encoding == "deflate" and piece[0] & 0x0F != 8:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers send deflate without its zlib header
        pending = piece
        while pending:
            yield inflater.decompress(pending, MEBIBYTE)
            pending = inflater.unconsumed_tail or inflater.unused_data
            if inflater.eof and pending:
                inflater = zlib.decompressobj(_WINDOWS[encoding])  # gzip may have several members
    yield inflater.flush()
    if not inflater.eof:
        raise EOFError("it breaks off")


@contextmanager
def _typed_errors(host: str, seconds: float) -> Iterator[None]:
    """Turns what the network library raises into the errors of this project."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise Unavailable(f"{host} did not answer in full within {seconds:g} seconds.", "Try again later.") from error
    except (httpcore.NetworkError, OSError) as error:
        raise Unavailable(f"{host} cannot be reached ({error}).", "Check the address.") from error
    except (httpcore.ProtocolError, httpx.HTTPError) as error:
        raise InvalidDocument(f"{host} does not speak HTTP properly ({error}).", "Add the file itself.") from error
