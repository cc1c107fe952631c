"""Tells each authorised partner, once a month, where it stands: deals, deadlines, tier."""

from __future__ import annotations

from collections.abc import Sequence

from cases.desk import Desk
from cases.model import PartnerState, QuarantineItem
from cases.standing import tell
from jobs.office import Office
from ledger.database import SqlTransaction
from rules.standing import is_told, letters_go

PORTION = 100
_MONTH = "standing.month"


def run(office: Office) -> None:
    """Queue the month's letters from its day on. A pass that dies is made up for by the next one, and none goes twice."""
    calendar = office.outside.calendar
    today = calendar.local_date(office.now)
    begins = letters_go(today, office.editions.at(today), calendar)
    month = f"{today:%Y-%m}"
    if begins is None or office.now < begins:
        return
    with office.ledger.reading(office.now) as tx:
        if tx.note(_MONTH) == month:
            return
        numbers = []
        for case in tx.all_partners():
            authorised = case.partner().authorised_at
            if case.state == PartnerState.AUTHORISED and is_told(calendar.local_date(authorised) if authorised else None, today):
                numbers.append(case.number)

    def work(desk: Desk, portion: Sequence[str]) -> None:
        for case in desk.tx.preload(portion):
            tell(desk, case)

    def set_aside(tx: SqlTransaction, number: str, why: str) -> None:
        tx.quarantine(QuarantineItem("standing", number, why, "", office.now))
        office.report.fault(f"{number}: the month's letter could not be written ({why})")

    office.in_portions(numbers, PORTION, work, set_aside, "letters of the month")
    office.report.counts["partners told where they stand"] += len(numbers)
    with office.ledger.transaction(office.now) as tx:
        tx.set_note(_MONTH, month)
