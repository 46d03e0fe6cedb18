"""Sentences in an analyst's own words about the shipped corpus, true and false."""

from __future__ import annotations

import pytest

from assistant.services import Services
from assistant.verifying import VerifyRequest

SUPPORTED = [
    "The Budapest Memorandum dates from December 1994.",
    "Ukraine gave up its nuclear weapons in exchange for assurances from Russia, the United States and Britain.",
    "NATO invoked Article 5 only once, after the attacks of 11 September 2001.",
    "Russia annexed Crimea in 2014.",
    "Steve Witkoff is a special envoy of President Trump.",
    "The OSCE monitored the ceasefire in eastern Ukraine until 2022.",
    "The Minsk agreements were signed in 2014 and 2015.",
    "Russia rejects the deployment of NATO troops in Ukraine.",
    "Zelenskyy presented a ten-point peace formula in November 2022.",
    "The Berlin talks were held in December 2025.",
    "Putin said in June 2024 that Ukraine must withdraw from four regions.",
    "Moscow opposes a multinational force in Ukraine.",
    "At Bucharest in 2008, NATO declared that Ukraine will become a member.",
]
NOT_SUPPORTED = [
    "Ukraine annexed Crimea in 2014.",
    "The OSCE monitored the ceasefire in eastern Ukraine until 2019.",
    "Russia accepts the deployment of NATO troops in Ukraine.",
    "Russia supports Ukraine's membership of NATO.",
    "Zelenskyy presented a twelve-point peace formula in November 2022.",
    "The Berlin talks were held in Vienna.",
    "Macron said in June 2024 that Ukraine must withdraw from four regions.",
    "All European leaders reject security guarantees.",
    "Ukraine joined NATO in 2008.",
    "Paris is the capital of France.",
    "The population of Brazil is 191.2 million.",
]


@pytest.mark.parametrize("sentence", SUPPORTED)
def test_what_the_corpus_says_in_other_words_is_supported(articles: Services, sentence: str) -> None:
    (checked,) = articles.verifier.verify(VerifyRequest(sentence)).sentences
    assert checked.verdict == "supported", checked.reason
    assert checked.citations
    assert checked.score >= 0.5


@pytest.mark.parametrize("sentence", NOT_SUPPORTED)
def test_what_the_corpus_does_not_say_is_not_supported(articles: Services, sentence: str) -> None:
    (checked,) = articles.verifier.verify(VerifyRequest(sentence)).sentences
    assert checked.verdict != "supported"
    assert checked.reason
    assert checked.score < 0.5
    assert bool(checked.citations) is (checked.verdict == "contradicted")
