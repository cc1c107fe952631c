"""Opening a ledger: engine, transactions, copies, soundness."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL

from ledger.migrations import upgrade
from ledger.reports import Reports
from ledger.runs import JobRun, finish_run, give_lease_back, latest_runs, start_run, take_lease

_BUSY_SECONDS = 30


class SqlTransaction(Reports):
    """One unit of work on the ledger: `Transaction`, `MailOutbox`, `SheetOutbox` and the reports."""


class SqlLedger:
    """Durable memory in one database. `owner` names this process in leases."""

    def __init__(self, engine: Engine, secret: bytes, owner: str) -> None:
        self.owner = owner
        self._engine = engine
        self._secret = secret
        self._tabs_seen: dict[str, tuple[str, Any]] = {}

    @contextmanager
    def transaction(self, now: datetime) -> Iterator[SqlTransaction]:
        """Begin, as the only writer where the database is SQLite; commit at the end of the block; roll back if it raises.

        Raises ValueError for a naive `now`, `ledger.unit.Conflict` when a case was changed meanwhile (PostgreSQL; do it again).
        """
        if now.tzinfo is None:
            raise ValueError("the time of a transaction needs a zone")
        with self._engine.begin() as connection:
            transaction = SqlTransaction(connection, now, self._secret, self._tabs_seen)
            yield transaction
            transaction.flush()

    @contextmanager
    def reading(self, now: datetime) -> Iterator[SqlTransaction]:
        """A consistent view that keeps nobody from writing; whatever is changed in it is dropped."""
        with self._engine.connect().execution_options(reading=True) as connection:
            yield SqlTransaction(connection, now, self._secret, self._tabs_seen)
            connection.rollback()

    def acquire_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Become or stay the holder of `name` until `now` + seconds; False while another's lease lasts."""
        with self._engine.begin() as connection:
            return take_lease(connection, name, owner, now, seconds)

    def release_lease(self, name: str, owner: str) -> None:
        """Give the lease back, if it is still `owner`'s."""
        with self._engine.begin() as connection:
            give_lease_back(connection, name, owner)

    def job_started(self, job: str, slot: str, now: datetime) -> bool:
        """May this slot of the job be run? True once a slot, and again when its run never ended (`ledger.runs.STALE`)."""
        with self._engine.begin() as connection:
            return start_run(connection, job, slot, now)

    def job_finished(self, job: str, slot: str, now: datetime, ok: bool, error: str = "") -> None:
        """Record the end of a run. Raises KeyError for one that never started."""
        with self._engine.begin() as connection:
            finish_run(connection, job, slot, now, ok, error)

    def job_runs(self) -> dict[str, JobRun]:
        """The latest run of each job, by job."""
        with self._engine.connect().execution_options(reading=True) as connection:
            return latest_runs(connection)

    def backup(self, path: Path) -> None:
        """Copy the ledger to a new SQLite file while others go on working. Raises NotImplementedError on PostgreSQL."""
        if self._engine.dialect.name != "sqlite":
            raise NotImplementedError("a PostgreSQL ledger is backed up with pg_dump")
        _private(path)
        with self._engine.connect().execution_options(reading=True) as connection, closing(sqlite3.connect(path)) as target:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(target)

    def copy_to(self, path: Path) -> SqlLedger:
        """A ledger of its own, for a dry run, that starts where this one stands. The caller closes it."""
        self.backup(path)
        return open_ledger(f"sqlite:///{path}", secret=self._secret, owner=self.owner)

    def integrity(self) -> list[str]:
        """Faults that the database finds in itself; empty when it is sound. PostgreSQL checks itself: always empty."""
        if self._engine.dialect.name != "sqlite":
            return []
        with self._engine.connect().execution_options(reading=True) as connection:
            faults = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        return faults + [f"{row[0]} row {row[1]} points to no row of {row[2]}" for row in broken]

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def open_ledger(url: str, *, secret: bytes, owner: str) -> SqlLedger:
    """Open the ledger of that URL, making and upgrading it as needed. `secret` makes reply tokens; `owner` names this process.

    Raises `ledger.migrations.LedgerTooNew` when it was written by a newer program.
    """
    engine = make_engine(make_url(url))
    try:
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlLedger(engine, secret, owner)


def make_engine(url: URL) -> Engine:
    """The engine for a ledger; SQLite is set to lose nothing that it has confirmed."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    if url.database and url.database != ":memory:":
        _private(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _private(path: Path) -> None:
    """Make the file, readable by its owner only, unless it is there: it holds personal data."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its place at once, so that what it read stays true until it commits."""
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")
