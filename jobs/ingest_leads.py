"""New rows of `Лиды` become leads with a number, in the order of the sheet."""

from __future__ import annotations

import logging

from cases import leads
from cases.model import QuarantineItem
from jobs import hear_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office
from jobs.report import without_words
from ledger.database import FAULTS
from sheets.base import Updates, updated
from sheets.columns import LEADS
from sheets.lead_rows import LeadRow

log = logging.getLogger("jobs")


def run(office: Office) -> None:
    """Take in what staff wrote down since the last pass: with each lead, which row is its own."""
    hear_staff.run(office)  # a number spoilt by hand is heard before rows are taken for new ones
    sheet = office.sheet
    if sheet is None or sheet.leads_taken:
        return
    taken: dict[str, dict[str, str]] = {}
    for row in sheet.leads:
        try:
            with office.desk() as (desk, tx):
                case = leads.take(desk, row.line)
                tx.set_base_rows(LEADS.name, {case.number: row.cells})
        except FAULTS:
            raise
        except Exception as error:
            _set_aside(office, row, error)
            continue
        taken[case.number] = row.cells
    if taken:
        updates: Updates = {LEADS.name: taken}
        sheet.base = updated(sheet.base, updates)
        reach(FailPoint.LEADS_TAKEN)
    office.report.counts["new leads"] += len(taken)
    sheet.leads_taken = True


def _set_aside(office: Office, row: LeadRow, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"
    log.error("item-failed", extra={"error": type(error).__name__}, exc_info=error)
    with office.ledger.transaction(office.now) as tx:
        tx.quarantine(QuarantineItem(f"sheet:{LEADS.name}", row.line.lead, why, f"row {row.position}", office.now))
    office.report.fault(f"«{LEADS.name}» row {row.position}: could not be taken in ({without_words(why)})")
