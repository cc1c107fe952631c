"""What staff said in the spreadsheet becomes words on cases, recorded once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from cases.desk import Desk
from cases.model import QuarantineItem, StaffWord, WordKind
from cases.words import hear, hear_held
from jobs import catching_up as catching
from jobs import read_sheet
from jobs.attention import tell_staff
from jobs.office import Office, SheetInHand
from jobs.report import without_words
from jobs.sheet_faults import said
from ledger.database import FAULTS, SqlTransaction
from sheets.base import Notice, updated
from sheets.merge import Reading, read_words
from sheets.plan import Ours

_TOLD = "sheet.rows-told"
_TO_MEND = ("number-doubled", "number-unknown", "row-mismatched")
"""Rows that the system leaves alone until somebody mends them."""
_COUNTING = frozenset(WordKind)
"""Kinds of words that are carried out. While a ledger catches up, a cell of the system's alone shows what the lost one wrote."""


def run(office: Office, ours: Ours | None = None) -> None:
    """Hear every word that the sheet in hand says.

    On a ledger made from a backup that has to wait until it has caught up, and is known what it would show (`ours`).
    """
    read_sheet.run(office)
    sheet = office.sheet
    if sheet is None or sheet.heard:
        return
    catching_up = catching.is_under_way(office)
    if catching_up:
        if ours is None:
            return
        sheet.base = catching.as_shown(sheet, ours)
    reading = read_words(sheet.snapshot, sheet.base, sheet.rows, recorded=lambda keys: _recorded(office, keys))
    if catching_up:
        _remember_held(sheet, reading)
    counting = _COUNTING - {WordKind.OVERWRITTEN} if catching_up else _COUNTING
    faulty = _take_in(office, sheet, reading, counting)
    if reading.held:  # has one of these very words answered for what is held?
        again = read_words(sheet.snapshot, sheet.base, sheet.rows, recorded=lambda keys: _recorded(office, keys))
        if len(again.held) < len(reading.held):
            reading = again
            faulty |= _take_in(office, sheet, reading, counting)
    sheet.words = [word for word in reading.words if word.key not in faulty]
    sheet.untouchable = reading.untouchable
    sheet.heard = True
    if reading.held:
        office.report.notice(f"{len(reading.held)} changed decision cells are held: staff are asked whether that was meant")


def _remember_held(sheet: SheetInHand, reading: Reading) -> None:
    """Rows that are held are compared with the same cells in the next pass."""
    for word in reading.held:
        reading.base_updates.setdefault(word.tab, {})[word.number] = dict(sheet.base[word.tab][word.number])


def _take_in(office: Office, sheet: SheetInHand, reading: Reading, counting: Collection[WordKind]) -> set[str]:
    """Record what was read; gives the keys of the words that failed."""
    for notice in reading.notices:
        office.report.notice(said(notice))
    _tell(office, reading.notices)
    faulty = _hear(office, replace(reading, words=[word for word in reading.words if word.kind in counting]))
    sheet.base = updated(sheet.base, reading.base_updates)
    return faulty


def _tell(office: Office, notices: Sequence[Notice]) -> None:
    """Write to staff about rows that they alone can mend, once for each number for as long as it lasts."""
    found = {f"{notice.code} {notice.tab} {notice.number}": said(notice) for notice in notices if notice.code in _TO_MEND}
    matters = "\n".join(sorted(found))
    with office.ledger.transaction(office.now) as tx:
        told = tx.note(_TOLD)
        if told == matters:
            return
        tx.set_note(_TOLD, matters)
        new = [text for matter, text in found.items() if matter not in told.split("\n")]
        if new:
            tell_staff(tx, office, "sheet", [("", text) for text in new])


def _recorded(office: Office, keys: Sequence[str]) -> set[str]:
    with office.ledger.reading(office.now) as tx:
        return {key for key in keys if tx.word_known(key)}


def _hear(office: Office, reading: Reading) -> set[str]:
    """Record words, and the base rows that remember them, in one transaction if nothing fails; gives the keys that failed."""
    faulty: set[str] = set()

    def work(desk: Desk, words: Sequence[StaffWord]) -> None:
        hear(desk, words)

    def set_aside(tx: SqlTransaction, word: StaffWord, why: str) -> None:
        faulty.add(word.key)
        tx.quarantine(QuarantineItem(f"word:{word.tab}", word.key, why, f"{word.number} {word.column}: {word.new}", office.now))
        office.report.fault(f"{word.number}: staff's word in «{word.tab}» could not be carried out ({without_words(why)})")

    try:
        _record(office, reading, reading.words)
    except FAULTS:
        raise
    except Exception:
        office.in_portions(reading.words, 1, work, set_aside)
        _record(office, reading, ())
    office.report.counts["staff's words"] += len(reading.words) - len(faulty)
    return faulty


def _record(office: Office, reading: Reading, words: Sequence[StaffWord]) -> None:
    with office.desk() as (desk, tx):
        hear(desk, words)
        if reading.held:
            hear_held(desk, reading.held)
        for tab, rows in reading.base_updates.items():
            tx.set_base_rows(tab, rows)
