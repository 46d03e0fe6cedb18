"""Several processes on one catalog: who works on a job, which collection answers, and PostgreSQL's full text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from assistant.index.postings import DDL, TABLES

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("jobs", sa.Column("claimed_by", sa.String(32)))
    op.add_column("jobs", sa.Column("lease_until", sa.String(32)))
    op.create_table(
        "vector_collections",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("deleted", sa.Integer, nullable=False),
    )
    op.create_table(
        "index_pending",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    )
    if op.get_context().dialect.name == "postgresql":
        for statement in DDL:
            op.execute(statement)


def downgrade() -> None:
    """Drop them again."""
    if op.get_context().dialect.name == "postgresql":
        for name in TABLES:
            op.drop_table(name)
    op.drop_table("index_pending")
    op.drop_table("vector_collections")
    with op.batch_alter_table("jobs") as table:
        table.drop_column("lease_until")
        table.drop_column("claimed_by")
