"""New rows of the form tabs and of exported files become submissions and cases, in the order of their arrival."""

from __future__ import annotations

from collections.abc import Sequence

from cases.desk import Desk
from cases.intake import in_order, take_rows
from cases.model import FormRow, QuarantineItem
from jobs import catching_up, exports, hear_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office, SheetInHand
from jobs.report import without_words
from ledger.database import SqlTransaction
from sheets.columns import FORMS

PORTION = 300


def run(office: Office) -> None:
    """Take in what the forms brought since the last pass: in the spreadsheet, and in exported files."""
    hear_staff.run(office)  # a row's number column is staff's to spoil: what they did is heard first
    sheet = None if office.sheet is None or office.sheet.ingested else office.sheet
    if sheet is not None and catching_up.is_under_way(office):
        catching_up.keep_numbers(office, sheet)
    exported = exports.read(office)
    if sheet is None and exported.rows and catching_up.is_held_up(office):
        office.report.notice(f"exported files wait: {catching_up.WHY_HELD_UP}")
        return
    rows = in_order(_unknown(office, [*(sheet.rows if sheet else ()), *exported.rows]), office.now)
    taken = 0
    faults = len(office.report.faults)
    if rows:
        reach(FailPoint.SHEET_READ)

    def work(desk: Desk, portion: Sequence[FormRow]) -> None:
        nonlocal taken
        taken += take_rows(desk, portion)

    def set_aside(tx: SqlTransaction, row: FormRow, why: str) -> None:
        tx.quarantine(QuarantineItem(_source(row), row.key, why, f"row {row.position}", office.now))
        office.report.fault(f"{_source(row)} row {row.position}: could not be taken in ({without_words(why)})")

    office.in_portions(rows, PORTION, work, set_aside, "form rows")
    if taken:
        reach(FailPoint.ROWS_TAKEN)
    office.report.counts["new form rows"] += taken
    if sheet is not None:
        _show_known(office, sheet, {(_source(row), row.key) for row in rows})
        sheet.ingested = True
    if len(office.report.faults) == faults:  # rows that were set aside are tried again
        exports.settle(office, exported)


def _unknown(office: Office, rows: Sequence[FormRow]) -> list[FormRow]:
    """Those that are not recorded yet."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(_source(row), []).append(row.key)
    with office.ledger.reading(office.now) as tx:
        known = {source: tx.known_submissions(source, found).keys() for source, found in keys.items()}
    return [row for row in rows if row.key not in known[_source(row)]]


def _show_known(office: Office, sheet: SheetInHand, new: set[tuple[str, str]]) -> None:
    """Rows of the tabs that are known from elsewhere (an exported file) and show no answer yet: it is queued for them too."""
    bare: dict[str, list[str]] = {}
    for row in sheet.rows:
        source = _source(row)
        if not row.number and (source, row.key) not in new and row.key not in sheet.base.get(FORMS[row.form].name, {}):
            bare.setdefault(source, []).append(row.key)
    if bare:
        with office.ledger.transaction(office.now) as tx:
            for source, keys in bare.items():
                for submission in tx.known_submissions(source, keys).values():
                    tx.save_submission(submission)


def _source(row: FormRow) -> str:
    return f"form:{row.form.value}"
