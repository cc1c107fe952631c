"""A house to tell stories with: it is met at its edges alone, as a user would: workbook, Maildirs, command line.

house.partner("a@one.example", "ООО «Один»", inn(1))
house.deal("2026-03-02 09:30", "a@one.example", inn(1), "ООО «Клиент»", inn(100))
house.once("2026-03-02 10:00")
assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from jobs.cli import main

MOSCOW = ZoneInfo("Europe/Moscow")
ROOT = Path(__file__).resolve().parents[2]

Value = Any
"""What a cell holds: text, a number, a date, a date-time, nothing. Stories compare it as they please."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that went out. `text`: the plain part; `files`: attachments by name; `token_address`: its Reply-To."""

    template: str
    number: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    token_address: str
    headers: Mapping[str, str]
    files: Mapping[str, bytes]
    at: datetime

    def pdf(self) -> bytes:
        """The only file that goes with it."""
        (content,) = self.files.values()
        return content


def moscow(text: str) -> datetime:
    """`2026-03-02 10:00` on Moscow's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


class House:
    """One home in a folder. `process`: run commands in a process of their own instead of this one (slower).

    What is typed into the workbook is saved when somebody looks: a command, or a story that asks for `book` or `root`.
    """

    def __init__(self, root: Path, *, process: bool = False) -> None:
        self.process = process
        self._root = root
        self._letters = 0
        self._typed: Workbook | None = None
        self._read: tuple[tuple[int, int], dict[str, list[dict[str, Value]]]] | None = None
        self._opened: dict[Path, Sent] = {}

    @property
    def root(self) -> Path:
        """The home folder, with everything that was typed in it."""
        self._save()
        return self._root

    # -- the command line ------------------------------------------------------------------

    def run(self, *arguments: str) -> Completed:
        """`python -m jobs …` with this home."""
        argv = [*arguments, "--home", str(self.root)]
        if self.process:
            done = subprocess.run(
                [sys.executable, "-m", "jobs", *argv], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
            )
            return Completed(done.returncode, done.stdout, done.stderr)
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(argv)
        return Completed(code, out.getvalue(), err.getvalue())

    def init(self, *flags: str, staff: Sequence[str] = (), prices: Mapping[str, float] | None = None) -> Completed:
        """Make the home; by default with a small price list. `staff`: addresses that are told of deadlines."""
        done = self.run("init", *flags)
        assert done.code == 0, done
        if staff:
            listed = ", ".join(f'"{address}"' for address in staff)
            self.configure("mail = []", f"mail = [{listed}]")
        self.price(prices if prices is not None else PRICES)
        return done

    def price(self, prices: Mapping[str, float]) -> None:
        """Fill the price list."""
        for article, (name, price) in enumerate(prices.items(), 1):
            line: dict[str, Value] = {"Артикул": f"A-{article}", "Наименование": name, "Срок мес.": "12", "РРЦ руб.": price}
            self.add("Прайс", **line)

    def configure(self, old: str, new: str) -> None:
        """Replace a piece of config.toml."""
        config = self.root / "config.toml"
        text = config.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in config.toml"
        config.write_text(text.replace(old, new, 1), encoding="utf-8")

    def once(self, now: str | datetime, *flags: str) -> Completed:
        """One pass at that moment of Moscow's clock."""
        return self.run("once", "--now", _moment(now).isoformat(), *flags)

    def ok(self, now: str | datetime, *flags: str) -> Completed:
        """One pass that must leave nothing undone."""
        done = self.once(now, *flags)
        assert done.code == 0, done.err
        return done

    def explain(self, number: str) -> dict[str, Any]:
        """`explain NUMBER --json`."""
        return self._json("explain", number, "--json")

    def status(self, now: str | datetime | None = None) -> dict[str, Any]:
        """`status --json`."""
        return self._json("status", "--json", *(["--now", _moment(now).isoformat()] if now else []))

    def _json(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments)
        assert done.code == 0, done.err
        found: dict[str, Any] = json.loads(done.out)
        return found

    # -- the workbook ------------------------------------------------------------------------

    @property
    def book(self) -> Path:
        """The workbook's file, with everything that was typed in it."""
        return self.root / "partners.xlsx"

    def _typing(self) -> Workbook:
        if self._typed is None:
            self._typed = openpyxl.load_workbook(self._root / "partners.xlsx")
        return self._typed

    def _save(self) -> None:
        if self._typed is not None:
            self._typed.save(self._root / "partners.xlsx")
            self._typed = None

    def _reading(self, tab: str) -> list[dict[str, Value]]:
        """The tab as it is on disk, read once for each content."""
        stat = self.book.stat()
        seen = (stat.st_mtime_ns, stat.st_ino)
        if self._read is None or self._read[0] != seen:
            self._read = (seen, {})
        if tab not in self._read[1]:
            with closing(openpyxl.load_workbook(self.book, data_only=True, read_only=True)) as book:
                self._read[1][tab] = _filled(book[tab])
        return self._read[1][tab]

    def add_form(self, tab: str, at: str | datetime, address: str, **columns: Value) -> int:
        """A form row, stamped on Moscow's clock; gives its row on the sheet."""
        return self.add(
            tab, **{"Отметка времени": _moment(at).replace(tzinfo=None), "Адрес электронной почты": address, **columns}
        )

    def add(self, tab: str, **columns: Value) -> int:
        """A row below the last one, by headers; gives its row on the sheet."""
        sheet = self._typing()[tab]
        headers = _headers(sheet)
        row = next(row for row in range(2, sheet.max_row + 2) if all(cell.value is None for cell in sheet[row]))
        for header, value in columns.items():
            _put(sheet, row, headers[header], value)
        return row

    def set_cell(self, tab: str, number: str, column: str, value: Value) -> None:
        """Type into the row of that number."""
        self.set_cells(tab, number, {column: value})

    def set_cells(self, tab: str, number: str, cells: Mapping[str, Value]) -> None:
        """Type into the row of that number."""
        sheet = self._typing()[tab]
        headers = _headers(sheet)
        for column, value in cells.items():
            _put(sheet, _row_of(sheet, headers, number), headers[column], value)

    def delete_tab(self, tab: str) -> None:
        """Somebody deletes a tab."""
        del self._typing()[tab]

    def rows(self, tab: str) -> list[dict[str, Value]]:
        """Every row of a tab by header; empty cells are ""."""
        return [dict(row) for row in self._reading(tab)]

    def row(self, tab: str, number: str) -> dict[str, Value]:
        """The row of that number."""
        found = [row for row in self.rows(tab) if row["№"] == number]
        assert len(found) == 1, f"{len(found)} rows {number} in {tab}"
        return found[0]

    # -- letters -----------------------------------------------------------------------------

    def mails(self, template: str | None = None, to: str | None = None, number: str | None = None) -> list[Sent]:
        """Letters that went out, oldest first."""
        letters = sorted(map(self._open, self._received()), key=lambda sent: (sent.at, sent.message_id))
        wanted = (("template", template), ("to", to), ("number", number))
        return [sent for sent in letters if all(value is None or getattr(sent, name) == value for name, value in wanted)]

    def _open(self, path: Path) -> Sent:
        """A letter is read once for all: nobody rewrites it."""
        if path not in self._opened:
            self._opened[path] = _sent(path)
        return self._opened[path]

    def _received(self) -> list[Path]:
        """Every letter as the receivers have it."""
        return [path for part in ("new", "cur") for path in (self.root / "mail/sent" / part).iterdir()]

    def mail(self, template: str, to: str | None = None, number: str | None = None) -> Sent:
        """The only letter of that template (to that address, on that case)."""
        found = self.mails(template, to, number)
        assert len(found) == 1, f"{len(found)} letters {template}; sent were {[(one.template, one.to) for one in self.mails()]}"
        return found[0]

    def reply(self, answered: Sent, text: str, at: str | datetime, sender: str | None = None, **files: bytes) -> None:
        """Answer a letter of ours, as a mail program does."""
        message = self._message(at, sender or answered.to, answered.token_address, f"Re: {answered.subject}", text, files)
        message["In-Reply-To"] = message["References"] = answered.message_id
        self.deliver(message.as_bytes(), at)

    def write(self, sender: str, subject: str, text: str, at: str | datetime, **headers: str) -> None:
        """A letter that answers nothing."""
        message = self._message(at, sender, "partners@stakhanovets.ru", subject, text, {})
        for name, value in headers.items():
            del message[name.replace("_", "-")]
            message[name.replace("_", "-")] = value
        self.deliver(message.as_bytes(), at)

    def _message(
        self, at: str | datetime, sender: str, to: str, subject: str, text: str, files: Mapping[str, bytes]
    ) -> EmailMessage:
        """As a mail program makes it; the same story makes the same letters."""
        message = EmailMessage()
        message["From"] = sender
        message["To"] = Address(addr_spec=to)
        message["Subject"] = re.sub(r"\s+", " ", subject)
        message["Date"] = format_datetime(datetime(2020, 1, 1, tzinfo=UTC))  # what a sender writes there counts for nothing
        message["Message-ID"] = f"<{_moment(at).timestamp():.0f}.{self._letters}@{sender.rpartition('@')[2]}>"
        message.set_content(text)
        if files:
            message.make_mixed(boundary="between the parts")
        for name, content in files.items():
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        return message

    def deliver(self, raw: bytes, at: str | datetime) -> Path:
        """Put bytes into the inbox, received at that time."""
        self._letters += 1
        when = _moment(at).timestamp()
        path = self.root / "mail/inbox/new" / f"{int(when)}.{self._letters}.house"
        path.write_bytes(raw)
        os.utime(path, (when, when))
        return path

    # -- what stories begin with -----------------------------------------------------------------

    def partner(self, address: str, name: str, inn: str, at: str | datetime = "2026-03-02 09:00", **columns: Value) -> None:
        """A complete application; `columns` change or add answers."""
        answers: dict[str, Value] = {
            "Наименование организации": name,
            "ИНН": inn,
            "Сайт": address.rpartition("@")[2],
            "Контактное лицо": "Иванова Мария Петровна",
            "Телефон": "+7 495 123-45-67",
            "Согласие на обработку персональных данных": "Да",
        }
        self.add_form("Форма Партнёр", at, address, **{**answers, **columns})

    def deal(self, at: str | datetime, address: str, inn: str, customer: str, customer_inn: str, **columns: Value) -> None:
        """A complete registration of ten licences of the first product; `columns` change or add answers."""
        answers: dict[str, Value] = {
            "ИНН партнёра": inn,
            "Заказчик": customer,
            "ИНН заказчика": customer_inn,
            "Тип сделки": "Новая",
            "Продукты": next(iter(PRICES)),
            "Количество лицензий": 10,
        }
        self.add_form("Форма Сделка", at, address, **{**answers, **columns})


PRICES: Mapping[str, float] = {"Стахановец Про": 5000, "Стахановец Стандарт": 2500.0, "Модуль аналитики": 99.9}


def inn(number: int) -> str:
    """A valid INN of an organisation that does not exist."""
    digits = f"96{number:07}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return digits + str(sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10)


def _moment(at: str | datetime) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=MOSCOW)


def _headers(sheet: Worksheet) -> dict[str, int]:
    return {str(cell.value): place for place, cell in enumerate(sheet[1], 1) if cell.value is not None}


def _filled(sheet: Any) -> list[dict[str, Value]]:
    """Rows that hold anything, by header; empty cells are ""."""
    sheet.reset_dimensions()  # what the file says of its size counts for nothing
    first, *rows = sheet.iter_rows(values_only=True)
    headers = {str(header): place for place, header in enumerate(first) if header is not None}
    found = []
    for row in rows:
        values = {header: row[place] if place < len(row) else None for header, place in headers.items()}
        if any(value not in (None, "") for value in values.values()):
            found.append({header: "" if value is None else value for header, value in values.items()})
    return found


def _row_of(sheet: Worksheet, headers: Mapping[str, int], number: str) -> int:
    rows = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, headers["№"]).value == number]
    assert len(rows) == 1, f"{len(rows)} rows {number} in {sheet.title}"
    return rows[0]


def _put(sheet: Worksheet, row: int, place: int, value: Value) -> None:
    cell = sheet.cell(row, place)
    cell.value = value
    if isinstance(value, str) and value.startswith("="):
        cell.data_type = "s"


def _sent(path: Path) -> Sent:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return Sent(
        template=str(message["X-Partner-Template"]),
        number=str(message["X-Partner-Case"] or ""),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=plain.get_content() if plain else "",
        html=html.get_content() if html else "",
        message_id=str(message["Message-ID"]),
        token_address=str(message["Reply-To"]),
        headers={name: str(value) for name, value in message.items()},
        files={str(part.get_filename()): part.get_content() for part in message.iter_attachments()},
        at=message["Date"].datetime,
    )
