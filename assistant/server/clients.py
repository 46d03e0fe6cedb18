"""Whose address a request comes from, also behind a proxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
UNKNOWN = "unknown"
IPV6_SUBSCRIBER = 64  # bits that tell subscribers apart; one of them has all addresses below


def client_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """The address of whoever asks; of IPv6 the network of one subscriber.

    ``X-Forwarded-For`` is written by anybody, so it is read from its end and only as far as proxies that are trusted
    have written it: the first address that is not such a proxy is the client.

    Args:
        scope: the request's.
        trusted: the networks of one's own proxies.
    """
    peer = scope["client"][0] if scope.get("client") else UNKNOWN
    if not _within(peer, trusted):
        return _grouped(peer)
    hops = [hop.strip() for line in Headers(scope=scope).getlist("x-forwarded-for") for hop in line.split(",")]
    client = peer
    for hop in reversed(hops):
        if _address(hop) is None:
            break
        client = hop
        if not _within(hop, trusted):
            break
    return _grouped(client)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(text: str, networks: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def _grouped(text: str) -> str:
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.ip_network((address, IPV6_SUBSCRIBER), strict=False))
    return str(address) if address is not None else text
