"""Reads the spreadsheet once a pass, and staff's own tabs in it; not at all if the book is as it was after the last pass."""

from __future__ import annotations

from cases.identity import product_key
from cases.staff_lines import StaffTabs
from jobs import catching_up
from jobs.attention import tell_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office, OutOfReach, SheetInHand, Source
from jobs.sheet_faults import said, stops
from ledger.database import SqlTransaction
from ledger.notes import ANOTHERS_BOOK, CATCHING_UP
from mailer.wording import sheet_matter
from sheets.base import Base
from sheets.columns import FORMS, LEADS, NUMBERED, REGISTRIES, STAFF_TABS
from sheets.lead_rows import new_leads
from sheets.port import Locked, SheetError
from sheets.reading import form_rows, staff_tabs
from sheets.shape import TabKind
from sheets.snapshot import SheetFault, Snapshot

SEEN = "sheet.seen"
"""Note: fingerprint of the book whose every word and row has been taken in."""

CONCERNED = "tiers.concerned"
"""Note: INNs whose sales, publicity or violations changed since their tier was last reviewed."""

_TOLD = "sheet.faults-told"


def run(office: Office, *, anyhow: bool = False) -> None:
    """Have the sheet in hand if it changed since the last pass, or `anyhow`.

    A spreadsheet that does not answer keeps one waiting for long: a job for which that failed is the last to try, but for the one
    that needs it `anyhow`.
    """
    if office.sheet is not None or (office.unreadable and not anyhow):
        return
    try:
        if not office.home.workbook.exists():
            _make(office)
        if not anyhow and _unchanged(office):
            office.reached[Source.READING] = None
            return
        snapshot = office.book.read()
        if _lacking(snapshot) and _make(office):
            snapshot = office.book.read()
    except SheetError as error:
        office.unreadable = True
        office.reached[Source.READING] = OutOfReach(error.code, str(error))
        office.report.fault(f"the spreadsheet cannot be read: {error}")
        return
    office.unreadable = False
    office.reached[Source.READING] = None
    _take(office, snapshot)


def _unchanged(office: Office) -> bool:
    with office.ledger.reading(office.now) as tx:
        if tx.note(CATCHING_UP):
            return False  # what was seen last was seen by the ledger that the backup was made of
        seen = tx.note(SEEN)
    return bool(seen) and seen == office.book.fingerprint()


def _lacking(snapshot: Snapshot) -> bool:
    """Is a tab missing, or one of the system's columns of a form tab? Missing form tabs are people's to mend."""
    ours = {column.header for tab in FORMS.values() for column in tab.columns if column.ours}
    kinds = {tab.name: tab.kind for tab in (*FORMS.values(), *REGISTRIES, *STAFF_TABS)}
    return any(
        (fault.code == "tab-missing" and kinds.get(fault.tab) is not TabKind.FORM)
        or (fault.code == "header-missing" and kinds.get(fault.tab) is TabKind.FORM and fault.header in ours)
        for fault in snapshot.faults
    )


def _make(office: Office) -> bool:
    """Make the book or what is missing from it; False when that has to wait."""
    if office.dry:
        return False
    try:
        made = office.book.ensure(office.stamp)
    except Locked as lock:
        office.report.fault(f"the spreadsheet is open elsewhere ({lock}); missing tabs are made when it is closed")
        return False
    if made:
        reach(FailPoint.BOOK_MADE)
    if made.created:
        _tell_made_anew(office)
    elif made.tabs:
        office.report.notice(f"made again in the spreadsheet: {', '.join(made.tabs)}")
    return bool(made)


def _tell_made_anew(office: Office) -> None:
    """A book that is gone comes back without what people wrote into forms and their own tabs: they may have a copy."""
    with office.ledger.transaction(office.now) as tx:
        if tx.counts():
            text = sheet_matter("made-anew", {"name": office.home.workbook.name})
            tell_staff(tx, office, "sheet", [("", text)])
            office.report.notice(text)


def _take(office: Office, snapshot: Snapshot) -> None:
    rows, row_faults = form_rows(snapshot)
    with office.ledger.transaction(office.now) as tx:
        base = _base(tx)
        if _is_anothers(office, tx, base, snapshot):
            office.unreadable = True
            return
        tabs, tab_faults = staff_tabs(snapshot, product_key, tx.staff_tabs())
        keep_tabs(tx, tabs)
        leads, lead_faults = new_leads(snapshot, base[LEADS.name])
        _tell(office, tx, [*snapshot.faults, *row_faults, *tab_faults, *lead_faults])
        office.sheet = SheetInHand(snapshot, rows, base, leads)
    office.take_tabs(tabs)
    office.report.counts["sheet rows"] += len(rows)


def _is_anothers(office: Office, tx: SqlTransaction, base: Base, snapshot: Snapshot) -> bool:
    """Does the book show cases of a ledger that is not this one? Staff are told once; nothing of it is taken in."""
    numbers = catching_up.unknown_numbers(tx, base, snapshot)
    shown = ", ".join(numbers[:5]) + (", …" if len(numbers) > 5 else "")
    if numbers:
        text = sheet_matter("of-another-ledger", {"value": shown})
        office.report.fault(text)
        if not tx.note(ANOTHERS_BOOK):
            tell_staff(tx, office, "sheet", [("", text)])
    if shown != tx.note(ANOTHERS_BOOK):
        tx.set_note(ANOTHERS_BOOK, shown)
    return bool(numbers)


def keep_tabs(tx: SqlTransaction, tabs: StaffTabs) -> None:
    """Store staff's tabs, and see to it that what changed in them is acted on: note whose tier has to be reviewed, have looked
    at again what waits while a customer refuses its partner, or no longer does.
    """
    _wake_refused(tx, tabs)
    concerned = tx.set_staff_tabs(tabs)
    if concerned:
        waiting = set(filter(None, tx.note(CONCERNED).split(",")))
        tx.set_note(CONCERNED, ",".join(sorted(waiting | concerned)))


def _wake_refused(tx: SqlTransaction, tabs: StaffTabs) -> None:
    """The customer's word came, or was taken out: undecided cases of the two are looked at again."""
    pairs = [{(line.partner_inn, line.customer_inn) for line in lines} for lines in (tx.staff_tabs().refusals, tabs.refusals)]
    changed = sorted(pairs[0] ^ pairs[1])
    tx.preload_parties((partner for partner, _ in changed), ())
    for partner, customer in changed:
        for case in tx.undecided_of(partner):
            if case.customer_inn == customer:
                case.wakes_at = tx.now
                tx.save(case)


def _base(tx: SqlTransaction) -> Base:
    """What was written last in every tab that is merged."""
    return {tab.name: tx.base_rows(tab.name) for tab in (*NUMBERED, *FORMS.values())}


def _tell(office: Office, tx: SqlTransaction, faults: list[SheetFault]) -> None:
    """Say what is wrong with the sheet, and write to staff once for each new set of faults."""
    for fault in faults:
        if stops(fault):
            office.report.fault(said(fault))
        else:
            office.report.notice(said(fault))
    lines = [said(fault) for fault in faults]
    told = "\n".join(lines)
    if told != tx.note(_TOLD):
        tx.set_note(_TOLD, told)
        if lines:
            tell_staff(tx, office, "sheet", [("", line) for line in lines])
