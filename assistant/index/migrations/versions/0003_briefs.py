"""Briefs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "briefs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "brief_documents",
        sa.Column("brief_id", sa.String(64), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.id"]),
        sa.PrimaryKeyConstraint("brief_id", "document_id"),
    )
    op.create_index("brief_documents_by_document", "brief_documents", ["document_id"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("brief_documents")
    op.drop_table("briefs")
