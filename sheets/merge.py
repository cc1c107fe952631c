"""First half of the three-way merge: what people changed in the sheet since it last agreed with us, as words of staff's. Pure.

Nothing is decided here: a word is recorded by the job, answered by the case, and written (or put back) by the second half,
`plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from operator import ne

from cases.model import FormRow, StaffWord, WordKind
from sheets.base import (
    ASKED,
    DIGEST,
    INTENT,
    TURN,
    Base,
    BaseRow,
    Notice,
    Updates,
    answer,
    digest,
    form_places,
    settled,
    turn,
    word_key,
)
from sheets.columns import FORMS, NUMBERED
from sheets.lead_rows import by_number
from sheets.shape import Column, Owner, TabKind, Type
from sheets.snapshot import RawRow, Sheet, Snapshot
from sheets.values import canonical, day, meaning, number, same, shown, word

HOLD_OVER = 20
DECISION, CODE, DISCOUNT = "staff_decision", "refusal_code", "staff_discount"
NOTES_ONLY = frozenset({"ground", "comment"})
"""Staff columns that no case keeps: they go beside a decision and nowhere else."""

_IDENTITY = ("partner", "inn", "partner_inn", "customer", "customer_inn")
_TELLING = (*_IDENTITY, "products", "address", "subject", "submitted_at", "lead", "contact")
"""Cells that together tell one case from another, where partner and customer may be the same."""


@dataclass(slots=True)
class Reading:
    """What people said. `base_updates` must be stored in the same transaction that records `words`.

    `words` holds also those recorded in an earlier pass and not yet answered in the sheet (the same key again).
    `held`: words of rows that changed too many at once; not to be acted on, staff are asked. `untouchable`: (tab, number)
    not to be written.
    """

    words: list[StaffWord] = field(default_factory=list)
    held: list[StaffWord] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    base_updates: Updates = field(default_factory=dict)
    untouchable: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class _Row:
    """One row under comparison: words found, and its base afterwards (a copy as soon as it changes)."""

    tab: str
    key: str
    before: BaseRow
    after: dict[str, str]
    words: list[StaffWord] = field(default_factory=list)
    fresh_cells: bool = False

    def say(
        self, kind: WordKind, column: Column, value: str, old: str, new: str, beside: Mapping[str, str] | None = None
    ) -> None:
        key = word_key(self.tab, self.key, column.field, old, new, self.before)
        case = self.before.get("number", self.key)
        texts = shown(old, column.type), shown(new, column.type)
        self.words.append(StaffWord(key, kind, self.tab, case, column.field, value, *texts, beside or {}))


def read_words(
    snapshot: Snapshot,
    base: Base,
    forms: Sequence[FormRow],
    hold_over: int = HOLD_OVER,
    recorded: Callable[[Sequence[str]], Container[str]] = lambda keys: (),
) -> Reading:
    """Compare the sheet with the base. `forms`: the form rows of this very snapshot. Tabs that are missing or stopped say
    nothing.

    `recorded`: those of some words' keys that are recorded. A row all of whose words are is held no longer: staff have
    answered for it.
    """
    reading = Reading()
    rows: list[_Row] = []
    for tab in NUMBERED:
        sheet = snapshot.usable(tab.name)
        if sheet is not None:
            rows.extend(_registry(sheet, base.get(tab.name, {}), reading))
    by_tab: dict[str, list[FormRow]] = {}
    for form_row in forms:
        by_tab.setdefault(FORMS[form_row.form].name, []).append(form_row)
    for name, form_rows in by_tab.items():
        sheet = snapshot.usable(name)
        if sheet is not None:
            rows.extend(_form(sheet, form_rows, base.get(name, {})))
    held = _held([row for row in rows if row.fresh_cells], hold_over, recorded)
    reading.untouchable |= held
    for row in rows:
        if (row.tab, row.key) in held:
            reading.held.extend(row.words)
            continue
        reading.words.extend(row.words)
        if row.after != row.before:
            reading.base_updates.setdefault(row.tab, {})[row.key] = row.after
    return reading


def _held(changed: list[_Row], hold_over: int, recorded: Callable[[Sequence[str]], Container[str]]) -> set[tuple[str, str]]:
    """Too many rows whose decision cells changed at once, unless staff have answered for them."""
    if len(changed) <= hold_over:
        return set()
    known = recorded([word.key for row in changed for word in row.words])
    fresh = {(row.tab, row.key) for row in changed if any(word.key not in known for word in row.words)}
    return fresh if len(fresh) > hold_over else set()


# -- registries ----------------------------------------------------------------------


def _registry(sheet: Sheet, base: Mapping[str, BaseRow], reading: Reading) -> list[_Row]:
    tab = sheet.tab.name
    found = by_number(sheet, base)
    names = [column.field for column in sheet.tab.columns if column.field in sheet.index]
    others = _Others(sheet, base)
    rows: list[_Row] = []
    for key, raws in found.items():
        if key not in base and sheet.tab.kind is TabKind.STAFF:
            continue  # people's new rows: for intake to judge
        code = "number-absent" if not key else "number-doubled" if len(raws) > 1 else "number-unknown" if key not in base else ""
        if code:
            reading.notices.extend(Notice(code, tab, key, raw.position) for raw in raws)
            continue
        row = _registry_row(sheet, raws[0], key, base[key], names, others, reading)
        if row is not None:
            rows.append(row)
    for key, before in base.items():
        if key not in found and "number" in before:
            row = _Row(tab, key, before, dict(before))
            row.say(WordKind.ROW_DELETED, sheet.tab.column("number"), "", key, "")
            row.after[ASKED + "number"] = ""
            row.after.pop(DIGEST, None)
            rows.append(row)
    return rows


class _Others:
    """Tells whose cells stand in a row: those of each known case, compared as a whole."""

    def __init__(self, sheet: Sheet, base: Mapping[str, BaseRow]) -> None:
        self._sheet = sheet
        self._base = base
        self._names = [name for name in _TELLING if name in sheet.index]
        self._known: set[tuple[str, ...]] = set()

    def are_there(self, raw: RawRow, own: BaseRow) -> bool:
        """Do the cells of another case stand here, two of them unlike this one's?"""
        columns = [self._sheet.tab.column(name) for name in self._names]
        here = tuple(meaning(self._sheet.cell(raw, column.field), column) for column in columns)
        mine = tuple(meaning(own.get(column.field), column) for column in columns)
        if sum(map(ne, here, mine)) < 2 or self._emptied(here, columns):
            return False
        if not self._known:
            self._known = {tuple(meaning(row.get(one.field), one) for one in columns) for row in self._base.values()}
        return here in self._known

    @staticmethod
    def _emptied(here: tuple[str, ...], columns: Sequence[Column]) -> bool:
        """Did people empty all that they wrote there, to take a lead off? Such rows are alike, and no other case's."""
        written = [cell for cell, column in zip(here, columns, strict=True) if not column.ours]
        return bool(written) and not any(written)


def _registry_row(
    sheet: Sheet, raw: RawRow, key: str, before: BaseRow, names: list[str], others: _Others, reading: Reading
) -> _Row | None:
    """None for a row that is as it was when it last agreed; that is seen by its digest alone."""
    seen = digest(sheet, raw, names)
    if before.get(DIGEST) == seen:
        return None
    row = _Row(sheet.tab.name, key, before, dict(before))
    _land(sheet, raw, row.after)
    if _mismatched(sheet, raw, row.after) or others.are_there(raw, row.after):
        reading.notices.append(Notice("row-mismatched", row.tab, key, raw.position))
        reading.untouchable.add((row.tab, key))
        return None
    row.before = dict(row.after)
    spoken = not blank(sheet, raw, (DECISION,))
    for column in sheet.tab.columns:
        if column.field in sheet.index:
            if column.ours:
                _system_cell(sheet, [raw], column, row)
            else:
                _staff_cell(sheet, raw, column, row, spoken)
    _agree(row, seen)
    row.before = before
    return row


def _agree(row: _Row, seen: str) -> None:
    """A row that says nothing is known by its digest from now on, and is not looked at again until it changes."""
    if row.words:
        row.after.pop(DIGEST, None)
    else:
        row.after[DIGEST] = seen


def _land(sheet: Sheet, raw: RawRow, after: dict[str, str]) -> None:
    """Writes announced before: if they landed, they are the base now; else they are forgotten and planned anew."""
    intents = {name[1:]: after.pop(name) for name in list(after) if name.startswith(INTENT)}
    if not intents:
        return
    fields = {name: (sheet.tab.column(name), text) for name, text in intents.items() if name in sheet.index}
    landed = any(
        same(sheet.cell(raw, name), text, column) and not same(after.get(name), text, column)
        for name, (column, text) in fields.items()
    )
    if landed:
        after.update(intents)
        for name in intents:
            answer(after, name)


def _mismatched(sheet: Sheet, raw: RawRow, base: BaseRow) -> bool:
    """Everything that names the case differs (two cells at least): another case's cells stand beside this number."""
    names = [name for name in _IDENTITY if name in sheet.index and base.get(name)]
    return len(names) > 1 and not any(same(sheet.cell(raw, name), base[name], sheet.tab.column(name)) for name in names)


def _system_cell(sheet: Sheet, copies: Sequence[RawRow], column: Column, row: _Row) -> None:
    """One cell of the system's, in each of the rows that must show the same."""
    old = row.after.get(column.field, "")
    changed = [raw for raw in copies if not same(sheet.cell(raw, column.field), old, column)]
    if not changed:
        answer(row.after, column.field)
    for raw in changed:
        new = canonical(sheet.cell(raw, column.field), column.type)
        fresh = row.after.get(ASKED + column.field) != new
        row.after[ASKED + column.field] = new
        if column.owner is Owner.DECISION:
            row.fresh_cells = row.fresh_cells or fresh
            row.say(WordKind.CELL, column, _value(new, column), old, new, _beside(sheet, raw))
        else:
            row.say(WordKind.OVERWRITTEN, column, new, old, new)


def _staff_cell(sheet: Sheet, raw: RawRow, column: Column, row: _Row, spoken: bool) -> None:
    name = column.field
    cell = sheet.cell(raw, name)
    new = canonical(cell, column.type)
    if name == DECISION:
        if new:
            row.after[ASKED + name] = new
            row.say(WordKind.DECISION, column, _value(new, column), "", new, _beside(sheet, raw))
        else:
            answer(row.after, name)
        return
    old = row.after.get(name, "")
    place = (raw.position, sheet.index[name])
    if same(cell, old, column) or (not new and place in sheet.formulas) or place in sheet.errors:
        return  # a formula without a result says nothing new
    beside_only = name == CODE or (name == DISCOUNT and spoken) or name in NOTES_ONLY
    if not beside_only:
        row.say(WordKind.FIELD, column, _value(new, column), old, new)
        turn(row.after, name)
    row.after[name] = new


def _beside(sheet: Sheet, raw: RawRow) -> dict[str, str]:
    """The row's other staff cells, as text."""
    staff = (column for column in sheet.tab.columns if column.owner is Owner.STAFF and column.field != DECISION)
    return {
        column.field: canonical(sheet.cell(raw, column.field), column.type) for column in staff if column.field in sheet.index
    }


def _value(text: str, column: Column) -> str:
    """Our word, figure or ISO date for what was typed; "" if it is none. Free text stands for itself."""
    if column.words:
        return word(text, column)
    if column.type is Type.TEXT:
        return text
    good = day(text) if column.type in (Type.DATE, Type.DATETIME) else number(text)
    return "" if good is None else text


# -- forms ---------------------------------------------------------------------------


def _form(sheet: Sheet, form_rows: list[FormRow], base: Mapping[str, BaseRow]) -> list[_Row]:
    """The five columns are the system's: a change by hand is noted, then put back."""
    raws = {raw.position: raw for raw in sheet.rows}
    columns = [column for column in sheet.tab.columns if column.ours and column.field in sheet.index]
    names = [column.field for column in columns]
    copies: dict[str, int] = {}
    for form_row in form_rows:
        copies[form_row.key] = copies.get(form_row.key, 0) + 1
    alike: dict[str, list[RawRow]] = {}
    for form_row, key in form_places(form_rows, base):
        raw = raws[form_row.position]
        if base.get(key, {}).get(DIGEST) == digest(sheet, raw, names) or (not key and form_row.number):
            continue  # in agreement; or another row's number beside answers that are new: for intake to judge
        if blank(sheet, raw, names) and (not key or copies[form_row.key] > 1):
            continue  # not written yet
        alike.setdefault(key or form_row.key, []).append(raw)
    rows = []
    for key, copied in alike.items():
        before = base.get(key, {})
        row = _Row(sheet.tab.name, key, before, dict(before))
        _land(sheet, copied[0], row.after)
        row.before = {name: text for name, text in row.after.items() if name[0] != TURN}
        row.before |= {name: text for name, text in before.items() if name[0] == TURN}
        for column in columns:
            _system_cell(sheet, copied, column, row)
        _agree(row, digest(sheet, copied[-1], names))
        if not settled(row.after):
            row.after = {}  # a row of ours will be written whole; its words have been said
        row.before = before
        rows.append(row)
    return rows


def blank(sheet: Sheet, raw: RawRow, names: Sequence[str]) -> bool:
    """None of these cells says anything."""
    return all(canonical(sheet.cell(raw, name), Type.TEXT) == "" for name in names)
