"""`Сводка` as people see it: small tables and charts, drawn anew on every write (openpyxl keeps charts only in part)."""

from __future__ import annotations

from openpyxl.cell.cell import MergedCell
from openpyxl.chart import BarChart, PieChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from sheets.layout import FORMATS, bold, cell_at, put
from sheets.shape import Type
from sheets.summary import Block, Summary, lay_out

_TITLE = PatternFill("solid", start_color="D0D5DD", end_color="D0D5DD")
_WIDTHS = {"A": 32, "B": 18, "C": 3, "D": 28, "E": 24, "F": 3}
_CHART_COLUMN = "G"
_CHART_HEIGHT = 16  # rows


def draw_summary(sheet: Worksheet, summary: Summary) -> None:
    """Clear our area (columns A to F) and lay the summary out anew. What people wrote further right stays; charts here are
    ours.
    """
    for cells in sheet.iter_rows(min_row=1, max_row=max(sheet.max_row, 1), min_col=1, max_col=6):
        for cell in cells:
            if not isinstance(cell, MergedCell):
                cell.value = None
                cell.style = "Normal"
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    sheet._charts = []  # type: ignore[attr-defined]
    row = 1
    for block in lay_out(summary):
        _table(sheet, block)
        if block.chart:
            sheet.add_chart(_chart(sheet, block), f"{_CHART_COLUMN}{row}")
            row += _CHART_HEIGHT


def _table(sheet: Worksheet, block: Block) -> None:
    head = cell_at(sheet, block.top, block.left)
    put(head, block.title)
    head.font = bold(14 if block.top == 1 and block.left == 1 else 11)
    for place in (block.left, block.left + 1):
        sheet.cell(block.top, place).fill = _TITLE
    for row, (name, figure) in enumerate(block.lines, start=block.top + 1):
        put(cell_at(sheet, row, block.left), name)
        cell = cell_at(sheet, row, block.left + 1)
        if figure is not None and not isinstance(figure, int):
            cell.number_format = FORMATS[Type.DATETIME]
        put(cell, figure)


def _chart(sheet: Worksheet, block: Block) -> BarChart | PieChart:
    first, last = block.top + 1, block.top + len(block.lines)
    chart: BarChart | PieChart
    if block.chart == "bar":
        chart = BarChart()
        chart.type = "bar"
        chart.legend = None
        chart.gapWidth = 40
        chart.y_axis.delete = False
        chart.x_axis.delete = False
        chart.x_axis.scaling.orientation = "maxMin"
        chart.y_axis.majorGridlines = None
        chart.y_axis.number_format = "0"
    else:
        chart = PieChart()
    chart.title = block.title
    chart.add_data(Reference(sheet, min_col=block.left + 1, min_row=first, max_row=last), titles_from_data=False)
    chart.set_categories(Reference(sheet, min_col=block.left, min_row=first, max_row=last))
    chart.dataLabels = DataLabelList()
    chart.dataLabels.showVal = True
    for hidden in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(chart.dataLabels, hidden, False)
    chart.height, chart.width = 7.5, 16
    if chart.series:
        chart.series[0].tx = None
    return chart
