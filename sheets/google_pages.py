"""What stands in our tabs of a Google spreadsheet: raw values as one read gives them, and the grids that become a Snapshot."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sheets.columns import TABS
from sheets.headers import Aliases, fold, locate
from sheets.shape import Column, Owner, Tab, TabKind, Type
from sheets.snapshot import Grid
from sheets.values import MOSCOW, Cell, canonical, moment, number, plain

Raw = str | int | float | bool
Rows = list[list[Raw]]
Formats = Mapping[tuple[int, int, int], str]
"""(sheet id, row, column) -> DATE, DATE_TIME, PERCENT, … of doubtful cells."""

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a serial has no zone
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#ERROR!"})
OURS: Mapping[str, Tab] = {fold(tab.name): tab for tab in TABS}

_TITLE = re.compile(r"(?:'((?:[^']|'')*)'|([^!]*))!")
_SERIALS = (20_000, 80_000)


@dataclass(slots=True)
class Page:
    """One tab as read: `tab` is ours, `rows` from the first on, trimmed at the right and at the end."""

    id: int
    title: str
    tab: Tab
    rows: Rows
    head: int = -1
    index: Mapping[str, int] = field(default_factory=dict)
    _places: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = field(default_factory=dict, init=False, repr=False)

    def at(self, row: int, column: int) -> Raw:
        """What stands there; "" for nothing."""
        line = self.rows[row] if 0 <= row < len(self.rows) else ()
        return line[column] if 0 <= column < len(line) else ""

    def header(self, column: int) -> str:
        """The header over that column."""
        return fold(self.at(self.head, column))

    def cells(self, names: Sequence[str], row: int) -> tuple[str, ...]:
        """Canonical texts of these fields in a row."""
        found = ((self.tab.column(name), self.index.get(name, -1)) for name in names)
        return tuple(canonical(self.at(row, place), column.type) for column, place in found)

    def places(self, names: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
        """Rows below the header by what these fields say in them."""
        if tuple(names) in self._places:
            return self._places[tuple(names)]
        found = self._places[tuple(names)] = {}
        for row in range(self.head + 1, len(self.rows)):
            if self.rows[row]:
                found.setdefault(self.cells(names, row), []).append(row)
        return found

    @property
    def marks(self) -> tuple[str, ...]:
        """The fields by which a row is known again after the write: few, and never written to rows that exist."""
        if self.tab.kind is TabKind.STAFF:
            return tuple(column.field for column in self.tab.columns if column.owner is Owner.STAFF)
        return ("stamp", "address") if self.tab.kind is TabKind.FORM else ("number",)

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields by which a row is found again between two reads."""
        if self.tab.kind is TabKind.STAFF:
            return ("number", *self.marks)
        if self.tab.kind is TabKind.FORM:
            return ("number", *(column.field for column in self.tab.columns if column.owner is Owner.FORM))
        return ("number",)


Pages = dict[int, Page]
"""Our tabs by the id of the sheet."""


def filters(ids: Sequence[int]) -> list[dict[str, Any]]:
    """Data filters for whole tabs."""
    return [{"gridRange": {"sheetId": sheet_id}} for sheet_id in ids]


def pages(answer: Sequence[Mapping[str, Any]], ids: Sequence[int], aliases: Aliases) -> Pages:
    """The answer of `values:batchGetByDataFilter` over whole tabs. Tabs that are not ours any more are left out."""
    found: Pages = {}
    for place, part in enumerate(answer):
        asked = part.get("dataFilters") or [{}]
        sheet_id = asked[0].get("gridRange", {}).get("sheetId", 0) if asked[0] else ids[place]
        values = part["valueRange"]
        title = title_of(values["range"])
        tab = OURS.get(fold(title))
        if tab is not None:
            found[sheet_id] = placed(Page(sheet_id, title, tab, [list(row) for row in values.get("values", [])]), aliases)
    return found


def placed(page: Page, aliases: Aliases) -> Page:
    """The page with its header row and fields found."""
    page.head = next((row for row, line in enumerate(page.rows) if any(str(cell).strip() for cell in line)), -1)
    if page.head >= 0 and page.tab.columns:
        page.index, _, _ = locate(page.tab, page.rows[page.head], aliases)
    return page


def title_of(reference: str) -> str:
    """The tab's title in a range such as `'Сделки'!A1:W20`."""
    found = _TITLE.match(reference)
    if found is None:
        return reference
    return found[1].replace("''", "'") if found[1] is not None else found[2]


def quoted(title: str) -> str:
    """A title before the `!` of a range."""
    return "'" + title.replace("'", "''") + "'"


def fingerprint(found: Pages) -> str:
    """Stands for what people may change: `Сводка` and `Журнал` count by their names alone."""
    told = []
    for page in sorted(found.values(), key=lambda page: page.id):
        kept = page.tab.kind not in (TabKind.SUMMARY, TabKind.JOURNAL)
        told.append([page.id, page.title, [_trimmed(row) for row in page.rows] if kept else []])
    return sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _trimmed(row: Sequence[Raw]) -> list[Raw]:
    line = [int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in row]
    while line and line[-1] == "":
        line.pop()
    return line


# -- cells of a snapshot ----------------------------------------------------------------------


def doubtful(found: Pages) -> list[tuple[Page, int, list[int]]]:
    """(page, column, rows) where only the cell's format tells what a number means: 0.1 may be 10 %, 46083 may be a date."""
    places = []
    for page in found.values():
        for column, place in _columns(page):
            rows = [row for row in range(page.head + 1, len(page.rows)) if _doubtful(page.at(row, place), column)]
            if rows:
                places.append((page, place, rows))
    return places


def _doubtful(cell: Raw, column: Column) -> bool:
    if isinstance(cell, str | bool):
        return False
    if column.type is Type.PERCENT:
        return 0 < abs(cell) <= 1
    return column.type is Type.TEXT and _SERIALS[0] <= cell <= _SERIALS[1]


def _columns(page: Page) -> Iterator[tuple[Column, int]]:
    for name, place in page.index.items():
        yield page.tab.column(name), place


def grids(found: Pages, formats: Formats, zone: str) -> list[Grid]:
    """Grids as `assembly` takes them: percent plain, times on Moscow's clock, error values named."""
    inward = clock(zone, "Europe/Moscow")
    result = []
    for page in found.values():
        rows: list[list[Cell]] = [list(row) for row in page.rows]
        errors = set()
        for row, line in enumerate(page.rows):
            for column, cell in enumerate(line):
                if isinstance(cell, str) and cell in ERRORS:
                    errors.add((row + 1, column))
                    rows[row][column] = "#"
        for about, place in _columns(page):
            for row in range(page.head + 1, len(page.rows)):
                cell = page.at(row, place)
                if not isinstance(cell, str | bool):
                    rows[row][place] = _meant(cell, about, formats.get((page.id, row, place), ""), inward)
        result.append(Grid(page.title, rows, errors=frozenset(errors)))
    return result


def _meant(cell: float, column: Column, shape: str, inward: Callable[[datetime], datetime] | None) -> Cell:
    if column.type is Type.PERCENT and shape == "PERCENT":
        figure = number(cell)
        return cell if figure is None else float(plain(figure * 100))
    if column.type is Type.TEXT and shape in ("DATE", "DATE_TIME"):
        when = moment(cell)
        return cell if when is None else when.date() if shape == "DATE" else when
    if column.type is Type.DATETIME and inward is not None:
        when = moment(cell)
        return cell if when is None else inward(when)
    return cell


def clock(source: str, target: str) -> Callable[[datetime], datetime] | None:
    """From one zone's clock to another's; None where they are the same."""
    if source == target:
        return None
    there, here = ZoneInfo(source), ZoneInfo(target)
    return lambda when: when.replace(tzinfo=there).astimezone(here).replace(tzinfo=None)


def raw(value: Cell, type_: Type, zone: str) -> Raw:
    """A value as it will stand in the sheet: text, number, truth; times as serials on the spreadsheet's clock."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, datetime):
        local = value.astimezone(MOSCOW).replace(tzinfo=None) if value.tzinfo else value
        outward = clock("Europe/Moscow", zone) if type_ is Type.DATETIME else None
        return _serial(outward(local) if outward else local)
    when = moment(value) if not isinstance(value, int | float) else None
    if when is not None:
        return _serial(when)
    figure = number(value)
    if figure is None:
        return str(value)
    return int(figure) if figure == figure.to_integral_value() else float(figure)


def _serial(when: datetime) -> Raw:
    days = (when - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else days
