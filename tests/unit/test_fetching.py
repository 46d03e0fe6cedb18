"""Fetching from real servers on loopback: what comes back, what is refused, and where connections go.

The servers stand on 127.0.0.1; 127.0.0.2 plays the private network. The guard is told which of the two is public,
everything else is the real thing.
"""

from __future__ import annotations

import gzip
import ipaddress
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assistant.curation.addresses import checked_url, is_public
from assistant.curation.feeds import FeedState, poll
from assistant.curation.fetching import Fetched, fetch
from assistant.curation.loaders import Limits
from assistant.curation.sandbox import Sandbox
from assistant.errors import InvalidDocument, Refused, TooLarge, Unavailable

PUBLIC, PRIVATE = "127.0.0.1", "127.0.0.2"
LIMITS = Limits(bytes=100_000)
FEED = (
    b'<rss version="2.0"><channel><title>T</title><item><guid>1</guid><description>Text.</description></item>'
    b"</channel></rss>"
)


@dataclass
class Site:
    """A server, its routes and what it was asked."""

    port: int = 0
    host: str = PUBLIC
    routes: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "public.example") -> str:
        return f"http://{host}:{self.port}{path}"


def answer(status: int = 200, body: bytes = b"Text.", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def serve(host: str) -> tuple[Site, ThreadingHTTPServer]:
    site = Site(host=host)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            try:
                site.routes.get(self.path, answer(404))(self)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the fetcher hung up, as it should

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return site, server


@pytest.fixture
def site() -> Iterator[Site]:
    made, server = serve(PUBLIC)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def private() -> Iterator[Site]:
    made, server = serve(PRIVATE)
    made.routes["/"] = answer(body=b"inside")
    yield made
    server.shutdown()
    server.server_close()


def names(host: str, port: int) -> list[str]:
    """A name service: what ends in .example is the public server, literal addresses are themselves."""
    if host.startswith("inside."):
        return [PRIVATE]
    return [PUBLIC] if host.endswith(".example") else [str(ipaddress.ip_address(host))]


def only_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return str(address) == PUBLIC


def get(url: str, limits: Limits = LIMITS, **options: Any) -> Fetched:
    return fetch(url, limits, **({"resolver": names, "allowed": only_public} | options))


# What comes back


def test_a_document_comes_with_its_type_and_final_address(site: Site) -> None:
    site.routes["/a"] = answer(302, Location="/b?x=1#part")
    site.routes["/b?x=1"] = answer(
        body="Überblick".encode(), Content_Type="text/plain; charset=utf-8", ETag='"v1"', Last_Modified="Mon"
    )
    assert get(site.url("/a")) == Fetched(
        "Überblick".encode(), site.url("/b?x=1"), "text/plain; charset=utf-8", '"v1"', "Mon"
    )


def test_nothing_is_sent_that_could_identify_or_authorise(site: Site) -> None:
    site.routes["/"] = answer(302, Location="/next", Set_Cookie="session=1")
    site.routes["/next"] = answer()
    get(site.url())
    for _, headers in site.asked:
        assert not {"cookie", "authorization", "referer"} & set(headers)


def test_a_copy_at_hand_is_not_fetched_again(site: Site) -> None:
    site.routes["/"] = answer(304, body=b"", ETag='"v1"')
    fetched = get(site.url(), etag='"v1"', last_modified="Mon, 15 Dec 2025 00:00:00 GMT")
    assert fetched.not_modified
    assert site.asked[0][1]["if-none-match"] == '"v1"'
    assert site.asked[0][1]["if-modified-since"] == "Mon, 15 Dec 2025 00:00:00 GMT"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"Text." * 100)),
        ("gzip", gzip.compress(b"Text." * 50) + gzip.compress(b"Text." * 50)),
        ("deflate", zlib.compress(b"Text." * 100)),
        ("deflate", zlib.compress(b"Text." * 100)[2:-4]),
    ],
    ids=["gzip", "gzip in two members", "deflate", "deflate without a header"],  # the bytes hold the time
)
def test_compressed_bodies_are_decoded(site: Site, encoding: str, body: bytes) -> None:
    site.routes["/"] = answer(body=body, Content_Encoding=encoding)
    assert get(site.url()).data == b"Text." * 100


def test_an_intranet_can_be_allowed(private: Site) -> None:
    assert fetch(private.url(host=PRIVATE), LIMITS, allow_private=True).data == b"inside"


def test_feeds_are_polled_with_what_the_server_said(site: Site) -> None:
    site.routes["/feed"] = answer(body=FEED, ETag='"v1"', Content_Type="application/rss+xml")
    with Sandbox() as sandbox:
        documents, state = poll(FeedState(site.url("/feed")), sandbox, get)
        assert [document.id for document in documents] == ["1"]
        assert state.etag == '"v1"'
        site.routes["/feed"] = answer(304, body=b"")
        assert poll(state, sandbox, get) == ((), state)
        site.routes["/feed"] = answer(body=b"<html><body><p>No feed</p></body></html>")
        with pytest.raises(InvalidDocument, match="is a document, not a feed"):
            poll(state, sandbox, get)


# What is refused, by how it is written

WRITTEN = [
    "file:///etc/passwd",
    "ftp://public.example/x",
    "gopher://public.example:70/1",
    "data:text/html,<p>x</p>",
    "javascript:alert(1)",
    "//public.example/x",
    "public.example/x",
    "",
    "http://",
    "http://user:s3cret@public.example/",
    "http://public.example@127.0.0.2/",
    "http://public.example:22/",
    "http://public.example:25/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.0.01/",
    "http://%31%32%37.0.0.1/",
    "http://public.example\\@127.0.0.2/",
    "http://public.example/ x",
    "http://public.example/\r\nHost: 127.0.0.2",
    "https://" + "a" * 3_000,
]


@pytest.mark.hostile
@pytest.mark.ssrf
@pytest.mark.parametrize("url", WRITTEN)
def test_addresses_written_to_mislead_are_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        fetch(url, resolver=lambda *_: pytest.fail("was resolved"))
    assert len(caught.value.detail) < 200
    assert "s3cret" not in caught.value.detail


def test_messages_do_not_repeat_credentials() -> None:
    with pytest.raises(Refused) as caught:
        checked_url("ftp://user:s3cret@public.example/")
    assert "s3cret" not in str(caught.value)


# What is refused, by where it leads

INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "5f00::1",
]


@pytest.mark.hostile
@pytest.mark.ssrf
@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_refused_literally_and_by_name(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    literal = f"[{address}]" if ":" in address else address
    for url, answers in ((f"http://{literal}/", address), ("https://looks.fine.example/", address)):
        with pytest.raises(Refused, match="not on the public internet"):
            fetch(url, resolver=lambda *_, given=answers: [given])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.hostile
@pytest.mark.ssrf
def test_localhost_is_refused_by_the_real_name_service(site: Site) -> None:
    with pytest.raises(Refused):
        fetch(site.url(host="localhost"), LIMITS)
    assert site.asked == []


@pytest.mark.hostile
@pytest.mark.ssrf
@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/", "http://inside.example:{port}/", "//127.0.0.2:{port}/"])
def test_redirects_inside_are_refused_before_anything_is_sent(site: Site, private: Site, target: str) -> None:
    site.routes["/"] = answer(302, Location=target.format(port=private.port))
    with pytest.raises(Refused, match=PRIVATE):
        get(site.url())
    assert private.asked == []


@pytest.mark.hostile
@pytest.mark.ssrf
@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x", "http://a:b@public.example/", "http://0x7f.1/"])
def test_redirects_are_judged_as_they_are_written(site: Site, target: str) -> None:
    site.routes["/"] = answer(302, Location=target)
    with pytest.raises(Refused):
        get(site.url())


@pytest.mark.hostile
@pytest.mark.ssrf
def test_a_name_that_changes_its_address_gains_nothing(site: Site, private: Site) -> None:
    """Rebinding: the first answer is public, every later one is inside. There is no second question."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else [PRIVATE]

    site.routes["/"] = answer(body=b"outside")
    assert get(site.url(), resolver=rebinding).data == b"outside"
    assert asked == ["public.example"]
    site.routes["/again"] = answer(302, Location=f"http://public.example:{private.port}/")
    asked.clear()
    with pytest.raises(Refused):
        get(site.url("/again"), resolver=rebinding)
    assert private.asked == []


@pytest.mark.hostile
@pytest.mark.ssrf
def test_one_address_inside_condemns_the_name(site: Site) -> None:
    with pytest.raises(Refused):
        get(site.url(), resolver=lambda *_: [PUBLIC, PRIVATE])
    assert site.asked == []


@pytest.mark.hostile
@pytest.mark.ssrf
def test_proxies_of_the_environment_are_not_used(site: Site, private: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{PRIVATE}:{private.port}")
    site.routes["/"] = answer(body=b"outside")
    assert get(site.url()).data == b"outside"
    assert private.asked == []


# What is over a limit


@pytest.mark.hostile
def test_endless_redirects_end(site: Site) -> None:
    site.routes["/"] = answer(302, Location="/")
    with pytest.raises(InvalidDocument, match="more than 5 times"):
        get(site.url())
    assert len(site.asked) == 6


@pytest.mark.hostile
def test_bodies_over_the_limit_are_not_read_to_their_end(site: Site) -> None:
    sent: list[int] = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while len(sent) < 5_000:
            handler.wfile.write(b"x" * 65_536)
            sent.append(1)

    site.routes["/announced"] = answer(body=b"x" * 100_001)
    site.routes["/endless"] = endless
    for path in ("/announced", "/endless"):
        with pytest.raises(TooLarge, match="more than 100,000 bytes"):
            get(site.url(path))
    assert len(sent) < 1_000


@pytest.mark.hostile
@pytest.mark.bombs
def test_a_gzip_bomb_is_stopped_at_the_limit(site: Site) -> None:
    layer = gzip.compress(b"\x00" * 100_000_000)
    site.routes["/"] = answer(body=layer, Content_Encoding="gzip")
    worked = time.thread_time()  # of this thread alone, which is what a bomb would keep busy
    with pytest.raises(TooLarge):
        get(site.url())
    assert time.thread_time() - worked < 1
    site.routes["/twice"] = answer(body=gzip.compress(layer), Content_Encoding="gzip, gzip")
    with pytest.raises(InvalidDocument, match="encoding that was not asked for"):
        get(site.url("/twice"))


@pytest.mark.hostile
@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_drips_is_left_at_the_deadline(site: Site, part: str) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.end_headers()
        for _ in range(60):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    site.routes["/"] = drip
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"within 0\.5 seconds"):
        get(site.url(), seconds=0.5)
    assert time.monotonic() - started < 2


@pytest.mark.hostile
def test_a_name_service_that_hangs_is_left_at_the_deadline() -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(5)
        return [PUBLIC]

    started = time.monotonic()
    with pytest.raises(Unavailable):
        get("http://slow.example/", resolver=slow, seconds=0.3)
    assert time.monotonic() - started < 2


# What a server may answer instead


@pytest.mark.parametrize(
    ("response", "error", "says"),
    [
        (answer(404), InvalidDocument, "has no such document"),
        (answer(410), InvalidDocument, "has no such document"),
        (answer(403), InvalidDocument, "does not give out"),
        (answer(429), Unavailable, "cannot answer now"),
        (answer(503), Unavailable, "cannot answer now"),
        (answer(200, body=b""), InvalidDocument, "empty document"),
        (answer(302), InvalidDocument, "redirects to nowhere"),
        (answer(body=b"not gzip at all", Content_Encoding="gzip"), InvalidDocument, "damaged"),
        (answer(body=gzip.compress(b"x" * 1000)[:-20], Content_Encoding="gzip"), InvalidDocument, "damaged"),
        (answer(body=b"x", Content_Encoding="br"), InvalidDocument, "not asked for"),
        (lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n\r\n"), InvalidDocument, "does not speak HTTP"),
        (answer(body=b"cut", Content_Length="30"), InvalidDocument, "does not speak HTTP"),
    ],
)
def test_answers_that_are_no_document(site: Site, response: Any, error: Any, says: str) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        response(handler)
        handler.close_connection = True

    site.routes["/"] = respond
    with pytest.raises(error, match=says):
        get(site.url())


def test_a_closed_port_and_an_unknown_name_are_unavailable(site: Site) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(Unavailable, match="no such host"):
        get("http://gone.example/", resolver=unknown)
    with pytest.raises(Unavailable, match="cannot be reached"):
        get(f"http://public.example:{site.port}/", resolver=lambda *_: ["127.0.0.3"], allow_private=True)


def test_plain_http_on_an_https_address_is_unavailable(site: Site) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        get(site.url().replace("http:", "https:"))
