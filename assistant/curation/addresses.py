"""Which addresses may be fetched: the public web, and nothing behind it.

A URL is judged twice. ``checked_url`` looks at how it is written; ``is_public`` looks at the address that a
connection is about to use, which is what counts, whatever name led there.
"""

from __future__ import annotations

import ipaddress
import re

import httpx

from assistant.errors import Refused

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 2_000
_WEB_PORTS, _FIRST_FREE_PORT = (80, 443), 1024  # below it, other ports belong to other services
_NUMERIC_LABEL = re.compile(r"(?:0x[0-9a-f]*|\d+)$", re.IGNORECASE)
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"),)  # RFC 6052; the embedded IPv4 address is the last 32 bits
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA has allocated for the public
# Registered as special by IANA, and not known as such to every Python version.
_SPECIAL = tuple(
    ipaddress.ip_network(block)
    for block in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")
)


def checked_url(url: str) -> httpx.URL:
    """The URL, parsed, when it is one that a browser would show for a public page.

    Raises:
        Refused: another scheme than http or https, credentials, an unusual port, or a host written to mislead.
    """
    text = url.strip()
    if len(text) > MAX_URL or not text.isprintable() or " " in text or "\\" in text:
        raise Refused(f"{_shown(text)} is not a web address.", "Write one that starts with https://.")
    try:
        parsed = httpx.URL(text).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(
            f"{_shown(text)} is not a web address ({error}).", "Write one that starts with https://."
        ) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Refused(f"{_shown(text)} is not fetched: only http and https are.", "Add the file itself.")
    if parsed.userinfo:
        raise Refused(f"{parsed.host}: addresses with a name or password are not fetched.", "Add the file itself.")
    if parsed.port is not None and parsed.port < _FIRST_FREE_PORT and parsed.port not in _WEB_PORTS:
        raise Refused(f"{parsed.host}: port {parsed.port} is not one of the web.", "Add the file itself.")
    if "%" in parsed.host or _is_disguised(parsed.host):
        raise Refused(f"{_shown(parsed.host)} is an address written in an unusual way.", "Write the host's name.")
    return parsed


def _is_disguised(host: str) -> bool:
    """Whether a host is an IPv4 address in any but its usual form: 2130706433, 0x7f.1, 0177.0.0.1."""
    if ":" in host or not _NUMERIC_LABEL.match(host.rstrip(".").rpartition(".")[2]):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, looking through IPv6 forms that carry an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        embedded = _embedded(address)
        if embedded is not None:
            return is_public(embedded)
        if address not in _GLOBAL_UNICAST:
            return False
    special = any(address.version == block.version and address in block for block in _SPECIAL)
    return address.is_global and not address.is_multicast and not special


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in block for block in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _shown(url: str) -> str:
    """A URL as messages quote it: without credentials, printable and short."""
    without = re.sub(r"//[^/@\s]*@", "//", url)
    return "'" + "".join(c if c.isprintable() else "\ufffd" for c in without[:100]) + "'"
