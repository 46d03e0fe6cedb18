"""Trains the reader on two processor cores.

    python -m training.train DATA OUT [--epochs 4] [--threads 2] [--resume]

DATA holds corpus.jsonl and queries.jsonl (training/data.py says what is in them). OUT gets ``checkpoint.pt`` every few
minutes (``--resume`` goes on from it), ``reader.pt`` at the end, and ``log.jsonl`` with the validation figures of each
epoch. The articles of ``HELD_OUT`` in training/data.py are never trained on: the figures of the model card are theirs,
and refusals are calibrated on them. On a machine that others use too, one thread is faster than two, which would wait
for each other.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from assistant.answering.reader.encoding import PASSAGE_TOKENS, PairEncoder
from assistant.index.embedding import DEFAULT_MODEL, locate
from training.data import HELD_OUT, Example, epoch, load
from training.measure import measure, with_network
from training.model import Reader, loss_of

SEED = 20_240_613
BATCH = 16
LEARNING_RATE = 1e-4
HEAD_RATE = 5e-4  # the heads start from nothing
WARM_UP = 0.06  # share of the steps
NEAR_SHARE = 0.5  # answerable questions that are also seen with a paragraph that does not answer
NO_TITLE = 0.2  # examples read without their title: many documents have none
SHORTEST_CROP = 72  # tokens; a longer passage is cut to a random length, as documents differ in theirs
CHECKPOINT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Item:
    """An example as tokens."""

    ids: np.ndarray
    types: np.ndarray
    allowed: np.ndarray
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    weights: tuple[float, ...]
    has: float


def encode(pairs: PairEncoder, example: Example, rng: random.Random) -> Item:
    """The example cut to a random window around its answer, and its answers as tokens."""
    title = "" if rng.random() < NO_TITLE else example.paragraph.title
    text, answers = crop(example, rng)
    encoded = pairs.encode(example.question, title, text)
    allowed = encoded.starts >= 0
    allowed[0] = True
    spans: dict[tuple[int, int], int] = {}
    for start, end in answers:
        inside = np.flatnonzero((encoded.starts >= 0) & (encoded.ends > start) & (encoded.starts < end))
        if inside.size and encoded.ends[inside[-1]] >= end:
            key = (int(inside[0]), int(inside[-1]))
            spans[key] = spans.get(key, 0) + 1
    has = float(bool(spans))
    spans = spans or {(0, 0): 1}
    total = sum(spans.values())
    return Item(
        encoded.ids,
        encoded.types,
        allowed,
        tuple(start for start, _ in spans),
        tuple(end for _, end in spans),
        tuple(count / total for count in spans.values()),
        has,
    )


def crop(example: Example, rng: random.Random) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A window of the paragraph of random length, at sentence-like ends, that keeps the answers whole."""
    text = example.paragraph.text
    stops = [0, *(i + 2 for i in range(len(text) - 2) if text[i] in ".?!" and text[i + 1] == " "), len(text)]
    longest = rng.uniform(SHORTEST_CROP, PASSAGE_TOKENS) * 4.2  # characters; English has some 4.2 a token
    if len(text) <= longest:
        return text, example.answers
    low = min((start for start, _ in example.answers), default=rng.randrange(len(text)))
    high = max((end for _, end in example.answers), default=low + 1)
    left = max(i for i, stop in enumerate(stops) if stop <= low)
    right = min(i for i, stop in enumerate(stops) if stop >= min(high, len(text)))
    while True:
        grown = [(left - 1, right)] if left > 0 else []
        grown += [(left, right + 1)] if right < len(stops) - 1 else []
        grown = [(a, b) for a, b in grown if stops[b] - stops[a] <= longest]
        if not grown:
            break
        left, right = rng.choice(grown)
    start, end = stops[left], stops[right]
    return text[start:end].rstrip(), tuple((a - start, b - start) for a, b in example.answers)


def batches(items: Sequence[Item], rng: random.Random) -> list[list[Item]]:
    """Batches of about equal length, in random order."""
    order = sorted(items, key=lambda item: len(item.ids) + rng.uniform(-12, 12))
    made = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    rng.shuffle(made)
    return made


def collate(batch: Sequence[Item]) -> dict[str, Tensor]:
    """Padded tensors."""
    tokens = max(len(item.ids) for item in batch)
    answers = max(len(item.starts) for item in batch)

    def padded(rows: Iterator[np.ndarray], width: int, kind: type) -> Tensor:
        return torch.from_numpy(np.stack([np.pad(row, (0, width - len(row))).astype(kind) for row in rows]))

    return {
        "ids": padded((item.ids for item in batch), tokens, np.int64),
        "mask": padded((np.ones(len(item.ids)) for item in batch), tokens, np.int64),
        "types": padded((item.types for item in batch), tokens, np.int64),
        "allowed": padded((item.allowed for item in batch), tokens, np.bool_),
        "starts": padded((np.array(item.starts) for item in batch), answers, np.int64),
        "ends": padded((np.array(item.ends) for item in batch), answers, np.int64),
        "weights": padded((np.array(item.weights) for item in batch), answers, np.float32),
        "has": torch.tensor([item.has for item in batch]),
    }


def optimizer_of(model: Reader) -> torch.optim.AdamW:
    """AdamW; word vectors stay as they are, for a few thousand questions teach them little."""
    model.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    heads = [*model.span.parameters(), *model.answerable.parameters()]
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in body if p.ndim > 1], "lr": LEARNING_RATE, "weight_decay": 0.01},
            {"params": [p for p in body if p.ndim == 1], "lr": LEARNING_RATE, "weight_decay": 0.0},
            {"params": heads, "lr": HEAD_RATE, "weight_decay": 0.01},
        ]
    )


def main() -> None:
    """Train, measure after every epoch, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="go on from OUT/checkpoint.pt")
    parser.add_argument("--steps", type=int, help="stop after so many steps (a trial)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    arguments.out.mkdir(parents=True, exist_ok=True)
    folder, _ = locate(DEFAULT_MODEL)
    pairs = PairEncoder(folder / "tokenizer.json")
    questions = load(arguments.data)
    training = [q for q in questions if q.paragraph.article not in HELD_OUT]
    held_out = [q for q in questions if q.paragraph.article in HELD_OUT]
    model = Reader.start(folder)
    optimizer = optimizer_of(model)

    plan = []  # all batches of all epochs, made from the seed alone, so that a resumed run sees the same
    for number in range(arguments.epochs):
        rng = random.Random(SEED + number)
        plan.append(batches([encode(pairs, e, rng) for e in epoch(training, NEAR_SHARE, rng)], rng))
    total = sum(map(len, plan))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (WARM_UP * total), max(0.0, (total - step) / (total * (1 - WARM_UP))))
    )
    done = _restore(arguments.out, model, optimizer, schedule) if arguments.resume else 0
    step, saved, began, running = 0, time.monotonic(), time.monotonic(), 0.0
    for number, made in enumerate(plan):
        model.train()
        for batch in made:
            step += 1
            if step <= done:
                continue
            tensors = collate(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                spans, answerable = model(tensors["ids"], tensors["mask"], tensors["types"])
            loss = loss_of(spans, answerable, *(tensors[n] for n in ("allowed", "starts", "ends", "weights", "has")))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            running = 0.98 * running + 0.02 * loss.item() if running else loss.item()
            if step % 25 == 0:
                pace = (step - done) / (time.monotonic() - began)
                left = (total - step) / pace / 60
                print(f"step {step}/{total} loss {running:.3f} {pace:.2f} steps/s, {left:.0f} min left", flush=True)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                _save(arguments.out, model, optimizer, schedule, step)
                saved = time.monotonic()
            if arguments.steps and step >= arguments.steps:
                return
        if step > done:
            figures = measure(with_network(model, pairs), held_out)
            line = json.dumps({"epoch": number + 1, "step": step, "loss": round(running, 4), **figures})
            print(line, flush=True)
            with (arguments.out / "log.jsonl").open("a") as log:
                log.write(line + "\n")
            torch.save(model.state_dict(), arguments.out / f"epoch{number + 1}.pt")
    torch.save(model.state_dict(), arguments.out / "reader.pt")


def _save(
    out: Path,
    model: Reader,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    step: int,
) -> None:
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "random": torch.get_rng_state(),
        "step": step,
    }
    torch.save(state, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").replace(out / "checkpoint.pt")


def _restore(
    out: Path, model: Reader, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler
) -> int:
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    torch.set_rng_state(state["random"])
    return int(state["step"])


if __name__ == "__main__":
    main()
