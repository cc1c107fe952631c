"""Alembic's way in; only `ledger.migrations.upgrade` runs it, with a connection whose transaction it opened."""

from __future__ import annotations

from alembic import context

from ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
