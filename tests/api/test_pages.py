"""Pages over HTTP, without a browser: what they say, with which status and which headers."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from fastapi.testclient import TestClient

from assistant.models import AnswerStatus, Block, LoadedDocument, Metadata, Modality, Verification
from assistant.paths import shipped
from assistant.server.presentation import citation_url, day_writer, language_tag, web_url
from assistant.server.words import load_words
from assistant.services import Services

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WORDS = load_words(shipped("web/words/en.toml"))


class Page(HTMLParser):
    """What a page is made of: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marked = ""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked += data

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for element, attrs in self.elements if element == tag and name in attrs]


def get(client: TestClient, path: str, status: int = 200) -> Page:
    response = client.get(path, headers=BROWSER)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def add(services: Services, document_id: str, text: str = "The ferry leaves at noon.", **metadata: Any) -> None:
    document = LoadedDocument(text, (Block(0, len(text)),), Metadata(**{"title": "Ferries", **metadata}))
    services.pipeline.ingest(document_id, document, origin="tests", by="tests")


def test_an_answer_on_the_page_is_the_answer_of_the_interface(api: TestClient) -> None:
    question = "What does Russia reject?"
    page = get(api, f"/?q={quote(question)}")
    answer = api.post("/api/v1/ask", json={"question": question}).json()
    assert answer["citations"]
    for citation in answer["citations"]:
        assert citation["quote"] in page.text
    assert WORDS.status.answered in page.text


def test_the_words_that_answer_are_marked(api: TestClient) -> None:
    question = "When was the Budapest Memorandum signed?"
    page = get(api, f"/?q={quote(question)}")
    sentences = api.post("/api/v1/ask", json={"question": question}).json()["sentences"]
    answers = [sentence["answer"] for sentence in sentences if sentence["answer"]]
    assert "1994" in answers[0]["text"]
    assert page.marked == "".join(answer["text"] for answer in answers)


def test_every_citation_links_to_the_words_it_quotes(api: TestClient, briefing: Services) -> None:
    page = get(api, "/?q=When+was+the+Budapest+Memorandum+signed%3F")
    links = [href for href in page.attributes("a", "href") if "start=" in href]
    answer = api.post("/api/v1/ask", json={"question": "When was the Budapest Memorandum signed?"}).json()
    for citation in answer["citations"]:
        link = next(
            href
            for href in links
            if f"/{citation['document_id']}?" in href and f"start={citation['start']}&end={citation['end']}" in href
        )
        assert get(api, link).marked == citation["quote"]


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The server-sent events of a body."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_the_partial_is_the_turn_of_the_page(api: TestClient) -> None:
    told = events(api.post("/partials/answer?turn=7", data={"q": "Who is Steve Witkoff?"}).text)
    assert [name for name, _ in told] == ["found", "done"]
    assert told[0][1]["passages"] > 0
    partial = told[-1][1]["html"]
    assert partial.startswith('<article class="turn" id="turn-7"')
    page = get(api, f"/conversations/{told[-1][1]['conversation']}")
    without_times = re.compile(r"\d+ ms|\s+")
    assert without_times.sub(" ", Page(partial).text).strip() in without_times.sub(" ", page.text)


def test_an_answer_can_be_taken_along_as_markdown(api: TestClient) -> None:
    question = "What does Russia *reject*?"
    page = get(api, f"/?q={quote(question)}")
    answer = api.post("/api/v1/ask", json={"question": question}).json()
    assert "## What does Russia \\*reject\\*?" in page.text
    for citation in answer["citations"]:
        assert f"[^{citation['number']}]: “{citation['quote']}”" in page.text
    for sentence in answer["sentences"]:
        assert sentence["text"] + "".join(f"[^{number}]" for number in sentence["citations"]) in page.text
    assert f"/?{urlencode({'q': question})}" in page.attributes("a", "href")


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("q=", 422, "The question is empty."),
        ("q=%20%0a", 422, "The question is empty."),
        ("q=" + "a" * 2001, 413, "at most 2,000"),
        ("q=Why%3F&as_of=yesterday", 422, "'yesterday' is not a date."),
        ("q=Why%3F&from=2025-02-30", 422, "'2025-02-30' is not a date."),
    ],
)
def test_mistakes_are_told_in_the_page_and_as_problems_in_the_partial(
    api: TestClient, query: str, status: int, told: str
) -> None:
    page = get(api, f"/?{query}", status)
    assert told in page.text
    assert "q" in page.attributes("textarea", "name")
    problem = api.post("/partials/answer", data=dict(parse_qsl(query, keep_blank_values=True)), headers=BROWSER)
    assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
    assert told in problem.json()["detail"]


def test_an_empty_corpus_says_how_to_fill_it(empty_api: TestClient) -> None:
    page = get(empty_api, "/")
    assert WORDS.start.empty_heading in page.text
    assert WORDS.start.empty_command in page.text
    refused = get(empty_api, "/?q=Why%3F")
    assert "The corpus is empty" in refused.text


@pytest.mark.parametrize("path", ["/documents/none", "/documents/position-russia?version=99", "/nowhere"])
def test_a_browser_gets_a_page_about_the_problem_and_a_program_a_problem(api: TestClient, path: str) -> None:
    page = get(api, path, 404)
    assert page.attributes("a", "href").count("/documents") >= 1
    problem = api.get(path, headers={"Accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["detail"] in page.text


def test_a_wrong_parameter_is_a_problem_page(api: TestClient) -> None:
    assert "version" in get(api, "/documents/position-russia?version=two", 422).text


@pytest.mark.parametrize(
    "document_id", ["a/b/c", "../up", "x?version=2#p", "50% & more", "üñí/ço dé", "/leading", "trailing/", "a+b", "<b>"]
)
def test_any_id_has_its_page(services: Services, empty_api: TestClient, document_id: str) -> None:
    add(services, document_id)
    link = next(href for href in get(empty_api, "/documents").attributes("a", "href") if href.startswith("/documents/"))
    assert "The ferry leaves at noon." in get(empty_api, link).text
    assert "The ferry leaves at noon." in get(empty_api, f"/partials{link}").text


def test_an_earlier_version_says_that_it_is_superseded(services: Services, empty_api: TestClient) -> None:
    add(services, "ferries", "The ferry leaves at noon.")
    add(services, "ferries", "The ferry leaves at one.")
    old = get(empty_api, "/documents/ferries?version=1&start=4&end=9")
    assert WORDS.document.superseded.format(n=1) in old.text
    assert (old.marked, "/documents/ferries" in old.attributes("a", "href")) == ("ferry", True)
    new = get(empty_api, "/documents/ferries")
    assert "superseded." not in new.text and "at one" in new.text


def test_a_withdrawn_document_is_told_and_its_versions_stay_readable(services: Services, empty_api: TestClient) -> None:
    add(services, "ferries")
    services.pipeline.withdraw("ferries", by="tests")
    assert "has been withdrawn" in get(empty_api, "/documents/ferries", 404).text
    assert WORDS.document.withdrawn.format(n=1) in get(empty_api, "/documents/ferries?version=1").text
    assert "ferries" not in get(empty_api, "/documents").text.lower().split("find documents")[1]


def test_an_unknown_date_is_undated_and_never_today(services: Services, empty_api: TestClient) -> None:
    add(services, "ferries")
    for path in ("/documents", "/documents/ferries"):
        page = get(empty_api, path)
        assert WORDS.dates.undated in page.text
        assert not page.attributes("time", "datetime")


def test_a_span_outside_the_text_marks_nothing_and_says_so(services: Services, empty_api: TestClient) -> None:
    add(services, "ferries")
    page = get(empty_api, "/documents/ferries?start=5&end=9000")
    assert WORDS.document.missing_span in page.text
    assert not page.marked


def test_the_list_is_searched_and_paged(services: Services, empty_api: TestClient) -> None:
    for number in range(51):
        add(services, f"ferry-{number:02}", f"Ferry {number} leaves.", title=f"Ferry {number:02}", source="Harbour")
    first = get(empty_api, "/documents")
    assert "51 documents" in first.text
    following = next(href for href in first.attributes("a", "href") if "page=2" in href)
    second = get(empty_api, following)
    assert "Ferry 50" in second.text and "Ferry 49" not in second.text
    assert "Ferry 07" in get(empty_api, "/documents?q=ferry-07").text
    assert "Ferry 08" not in get(empty_api, "/documents?q=ferry-07").text
    assert WORDS.documents.none_matching.format(text="100%") in get(empty_api, "/documents?q=100%25").text


def test_static_files_are_kept_and_asked_for_again(api: TestClient) -> None:
    page = get(api, "/")
    style = next(href for href in page.attributes("link", "href") if href.endswith("style.css"))
    first = api.get(style)
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert api.get(style, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    plain = api.get("/static/style.css")
    assert (plain.text, plain.headers["cache-control"]) == (first.text, "no-cache")
    for path in ("/static/nothing.css", "/static/../templates/base.html", "/static/%2e%2e/words/en.toml"):
        assert api.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/?q=What+does+Russia+reject%3F", "/documents", "/documents/position-russia"])
def test_pages_obey_their_own_policy(api: TestClient, path: str) -> None:
    response = api.get(path, headers=BROWSER)
    assert "'unsafe" not in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "private, no-cache"
    page = Page(response.text)
    for tag, attributes in page.elements:
        assert tag != "style" and "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "script" or (attributes["src"] or "").startswith("/static/")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_there_are_words_for_every_outcome() -> None:
    for status in AnswerStatus:
        assert getattr(WORDS.status, status.value)
    for modality in set(get_args(Modality)) - {"stated"}:
        assert getattr(WORDS.answer, modality)
    for verification in get_args(Verification):
        assert getattr(WORDS.answer, verification)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "undated"),
        ("2025", "2025"),
        ("2025-12", "December 2025"),
        ("2025-12-05", "5 December 2025"),
        ("2025-12-05T08:30:00+01:00", "5 December 2025, 08:30"),
        ("2025-99", "2025"),
        ("in spring", "in spring"),
    ],
)
def test_dates_are_as_precise_as_they_are_known(value: str | None, written: str) -> None:
    assert day_writer(WORDS)(value) == written


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org/x",
        "/documents",
        "https:///path",
        "http://[",
        "https://example.org/a b",
        "",
        None,
    ],
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_url(url) is None


def test_web_addresses_are_kept_as_they_are() -> None:
    for url in ("https://example.org/a?b=c#d", "http://example.org", "https://xn--bcher-kva.example/ü"):
        assert web_url(url) == url


def test_only_language_tags_become_attributes() -> None:
    assert language_tag("pt-BR") == "pt-BR"
    assert [language_tag(value) for value in ('en" x="', "english language", "", None)] == [None] * 4


def test_a_citation_of_a_hostile_id_stays_one_part_of_the_path(services: Services) -> None:
    add(services, "a/../b?c#d&e=f")
    from assistant.asking import AskRequest

    answer = services.asker.ask(AskRequest("When does the ferry leave?"))
    for citation in answer.citations:
        assert citation_url(citation).startswith("/documents/a%2F..%2Fb%3Fc%23d%26e%3Df?version=1&start=")


def test_sources_that_contradict_each_other_stand_side_by_side(empty_api: TestClient, services: Services) -> None:
    for name, text in (
        ("no", "Kyiv says Moscow rejects the grain corridor."),
        ("yes", "Washington said Russia accepts the grain corridor."),
    ):
        document = LoadedDocument(
            text,
            (Block(0, len(text), "paragraph"),),
            Metadata(title=name, published_at="2025-11-03", source=f"Wire {name}"),
        )
        services.pipeline.ingest(name, document, origin="test", by="tests")
    question = "What is Russia's position on the grain corridor?"
    answer = empty_api.post("/api/v1/ask", json={"question": question}).json()
    assert answer["status"] == "conflicting"
    ((one, other),) = answer["conflicts"]
    assert {answer["sentences"][one]["stance"], answer["sentences"][other]["stance"]} == {"rejects", "accepts"}
    html = empty_api.get("/", params={"q": question}, headers=BROWSER).text
    sides = [attributes for tag, attributes in Page(html).elements if attributes.get("class") == "sentence side"]
    assert len(sides) == 2
    assert WORDS.answer.disputed in html
    assert "Wire no" in html and "Wire yes" in html
