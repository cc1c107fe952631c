"""Pilots: licence, key, end, report («Тестовые лицензии для пилотов»). The partner is written to, never the customer."""

from __future__ import annotations

from collections.abc import Mapping

from cases import errands, questions, sla
from cases.desk import Desk, Impossible
from cases.letters import day, pilot_facts
from cases.model import (
    Answer,
    Case,
    CaseKind,
    ErrandState,
    Facts,
    FormRow,
    LicenceData,
    StaffWord,
    Submission,
    WordKind,
)
from cases.partners import write_unknown
from cases.requests import PilotReport, PilotRequest, parse_pilot, parse_pilot_report
from rules.authorisation import Standing
from rules.decision import Decision, Outcome, Problem
from rules.pilots import PilotFacts, PilotStep, PilotTerm, PilotTimed, pilot, pilot_agenda, pilot_due, pilot_term

REPORT_TOPIC = "pilot-report"
OUT = (ErrandState.RUNNING, ErrandState.REPORT_DUE, ErrandState.OVERDUE)
_LETTERS = ("pilot-ending", "pilot-report-due")
_LONGEST = 366
"""Days of a pilot at most."""


def take(desk: Desk, row: FormRow, submission: Submission) -> None:
    """A request: a new case, or the data that another one lacks."""
    edition = desk.edition_at(submission.received_at)
    request, problems = parse_pilot(desk.understood(row.answers), desk.outside.tabs.prices, edition)
    for case in errands.unfinished(desk, CaseKind.PILOT, request.partner_inn, submission.address):
        if case.customer_inn == request.customer_inn or any(problem.field == "customer_inn" for problem in case.problems):
            errands.joined(desk, case, row, submission)
            _refill(desk, case, request, problems, submission)
            return
    case = errands.opened(desk, CaseKind.PILOT, LicenceData(), submission, row.labels, request.partner_inn)
    _fill(desk, case, request, problems, submission)
    desk.tx.save(case)


def complete(desk: Desk, case: Case, answers: Mapping[str, str], submission: Submission) -> None:
    """Asked-for data came by reply or by an edit of the form row."""
    request, problems = parse_pilot(desk.understood(answers), desk.outside.tabs.prices, desk.edition(case))
    _refill(desk, case, request, problems, submission)


def _refill(desk: Desk, case: Case, request: PilotRequest, problems: tuple[Problem, ...], submission: Submission) -> None:
    _fill(desk, case, request, problems, submission)
    errands.completed(desk, case, submission)


def _fill(desk: Desk, case: Case, request: PilotRequest, problems: tuple[Problem, ...], submission: Submission) -> None:
    data = case.licence()
    case.partner_inn, case.customer_inn = request.partner_inn, request.customer_inn
    data.partner_name = desk.partner_name(request.partner_inn)
    data.customer, data.comment = request.customer, request.comment
    data.products = [product.name for product in request.products]
    data.product_keys = [product.key for product in request.products]
    data.licences, data.asked_days = request.licences, request.term_days
    errands.placed(case, problems, submission)
    for note in request.remarks:
        desk.remark(case, note.code, field=note.field, **note.facts)


# -- review ---------------------------------------------------------------------------


def facts_of(desk: Desk, case: Case) -> PilotFacts:
    """Everything the rule looks at, as it stands now."""
    partner = desk.partner_of(case)
    return PilotFacts(
        problems=tuple(case.problems),
        standing=desk.standing(partner),
        sender_known=desk.speaks_for(case.sender, partner),
        asked_days=case.licence().asked_days,
        overdue=_overdue(desk, case),
        needs_data_overdue=errands.needs_data_overdue(desk, case),
        deadline_passed=errands.deadline_passed(desk, case),
    )


def _overdue(desk: Desk, case: Case) -> tuple[str, ...]:
    """The partner's pilots whose report is overdue today."""
    today = desk.outside.calendar.local_date(desk.now)
    found = []
    for other in desk.tx.cases_of_kind(CaseKind.PILOT, case.partner_inn) if case.partner_inn else ():
        due = other.licence().report_due_on
        if other.state in OUT and due is not None and due < today:
            found.append(other.number)
    return tuple(found)


def recorded_facts(facts: PilotFacts, case: Case) -> Facts:
    """The facts of a review as they are kept with the decision."""
    data = case.licence()
    return {
        "partner_inn": case.partner_inn,
        "customer_inn": case.customer_inn,
        "standing": facts.standing.value,
        "sender_known": facts.sender_known,
        "products": list(data.products),
        "licences": data.licences,
        "asked_days": facts.asked_days,
        "overdue": list(facts.overdue),
        "problems": [{"field": problem.field, "code": problem.code} for problem in facts.problems],
    }


def review(desk: Desk, case: Case) -> None:
    """A pilot that is due to be looked at: undecided, waiting for its key, or on its way."""
    if case.state in OUT:
        _advance(desk, case)
        return
    if case.state == ErrandState.APPROVED:
        if case.licence().key and not _obstacle(desk, case):
            _start(desk, case, [])
        else:
            sla.advance(desk, case)
        return
    if case.state not in errands.UNDECIDED:
        case.wakes_at = None
        desk.tx.save(case)
        return
    edition = desk.edition(case)
    section = edition.pilots.section
    if errands.without_prices(desk, case, section):
        return
    if (form := errands.form_of(desk, case)) is not None:
        _fill(desk, case, *parse_pilot(desk.understood(form.raw["answers"]), desk.outside.tabs.prices, edition), form)
    facts = facts_of(desk, case)
    decision = pilot(facts, edition)
    recorded = recorded_facts(facts, case)
    if decision.outcome is Outcome.ASK:
        errands.ask(desk, case, decision, section, recorded)
    elif decision.outcome is Outcome.REFER:
        errands.refer(desk, case, decision, section, recorded)
    elif decision.outcome is Outcome.REJECT:
        reasons = desk.reason_texts(decision.reasons, edition)
        errands.refuse(desk, case, "rules", reasons, section, "pilot-refused", _letter(case), decision, recorded)
    else:
        days = case.licence().term_days or int(decision.terms["days"])  # staff's term, if they wrote one down meanwhile
        _accept(desk, case, "rules", days, decision, recorded)


def _letter(case: Case, **more: object) -> dict[str, object]:
    return {"pilot": pilot_facts(case), **more}


def _accept(desk: Desk, case: Case, by: str, days: int, decision: Decision | None = None, facts: Facts | None = None) -> None:
    """Accepted: from here on staff's key is awaited; one that stands in the row already starts it."""
    data = case.licence()
    data.term_days = days
    case.state = ErrandState.APPROVED
    case.reason_text = ""
    errands.settled(desk, case)
    desk.record(case, "pilot", "approve", by, (), decision, {**(facts or {}), "days": days})
    rows = desk.answer(case, Answer.ACCEPTED)
    if data.key:
        _start(desk, case, rows)
        return
    section = desk.edition(case).pilots.section
    desk.write(case, "pilot-accepted", section=section, facts=_letter(case), answers=rows)
    errands.await_key(desk, case)


def _obstacle(desk: Desk, case: Case) -> str:
    """Why a key may not go out now, as a code of a remark."""
    return "" if desk.standing(desk.partner_of(case)) is Standing.AUTHORISED else "not-authorised"


def _start(desk: Desk, case: Case, rows: list[Submission]) -> None:
    """Day 0: the key is sent."""
    data = case.licence()
    desk.lift_remark(case, "key-waits")
    data.started_on = desk.outside.calendar.local_date(desk.now)
    data.done = []
    _set_term(desk, case)
    case.state = ErrandState.RUNNING
    case.question = None
    desk.journal(case, "key-sent")
    desk.record(case, "pilot-start", "start", "staff", facts={"started_on": day(data.started_on), "ends_on": day(data.ends_on)})
    _write_started(desk, case, rows)
    _plan(desk, case)


def _write_started(desk: Desk, case: Case, rows: list[Submission]) -> None:
    section = desk.edition(case).pilots.section
    letter = {"pilot": pilot_facts(case) | {"key": case.licence().key}}
    desk.write(case, "pilot-started", section=section, facts=letter, answers=rows)


def _set_term(desk: Desk, case: Case) -> None:
    data = case.licence()
    if data.started_on is None or data.term_days is None:
        raise ValueError(f"{case.number} has no term")
    term = pilot_term(data.started_on, data.term_days, desk.edition(case))
    data.ends_on, data.report_due_on = term.ends_on, term.report_due_on


# -- on its way ---------------------------------------------------------------------------


def agenda(desk: Desk, case: Case) -> tuple[PilotTimed, ...]:
    """What falls due on a running pilot."""
    data = case.licence()
    if data.started_on is None or data.ends_on is None or data.report_due_on is None:
        return ()
    term = PilotTerm(data.started_on, data.ends_on, data.report_due_on)
    return pilot_agenda(term, frozenset(data.done), desk.edition(case), desk.outside.calendar)


def _plan(desk: Desk, case: Case) -> None:
    case.wakes_at = min((step.at for step in agenda(desk, case)), default=None)
    desk.tx.save(case)


def _advance(desk: Desk, case: Case) -> None:
    """Take the steps that are due; after an outage only the latest letter."""
    taken, skipped = pilot_due(agenda(desk, case), desk.now)
    data = case.licence()
    data.done = [*data.done, *skipped, *(step.mark for step in taken)]
    for step in taken:
        _take(desk, case, step)
    _plan(desk, case)


def _take(desk: Desk, case: Case, step: PilotTimed) -> None:
    data, section = case.licence(), desk.edition(case).pilots.section
    today = desk.outside.calendar.local_date(desk.now)
    match step.step:
        case PilotStep.ENDED:
            case.state = ErrandState.REPORT_DUE
            desk.record(case, "pilot-end", "end", "time")
            desk.journal(case, "pilot-ended")
        case PilotStep.ENDING:
            left = max((data.ends_on - today).days, 0) if data.ends_on else 0
            desk.write(case, "pilot-ending", section=section, facts=_letter(case, days=left), distinct=step.mark)
        case PilotStep.REPORT_REMINDER:
            desk.write(case, "pilot-report-due", section=section, facts=_letter(case, overdue=False), distinct=step.mark)
        case PilotStep.OVERDUE:
            case.state = ErrandState.OVERDUE
            desk.record(case, "pilot-report", "overdue", "time")
            desk.ask_staff(case, "pilot-report-overdue", None, date=day(data.report_due_on))
            desk.attention("pilot-report-overdue", "", case, case.question.text if case.question else "")
            desk.write(case, "pilot-report-due", section=section, facts=_letter(case, overdue=True), distinct=step.mark)


# -- the report ---------------------------------------------------------------------------


def take_report(desk: Desk, row: FormRow, submission: Submission) -> None:
    """A report, matched to its pilot by number. A stranger's, or one that cannot be matched, waits for staff."""
    report, problems = parse_pilot_report(row.answers, desk.edition_at(submission.received_at).pilots.section)
    case = desk.tx.case(report.pilot) if report.pilot else None
    submission.raw["apart"] = True
    known = case is not None and desk.speaks_for(submission.address, desk.partner_of(case))
    if case is not None and known and not problems and _can_report(case):
        submission.number = case.number
        submission.answer = Answer.ACCEPTED
        desk.tx.add_submission(submission)
        _report(desk, case, report, "partner", [submission])
        return
    stranger = case is not None and not known
    opened = questions.open_question(
        desk,
        submission,
        topic=REPORT_TOPIC,
        subject=desk.outside.wording.term("pilot-report"),
        text=desk.told(row),
        partner_inn=case.partner_inn if case else "",
        about=case.number if case else report.pilot,
        code="pilot-report-from-stranger" if stranger else "pilot-report",
        facts={"result": report.result, "feedback": report.feedback, "intent": report.intent},
        acknowledge=not stranger,
    )
    why = "; ".join(line.text for line in desk.asked(opened, problems))
    if stranger:
        write_unknown(desk, opened, submission)
    else:
        text = why or desk.outside.wording.remark("pilot-not-started" if case else "pilot-unknown")
        desk.remark(opened, "report-unreadable", why=text)
        submission.answer = Answer.NEEDS_DATA if problems else Answer.PENDING
        submission.answer_text = text
    desk.tx.save_submission(submission)


def _can_report(case: Case) -> bool:
    return case.kind is CaseKind.PILOT and case.licence().started_on is not None


def apply_recorded(desk: Desk, question: Case) -> bool:
    """Staff approved a report that waited for them. False when it fits no pilot."""
    case = desk.tx.case(question.request().about)
    if case is None or not _can_report(case):
        return False
    facts = question.request().facts
    report = PilotReport(case.number, str(facts["result"]), str(facts["feedback"]), str(facts["intent"]))
    _report(desk, case, report, "staff", [])
    return True


def _report(desk: Desk, case: Case, report: PilotReport, by: str, answers: list[Submission]) -> None:
    """The report came: the pilot is closed, and its partner may ask for new ones."""
    data = case.licence()
    data.result, data.feedback, data.intent = report.result, report.feedback, report.intent
    data.reported_at = desk.now
    case.state = ErrandState.CLOSED
    case.question, case.wakes_at = None, None
    desk.tx.cancel_mail(case.number, _LETTERS)
    desk.record(case, "pilot-report", "report", by, facts={"result": report.result, "intent": report.intent})
    desk.journal(case, "pilot-reported")
    section = desk.edition(case).pilots.section
    desk.write(case, "pilot-report-received", section=section, facts=_letter(case), answers=answers)
    desk.wake_undecided(case.partner_inn, CaseKind.PILOT)  # requests that waited because of this report


# -- staff's word -----------------------------------------------------------------------


def hear(desk: Desk, case: Case, word: StaffWord) -> None:
    """Key, term, `Одобрить`, `Отказать`, `Закрыть`, or the same by the cell `Состояние`. Raises Impossible."""
    section = desk.edition(case).pilots.section
    if word.kind is WordKind.FIELD:
        if word.column == "licence_key":
            _hear_key(desk, case, word.new.strip())
        elif word.column == "staff_term":
            _hear_term(desk, case, word.new)
        return
    match word.value:
        case "approve" | ErrandState.APPROVED:
            _approve(desk, case, word)
        case "refuse" | ErrandState.REFUSED:
            if case.state not in (*errands.UNDECIDED, ErrandState.APPROVED):
                raise Impossible("already-decided")
            errands.refuse(
                desk, case, "staff", errands.staff_reasons(desk, case, section), section, "pilot-refused", _letter(case)
            )
        case "close" | ErrandState.CLOSED:
            errands.close(desk, case, section)
            desk.tx.cancel_mail(case.number, _LETTERS)
            desk.wake_undecided(case.partner_inn, CaseKind.PILOT)
        case "":
            raise Impossible("word-unknown")
        case _:
            raise Impossible("state-impossible", value=word.new)


def _approve(desk: Desk, case: Case, word: StaffWord) -> None:
    """Accept by staff's word; their term stands, else the one asked for."""
    if case.state not in (*errands.UNDECIDED, ErrandState.REFUSED):
        raise Impossible("already-decided")
    data = case.licence()
    if not data.products or data.licences is None or not case.customer_inn:
        raise Impossible("data-missing")
    if desk.standing(desk.partner_of(case)) is not Standing.AUTHORISED:
        raise Impossible("not-authorised")
    if typed := word.beside.get("staff_term", "").strip():
        data.term_days = _days(typed)
    days = data.term_days or data.asked_days or desk.edition(case).pilots.standard_days
    if days > _LONGEST:  # as the partner asked
        raise Impossible("term-impossible", value=str(days), limit=str(_LONGEST))
    if key := word.beside.get("licence_key", "").strip():
        data.key = key
    _accept(desk, case, "staff", days, None, recorded_facts(facts_of(desk, case), case))


def _hear_key(desk: Desk, case: Case, key: str) -> None:
    """The key goes to the partner as soon as the pilot is accepted and the partner authorised; another key later is sent as a
    correction.
    """
    data = case.licence()
    if key == data.key or (not key and case.state not in (*errands.UNDECIDED, ErrandState.APPROVED)):
        return
    if case.state in (ErrandState.REFUSED, ErrandState.CLOSED):
        raise Impossible("already-decided")
    if case.state in OUT:
        data.key = key
        desk.journal(case, "key-sent")
        _write_started(desk, case, [])
        desk.tx.save(case)
        return
    obstacle = _obstacle(desk, case)
    errands.keep_key(desk, case, key, obstacle)
    if key and case.state == ErrandState.APPROVED and not obstacle:
        _start(desk, case, [])


def _hear_term(desk: Desk, case: Case, typed: str) -> None:
    """Staff's term: kept for the approval to come; of a running pilot it moves the end, and the partner is told."""
    data = case.licence()
    if case.state in (ErrandState.REFUSED, ErrandState.CLOSED):
        raise Impossible("already-decided")
    if not typed.strip():
        if case.state in errands.UNDECIDED:
            data.term_days = None
        desk.tx.save(case)
        return
    days = _days(typed)
    if days == data.term_days:
        return
    data.term_days = days
    if case.state in OUT:
        _set_term(desk, case)
        _stands_anew(desk, case)
        desk.tx.cancel_mail(case.number, _LETTERS)
        desk.record(case, "pilot-term", "set", "staff", facts={"days": days, "ends_on": day(data.ends_on)})
        _write_started(desk, case, [])
        _plan(desk, case)
    desk.tx.save(case)


def _stands_anew(desk: Desk, case: Case) -> None:
    """Under its new dates it runs again, or its report is due again; one that is overdue by them too has been told so."""
    data, today = case.licence(), desk.outside.calendar.local_date(desk.now)
    if data.ends_on is not None and data.ends_on >= today:
        case.state, case.question = ErrandState.RUNNING, None
    elif case.state == ErrandState.OVERDUE and data.report_due_on is not None:
        if data.report_due_on >= today:
            case.state, case.question = ErrandState.REPORT_DUE, None
        else:
            data.done = [*data.done, *(step.mark for step in agenda(desk, case) if step.at <= desk.now)]


def _days(typed: str) -> int:
    """A term in days as typed. Raises Impossible."""
    text = typed.replace("\u00a0", "").strip().removesuffix(".0").removesuffix(",0")
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST:
        raise Impossible("term-impossible", value=typed, limit=str(_LONGEST))
    return int(text)
