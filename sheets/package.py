"""What only the parts inside an .xlsx file can tell: percent formats, formulas, error values, and content that openpyxl
would drop.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from posixpath import dirname, join, normpath
from xml.sax.saxutils import escape

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.cell import column_index_from_string, coordinate_to_tuple, get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.xml.functions import fromstring

from sheets.columns import SUMMARY
from sheets.headers import fold
from sheets.values import Cell

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3}\d+)"[^>]*?>\s*<f[ >/]')
_CONSTANT = re.compile(rb"<f[^>]*>(?:TRUE\(\)|FALSE\(\)|#[A-Z0-9/!?]+)</f>")
_ERROR = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3}\d+)"')
_STYLED = re.compile(rb'<c\b(?=[^>]*?\br="([A-Z]{1,3}\d+)")[^>]*?\bs="(\d+)"')
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\sr\s*=\s*["'](\d+)""")
_WIDE = re.compile(rb"""\sr\s?=\s?["'](?:[A-Za-z]{3}|[D-Zd-z][A-Za-z])\d""")
_CELLS = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\sr\s*=\s*["']([A-Za-z]{1,3})(\d+)""")
_PIECE = 1024 * 1024
_LARGEST_TAG = 16 * _PIECE  # with the text up to the next one; a cell holds 32 767 characters
_NARROW = 104  # columns A to CZ, which `_WIDE` does not find
_UNKNOWN = re.compile(rb'(<c\b[^>]*?\br="([A-Z]{1,3}\d+)"[^>]*?)(>\s*<f[ >].*?</f>)\s*(?:<v\s*/>|<v></v>)', re.DOTALL)

_DROPPED_PARTS = {
    "threaded-comment": "xl/threadedComments/",
    "picture": "xl/media/",
    "slicer": "xl/slicers/",
    "form-control": "xl/ctrlProps/",
    "macro": "xl/vbaProject.bin",
}
_DROPPED_MARKS = {
    "sparkline": b":sparklineGroup ",
    "extended-validation": b"<x14:dataValidation ",
    "extended-format": b"<x14:conditionalFormatting ",
}


LARGEST_AREA = 30_000_000
"""Cells between the corners of a worksheet that is still read: the reader holds them all. Our widest tab fits at full height."""

LARGEST_PARTS = 1024 * 1024 * 1024
"""Bytes of all parts of a book once they are unpacked; a hundred thousand full rows take a tenth of it."""


class Sprawling(ValueError):
    """A book that would take more memory than there may be: says what of it, for people."""


@dataclass(slots=True)
class SheetMarks:
    """Of one sheet: (row, column from 0) of percent-formatted cells, formulas, error values."""

    percent: set[tuple[int, int]] = field(default_factory=set)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    errors: set[tuple[int, int]] = field(default_factory=set)


def _relations(book: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Relationship id -> part, of that part."""
    name = f"{dirname(part)}/_rels/{part.rsplit('/', 1)[-1]}.rels"
    if name not in book.namelist():
        return {}
    found = {}
    for item in fromstring(book.read(name)):
        target = item.get("Target", "")
        if item.get("TargetMode") != "External":
            found[item.get("Id", "")] = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(part), target))
    return found


def _worksheets(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """(title, part) of every worksheet."""
    parts = _relations(book, "xl/workbook.xml")
    for sheet in fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet"):
        part = parts.get(sheet.get(_RID, ""), "")
        if part.startswith("xl/worksheets/"):
            yield sheet.get("name", ""), part


def _percent_styles(book: zipfile.ZipFile) -> set[bytes]:
    if "xl/styles.xml" not in book.namelist():
        return set()
    styles = fromstring(book.read("xl/styles.xml"))
    formats = {number: code for number, code in BUILTIN_FORMATS.items() if "%" in code}
    percent = {str(number) for number in formats}
    for item in styles.iter(f"{_MAIN}numFmt"):
        (percent.add if "%" in item.get("formatCode", "") else percent.discard)(item.get("numFmtId", ""))
    places = styles.find(f"{_MAIN}cellXfs")
    if places is None:
        return set()
    return {str(place).encode() for place, style in enumerate(places) if style.get("numFmtId") in percent}


def _place(reference: bytes) -> tuple[int, int]:
    row, column = coordinate_to_tuple(reference.decode())
    return row, column - 1


def hold_to_bounds(path: Path) -> None:
    """Look at an .xlsx before it is read whole: one cell typed in the last corner of a sheet makes the reader ask for half a
    terabyte, and the process is gone. Raises Sprawling, and as `marks` does.
    """
    with zipfile.ZipFile(path) as book:
        if sum(item.file_size for item in book.infolist()) > LARGEST_PARTS:
            raise Sprawling("unpacked it is larger than a gigabyte")
        for title, part in _worksheets(book):
            far = _far_cell(partial(_pieces, book, part))
            if far:
                raise Sprawling(f"«{title}» reaches as far as the cell {far}; delete the rows and columns beyond the table")


def _pieces(book: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The part piece by piece, each of whole tags: a sheet is not held in memory for the sake of its corner."""
    rest = b""
    with book.open(part) as xml:
        while chunk := xml.read(_PIECE):
            rest += chunk
            cut = rest.rfind(b"<")
            if cut <= 0 and len(rest) > _LARGEST_TAG:
                raise Sprawling("a part of it is no table")
            yield rest[:cut] if cut > 0 else b""
            rest = rest[max(cut, 0) :]
    yield rest


def _far_cell(pieces: Callable[[], Iterator[bytes]]) -> str:
    """The corner of the sheet, if the area up to it is too large to be held; "" if not."""
    rows, wide = 1, False
    for xml in pieces():
        rows = max([rows, *(int(found[1]) for found in _ROW.finditer(xml))])
        wide = wide or _WIDE.search(xml) is not None
    if rows * _NARROW <= LARGEST_AREA and not wide:
        return ""
    column = row = 1
    for xml in pieces():
        for found in _CELLS.finditer(xml):
            column = max(column, column_index_from_string(found[1].decode().upper()))
            row = max(row, int(found[2]))
    return f"{get_column_letter(column)}{max(row, rows)}" if column * max(row, rows) > LARGEST_AREA else ""


def marks(path: Path) -> dict[str, SheetMarks]:
    """The marks of every worksheet by title. Raises zipfile.BadZipFile, KeyError, SyntaxError, OSError on a broken file."""
    found: dict[str, SheetMarks] = {}
    with zipfile.ZipFile(path) as book:
        percent = _percent_styles(book)
        for title, part in _worksheets(book):
            xml = book.read(part)
            here = found[title] = SheetMarks()
            if b"<f" in xml:
                bare = _CONSTANT.sub(b"", xml)  # LibreOffice writes TRUE and #N/A as formulas
                here.formulas = {_place(reference) for reference in _CELL.findall(bare)}
            if b't="e"' in xml:
                here.errors = {_place(reference) for reference in _ERROR.findall(xml)}
            if percent:
                here.percent = {_place(reference) for reference, style in _STYLED.findall(xml) if style in percent}
    return found


def dropped(path: Path) -> tuple[str, ...]:
    """Kinds of content that a save by openpyxl would drop: charts of people's, text boxes, pictures, rich text, …; ours on
    `Сводка` are no loss.

    Raises as `marks` does.
    """
    kinds: set[str] = set()
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        kinds |= {kind for kind, start in _DROPPED_PARTS.items() if any(name.startswith(start) for name in names)}
        if "xl/sharedStrings.xml" in names and b"<r>" in book.read("xl/sharedStrings.xml"):
            kinds.add("rich-text")
        for title, part in _worksheets(book):
            xml = book.read(part)
            kinds |= {kind for kind, mark in _DROPPED_MARKS.items() if mark in xml}
            if b"<is><r>" in xml:
                kinds.add("rich-text")
            for drawing in _relations(book, part).values():
                if drawing.startswith("xl/drawings/") and drawing.endswith(".xml") and drawing in names:
                    kinds |= _drawn(book.read(drawing), ours=fold(title) == fold(SUMMARY.name))
    return tuple(sorted(kinds))


def _drawn(xml: bytes, ours: bool) -> set[str]:
    kinds = set()
    if b"<xdr:sp " in xml or b"<xdr:sp>" in xml:
        kinds.add("text-box")
    if not ours and b"graphicFrame" in xml:
        kinds.add("chart")
    return kinds


def restore_results(source: Path, target: Path, results: Mapping[str, Mapping[tuple[int, int], Cell]]) -> None:
    """Copy a saved book, putting the last known results back into formulas that openpyxl left without one.

    Without it people's formulas would read as empty until a spreadsheet program opens the book. `results`: title -> (row,
    column from 0) -> value.
    """
    with zipfile.ZipFile(source) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        parts = {part: results.get(title, {}) for title, part in _worksheets(book)}
        for item in book.infolist():
            content = book.read(item.filename)
            known = parts.get(item.filename)
            if known:
                content = _UNKNOWN.sub(lambda match, known=known: _resulting(match, known), content)  # type: ignore[misc]
            copy.writestr(item, content)


def _resulting(match: re.Match[bytes], known: Mapping[tuple[int, int], Cell]) -> bytes:
    value = known.get(_place(match[2]))
    head = re.sub(rb'\st="[^"]*"', b"", match[1])
    if isinstance(value, bool):
        return head + b' t="b"' + match[3] + f"<v>{int(value)}</v>".encode()
    if isinstance(value, date):
        value = to_excel(value)  # type: ignore[no-untyped-call]
    if isinstance(value, int | float):
        return head + match[3] + f"<v>{value!r}</v>".encode()
    if isinstance(value, str) and value:
        return head + b' t="str"' + match[3] + f"<v>{escape(value)}</v>".encode()
    return match[0]
