"""What a question asks: whose position, which stance, about what, and when."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.actors import ActorBook
from assistant.language import Language
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.question import QuestionReader
from assistant.stances import StanceBook

CORPUS = Path(__file__).parents[2] / "corpus"
_READER = QuestionReader(Language(), ActorBook.load(CORPUS / "actors.yaml"), StanceBook.load(CORPUS / "stances.yaml"))
TODAY = "2025-12-20"


@pytest.mark.parametrize(
    ("question", "asks", "actor", "stance", "target"),
    [
        ("What does Russia reject?", "what", "Russia", "rejects", None),
        ("what does russia reject", "what", "Russia", "rejects", None),
        ("What won't Moscow accept?", "what", "Russia", "rejects", None),
        ("What would Putin never accept?", "what", "Russia", "rejects", None),
        ("What has Moscow refused to accept?", "what", "Russia", "rejects", None),
        ("What are Russia's red lines?", "what", "Russia", "rejects", None),
        ("What was rejected by Beijing?", "what", "China", "rejects", None),
        ("Why does Hungary oppose the loan?", "what", "Hungary", "rejects", "the loan"),
        ("What did Zelenskyy give up?", "what", "Ukraine", "concedes", None),
        ("What concessions has Ukraine made?", "what", "Ukraine", "concedes", None),
        ("What do European leaders propose?", "what", "Europe", "proposes", None),
        ("What does Tokyo demand?", "what", "Japan", "demands", None),
        ("What does Trump want?", "what", "United States", "demands", None),
        ("What security guarantees did the U.S. offer?", "what", "United States", "offers", "security guarantees"),
        ("What remains unresolved?", "what", None, "undecided", None),
        ("What are the sticking points?", "what", None, "undecided", None),
        ("Who opposes a multinational force?", "who", None, "rejects", "a multinational force"),
        ("Who supports the monitoring mission?", "who", None, "supports", "the monitoring mission"),
        ("Which countries oppose the plan?", "who", None, "rejects", "the plan"),
        ("Who warned about the guarantees?", "who", None, "warns", "the guarantees"),
        ("What is Europe's position on the fleet?", "position", "Europe", None, "the fleet"),
        ("What is the position of the United States on Article 5?", "position", "United States", None, "Article 5"),
        ("Where does Kyiv stand on the Donbas?", "position", "Ukraine", None, "the Donbas"),
        ("What does the Kremlin say about NATO?", "position", "Russia", None, "NATO"),
        ("What does Japan think about the talks?", "position", "Japan", None, "the talks"),
        ("Does Russia accept foreign troops?", "position", "Russia", None, "foreign troops"),
        ("What does everyone say about territory?", "everyone", None, None, "territory"),
        ("Where do Russia and Ukraine disagree?", "everyone", None, None, None),
        ("How has Russia's position on NATO changed?", "change", "Russia", None, "NATO"),
        ("What changed?", "change", None, None, None),
        ("What limits does Russia want on Ukraine's army?", "what", "Russia", "demands", "limits on Ukraine's army"),
        ("How did Ukraine respond to Putin's conditions?", "position", "Ukraine", None, "Putin's conditions"),
        ("How does Japan judge the draft?", "position", "Japan", None, "the draft"),
        ("When would Russia accept a truce?", "position", "Russia", None, "a truce"),
        ("Under what conditions could Kyiv sign the pact?", "position", "Ukraine", None, "sign the pact"),
        ("What would it take for Moscow to accept the pact?", "position", "Russia", None, "the pact"),
        ("On what terms will Moscow accept the pact?", "position", "Russia", None, "the pact"),
        ("What is the Kremlin position on the pact?", "position", "Russia", None, "the pact"),
        ("What did Putin call for in Vladivostok?", "what", "Russia", "demands", "Vladivostok"),
        ("Since when has Russia rejected the pact?", "what", "Russia", "rejects", "the pact"),
        ("What does the Russian proposal demand?", "what", "Russia", "demands", None),
        ("What do European countries want?", "what", "Europe", "demands", None),
        ("What has Velm promised Ukraine?", "what", "Velm", "promises", None),
    ],
)
def test_questions_about_positions(
    question: str, asks: str, actor: str | None, stance: str | None, target: str | None
) -> None:
    reading = _READER.read(question, TODAY)
    assert (reading.asks, reading.actor, reading.stance, reading.target) == (asks, actor, stance, target)


@pytest.mark.parametrize(
    "question",
    [
        "When was the Budapest Memorandum signed?",
        "Who is the prime minister of Japan?",
        "What is the population of Brazil?",
        "What is the capital of France?",
        "Who signed the Budapest Memorandum?",
        "Who is Steve Witkoff?",
        "How many nuclear weapons did Ukraine give up?",
        "What is Article 5?",
        "What does NATO's Article 5 say?",
        "Who won the World Cup in 2018?",
        "What happened in Crimea in 2014?",
        "What does the monitoring mission do?",
        "What is the Minsk agreement?",
        "Who signed the Minsk agreement?",
        "Why did the Minsk agreements fail?",
        "What did the Geneva talks achieve?",
        "What did the second Minsk agreement provide for?",
        "What is Ukraine's victory plan?",
        "Is the American guarantee legally binding?",
        "Does Ukraine's constitution allow giving up territory?",
        "Was Russia invited to the summit?",
        "Who called Putin's conditions an ultimatum?",
        "What does the peace formula demand of Russia?",
        "What did the Minsk agreements say about Crimea?",
        "Was the OSCE mission armed?",
        "What happened to the OSCE mission?",
        "What did Putin call the troops?",
        "Did the White House comment on the pact?",
        "What would happen if Russia attacked again?",
        "When did Russia leave the council?",
        "",
        "?",
        "since 2014",
    ],
)
def test_questions_of_fact_are_left_alone(question: str) -> None:
    assert _READER.read(question, TODAY).asks is None


def test_since_when_asks_for_days() -> None:
    assert _READER.read("Since when has Russia rejected the pact?").dated
    assert _READER.read("How long has Russia opposed the pact?").dated
    event = _READER.read("When did Russia reject the pact?")
    assert event.dated and not event.firm
    assert not _READER.read("What does Russia reject?").dated


def test_yes_or_no_is_told_from_what() -> None:
    assert _READER.read("Does Russia reject the pact?").whether
    assert not _READER.read("What is Russia's position on the pact?").whether


def test_recipients_are_told_from_holders() -> None:
    reading = _READER.read("What has Washington offered Kyiv?")
    assert (reading.asks, reading.actor, reading.stance, reading.recipient) == (
        "what",
        "United States",
        "offers",
        "Ukraine",
    )
    reading = _READER.read("What does the EU want from Russia?")
    assert (reading.actor, reading.recipient) == ("European Union", "Russia")
    reading = _READER.read("What has been offered to Ukraine?")
    assert (reading.actor, reading.recipient) == (None, "Ukraine")


def test_other_nouns_of_a_stance_stand_for_what_is_asked_about() -> None:
    (word, others), *more = _READER.read("What is Russia's position on a compromise?").kin
    assert (word, more) == ("compromise", [])
    assert "concession" in others


def test_reasons_are_told_from_positions() -> None:
    assert _READER.read("Why does Russia oppose the plan?").why
    assert not _READER.read("Does Russia oppose the plan?").why


@pytest.mark.parametrize(
    ("question", "target", "between"),
    [
        ("Where do the sources disagree?", None, ()),
        ("What are the points of contention about the fleet?", "the fleet", ()),
        ("Is there any disagreement about the guarantees?", "the guarantees", ()),
        ("Where do Russia and Ukraine disagree?", None, ("Russia", "Ukraine")),
        ("How do Japan and Lavrov differ on the truce?", "the truce", ("Japan", "Sergey Lavrov")),
    ],
)
def test_questions_for_what_is_disputed(question: str, target: str | None, between: tuple[str, ...]) -> None:
    reading = _READER.read(question, TODAY)
    assert (reading.asks, reading.disputed, reading.target, reading.between) == ("everyone", True, target, between)


@pytest.mark.parametrize(
    "question", ["Who disagrees with the plan?", "Does Russia disagree?", "What does Russia reject?"]
)
def test_whoever_disagrees_is_asked_for_by_position(question: str) -> None:
    assert not _READER.read(question, TODAY).disputed


def test_people_are_kept_beside_their_side() -> None:
    reading = _READER.read("What did Lavrov say about the truce?")
    assert (reading.actor, reading.speaker, reading.target) == ("Russia", "Sergey Lavrov", "the truce")


@pytest.mark.parametrize(
    ("question", "stance"),
    [
        ("Who doubts that Putin will agree?", "rejects"),
        ("Who expects Russia to accept the deal?", "accepts"),
        ("Who believes Moscow will reject the deal?", "rejects"),
    ],
)
def test_questions_for_forecasts(question: str, stance: str) -> None:
    reading = _READER.read(question)
    assert (reading.asks, reading.actor, reading.stance, reading.modality) == ("who", "Russia", stance, "expected")


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("since 1 December", "2025-12-01", None),
        ("since December 24", "2024-12-24", None),
        ("since 2022", "2022-01-01", None),
        ("after March 2024", "2024-03-31", None),
        ("before 2022", None, "2021-12-31"),
        ("in 2014", "2014-01-01", "2014-12-31"),
        ("on 3 May 2024", "2024-05-03", "2024-05-03"),
        ("until 2025-11-30", None, "2025-11-30"),
        ("between 2014 and 2022", "2014-01-01", "2022-12-31"),
        ("in Berlin", None, None),
    ],
)
def test_times(words: str, since: str | None, until: str | None) -> None:
    reading = _READER.read(f"What did Russia demand {words}?", TODAY)
    assert (reading.since, reading.until) == (since, until)
    assert (reading.actor, reading.stance) == ("Russia", "demands")
    assert not any(char.isdigit() for char in reading.target or "")


def test_search_terms_name_the_actor_and_the_stance_otherwise() -> None:
    terms = _READER.read("What does Russia reject?").search_terms
    assert {"Kremlin", "Moscow", "refuse", "red line"} <= {term.removeprefix("the ") for term in terms}
    assert _READER.read("What is the capital of France?").search_terms == ()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(_READER.read(text), PositionQuestion)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(
            "what who does did Russia Kyiv reject accept not never since 2014 on about position by for the changed "
            "everyone agree doubts will offered ? between and 's before".split()
        ),
        max_size=14,
    ).map(" ".join)
)
def test_any_order_of_words_is_read(text: str) -> None:
    assert isinstance(_READER.read(text), PositionQuestion)


@pytest.mark.parametrize(
    "question",
    [
        "LeBron James has agreed to buy a team in which major sports league?",
        "The minister announced that the fine was reduced for what offence?",
        "Which pizza chain has been forced to pull out of Italy?",
        "The COO of which company was accused of biting a guest?",
        "Which country declared victory against the epidemic?",
        "A new album was released this week. What year was the one before it released?",
        "The company offered passengers how much money to give up their seats?",
        "A former judge has agreed to sell a house that stands on:",
    ],
)
def test_a_detail_of_an_event_is_no_position(question: str) -> None:
    assert _READER.read(question, TODAY).asks is None


@pytest.mark.parametrize("question", ["Who is against the multinational force?", "Who came out against the plan?"])
def test_against_is_a_stance_where_somebody_stands_against_something(question: str) -> None:
    reading = _READER.read(question, TODAY)
    assert (reading.asks, reading.stance) == ("who", "rejects")
