"""Fits the weights of assistant/answering/refusal.py on questions of which some have no answer.

    python -m benchmarks.calibrate_refusal DATA [--data-dir DIR] [--sample N]

DATA holds corpus.jsonl (doc_id, title, text, date) and queries.jsonl (text, answerable: true or false). The corpus is
embedded into DIR once. Prints the weights, and balanced accuracy with 5-fold cross-validation, grouped by article where
``meta.article`` names one, so that no article is in both training and test.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from assistant.answering.refusal import FEATURES, support
from assistant.asking import AskRequest
from assistant.curation.adding import lines_of
from assistant.errors import AssistantError
from assistant.services import Services, open_services
from assistant.settings import load_settings


def fill(services: Services, corpus: Path) -> None:
    """Embed the corpus; what is there already is left alone."""
    for submission in lines_of(corpus):
        try:
            for document_id, loaded in services.intake.read(submission):
                services.pipeline.ingest(document_id, loaded, origin="calibration", by="calibration")
        except AssistantError as error:
            print(submission.name, error)


def measure(services: Services, queries: list[dict[str, Any]]) -> np.ndarray:
    """The features of each question's support, shape (questions, features)."""
    rows = []
    for query in queries:
        grounds = services.asker.grounds(AskRequest(query["text"]))
        measured = support(grounds.question, grounds.terms, grounds.evidence)
        rows.append([getattr(measured, name) for name in FEATURES])
    return np.array(rows)


def balanced_accuracy(answered: np.ndarray, truth: np.ndarray) -> float:
    """Mean of the shares of answerable questions answered and of unanswerable ones refused."""
    return float((answered[truth].mean() + (~answered[~truth]).mean()) / 2)


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--sample", type=int, help="use so many questions, chosen at random with a fixed seed")
    arguments = parser.parse_args()
    queries = [json.loads(line) for line in (arguments.data / "queries.jsonl").read_text("utf-8").splitlines()]
    queries = [query for query in queries if query["answerable"] is not None]
    if arguments.sample:
        queries = random.Random(0).sample(queries, min(arguments.sample, len(queries)))
    with tempfile.TemporaryDirectory() as temporary:
        data_dir = arguments.data_dir or Path(temporary)
        with open_services(load_settings(data_dir=data_dir)) as services:
            fill(services, arguments.data / "corpus.jsonl")
            services.index.wait_ready()
            features = measure(services, queries)
    truth = np.array([bool(query["answerable"]) for query in queries])
    articles = [query.get("meta", {}).get("article", index) for index, query in enumerate(queries)]
    groups = np.array(articles, dtype=object)
    model = LogisticRegression(class_weight="balanced", max_iter=1_000)
    predicted = cross_val_predict(model, features, truth, groups=groups, cv=GroupKFold(5))
    model.fit(features, truth)
    print(f"balanced accuracy, cross-validated: {balanced_accuracy(predicted, truth):.3f}")
    print(f"INTERCEPT = {model.intercept_[0]:.2f}")
    print("WEIGHTS = {" + ", ".join(f'"{n}": {w:.2f}' for n, w in zip(FEATURES, model.coef_[0], strict=True)) + "}")


if __name__ == "__main__":
    main()
