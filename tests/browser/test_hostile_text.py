"""Titles, texts, ids, addresses and questions that try to become a script, an image or a link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from assistant.models import Block, LoadedDocument, Metadata
from assistant.services import Services, open_services
from assistant.settings import load_settings
from tests.browser.conftest import OpenPage, ask, serving

pytestmark = pytest.mark.xss

RUN = "window.ran=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror="{RUN}">',
    f"' autofocus onfocus='{RUN}",
    f'" autofocus onfocus="{RUN}" x="',
    f"<svg/onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<iframe src=javascript:parent.{RUN}>",
    f'<a href="javascript:{RUN}">click</a>',
    f'<form action="javascript:{RUN}"><button>go</button></form>',
    f"<details open ontoggle={RUN}>",
    "<style>@import 'http://example.invalid/x.css';body{display:none}</style>",
    '<link rel="stylesheet" href="http://example.invalid/x.css">',
    '<meta http-equiv="refresh" content="0;url=http://example.invalid/">',
    '<base href="http://example.invalid/">',
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<template><script>{RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<!--><script>{RUN}</script>-->",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    f"${{{RUN}}}",
    f"[click](javascript:{RUN})",
    "![x](http://example.invalid/x.png)",
    "\u202egnp.exe\u202c",
]
ADDRESSES = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f" javascript:{RUN}",
    f"java\nscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    "file:///etc/passwd",
    "//example.invalid/x",
    f'http://example.org/"onmouseover="{RUN}',
]
IDS = [
    "a/b/c",
    "../../etc/passwd",
    "x?version=2#p",
    "50% & more",
    "üñí/ço dé",
    "/leading",
    "trailing/",
    "a+b c",
    "partials",
]


def hostile_document(payload: str, url: str, number: int) -> LoadedDocument:
    """A document with ``payload`` wherever text can stand: heading, paragraph, cell and metadata."""
    said = f"Ruritania rejects the {payload} tariff number {number} of the Grand Fenwick customs office."
    row = f"{payload} | {payload}"
    first, second = len(payload), len(payload) + 2 + len(said)
    blocks = (
        Block(0, first, "heading", 1),
        Block(first + 2, second),
        Block(second + 2, second + 2 + len(row), "table_row"),
    )
    metadata = Metadata(
        title=payload,
        source=payload,
        source_type=payload,
        author=payload,
        url=url,
        language=payload,
        topics=(payload,),
    )
    return LoadedDocument(f"{payload}\n\n{said}\n\n{row}", blocks, metadata)


@pytest.fixture(scope="module")
def hostile(briefing: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The address of a server over hostile documents, and their ids."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with open_services(load_settings(data_dir=folder / "data"), briefing.encoder) as services:
        ids = [*(f"{payload} {number}" for number, payload in enumerate(PAYLOADS) if payload.isprintable()), *IDS]
        for number, document_id in enumerate(ids):
            payload = PAYLOADS[number % len(PAYLOADS)]
            document = hostile_document(payload, ADDRESSES[number % len(ADDRESSES)], number)
            services.pipeline.ingest(document_id, document, origin="tests", by="tests")
        assert services.index.wait_ready(60)
        with serving(services) as url:
            yield url, ids


MADE = """main :is(script, img, iframe, style, link, meta, base, object, embed, animate, math, [srcdoc]),
          main form[action^="javascript"]"""
HANDLERS = """[...document.querySelectorAll(":not(#card)")]
  .flatMap((element) => element.getAttributeNames())
  .filter((name) => name.startsWith("on") || name === "style")"""


def harmless(page: Page) -> None:
    assert page.evaluate("window.ran") is None
    assert page.locator(MADE).count() == 0
    assert page.evaluate(HANDLERS) == []
    for href in page.locator("a[href]").evaluate_all("links => links.map(link => link.href)"):
        assert urlsplit(href).scheme in {"http", "https"}, href


def test_documents_are_text_whatever_they_hold(hostile: tuple[str, list[str]], open_page: OpenPage) -> None:
    address, ids = hostile
    page = open_page(f"{address}/documents")
    harmless(page)
    links = page.locator(".documents td a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert sorted(links) == sorted(f"/documents/{quote(document_id, safe='')}" for document_id in ids)
    for link in links:
        response = page.goto(f"{address}{link}?start=3&end=40")
        assert response is not None and response.status == 200, link
        harmless(page)
        assert page.locator("mark").count() >= 1
        outside = page.locator("main a[rel]").evaluate_all("links => links.map(link => link.rel)")
        assert all(rel == "noopener noreferrer nofollow" for rel in outside)


def test_other_pages_show_documents_as_text(hostile: tuple[str, list[str]], open_page: OpenPage) -> None:
    address, ids = hostile
    page = open_page(f"{address}/positions?subjects=tariff,{quote(PAYLOADS[0])}&actor=Ruritania")
    harmless(page)
    expect(page.locator(".statement").first).to_be_visible()
    page.get_by_role("link", name="Ruritania rejects: tariff").click()
    page.locator(".panel .statement").first.wait_for()
    harmless(page)
    for path in ("/timeline", f"/timeline?about={quote(PAYLOADS[0])}", f"/briefs?x={quote(PAYLOADS[0])}"):
        page.goto(address + path)
        harmless(page)
    for document_id in ids[:: len(ids) // 6]:
        page.goto(f"{address}/curate/document/{quote(document_id, safe='')}?start=3&end=40")
        expect(page.locator("h1")).not_to_be_empty()
        harmless(page)


@pytest.mark.parametrize("script", [True, False])
def test_drafts_topics_and_file_names_are_text(
    hostile: tuple[str, list[str]], open_page: OpenPage, script: bool
) -> None:
    page = open_page(f"{hostile[0]}/drafts", java_script_enabled=script)
    page.get_by_label("The draft").fill("\n\n".join(f"Ruritania rejects the {payload} tariff." for payload in PAYLOADS))
    page.get_by_role("button", name="Check").click()
    page.locator(".check").first.wait_for()
    harmless(page)
    for payload in PAYLOADS[:3]:
        page.goto(f"{hostile[0]}/briefs")
        page.get_by_label("Topic").fill(f"tariff {payload}")
        page.get_by_role("button", name="Write the brief").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(payload)
        harmless(page)
        files = [{"name": f"{payload.replace('/', '')}.txt", "mimeType": "text/plain", "buffer": payload.encode()}]
        page.goto(f"{hostile[0]}/curate/add")
        page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
        page.get_by_role("button", name="Preview").click()
        page.locator(".previews li").first.wait_for()
        harmless(page)


def test_answers_and_their_sources_are_text(hostile: tuple[str, list[str]], open_page: OpenPage) -> None:
    page = open_page(hostile[0])
    ask(page, "What does Ruritania reject?")
    assert page.locator(".turn").get_attribute("data-status") in {"answered", "conflicting"}
    harmless(page)
    for number in range(page.locator(".sources .source").count()):
        link = page.locator(".sources .source a").nth(number)
        quoted = page.locator(".sources q").nth(number).text_content()
        link.click()
        assert quoted is not None
        expect(page.locator(".panel mark")).to_have_text(quoted)
        harmless(page)
    page.locator(".chip").first.hover()
    harmless(page)


@pytest.mark.parametrize("script", [True, False])
def test_questions_are_text(hostile: tuple[str, list[str]], open_page: OpenPage, script: bool) -> None:
    page = open_page(hostile[0])
    for payload in PAYLOADS:
        if script:
            ask(page, f"Why {payload}?")
            assert page.locator(".turn .question").last.text_content() == f"Why {payload}?"
        else:
            page.goto(f"{hostile[0]}/?q={quote('Why ' + payload, safe='')}&as_of={quote(payload, safe='')}")
            assert "Why" in page.locator(".turn .question").inner_text()
        harmless(page)


def test_a_search_is_text(hostile: tuple[str, list[str]], open_page: OpenPage) -> None:
    page = open_page(hostile[0])
    for payload in PAYLOADS:
        page.goto(f"{hostile[0]}/documents?q={quote(payload, safe='')}")
        harmless(page)
        assert page.locator("#find").input_value() == payload
