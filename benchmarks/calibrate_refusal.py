"""Fits the weights of assistant/answering/refusal.py on questions of which some have no answer.

    python -m benchmarks.calibrate_refusal DATA [--data-dir DIR] [--sample N] [--without-reader]

With the reader only the articles that it was not trained on are asked about, for on the others it is surer than it
will be in use; the corpus holds all of them. DATA holds corpus.jsonl (doc_id, title, text, meta.article) and
queries.jsonl (text, answerable, meta.article). The corpus is embedded into DIR once. Questions are of three kinds:
answerable ones; those of the data that only look answerable; and answerable ones asked with their article left out of
the corpus, as when a subject was never covered. Prints the weights, and how each kind fares with cross-validation in
which no article is in training and test.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from assistant.answering.refusal import READ_WEIGHTS, WEIGHTS, SupportMeasure
from assistant.asking import AskRequest
from assistant.curation.adding import lines_of
from assistant.errors import AssistantError
from assistant.models import Filters
from assistant.services import Services, open_services
from assistant.settings import load_settings
from training.data import HELD_OUT


def fill(services: Services, corpus: Path) -> None:
    """Embed the corpus; what is there already is left alone."""
    for submission in lines_of(corpus):
        try:
            for document_id, loaded in services.intake.read(submission):
                services.pipeline.ingest(document_id, loaded, origin="calibration", by="calibration")
        except AssistantError as error:
            print(submission.name, error)


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the documents it may use, and whether they answer it."""

    text: str
    article: str
    kind: str  # answerable | alike | removed
    filters: Filters


def cases_of(data: Path, sample: int | None) -> list[Case]:
    """The questions of ``data``, the answerable ones a second time without their article."""
    articles: dict[str, str] = {}
    for line in (data / "corpus.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        articles[row["doc_id"]] = row["meta"]["article"]
    queries = [json.loads(line) for line in (data / "queries.jsonl").read_text("utf-8").splitlines()]
    if sample:
        queries = random.Random(0).sample(queries, min(sample, len(queries)))
    cases = []
    for query in queries:
        article = query["meta"]["article"]
        cases.append(Case(query["text"], article, "answerable" if query["answerable"] else "alike", Filters()))
        if query["answerable"]:
            others = tuple(document for document, name in articles.items() if name != article)
            cases.append(Case(query["text"], article, "removed", Filters(document_ids=others)))
    return cases


def measure(services: Services, cases: list[Case], features: Sequence[str]) -> np.ndarray:
    """The features of each question's support, shape (questions, features); what no reader has read is not a number."""
    asker = replace(services.asker, second_look=replace(services.asker.second_look, thorough=True))
    rows = []
    for case in cases:
        grounds = asker.grounds(AskRequest(case.text, case.filters))
        measured = SupportMeasure(grounds.question, grounds.terms).of(grounds.evidence)
        values = (getattr(measured, name) for name in features)
        rows.append([np.nan if value is None else value for value in values])
    return np.array(rows)


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--sample", type=int, help="use so many questions, chosen at random with a fixed seed")
    parser.add_argument("--without-reader", action="store_true", help="fit the weights for when no reader is used")
    arguments = parser.parse_args()
    cases = cases_of(arguments.data, arguments.sample)
    names = tuple(WEIGHTS if arguments.without_reader else READ_WEIGHTS)
    if not arguments.without_reader:
        cases = [case for case in cases if case.article in HELD_OUT]
    reader = "off" if arguments.without_reader else "packaged"
    with tempfile.TemporaryDirectory() as temporary:
        data_dir = arguments.data_dir or Path(temporary)
        with open_services(load_settings(data_dir=data_dir, reader=reader)) as services:
            fill(services, arguments.data / "corpus.jsonl")
            services.index.wait_ready()
            features = measure(services, cases, names)
    whole = ~np.isnan(features).any(axis=1)
    features, cases = features[whole], [case for case, there in zip(cases, whole, strict=True) if there]
    kinds = np.array([case.kind for case in cases])
    truth = kinds == "answerable"
    # Half of the weight on answerable questions, a quarter on each of the other kinds.
    shares = {"answerable": 0.5, "alike": 0.25, "removed": 0.25}
    weights = np.array([shares[kind] / np.mean(kinds == kind) for kind in kinds])
    groups = np.array([case.article for case in cases], dtype=object)
    model = LogisticRegression(max_iter=1_000)
    predicted = np.empty(len(cases), dtype=bool)
    for training, test in GroupKFold(min(5, len(set(groups)))).split(features, truth, groups):
        model.fit(features[training], truth[training], sample_weight=weights[training])
        predicted[test] = model.predict(features[test])
    model.fit(features, truth, sample_weight=weights)
    for kind in shares:
        chosen = kinds == kind
        print(f"{kind}: {chosen.sum()} questions, {predicted[chosen].mean():.3f} answered")
    print(f"INTERCEPT = {model.intercept_[0]:.2f}")
    print("WEIGHTS = {" + ", ".join(f'"{n}": {w:.2f}' for n, w in zip(names, model.coef_[0], strict=True)) + "}")


if __name__ == "__main__":
    main()
