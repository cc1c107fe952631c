"""Spreadsheets in memory: cells never change but are replaced, so that a batch that fails is undone by putting old rows back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.wire.sheets import locales
from tests.wire.sheets.formulas import ERRORS, FormulaError, evaluate
from tests.wire.sheets.locales import Locale
from tests.wire.sheets.ranges import Area, area_of, meet, parse_cells, shift, split_title

Json = dict[str, Any]


class Refused(Exception):
    """The service refuses a call."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


def invalid(text: str) -> Refused:
    """400 INVALID_ARGUMENT"""
    return Refused(400, "INVALID_ARGUMENT", text)


@dataclass(frozen=True, slots=True)
class Cell:
    """What was entered, and what goes with the cell."""

    entered: Mapping[str, Any] | None = None
    format: Mapping[str, Any] | None = None
    note: str = ""
    validation: Mapping[str, Any] | None = None
    runs: tuple[Json, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entered or self.format or self.note or self.validation or self.runs)

    @property
    def number_format(self) -> Mapping[str, Any] | None:
        """Its own number format."""
        return (self.format or {}).get("numberFormat")


EMPTY = Cell()
Row = dict[int, Cell]


@dataclass(slots=True)
class Sheet:
    """One tab. `rows` reach as far as something stands there; `lists` hold what lies over the cells, by name of the API."""

    id: int
    properties: Json
    row_count: int
    column_count: int
    rows: list[Row] = field(default_factory=list)
    lists: dict[str, list[Json]] = field(default_factory=dict)
    basic_filter: Json | None = None
    row_meta: dict[int, Json] = field(default_factory=dict)
    column_meta: dict[int, Json] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name."""
        return str(self.properties["title"])

    def cell(self, row: int, column: int) -> Cell:
        """That cell, empty where nothing stands."""
        return self.rows[row].get(column, EMPTY) if row < len(self.rows) else EMPTY

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Replace a cell."""
        while len(self.rows) <= row:
            if not cell:
                return
            self.rows.append({})
        if cell:
            self.rows[row][column] = cell
        else:
            self.rows[row].pop(column, None)
            while self.rows and not self.rows[-1]:
                self.rows.pop()

    def change(self, area: Area, new: Callable[[Cell], Cell]) -> None:
        """Replace every cell of an area; equal cells are worked out once."""
        top, bottom, left, right = self.whole(area)
        known: dict[int, Cell] = {id(EMPTY): new(EMPTY)}
        kept = []  # so that no id is used twice
        while len(self.rows) < bottom and known[id(EMPTY)]:
            self.rows.append({})
        for row in self.rows[top:bottom]:
            for column in range(left, right):
                old = row.get(column, EMPTY)
                cell = known.get(id(old))
                if cell is None:
                    cell = known[id(old)] = new(old)
                    kept.append(old)
                if cell:
                    row[column] = cell
                else:
                    row.pop(column, None)
        while self.rows and not self.rows[-1]:
            self.rows.pop()

    def over(self, name: str) -> list[Json]:
        """What lies over the cells: merges, protectedRanges, filterViews, conditionalFormats, charts, …"""
        return self.lists.setdefault(name, [])

    def whole(self, area: Area) -> tuple[int, int, int, int]:
        """The area's sides on this grid. Raises Refused beyond it."""
        box = area.within(self.row_count, self.column_count).box
        if box[0] >= self.row_count or box[2] >= self.column_count or box[1] > self.row_count or box[3] > self.column_count:
            raise invalid(
                f"Range ({self.title}!{box}) exceeds grid limits. Max rows: {self.row_count}, max columns: {self.column_count}"
            )
        return box

    def last_row(self) -> int:
        """Below the last row with a value, from 0."""
        for row in range(len(self.rows), 0, -1):
            if any(cell.entered for cell in self.rows[row - 1].values()):
                return row
        return 0

    def insert(self, dimension: str, at: int, count: int) -> None:
        """Empty rows or columns come in, everything behind moves."""
        if dimension == "ROWS":
            if at < len(self.rows):
                self.rows[at:at] = [{} for _ in range(count)]
            self.row_count += count
        else:
            self.rows = [{(place + count if place >= at else place): cell for place, cell in row.items()} for row in self.rows]
            self.column_count += count
        self._moved(dimension, at, count)

    def delete(self, dimension: str, start: int, end: int) -> None:
        """Rows or columns go with all that stands in them."""
        count = end - start
        if dimension == "ROWS":
            if self.row_count - count < 1:
                raise invalid("You can't delete all the rows on the sheet.")
            del self.rows[start:end]
            self.row_count -= count
        else:
            if self.column_count - count < 1:
                raise invalid("You can't delete all the columns on the sheet.")
            self.rows = [
                {(column - count if column >= end else column): cell for column, cell in row.items() if not start <= column < end}
                for row in self.rows
            ]
            self.column_count -= count
        while self.rows and not self.rows[-1]:
            self.rows.pop()
        self._moved(dimension, start, -count)

    def _moved(self, dimension: str, at: int, count: int) -> None:
        for found in self.lists.values():
            shift(found, self.id, dimension, at, count)
        if self.basic_filter is not None and not shift(self.basic_filter, self.id, dimension, at, count):
            self.basic_filter = None
        meta = self.row_meta if dimension == "ROWS" else self.column_meta
        moved: dict[int, Json] = {}
        for index, about in meta.items():
            if count > 0:
                moved[index + count if index >= at else index] = about
            elif not at <= index < at - count:
                moved[index + count if index >= at - count else index] = about
        meta.clear()
        meta.update(moved)

    def kept(self) -> Sheet:
        """As it is now, to be put back."""
        return replace(
            self,
            properties=copy.deepcopy(self.properties),
            rows=[dict(row) for row in self.rows],
            lists=copy.deepcopy(self.lists),
            basic_filter=copy.deepcopy(self.basic_filter),
            row_meta=copy.deepcopy(self.row_meta),
            column_meta=copy.deepcopy(self.column_meta),
        )


@dataclass(slots=True)
class Book:
    """One spreadsheet. `shared`: addresses that may see it, with their role."""

    id: str
    properties: Json
    sheets: list[Sheet] = field(default_factory=list)
    named: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)
    shared: dict[str, str] = field(default_factory=dict)
    permissions: list[Json] = field(default_factory=list)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    parents: list[str] = field(default_factory=list)

    @property
    def locale(self) -> Locale:
        """How its country writes."""
        return locales.locale(self.properties["locale"])

    def sheet(self, sheet_id: int) -> Sheet:
        """The tab of that id. Raises Refused."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def titled(self, title: str) -> Sheet | None:
        """The tab of that name."""
        return next((sheet for sheet in self.sheets if sheet.title.lower() == title.lower()), None)

    def find(self, text: str) -> tuple[Sheet, Area]:
        """Tab and area that a range in words names. Raises Refused."""
        title, rest = split_title(text)
        if title is not None:
            sheet = self.titled(title)
            if sheet is None:
                raise invalid(f"Unable to parse range: {text}")
            if not rest:
                return sheet, Area()
            area = parse_cells(rest)
            return (sheet, area) if area is not None else self._named_range(rest, text)
        area = parse_cells(text)
        if area is not None:
            return self.sheets[0], area
        sheet = self.titled(text)
        return (sheet, Area()) if sheet is not None else self._named_range(text, text)

    def _named_range(self, name: str, text: str) -> tuple[Sheet, Area]:
        for found in self.named:
            if found["name"] == name:
                return self.sheet(found["range"]["sheetId"]), area_of(found["range"])
        raise invalid(f"Unable to parse range: {text}")

    def value(self, sheet: Sheet, row: int, column: int, depth: int = 0) -> Any:
        """The effective value: text, number, truth, None; a FormulaError where a formula fails (never raised)."""
        entered = sheet.cell(row, column).entered
        if not entered:
            return None
        ((kind, value),) = entered.items()
        if kind != "formulaValue":
            return value if kind != "errorValue" else FormulaError(value.get("type", "ERROR"))
        if depth > 30:
            return FormulaError("REF", "Circular dependency detected.")

        def look(title: str | None, area: Area) -> list[list[Any]]:
            there = sheet if title is None else self.titled(title)
            if there is None:
                raise FormulaError("REF", f"Unresolved sheet name '{title}'.")
            top, bottom, left, right = area.within(there.row_count, there.column_count).box
            rows = []
            for line in range(top, max(min(bottom, len(there.rows)), top + 1)):
                values = [self.value(there, line, place, depth + 1) for place in range(left, right)]
                for found in values:
                    if isinstance(found, FormulaError):
                        raise found
                rows.append(values)
            return rows

        try:
            return evaluate(value, self.locale, look)
        except FormulaError as error:
            return error

    def shown(self, sheet: Sheet, row: int, column: int) -> str:
        """The cell as people see it."""
        value = self.value(sheet, row, column)
        if value is None:
            return ""
        if isinstance(value, FormulaError):
            return ERRORS[value.kind]
        return locales.show(value, sheet.cell(row, column).number_format, self.locale)

    def guard(self, sheet: Sheet, area: Area, user: str) -> None:
        """Raises Refused where somebody protected the cells against that user."""
        for found in sheet.over("protectedRanges"):
            if found.get("warningOnly") or user in found.get("editors", {}).get("users", ()):
                continue
            if meet(area_of(found["range"]), area) and not any(
                _inside(area, area_of(hole)) for hole in found.get("unprotectedRanges", ())
            ):
                raise invalid(
                    "You are trying to edit a protected cell or object. "
                    "Please contact the spreadsheet owner to remove protection if you need to edit."
                )

    def each(self, sheet: Sheet, area: Area) -> Iterator[tuple[int, int]]:
        """Every place of an area on the grid."""
        top, bottom, left, right = sheet.whole(area)
        for row in range(top, bottom):
            for column in range(left, right):
                yield row, column

    def kept(self) -> Book:
        """As it is now, to be put back."""
        return replace(
            self,
            properties=copy.deepcopy(self.properties),
            sheets=[sheet.kept() for sheet in self.sheets],
            named=copy.deepcopy(self.named),
            metadata=copy.deepcopy(self.metadata),
        )

    def put_back(self, was: Book) -> None:
        """Undo everything since."""
        self.properties, self.sheets, self.named, self.metadata = was.properties, was.sheets, was.named, was.metadata


def _inside(area: Area, other: Area) -> bool:
    far = 1 << 40
    one, two = area.within(far, far).box, other.within(far, far).box
    return two[0] <= one[0] and one[1] <= two[1] and two[2] <= one[2] and one[3] <= two[3]
