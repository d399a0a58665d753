"""How a database of any older version becomes one of today's: one file a step, run by Alembic in one transaction."""
