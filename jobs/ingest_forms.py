"""New rows of the form tabs become submissions and cases, in the order of their arrival."""

from __future__ import annotations

from collections.abc import Sequence

from cases.desk import Desk
from cases.intake import in_order, take_rows
from cases.model import FormRow, QuarantineItem
from jobs import hear_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office
from ledger.database import SqlTransaction

PORTION = 300


def run(office: Office) -> None:
    """Take in what the forms brought since the last pass."""
    hear_staff.run(office)  # a row's number column is staff's to spoil: what they did is heard first
    sheet = office.sheet
    if sheet is None or sheet.ingested:
        return
    rows = in_order(_unknown(office, sheet.rows), office.now)
    taken = 0
    if rows:
        reach(FailPoint.SHEET_READ)

    def work(desk: Desk, portion: Sequence[FormRow]) -> None:
        nonlocal taken
        taken += take_rows(desk, portion)

    def set_aside(tx: SqlTransaction, row: FormRow, why: str) -> None:
        tx.quarantine(QuarantineItem(_source(row), row.key, why, f"row {row.position}", office.now))
        office.report.fault(f"{_source(row)} row {row.position}: could not be taken in ({why})")

    office.in_portions(rows, PORTION, work, set_aside, "form rows")
    if taken:
        reach(FailPoint.ROWS_TAKEN)
    office.report.counts["new form rows"] += taken
    sheet.ingested = True


def _unknown(office: Office, rows: Sequence[FormRow]) -> list[FormRow]:
    """Those that are not recorded yet."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(_source(row), []).append(row.key)
    with office.ledger.reading(office.now) as tx:
        known = {source: tx.known_submissions(source, found).keys() for source, found in keys.items()}
    return [row for row in rows if row.key not in known[_source(row)]]


def _source(row: FormRow) -> str:
    return f"form:{row.form.value}"
