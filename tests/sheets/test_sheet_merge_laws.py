"""Laws of the merge, on grids in memory: nothing of people's lost, nothing said twice, order without meaning."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.model import StaffWord
from sheets.assembly import assemble
from sheets.base import BaseRow, updated
from sheets.columns import DEALS, TABS
from sheets.merge import CODE, NOTES_ONLY, read_words
from sheets.plan import MergePlan, plan_writes
from sheets.projection import Shown
from sheets.snapshot import Grid, Snapshot
from sheets.values import Cell, canonical, same
from tests.sheets.sheet_books import deal

Rows = list[list[Cell]]
Base = dict[str, dict[str, BaseRow]]

NUMBERS = [f"D-2026-{serial:04}" for serial in range(1, 6)]
HEADERS: list[Cell] = [column.header for column in DEALS.columns]
EDITABLE = [place for place, column in enumerate(DEALS.columns) if column.field != "number"]

typed_cells = st.sampled_from(
    ["", "Отказано", "Истекла", "Одобрить", "15", 15.0, "31.12.2026", "ООО Кто-то", "3", "10,0", "заметка"]
)
edits = st.lists(st.tuples(st.integers(0, len(NUMBERS) - 1), st.sampled_from(EDITABLE), typed_cells), max_size=8)


def snapshot(rows: Rows) -> Snapshot:
    grids = [Grid(tab.name, [[column.header for column in tab.columns]]) for tab in TABS if tab is not DEALS]
    return assemble([*grids, Grid(DEALS.name, rows)], {}, "fingerprint")


def apply(rows: Rows, plan: MergePlan) -> None:
    """What a backend does."""
    width = len(rows[0])
    for write in plan.cells:
        row = rows[write.position - 1]
        row.extend([""] * (width - len(row)))
        row[write.place] = "" if write.value is None else write.value
    places = {str(header): place for place, header in enumerate(rows[0])}
    for append in plan.appends:
        row = [""] * width
        for name, value in append.values.items():
            row[places[DEALS.column(name).header]] = value
        rows.append(row)


def one_pass(rows: Rows, base: Base, ours: dict[str, Shown]) -> tuple[list[StaffWord], MergePlan, Base]:
    seen = snapshot(rows)
    reading = read_words(seen, base, [])
    assert not reading.held
    base = updated(base, reading.base_updates)
    plan = plan_writes(seen, base, {DEALS.name: ours}, [], reading.words, reading.untouchable)
    apply(rows, plan)
    return reading.words, plan, updated(updated(base, plan.intents), plan.base_updates)


def shown() -> tuple[Rows, Base]:
    rows: Rows = [list(HEADERS)]
    _, _, base = one_pass(rows, {}, {number: deal(number) for number in NUMBERS})
    _, _, base = one_pass(rows, base, {})
    return rows, base


@settings(max_examples=60, deadline=None)
@given(edits, st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(["state", "discount", "reason"])), max_size=4))
def test_every_value_that_people_typed_is_said_or_stays(typed: list[tuple[int, int, Cell]], moved: list[tuple[str, str]]) -> None:
    rows, base = shown()
    before = [list(row) for row in rows]
    for row, place, value in typed:
        rows[row + 1][place] = value
    after = [list(row) for row in rows]
    ours: dict[str, Shown] = {}
    for number, name in moved:
        shows: Cell = {"state": "Выиграна", "discount": "40", "reason": "3 – занято"}[name]
        ours[number] = {**ours.get(number, deal(number)), name: shows}
    words, plan, base = one_pass(rows, base, ours)
    said = {(word.number, word.column) for word in words}
    beside = {(word.number, name): text for word in words for name, text in word.beside.items()}
    mismatched = {number for _, number in plan.waiting}
    for serial, number in enumerate(NUMBERS, start=1):
        for place in EDITABLE:
            column = DEALS.columns[place]
            if same(after[serial][place], before[serial][place], column):
                continue
            stays = same(rows[serial][place], after[serial][place], column)
            noted = (number, column.field) in said or beside.get((number, column.field)) == canonical(
                after[serial][place], column.type
            )
            assert stays or noted or number in mismatched, (number, column.field)
            if not column.ours and column.field not in NOTES_ONLY | {CODE, "staff_decision"}:
                assert stays, "a staff cell is never written"


@settings(max_examples=60, deadline=None)
@given(edits)
def test_after_a_pass_there_is_nothing_more_to_say_or_to_write(typed: list[tuple[int, int, Cell]]) -> None:
    rows, base = shown()
    for row, place, value in typed:
        rows[row + 1][place] = value
    ours: dict[str, Shown] = {number: deal(number) for number in NUMBERS}
    words, plan, base = one_pass(rows, base, ours)
    again, plan, base = one_pass(
        rows, base, {number: row for number, row in ours.items() if (DEALS.name, number) not in plan.waiting}
    )
    assert not again
    assert not plan.cells
    assert not plan.appends
    assert len({word.key for word in words}) == len(words)


@settings(max_examples=40, deadline=None)
@given(edits, st.permutations(range(len(NUMBERS))), st.permutations(range(len(HEADERS))))
def test_the_order_of_rows_and_columns_means_nothing(
    typed: list[tuple[int, int, Cell]], order: list[int], columns: list[int]
) -> None:
    rows, base = shown()
    for row, place, value in typed:
        rows[row + 1][place] = value
    mixed: Rows = [[rows[row][place] for place in columns] for row in [0, *(row + 1 for row in order)]]

    def outcome(grid: Rows) -> tuple[set[str], set[Any]]:
        seen = snapshot(grid)
        reading = read_words(seen, base, [])
        kept = updated(base, reading.base_updates)
        plan = plan_writes(seen, kept, {DEALS.name: {n: deal(n, state="Выиграна") for n in NUMBERS}}, [], reading.words)
        return {word.key for word in reading.words}, {(write.key, write.field, str(write.value)) for write in plan.cells}

    assert outcome(mixed) == outcome(rows)
