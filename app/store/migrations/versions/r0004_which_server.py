"""Which group of tools a request was for: of the servers behind the door, or of Gatehouse's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Of old entries it is not known."""
    op.add_column("entries", sa.Column("server", sa.String(64), nullable=False, server_default=""))
