"""Lines of `Журнал` are only ever added. What is about to be added is announced before the write, so that a pass that dies
between the write and its record does not add them twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cases.model import Event
from ledger.database import SqlTransaction
from sheets.port import RowAppend
from sheets.projection import journal_line
from sheets.snapshot import Sheet
from sheets.values import Cell, canonical

_ANNOUNCED = "sheet.journal-announced"
"""Note: first free row of the tab and last event id at the time of a write whose end is not recorded; "" otherwise."""


def announce(tx: SqlTransaction, sheet: Sheet | None, events: Sequence[tuple[int, Event]]) -> None:
    """To be committed right before the write. What an unrecorded write may have put there stays announced with it."""
    if sheet is not None and events:
        before = tx.note(_ANNOUNCED)
        first_row = min(sheet.next_row, int(before.split()[0])) if before else sheet.next_row
        tx.set_note(_ANNOUNCED, f"{first_row} {events[-1][0]}")


def settled(tx: SqlTransaction) -> None:
    """The write and its record are one now."""
    if tx.note(_ANNOUNCED):
        tx.set_note(_ANNOUNCED, "")


def lines_to_add(tx: SqlTransaction, sheet: Sheet, events: Sequence[tuple[int, Event]]) -> list[RowAppend]:
    """Lines for these events, without those that an unrecorded write has put there already."""
    announced = tx.note(_ANNOUNCED)
    if not announced:
        return [journal_line(event_id, event) for event_id, event in events]
    first_row, last_id = map(int, announced.split())
    there = Counter(
        _identity(sheet, [sheet.cell(row, column.field) for column in sheet.tab.columns])
        for row in sheet.rows
        if row.position >= first_row
    )
    lines = []
    for event_id, event in events:
        line = journal_line(event_id, event)
        identity = _identity(sheet, [line.values.get(column.field) for column in sheet.tab.columns])
        if event_id <= last_id and there[identity]:
            there[identity] -= 1
        else:
            lines.append(line)
    return lines


def _identity(sheet: Sheet, cells: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(canonical(cell, column.type) for cell, column in zip(cells, sheet.tab.columns, strict=True))
