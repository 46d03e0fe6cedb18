"""Signing in with a key in a browser, and what pages of other sites cannot do with that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.access_model import WHOLE, Role, Scope
from assistant.index.records import now
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

LOCAL = "http://127.0.0.1"
OWN = {"Origin": LOCAL}
PAGE = {"Accept": "text/html"}


@pytest.fixture
def browser(services: Services) -> Iterator[TestClient]:
    with TestClient(build_app(services), base_url=LOCAL) as client:
        yield client


def made(services: Services, role: Role, scope: Scope = WHOLE) -> str:
    return services.keys.add(role, role, None, by="tests", scope=scope)[1]


def signed_in(browser: TestClient, secret: str, **fields: str) -> None:
    answer = browser.post("/sign-in", data={"key": secret, **fields}, headers=OWN, follow_redirects=False)
    assert answer.status_code == 303, answer.text


def test_a_reader_signs_in_reads_and_signs_out(services: Services, browser: TestClient) -> None:
    secret = made(services, Role.READER)
    refused = browser.get("/documents?q=a", headers=PAGE)
    assert refused.status_code == 401
    (link,) = re.findall(r'href="(/sign-in[^"]+)"', refused.text)
    form = browser.get(link.replace("&amp;", "&"))
    assert form.headers["cache-control"] == "no-store"
    assert 'name="next" value="/documents?q=a"' in form.text
    answer = browser.post(
        "/sign-in", data={"key": f" {secret} ", "next": "/documents?q=a"}, headers=OWN, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents?q=a")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Max-Age=43200" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie and secret not in cookie
    page = browser.get("/documents")
    assert page.status_code == 200 and "Signed in as reader" in page.text
    assert "/curate/" not in page.text
    assert browser.post("/curate/index", headers=OWN).status_code == 403
    held = dict(browser.cookies)
    assert browser.post("/sign-out", headers=OWN, follow_redirects=False).headers["location"] == "/sign-in"
    assert browser.get("/documents").status_code == 401
    browser.cookies.update(held)  # a copy of the cookie opens nothing either
    assert browser.get("/documents").status_code == 401


def test_pages_show_what_the_role_may_do(services: Services, browser: TestClient) -> None:
    signed_in(browser, made(services, Role.CURATOR))
    assert "/curate/index" in browser.get("/documents").text
    browser.cookies.clear()
    services.keys.revoke("curator")
    signed_in(browser, made(services, Role.CURATOR, Scope(("oslo",))))
    page = browser.get("/documents").text
    assert "/curate/add" in page and "/curate/index" not in page and "/curate/actors" not in page


@pytest.mark.parametrize("end", ["revoked", "expired", "session"])
def test_a_session_ends_with_its_key_or_its_time(services: Services, browser: TestClient, end: str) -> None:
    signed_in(browser, made(services, Role.READER))
    assert browser.get("/documents").status_code == 200
    if end == "revoked":
        services.keys.revoke("reader")
        made(services, Role.READER)  # another key of the same name does not bring it back
    with services.database.write() as connection:
        if end == "expired":
            connection.exec_driver_sql("UPDATE api_keys SET expires_at = ?", (now(),))
        if end == "session":
            connection.exec_driver_sql("UPDATE sessions SET expires_at = ?", (now(),))
    assert browser.get("/documents").status_code == 401


def test_a_wrong_key_is_told_on_the_form(services: Services, browser: TestClient) -> None:
    made(services, Role.READER)
    answer = browser.post("/sign-in", data={"key": "brief_wrong"}, headers=OWN)
    assert answer.status_code == 401 and "not valid" in answer.text and "brief_wrong" not in answer.text
    assert "set-cookie" not in answer.headers
    assert browser.post("/sign-in", data={"key": ""}, headers=OWN).status_code == 422


@pytest.mark.parametrize(
    "goes_to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(services: Services, browser: TestClient, goes_to: str) -> None:
    secret = made(services, Role.READER)
    answer = browser.post("/sign-in", data={"key": secret, "next": goes_to}, headers=OWN, follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert "evil" not in browser.get("/sign-in", params={"next": goes_to}).text


def test_no_key_is_needed_where_there_are_none(browser: TestClient) -> None:
    assert "No key is needed" in browser.get("/sign-in").text


def test_cookies_are_kept_as_digests(services: Services, browser: TestClient) -> None:
    signed_in(browser, made(services, Role.READER))
    (cookie,) = browser.cookies.values()
    kept = b"".join(path.read_bytes() for path in services.settings.data_dir.rglob("*") if path.is_file())
    assert len(cookie) >= 43 and cookie.encode() not in kept


def test_over_https_the_cookie_is_secure(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", public_url="https://briefing.example", session_hours=1)
    with open_services(settings, HashEncoder()) as services:
        secret = made(services, Role.READER)
        with TestClient(build_app(services), base_url="http://briefing.example") as client:
            origin = {"Origin": "https://briefing.example"}
            answer = client.post("/sign-in", data={"key": secret}, headers=origin, follow_redirects=False)
            assert "Secure" in answer.headers["set-cookie"] and "Max-Age=3600" in answer.headers["set-cookie"]


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {},  # a browser says at least one of both with every write
]


@pytest.mark.csrf
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_elsewhere_writes_nothing_with_the_session(
    services: Services, browser: TestClient, headers: dict[str, str]
) -> None:
    """Every route that writes, as a form or a script on another site would send it."""
    signed_in(browser, made(services, Role.ADMIN))
    routes = [(m, path) for path, methods in browser.get("/openapi.json").json()["paths"].items() for m in methods]
    writes = [(m.upper(), path) for m, path in routes if m in {"post", "put", "patch", "delete"}]
    writes += [("POST", path) for path in ("/", "/partials/answer", "/briefs", "/drafts", "/mcp", "/curate/add")]
    writes += [("POST", f"/curate/{what}/a") for what in ("metadata", "restore", "withdraw", "mark", "actors")]
    writes += [("POST", "/conversations/a/delete"), ("POST", "/messages/a/feedback"), ("POST", "/curate/index")]
    assert len(writes) > 25
    for method, path in writes:
        address = re.sub(r"{[^}]+}", "a", path)
        assert browser.request(method, address, headers=headers).status_code == 403, (method, path)
    if headers:
        assert browser.post("/sign-out", headers=headers).status_code == 403
        assert browser.post("/sign-in", data={"key": "x"}, headers=headers).status_code == 403
    assert browser.get("/documents").status_code == 200


@pytest.mark.csrf
@pytest.mark.parametrize("headers", [OWN, {"Sec-Fetch-Site": "same-origin"}], ids=str)
def test_our_own_page_writes_with_the_session(services: Services, browser: TestClient, headers: dict[str, str]) -> None:
    signed_in(browser, made(services, Role.CURATOR))
    written = browser.put("/api/v1/documents/a", json={"text": "A text of our own."}, headers=headers)
    assert written.status_code == 200
    (change,) = browser.get("/api/v1/documents/a/changes").json()["changes"]
    assert change["actor"] == "curator"


@pytest.mark.csrf
def test_no_other_origin_is_let_in_unless_configured(services: Services, browser: TestClient, tmp_path: Path) -> None:
    asks = {"Origin": "https://tools.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in browser.options("/api/v1/ask", headers=asks).headers
    assert "access-control-allow-origin" not in browser.get("/healthz", headers=asks).headers
    settings = Settings(data_dir=tmp_path / "other", cors_origins=("https://tools.example",))
    with open_services(settings, HashEncoder()) as other:
        secret = made(other, Role.CURATOR)
        with TestClient(build_app(other), base_url=LOCAL) as client:
            allowed = client.options("/api/v1/ask", headers=asks)
            assert allowed.headers["access-control-allow-origin"] == "https://tools.example"
            assert "access-control-allow-credentials" not in allowed.headers
            evil = {**asks, "Origin": "https://evil.example"}
            assert "access-control-allow-origin" not in client.options("/api/v1/ask", headers=evil).headers
            foreign = {"Origin": "https://tools.example", "Sec-Fetch-Site": "cross-site"}
            text = {"text": "A text of theirs."}
            with_key = {**foreign, "Authorization": f"Bearer {secret}"}
            assert client.put("/api/v1/documents/a", json=text, headers=with_key).status_code == 200
            signed_in(client, secret)
            assert client.put("/api/v1/documents/b", json=text, headers=foreign).status_code == 401  # never by cookie
            assert client.get("/api/v1/documents", headers=foreign).status_code == 401
