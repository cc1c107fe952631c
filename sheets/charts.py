"""`Сводка` as people see it: small tables and charts, drawn anew on every write (openpyxl keeps charts only in part)."""

from __future__ import annotations

from openpyxl.cell.cell import MergedCell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sheets.layout import CHART_COLOUR, CHART_COLOURS, FORMATS, bold, cell_at, fit_rows, put
from sheets.shape import Type
from sheets.summary import CHART_COLUMN, CHART_ROWS, WIDTHS, Block, Summary, lay_out

_TITLE = PatternFill("solid", start_color="D0D5DD", end_color="D0D5DD")
_GREY = "595959"
_FEW = 10


def draw_summary(sheet: Worksheet, summary: Summary) -> None:
    """Clear our area (columns A to F) and lay the summary out anew. What people wrote further right stays; charts here are
    ours.
    """
    for cells in sheet.iter_rows(min_row=1, max_row=max(sheet.max_row, 1), min_col=1, max_col=len(WIDTHS)):
        for cell in cells:
            if not isinstance(cell, MergedCell):
                cell.value = None
                cell.style = "Normal"
    for place, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.sheet_view.showGridLines = False
    sheet._charts = []  # type: ignore[attr-defined]
    row = 1
    for block in lay_out(summary):
        _table(sheet, block)
        if block.chart:
            sheet.add_chart(_chart(sheet, block), f"{get_column_letter(CHART_COLUMN)}{row}")
            row += CHART_ROWS
    fit_rows(sheet, range(1, sheet.max_row + 1))


def _table(sheet: Worksheet, block: Block) -> None:
    head = cell_at(sheet, block.top, block.left)
    put(head, block.title)
    head.font = bold(14 if block.top == 1 and block.left == 1 else 11)
    for place in (block.left, block.left + 1):
        sheet.cell(block.top, place).fill = _TITLE
    for row, (name, figure) in enumerate(block.lines, start=block.top + 1):
        put(named := cell_at(sheet, row, block.left), name)
        named.alignment = Alignment(vertical="top", wrap_text=True)
        cell = cell_at(sheet, row, block.left + 1)
        if figure is not None and not isinstance(figure, (int, str)):
            cell.number_format = FORMATS[Type.DATETIME]
        put(cell, figure)
        cell.alignment = Alignment(vertical="top", horizontal="right")


def _chart(sheet: Worksheet, block: Block) -> BarChart:
    """A bar for each line in the colour of its word, its figure at the end; the first line on top, as in the table."""
    first, last = block.top + 1, block.top + len(block.lines)
    chart = BarChart()
    chart.type = "bar"
    chart.legend = None
    chart.gapWidth = 40
    chart.title = _text(block.title, 1300)
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.txPr = chart.y_axis.txPr = _look(900)
    chart.y_axis.crosses = "max"  # at the bottom, though the first line is on top
    chart.y_axis.title = _text(block.chart, 900)
    chart.y_axis.scaling.min = 0
    chart.y_axis.number_format = "0"
    if max(figure for _, figure in block.lines if isinstance(figure, int)) <= _FEW:
        chart.y_axis.majorUnit = 1  # else halves are marked, and shown as whole figures that come twice
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill="E3E6EA")))
    chart.add_data(Reference(sheet, min_col=block.left + 1, min_row=first, max_row=last), titles_from_data=False)
    chart.set_categories(Reference(sheet, min_col=block.left, min_row=first, max_row=last))
    (series,) = chart.series
    series.tx = None
    for place, (word, _) in enumerate(block.lines):
        series.dPt.append(
            DataPoint(
                idx=place, invertIfNegative=False, spPr=GraphicalProperties(solidFill=CHART_COLOURS.get(word, CHART_COLOUR))
            )
        )
    chart.dataLabels = DataLabelList(showVal=True, dLblPos="outEnd", txPr=_look(900))
    for hidden in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(chart.dataLabels, hidden, False)
    chart.height, chart.width = 7.5, 16
    return chart


def _look(size: int) -> RichText:
    """How texts of a chart look; `size` in hundredths of a point."""
    properties = CharacterProperties(sz=size, solidFill=_GREY)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=properties), endParaRPr=properties)])


def _text(words: str, size: int) -> Title:
    """A title that stands beside the bars, never over them."""
    properties = CharacterProperties(sz=size, b=size > 1000, solidFill=_GREY)
    run = RegularTextRun(rPr=properties, t=words)
    rich = RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=properties), r=[run])])
    return Title(tx=Text(rich=rich), overlay=False)
