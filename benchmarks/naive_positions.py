"""Questions about positions: the assistant beside the naive answer, the sentences most similar to the question.

Run with ``python -m benchmarks.naive_positions``. Writes benchmarks/results/positions.md.

The naive answer is the five sentences of the corpus whose vectors are nearest to the question's, by the same encoder.
It says nothing of who holds what, so it is judged by its words, in its favour: holder and stance count as right where
the sentence names the holder, the speaker where it names the speaker, the modality where the position is stated. It
never refuses.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.actors import ActorBook
from assistant.evaluation import asking_positions
from assistant.evaluation.datasets import ExpectedPosition, GoldQuestion, PositionSet, read_dataset
from assistant.evaluation.measures import Estimate, estimate
from assistant.evaluation.positions import PositionScorer, Scored, Shown, has_words, measures_of
from assistant.evaluation.workspace import add_folders, open_workspace
from assistant.index.catalog import live_passages, live_seqs, sentence_vectors
from assistant.models import Filters
from assistant.services import Services
from assistant.settings import load_settings

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "tests" / "evaluation" / "positions"
RESULT = Path(__file__).parent / "results" / "positions.md"
SHOWN = 5  # sentences of an answer, as many as the assistant shows at most


@dataclass(frozen=True, slots=True)
class Sentences:
    """Every sentence of a corpus with its vector, shape (sentences, dimension)."""

    texts: tuple[str, ...]
    documents: tuple[str, ...]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, services: Services) -> Sentences:
        """All live sentences."""
        texts, documents, vectors = [], [], []
        with services.database.read() as connection:
            generation = services.engines.of(connection).generation
            seqs = live_seqs(connection)
            stored = live_passages(connection, seqs, Filters())
            rows = sentence_vectors(connection, generation, seqs)
        for seq in seqs:
            passage = stored[seq].passage
            texts += [passage.text[start - passage.start : end - passage.start] for start, end in passage.sentences]
            documents += [passage.document_id] * len(passage.sentences)
            vectors.append(rows[seq])
        return cls(tuple(texts), tuple(documents), np.concatenate(vectors))

    def nearest(self, vector: NDArray[np.float32]) -> list[tuple[str, str]]:
        """The most similar sentences with their documents."""
        best = np.argsort(-(self.vectors @ vector))[:SHOWN]
        return [(self.texts[row], self.documents[row]) for row in best]


class NaiveReader:
    """Reads a bare sentence the way that favours it most: as the position that is asked for, where its words allow.

    Args:
        actors: who is known by which names.
        scorer: knows when two names are of one actor.
    """

    def __init__(self, actors: ActorBook, scorer: PositionScorer) -> None:
        self._actors = actors
        self._scorer = scorer

    def shown(self, gold: GoldQuestion, text: str, document: str) -> Shown:
        """The sentence with what a reader would take from it."""
        for expected in gold.expected:
            if has_words(text, expected.phrases):
                return Shown(
                    text,
                    next((name for name in expected.holders or () if self._names(text, name)), None),
                    (expected.stances or (None,))[0],
                    self._speaker(text, expected),
                    "stated",
                    documents=frozenset({document}),
                )
        for claim in gold.claims:  # it answers for the actor that is asked about, unless it names who says so
            if has_words(text, (claim.phrase,)):
                speaker = claim.by if claim.by and self._names(text, claim.by) else None
                return Shown(text, claim.actor, None, speaker, "stated", documents=frozenset({document}))
        return Shown(text, documents=frozenset({document}))

    def _names(self, text: str, name: str) -> bool:
        if has_words(text, (name,)):
            return True
        mentioned = [actor for _, _, actor in self._actors.find(text)]
        return any(
            self._scorer.same_actor(actor.name, name) or self._scorer.same_actor(self._actors.side_of(actor).name, name)
            for actor in mentioned
        )

    def _speaker(self, text: str, expected: ExpectedPosition) -> str | None:
        for name in expected.speakers or ():
            if name is not None and has_words(text, (name, name.split()[-1])):
                return name
        return None


def naive(services: Services, actors: ActorBook, dataset: PositionSet) -> list[Scored]:
    """The naive answers, judged."""
    scorer = PositionScorer(actors, dataset.questions)
    reader = NaiveReader(actors, scorer)
    sentences = Sentences.of(services)
    scored = []
    for gold in dataset.questions:
        vector = services.encoder.encode_question(gold.question)
        shown = [reader.shown(gold, text, document) for text, document in sentences.nearest(vector)]
        scored.append(scorer.score(gold, shown, refused=False))
    return scored


def table(assistant: Sequence[Scored], baseline: Sequence[Scored]) -> str:
    """Both in one table, with 95 % intervals."""
    ours = {m.key: estimate(m) for m in measures_of(assistant)}
    theirs = {m.key: estimate(m) for m in measures_of(baseline)}
    rows = ["| figure | assistant | most similar sentences |", "|---|---|---|"]
    rows += [f"| {key} | {_cell(ours[key])} | {_cell(theirs.get(key))} |" for key in ours if "/" not in key]
    shapes = list(dict.fromkeys(s.gold.shape for s in assistant if not s.gold.must_refuse))
    rows += ["", "| holder and stance, by shape | n | assistant | most similar sentences |", "|---|---|---|---|"]
    for shape in shapes:
        one, two = ours.get(f"{shape}/holder and stance"), theirs.get(f"{shape}/holder and stance")
        if one is not None and two is not None:
            rows.append(f"| {shape} | {one.units} | {one.value:.2f} | {two.value:.2f} |")
    return "\n".join(rows) + "\n"


def _cell(found: Estimate | None) -> str:
    return "" if found is None else f"{found.value:.3f} ({found.low:.3f} – {found.high:.3f})"


def main() -> None:
    """Measure and write the table."""
    dataset = read_dataset(GOLD)
    assert isinstance(dataset, PositionSet)
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(data_dir=Path(temporary) / "data")
        with open_workspace(settings, dataset.actors) as (services, actors):
            add_folders(services, [ROOT / "corpus", *dataset.folders])
            asked = asking_positions.ask_all(services, actors, dataset)
            text = table([one.scored for one in asked], naive(services, actors, dataset))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
