"""Positions, timelines and briefs for commands and requests, each from one snapshot of the catalog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.actors import ActorBook
from assistant.answering.brief import BriefWriter
from assistant.answering.brief_model import Brief, BriefRequest, brief_of
from assistant.answering.matrix import MOST_POSITIONS, Matrix, matrix
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionFinder, PositionQuery
from assistant.answering.timeline import Event, TimelineFinder, TimelineQuery
from assistant.answering.topic import TopicSearch
from assistant.engines import Engines
from assistant.index import brief_store
from assistant.index.database import Database
from assistant.index.records import to_json
from assistant.models import Filters
from assistant.stances import StanceBook


@dataclass(frozen=True, slots=True)
class Briefing:
    """What analysts ask beside questions.

    Args:
        database: the catalog.
        finder: answers position queries.
        timeline: answers timeline queries.
        writer: writes briefs.
    """

    database: Database
    finder: PositionFinder
    timeline: TimelineFinder
    writer: BriefWriter

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
    ) -> Briefing:
        """Put together from the parts that questions are answered with.

        Args:
            database: the catalog.
            engines: make the vectors of topics and rank passages.
            actors: who is known by which names.
            stances: which words stand for which stance.
        """
        search, thorough = TopicSearch(engines), TopicSearch(engines, exact=True)
        writer = BriefWriter(thorough, PositionFinder(actors, stances, thorough), TimelineFinder(actors, thorough))
        return cls(database, PositionFinder(actors, stances, search), TimelineFinder(actors, search), writer)

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

    def brief(self, request: BriefRequest) -> Brief:
        """A brief on a topic.

        Raises:
            InvalidQuestion: the topic is empty.
            TooLarge: it is longer than allowed.
        """
        with self.database.read() as connection:
            return self.writer.write(connection, request)

    def keep(self, brief: Brief) -> None:
        """Keep a brief, to be fetched by its id.

        Raises:
            StorageFailed: it cannot be written.
        """
        body = to_json({"id": brief.id, **brief.content()})
        with self.database.write() as connection:
            brief_store.save(connection, brief.id, body, {c.document_id for c in brief.citations})

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
