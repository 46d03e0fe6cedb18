"""Statements as evidence: where a question is about a position, the sentences that hold it come first.

Two sentences can look alike and say the opposite ("Russia will reject it", "they believe Russia will accept it"), so
for a question that names a stance, similarity alone never decides: a sentence counts when a statement found in it
has the holder and the stance that are asked about, and is out when it has the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from assistant.answering.dated import BACKGROUND, dates_in
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.relevance import AROUND, TargetAsked, stems_around
from assistant.answering.said import Statements, said_between
from assistant.answering.targets import EMPTY
from assistant.curation.statements.dates import published_day
from assistant.index import lexical
from assistant.index.catalog import live_passages, passages_at
from assistant.index.statement_queries import find_statements
from assistant.models import Filters, Statement
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.words import stem_set, words_of

STANCE_BONUS = 1.0
RELATED_DISCOUNT = 0.3  # a stance near to the one asked for
LEAST_RELEVANCE = 0.2  # of a statement to the target asked about …
LEAST_COSINE = 0.5  # … or else of its sentence to the question; anything less has nothing to do with it
FORECAST_DISCOUNT = 0.1  # what an actor says of itself stands before what others expect of it
OPEN_DISCOUNT = 0.3  # a question or a condition is no position yet
VAGUE_DISCOUNT = 0.2  # "they rejected it" says less than what they rejected
ABOUT_OTHERS_DISCOUNT = 0.3  # what an actor says of another's position is not its own
UNDATED_DISCOUNT = 0.2  # where a time is asked for
TARGET_BONUS = 0.6
SETTLING_RELEVANCE = 0.5
ABOUT = 0.6  # less of the target than this share of what the best statement has of it is about something else
MOST_STATEMENTS = 200
MOST_PASSAGES = 100  # whose words are the target's, looked through for statements

_PRONOUN = re.compile(r"\W*(?:He|She|They)\b")

Place = tuple[str, int, int]  # document id, version, offset in its text

# Stances that a question may mean by another's word: whoever is asked what they threaten may have vowed it.
RELATED: Mapping[str, frozenset[str]] = {
    "rejects": frozenset({"denies"}),
    "denies": frozenset({"rejects"}),
    "demands": frozenset({"proposes"}),
    "proposes": frozenset({"demands", "offers"}),
    "offers": frozenset({"promises", "concedes", "proposes", "accepts"}),
    "promises": frozenset({"offers", "warns"}),
    "warns": frozenset({"promises", "expects"}),
    "accepts": frozenset({"supports", "concedes"}),
    "supports": frozenset({"accepts"}),
    "concedes": frozenset({"accepts", "offers"}),
    "expects": frozenset({"warns"}),
}

# What an actor cannot hold at once about the same thing.
OPPOSITES: Mapping[str, frozenset[str]] = {
    "rejects": frozenset({"accepts", "supports", "offers", "proposes", "concedes", "promises"}),
    "denies": frozenset({"concedes", "accepts"}),
    "accepts": frozenset({"rejects", "denies"}),
    "supports": frozenset({"rejects", "warns", "accuses"}),
    "offers": frozenset({"rejects", "demands"}),
    "proposes": frozenset({"rejects"}),
    "concedes": frozenset({"rejects", "demands"}),
    "promises": frozenset({"rejects"}),
    "demands": frozenset({"concedes", "offers"}),
}


def is_about_positions(question: PositionQuestion) -> bool:
    """Whether statements decide: somebody's position, a stance, or what everybody says about a thing."""
    if question.asks is None:
        return False
    return bool(question.actor or question.stance or (question.asks == "everyone" and question.target))


def find(connection: Connection, question: PositionQuestion, filters: Filters) -> list[Place]:
    """Where statements of the actor and stance stand that the question asks about; nowhere for other questions.

    The newest ones, and those in passages that have the words of the target.
    """
    if question.asks is None or (question.actor is None and question.stance is None):
        return []
    saying = question.speaker or (question.actor if question.stance is None else None)
    places: list[list[int] | None] = [None]
    if question.target:
        words = lexical.content_words(question.target)
        within = [seq for seq, _ in lexical.search(connection, words, MOST_PASSAGES)]
        places = [within, None] if within else [None]
    held: dict[Place, None] = {}
    for seqs in places:
        rows = find_statements(
            connection,
            filters,
            actor=question.actor,
            speaker=saying,
            stances=_stances_for(question),
            within=seqs,
            limit=MOST_STATEMENTS,
        )
        held.update(
            ((document_id, version, statement.start), None)
            for document_id, version, _, statement in rows
            if _matches(question, statement, None)
        )
    return list(held)


def join_hits(connection: Connection, hits: Sequence[Hit], held: Sequence[Place]) -> list[Hit]:
    """The retrieved passages, and those that hold a statement asked for and were not retrieved."""
    retrieved = {hit.seq for hit in hits}
    missing = list(dict.fromkeys(seq for seq in passages_at(connection, held) if seq not in retrieved))
    stored = live_passages(connection, missing, Filters())
    return [*hits, *(Hit(seq, stored[seq].unranked()) for seq in missing if seq in stored)]


def weigh(
    question: PositionQuestion,
    target: TargetAsked,
    evidence: Sequence[EvidenceSentence],
    statements: Statements,
) -> list[EvidenceSentence]:
    """``evidence`` with the positions asked for on top, and without what says the opposite.

    Where any sentence holds the stance asked for, only such sentences are left.
    """
    if not is_about_positions(question):
        return list(evidence)
    around: dict[int, frozenset[str]] = {}  # by row number: a passage has many sentences
    weighed: list[EvidenceSentence] = []
    for sentence in evidence:
        inside = [s for s in _said_in(sentence, statements) if _stands_in(s, sentence)]
        matching = [
            s for s in inside if _matches(question, s, sentence.text) and _in_period(question, s, sentence) is not False
        ]
        if matching and sentence.hit.seq not in around:
            around[sentence.hit.seq] = stems_around(sentence.retrieved)
        about = [(target.relevance(s, sentence, around[sentence.hit.seq]), s) for s in matching]
        if target.stems and sentence.cosine < LEAST_COSINE:
            about = [entry for entry in about if entry[0] >= LEAST_RELEVANCE]
        if about:
            relevance, best = max(about, key=lambda entry: (entry[0], _weight(question, entry[1])))
            weight = _weight(question, best)
            if _in_period(question, best, sentence) is None:
                weight -= UNDATED_DISCOUNT
            bonus = STANCE_BONUS * weight + TARGET_BONUS * relevance
            weighed.append(replace(sentence, score=sentence.score + bonus, statement=best, relevance=relevance))
        elif not any(_opposes(question, s) for s in inside):
            weighed.append(sentence)
    if question.dated:
        weighed = _the_first_before_all(weighed)
    weighed.sort(key=lambda s: (-s.score, s.hit.seq, s.start))
    if question.stance and any(s.statement for s in weighed):
        weighed = [s for s in weighed if s.statement]
    weighed = _about_the_target(question, weighed)
    exact = [s for s in weighed if has_exact(question, s)]
    return exact or weighed


def _the_first_before_all(evidence: Sequence[EvidenceSentence]) -> list[EvidenceSentence]:
    """The earliest position that a sentence dates raised above all, and those without a date lowered.

    Only those that are as much as any about what is asked can be the first.
    """
    near = ABOUT * max((sentence.relevance for sentence in evidence), default=0.0)
    best = max((sentence.score for sentence in evidence), default=0.0)

    def day_of(sentence: EvidenceSentence) -> str | None:
        if sentence.statement is None or sentence.relevance < near:
            return None
        return min(_days_told(sentence.statement, sentence), default=None)

    days = [day_of(sentence) for sentence in evidence]
    first = min((day for day in days if day), default=None)

    def score(sentence: EvidenceSentence, day: str | None) -> float:
        if day is None:
            return sentence.score - UNDATED_DISCOUNT
        return best + sentence.relevance if day == first else sentence.score

    return [replace(s, score=score(s, day)) for s, day in zip(evidence, days, strict=True)]


def settles(question: PositionQuestion, evidence: Sequence[EvidenceSentence]) -> bool:
    """Whether the best sentence holds the position asked for, about what was asked: nothing is left to weigh.

    The reason for a position is something else than the position, and a question that may ask for an event may be
    answered by what no statement tells.
    """
    statement = evidence[0].statement if evidence else None
    if question.why or not question.firm or statement is None or not (statement.holder or statement.stance):
        return False
    if question.dated and not _days_told(statement, evidence[0]):
        return False
    if not question.target:
        return True
    # On what the passage merely speaks of, a related stance is no answer by itself, nor is any to "Does X …?".
    exact = not question.whether and _is_exact(question, statement)
    return evidence[0].relevance >= SETTLING_RELEVANCE and (exact or evidence[0].relevance > AROUND)


def concerning(
    question: PositionQuestion, evidence: Sequence[EvidenceSentence], statements: Statements
) -> list[EvidenceSentence]:
    """The sentences that have to do with the actor asked about: they name it, or are said of or by it."""
    if question.actor is None:
        return list(evidence)
    actor, speaker = question.actor, question.speaker or question.actor
    names = [frozenset(words_of(name)) for name in (actor, *question.aliases)]

    def has_part(sentence: EvidenceSentence) -> bool:
        words = frozenset(words_of(sentence.text))
        if _calls_by_name(sentence.text, speaker) or any(name <= words for name in names):
            return True
        if _PRONOUN.match(sentence.text) and _calls_by_name(sentence.retrieved.passage.text, speaker):
            return True
        said = _said_in(sentence, statements)
        return any(actor in (s.holder, s.speaker_actor) or is_named(speaker, s.speaker) for s in said)

    return [sentence for sentence in evidence if has_part(sentence)]


def _calls_by_name(text: str, name: str) -> bool:
    """Whether a text has the last word of a name, as names are written: "Penrose said", "the Community agreed"."""
    last = name.split()[-1]
    return last[:1].isupper() and re.search(rf"\b{re.escape(last)}\b", text) is not None


def _about_the_target(question: PositionQuestion, evidence: list[EvidenceSentence]) -> list[EvidenceSentence]:
    """Without what is about something else, where anything is about what was asked.

    That the passage speaks of the target is not enough where another sentence with as good a stance speaks of it
    itself: then a sentence has to be near to the question too.
    """
    best = {True: 0.0, False: 0.0}  # for those with the very stance asked for, and for the others
    for sentence in evidence:
        exact = has_exact(question, sentence)
        best[exact] = max(best[exact], sentence.relevance)
    return [
        sentence
        for sentence in evidence
        if sentence.relevance >= ABOUT * max(best.values())
        and (
            sentence.relevance > AROUND
            or sentence.cosine >= LEAST_COSINE
            or best[has_exact(question, sentence)] <= AROUND
        )
    ]


def has_exact(question: PositionQuestion, sentence: EvidenceSentence) -> bool:
    """Whether a sentence holds a position with the very stance asked for."""
    return sentence.statement is not None and _is_exact(question, sentence.statement)


def _said_in(sentence: EvidenceSentence, statements: Statements) -> list[Statement]:
    return said_between(statements, sentence.retrieved.passage, sentence.start, sentence.end)


def _stands_in(statement: Statement, sentence: EvidenceSentence) -> bool:
    """Whether a position taken somewhere in what was said, which may run over sentences, is taken in this one."""
    if statement.target is None or (statement.start >= sentence.start and statement.end <= sentence.end):
        return True
    wanted = _plain(statement.target)
    return wanted in _plain(sentence.text) or wanted not in _plain(sentence.retrieved.passage.text)


def _plain(text: str) -> str:
    return " ".join(words_of(text))


def main_statement(sentence: EvidenceSentence, statements: Statements) -> Statement | None:
    """The statement that covers most of a sentence, preferring one whose speaker is known.

    Of a speech over several sentences the position belongs to the sentence that has its target, the speaker to all.
    """
    inside = _said_in(sentence, statements)
    if not inside:
        return None
    here = [statement for statement in inside if _stands_in(statement, sentence)]
    statement = max(
        here or inside,
        key=lambda s: (s.speaker is not None, min(s.end, sentence.end) - max(s.start, sentence.start)),
    )
    if here:
        return statement
    return replace(statement, holder=statement.speaker_actor, stance=None, target=None, modality="stated")


def _matches(question: PositionQuestion, statement: Statement, text: str | None) -> bool:
    """Whether a statement is what is asked for, as far as can be told without its sentence where that is None."""
    if question.modality == "expected" and statement.modality != "expected":
        return False
    if not _of_the_one_asked(question, statement, text):
        return False
    if question.asks == "who" and question.target and _is_what_is_asked_about(statement, question.target):
        return False
    if question.stance is None:
        return True
    if question.stance == "expects" and statement.modality == "expected":
        return True  # whatever it is that they expect of another
    # "Did not rule out" is no refusal, and what is asked for by "What did they not rule out?".
    near = statement.stance == question.stance or (
        not question.negated and statement.stance in RELATED.get(question.stance, frozenset())
    )
    return near and (statement.modality == "negated") == question.negated


def _is_what_is_asked_about(statement: Statement, target: str) -> bool:
    """Whether who holds a position is the thing itself: "The force would support …", where its supporters are asked."""
    wanted = stem_set(target)
    return wanted <= stem_set(statement.holder or "") or wanted <= stem_set(statement.speaker or "")


def _is_exact(question: PositionQuestion, statement: Statement) -> bool:
    """Whether a statement takes the very stance asked for."""
    return question.stance in (None, "expects", statement.stance)


def _stances_for(question: PositionQuestion) -> list[str] | None:
    """The stances to look for; None for any."""
    if question.stance in (None, "expects"):
        return None
    return [question.stance or "", *sorted(RELATED.get(question.stance or "", frozenset()))]


def _of_the_one_asked(question: PositionQuestion, statement: Statement, text: str | None) -> bool:
    """Whether a statement is the actor's or the person's that the question names."""
    if question.speaker and is_named(question.speaker, statement.speaker):
        # Whose side an unknown person is on the question does not say, but the statement may.
        return not question.stance or question.actor in (None, question.speaker, statement.holder)
    if question.stance == "expects" and statement.modality == "expected" and statement.holder != question.actor:
        return question.actor is None or statement.speaker_actor == question.actor
    if question.speaker and statement.holder == question.actor:
        return text is None or is_named(question.speaker, text)  # what others say of that person
    if question.speaker:
        return question.actor == question.speaker and is_named(question.speaker, statement.holder)
    if question.actor is None or statement.holder == question.actor:
        return True
    return question.stance is None and statement.speaker_actor == question.actor


def _in_period(question: PositionQuestion, statement: Statement, sentence: EvidenceSentence) -> bool | None:
    """Whether a statement was made in the time asked about; None where nothing says when."""
    if question.since is None and question.until is None:
        return True
    metadata = sentence.retrieved.metadata
    days = _days_told(statement, sentence)
    if not days and metadata.published_at and metadata.source_type not in BACKGROUND:
        days = [metadata.published_at[:10]]
    if not days:
        return None
    return any((question.since or "") <= day[:10] <= (question.until or "9999") for day in days)


def _days_told(statement: Statement, sentence: EvidenceSentence) -> list[str]:
    """The days on which a statement was made, as its sentence gives them."""
    if statement.date:
        return [statement.date]
    published = published_day(sentence.retrieved.metadata.published_at)
    return [dated.first for dated in dates_in(sentence.text, published)]


def is_named(wanted: str, speaker: str | None) -> bool:
    """Whether a speaker is the person asked about; texts often give the last name alone."""
    names = wanted.split()
    return speaker is not None and bool(names) and names[-1].lower() in words_of(speaker)


def _opposes(question: PositionQuestion, statement: Statement) -> bool:
    if not question.stance or statement.stance not in OPPOSITES.get(question.stance, frozenset()):
        return False
    return question.actor is None or statement.holder == question.actor


def _weight(question: PositionQuestion, statement: Statement) -> float:
    """1 for a position that its holder states, less for forecasts, questions, conditions and for saying little."""
    weight = 1.0 if _is_exact(question, statement) else 1 - RELATED_DISCOUNT
    if statement.modality in ("asked", "conditional"):
        weight -= OPEN_DISCOUNT
    elif statement.modality == "expected":
        weight -= FORECAST_DISCOUNT
    if statement.target is None or stem_set(statement.target) <= EMPTY:
        weight -= VAGUE_DISCOUNT
    if question.actor and question.actor not in (statement.holder, question.speaker):
        weight -= ABOUT_OTHERS_DISCOUNT
    return weight
