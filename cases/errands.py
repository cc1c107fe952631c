"""What orders, pilots and NFR licences have in common: opening, asking for data, referring, refusing, closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cases import sla
from cases.desk import Desk, Impossible
from cases.letters import about_facts
from cases.model import (
    Answer,
    Case,
    CaseKind,
    ErrandState,
    Facts,
    FormRow,
    LicenceData,
    OrderData,
    ReasonText,
    Submission,
)
from cases.partners import to_told, write_needs_data, write_unknown
from rules.authorisation import Standing
from rules.decision import Decision, Problem, Reason

NO_PRICES = "no-price-list"
UNDECIDED = (ErrandState.PENDING, ErrandState.NEEDS_DATA)
Data = OrderData | LicenceData


def opened(desk: Desk, kind: CaseKind, data: Data, submission: Submission, labels: Mapping[str, str], partner_inn: str) -> Case:
    """A new case for a submission, both recorded; `fill` puts the answers in."""
    edition = desk.edition_at(submission.received_at)
    calendar = desk.outside.calendar
    case = Case(
        number=desk.tx.next_number(kind, calendar.local_date(submission.received_at).year, submission.row_number),
        kind=kind,
        state=ErrandState.PENDING,
        edition=edition.name,
        submitted_at=submission.received_at,
        data=data,
        partner_inn=partner_inn,
        due_at=calendar.deadline(submission.received_at, edition.deadlines.other_business_days),
        wakes_at=desk.now,
        sender=submission.address,
        sender_known=desk.speaks_for(submission.address, desk.tx.partner(partner_inn) if partner_inn else None),
        labels=dict(labels),
    )
    data.partner_name = desk.partner_name(partner_inn)
    submission.number, submission.answer, submission.due_at = case.number, Answer.PENDING, case.due_at
    desk.tx.add_submission(submission)
    desk.tx.add_case(case)
    desk.journal(case, "received")
    return case


def placed(case: Case, problems: tuple[Problem, ...], submission: Submission) -> None:
    """Only a complete submission takes a place in the order of arrival."""
    case.problems = list(problems)
    case.place_at, case.place_seq = (None, 0) if problems else (submission.received_at, submission.seq)


def joined(desk: Desk, case: Case, row: FormRow, submission: Submission) -> None:
    """A known contact's new form belongs to the case that lacks data."""
    submission.number = case.number
    desk.tx.add_submission(submission)
    case.labels = dict(row.labels)
    case.sender, case.sender_known = submission.address, True


def completed(desk: Desk, case: Case, submission: Submission) -> None:
    """Data came: undecided again, with a fresh count («Deadlines»)."""
    edition = desk.edition(case)
    case.state = ErrandState.PENDING
    case.submitted_at = submission.received_at
    case.due_at = desk.outside.calendar.deadline(submission.received_at, edition.deadlines.other_business_days)
    case.asked, case.asked_due_at, case.question = [], None, None
    case.warned_shares, case.missed, case.interim_at, case.reason_text = [], False, None, ""
    desk.answer(case, Answer.PENDING)
    desk.journal(case, "completed")
    desk.wake(case)


def unfinished(desk: Desk, kind: CaseKind, partner_inn: str, address: str) -> list[Case]:
    """The partner's cases of that kind that need data, if the address speaks for it."""
    partner = desk.tx.partner(partner_inn) if partner_inn else None
    if not desk.speaks_for(address, partner):
        return []
    return [case for case in desk.tx.undecided_of(partner_inn) if case.kind is kind and case.state == ErrandState.NEEDS_DATA]


def needs_data_overdue(desk: Desk, case: Case) -> bool:
    """Were the data that were asked for due by now?"""
    return case.asked_due_at is not None and desk.now >= case.asked_due_at


def deadline_passed(desk: Desk, case: Case) -> bool:
    """Is the answer due by now?"""
    return case.due_at is not None and desk.now >= case.due_at


def without_prices(desk: Desk, case: Case, section: str) -> bool:
    """`Прайс` is empty: nothing the sender could mend; staff are asked, and the case is looked at again soon."""
    if desk.outside.tabs.prices.lines or not any(problem.code == "product-unknown" for problem in case.problems):
        return False
    if case.question is None:
        desk.ask_staff(case, NO_PRICES)
        case.received_told = True
        desk.answer(case, Answer.PENDING)
        desk.write(case, "case-received", section=section, facts={"about": about_facts(case), "awaits": "staff"})
    sla.advance(desk, case)
    soon = desk.now + timedelta(minutes=1)
    desk.wake(case, min(soon, case.wakes_at or soon))
    return True


def form_of(desk: Desk, case: Case) -> Submission | None:
    """The form row to be read anew, now that `Прайс` was filled in; None unless the case waited for that."""
    if case.question is None or case.question.code != NO_PRICES:
        return None
    case.question = None
    return next((row for row in desk.tx.submissions_of(case.number) if "answers" in row.raw), None)


def ask(desk: Desk, case: Case, decision: Decision, section: str, facts: Facts) -> None:
    """One letter that lists every field to mend; unanswered, it becomes a refusal."""
    if case.state == ErrandState.NEEDS_DATA and case.asked_due_at is not None:
        desk.wake(case, case.asked_due_at)
        return
    edition = desk.edition(case)
    reasons = desk.reason_texts(decision.reasons, edition)
    case.state = ErrandState.NEEDS_DATA
    case.place_at, case.place_seq = None, 0
    case.problems = list(decision.problems)
    case.asked = desk.asked(case, decision.problems)
    case.asked_due_at = desk.outside.calendar.deadline(desk.now, edition.deals.needs_data_business_days)
    case.reason_text = desk.shown_reasons(reasons, case.asked)
    case.question = None
    desk.wake(case, case.asked_due_at)
    desk.record(case, case.kind.value, "ask", "rules", reasons, decision, facts)
    write_needs_data(desk, case, reasons, section)
    _tell_stranger(desk, case)


def refer(desk: Desk, case: Case, decision: Decision, section: str, facts: Facts) -> None:
    """Staff decide; the sender is told so once."""
    reasons = desk.reason_texts(decision.reasons, desk.edition(case))
    before = case.question.text if case.question else ""
    case.state = ErrandState.PENDING
    asks = decision.reasons
    more = {key: value for reason in asks for key, value in reason.facts.items()}
    why = "; ".join(reason.text for reason in reasons)
    desk.ask_staff(case, asks[0].code if len(asks) == 1 else "review", None, why=why, address=case.sender, **more)
    if not case.received_told or before != (case.question.text if case.question else ""):
        desk.record(case, case.kind.value, "refer", "rules", reasons, decision, facts)
    if not case.received_told:
        case.received_told = True
        desk.answer(case, Answer.PENDING)
        if case.due_at is None or desk.now < case.due_at:  # else the interim answer says it all
            desk.write(case, "case-received", section=section, facts={"about": about_facts(case), "awaits": "staff"})
        _tell_stranger(desk, case)
    sla.advance(desk, case)


def _tell_stranger(desk: Desk, case: Case) -> None:
    """The typed address that speaks for nobody gets a neutral acknowledgement."""
    partner = desk.partner_of(case)
    if desk.standing(partner) is Standing.NEVER_APPLIED or desk.speaks_for(case.sender, partner):
        return
    first = next(iter(desk.tx.submissions_of(case.number)), None)
    if first is not None:
        write_unknown(desk, case, first)


def refuse(
    desk: Desk,
    case: Case,
    by: str,
    reasons: tuple[ReasonText, ...],
    section: str,
    template: str,
    letter: Mapping[str, Any],
    decision: Decision | None = None,
    facts: Facts | None = None,
) -> None:
    """Refuse, with all reasons."""
    case.state = ErrandState.REFUSED
    case.reason_text = desk.shown_reasons(reasons, case.asked)
    told = to_told(reasons, case)
    settled(desk, case)
    _key_stays(desk, case)
    desk.record(case, case.kind.value, "reject", by, reasons, decision, facts)
    rows = desk.answer(case, Answer.REFUSED, case.reason_text)
    desk.write(case, template, section=section, reasons=told, facts=letter, answers=rows)


def settled(desk: Desk, case: Case) -> None:
    """Nothing is open with anybody."""
    case.question, case.asked_due_at, case.wakes_at = None, None, None
    case.asked, case.problems, case.labels = [], [], {}
    case.decided_at = desk.now
    desk.lift_remark(case, "impossible-word", "put-back", "appeal-accepted", "key-waits", "key-unsent")


def keep_key(desk: Desk, case: Case, key: str, obstacle: str) -> None:
    """Keep the key of an accepted or undecided request, "" if staff took it out again. `obstacle`: what keeps it from going out
    when the request is accepted, as a code of a remark; the key goes as soon as that is gone.
    """
    case.licence().key = key
    desk.lift_remark(case, "key-waits")
    if key and obstacle:
        desk.remark(case, "key-waits", why=desk.outside.wording.remark(obstacle))
        if case.state == ErrandState.APPROVED:
            case.question = None
    elif not key and case.state == ErrandState.APPROVED:
        await_key(desk, case)
    desk.tx.save(case)


def _key_stays(desk: Desk, case: Case) -> None:
    """The request ends before its key went out: whoever typed the key learns that."""
    if isinstance(case.data, LicenceData) and case.data.key and case.data.started_on is None:
        desk.remark(case, "key-unsent")


def await_key(desk: Desk, case: Case) -> None:
    """Staff are asked for the licence's key, and warned as of any answer."""
    desk.ask_staff(case, "licence-key")
    desk.attention("licence-key", "", case, case.question.text if case.question else "")
    sla.plan(desk, case)


def staff_reasons(desk: Desk, case: Case, section: str) -> tuple[ReasonText, ...]:
    """A refusal by staff's word alone."""
    return desk.reason_texts([Reason("staff", section)], desk.edition(case))


def close(desk: Desk, case: Case, section: str) -> None:
    """Staff close it; a sender who got no answer yet is told."""
    if case.state in (ErrandState.CLOSED, ErrandState.REFUSED):
        raise Impossible("already-decided")
    answered = case.state not in UNDECIDED
    case.state = ErrandState.CLOSED
    settled(desk, case)
    _key_stays(desk, case)
    desk.record(case, case.kind.value, "close", "staff")
    desk.journal(case, "closed")
    if not answered:
        rows = desk.answer(case, Answer.ACCEPTED)
        subject = desk.outside.wording.term(case.kind.value)
        desk.write(case, "question-answered", section=section, facts={"subject": subject, "outcome": "closed"}, answers=rows)
