"""The desk of `sheet_books` over a book in memory: what people and the merge do to cells, in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets.assembly import assemble
from sheets.columns import BY_NAME, TABS
from sheets.merge import Reading
from sheets.plan import MergePlan
from sheets.port import Changes
from sheets.projection import Shown
from sheets.snapshot import Grid, Snapshot
from sheets.values import Cell, canonical
from tests.sheets.sheet_books import Memory, deal

DEALS = "Сделки"
FIRST, SECOND, THIRD = "D-2026-0001", "D-2026-0002", "D-2026-0003"

Row = list[Cell]


class GridDesk(Memory):
    """A book of lists: `tabs` by title, headers first. `formulas` and `errors`: (position from 1, column from 0) by title."""

    def __init__(self) -> None:
        super().__init__()
        self.tabs: dict[str, list[Row]] = {tab.name: [[column.header for column in tab.columns]] for tab in TABS}
        self.formulas: dict[str, set[tuple[int, int]]] = {}
        self.errors: dict[str, set[tuple[int, int]]] = {}

    def read(self) -> Snapshot:
        """Each row as far as it is filled, as the backends give it."""
        grids = [
            Grid(
                title,
                [_filled(row) for row in rows],
                frozenset(self.formulas.get(title, ())),
                frozenset(self.errors.get(title, ())),
            )
            for title, rows in self.tabs.items()
        ]
        return assemble(grids, {}, "as read")

    def write(self, changes: Changes, seen: str) -> None:
        """Write the batch; every write must name its cell, its row, and what stands there."""
        assert seen == "as read"
        for one in changes.cells:
            assert one.key
            row = self.tabs[one.tab][one.position - 1]
            row.extend([""] * (one.place + 1 - len(row)))
            column = BY_NAME[one.tab].column(one.field)
            assert self.tabs[one.tab][0][one.place] == column.header
            assert canonical(row[one.place], column.type) == one.expect
            row[one.place] = "" if one.value is None else one.value
        for append in changes.appends:
            assert append.key
            headers = self.tabs[append.tab][0]
            values = {BY_NAME[append.tab].column(name).header: value for name, value in append.values.items()}
            assert all(value not in (None, "") for value in values.values())
            self.tabs[append.tab].append([values.get(str(header), "") for header in headers])

    # -- people ------------------------------------------------------------------------

    def row(self, tab: str, number: str) -> Row:
        """The row itself, as long as the headers."""
        place = self.tabs[tab][0].index("№")
        [row] = [row for row in self.tabs[tab][1:] if row[place] == number]
        return row

    def type(self, tab: str, number: str, cells: Mapping[str, Any]) -> None:
        """A person types into that row, under these headers."""
        row = self.row(tab, number)
        for header, value in cells.items():
            row[self.tabs[tab][0].index(header)] = value

    def at(self, tab: str, number: str, header: str) -> tuple[int, int]:
        """Position and column of a cell, as `formulas` and `errors` name it."""
        return self.tabs[tab].index(self.row(tab, number)) + 1, self.tabs[tab][0].index(header)

    def seen(self, tab: str, number: str) -> dict[str, Cell]:
        """The row as a person sees it, by header."""
        return dict(zip(map(str, self.tabs[tab][0]), self.row(tab, number), strict=True))

    def cell(self, tab: str, number: str, header: str) -> Cell:
        """What stands there."""
        return self.seen(tab, number)[header]


def _filled(row: Row) -> Row:
    """Without the empty cells at its end."""
    length = max((place for place, value in enumerate(row, start=1) if value not in ("", None)), default=0)
    return row[:length]


def three_deals(**changes: Any) -> GridDesk:
    """Three deals, shown and in agreement; `changes`: what all of them show instead."""
    desk = GridDesk()
    desk.one_pass({DEALS: {number: deal(number, **changes) for number in (FIRST, SECOND, THIRD)}})
    desk.one_pass()
    return desk


def show(desk: Memory, number: str, **changes: Any) -> Mapping[str, Mapping[str, Shown]]:
    """For a pass: the deal shows this now."""
    return {DEALS: {number: deal(number, **changes)}}


def idle(reading: Reading, plan: MergePlan) -> bool:
    """Nothing was said, and nothing is written."""
    return not (reading.words or plan.cells or plan.appends)


def quiet(desk: Memory) -> bool:
    """A pass finds nothing to say, nothing to write and nothing to remember, though it may look twice."""
    desk.one_pass()
    reading, plan = desk.one_pass()
    said = reading.words or reading.held or reading.notices or reading.base_updates or reading.untouchable
    return not (said or plan.cells or plan.appends or plan.intents or plan.base_updates or plan.notices or plan.waiting)
