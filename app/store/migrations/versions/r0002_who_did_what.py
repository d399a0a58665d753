"""The request log's new columns and indexes; people, clients and the door."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NEW_TEXTS = {
    "iss": 1_024,
    "sub": 4_096,
    "client_id": 1_024,
    "user_agent": 200,
    "method": 100,
    "tool": 200,
    "scopes": 200,
    "arguments": 1_000,
}


def upgrade() -> None:
    """Old entries keep what they say; what nobody noted at the time is blank or nought."""
    if op.get_bind().dialect.name == "postgresql":  # a busy server would come to the end of the shorter numbers
        op.execute("ALTER TABLE entries ALTER COLUMN id TYPE BIGINT")
        op.execute("ALTER SEQUENCE entries_id_seq AS BIGINT")
    for name, length in NEW_TEXTS.items():
        op.add_column("entries", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    for name, kind in (("latency_ms", sa.Float), ("request_bytes", sa.Integer), ("response_bytes", sa.Integer)):
        op.add_column("entries", sa.Column(name, kind, nullable=False, server_default="0"))
    op.create_index("ix_entries_person", "entries", [sa.text("substr(sub, 1, 64)"), "time", "tool"])
    op.create_index("ix_entries_client", "entries", [sa.text("substr(client_id, 1, 64)"), "time", "tool"])
    op.create_index("ix_entries_tool", "entries", ["tool", "time", "outcome", "latency_ms"])
    _index_a_part("ix_entries_outcome", ["outcome", "time"], "outcome <> 'ok'")
    op.drop_index("ix_entries_reference", "entries")
    _index_a_part("ix_entries_reference", ["reference"], "reference <> ''")
    op.create_table(
        "people",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("iss", sa.String(1_024), nullable=False),
        sa.Column("sub", sa.String(4_096), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("note", sa.String(1_000), nullable=False),
        sa.Column("granted", sa.String(200), nullable=False),
        sa.Column("cap", sa.String(10), nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("first_seen", sa.Float),
        sa.Column("last_seen", sa.Float),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("last_client", sa.String(1_024), nullable=False),
    )
    op.create_index("ix_people_status", "people", ["status"])
    op.create_table(
        "clients",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(1_024), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("first_seen", sa.Float),
        sa.Column("last_seen", sa.Float),
        sa.Column("calls", sa.BigInteger, nullable=False),
    )
    door = op.create_table(
        "door",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("admission", sa.String(20), nullable=False),
        sa.Column("tokens_from", sa.Float, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.bulk_insert(door, [{"id": 1, "admission": "everybody", "tokens_from": 0.0, "version": 1}])


def _index_a_part(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "entries", columns, sqlite_where=where, postgresql_where=where)
