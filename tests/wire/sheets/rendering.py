"""A spreadsheet as Google answers it: properties, tabs, cells."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tests.wire.sheets import locales, masks
from tests.wire.sheets.book import Book, Cell, Sheet
from tests.wire.sheets.formulas import ERRORS, FormulaError
from tests.wire.sheets.ranges import Area

Json = dict[str, Any]

WHITE = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: Json = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}
ROW_HEIGHT, COLUMN_WIDTH = 21, 100


def spreadsheet(book: Book, areas: Sequence[tuple[Sheet, Area]] | None, data: bool, tree: Mapping[str, Any] | None) -> Json:
    """The Spreadsheet object. `areas` None: all tabs whole; `data`: with the cells; `tree`: the answer's mask, to skip work."""
    wanted: list[tuple[Sheet, list[Area]]] = []
    for sheet in book.sheets:
        if areas is None:
            wanted.append((sheet, [Area()]))
        elif any(found is sheet for found, _ in areas):
            wanted.append((sheet, [area for found, area in areas if found is sheet]))
    answer: Json = {
        "spreadsheetId": book.id,
        "properties": {**book.properties, "autoRecalc": "ON_CHANGE", "defaultFormat": DEFAULT_FORMAT},
        "sheets": [_sheet(book, sheet, parts if data else None, tree) for sheet, parts in wanted],
    }
    if book.named:
        answer["namedRanges"] = [_tidy(found) for found in book.named]
    metadata = [found for found in book.metadata if "spreadsheet" in found["location"]]
    if metadata:
        answer["developerMetadata"] = metadata
    answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.id}/edit"
    return answer


def properties_of(book: Book, sheet: Sheet) -> Json:
    """A tab's SheetProperties."""
    grid = {"rowCount": sheet.row_count, "columnCount": sheet.column_count}
    grid.update({name: value for name, value in sheet.properties.get("gridProperties", {}).items() if value})
    rest = {name: value for name, value in sheet.properties.items() if name not in ("gridProperties", "title") and value}
    return {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": next(place for place, found in enumerate(book.sheets) if found is sheet),
        "sheetType": "GRID",
        "gridProperties": grid,
        **rest,
    }


def _sheet(book: Book, sheet: Sheet, parts: list[Area] | None, tree: Mapping[str, Any] | None) -> Json:
    answer: Json = {"properties": properties_of(book, sheet)}
    if parts is not None:
        answer["data"] = [_grid(book, sheet, area, tree) for area in parts]
    for name, found in sheet.lists.items():
        if found:
            answer[name] = [_tidy(item) for item in found]
    if sheet.basic_filter is not None:
        answer["basicFilter"] = _tidy(sheet.basic_filter)
    metadata = [found for found in book.metadata if found["location"].get("sheetId") == sheet.id]
    if metadata:
        answer["developerMetadata"] = metadata
    return answer


def _tidy(found: Any) -> Any:
    """As it is sent: the id of the first tab, 0, is left out of ranges."""
    if isinstance(found, list):
        return [_tidy(item) for item in found]
    if not isinstance(found, dict):
        return found
    tidy = {name: _tidy(item) for name, item in found.items()}
    if tidy.get("sheetId") == 0 and "dimension" not in tidy:
        del tidy["sheetId"]
    return tidy


def _grid(book: Book, sheet: Sheet, area: Area, tree: Mapping[str, Any] | None) -> Json:
    top, bottom, left, right = sheet.whole(area)
    answer: Json = {}
    if top:
        answer["startRow"] = top
    if left:
        answer["startColumn"] = left
    if masks.wants(tree, "sheets", "data", "rowData"):
        parts = _parts(tree)
        rows: list[Json] = []
        for row in range(top, min(bottom, len(sheet.rows))):
            cells = sheet.rows[row]
            last = max((column for column in cells if left <= column < right), default=left - 1)
            values = [cell(book, sheet, row, column, parts) for column in range(left, last + 1)]
            rows.append({"values": values} if values else {})
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            answer["rowData"] = rows
    for name, meta, start, end, size in (
        ("rowMetadata", sheet.row_meta, top, bottom, ROW_HEIGHT),
        ("columnMetadata", sheet.column_meta, left, right, COLUMN_WIDTH),
    ):
        if masks.wants(tree, "sheets", "data", name):
            dimension = "ROWS" if name == "rowMetadata" else "COLUMNS"
            answer[name] = [_dimension(book, sheet, meta, dimension, index, size) for index in range(start, end)]
    return answer


def _dimension(book: Book, sheet: Sheet, meta: Mapping[int, Json], dimension: str, index: int, size: int) -> Json:
    about = {"pixelSize": size, **meta.get(index, {})}
    tagged = [
        found
        for found in book.metadata
        if (there := found["location"].get("dimensionRange"))
        and there["sheetId"] == sheet.id
        and there["dimension"] == dimension
        and there["startIndex"] == index
    ]
    return {**about, "developerMetadata": tagged} if tagged else about


def _parts(tree: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The mask of a cell."""
    for name in ("sheets", "data", "rowData", "values"):
        if tree is None or "*" in tree:
            return None
        tree = tree.get(name)
    return tree


def cell(book: Book, sheet: Sheet, row: int, column: int, parts: Mapping[str, Any] | None) -> Json:
    """A cell's CellData, as far as `parts` asks for."""
    found: Cell = sheet.cell(row, column)
    answer: Json = {}

    def wanted(name: str) -> bool:
        return parts is None or "*" in parts or name in parts

    if found.entered:
        if wanted("userEnteredValue"):
            answer["userEnteredValue"] = dict(found.entered)
        if wanted("effectiveValue"):
            answer["effectiveValue"] = extended(book.value(sheet, row, column))
        if wanted("formattedValue"):
            answer["formattedValue"] = book.shown(sheet, row, column)
    if found.format and wanted("userEnteredFormat"):
        answer["userEnteredFormat"] = copy.deepcopy(dict(found.format))
    if found and wanted("effectiveFormat"):
        answer["effectiveFormat"] = {**DEFAULT_FORMAT, **(found.format or {})}
    if found.note and wanted("note"):
        answer["note"] = found.note
    if found.validation and wanted("dataValidation"):
        answer["dataValidation"] = dict(found.validation)
    if found.runs and wanted("textFormatRuns"):
        answer["textFormatRuns"] = list(found.runs)
    return answer


def extended(value: Any) -> Json:
    """An ExtendedValue."""
    if isinstance(value, FormulaError):
        return {"errorValue": {"type": value.kind, "message": value.text}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}


def rendered(book: Book, sheet: Sheet, row: int, column: int, how: str, moments: str) -> Any:
    """A cell as `values` methods answer it; "" for an empty one."""
    entered = sheet.cell(row, column).entered
    if not entered:
        return ""
    if how == "FORMULA" and "formulaValue" in entered:
        return entered["formulaValue"]
    if how in ("FORMATTED_VALUE", "", "VALUE_RENDER_OPTION_UNSPECIFIED"):
        return book.shown(sheet, row, column)
    value = book.value(sheet, row, column)
    if isinstance(value, FormulaError):
        return ERRORS[value.kind]
    if isinstance(value, bool | str):
        return value
    if moments == "FORMATTED_STRING" and locales.is_moment(sheet.cell(row, column).number_format):
        return book.shown(sheet, row, column)
    return int(value) if float(value) == int(value) else value
