"""Letters that came in: whose they are, whether they may act, what they say (contract, "Mail"; «Who may speak»)."""

from __future__ import annotations

import re
from dataclasses import fields
from hashlib import sha256
from typing import Any

from cases import (
    appeals,
    clockwork,
    deals,
    leads,
    orders,
    partners,
    pilots,
    questions,
    staff_mail,
    standing,
    undelivered,
    updates,
    waiting,
)
from cases.desk import Desk
from cases.incoming_mail import Attachment, Letter, LetterKind, Reading
from cases.letters import own_list
from cases.model import Answer, Case, CaseKind, DealState, ErrandState, Facts, Mail, PartnerState, Submission
from cases.requests import UpdateRequest

_BARE_SUBJECT = re.compile(r"^(?:\s*(?:re|fw|fwd|отв|ответ|пересл)\s*:)+|\[[A-ZА-Я]-[\d-]+\]", re.IGNORECASE)
"""What a subject says less by: answer marks, and the number of the letter that is answered (the answer bears its own)."""

_SUBMISSIONS = ("key", "kind", "received_at", "sender", "sender_name", "subject", "text", "message_id", "attachments")
_ENVELOPE = tuple(part.name for part in fields(Letter) if part.name not in _SUBMISSIONS)


def take_letter(desk: Desk, letter: Letter) -> None:
    """Take in one letter, once. Automatic mail is stored and never answered; a bounce is tied to its case."""
    if desk.tx.known_submissions("mail", [letter.key]):
        return
    submission = Submission(
        source="mail",
        key=letter.key,
        received_at=letter.received_at,
        raw={
            "kind": letter.kind.value,
            "subject": letter.subject,
            "text": letter.text,
            "message_id": letter.message_id,
            "attachments": [{"name": file.name, "stored": file.stored, "size": file.size} for file in letter.attachments],
            "envelope": _envelope(letter),
        },
        address=letter.sender.lower(),
    )
    answered, case = _whose(desk, letter)
    if case is not None:
        submission.number = case.number
    if letter.kind in (LetterKind.PERSON, LetterKind.AUTOMATIC) and not letter.failed_authentication:
        desk.tx.address_lives(submission.address)
    if _is_twin(desk, letter):
        submission.raw["twin"] = True
        desk.tx.add_submission(submission)
    elif letter.kind is LetterKind.BOUNCE:
        desk.tx.add_submission(submission)
        address = letter.failed_recipient or (answered.recipient if answered else "")
        if case is not None and (address in desk.outside.staff or _to_the_house(answered)):
            desk.journal(case, "bounce")  # a letter to staff would come back again
        elif case is not None:
            words = undelivered.came_back(desk, case, answered, address, dead=letter.no_such_address)
            desk.attention("bounce", "", case, words)
    elif staff_mail.is_staffs(desk, letter):
        staff_mail.take(desk, letter, submission, case)
    elif letter.kind is not LetterKind.PERSON:
        desk.tx.add_submission(submission)
        if case is not None and letter.kind is not LetterKind.OWN:  # copies of our own letters are no news
            desk.journal(case, f"mail-in:{letter.kind.value}")
    else:
        _from_person(desk, letter, submission, answered, case)
        staff_mail.remember(desk, letter, submission.number)


def _envelope(letter: Letter) -> Facts:
    """The rest of a letter, so that it can be taken in again as it was (`recorded_letter`): whose it is, whether it may act."""
    values = {name: getattr(letter, name) for name in _ENVELOPE}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def recorded_letter(submission: Submission) -> Letter:
    """The letter that was recorded as this submission. Of the first version's records some is guessed: it came from whom it says,
    about the case that it was taken for.
    """
    raw = submission.raw
    guessed = {"tokens": [], "references": [], "numbers": [submission.number] if submission.number else []}
    envelope = raw.get("envelope") or {**guessed, "authentic": True, "failed_authentication": False}
    rest: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in envelope.items() if name in _ENVELOPE
    }
    return Letter(
        key=submission.key,
        kind=LetterKind(raw["kind"]),
        received_at=submission.received_at,
        sender=submission.address,
        sender_name="",
        subject=raw["subject"],
        text=raw["text"],
        message_id=raw["message_id"],
        attachments=tuple(Attachment(file["name"], file["stored"], file["size"], "") for file in raw["attachments"]),
        **rest,
    )


def _is_twin(desk: Desk, letter: Letter) -> bool:
    """The same letter under another name in the mailbox: To and Cc, an alias, a copy by hand. Needs a Message-ID.

    What only claims to be of staff is nobody's first copy: the one that proves it may come yet.
    """
    if not letter.message_id:
        return False
    parts = (letter.message_id, letter.sender.lower(), letter.subject, letter.text)
    mark = "letter:" + sha256("\x1f".join(parts).encode()).hexdigest()
    if desk.tx.note(mark):
        return True
    if letter.authentic or not staff_mail.is_staffs(desk, letter):
        desk.tx.set_note(mark, letter.key)
    return False


def _to_the_house(answered: Mail | None) -> bool:
    return answered is not None and answered.template.startswith("staff-")


def _whose(desk: Desk, letter: Letter) -> tuple[Mail | None, Case | None]:
    """By reply token, then the letter it answers, then the number in the subject; an ambiguous match is no guess.

    A letter that References alone names counts only under a subject with its number: people begin new matters with «Reply».
    """
    answered = next((mail for token in letter.tokens if (mail := desk.tx.letter_by_token(token))), None)
    if answered is None:
        found = ((one, desk.tx.letter_by_message_id(one)) for one in letter.references)
        answered = next(
            (mail for one, mail in found if mail and (one not in letter.distant or mail.number in letter.numbers)), None
        )
    if answered is not None:
        return answered, desk.tx.case(answered.number)
    numbers = set(letter.numbers)
    return None, desk.tx.case(numbers.pop()) if len(numbers) == 1 else None


def _vouched(desk: Desk, letter: Letter, partner: Case | None) -> bool:
    """Does a trusted, aligned DKIM/SPF result vouch for the sender, or the token of a letter that went to a known contact?

    A stranger gets letters too (an acknowledgement), and whoever has a token can write any From.
    """
    if letter.failed_authentication:
        return False
    if letter.authentic:
        return True
    sent = (desk.tx.letter_by_token(token) for token in letter.tokens)
    return any(mail is not None and desk.speaks_for(mail.recipient, partner) for mail in sent)


def _own_words(desk: Desk, letter: Letter, case: Case, answered: Mail | None) -> bool:
    """A deal whose partner's INN is yet to come is its sender's to complete; who may speak is judged by the INN then given."""
    if case.kind is not CaseKind.DEAL or case.partner_inn or case.sender != letter.sender.lower() or letter.failed_authentication:
        return False
    return letter.authentic or (bool(letter.tokens) and answered is not None and answered.recipient == case.sender)


def _from_person(desk: Desk, letter: Letter, submission: Submission, answered: Mail | None, case: Case | None) -> None:
    sender = submission.address
    subject_case = _subject_of(desk, case)
    lead = subject_case if subject_case is not None and subject_case.kind is CaseKind.LEAD else None
    partner = leads.speaker(desk, lead, sender) if lead else desk.partner_of(subject_case) if subject_case else None
    trusted = partner is not None and desk.speaks_for(sender, partner) and _vouched(desk, letter, partner)
    trusted = trusted or (subject_case is not None and _own_words(desk, letter, subject_case, answered))
    thread = (letter.message_id,)
    asked = subject_case.asked if subject_case and subject_case.state == DealState.NEEDS_DATA else []
    text = desk.outside.reader.sent_text(answered) if answered else ""
    if lead is not None:
        reading = desk.outside.reader.read_lead(letter.text, letter.subject, text)
        if trusted and partner is not None and _about_lead(desk, submission, lead, partner, reading, thread):
            return
        _to_staff(desk, letter, submission, lead, partner, reading, thread)
        return
    reading = desk.outside.reader.read(letter.text, letter.subject, text, asked, own_list(answered))
    if trusted and subject_case is not None and answered is not None:
        listed = standing.listen(desk, letter.text, answered, text, reading)
        if listed is not None:
            if not listed.beside:
                _keep(desk, submission, subject_case)
            standing.act(desk, subject_case, answered, listed, submission, thread)
            return
    if trusted and subject_case is not None and _act(desk, letter, submission, subject_case, reading, answered, thread):
        return
    if subject_case is None and reading.action == "status" and _status(desk, letter, submission, thread):
        return
    _to_staff(desk, letter, submission, subject_case, partner, reading, thread)


def _subject_of(desk: Desk, case: Case | None) -> Case | None:
    """An answer about a question that concerns another case is about that case."""
    if case is not None and case.kind is CaseKind.REQUEST and case.request().about:
        return desk.tx.case(case.request().about) or case
    return case


def _status(desk: Desk, letter: Letter, submission: Submission, thread: tuple[str, ...]) -> bool:
    """„статус“ from a known contact: a report on the partner's own cases."""
    found = [partner for partner in desk.tx.partner_by_contact(submission.address) if partner.state == PartnerState.AUTHORISED]
    if len(found) != 1 or not _vouched(desk, letter, found[0]):
        return False
    submission.number = found[0].number
    desk.tx.add_submission(submission)
    deals.write_status(desk, found[0], submission.address, [submission], thread=thread)
    return True


def _to_staff(
    desk: Desk,
    letter: Letter,
    submission: Submission,
    case: Case | None,
    partner: Case | None,
    reading: Reading,
    thread: tuple[str, ...],
) -> None:
    """Everything else is a question: numbered, acknowledged once (a forged one not: its From is a victim), seen by staff."""
    known = partner is not None and desk.speaks_for(submission.address, partner)
    opened = questions.open_question(
        desk,
        submission,
        topic="appeal" if reading.action == "appeal" else "question",
        subject=_bare_subject(letter),
        text=reading.text or letter.text,
        partner_inn=partner.partner_inn if known and partner else "",
        about=case.number if case else "",
        code="appeal" if reading.action == "appeal" and case else "question",
        thread=thread,
        acknowledge=not letter.failed_authentication,
        named="" if known or partner is None else partner.partner_inn,
    )
    if letter.failed_authentication:
        desk.remark(opened, "forged", address=submission.address)


def _bare_subject(letter: Letter) -> str:
    return _BARE_SUBJECT.sub("", letter.subject).strip()[:200]


def _act(
    desk: Desk,
    letter: Letter,
    submission: Submission,
    case: Case,
    reading: Reading,
    answered: Mail | None,
    thread: tuple[str, ...],
) -> bool:
    """A trusted reply acts. False: not understood, or it cannot act on this case."""
    if reading.action == "status":
        _keep(desk, submission, case)
        # all deals of the partner: no letter about this one, which a figure in an answer would be taken for
        deals.write_status(desk, desk.partner_of(case) or case, submission.address, [submission], thread=thread)
        return True
    if reading.action in ("appeal", "wait", "stop-waiting"):
        return _refused(desk, letter, submission, case, reading, answered, thread)
    if case.kind is CaseKind.PARTNER:
        if reading.action == "data" and case.state == PartnerState.NEEDS_DATA:
            answers = _with(desk, case, reading)
            submission.raw["data"], submission.raw["answers"] = True, dict(reading.answers)
            _keep(desk, submission, case)
            partners.complete(desk, case, answers, submission)
            return True
        return False
    if case.kind is not CaseKind.DEAL:
        return _errand_data(desk, submission, case, reading)
    asks = case.state == DealState.NEEDS_DATA and (reading.action == "data" or letter.attachments)
    if asks and _data(desk, letter, submission, case, reading):
        return True
    if reading.action in ("yes", "no"):
        return _echoed(desk, submission, case, reading, thread)
    if reading.action == "report" and reading.status is not None:
        if case.state not in (DealState.REGISTERED, DealState.PENDING):
            return False
        _keep(desk, submission, case)
        request = UpdateRequest(case.number, "report", reading.status, "extend" in reading.also, "")
        updates.act(desk, case, request, [submission], thread)
        return True
    if reading.action == "extend":
        _keep(desk, submission, case)
        updates.act(desk, case, UpdateRequest(case.number, "extend", None, True, ""), [submission], thread)
        return True
    if reading.action in clockwork.FINAL_ACTIONS and updates.can_close(case):
        _keep(desk, submission, case)
        if reading.numbered:
            clockwork.close(desk, case, reading.action, "partner", [submission], thread)
        else:
            clockwork.echo(desk, case, reading.action, [submission], thread)
        return True
    return False


def _refused(
    desk: Desk,
    letter: Letter,
    submission: Submission,
    case: Case,
    reading: Reading,
    answered: Mail | None,
    thread: tuple[str, ...],
) -> bool:
    """An answer to a refusal: an appeal, the waiting list, or both."""
    appealed = reading.action == "appeal" and appeals.may_appeal(case, answered)
    if appealed:
        appeals.take(desk, case, submission, _bare_subject(letter), reading.text or letter.text, answered)
    if case.kind is not CaseKind.DEAL:
        return appealed
    asks = "wait" in (reading.action, *reading.also) and waiting.may_ask(desk, case)
    stops = reading.action == "stop-waiting" and case.deal().waits_since is not None
    if (asks or stops) and not appealed:
        _keep(desk, submission, case)
    if asks:
        waiting.ask(desk, case, [submission], thread)
    elif stops:
        waiting.stop(desk, case, [submission], thread)
    return appealed or asks or stops


def _about_lead(desk: Desk, submission: Submission, case: Case, partner: Case, reading: Reading, thread: tuple[str, ...]) -> bool:
    """A partner takes a lead up or declines it. What is not understood is people's to read; it counts as a sign of life."""
    if reading.action == "status":
        _keep(desk, submission, case)
        deals.write_status(desk, partner, submission.address, [submission], thread=thread)
        return True
    if not leads.answer(desk, case, partner, reading.action, submission.address, thread):
        leads.heard(desk, case, partner)
        return False
    _keep(desk, submission, case)
    return True


def _errand_data(desk: Desk, submission: Submission, case: Case, reading: Reading) -> bool:
    """Data that were asked for about an order, a pilot."""
    completes = {CaseKind.ORDER: orders.complete, CaseKind.PILOT: pilots.complete}.get(case.kind)
    if completes is None or reading.action != "data" or case.state != ErrandState.NEEDS_DATA:
        return False
    submission.raw["data"] = True
    submission.raw["answers"] = dict(reading.answers)
    answers = _with(desk, case, reading)
    _keep(desk, submission, case)
    completes(desk, case, answers, submission)
    return True


def _keep(desk: Desk, submission: Submission, case: Case) -> None:
    """The letter belongs to that case and needs no number of its own."""
    submission.number = case.number
    submission.raw["apart"] = True
    submission.answer = Answer.ACCEPTED
    desk.tx.add_submission(submission)
    desk.journal(case, "reply")


def _echoed(desk: Desk, submission: Submission, case: Case, reading: Reading, thread: tuple[str, ...]) -> bool:
    pending = case.deal().echo
    if pending is None or not updates.can_close(case):
        return False
    _keep(desk, submission, case)
    if reading.action == "yes":
        updates.confirmed(desk, case, Answer.ACCEPTED)
        clockwork.close(desk, case, pending.action, "partner", [submission], thread)
        return True
    updates.confirmed(desk, case, Answer.REFUSED)
    desk.journal(case, "echo-declined")
    deals.write_status(desk, case, submission.address, [submission], about=case.number, thread=thread)
    return True


def _with(desk: Desk, case: Case, reading: Reading) -> dict[str, str]:
    """The last form's answers with those of replies laid over; rows that stand apart (a stranger's, an update) say nothing."""
    answers: dict[str, str] = {}
    for earlier in desk.tx.submissions_of(case.number):
        given = earlier.raw.get("answers")
        said = earlier.raw.get("data") if earlier.source == "mail" else not earlier.raw.get("apart")
        if isinstance(given, dict) and said:
            answers.update({str(name): str(value) for name, value in given.items()})
    answers.update(reading.answers)
    return answers


def _data(desk: Desk, letter: Letter, submission: Submission, case: Case, reading: Reading) -> bool:
    """Data that was asked for, files for a competitive switch among them."""
    given = dict(reading.answers)
    wanted = [line.field for line in case.asked if line.field in ("licence_screenshot", "financial_document")]
    files = [file.name or file.stored for file in letter.attachments]
    for name in wanted:
        if name not in given and files:
            given[name] = files.pop(0)
    if not given:
        return False
    read = Reading(reading.action, reading.text, answers=given)
    submission.raw["data"] = True
    submission.raw["answers"] = given
    answers = _with(desk, case, read)
    _keep(desk, submission, case)
    deals.complete(desk, case, answers, submission)
    return True
