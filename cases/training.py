"""Trainings: the sales webinar after authorisation, the technical course on request; invitations, attendance («Обучение»)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from cases import questions, sla, tiers
from cases.desk import Desk, Impossible
from cases.letters import day, moment
from cases.model import (
    Answer,
    Case,
    CaseKind,
    Facts,
    RequestData,
    RequestState,
    StaffWord,
    Submission,
    WordKind,
)
from rules.authorisation import Standing
from rules.edition import Edition, Tier
from rules.training import course_terms, proposed_day, reminder_days

SALES, TECHNICAL = "sales", "technical"
_LETTERS = ("training-reminder",)
_PASSED = ("training-passed",)
_REQUESTED = "course"
"""What staff are asked about a course that was requested."""


# -- opening --------------------------------------------------------------------------


def open_webinar(desk: Desk, partner: Case, edition: Edition) -> None:
    """The sales webinar's line, made at authorisation, and the invitation to it; none while one is open or passed."""
    lines = desk.tx.cases_of_kind(CaseKind.TRAINING, partner.partner_inn)
    if any(line.request().topic == SALES and line.state in (RequestState.OPEN, RequestState.PASSED) for line in lines):
        return
    calendar = desk.outside.calendar
    today = calendar.local_date(desk.now)
    line = Case(
        number=desk.tx.next_number(CaseKind.TRAINING, today.year, about=(partner.partner_inn,)),
        kind=CaseKind.TRAINING,
        state=RequestState.OPEN,
        edition=partner.edition,
        submitted_at=desk.now,
        data=RequestData(
            topic=SALES,
            partner_name=partner.partner().name,
            held_until=today + timedelta(days=edition.training.hold_within_days),
            planned_on=proposed_day(today, edition, calendar),
        ),
        partner_inn=partner.partner_inn,
        sender=partner.sender,
    )
    desk.tx.add_case(line)
    desk.journal(line, "training-opened")
    _invite(desk, line, moved=False)


def take(desk: Desk, submission: Submission, partner_inn: str, text: str) -> None:
    """A technical course on request: staff agree on date and payment; the partner is told its tier's terms."""
    opened = questions.open_question(
        desk,
        submission,
        topic=TECHNICAL,
        subject=desk.outside.wording.term("technical"),
        text=text,
        partner_inn=partner_inn,
        code=_REQUESTED,
        acknowledge=False,
        kind=CaseKind.TRAINING,
    )
    section = desk.edition(opened).training.section
    partner = desk.partner_of(opened)
    if desk.standing(partner) is not Standing.AUTHORISED:
        questions.refuse(desk, opened, "2", section)
        return
    desk.write(opened, "training-requested", section=section, facts={"training": _facts(desk, opened)})


# -- invitations ------------------------------------------------------------------------


def _starts(desk: Desk, case: Case, on: date) -> datetime:
    zone = desk.outside.calendar.zone
    return datetime.combine(on, desk.edition(case).training.starts, tzinfo=zone)


def _facts(desk: Desk, case: Case) -> Facts:
    """A training for a letter. `terms`: `free`, `discounted` or `paid`; `days` of a course, `minutes` of a webinar."""
    data, edition = case.request(), desk.edition(case)
    partner = desk.partner_of(case)
    tier = partner.partner().tier if partner else Tier.WHITE
    technical = data.topic == TECHNICAL
    return {
        "number": case.number,
        "topic": data.topic,
        "starts_at": moment(_starts(desk, case, data.planned_on)) if data.planned_on else "",
        "held_until": day(data.held_until),
        "minutes": "" if technical else edition.training.sales_minutes,
        "days": edition.training.technical_days if technical else "",
        "terms": course_terms(tier, edition) if technical else "free",
    }


def _calendar(desk: Desk, case: Case, method: str) -> Facts:
    """The calendar entry that goes with a letter: one identity for ever, a sequence that rises with every change."""
    data, edition = case.request(), desk.edition(case)
    if data.planned_on is None:
        raise ValueError(f"{case.number} has no date")
    starts = _starts(desk, case, data.planned_on)
    if data.topic == TECHNICAL:
        last = desk.outside.calendar.add_business_days(data.planned_on, edition.training.technical_days - 1)
        ends = datetime.combine(last, edition.deadlines.closes, tzinfo=desk.outside.calendar.zone)
    else:
        ends = starts + timedelta(minutes=edition.training.sales_minutes)
    return {
        "uid": f"{case.number.lower()}@{desk.outside.mailbox.rpartition('@')[2]}",
        "sequence": data.sequence,
        "method": method,
        "starts": starts.astimezone(UTC).isoformat(),
        "ends": ends.astimezone(UTC).isoformat(),
        "summary": desk.outside.wording.term(f"course-{data.topic}"),
    }


def _invite(desk: Desk, case: Case, *, moved: bool) -> None:
    data = case.request()
    data.invited = True
    facts = {"training": _facts(desk, case), "invitation": _calendar(desk, case, "REQUEST"), "moved": moved}
    section = desk.edition(case).training.section
    desk.write(case, "training-invitation", section=section, facts=facts, distinct=f"{data.sequence} {data.planned_on}")
    _plan(desk, case)


def cancel(desk: Desk, case: Case) -> None:
    """An invitation that still lies ahead is taken back."""
    data = case.request()
    desk.tx.cancel_mail(case.number, _LETTERS)
    if not data.invited or data.planned_on is None or data.planned_on < desk.outside.calendar.local_date(desk.now):
        return
    data.sequence += 1
    data.invited = False
    facts = {"training": _facts(desk, case), "invitation": _calendar(desk, case, "CANCEL")}
    section = desk.edition(case).training.section
    desk.write(case, "training-cancelled", section=section, facts=facts, distinct=f"{data.sequence} {data.planned_on}")


def withdraw(desk: Desk, partner: Case) -> None:
    """The partner is de-authorised: its trainings are called off."""
    for line in desk.tx.cases_of_kind(CaseKind.TRAINING, partner.partner_inn):
        if line.state == RequestState.OPEN:
            cancel(desk, line)
            line.state = RequestState.CLOSED
            line.question, line.wakes_at = None, None
            desk.record(line, "training", "close", "rules")


# -- what falls due ---------------------------------------------------------------------------


def agenda(desk: Desk, case: Case) -> list[tuple[datetime, str]]:
    """Reminders not yet sent, and the day after, when staff mark attendance: (moment, mark)."""
    data = case.request()
    if data.planned_on is None or case.state != RequestState.OPEN:
        return []
    calendar = desk.outside.calendar
    steps = [
        (calendar.at_opening(on), f"reminder:{on}")
        for on in reminder_days(data.planned_on, desk.edition(case))
        if data.invited and calendar.at_opening(on) > case.submitted_at
    ]
    steps.append((calendar.at_opening(data.planned_on + timedelta(days=1)), f"attendance:{data.planned_on}"))
    return sorted(step for step in steps if step[1] not in data.done)


def _plan(desk: Desk, case: Case) -> None:
    ahead = [at for at, _ in agenda(desk, case)]
    if _awaits_answer(case):
        ahead += sla.moments(desk, case)
    case.wakes_at = min((at for at in ahead if at > desk.now), default=None)
    desk.tx.save(case)


def _awaits_answer(case: Case) -> bool:
    """Does the partner wait for staff's answer to its request? What staff are asked later is no matter of the deadline."""
    return case.state == RequestState.OPEN and case.question is not None and case.question.code == _REQUESTED


def review(desk: Desk, case: Case) -> None:
    """A training that is due to be looked at: reminders, attendance, a request that waits for staff."""
    data = case.request()
    if _awaits_answer(case):
        sla.advance(desk, case)
    due = [mark for at, mark in agenda(desk, case) if at <= desk.now]
    data.done = [*data.done, *due]
    if due and due[-1].startswith("reminder:"):
        section = desk.edition(case).training.section
        facts = {"training": _facts(desk, case)}
        desk.write(case, "training-reminder", section=section, facts=facts, distinct=due[-1])
    elif due:
        desk.ask_staff(case, "training-attendance", None, date=day(data.planned_on))
    _plan(desk, case)


# -- staff's word -----------------------------------------------------------------------


def hear(desk: Desk, case: Case, word: StaffWord) -> None:
    """Date, attendance, certificate; `Одобрить`, `Отказать`, `Закрыть`. Raises Impossible."""
    if word.kind is WordKind.FIELD:
        fields = {"held_on": _hear_date, "attended": _hear_attended, "certificate": _hear_certificate}
        if word.column in fields:
            fields[word.column](desk, case, word)
        return
    states: Mapping[str, RequestState] = {
        "approve": RequestState.APPROVED,
        "refuse": RequestState.REFUSED,
        "close": RequestState.CLOSED,
    }
    state = states.get(word.value) or next((each for each in RequestState if each == word.value), None)
    if state is None or state is RequestState.OPEN:
        raise Impossible("word-unknown")
    if case.state != RequestState.OPEN:
        raise Impossible("already-decided")
    if state is RequestState.PASSED:
        _attended(desk, case, True)
    elif state is RequestState.APPROVED:
        _agree(desk, case)
    else:
        cancel(desk, case)
        questions.settle(desk, case, state, tell=case.request().topic == TECHNICAL)


def _agree(desk: Desk, case: Case) -> None:
    """A course is agreed on: the line stays open until it was attended."""
    if case.request().topic != TECHNICAL or not _awaits_answer(case):
        raise Impossible("no-question")
    case.question = None
    case.decided_at = desk.now
    desk.record(case, "training", "approve", "staff")
    rows = desk.answer(case, Answer.ACCEPTED)
    facts = {"subject": case.request().subject, "outcome": "approved"}
    desk.write(case, "question-answered", section=desk.edition(case).training.section, facts=facts, answers=rows)
    _plan(desk, case)


def _hear_date(desk: Desk, case: Case, word: StaffWord) -> None:
    """A day to come is an invitation, or a change of one; a past day says when it was held."""
    data = case.request()
    data.held_on = word.new
    desk.tx.save(case)
    if not word.new.strip() or case.state not in (RequestState.OPEN, RequestState.APPROVED):
        return
    try:
        on = date.fromisoformat(word.value[:10])
    except ValueError as error:
        raise Impossible("not-a-date", value=word.new) from error
    if on < desk.outside.calendar.local_date(desk.now) or (on == data.planned_on and data.invited):
        return
    moved = data.invited
    data.sequence += 1 if data.sequence or moved else 0
    data.planned_on = on
    if case.question is not None:
        case.question = None
        desk.answer(case, Answer.ACCEPTED)
    desk.tx.cancel_mail(case.number, _LETTERS)
    desk.record(case, "training", "date", "staff", facts={"planned_on": day(on), "sequence": data.sequence})
    _invite(desk, case, moved=moved)


def _hear_certificate(desk: Desk, case: Case, word: StaffWord) -> None:
    data = case.request()
    data.certificate = word.new.strip()
    desk.record(case, "certificate", "set", "staff", facts={"certificate": word.new})
    if data.certificate and case.state == RequestState.PASSED:
        _write_passed(desk, case)


def _write_passed(desk: Desk, case: Case) -> None:
    """The partner learns that the training counts, and of the certificate; one not yet sent is overtaken by this."""
    desk.tx.cancel_mail(case.number, _PASSED)
    certificate = case.request().certificate
    facts = {"training": _facts(desk, case), "certificate": certificate}
    distinct = f"{certificate} {moment(desk.now)}"
    desk.write(case, "training-passed", section=desk.edition(case).training.section, facts=facts, distinct=distinct)


def _hear_attended(desk: Desk, case: Case, word: StaffWord) -> None:
    if word.value not in ("yes", "no", ""):
        raise Impossible("word-unknown")
    _attended(desk, case, word.value == "yes")


def _attended(desk: Desk, case: Case, attended: bool) -> None:
    """Attendance feeds the tiers; a missed training needs a new date, one that was called off or refused does not."""
    data = case.request()
    passed = case.state == RequestState.PASSED
    data.attended = attended
    if not attended and case.state in (RequestState.CLOSED, RequestState.REFUSED):
        desk.tx.save(case)
        return
    case.state = RequestState.PASSED if attended else RequestState.OPEN
    case.question = None
    desk.record(case, "training", "passed" if attended else "open", "staff")
    if attended and not passed:
        _write_passed(desk, case)
    elif not attended:
        desk.tx.cancel_mail(case.number, _PASSED)
        desk.ask_staff(case, "training-missed")
    _plan(desk, case)
    partner = desk.tx.partner(case.partner_inn)
    if partner is not None:
        tiers.review_partner(desk, partner, quarterly=False)
