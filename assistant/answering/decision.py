"""Whether a question is answered, and with which sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answering import attribution, extractive
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.extractive import Composed
from assistant.answering.grounds import Grounds
from assistant.answering.refusal import CONSIDERED, SupportMeasure
from assistant.answering.rivals import rivals
from assistant.answering.said import joined
from assistant.answering.selection import Selected, select

UNHELD_POSITION = 0.5  # least probability for a position that no statement holds


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one question; nothing is chosen where what it asks or takes for granted decides."""

    grounds: Grounds
    support: float  # probability of being answered
    chosen: tuple[Selected, ...] = ()
    rivals: tuple[EvidenceSentence, ...] = ()  # of the chosen, those that answer differently

    @property
    def answered(self) -> bool:
        """Whether there is anything to say."""
        grounds = self.grounds
        return bool(self.chosen or grounds.changes or grounds.disputes or grounds.contrary)


def support_of(grounds: Grounds) -> float:
    """Probability that the evidence answers the question, 0 to 1; 1 where statements settle it."""
    if grounds.disputes or attribution.settles(grounds.reading, grounds.evidence):
        return 1.0
    reading, evidence = grounds.reading, grounds.evidence
    position = reading.firm and (reading.actor is not None or reading.stance is not None)
    if position:
        evidence = attribution.concerning(reading, evidence, grounds.statements)
    measure = SupportMeasure(grounds.question, grounds.terms)
    probability = measure.of(evidence).probability
    if not position:
        return probability
    if evidence and attribution.has_exact(reading, evidence[0]):
        # It is held, perhaps in other words than the question has: a reader, who looks for details, cannot refuse that.
        unread = [replace(sentence, reading=None) for sentence in evidence[:CONSIDERED]]
        return max(probability, measure.of(unread).probability)
    # Nobody was found to hold it: then resemblance has to be strong; but a reason may stand where it is not held.
    return probability if reading.why or probability >= UNHELD_POSITION else 0.0


def decide(parts: Sequence[Grounds], sentences: int, threshold: float) -> list[Decision]:
    """What to say to each part of a question.

    Args:
        parts: what was found for each.
        sentences: most sentences of the whole answer, shared by the parts that are answered.
        threshold: least probability of being answered.
    """
    supports = [1.0 if grounds.changes or grounds.contrary else support_of(grounds) for grounds in parts]
    wanted = [
        not grounds.changes and not grounds.contrary and probability >= threshold
        for grounds, probability in zip(parts, supports, strict=True)
    ]
    share = max(1, sentences // max(sum(wanted), 1))
    decisions = []
    for grounds, probability, chooses in zip(parts, supports, wanted, strict=True):
        if not chooses:
            decisions.append(Decision(grounds, probability))
            continue
        differing = [] if grounds.disputes else rivals(grounds.question, grounds.terms, grounds.evidence)
        room = max(share - 2 * len(grounds.disputes), 0)
        between = grounds.reading.between and grounds.reading.target
        if grounds.disputes and grounds.reading.disputed and not between:
            room = 0  # what is disputed was asked for, and nothing else
        chosen = select(_telling(grounds), room, leading=differing, positions=not grounds.reading.why)
        decisions.append(Decision(grounds, probability, tuple(chosen), tuple(differing)))
    return decisions


def _telling(grounds: Grounds) -> list[EvidenceSentence]:
    """The sentences to choose from: of somebody whose position no statement holds, those that have to do with them."""
    reading, evidence = grounds.reading, grounds.evidence
    if reading.firm and reading.actor is not None and not any(sentence.statement for sentence in evidence):
        return attribution.concerning(reading, evidence, grounds.statements)
    return evidence


def compose(decisions: Sequence[Decision]) -> Composed:
    """The sentences of the whole answer with their citations."""
    return extractive.compose(
        [item for decision in decisions for item in decision.chosen],
        joined(decision.grounds.statements for decision in decisions),
        [position for d in decisions for position in (*d.grounds.contrary, *d.grounds.changes)],
        [dispute for d in decisions for dispute in d.grounds.disputes],
        [decision.rivals for decision in decisions],
    )
