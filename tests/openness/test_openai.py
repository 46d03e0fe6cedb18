"""The official ``openai`` client against a running server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from assistant.asking import AskRequest
from assistant.server.links import Links
from assistant.server.openai_compat import compose
from assistant.services import Services

QUESTION = "What does Russia reject?"


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as opened:
        yield opened


def complete(client: openai.OpenAI, *messages: tuple[str, str], **options: Any) -> Any:
    wanted: Any = [{"role": role, "content": content} for role, content in messages]
    return client.chat.completions.create(model="briefing-assistant", messages=wanted, **options)


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["briefing-assistant"]
    assert client.models.retrieve("briefing-assistant").object == "model"


def test_a_cited_answer(client: openai.OpenAI, address: str) -> None:
    completion = complete(client, ("user", QUESTION), temperature=0.2, max_tokens=100)
    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "stop"
    assert message.role == "assistant"
    answer = httpx.post(f"{address}/api/v1/ask", json={"question": QUESTION}).json()
    assert answer["status"] == "answered"
    assert message.content == answer["answer"]
    expected = [n for sentence in answer["sentences"] for n in sentence["citations"]]
    cited = {citation["number"]: citation for citation in answer["citations"]}
    assert len(message.annotations) == len(expected) >= 1
    for annotation, number in zip(message.annotations, expected, strict=True):
        assert annotation.type == "url_citation"
        place = annotation.url_citation
        assert message.content[place.start_index : place.end_index] == f"[{number}]"
        assert place.title == cited[number]["title"]
        assert place.url == cited[number]["url"] or place.url.startswith(f"{address}/documents/")
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0


def test_a_citation_without_an_address_of_its_own_opens_the_passage(briefing: Services) -> None:
    answer = briefing.asker.ask(AskRequest(QUESTION))
    places = [a.url_citation for piece in compose(answer, Links("https://briefing.example")) for a in piece.annotations]
    assert all(place.url.startswith("https://") for place in places)
    ours = [place.url for place in places if place.url.startswith("https://briefing.example/documents/")]
    without = [c for c in answer.citations if not c.metadata.url]
    assert without and len(ours) >= 1
    assert all("start=" in url and "version=" in url for url in ours)


def test_our_own_address_opens_the_cited_words(client: openai.OpenAI, address: str) -> None:
    completion = complete(client, ("user", QUESTION))
    urls = [annotation.url_citation.url for annotation in completion.choices[0].message.annotations]
    ours = [url for url in urls if url.startswith(address)]
    assert ours
    page = httpx.get(ours[0])
    assert page.status_code == 200
    assert "<mark" in page.text


def test_streamed_pieces_make_the_same_answer(client: openai.OpenAI) -> None:
    whole = complete(client, ("user", QUESTION)).choices[0].message
    chunks = list(complete(client, ("user", QUESTION), stream=True, stream_options={"include_usage": True}))
    assert len({chunk.id for chunk in chunks}) == 1
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == whole.content
    assert sum(1 for delta in deltas if delta.content) > 1
    told = [item for delta in deltas for item in getattr(delta, "annotations", None) or []]
    assert told == [annotation.model_dump() for annotation in whole.annotations]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0


def test_a_stream_ends_as_the_format_says(address: str) -> None:
    body = {"model": "briefing-assistant", "messages": [{"role": "user", "content": QUESTION}], "stream": True}
    response = httpx.post(f"{address}/v1/chat/completions", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.endswith("data: [DONE]\n\n")
    assert all(line.startswith("data: ") for line in response.text.splitlines() if line)


def test_the_turns_before_are_the_history(client: openai.OpenAI) -> None:
    alone = complete(client, ("user", "What does Ukraine reject?")).choices[0].message.content
    turns = (
        ("system", "Be brief."),
        ("user", QUESTION),
        ("assistant", "Foreign troops. [1]"),
        ("user", "And Ukraine?"),
    )
    assert complete(client, *turns).choices[0].message.content == alone


def test_parts_of_a_message_are_read(client: openai.OpenAI) -> None:
    parts: Any = [{"type": "text", "text": QUESTION}]
    by_parts = client.chat.completions.create(model="briefing-assistant", messages=[{"role": "user", "content": parts}])
    assert by_parts.choices[0].message.content == complete(client, ("user", QUESTION)).choices[0].message.content


def test_a_refusal_is_an_answer_without_citations(client: openai.OpenAI) -> None:
    message = complete(client, ("user", "What is the boiling point of nitrogen?")).choices[0].message
    assert message.annotations == []
    assert "does not answer" in message.content


def test_errors_are_those_of_the_client(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no model") as unknown:
        client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": QUESTION}])
    assert unknown.value.code == "not-found"
    with pytest.raises(openai.UnprocessableEntityError, match="The question is empty"):
        complete(client, ("user", "  "))
    with pytest.raises(openai.UnprocessableEntityError, match="last user message"):
        complete(client, ("system", "Be brief."))
    with pytest.raises(openai.APIStatusError) as long:
        complete(client, ("user", "why " * 2000))
    assert long.value.status_code == 413


def test_other_routes_have_problems_only(address: str) -> None:
    assert "error" not in httpx.post(f"{address}/api/v1/ask", json={"question": ""}).json()
    problem = httpx.post(f"{address}/v1/chat/completions", json={"model": "briefing-assistant"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["error"]["message"]
