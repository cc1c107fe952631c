"""Looks at every case whose moment has come: undecided ones, deadlines, reminders, expiries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cases.desk import Desk
from cases.model import PREFIX, CaseKind
from cases.review import order, review
from jobs import catching_up
from jobs.attention import tell_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office
from jobs.report import without_words
from ledger.database import SqlTransaction

PORTION = 200
LOOKS = 10
"""A case that wakes more often in one pass is going round in circles."""

_PARTNER = f"{PREFIX[CaseKind.PARTNER]}-"


def run(office: Office) -> None:
    """Review until nothing is due at the pass's moment; partners first, since deals wait for them."""
    looks: Counter[str] = Counter()

    def work(desk: Desk, numbers: Sequence[str]) -> None:
        for case in order(desk.tx.preload(numbers)):
            review(desk, case)

    def set_aside(tx: SqlTransaction, number: str, why: str) -> None:
        tx.quarantine_case(number, why, office.now)
        tell_staff(tx, office, "quarantine", [(number, why)])
        office.report.counts["set aside"] += 1

    while numbers := _due(office):
        reach(FailPoint.CASES_DUE)
        looks.update(numbers)
        stuck = [number for number in numbers if looks[number] > LOOKS]
        for number in stuck:
            with office.ledger.transaction(office.now) as tx:
                set_aside(tx, number, "the case is due again and again at the same moment")
        partners = [number for number in numbers if number.startswith(_PARTNER)]
        portion = [number for number in partners or numbers if number not in stuck]
        office.in_portions(portion, PORTION, work, set_aside, "cases")
        reach(FailPoint.CASES_REVIEWED)
        office.report.counts["cases looked at"] += len(portion)
    catching_up.cases_were_reviewed(office)
    _say_quarantine(office)


def _due(office: Office) -> list[str]:
    with office.ledger.reading(office.now) as tx:
        return tx.waking(office.now, 100_000)


def _say_quarantine(office: Office) -> None:
    """A case in quarantine is work left undone, in every pass until it is mended."""
    with office.ledger.reading(office.now) as tx:
        for item in tx.quarantined():
            if item.source == "case":
                office.report.fault(f"{item.key} is in quarantine: {without_words(item.reason)}")
