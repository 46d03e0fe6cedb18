"""Asking a file of questions: is the right document ranked first, does the answer hold it, is a refusal right?

Ranking figures come from ir-measures. What an answer contains is compared after the normalisation of SQuAD
(Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016): lower case, without
punctuation and articles.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import harmonic_mean
from typing import Any

import ir_measures
from ir_measures import RR, R, Success, nDCG

from assistant.asking import AskRequest
from assistant.evaluation.datasets import Query
from assistant.evaluation.measures import Measure, Part, mean_of, ratio_of
from assistant.models import Answer, AnswerStatus, Filters
from assistant.services import Services

RETRIEVED = 30  # passages, of which the first ten documents are ranked
RANKED = 10
SAME_SENTENCE = 0.7  # share of words in common above which a quotation is a sentence of the evidence
CURVE = tuple(round(step / 20, 2) for step in range(21))  # thresholds
RANKING = {
    "Hits@1": Success @ 1,
    "Hits@5": Success @ 5,
    "Hits@10": Success @ 10,
    "MRR@10": RR @ 10,
    "Recall@5": R @ 5,
    "nDCG@5": nDCG @ 5,
}
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "“”‘’–—…", " "))


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """One question with its answer."""

    query: Query
    answer: Answer

    @property
    def refused(self) -> bool:
        """Whether the assistant said that the corpus does not answer."""
        return self.answer.status is AnswerStatus.NOT_IN_CORPUS

    @property
    def ranked(self) -> list[str]:
        """Documents in the order of their best passage."""
        return list(dict.fromkeys(item.passage.document_id for item in self.answer.passages))[:RANKED]


def ask_all(
    services: Services, queries: Sequence[Query], progress: Callable[[int, int], None] | None = None
) -> list[AskedQuery]:
    """Ask every question, each of its pool of documents where it has one."""
    asked = []
    for number, query in enumerate(queries, 1):
        request = AskRequest(
            query.text, Filters(document_ids=query.pool, as_of=query.asked_on), query.history, RETRIEVED
        )
        asked.append(AskedQuery(query, services.asker.ask(request)))
        if progress is not None:
            progress(number, len(queries))
    return asked


def measures_of(asked: Sequence[AskedQuery]) -> list[Measure]:
    """Figures over all questions, then by type where there are several."""
    figures = _measures(asked, "")
    kinds = list(dict.fromkeys(one.query.kind for one in asked))
    for kind in kinds if len(kinds) > 1 else ():
        figures += _measures([one for one in asked if one.query.kind == kind], kind)
    return [figure for figure in figures if figure.units]


def refusal_curve(asked: Sequence[AskedQuery]) -> list[tuple[float, float, float]]:
    """(threshold, share of the unanswerable refused, share of the answerable refused); nothing where all are one."""
    judged = [one for one in asked if one.query.answerable is not None]
    hopeless = [one.answer.support for one in judged if not one.query.answerable]
    answerable = [one.answer.support for one in judged if one.query.answerable]
    if not hopeless or not answerable:
        return []
    return [
        (
            threshold,
            sum(support < threshold for support in hopeless) / len(hopeless),
            sum(support < threshold for support in answerable) / len(answerable),
        )
        for threshold in CURVE
    ]


def failures(asked: Sequence[AskedQuery]) -> list[dict[str, Any]]:
    """What went wrong, as rows for a person to read."""
    rows = []
    for one in asked:
        problem = _problem(one)
        if problem is not None:
            rows.append(
                {
                    "id": one.query.id,
                    "type": one.query.kind,
                    "cause": problem,
                    "question": one.query.text,
                    "answers": one.query.answers,
                    "evidence": one.query.evidence,
                    "ranked": one.ranked,
                    "status": one.answer.status.value,
                    "shown": [sentence.text for sentence in one.answer.sentences],
                }
            )
    return rows


def contains(text: str, answers: Iterable[str]) -> bool:
    """Whether a text has one of the answers."""
    words = f" {normalised(text)} "
    return any(f" {wanted} " in words for answer in answers if (wanted := normalised(answer)))


def token_f1(text: str, answers: Iterable[str]) -> float:
    """The best harmonic mean of precision and recall of words."""
    found = Counter(normalised(text).split())
    best = 0.0
    for answer in answers:
        wanted = Counter(normalised(answer).split())
        common = sum((found & wanted).values())
        if common:
            best = max(best, harmonic_mean((common / found.total(), common / wanted.total())))
    return best


def normalised(text: str) -> str:
    """Lower case, without punctuation and articles, with single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def _measures(asked: Sequence[AskedQuery], group: str) -> list[Measure]:
    return [*_ranking(asked, group), *_answers(asked, group), *_refusals(asked, group)]


def _ranking(asked: Sequence[AskedQuery], group: str) -> list[Measure]:
    judged = [one for one in asked if one.query.evidence and one.query.answerable is not False]
    relevant = [ir_measures.Qrel(one.query.id, document, 1) for one in judged for document in one.query.evidence]
    run = [
        ir_measures.ScoredDoc(one.query.id, document, float(-place))
        for one in judged
        for place, document in enumerate(one.ranked)
    ]
    values: dict[Any, dict[str, float]] = {measure: {} for measure in RANKING.values()}
    for metric in ir_measures.iter_calc(list(RANKING.values()), relevant, run) if judged else ():
        values[metric.measure][metric.query_id] = metric.value
    return [
        mean_of(name, {one.query.id: values[measure].get(one.query.id, 0.0) for one in judged}, group=group)
        for name, measure in RANKING.items()
    ]


def _answers(asked: Sequence[AskedQuery], group: str) -> list[Measure]:
    judged = [one for one in asked if one.query.answers and one.query.answerable is not False]
    texts = {one.query.id: " ".join(s.text for s in one.answer.sentences) for one in judged}
    first = {one.query.id: one.answer.sentences[0].text if one.answer.sentences else "" for one in judged}
    evident = [one for one in asked if one.query.evidence and one.answer.citations]
    factual = {one.query.id: _facts_cited(one) for one in asked if one.query.facts}
    return [
        mean_of(
            "answer contains", {o.query.id: contains(texts[o.query.id], o.query.answers) for o in judged}, group=group
        ),
        mean_of(
            "first sentence contains",
            {o.query.id: contains(first[o.query.id], o.query.answers) for o in judged},
            group=group,
        ),
        mean_of(
            "token F1 of the first sentence",
            {o.query.id: token_f1(first[o.query.id], o.query.answers) for o in judged},
            group=group,
        ),
        ratio_of(
            "citations in evidence",
            {
                o.query.id: (
                    sum(c.document_id in o.query.evidence for c in o.answer.citations),
                    len(o.answer.citations),
                )
                for o in evident
            },
            group=group,
        ),
        mean_of(
            "evidence cited",
            {
                o.query.id: bool({c.document_id for c in o.answer.citations} & set(o.query.evidence))
                for o in asked
                if o.query.evidence and o.query.answerable is not False
            },
            group=group,
        ),
        mean_of("cited sentences, precision", {k: p for k, (p, _) in factual.items() if p is not None}, group=group),
        mean_of("cited sentences, recall", {key: recall for key, (_, recall) in factual.items()}, group=group),
        mean_of(
            "cited sentences, F1", {key: harmonic_mean((p or 0.0, r)) for key, (p, r) in factual.items()}, group=group
        ),
    ]


def _facts_cited(one: AskedQuery) -> tuple[float | None, float]:
    """Share of the quotations that are evidence (None where there are none), and of the evidence that is quoted."""
    quotes = [citation.quote for citation in one.answer.citations]
    precise = sum(any(_same_sentence(quote, fact) for fact in one.query.facts) for quote in quotes)
    covered = sum(any(_same_sentence(quote, fact) for quote in quotes) for fact in one.query.facts)
    return (precise / len(quotes) if quotes else None), covered / len(one.query.facts)


def _same_sentence(one: str, other: str) -> bool:
    """Whether two sentences are the same but for how they were cut from the text."""
    first, second = normalised(one), normalised(other)
    if not first or not second:
        return False
    mine, theirs = set(first.split()), set(second.split())
    return first in second or second in first or len(mine & theirs) / len(mine | theirs) >= SAME_SENTENCE


def _refusals(asked: Sequence[AskedQuery], group: str) -> list[Measure]:
    judged = [one for one in asked if one.query.answerable is not None]
    hopeless = {one.query.id: not one.query.answerable for one in judged}
    refused = {one.query.id: one.refused for one in judged}
    if not any(hopeless.values()):
        return [mean_of("false refusals", refused, group=group, higher_is_better=False)]
    rightly = {key: (refused[key] and hopeless[key], hopeless[key]) for key in hopeless}
    wrongly = {key: (refused[key] and not hopeless[key], not hopeless[key]) for key in hopeless}
    answered = {key: (not refused[key] and not hopeless[key], not hopeless[key]) for key in hopeless}
    return [
        ratio_of("refusal precision", {key: (rightly[key][0], refused[key]) for key in hopeless}, group=group),
        ratio_of("refusal recall", rightly, group=group),
        ratio_of("false refusals", wrongly, group=group, higher_is_better=False),
        Measure("refusal balanced accuracy", tuple(hopeless), (_part(rightly), _part(answered)), group),
    ]


def _part(counts: dict[str, tuple[bool, bool]]) -> Part:
    return Part(tuple(float(a) for a, _ in counts.values()), tuple(float(b) for _, b in counts.values()))


def _problem(one: AskedQuery) -> str | None:
    query = one.query
    if query.answerable is False:
        return None if one.refused else "not refused"
    if one.refused:
        return "refused" if query.answerable else None
    if query.evidence and not set(query.evidence) & set(one.ranked):
        return "not retrieved"
    if query.answers and not contains(" ".join(s.text for s in one.answer.sentences), query.answers):
        return "not in the answer"
    return None
