"""The check on sentences altered by rule in one fact, and on faithful ones, over the project's own articles."""

from __future__ import annotations

import collections

from assistant.services import Services
from assistant.verifying import VerifyRequest
from tests.unit.grounding.alterations import ALTERATIONS, FAITHFUL, Altered, Original, made

COUNT = 200


def supported(services: Services, sentences: list[Altered]) -> list[Altered]:
    """Those of which every sentence is supported."""
    return [
        s
        for s in sentences
        if all(c.verdict == "supported" for c in services.verifier.verify(VerifyRequest(s.text)).sentences)
    ]


def test_altered_sentences_are_caught(articles: Services, originals: list[Original]) -> None:
    altered = made(originals, ALTERATIONS, COUNT)
    rules = collections.Counter(s.rule for s in altered)
    assert len(altered) == COUNT and min(rules.values()) >= 20, rules
    missed = supported(articles, altered)
    assert len(missed) <= 0.05 * COUNT, [(s.rule, s.text) for s in missed]


def test_faithful_sentences_are_not_refused(articles: Services, originals: list[Original]) -> None:
    faithful = made(originals, FAITHFUL, COUNT)
    kept = supported(articles, faithful)
    refused = [s for s in faithful if s not in kept]
    assert len(faithful) == COUNT
    assert len(refused) <= 0.05 * COUNT, [(s.rule, s.text) for s in refused]
