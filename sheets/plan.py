"""Second half of the three-way merge: what to write so that the sheet shows what the ledger knows, without touching a word
of people's. Pure.

A cell is written if it still reads as it did when it last agreed with us, or as the word that was answered. Anything else
waits for the next pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cases.model import FormRow, StaffWord, WordKind
from sheets.base import (
    ADDRESS,
    DIGEST,
    INTENT,
    STAMP,
    Base,
    BaseRow,
    Notice,
    Updates,
    answer,
    form_places,
    pseudonym,
    settled,
)
from sheets.columns import FORMS, NUMBERED
from sheets.lead_rows import by_number
from sheets.merge import CODE, DECISION, blank
from sheets.port import CellWrite, RowAppend
from sheets.projection import Shown
from sheets.shape import Column
from sheets.snapshot import RawRow, Sheet, Snapshot
from sheets.values import Cell, canonical, same, shown, typed

Ours = Mapping[str, Mapping[str, Shown]]
"""Tab -> row key -> what the row must show."""


@dataclass(slots=True)
class MergePlan:
    """What to write, and what to remember. Store `intents` before the write, `base_updates` and `base_drops` after it.

    `waiting`: (tab, row key) that could not be shown in full and must stay pending; every other row of `ours` is shown
    once this is written.
    """

    cells: list[CellWrite] = field(default_factory=list)
    appends: list[RowAppend] = field(default_factory=list)
    intents: Updates = field(default_factory=dict)
    base_updates: Updates = field(default_factory=dict)
    base_drops: dict[str, list[str]] = field(default_factory=dict)
    waiting: set[tuple[str, str]] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)


@dataclass(slots=True)
class _Said:
    """Answered words, by place: row key -> column -> word."""

    rows: dict[tuple[str, str], dict[str, StaffWord]] = field(default_factory=dict)

    def of(self, tab: str, number: str) -> Mapping[str, StaffWord]:
        return self.rows.get((tab, number), {})


def plan_writes(
    snapshot: Snapshot,
    base: Base,
    ours: Ours,
    forms: Sequence[FormRow],
    answered: Iterable[StaffWord],
    untouchable: Iterable[tuple[str, str]] = (),
) -> MergePlan:
    """Plan one batch. `base`: with the updates of `read_words`. `ours`: rows to be shown anew. `forms`: form rows of this
    very snapshot.

    `answered`: recorded words; their `Решение сотрудника` is cleared, their overwritten cells put back, their deleted rows
    brought back.
    """
    plan = MergePlan()
    said = _Said()
    for word in answered:
        said.rows.setdefault((word.tab, word.number), {})[word.column] = word
    kept_off = set(untouchable)
    for tab in NUMBERED:
        wanted = ours.get(tab.name, {})
        spoken = [number for name, number in said.rows if name == tab.name and number not in wanted]
        if wanted or spoken:
            sheet = snapshot.usable(tab.name)
            if sheet is None:
                plan.waiting.update((tab.name, key) for key in wanted)
            else:
                _Registry(sheet, base.get(tab.name, {}), said, kept_off, plan).plan({**wanted, **{key: {} for key in spoken}})
    for form, tab in FORMS.items():
        wanted = ours.get(tab.name, {})
        sheet = snapshot.usable(tab.name)
        if sheet is None:
            plan.waiting.update((tab.name, key) for key in wanted)
        else:
            _form(sheet, [row for row in forms if row.form is form], base.get(tab.name, {}), wanted, said, plan)
    return plan


class _Registry:
    """The rows of one numbered tab."""

    def __init__(
        self, sheet: Sheet, base: Mapping[str, BaseRow], said: _Said, untouchable: set[tuple[str, str]], plan: MergePlan
    ) -> None:
        self._sheet = sheet
        self._tab = sheet.tab
        self._base = base
        self._said = said
        self._untouchable = untouchable
        self._plan = plan
        self._found = by_number(sheet, base)

    def plan(self, wanted: Mapping[str, Shown]) -> None:
        for key, row in wanted.items():
            raws = self._found.get(key, [])
            if len(raws) > 1 or (self._tab.name, key) in self._untouchable:
                self._plan.waiting.add((self._tab.name, key))
            elif raws:
                self._change(key, row, raws[0])
            else:
                self._append(key, row)

    def _append(self, key: str, row: Shown) -> None:
        """A new row; one that was deleted comes back, with what staff had written in it."""
        before = self._base.get(key, {})
        name = self._tab.name
        if "number" in before and "number" not in self._said.of(name, key):
            self._plan.waiting.add((name, key))  # deleted a moment ago: said in the next pass
            return
        kept = {field: text for field, text in settled(before).items() if field not in (DECISION, CODE)}
        values: dict[str, Cell] = {}
        after = _without_intents(before)
        for column in self._tab.columns:
            if column.ours and column.field in row:
                values[column.field] = row[column.field]
                after[column.field] = canonical(row[column.field], column.type)
            elif column.field in kept:
                values[column.field] = typed(kept[column.field], column.type)
        if "number" not in values:
            return  # a word about a row that nobody knows
        answer(after, "number")
        self._plan.appends.append(
            RowAppend(name, key, {field: value for field, value in values.items() if value not in (None, "")})
        )
        _announce(self._plan, name, key, before, {field: after[field] for field in values})
        self._plan.base_updates.setdefault(name, {})[key] = after

    def _change(self, key: str, row: Shown, raw: RawRow) -> None:
        said = self._said.of(self._tab.name, key)
        before = self._base.get(key, {})
        after = _without_intents(before)
        intents: dict[str, str] = {}
        for column in self._tab.columns:
            name = column.field
            if name not in self._sheet.index:
                continue
            if column.ours:
                want = row[name] if name in row else _put_back(column, said, before)
                if want is not _LEAVE:
                    _settle_cell(self._sheet, raw, column, want, key, said.get(name), after, intents, self._plan)
            elif name == DECISION and (word := said.get(name)) is not None:
                self._clear(raw, column, key, word, after)
        if (word := said.get("state")) is not None:
            self._clear_code(raw, key, word, after)
        if after != before or intents:
            after.pop(DIGEST, None)
            self._plan.base_updates.setdefault(self._tab.name, {})[key] = after
        if intents:
            _announce(self._plan, self._tab.name, key, before, intents)

    def _clear(self, raw: RawRow, column: Column, key: str, word: StaffWord, after: dict[str, str]) -> None:
        """A recorded word is cleared, with the code beside it, if both still read as they were read."""
        text = canonical(self._sheet.cell(raw, column.field), column.type)
        if not text:
            answer(after, column.field)
            return
        if shown(text, column.type) != word.new:
            self._plan.notices.append(Notice("edited-meanwhile", self._tab.name, key, raw.position, column.field, text))
            return
        self._plan.cells.append(_write(self._sheet, raw, column, None, text, key))
        answer(after, column.field)
        self._clear_code(raw, key, word, after)

    def _clear_code(self, raw: RawRow, key: str, word: StaffWord, after: dict[str, str]) -> None:
        """The code that was read with a word goes with it."""
        code = word.beside.get(CODE)
        if code:
            beside = self._tab.column(CODE)
            standing = canonical(self._sheet.cell(raw, CODE), beside.type)
            if standing == code and after.get(CODE) != "":
                self._plan.cells.append(_write(self._sheet, raw, beside, None, standing, key))
                after[CODE] = ""


_LEAVE = "\x00"


def _put_back(column: Column, said: Mapping[str, StaffWord], before: BaseRow) -> Cell:
    """Without anything new to show: an overwritten cell gets its old value again, any other is left alone."""
    word = said.get(column.field)
    if word is None or word.kind is not WordKind.OVERWRITTEN or column.field not in before:
        return _LEAVE
    return before[column.field]


def _settle_cell(
    sheet: Sheet,
    raw: RawRow,
    column: Column,
    want: Cell,
    key: str,
    word: StaffWord | None,
    after: dict[str, str],
    intents: dict[str, str],
    plan: MergePlan,
) -> None:
    """One cell of the system's: in agreement, to be written, or changed since it was read."""
    name = column.field
    cell = sheet.cell(raw, name)
    text = canonical(want, column.type)
    if same(cell, text, column):
        after[name] = text
        answer(after, name)
        return
    theirs = canonical(cell, column.type)
    old = after.get(name)
    free = same(cell, old, column)
    if not free and old is not None and not (word is not None and shown(theirs, column.type) == word.new):
        plan.notices.append(Notice("edited-meanwhile", sheet.tab.name, key, raw.position, name, theirs))
        plan.waiting.add((sheet.tab.name, key))
        return
    if not free and word is None:
        plan.notices.append(Notice("replaced", sheet.tab.name, key, raw.position, name, theirs))
    plan.cells.append(_write(sheet, raw, column, typed(text, column.type), theirs, key))
    after[name] = intents[name] = text
    answer(after, name)


def _write(sheet: Sheet, raw: RawRow, column: Column, value: Cell, expect: str, key: str) -> CellWrite:
    return CellWrite(sheet.tab.name, raw.position, sheet.index[column.field], column.field, value, expect, key)


def _announce(plan: MergePlan, tab: str, key: str, before: BaseRow, cells: Mapping[str, str]) -> None:
    """What will be written, beside what stood there: a crash in between is then no edit of a person's."""
    announced = {name: text for name, text in before.items() if name[0] not in (INTENT, DIGEST)}
    plan.intents.setdefault(tab, {})[key] = {**announced, **{INTENT + name: text for name, text in cells.items()}}


def _form(
    sheet: Sheet, rows: list[FormRow], base: Mapping[str, BaseRow], wanted: Mapping[str, Shown], said: _Said, plan: MergePlan
) -> None:
    """The five columns beside the answers. Identical rows show the same; an edited row keeps its place by its number."""
    tab = sheet.tab
    columns = [column for column in tab.columns if column.ours and column.field in sheet.index]
    names = [column.field for column in columns]
    raws = {raw.position: raw for raw in sheet.rows}
    for row, known in form_places(rows, base):
        raw = raws[row.position]
        key = row.key if row.key in wanted else known
        before = base.get(known, {})
        words = said.of(tab.name, before.get("number", known or row.key))
        fresh = blank(sheet, raw, names)
        show = wanted.get(key, {})
        if not show and fresh and known == row.key and "number" in before:  # a second, identical row
            show = {name: before.get(name) for name in names}
        if not show and not (known and words):
            continue
        after = _without_intents(before)
        cells = {} if fresh else after
        intents: dict[str, str] = {}
        for column in columns:
            want = show[column.field] if column.field in show else _put_back(column, words, before)
            if want is not _LEAVE:
                _settle_cell(sheet, raw, column, want, key, words.get(column.field), cells, intents, plan)
        if fresh:
            after.update(cells)
            for name in cells:
                answer(after, name)
        after.pop(DIGEST, None)
        after[STAMP], after[ADDRESS] = row.stamp_text, pseudonym(row.address)
        plan.base_updates.setdefault(tab.name, {})[key] = after
        if intents:
            _announce(plan, tab.name, key, {**before, STAMP: row.stamp_text, ADDRESS: pseudonym(row.address)}, intents)
        if known and known != key:
            plan.base_drops.setdefault(tab.name, []).append(known)


def _without_intents(row: BaseRow) -> dict[str, str]:
    return {name: text for name, text in row.items() if not name.startswith(INTENT)}
