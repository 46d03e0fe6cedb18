"""What a position, event or brief is asked to be about, and which sentences are about it.

A sentence's relevance mixes the share of the topic's words that it carries (rare words weigh more) with its nearness
in meaning, since "Article 5" and "security guarantees" share no word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.answering.evidence import EvidenceSentence, QuestionTerms, score_sentences
from assistant.errors import InvalidQuestion, TooLarge
from assistant.index import lexical
from assistant.index.catalog import StoredPassage, sentence_vectors
from assistant.index.counts import count_live_passages
from assistant.index.exact import ExactIndex
from assistant.models import Filters
from assistant.retrieval.hybrid import Hit, HybridRetriever
from assistant.retrieval.words import stem_set, stems_of

if TYPE_CHECKING:
    from assistant.engines import Engines

LEAST_RELEVANCE = 0.45  # what is less relevant is about something else
# Best relevance below which the corpus has nothing on a topic: of 39 topics tried on the shipped corpus, those it is
# about reached 0.63 and more, those it is not about 0.46 and less.
KNOWN_RELEVANCE = 0.55
OVERLAP_SHARE = 0.5  # of the words in a sentence's relevance; the rest is meaning
MAX_TOPIC_CHARS = 500

Place = tuple[int, int]  # a passage's row number and the offset at which a sentence begins


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as searched: its words, weighted by how rare they are, and its vector."""

    text: str
    vector: NDArray[np.float32]
    terms: QuestionTerms

    def relevance(self, sentence: EvidenceSentence, target: str | None = None) -> float:
        """How much a sentence is about the topic, 0 to 1; ``target`` is what a position in it is about."""
        overlap = max(sentence.overlap, self.terms.share(stem_set(target))) if target else sentence.overlap
        return OVERLAP_SHARE * overlap + (1 - OVERLAP_SHARE) * max(sentence.cosine, 0.0)

    def covers(self, sentence: EvidenceSentence, target: str | None = None) -> bool:
        """Whether a sentence is about the topic at all."""
        return self.relevance(sentence, target) >= LEAST_RELEVANCE


@dataclass(frozen=True, slots=True)
class TopicSearch:
    """Finds what the corpus holds on a topic.

    Args:
        engines: make the topic's vector and rank passages.
        exact: rank by exact scan, for what must come out the same every time.
    """

    engines: Engines
    exact: bool = False

    def read(self, connection: Connection, text: str) -> Topic:
        """A topic as searched."""
        passages = count_live_passages(connection)
        frequencies = lexical.document_frequencies(connection, stems_of(text))
        vector = self.engines.of(connection).encoder.encode_question(text)
        return Topic(text, vector, QuestionTerms.of(text, frequencies, passages))

    def passages(self, connection: Connection, topic: Topic, filters: Filters, limit: int) -> list[Hit]:
        """The passages nearest to the topic, best first."""
        words = lexical.content_words(topic.text)
        engine = self.engines.of(connection)
        retriever = engine.retriever
        if self.exact:
            retriever = HybridRetriever(ExactIndex(engine.generation), engine.generation, retriever.dense_weight)
        return retriever.retrieve(connection, topic.vector, words, filters, limit)

    def sentences(self, connection: Connection, topic: Topic, hits: Sequence[Hit]) -> list[EvidenceSentence]:
        """Every sentence of ``hits`` with how well it fits the topic, best first."""
        generation = self.engines.of(connection).generation
        vectors = sentence_vectors(connection, generation, [hit.seq for hit in hits])
        return score_sentences(topic.text, topic.vector, topic.terms, hits, vectors)


def unranked(places: Iterable[StoredPassage]) -> list[Hit]:
    """Passages that were found by something else than their rank."""
    return [
        Hit(place.seq, place.unranked())
        for place in sorted({place.seq: place for place in places}.values(), key=lambda place: place.seq)
    ]


def by_place(sentences: Iterable[EvidenceSentence]) -> Mapping[Place, EvidenceSentence]:
    """Scored sentences by where they begin."""
    return {(sentence.hit.seq, sentence.start): sentence for sentence in sentences}


def checked_topic(text: str, what: str = "topic") -> str:
    """A topic without surrounding space.

    Raises:
        InvalidQuestion: it has no letters or digits, or is not Unicode text.
        TooLarge: it is longer than allowed.
    """
    topic = " ".join(text.split())
    if len(topic) > MAX_TOPIC_CHARS:
        raise TooLarge(
            f"The {what} has {len(topic):,} characters; at most {MAX_TOPIC_CHARS:,} are read.",
            "Name the subject in a few words.",
        )
    if not any(character.isalnum() for character in topic):
        raise InvalidQuestion(f"The {what} is empty.", "Name the subject in a few words, such as: security guarantees")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in topic):
        raise InvalidQuestion(f"The {what} is not Unicode text.", "Remove the unpaired surrogates.")
    return topic
