"""What a side has said without reading every statement."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("statements_by_side", "statements", ["live", "speaker_actor", "stance"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("statements_by_side", "statements")
