"""The database under a ledger: SQLite or PostgreSQL, set to lose nothing that they confirmed, with one writer at a time.

Whoever writes cases takes his place before he reads them, so what he read stays true until he commits: in SQLite by
`BEGIN IMMEDIATE`, in PostgreSQL by an advisory lock that ends with the transaction. No order of workers can then change a
decision. Letters are claimed beside that (`beside=True`), row by row with SKIP LOCKED, since to deliver is what takes time.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL

WAIT_SECONDS = 30
"""So long a writer waits for his place before OperationalError."""

IDLE_SECONDS = 60
"""So long a writer may say nothing in mid-transaction (stopped, cut off) before PostgreSQL ends it and lets others in."""


class LedgerDamaged(Exception):
    """The database finds its own file damaged: no row in hand is to blame. The message says which file, and the mend."""


_PLACE = 0x70617274  # the advisory lock of writers
_SESSION: tuple[str, ...] = (
    f"SET lock_timeout = '{WAIT_SECONDS}s'",
    f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'",
    "SET synchronous_commit = on",
)
_ALIVE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def make_engine(url: URL) -> Engine:
    """The engine for a ledger. A SQLite file that is not there is made, for its owner only."""
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, connect_args={key: value for key, value in _ALIVE.items() if key not in url.query})
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "after_cursor_execute", _watched_again)
        return engine
    if url.database and url.database != ":memory:":
        private(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})
    event.listen(engine, "handle_error", _damaged)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def shown(engine: Engine) -> str:
    """Which ledger it is, for people: its URL without a password, which may stand among the options too."""
    return engine.url.set(query={}).render_as_string()


def reader(engine: Engine) -> Connection:
    """A connection that sees one state of the ledger throughout and keeps nobody from writing."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        return connection.execution_options(reading=True, isolation_level="REPEATABLE READ")
    return connection.execution_options(reading=True)


def private(path: Path) -> None:
    """Make the file, readable by its owner only, unless it is there: it holds personal data."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _damaged(context: ExceptionContext) -> None:
    """SQLite says it with the class that stands above all the others, those of faulty values among them."""
    if type(context.original_exception) is sqlite3.DatabaseError:
        where = f"the ledger {shown(context.engine)}" if context.engine is not None else "the ledger"
        raise LedgerDamaged(
            f"{where} is damaged ({context.original_exception}); nothing more is done: move it away and restore a backup, "
            "the sheet and the mailbox bring back what came since (docs/running.md)"
        ) from context.original_exception


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes his place at once."""
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def _set_up_postgresql(connection: Any, record: object) -> None:
    with connection.cursor() as cursor:
        for statement in _SESSION:
            cursor.execute(statement)
    connection.commit()


def _watched_again(connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
    """After a batch, have PostgreSQL watch again for how long we say nothing.

    psycopg sends a batch as a pipeline that ends with Sync and Flush; whatever follows a Sync without being a statement ends the
    watch of `idle_in_transaction_session_timeout`: a worker that was stopped right then kept its place among writers for ever.
    """
    if executemany:
        cursor.connection.execute("SELECT 1")


def _begin_postgresql(connection: Connection) -> None:
    """A writer takes his place at once, but for one who works beside the others."""
    options = connection.get_execution_options()
    if not options.get("reading") and not options.get("beside"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_PLACE})")
