"""Answers to questions about facts: sources that differ, several things asked at once, wrong premises, who is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import pytest

from assistant.answering.rivals import has_many_answers
from assistant.asking import AskRequest
from assistant.models import Answer, AnswerStatus, Block, LoadedDocument, Metadata
from assistant.retrieval.hybrid import recency
from assistant.retrieval.position_question import PositionQuestion, Premise
from assistant.retrieval.question import QuestionReader
from assistant.services import Services, open_services
from assistant.settings import load_settings

Ask = Callable[[str], Answer]

REPORTS = {
    "ferry": "The new ferry between Vellin and Ostrava Bay carries about 400 passengers and sixty cars.",
    "ferry-other": "The new ferry between Vellin and Ostrava Bay carries about 650 passengers and sixty cars.",
    "bridge": "The Kellmar bridge was opened on 4 May 1998. It is 1,200 metres long and was built by Ardent Works.",
    "bridge-copy": "The Kellmar bridge was opened on 4 May 1998 after six years of building.",
    "mayor": "Joan Tarrel has been the mayor of Vellin since 2019. She was a teacher before.",
    "dredging": "Norway rejects the dredging plan for the sound. Finland supports the dredging plan for the sound.",
    "hill-one": "Peter Hill, who chairs the harbour board, said that fees would rise next year.",
    "league-one": "The Harbour League said that old cranes had to go.",
    "league-two": "In its letter the Harbour League said that cranes could not wait.",
    "hill-two": "Agnes Hill, a fishing captain, said that fees would drive boats away next year.",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("facts")
    for name, text in REPORTS.items():
        page = f"---\nid: {name}\ntitle: Report\nsource_type: news\npublished_at: 2025-11-03\n---\n\n{text}\n"
        (folder / f"{name}.md").write_text(page, encoding="utf-8")
    with open_services(load_settings(data_dir=tmp_path_factory.mktemp("data"))) as opened:
        opened.sync.run(folder, by="tests")
        opened.index.wait_ready(60)
        yield opened


@pytest.fixture
def ask(services: Services) -> Ask:
    return lambda question: services.asker.ask(AskRequest(question))


def told(answer: Answer) -> str:
    return " ".join(sentence.text for sentence in answer.sentences)


def test_reports_that_give_different_figures_are_shown_as_differing(ask: Ask) -> None:
    answer = ask("How many passengers does the new ferry between Vellin and Ostrava Bay carry?")
    assert answer.status is AnswerStatus.CONFLICTING
    ((one, other),) = answer.conflicts
    assert {"400", "650"} == {
        figure for place in (one, other) for figure in ("400", "650") if figure in answer.sentences[place].text
    }
    assert len({answer.citations[answer.sentences[place].citations[0] - 1].document_id for place in (one, other)}) == 2


def test_reports_that_agree_are_one_sentence_with_both_citations(ask: Ask) -> None:
    answer = ask("When was the Kellmar bridge opened?")
    assert answer.status is AnswerStatus.ANSWERED
    cited = {citation.document_id for citation in answer.citations}
    assert {"bridge", "bridge-copy"} <= cited


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Vellin and what is the capital of Mongolia?",
        "Who is the mayor of Vellin? What is the capital of Mongolia?",
    ],
)
def test_what_is_covered_is_answered_and_what_is_not_is_said(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status is AnswerStatus.PARTIAL
    assert "Joan Tarrel" in told(answer)
    assert "capital of Mongolia" in answer.notice
    assert "mayor" not in answer.notice


def test_both_parts_of_a_question_are_answered(ask: Ask) -> None:
    answer = ask("When was the Kellmar bridge opened and who is the mayor of Vellin?")
    assert answer.status is AnswerStatus.ANSWERED
    assert "1998" in told(answer)
    assert "Joan Tarrel" in told(answer)
    assert not answer.notice


def test_each_of_several_actors_is_asked_about(ask: Ask) -> None:
    answer = ask("What do Norway and Finland say about the dredging plan?")
    assert {("Norway", "rejects"), ("Finland", "supports")} <= {(s.actor, s.stance) for s in answer.sentences}
    absent = ask("What do Norway and Portugal say about the dredging plan?")
    assert absent.status is AnswerStatus.PARTIAL
    assert "What does Portugal say about the dredging plan?" in absent.notice


def test_a_wrong_premise_is_set_right_from_the_source(ask: Ask) -> None:
    answer = ask("Why does Norway support the dredging plan?")
    assert answer.sentences[0].text == "Norway rejects the dredging plan for the sound."
    assert "contrary" in answer.notice
    assert "Finland" not in told(answer)


def test_a_right_premise_is_left_alone(ask: Ask) -> None:
    assert "contrary" not in ask("Why does Norway reject the dredging plan?").notice
    assert "contrary" not in ask("Why does Finland support the dredging plan?").notice


def test_a_name_that_two_people_have_is_asked_back(ask: Ask) -> None:
    answer = ask("What did Hill say about fees?")
    assert answer.status is AnswerStatus.CLARIFICATION
    assert not answer.citations
    assert all(len(choice.document_ids) == 1 for choice in answer.choices)
    assert {choice.question for choice in answer.choices} == {
        "What did Peter Hill say about fees?",
        "What did Agnes Hill say about fees?",
    }
    for choice in answer.choices:
        clear = ask(choice.question)
        assert clear.status is AnswerStatus.ANSWERED
        assert choice.name.split()[0] in told(clear)


def test_a_body_with_two_spellings_is_nobody_to_ask_back_about(ask: Ask) -> None:
    assert ask("What did the League say about cranes?").status is AnswerStatus.ANSWERED


def test_an_office_that_one_speaker_holds_is_clear(ask: Ask) -> None:
    assert ask("What did the mayor of Vellin do before?").status is AnswerStatus.ANSWERED


def test_a_list_inside_a_question_is_no_second_question(services: Services) -> None:
    asker = services.asker
    for question in (
        "What is the treaty between Norway and Finland?",
        "How do Norway and Finland differ on dredging?",
        "When did salt and wheat prices rise and fall?",
        "Who said what and when?",
    ):
        assert asker.parts.of(question, asker.reader.read(question)) == (question,)


def test_different_descriptions_of_one_person_are_no_contradiction(ask: Ask) -> None:
    assert ask("Who is Joan Tarrel?").status is AnswerStatus.ANSWERED


@pytest.mark.parametrize(
    "question",
    [
        "What does the multinational force do?",
        "What did the mayor say?",
        "Why did the board raise the fees?",
        "How does the ferry cross the sound?",
        "What is a monitoring mechanism?",
    ],
)
def test_what_has_many_true_answers_is_no_matter_of_dispute(question: str) -> None:
    assert has_many_answers(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many passengers does the ferry carry?",
        "How long is the bridge?",
        "What is the length of the bridge?",
        "When was the bridge opened?",
        "What does the ferry cost?",
    ],
)
def test_what_has_one_answer_can_be_disputed(question: str) -> None:
    assert not has_many_answers(question)


def test_as_of_a_day_what_was_published_shortly_before_comes_first() -> None:
    assert recency("2025-12-10", "2025-12-10") == 1
    assert recency("2025-12-10T08:30:00Z", "2025-12-10") == 1
    assert recency("2025-12-01", "2025-12-10") > recency("2025-10-01", "2025-12-10") > recency("2024", "2025-12-10") > 0
    assert recency(None, "2025-12-10") == recency("unknown", "2025-12-10") == 0


def test_all_parts_of_a_question_are_answered_from_one_state_of_the_corpus(services: Services) -> None:
    """A correction that comes between the parts is in none of them."""

    class Interrupted:
        """A reader of questions during whose second question the mayor is corrected."""

        def __init__(self) -> None:
            self.read_so_far = 0

        def read(self, question: str, asked_on: str | None = None) -> PositionQuestion:
            self.read_so_far += 1
            if self.read_so_far == 3:  # the whole question first, then each part
                text = "Ida Vance has been the mayor of Vellin since 2019. She was a teacher before."
                corrected = LoadedDocument(text, (Block(0, len(text)),), Metadata(title="Report"))
                services.pipeline.ingest("mayor", corrected, origin="test", by="tests")
            return services.asker.reader.read(question, asked_on)

        def premise(self, question: str) -> Premise | None:
            return services.asker.reader.premise(question)

    reader = Interrupted()
    asker = replace(services.asker, reader=cast(QuestionReader, reader))
    answer = asker.ask(AskRequest("When was the Kellmar bridge opened and who is the mayor of Vellin?"))
    assert reader.read_so_far == 3
    assert "Joan Tarrel" in told(answer)
    assert "Ida Vance" not in told(answer)
    assert "Ida Vance" in told(services.asker.ask(AskRequest("Who is the mayor of Vellin?")))
