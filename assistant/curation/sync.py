"""Make the corpus match a folder: new and changed files come in, files that are gone are withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.curation.ahead import ahead
from assistant.curation.loaders import Limits
from assistant.curation.pipeline import Pipeline, ReadAhead
from assistant.curation.sandbox import Sandbox
from assistant.errors import AssistantError, InvalidDocument, NotFound, Refused, TooLarge
from assistant.index.catalog import documents_by_origin
from assistant.index.database import Database

NOT_DOCUMENTS = frozenset({"readme.md", "actors.yaml", "stances.yaml"})

Action = Literal["added", "updated", "unchanged", "skipped", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class SyncEvent:
    """What happened to one file, for progress display."""

    path: str
    action: Action
    detail: str = ""
    passages: int = 0


@dataclass(slots=True)
class SyncReport:
    """Counts of a finished sync, and the files that could not be used."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    passages: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def count(self, event: SyncEvent) -> None:
        """Add one event."""
        self.passages += event.passages
        if event.action == "failed":
            self.failed.append((event.path, event.detail))
        elif event.action == "added":
            self.added += 1
        elif event.action == "updated":
            self.updated += 1
        elif event.action == "removed":
            self.removed += 1
        else:
            self.unchanged += 1


@dataclass(frozen=True, slots=True)
class FolderSync:
    """Synchronises folders through the pipeline; files are parsed in the sandbox."""

    database: Database
    pipeline: Pipeline
    sandbox: Sandbox
    limits: Limits

    def run(self, folder: Path, *, by: str, on_event: Callable[[SyncEvent, int], None] | None = None) -> SyncReport:
        """Make the documents that came from ``folder`` match its files. One bad file never stops the rest.

        Args:
            folder: read recursively; hidden files, README.md, actors.yaml and stances.yaml are not documents.
            by: who does it, for the record.
            on_event: called after each file with the event and the number of files.

        Raises:
            NotFound: there is no such folder.
        """
        if not folder.is_dir():
            raise NotFound(f"There is no folder {folder}.", "Give an existing folder of documents.")
        origin = f"sync:{folder.resolve()}"
        files = list(document_files(folder))
        report = SyncReport()
        seen: dict[str, str] = {}

        def tell(event: SyncEvent) -> None:
            report.count(event)
            if on_event:
                on_event(event, len(files))

        for file, read in ahead(lambda file: self._read(file, folder), files):
            for event in self._take(file, read, folder, origin, seen, by):
                tell(event)
        unreadable = {path for path, _ in report.failed}
        with self.database.read() as connection:
            known = documents_by_origin(connection, origin)
        for document_id, path in known.items():
            if document_id not in seen and path not in unreadable:
                try:
                    self.pipeline.withdraw(document_id, by=by)
                except NotFound:
                    continue  # somebody else has withdrawn it meanwhile
                tell(SyncEvent(path or document_id, "removed"))
        return report

    def _read(self, file: Path, folder: Path) -> list[ReadAhead]:
        """The documents of a file, prepared as far as can be done beside other files."""
        relative = file.relative_to(folder).as_posix()
        if not file.resolve().is_relative_to(folder.resolve()):
            raise Refused(f"{relative} is a link to a file outside of the folder.", "Put the file itself there.")
        loaded = self.sandbox.load(read_file(file, self.limits), name=file.name)
        found = []
        for number, document in enumerate(loaded, 1):
            document_id = document.id or (relative if len(loaded) == 1 else f"{relative}#{number}")
            found.append(ReadAhead(document_id, document, self.pipeline.prepare(document_id, document)))
        return found

    def _take(
        self, file: Path, read: Callable[[], list[ReadAhead]], folder: Path, origin: str, seen: dict[str, str], by: str
    ) -> Iterator[SyncEvent]:
        relative = file.relative_to(folder).as_posix()
        try:
            documents = read()
        except AssistantError as error:
            yield SyncEvent(relative, "failed", str(error))
            return
        for each in documents:
            try:
                if each.id in seen:
                    raise InvalidDocument(
                        f"The id {each.id!r} is used by {seen[each.id]} already.", "Give each document its own id."
                    )
                seen[each.id] = relative
                result = self.pipeline.ingest(
                    each.id, each.document, origin=origin, path=relative, by=by, prepared=each.prepared
                )
                yield SyncEvent(relative, result.outcome, passages=result.passages)
            except AssistantError as error:
                if error.status >= 500:
                    raise
                yield SyncEvent(relative, "failed", str(error))


def document_files(folder: Path) -> Iterator[Path]:
    """The files of a folder that may be documents, in a stable order."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name.lower() not in NOT_DOCUMENTS:
            yield path


def read_file(path: Path, limits: Limits) -> bytes:
    """The bytes of a file within the limit.

    Raises:
        TooLarge: the file is over the limit.
        InvalidDocument: it cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > limits.bytes:
            raise TooLarge(f"{path.name} has {size:,} bytes; at most {limits.bytes:,} are read.", "Split it.")
        return path.read_bytes()
    except OSError as error:
        raise InvalidDocument(f"{path.name} cannot be read: {error.strerror}.", "Check its permissions.") from error
