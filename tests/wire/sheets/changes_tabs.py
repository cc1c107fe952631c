"""`spreadsheets.batchUpdate`: what happens to the spreadsheet, its tabs, rows and columns."""

from __future__ import annotations

import copy
from typing import Any
from zoneinfo import ZoneInfo

from tests.wire.sheets import locales, masks
from tests.wire.sheets.book import Sheet, invalid
from tests.wire.sheets.changes import Batch, change, recoloured
from tests.wire.sheets.changes_over import ID_NAMES
from tests.wire.sheets.ranges import shift
from tests.wire.sheets.rendering import properties_of

Json = dict[str, Any]

CELLS_AT_MOST = 10_000_000


@change("updateSpreadsheetProperties")
def _spreadsheet(batch: Batch, request: Json) -> None:
    tree = masks.parse(request.get("fields", ""))
    new = masks.updated(batch.book.properties, request.get("properties", {}), None if "*" in tree else tree)
    if not locales.known(new.get("locale", "")):
        raise invalid(f"Unsupported locale: {new.get('locale')}")
    try:
        ZoneInfo(new.get("timeZone", ""))
    except (ValueError, OSError, KeyError) as error:
        raise invalid(f"Invalid time zone: {new.get('timeZone')}") from error
    if not new.get("title"):
        raise invalid("Title may not be empty")
    batch.book.properties.clear()
    batch.book.properties.update(new)


@change("addSheet")
def _add(batch: Batch, request: Json) -> Json:
    given = dict(request.get("properties", {}))
    sheet_id = given.pop("sheetId", None)
    if sheet_id is None:
        sheet_id = batch.new_id()
    if any(sheet.id == sheet_id for sheet in batch.book.sheets):
        raise invalid(f"Sheet with id {sheet_id} already exists. Please specify another id.")
    title = given.pop("title", None) or _new_title(batch)
    place = given.pop("index", len(batch.book.sheets))
    grid = dict(given.pop("gridProperties", {}))
    given.pop("sheetType", None)
    rows, columns = grid.pop("rowCount", 1000), grid.pop("columnCount", 26)
    _free(batch, title, None)
    sheet = Sheet(sheet_id, {**recoloured(given), "title": title, "gridProperties": grid}, rows, columns)
    batch.book.sheets.insert(place, sheet)
    _size(batch)
    return {"properties": properties_of(batch.book, sheet)}


def _new_title(batch: Batch) -> str:
    number = len(batch.book.sheets) + 1
    while batch.book.titled(f"{batch.book.locale.sheet}{number}"):
        number += 1
    return f"{batch.book.locale.sheet}{number}"


def _free(batch: Batch, title: str, own: Sheet | None) -> None:
    found = batch.book.titled(title)
    if found is not None and found is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if not title or len(title) > 100:
        raise invalid("Sheet names need 1 to 100 characters.")


def _size(batch: Batch) -> None:
    if sum(sheet.row_count * sheet.column_count for sheet in batch.book.sheets) > CELLS_AT_MOST:
        raise invalid(f"This action would increase the number of cells in the workbook above the limit of {CELLS_AT_MOST} cells.")


@change("deleteSheet")
def _delete(batch: Batch, request: Json) -> None:
    sheet = batch.book.sheet(request.get("sheetId", 0))
    if len(batch.book.sheets) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    batch.book.sheets.remove(sheet)
    batch.book.named[:] = [one for one in batch.book.named if one["range"]["sheetId"] != sheet.id]
    batch.book.metadata[:] = [
        one
        for one in batch.book.metadata
        if one["location"].get("sheetId") != sheet.id and one["location"].get("dimensionRange", {}).get("sheetId") != sheet.id
    ]


def copied(batch: Batch, source: Sheet, sheet_id: int, title: str, place: int) -> Sheet:
    """A copy of a tab, with new ids for what lies over it."""
    sheet = source.kept()
    sheet.id = sheet_id
    sheet.properties["title"] = title
    _renumber(sheet.lists, source.id, sheet_id)
    _renumber(sheet.basic_filter, source.id, sheet_id)
    for name, key in ID_NAMES.items():
        for one in sheet.over(name):
            one[key] = batch.new_id()
    batch.book.sheets.insert(place, sheet)
    _size(batch)
    return sheet


def _renumber(found: Any, old: int, new: int) -> None:
    if isinstance(found, list):
        for item in found:
            _renumber(item, old, new)
    elif isinstance(found, dict):
        if found.get("sheetId") == old:
            found["sheetId"] = new
        for item in found.values():
            _renumber(item, old, new)


@change("duplicateSheet")
def _duplicate(batch: Batch, request: Json) -> Json:
    source = batch.book.sheet(request.get("sourceSheetId", 0))
    title = request.get("newSheetName") or f"Copy of {source.title}"
    _free(batch, title, None)
    sheet_id = request.get("newSheetId", batch.new_id())
    sheet = copied(batch, source, sheet_id, title, request.get("insertSheetIndex", 0))
    return {"properties": properties_of(batch.book, sheet)}


@change("updateSheetProperties")
def _update(batch: Batch, request: Json) -> None:
    text = request.get("fields", "")
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    tree = masks.parse(text)
    given = copy.deepcopy(request.get("properties", {}))
    sheet = batch.book.sheet(given.get("sheetId", 0))
    now = properties_of(batch.book, sheet)
    full = dict(tree)
    for colour in [name for name in tree if name.startswith("tabColor")]:
        full.update(tabColor=None, tabColorStyle=tree[colour])
    new = masks.updated(now, recoloured(given), None if "*" in tree else full)
    if new.get("hidden") and all(other is sheet or other.properties.get("hidden") for other in batch.book.sheets):
        raise invalid("You can't hide all the sheets in a document.")
    title = new.pop("title", "")
    _free(batch, title, sheet)
    place = new.pop("index", now["index"])
    grid = new.pop("gridProperties", {})
    rows, columns = grid.pop("rowCount", sheet.row_count), grid.pop("columnCount", sheet.column_count)
    for name in ("sheetId", "sheetType"):
        new.pop(name, None)
    frozen_rows, frozen_columns = grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)
    if (frozen_rows and frozen_rows >= rows) or (frozen_columns and frozen_columns >= columns):
        raise invalid("You can't freeze all visible rows or columns on the sheet.")
    _resize(sheet, rows, columns)
    _size(batch)
    sheet.properties = {**new, "title": title, "gridProperties": {name: value for name, value in grid.items() if value}}
    if place != now["index"]:
        batch.book.sheets.remove(sheet)
        batch.book.sheets.insert(place - 1 if place > now["index"] else place, sheet)


def _resize(sheet: Sheet, rows: int, columns: int) -> None:
    if rows < 1 or columns < 1:
        raise invalid("A sheet needs at least one row and one column.")
    if rows < sheet.row_count:
        sheet.delete("ROWS", rows, sheet.row_count)
    if columns < sheet.column_count:
        sheet.delete("COLUMNS", columns, sheet.column_count)
    sheet.row_count, sheet.column_count = rows, columns


def _lines(batch: Batch, found: Json) -> tuple[Sheet, str, int, int]:
    sheet = batch.book.sheet(found.get("sheetId", 0))
    dimension = found.get("dimension", "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension is set")
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    start, end = found.get("startIndex", 0), found.get("endIndex", size)
    if not 0 <= start < end:
        raise invalid(f"Invalid range: startIndex[{start}] endIndex[{end}]")
    return sheet, dimension, start, end


@change("appendDimension")
def _append_dimension(batch: Batch, request: Json) -> None:
    sheet = batch.book.sheet(request.get("sheetId", 0))
    if request.get("dimension") == "COLUMNS":
        sheet.column_count += request.get("length", 0)
    else:
        sheet.row_count += request.get("length", 0)
    _size(batch)


@change("insertDimension")
def _insert_dimension(batch: Batch, request: Json) -> None:
    sheet, dimension, start, end = _lines(batch, request["range"])
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if request.get("inheritFromBefore") and start == 0:
        raise invalid("inheritFromBefore cannot be set when inserting at the start of the sheet")
    if start > size or (start == size and not request.get("inheritFromBefore")):
        raise invalid(f"Invalid range: startIndex[{start}] is beyond the grid")
    sheet.insert(dimension, start, end - start)
    _size(batch)
    _follow(batch, sheet, dimension, start, end - start)


@change("deleteDimension")
def _delete_dimension(batch: Batch, request: Json) -> None:
    sheet, dimension, start, end = _lines(batch, request["range"])
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if start >= size:
        raise invalid(f"Cannot delete a {dimension} that doesn't exist. Tried to delete index {start} but there are only {size}.")
    end = min(end, size)
    sheet.delete(dimension, start, end)
    _follow(batch, sheet, dimension, start, start - end)


def _follow(batch: Batch, sheet: Sheet, dimension: str, at: int, count: int) -> None:
    """Named ranges, metadata and charts on other tabs move with the rows and columns."""
    shift(batch.book.named, sheet.id, dimension, at, count)
    shift(batch.book.metadata, sheet.id, dimension, at, count)
    for other in batch.book.sheets:
        if other is not sheet:
            for found in other.lists.values():
                shift(found, sheet.id, dimension, at, count)


@change("moveDimension")
def _move_dimension(batch: Batch, request: Json) -> None:
    sheet, dimension, start, end = _lines(batch, request["source"])
    goal = request.get("destinationIndex", 0)
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    order = list(range(count))
    moved = order[start:end]
    rest = order[:start] + order[end:]
    place = goal - (end - start) if goal > start else goal
    order = rest[:place] + moved + rest[place:]
    if dimension == "COLUMNS":
        now = {old: new for new, old in enumerate(order)}
        sheet.rows = [{now[column]: cell for column, cell in row.items()} for row in sheet.rows]
        sheet.column_meta = {now[column]: about for column, about in sheet.column_meta.items()}
    else:
        rows = sheet.rows + [{} for _ in range(count - len(sheet.rows))]
        sheet.rows = [rows[old] for old in order]
        while sheet.rows and not sheet.rows[-1]:
            sheet.rows.pop()


@change("updateDimensionProperties")
def _dimension_properties(batch: Batch, request: Json) -> None:
    sheet, dimension, start, end = _lines(batch, request["range"])
    tree = masks.parse(request.get("fields", ""))
    meta = sheet.row_meta if dimension == "ROWS" else sheet.column_meta
    for index in range(start, end):
        new = masks.updated(meta.get(index, {}), request.get("properties", {}), None if "*" in tree else tree)
        meta[index] = {name: value for name, value in new.items() if value}


@change("autoResizeDimensions")
def _auto_resize(batch: Batch, request: Json) -> None:
    sheet, dimension, start, end = _lines(batch, request["dimensions"])
    for index in range(start, end):
        if dimension == "COLUMNS":
            longest = max((len(batch.book.shown(sheet, row, index)) for row in range(len(sheet.rows))), default=0)
            if longest:
                sheet.column_meta.setdefault(index, {})["pixelSize"] = 8 + 7 * longest
        else:
            sheet.row_meta.pop(index, None)
