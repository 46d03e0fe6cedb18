"""What curators say of statements: correct or incorrect."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "statement_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("document_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("start_offset", sa.Integer, nullable=False),
        sa.Column("end_offset", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("stance", sa.Text),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("marked_by", sa.Text, nullable=False),
        sa.Column("marked_at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["document_id", "version"], ["versions.document_id", "versions.number"]),
    )
    op.create_index("marks_by_version", "statement_marks", ["document_id", "version"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("statement_marks")
