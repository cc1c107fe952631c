"""How tabs look to people: headers with notes, widths, formats, lists to choose from, colours of states. Drawn with openpyxl."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import date, datetime
from textwrap import wrap
from typing import Any

from openpyxl.cell.cell import Cell as BookCell
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from cases.model import DealState, PartnerState
from rules.edition import Tier
from sheets.columns import ANSWERS, DEAL_STATES, LICENCE_STATES, PARTNER_STATES, REQUEST_STATES, SUMMARY, TABS, TIERS
from sheets.shape import Column, Owner, Tab, TabKind, Type
from sheets.values import Cell, plain
from sheets.values import number as read_number

ROWS = 20_000  # lists and colours reach so far down

FORMATS = {
    Type.TEXT: "General",
    Type.DATE: "dd.mm.yyyy",
    Type.DATETIME: "dd.mm.yyyy hh:mm",
    Type.NUMBER: "0",
    Type.PERCENT: "General",
    Type.MONEY: "#,##0.00",
}
TAB_COLOURS = {
    TabKind.FORM: "5B9BD5",
    TabKind.REGISTRY: "70AD47",
    TabKind.STAFF: "FFC000",
    TabKind.JOURNAL: "7F7F7F",
    TabKind.SUMMARY: "C00000",
}
HEAD_COLOURS = {Owner.SYSTEM: "D0D5DD", Owner.DECISION: "BFD4EA", Owner.STAFF: "FFE08A", Owner.FORM: "CFE2F3"}
BODY_COLOURS = {Owner.SYSTEM: "F3F4F6", Owner.DECISION: "F3F4F6", Owner.STAFF: "FFFBE6"}
OWNER_NOTES = {
    Owner.SYSTEM: "Заполняет система, правка вручную будет возвращена.",
    Owner.STAFF: "Заполняет сотрудник.",
}
_GOOD, _WAITS, _BAD, _OVER = "C6EFCE", "FFEB9C", "FFC7CE", "D9D9D9"
STATE_COLOURS = {
    DEAL_STATES[DealState.REGISTERED]: _GOOD,
    DEAL_STATES[DealState.WON]: "A9D8B8",
    DEAL_STATES[DealState.PENDING]: _WAITS,
    DEAL_STATES[DealState.NEEDS_DATA]: "FCD5B4",
    DEAL_STATES[DealState.REFUSED]: _BAD,
    DEAL_STATES[DealState.ANNULLED]: _BAD,
    DEAL_STATES[DealState.EXPIRED]: _OVER,
    DEAL_STATES[DealState.LOST]: _OVER,
    DEAL_STATES[DealState.WITHDRAWN]: _OVER,
    PARTNER_STATES[PartnerState.AUTHORISED]: _GOOD,
    PARTNER_STATES[PartnerState.DEAUTHORISED]: _BAD,
    ANSWERS["accepted"]: _GOOD,
    REQUEST_STATES["approved"]: _GOOD,
    LICENCE_STATES["running"]: _GOOD,
    LICENCE_STATES["report-due"]: _WAITS,
    LICENCE_STATES["overdue"]: _BAD,
    REQUEST_STATES["passed"]: _GOOD,
    REQUEST_STATES["closed"]: _OVER,
    TIERS[Tier.BRONZE]: "E8C9A6",
    TIERS[Tier.SILVER]: "D9DEE4",
    TIERS[Tier.GOLD]: "FFE699",
    TIERS[Tier.TRUSTED]: "C9DAF8",
}
CHART_COLOUR = "5B9BD5"
CHART_COLOURS = {
    DEAL_STATES[DealState.REGISTERED]: "5FA55A",
    DEAL_STATES[DealState.WON]: "2E7D4F",
    DEAL_STATES[DealState.PENDING]: "E3B23C",
    DEAL_STATES[DealState.NEEDS_DATA]: "E08E45",
    DEAL_STATES[DealState.REFUSED]: "D9534F",
    DEAL_STATES[DealState.ANNULLED]: "B5473C",
    DEAL_STATES[DealState.EXPIRED]: "9AA3AD",
    DEAL_STATES[DealState.LOST]: "7F8893",
    DEAL_STATES[DealState.WITHDRAWN]: "B8BFC6",
    TIERS[Tier.WHITE]: "B8BFC6",
    TIERS[Tier.BRONZE]: "C58B4E",
    TIERS[Tier.SILVER]: "8E9AA6",
    TIERS[Tier.GOLD]: "E0B030",
    TIERS[Tier.TRUSTED]: "4A7FC1",
}
"""Of bars, in the key of `STATE_COLOURS` and strong enough to be seen on white; any other word's is `CHART_COLOUR`."""
_LINE = Side(style="thin", color="BFBFBF")


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


def bold(size: int = 11) -> Font:
    """The font of headers and titles."""
    return Font(name="Calibri", bold=True, size=size)


def draw_tab(book: Workbook, tab: Tab, place: int | None = None) -> Worksheet:
    """Make that tab with headers and all its comforts; at the end unless `place` is given."""
    sheet: Worksheet = book.create_sheet(tab.name, place)
    furnish(sheet, tab)
    return sheet


def furnish(sheet: Worksheet, tab: Tab) -> None:
    """Headers and comforts for a sheet without any."""
    sheet.sheet_properties.tabColor = TAB_COLOURS[tab.kind]
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if not tab.columns:
        return
    for place, column in enumerate(tab.columns, start=1):
        draw_header(sheet, 1, place, column)
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "B2" if tab.kind is TabKind.REGISTRY else "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(tab.columns))}1"
    sheet.print_title_rows = "1:1"


def draw_header(sheet: Worksheet, row: int, place: int, column: Column) -> None:
    """One header cell with note, and the look of the column below it."""
    cell = cell_at(sheet, row, place)
    put(cell, column.header)
    cell.font = bold()
    cell.fill = _fill(HEAD_COLOURS[column.owner])
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center" if place_of(column) == "center" else "left")
    cell.border = Border(bottom=_LINE)
    note = column.note or OWNER_NOTES.get(column.owner, "")
    if note:
        cell.comment = Comment(note, "Partner Desk", height=90, width=260)
    letter = get_column_letter(place)
    body = sheet.column_dimensions[letter]
    body.width = max(column.width, min(len(column.header) + 4, 20))
    body.number_format = FORMATS[column.type]
    body.alignment = _aligned(column)
    if column.owner in BODY_COLOURS:
        body.fill = _fill(BODY_COLOURS[column.owner])
    span = f"{letter}{row + 1}:{letter}{ROWS}"
    if column.choices and column.owner is not Owner.SYSTEM:
        offered = DataValidation(type="list", formula1='"' + ",".join(column.choices) + '"', allow_blank=True)
        offered.showErrorMessage = column.owner is not Owner.FORM
        offered.errorStyle = "warning"
        offered.errorTitle = column.header
        offered.error = "Такого слова в списке нет, система его не поймёт."
        offered.add(span)
        sheet.add_data_validation(offered)
    if column.field in ("state", "authorisation", "answer", "tier"):
        for word in column.choices:
            if word in STATE_COLOURS:
                colour = STATE_COLOURS[word]
                fill = PatternFill(bgColor=colour, fill_type="solid")
                rule = Rule(type="cellIs", operator="equal", formula=[f'"{word}"'], dxf=DifferentialStyle(fill=fill))
                sheet.conditional_formatting.add(span, rule)


def look(sheet: Worksheet, row: int, place: int, column: Column) -> Any:
    """The style of a new cell of that column, to be copied into each (openpyxl's own style array)."""
    cell = cell_at(sheet, row, place)
    cell.number_format = FORMATS[column.type]
    cell.alignment = _aligned(column)
    if column.owner in BODY_COLOURS:
        cell.fill = _fill(BODY_COLOURS[column.owner])
    return copy(cell._style)  # type: ignore[attr-defined]


def place_of(column: Column) -> str:
    """Where its cells stand: days in the middle, figures on the right and off the text in the next column, texts on the left."""
    return {Type.TEXT: "left", Type.DATE: "center", Type.DATETIME: "center"}.get(column.type, "right")


def is_wrapped(column: Column) -> bool:
    """Are its texts shown in several lines?"""
    return column.type is Type.TEXT and column.width >= _WRAPPED_FROM


def _aligned(column: Column) -> Alignment:
    """The same for our cells and for people's, who get it from the column."""
    place = place_of(column)
    return Alignment(vertical="top", horizontal=place, indent=place == "right", wrap_text=is_wrapped(column))


_WRAPPED_FROM = 20  # characters
_LINE_HEIGHT, _MOST_LINES = 15.0, 6
_OUR_HEIGHTS = {lines * height + more for lines in range(2, _MOST_LINES + 1) for height, more in ((_LINE_HEIGHT, 0), (13.5, 2))}
"""Those that `fit_rows` gives, now and in the first release; any other is a person's."""
_LOOKED_AT = 64  # columns
_USUAL_WIDTH = 8.43


def fit_rows(sheet: Worksheet, rows: Iterable[int]) -> None:
    """Make rows as high as their wrapped texts (programs do not all do it by themselves). A height that a person gave is never
    lowered.
    """
    widths = _widths(sheet)
    last = min(sheet.max_column, _LOOKED_AT)
    for row in rows:
        lines = 1
        for place, cell in enumerate(next(sheet.iter_rows(row, row, 1, last)), start=1):
            text, width = cell.value, int(widths.get(place, _USUAL_WIDTH))
            if isinstance(text, str) and (len(text) > width or "\n" in text) and cell.alignment.wrap_text:
                lines = max(lines, sum(len(wrap(line, width)) or 1 for line in text.splitlines()))
        dimension = sheet.row_dimensions[row]
        if lines > 1:
            wanted = min(lines, _MOST_LINES) * _LINE_HEIGHT
            if dimension.height is None or dimension.height in _OUR_HEIGHTS or dimension.height < wanted:
                dimension.height = wanted
        elif dimension.height in _OUR_HEIGHTS:
            dimension.height = None


def _widths(sheet: Worksheet) -> dict[int, float]:
    """Column -> characters; programs write down equal neighbours as one."""
    return {
        place: dimension.width
        for letter, dimension in sheet.column_dimensions.items()
        for first in (dimension.min or column_index_from_string(letter),)
        for place in range(first, min(dimension.max or first, _LOOKED_AT) + 1)
    }


def dress(cell: BookCell, style: Any) -> None:
    """Give the cell a look."""
    cell._style = copy(style)  # type: ignore[attr-defined]


def cell_at(sheet: Worksheet, row: int, place: int) -> BookCell:
    """That cell, to be written; cells that people merged over it are parted, their text stays in the first."""
    cell = sheet.cell(row, place)
    if isinstance(cell, MergedCell):
        for merged in [area for area in sheet.merged_cells.ranges if cell.coordinate in area]:
            sheet.unmerge_cells(merged.coord)
        cell = sheet.cell(row, place)
    if isinstance(cell, MergedCell):
        raise TypeError(f"{cell.coordinate} stays merged")
    return cell


def put(cell: BookCell, value: Cell) -> None:
    """Set a value; text stays text whatever it begins with, a percent format keeps its meaning (10 is shown as 10 %)."""
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
        if value[:1] in ("=", "+", "-", "@", "\t"):
            cell.quotePrefix = True
        return
    if cell.quotePrefix:
        cell.quotePrefix = False
    bare = cell.number_format == "General"
    figure = read_number(value)
    if figure is not None and "%" in cell.number_format:
        value = float(plain(figure / 100))
    cell.value = value
    if bare and isinstance(value, date):
        cell.number_format = FORMATS[Type.DATETIME if isinstance(value, datetime) else Type.DATE]


def draw_book() -> Workbook:
    """A whole new workbook: `Сводка` first, then the tabs of the contract."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for tab in TABS:
        draw_tab(book, tab)
    book.active = book.sheetnames.index(SUMMARY.name)
    return book
