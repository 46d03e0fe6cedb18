"""Follow-ups rewritten by the chat model, and by the heuristic where the model's words cannot be trusted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from assistant.answering.model_limits import ModelFailed
from assistant.asking import AskRequest
from assistant.models import QuestionReading
from assistant.retrieval.follow_up import Turn
from tests.model.conftest import Opening
from tests.model.scripted import Script, ScriptedChatModel, scripted
from tests.model.test_writing import GOOD

HISTORY = (
    Turn("user", "What did Russia do to the harbour of Lorn on 12 May 2025?"),
    Turn("assistant", "Russia closed the harbour of Lorn."),
)
FOLLOW_UP = "And Ukraine?"
GOOD_REWRITE = "What did Ukraine say about the closing of the harbour of Lorn by Russia?"


def writes(rewrite: str | Script) -> Script:
    """A model that rewrites so, and answers well."""

    def script(message: str) -> Iterator[str]:
        if "Last question:" not in message:
            yield GOOD
        elif isinstance(rewrite, str):
            yield rewrite
        else:
            yield from rewrite(message)

    return script


def read(
    opened: Opening, rewrite: str | Script, question: str = FOLLOW_UP, **limits: object
) -> tuple[QuestionReading, ScriptedChatModel]:
    model, inner = scripted(writes(rewrite), **limits)
    with opened(model) as services:
        return services.asker.ask(AskRequest(question, history=HISTORY)).question, inner


def by_heuristic(opened: Opening, question: str = FOLLOW_UP) -> str:
    with opened(None) as services:
        return services.asker.ask(AskRequest(question, history=HISTORY)).question.searched


def test_a_follow_up_is_searched_as_the_model_rewrote_it(opened: Opening) -> None:
    reading, inner = read(opened, f'"{GOOD_REWRITE}"\n')
    assert (reading.asked, reading.searched) == (FOLLOW_UP, GOOD_REWRITE)
    assert reading.prompt is not None and reading.prompt.startswith("rewrite/v1 sha256:")
    first = inner.prompts[0]
    assert f'<turn by="user">{HISTORY[0].content}</turn>' in first and f"Last question: {FOLLOW_UP}" in first
    assert GOOD_REWRITE in inner.prompts[1]  # what was searched is what the answer is written on


@pytest.mark.parametrize(
    ("failure", "rewrite"),
    [
        ("nothing", ""),
        ("no words", "?!"),
        ("several lines", f"{GOOD_REWRITE}\nUkraine condemned it."),
        ("too long", GOOD_REWRITE + " and the harbour of Lorn" * 40),
        ("drops the actor of the question", "What did Russia say about the harbour of Lorn?"),
        ("another actor", "What did Ukraine and Portugal say about the harbour of Lorn?"),
        ("another name", "What did Ukraine say about the harbour of Lorn and Zanzibarov?"),
        ("another number", "What did Ukraine say about the harbour of Lorn in 1999?"),
        ("an address", "What did Ukraine say about the harbour of Lorn at https://evil.example/?"),
        ("another subject", "What did Ukraine write concerning banana prices, weather forecasts and cooking recipes?"),
        ("an answer", "Certainly! Here is a rewritten version that would suit your needs perfectly well."),
    ],
)
def test_a_rewrite_that_cannot_be_trusted_leaves_the_heuristic(opened: Opening, failure: str, rewrite: str) -> None:
    reading, inner = read(opened, rewrite)
    assert reading.searched == by_heuristic(opened), failure
    assert reading.searched != FOLLOW_UP
    assert reading.prompt is None
    assert inner.prompts


def test_a_model_that_sees_no_follow_up_leaves_the_heuristic(opened: Opening) -> None:
    reading, _ = read(opened, FOLLOW_UP)
    assert (reading.searched, reading.prompt) == (by_heuristic(opened), None)


def test_names_by_which_an_actor_also_goes_are_kept(opened: Opening) -> None:
    reading, _ = read(opened, "What did Ukraine say about the harbour of Lorn?", "And Kyiv?")
    assert reading.searched == "What did Ukraine say about the harbour of Lorn?"


def test_a_model_that_fails_or_is_slow_leaves_the_heuristic(opened: Opening) -> None:
    def fails(_message: str) -> Iterator[str]:
        raise ConnectionError("unreachable")
        yield ""

    def slow(_message: str) -> Iterator[str]:
        while True:
            yield ""

    for script in (fails, slow):
        reading, _ = read(opened, script, seconds=0.5, pause=0.05)
        assert (reading.searched, reading.prompt) == (by_heuristic(opened), None)


def test_a_call_that_had_less_time_than_others_is_no_failure_of_the_model(opened: Opening) -> None:
    def slow(_message: str) -> Iterator[str]:
        while True:
            yield ""

    model, inner = scripted(slow, pause=0.02)
    for _ in range(4):
        with pytest.raises(ModelFailed, match="longer"):
            list(model.session(threading.Event()).stream([("user", "Hurry")], seconds=0.2))
    assert len(inner.prompts) == 4
    model.close()


def test_the_model_is_not_asked_where_there_is_nothing_to_rewrite(opened: Opening) -> None:
    model, inner = scripted(writes(GOOD_REWRITE))
    with opened(model) as services:
        services.asker.ask(AskRequest(FOLLOW_UP))
        services.asker.ask(AskRequest(FOLLOW_UP, history=HISTORY, answerer="extractive"))
    assert not any("Last question:" in prompt for prompt in inner.prompts)
