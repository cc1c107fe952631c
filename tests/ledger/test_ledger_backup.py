"""Copies made while others write, and ledgers made from them, in either database."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from cases.model import CaseKind, Event, Recorded
from ledger.copies import BackupUnusable, restore
from ledger.database import SqlLedger, open_ledger
from ledger.engine import make_engine, reader
from ledger.notes import CATCHING_UP
from ledger.schema import metadata
from tests.ledger.ledger_samples import NOW, SECRET, deal, form_row, mail

Rows = dict[str, list[tuple[object, ...]]]


def _rows(url: str) -> Rows:
    engine = make_engine(make_url(url))
    with reader(engine) as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def _write(ledger: SqlLedger, n: int) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_submission(form_row(str(n), number=f"D-{n}"))
        tx.add_case(case := deal(tx.next_number(CaseKind.DEAL, 2026), customer=str(n)))
        tx.hold(case, override=False)
        tx.queue_mail(mail(case.number))
        tx.record(Recorded(case.number, 0, "registration", "approve", "rules", NOW, "2026-01-01", (), None, {}))
        tx.journal(Event(NOW, case.number, "Событие", "ноль \x00 здесь"))


def test_a_backup_made_while_others_write_is_whole_and_can_be_restored(ledger: SqlLedger, url: str, tmp_path: Path) -> None:
    for n in range(30):
        _write(ledger, n)
    stop = threading.Event()

    def others() -> None:
        n = 30
        while not stop.is_set():
            _write(ledger, n)
            n += 1

    thread = threading.Thread(target=others)
    thread.start()
    copy = tmp_path / "copy.db"
    try:
        ledger.backup(copy)
    finally:
        stop.set()
        thread.join()
    assert [path.name for path in tmp_path.iterdir() if path.name.lstrip(".").startswith("copy")] == ["copy.db"]
    assert copy.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        ledger.backup(copy)

    with closing(sqlite3.connect(copy)) as connection:
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("submissions", "cases", "holds", "mails", "decisions", "events")
        }
    assert len(set(counts.values())) == 1, counts
    assert counts["cases"] >= 30

    told = restore(copy, url)
    assert told["cases"] == counts["cases"]
    rows, original = _rows(url), _rows(f"sqlite:///{copy}")
    assert {key for key, _ in rows.pop("notes")} == {"ledger.restored", "ledger.catching-up", "mail.read-again-since"}
    assert original.pop("notes") == []
    assert rows == original
    with pytest.raises(BackupUnusable, match="not empty"):
        restore(copy, url)

    again = open_ledger(url, secret=SECRET, owner="tests")
    _write(again, 10_000)  # counters and ids go on where they stood
    with again.transaction(NOW) as tx:
        letters = tx.claim_mails("tests", NOW + timedelta(minutes=1), 1000)
        assert all(letter.uncertain for letter in letters)  # each may have gone out after the backup was made
        tx.nothing_forgotten()
        tx.queue_mail(mail("D-2026-9998"))
        assert [letter.uncertain for letter in tx.claim_mails("tests", NOW + timedelta(minutes=1), 1000)] == [True]
        tx.set_note(CATCHING_UP, "")  # the sheet was compared
        tx.nothing_forgotten()
        tx.queue_mail(mail("D-2026-9999"))
        assert [letter.uncertain for letter in tx.claim_mails("tests", NOW + timedelta(minutes=1), 1000)] == [False]
    assert again.integrity() == []
    again.close()


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_is_no_backup_is_refused_and_nothing_is_made(url: str, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "backup.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BackupUnusable):
        restore(file, url)
    assert not (tmp_path / "new.db").exists()
