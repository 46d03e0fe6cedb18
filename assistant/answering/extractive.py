"""The extractive answer: the sources' own sentences, each with its citation, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answering.attribution import main_statement
from assistant.answering.citations import CitationList, Source
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.selection import Selected
from assistant.models import AnswerSentence, Citation, Statement


def compose(
    selected: Sequence[Selected], statements: Mapping[tuple[str, int], Sequence[Statement]]
) -> tuple[tuple[AnswerSentence, ...], tuple[Citation, ...]]:
    """Sentences and citations of an answer.

    Args:
        selected: what to say, most direct first.
        statements: who says what, by (document id, version).
    """
    citations = CitationList()
    sentences = []
    for item in selected:
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
            )
        )
    return tuple(sentences), citations.all()


def _source(sentence: EvidenceSentence) -> Source:
    return Source(sentence.retrieved, sentence.start, sentence.end)
