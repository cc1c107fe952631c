"""One small house over either spreadsheet: the book behind its port, a ledger's memory of it, and people at work in it."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import openpyxl
from python_calamine import CalamineWorkbook

from cases.model import StaffWord
from sheets.base import BaseRow, updated
from sheets.columns import BY_NAME
from sheets.google import GoogleSpreadsheet
from sheets.merge import Reading, read_words
from sheets.plan import MergePlan, plan_writes
from sheets.port import Changed, Changes, RowAppend, Spreadsheet, WriteReport
from sheets.projection import Shown
from sheets.reading import form_rows
from sheets.snapshot import Snapshot
from sheets.summary import Summary
from sheets.values import canonical
from sheets.xlsx import WorkbookFile
from tests.wire.sheets.book import Book, Sheet
from tests.wire.sheets.changes import sort
from tests.wire.sheets.ranges import Area
from tests.wire.sheets.server import SheetsServer
from tests.wire.sheets.values import entered_cell

NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # 12:00 in Moscow
DEALS = "Сделки"
FORM = "Форма Сделка"
_MADE = "made once, copied for every house"


class People(Protocol):
    """What a person does in the open spreadsheet. A text is typed, other values are set."""

    def type(self, tab: str, number: str, name: str, value: Any) -> None: ...
    def sort(self, tab: str, name: str, down: bool = False) -> None: ...
    def insert(self, tab: str, position: int) -> None: ...
    def delete(self, tab: str, number: str) -> None: ...
    def add(self, tab: str, **values: Any) -> None: ...
    def head(self, tab: str, old: str, new: str) -> None: ...
    def drop(self, tab: str) -> None: ...
    def grid(self, tab: str) -> list[list[Any]]: ...


@dataclass
class House:
    """Read, hear, plan, write, remember: as the job does, again when a person was faster."""

    book: Spreadsheet = field(repr=False)
    people: People = field(repr=False)
    base: dict[str, dict[str, BaseRow]] = field(default_factory=dict)
    journal: list[StaffWord] = field(default_factory=list)
    reports: list[WriteReport] = field(default_factory=list)
    between: Callable[[], None] = lambda: None

    def read(self) -> Snapshot:
        """Only read."""
        return self.book.read()

    def one_pass(self, ours: Mapping[str, Mapping[str, Shown]] | None = None, lines: int = 0) -> tuple[Reading, MergePlan]:
        """One pass. `lines`: so many are added to the journal; `between` runs between read and write, once."""
        for _ in range(3):
            snapshot = self.book.read()
            forms, _ = form_rows(snapshot)
            reading = read_words(snapshot, self.base, forms)
            known = {word.key for word in self.journal}
            self.journal.extend(word for word in reading.words if word.key not in known)
            self.base = updated(self.base, reading.base_updates)
            plan = plan_writes(snapshot, self.base, ours or {}, forms, reading.words, reading.untouchable)
            self.base = updated(self.base, plan.intents)
            changes = Changes(plan.cells, [*plan.appends, *(line(f"запись {one}") for one in range(lines))])
            self.between()
            self.between = lambda: None
            if changes:
                try:
                    self.reports.append(self.book.write(changes, snapshot.fingerprint, "copy"))
                except Changed:
                    continue
            self.base = updated(self.base, plan.base_updates)
            return reading, plan
        raise AssertionError("the book is changed all the time")

    def shown(self, tab: str, name: str) -> dict[str, str]:
        """Number -> canonical text of that field, as people see it."""
        column = BY_NAME[tab].column(name)
        return {str(row["№"]): canonical(row[column.header], column.type) for row in self.seen(tab) if row["№"]}

    def seen(self, tab: str) -> list[dict[str, Any]]:
        """Filled rows as a person sees them, by header."""
        rows = self.people.grid(tab)
        return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:] if any(cell != "" for cell in row)]


def deal(number: str, **changes: Any) -> dict[str, Any]:
    """What a registered deal shows."""
    row: dict[str, Any] = {
        "number": number,
        "partner": "ООО Партнёр",
        "partner_inn": "7707083893",
        "customer": f"ООО Заказчик {number}",
        "customer_inn": "0105013021",
        "kind": "Новая",
        "products": "Стахановец Про",
        "licences": 10,
        "state": "Зарегистрирована",
        "discount": 10,
        "submitted_at": datetime(2026, 3, 2, 12, 0),
        "due_at": datetime(2026, 3, 4, 18, 0),
        "registered_at": date(2026, 3, 2),
        "valid_until": date(2026, 6, 2),
        "extensions": 0,
        "sale_status": "в работе",
        "report_due": date(2026, 3, 16),
        "reason": "",
        "remarks": "",
    }
    return {**row, **changes}


def deals(*numbers: str, **changes: Any) -> dict[str, dict[str, Shown]]:
    """The deals' tab with these rows to be shown."""
    return {DEALS: {number: deal(number, **changes) for number in numbers}}


def line(details: str) -> RowAppend:
    """A line of the journal."""
    values: Shown = {"at": datetime(2026, 3, 2, 12), "number": "D-2026-0001", "event": "Проверка", "details": details}
    return RowAppend("Журнал", "1", values)


def summary() -> Summary:
    """A small summary."""
    return Summary(NOON, {"registered": 2}, {"white": 1}, {"authorised": 1}, {}, [("D-2026-0001", NOON)])


# -- the workbook --------------------------------------------------------------------------------


@dataclass
class WorkbookPeople:
    """People with the workbook open in a program."""

    path: Path

    def _edit(self, change: Callable[[Any], None]) -> None:
        book = openpyxl.load_workbook(self.path)
        change(book)
        book.save(self.path)

    def _row(self, sheet: Any, number: str) -> int:
        place = next(cell.column for cell in sheet[1] if cell.value == "№")
        return next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, place).value == number)

    def _place(self, sheet: Any, header: str) -> int:
        return int(next(cell.column for cell in sheet[1] if cell.value == header))

    def type(self, tab: str, number: str, name: str, value: Any) -> None:
        def change(book: Any) -> None:
            cell = book[tab].cell(self._row(book[tab], number), self._place(book[tab], BY_NAME[tab].column(name).header))
            if isinstance(value, str) and value.endswith("%"):
                cell.value, cell.number_format = float(value[:-1]) / 100, "0%"
            elif isinstance(value, str):
                cell.value = value.removeprefix("'")
            else:
                cell.value = value

        self._edit(change)

    def sort(self, tab: str, name: str, down: bool = False) -> None:
        def change(book: Any) -> None:
            sheet = book[tab]
            place = self._place(sheet, BY_NAME[tab].column(name).header) - 1
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
            rows.sort(key=lambda row: str(row[place]), reverse=down)
            for at, row in enumerate(rows, start=2):
                for column, value in enumerate(row, start=1):
                    sheet.cell(at, column).value = value

        self._edit(change)

    def insert(self, tab: str, position: int) -> None:
        self._edit(lambda book: book[tab].insert_rows(position))

    def delete(self, tab: str, number: str) -> None:
        self._edit(lambda book: book[tab].delete_rows(self._row(book[tab], number)))

    def add(self, tab: str, **values: Any) -> None:
        def change(book: Any) -> None:
            book[tab].append([values.get(column.field) for column in BY_NAME[tab].columns])

        self._edit(change)

    def head(self, tab: str, old: str, new: str) -> None:
        def change(book: Any) -> None:
            book[tab].cell(1, self._place(book[tab], old)).value = new

        self._edit(change)

    def drop(self, tab: str) -> None:
        self._edit(lambda book: book.remove(book[tab]))

    def grid(self, tab: str) -> list[list[Any]]:
        rows: list[list[Any]] = CalamineWorkbook.from_path(str(self.path)).get_sheet_by_name(tab).to_python(skip_empty_area=False)
        return rows


def workbook_house(folder: Path) -> House:
    """A house over an .xlsx file."""
    path = folder / "partners.xlsx"
    book = WorkbookFile(path)
    book.ensure("start")
    return House(book, WorkbookPeople(path))


# -- Google ----------------------------------------------------------------------------------------


@dataclass
class GooglePeople:
    """People with the spreadsheet open in a browser."""

    server: SheetsServer
    book: Book

    def sheet(self, tab: str) -> Sheet:
        """The tab."""
        found = self.book.titled(tab)
        assert found is not None
        return found

    def place(self, tab: str, header: str) -> int:
        """The column under a header."""
        sheet = self.sheet(tab)
        return next(column for column, cell in sheet.rows[0].items() if _said(cell.entered) == header)

    def row(self, tab: str, number: str) -> int:
        """The row of a number, from 0."""
        sheet, place = self.sheet(tab), self.place(tab, "№")
        return next(row for row in range(len(sheet.rows)) if _said(sheet.cell(row, place).entered) == number)

    def type(self, tab: str, number: str, name: str, value: Any) -> None:
        with self.server.service.lock:
            self.put(tab, self.row(tab, number), self.place(tab, BY_NAME[tab].column(name).header), value)

    def put(self, tab: str, row: int, column: int, value: Any) -> None:
        """Type into a cell."""
        sheet = self.sheet(tab)
        text = value.strftime("%d.%m.%Y %H:%M:%S") if isinstance(value, datetime) else value
        text = text.strftime("%d.%m.%Y") if isinstance(text, date) else text
        sheet.put(row, column, entered_cell(self.book, sheet, row, column, text, raw=False))

    def sort(self, tab: str, name: str, down: bool = False) -> None:
        with self.server.service.lock:
            sheet = self.sheet(tab)
            spec = {"dimensionIndex": self.place(tab, BY_NAME[tab].column(name).header)}
            order = [{**spec, "sortOrder": "DESCENDING" if down else "ASCENDING"}]
            sort(self.book, sheet, Area(1, sheet.row_count, 0, sheet.column_count), order)

    def insert(self, tab: str, position: int) -> None:
        with self.server.service.lock:
            self.sheet(tab).insert("ROWS", position - 1, 1)

    def delete(self, tab: str, number: str) -> None:
        with self.server.service.lock:
            row = self.row(tab, number)
            self.sheet(tab).delete("ROWS", row, row + 1)

    def add(self, tab: str, **values: Any) -> None:
        with self.server.service.lock:
            row = self.sheet(tab).last_row()
            for name, value in values.items():
                self.put(tab, row, self.place(tab, BY_NAME[tab].column(name).header), value)

    def head(self, tab: str, old: str, new: str) -> None:
        with self.server.service.lock:
            self.put(tab, 0, self.place(tab, old), new)

    def drop(self, tab: str) -> None:
        with self.server.service.lock:
            self.book.sheets.remove(self.sheet(tab))

    def grid(self, tab: str) -> list[list[Any]]:
        with self.server.service.lock:
            sheet = self.sheet(tab)
            width = max(sheet.rows[0]) + 1
            return [[self.book.shown(sheet, row, column) for column in range(width)] for row in range(sheet.last_row())]


def _said(entered: Mapping[str, Any] | None) -> str:
    return str(next(iter(entered.values()))) if entered else ""


@dataclass
class GoogleHouse(House):
    """A house over the wire server. `slept`: how long the backend waited, without waiting."""

    server: SheetsServer = field(kw_only=True, repr=False)
    wire: Book = field(kw_only=True, repr=False)
    folder: Path = field(kw_only=True)
    slept: list[float] = field(default_factory=list)

    @property
    def google(self) -> GoogleSpreadsheet:
        """The backend."""
        assert isinstance(self.book, GoogleSpreadsheet)
        return self.book

    @property
    def hands(self) -> GooglePeople:
        """People, with more than the common ways."""
        assert isinstance(self.people, GooglePeople)
        return self.people

    def again(self, anew: bool = False) -> GoogleSpreadsheet:
        """A new process over the same spreadsheet and memory; unless `anew`, with the token that is there."""
        book = GoogleSpreadsheet(
            self.folder / "account.json",
            f"https://docs.google.com/spreadsheets/d/{self.wire.id}/edit#gid=0",
            memory=self.folder / "sheet.json",
            endpoint=self.server.url,
            sleep=self.slept.append,
        )
        if isinstance(self.book, GoogleSpreadsheet) and not anew:
            book._api._http, book._api._email = self.book._api._http, self.book.email
        self.book = book
        return book


def google_house(folder: Path, server: SheetsServer, time_zone: str = "Europe/Moscow", ensure: bool = True) -> GoogleHouse:
    """A house over a new spreadsheet of the server's."""
    server.account_file(folder / "account.json")
    wire = server.make()
    wire.properties.update(locale="ru_RU", timeZone=time_zone)
    empty: Any = None
    house = GoogleHouse(empty, GooglePeople(server, wire), server=server, wire=wire, folder=folder)
    house.again()
    if ensure:
        with server.service.lock:
            made = next((book for book in server.shelf.books.values() if book.properties["title"] == _MADE), None)
        if made is None:
            house.google.ensure("start")
            made = server.make(_MADE)
            made.put_back(wire.kept())
            made.properties["title"] = _MADE
            for sheet in made.sheets:  # a thousand empty rows a tab only cost time
                sheet.delete("ROWS", 50, sheet.row_count)
        wire.put_back(made.kept())
        wire.properties.update(title="Partners", timeZone=time_zone)
        house.again()
    return house


def cleared(server: SheetsServer) -> None:
    """Forget faults and calls."""
    server.faults.clear()
    server.calls.clear()
