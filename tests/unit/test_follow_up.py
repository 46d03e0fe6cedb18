"""Follow-ups made to stand by themselves, and new questions left as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.actors import ActorBook
from assistant.asking import AskRequest
from assistant.language import Language
from assistant.models import Block, LoadedDocument, Metadata
from assistant.retrieval.follow_up import FollowUps, Turn
from assistant.services import Services

FOLLOW_UPS = FollowUps(Language(), ActorBook.load(Path(__file__).parents[2] / "corpus" / "actors.yaml"))


def after(*turns: str) -> str:
    history = [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(turns[:-1])]
    return FOLLOW_UPS.standalone(turns[-1], history)


@pytest.mark.parametrize(
    ("former", "question", "expected"),
    [
        ("What does Norway reject?", "And Sweden?", "What does Sweden reject?"),
        ("What does Norway reject?", "What about its allies?", "What does Norway's allies reject?"),
        ("What does Norway reject?", "Why?", "Why does Norway reject?"),
        ("What security guarantees did Norway offer?", "When was that?", "When did Norway offer?"),
        ("Who opposes the grain levy?", "Who supports it?", "Who supports grain levy?"),
        ("What has Norway offered Finland?", "What did they ask for in return?", "What did Norway ask for in return?"),
        ("What did Macron propose?", "Did he say when?", "Did Emmanuel Macron say when?"),
        ("How do I get a library card?", "Regional differences", "Regional differences, library card?"),
        ("What does Norway demand?", "And Sweden's position on fish?", "What is Sweden's position on fish?"),
    ],
)
def test_what_is_left_to_the_turn_before_is_said(former: str, question: str, expected: str) -> None:
    assert after(former, "It rejects the levy.", question) == expected


def test_turns_are_resolved_one_after_the_other() -> None:
    assert after("What does Norway reject?", "x", "And Sweden?", "x", "Why?") == "Why does Sweden reject?"


@pytest.mark.parametrize(
    "question",
    [
        "Who is the prime minister of Japan?",
        "Did Russia keep its promise?",
        "What is the population of Brazil?",
        "Is it true that Sweden joined?",
        "?",
    ],
)
def test_a_new_question_is_left_as_it_is(question: str) -> None:
    assert after("What does Norway reject?", "The levy.", question) == question


def test_without_history_nothing_changes() -> None:
    assert after("And Sweden?") == "And Sweden?"


def test_an_answer_shows_what_was_searched(services: Services) -> None:
    for name, text in (("a", "Norway rejects the levy on grain."), ("b", "Sweden rejects the tax on timber.")):
        document = LoadedDocument(text, (Block(0, len(text)),), Metadata(title=name))
        services.pipeline.ingest(name, document, origin="test", by="tests")
    history = (Turn("user", "What does Norway reject?"), Turn("assistant", "The levy on grain."))
    answer = services.asker.ask(AskRequest("And Sweden?", history=history))
    assert (answer.question.asked, answer.question.searched) == ("And Sweden?", "What does Sweden reject?")
    assert [sentence.text for sentence in answer.sentences] == ["Sweden rejects the tax on timber."]
