"""The catalog's tables, as SQLAlchemy Core sees them; the migrations in ``migrations/`` create them.

The catalog is the only truth. Everything else on disk (Chroma, the full-text table) can be thrown away and made
again from these rows, vectors included.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite gives rowids only to a column declared exactly INTEGER; PostgreSQL wants 64 bits.
_RowId = BigInteger().with_variant(Integer, "sqlite")

documents = Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", String(16), nullable=False),  # active | withdrawn
    Column("current_version", Integer),  # NULL once withdrawn
    Column("origin", Text, nullable=False),  # how it came in: "api", "sync:<folder>", "add"
    Column("path", Text),  # the file within the synced folder
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("documents_by_origin", "origin"),
)

versions = Table(
    "versions",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),  # staged | current | superseded | withdrawn
    Column("text", Text, nullable=False),
    Column("blocks", Text, nullable=False),  # JSON: [[start, end, kind, level, page], …]
    Column("title", Text, nullable=False),
    Column("source", Text),
    Column("source_type", Text),
    Column("author", Text),
    Column("url", Text),
    Column("language", Text),
    Column("published_at", String(32)),  # ISO 8601; NULL is "undated"
    Column("topics", Text, nullable=False),  # JSON list
    Column("content_sha256", String(64), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("minhash", LargeBinary),  # signature of the text's word shingles, little-endian uint32
    Column("statement_rules", String(64)),  # by what its statements were found
    Column("origin_group", Text),  # the first document of which this one is a near-duplicate; itself when there is none
    Index("versions_by_group", "origin_group"),
    Index("versions_by_date", "state", "published_at"),  # the newest date, which every answer tells
)

# Bands of the signatures of current versions: two texts that share a band may be near-duplicates.
near_bands = Table(
    "near_bands",
    metadata,
    Column("band", Integer, primary_key=True),
    Column("hash", BigInteger, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Index("near_bands_by_document", "document_id"),
)

generations = Table(
    "generations",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("fingerprint", Text, nullable=False, unique=True),  # model, revision, dimension, pooling, chunker
    Column("dimension", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # current | building | retired
    Column("created_at", String(32), nullable=False),
)

passages = Table(
    "passages",
    metadata,
    Column("seq", _RowId, primary_key=True, autoincrement=True),  # the id in the vector and full-text indexes
    Column("document_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("generation", _RowId, ForeignKey("generations.id"), nullable=False),  # which chunker and encoder
    Column("ordinal", Integer, nullable=False),
    Column("start_offset", Integer, nullable=False),
    Column("end_offset", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("headings", Text, nullable=False),  # JSON list, outermost first
    Column("sentences", Text, nullable=False),  # JSON: [[start, end], …] in the version's text
    Column("page", Integer),
    Column("input_sha256", String(64), nullable=False),  # of what the encoder was given
    Column("live", Boolean, nullable=False),  # of the current generation and the current version of an active document
    ForeignKeyConstraint(["document_id", "version"], ["versions.document_id", "versions.number"]),
    UniqueConstraint("document_id", "version", "generation", "ordinal"),
    Index("passages_live", "live"),
    sqlite_autoincrement=True,  # a seq is never given twice, so a stale index entry cannot point at other text
)

# Content-addressed: the same passage in two versions is embedded once, and a killed import repeats nothing.
vectors = Table(
    "vectors",
    metadata,
    Column("generation", _RowId, ForeignKey("generations.id"), primary_key=True),
    Column("input_sha256", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # little-endian float32, unit length
    Column("sentence_vectors", LargeBinary, nullable=False),  # float16, one unit row a sentence
)

statements = Table(
    "statements",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("document_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("speaker", Text),
    Column("speaker_actor", Text),
    Column("speaker_start", Integer),
    Column("speaker_end", Integer),
    Column("cue", Text, nullable=False),
    Column("start_offset", Integer, nullable=False),
    Column("end_offset", Integer, nullable=False),
    Column("holder", Text),
    Column("stance", Text),
    Column("target", Text),
    Column("modality", String(16), nullable=False),
    Column("quoted", Boolean, nullable=False),
    Column("date", String(32)),
    ForeignKeyConstraint(["document_id", "version"], ["versions.document_id", "versions.number"]),
    Index("statements_by_version", "document_id", "version"),
    Index("statements_by_position", "live", "holder", "stance"),
    Index("statements_by_side", "live", "speaker_actor", "stance"),  # of who speaks
)

# What curators say of statements. The key is what a statement says and where, because statements are found again.
statement_marks = Table(
    "statement_marks",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("document_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("start_offset", Integer, nullable=False),
    Column("end_offset", Integer, nullable=False),
    Column("holder", Text),
    Column("stance", Text),
    Column("mark", String(16), nullable=False),  # correct | incorrect
    Column("marked_by", Text, nullable=False),
    Column("marked_at", String(32), nullable=False),
    ForeignKeyConstraint(["document_id", "version"], ["versions.document_id", "versions.number"]),
    Index("marks_by_version", "document_id", "version"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("actor", Text, nullable=False),  # who did it: "cli", "api", a key's name
    Column("action", String(32), nullable=False),  # added | updated | withdrawn | restored
    Column("document_id", Text, nullable=False),
    Column("version", Integer),
    Index("changes_by_document", "document_id"),
)

# Every change of anybody's, noted with it and never changed.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("key_id", String(16)),
    Column("action", String(48), nullable=False),  # "document.added", "key.revoked", …
    Column("subject", Text),  # the id of what was changed
    Column("version", Integer),
    Column("request_id", String(64)),
    Column("detail", Text, nullable=False),  # JSON
    Index("audit_by_subject", "subject"),
    sqlite_autoincrement=True,
)

# Index entries whose passage is dead: removed from the vector index only after readers that began before are done.
index_garbage = Table(
    "index_garbage",
    metadata,
    Column("seq", _RowId, primary_key=True, autoincrement=False),
    Column("dead_since", String(32), nullable=False),
)

# Collections of a Chroma server: all processes ask the one that is current in their snapshot.
vector_collections = Table(
    "vector_collections",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("generation", _RowId, nullable=False),
    Column("state", String(16), nullable=False),  # building | current | retired
    Column("since", String(32), nullable=False),
    Column("deleted", Integer, nullable=False),  # entries, since it was made: their space is never reclaimed
)

# Passages that a Chroma server did not take because it was away: they are compared exactly until it has them.
index_pending = Table(
    "index_pending",
    metadata,
    Column("seq", _RowId, primary_key=True, autoincrement=False),
    Column("generation", _RowId, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seq", Integer, nullable=False, unique=True),  # the order in which jobs are done
    Column("kind", String(32), nullable=False),  # documents | import | sync
    Column("state", String(16), nullable=False),  # held | queued | running | done | failed | cancelled
    Column("actor", Text, nullable=False),
    Column("on_duplicate", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("started_at", String(32)),
    Column("finished_at", String(32)),
    Column("error", Text),
    Column("key_id", String(16)),  # with which it was handed in
    Column("request_id", String(64)),
    Column("scope", Text),  # JSON: the topics and sources that whoever handed it in may write; NULL is all
    Column("claimed_by", String(32)),  # the process that works on it …
    Column("lease_until", String(32)),  # … and has to say so again before this moment
)

# What a job still has to do, kept with its bytes so that an accepted upload survives a restart.
job_items = Table(
    "job_items",
    metadata,
    Column("job_id", String(32), ForeignKey("jobs.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),  # file | record | url
    Column("name", Text, nullable=False),
    Column("media_type", Text),
    Column("document_id", Text),  # where the curator chose one
    Column("overrides", Text, nullable=False),  # JSON: metadata that the curator states
    Column("data", LargeBinary),  # the bytes; NULL once done
    Column("state", String(16), nullable=False),  # queued | done | failed
    Column("outcome", String(16)),  # added | updated | unchanged | skipped
    Column("result_id", Text),
    Column("version", Integer),
    Column("passages", Integer),
    Column("error", Text),
    Index("job_items_by_state", "job_id", "state", "ordinal"),
)

# Briefs as they were given out; the id is the digest of the content.
briefs = Table(
    "briefs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("body", Text, nullable=False),  # JSON
    Column("created_at", String(32), nullable=False),
    Column("scopes", Text, nullable=False, server_default="[]"),  # JSON list: of limited keys that asked for it
)

# What each brief quotes, so that a brief goes when one of these documents is withdrawn.
brief_documents = Table(
    "brief_documents",
    metadata,
    Column("brief_id", String(64), ForeignKey("briefs.id"), primary_key=True),
    Column("document_id", Text, primary_key=True),
    Index("brief_documents_by_document", "document_id"),
)

# Keys by which other programs and people are known; the key itself is shown once and never kept.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),  # reader | curator | admin
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the key
    Column("created_at", String(32), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", String(32)),  # NULL is never
    Column("last_used_at", String(32)),  # to the minute
    Column("revoked_at", String(32)),
    Column("topics", Text, nullable=False, server_default="[]"),  # JSON list: only documents with one of these
    Column("sources", Text, nullable=False, server_default="[]"),  # JSON list: only documents from one of these
)

# Browsers that signed in with a key; what the cookie holds is kept as its digest.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie
    Column("key_id", String(16), ForeignKey("api_keys.id"), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Index("sessions_by_key", "key_id"),
)

# Answers to writes that named an idempotency key, given again when the same write is sent again.
idempotent_writes = Table(
    "idempotent_writes",
    metadata,
    Column("owner", String(16), primary_key=True),  # the key that wrote; empty where there are none
    Column("key", String(255), primary_key=True),  # as the client chose it
    Column("fingerprint", String(64), nullable=False),  # SHA-256 of method, address, media type and body
    Column("created_at", String(32), nullable=False),
    Column("status", Integer),  # NULL while the first write is under way
    Column("headers", Text),  # JSON
    Column("body", LargeBinary),
    Index("idempotent_writes_by_age", "created_at"),
)

# What was asked and answered one after the other, for those who asked that it be kept.
conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Column("owner", String(16)),  # the key that began it, also after it is revoked; NULL where there were no keys
    Index("conversations_by_owner", "owner", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("role", String(16), nullable=False),  # user | assistant
    Column("question", Text),  # the user's words
    Column("answer", Text),  # JSON: the assistant's answer as it was given, less what has been withdrawn since
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("conversation_id", "position"),
)

# What each answer cites or lists, so that it goes from the answer when the document is withdrawn.
message_documents = Table(
    "message_documents",
    metadata,
    Column("message_id", String(32), ForeignKey("messages.id"), primary_key=True),
    Column("document_id", Text, primary_key=True),
    Index("message_documents_by_document", "document_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("message_id", String(32), ForeignKey("messages.id"), primary_key=True),
    Column("rating", String(8), nullable=False),  # up | down
    Column("reason", Text),
    Column("created_at", String(32), nullable=False),
)
