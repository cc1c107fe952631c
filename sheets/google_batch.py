"""One batch for a Google spreadsheet: built for where the rows stand now, foretold, checked against what came back, and mended
if a person was faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sheets.columns import BY_NAME, SUMMARY
from sheets.google_pages import Page, Pages, Raw, placed, quoted, raw
from sheets.headers import Aliases
from sheets.layout import FORMATS
from sheets.port import CellWrite, Changed, Changes, RowAppend
from sheets.shape import Tab, TabKind, Type
from sheets.summary import Summary, lay_out
from sheets.values import Cell, canonical, same

Json = dict[str, Any]

SUMMARY_COLUMNS = 6
_VALUE, _DRESSED = "userEnteredValue", "userEnteredValue,userEnteredFormat.numberFormat"


@dataclass(frozen=True, slots=True)
class Put:
    """One cell to be set where its row stands now; `marks` and `header` tell whether it still stood there."""

    page: Page
    row: int
    column: int
    name: str
    type: Type
    value: Raw
    before: Raw
    marks: tuple[str, ...]
    header: str


@dataclass(slots=True)
class Batch:
    """What to send, and how to know it again."""

    puts: list[Put] = field(default_factory=list)
    appends: dict[int, list[Mapping[str, Raw]]] = field(default_factory=dict)
    summary: list[list[Raw]] = field(default_factory=list)
    summary_dates: set[tuple[int, int]] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.puts or self.appends or self.summary)


def build(changes: Changes, seen: Pages, late: Pages, zone: str) -> Batch:
    """The batch for the sheet as it stands now. A row that moved is followed. Raises Changed where a person was at work on it, or
    where another worker has written: nothing tells its lines of the journal from ours, and its summary is the newer one.
    """
    batch = Batch()
    moved: dict[int, dict[int, int]] = {}
    for write in changes.cells:
        page = _page(late, write.tab)
        before = _seen(seen, page)
        if page.id not in moved:
            moved[page.id] = _followed(before, page)
        batch.puts.append(_put(write, before, page, moved[page.id], zone))
    for append in changes.appends:
        page = _page(late, append.tab)
        if page.tab.kind is not TabKind.JOURNAL and page.places(("number",)).get((append.key,)):
            raise Changed(f"tab {append.tab}: {append.key} stands there already")
        if page.tab.kind is TabKind.JOURNAL and len(page.rows) > len(_seen(seen, page).rows):
            raise Changed(f"tab {append.tab}: lines were added meanwhile")
        batch.appends.setdefault(page.id, []).append(_line(append, page.tab, zone))
    if changes.summary is not None:
        page = _page(late, SUMMARY.name)
        if page.rows != _seen(seen, page).rows:
            raise Changed(f"tab {SUMMARY.name} was drawn meanwhile")
        _summary(batch, changes.summary, zone)
    return batch


def _page(found: Pages, name: str) -> Page:
    hits = [page for page in found.values() if page.tab.name == name]
    if len(hits) != 1:
        raise Changed(f"tab {name} is {'gone' if not hits else 'there twice'}")
    return hits[0]


def _seen(seen: Pages, page: Page) -> Page:
    """The same tab as it was read."""
    if page.id not in seen:
        raise Changed(f"tab {page.tab.name} was replaced")
    return seen[page.id]


def _followed(before: Page, now: Page) -> dict[int, int]:
    """Row then -> row now, of all rows that can be told apart; equal rows keep their order."""
    found = before.places(before.identity)
    rows: dict[int, int] = {}
    there = now.places(now.identity)
    for said, places in found.items():
        now_at = there.get(said, [])
        if len(now_at) == len(places):
            rows.update(zip(places, now_at, strict=True))
    return rows


def _put(write: CellWrite, before: Page, page: Page, moved: Mapping[int, int], zone: str) -> Put:
    tab = BY_NAME[write.tab]
    column = tab.column(write.field)
    row = moved.get(write.position - 1, -1)
    place = page.index.get(write.field, -1)
    if row < 0 or place < 0:
        raise Changed(f"tab {write.tab}: row {write.position} is not found again")
    old, now = before.at(write.position - 1, write.place), page.at(row, place)
    if old != now and not same(now, write.expect, column):
        raise Changed(f"tab {write.tab}: a cell of row {row + 1} was edited meanwhile")
    value = raw(write.value, column.type, zone)
    return Put(page, row, place, write.field, column.type, value, now, page.cells(page.marks, row), page.header(place))


def _line(append: RowAppend, tab: Tab, zone: str) -> dict[str, Raw]:
    return {name: raw(value, tab.column(name).type, zone) for name, value in append.values.items()}


def _summary(batch: Batch, summary: Summary, zone: str) -> None:
    for block in lay_out(summary):
        lines: list[tuple[Cell, Cell]] = [(block.title, None), *block.lines]
        for row, cells in enumerate(lines, start=block.top - 1):
            while len(batch.summary) <= row:
                batch.summary.append([""] * SUMMARY_COLUMNS)
            for column, value in enumerate(cells, start=block.left - 1):
                batch.summary[row][column] = raw(value, Type.DATETIME, zone)
                if isinstance(value, date):
                    batch.summary_dates.add((row, column))


# -- what is sent ------------------------------------------------------------------------------

ANSWER = (
    "replies,updatedSpreadsheet(properties(locale,timeZone),"
    "sheets(properties(sheetId,title),data(startRow,startColumn,rowData(values(effectiveValue)))))"
)


def body(batch: Batch, late: Pages) -> Json:
    """The request, with an answer that shows the marks of every touched tab."""
    requests = [*_updates(batch.puts), *(_append(late[sheet_id], lines) for sheet_id, lines in batch.appends.items())]
    if batch.summary:
        requests.append(_draw(batch, _page(late, SUMMARY.name)))
    touched = {put.page.id: put.page for put in batch.puts}
    touched.update({sheet_id: late[sheet_id] for sheet_id in batch.appends})
    ranges = [text for page in touched.values() for text in _asked(page)]
    if not ranges:
        return {"requests": requests}
    return {
        "requests": requests,
        "includeSpreadsheetInResponse": True,
        "responseRanges": ranges,
        "responseIncludeGridData": True,
    }


def _asked(page: Page) -> list[str]:
    """The header row, then each mark's column, in A1."""
    if page.tab.kind is TabKind.JOURNAL:
        return []
    title = quoted(page.title)
    columns = [letters(page.index[name]) for name in page.marks if name in page.index]
    return [f"{title}!{page.head + 1}:{page.head + 1}", *(f"{title}!{column}:{column}" for column in columns)]


def _updates(puts: Sequence[Put]) -> list[Json]:
    """updateCells requests: neighbours in a row that are dressed alike go together."""
    requests: list[Json] = []
    last: tuple[int, int, int, str] | None = None
    for put in sorted(puts, key=lambda put: (put.page.id, put.row, put.column)):
        fields = _VALUE if put.type is Type.TEXT or put.value == "" else _DRESSED
        cell = _cell(put.value, put.type if fields == _DRESSED else Type.TEXT)
        if last == (put.page.id, put.row, put.column, fields):
            requests[-1]["updateCells"]["rows"][0]["values"].append(cell)
        else:
            start = {"sheetId": put.page.id, "rowIndex": put.row, "columnIndex": put.column}
            requests.append({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": fields}})
        last = (put.page.id, put.row, put.column + 1, fields)
    return requests


def _append(page: Page, lines: Sequence[Mapping[str, Raw]]) -> Json:
    width = max(page.index.values(), default=-1) + 1
    rows = []
    for line in lines:
        cells: list[Json] = [{} for _ in range(width)]
        for name, place in page.index.items():
            cells[place] = _cell(line.get(name, ""), page.tab.column(name).type)
        rows.append({"values": cells})
    return {"appendCells": {"sheetId": page.id, "rows": rows, "fields": _DRESSED}}


def _draw(batch: Batch, page: Page) -> Json:
    height = max(len(batch.summary), len(page.rows))
    rows = []
    for row in range(height):
        line = batch.summary[row] if row < len(batch.summary) else [""] * SUMMARY_COLUMNS
        cells = [
            _cell(value, Type.DATETIME if (row, place) in batch.summary_dates else Type.TEXT) for place, value in enumerate(line)
        ]
        rows.append({"values": cells})
    area = {"sheetId": page.id, "startRowIndex": 0, "endRowIndex": height}
    area.update(startColumnIndex=0, endColumnIndex=SUMMARY_COLUMNS)
    return {"updateCells": {"range": area, "rows": rows, "fields": _DRESSED}}


def number_format(type_: Type) -> Json | None:
    """The number format of a column's cells; none for text and percent: a typed `10%` must be told from 0.1 by its own format."""
    kinds = {Type.DATE: "DATE", Type.DATETIME: "DATE_TIME"}
    return None if type_ in (Type.TEXT, Type.PERCENT) else {"type": kinds.get(type_, "NUMBER"), "pattern": FORMATS[type_]}


def _cell(value: Raw, type_: Type) -> Json:
    cell: Json = {}
    if isinstance(value, bool):
        cell["userEnteredValue"] = {"boolValue": value}
    elif isinstance(value, str):
        if value:
            cell["userEnteredValue"] = {"stringValue": value}
    else:
        cell["userEnteredValue"] = {"numberValue": value}
    shape = number_format(type_)
    if shape is not None:
        cell["userEnteredFormat"] = {"numberFormat": shape}
    return cell


def letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


# -- what came of it ---------------------------------------------------------------------------


def foretold(batch: Batch, late: Pages, aliases: Aliases) -> Pages:
    """The pages as they stand once the batch is applied."""
    after = {sheet_id: replace(page, rows=[list(row) for row in page.rows]) for sheet_id, page in late.items()}
    for put in batch.puts:
        _set(after[put.page.id].rows, put.row, put.column, put.value)
    for sheet_id, lines in batch.appends.items():
        page = after[sheet_id]
        first = len(page.rows)
        for row, line in enumerate(lines, start=first):
            for name, value in line.items():
                if name in page.index:
                    _set(page.rows, row, page.index[name], value)
    for page in after.values():
        while page.rows and not any(cell != "" for cell in page.rows[-1]):
            page.rows.pop()
        placed(page, aliases)
    return after


def _set(rows: list[list[Raw]], row: int, column: int, value: Raw) -> None:
    while len(rows) <= row:
        rows.append([])
    line = rows[row]
    line.extend([""] * (column + 1 - len(line)))
    line[column] = value


def came_back(answer: Json, batch: Batch, late: Pages, aliases: Aliases) -> Pages:
    """The touched tabs as the write's own answer shows them: header row and marks alone."""
    found: Pages = {}
    for sheet in answer.get("updatedSpreadsheet", {}).get("sheets", []):
        sheet_id = sheet["properties"].get("sheetId", 0)
        if sheet_id not in late:
            continue
        rows: list[list[Raw]] = []
        for part in sheet.get("data", []):
            for row, line in enumerate(part.get("rowData", []), start=part.get("startRow", 0)):
                for column, cell in enumerate(line.get("values", []), start=part.get("startColumn", 0)):
                    value = cell.get("effectiveValue")
                    if value:
                        _set(rows, row, column, _plain(value))
        page = late[sheet_id]
        found[sheet_id] = placed(replace(page, title=sheet["properties"]["title"], rows=rows, index={}), aliases)
    return found


def _plain(value: Json) -> Raw:
    ((kind, found),) = value.items()
    if kind == "errorValue":
        return "#"
    result: Raw = found
    return result


def astray(batch: Batch, now: Pages) -> list[Put]:
    """Cells that were written beside their row or column."""
    lost = []
    for put in batch.puts:
        page = now.get(put.page.id)
        if page is None or page.cells(page.marks, put.row) != put.marks or page.header(put.column) != put.header:
            lost.append(put)
    return lost


def uncertain_appends(batch: Batch, now: Pages) -> list[str]:
    """Numbers of appended rows that do not stand there exactly once."""
    wrong = []
    for sheet_id, lines in batch.appends.items():
        page = now.get(sheet_id)
        if page is None or page.tab.kind is TabKind.JOURNAL:
            continue
        places = page.places(("number",))
        wrong += [str(line["number"]) for line in lines if len(places.get((str(line["number"]),), [])) != 1]
    return wrong


def was_applied(batch: Batch, late: Pages, now: Pages) -> bool:
    """Does the sheet show anything that only this batch can have brought? It came as a whole or not at all."""
    for put in batch.puts:
        page = now.get(put.page.id)
        if page is None or put.before == put.value:
            continue
        places = page.places(page.marks).get(put.marks, [])
        column = page.index.get(put.name, -1)
        if any(page.at(row, column) == put.value for row in places) or page.at(put.row, put.column) == put.value:
            return True
    for sheet_id, lines in batch.appends.items():
        page = now.get(sheet_id)
        if page is not None:
            names = tuple(page.index) if page.tab.kind is TabKind.JOURNAL else ("number",)
            there, before = page.places(names), late[sheet_id].places(names)
            wanted = (_told(page.tab, names, line) for line in lines)
            if any(len(there.get(said, ())) > len(before.get(said, ())) for said in wanted):
                return True
    if batch.summary:
        pages = [page for page in now.values() if page.tab.kind is TabKind.SUMMARY]
        was = [page for page in late.values() if page.tab.kind is TabKind.SUMMARY]
        return any(page.at(1, 1) == batch.summary[1][1] for page in pages) and not any(
            page.at(1, 1) == batch.summary[1][1] for page in was
        )
    return False


def _told(tab: Tab, names: Sequence[str], line: Mapping[str, Raw]) -> tuple[str, ...]:
    """What a line to be added says in these fields, as `Page.places` has it."""
    return tuple(canonical(line.get(name, ""), tab.column(name).type) for name in names)


def mended(batch: Batch, lost: Sequence[Put], late: Pages, now: Pages) -> tuple[Batch, list[str]]:
    """Puts right what was written beside its place: every cell that lies under such a write gets what this batch meant for it, or
    what stood there before; what belongs elsewhere is written there. (batch, what was done in words)
    """
    meant = {(put.page.id, put.marks, put.header): put.value for put in batch.puts}
    landed = {(put.page.id, put.row, put.column) for put in lost}
    mending, said = Batch(), []
    for put in lost:
        page = now.get(put.page.id)
        if page is None:
            said.append(f"{put.page.title}: the tab is gone")
            continue
        there = page.at(put.row, put.column)
        if there == put.value and not _belongs(put, page):
            lies = (page.id, page.cells(page.marks, put.row), page.header(put.column))
            right = meant[lies] if lies in meant else _before(put, late[put.page.id], page)
            if right != there:
                mending.puts.append(_at(page, put.row, put.column, right))
            said.append(f"{page.title}, row {put.row + 1}: a value written beside its row was taken back")
        places = page.places(page.marks).get(put.marks, [])
        column = page.index.get(put.name, -1)
        if len(places) != 1 or column < 0 or (page.id, places[0], column) in landed:
            continue
        if page.at(places[0], column) == put.before != put.value:
            mending.puts.append(_at(page, places[0], column, put.value))
            said.append(f"{page.title}, row {places[0] + 1}: written where the row stands now")
    return mending, said


def _belongs(put: Put, page: Page) -> bool:
    return page.cells(page.marks, put.row) == put.marks and page.header(put.column) == put.header


def _before(put: Put, late: Page, page: Page) -> Raw:
    """What stood, before the write, in the cell that lies there now."""
    rows = late.places(late.marks).get(page.cells(page.marks, put.row), [])
    columns = [place for place in range(len(late.rows[late.head])) if late.header(place) == page.header(put.column)]
    return late.at(rows[0], columns[0]) if len(rows) == 1 and len(columns) == 1 else ""


def _at(page: Page, row: int, column: int, value: Raw) -> Put:
    name = next((name for name, place in page.index.items() if place == column), "")
    kind = page.tab.column(name).type if name else Type.TEXT
    return Put(page, row, column, name, kind, value, page.at(row, column), page.cells(page.marks, row), page.header(column))
