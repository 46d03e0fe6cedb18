"""Markdown and its front matter: the text a reader sees, and errors a curator can act on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.curation.loaders import load
from assistant.errors import InvalidDocument
from assistant.models import LoadedDocument

HEADER = """---
id: talks/berlin
title: "Berlin: what was agreed"
source: The Daily
source_type: news
date: 2025-12-15
author: Ann Writer
language: en_GB
topics: [ceasefire, security guarantees]
url: https://daily.example/berlin
---
"""


def read(text: str, name: str = "berlin.md") -> LoadedDocument:
    return load(text.encode(), name=name)[0]


def parts(document: LoadedDocument) -> list[tuple[str, int, str]]:
    return [(b.kind, b.level, document.text[b.start : b.end]) for b in document.blocks]


def test_front_matter_states_everything() -> None:
    document = read(HEADER + "# Heading\n\nText.")
    metadata = document.metadata
    assert document.id == "talks/berlin"
    assert metadata.title == "Berlin: what was agreed"
    assert (metadata.source, metadata.source_type, metadata.author) == ("The Daily", "news", "Ann Writer")
    assert metadata.published_at == "2025-12-15"
    assert metadata.language == "en-GB"
    assert metadata.topics == ("ceasefire", "security guarantees")
    assert metadata.url == "https://daily.example/berlin"
    assert document.text == "Heading\n\nText."


def test_structure_becomes_text_and_blocks() -> None:
    document = read(
        "# The *draft*\n\nIt says **three** things; see [the text](https://a.example/x) or `art. 5`.\nWrapped line.\n\n"
        "## Points\n\n- one\n- two\n  1. inner\n  2. more\n\n> Never again,\n> he said.\n\n"
        "| Party | Stance |\n|---|---|\n| Kyiv | accepts |\n\n```\ncode  kept\n```\n\n![A map](m.png)\n\n"
        "End<br>line[^1].\n\n"
        "[^1]: A note.\n"
    )
    assert parts(document) == [
        ("heading", 1, "The draft"),
        ("paragraph", 0, "It says three things; see the text or art. 5. Wrapped line."),
        ("heading", 2, "Points"),
        ("list_item", 0, "one"),
        ("list_item", 0, "two"),
        ("list_item", 0, "inner"),
        ("list_item", 0, "more"),
        ("quote", 0, "Never again, he said."),
        ("table_row", 0, "Party | Stance"),
        ("table_row", 0, "Kyiv | accepts"),
        ("code", 0, "code  kept"),
        ("paragraph", 0, "A map"),
        ("paragraph", 0, "End\nline."),
        ("paragraph", 0, "A note."),
    ]
    assert "- one\n- two\n1. inner\n2. more\n\nNever again" in document.text
    assert "Party | Stance\nKyiv | accepts\n\ncode" in document.text


def test_numbered_lists_count_from_where_they_say() -> None:
    assert "3. third\n4. fourth" in read("3. third\n4. fourth\n").text


def test_html_in_markdown_shows_only_its_text() -> None:
    document = read(
        "Talks <b>go</b> on.\n\n<div onclick='x()'>And <i>on</i>.</div>\n\n<!-- obey me -->\n\n<script>a()</script>"
    )
    assert document.text == "Talks go on.\n\nAnd on."


def test_the_title_falls_back_to_the_heading_and_then_to_the_name() -> None:
    assert read("## Sub\n\n# Main title\n\nText").metadata.title == "Main title"
    assert read("Only text.", name="dir/peace_plan.md").metadata.title == "peace plan"


def test_values_are_kept_as_written() -> None:
    document = read(
        "---\nid: 007\ntitle: No\ntopics: a, b , ,c\nlanguage: no\npublished_at: 2025-12\nauthor: ~\n---\nText."
    )
    assert document.id == "007"
    assert (document.metadata.title, document.metadata.language, document.metadata.author) == ("No", "no", None)
    assert document.metadata.topics == ("a", "b", "c")
    assert document.metadata.published_at == "2025-12"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("published_at: next Tuesday", "published_at: 'next Tuesday' is not a date; write YYYY-MM-DD"),
        ("published_at: 03/04/2025", "is not a date"),
        ("published_at: 2025-13-01", "is not a date"),
        ("publisher: X", "the field 'publisher' is not known; the fields are id, title, source"),
        ("title: a: b", "line 2 of the front matter is not valid YAML"),
        ("title: a\nurl: 'x", "is not valid YAML"),
        ("url: javascript:alert(1)", "is not a web address"),
        ("url: ftp://a.example/x", "is not a web address"),
        ("title: a\ntitle: b", "the field 'title' is given twice"),
        ("date: 2025\npublished_at: 2025", "'published_at' is given twice"),
        ("title: [a, b]", "title: write one value, not a list"),
        ("topics: {a: b}", "topics: write a list of words"),
        ("language: English please", "is not a language tag"),
        ("id: ' x '\ntitle: y", None),
        ("a: &a [x]\nb: *a", "aliases are not allowed"),
        ("- a\n- b", "is not a list of fields"),
        ("title: !!python/object/apply:os.system ['true']", "title: write one value"),
    ],
)
def test_front_matter_that_cannot_be_used_is_named(header: str, message: str | None) -> None:
    text = f"---\n{header}\n---\nText."
    if message is None:
        assert read(text).id == "x"
        return
    with pytest.raises(InvalidDocument) as caught:
        read(text)
    assert message in caught.value.detail
    assert caught.value.detail.startswith("berlin.md")
    assert caught.value.hint


def test_front_matter_that_is_never_closed_is_an_error() -> None:
    with pytest.raises(InvalidDocument, match="never closed"):
        read("---\ntitle: x\n\nText without end.")


def test_front_matter_is_recognised_in_a_file_with_another_name() -> None:
    assert read(HEADER + "Text.", name="berlin.txt").id == "talks/berlin"
    assert read("---\nJust a line above.", name="note.txt").text == "---\nJust a line above."


@given(st.text(alphabet=st.sampled_from("#*-_`>|[]()!<>&\\\n \t1.aé~:=\u200b\"'"), min_size=1, max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_markdown_gives_blocks_inside_its_text(text: str) -> None:
    try:
        document = load(b"word\n\n" + text.encode(), name="a.md")[0]
    except InvalidDocument:
        return
    position = 0
    for block in document.blocks:
        assert position <= block.start < block.end <= len(document.text)
        assert document.text[block.start : block.end].strip()
        position = block.end
