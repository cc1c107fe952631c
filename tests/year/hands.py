"""People's hands and eyes in the spreadsheet: the workbook's file, or a Google spreadsheet behind the wire server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.sheets.google.two_houses import GooglePeople
from tests.wire.sheets.book import Book, Sheet
from tests.year.events import Typed

Row = dict[str, Any]
"""A row by its headers: text, number, date, date-time; empty cells are ""."""


class NoRow(Exception):
    """No row fits, or more than one."""


class Hands(Protocol):
    """What people do in the open spreadsheet between two passes."""

    def add(self, tab: str, cells: Mapping[str, Typed], above: bool = False) -> None:
        """A row below the last one, or above the first."""

    def change(self, tab: str, which: Callable[[Row], bool], cells: Mapping[str, Typed]) -> None:
        """Type into the only row that fits. Raises NoRow."""

    def sort(self, tab: str, header: str) -> None:
        """Sort whole rows by a column, downwards."""

    def delete(self, tab: str, which: Callable[[Row], bool]) -> None:
        """Delete the only row that fits. Raises NoRow."""

    def blank(self, tab: str) -> None:
        """Put an empty row below the headers."""

    def rows(self, tab: str) -> list[Row]:
        """Every filled row, as a person sees it."""

    def save(self) -> None:
        """Let go of it: what was typed is there for others."""


class WorkbookHands:
    """The workbook in a program: opened at the first touch, saved when the hands let go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: Workbook | None = None

    def _sheet(self, tab: str) -> Worksheet:
        if self._open is None:
            self._open = openpyxl.load_workbook(self._path)
        sheet: Worksheet = self._open[tab]
        return sheet

    def add(self, tab: str, cells: Mapping[str, Typed], above: bool = False) -> None:
        sheet = self._sheet(tab)
        if above:
            sheet.insert_rows(2)
            _type(sheet, 2, cells)
            return
        row = next(row for row in range(sheet.max_row, 0, -1) if any(cell.value not in (None, "") for cell in sheet[row])) + 1
        _type(sheet, row, cells)

    def change(self, tab: str, which: Callable[[Row], bool], cells: Mapping[str, Typed]) -> None:
        sheet = self._sheet(tab)
        _type(sheet, _only(place for place, row in _filled(sheet) if which(row)), cells)

    def sort(self, tab: str, header: str) -> None:
        sheet = self._sheet(tab)
        place = _headers(sheet)[header] - 1
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        rows = [row for row in rows if any(value not in (None, "") for value in row)]
        rows.sort(key=lambda row: str(row[place]), reverse=True)
        for at, row in enumerate(rows, start=2):
            for column, value in enumerate(row, start=1):
                sheet.cell(at, column).value = value
        for at in range(len(rows) + 2, sheet.max_row + 1):
            for cell in sheet[at]:
                cell.value = None

    def delete(self, tab: str, which: Callable[[Row], bool]) -> None:
        sheet = self._sheet(tab)
        sheet.delete_rows(_only(place for place, row in _filled(sheet) if which(row)))

    def blank(self, tab: str) -> None:
        self._sheet(tab).insert_rows(2)

    def rows(self, tab: str) -> list[Row]:
        return [row for _, row in _filled(self._sheet(tab))]

    def save(self) -> None:
        if self._open is not None:
            self._open.save(self._path)
            self._open = None


def _only(places: Iterable[int]) -> int:
    found = list(places)
    if len(found) != 1:
        raise NoRow(f"{len(found)} rows fit")
    return found[0]


def _headers(sheet: Worksheet) -> dict[str, int]:
    return {str(cell.value): place for place, cell in enumerate(sheet[1], 1) if cell.value is not None}


def _filled(sheet: Worksheet) -> Iterator[tuple[int, Row]]:
    headers = _headers(sheet)
    for place, values in enumerate(sheet.iter_rows(min_row=2, values_only=True), start=2):
        if any(value not in (None, "") for value in values):
            yield place, {header: "" if values[at - 1] is None else values[at - 1] for header, at in headers.items()}


def _type(sheet: Worksheet, row: int, cells: Mapping[str, Typed]) -> None:
    headers = _headers(sheet)
    for header, value in cells.items():
        sheet.cell(row, headers[header]).value = value.replace(tzinfo=None) if isinstance(value, datetime) else value


class _Cells(Row):
    """A row of which only the cells that are looked at are worked out."""

    def __init__(self, book: Book, sheet: Sheet, row: int, headers: Mapping[str, int]) -> None:
        super().__init__()
        self.headers = headers
        self._look: Callable[[int], Any] = lambda place: _meant(book.value(sheet, row, place), book.shown(sheet, row, place))

    def __missing__(self, header: str) -> Any:
        return self._look(self.headers[header])


class GoogleHands:
    """The spreadsheet in a browser: every touch is there for others at once."""

    def __init__(self, people: GooglePeople) -> None:
        self._people = people

    def _each(self, tab: str) -> Iterator[tuple[int, _Cells]]:
        sheet, book = self._people.sheet(tab), self._people.book
        headers = {str(book.value(sheet, 0, place)): place for place in sheet.rows[0]}
        for row in range(1, sheet.last_row()):
            if any(cell.entered for cell in sheet.rows[row].values()):
                yield row, _Cells(book, sheet, row, headers)

    def _type(self, tab: str, row: int, cells: Mapping[str, Typed]) -> None:
        for header, value in cells.items():
            self._people.put(tab, row, self._people.place(tab, header), value)

    def add(self, tab: str, cells: Mapping[str, Typed], above: bool = False) -> None:
        with self._people.server.service.lock:
            sheet = self._people.sheet(tab)
            row = sheet.last_row()
            if above:
                self._people.insert(tab, 2)
                row = 1
            elif row >= sheet.row_count:
                sheet.insert("ROWS", sheet.row_count, 100)
            self._type(tab, row, cells)

    def change(self, tab: str, which: Callable[[Row], bool], cells: Mapping[str, Typed]) -> None:
        with self._people.server.service.lock:
            self._type(tab, _only(place for place, row in self._each(tab) if which(row)), cells)

    def sort(self, tab: str, header: str) -> None:
        with self._people.server.service.lock:
            sheet = self._people.sheet(tab)
            place = self._people.place(tab, header)
            head, rest = sheet.rows[:1], [row for row in sheet.rows[1:] if any(cell.entered for cell in row.values())]
            rest.sort(key=lambda row: str(row[place].entered) if place in row else "", reverse=True)
            sheet.rows = head + rest

    def delete(self, tab: str, which: Callable[[Row], bool]) -> None:
        with self._people.server.service.lock:
            row = _only(place for place, row in self._each(tab) if which(row))
            self._people.sheet(tab).delete("ROWS", row, row + 1)

    def blank(self, tab: str) -> None:
        self._people.insert(tab, 2)

    def rows(self, tab: str) -> list[Row]:
        with self._people.server.service.lock:
            return [{header: row[header] for header in row.headers} for _, row in self._each(tab)]

    def save(self) -> None:
        """Nothing is held back."""


def _meant(value: Any, shown: str) -> Any:
    """What stands in a cell: a day and time where one is shown, else the value itself."""
    if isinstance(value, (int, float)) and re.match(r"\d\d\.\d\d\.\d{4}", shown):
        return datetime(1899, 12, 30) + timedelta(seconds=round(value * 86400))  # noqa: DTZ001  Moscow's clock
    return "" if value is None else value


def as_text(value: Any) -> str:
    """A cell for comparison: whole days and plain numbers alike in either spreadsheet."""
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y}" if value.hour == value.minute == 0 else f"{value:%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if value is None:
        return ""
    text = str(value).replace("\u00a0", "").replace("\u202f", "").strip()
    if re.fullmatch(r"-?\d{1,9}([.,]\d+)?", text):  # longer ones are INNs and the like
        return f"{float(text.replace(',', '.')):g}"
    return text
