"""Who sees what: files are their owner's alone, logs name nobody, a masked sheet shows contacts in part."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mailer.mailbox.outbox import Refused
from sheets.masking import masked
from tests.scenarios.house import ROOT, House, inn

MARIA, PHONE = "Иванова Мария Петровна", "+7 495 123-45-67"


def test_files_of_a_home_are_their_owners_alone(house: House) -> None:
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.deal("2026-03-02 09:30", "a@one.example", inn(1), "Клиент", inn(100))
    house.ok("2026-03-02 10:00")
    house.reply(house.mail("deal-registered"), "вот файл", "2026-03-02 10:30", None, **{"doc.pdf": b"%PDF-1.4"})
    house.ok("2026-03-02 11:00")
    assert house.run("backup").code == 0
    (house.root / "config.toml").chmod(0o600)  # the tests wrote to these two
    house.book.chmod(0o600)
    inbox = house.root / "mail/inbox"
    loose = [path for path in house.root.rglob("*") if inbox not in path.parents and path.stat().st_mode & 0o077]
    assert loose == []
    assert list((house.root / "attachments").rglob("*"))
    assert list((house.root / "offers").rglob("*.pdf"))
    (house.root / "token.key").chmod(0o644)
    assert "chmod 600" in house.run("doctor", "--now", "2026-03-02T11:00+03:00").out


def test_a_backup_goes_where_nobody_waits_for_it(house: House, tmp_path: Path) -> None:
    """In a folder that others may write into, too: a link or a file under the name of the draft, or of the copy itself."""
    house.ok("2026-03-02 10:00")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    bait, copy = tmp_path / "bait", shared / "copy.db"
    bait.write_bytes(b"")
    (shared / f".copy.db.{os.getpid()}").symlink_to(bait)
    (shared / "other.db").symlink_to(tmp_path / "nowhere")
    assert house.run("backup", str(copy)).code == 0
    assert (bait.read_bytes(), copy.is_symlink(), copy.stat().st_mode & 0o777) == (b"", False, 0o600)
    assert sorted(path.name for path in shared.iterdir()) == [f".copy.db.{os.getpid()}", "copy.db", "other.db"]
    done = house.run("backup", str(shared / "other.db"))
    assert (done.code, "is there already" in done.err) == (2, True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.slow
def test_logs_of_the_sample_name_nobody(tmp_path: Path) -> None:
    """The whole sample story, with every line that is logged or said."""
    home = tmp_path / "home"
    command = [sys.executable, "-m", "jobs", "demo", "--home", str(home), "--now", "2026-03-31T10:00+03:00", "--verbose"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 0, done.stderr
    assert '"event": "pass"' in done.stderr
    with closing(sqlite3.connect(home / "ledger.db")) as connection:
        addresses = {address for (address,) in connection.execute("SELECT address FROM submissions") if "@" in address}
        payloads = "\n".join(payload for (payload,) in connection.execute("SELECT payload FROM cases"))
    people = {name for pair in re.findall(r'"(?:contact|phone)":"([^"]{5,})"', payloads) for name in [pair]}
    assert len(addresses) > 3
    assert len(people) > 3
    for trace in (*addresses, *people):
        assert trace not in done.stderr, trace
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", done.stderr)


def test_errors_of_a_letter_and_a_row_are_logged_without_what_people_wrote(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"cannot do with {MARIA} {PHONE} a@one.example")

    monkeypatch.setattr("jobs.ingest_forms.take_rows", broken)
    monkeypatch.setattr("jobs.ingest_mail.take_letter", broken)
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.write("a@one.example", "Вопрос", MARIA, "2026-03-02 09:30")
    done = house.once("2026-03-02 10:00", "--verbose")
    assert done.code == 1
    assert '"event": "item-failed"' in done.err
    assert '"event": "letter-failed"' in done.err
    for place in ("row 2: could not be taken in (ValueError)", "could not be taken in (ValueError); it is tried again"):
        assert place in done.err
    for _ in range(2):
        done = house.once("2026-03-02 10:05")
    assert "is in quarantine: ValueError" in done.err
    for trace in (MARIA, PHONE, "one.example"):
        assert trace not in done.err, trace


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("jobs.status.gather", ("status",)),
        ("jobs.explain.gather", ("explain", "P-0001")),
        ("jobs.office.load_editions", ("once",)),
    ],
)
def test_a_bug_in_a_command_is_told_without_what_people_wrote(
    house: House, monkeypatch: pytest.MonkeyPatch, place: str, command: tuple[str, ...]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"cannot do with {MARIA} a@one.example")

    monkeypatch.setattr(place, broken)
    done = house.run(*command, "--verbose")
    assert (done.code, "the command failed (ValueError)" in done.err) == (1, True), done
    assert "test_privacy.py:" in done.err, "where it was"
    for trace in (MARIA, "one.example", "Traceback"):
        assert trace not in done.err


@pytest.mark.parametrize("damage", ["no database", "pages"])
def test_a_damaged_ledger_is_told_with_its_mend(house: House, damage: str) -> None:
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    ledger = house.root / "ledger.db"
    content = ledger.read_bytes()
    kept = 4096 * 4 if damage == "pages" else 16
    ledger.write_bytes(content[:kept] + b"\xff" * (len(content) - kept))
    found = house.run("doctor", "--now", "2026-03-02T10:05+03:00")
    assert (found.code, "ledger: " in found.err, "Traceback" in found.err) == (1, True, False), found
    for command in (("once",), ("status",), ("backup",)):
        done = house.run(*command)
        assert (done.code, "partner-desk: " in done.err, "Traceback" in done.err) == (1, True, False), done
        assert "restore a backup" in done.err or damage == "pages"
    assert len(house.mails()) == 2


def test_what_a_server_says_of_an_address_is_logged_in_part(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused("550 5.1.1 <maria@one.example>: no such user, call +7 495 123-45-67")

    monkeypatch.setattr("mailer.mailbox.maildir_outbox._Delivery.send", refuse)
    house.partner("maria@one.example", "ООО «Один»", inn(1))
    done = house.once("2026-03-02 10:00")
    assert (done.code, "partner-authorised [P-0001] was not delivered: 550 5.1.1 <m***@one.example>" in done.err) == (1, True)
    for trace in ("maria", "123-45-67"):
        assert trace not in done.err


def test_the_journal_of_the_sheet_names_no_address(house: House) -> None:
    """Its lines stay for good: what a stranger is asked about stands in the case's row."""
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    house.deal("2026-03-02 10:10", "maria@elsewhere.example", inn(1), "Клиент", inn(100))
    house.partner("maria@elsewhere.example", "ООО «Один»", inn(1), at="2026-03-02 10:11")
    house.ok("2026-03-02 10:20")
    assert "maria@elsewhere.example" in str(house.row("Сделки", "D-2026-0001")["Замечания"])
    journal = str(house.rows("Журнал"))
    assert "Вопрос" in journal
    assert "maria@" not in journal


def test_a_masked_sheet_shows_contacts_in_part(house: House) -> None:
    house.partner("anna@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    assert house.row("Партнёры", "P-0001")["Контакты"] == "anna@one.example"
    house.configure('personal_data = "shown"', 'personal_data = "masked"')
    house.ok("2026-03-02 10:05")
    assert house.row("Партнёры", "P-0001")["Контакты"] == "a***@one.example"
    house.write("stranger@else.example", "Вопрос", "Как стать партнёром?", "2026-03-02 10:06")
    house.ok("2026-03-02 10:10")
    book = house.book.read_bytes()
    house.ok("2026-03-02 10:10")
    assert house.book.read_bytes() == book  # what is masked is no change of anybody's
    assert "Изменено в таблице" not in str(house.rows("Журнал"))
    assert "stranger@" not in str(house.rows("Обращения"))
    house.deal("2026-03-02 10:20", "anna@one.example", inn(1), "Клиент", inn(100))
    house.ok("2026-03-02 10:30")
    assert house.mail("deal-registered").to == "anna@one.example"  # the ledger knows it whole


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("anna@firma.ru", "a***@firma.ru"),
        ("Анна <anna.k+x@sub.firma.ru>, b@c.ru", "Анна <a***@sub.firma.ru>, b***@c.ru"),
        ("тел. +7 (495) 123-45-67 доб. 5", "тел. ***67 доб. 5"),
        ("89161234567", "***67"),
        ("моб. +375 29 765-43-21, +998901234567", "моб. ***21, ***67"),
        ("+7 (495) 123–45–67, 8‑916‑123‑45‑67", "***67, ***67"),
        ("офис (495) 123-45-67, (84722) 1-23-45", "офис ***67, ***45"),
        ("план (2026) 150 000,00 ₽, + 10 000 000", "план (2026) 150 000,00 ₽, + 10 000 000"),
        ("ИНН 7707083893, D-2026-0001, 10 000,00 ₽", "ИНН 7707083893, D-2026-0001, 10 000,00 ₽"),
    ],
)
def test_what_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


def test_old_letters_are_thinned_out_and_decisions_stay(house: House) -> None:
    house.configure("keep_days = 1825", "keep_days = 30")
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    for day, kept in (("2026-03-20 10:00", True), ("2026-04-10 10:00", False)):
        house.once(day)
        with closing(sqlite3.connect(house.root / "ledger.db")) as connection:
            query = "SELECT count(*) FROM mails WHERE template = 'partner-authorised' AND raw IS NOT NULL"
            assert bool(connection.execute(query).fetchone()[0]) == kept
    assert house.explain("P-0001")["decision"]["outcome"] == "approve"


def test_old_words_are_thinned_out_whoever_wrote_them(house: House) -> None:
    house.configure("keep_days = 1825", "keep_days = 30")
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.deal("2026-03-02 09:30", "a@one.example", inn(1), "Клиент", inn(100))
    house.ok("2026-03-02 10:00")
    house.write("maria@else.example", f"Вопрос от {MARIA}", f"Перезвоните: {PHONE}", "2026-03-02 10:10")
    house.write("maria@else.example", "Ещё вопрос", f"Это снова {MARIA}", "2026-03-02 10:11")
    house.reply(house.mail("deal-registered"), f"1\n\n{MARIA}", "2026-03-02 10:20")
    house.ok("2026-03-02 10:30")
    closed, open_ = (row["№"] for row in house.rows("Обращения") if row["Тема"] == "Вопрос")
    house.set_cell("Обращения", closed, "Решение сотрудника", "Закрыть")
    house.ok("2026-03-02 11:00")
    house.once("2026-03-30 10:00")
    assert MARIA in house.row("Обращения", closed)["Заголовок"]
    house.once("2026-04-10 10:00")
    house.once("2026-04-10 10:05")
    row = house.row("Обращения", closed)
    assert (row["Заголовок"], row["Текст"], row["Адрес"], row["Состояние"]) == ("[удалено]", "[удалено]", "", "Закрыто")
    assert MARIA in house.row("Обращения", open_)["Текст"]  # it is still to be answered
    told = house.run("export", "--person", "maria@else.example").out
    assert "Перезвоните" not in told
    with closing(sqlite3.connect(house.root / "ledger.db")) as connection:
        for table in ("cases", "submissions", "mails", "events", "base_rows"):
            texts = str(connection.execute(f"SELECT * FROM {table}").fetchall())
            assert "Перезвоните" not in texts, table
            assert f"Вопрос от {MARIA}" not in texts, table
        whom = "SELECT count(*) FROM mails WHERE number = ? AND recipient = 'maria@else.example'"
        assert [connection.execute(whom, (number,)).fetchone()[0] > 0 for number in (closed, open_)] == [False, True]
    assert house.row("Сделки", "D-2026-0001")["Статус продажи"] == "в работе"
    before = house.book.read_bytes()
    house.once("2026-04-10 10:05")
    assert house.book.read_bytes() == before
