"""Who says what: statements of a text, with speaker, holder, stance, target, modality and date.

The way through: text → blocks → parse → attributions (``cues``) → sources (``resolution``) → positions within what
is said (``positions``) → statements. Positions that the text states itself ("Moscow rejected the plan") come from the
same parse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter

from assistant.actors import ActorBook
from assistant.curation.statements.attribution import Attribution, moved
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.continuation import continued, goes_on, opening_speech
from assistant.curation.statements.cues import find_attributions
from assistant.curation.statements.dates import published_day
from assistant.curation.statements.english import is_english
from assistant.curation.statements.holding import Held, Holders, effective
from assistant.curation.statements.pieces import dateline_of, pieces_of
from assistant.curation.statements.positions import Position, find_positions, lemmas_of
from assistant.curation.statements.quotes import Quote
from assistant.curation.statements.resolution import Discourse, Source
from assistant.curation.statements.wording import clause_with_holder, day_of, modality_of, words_of
from assistant.language import Language, Parser
from assistant.models import Block, Modality, Statement
from assistant.stances import StanceBook

BATCH = 64  # blocks parsed at a time: bounds memory for book-length texts
MAX_POSITIONS = 3  # further positions kept of one thing said

_OPINIONS = frozenset(
    """think believe expect predict doubt suspect assume anticipate guess feel reckon hope fear""".split()
)
# Stances whose content is told as a fact: "warned that Moscow rejects …".
_TELLING = frozenset({"expects", "warns", "accuses", "concedes", "undecided"})
_SAME = attrgetter("speaker", "holder", "stance", "start", "end", "modality", "target")


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing said by one source, while its statements are made."""

    attribution: Attribution
    source: Source | None
    day: str | None
    cue: str  # the words of the cue
    opinion: bool = False  # the cue is a verb of thinking: what it says of others is a forecast
    doubted: bool = False  # the cue turns what it says round: "doubts that", "does not believe that"


class StatementExtractor:
    """Finds the statements of a text.

    Args:
        language: parses English.
        actors: who is known by which names.
        stances: which words take which stance.
    """

    def __init__(self, language: Language, actors: ActorBook, stances: StanceBook) -> None:
        self._language = language
        self._actors = actors
        self._stances = stances
        self._holders = Holders(actors, stances)

    def extract(
        self,
        text: str,
        published_at: str | None,
        blocks: Sequence[Block] | None = None,
        parser: Parser | None = None,
    ) -> tuple[Statement, ...]:
        """The statements of a text in the order in which they stand; offsets are code points of ``text``.

        A text that is clearly not English has none, and so have blocks of code.

        Args:
            text: a version's text.
            published_at: ISO 8601 date of publication, against which "Monday" is resolved; None leaves such days open.
            blocks: the version's blocks; without them every line is one.
            parser: has parses of this text already.
        """
        if is_english(text) is False:
            return ()
        published = published_day(published_at)
        discourse = Discourse(self._actors, dateline_of(text))
        statements: list[Statement] = []
        last: _Said | None = None
        for block in self._parsed(text, blocks, parser or self._language):
            made, last = self._of_block(block, discourse, published, last)
            statements += made
        return tuple(_unique(statements))

    def _parsed(self, text: str, blocks: Sequence[Block] | None, parser: Parser) -> Iterator[ParsedBlock]:
        pieces = [piece for piece in pieces_of(text, blocks) if is_english(text[piece[0] : piece[1]]) is not False]
        for first in range(0, len(pieces), BATCH):
            batch = pieces[first : first + BATCH]
            docs = parser.parse_many(text[start:end] for start, end in batch)
            for (start, _), doc in zip(batch, docs, strict=True):
                yield ParsedBlock.of(doc, start)

    def _of_block(
        self, block: ParsedBlock, discourse: Discourse, published: date | None, last: _Said | None
    ) -> tuple[list[Statement], _Said | None]:
        discourse.read(block)
        lemmas = lemmas_of(block)
        attributions = find_attributions(block)
        statements: list[Statement] = []
        opening = opening_speech(block, attributions)
        if opening is not None and last is not None:
            statements += self._go_on(block, lemmas, last, opening)
        claimed = [] if opening is None or last is None else [(opening.start, opening.end)]
        continuations = continued(block, attributions)
        for attribution, more in continuations:
            said = self._said(block, discourse, attribution, published)
            statements += self._of_said(block, lemmas, discourse, said, more)
            claimed += [attribution.content, *((quote.start, quote.end) for quote in more)]
        following = goes_on(block, continuations)
        if following is not None:
            last = self._said(block, discourse, following, published)
        elif opening is None or opening.closed:
            last = None  # nobody has the word any more
        statements += self._narrated(block, lemmas, discourse, claimed, attributions, published)
        return statements, last

    # -------------------------------------------------------------------------------------------- things said

    def _said(
        self, block: ParsedBlock, discourse: Discourse, attribution: Attribution, published: date | None
    ) -> _Said:
        source = None
        if attribution.source is not None:
            source = discourse.resolve(block, block.doc[attribution.source], attribution.relative)
        lemma = block.doc[attribution.cue_token].lemma_.lower()
        doubted = self._stances.has_modifier("doubts", lemma) != (attribution.negated and lemma in _OPINIONS)
        cue = words_of(block, attribution.cue) or ""
        day = day_of(block, attribution, published)
        return _Said(attribution, source, day, cue, lemma in _OPINIONS, doubted)

    def _of_said(
        self, block: ParsedBlock, lemmas: list[str], discourse: Discourse, said: _Said, more: tuple[Quote, ...]
    ) -> Iterator[Statement]:
        attribution = said.attribution
        cue = self._cue_position(block, lemmas, attribution)
        first = self._positions(block, lemmas, discourse, said, attribution.content)
        rest = [self._positions(block, lemmas, discourse, said, (quote.start, quote.end)) for quote in more]
        content = attribution.content
        separate: list[tuple[Quote, list[Held]]] = []
        for quote, held in zip(more, rest, strict=True):
            if not separate and (not held or not first or held[0].same_position(first[0])):
                content = (content[0], quote.end)
                first = [*first, *held]
            else:
                separate.append((quote, held))
        main = list(self._statements(block, moved_said(said, content), cue, first))
        yield from main
        if cue is not None and said.source is not None:
            yield from self._shared(block, discourse, attribution, main[0])
        for quote, held in separate:
            yield from self._statements(block, moved_said(said, (quote.start, quote.end)), None, held)

    def _shared(
        self, block: ParsedBlock, discourse: Discourse, attribution: Attribution, first: Statement
    ) -> Iterator[Statement]:
        """The same position for every other known actor named with the first: "France and Germany support …"."""
        if attribution.source is None or first.speaker is None:
            return
        for token in block.doc[attribution.source].conjuncts:
            other = discourse.look_up(block, token)
            side = self._holders.side_name(other)
            if other.actor is not None and side != first.holder:
                yield replace(
                    first,
                    speaker=other.name,
                    speaker_start=other.start,
                    speaker_end=other.end,
                    holder=side,
                    speaker_actor=side,
                )

    def _go_on(self, block: ParsedBlock, lemmas: list[str], last: _Said, quote: Quote) -> Iterator[Statement]:
        attribution = Attribution(-1, (-1, -1), None, (quote.start, quote.end), "carried on")
        said = replace(last, attribution=attribution)
        held = self._positions(block, lemmas, None, said, (quote.start, quote.end))
        yield from self._statements(block, said, None, held)

    def _statements(
        self, block: ParsedBlock, said: _Said, cue: Position | None, held: list[Held]
    ) -> Iterator[Statement]:
        speaker = said.source
        own = self._holders.side_name(speaker)
        if cue is not None:
            force = cue.force
            stance, taken_back = effective(cue, self._stances)
            target = said.attribution.content
            if cue.target is not None and cue.kind != "verdict" and cue.target[1] <= said.attribution.content[1]:
                target = cue.target
            forecast = force.forecast and not force.refusing and said.attribution.rule == "verb"
            modality = modality_of(taken_back, force.asked, force.conditional)
            yield self._make(
                block,
                said,
                own,
                stance,
                target,
                "expected" if forecast and modality == "stated" else modality,
                speaking=not forecast,
            )
            # What is demanded, offered or turned down of another is no position that the other takes.
            told = stance in _TELLING
            held = [item for item in held if told and item.known and item.holder not in {None, own}]
        elif held:
            opening, *held = held
            yield self._from_held(block, said, own, opening)
            sentence = opening.position.head.sent
            held = [item for item in held if item.known or item.position.head.sent != sentence]
        else:
            negated, asked = said.attribution.negated, said.attribution.asked
            yield self._make(block, said, own, None, None, "negated" if negated else "asked" if asked else "stated")
        for item in held[:MAX_POSITIONS]:
            yield self._from_held(block, said, own, item)

    def _from_held(self, block: ParsedBlock, said: _Said, own: str | None, item: Held) -> Statement:
        position = item.position
        holder = item.holder or own
        modality = modality_of(item.taken_back, position.force.asked, position.force.conditional)
        opinion = (
            position.force.forecast
            or position.kind == "verdict"  # "is a red line for Moscow": the speaker's judgement of another
            or said.opinion
        )
        if modality == "stated" and holder != own and opinion:
            modality = "expected"
        return self._make(block, said, holder, item.stance, position.target, modality)

    def _make(
        self,
        block: ParsedBlock,
        said: _Said,
        holder: str | None,
        stance: str | None,
        target: tuple[int, int] | None,
        modality: Modality,
        *,
        speaking: bool = True,
    ) -> Statement:
        attribution = said.attribution
        source = said.source if speaking else None
        start, end = attribution.content
        shift = block.offset
        return Statement(
            speaker=source.name if source else None,
            speaker_start=source.start if source else None,
            speaker_end=source.end if source else None,
            cue=said.cue,
            start=start + shift,
            end=end + shift,
            holder=holder,
            stance=stance,
            target=words_of(block, target),
            modality=modality,
            quoted=any(q.start < end and start < q.end for q in block.quotes),
            date=said.day,
            speaker_actor=self._holders.side_name(source),
        )

    # -------------------------------------------------------------------------------------------- positions

    def _cue_position(self, block: ParsedBlock, lemmas: list[str], attribution: Attribution) -> Position | None:
        """The stance that the cue itself takes: "rejected", "refused to support", "issued a warning"."""
        place = attribution.cue_token
        inner = [c.i for c in block.doc[place].children if c.dep_ == "xcomp"]
        reach = 8 if attribution.rule == "light verb" else 6
        stop = range(place, min(max([place + reach, *(i + 1 for i in inner)]), len(lemmas)))
        sentence = block.doc[place].sent
        for position in find_positions(block, lemmas, stop, self._stances, range(sentence.start, sentence.end)):
            head = position.head
            turned = head.i in inner and self._stances.has_modifier("reversals", lemmas[place])
            if head.i == place or turned or (attribution.rule == "light verb" and head.head.i == place):
                return position
        return None

    def _positions(
        self,
        block: ParsedBlock,
        lemmas: list[str],
        discourse: Discourse | None,
        said: _Said,
        content: tuple[int, int],
    ) -> list[Held]:
        first, last = block.token_at(content[0]), block.token_at(max(content[0], content[1] - 1))
        if first < 0:
            return []
        stop = range(first, (last if last >= 0 else len(lemmas) - 1) + 1)
        held: list[Held] = []
        for position in find_positions(block, lemmas, stop, self._stances):
            cue = said.attribution
            judged = position.kind == "verdict" and position.holder is not None  # "described as a red line for X"
            if (position.head.i == cue.cue_token and not judged) or position.cue[0] <= cue.cue[0] < position.cue[1]:
                continue
            if position.head.dep_ == "acl" and position.head.tag_ == "VBN":
                continue  # "a force supported by X" describes what is spoken of
            if said.doubted:
                position = replace(position, force=replace(position.force, negated=not position.force.negated))
            held += self._holders.of(block, discourse, _within(position, content), said.source, spoken=True)
        distinct: list[Held] = []
        for item in held:
            sentence = item.position.head.sent
            if not any(item.same_position(other) and other.position.head.sent == sentence for other in distinct):
                distinct.append(item)
        return distinct

    # -------------------------------------------------------------------------------------------- the narrator

    def _narrated(
        self,
        block: ParsedBlock,
        lemmas: list[str],
        discourse: Discourse,
        claimed: list[tuple[int, int]],
        attributions: list[Attribution],
        published: date | None,
    ) -> Iterator[Statement]:
        """Positions that the text itself states, outside of what anybody says."""
        cues = {attribution.cue_token for attribution in attributions}
        spans = [attribution.cue for attribution in attributions]
        for sentence in block.doc.sents:
            for position in find_positions(block, lemmas, range(sentence.start, sentence.end), self._stances):
                place = position.head.idx
                if position.head.i in cues or any(start <= place < end for start, end in [*claimed, *spans]):
                    continue
                inner = {child.i for child in position.head.children if child.dep_ == "xcomp"}
                if block.in_quote(position.head) or inner & cues:
                    continue
                yield from self._narrated_position(block, discourse, position, published)

    def _narrated_position(
        self, block: ParsedBlock, discourse: Discourse, position: Position, published: date | None
    ) -> Iterator[Statement]:
        force = position.force
        for item in self._holders.of(block, discourse, position, None, spoken=False):
            opened = item.stance == "undecided" and item.holder is None
            if not opened and not item.known:
                continue
            modality = modality_of(item.taken_back, force.asked, force.conditional)
            if modality == "stated" and force.forecast:
                modality = "expected"
            target = position.target
            content = target or clause_with_holder(block, position)
            if target is not None and (opened or position.kind == "verdict"):
                content = (min(target[0], position.cue[0]), max(target[1], position.cue[1]))
            speaking = modality in {"stated", "negated"} and not opened and position.kind in {"verb", "phrase", "noun"}
            attribution = Attribution(position.head.i, position.cue, None, block.trimmed(*content), "narrated")
            cue = words_of(block, position.cue) or ""
            said = _Said(attribution, item.source, day_of(block, attribution, published), cue)
            holder = item.holder or self._left_open(said, block, target)
            yield self._make(block, said, holder, item.stance, target, modality, speaking=speaking)

    def _left_open(self, said: _Said, block: ParsedBlock, target: tuple[int, int] | None) -> str | None:
        """Whose decision is open: "Whether KYIV will join the pact is an open question"."""
        words = words_of(block, target) or ""
        opening = words.lower().startswith("whether ")
        found = next(iter(self._actors.find(words)), None) if opening and said.source is None else None
        if found is None or found[0] > len("whether the "):
            return None
        return self._actors.side_of(found[2]).name


def _within(position: Position, content: tuple[int, int]) -> Position:
    """A position in what is said, whose holder the parse found before it: "According to …, A. Name, Y opposes …"."""
    holder = position.holder
    if holder is None or holder.idx >= content[0]:
        return position
    named = next((child for child in holder.children if child.dep_ == "appos" and child.idx >= content[0]), None)
    return position if named is None else replace(position, holder=named)


def moved_said(said: _Said, content: tuple[int, int]) -> _Said:
    """The same source and cue with another content."""
    return replace(said, attribution=moved(said.attribution, content))


def _unique(statements: list[Statement]) -> list[Statement]:
    """In the order of the text, without repetitions."""
    kept: dict[object, Statement] = {}
    for statement in sorted(statements, key=lambda s: (s.start, s.end)):
        kept.setdefault(_SAME(statement), statement)
    return list(kept.values())
