"""The newest date without reading every version's text, and a speaker without reading every statement."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, and two columns to another."""
    op.create_index("versions_by_date", "versions", ["state", "published_at"])
    op.drop_index("statements_by_position", "statements")
    op.create_index("statements_by_position", "statements", ["live", "holder", "stance", "speaker_actor", "speaker"])


def downgrade() -> None:
    """Take both back."""
    op.drop_index("statements_by_position", "statements")
    op.create_index("statements_by_position", "statements", ["live", "holder", "stance"])
    op.drop_index("versions_by_date", "versions")
