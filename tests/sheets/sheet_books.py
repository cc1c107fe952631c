"""A small desk for tests: a workbook on disk or a book in memory, a ledger's memory of it, and one pass of the sheet job."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from cases.model import StaffWord
from sheets.base import BaseRow, updated
from sheets.columns import BY_NAME
from sheets.merge import Reading, read_words
from sheets.plan import MergePlan, plan_writes
from sheets.port import Changes
from sheets.projection import Shown
from sheets.reading import form_rows
from sheets.snapshot import Snapshot
from sheets.xlsx import WorkbookFile

NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # 12:00 in Moscow, a Monday


def deal(number: str, **changes: Any) -> dict[str, Any]:
    """What a registered deal shows."""
    row: dict[str, Any] = {
        "number": number,
        "partner": "ООО Партнёр",
        "partner_inn": "7707083893",
        "customer": f"ООО Заказчик {number}",
        "customer_inn": "0105013021",
        "kind": "Новая",
        "products": "Стахановец Про",
        "licences": 10,
        "state": "Зарегистрирована",
        "discount": 10,
        "submitted_at": datetime(2026, 3, 2, 12, 0),
        "due_at": datetime(2026, 3, 4, 18, 0),
        "registered_at": date(2026, 3, 2),
        "valid_until": date(2026, 6, 2),
        "extensions": 0,
        "sale_status": "в работе",
        "report_due": date(2026, 3, 16),
        "reason": "",
        "remarks": "",
    }
    return {**row, **changes}


class Memory:
    """What the ledger remembers of a spreadsheet, and one pass of the sheet job over it."""

    def __init__(self) -> None:
        self.base: dict[str, dict[str, BaseRow]] = {}
        self.journal: list[StaffWord] = []

    def read(self) -> Snapshot:
        """The spreadsheet as it stands."""
        raise NotImplementedError

    def write(self, changes: Changes, seen: str) -> None:
        """Change the spreadsheet that was read as `seen`."""
        raise NotImplementedError

    def one_pass(self, ours: Mapping[str, Mapping[str, Shown]] | None = None, write: bool = True) -> tuple[Reading, MergePlan]:
        """Read, note words once, plan, write. Without `write`: the book was open elsewhere, or the power went just before."""
        snapshot = self.read()
        forms, _ = form_rows(snapshot)
        known = {word.key for word in self.journal}
        reading = read_words(snapshot, self.base, forms, recorded=known.intersection)
        self.journal.extend(word for word in reading.words if word.key not in known)
        self.base = updated(self.base, reading.base_updates)
        plan = plan_writes(snapshot, self.base, ours or {}, forms, reading.words, reading.untouchable)
        self.base = updated(self.base, plan.intents)
        if write:
            if plan.cells or plan.appends:
                self.write(Changes(plan.cells, plan.appends), snapshot.fingerprint)
            self.settle(plan)
        return reading, plan

    def hear(self) -> list[StaffWord]:
        """Read, and note words once; nothing comes of them yet. Gives all that stand in the spreadsheet."""
        snapshot = self.read()
        reading = read_words(snapshot, self.base, form_rows(snapshot)[0])
        self.journal.extend(word for word in reading.words if word.key not in {known.key for known in self.journal})
        self.base = updated(self.base, reading.base_updates)
        return reading.words

    def settle(self, plan: MergePlan) -> None:
        """Remember that it is written."""
        assert {*plan.intents, *plan.base_updates, *plan.base_drops} <= set(BY_NAME)
        self.base = updated(self.base, plan.base_updates)
        for tab, keys in plan.base_drops.items():
            for key in keys:
                del self.base[tab][key]


class Desk(Memory):
    """The same over a workbook on disk."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.file = WorkbookFile(path)
        self.file.ensure("start")

    def read(self) -> Snapshot:
        return self.file.read()

    def write(self, changes: Changes, seen: str) -> None:
        self.file.write(changes, seen, "copy")

    def edit(self, change: Callable[[Any], None]) -> None:
        """A person at work: the book is opened, changed and saved."""
        book = openpyxl.load_workbook(self.path)
        change(book)
        book.save(self.path)

    def set(self, tab: str, number: str, name: str, value: Any) -> None:
        """A person types into the cell of that row and field."""

        def change(book: Any) -> None:
            sheet = book[tab]
            cell_of(sheet, row_of(sheet, number), BY_NAME[tab].column(name).header).value = value

        self.edit(change)

    def seen(self, tab: str) -> list[dict[str, Any]]:
        """Rows as a person sees them (by calamine), by header."""
        rows = CalamineWorkbook.from_path(str(self.path)).get_sheet_by_name(tab).to_python(skip_empty_area=False)
        return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:] if any(cell != "" for cell in row)]


def cell_of(sheet: Worksheet, row: int, header: str) -> Any:
    """The cell of a row under a header."""
    column = next(cell.column for cell in sheet[1] if cell.value == header)
    return sheet.cell(row, column)


def row_of(sheet: Worksheet, number: str) -> int:
    """The row with that number."""
    column = next(cell.column for cell in sheet[1] if cell.value == "№")
    return next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value == number)
