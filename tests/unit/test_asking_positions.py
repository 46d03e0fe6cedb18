"""Answers to questions about positions: both sides of a contradiction, what changed, the time, the person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assistant.asking import AskRequest
from assistant.models import Answer, AnswerStatus
from assistant.services import Services, open_services
from assistant.settings import load_settings
from tests.conftest import HashEncoder

Ask = Callable[[str], Answer]

REPORTS = {
    "no": ("2025-11-03", "Kyiv says Moscow rejects the grain corridor."),
    "yes": ("2025-11-03", "Washington said Russia accepts the grain corridor."),
    "goal": ("2025-06-01", "Norway demanded a seat on the fisheries board."),
    "turn": ("2025-11-20", "Norway gave up its demand for a seat on the fisheries board."),
    "first": ("2025-05-02", "Malta accepts the cable tariff."),
    "second": ("2025-08-04", "Malta rejects the cable tariff."),
    "third": ("2025-11-10", "Malta accepts the cable tariff after all."),
    "open": ("2025-11-05", "Sweden did not rule out a tax on timber."),
    "firm": ("2025-11-05", "Sweden rejects a tax on salmon."),
    "old": ("2025-02-01", "Finland offered Estonia ten icebreakers."),
    "new": ("2025-11-25", "Finland offered Estonia four tugboats."),
    "person": ("2025-11-06", "“We oppose the toll on the bridge,” said Mette Dahl, Denmark's transport minister."),
    "about": ("2025-11-07", "Iceland said Denmark backed the toll on the tunnel."),
    "vow": ("2025-11-08", "Poland vowed to close the border crossing."),
    "speech": ("2025-11-09", "“Our boats fish at night,” said the Latvian premier. “We refuse to sign a ban on nets.”"),
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("reports")
    for name, (day, text) in REPORTS.items():
        page = f"---\nid: {name}\ntitle: Report\nsource_type: news\npublished_at: {day}\n---\n\n{text}\n"
        (folder / f"{name}.md").write_text(page, encoding="utf-8")
    with open_services(load_settings(data_dir=tmp_path_factory.mktemp("data")), HashEncoder()) as opened:
        opened.sync.run(folder, by="tests")
        yield opened


@pytest.fixture
def ask(services: Services) -> Ask:
    return lambda question: services.asker.ask(AskRequest(question))


def told(answer: Answer) -> list[str]:
    return [sentence.text for sentence in answer.sentences]


def test_both_sides_of_a_contradiction_stand_side_by_side(ask: Ask) -> None:
    answer = ask("What is Russia's position on the grain corridor?")
    assert answer.status is AnswerStatus.CONFLICTING
    ((one, other),) = answer.conflicts
    stances = {answer.sentences[place].stance for place in (one, other)}
    assert stances == {"rejects", "accepts"}
    cited = {c.document_id for c in answer.citations}
    assert {"no", "yes"} <= cited


def test_one_side_is_no_contradiction(ask: Ask) -> None:
    answer = ask("What does Sweden reject?")
    assert answer.status is AnswerStatus.ANSWERED
    assert answer.conflicts == ()


def test_what_changed_is_told_with_what_it_stands_in_for(ask: Ask) -> None:
    answer = ask("How has Norway's position on the fisheries board changed?")
    assert told(answer)[:2] == [REPORTS["turn"][1], REPORTS["goal"][1]]


def test_what_changed_twice_is_told_from_the_latest_back(ask: Ask) -> None:
    answer = ask("How has Malta's position on the cable tariff changed?")
    assert told(answer) == [REPORTS[name][1] for name in ("third", "second", "first")]


def test_what_is_new_since_a_day(ask: Ask) -> None:
    answer = ask("What has Finland changed since 1 November 2025?")
    assert REPORTS["old"][1] not in told(answer)


def test_a_time_leaves_out_what_was_said_at_another(ask: Ask) -> None:
    assert told(ask("What did Finland offer Estonia in November 2025?")) == [REPORTS["new"][1]]
    assert told(ask("What did Finland offer Estonia in February 2025?")) == [REPORTS["old"][1]]


def test_what_was_not_ruled_out_is_no_refusal(ask: Ask) -> None:
    assert told(ask("What does Sweden reject?")) == [REPORTS["firm"][1]]
    assert told(ask("What did Sweden not rule out?")) == [REPORTS["open"][1]]


def test_somebody_whom_no_file_lists_is_found_by_name(ask: Ask) -> None:
    answer = ask("What does Mette Dahl oppose?")
    assert [(s.actor, s.speaker, s.stance) for s in answer.sentences] == [("Denmark", "Mette Dahl", "rejects")]


def test_a_near_stance_answers_where_none_is_the_one_asked_for(ask: Ask) -> None:
    (sentence,) = ask("What did Poland threaten to do at the border crossing?").sentences
    assert (sentence.text, sentence.stance) == (REPORTS["vow"][1], "promises")


def test_a_position_stands_in_the_sentence_that_has_its_target(ask: Ask) -> None:
    answer = ask("What does Latvia reject?")
    assert told(answer) == ["“We refuse to sign a ban on nets.”"]


def test_an_actor_of_whom_nothing_is_said_is_refused(ask: Ask) -> None:
    assert ask("What is Italy's position on the grain corridor?").status is AnswerStatus.NOT_IN_CORPUS


def test_what_is_disputed_is_told_where_it_is_asked_for(ask: Ask) -> None:
    answer = ask("Where do the sources disagree?")
    assert answer.status is AnswerStatus.CONFLICTING
    assert {REPORTS["no"][1], REPORTS["yes"][1]} <= set(told(answer))
    assert len(told(answer)) == len({place for pair in answer.conflicts for place in pair})


def test_a_dispute_is_of_those_who_are_named(ask: Ask) -> None:
    assert ask("Where do Kyiv and Washington disagree?").status is AnswerStatus.CONFLICTING
    assert ask("Where do Malta and Poland disagree?").conflicts == ()
