"""Tells each authorised partner, once a month, where it stands: deals, deadlines, tier; and staff, what is open and who holds
deals without working on them.
"""

from __future__ import annotations

from collections.abc import Sequence

from cases import hoarding
from cases.desk import Desk
from cases.letters import COMMON, letter_key, moment
from cases.model import CaseKind, DealState, Facts, Mail, PartnerState, QuarantineItem, RequestState
from cases.standing import tell
from jobs.attention import LISTED
from jobs.office import Office
from jobs.report import without_words
from ledger.database import SqlTransaction
from ledger.reports import Due
from rules.hoarding import idle_before
from rules.leads import month_of
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
        given = desk.tx.leads_given(month_of(today))
        for case in desk.tx.preload(portion):
            leads = given.get(case.partner_inn)
            tell(desk, case, leads.in_month if leads else 0)

    def set_aside(tx: SqlTransaction, number: str, why: str) -> None:
        tx.quarantine(QuarantineItem("standing", number, why, "", office.now))
        office.report.fault(f"{number}: the month's letter could not be written ({without_words(why)})")

    office.in_portions(numbers, PORTION, work, set_aside, "letters of the month")
    office.report.counts["partners told where they stand"] += len(numbers)
    with office.ledger.transaction(office.now) as tx:
        if numbers:  # a house in its first month has nothing to tell yet
            _tell_staff(office, tx, month)
        tx.set_note(_MONTH, month)


def _tell_staff(office: Office, tx: SqlTransaction, month: str) -> None:
    """One digest a month to each of staff."""
    counts, missed = tx.counts(), tx.missed()
    undelivered = len(tx.undelivered().mails)
    today = office.outside.calendar.local_date(office.now)
    held = tx.holdings(idle_before(today, office.editions.at(today)))
    partners = {case.partner().inn: case for case in tx.all_partners() if case.state == PartnerState.AUTHORISED}
    hoarders = [hoarding.told(partners[inn], holding) for inn, holding in held.items() if holding.idle and inn in partners]
    hoarders.sort(key=lambda line: (-line["idle"], line["in_force"], line["number"]))
    context: Facts = {
        **dict.fromkeys(COMMON, ""),
        "reasons": [],
        "counts": {
            "partners": len(partners),
            "registered": counts.get((CaseKind.DEAL, DealState.REGISTERED), 0),
            "pending": counts.get((CaseKind.DEAL, DealState.PENDING), 0),
            "requests": counts.get((CaseKind.REQUEST, RequestState.OPEN), 0),
            "missed": len(missed),
            "undelivered": undelivered,
            "quarantine": len(tx.quarantined()),
        },
        "waiting": _lines(tx, tx.at_risk(office.now)),
        "missed": _lines(tx, missed),
        "hoarders": hoarders[:LISTED],
    }
    for address in office.outside.staff:
        key = letter_key("digest", 0, "staff-digest", address, month)
        tx.queue_mail(Mail(key, "", 0, "staff-digest", address.lower(), context, office.now))


def _lines(tx: SqlTransaction, dues: Sequence[Due]) -> list[Facts]:
    lines: list[Facts] = []
    for due in dues[:LISTED]:
        case = tx.case(due.number)
        text = case.question.text if case and case.question else ""
        lines.append({"number": due.number, "text": text, "due_at": moment(due.due_at)})
    return lines
