"""Pages of positions, events, drafts and briefs over HTTP: the same as the interface for programs, as HTML."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import docx
import pytest
from fastapi.testclient import TestClient

from tests.api.test_pages import BROWSER, WORDS, Page, get

DRAFT = "The Budapest Memorandum was signed in 1994. The Budapest Memorandum was signed in 1996. Bananas are blue."


def test_each_cell_of_the_table_opens_the_statements_it_counts(api: TestClient) -> None:
    page = get(api, "/positions")
    cells = [href for href in page.attributes("a", "href") if "about=" in href]
    assert len(cells) > 10
    for href in cells[:6]:
        asked = dict(parse_qsl(urlsplit(href).query))
        found = api.get("/api/v1/positions", params=asked).json()["positions"]
        opened = get(api, href)
        assert found
        for position in found:
            assert position["quote"] in opened.text
            assert position["citation"]["title"] in opened.text
        part = get(api, "/partials" + href)
        assert found[0]["quote"] in part.text and "<html" not in part.text


def test_subjects_are_the_readers_own_where_they_are_given(api: TestClient) -> None:
    page = get(api, "/positions?subjects=NATO+membership,+bananas")
    assert "NATO membership" in page.text
    assert WORDS.positions.missing.format(subjects="bananas") in page.text


def test_an_unknown_stance_is_a_problem_that_lists_the_stances(api: TestClient) -> None:
    assert "rejects" in get(api, "/positions?actor=Russia&stance=dances", 422).text


def test_positions_of_an_empty_corpus(empty_api: TestClient) -> None:
    assert WORDS.positions.none_heading in get(empty_api, "/positions").text
    assert WORDS.timeline.none_heading in get(empty_api, "/timeline").text


def test_the_timeline_lists_the_events_of_the_interface(api: TestClient) -> None:
    found = api.get("/api/v1/timeline?about=Budapest+Memorandum&limit=200").json()["events"]
    page = get(api, "/timeline?about=Budapest+Memorandum")
    assert found
    for number, event in enumerate(found, 1):
        assert event["text"] in page.text
        assert f"#event-{number}" in page.attributes("a", "href") or len(found) > 60
    assert len(page.attributes("circle", "cx")) <= len(found)


def test_zooming_is_a_link_to_a_part_of_the_period(api: TestClient) -> None:
    page = get(api, "/timeline?from=2014-01-01&to=2014-12-31")
    closer = next(
        dict(parse_qsl(urlsplit(href).query)) for href in page.attributes("a", "href") if "from=2014-04" in href
    )
    assert ("2014-01-01" < closer["from"] < closer["to"] < "2014-12-31") and closer["to"] > "2014-09"
    dates = get(api, "/timeline?from=2014&to=2014-06").attributes("time", "datetime")
    assert dates and "/timeline" in page.attributes("a", "href")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=2015-01-01&to=2014-01-01", "empty"),
        ("from=soon", "is not a date"),
        ("from=2014-12&to=2014-11-30", "empty"),
    ],
)
def test_a_period_that_is_none_is_told(api: TestClient, query: str, told: str) -> None:
    assert told in get(api, f"/timeline?{query}", 422).text


def word_file(text: str) -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    held = BytesIO()
    document.save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        lambda: {"data": {"text": DRAFT}},
        lambda: {"files": {"file": ("draft.md", DRAFT.encode())}},
        lambda: {"files": {"file": ("draft.docx", word_file(DRAFT))}},
    ],
    ids=["pasted", "Markdown", "Word"],
)
def test_each_sentence_of_a_draft_has_its_verdict_beside_its_evidence(
    api: TestClient, sent: Callable[[], dict[str, object]]
) -> None:
    response = api.post("/drafts", headers=BROWSER, **sent())  # type: ignore[arg-type]
    page = Page(response.text)
    verdicts = [a["class"] for tag, a in page.elements if tag == "li" and (a.get("class") or "").startswith("check ")]
    assert verdicts == ["check check-supported", "check check-contradicted", "check check-not_in_corpus"]
    served = api.post("/api/v1/verify", json={"text": DRAFT}).json()
    assert all(citation["quote"] in page.text for citation in served["citations"])


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        ({"data": {"text": " "}}, 422, "no sentence to check"),
        ({"files": {"file": ("draft.pdf", b"%PDF-1.4")}}, 422, "not text, Markdown or DOCX"),
        ({"files": {"file": ("draft.docx", b"PK nothing")}}, 422, "draft.docx"),
        ({"data": {"text": DRAFT, "as_of": "soon"}}, 422, "is not a date"),
    ],
)
def test_a_draft_that_cannot_be_checked_is_told_above_the_form(
    api: TestClient, sent: dict[str, object], status: int, told: str
) -> None:
    response = api.post("/drafts", headers=BROWSER, **sent)  # type: ignore[arg-type]
    assert response.status_code == status
    assert told in Page(response.text).text


def test_a_brief_is_written_read_taken_along_and_written_again(api: TestClient) -> None:
    written = api.post("/briefs", data={"topic": "security guarantees"}, headers=BROWSER, follow_redirects=False)
    assert written.status_code == 303
    page = get(api, written.headers["location"])
    links = page.attributes("a", "href")
    for kind in ("md", "docx", "pdf"):
        assert next(href for href in links if href.endswith(f".{kind}")).startswith("/api/v1/briefs/")
    brief = api.get(written.headers["location"].replace("/briefs", "/api/v1/briefs") + ".json").json()
    for section in brief["sections"]:
        if section["heading"] != "Sources":
            assert all(item["text"] in page.text for item in section["items"])
    assert "security guarantees" in get(api, "/briefs").text
    again = api.post("/briefs", data={"topic": "security guarantees", "since": "2025-12-14"}, headers=BROWSER)
    assert "since 14 December 2025" in again.text


def test_a_topic_that_is_none_is_told_above_the_form(api: TestClient) -> None:
    response = api.post("/briefs", data={"topic": " "}, headers=BROWSER)
    assert response.status_code == 422
    assert Page(response.text).attributes("input", "name").count("topic") == 1


def test_pages_of_other_sites_cannot_have_a_draft_checked_or_a_brief_written(api: TestClient) -> None:
    for path in ("/drafts", "/briefs", "/partials/answer"):
        refused = api.post(path, data={"topic": "x"}, headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})
        assert refused.status_code == 403
