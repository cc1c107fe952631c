"""`spreadsheets.batchUpdate`: what happens to cells. A batch is applied whole or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.wire.sheets import locales, masks
from tests.wire.sheets.book import EMPTY, Book, Cell, Refused, Row, Sheet, invalid
from tests.wire.sheets.ranges import Area, area_of, grid_range

Json = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """The spreadsheet under change, by whom, and a source of new ids."""

    book: Book
    user: str
    ids: random.Random = field(default_factory=random.Random)

    def new_id(self) -> int:
        """An id that nothing has yet."""
        return self.ids.randrange(1, 2**31 - 1)

    def area(self, grid: Json) -> tuple[Sheet, Area]:
        """Tab and bounded area of a GridRange."""
        sheet = self.book.sheet(grid.get("sheetId", 0))
        return sheet, Area(*sheet.whole(area_of(grid)))


Change = Callable[[Batch, Json], Json | None]
CHANGES: dict[str, Change] = {}


def change(name: str) -> Callable[[Change], Change]:
    """Register the handler of one kind of request."""

    def register(handler: Change) -> Change:
        CHANGES[name] = handler
        return handler

    return register


def apply(batch: Batch, requests: list[Json]) -> list[Json]:
    """Apply all requests, or none. Raises Refused."""
    was = batch.book.kept()
    replies = []
    try:
        for place, request in enumerate(requests):
            kinds = [name for name, value in request.items() if value is not None]
            if len(kinds) != 1:
                raise invalid(f"Invalid value at 'requests[{place}]': exactly one kind of request is needed")
            handler = CHANGES.get(kinds[0])
            if handler is None:
                raise Refused(501, "UNIMPLEMENTED", f"this server does not know {kinds[0]}")
            try:
                reply = handler(batch, request[kinds[0]])
            except Refused as refused:
                raise Refused(refused.status, refused.code, f"Invalid requests[{place}].{kinds[0]}: {refused.text}") from refused
            replies.append({kinds[0]: reply} if reply else {})
    except BaseException:
        batch.book.put_back(was)
        raise
    return replies


def recoloured(value: Any) -> Any:
    """A format as Google keeps it: every colour also as a colour style, in steps of 1/255; zeros left out."""
    if isinstance(value, list):
        return [recoloured(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept: Json = {}
    for name, item in value.items():
        if name.lower().endswith("color") and isinstance(item, dict) and set(item) <= {"red", "green", "blue", "alpha"}:
            kept[name] = colour(item)
            kept[f"{name}Style"] = {"rgbColor": colour(item)}
        elif name.lower().endswith("colorstyle") and "rgbColor" in item:
            plain = colour(item["rgbColor"])
            kept[name] = {"rgbColor": plain}
            kept[name.removesuffix("Style")] = dict(plain)
        else:
            kept[name] = recoloured(item)
    return kept


def colour(parts: Mapping[str, float]) -> Json:
    """A colour in steps of 1/255."""
    steps = {name: int(value * 255 + 1e-4) for name, value in parts.items() if value is not None}
    return {name: (1 if step == 255 else float(f"{step / 255:.8g}")) for name, step in steps.items() if step}


_ENTERED = {"numberValue", "stringValue", "boolValue", "formulaValue", "errorValue"}


def with_data(cell: Cell, data: Json, tree: Mapping[str, Any] | None) -> Cell:
    """The cell after a CellData was laid over it under a field mask. Raises Refused."""

    def wanted(name: str) -> bool:
        return tree is None or "*" in tree or name in tree

    if wanted("userEnteredValue"):
        value = data.get("userEnteredValue") or {}
        if set(value) - _ENTERED or len(value) > 1:
            raise invalid("Invalid userEnteredValue")
        if "errorValue" in value:
            raise invalid("Cannot write an errorValue")
        if len(value.get("stringValue", "")) > 50_000:
            raise invalid("Your input contains more than the maximum of 50000 characters in a single cell.")
        entered: Json | None = dict(value) or None
        if entered == {"stringValue": ""}:
            entered = None
        cell = replace(cell, entered=entered)
    if wanted("userEnteredFormat"):
        inner = None if tree is None or "*" in tree else tree["userEnteredFormat"]
        new = recoloured(data.get("userEnteredFormat") or {})
        shaped = masks.updated(cell.format or {}, new, _styled(inner))
        cell = replace(cell, format=shaped or None)
    if wanted("note"):
        cell = replace(cell, note=data.get("note", ""))
    if wanted("dataValidation"):
        cell = replace(cell, validation=data.get("dataValidation"))
    if wanted("textFormatRuns"):
        cell = replace(cell, runs=tuple(data.get("textFormatRuns", ())))
    return cell


def _styled(tree: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A mask that names a colour names its style too, and the other way round."""
    if tree is None:
        return None
    full = dict(tree)
    for name, inner in tree.items():
        if name.endswith("Color"):
            full[f"{name}Style"] = None
        elif name.endswith("ColorStyle"):
            full[name.removesuffix("Style")] = None
        elif inner is not None:
            full[name] = _styled(inner)
    return full


def _mask(request: Json) -> Mapping[str, Any] | None:
    text = request.get("fields", "")
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    try:
        tree = masks.parse(text)
    except ValueError as error:
        raise invalid(str(error)) from error
    return None if "*" in tree else tree


@change("updateCells")
def _update_cells(batch: Batch, request: Json) -> None:
    tree = _mask(request)
    rows = request.get("rows", [])
    if "start" in request:
        start = request["start"]
        sheet = batch.book.sheet(start.get("sheetId", 0))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        width = max((len(row.get("values", ())) for row in rows), default=0)
        area = Area(top, top + len(rows), left, left + width)
        whole = False
    else:
        sheet, area = batch.area(request["range"])
        top, left = area.top or 0, area.left or 0
        whole = True
    box = sheet.whole(area)
    if whole and (len(rows) > box[1] - top or any(len(row.get("values", ())) > box[3] - left for row in rows)):
        raise invalid("Attempting to write outside the range")
    batch.book.guard(sheet, Area(*box), batch.user)
    for place in range(top, min(box[1], max(len(sheet.rows), top + len(rows)))) if whole else range(top, top + len(rows)):
        values = rows[place - top].get("values", []) if place - top < len(rows) else []
        for column in range(left, box[3] if whole else left + len(values)):
            data = values[column - left] if column - left < len(values) else {}
            sheet.put(place, column, with_data(sheet.cell(place, column), data, tree))


@change("appendCells")
def _append_cells(batch: Batch, request: Json) -> None:
    tree = _mask(request)
    sheet = batch.book.sheet(request.get("sheetId", 0))
    rows = request.get("rows", [])
    top = sheet.last_row()
    width = max((len(row.get("values", ())) for row in rows), default=0)
    sheet.row_count = max(sheet.row_count, top + len(rows))
    sheet.column_count = max(sheet.column_count, width)
    batch.book.guard(sheet, Area(top, top + len(rows), 0, width), batch.user)
    for row, about in enumerate(rows, start=top):
        for column, data in enumerate(about.get("values", ())):
            sheet.put(row, column, with_data(sheet.cell(row, column), data, tree))


@change("repeatCell")
def _repeat_cell(batch: Batch, request: Json) -> None:
    tree = _mask(request)
    sheet, area = batch.area(request["range"])
    batch.book.guard(sheet, area, batch.user)
    sheet.change(area, lambda cell: with_data(cell, request.get("cell", {}), tree))


@change("setDataValidation")
def _set_validation(batch: Batch, request: Json) -> None:
    sheet, area = batch.area(request["range"])
    rule = request.get("rule")
    if rule is not None:
        kind = rule.get("condition", {}).get("type", "")
        if not kind:
            raise invalid("No data validation condition is set")
        if kind == "ONE_OF_LIST" and not rule["condition"].get("values"):
            raise invalid("ONE_OF_LIST needs at least one value")
    sheet.change(area, lambda cell: replace(cell, validation=rule))


@change("sortRange")
def _sort_range(batch: Batch, request: Json) -> None:
    sheet, area = batch.area(request["range"])
    batch.book.guard(sheet, area, batch.user)
    sort(batch.book, sheet, area, request.get("sortSpecs", []))


def sort(book: Book, sheet: Sheet, area: Area, specs: list[Json]) -> None:
    """Sort the rows of the area: cells with all they carry, within its columns only; empty ones come last."""
    top, bottom, left, right = sheet.whole(area)
    lines: list[tuple[Row, int]] = []
    for row in range(top, bottom):
        lines.append(({column: sheet.cell(row, column) for column in range(left, right)}, row))
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        values = {row: book.value(sheet, row, column) for _, row in lines}
        down = spec.get("sortOrder") == "DESCENDING"
        filled = [line for line in lines if values[line[1]] is not None]
        empty = [line for line in lines if values[line[1]] is None]
        filled.sort(key=lambda line, values=values: _rank(values[line[1]]), reverse=down)
        lines = filled + empty
    for row, (cells, _) in enumerate(lines, start=top):
        for column, cell in cells.items():
            sheet.put(row, column, cell)


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    return 1, str(value).lower()


@change("copyPaste")
def _copy_paste(batch: Batch, request: Json) -> None:
    source, area = batch.area(request["source"])
    target, goal = batch.area(request["destination"])
    top, bottom, left, right = area.box
    high, wide = bottom - top, right - left
    cells = {(row, column): source.cell(top + row, left + column) for row in range(high) for column in range(wide)}
    a, b, c, d = goal.box
    b, d = max(b, a + high), max(d, c + wide)
    batch.book.guard(target, Area(a, b, c, d), batch.user)
    kind = request.get("pasteType", "PASTE_NORMAL")
    for row in range(a, b):
        for column in range(c, d):
            cell = cells[(row - a) % high, (column - c) % wide]
            old = target.cell(row, column)
            if kind == "PASTE_VALUES":
                cell = replace(old, entered=cell.entered)
            elif kind == "PASTE_FORMAT":
                cell = replace(old, format=cell.format)
            elif kind == "PASTE_DATA_VALIDATION":
                cell = replace(old, validation=cell.validation)
            elif kind == "PASTE_FORMULA":
                cell = replace(old, entered=cell.entered)
            target.put(row, column, cell)


@change("cutPaste")
def _cut_paste(batch: Batch, request: Json) -> None:
    source, area = batch.area(request["source"])
    goal = request["destination"]
    target = batch.book.sheet(goal.get("sheetId", 0))
    top, bottom, left, right = area.box
    cells = {(row, column): source.cell(row, column) for row in range(top, bottom) for column in range(left, right)}
    for row, column in cells:
        source.put(row, column, EMPTY)
    for (row, column), cell in cells.items():
        target.put(goal.get("rowIndex", 0) + row - top, goal.get("columnIndex", 0) + column - left, cell)


@change("findReplace")
def _find_replace(batch: Batch, request: Json) -> Json:
    find, new = request.get("find", ""), request.get("replacement", "")
    if "range" in request:
        places = [batch.area(request["range"])]
    elif request.get("allSheets"):
        places = [(sheet, Area(0, sheet.row_count, 0, sheet.column_count)) for sheet in batch.book.sheets]
    else:
        sheet = batch.book.sheet(request.get("sheetId", 0))
        places = [(sheet, Area(0, sheet.row_count, 0, sheet.column_count))]
    changed, rows, touched = 0, set(), set()
    for sheet, area in places:
        for row, column in batch.book.each(sheet, area):
            shown = batch.book.shown(sheet, row, column)
            one, two = (shown, find) if request.get("matchCase") else (shown.lower(), find.lower())
            hit = one == two if request.get("matchEntireCell") else two in one
            if not shown or not find or not hit or "formulaValue" in (sheet.cell(row, column).entered or {}):
                continue
            place = one.find(two)
            entered, shape = locales.enter(shown[:place] + new + shown[place + len(find) :], batch.book.locale)
            old = sheet.cell(row, column)
            styled = {**(old.format or {}), "numberFormat": shape} if shape and not old.number_format else old.format
            sheet.put(row, column, replace(old, entered=None if entered == {"stringValue": ""} else entered, format=styled))
            changed += 1
            rows.add((sheet.id, row))
            touched.add(sheet.id)
    counts = {"valuesChanged": changed, "rowsChanged": len(rows), "sheetsChanged": len(touched), "occurrencesChanged": changed}
    return {name: count for name, count in counts.items() if count}


@change("mergeCells")
def _merge(batch: Batch, request: Json) -> None:
    sheet, area = batch.area(request["range"])
    top, bottom, left, right = area.box
    merges = sheet.over("merges")
    _unmerge(merges, area)
    kind = request.get("mergeType", "MERGE_ALL")
    pieces = [area]
    if kind == "MERGE_COLUMNS":
        pieces = [Area(top, bottom, column, column + 1) for column in range(left, right)]
    elif kind == "MERGE_ROWS":
        pieces = [Area(row, row + 1, left, right) for row in range(top, bottom)]
    for piece in pieces:
        first = (piece.box[0], piece.box[2])
        for row, column in batch.book.each(sheet, piece):
            if (row, column) != first:
                sheet.put(row, column, replace(sheet.cell(row, column), entered=None))
        merges.append(grid_range(sheet.id, piece))


def _unmerge(merges: list[Json], area: Area) -> None:
    top, bottom, left, right = area.box
    merges[:] = [
        one
        for one in merges
        if one["endRowIndex"] <= top
        or one["startRowIndex"] >= bottom
        or one["endColumnIndex"] <= left
        or one["startColumnIndex"] >= right
    ]


@change("unmergeCells")
def _unmerge_cells(batch: Batch, request: Json) -> None:
    sheet, area = batch.area(request["range"])
    _unmerge(sheet.over("merges"), area)
