"""The composition root: the one place where the parts are put together."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.actors import ActorBook
from assistant.asking import Asker
from assistant.curation.chunking import CHUNKER, Chunker
from assistant.curation.fetching import fetch
from assistant.curation.intake import Intake
from assistant.curation.jobs import JobRunner
from assistant.curation.loaders import Limits
from assistant.curation.pipeline import Pipeline
from assistant.curation.sandbox import Sandbox
from assistant.curation.statements import StatementExtractor
from assistant.curation.sync import FolderSync
from assistant.errors import DataDirectoryLocked, InvalidConfiguration, NotFound, StorageFailed
from assistant.index import writer
from assistant.index.database import Database
from assistant.index.embedding import Encoder, SentenceTransformerEncoder
from assistant.index.supervisor import IndexSupervisor
from assistant.language import Language
from assistant.paths import shipped
from assistant.retrieval.hybrid import HybridRetriever
from assistant.retrieval.question import QuestionReader
from assistant.settings import Settings
from assistant.stances import StanceBook

CATALOG = "catalog.sqlite3"
LOCK = "lock"
OWNER = "owner.json"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a command or a request needs, ready to use."""

    settings: Settings
    database: Database
    encoder: Encoder
    index: IndexSupervisor
    pipeline: Pipeline
    sync: FolderSync
    sandbox: Sandbox
    intake: Intake
    jobs: JobRunner
    asker: Asker
    language: Language

    def warm_up(self) -> None:
        """Load both models now, so that the first question does not wait for them."""
        self.encoder.encode_question("ready")
        self.language.parse("Ready.")


@contextmanager
def open_services(settings: Settings, encoder: Encoder | None = None) -> Iterator[Services]:
    """Open the data directory for this process alone, and close it in order at the end.

    Args:
        settings: what to open.
        encoder: used instead of the configured model.

    Raises:
        DataDirectoryLocked: another process owns it.
        StorageFailed: it cannot be created, read or written.
        ModelUnavailable: the encoder cannot be used.
        InvalidConfiguration: the corpus was embedded with another model, or a data file is wrong.
    """
    with ExitStack() as stack:
        stack.enter_context(own_data_dir(settings))
        database = Database(settings.data_dir / CATALOG)
        stack.callback(database.close)
        database.migrate()
        encoder = encoder or SentenceTransformerEncoder(settings.embedding_model)
        fingerprint = f"{encoder.fingerprint}/{CHUNKER}"
        with database.write() as connection:
            writer.discard_staged(connection)
            generation = writer.ensure_generation(connection, fingerprint, encoder.dimension)
            current = writer.current_generation(connection)
        if current is None or current.id != generation:
            raise InvalidConfiguration(
                f"The corpus was embedded with {current.fingerprint if current else 'no model'}, not {fingerprint}.",
                "Run `assistant reindex` to embed it again, or set ASSISTANT_EMBEDDING_MODEL back.",
            )
        key = hashlib.sha256(fingerprint.encode()).hexdigest()[:12]
        index = IndexSupervisor(database, settings.data_dir / "index", generation, key)
        index.open()
        stack.callback(index.close)
        limits = Limits(bytes=settings.max_document_bytes)
        sandbox = stack.enter_context(Sandbox(limits))
        language = Language()
        actors, stances = ActorBook.load(shipped("corpus/actors.yaml")), StanceBook.load(shipped("corpus/stances.yaml"))
        extractor = StatementExtractor(language, actors, stances)
        chunker = Chunker(language, encoder.count_tokens, encoder.max_tokens)
        pipeline = Pipeline(database, index, generation, encoder, chunker, extractor.extract)
        asker = Asker(
            database,
            encoder,
            HybridRetriever(index, generation, settings.fusion_weight),
            QuestionReader(language, actors, stances),
            settings.max_question_chars,
            settings.answer_sentences,
            settings.refusal_threshold,
        )
        intake = Intake(sandbox, partial(fetch, limits=limits, allow_private=settings.allow_private_addresses))
        jobs = JobRunner(database, pipeline, intake)
        stack.callback(jobs.close)
        yield Services(
            settings,
            database,
            encoder,
            index,
            pipeline,
            FolderSync(database, pipeline, sandbox, limits),
            sandbox,
            intake,
            jobs,
            asker,
            language,
        )


@contextmanager
def own_data_dir(settings: Settings) -> Iterator[None]:
    """Hold the data directory's lock.

    Raises:
        DataDirectoryLocked: another process holds it.
        StorageFailed: the directory cannot be made or written.
    """
    folder = settings.data_dir
    lock = FileLock(folder / LOCK, timeout=settings.lock_timeout)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise DataDirectoryLocked(
            f"The data directory {folder} is in use{_owner(folder)}.",
            "Stop that process, ask it over HTTP, or choose another directory with --data-dir.",
        ) from error
    except OSError as error:
        raise StorageFailed(
            f"The data directory {folder} cannot be used: {error.strerror or error}.",
            "Choose a directory that this user may write to with --data-dir.",
        ) from error
    try:
        (folder / OWNER).write_text(json.dumps({"pid": os.getpid()}))
        yield
    finally:
        (folder / OWNER).unlink(missing_ok=True)
        lock.release()


@contextmanager
def read_catalog(settings: Settings) -> Iterator[Database]:
    """The catalog alone, for reading beside a process that owns the data directory.

    Raises:
        NotFound: there is no catalog yet.
    """
    path = settings.data_dir / CATALOG
    if not path.exists():
        raise NotFound(
            f"There is no corpus in {settings.data_dir}.",
            "Make one with `assistant sync DIR`, or name its place with --data-dir.",
        )
    database = Database(path)
    try:
        yield database
    finally:
        database.close()


def announce(folder: Path, address: str) -> None:
    """Let other processes know where this one serves."""
    (folder / OWNER).write_text(json.dumps({"pid": os.getpid(), "address": address}))


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER).read_text())
        address = f", serving on {owner['address']}" if "address" in owner else ""
        return f" by process {owner['pid']}{address}"
    except (OSError, ValueError, KeyError):
        return " by another process"
