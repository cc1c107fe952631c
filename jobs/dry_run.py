"""A rehearsal: all is decided on a throw-away copy of the ledger and shown; nothing is sent, written or marked in the home."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextlib import closing as closed
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.backends import inbox, mailbox, sent_by_hand, spreadsheet
from jobs.home import Home
from jobs.lock import first_worker
from jobs.office import Office, outside, owner_of
from jobs.programme import load_editions
from jobs.progress import Progress
from jobs.report import PassReport
from ledger.database import SqlLedger, open_ledger
from mailer.mailbox.inbox import Inbox, RawMail
from mailer.mailbox.outbox import Gone, Mailbox, always
from mailer.reading.headers import decode_words
from sheets.columns import BY_NAME
from sheets.port import Changes, Ensured, Spreadsheet, WriteReport
from sheets.snapshot import Snapshot
from sheets.values import canonical, shown


@contextmanager
def rehearsal(home: Home, now: datetime, progress: Progress) -> Iterator[Office]:
    """An office whose ledger is a copy and whose sheet, mailbox and folders take nothing."""
    editions = load_editions(*home.programme_folders())
    report = PassReport()
    with TemporaryDirectory(prefix="partner-desk-") as folder, ExitStack() as closing:
        ledger = copied_ledger(home, Path(folder), owner=first_worker(home))
        try:
            with ledger.reading(now) as tx:
                tabs = tx.staff_tabs()
            yield Office(
                home=home,
                now=now,
                ledger=ledger,
                editions=editions,
                book=_Book(spreadsheet(home), report),
                inbox=_Inbox(inbox(home, closing)),
                mailbox=_Mailbox(mailbox(home, closing), report),
                attachments=Path(folder) / "attachments",
                offers=Path(folder) / "offers",
                outside=outside(home, editions, tabs, now),
                report=report,
                progress=progress,
                sent_by_hand=_Inbox(sent) if (sent := sent_by_hand(home, closing)) else None,
                dry=True,
            )
        finally:
            ledger.close()


def copied_ledger(home: Home, folder: Path, owner: str) -> SqlLedger:
    """A copy of the ledger in that folder; the caller closes it. Raises LedgerUnreachable, `ledger.migrations.LedgerTooNew`."""
    copy = folder / "ledger.db"
    if home.shared_ledger:
        with closed(open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home))) as real:
            real.backup(copy)
    else:
        _copy(home.ledger, copy)
    return open_ledger(f"sqlite:///{copy}", secret=home.token_key(), owner=owner)


def _copy(ledger: Path, copy: Path) -> None:
    """Copy the ledger without leaving a trace beside it; there may be none yet.

    To read it where it lies would touch the files that SQLite keeps beside it. One that is written all the while is read
    there all the same: its writer touches them anyway.
    """
    if not ledger.exists():
        return
    log, copied_log = (file.with_name(f"{file.name}-wal") for file in (ledger, copy))
    for _ in range(5):
        before = _looks(ledger, log)
        shutil.copyfile(ledger, copy)
        copied_log.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(log, copied_log)
        if _looks(ledger, log) == before:
            return
    copied_log.unlink(missing_ok=True)
    copy.unlink()
    with closed(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as reading, closed(sqlite3.connect(copy)) as writing:
        reading.backup(writing)


def _looks(*files: Path) -> list[tuple[int, int]]:
    """Size and time of each file that is there."""
    return [(found.st_size, found.st_mtime_ns) for file in files if file.exists() and (found := file.stat())]


@dataclass(frozen=True, slots=True)
class _Book:
    """The real sheet to read; what would be written is told."""

    book: Spreadsheet
    report: PassReport

    def fingerprint(self) -> str:
        return self.book.fingerprint()

    def ensure(self, stamp: str, forms: bool = False) -> Ensured:
        return Ensured()

    def read(self) -> Snapshot:
        return self.book.read()

    def write(self, changes: Changes, seen: str, stamp: str) -> WriteReport:
        for cell in changes.cells:
            column = BY_NAME[cell.tab].column(cell.field)
            value = shown(canonical(cell.value, column.type), column.type)
            self.report.lines.append(f"write  «{cell.tab}» row {cell.position}, {column.header}: {value or '(empty)'}")
        for append in changes.appends:
            values = "; ".join(str(value) for value in append.values.values())
            self.report.lines.append(f"add    «{append.tab}»: {values[:160]}")
        return WriteReport(seen)


@dataclass(frozen=True, slots=True)
class _Inbox:
    """The real inbox to read; nothing is marked."""

    inbox: Inbox

    def keys(self) -> list[str]:
        return self.inbox.keys()

    def new(self, skip: Container[str] = (), *, done_since: datetime | None = None) -> Iterator[RawMail]:
        return self.inbox.new(skip, done_since=done_since)

    def done(self, key: str) -> None:
        return


@dataclass(frozen=True, slots=True)
class _Mailbox:
    """What would be sent is told."""

    mailbox: Mailbox
    report: PassReport

    @property
    def grace(self) -> timedelta:
        return self.mailbox.grace

    def find(self, message_ids: Iterable[str]) -> set[str]:
        return self.mailbox.find(message_ids)

    def gone_since(self, moment: datetime) -> list[Gone]:
        return self.mailbox.gone_since(moment)

    @contextmanager
    def batch(self) -> Iterator[_Mailbox]:
        yield self

    def send(self, raw: bytes, recipient: str, may_go: Callable[[], bool] = always) -> None:
        head = message_from_bytes(raw.partition(b"\r\n\r\n")[0])
        subject, _ = decode_words(str(head["Subject"]), 100)
        self.report.lines.append(f"mail   {recipient}: {' '.join(subject.split())} ({head['X-Partner-Template']})")
