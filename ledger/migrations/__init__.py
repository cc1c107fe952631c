"""Bringing a ledger to the newest schema. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from ledger.engine import reader, shown
from ledger.schema import VERSION


class LedgerTooNew(Exception):
    """The ledger was written by a newer version of this program; nothing was touched."""


def stored_version(connection: Connection) -> str:
    """The migration that the ledger stands at; "" for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or "")


def upgrade(engine: Engine) -> None:
    """Bring the ledger to VERSION, in one transaction: a crash midway leaves the old schema, of two processes one waits.

    Raises LedgerTooNew when it stands further than this code knows.
    """
    with reader(engine) as connection:
        stored = stored_version(connection)
    if stored > VERSION:
        raise LedgerTooNew(
            f"the ledger {shown(engine)} has schema {stored}, this program knows {VERSION}: "
            "run the newer program, or restore the backup made before it ran"
        )
    if stored < VERSION:
        with engine.begin() as connection:
            _run(connection)


def _run(connection: Connection, to: str = "head") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
