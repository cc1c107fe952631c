"""Letters that staff write by hand: from their own addresses, or from the mailbox itself («Вопросы и предложения»).

Such a letter is never a partner's, and is never answered. One that answers a question, to whoever asked, closes it.
"""

from __future__ import annotations

from hashlib import sha256

from cases import questions
from cases.desk import Desk
from cases.identity import domain_of
from cases.incoming_mail import Letter, LetterKind
from cases.letters import moment
from cases.model import Case, CaseKind, RequestState, Submission

_ANSWERED_BY_WORDS = ("question", "presale", "materials")
"""Topics that a letter settles. Others (a listing, an update from a stranger, an appeal) need a word in the sheet besides."""


def is_staffs(desk: Desk, letter: Letter) -> bool:
    """Does it bear the name of staff, rightly or not?"""
    sender = letter.sender.lower()
    return letter.kind is LetterKind.HOUSE or (
        letter.kind is LetterKind.PERSON and sender in {address.lower() for address in desk.outside.staff}
    )


def remember(desk: Desk, letter: Letter, number: str) -> None:
    """A letter of a partner's became that case, or belongs to it: staff may answer the letter itself."""
    if letter.message_id and number and not desk.tx.note(_mark(letter.message_id)):
        desk.tx.set_note(_mark(letter.message_id), number)


def take(desk: Desk, letter: Letter, submission: Submission, case: Case | None) -> None:
    """Take in a letter of staff's. `case`: of the letter of ours that it answers, or by the number in its subject."""
    noted = next((number for reference in letter.references if (number := desk.tx.note(_mark(reference)))), "")
    case = desk.tx.case(noted) or case if noted else case
    if case is None:
        _about_nothing(desk, letter, submission)
        return
    submission.number = case.number
    submission.raw["apart"] = True
    desk.tx.add_submission(submission)
    if not letter.authentic:
        desk.remark(case, "staff-unproved", address=submission.address)
        return
    desk.lift_remark(case, "staff-unproved", "staff-astray")
    desk.journal(case, "staff-wrote")
    if case.kind is not CaseKind.REQUEST or case.state != RequestState.OPEN:
        return
    if not _reaches_the_asker(desk, letter, case):
        desk.remark(case, "staff-astray")
        return
    _answered(desk, letter, case)


def _about_nothing(desk: Desk, letter: Letter, submission: Submission) -> None:
    """What the mailbox sends to others is no matter of ours; what staff write to it is kept where they look."""
    if letter.kind is LetterKind.HOUSE:
        return
    opened = questions.open_question(
        desk, submission, topic="question", subject=letter.subject[:200], text=letter.text, acknowledge=False
    )
    opened.sender = ""  # nobody waits for an answer of ours
    desk.tx.save(opened)
    if not letter.authentic:
        desk.remark(opened, "staff-unproved", address=submission.address)


def _reaches_the_asker(desk: Desk, letter: Letter, case: Case) -> bool:
    """Is it addressed to whoever asked, to another of the partner's, or to a colleague on the asker's own domain?"""
    partner = desk.partner_of(case)
    domain = "" if desk.is_free_mail(case.sender, desk.edition(case)) else domain_of(case.sender)
    return any(
        address == case.sender or desk.speaks_for(address, partner) or (domain and domain_of(address) == domain)
        for address in letter.recipients
    )


def _answered(desk: Desk, letter: Letter, case: Case) -> None:
    """The deadline is met, and nobody is written to again; what needs a word in the sheet waits for that alone."""
    desk.tx.cancel_mail(case.number, ("case-waiting",))
    at = letter.received_at
    for row in desk.tx.submissions_of(case.number):
        if row.source.startswith("form:") and row.answered_at is None:
            row.answered_at = at
            desk.tx.save_submission(row)
    if case.request().topic in _ANSWERED_BY_WORDS:
        desk.remark(case, "answered-by-mail", date=moment(at))
        questions.settle(desk, case, RequestState.CLOSED, tell=False, facts={"answered_by_mail": moment(at)})
        case.decided_at = at
    else:
        desk.remark(case, "answered-undecided", date=moment(at))
        case.wakes_at = None
    desk.tx.save(case)
    desk.journal(case, "answered")


def _mark(message_id: str) -> str:
    return "answers:" + sha256(message_id.encode()).hexdigest()
