"""A brief in a chat model's prose: each section written from that section's own sources, each sentence checked.

brief → section → its sources → prompt → stream → desk → lines, or the section as it was
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answering.brief_model import GAPS, SOURCES, Brief, BriefItem, BriefSection
from assistant.answering.brief_sources import source_items
from assistant.answering.chat_model import ChatModel, ModelSession
from assistant.answering.desk import Desk, Passed
from assistant.answering.evidence import QuestionTerms
from assistant.answering.generative import RULES_TOKENS, passage_data
from assistant.answering.grounding.checking import SentenceChecker
from assistant.answering.hygiene import for_model
from assistant.answering.model_limits import CHARS_A_TOKEN, ModelFailed
from assistant.answering.prompts import PromptBook
from assistant.answering.said import Statements
from assistant.language import Language
from assistant.models import Citation, RetrievedPassage

MOST_SENTENCES = 12  # of a section
FRAME_CHARS = 200  # of a prompt that go into the marks of a passage


@dataclass(frozen=True, slots=True)
class Material:
    """Where the citations of a brief stand, all of one state of the corpus."""

    passages: Mapping[str, RetrievedPassage]  # by the id that citations have
    statements: Statements
    terms: QuestionTerms  # weigh the words of these passages


@dataclass(slots=True)
class _Course:
    """The writing of one brief: what it is made from, and how it goes."""

    brief: Brief
    cited: Mapping[int, Citation]  # the brief's citations by number
    material: Material
    session: ModelSession
    withheld: int = 0
    failure: str = ""  # why the model is no longer called
    written: int = 0  # sections in the model's words
    kept: list[str] = field(default_factory=list)  # headings of those in the sources' own


@dataclass(frozen=True, slots=True)
class BriefProse:
    """Has a chat model write the sections of a brief.

    Args:
        model: the chat model.
        prompts: what it is told.
        checker: decides on each sentence.
        language: the parser.
    """

    model: ChatModel
    prompts: PromptBook
    checker: SentenceChecker
    language: Language

    def written(self, brief: Brief, material: Material, session: ModelSession) -> Brief:
        """The brief with every section in the model's words of which something stands; the others stay.

        Gaps and sources are no prose and stay as they are.

        Args:
            brief: in the sources' own sentences.
            material: what its citations cite.
            session: the model, for the request.

        Raises:
            Cancelled: whoever asked has left.
            InvalidConfiguration: the model cannot be set up.
        """
        cited = {citation.number: citation for citation in brief.citations}
        course = _Course(brief, cited, material, session)
        sections = []
        for section in brief.sections:
            if section.heading not in {GAPS, SOURCES}:
                section = self._section(section, course)
            sections.append(section)
        kept, citations = _renumbered(sections, cited)
        return replace(
            brief,
            sections=kept,
            citations=citations,
            answerer="model" if course.written else "extractive",
            model=self.model.name,
            prompt=self.prompts["brief"].label,
            withheld=course.withheld,
            notice=_notice(course),
        ).identified()

    def _section(self, section: BriefSection, course: _Course) -> BriefSection:
        """The section in the model's words; as it was where the model fails or nothing of it stands."""
        items: list[BriefItem] = []
        if not course.failure:
            try:
                for item in self._lines(section, course):
                    items.append(item)
            except ModelFailed as error:
                course.failure = error.detail
        if not items:
            course.kept.append(section.heading)
            return section
        course.written += 1
        order = list(dict.fromkeys(item.group for item in section.items))
        return replace(section, items=tuple(sorted(items, key=lambda item: order.index(item.group))))

    def _lines(self, section: BriefSection, course: _Course) -> Iterator[BriefItem]:
        material, session = course.material, course.session
        supplied = _supplied(section, course.cited, material, session.limits.input_tokens)
        if not supplied:
            return
        most = min(len(section.items) + 1, MOST_SENTENCES)
        groups = {number: item.group for item in reversed(section.items) for number in item.citations}
        data = [
            {**passage_data(n, place, c.start, c.end, material.statements), "group": _plain(groups.get(c.number))}
            for n, (c, place) in enumerate(supplied, 1)
        ]
        prompt = self.prompts["brief"].render(
            heading=section.heading, topic=for_model(course.brief.topic), sentences=most, passages=data
        )
        numbers = [citation.number for citation, _ in supplied]
        told: set[str] = set()
        for passed in self._desk(supplied, material, session).written(prompt):
            if passed is None:
                course.withheld += 1
            elif passed.text not in told:
                told.add(passed.text)
                yield _item(passed, numbers, groups)
            if len(told) >= most:
                return

    def _desk(
        self, supplied: Sequence[tuple[Citation, RetrievedPassage]], material: Material, session: ModelSession
    ) -> Desk:
        passages = {place.passage.id: place for _, place in supplied}
        pool = self.checker.pool(passages.values(), material.statements).numbered(_numbering(supplied))
        return Desk(session, self.checker, self.language, self.prompts["repair"], pool, material.terms.weights)


def _supplied(
    section: BriefSection, cited: Mapping[int, Citation], material: Material, tokens: int
) -> list[tuple[Citation, RetrievedPassage]]:
    """What the section's lines cite, in their order, as much as a prompt has room for."""
    room = (tokens - RULES_TOKENS) * CHARS_A_TOKEN
    chosen: list[tuple[Citation, RetrievedPassage]] = []
    for number in dict.fromkeys(number for item in section.items for number in item.citations):
        citation = cited[number]
        room -= len(citation.quote) + FRAME_CHARS
        if chosen and room < 0:
            break
        chosen.append((citation, material.passages[citation.passage_id]))
    return chosen


def _numbering(supplied: Sequence[tuple[Citation, RetrievedPassage]]) -> dict[tuple[str, int, int], int]:
    return {
        (citation.passage_id, start, end): number
        for number, (citation, place) in reversed(list(enumerate(supplied, 1)))
        for start, end in place.passage.sentences
        if start < citation.end and end > citation.start
    }


def _item(passed: Passed, numbers: Sequence[int], groups: Mapping[int, str | None]) -> BriefItem:
    cited = tuple(dict.fromkeys(numbers[sentence.number - 1] for sentence in passed.check.evidence[:3]))
    return BriefItem(passed.text, cited, groups[cited[0]])


def _renumbered(
    sections: Sequence[BriefSection], cited: Mapping[int, Citation]
) -> tuple[tuple[BriefSection, ...], tuple[Citation, ...]]:
    """The sections with their citations numbered in the order of first use, and the sources that are left."""
    used = dict.fromkeys(
        number
        for section in sections
        if section.heading != SOURCES
        for item in section.items
        for number in item.citations
    )
    new = {old: number for number, old in enumerate(used, 1)}
    citations = tuple(replace(cited[old], number=number) for old, number in new.items())
    kept = [
        replace(
            section,
            items=tuple(replace(item, citations=tuple(new[old] for old in item.citations)) for item in section.items),
        )
        for section in sections
        if section.heading != SOURCES
    ]
    if citations:
        kept.append(BriefSection(SOURCES, tuple(source_items(citations))))
    return tuple(kept), citations


def _notice(course: _Course) -> str:
    if not course.kept:
        return ""
    reason = course.failure or "Of some sections nothing that the chat model wrote is backed by their sources."
    return f"{reason} In the sources' own sentences: {', '.join(course.kept)}."


def _plain(group: str | None) -> str | None:
    return None if group is None else for_model(group).replace('"', "'")
