"""What crosses from the parsing process: documents whole, and nothing that a taken-over process could send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.curation.loaders import Limits, clean_text, load
from assistant.curation.loaders.wire import BadReply, decode, encode_documents, encode_error
from assistant.errors import AssistantError, InvalidDocument, NotFound, TooLarge
from assistant.models import Block, LoadedDocument, Metadata

LIMITS = Limits(characters=10_000, documents=10, blocks=1_000)
MARKDOWN = (
    "---\nid: x\ntitle: T\ntopics: [a, b]\ndate: 2025-12\n---\n"
    "# H\n\nText.\n\n- one\n- two\n\n> q\n\n|a|b|\n|-|-|\n|1|2|\n"
)


def reply(**changes: Any) -> bytes:
    document = {
        "text": "Text.",
        "blocks": [[0, 5]],
        "metadata": {"title": "T", "topics": []},
        "id": None,
        "media_type": "text/plain",
        "notes": [],
    }
    return json.dumps({"documents": [document | changes]}).encode()


def test_documents_arrive_as_they_were_sent() -> None:
    documents = load(MARKDOWN.encode(), name="a.md")
    assert decode(encode_documents(documents), LIMITS) == documents
    paged = LoadedDocument("ab", (Block(0, 1, "heading", 2, 7), Block(1, 2, page=8)), Metadata(), "i", "x/y", ("n",))
    assert decode(encode_documents((paged,)), LIMITS) == (paged,)


@given(st.text(min_size=1, max_size=200).map(clean_text).filter(str.strip))
@settings(max_examples=200, deadline=None)
def test_any_text_arrives_as_it_was_sent(text: str) -> None:
    documents = load(text.encode(), name="a.txt")
    assert decode(encode_documents(documents), LIMITS) == documents


@pytest.mark.parametrize("error", [InvalidDocument("No.", "Do."), TooLarge("Big."), NotFound("x")])
def test_errors_arrive_with_their_type(error: AssistantError) -> None:
    with pytest.raises(AssistantError) as caught:
        decode(encode_error(error), LIMITS)
    assert type(caught.value) is (InvalidDocument if isinstance(error, NotFound) else type(error))
    assert (caught.value.detail, caught.value.hint) == (error.detail, error.hint)


def test_messages_cannot_write_on_the_terminal() -> None:
    with pytest.raises(InvalidDocument) as caught:
        decode(encode_error(InvalidDocument("\x1b[2J\u202eNo.\n" * 500)), LIMITS)
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) <= 1_000


@pytest.mark.hostile
@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"documents": []}',
        b'{"documents": {}}',
        b'{"documents": [7]}',
        b'{"error": "storage-failed", "detail": "x", "hint": ""}',
        b'{"error": ["x"], "detail": "x", "hint": ""}',
        b'{"error": "invalid-document", "detail": {}, "hint": ""}',
        reply(text=7),
        reply(text="\ud800"),
        reply(text="x" * 10_001),
        reply(blocks={}),
        reply(blocks=[[0, 6]]),
        reply(blocks=[[0, 0]]),
        reply(blocks=[[-1, 2]]),
        reply(blocks=[[3, 2], [-5, 2]]),
        reply(blocks=[[0, 2, 99, 0, 0]]),
        reply(blocks=[[0, 2, 0, 1000, 0]]),
        reply(blocks=[[0, 2, 0]]),
        reply(blocks=[["0", "2"]]),
        reply(blocks=[[0.0, 2.0]]),
        reply(blocks=[[False, True]]),
        reply(blocks=[7]),
        reply(metadata=None),
        reply(metadata={"title": None, "topics": []}),
        reply(metadata={"title": "T", "topics": "abc"}),
        reply(metadata={"title": "T", "topics": [], "url": {}}),
        reply(id=7),
        reply(media_type=None),
        reply(notes=[1]),
        reply(notes=["x"] * 1_000),
        json.dumps({"documents": [json.loads(reply())["documents"][0]] * 11}).encode(),
        json.dumps({"documents": [json.loads(reply(text="x" * 6_000))["documents"][0]] * 2}).encode(),
    ],
)
def test_a_reply_that_no_loader_sends_is_not_believed(bad: bytes) -> None:
    with pytest.raises(BadReply):
        decode(bad, LIMITS)
