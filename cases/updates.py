"""`Форма Актуализация` and the same words in a reply: reports, extension, closing («Регистрация сделки», «Who may speak»)."""

from __future__ import annotations

from datetime import date

from cases import clockwork, questions
from cases.deals import write_status
from cases.desk import Desk
from cases.model import Answer, Case, CaseKind, DealState, FormRow, SaleStatus, Submission
from cases.partners import write_unknown
from cases.requests import UpdateRequest, parse_update

FINAL_ACTIONS = ("won", "lost", "withdraw")


def take(desk: Desk, row: FormRow, submission: Submission) -> None:
    """A row of the update form. A stranger's, or one that cannot be read, waits for staff."""
    request, problems = parse_update(desk.understood(row.answers), desk.edition_at(submission.received_at).deals.section)
    case = desk.tx.case(request.deal) if request.deal else None
    submission.raw["apart"] = True
    if case is None or case.kind is not CaseKind.DEAL or problems:
        text = desk.told(row)
        opened = questions.open_question(
            desk,
            submission,
            topic="update",
            subject=desk.outside.wording.term("update"),
            text=text,
            about=request.deal,
            code="update",
        )
        why = "; ".join(line.text for line in desk.asked(opened, problems))
        desk.remark(opened, "update-unreadable", why=why or desk.outside.wording.remark("deal-unknown"))
        submission.answer = Answer.NEEDS_DATA if problems else Answer.PENDING
        submission.answer_text = why
        desk.tx.save_submission(submission)
        return
    if not desk.speaks_for(submission.address, desk.partner_of(case)):
        _stranger(desk, case, row, submission, request)
        return
    submission.number = case.number
    submission.answer = Answer.ACCEPTED
    desk.tx.add_submission(submission)
    if row.answers.get("comment"):
        desk.journal(case, "comment-received")
    apply(desk, case, request, submission)
    desk.tx.save_submission(submission)


def _stranger(desk: Desk, case: Case, row: FormRow, submission: Submission, request: UpdateRequest) -> None:
    """Not from a known contact: staff decide, known contacts are told, the typed address gets a neutral acknowledgement."""
    opened = questions.open_question(
        desk,
        submission,
        topic="update",
        subject=desk.outside.wording.term("update"),
        text=desk.told(row),
        partner_inn=case.partner_inn,
        about=case.number,
        code="update-from-stranger",
        facts={"action": request.action, "status": request.status.value if request.status else "", "extend": request.extend},
        acknowledge=False,
    )
    write_unknown(desk, opened, submission)


def apply_recorded(desk: Desk, question: Case) -> bool:
    """Staff approved a stranger's update: it acts as the partner's word. False when it no longer can."""
    facts = question.request().facts
    case = desk.tx.case(question.request().about)
    if case is None or not facts:
        return False
    status = SaleStatus(facts["status"]) if facts.get("status") else None
    request = UpdateRequest(case.number, str(facts.get("action", "")), status, bool(facts.get("extend")), "")
    if request.action in FINAL_ACTIONS:
        if not can_close(case):
            return False
        clockwork.close(desk, case, request.action, "staff", [])
        return True
    return act(desk, case, request, [], ())


def apply(desk: Desk, case: Case, request: UpdateRequest, submission: Submission) -> None:
    """A known contact's row: reports and extension act, a final word is echoed first."""
    if request.action in FINAL_ACTIONS:
        if not can_close(case):
            submission.answer = Answer.REFUSED
            submission.answer_text = desk.outside.wording.remark("not-open")
            write_status(desk, case, submission.address, [submission], about=case.number)
            return
        submission.answer = Answer.PENDING
        clockwork.echo(desk, case, request.action, [submission])
        return
    if not act(desk, case, request, [submission], ()):
        submission.answer = Answer.REFUSED
        submission.answer_text = desk.outside.wording.remark("extension-refused" if request.extend else "not-in-force")


def act(desk: Desk, case: Case, request: UpdateRequest, answers: list[Submission], thread: tuple[str, ...]) -> bool:
    """A report and/or an extension. False when something of it was refused."""
    done = True
    local = desk.outside.calendar.local_date
    on = local(answers[0].received_at) if answers else local(desk.now)
    reported = request.action == "report" and request.status is not None
    if reported and request.status is not None:
        done = note_status(desk, case, request.status, on)
    if request.extend or request.action == "extend":
        return clockwork.request_extension(desk, case, on, answers, thread) and done
    to = answers[0].address if answers else desk.recipient(case)
    write_status(desk, case, to, answers, about=case.number, thread=thread)
    return done


def note_status(desk: Desk, case: Case, status: SaleStatus, on: date) -> bool:
    """The partner's word on how a deal goes; tells nobody. False when the deal is neither in force nor undecided."""
    if case.state == DealState.REGISTERED:
        clockwork.report(desk, case, status, on)
    elif case.state == DealState.PENDING:  # its letters ask for news too; nothing is owed yet, no clock runs
        case.deal().sale_status = status
        desk.record(case, "report", status.value, "partner")
        desk.journal(case, "report", desk.outside.wording.term(status.value))
    else:
        return False
    return True


def confirmed(desk: Desk, case: Case, answer: Answer) -> None:
    """The echo was answered: rows of the form that waited for it show what became of them."""
    for row in desk.tx.submissions_of(case.number):
        if row.source == "form:update" and row.answer == Answer.PENDING:
            row.answer = answer
            desk.tx.save_submission(row)
    case.deal().echo = None
    desk.tx.save(case)


def can_close(case: Case) -> bool:
    """May the deal still be won, lost or withdrawn?"""
    return case.state in (DealState.REGISTERED, DealState.PENDING, DealState.NEEDS_DATA)
