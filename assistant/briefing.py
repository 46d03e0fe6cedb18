"""Positions, timelines and briefs for commands and requests, each from one snapshot of the catalog."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from assistant.actors import ActorBook
from assistant.answering.brief import BriefWriter
from assistant.answering.brief_model import Brief, BriefRequest, brief_of
from assistant.answering.brief_prose import BriefProse, Material
from assistant.answering.evidence import QuestionTerms
from assistant.answering.matrix import MOST_POSITIONS, Matrix, matrix
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionFinder, PositionQuery
from assistant.answering.timeline import Event, TimelineFinder, TimelineQuery
from assistant.answering.topic import TopicSearch
from assistant.engines import Engines
from assistant.errors import InvalidInput
from assistant.index import brief_store, lexical
from assistant.index.catalog import live_passages, passages_at
from assistant.index.counts import count_live_passages
from assistant.index.database import Database
from assistant.index.records import to_json
from assistant.index.statement_queries import statements_within
from assistant.models import Filters
from assistant.retrieval.words import stems_of
from assistant.stances import StanceBook


@dataclass(frozen=True, slots=True)
class Briefing:
    """What analysts ask beside questions.

    Args:
        database: the catalog.
        finder: answers position queries.
        timeline: answers timeline queries.
        writer: writes briefs.
        prose: has a chat model write them, where one is configured.
    """

    database: Database
    finder: PositionFinder
    timeline: TimelineFinder
    writer: BriefWriter
    prose: BriefProse | None = None

    @property
    def stances(self) -> dict[str, str]:
        """The stances that positions can have, by key, in the order of the file, with how they read."""
        return {stance.key: stance.label for stance in self.finder.stances}

    @classmethod
    def over(
        cls,
        database: Database,
        engines: Engines,
        actors: ActorBook,
        stances: StanceBook,
        prose: BriefProse | None = None,
    ) -> Briefing:
        """Put together from the parts that questions are answered with.

        Args:
            database: the catalog.
            engines: make the vectors of topics and rank passages.
            actors: who is known by which names.
            stances: which words stand for which stance.
            prose: has a chat model write briefs, where one is configured.
        """
        search, thorough = TopicSearch(engines), TopicSearch(engines, exact=True)
        writer = BriefWriter(thorough, PositionFinder(actors, stances, thorough), TimelineFinder(actors, thorough))
        return cls(database, PositionFinder(actors, stances, search), TimelineFinder(actors, search), writer, prose)

    def positions(self, query: PositionQuery) -> list[Position]:
        """Who holds what, the most relevant and most recent first.

        Raises:
            InvalidInput: the stance is unknown.
            InvalidQuestion: the topic is empty.
        """
        with self.database.read() as connection:
            return self.finder.positions(connection, query)

    def matrix(self, subjects: Sequence[str], filters: Filters, most_subjects: int) -> Matrix:
        """Who stands where on each subject; subjects without a position are left out, further ones beyond the most.

        Raises:
            InvalidQuestion: a subject is empty.
        """
        with self.database.read() as connection:
            found: list[tuple[str, list[Position]]] = []
            for subject in subjects:
                query = PositionQuery(about=subject, filters=filters, limit=MOST_POSITIONS)
                positions = self.finder.positions(connection, query)
                found += [(subject, positions)] if positions else []
                if len(found) == most_subjects:
                    break
        return matrix(found, most_subjects)

    def events(self, query: TimelineQuery) -> list[Event]:
        """What happened when, earliest first.

        Raises:
            InvalidInput: the period is empty.
            InvalidQuestion: the topic is empty.
        """
        with self.database.read() as connection:
            return self.timeline.events(connection, query)

    def brief(
        self,
        request: BriefRequest,
        answerer: Literal["extractive", "model"] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Brief:
        """A brief on a topic, in the sources' own sentences unless the model is asked for.

        Args:
            request: the topic, and what may be used.
            answerer: ``model`` for prose.
            cancelled: stops a model that is writing.

        Raises:
            InvalidQuestion: the topic is empty.
            TooLarge: it is longer than allowed.
            InvalidInput: a model is asked for and none is configured.
            Cancelled: ``cancelled`` was set.
        """
        if answerer != "model":
            with self.database.read() as connection:
                return self.writer.write(connection, request)
        if self.prose is None:
            raise InvalidInput("No chat model is configured.", "Set ASSISTANT_MODEL, or leave out `answerer`.")
        with self.database.read() as connection:
            brief = self.writer.write(connection, request)
            material = _material(connection, brief)
        session = self.prose.model.session(cancelled or threading.Event())
        return self.prose.written(brief, material, session)

    def keep(self, brief: Brief) -> None:
        """Keep a brief, to be fetched by its id.

        Raises:
            StorageFailed: it cannot be written.
        """
        body = to_json({"id": brief.id, **brief.content()})
        with self.database.write() as connection:
            documents = {c.document_id for c in brief.citations}
            brief_store.save(connection, brief.id, body, documents, self.database.scope)

    def recent(self, limit: int) -> list[tuple[Brief, str]]:
        """The briefs that are kept, the latest first, each with when it was written."""
        with self.database.read() as connection:
            rows = brief_store.newest(connection, limit)
        return [(brief_of(json.loads(body)), at) for body, at in rows]

    def kept(self, brief_id: str) -> Brief:
        """A brief that was kept.

        Raises:
            NotFound: no brief has this id, or a document that it quotes has been withdrawn since.
        """
        with self.database.read() as connection:
            return brief_of(json.loads(brief_store.load(connection, brief_id)))


def _material(connection: Connection, brief: Brief) -> Material:
    """What a brief cites, out of the snapshot that it was made from."""
    seqs = passages_at(connection, [(c.document_id, c.version, c.start) for c in brief.citations])
    stored = live_passages(connection, list(dict.fromkeys(seqs)), Filters()).values()
    text = " ".join(place.passage.text for place in stored)
    passages = count_live_passages(connection)
    return Material(
        {place.passage.id: place.unranked() for place in stored},
        statements_within(connection, {(c.document_id, c.version) for c in brief.citations}),
        QuestionTerms.of(text, lexical.document_frequencies(connection, stems_of(text)), passages),
    )
