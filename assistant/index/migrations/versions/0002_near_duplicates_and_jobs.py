"""Near-duplicates and jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns."""
    op.add_column("versions", sa.Column("minhash", sa.LargeBinary()))
    op.add_column("versions", sa.Column("origin_group", sa.Text()))
    op.create_index("versions_by_group", "versions", ["origin_group"])
    op.create_table(
        "near_bands",
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("band", "hash", "document_id"),
    )
    op.create_index("near_bands_by_document", "near_bands", ["document_id"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_duplicate", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("started_at", sa.String(32)),
        sa.Column("finished_at", sa.String(32)),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_table(
        "job_items",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text()),
        sa.Column("document_id", sa.Text()),
        sa.Column("overrides", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("result_id", sa.Text()),
        sa.Column("version", sa.Integer()),
        sa.Column("passages", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"]),
        sa.PrimaryKeyConstraint("job_id", "ordinal"),
    )
    op.create_index("job_items_by_state", "job_items", ["job_id", "state", "ordinal"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("job_items")
    op.drop_table("jobs")
    op.drop_table("near_bands")
    op.drop_index("versions_by_group", "versions")
    op.drop_column("versions", "origin_group")
    op.drop_column("versions", "minhash")
