"""Figures of a reader on questions it was not trained on."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from assistant.answering.reader.encoding import Encoded, PairEncoder
from assistant.onnx_session import open_session
from training.data import Question
from training.model import Reader

LONGEST_ANSWER = 30  # tokens


Logits = tuple[Encoded, np.ndarray, float]  # tokens, span logits (tokens, 2), answerability logit
Predict = Callable[[Sequence[tuple[str, str, str]]], list[Logits]]  # of (question, title, text), in order


def with_network(model: Reader, pairs: PairEncoder) -> Predict:
    """Predictions of the network as trained."""

    def predict(inputs: Sequence[tuple[str, str, str]]) -> list[Logits]:
        encoded = [pairs.encode(*item) for item in inputs]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        results: dict[int, Logits] = {}
        model.eval()
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            for i in range(0, len(order), 16):
                batch = order[i : i + 16]
                padded = np.zeros((3, len(batch), max(len(encoded[j].ids) for j in batch)), dtype=np.int64)
                for row, j in enumerate(batch):
                    size = len(encoded[j].ids)
                    padded[:, row, :size] = encoded[j].ids, np.ones(size), encoded[j].types
                spans, answerable = model(*(torch.from_numpy(part) for part in padded))
                for row, j in enumerate(batch):
                    results[j] = (encoded[j], spans[row].float().numpy()[: len(encoded[j].ids)], float(answerable[row]))
        return [results[i] for i in range(len(encoded))]

    return predict


def with_file(path: Path, pairs: PairEncoder) -> Predict:
    """Predictions of an ONNX file, one input at a time as the assistant reads."""
    session = open_session(path)

    def predict(inputs: Sequence[tuple[str, str, str]]) -> list[Logits]:
        results = []
        for item in inputs:
            encoded = pairs.encode(*item)
            ids = encoded.ids[None]
            feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": encoded.types[None]}
            spans, answerable = session.run(["spans", "answerable"], feeds)
            results.append((encoded, spans[0], float(answerable[0])))
        return results

    return predict


def best_span(encoded: Encoded, logits: np.ndarray) -> tuple[int, int, float]:
    """Start and end of the likeliest span, and its logit above that of no answer."""
    inside = np.flatnonzero(encoded.starts >= 0)
    if not inside.size:
        return 0, 0, -20.0
    grid = logits[inside, 0][:, None] + logits[inside, 1][None, :]
    grid = np.where(np.triu(np.ones_like(grid)) - np.triu(np.ones_like(grid), LONGEST_ANSWER) > 0, grid, -1e9)
    row, column = np.unravel_index(int(grid.argmax()), grid.shape)
    return (
        int(encoded.starts[inside[row]]),
        int(encoded.ends[inside[column]]),
        float(grid[row, column] - logits[0].sum()),
    )


def measure(predict: Predict, questions: Sequence[Question]) -> dict[str, float]:
    """Spans of the answerable, and how well answerable and unanswerable are told apart."""
    inputs = [(q.text, q.paragraph.title, q.paragraph.text) for q in questions]
    found = predict(inputs)
    exact, overlap, sentence, has, null, cls = [], [], [], [], [], []
    for question, (encoded, logits, answerable) in zip(questions, found, strict=True):
        start, end, margin = best_span(encoded, logits)
        has.append(bool(question.answers))
        null.append(margin)
        cls.append(answerable)
        if question.answers:
            text = question.paragraph.text
            golds = {text[a:b] for a, b in question.answers}
            exact.append(max(_normal(text[start:end]) == _normal(gold) for gold in golds))
            overlap.append(max(_f1(text[start:end], gold) for gold in golds))
            home = _sentence(text, start)
            sentence.append(any(home == _sentence(text, a) for a, _ in question.answers))
    near = [(q.text, p.title, p.text) for q in questions for p in q.near[:1]]
    near_cls = [answerable for _, _, answerable in predict(near)]
    positive = [c for c, h in zip(cls, has, strict=True) if h]
    return {
        "exact": round(float(np.mean(exact)), 4),
        "f1": round(float(np.mean(overlap)), 4),
        "sentence": round(float(np.mean(sentence)), 4),
        "auc_span": round(roc_auc_score(has, null), 4),
        "auc_answerable": round(roc_auc_score(has, cls), 4),
        "balanced_span": round(_balanced(has, null), 4),
        "balanced_answerable": round(_balanced(has, cls), 4),
        "balanced_both": round(_balanced(has, list(np.array(null) / 2 + np.array(cls))), 4),
        "auc_near": round(roc_auc_score([True] * len(positive) + [False] * len(near_cls), positive + near_cls), 4),
    }


def _balanced(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """Balanced accuracy at the best threshold."""
    flags, values = np.array(truth), np.array(scores)
    return max(float((values[flags] >= t).mean() + (values[~flags] < t).mean()) / 2 for t in np.unique(values))


def _sentence(text: str, position: int) -> int:
    return sum(1 for match in re.finditer(r"[.?!]\s", text) if match.end() <= position)


def _normal(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _f1(one: str, other: str) -> float:
    first, second = _normal(one).split(), _normal(other).split()
    common = (Counter(first) & Counter(second)).total()
    return 2 * common / (len(first) + len(second)) if common else 0.0
