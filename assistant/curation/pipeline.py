"""A document's way into the corpus: annotations, passages, vectors, staging, index, flip.

The first three are where the time goes. They can be had ahead, for several documents at once, with ``prepare``; what
readers see changes only in ``ingest``. Each step leaves the corpus consistent. A process killed anywhere before the
flip's commit leaves readers with the version they had; killed after it, with the new one.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from assistant.access_model import WHOLE, Scope
from assistant.curation import duplicates, vectorizing
from assistant.curation.annotating import Annotator
from assistant.curation.chunking import Chunk
from assistant.engines import Engine, Engines
from assistant.errors import AssistantError, Conflict, InvalidDocument, Moved, Refused, StorageFailed
from assistant.index import generations, near, writer
from assistant.index.catalog import current_digest, find_document, get_version, latest_version, no_document
from assistant.index.database import Database
from assistant.index.records import content_digest
from assistant.index.statement_marks import Mark, MarkKey, set_mark
from assistant.models import Expected, LoadedDocument, Metadata, OnDuplicate, Statement, Version

Outcome = Literal["added", "updated", "unchanged", "skipped"]
MAX_ID_CHARS = 200
STRIPES = 256  # documents with different ids seldom wait for each other


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one document."""

    document_id: str
    version: int
    outcome: Outcome
    passages: int
    embedded: int  # passages that the encoder had to read


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a document becomes, with its vectors in the catalog already, where nobody looks for them yet."""

    engine: Engine
    chunks: tuple[Chunk, ...]
    statements: tuple[Statement, ...]
    embedded: int  # passages that the encoder had to read


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """A document of a file or submission, prepared as far as it can be beside others."""

    id: str
    document: LoadedDocument
    prepared: Prepared | None


class Pipeline:
    """Adds, updates and withdraws documents, one at a time for each id.

    Args:
        database: the catalog.
        engines: make passages and vectors, and index them.
        annotator: finds sentences and statements, for one document at a time.
        workers: does so for many documents at once.
        rules: the fingerprint of what statements are found by.
    """

    def __init__(
        self, database: Database, engines: Engines, annotator: Annotator, workers: Annotator, rules: str = ""
    ) -> None:
        self._database = database
        self._engines = engines
        self._annotator = annotator
        self._workers = workers
        self.rules = rules
        self._scope = WHOLE
        self._locks = [threading.Lock() for _ in range(STRIPES)]

    def within(self, scope: Scope) -> Pipeline:
        """The same pipeline for somebody whose key is limited: it writes only what belongs to that scope alone."""
        narrow = copy.copy(self)
        narrow._scope = scope
        return narrow

    def prepare(
        self, document_id: str, loaded: LoadedDocument, on_duplicate: OnDuplicate = "replace"
    ) -> Prepared | None:
        """Do ahead what takes long about ``ingest``, from any thread; it changes nothing that anybody sees.

        Returns:
            what ``ingest`` takes; None where it will have nothing to do, or will tell what is wrong.
        """
        try:
            with self._database.read() as connection:
                known = current_digest(connection, document_id)
                if known is not None and (on_duplicate != "replace" or known == content_digest(loaded)):
                    return None
                engine = self._engines.of(connection)
            return self._prepare(engine, loaded, self._workers)
        except AssistantError:
            return None

    def prepare_again(self, engine: Engine, version: Version) -> Prepared:
        """What a version becomes with another engine, from any thread.

        Raises:
            StorageFailed: its vectors cannot be stored.
        """
        return self._prepare(engine, _loaded_again(version), self._workers)

    def ingest(
        self,
        document_id: str,
        loaded: LoadedDocument,
        *,
        origin: str,
        by: str,
        path: str | None = None,
        on_duplicate: OnDuplicate = "replace",
        expected: Expected | None = None,
        prepared: Prepared | None = None,
    ) -> Ingested:
        """Make ``loaded`` the current version of a document; when this returns it is durable and searchable.

        Args:
            document_id: the document.
            loaded: its text and metadata.
            origin: where it comes from, such as "api".
            by: who does it, for the record.
            path: its file in a folder that is synchronised.
            on_duplicate: what to do where there is such a document already.
            expected: what the current version has to be.
            prepared: what ``prepare`` made of the same document.

        Raises:
            InvalidDocument: an unusable id, or no text.
            Conflict: the id is taken and ``on_duplicate`` is "error".
            Moved: the current version is not as ``expected``.
            Refused: the document, or the one it would replace, is not in the scope alone.
            StorageFailed: nothing was changed.
        """
        check_id(document_id)
        if not any(character.isalnum() for character in loaded.text):
            raise InvalidDocument(f"The document {document_id!r} holds no text.", "Check that the file is not empty.")
        digest = content_digest(loaded)
        with self._writing(document_id):
            with self._database.read() as connection:
                self._check_scope(connection, document_id, loaded.metadata)
                document = find_document(connection, document_id)
                current = document.current_version if document else None
                version = get_version(connection, document_id, current) if current is not None else None
            _check_expected(document_id, version, expected)
            if version is not None:
                if version.content_sha256 == digest:
                    if document and (document.origin, document.path) != (origin, path):
                        with self._database.write() as connection:
                            writer.adopt(connection, document_id, origin=origin, path=path, by=by)
                    self._read_again(version)
                    return Ingested(document_id, version.number, "unchanged", 0, 0)
                if on_duplicate == "skip":
                    return Ingested(document_id, version.number, "skipped", 0, 0)
                if on_duplicate == "error":
                    raise Conflict(
                        f"The document {document_id!r} exists already.",
                        "Send on_duplicate=replace to make a new version, or choose another id.",
                    )
            outcome: Outcome = "updated" if version else "added"
            return self._replace(document_id, loaded, digest, origin, path, by, outcome, prepared)

    def reread(self, document_id: str) -> None:
        """Find the statements of a document's current version again, by the present rules.

        Raises:
            NotFound: there is none.
            StorageFailed: nothing was changed.
        """
        with self._writing(document_id):
            with self._database.read() as connection:
                version = get_version(connection, document_id)
            self._read_again(version)

    def _read_again(self, version: Version) -> None:
        if version.statement_rules == self.rules:
            return
        statements = self._workers.annotate(_loaded_again(version)).statements
        with self._database.write() as connection:
            writer.replace_statements(connection, version.document_id, version.number, statements, self.rules)

    def withdraw(self, document_id: str, *, by: str, expected: Expected | None = None) -> int:
        """Take a document out of the corpus; when this returns it is found nowhere.

        Returns:
            how many passages are no longer found.

        Raises:
            NotFound: no such document.
            Moved: the current version is not as ``expected``.
            Refused: the document is not in the scope alone.
        """
        with self._writing(document_id), self._database.write() as connection:
            self._check_scope(connection, document_id)
            if expected is not None:
                _check_expected(document_id, get_version(connection, document_id), expected)
            near.forget(connection, document_id)
            return writer.withdraw(connection, document_id, by=by)

    def mark(self, document_id: str, version: int, key: MarkKey, mark: Mark | None, *, by: str) -> Statement:
        """Note what a curator says of a statement; None takes that back.

        Raises:
            NotFound: the version has no such statement.
            Refused: the document is not in the scope alone.
        """
        with self._writing(document_id), self._database.write() as connection:
            self._check_scope(connection, document_id)
            return set_mark(connection, document_id, version, key, mark, by=by)

    def _check_scope(self, connection: Connection, document_id: str, to_be: Metadata | None = None) -> None:
        """Refuse what whoever writes may not write.

        An id that is taken outside of the scope cannot be written either; the refusal is the same for both, so that it
        does not tell whose it is.
        """
        if not self._scope:
            return
        latest = latest_version(connection, document_id)
        if to_be is None and (latest is None or not self._scope.holds(latest.metadata)):
            raise no_document(document_id)
        concerned = [metadata for metadata in (to_be, latest.metadata if latest else None) if metadata is not None]
        if not all(self._scope.owns(metadata) for metadata in concerned):
            raise Refused(
                f"The document {document_id!r} cannot be written with this key, which is limited to {self._scope}.",
                "Give it no other topic and source, choose another id, or ask the administrator for another key.",
            )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold off every write to documents, once those under way are finished."""
        with ExitStack() as stack:
            for lock in self._locks:
                stack.enter_context(lock)
            yield

    @contextmanager
    def _writing(self, document_id: str) -> Iterator[None]:
        """Nobody else writes this document, in this process or another."""
        with self._locks[hash(document_id) % STRIPES], self._database.holding(writer.lock_of(document_id)):
            yield

    def _replace(
        self,
        document_id: str,
        loaded: LoadedDocument,
        digest: str,
        origin: str,
        path: str | None,
        by: str,
        outcome: Outcome,
        prepared: Prepared | None,
    ) -> Ingested:
        while True:
            engine = self._engines.current
            try:
                if prepared is None or prepared.engine is not engine:
                    prepared = self._prepare(engine, loaded, self._annotator)
                done = self._attempt(prepared, document_id, loaded, digest, origin, path, by, outcome)
            except StorageFailed:
                if self._engines.current is engine:
                    raise
                continue
            if done is not None:
                return done

    def _prepare(self, engine: Engine, loaded: LoadedDocument, annotator: Annotator) -> Prepared:
        annotations = annotator.annotate(loaded)
        chunks = engine.chunker.split(loaded, annotations.sentences)
        embedded = vectorizing.embed(self._database, engine, chunks)
        return Prepared(engine, tuple(chunks), annotations.statements, embedded)

    def _attempt(
        self,
        prepared: Prepared,
        document_id: str,
        loaded: LoadedDocument,
        digest: str,
        origin: str,
        path: str | None,
        by: str,
        outcome: Outcome,
    ) -> Ingested | None:
        """Make the version with one engine; None where another process has put another in its place meanwhile."""
        engine, chunks = prepared.engine, prepared.chunks
        if not chunks:
            raise InvalidDocument(f"The document {document_id!r} holds no sentence.", None)
        drafts = vectorizing.drafts(loaded.text, chunks)
        with self._database.write() as connection:
            number, seqs = writer.stage_version(
                connection, document_id, loaded, digest, drafts, generation=engine.generation, origin=origin, by=by
            )
        try:
            vectorizing.index(self._database, engine, seqs, drafts)
            values = duplicates.signature(loaded.text)
            bands = duplicates.bands(values)
            with self._database.write() as connection:
                if generations.current_generation(connection).id != engine.generation:
                    writer.discard_staged_of(connection, document_id)
                    return None
                twins = duplicates.most_similar(values, near.candidates(connection, bands, leave_out=document_id))
                group = near.group_of(connection, twins[0].document_id) if twins else document_id
                near.remember(connection, document_id, number, values.tobytes(), bands, group)
                writer.publish_version(
                    connection,
                    document_id,
                    number,
                    prepared.statements,
                    generation=engine.generation,
                    origin=origin,
                    path=path,
                    by=by,
                    action=outcome,
                    rules=self.rules,
                    content_sha256=digest,
                )
        except BaseException:
            # On a full disk this fails too; the next attempt or the next start makes up for it.
            with suppress(StorageFailed), self._database.write() as connection:
                writer.discard_staged_of(connection, document_id)
            raise
        return Ingested(document_id, number, outcome, len(chunks), prepared.embedded)


def _loaded_again(version: Version) -> LoadedDocument:
    """A version as it was when it came in."""
    return LoadedDocument(version.text, version.blocks, version.metadata, version.document_id, version.media_type)


def _check_expected(document_id: str, current: Version | None, expected: Expected | None) -> None:
    if expected is None or expected.met_by(current):
        return
    now = "there is none" if current is None else f"it is at version {current.number}"
    raise Moved(
        f"The document {document_id!r} is not what the request expects: {now}.",
        "Read it again, look at what has changed, and send its new ETag.",
    )


def check_id(document_id: str) -> None:
    """Refuse an id that cannot be shown, linked or kept.

    Raises:
        InvalidDocument: empty, longer than 200 characters, or not printable.
    """
    if not document_id.strip() or len(document_id) > MAX_ID_CHARS or not document_id.isprintable():
        raise InvalidDocument(
            f"{document_id[:60]!r} cannot be a document id.",
            f"An id is any printable text of 1 to {MAX_ID_CHARS} characters.",
        )
