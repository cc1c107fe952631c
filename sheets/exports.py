"""Forms' answers as files: CSV and workbooks as a form service exports them, for those who collect at home (152-FZ).

An export holds every answer so far, so each row comes again with each export: the fingerprint of time stamp, address and
answers is the row's identity here as on a form tab, and the same row is taken in once, whichever way it came.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from cases.model import FormRow
from sheets import package
from sheets.assembly import sheet_of
from sheets.columns import EXPORT_HEADERS, FORMS
from sheets.export_books import UnreadableBook, read_book
from sheets.headers import Aliases, fold, locate
from sheets.reading import form_rows
from sheets.shape import Owner, Tab
from sheets.snapshot import Grid, SheetFault, Snapshot
from sheets.values import Cell


def _answers_only(tab: Tab) -> Tab:
    """The form without the columns that the system keeps beside the answers on a tab."""
    asked = tuple(column for column in tab.columns if column.owner is Owner.FORM)
    return replace(tab, columns=asked, required=tab.required & {column.field for column in asked})


TEXT_FILES = (".csv", ".tsv", ".txt")
BOOKS = (".xlsx", ".xls", ".ods")
LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is still read; a hundred thousand answers stay far below."""

LARGEST_CELLS = 5_000_000
"""Cells of a text file, each row counted as one more: a row and a cell take a hundred bytes, however short their text."""

LARGEST_ROWS = 200_000
"""Answers of one table that are still taken: more would keep everybody else's waiting for hours."""

_WIDEST = 1000  # columns that are looked at; no form asks so many questions

_ASKED: tuple[Tab, ...] = tuple(_answers_only(tab) for tab in FORMS.values())
_SEPARATORS = (";", "\t", ",")
_FOREIGN = ("utf-8-sig", "cp1251")
"""Encodings of text exports, tried in this order; Excel on a Russian Windows saves the second."""


@dataclass(slots=True)
class Export:
    """What one file held: rows in the order of the file, and what people must mend in it."""

    rows: list[FormRow] = field(default_factory=list)
    faults: list[SheetFault] = field(default_factory=list)


def is_export(path: Path) -> bool:
    """Is it a file of answers, going by its name? Hidden ones and drafts of office programs are not."""
    return path.suffix.lower() in (*TEXT_FILES, *BOOKS) and not path.name.startswith((".", "~$"))


def read_export(path: Path, aliases: Aliases) -> Export:
    """Every answer in that file. Which form it is, its headers say; `aliases` are those of the form tabs.

    A file that cannot be read, or that no form has such headers, gives no rows and a fault: `export-unreadable`,
    `export-unknown`, `export-too-large`, `export-sprawling`, or the faults of the headers of the form that it resembles most.
    """
    export = Export()
    try:
        if path.stat().st_size > LARGEST:
            export.faults.append(SheetFault("export-too-large", "", file=path.name))
            return export
        grids = [_text(path)] if path.suffix.lower() in TEXT_FILES else _book(path)
    except package.Sprawling:
        export.faults.append(SheetFault("export-sprawling", "", file=path.name))
        return export
    except (OSError, UnreadableBook, zipfile.BadZipFile, KeyError, SyntaxError, UnicodeDecodeError, csv.Error):
        export.faults.append(SheetFault("export-unreadable", "", file=path.name))
        return export
    for number, grid in enumerate(grids):
        _take(export, grid, aliases, path.name, first=number == 0)
    return export


def _text(path: Path) -> Grid:
    raw = path.read_bytes()
    encoding, first = _encoding(raw)
    separator = max(_SEPARATORS, key=first.count)
    lines = _lines(io.TextIOWrapper(io.BytesIO(raw), encoding, newline=""), separator)
    return Grid(path.name, list(csv.reader(lines, delimiter=separator, strict=True)))


def _lines(text: Iterable[str], separator: str) -> Iterator[str]:
    """The lines, as long as there are not too many cells in them. Raises Sprawling before a row of them is made."""
    left = LARGEST_CELLS
    for line in text:
        left -= line.count(separator) + 2
        if left < 0:
            raise package.Sprawling(f"it has more than {LARGEST_CELLS} cells")
        yield line


def _encoding(raw: bytes) -> tuple[str, str]:
    """The encoding of a text, and its first line."""
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else _FOREIGN
    for encoding in encodings[:-1]:
        with suppress(UnicodeDecodeError):
            return encoding, raw.decode(encoding).lstrip().partition("\n")[0]
    return encodings[-1], raw.decode(encodings[-1]).lstrip().partition("\n")[0]


def _book(path: Path) -> list[Grid]:
    if path.suffix.lower() == ".xlsx":
        package.hold_to_bounds(path)
    return read_book(path)


def _take(export: Export, grid: Grid, aliases: Aliases, name: str, *, first: bool) -> None:
    """The rows of one table. A further sheet of a workbook that is no form's is somebody's notes."""
    grid = Grid(grid.title, [row[:_WIDEST] for row in grid.rows])
    head = next((row for row in grid.rows if any(str(cell).strip() for cell in row)), None)
    if head is None:
        return
    tab = _form_of(head, aliases)
    if tab is None:
        if first:
            export.faults.append(SheetFault("export-unknown", "", file=name))
        return
    faults: list[SheetFault] = []
    named = [_renamed(row, tab, aliases) if row is head else row for row in grid.rows]
    sheet = sheet_of(tab, Grid(grid.title, named), aliases, faults)
    if len(sheet.rows) > LARGEST_ROWS:
        export.faults.append(SheetFault("export-sprawling", "", file=name))
        return
    rows, odd = form_rows(Snapshot({tab.name: sheet}, ""))
    export.rows.extend(rows)
    export.faults.extend(replace(fault, file=name) for fault in (*faults, *odd))


def _form_of(head: Sequence[Cell], aliases: Aliases) -> Tab | None:
    """The form with the most of its questions among the headers; None below half of them."""

    def found(tab: Tab) -> tuple[float, int]:
        index, _, _ = locate(tab, _renamed(head, tab, aliases), aliases)
        return len(index) / len(tab.columns), len(index)

    best = max(_ASKED, key=found)
    return best if found(best)[0] > 0.5 else None


def _renamed(head: Sequence[Cell], tab: Tab, aliases: Aliases) -> list[Cell]:
    """The headers, with a form service's own names for time stamp and address told as ours."""
    headers: list[Cell] = list(head)
    index, _, _ = locate(tab, headers, aliases)
    for name, others in EXPORT_HEADERS.items():
        if name not in index:
            place = next((place for other in others for place, cell in enumerate(headers) if fold(cell) == fold(other)), None)
            if place is not None:
                headers[place] = tab.column(name).header
    return headers
