"""Secrets come from the environment or from files, and are not repeated in what is said."""

from __future__ import annotations

import sys
from pathlib import Path

import openpyxl
import pytest

from tests.scenarios.house import House

URL = 'url = "sqlite:///ledger.db"'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("postgresql+psycopg://desk:hunter2@127.0.0.1:1/x", "a password does not belong here"),
        ("postgresql+psycopg://desk@127.0.0.1:1/x?password=hunter2", "a password does not belong here"),
        ("postgresql+psycopg://desk@127.0.0.1:1/x?sslkey=k&sslpassword=hunter2", "a password does not belong here"),
        ("postgresql://desk:hunter2@127.0.0.1:1/x", "expected"),
        ("postgresql+psycopg://desk:hunter2@127.0.0.1:notaport/x", "expected"),
        ("env:DESK_DATABASE", "set the environment variable DESK_DATABASE"),
    ],
)
def test_a_password_in_the_settings_is_refused_and_not_repeated(house: House, given: str, told: str) -> None:
    house.configure(URL, f'url = "{given}"')
    done = house.run("status")
    assert (done.code, told in done.err) == (2, True), done
    assert "hunter2" not in done.err + done.out


@pytest.mark.parametrize("url", ["desk:hunter2@127.0.0.1:1/partners", "desk@127.0.0.1:1/partners?password=hunter2"])
def test_a_database_that_is_away_is_told_without_its_password(house: House, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DESK_DATABASE", f"postgresql+psycopg://{url}")
    house.configure(URL, 'url = "env:DESK_DATABASE"')
    for command in (("once",), ("status",), ("doctor",), ("export", "--person", "a@b.example")):
        done = house.run(*command)
        assert (done.code, "127.0.0.1" in done.err) == (1, True), done
        assert "hunter2" not in done.err + done.out


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"\xef\xbb\xbf \r\n", "is empty"), (b"\xff\xfe\x00", "cannot read"), (None, "cannot read")],
)
def test_a_file_without_a_secret_is_told(house: House, content: bytes | None, told: str) -> None:
    """An empty password would be sent to the server as it is; a folder or other bytes are no secret."""
    house.configure(URL, 'url = "file:database.url"')
    path = house.root / "database.url"
    path.mkdir() if content is None else path.write_bytes(content)
    done = house.run("status")
    assert (done.code, told in done.err, "database.url" in done.err) == (2, True, True), done
    assert len(done.err.strip().splitlines()) == 1


def test_a_secret_saved_by_notepad_is_the_secret(house: House) -> None:
    """Windows editors put a mark before the text and end it with a line break."""
    house.configure(URL, 'url = "file:database.url"')
    (house.root / "database.url").write_bytes(b"\xef\xbb\xbfsqlite:///ledger.db\r\n")
    house.ok("2026-03-02 10:00")
    assert (house.root / "ledger.db").exists()


def test_secrets_that_others_can_read_or_settings_that_they_can_change_are_named(house: House) -> None:
    house.configure(URL, 'url = "file:database.url"')
    house.configure("[database]", '[mail.imap]\npassword = "file:mail.password"\n\n[database]')
    house.configure("[spreadsheet]", '[spreadsheet]\naccount = "file:google.json"')
    for name in ("database.url", "mail.password", "google.json"):
        (house.root / name).write_text("sqlite:///ledger.db\n", encoding="utf-8")
        (house.root / name).chmod(0o644)
    house.root.chmod(0o777)
    (house.root / "config.toml").chmod(0o666)
    done = house.run("doctor", "--now", "2026-03-02T10:00+03:00")
    for name in ("database.url", "mail.password", "google.json"):
        assert f"chmod 600 {house.root / name}" in done.out.replace("\n", " ")
    for path in (house.root, house.root / "config.toml"):
        assert f"chmod o-w {path}" in done.out.replace("\n", " ")
    assert "sqlite:///" not in done.out


def test_whoever_reads_what_strangers_made_has_no_secrets_at_hand(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Letters and books that may be made to break their reader are read by processes of their own."""
    monkeypatch.setenv("DESK_PASSWORD", "hunter2")
    seen, child = tmp_path / "seen", tmp_path / "python"
    child.write_text(f'#!/bin/sh\n{{ env; echo "child: $*"; }} >> {seen}\nexec {sys.executable} "$@"\n', encoding="utf-8")
    child.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(child))
    book = openpyxl.Workbook()
    book.save(house.root / "forms/answers.xlsx")
    house.write("a@one.example", "Вопрос", "--x\n" * 5000, "2026-03-02 09:00")
    house.once("2026-03-02 10:00")
    told = seen.read_text(encoding="utf-8")
    assert ["sheets.export_books" in told, "mailer.reading.guarded" in told] == [True, True], told
    assert "hunter2" not in told
    assert len(house.mails("question-received")) == 1
