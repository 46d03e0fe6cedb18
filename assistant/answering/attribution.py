"""Statements as evidence: where a question is about a position, the sentences that hold it come first.

Two sentences can look alike and say the opposite ("Russia will reject it", "they believe Russia will accept it"), so
for a question that names a stance, similarity alone never decides: a sentence counts when a statement found in it
has the holder and the stance that are asked about, and is out when it has the opposite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from assistant.answering.dated import BACKGROUND, dates_in
from assistant.answering.evidence import EvidenceSentence, QuestionTerms
from assistant.answering.targets import EMPTY
from assistant.curation.statements.dates import published_day
from assistant.index import lexical
from assistant.index.catalog import live_passages, passages_at
from assistant.index.statement_queries import find_statements
from assistant.models import Filters, Metadata, RetrievedPassage, Statement
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.question import PositionQuestion
from assistant.retrieval.words import stem, stems_of, words_of

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
NEARBY = 0.8  # the target's words in the sentence but not in the statement's own target count this much,
TAKEN_UP = 0.9  # the noun asked about, and nothing that is not asked about, is what the statement is about
ABOUT = 0.6  # less of the target than this share of what the best statement has of it is about something else
AROUND = 0.6  # and those in the rest of the passage, its headings and its title this much
MOST_STATEMENTS = 200
MOST_PASSAGES = 100  # whose words are the target's, looked through for statements

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

# Words that only say that something is a subject: who speaks "in the gas dispute" need not name a dispute.
_FRAMES = frozenset(
    stem(word)
    for word in """affair behalf case conflict context controversy debate discussion dispute issue matter process
    question row situation subject topic""".split()
)

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


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A statement in the current corpus, with where it stands."""

    document_id: str
    version: int
    metadata: Metadata
    statement: Statement


def is_about_positions(question: PositionQuestion) -> bool:
    """Whether statements decide: somebody's position, a stance, or what everybody says about a thing."""
    if question.asks is None:
        return False
    return bool(question.actor or question.stance or (question.asks == "everyone" and question.target))


def find(connection: Connection, question: PositionQuestion, filters: Filters) -> list[HeldPosition]:
    """Statements of the actor and stance that the question asks about; none for other questions.

    The newest ones, and those in passages that have the words of the target.
    """
    if question.asks is None or (question.actor is None and question.stance is None):
        return []
    saying = question.speaker or (question.actor if question.stance is None else None)
    within = None
    if question.target:
        words = lexical.content_words(question.target)
        within = [seq for seq, _ in lexical.search(connection, words, MOST_PASSAGES)]
    held: dict[tuple[str, int, Statement], HeldPosition] = {}
    for seqs in (within, None):
        if seqs != []:
            rows = find_statements(
                connection,
                filters,
                actor=question.actor,
                speaker=saying,
                stances=_stances_for(question),
                within=seqs,
                limit=MOST_STATEMENTS,
            )
            held.update({(row[0], row[1], row[3]): HeldPosition(*row) for row in rows})
    return [position for position in held.values() if _matches(question, position.statement, None)]


def join_hits(connection: Connection, hits: Sequence[Hit], held: Sequence[HeldPosition]) -> list[Hit]:
    """The retrieved passages, and those that hold a statement asked for and were not retrieved."""
    wanted = [(position.document_id, position.version, position.statement.start) for position in held]
    seqs = passages_at(connection, wanted)
    missing = list(dict.fromkeys(seq for seq in seqs if seq not in {hit.seq for hit in hits}))
    stored = live_passages(connection, missing, Filters())
    joined = [
        Hit(
            seq,
            RetrievedPassage(stored[seq].passage, stored[seq].metadata, 0.0, 0.0, 0.0, stored[seq].origin_group),
        )
        for seq in missing
        if seq in stored
    ]
    return [*hits, *joined]


def weigh(
    question: PositionQuestion,
    terms: QuestionTerms,
    evidence: Sequence[EvidenceSentence],
    statements: Mapping[tuple[str, int], Sequence[Statement]],
) -> list[EvidenceSentence]:
    """``evidence`` with the positions asked for on top, and without what says the opposite.

    Where any sentence holds the stance asked for, only such sentences are left.
    """
    if not is_about_positions(question):
        return list(evidence)
    weighed: list[EvidenceSentence] = []
    for sentence in evidence:
        passage = sentence.retrieved.passage
        inside = [
            s
            for s in statements.get((passage.document_id, passage.version), ())
            if s.start < sentence.end and s.end > sentence.start and _stands_in(s, sentence)
        ]
        matching = [
            s for s in inside if _matches(question, s, sentence.text) and _in_period(question, s, sentence) is not False
        ]
        matching = [s for s in matching if _is_relevant(question, terms, s, sentence)]
        if matching:
            best = max(matching, key=lambda s: (_relevance(question, terms, s, sentence), _weight(question, s)))
            relevance = _relevance(question, terms, best, sentence)
            weight = _weight(question, best)
            if _in_period(question, best, sentence) is None:
                weight -= UNDATED_DISCOUNT
            bonus = STANCE_BONUS * weight + TARGET_BONUS * relevance
            weighed.append(replace(sentence, score=sentence.score + bonus, statement=best))
        elif not any(_opposes(question, s) for s in inside):
            weighed.append(sentence)
    weighed.sort(key=lambda s: (-s.score, s.hit.seq, s.start))
    if question.stance and any(s.statement for s in weighed):
        weighed = [s for s in weighed if s.statement]
    weighed = _about_the_target(question, terms, weighed)
    exact = [s for s in weighed if s.statement is not None and _is_exact(question, s.statement)]
    return exact or weighed


def settles(question: PositionQuestion, terms: QuestionTerms, evidence: Sequence[EvidenceSentence]) -> bool:
    """Whether the best sentence holds the position asked for, about what was asked: nothing is left to weigh."""
    statement = evidence[0].statement if evidence else None
    if statement is None or not (statement.holder or statement.stance):
        return False
    return not question.target or _relevance(question, terms, statement, evidence[0]) >= SETTLING_RELEVANCE


def concerning(
    question: PositionQuestion,
    evidence: Sequence[EvidenceSentence],
    statements: Mapping[tuple[str, int], Sequence[Statement]],
) -> list[EvidenceSentence]:
    """The sentences that have to do with the actor asked about: they name it, or are said of or by it."""
    if question.actor is None:
        return list(evidence)
    named = frozenset(words_of(question.actor))
    found = []
    for sentence in evidence:
        passage = sentence.retrieved.passage
        said = statements.get((passage.document_id, passage.version), ())
        if named <= frozenset(words_of(sentence.text)) or any(
            question.actor in (s.holder, s.speaker_actor)
            for s in said
            if s.start < sentence.end and s.end > sentence.start
        ):
            found.append(sentence)
    return found


def _about_the_target(
    question: PositionQuestion, terms: QuestionTerms, evidence: list[EvidenceSentence]
) -> list[EvidenceSentence]:
    """Without what is about something else, where anything is about what was asked."""
    relevances = [_relevance(question, terms, s.statement, s) if s.statement else 0.0 for s in evidence]
    best = max(relevances, default=0.0)
    if not best:
        return evidence
    return [s for s, relevance in zip(evidence, relevances, strict=True) if relevance >= ABOUT * best]


def _relevance(
    question: PositionQuestion, terms: QuestionTerms, statement: Statement, sentence: EvidenceSentence
) -> float:
    """Share of the target asked about, rare words counting more, that a statement is about, 0 to 1."""
    wanted = frozenset(stems_of(" ".join(question.focus) or question.target or ""))
    wanted = wanted - _FRAMES or wanted
    if not question.target or not wanted:
        return 0.0
    passage = sentence.retrieved.passage
    own = frozenset(stems_of(statement.target or ""))
    around = frozenset(stems_of(" ".join([sentence.retrieved.metadata.title, *passage.headings, passage.text])))
    nearby = terms.share_of(wanted, own | sentence.stems | around)
    # "The decision was welcomed", where the decision to do this and that is asked about.
    taken_up = bool(question.focus) and own <= wanted and stem(question.focus[0].lower()) in own
    return max(
        TAKEN_UP * nearby if taken_up else 0.0,
        terms.share_of(wanted, own),
        NEARBY * terms.share_of(wanted, own | sentence.stems),
        AROUND * nearby,
    )


def _stands_in(statement: Statement, sentence: EvidenceSentence) -> bool:
    """Whether a position taken somewhere in what was said, which may run over sentences, is taken in this one."""
    if statement.target is None or (statement.start >= sentence.start and statement.end <= sentence.end):
        return True
    wanted, passage = _plain(statement.target), _plain(sentence.retrieved.passage.text)
    return wanted in _plain(sentence.text) or wanted not in passage


def _plain(text: str) -> str:
    return " ".join(words_of(text))


def main_statement(
    sentence: EvidenceSentence, statements: Mapping[tuple[str, int], Sequence[Statement]]
) -> Statement | None:
    """The statement that covers most of a sentence, preferring one whose speaker is known.

    Of a speech over several sentences the position belongs to the sentence that has its target, the speaker to all.
    """
    passage = sentence.retrieved.passage
    inside = [
        (
            statement.speaker is not None,
            min(statement.end, sentence.end) - max(statement.start, sentence.start),
            statement,
        )
        for statement in statements.get((passage.document_id, passage.version), ())
        if statement.start < sentence.end and statement.end > sentence.start
    ]
    if not inside:
        return None
    here = [entry for entry in inside if _stands_in(entry[2], sentence)]
    statement = max(here or inside, key=lambda entry: entry[:2])[2]
    if here:
        return statement
    return replace(statement, holder=statement.speaker_actor, stance=None, target=None, modality="stated")


def _matches(question: PositionQuestion, statement: Statement, text: str | None) -> bool:
    """Whether a statement is what is asked for, as far as can be told without its sentence where that is None."""
    if question.modality == "expected" and statement.modality != "expected":
        return False
    if not _of_the_one_asked(question, statement, text):
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


def _is_exact(question: PositionQuestion, statement: Statement) -> bool:
    """Whether a statement takes the very stance asked for."""
    return question.stance in (None, "expects", statement.stance)


def _stances_for(question: PositionQuestion) -> list[str] | None:
    """The stances to look for; None for any."""
    if question.stance in (None, "expects"):
        return None
    return [question.stance or "", *sorted(RELATED.get(question.stance or "", frozenset()))]


def _is_relevant(
    question: PositionQuestion, terms: QuestionTerms, statement: Statement, sentence: EvidenceSentence
) -> bool:
    """Whether a statement has anything to do with the target asked about, by its words or by its meaning."""
    if not question.target or sentence.cosine >= LEAST_COSINE:
        return True
    return _relevance(question, terms, statement, sentence) >= LEAST_RELEVANCE


def _of_the_one_asked(question: PositionQuestion, statement: Statement, text: str | None) -> bool:
    """Whether a statement is the actor's or the person's that the question names."""
    if question.speaker and _named(question.speaker, statement.speaker):
        # Whose side an unknown person is on the question does not say, but the statement may.
        return not question.stance or question.actor in (None, question.speaker, statement.holder)
    if question.stance == "expects" and statement.modality == "expected" and statement.holder != question.actor:
        return question.actor is None or statement.speaker_actor == question.actor
    if question.speaker and statement.holder == question.actor:
        return text is None or _named(question.speaker, text)  # what others say of that person
    if question.speaker:
        return question.actor == question.speaker and _named(question.speaker, statement.holder)
    if question.actor is None or statement.holder == question.actor:
        return True
    return question.stance is None and statement.speaker_actor == question.actor


def _in_period(question: PositionQuestion, statement: Statement, sentence: EvidenceSentence) -> bool | None:
    """Whether a statement was made in the time asked about; None where nothing says when."""
    if question.since is None and question.until is None:
        return True
    metadata = sentence.retrieved.metadata
    days = [statement.date] if statement.date else []
    if not days:
        days = [dated.first for dated in dates_in(sentence.text, published_day(metadata.published_at))]
    if not days and metadata.published_at and metadata.source_type not in BACKGROUND:
        days = [metadata.published_at[:10]]
    if not days:
        return None
    return any((question.since or "") <= day[:10] <= (question.until or "9999") for day in days)


def _named(wanted: str, speaker: str | None) -> bool:
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
    if statement.target is None or not any(stem not in EMPTY for stem in stems_of(statement.target)):
        weight -= VAGUE_DISCOUNT
    if question.actor and question.actor not in (statement.holder, question.speaker):
        weight -= ABOUT_OTHERS_DISCOUNT
    return weight
