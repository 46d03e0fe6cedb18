"""What the tests ask an assistant, here or in another process: what it holds, what it finds, whether it agrees."""

from __future__ import annotations

import time

from sqlalchemy import text

from assistant.asking import AskRequest
from assistant.index import catalog, document_table, job_store, lexical
from assistant.index.health import audit
from assistant.models import Filters
from assistant.services import Services
from tests.reliability.corpora import digest, loaded
from tests.reliability.remote import Session

# Statements about the catalog that must hold at every moment between two commits: a count of exceptions each.
_RULES = {
    "live passages of a version that is not current": """
        SELECT count(*) FROM passages p JOIN documents d ON d.id = p.document_id
        WHERE p.live AND (d.state != 'active' OR d.current_version != p.version)""",
    "passages of a current version that are not live": """
        SELECT count(*) FROM passages p JOIN documents d ON d.id = p.document_id AND d.current_version = p.version
        WHERE NOT p.live""",
    "active documents without passages": """
        SELECT count(*) FROM documents d WHERE d.state = 'active' AND NOT EXISTS
        (SELECT 1 FROM passages p WHERE p.document_id = d.id AND p.version = d.current_version)""",
    "versions that are current without being their document's": """
        SELECT count(*) FROM versions v JOIN documents d ON d.id = v.document_id
        WHERE (v.state = 'current') != (d.current_version IS NOT DISTINCT FROM v.number)""",
    "live statements of a version that is not current": """
        SELECT count(*) FROM statements s JOIN documents d ON d.id = s.document_id
        WHERE s.live AND d.current_version IS DISTINCT FROM s.version""",
    "documents without a version": """
        SELECT count(*) FROM documents d WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.document_id = d.id)""",
    "signatures of documents that are withdrawn": """
        SELECT count(*) FROM near_bands n JOIN documents d ON d.id = n.document_id WHERE d.state != 'active'""",
}


def broken_rules(services: Services) -> list[str]:
    """What in the catalog contradicts itself."""
    with services.database.read() as connection:
        counts = {rule: connection.scalar(text(query)) for rule, query in _RULES.items()}
        differ = len(catalog.live_seqs(connection)) - lexical.count(connection)
        counts["live passages that full text lacks, or has too many"] = abs(differ)
    return [f"{count} {rule}" for rule, count in counts.items() if count]


def holdings(services: Services) -> dict[str, str]:
    """Digest of the current text of every active document."""
    query = text("SELECT d.id, v.text FROM documents d JOIN versions v ON v.document_id = d.id "
                 "AND v.number = d.current_version WHERE d.state = 'active'")  # fmt: skip
    with services.database.read() as connection:
        return {row.id: digest(row.text) for row in connection.execute(query)}


def found(services: Services, query: str, limit: int = 10) -> list[tuple[str, str]]:
    """Document and text of what a search finds."""
    hits = services.asker.search(query, Filters(), limit)
    return [(hit.passage.document_id, hit.passage.text) for hit in hits]


def cited(services: Services, question: str) -> set[str]:
    """Documents that an answer or its passages come from."""
    answer = services.asker.ask(AskRequest(question))
    return {c.document_id for c in answer.citations} | {p.passage.document_id for p in answer.passages}


def wait_until_ready(services: Services, seconds: float) -> bool:
    """Whether the vector index comes to answer in time, failed attempts included."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if services.index.health().state == "ready":
            return True
        time.sleep(0.02)
    return False


def disagreements(services: Services) -> list[str]:
    """What the audit of ``assistant check`` finds wrong.

    A graph of neighbours is approximate: about one entry in thirty thousand is linked so badly that a search for its
    own vector misses it. One such in the audit's sample is let pass.
    """
    engine = services.engines.current
    findings = audit(services.database, engine.index, engine.fingerprint)
    return [f"{f.name}: {f.detail}" for f in findings if not f.ok and not f.detail.startswith("1 of ")]


# The same for an assistant in another process.


def remote_state(session: Session) -> tuple[dict[str, str], list[str], str]:
    """Holdings, broken rules and the index's state."""
    state = session.services.index.health().state
    return holdings(session.services), broken_rules(session.services), state


def remote_found(session: Session, queries: list[str]) -> list[list[tuple[str, str]]]:
    return [found(session.services, query) for query in queries]


def remote_cited(session: Session, question: str) -> set[str]:
    return cited(session.services, question)


def remote_ready(session: Session, seconds: float) -> float | None:
    """Seconds from the start of the process until the index answered; None if it did not in time."""
    ready = wait_until_ready(session.services, seconds)
    return time.monotonic() - session.opened if ready else None


def remote_audit(session: Session) -> list[str]:
    return disagreements(session.services)


def remote_put(session: Session, document_id: str, words: str) -> str:
    return session.services.pipeline.ingest(document_id, loaded(words), origin="test", by="tests").outcome


def remote_withdraw(session: Session, document_id: str) -> int:
    return session.services.pipeline.withdraw(document_id, by="tests")


def remote_work(session: Session) -> None:
    """Begin with the jobs, as a server does."""
    session.services.jobs.start()


def remote_settled(session: Session, seconds: float) -> bool:
    """Whether the jobs that were accepted come to their end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with session.services.database.read() as connection:
            if job_store.next_open(connection) is None:
                return True
        time.sleep(0.02)
    return False


def remote_encoded(session: Session) -> int:
    """Passages that the encoder of that process has read."""
    return session.encoder.encoded


def remote_versions(session: Session) -> dict[str, list[tuple[int, str]]]:
    """Number and text digest of every version of every active document."""
    with session.services.database.read() as connection:
        ids = [summary.document.id for summary in document_table.list_documents(connection)]
        return {i: [(v.number, digest(v.text)) for v in catalog.list_versions(connection, i)] for i in ids}
