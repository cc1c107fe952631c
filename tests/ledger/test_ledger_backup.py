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
        for letter in letters:
            tx.mail_sent(letter.mail.key, NOW)
        tx.news_from_now_on()  # too early: the sheet was not compared yet
        tx.nothing_forgotten()
        assert tx.decided_anew() is not None
    assert again.integrity() == []
    again.close()


def test_letters_are_looked_for_until_all_that_was_decided_anew_is_settled(tmp_path: Path) -> None:
    """Whoever delivers, and however little it has in hand itself."""
    made = open_ledger(f"sqlite:///{tmp_path / 'lost.db'}", secret=SECRET, owner="tests")
    made.backup(tmp_path / "copy.db")
    made.close()
    url = f"sqlite:///{tmp_path / 'new.db'}"
    restore(tmp_path / "copy.db", url)
    ledger = open_ledger(url, secret=SECRET, owner="tests")
    with ledger.transaction(NOW) as tx:
        tx.set_note(CATCHING_UP, "")  # the sheet was compared
        tx.nothing_forgotten()  # by one that had claimed nothing
        tx.queue_mail(mail("D-2026-0001"))
    later = NOW + timedelta(minutes=5)
    with ledger.transaction(later) as tx:
        tx.queue_mail(mail("D-2026-0002", queued_at=later))  # what followed from it
        tx.news_from_now_on()
        tx.nothing_forgotten()
    with ledger.transaction(later + timedelta(minutes=1)) as tx:
        tx.news_from_now_on()
        tx.queue_mail(mail("D-2026-0003", queued_at=later + timedelta(minutes=1)))
        letters = tx.claim_mails("tests", later + timedelta(minutes=9), 10)
        assert {one.mail.number: one.uncertain for one in letters} == {
            "D-2026-0001": True,
            "D-2026-0002": True,
            "D-2026-0003": False,
        }
        tx.mail_sent(letters[0].mail.key, later)
        tx.nothing_forgotten()
        assert tx.decided_anew() is not None
        tx.mail_sent(letters[1].mail.key, later)
        tx.nothing_forgotten()
        assert tx.decided_anew() is None
    ledger.close()


def test_one_copy_stands_for_one_letter(tmp_path: Path) -> None:
    """Two workers may have found it, each for another letter."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", secret=SECRET, owner="tests")
    first, second = mail("D-2026-0001"), mail("D-2026-0001", revision=1)
    with ledger.transaction(NOW) as tx:
        for letter in (first, second):
            tx.queue_mail(letter)
        assert tx.mail_went_as(first.key, "ab" * 32)
        assert not tx.mail_went_as(second.key, "ab" * 32)
    ledger.close()


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_is_no_backup_is_refused_and_nothing_is_made(url: str, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "backup.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BackupUnusable):
        restore(file, url)
    assert not (tmp_path / "new.db").exists()
