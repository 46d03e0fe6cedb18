"""The newest date without reading every version's text."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("versions_by_date", "versions", ["state", "published_at"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("versions_by_date", "versions")
