"""The extractive answer: the sources' own sentences, each with its citation, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.attribution import main_statement
from assistant.answering.citations import CitationList, Source
from assistant.answering.disagreement import Disagreement
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.position_model import Position
from assistant.answering.selection import MOST_CORROBORATION, Selected
from assistant.models import AnswerSentence, Citation, Statement

CERTAIN = 0.4  # least probability of the words marked as the answer; of those above it, 80 % are right (training/)


@dataclass(frozen=True, slots=True)
class Composed:
    """Sentences with their citations; ``conflicts`` pairs the places of those that contradict each other."""

    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    conflicts: tuple[tuple[int, int], ...] = ()


def compose(
    selected: Sequence[Selected],
    statements: Mapping[tuple[str, int], Sequence[Statement]],
    positions: Sequence[Position] = (),
    disputes: Sequence[Disagreement] = (),
    rivals: Sequence[Sequence[EvidenceSentence]] = (),
) -> Composed:
    """An answer: both sides of what is disputed, then positions, then sentences, none of them twice.

    Args:
        selected: what to say, most direct first.
        statements: who says what, by (document id, version).
        positions: what to say before them.
        disputes: what must be shown side by side, at the top.
        rivals: groups of those of ``selected`` that answer differently.
    """
    citations = CitationList()
    sentences: list[AnswerSentence] = []
    places: dict[tuple[str, int], int] = {}
    for position in (*(side for dispute in disputes for side in (dispute.one, dispute.other)), *positions):
        if _place(position) not in places:
            places[_place(position)] = len(sentences)
            sentences.append(_position_sentence(position, citations))
    conflicts = [(places[_place(dispute.one)], places[_place(dispute.other)]) for dispute in disputes]
    for item in selected:
        place = _origin(item.sentence)
        if place in places:
            continue
        places[place] = len(sentences)
        numbers = [citations.cite(_source(item.sentence))]
        numbers += [citations.cite(_source(twin)) for twin in item.corroboration]
        said = item.sentence.statement or main_statement(item.sentence, statements)
        sentences.append(
            AnswerSentence(
                text=" ".join(item.sentence.text.split()),
                citations=tuple(numbers),
                speaker=said.speaker if said else None,
                actor=said.holder if said else None,
                stance=said.stance if said else None,
                modality=said.modality if said else None,
                answer=_answer(item.sentence),
            )
        )
    for group in rivals:
        shown = [places[_origin(sentence)] for sentence in group if _origin(sentence) in places]
        conflicts += [(shown[0], other) for other in shown[1:]]
    return Composed(tuple(sentences), citations.all(), tuple(pair for pair in conflicts if pair[0] != pair[1]))


def _origin(sentence: EvidenceSentence) -> tuple[str, int]:
    return sentence.retrieved.passage.document_id, sentence.start


def _place(position: Position) -> tuple[str, int]:
    return position.document_id, position.source.start


def _position_sentence(position: Position, citations: CitationList) -> AnswerSentence:
    numbers = [citations.cite(source) for source in (position.source, *position.also[:MOST_CORROBORATION])]
    return AnswerSentence(
        text=" ".join(position.text.split()),
        citations=tuple(dict.fromkeys(numbers)),
        speaker=position.speaker,
        actor=position.holder,
        stance=position.stance,
        modality=position.modality,
    )


def _answer(sentence: EvidenceSentence) -> tuple[int, int] | None:
    """The words that answer, as code points of the sentence without its line breaks; None where none are sure."""
    if sentence.marked is None or sentence.certainty < CERTAIN or sentence.statement is not None:
        return None
    start, end = sentence.marked
    lead = sentence.text[:start]
    place = len(" ".join(lead.split())) + (1 if lead[-1:].isspace() else 0)
    return place, place + len(" ".join(sentence.text[start:end].split()))


def _source(sentence: EvidenceSentence) -> Source:
    return Source(sentence.retrieved, sentence.start, sentence.end)
