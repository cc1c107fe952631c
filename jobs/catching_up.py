"""The first pass on a ledger made from a backup: the spreadsheet knows more than the ledger does.

Forms and letters that came after the backup are taken in again before anything is compared, and cases get the numbers that they
bear in the spreadsheet. Only then the sheet is compared with what the ledger would show: what still differs is people's doing.
"""

from __future__ import annotations

import re

from jobs.office import Office, SheetInHand
from ledger.database import SqlTransaction
from ledger.notes import ANOTHERS_BOOK, CATCHING_UP, READ_AGAIN
from sheets.base import DIGEST, INTENT, Base, BaseRow, numbered
from sheets.columns import BY_NAME, FORMS, JOURNAL, NUMBERED
from sheets.plan import Ours
from sheets.projection import TAB_OF_KIND
from sheets.shape import Type
from sheets.snapshot import Snapshot
from sheets.values import canonical

WHY_HELD_UP = "the ledger has yet to learn from the spreadsheet which numbers were given (`once` does)"

_NUMBER = re.compile(r"[DOTQNL]-\d{4}-\d{4,}|P-\d{4,}")


def is_under_way(office: Office) -> bool:
    """Has the sheet not been compared yet since the ledger was made?"""
    with office.ledger.reading(office.now) as tx:
        return bool(tx.note(CATCHING_UP))


def is_held_up(office: Office) -> bool:
    """Is it under way, or would it have to be, and which numbers the spreadsheet shows not known yet? Nothing that gets a number
    is taken in then.
    """
    if office.sheet is not None and office.sheet.ingested:
        return False
    with office.ledger.reading(office.now) as tx:
        return bool(tx.note(CATCHING_UP) or tx.note(ANOTHERS_BOOK))


def unknown_numbers(tx: SqlTransaction, base: Base, snapshot: Snapshot) -> list[str]:
    """Numbers of ours that stand in the sheet, if the ledger is new to it and has no such cases: another ledger gave them.

    Such a ledger was lost, or is not the one that is meant. To go on would send every letter once more and write over what was
    decided. A sheet whose «Журнал» is empty was never worked on: numbers in it were typed by people.
    """
    journal = snapshot.usable(JOURNAL.name)
    worked_on = journal is not None and journal.next_row > journal.header_row + 1
    if any(base.values()) or tx.note(CATCHING_UP) or not worked_on:
        return []
    return [number for number in sorted(_numbers(snapshot)) if _NUMBER.fullmatch(number) and tx.case(number) is None]


def is_over(office: Office, sheet: SheetInHand) -> bool:
    """Are all letters and forms taken in, and is every tab compared? What is not would be taken for people's doing later."""
    with office.ledger.reading(office.now) as tx:
        letters_left = bool(tx.note(READ_AGAIN))
    tabs = sheet.snapshot.tabs
    legible = all(sheet.snapshot.usable(tab.name) for tab in NUMBERED) and not any(
        tabs[tab.name].stopped for tab in FORMS.values() if tab.name in tabs
    )
    return sheet.heard and sheet.ingested and legible and not letters_left


def cases_were_reviewed(office: Office) -> None:
    """Once the sheet was compared, and what follows from it decided, letters that are written later are news."""
    with office.ledger.reading(office.now) as tx:
        if tx.decided_anew() is None or tx.note(CATCHING_UP):
            return
    with office.ledger.transaction(office.now) as tx:
        tx.news_from_now_on()


def keep_numbers(office: Office, sheet: SheetInHand) -> None:
    """Numbers that the sheet shows and the ledger does not know are kept for their cases."""
    with office.ledger.transaction(office.now) as tx:
        tx.count_on(_numbers(sheet.snapshot))


def as_shown(sheet: SheetInHand, ours: Ours) -> dict[str, dict[str, BaseRow]]:
    """The base, had the ledger written what it would show now into every row that is there."""
    tabs = {tab: dict(rows) for tab, rows in sheet.base.items()}
    places: dict[str, set[str]] = {tab.name: set() for tab in (*NUMBERED, *FORMS.values())}
    for tab in NUMBERED:
        if (usable := sheet.snapshot.usable(tab.name)) is not None:
            places[tab.name].update(numbered(usable))
    for row in sheet.rows:
        places[FORMS[row.form].name].add(row.key)
    for name, there in places.items():
        rows, tab = tabs.setdefault(name, {}), BY_NAME[name]
        for key, shown in ours.get(name, {}).items():
            if key in there:
                cells = {field: canonical(value, tab.column(field).type) for field, value in shown.items()}
                rows[key] = {**_without_marks(rows.get(key, {})), **cells}
    return tabs


def _without_marks(row: BaseRow) -> dict[str, str]:
    """Without what was announced or seen to agree before; what was asked is still to be answered."""
    return {name: text for name, text in row.items() if name[0] not in (INTENT, DIGEST)}


def _numbers(snapshot: Snapshot) -> dict[str, set[str]]:
    """Every number in the sheet, with its kind and what its registry row says."""
    found: dict[str, set[str]] = {}
    kinds = {tab.name: kind.value for kind, tab in TAB_OF_KIND.items()}
    for tab in (*NUMBERED, *FORMS.values()):
        sheet = snapshot.usable(tab.name)
        for number, raws in numbered(sheet).items() if sheet is not None else ():
            said = found.setdefault(number, set())
            if sheet is not None and tab.name in kinds:
                said |= {kinds[tab.name], *(canonical(cell, Type.TEXT) for raw in raws for cell in raw.values)}
    return found
