"""Questions in words that the documents do not have, to the corpus that ships, with the real models."""

from __future__ import annotations

import pytest

from assistant.answering.evidence import definition_of
from assistant.asking import AskRequest
from assistant.models import Answer, AnswerStatus
from assistant.services import Services


def ask(services: Services, question: str) -> Answer:
    return services.asker.ask(AskRequest(question))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is Ukraine's position on territorial concessions?", "not agreed to give up territory"),
        ("What is Russia's stance on Western soldiers in Ukraine?", "rejects foreign troops"),
        ("Is Russia willing to compromise?", "significant concessions"),
        ("Why does Tuck doubt that Russia will accept the draft?", "diametric opposition"),
        ("Is the American guarantee legally binding?", "legally binding"),
        ("Who signed the Minsk agreement?", "representatives of Ukraine, Russia"),
        ("What did the Minsk agreements say about Crimea?", "did not deal with Crimea"),
        ("Did the Budapest Memorandum oblige anyone to defend Ukraine?", "did not oblige any signatory"),
        ("Was the OSCE mission armed?", "unarmed"),
        ("What happened to the OSCE mission in 2022?", "expired"),
        ("What did Putin call foreign troops in Vladivostok?", "legitimate targets"),
        ("What did Zelenskyy call the draft?", "very workable"),
        ("Did the White House comment on the talks?", "gave no immediate reply"),
        ("What changed on the weekend before the Berlin talks?", "goal of NATO membership on the weekend"),
        ("Where do Russia and Europe disagree?", "multinational force"),
    ],
)
def test_it_is_found_in_the_words_of_the_sources(briefing: Services, question: str, words: str) -> None:
    assert any(words in sentence.text for sentence in ask(briefing, question).sentences)


@pytest.mark.parametrize(
    "question",
    [
        "What is Ukraine's position on Taiwan?",
        "What did Zelenskyy say about elections in Ukraine?",
        "What is the Paris agreement?",
        "Who supports a European army?",
        "What has Scholz promised Ukraine?",
        "Does Germany support sending troops?",
        "Does the United States recognise Crimea as Russian?",
        "Where do Ukraine and the United States disagree?",
    ],
)
def test_what_only_resembles_it_is_no_answer(briefing: Services, question: str) -> None:
    assert ask(briefing, question).status is AnswerStatus.NOT_IN_CORPUS


@pytest.mark.parametrize(
    "question", ["Since when has Russia rejected foreign troops?", "When did Russia reject troops?"]
)
def test_since_when_is_answered_with_the_earliest_date(briefing: Services, question: str) -> None:
    assert "5 September 2025" in ask(briefing, question).sentences[0].text


@pytest.mark.parametrize("question", ["What did Starmer announce in London?", "What did Zelenskyy call the draft?"])
def test_different_things_that_somebody_said_are_no_dispute(briefing: Services, question: str) -> None:
    assert ask(briefing, question).status is AnswerStatus.ANSWERED


def test_what_somebody_promised_is_not_told_of_others(briefing: Services) -> None:
    assert all("Biden" in sentence.text for sentence in ask(briefing, "What did Biden promise Ukraine?").sentences)


def test_who_supports_something_is_not_the_thing_itself(briefing: Services) -> None:
    told = ask(briefing, "Who supports the multinational force?").sentences
    assert not any("force would" in sentence.text for sentence in told)


def test_every_forecaster_is_named(briefing: Services) -> None:
    told = [sentence.text for sentence in ask(briefing, "Who doubts that Russia will accept the proposals?").sentences]
    assert any("Tuck and John Lough" in text for text in told)


def test_a_stance_on_something_else_in_the_same_passage_is_left_out(briefing: Services) -> None:
    told = " ".join(sentence.text for sentence in ask(briefing, "Who supports a ceasefire?").sentences)
    assert "ceasefire monitoring" in told
    assert "skies" not in told


@pytest.mark.parametrize(
    ("question", "text", "defines"),
    [
        ("What is a tribunal?", "A tribunal is a court for one purpose.", True),
        ("What were the Velm agreements?", "The Velm agreements were two sets of documents.", True),
        ("What is a tribunal?", "The tribunal consists of five judges.", True),
        ("Who is Mette Dahl?", "Dahl is the minister of transport.", True),
        ("Who is Mette Dahl?", "Mette Dahl heads the harbour office.", True),
        ("What is a tribunal?", "A tribunal was set up in May.", False),
        ("What is a tribunal?", "The treaty is a step towards a tribunal.", False),
    ],
)
def test_a_definition_says_what_the_thing_is(question: str, text: str, defines: bool) -> None:
    pattern = definition_of(question)
    assert pattern is not None
    assert (pattern.match(text) is not None) is defines


@pytest.mark.parametrize("question", ["What is the capital of France?", "Who rejects the plan?", "When was it signed?"])
def test_other_questions_ask_for_no_definition(question: str) -> None:
    assert definition_of(question) is None


def test_a_subject_alone_is_no_question_of_one_answer(briefing: Services) -> None:
    answer = ask(briefing, "russia foreign troops")
    assert answer.status is AnswerStatus.ANSWERED
    assert any("rejects foreign troops" in sentence.text for sentence in answer.sentences)


def test_what_only_announces_a_list_is_no_answer(briefing: Services) -> None:
    told = [sentence.text for sentence in ask(briefing, "What did the second Minsk agreement provide for?").sentences]
    assert told
    assert not [text for text in told if text.endswith(":")]
