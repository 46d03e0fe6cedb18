"""By which actors, stances and code a version's statements were found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is there already was found by rules that nobody noted."""
    op.add_column("versions", sa.Column("statement_rules", sa.String(64), nullable=True))


def downgrade() -> None:
    """Drop it again."""
    with op.batch_alter_table("versions") as table:
        table.drop_column("statement_rules")
