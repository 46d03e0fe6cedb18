"""The composition root: the one place where the parts are put together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from assistant.access import KeyRing
from assistant.access_model import Principal
from assistant.actors import ActorBook
from assistant.answering.brief_prose import BriefProse
from assistant.answering.chat_model import ChatModel, configured
from assistant.answering.generative import Writer
from assistant.answering.grounding.analysis import Analyst
from assistant.answering.grounding.checking import SentenceChecker
from assistant.answering.grounding.entailment import NliModel
from assistant.answering.grounding.lexicon import Lexicon
from assistant.answering.positions import PositionFinder
from assistant.answering.prompts import PromptBook
from assistant.answering.reader.onnx import open_reader
from assistant.answering.reader.second_look import SecondLook
from assistant.answering.rewriting import QuestionRewriter
from assistant.asking import Asker
from assistant.briefing import Briefing
from assistant.catalogs import own_catalog
from assistant.conversations import Conversations
from assistant.curation.annotating import LanguageAnnotator
from assistant.curation.annotation_workers import AnnotationWorkers
from assistant.curation.fetching import fetch
from assistant.curation.intake import Intake
from assistant.curation.jobs import JobRunner
from assistant.curation.loaders import Limits
from assistant.curation.pipeline import Pipeline
from assistant.curation.reindexing import take_turns
from assistant.curation.rereading import reread
from assistant.curation.sandbox import Sandbox
from assistant.curation.statements import StatementExtractor
from assistant.curation.statements.rules import rules_fingerprint
from assistant.curation.sync import FolderSync
from assistant.curation.watching import Background
from assistant.engines import Engine, Engines, encoder_in, fingerprint_of
from assistant.errors import InvalidConfiguration
from assistant.index import generations, writer
from assistant.index.conversation_store import Owner
from assistant.index.database import Database
from assistant.index.embedding import Encoder
from assistant.index.encoders import former_encoder, open_encoder
from assistant.index.nearest import VectorIndex
from assistant.index.vectors import ChromaServer
from assistant.language import Language
from assistant.metrics import Metrics
from assistant.models import Answer
from assistant.onnx_session import cores
from assistant.paths import actors_path, shipped, stances_path
from assistant.retrieval.follow_up import FollowUps
from assistant.retrieval.parts import QuestionParts
from assistant.retrieval.question import QuestionReader
from assistant.retrieval.rerank import CrossEncoderReranker
from assistant.settings import Settings
from assistant.stances import StanceBook
from assistant.telemetry import AnswerTraces
from assistant.verifying import Verifier

MOST_TURNS = 32  # of questions that wait for servers


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a command or a request needs, ready to use."""

    settings: Settings
    database: Database
    engines: Engines
    successor: Engine | None  # of another model or chunker, waiting to be filled by `reindex`
    pipeline: Pipeline
    sync: FolderSync
    sandbox: Sandbox
    intake: Intake
    jobs: JobRunner
    asker: Asker
    briefing: Briefing
    verifier: Verifier
    language: Language
    metrics: Metrics

    @property
    def keys(self) -> KeyRing:
        """Who may ask and write over HTTP."""
        return KeyRing(self.database)

    def conversations(self, owner: Owner | None) -> Conversations:
        """The conversations of one reader; of everybody for None."""
        return Conversations(self.database, owner)

    def within(self, principal: Principal) -> Services:
        """The same services as somebody sees them: where their key is limited, nothing else is read or written."""
        if not principal.scope:
            return self
        database = self.database.within(principal)
        return replace(
            self,
            database=database,
            pipeline=self.pipeline.within(principal.scope),
            jobs=self.jobs.within(database),
            asker=replace(self.asker, database=database),
            briefing=replace(self.briefing, database=database),
            verifier=replace(self.verifier, database=database),
        )

    @property
    def encoder(self) -> Encoder:
        """The encoder that answers now."""
        return self.engines.current.encoder

    @property
    def index(self) -> VectorIndex:
        """The index that answers now."""
        return self.engines.current.index

    def start_background(self) -> Background:
        """Begin what a serving process does by itself: jobs, the watched folder, feeds, a new model's vectors.

        Returns:
            what to close before the services.
        """
        self.jobs.start()
        background = Background(self.database)
        settings = self.settings
        if settings.watch_dir is not None:
            background.watch(settings.watch_dir, self.sync)
        if settings.feeds:
            seconds = settings.poll_minutes * 60
            background.poll(settings.feeds, seconds, self.sandbox, self.pipeline, self.intake.fetch)
        if self.successor is not None:
            work = partial(take_turns, self.database, self.engines, self.pipeline, self.successor, background.stopped)
            background.once("Embedding with the new model", work)
        background.alone(
            "Reading statements again", partial(reread, self.database, self.pipeline, stop=background.stopped)
        )
        return background

    def warm_up(self) -> None:
        """Load every model now, so that the first question does not wait for them and a wrong setting is told."""
        reader = self.asker.second_look.reader
        # Opening the two models is not Python's work, which is what loading spaCy is.
        with ThreadPoolExecutor(1, thread_name_prefix="warm-up") as beside:
            loading: list[Future[object]] = [beside.submit(self.encoder.encode_question, "ready")]
            if reader is not None:
                loading.append(beside.submit(reader.load))
            self.language.parse("Ready.")
            for one in loading:
                one.result()
        self.verifier.checker.warm_up()
        if self.asker.writer is not None:
            self.asker.writer.model.load()


@contextmanager
def open_services(
    settings: Settings,
    encoder: Encoder | None = None,
    *,
    chat_model: ChatModel | None = None,
    to_reindex: bool = False,
    owned: bool = False,
) -> Iterator[Services]:
    """Open the corpus and close it in order at the end: the data directory for this process alone, or the servers.

    A corpus that was embedded with another model goes on being served with that one, where it can still be loaded;
    ``Services.successor`` is then the engine that waits to be filled.

    Args:
        settings: what to open.
        encoder: used instead of the configured model.
        chat_model: used instead of the configured one.
        to_reindex: open even when the model that the corpus was embedded with is gone.
        owned: the caller holds the data directory already, see ``own_data_dir``.

    Raises:
        DataDirectoryLocked: another process owns it.
        StorageFailed: it cannot be created, read or written.
        ModelUnavailable: the encoder cannot be used.
        InvalidConfiguration: the corpus was embedded with another model, or a data file is wrong.
    """
    with ExitStack() as stack:
        database = stack.enter_context(own_catalog(settings, owned=owned))
        server = _chroma_server(settings, stack)
        encoder = encoder or open_encoder(
            settings.embedding_model, settings.embedding_backend, settings.cache_dir, settings.encoder_threads
        )
        language = Language()
        engines = Engines(database, settings, partial(_encoder_of, configured=encoder, settings=settings), server)
        stack.callback(engines.close)
        successor = _open_engines(database, engines, encoder, settings, to_reindex=to_reindex)
        limits = Limits(bytes=settings.max_document_bytes)
        sandbox = stack.enter_context(Sandbox(limits, workers=cores()))
        who, what = actors_path(settings.actors_file), stances_path(settings.stances_file)
        actors, stances = ActorBook.load(who), StanceBook.load(what)
        extractor = StatementExtractor(language, actors, stances)
        annotator = LanguageAnnotator(language, extractor)
        workers = AnnotationWorkers(annotator, (who, what), _annotation_processes(settings))
        stack.callback(workers.close)
        pipeline = Pipeline(database, engines, annotator, workers, rules_fingerprint(who, what))
        reader = open_reader(settings.reader)
        if reader is not None:
            stack.callback(reader.close)
        entailment = NliModel(settings.nli_model) if settings.nli_model is not None else None
        checker = SentenceChecker(language, Analyst(actors), Lexicon(), entailment)
        chat_model = chat_model or configured(settings)
        writer = rewriter = prose = None
        if chat_model is not None:
            stack.callback(chat_model.close)
            prompts = PromptBook(shipped("prompts"))
            writer = Writer(chat_model, prompts, checker, language, settings.answer_sentences)
            rewriter = QuestionRewriter(prompts, language, actors)
            prose = BriefProse(chat_model, prompts, checker, language)
        follow_ups = FollowUps(language, actors)
        metrics = Metrics()
        listeners: tuple[Callable[[Answer], None], ...] = (metrics.answered,)
        if settings.otlp_endpoint is not None:
            traces = AnswerTraces(settings.otlp_endpoint)
            stack.callback(traces.close)
            listeners = (*listeners, traces.answered)
        asker = Asker(
            database,
            engines,
            QuestionReader(language, actors, stances),
            follow_ups,
            QuestionParts(actors, follow_ups),
            PositionFinder(actors, stances, None),
            settings.max_question_chars,
            settings.answer_sentences,
            settings.refusal_threshold,
            SecondLook(
                settings.read_passages,
                settings.refusal_threshold,
                reader,
                CrossEncoderReranker(settings.reranker) if settings.reranker else None,
            ),
            writer,
            rewriter,
            listeners,
            threading.Semaphore(_turns(settings)),
        )
        intake = Intake(sandbox, partial(fetch, allow_private=settings.allow_private_addresses), limits)
        jobs = JobRunner(database, pipeline, intake)
        stack.callback(jobs.close)
        yield Services(
            settings,
            database,
            engines,
            successor,
            pipeline,
            FolderSync(database, pipeline, sandbox, limits),
            sandbox,
            intake,
            jobs,
            asker,
            Briefing.over(database, engines, actors, stances, prose),
            Verifier(database, engines, language, checker, settings.max_draft_chars),
            language,
            metrics,
        )


def _open_engines(
    database: Database, engines: Engines, encoder: Encoder, settings: Settings, *, to_reindex: bool
) -> Engine | None:
    """Open what answers, and what is to replace it where the configured model is another one."""
    fingerprint = fingerprint_of(encoder)
    with database.write() as connection:
        writer.discard_staged(connection)
        generation = generations.ensure_generation(connection, fingerprint, encoder.dimension)
        current = generations.current_generation(connection)
    if current.id == generation:
        engines.open(generation, fingerprint, encoder)
        return None
    former = _encoder_of(current.fingerprint, encoder, settings)
    if former is not None:
        engines.open(current.id, current.fingerprint, former)
    elif not to_reindex:
        raise InvalidConfiguration(
            f"The corpus was embedded with {current.fingerprint}, not {fingerprint}.",
            "Run `assistant reindex` to embed it again, or set ASSISTANT_EMBEDDING_MODEL back.",
        )
    return engines.open(generation, fingerprint, encoder)


def _encoder_of(fingerprint: str, configured: Encoder, settings: Settings) -> Encoder | None:
    """An encoder whose vectors are those of ``fingerprint``; None where its model is gone."""
    wanted = encoder_in(fingerprint)
    if wanted == configured.fingerprint:
        return configured
    return former_encoder(wanted, settings.cache_dir, settings.encoder_threads)


def _annotation_processes(settings: Settings) -> int:
    """Parsing a document costs about what encoding it does, so half of the cores are for each."""
    return settings.import_processes if settings.import_processes is not None else max(1, cores() // 2)


def _turns(settings: Settings) -> int:
    """How many questions are worked on at once: as many as keep the cores busy, more where servers are waited for."""
    return cores() + 1 if settings.database_url is None else MOST_TURNS


def _chroma_server(settings: Settings, stack: ExitStack) -> ChromaServer | None:
    if settings.chroma_url is None:
        return None
    server = ChromaServer(settings.chroma_url)
    stack.callback(server.close)
    return server
