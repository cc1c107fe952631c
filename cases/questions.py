"""`Обращения`: questions and requests for staff, each with a number, an acknowledgement and a due time («Вопросы и
предложения»).
"""

from __future__ import annotations

from cases import sla
from cases.desk import Desk
from cases.model import Answer, Case, CaseKind, Facts, ReasonText, RequestData, RequestState, Submission
from rules.decision import Decision, Reason


def open_question(
    desk: Desk,
    submission: Submission,
    *,
    topic: str,
    subject: str,
    text: str,
    partner_inn: str = "",
    about: str = "",
    code: str = "question",
    facts: Facts | None = None,
    thread: tuple[str, ...] = (),
    acknowledge: bool = True,
    asks: bool = True,
    kind: CaseKind = CaseKind.REQUEST,
    named: str = "",
) -> Case:
    """A numbered case in the staff's queue; the sender is acknowledged once. The submission is stored with its number.

    `named`: the INN of the partner for which the sender, unknown to it, claims to ask. `asks` False: the caller answers it at
    once, and nobody is to be asked or told to wait.
    """
    edition = desk.edition_at(submission.received_at)
    calendar = desk.outside.calendar
    case = Case(
        number=desk.tx.next_number(
            kind,
            calendar.local_date(submission.received_at).year,
            submission.row_number,
            about=(submission.address, " ".join(subject.split())) if submission.source == "mail" else (),
        ),
        kind=kind,
        state=RequestState.OPEN,
        edition=edition.name,
        submitted_at=submission.received_at,
        data=RequestData(
            topic=topic,
            subject=subject,
            text=text,
            address=submission.address,
            partner_name=desk.partner_name(partner_inn),
            about=about,
            facts=facts or {},
            named=named,
        ),
        partner_inn=partner_inn,
        due_at=calendar.deadline(submission.received_at, edition.deadlines.other_business_days),
        sender=submission.address,
    )
    submission.number = case.number
    submission.answer, submission.due_at = Answer.PENDING, case.due_at
    desk.tx.add_case(case)  # before its submission: a new case is taken to have none
    if submission.recorded_at:
        desk.tx.save_submission(submission)
    else:
        desk.tx.add_submission(submission)
    desk.journal(case, "received")
    if asks:
        desk.ask_staff(case, code, None, about=about, subject=subject)
        sla.advance(desk, case)
    if acknowledge and submission.address and not case.missed:  # else the interim answer says it all
        desk.write(case, "question-received", to=submission.address, facts={"subject": subject}, thread=thread)
    return case


def review(desk: Desk, case: Case) -> None:
    """A question that is due to be looked at: staff are warned, the sender gets an interim answer."""
    if case.state == RequestState.OPEN and case.question is not None:
        sla.advance(desk, case)
    else:
        case.wakes_at = None
        desk.tx.save(case)


def settle(desk: Desk, case: Case, state: RequestState, *, tell: bool = True, facts: Facts | None = None) -> None:
    """Staff closed, approved or refused it. `facts`: what else is to be recorded of that."""
    case.state = state
    case.question, case.wakes_at, case.decided_at = None, None, desk.now
    desk.record(case, "request", state.value, "staff", facts=facts)
    accepted = state in (RequestState.APPROVED, RequestState.CLOSED)
    rows = desk.answer(case, Answer.ACCEPTED if accepted else Answer.REFUSED)
    if tell and case.sender:
        letter = {"subject": case.request().subject, "outcome": state.value}
        # what concerns a partner is answered to its known contacts, whoever asked
        desk.write(case, "question-answered", facts=letter, answers=rows)


def reject(desk: Desk, case: Case, decision: Decision, facts: Facts) -> None:
    """The programme itself says no; the letter says why."""
    _refuse(desk, case, desk.reason_texts(decision.reasons, desk.edition(case)), decision, facts)


def refuse(desk: Desk, case: Case, code: str, section: str) -> None:
    """Refuse for one reason."""
    _refuse(desk, case, desk.reason_texts([Reason(code, section)], desk.edition(case)), None, {})


def _refuse(desk: Desk, case: Case, reasons: tuple[ReasonText, ...], decision: Decision | None, facts: Facts) -> None:
    case.state = RequestState.REFUSED
    case.question, case.wakes_at, case.decided_at = None, None, desk.now
    desk.record(case, "request", "reject", "rules", reasons, decision, facts)
    case.reason_text = desk.shown_reasons(reasons)
    rows = desk.answer(case, Answer.REFUSED, case.reason_text)
    letter = {"subject": case.request().subject, "outcome": RequestState.REFUSED.value}
    desk.write(case, "question-answered", to=case.sender, reasons=reasons, facts=letter, answers=rows)
