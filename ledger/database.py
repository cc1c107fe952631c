"""Opening a ledger: transactions, leases, soundness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from ledger.copies import back_up
from ledger.engine import LedgerDamaged, make_engine, reader, shown
from ledger.history import History
from ledger.migrations import upgrade
from ledger.runs import (
    JobRun,
    LeaseGone,
    finish_run,
    forget_runs,
    give_lease_back,
    keep_lease,
    latest_runs,
    lease_owner,
    start_run,
    take_lease,
)


class LedgerUnreachable(Exception):
    """The database does not answer, or not this user; the message says which and why, without a password."""


LOST = (OperationalError, LedgerDamaged)
"""Raised when the ledger is away, has no room, can be read only, or is damaged: what is tried next fares no better."""

FAULTS = (*LOST, InternalError, LeaseGone)
"""Raised when the ledger itself fails (away, no room, read only, damaged, no word from us for too long in mid-transaction) or is
another's by now.

No item of work is to blame, nothing of the transaction is kept; a later pass does it again.
"""


class SqlTransaction(History):
    """One unit of work on the ledger: `Transaction`, `MailOutbox`, `SheetOutbox`, reports, a person's requests, the record."""


class SqlLedger:
    """Durable memory in one database. `owner` names this process in leases."""

    def __init__(self, engine: Engine, secret: bytes, owner: str) -> None:
        self.owner = owner
        self._engine = engine
        self._secret = secret
        self._tabs_seen: dict[str, tuple[str, Any]] = {}
        self._guard: tuple[str, float, Callable[[], datetime]] | None = None

    @contextmanager
    def transaction(self, now: datetime) -> Iterator[SqlTransaction]:
        """Begin, as the only writer of cases; commit at the end of the block; roll back if it raises.

        Raises ValueError for a naive `now`, OperationalError when no place among the writers could be had,
        `ledger.runs.LeaseGone` when the lease that guards this ledger's transactions is another's.
        """
        with self._writing(now, beside=False) as transaction:
            yield transaction

    @contextmanager
    def outbox(self, now: datetime) -> Iterator[SqlTransaction]:
        """As `transaction`, beside other writers: for claiming and preparing letters. No case may be changed in it."""
        with self._writing(now, beside=True) as transaction:
            yield transaction

    @contextmanager
    def _writing(self, now: datetime, *, beside: bool) -> Iterator[SqlTransaction]:
        if now.tzinfo is None:
            raise ValueError("the time of a transaction needs a zone")
        with self._engine.connect().execution_options(beside=beside) as connection, connection.begin():
            if self._guard and not beside:
                name, seconds, clock = self._guard
                if not keep_lease(connection, name, self.owner, clock(), seconds):
                    raise LeaseGone(f"the lease on the {name} ran out and is {lease_owner(connection, name) or 'nobody'}'s now")
            transaction = self._unit(connection, now)
            yield transaction
            transaction.flush()

    @contextmanager
    def reading(self, now: datetime) -> Iterator[SqlTransaction]:
        """A consistent view that keeps nobody from writing; whatever is changed in it is dropped."""
        with reader(self._engine) as connection:
            yield self._unit(connection, now)
            connection.rollback()

    def _unit(self, connection: Connection, now: datetime) -> SqlTransaction:
        return SqlTransaction(connection, now, self._secret, self._tabs_seen)

    def acquire_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Become or stay the holder of `name` until `now` + seconds; False while another's lease lasts."""
        with self._engine.begin() as connection:
            return take_lease(connection, name, owner, now, seconds)

    def guard(self, name: str, seconds: float = 0.0, clock: Callable[[], datetime] | None = None) -> None:
        """From here on each transaction draws out our lease on `name`, or ends with LeaseGone; "" guards nothing any more."""
        self._guard = (name, seconds, clock) if name and clock else None

    def lease_owner(self, name: str) -> str:
        """Who has the lease, or had it last; "" if nobody."""
        with reader(self._engine) as connection:
            return lease_owner(connection, name)

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
        with reader(self._engine) as connection:
            return latest_runs(connection)

    def forget_runs(self, before: datetime) -> int:
        """Drop the records of runs that began before then but for the first pass of each hour, which tells a replay of the record
        when a pass would have come; gives how many.
        """
        with self._engine.begin() as connection:
            return forget_runs(connection, before)

    def backup(self, path: Path) -> None:
        """Copy the ledger, whichever database it is in, to a new SQLite file while others go on working.

        Raises FileExistsError; what cannot be copied whole leaves no file.
        """
        back_up(self._engine, path)

    def integrity(self) -> list[str]:
        """Faults that the database finds in itself; empty when it is sound. PostgreSQL checks itself: always empty."""
        if self._engine.dialect.name != "sqlite":
            return []
        try:
            with reader(self._engine) as connection:
                faults = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        except LedgerDamaged as error:
            return [str(error)]
        return faults + [f"{row[0]} row {row[1]} points to no row of {row[2]}" for row in broken]

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def open_ledger(url: str, *, secret: bytes, owner: str) -> SqlLedger:
    """Open the ledger of that URL, making and upgrading it as needed. `secret` makes reply tokens; `owner` names this process.

    Raises `ledger.migrations.LedgerTooNew` when it was written by a newer program, LedgerUnreachable when PostgreSQL is away, the
    file is damaged or cannot be made.
    """
    try:
        engine = make_engine(make_url(url))
    except OSError as error:
        raise LedgerUnreachable(f"the ledger {error.filename} cannot be opened: {error.strerror}") from error
    try:
        upgrade(engine)
    except LedgerDamaged as error:
        engine.dispose()
        raise LedgerUnreachable(str(error)) from error
    except DBAPIError as error:
        engine.dispose()
        if engine.dialect.name != "postgresql" and isinstance(error, OperationalError):
            raise  # no room, or held by another for long: passes
        told = " ".join(str(error.orig).split())
        raise LedgerUnreachable(f"the ledger {shown(engine)} cannot be opened: {told}") from error
    except BaseException:
        engine.dispose()
        raise
    return SqlLedger(engine, secret, owner)
