"""Who is logged in at the owner's page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nobody is."""
    op.create_table(
        "sessions",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("iss", sa.String(1_024), nullable=False),
        sa.Column("sub", sa.String(4_096), nullable=False),
        sa.Column("client_id", sa.String(1_024), nullable=False),
        sa.Column("name", sa.String(320), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("begun_at", sa.Float, nullable=False),
    )
