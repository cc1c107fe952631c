"""Whole copies of a ledger: backups while others work, and what is made of them. A backup is always one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, NullPool, create_engine, delete, func, insert, make_url, select, text, update
from sqlalchemy.exc import OperationalError

from ledger.engine import make_engine, private, reader, shown
from ledger.migrations import upgrade
from ledger.notes import CATCHING_UP, READ_AGAIN, RESTORED
from ledger.schema import VERSION, job_runs, leases, mails, metadata, notes
from ledger.unit import upsert

_PORTION = 2_000
_LONG_AGO = datetime.fromtimestamp(0, UTC)


class BackupUnusable(Exception):
    """The backup cannot be restored, or not there; nothing was changed."""


class CopyFailed(Exception):
    """The copy could not be written whole (no room), and there is none; the ledger is as it was."""


def back_up(engine: Engine, path: Path) -> None:
    """See `SqlLedger.backup`."""
    if os.path.lexists(path):
        raise FileExistsError(path)
    # A folder of our own: nobody who may write into the other one can have put a file or a link in the copy's place.
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        private(draft := Path(folder) / "draft.db")
        try:
            _draw(engine, draft)
        except sqlite3.OperationalError as error:
            raise CopyFailed(str(error)) from error
        except OperationalError as error:
            if isinstance(error.orig, sqlite3.Error):  # else it is PostgreSQL, the ledger itself
                raise CopyFailed(str(error.orig)) from error
            raise
        with open(draft, "rb") as file:
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, never replaces what was put there meanwhile
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            draft.replace(path)


def _draw(engine: Engine, draft: Path) -> None:
    """The copy, as one file without companions."""
    if engine.dialect.name == "sqlite":
        with reader(engine) as connection, closing(sqlite3.connect(draft)) as target:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(target)
            _alone(target)
        return
    made = make_engine(make_url(f"sqlite:///{draft}"))
    try:
        upgrade(made)
        with reader(engine) as connection, made.begin() as target_connection:
            _copy_rows(connection, target_connection)
    finally:
        made.dispose()
    with closing(sqlite3.connect(draft)) as target:
        _alone(target)


def restore(path: Path, url: str) -> dict[str, int]:
    """Fill a ledger that is not there yet, or is empty, from a backup of this program or an older one; gives the rows by table.

    Raises BackupUnusable: no sound backup of this program's, a ledger with something in it, or no room for it. Nothing is changed
    then.
    """
    if not path.is_file():
        raise BackupUnusable(f"{path}: no such file")
    faults = _faults(path)
    if faults:
        raise BackupUnusable(f"{path}: {faults}")
    file = make_url(url).database if make_url(url).get_backend_name() == "sqlite" else None
    new = file is not None and not Path(file).exists()
    target = make_engine(make_url(url))
    try:
        counts = _fill(path, target)
    except BaseException as error:
        target.dispose()
        if file is not None and new:  # half a ledger would stand in the way of the next try
            for name in (file, f"{file}-wal", f"{file}-shm"):
                Path(name).unlink(missing_ok=True)
        if isinstance(error, OperationalError):
            raise BackupUnusable(f"nothing was restored: {str(error.orig).splitlines()[0]}") from error
        raise
    target.dispose()
    return counts


def _fill(path: Path, target: Engine) -> dict[str, int]:
    """Put the backup's rows into the ledger, in one transaction."""
    upgrade(target)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        source = opened.enter_context(_source(path, folder))
        reading, writing = opened.enter_context(reader(source)), opened.enter_context(target.begin())
        if any(writing.execute(select(table).limit(1)).first() is not None for table in metadata.sorted_tables):
            raise BackupUnusable(f"the ledger {shown(target)} is not empty; move it away first")
        counts = _copy_rows(reading, writing)
        last = writing.execute(select(func.max(job_runs.c.started_at)).where(job_runs.c.job == "ingest_mail")).scalar_one()
        lost = writing.scalars(select(notes.c.value).where(notes.c.key.in_((READ_AGAIN, RESTORED))))
        earlier = (note.partition("/")[0] for note in lost if note)  # the backup may be one of a ledger that was catching up
        since = min((datetime.fromisoformat(moment) for moment in earlier), default=last or _LONG_AGO).isoformat()
        told = {RESTORED: since, READ_AGAIN: since, CATCHING_UP: "{}"}
        rows = [{"key": key, "value": value} for key, value in told.items()]
        writing.execute(upsert(target.dialect.name, notes, "value"), rows)
        # Whoever was at work when the copy was made had its claims on another ledger.
        writing.execute(delete(leases))
        writing.execute(update(mails).where(mails.c.lease_until.is_not(None)).values(lease_until=_LONG_AGO))
    return counts


@contextmanager
def _source(path: Path, folder: Path) -> Iterator[Engine]:
    """The backup, to be read; an older one as a copy in `folder` that is brought to our schema first."""
    if _version(path) < VERSION:
        private(copy := folder / "upgraded.db")
        copyfile(path, copy)
        source = make_engine(make_url(f"sqlite:///{copy}"))
        upgrade(source)
    else:
        source = create_engine("sqlite://", creator=lambda: _opened(path), poolclass=NullPool)
    try:
        yield source
    finally:
        source.dispose()


def _alone(connection: sqlite3.Connection) -> None:
    """One file, without companions."""
    connection.execute("PRAGMA journal_mode = DELETE")


def _opened(path: Path) -> sqlite3.Connection:
    """For reading, without a trace beside it."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _faults(path: Path) -> str:
    """What keeps the file from being restored; "" if nothing does."""
    try:
        with closing(_opened(path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return "the file is damaged"
        version = _version(path)
    except sqlite3.DatabaseError as error:
        return f"no backup of a ledger ({error})"
    if not version or version > VERSION:
        return f"the backup has schema {version or 'none'}, this program {VERSION}: restore it with the program that made it"
    return ""


def _version(path: Path) -> str:
    """The schema of a backup."""
    with closing(_opened(path)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else ""


def _copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Every row of every table, in an order in which rows point to what is there already."""
    counts = {}
    for table in metadata.sorted_tables:
        found = source.execution_options(stream_results=True).execute(select(table))
        counts[table.name] = 0
        for rows in found.partitions(_PORTION):
            target.execute(insert(table), [dict(row._mapping) for row in rows])
            counts[table.name] += len(rows)
        if target.dialect.name == "postgresql" and table.autoincrement_column is not None:
            column = table.autoincrement_column
            last = target.execute(select(func.max(column))).scalar_one() or 0
            sequence = target.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar_one_or_none()
            if sequence:
                target.execute(text("SELECT setval(:of, :last, true)"), {"of": sequence, "last": max(last, 1)})
    return counts
