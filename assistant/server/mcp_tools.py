"""What models can do with the corpus over MCP: search, fetch, ask, positions; every result says where to open it.

``search`` and ``fetch`` have the shapes that deep-research clients expect
(https://platform.openai.com/docs/mcp): ids are those of documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from assistant.answering.citations import CitationList
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionQuery
from assistant.asking import AskRequest
from assistant.index import catalog
from assistant.models import AnswerStatus, Citation, Filters, Modality, RetrievedPassage
from assistant.server.links import Links
from assistant.services import Services

PASSAGES_SEARCHED = 20  # several may be of one document, which is one result
MOST_POSITIONS = 50


class ResultOut(BaseModel):
    """A document that a search found."""

    id: str
    title: str
    url: str


class ResultList(BaseModel):
    """Documents, the one with the best passage first."""

    results: list[ResultOut]


class FetchedOut(BaseModel):
    """A whole document."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, Any]


class SourceOut(BaseModel):
    """What a marker such as ``[1]`` cites: ``quote`` is verbatim."""

    number: int
    document_id: str
    title: str
    url: str
    source: str | None
    published_at: str | None
    quote: str


class AnsweredOut(BaseModel):
    """An answer whose sentences are cited by ``[n]``, or a refusal without citations."""

    status: AnswerStatus
    answer: str
    citations: list[SourceOut]


class HeldOut(BaseModel):
    """``speaker`` says that ``holder`` has the ``stance`` towards ``target``; later words may have superseded it."""

    holder: str
    stance: str
    target: str | None
    speaker: str | None
    modality: Modality
    stated_at: str | None
    superseded_at: str | None
    quote: str
    document_id: str
    title: str
    url: str
    source: str | None
    published_at: str | None


class HeldList(BaseModel):
    """Positions, the most relevant and most recent first."""

    positions: list[HeldOut]


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools over opened services.

    Args:
        services: what answers.
        links: where results can be opened.
    """

    services: Services
    links: Links

    def search(self, query: str) -> ResultList:
        """Documents with the passages nearest to a query.

        Raises:
            InvalidQuestion: the query is empty.
            TooLarge: it is longer than allowed.
        """
        best: dict[str, RetrievedPassage] = {}
        for found in self.services.asker.search(query, Filters(), PASSAGES_SEARCHED):
            best.setdefault(found.passage.document_id, found)
        return ResultList(
            results=[
                ResultOut(id=document_id, title=found.metadata.title or document_id, url=self.links.passage(found))
                for document_id, found in best.items()
            ]
        )

    def fetch(self, document_id: str) -> FetchedOut:
        """The current text of a document.

        Raises:
            NotFound: there is no such document, or it is withdrawn.
        """
        with self.services.database.read() as connection:
            version = catalog.get_version(connection, document_id)
        said = version.metadata
        known = {
            "version": version.number,
            "source": said.source,
            "source_type": said.source_type,
            "author": said.author,
            "language": said.language,
            "published_at": said.published_at,
            "topics": list(said.topics) or None,
        }
        return FetchedOut(
            id=document_id,
            title=said.title or document_id,
            text=version.text,
            url=self.links.document(document_id, said),
            metadata={name: value for name, value in known.items() if value is not None},
        )

    def ask(self, question: str) -> AnsweredOut:
        """Answer from the corpus, or refuse.

        Raises:
            InvalidQuestion: the question is empty.
            TooLarge: it is longer than allowed.
        """
        answer = self.services.asker.ask(AskRequest(question))
        cited = [self._source(citation) for citation in answer.citations]
        return AnsweredOut(status=answer.status, answer=answer.text, citations=cited)

    def positions(self, actor: str | None, stance: str | None, about: str | None) -> HeldList:
        """Who holds which position.

        Raises:
            InvalidInput: the stance is unknown.
            InvalidQuestion: the topic is empty.
        """
        query = PositionQuery(actor or None, stance or None, about or None, limit=MOST_POSITIONS)
        return HeldList(positions=[self._held(position) for position in self.services.briefing.positions(query)])

    def _source(self, citation: Citation) -> SourceOut:
        return SourceOut(
            number=citation.number,
            document_id=citation.document_id,
            title=citation.metadata.title or citation.document_id,
            url=self.links.citation(citation),
            source=citation.metadata.source,
            published_at=citation.metadata.published_at,
            quote=citation.quote,
        )

    def _held(self, position: Position) -> HeldOut:
        citations = CitationList()
        citations.cite(position.source)
        source = self._source(citations.all()[0])
        return HeldOut(
            holder=position.holder,
            stance=position.stance,
            target=position.target,
            speaker=position.speaker,
            modality=position.modality,
            stated_at=position.stated_at,
            superseded_at=position.superseded_by.stated_at if position.superseded_by else None,
            quote=source.quote,
            document_id=source.document_id,
            title=source.title,
            url=source.url,
            source=source.source,
            published_at=source.published_at,
        )
