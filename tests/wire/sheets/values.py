"""The `spreadsheets.values` methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.wire.sheets import locales
from tests.wire.sheets.book import Book, Sheet, invalid
from tests.wire.sheets.changes import recoloured
from tests.wire.sheets.metadata import areas_of_filter
from tests.wire.sheets.ranges import Area, grown, letters, written
from tests.wire.sheets.rendering import rendered

Json = dict[str, Any]


@dataclass(slots=True)
class ValuesCall:
    """One call: the spreadsheet, who calls, path and query parameters, body."""

    book: Book
    user: str
    parameters: Json
    body: Json

    # -- reading

    def get(self) -> Json:
        sheet, area = self.book.find(self.parameters["range"])
        return self._read(sheet, area, self.parameters)

    def batch_get(self) -> Json:
        found = [self.book.find(text) for text in self.parameters.get("ranges", [])]
        return {
            "spreadsheetId": self.book.id,
            "valueRanges": [self._read(sheet, area, self.parameters) for sheet, area in found],
        }

    def batch_get_by_filter(self) -> Json:
        answers = [
            {"valueRange": self._read(sheet, area, self.body), "dataFilters": filters}
            for sheet, area, filters in self._filtered(self.body["dataFilters"])
        ]
        return {"spreadsheetId": self.book.id, **({"valueRanges": answers} if answers else {})}

    def _filtered(self, filters: list[Json]) -> list[tuple[Sheet, Area, list[Json]]]:
        return [(sheet, area, [one]) for one in filters for sheet, area in areas_of_filter(self.book, one)]

    def _read(self, sheet: Sheet, area: Area, options: Mapping[str, Any], prefix: str = "") -> Json:
        def option(name: str) -> str:
            return str(options.get(prefix + name[0].upper() + name[1:] if prefix else name, ""))

        box = sheet.whole(area)
        top, bottom, left, right = box
        how, moments = option("valueRenderOption"), option("dateTimeRenderOption")
        columns = options.get("majorDimension") == "COLUMNS"
        rows: list[list[Any]] = []
        for row in range(top, min(bottom, len(sheet.rows))):
            filled = [column for column, cell in sheet.rows[row].items() if cell.entered and left <= column < right]
            last = max(filled, default=left - 1)
            rows.append([rendered(self.book, sheet, row, column, how, moments) for column in range(left, last + 1)])
        if columns:
            width = max(map(len, rows), default=0)
            rows = [[row[place] if place < len(row) else "" for row in rows] for place in range(width)]
        for line in rows:
            while line and line[-1] == "":
                line.pop()
        while rows and not rows[-1]:
            rows.pop()
        answer: Json = {
            "range": written(sheet.title, Area(*box)),
            "majorDimension": "COLUMNS" if columns else "ROWS",
        }
        return {**answer, "values": rows} if rows else answer

    # -- writing

    def update(self) -> Json:
        sheet, area = self.book.find(self.parameters["range"])
        return self._write(sheet, area, self.body, self.parameters)

    def batch_update(self) -> Json:
        found = [(*self.book.find(one["range"]), one) for one in self.body.get("data", [])]
        answers = [self._write(sheet, area, one, self.body) for sheet, area, one in found]
        return self._summed(answers, [{**answer} for answer in answers])

    def batch_update_by_filter(self) -> Json:
        answers, responses = [], []
        for one in self.body.get("data", []):
            for sheet, area in areas_of_filter(self.book, one["dataFilter"]):
                answer = self._write(sheet, area, one, self.body)
                answers.append(answer)
                responses.append(
                    {
                        **{name: value for name, value in answer.items() if name != "spreadsheetId"},
                        "dataFilter": one["dataFilter"],
                    }
                )
        return self._summed(answers, responses)

    def _summed(self, answers: list[Json], responses: list[Json]) -> Json:
        total = {
            "totalUpdatedRows": sum(answer.get("updatedRows", 0) for answer in answers),
            "totalUpdatedColumns": sum(answer.get("updatedColumns", 0) for answer in answers),
            "totalUpdatedCells": sum(answer.get("updatedCells", 0) for answer in answers),
            "totalUpdatedSheets": len({str(answer.get("updatedRange")).rpartition("!")[0] for answer in answers}),
        }
        total = {name: value for name, value in total.items() if value}
        return {"spreadsheetId": self.book.id, **total, "responses": responses}

    def append(self) -> Json:
        sheet, area = self.book.find(self.parameters["range"])
        rows = _rows(self.body)
        table = self._table(sheet, area)
        if table is None:
            start = Area(area.top or 0, None, area.left or 0, None, grows=True)
        else:
            start = Area(table[1], None, table[2], None, grows=True)
        top = start.top or 0
        if self.parameters.get("insertDataOption") == "INSERT_ROWS" and rows and table is not None:
            sheet.insert("ROWS", top, len(rows))
        if top + len(rows) > sheet.row_count:
            sheet.row_count = top + len(rows)
        right = (start.left or 0) + max(map(len, rows), default=0)
        if right > sheet.column_count:
            sheet.column_count = right
        answer: Json = {"spreadsheetId": self.book.id}
        if table is not None:
            answer["tableRange"] = written(sheet.title, Area(*table))
        body = {**self.body, "majorDimension": "ROWS", "values": rows}
        return {**answer, "updates": self._write(sheet, start, body, self.parameters)}

    def _table(self, sheet: Sheet, area: Area) -> tuple[int, int, int, int] | None:
        """The table that Google guesses: the last block of filled cells in the range, grown to its neighbours."""
        top, bottom, left, right = area.within(sheet.row_count, sheet.column_count).box

        def filled(row: int, column: int) -> bool:
            return row >= 0 and bool(sheet.cell(row, column).entered)

        seed = next(
            (
                (row, column)
                for row in range(min(bottom, len(sheet.rows)) - 1, top - 1, -1)
                for column in sorted(sheet.rows[row], reverse=True)
                if left <= column < right and filled(row, column)
            ),
            None,
        )
        if seed is None:
            return None
        one, two, three, four = seed[0], seed[0] + 1, seed[1], seed[1] + 1
        while True:
            wide, high = range(three - 1, four + 1), range(one - 1, two + 1)
            before = (one, two, three, four)
            one -= any(filled(one - 1, column) for column in wide)
            two += any(filled(two, column) for column in wide)
            three -= three > 0 and any(filled(row, three - 1) for row in high)
            four += any(filled(row, four) for row in high)
            if before == (one, two, three, four):
                return before

    def _write(self, sheet: Sheet, area: Area, body: Mapping[str, Any], options: Mapping[str, Any]) -> Json:
        how = options.get("valueInputOption", "")
        if how not in ("RAW", "USER_ENTERED"):
            raise invalid(f"'valueInputOption' is required but not specified: {how}")
        rows = _rows(body)
        width = max(map(len, rows), default=0)
        top, left = area.top or 0, area.left or 0
        if not area.grows:
            box = sheet.whole(area)
            there = written(sheet.title, Area(*box))
            if top + len(rows) > box[1]:
                raise invalid(f"Requested writing within range [{there}], but tried writing to row [{box[1] + 1}]")
            if left + width > box[3]:
                raise invalid(
                    f"Requested writing within range [{written(sheet.title, Area(*box))}], "
                    f"but tried writing to column [{letters(box[3])}]"
                )
        if rows and width:
            sheet.whole(grown(area, len(rows), width))
            self.book.guard(sheet, grown(area, len(rows), width), self.user)
        count = 0
        for row, line in enumerate(rows, start=top):
            for column, value in enumerate(line, start=left):
                if value is not None:
                    self._enter(sheet, row, column, value, raw=how == "RAW")
                    count += 1
        answer: Json = {"spreadsheetId": self.book.id}
        done = grown(area, max(len(rows), 1), max(width, 1))
        answer["updatedRange"] = written(sheet.title, done)
        if count:
            answer.update(updatedRows=len(rows), updatedColumns=width, updatedCells=count)
        wanted = options.get("includeValuesInResponse")
        if wanted and options.get("includeValuesInResponse") is not False:
            render = {
                "valueRenderOption": options.get("responseValueRenderOption", ""),
                "dateTimeRenderOption": options.get("responseDateTimeRenderOption", ""),
            }
            answer["updatedData"] = self._read(sheet, done, render)
        return answer

    def _enter(self, sheet: Sheet, row: int, column: int, value: Any, raw: bool) -> None:
        sheet.put(row, column, entered_cell(self.book, sheet, row, column, value, raw))

    # -- clearing

    def clear(self) -> Json:
        sheet, area = self.book.find(self.parameters["range"])
        return {"spreadsheetId": self.book.id, "clearedRange": self._clear(sheet, area)}

    def batch_clear(self) -> Json:
        found = [self.book.find(text) for text in self.body.get("ranges", [])]
        return {"spreadsheetId": self.book.id, "clearedRanges": [self._clear(sheet, area) for sheet, area in found]}

    def batch_clear_by_filter(self) -> Json:
        found = self._filtered(self.body.get("dataFilters", []))
        return {"spreadsheetId": self.book.id, "clearedRanges": [self._clear(sheet, area) for sheet, area, _ in found]}

    def _clear(self, sheet: Sheet, area: Area) -> str:
        box = sheet.whole(area)
        self.book.guard(sheet, Area(*box), self.user)
        for row in range(box[0], min(box[1], len(sheet.rows))):
            for column in [place for place in sheet.rows[row] if box[2] <= place < box[3]]:
                if row < len(sheet.rows):
                    sheet.put(row, column, replace(sheet.cell(row, column), entered=None))
        return written(sheet.title, Area(*box))


def entered_cell(book: Book, sheet: Sheet, row: int, column: int, value: Any, raw: bool) -> Any:
    """The cell after a value was written into it, as it is (`raw`) or as a person types it."""
    cell = sheet.cell(row, column)
    shape: Mapping[str, Any] | None = None
    entered: Json | None
    if isinstance(value, bool):
        entered = {"boolValue": value}
    elif isinstance(value, int | float):
        entered = {"numberValue": value}
    elif not isinstance(value, str):
        raise invalid(f"Invalid values[{row}][{column}]: {value}")
    elif value == "":
        entered = None
    elif raw:
        entered = {"stringValue": value}
    else:
        entered, shape = locales.enter(value, book.locale, (cell.number_format or {}).get("pattern", ""))
    if isinstance(value, str) and len(value) > 50_000:
        raise invalid("Your input contains more than the maximum of 50000 characters in a single cell.")
    if shape is not None and not cell.number_format:
        cell = replace(cell, format=recoloured({**(cell.format or {}), "numberFormat": shape}))
    return replace(cell, entered=entered)


def _rows(body: Mapping[str, Any]) -> list[list[Any]]:
    lines = body.get("values") or []
    if body.get("majorDimension") != "COLUMNS":
        return [list(line) for line in lines]
    height = max(map(len, lines), default=0)
    return [[line[place] if place < len(line) else None for line in lines] for place in range(height)]


VALUES: Mapping[str, Callable[[ValuesCall], Json]] = {
    "get": ValuesCall.get,
    "batchGet": ValuesCall.batch_get,
    "batchGetByDataFilter": ValuesCall.batch_get_by_filter,
    "update": ValuesCall.update,
    "batchUpdate": ValuesCall.batch_update,
    "batchUpdateByDataFilter": ValuesCall.batch_update_by_filter,
    "append": ValuesCall.append,
    "clear": ValuesCall.clear,
    "batchClear": ValuesCall.batch_clear,
    "batchClearByDataFilter": ValuesCall.batch_clear_by_filter,
}
WRITES = frozenset(VALUES) - {"get", "batchGet", "batchGetByDataFilter"}
