"""Where closing the door switched off that programs register by themselves, so that opening switches it on again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing was switched off anywhere before this was noted."""
    op.add_column("door", sa.Column("registration_at", sa.String(1_024), nullable=False, server_default=""))
