"""Forms' answers as files: CSV and workbooks as a form service exports them, for those who collect at home (152-FZ).

An export holds every answer so far, so each row comes again with each export: the fingerprint of time stamp, address and
answers is the row's identity here as on a form tab, and the same row is taken in once, whichever way it came.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from cases.model import FormRow
from sheets import package
from sheets.assembly import sheet_of
from sheets.columns import EXPORT_HEADERS, FORMS
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
    except (OSError, CalamineError, zipfile.BadZipFile, KeyError, SyntaxError, UnicodeDecodeError, csv.Error):
        export.faults.append(SheetFault("export-unreadable", "", file=path.name))
        return export
    for number, grid in enumerate(grids):
        _take(export, grid, aliases, path.name, first=number == 0)
    return export


def _text(path: Path) -> Grid:
    raw = path.read_bytes()
    text = _decoded(raw)
    first = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    return Grid(path.name, list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)))


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode(_FOREIGN[0])
    except UnicodeDecodeError:
        return raw.decode(_FOREIGN[1])


def _book(path: Path) -> list[Grid]:
    if path.suffix.lower() == ".xlsx":
        package.hold_to_bounds(path)
    with CalamineWorkbook.from_path(str(path)) as book:
        return [Grid(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]


def _take(export: Export, grid: Grid, aliases: Aliases, name: str, *, first: bool) -> None:
    """The rows of one table. A further sheet of a workbook that is no form's is somebody's notes."""
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
