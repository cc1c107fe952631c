"""The main job over real protocols: Google Sheets and a mailbox on the other end of sockets, chosen in config.toml alone."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

import json
from contextlib import redirect_stdout
from datetime import datetime
from email import message_from_bytes
from io import StringIO
from pathlib import Path
from typing import Any

from jobs.cli import main
from tests.scenarios.house import inn
from tests.sheets.google.two_houses import GooglePeople
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import PASSWORD
from tests.wire.mail.outgoing import OutgoingServer, Taken
from tests.wire.sheets.server import SheetsServer

PARTNER, CLIENT = inn(11), inn(12)


def run(home: Path, *words: str, now: str = "2026-03-02T10:00+03:00") -> int:
    return main([*words, "--home", str(home), "--now", now])


def explained(home: Path, number: str) -> dict[str, Any]:
    out = StringIO()
    with redirect_stdout(out):
        assert run(home, "explain", number, "--json") == 0
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def configure(home: Path, sheets: SheetsServer, spreadsheet: str, account: Account, outgoing: OutgoingServer) -> None:
    """A config.toml that names the real servers."""
    assert run(home, "init") == 0
    sheets.account_file(home / "google.json")
    (home / "mail.key").write_text(PASSWORD)
    config = home / "config.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace(
        'backend = "xlsx"',
        f'backend = "google"\nspreadsheet = "{spreadsheet}"\naccount = "file:google.json"\nendpoint = "{sheets.url}"',
    )
    text = text.replace('backend = "maildir"', f'backend = "imap-smtp"\nown_copy = "{account.address}"')
    text = text.replace('address = "partners@stakhanovets.ru"', f'address = "{account.address}"', 1)
    text += f"""
[mail.imap]
host = "localhost"
port = {account.dovecot.imaps}
user = "{account.name}"
password = "file:mail.key"
ca_file = "{account.dovecot.certificates.authority}"
append_sent = false

[mail.smtp]
host = "127.0.0.1"
port = {outgoing.port}
security = "plain"
"""
    config.write_text(text, encoding="utf-8")


def test_a_form_row_becomes_a_decision_and_a_letter(tmp_path: Path, account: Account, outgoing: OutgoingServer) -> None:
    def relay(taken: Taken) -> None:
        if account.address in taken.recipients:
            account.deliver(taken.raw)

    outgoing.relay = relay
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as sheets:
        book = sheets.make()
        home = tmp_path / "home"
        configure(home, sheets, book.id, account, outgoing)
        assert run(home, "init") == 0
        people = GooglePeople(sheets, book)
        people.add("Прайс", article="STK-1", name="Стахановец Про", term_months=12, price=5000)
        people.add(
            "Форма Партнёр",
            stamp=datetime(2026, 3, 2, 9, 0),
            address="a@one.example",
            name="ООО «Один»",
            inn=PARTNER,
            contact="Иванова Мария",
            phone="+7 495 123-45-67",
            consent="Да",
        )
        people.add(
            "Форма Сделка",
            stamp=datetime(2026, 3, 2, 9, 30),
            address="a@one.example",
            partner_inn=PARTNER,
            customer="АО «Клиент»",
            customer_inn=CLIENT,
            kind="Новая",
            products="Стахановец Про",
            licences=10,
        )
        assert run(home, "once") == 0
        headers, *rows = people.grid("Сделки")
        deal = dict(zip(map(str, headers), rows[0], strict=True))
        assert (deal["№"], deal["Состояние"]) == ("D-2026-0001", "Зарегистрирована")
        offer = next(one for one in outgoing.letters if b"X-Partner-Template: deal-registered" in one.raw)
        assert "a@one.example" in offer.recipients

        reply = (
            f"From: a@one.example\r\nTo: {message_from_bytes(offer.raw)['Reply-To']}\r\nSubject: Re\r\n"
            "Message-ID: <1@one.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n2\r\n"
        )
        token = str(message_from_bytes(offer.raw)["Reply-To"]).partition("+")[2].partition("@")[0]
        account.deliver(reply.encode(), token)
        calls = len(sheets.calls)
        assert run(home, "once", now="2026-03-02T10:10+03:00") == 0
        assert len(sheets.calls) - calls <= 6
        assert explained(home, "D-2026-0001")["facts"] is not None
        headers, *rows = people.grid("Сделки")
        assert dict(zip(map(str, headers), rows[0], strict=True))["Статус продажи"] == "переговоры"

        letters = len(outgoing.letters)
        calls = len(sheets.calls)
        assert run(home, "once", now="2026-03-02T10:15+03:00") == 0
        assert len(outgoing.letters) == letters
        assert len(sheets.calls) - calls <= 2
        assert not sheets.service.violations
