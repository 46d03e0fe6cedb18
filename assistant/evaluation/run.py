"""A run: each data set in a corpus of its own, asked and scored."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.evaluation import asking_positions, attributions, claims, positions, questions
from assistant.evaluation.datasets import AttributionSet, ClaimSet, Dataset, PositionSet, QuestionSet, read_dataset
from assistant.evaluation.measures import percentiles
from assistant.evaluation.report import Report
from assistant.evaluation.results import SetResult
from assistant.evaluation.workspace import add_folders, add_lines, open_workspace
from assistant.index.catalog import find_document, get_version
from assistant.index.embedding import Encoder
from assistant.index.statement_queries import statements_of
from assistant.services import Services
from assistant.settings import Settings

PERCENTS = (50, 95, 99)

Progress = Callable[[str, int, int], None]


def evaluate(
    folders: Sequence[Path],
    settings: Settings,
    documents: Sequence[Path],
    progress: Progress,
    encoder: Encoder | None = None,
) -> Report:
    """Measure the assistant on data sets.

    Args:
        folders: the data sets.
        settings: what is measured; each set gets a data directory of its name below ``settings.data_dir``.
        documents: folders that questions about positions are asked of, beside the set's own.
        progress: called with what is done, how much of it and of how many.
        encoder: used instead of the configured model.

    Raises:
        NotFound, InvalidInput: a folder that is no data set, before anything is measured.
    """
    datasets = [read_dataset(folder) for folder in folders]
    results = []
    system: dict[str, str] = {}
    for dataset in datasets:
        # Always in a folder: what is measured must not come into the corpus that is served from a database.
        embedded = {"data_dir": settings.data_dir / dataset.name, "database_url": None, "chroma_url": None}
        place = settings.model_copy(update=embedded)
        runner = Runner(place, documents, progress, encoder)
        results.append(runner.run(dataset))
        system = {
            "assistant": version("briefing-assistant"),
            "encoder": runner.fingerprint,
            "python": platform.python_version(),
        }
    return Report(tuple(results), system)


class Runner:
    """Measures one data set after the other, each in the data directory of its settings.

    Args:
        settings: what is measured.
        documents: as in ``evaluate``.
        progress: as in ``evaluate``.
        encoder: as in ``evaluate``.
    """

    def __init__(
        self, settings: Settings, documents: Sequence[Path], progress: Progress, encoder: Encoder | None = None
    ) -> None:
        self._settings = settings
        self._documents = documents
        self._progress = progress
        self._encoder = encoder
        self.fingerprint = ""

    def run(self, dataset: Dataset) -> SetResult:
        """Fill the corpus, ask, score."""
        if isinstance(dataset, PositionSet):
            return self._positions(dataset)
        if isinstance(dataset, AttributionSet):
            return self._attributions(dataset)
        if isinstance(dataset, ClaimSet):
            return self._claims(dataset)
        return self._questions(dataset)

    def _positions(self, dataset: PositionSet) -> SetResult:
        with open_workspace(self._settings, dataset.actors, self._encoder) as (services, actors):
            self.fingerprint = services.encoder.fingerprint
            add_folders(services, [*self._documents, *dataset.folders])
            services.warm_up()
            asked = asking_positions.ask_all(services, actors, dataset)
            failed = asking_positions.failures(services, actors, dataset, asked)
        measures = positions.measures_of([one.scored for one in asked])
        latency = percentiles([one.milliseconds for one in asked], PERCENTS)
        return SetResult(dataset.name, "positions", tuple(measures), tuple(failed), _causes(failed), latency)

    @contextmanager
    def _over(self, corpus: Path) -> Iterator[tuple[Services, list[str]]]:
        """Services over the documents of a file, and what of it could not be used."""
        with open_workspace(self._settings, encoder=self._encoder) as (services, _):
            self.fingerprint = services.encoder.fingerprint
            yield services, add_lines(services, corpus, lambda done, of: self._progress("documents", done, of))

    def _attributions(self, dataset: AttributionSet) -> SetResult:
        with self._over(dataset.corpus) as (services, refused):
            scores = []
            with services.database.read() as connection:
                for document_id, text in dataset.texts.items():
                    document = find_document(connection, document_id)
                    if document is None or document.current_version is None:
                        continue
                    stored = get_version(connection, document_id)
                    place = attributions.offsets_between(stored.text, text)
                    predicted = attributions.predictions_of(
                        statements_of(connection, document_id, stored.number), place
                    )
                    gold = dataset.attributions[document_id]
                    scores.append(attributions.score_article(document_id, text, gold, predicted))
        failed = tuple(asdict(error) for score in scores for error in score.errors)
        kinds = attributions.errors_by_kind(scores)
        return SetResult(
            dataset.name,
            "attributions",
            tuple(attributions.measures_of(scores)),
            failed,
            kinds,
            notes=tuple(_left_out(refused)),
        )

    def _claims(self, dataset: ClaimSet) -> SetResult:
        with self._over(dataset.corpus) as (services, refused):
            services.warm_up()
            checked = claims.check_all(services, dataset.claims, lambda done, of: self._progress("claims", done, of))
        failed = claims.failures(checked)
        return SetResult(
            dataset.name,
            "claims",
            tuple(claims.measures_of(checked)),
            tuple(failed),
            _causes(failed),
            percentiles(claims.milliseconds_a_sentence(checked), PERCENTS),
            tuple(_left_out(refused)),
        )

    def _questions(self, dataset: QuestionSet) -> SetResult:
        with self._over(dataset.corpus) as (services, refused):
            services.warm_up()
            asked = questions.ask_all(services, dataset.queries, lambda done, of: self._progress("questions", done, of))
        failed = questions.failures(asked)
        return SetResult(
            dataset.name,
            "questions",
            tuple(questions.measures_of(asked)),
            tuple(failed),
            _causes(failed),
            percentiles([one.answer.timings_ms["total"] for one in asked], PERCENTS),
            tuple(_left_out(refused)),
            tuple(questions.refusal_curve(asked)),
        )


def _causes(failed: Sequence[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(str(row["cause"]) for row in failed).most_common())


def _left_out(refused: Sequence[str]) -> list[str]:
    if not refused:
        return []
    return [f"{len(refused)} documents could not be used, the first: {refused[0]}"]
