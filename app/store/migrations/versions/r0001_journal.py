"""The journal of refusals: what every installation had before databases were numbered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the one table there was."""
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("reference", sa.String(9), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(2_000), nullable=False),
        sa.Column("expected", sa.String(1_000), nullable=False),
        sa.Column("received", sa.String(1_000), nullable=False),
    )
    op.create_index("ix_entries_time", "entries", ["time"])
    op.create_index("ix_entries_reference", "entries", ["reference"])
