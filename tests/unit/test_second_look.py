"""Reading no further than it takes: the real reader on the corpus that ships, beside reading everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import pytest

from assistant.answering.evidence import EvidenceSentence, QuestionTerms
from assistant.answering.reader.second_look import AT_ONCE, Look, SecondLook
from assistant.asking import AskRequest
from assistant.models import Answer, AnswerStatus
from assistant.retrieval.hybrid import Hit
from assistant.services import Services

FACTS = (
    "When was the Minsk agreement signed?",
    "Who leads the Ukrainian negotiating team?",
    "How long is the front line?",
    "Where did the delegations meet in December 2025?",
    "What is the Budapest Memorandum?",
    "When did the full-scale invasion begin?",
    "How many points did the American peace plan have?",
    "Which countries belong to the coalition of the willing?",
    "How much do frozen Russian assets amount to?",
    "What is the population of Zaporizhzhia?",
)
NOWHERE = (
    "How do I bake sourdough bread?",
    "Who won the 1998 football World Cup?",
    "What is the boiling point of tungsten?",
)


@dataclass(frozen=True)
class Asked:
    """A question's answer as it is, how many passages were read for it, and the answer where all of them are."""

    answer: Answer
    read: int
    whole: Answer


@pytest.fixture(scope="module")
def asked(briefing: Services) -> Mapping[str, Asked]:
    asker, look = briefing.asker, briefing.asker.second_look
    settings = [getattr(look, field.name) for field in fields(look)]
    read = 0

    class Counting(SecondLook):
        def until_sure(
            self, question: str, terms: QuestionTerms, hits: Sequence[Hit], scored: Sequence[EvidenceSentence]
        ) -> Look:
            nonlocal read
            look = super().until_sure(question, terms, hits, scored)
            read = len(look.readings)
            return look

    found = {}
    for question in (*FACTS, *NOWHERE):
        answer, whole = (
            replace(asker, second_look=second_look).ask(AskRequest(question))
            for second_look in (Counting(*settings), replace(look, thorough=True))
        )
        found[question] = Asked(answer, read, whole)
    return found


@pytest.mark.parametrize("question", [*FACTS, *NOWHERE])
def test_what_is_answered_first_is_as_if_everything_had_been_read(asked: Mapping[str, Asked], question: str) -> None:
    answer, whole = asked[question].answer, asked[question].whole
    assert answer.status is whole.status
    assert [s.text for s in answer.sentences[:1]] == [s.text for s in whole.sentences[:1]]
    assert {one.passage.id for one in answer.passages} == {one.passage.id for one in whole.passages}


def test_little_is_read_where_little_is_enough(asked: Mapping[str, Asked], briefing: Services) -> None:
    read = [asked[question].read for question in FACTS]
    assert min(read) == AT_ONCE
    assert sum(read) < 0.8 * briefing.asker.second_look.passages * len(read)


def test_what_nothing_could_answer_is_refused_soon(asked: Mapping[str, Asked]) -> None:
    for question in NOWHERE:
        assert asked[question].answer.status is AnswerStatus.NOT_IN_CORPUS
        assert asked[question].read == AT_ONCE
