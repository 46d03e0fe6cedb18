"""Scoring the check of drafts: claims with their evidence, some of them changed in one fact.

A claim counts as supported when every sentence of it is; its score is that of its weakest sentence. Balanced accuracy
is what SummEdits reports (Laban et al., "SummEdits", EMNLP 2023).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.evaluation.datasets import Claim
from assistant.evaluation.measures import Measure, Part, mean_of
from assistant.models import Filters
from assistant.services import Services
from assistant.verifying import Verification, VerifyRequest


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim and what the check made of it."""

    claim: Claim
    verification: Verification
    milliseconds: float

    @property
    def supported(self) -> bool:
        """Whether every sentence is."""
        return all(sentence.verdict == "supported" for sentence in self.verification.sentences)

    @property
    def score(self) -> float:
        """That of the weakest sentence."""
        return min(sentence.score for sentence in self.verification.sentences)


def check_all(services: Services, claims: Sequence[Claim], progress: Callable[[int, int], None]) -> list[CheckedClaim]:
    """Every claim checked against its evidence, or against the whole corpus where none is named."""
    checked = []
    for number, claim in enumerate(claims, 1):
        started = time.perf_counter()
        found = services.verifier.verify(VerifyRequest(claim.text, Filters(document_ids=claim.evidence)))
        checked.append(CheckedClaim(claim, found, (time.perf_counter() - started) * 1000))
        progress(number, len(claims))
    return checked


def measures_of(checked: Sequence[CheckedClaim]) -> list[Measure]:
    """Balanced accuracy with documents as units, its two halves, and the area under the curve."""
    right, wrong = _share(checked, True), _share(checked, False)
    units = tuple(sorted({_unit(one) for one in checked}))
    unsupported = [one.score for one in checked if not one.claim.supported]
    ranks = {
        one.claim.id: sum((one.score > other) + 0.5 * (one.score == other) for other in unsupported) / len(unsupported)
        for one in checked
        if one.claim.supported and unsupported
    }
    return [
        Measure("balanced accuracy", units, (right, wrong)),
        Measure("supported claims accepted", units, (right,)),
        Measure("unsupported claims caught", units, (wrong,)),
        mean_of("AUC", ranks),
    ]


def failures(checked: Sequence[CheckedClaim]) -> list[dict[str, Any]]:
    """Claims judged wrongly, with the reasons given."""
    return [
        {
            "id": one.claim.id,
            "cause": "refused" if one.claim.supported else "accepted",
            "claim": one.claim.text,
            "sentences": [
                {"text": s.text, "verdict": s.verdict, "reason": s.reason} for s in one.verification.sentences
            ],
        }
        for one in checked
        if one.supported != one.claim.supported
    ]


def milliseconds_a_sentence(checked: Sequence[CheckedClaim]) -> list[float]:
    """How long each claim took, by its number of sentences."""
    return [one.milliseconds / len(one.verification.sentences) for one in checked]


def _unit(one: CheckedClaim) -> str:
    return " ".join(one.claim.evidence) or one.claim.id


def _share(checked: Sequence[CheckedClaim], supported: bool) -> Part:
    """Of the claims that are (not) supported, those judged so, by document."""
    counts = {_unit(one): [0, 0] for one in sorted(checked, key=_unit)}
    for one in checked:
        if one.claim.supported == supported:
            counts[_unit(one)][0] += one.supported == supported
            counts[_unit(one)][1] += 1
    return Part(tuple(float(a) for a, _ in counts.values()), tuple(float(b) for _, b in counts.values()))
