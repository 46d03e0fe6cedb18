"""Texts that no newsroom would write: nothing is raised, and every offset stays inside the text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.actors import ActorBook
from assistant.curation.statements import StatementExtractor
from assistant.curation.statements.quotes import find_quotes
from assistant.language import Language
from assistant.stances import StanceBook

CORPUS = Path(__file__).parents[2] / "corpus"
_EXTRACTOR = StatementExtractor(
    Language(), ActorBook.load(CORPUS / "actors.yaml"), StanceBook.load(CORPUS / "stances.yaml")
)
# words that make extraction happen, so that random texts reach every branch
_WORDS = st.sampled_from(
    """Moscow Kyiv he she they the official said told reporters that rejected rejects will not would accept unlikely to
    “ ” " ' ‘ ’ , . ? ! : ; — ( ) if whether Monday plan according to a red line for Putin Modi refused offered ruled
    out because and but who which saying by été 東京 🙂 \u202e \u0000 \t \n Q's U.S. nobody never""".split(" ")
)


def _check(text: str) -> None:
    for statement in _EXTRACTOR.extract(text, "2025-12-16"):
        assert 0 <= statement.start < statement.end <= len(text)
        if statement.speaker is None:
            assert statement.speaker_start is None and statement.speaker_end is None
        else:
            assert statement.speaker_start is not None and statement.speaker_end is not None
            assert 0 <= statement.speaker_start < statement.speaker_end <= len(text)
            assert statement.speaker_actor
        assert text[statement.start : statement.end].strip()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=400))
def test_any_unicode(text: str) -> None:
    _check(text)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_WORDS, max_size=60).map(" ".join))
def test_any_order_of_words(text: str) -> None:
    _check(text)


@given(st.text(alphabet="ab “”\"'‘’«».,!\n5", max_size=80))
def test_quotations_are_in_order_and_inside(text: str) -> None:
    end = 0
    for quote in find_quotes(text):
        assert end <= quote.start < quote.end <= len(text)
        end = quote.end


def test_a_sentence_of_two_thousand_words() -> None:
    text = "Modi said " + " and ".join(["that the plan, which Xi had rejected, was dead"] * 230) + "."
    started = time.perf_counter()
    _check(text)
    assert time.perf_counter() - started < 30
    assert _EXTRACTOR.extract(text, None)


def test_a_text_longer_than_one_parse() -> None:
    text = "Modi rejected the plan. " * 3_000  # one line of 72,000 characters
    statements = _EXTRACTOR.extract(text, None)
    assert len(statements) > 2_900
    assert all(text[s.start : s.end] == "the plan" for s in statements)


@pytest.mark.parametrize(
    "text",
    [
        "“We reject the plan, Lavrov said, and nobody closed the quotation.",
        '"Never, said Modi.',
        "‘",
        "said said said said.",
        "Rejected!",
        ", he said.",
        "According to.",
        "“”, said Modi.",
        "It was said that it had been said.",
        "—",
        "",
        "   \n\t ",
        "\ufeffModi said no.",
    ],
)
def test_broken_sentences(text: str) -> None:
    _check(text)


@pytest.mark.parametrize(
    "text",
    [
        "Le ministre russe des Affaires étrangères a déclaré lundi que Moscou rejetait le plan et qu'aucun soldat "
        "étranger ne serait accepté dans le pays, selon une dépêche.",
        "Der russische Außenminister sagte am Montag, dass Moskau den Plan ablehne und keine fremden Truppen in dem "
        "Land akzeptieren werde, wie eine Agentur berichtete.",
        "El ministro ruso dijo el lunes que Moscú rechaza el plan y que no aceptará tropas extranjeras en el país.",
        "De Russische minister zei maandag dat Moskou het plan verwerpt en geen buitenlandse troepen in het land "
        "zal accepteren, aldus een woordvoerder van de regering in Den Haag.",
        "Министр иностранных дел России заявил в понедельник, что Москва отвергает этот план.",
        "俄罗斯外交部长周一表示，莫斯科拒绝这一计划，不会接受外国军队。",
        "قال وزير الخارجية الروسي يوم الاثنين إن موسكو ترفض الخطة ولن تقبل قوات أجنبية.",
    ],
)
def test_other_languages_are_left_alone(text: str) -> None:
    assert _EXTRACTOR.extract(text, "2025-12-16") == ()


def test_a_foreign_paragraph_does_not_silence_the_rest() -> None:
    french = "Le ministre a déclaré lundi que Moscou rejetait le plan et qu'aucun soldat étranger ne serait accepté."
    text = f"Russian Foreign Minister Sergey Lavrov rejected the plan on Monday, the ministry said.\n\n{french}"
    statements = _EXTRACTOR.extract(text, "2025-12-16")
    assert statements and all(s.end < text.index(french) for s in statements)
