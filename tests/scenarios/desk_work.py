"""What staff do to a workbook with their own hands, and what a folder holds, for the stories about the sheet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.scenarios.house import House, inn

ONE, TWO, THREE = inn(1), inn(2), inn(3)
FIRST, SECOND, THIRD = "a@one.example", "b@two.example", "c@three.example"
DAY = "2026-03-02"
"""The Monday on which the furnished home was last at work, at 10:00."""


def furnish(house: House) -> None:
    """Three partners, three registered deals, one competitive switch that waits for staff (`D-2026-0004`)."""
    for number, (address, own) in enumerate(((FIRST, ONE), (SECOND, TWO), (THIRD, THREE)), 1):
        house.partner(address, f"ООО «Партнёр {number}»", own, f"{DAY} 09:0{number}")
        house.deal(f"{DAY} 09:1{number}", address, own, f"ООО «Заказчик {number}»", inn(100 + number))
    switch = {"Тип сделки": "Конкурентный переход", "Скриншот лицензии": "скан.png", "Финансовый документ": "акт.pdf"}
    house.deal(f"{DAY} 09:20", FIRST, ONE, "ООО «Заказчик 4»", inn(104), **switch)
    house.ok(f"{DAY} 10:00")


def contents(folder: Path) -> dict[str, str]:
    """Every file below the folder, by what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def edit(house: House, change: Callable[[Workbook], object]) -> None:
    """Open the book, change it, save it."""
    book = openpyxl.load_workbook(house.book)
    change(book)
    book.save(house.book)


def place(sheet: Worksheet, header: str) -> int:
    """The column under that header, from 1."""
    return next(cell.column for cell in sheet[1] if cell.value == header)


def line(sheet: Worksheet, number: str) -> int:
    """The only row of that number."""
    column = place(sheet, "№")
    (found,) = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value == number]
    return found


def sort(sheet: Worksheet, header: str, *, reverse: bool = False) -> None:
    """Sort whole rows, formats and notes with them, as a spreadsheet program does."""
    column = place(sheet, header)
    rows = [cells(sheet, row) for row in range(2, sheet.max_row + 1) if any(cell.value is not None for cell in sheet[row])]
    rows.sort(key=lambda row: str(row[column - 1][0]), reverse=reverse)
    for row, found in enumerate(rows, 2):
        fill(sheet, row, 1, found)


def cells(sheet: Worksheet, row: int) -> list[tuple[Any, Any, Any]]:
    """Value, style and note of every cell of a row."""
    found: list[Any] = list(sheet[row])
    return [(cell.value, copy(cell._style), copy(cell.comment)) for cell in found]


def fill(sheet: Worksheet, row: int, start: int, found: Sequence[tuple[Any, Any, Any]]) -> None:
    """Put cells into a row, from that column on."""
    for number, (value, style, note) in enumerate(found, start):
        cell: Any = sheet.cell(row, number)
        cell.value, cell._style, cell.comment = value, style, None
        if note is not None:
            cell.comment = note


def headers(sheet: Worksheet) -> list[object]:
    """The first row."""
    return [cell.value for cell in sheet[1]]


def journal(house: House, number: str) -> list[str]:
    """`Событие: Подробности` of a case in `Журнал`, in its order."""
    return [f"{row['Событие']}: {row['Подробности']}" for row in house.rows("Журнал") if row["№"] == number]


def columns(house: House, tab: str, number: str, names: Sequence[str]) -> list[object]:
    """Some cells of a row."""
    row = house.row(tab, number)
    return [row[name] for name in names]


def back_up(house: House) -> None:
    """Copy the ledger, to be restored later in the story."""
    assert house.run("backup", str(house.root / "copy.db")).code == 0


def restore(house: House) -> None:
    """The ledger is lost, and made from that copy."""
    for file in house.root.glob("ledger.db*"):
        file.unlink()
    assert house.run("restore", str(house.root / "copy.db")).code == 0
