"""Jobs in the catalog: what was accepted, how far it is, and what went wrong with which item."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, case, delete, func, insert, or_, select, update

from assistant.access_model import WHOLE, Scope
from assistant.errors import NotFound
from assistant.index import audit_log, schema
from assistant.index.records import now, to_json
from assistant.models import OnDuplicate, Submission
from assistant.request_context import Acting, current

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
FINISHED = ("done", "failed", "cancelled")
HELD = "held"  # handed in for a preview, not yet to be worked on
SHOWN_ERRORS = 100


@dataclass(frozen=True, slots=True)
class JobError:
    """An item that could not be used, and why."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class JobItemResult:
    """What became of one item."""

    name: str
    document_id: str
    version: int
    outcome: str
    passages: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job with its progress, counted from its items."""

    id: str
    seq: int  # its place in the order in which jobs are done
    kind: str
    state: JobState
    actor: str
    on_duplicate: OnDuplicate
    created_at: str
    started_at: str | None
    finished_at: str | None
    error: str | None
    total: int
    done: int
    failed: int
    counts: dict[str, int]  # by outcome
    rate: float | None  # items a second since it started
    seconds_left: float | None
    errors: tuple[JobError, ...]
    results: tuple[JobItemResult, ...]  # the first hundred
    handed_in: Acting  # with which key, by which request
    scope: Scope = WHOLE  # what the actor may write


def create(
    connection: Connection,
    job_id: str,
    kind: str,
    submissions: Iterable[Submission],
    *,
    actor: str,
    on_duplicate: str,
    held: bool = False,
    scope: Scope = WHOLE,
) -> None:
    """Accept a job: once this transaction commits, its items will be worked on, restart or not.

    Args:
        connection: a write transaction.
        job_id: the job's id.
        kind: documents, import or sync.
        submissions: its items.
        actor: who hands them in.
        on_duplicate: what to do when an id is taken.
        held: kept for a preview, and no job to anybody before it is released.
        scope: what the actor may write.
    """
    j, i = schema.jobs, schema.job_items
    seq = 1 + (connection.scalar(select(func.max(j.c.seq))) or 0)
    connection.execute(
        insert(j).values(
            id=job_id,
            seq=seq,
            kind=kind,
            state=HELD if held else "queued",
            actor=actor,
            on_duplicate=on_duplicate,
            created_at=now(),
            key_id=current().key_id,
            request_id=current().request_id,
            scope=to_json([list(scope.topics), list(scope.sources)]) if scope else None,
        )
    )
    if not held:
        audit_log.note(connection, "job.accepted", by=actor, subject=job_id, detail={"kind": kind})
    batch: list[dict[str, Any]] = []
    for ordinal, item in enumerate(submissions):
        batch.append(
            {
                "job_id": job_id,
                "ordinal": ordinal,
                "kind": item.kind,
                "name": item.name,
                "media_type": item.media_type,
                "document_id": item.document_id,
                "overrides": to_json(dict(item.overrides or {})),
                "data": item.data,
                "state": "queued",
            }
        )
        if len(batch) == 200:
            connection.execute(insert(i), batch)
            batch.clear()
    if batch:
        connection.execute(insert(i), batch)


def get(connection: Connection, job_id: str) -> Job:
    """A job and its progress.

    Raises:
        NotFound: no such job.
    """
    j = schema.jobs
    row = connection.execute(select(j).where(j.c.id == job_id, j.c.state != HELD)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no job {job_id!r}.", "List the jobs with GET /api/v1/jobs.")
    return _job(connection, row)


def newest(connection: Connection, limit: int, before: int | None = None) -> list[Job]:
    """The latest jobs, newest first.

    Args:
        connection: the snapshot to read.
        limit: most jobs.
        before: only those with a smaller place in the order.
    """
    j = schema.jobs
    query = select(j).where(j.c.state != HELD).order_by(j.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(j.c.seq < before)
    rows = connection.execute(query).mappings().all()
    return [_job(connection, row) for row in rows]


def next_open(connection: Connection, worker: str | None = None) -> str | None:
    """The oldest job that is not finished; of those that ``worker`` may take, where one is named."""
    job_id: str | None = connection.scalar(_open_to(worker))
    return job_id


def claim(connection: Connection, worker: str, lease_seconds: float) -> str | None:
    """Take the oldest job that nobody works on, or whose worker has not been heard of for its lease.

    Args:
        connection: a write transaction.
        worker: who takes it; what it had taken before it ended is its own again.
        lease_seconds: for so long nobody else takes it.

    Returns:
        the job's id; None where there is nothing to do.
    """
    j = schema.jobs
    job_id: str | None = connection.scalar(_open_to(worker).with_for_update(skip_locked=True))
    if job_id is not None:
        lease = {"claimed_by": worker, "lease_until": now(ago=-lease_seconds)}
        connection.execute(update(j).where(j.c.id == job_id).values(lease))
        set_state(connection, job_id, "running")
    return job_id


def renew(connection: Connection, job_id: str, worker: str, lease_seconds: float) -> bool:
    """Keep a job for longer; whether it is still this worker's."""
    j = schema.jobs
    mine = (j.c.id == job_id, j.c.claimed_by == worker)
    return bool(connection.execute(update(j).where(*mine).values(lease_until=now(ago=-lease_seconds))).rowcount)


def let_go(connection: Connection, job_id: str, worker: str) -> None:
    """Leave a job to others at once."""
    j = schema.jobs
    mine = (j.c.id == job_id, j.c.claimed_by == worker)
    connection.execute(update(j).where(*mine).values(claimed_by=None, lease_until=None))


def is_running(connection: Connection, job_id: str, worker: str) -> bool:
    """Whether a job is to be gone on with, by this worker."""
    j = schema.jobs
    mine = (j.c.id == job_id, j.c.claimed_by == worker, j.c.state == "running")
    return connection.scalar(select(j.c.id).where(*mine)) is not None


def _open_to(worker: str | None) -> Select[Any]:
    j = schema.jobs
    query = select(j.c.id).where(j.c.state.in_(("queued", "running"))).order_by(j.c.seq).limit(1)
    if worker is None:
        return query
    return query.where(or_(j.c.claimed_by.is_(None), j.c.claimed_by == worker, j.c.lease_until < now()))


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item that still has to be worked on."""

    ordinal: int
    submission: Submission


def next_items(connection: Connection, job_id: str, limit: int = 20) -> list[OpenItem]:
    """Items still to do, in order."""
    i = schema.job_items
    rows = connection.execute(
        select(i).where(i.c.job_id == job_id, i.c.state == "queued").order_by(i.c.ordinal).limit(limit)
    ).mappings()
    return [
        OpenItem(
            row["ordinal"],
            Submission(
                row["kind"],
                row["name"],
                row["data"],
                row["media_type"],
                row["document_id"],
                json.loads(row["overrides"]),
            ),
        )
        for row in rows
    ]


def add_items(connection: Connection, job_id: str, results: Iterable[JobItemResult]) -> None:
    """Record further documents that one item held."""
    i = schema.job_items
    ordinal = 1 + (connection.scalar(select(func.max(i.c.ordinal)).where(i.c.job_id == job_id)) or 0)
    rows = [
        {
            "job_id": job_id,
            "ordinal": ordinal + number,
            "kind": "file",
            "name": result.name,
            "overrides": "{}",
            "state": "done",
            **_result_columns(result),
        }
        for number, result in enumerate(results)
    ]
    if rows:
        connection.execute(insert(i), rows)


def finish_item(connection: Connection, job_id: str, ordinal: int, result: JobItemResult | str) -> None:
    """Record an item's result, or the reason why it failed; its bytes are let go."""
    i = schema.job_items
    values: dict[str, Any] = {"data": None}
    if isinstance(result, str):
        values |= {"state": "failed", "error": result}
    else:
        values |= {"state": "done", **_result_columns(result)}
    connection.execute(update(i).where(i.c.job_id == job_id, i.c.ordinal == ordinal).values(values))


def set_state(connection: Connection, job_id: str, state: JobState, error: str | None = None) -> None:
    """Move a job on. A finished job stays as it is."""
    j = schema.jobs
    values: dict[str, Any] = {"state": state, "error": error}
    if state == "running":
        values["started_at"] = func.coalesce(j.c.started_at, now())
    elif state in FINISHED:
        values["finished_at"] = now()
    connection.execute(update(j).where(j.c.id == job_id, j.c.state.not_in(FINISHED)).values(values))


def drop_data(connection: Connection, job_id: str) -> None:
    """Let go of the bytes of a job that will not be worked on."""
    i = schema.job_items
    connection.execute(update(i).where(i.c.job_id == job_id).values(data=None))


def release(connection: Connection, job_id: str, *, actor: str, on_duplicate: str) -> bool:
    """Turn what one curator had previewed into a job; whether it was still held."""
    j = schema.jobs
    mine = (j.c.id == job_id, j.c.state == HELD, j.c.actor == actor)
    traced = {"key_id": current().key_id, "request_id": current().request_id}
    changed = connection.execute(update(j).where(*mine).values(state="queued", on_duplicate=on_duplicate, **traced))
    if not changed.rowcount:
        return False
    audit_log.note(connection, "job.accepted", by=actor, subject=job_id, detail={"kind": "documents"})
    return True


def forget_held(connection: Connection, before: str) -> None:
    """Let go of what was handed in for a preview before a moment, and never released."""
    j, i = schema.jobs, schema.job_items
    old = (j.c.state == HELD, j.c.created_at < before)
    connection.execute(delete(i).where(i.c.job_id.in_(select(j.c.id).where(*old))))
    connection.execute(delete(j).where(*old))


def _result_columns(result: JobItemResult) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "result_id": result.document_id,
        "version": result.version,
        "passages": result.passages,
    }


def _job(connection: Connection, row: RowMapping) -> Job:
    i = schema.job_items
    mine = i.c.job_id == row["id"]
    total, done, failed = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((i.c.state == "done", 1), else_=0)), 0),
            func.coalesce(func.sum(case((i.c.state == "failed", 1), else_=0)), 0),
        ).where(mine)
    ).one()
    outcomes = connection.execute(
        select(i.c.outcome, func.count()).where(mine, i.c.outcome.is_not(None)).group_by(i.c.outcome)
    )
    errors = connection.execute(
        select(i.c.name, i.c.error).where(mine, i.c.state == "failed").order_by(i.c.ordinal).limit(SHOWN_ERRORS)
    )
    results = connection.execute(
        select(i.c.name, i.c.result_id, i.c.version, i.c.outcome, i.c.passages)
        .where(mine, i.c.state == "done")
        .order_by(i.c.ordinal)
        .limit(SHOWN_ERRORS)
    )
    rate, left = _pace(row, total, done + failed)
    return Job(
        id=row["id"],
        seq=row["seq"],
        kind=row["kind"],
        state=row["state"],
        actor=row["actor"],
        on_duplicate=row["on_duplicate"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        error=row["error"],
        total=total,
        done=done,
        failed=failed,
        counts={str(outcome): int(count) for outcome, count in outcomes},
        rate=rate,
        seconds_left=left,
        errors=tuple(JobError(name, error) for name, error in errors),
        results=tuple(JobItemResult(*values) for values in results),
        handed_in=Acting(row["request_id"], row["key_id"]),
        scope=_scope_of(row["scope"]),
    )


def _scope_of(kept: str | None) -> Scope:
    if kept is None:
        return WHOLE
    topics, sources = json.loads(kept)
    return Scope(tuple(topics), tuple(sources))


def _pace(row: RowMapping, total: int, settled: int) -> tuple[float | None, float | None]:
    if row["started_at"] is None or not settled:
        return None, None
    started = datetime.fromisoformat(row["started_at"])
    ended = datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else datetime.now(UTC)
    rate = settled / max((ended - started).total_seconds(), 1e-3)
    left = None if row["finished_at"] else round((total - settled) / rate, 1)
    return round(rate, 2), left
