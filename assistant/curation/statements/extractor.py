"""Who says what: statements of a text, with speaker, holder, stance, target, modality and date.

The way through: text → blocks → parse → attributions (``cues``) → sources (``resolution``) → positions within what
is said (``positions``) → statements. Positions that the text states itself ("Moscow rejected the plan") come from the
same parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from spacy.tokens import Token

from assistant.actors import ActorBook
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.cues import Attribution, find_attributions, moved
from assistant.curation.statements.dates import day_named, published_day
from assistant.curation.statements.english import is_english
from assistant.curation.statements.positions import Position, find_positions, lemmas_of
from assistant.curation.statements.quotations import continued, goes_on, opening_speech
from assistant.curation.statements.quotes import Quote
from assistant.curation.statements.resolution import Discourse, Source
from assistant.curation.statements.sources import can_speak
from assistant.language import Language
from assistant.models import Block, Modality, Statement
from assistant.stances import StanceBook

MAX_BLOCK_CHARS = 20_000  # a longer block is parsed in pieces, cut at a space
BATCH = 64  # blocks parsed at a time: bounds memory for book-length texts
MAX_POSITIONS = 3  # further positions kept of one thing said
_PARAGRAPH = re.compile(r"[^\n\r\u2028\u2029]+")
# "KYIV, Dec. 14 (Agency) - ": the place and day of a report are no part of its first sentence
_DATELINE = re.compile(
    r"\s*[A-Z][A-Z .,'’/-]{2,40}(?:, [A-Z][\w .]{2,20})?(?:, [A-Z][a-z]{2,8}\.? \d{1,2})?(?:, \d{4})?"
    r" ?(?:\([\w /.-]{2,20}\))? ?(?:[—–―]|--? ) ?(?=\S)"
)
_SPEAKER_PRONOUNS = frozenset("i we me us my our he she they it his her their its himself herself themselves".split())


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing said by one source, while its statements are made."""

    attribution: Attribution
    source: Source | None
    day: str | None
    cue: str  # the words of the cue
    opinion: bool = False  # the cue is a verb of thinking: what it says of others is a forecast


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

    def extract(
        self, text: str, published_at: str | None, blocks: Sequence[Block] | None = None
    ) -> tuple[Statement, ...]:
        """The statements of a text in the order in which they stand; offsets are code points of ``text``.

        A text that is clearly not English has none, and so have blocks of code.

        Args:
            text: a version's text.
            published_at: ISO 8601 date of publication, against which "Monday" is resolved; None leaves such days open.
            blocks: the version's blocks; without them every line is one.
        """
        if is_english(text) is False:
            return ()
        published = published_day(published_at)
        discourse = Discourse(self._actors)
        statements: list[Statement] = []
        last: _Said | None = None
        for block in self._parsed(text, blocks):
            made, last = self._of_block(block, discourse, published, last)
            statements += made
        return tuple(_unique(statements))

    def _parsed(self, text: str, blocks: Sequence[Block] | None) -> Iterator[ParsedBlock]:
        pieces = [piece for piece in _pieces(text, blocks) if is_english(text[piece[0] : piece[1]]) is not False]
        for first in range(0, len(pieces), BATCH):
            batch = pieces[first : first + BATCH]
            docs = self._language.parse_many(text[start:end] for start, end in batch)
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
        for attribution, more in continued(block, attributions):
            said = self._said(block, discourse, attribution, published)
            statements += self._of_said(block, lemmas, discourse, said, more)
            claimed += [attribution.content, *((quote.start, quote.end) for quote in more)]
        following = goes_on(block, attributions)
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
        opinion = block.doc[attribution.cue_token].lemma_.lower() in _OPINIONS
        return _Said(
            attribution, source, _day_of(block, attribution, published), _words(block, attribution.cue) or "", opinion
        )

    def _of_said(
        self, block: ParsedBlock, lemmas: list[str], discourse: Discourse, said: _Said, more: tuple[Quote, ...]
    ) -> Iterator[Statement]:
        attribution = said.attribution
        cue = self._cue_position(block, lemmas, attribution)
        first = self._positions(block, lemmas, discourse, said, attribution.content)
        rest = [self._positions(block, lemmas, discourse, said, (quote.start, quote.end)) for quote in more]
        content = attribution.content
        separate: list[tuple[Quote, list[_Held]]] = []
        for quote, held in zip(more, rest, strict=True):
            if not separate and (not held or not first or held[0].same_position(first[0])):
                content = (content[0], quote.end)
            else:
                separate.append((quote, held))
        yield from self._statements(block, moved_said(said, content), cue, first)
        for quote, held in separate:
            yield from self._statements(block, moved_said(said, (quote.start, quote.end)), None, held)

    def _go_on(self, block: ParsedBlock, lemmas: list[str], last: _Said, quote: Quote) -> Iterator[Statement]:
        attribution = Attribution(-1, (-1, -1), None, (quote.start, quote.end), "carried on")
        said = replace(last, attribution=attribution)
        held = self._positions(block, lemmas, None, said, (quote.start, quote.end))
        yield from self._statements(block, said, None, held)

    def _statements(
        self, block: ParsedBlock, said: _Said, cue: Position | None, held: list[_Held]
    ) -> Iterator[Statement]:
        speaker = said.source
        own = self._side_name(speaker)
        if cue is not None:
            force = cue.force
            stance, taken_back = _effective(cue, self._stances)
            target = said.attribution.content
            if cue.target is not None and cue.kind != "verdict" and cue.target[1] <= said.attribution.content[1]:
                target = cue.target
            forecast = force.forecast and said.attribution.rule == "verb"
            modality = _own_modality(taken_back, force.asked, force.conditional)
            yield self._make(
                block, said, own, stance, target, "expected" if forecast and modality == "stated" else modality,
                speaking=not forecast,
            )
            held = [item for item in held if item.holder not in {None, own}]
        elif held:
            yield self._from_held(block, said, own, held[0])
            held = held[1:]
        else:
            negated, asked = said.attribution.negated, said.attribution.asked
            yield self._make(block, said, own, None, None, "negated" if negated else "asked" if asked else "stated")
        for item in held[:MAX_POSITIONS]:
            if item.known:
                yield self._from_held(block, said, own, item)

    def _from_held(self, block: ParsedBlock, said: _Said, own: str | None, item: _Held) -> Statement:
        position = item.position
        holder = item.holder or own
        modality = _own_modality(item.taken_back, position.force.asked, position.force.conditional)
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
            target=_words(block, target),
            modality=modality,
            quoted=any(q.start < end and start < q.end for q in block.quotes),
            date=said.day,
            speaker_actor=self._side_name(source),
        )

    # -------------------------------------------------------------------------------------------- positions

    def _cue_position(self, block: ParsedBlock, lemmas: list[str], attribution: Attribution) -> Position | None:
        place = attribution.cue_token
        head = block.doc[place]
        if attribution.rule == "light verb":
            stop = range(place, min(place + 8, len(lemmas)))
        else:
            stop = range(place, min(place + 3, len(lemmas)))
        for position in find_positions(block, lemmas, stop, self._stances):
            if position.head.i == place or (attribution.rule == "light verb" and position.head.head.i == place):
                return position
        if head.lemma_ in {"refuse", "decline"}:
            return None
        return None

    def _positions(
        self,
        block: ParsedBlock,
        lemmas: list[str],
        discourse: Discourse | None,
        said: _Said,
        content: tuple[int, int],
    ) -> list[_Held]:
        first, last = block.token_at(content[0]), block.token_at(max(content[0], content[1] - 1))
        if first < 0:
            return []
        stop = range(first, (last if last >= 0 else len(lemmas) - 1) + 1)
        held: list[_Held] = []
        for position in find_positions(block, lemmas, stop, self._stances):
            if position.head.i == said.attribution.cue_token or position.cue[0] <= said.attribution.cue[0] < position.cue[1]:
                continue
            held += self._held(block, discourse, position, said.source, spoken=True)
        distinct: list[_Held] = []
        for item in held:
            if not any(item.same_position(other) for other in distinct):
                distinct.append(item)
        return distinct

    def _held(
        self, block: ParsedBlock, discourse: Discourse | None, position: Position, speaker: Source | None, *, spoken: bool
    ) -> list[_Held]:
        """The position once for every actor that holds it."""
        stance, taken_back = _effective(position, self._stances)
        own = self._side_name(speaker)
        if position.holder is None:
            if position.kind not in {"verdict", "adjective"} or (position.kind == "adjective" and spoken is False):
                return []
            return [_Held(position, stance, taken_back, own, False, speaker)]
        result: list[_Held] = []
        for token in (position.holder, *position.holder.conjuncts):
            if spoken and token.lower_ in _SPEAKER_PRONOUNS:
                result.append(_Held(position, stance, taken_back, own, False, speaker))
                continue
            source = self._whose(block, discourse, token, position.kind == "verdict")
            if source is not None:
                known = source.actor is not None
                result.append(_Held(position, stance, taken_back, self._side_name(source), known, source))
        if not result and position.kind == "verdict" and spoken:
            result.append(_Held(position, stance, taken_back, own, False, speaker))
        return result

    def _whose(
        self, block: ParsedBlock, discourse: Discourse | None, token: Token, anywhere: bool
    ) -> Source | None:
        """Whom a holder's words stand for; ``anywhere``: an actor named within them will do."""
        if discourse is not None and (can_speak(token) or token.lower_ in _SPEAKER_PRONOUNS):
            source = discourse.look_up(block, token)
            if source.actor is not None or can_speak(token):
                return source
        if not anywhere or token.pos_ not in {"NOUN", "PROPN"}:
            return None
        left = block.doc[token.left_edge.i].idx
        right = block.doc[token.right_edge.i]
        mentions = self._actors.find(block.text[left : right.idx + len(right.text)])
        if mentions and token.tag_ not in {"NNP", "NNPS"} and not can_speak(token):
            start, end, actor = mentions[-1]  # "policy statements made by Russia"
            return Source(actor.name, actor, block.offset + left + start, block.offset + left + end)
        return None

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
        for sentence in block.doc.sents:
            for position in find_positions(block, lemmas, range(sentence.start, sentence.end), self._stances):
                place = position.head.idx
                if position.head.i in cues or any(start <= place < end for start, end in claimed):
                    continue
                if block.in_quote(position.head) or any(c.i in cues for c in position.head.children if c.dep_ == "xcomp"):
                    continue
                yield from self._narrated_position(block, discourse, position, published)

    def _narrated_position(
        self, block: ParsedBlock, discourse: Discourse, position: Position, published: date | None
    ) -> Iterator[Statement]:
        force = position.force
        for item in self._held(block, discourse, position, None, spoken=False):
            opened = item.stance == "undecided" and item.holder is None
            if not opened and not item.known:
                continue
            modality = _own_modality(item.taken_back, force.asked, force.conditional)
            if modality == "stated" and force.forecast:
                modality = "expected"
            target = position.target or position.clause
            content = target
            if opened or position.kind == "verdict":
                content = (min(target[0], position.cue[0]), max(target[1], position.cue[1]))
            speaking = modality in {"stated", "negated"} and not opened and position.kind in {"verb", "phrase", "noun"}
            attribution = Attribution(position.head.i, position.cue, None, block.trimmed(*content), "narrated")
            cue = _words(block, position.cue) or ""
            said = _Said(attribution, item.source, _day_of(block, attribution, published), cue)
            yield self._make(block, said, item.holder, item.stance, target, modality, speaking=speaking)

    def _side_name(self, source: Source | None) -> str | None:
        if source is None:
            return None
        return self._actors.side_of(source.actor).name if source.actor else source.name


@dataclass(frozen=True, slots=True)
class _Held:
    """A position with the actor who holds it."""

    position: Position
    stance: str
    taken_back: bool  # negated, and the stance has no opposite
    holder: str | None
    known: bool  # holder is an actor of the book, and not just the speaker
    source: Source | None

    def same_position(self, other: _Held) -> bool:
        """Whether two positions are told apart by nothing but their words."""
        return self.holder == other.holder and self.stance == other.stance and self.taken_back == other.taken_back


_OPINIONS = frozenset("think believe expect predict doubt suspect assume anticipate guess feel reckon hope fear".split())


def moved_said(said: _Said, content: tuple[int, int]) -> _Said:
    """The same source and cue with another content."""
    return replace(said, attribution=moved(said.attribution, content))


def _effective(position: Position, stances: StanceBook) -> tuple[str, bool]:
    """The stance after negation, and whether it is only taken back."""
    if not position.force.negated:
        return position.stance, False
    opposite = stances.negation_of(position.stance)
    return (opposite, False) if opposite is not None else (position.stance, True)


def _own_modality(taken_back: bool, asked: bool, conditional: bool) -> Modality:
    if asked:
        return "asked"
    if taken_back:
        return "negated"
    return "conditional" if conditional else "stated"


def _words(block: ParsedBlock, span: tuple[int, int] | None) -> str | None:
    if span is None:
        return None
    start, end = span
    for quote in block.quotes:
        if start <= quote.start < end < quote.end:
            end = quote.end
    return " ".join(block.text[start:end].split()) or None


def _day_of(block: ParsedBlock, attribution: Attribution, published: date | None) -> str | None:
    """The day named in the reporting clause, outside of what is said."""
    verb = block.doc[attribution.cue_token]
    start, end = attribution.content
    for child in verb.children:
        if start <= child.idx < end and attribution.rule != "narrated":
            continue
        if child.dep_ in {"npadvmod", "prep", "advmod", "nsubj", "dobj", "tmod", "dative"}:
            words = block.text[slice(*block.chars(child.left_edge.i, child.right_edge.i))]
            day = day_named(words, published) if len(words) < 120 else None
            if day is not None:
                return day.isoformat()
    return None


def _pieces(text: str, blocks: Iterable[Block] | None) -> Iterator[tuple[int, int]]:
    """Spans to parse: blocks or lines, long ones cut at a space."""
    if blocks is None:
        spans: Iterable[tuple[int, int]] = ((m.start(), m.end()) for m in _PARAGRAPH.finditer(text))
    else:
        spans = ((block.start, block.end) for block in blocks if block.kind != "code")
    for start, end in spans:
        start, end = max(0, start), min(end, len(text))
        dateline = _DATELINE.match(text, start, end)
        start = dateline.end() if dateline else start
        while start < end:
            stop = end
            if end - start > MAX_BLOCK_CHARS:
                space = text.rfind(" ", start + 1, start + MAX_BLOCK_CHARS)
                stop = space if space > start else start + MAX_BLOCK_CHARS
            if text[start:stop].strip():
                yield start, stop
            start = stop


def _unique(statements: list[Statement]) -> list[Statement]:
    """In the order of the text, without repetitions."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Statement] = []
    for statement in sorted(statements, key=lambda s: (s.start, s.end)):
        key = (statement.speaker, statement.holder, statement.stance, statement.start, statement.end, statement.modality)
        if key not in seen:
            seen.add(key)
            kept.append(statement)
    return kept
