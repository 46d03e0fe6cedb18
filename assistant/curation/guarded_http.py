"""HTTP over connections that are checked as they are made.

httpx decides what to send; here it is decided where to. A name is resolved once, each of its addresses is judged,
and the connection goes to an address that was judged, so that there is no second look-up to be fooled by.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from assistant.curation.addresses import IPAddress
from assistant.errors import Refused

Resolver = Callable[[str, int], list[str]]

_TRIES = 4  # addresses of one host that are tried


def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system knows for a host, in its order of preference."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


class GuardedTransport(httpx.BaseTransport):
    """httpx's way of sending requests, over connections that the guard makes. It knows no proxy and no environment."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), max_connections=1, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is read from its connection piece by piece."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status, headers=response.headers, stream=_Stream(response), extensions={}
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    """The body of a response, straight from its connection."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that are permitted, and to nothing else, until the deadline."""

    def __init__(self, resolver: Resolver, permitted: Callable[[IPAddress], bool], deadline: float) -> None:
        self._resolver = resolver
        self._permitted = permitted
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first permitted address that answers.

        Raises:
            Refused: the host has an address that is not permitted.
        """
        addresses = self._addresses(host, port)
        failure: Exception | None = None
        for address in addresses[:_TRIES]:
            try:
                stream = self._backend.connect_tcp(
                    str(address), port, _remaining(self._deadline, timeout), local_address, socket_options
                )
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("it has no address")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Never: nothing on the web is at a local socket."""
        raise Refused("Local sockets are not fetched from.")

    def _addresses(self, host: str, port: int) -> list[IPAddress]:
        """Every address of the host; one that is not permitted condemns them all.

        Raises:
            Refused: an address inside a private or special network.
        """
        resolved = [ipaddress.ip_address(text.partition("%")[0]) for text in self._in_time(host, port)]
        for address in resolved:
            if not self._permitted(address):
                raise Refused(
                    f"{host} is at {address}, which is not on the public internet.",
                    "Add the file itself, or allow private addresses in the settings.",
                )
        return resolved

    def _in_time(self, host: str, port: int) -> list[str]:
        """Resolve a name in a thread of its own: the system's resolver has no time limit one could set."""
        answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolver(host, port))
            except (OSError, ValueError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True, name="resolve").start()
        try:
            answer = answers.get(timeout=_remaining(self._deadline, None))
        except queue.Empty as error:
            raise httpcore.ConnectTimeout("no answer from the name service") from error
        if isinstance(answer, Exception):
            raise httpcore.ConnectError(f"no such host: {answer}") from answer
        return answer


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline, so that a server cannot drip bytes for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _remaining(self._deadline, timeout))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("time over")
    return left if timeout is None else min(left, timeout)
