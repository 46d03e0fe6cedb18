"""Keys limited to a part of the corpus, browsers that signed in, and writes that may be sent twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("api_keys", sa.Column("topics", sa.Text, nullable=False, server_default="[]"))
    op.add_column("api_keys", sa.Column("sources", sa.Text, nullable=False, server_default="[]"))
    op.add_column("briefs", sa.Column("scopes", sa.Text, nullable=False, server_default="[]"))
    op.add_column("jobs", sa.Column("scope", sa.Text))
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("key_id", sa.String(16), sa.ForeignKey("api_keys.id"), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
    )
    op.create_index("sessions_by_key", "sessions", ["key_id"])
    op.create_table(
        "idempotent_writes",
        sa.Column("owner", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index("idempotent_writes_by_age", "idempotent_writes", ["created_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("idempotent_writes")
    op.drop_table("sessions")
    op.drop_column("jobs", "scope")
    op.drop_column("briefs", "scopes")
    op.drop_column("api_keys", "sources")
    op.drop_column("api_keys", "topics")
