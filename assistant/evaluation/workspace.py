"""A corpus of its own for a measurement: a data directory filled through the pipeline that serves users."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from assistant.actors import ActorBook
from assistant.curation.adding import lines_of
from assistant.errors import AssistantError, InvalidInput
from assistant.index.embedding import Encoder
from assistant.paths import actors_path
from assistant.services import Services, open_services
from assistant.settings import Settings
from assistant.yamlfile import read_yaml

MERGED_ACTORS = "evaluation-actors.yaml"
BY = "evaluation"

Progress = Callable[[int, int], None]


@contextmanager
def open_workspace(
    settings: Settings, actors: Path | None = None, encoder: Encoder | None = None
) -> Iterator[tuple[Services, ActorBook]]:
    """Services over ``settings.data_dir``, with a data set's own actors beside those that ship.

    Args:
        settings: names the data directory and everything that is measured.
        actors: a file like ``corpus/actors.yaml``.
        encoder: used instead of the configured model.

    Raises:
        InvalidConfiguration: the actors cannot be used.
        DataDirectoryLocked, StorageFailed, ModelUnavailable: as from ``open_services``.
    """
    if actors is not None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        merged = _joined(actors_path(settings.actors_file), actors, settings.data_dir)
        settings = settings.model_copy(update={"actors_file": merged})
    with open_services(settings, encoder) as services:
        yield services, ActorBook.load(actors_path(settings.actors_file))


def add_folders(services: Services, folders: Sequence[Path]) -> None:
    """Make folders of documents part of the corpus.

    Raises:
        InvalidInput: a document cannot be read: figures over half a corpus would mean nothing.
    """
    for folder in folders:
        report = services.sync.run(folder, by=BY)
        if report.failed:
            path, reason = report.failed[0]
            raise InvalidInput(f"{folder / path} cannot be read: {reason}", "Mend the data set.")
    services.index.wait_ready()


def add_lines(services: Services, corpus: Path, progress: Progress | None = None) -> list[str]:
    """Make the documents of a file of JSON lines part of the corpus; those that are there already are left alone.

    Returns:
        what could not be used, one line each.
    """
    refused = []
    total = sum(1 for _ in lines_of(corpus))
    for number, submission in enumerate(lines_of(corpus), 1):
        try:
            for document_id, loaded in services.intake.read(submission):
                services.pipeline.ingest(document_id, loaded, origin=BY, by=BY)
        except AssistantError as error:
            if error.status >= 500:
                raise
            refused.append(f"{submission.name}: {error.detail}")
        if progress is not None:
            progress(number, total)
    services.index.wait_ready()
    return refused


def _joined(first: Path, second: Path, folder: Path) -> Path:
    """Both files as one, so that a name that stands for two actors is an error."""
    entries = [*read_yaml(first).get("actors", ()), *read_yaml(second).get("actors", ())]
    merged = folder / MERGED_ACTORS
    plain = {"actors": [dict(entry) if isinstance(entry, dict) else entry for entry in entries]}
    merged.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return merged
