"""Reviews partners' tiers: all once a day, whose sales or publicity changed at once; shortfalls are looked for once a quarter.

What waited for another tier (a lead for room in a quota, a deal, a licence's end) is looked at in the same pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cases import hoarding
from cases.desk import Desk
from cases.model import PartnerState, QuarantineItem
from cases.partners import ask_about_strangers
from cases.tiers import review_partner
from jobs import review_deals
from jobs.office import Office
from jobs.read_sheet import CONCERNED
from jobs.report import without_words
from ledger.database import SqlTransaction
from rules.hoarding import Holding, idle_before
from rules.tiers import is_review_day

PORTION = 100
_DAY = "tiers.day"
_QUARTER = "tiers.quarter"


def run(office: Office) -> None:
    """Review whom it concerns now. What is done is noted afterwards: a pass that dies is made up for by the next one."""
    today = office.outside.calendar.local_date(office.now)
    quarter = f"{today.year}-Q{(today.month - 1) // 3 + 1}"
    with office.ledger.reading(office.now) as tx:
        daily = tx.note(_DAY) != today.isoformat()
        quarterly = tx.note(_QUARTER) != quarter and is_review_day(today, _first_business_day(office, today))
        held: dict[str, Holding] = {}
        concerned = [inn for inn in tx.note(CONCERNED).split(",") if inn]
        if daily or quarterly:
            numbers = [case.number for case in tx.all_partners() if case.state == PartnerState.AUTHORISED]
            held = tx.holdings(idle_before(today, office.editions.at(today)))
        else:
            numbers = [case.number for inn in concerned if (case := tx.partner(inn)) is not None]
    if not (daily or quarterly or concerned):
        return

    def work(desk: Desk, portion: Sequence[str]) -> None:
        for case in desk.tx.preload(portion):
            review_partner(desk, case, quarterly=quarterly)
            ask_about_strangers(desk, case)
            if daily:
                hoarding.show(desk, case, held.get(case.partner().inn, Holding()))

    def set_aside(tx: SqlTransaction, number: str, why: str) -> None:
        tx.quarantine(QuarantineItem("tier", number, why, "", office.now))
        office.report.fault(f"{number}: the tier could not be reviewed ({without_words(why)})")

    office.in_portions(numbers, PORTION, work, set_aside, "tiers")
    office.report.counts["tiers reviewed"] += len(numbers)
    with office.ledger.transaction(office.now) as tx:
        tx.set_note(_DAY, today.isoformat())
        tx.set_note(CONCERNED, "")
        if quarterly:
            tx.set_note(_QUARTER, quarter)
    review_deals.run(office)


def _first_business_day(office: Office, today: date) -> date:
    first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return office.outside.calendar.next_business_day(first)
