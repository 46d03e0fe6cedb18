"""Sources that answer one question differently: "about 10,000" in one report and "about 50,000" in another.

Two signs are trusted. Two sentences of different documents that are the same but for a name or a number contradict
each other, where that is the answer. And where the reader marked an answer in each of two documents, the two differ,
and both documents are about what the question names. Everything else is left alone: that the second-best sentence
has other words is no contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from assistant.answering.evidence import EvidenceSentence, QuestionTerms, fits_answer_type
from assistant.answering.grounding.numerals import agrees, numerals
from assistant.answering.refusal import names_in
from assistant.answering.relevance import stems_around
from assistant.retrieval.words import stem_set, words_of

SURE = 0.4  # least probability of the leading answer …
POSSIBLE = 0.25  # … and of one that rivals it
SEEN = 0.1  # the same where two sentences differ in nothing but the answer
CLOSE = 0.6  # least share of the question's words in a rival sentence, relative to the leading one
ABOUT = 0.9  # share of the question's information that a passage must have to be about it …
NAMES = 0.5  # … or that its names must have, if the passage has them all
LIKE = 0.75  # share of words in common above which two sentences are one, but for what differs
CONSIDERED = 12  # best sentences compared word by word
MARGIN = 0.35  # how far below the best they may score
LEAST_WORDS = 5
MOST_WORDS = 120
LONGEST_DETAIL = 6  # words

# "Who is X?", "What did X do?", "What did X say?", "Why …?" and "How does X …?" have many true answers;
# "What is the Y of X?" and "How many …?" by one.
_MANY_TRUE = re.compile(
    r"""^\s*(?:
        (?:who|what)(?:['’]s|\ is|\ are|\ was|\ were)\ (?!.*(?:\b(?:of|in|on|for|at|to|by|with|from)\b|['’]s\b))
        | what\ (?:do|does|did|can|could|will|would|should|must|has|have|had)\ .*\b(?:do|done|doing|say|said|
              announced?|call(?:ed)?|claim(?:ed)?|decided?|declared?|described?|explain(?:ed)?|mention(?:ed)?|
              promised?|proposed?|suggest(?:ed)?|tell|told|warn(?:ed)?|write|written)\b
        | (?:why|how\ come)\b
        | (?:how|in\ (?:what|which)\ way)\ (?:do|does|did|can|could|will|would|should|is|are|was|were|has|have|had)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Words that make a question of one answer of it; "foreign troops Ukraine" is a subject, of which much is true.
_ASKING = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how)\b"
    r"|^\s*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\w+(?:[.,:'’-]\w+)*")


def rivals(question: str, terms: QuestionTerms, evidence: Sequence[EvidenceSentence]) -> list[EvidenceSentence]:
    """Sentences with different answers to one question, the likeliest first, each of another document.

    Args:
        question: as searched.
        terms: its weighted stems.
        evidence: scored sentences, best first.

    Returns:
        two or more, or none where the sources do not contradict each other.
    """
    plain = [sentence for sentence in evidence if sentence.statement is None]
    marked = [] if has_many_answers(question) else _marked(question, _About(question, terms), plain)
    return marked or next(_copies(plain), [])


def may_rival(
    question: str, terms: QuestionTerms, leading: EvidenceSentence, others: Sequence[EvidenceSentence]
) -> set[int]:
    """Row numbers of the passages of ``others`` in which a reader could mark a rival of what ``leading`` answers."""
    if has_many_answers(question):
        return set()
    about = _About(question, terms)
    close = [one for one in others if one.overlap >= CLOSE * leading.overlap and not _one_origin(one, leading)]
    by_passage = {one.hit.seq: one for one in close}  # any of its sentences tells what a passage is about
    return {seq for seq, one in by_passage.items() if about.has(one)}


def has_many_answers(question: str) -> bool:
    """Whether a question is answered by many true sentences, so that different answers are no dispute."""
    return _MANY_TRUE.match(question) is not None or _ASKING.search(question) is None


def contradicts(one: str, other: str) -> tuple[str, str] | None:
    """The names or numbers in which two like sentences differ; None where they do not, or are not alike."""
    mine, theirs = _TOKEN.findall(one), _TOKEN.findall(other)
    if not LEAST_WORDS <= min(len(mine), len(theirs)) <= max(len(mine), len(theirs)) <= MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, [t.lower() for t in mine], [t.lower() for t in theirs], autojunk=False)
    if matcher.real_quick_ratio() < LIKE or matcher.quick_ratio() < LIKE or matcher.ratio() < LIKE:
        return None
    for operation, a, b, c, d in matcher.get_opcodes():
        if operation != "replace" or max(b - a, d - c) > LONGEST_DETAIL:
            continue
        own, others = mine[a:b], theirs[c:d]
        if _kinds(own) & _kinds(others) and not _same_answer(" ".join(own), " ".join(others)):
            return " ".join(own), " ".join(others)
    return None


class _About:
    """Whether a passage is about what a question names."""

    def __init__(self, question: str, terms: QuestionTerms) -> None:
        self._terms = terms
        self._names = names_in(question)
        self._naming = bool(self._names) and terms.share(self._names) >= NAMES

    def has(self, sentence: EvidenceSentence) -> bool:
        stems = stems_around(sentence.retrieved)
        return self._terms.share(stems) >= ABOUT or (self._naming and self._names <= stems)


def _marked(question: str, about: _About, evidence: Sequence[EvidenceSentence]) -> list[EvidenceSentence]:
    """The leading answer that the reader marked, and those that differ from it."""
    kept: list[tuple[EvidenceSentence, str]] = []
    for sentence in evidence:
        words = _words(sentence)
        if not words or sentence.certainty < (POSSIBLE if kept else SURE):
            continue
        if not fits_answer_type(question, f"it is {words}"):  # a name counts by its capital within a sentence
            continue
        if kept and sentence.overlap < CLOSE * kept[0][0].overlap:
            continue
        agreeing = any(_same_answer(words, other) for _, other in kept)
        if not agreeing and about.has(sentence) and not (kept and _one_origin(sentence, kept[0][0])):
            kept.append((sentence, words))
    return [sentence for sentence, _ in kept] if len(kept) > 1 else []


def _copies(evidence: Sequence[EvidenceSentence]) -> Iterator[list[EvidenceSentence]]:
    """Pairs that are the same but for the answer."""
    near = [s for s in evidence if s.score >= evidence[0].score - MARGIN][:CONSIDERED]
    for place, one in enumerate(near):
        for other in near[place + 1 :]:
            if one.retrieved.passage.document_id == other.retrieved.passage.document_id:
                continue
            difference = contradicts(one.text, other.text)
            if difference is not None and any(
                sentence.certainty >= SEEN and not set(words_of(_words(sentence))).isdisjoint(words_of(detail))
                for sentence, detail in zip((one, other), difference, strict=True)
            ):
                yield [one, other]


def _words(sentence: EvidenceSentence) -> str:
    """What the reader takes for the answer; nothing where it has not read the sentence."""
    return sentence.text[slice(*sentence.marked)] if sentence.marked else ""


def _one_origin(one: EvidenceSentence, other: EvidenceSentence) -> bool:
    first, second = one.retrieved, other.retrieved
    same = bool(first.origin_group) and first.origin_group == second.origin_group
    return same or first.passage.document_id == second.passage.document_id


def _same_answer(one: str, other: str) -> bool:
    """Whether two answers may mean the same: a number in common, or without numbers a word."""
    mine, theirs = numerals(one), numerals(other)
    if mine and theirs:
        return any(agrees(a, b) or agrees(b, a) for a in mine for b in theirs)
    first, second = stem_set(one), stem_set(other)
    return not first or not second or not first.isdisjoint(second)


def _kinds(tokens: Sequence[str]) -> set[str]:
    """What sort of details there are: numbers, names."""
    numbers = {"number" for token in tokens if any(character.isdigit() for character in token)}
    return numbers | {"name" for token in tokens if token[0].isupper()}
