"""Works through accepted jobs in the background, one item at a time, and goes on after a restart.

Where several processes use the catalog, each takes the oldest job that nobody works on, for a lease that it renews
while it lives. The job of one that has died is taken over when its lease has ended.
"""

from __future__ import annotations

import copy
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from assistant.curation.ahead import ahead
from assistant.curation.intake import Intake
from assistant.curation.pipeline import Pipeline, ReadAhead
from assistant.errors import AssistantError, Conflict, NotFound, StorageFailed, Unavailable
from assistant.index import audit_log, job_store
from assistant.index.database import Database
from assistant.index.job_store import FINISHED, Job, JobItemResult
from assistant.index.records import now
from assistant.models import OnDuplicate, Submission
from assistant.request_context import acting

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
POLL_SECONDS = 0.5  # how often a look is taken at what other processes do
IDLE_SECONDS = 60.0
ONLY_WORKER = "only"  # of a catalog that no other process uses: what it had claimed before it ended is its own
HELD_SECONDS = 3_600.0  # how long a preview can be added without sending it again


@dataclass(slots=True)
class Changes:
    """How often any job has moved; one for all views of a runner."""

    count: int = 0


class JobRunner:
    """One worker thread over the job tables.

    An item is done when its document is published and only then marked; a restart between the two repeats the item,
    which finds the document unchanged.
    """

    def __init__(self, database: Database, pipeline: Pipeline, intake: Intake) -> None:
        self._database = database
        self._pipeline = pipeline
        self._intake = intake
        self._worker = uuid.uuid4().hex if database.shared else ONLY_WORKER
        self._changed = threading.Condition()
        self._changes = Changes()
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def within(self, database: Database) -> JobRunner:
        """The same worker for somebody whose key is limited: only their own jobs, and what they may write."""
        seen = copy.copy(self)
        seen._database = database
        return seen

    def start(self) -> None:
        """Begin working, first on what an earlier process left."""
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def submit(
        self, kind: str, submissions: Iterable[Submission], *, by: str, on_duplicate: OnDuplicate = "replace"
    ) -> str:
        """Accept a job; when this returns it is durable.

        Returns:
            the job's id.

        Raises:
            StorageFailed: it could not be kept, and will not be done.
        """
        job_id = uuid.uuid4().hex
        with self._database.write() as connection:
            job_store.create(
                connection,
                job_id,
                kind,
                submissions,
                actor=by,
                on_duplicate=on_duplicate,
                scope=self._database.scope,
            )
        self._wake.set()
        return job_id

    def hold(self, submissions: Iterable[Submission], *, by: str) -> str:
        """Keep what was handed in for a preview, for an hour: it can be added without being sent again.

        Returns:
            what ``release`` takes.
        """
        held_id = uuid.uuid4().hex
        with self._database.write() as connection:
            job_store.forget_held(connection, now(ago=HELD_SECONDS))
            job_store.create(
                connection,
                held_id,
                "documents",
                submissions,
                actor=by,
                on_duplicate="replace",
                held=True,
                scope=self._database.scope,
            )
        return held_id

    def release(self, held_id: str, *, by: str, on_duplicate: OnDuplicate = "replace") -> str:
        """Accept as a job what the same person had previewed; when this returns it is durable.

        Returns:
            the job's id.

        Raises:
            NotFound: it is not held any more.
        """
        with self._database.write() as connection:
            if not job_store.release(connection, held_id, actor=by, on_duplicate=on_duplicate):
                raise NotFound("What was previewed is not kept any more.", "Hand it in again.")
        self._wake.set()
        return held_id

    def get(self, job_id: str) -> Job:
        """A job and its progress.

        Raises:
            NotFound: no such job.
        """
        with self._database.read() as connection:
            return job_store.get(connection, job_id)

    def cancel(self, job_id: str, *, by: str) -> Job:
        """Stop a job after the item it is at; what is finished stays.

        Raises:
            NotFound: no such job.
            Conflict: it is finished.
        """
        self.get(job_id)  # whoever does not see it cannot stop it
        with self._database.write() as connection:
            job = job_store.get(connection, job_id)
            if job.state in FINISHED:
                raise Conflict(f"The job {job_id} is {job.state} already.", "Nothing is left to cancel.")
            job_store.set_state(connection, job_id, "cancelled")
            job_store.drop_data(connection, job_id)
            audit_log.note(connection, "job.cancelled", by=by, subject=job_id)
        self._tell()
        return self.get(job_id)

    def wait(self, job_id: str, timeout: float) -> Job:
        """The job once it is finished, or as it is after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while not self._closed.is_set():
            with self._changed:  # before the look, so that nothing that moves after it is missed
                job = self.get(job_id)
                left = deadline - time.monotonic()
                if job.state in FINISHED or left <= 0:
                    return job
                self._changed.wait(min(left, self.stale_after))
        return self.get(job_id)

    @property
    def changes(self) -> int:
        """A number that grows whenever a job moves; looking at it costs nothing."""
        return self._changes.count

    @property
    def stale_after(self) -> float:
        """Seconds after which a job may have moved without a change here, because another process works on it."""
        return POLL_SECONDS if self._database.shared else math.inf

    def close(self) -> None:
        """Stop after the item in hand; the rest goes on at the next start."""
        self._closed.set()
        self._wake.set()
        self._tell()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                if not self._work():
                    self._wake.wait(min(IDLE_SECONDS, self.stale_after))
                    self._wake.clear()
            except Unavailable as error:
                log.error("A job waits: %s", error)
                self._closed.wait(RETRY_SECONDS)

    def _work(self) -> bool:
        """Do the oldest job that nobody does; whether there was one."""
        with self._database.read() as connection:
            if job_store.next_open(connection, self._worker) is None:
                return False
        with self._database.write() as connection:
            job_id = job_store.claim(connection, self._worker, LEASE_SECONDS)
            if job_id is None:
                return False
            job = job_store.get(connection, job_id)
        with self._leased(job_id):
            while self._goes_on(job_id):
                with self._database.read() as connection:
                    items = job_store.next_items(connection, job_id)
                if not items:
                    self._finish(job_id)
                    break
                for item, read in ahead(partial(self._read, job), items):
                    if not self._goes_on(job_id):
                        break
                    with acting(job.handed_in.request_id, job.handed_in.key_id):
                        self._do(job, item, read)
        return True

    @contextmanager
    def _leased(self, job_id: str) -> Iterator[None]:
        """Keep others off a job, also while one item of it takes long, and let go of it at the end of this process."""
        if not self._database.shared:
            yield
            return
        done = threading.Event()

        def renew() -> None:
            while not done.wait(RENEW_SECONDS):
                try:
                    with self._database.write() as connection:
                        job_store.renew(connection, job_id, self._worker, LEASE_SECONDS)
                except Unavailable as error:
                    log.warning("The lease of job %s was not renewed: %s", job_id, error)

        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            if self._closed.is_set():
                with suppress(StorageFailed), self._database.write() as connection:
                    job_store.let_go(connection, job_id, self._worker)

    def _goes_on(self, job_id: str) -> bool:
        if self._closed.is_set():
            return False
        with self._database.read() as connection:
            return job_store.is_running(connection, job_id, self._worker)

    def _read(self, job: Job, item: job_store.OpenItem) -> list[ReadAhead]:
        """The documents of an item, prepared as far as can be done beside other items."""
        return [
            ReadAhead(document_id, loaded, self._pipeline.prepare(document_id, loaded, job.on_duplicate))
            for document_id, loaded in self._intake.read(item.submission)
        ]

    def _do(self, job: Job, item: job_store.OpenItem, read: Callable[[], list[ReadAhead]]) -> None:
        job_id, pipeline = job.id, self._pipeline.within(job.scope)
        results: list[JobItemResult] = []
        failure: str | None = None
        try:
            for each in read():
                done = pipeline.ingest(
                    each.id,
                    each.document,
                    origin="api",
                    by=job.actor,
                    on_duplicate=job.on_duplicate,
                    prepared=each.prepared,
                )
                results.append(
                    JobItemResult(item.submission.name, done.document_id, done.version, done.outcome, done.passages)
                )
        except Unavailable as error:
            if item.submission.kind != "url" or isinstance(error, StorageFailed):
                raise  # the disk or the model, not the item: try again later
            failure = str(error)
        except AssistantError as error:
            failure = str(error)
        except Exception as error:  # one bad file must not stop the rest
            log.exception("The item %r of job %s failed", item.submission.name, job_id)
            failure = f"It could not be read ({type(error).__name__})."
        with self._database.write() as connection:
            if not job_store.renew(connection, job_id, self._worker, LEASE_SECONDS):
                return  # another process has taken it over, and finds these documents unchanged
            if failure is not None:
                job_store.add_items(connection, job_id, results)
                job_store.finish_item(connection, job_id, item.ordinal, failure)
            else:
                job_store.finish_item(connection, job_id, item.ordinal, results[0])
                job_store.add_items(connection, job_id, results[1:])
        self._tell()

    def _finish(self, job_id: str) -> None:
        with self._database.write() as connection:
            job = job_store.get(connection, job_id)
            if job.state == "running":
                job_store.set_state(connection, job_id, "failed" if job.failed and not job.done else "done")
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._changes.count += 1
            self._changed.notify_all()
