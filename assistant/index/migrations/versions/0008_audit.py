"""Who changed what, and for which request; jobs keep the request that they were handed in with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and the columns of jobs."""
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("key_id", sa.String(16)),
        sa.Column("action", sa.String(48), nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("version", sa.Integer),
        sa.Column("request_id", sa.String(64)),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_subject", "audit_log", ["subject"])
    op.add_column("jobs", sa.Column("key_id", sa.String(16)))
    op.add_column("jobs", sa.Column("request_id", sa.String(64)))


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("jobs") as batch:
        batch.drop_column("request_id")
        batch.drop_column("key_id")
    op.drop_table("audit_log")
