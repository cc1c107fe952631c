"""NFR licences: the partner's own, by request, up to the longest term of its tier («Партнерские статусы»)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cases import errands, sla
from cases.desk import Desk, Impossible
from cases.letters import day, licence_facts
from cases.model import Answer, Case, CaseKind, ErrandState, Facts, LicenceData, StaffWord, Submission, WordKind
from rules.authorisation import Standing
from rules.calendar import add_months
from rules.decision import Decision, Outcome
from rules.edition import Tier
from rules.nfr import NfrFacts, nfr, nfr_end

_HELD = (ErrandState.APPROVED, ErrandState.RUNNING)


def take(desk: Desk, submission: Submission, labels: Mapping[str, str], partner_inn: str, text: str) -> None:
    """A request by form."""
    case = errands.opened(desk, CaseKind.NFR, LicenceData(comment=text), submission, labels, partner_inn)
    errands.placed(case, (), submission)
    desk.tx.save(case)


def _tier(desk: Desk, case: Case) -> Tier:
    partner = desk.partner_of(case)
    return partner.partner().tier if partner else Tier.WHITE


def facts_of(desk: Desk, case: Case) -> NfrFacts:
    """Everything the rule looks at, as it stands now."""
    partner = desk.partner_of(case)
    others = desk.tx.cases_of_kind(CaseKind.NFR, case.partner_inn) if case.partner_inn else []
    return NfrFacts(
        standing=desk.standing(partner),
        tier=_tier(desk, case),
        sender_known=desk.speaks_for(case.sender, partner),
        running=tuple(other.number for other in others if other.number != case.number and other.state in _HELD),
        deadline_passed=errands.deadline_passed(desk, case),
    )


def recorded_facts(facts: NfrFacts, case: Case) -> Facts:
    """The facts of a review as they are kept with the decision."""
    return {
        "partner_inn": case.partner_inn,
        "standing": facts.standing.value,
        "tier": facts.tier.value,
        "sender_known": facts.sender_known,
        "running": list(facts.running),
    }


def review(desk: Desk, case: Case) -> None:
    """An NFR licence that is due to be looked at: undecided, waiting for its key, or out."""
    if case.state == ErrandState.RUNNING:
        _advance(desk, case)
        return
    if case.state == ErrandState.APPROVED:
        if case.licence().key and not _obstacle(desk, case):
            _issue(desk, case, [])
        else:
            sla.advance(desk, case)
        return
    if case.state not in errands.UNDECIDED:
        case.wakes_at = None
        desk.tx.save(case)
        return
    edition = desk.edition(case)
    section = edition.nfr.section
    facts = facts_of(desk, case)
    decision = nfr(facts, edition)
    recorded = recorded_facts(facts, case)
    if decision.outcome is Outcome.REFER:
        errands.refer(desk, case, decision, section, recorded)
    elif decision.outcome is Outcome.REJECT:
        reasons = desk.reason_texts(decision.reasons, edition)
        errands.refuse(desk, case, "rules", reasons, section, "nfr-refused", _letter(case), decision, recorded)
    else:
        _accept(desk, case, "rules", decision, recorded)


def _letter(case: Case, **more: object) -> dict[str, object]:
    return {"licence": licence_facts(case), **more}


def _accept(desk: Desk, case: Case, by: str, decision: Decision | None = None, facts: Facts | None = None) -> None:
    case.state = ErrandState.APPROVED
    case.reason_text = ""
    errands.settled(desk, case)
    desk.record(case, "nfr", "approve", by, (), decision, facts)
    rows = desk.answer(case, Answer.ACCEPTED)
    if case.licence().key:
        _issue(desk, case, rows)
        return
    desk.write(case, "nfr-accepted", section=desk.edition(case).nfr.section, facts=_letter(case), answers=rows)
    errands.await_key(desk, case)


def _obstacle(desk: Desk, case: Case) -> str:
    """Why a licence may not be given now, as a code of a remark."""
    if desk.standing(desk.partner_of(case)) is not Standing.AUTHORISED:
        return "not-authorised"
    return "tier-without-nfr" if desk.edition(case).figures(_tier(desk, case)).nfr_months == 0 else ""


def _issue(desk: Desk, case: Case, rows: list[Submission]) -> None:
    """The key is sent; the term runs from today."""
    data = case.licence()
    desk.lift_remark(case, "key-waits")
    today = desk.outside.calendar.local_date(desk.now)
    months = desk.edition(case).figures(_tier(desk, case)).nfr_months
    data.started_on, data.done = today, []
    data.ends_on = add_months(today, months) if months else None
    case.state = ErrandState.RUNNING
    case.question = None
    desk.journal(case, "key-sent")
    desk.record(case, "nfr-issue", "start", "staff", facts={"started_on": day(today), "ends_on": day(data.ends_on)})
    _write_issued(desk, case, rows)
    _plan(desk, case)


def _write_issued(desk: Desk, case: Case, rows: list[Submission]) -> None:
    letter = {"licence": licence_facts(case) | {"key": case.licence().key}}
    desk.write(case, "nfr-issued", section=desk.edition(case).nfr.section, facts=letter, answers=rows)


# -- while it runs --------------------------------------------------------------------------


def agenda(desk: Desk, case: Case) -> list[tuple[datetime, str]]:
    """Reminders not yet sent, and the end, by time: (moment, mark)."""
    data = case.licence()
    if data.ends_on is None or data.started_on is None:
        return []
    calendar = desk.outside.calendar
    steps = [
        (calendar.at_opening(on), f"ending-{days}:{data.ends_on}")
        for days in desk.edition(case).nfr.reminder_days
        if (on := data.ends_on - timedelta(days=days)) > data.started_on
    ]
    steps.append((calendar.start_of(data.ends_on + timedelta(days=1)), f"ended:{data.ends_on}"))
    return sorted(step for step in steps if step[1] not in data.done)


def _plan(desk: Desk, case: Case) -> None:
    case.wakes_at = min((at for at, _ in agenda(desk, case)), default=None)
    desk.tx.save(case)


def _advance(desk: Desk, case: Case) -> None:
    """What the tier of today leaves of the term; then the reminders and the end."""
    data, edition = case.licence(), desk.edition(case)
    today = desk.outside.calendar.local_date(desk.now)
    authorised = desk.standing(desk.partner_of(case)) is Standing.AUTHORISED
    tier = _tier(desk, case)
    if data.started_on is not None:
        end = nfr_end(data.started_on, data.ends_on, tier, authorised, today, edition)
        if not authorised or edition.figures(tier).nfr_months == 0:
            data.ends_on = end
            _end(desk, case, "tier")
            return
        if end != data.ends_on:
            data.ends_on = end
            desk.record(case, "nfr-term", "shorten", "rules", facts={"tier": tier.value, "ends_on": day(end)})
            _remind(desk, case, f"shortened:{end}")
    due = [mark for at, mark in agenda(desk, case) if at <= desk.now]
    data.done = [*data.done, *due]
    if due and due[-1].startswith("ended:"):
        _end(desk, case, "term")
        return
    if due:
        _remind(desk, case, due[-1])
    _plan(desk, case)


def _remind(desk: Desk, case: Case, mark: str) -> None:
    desk.write(case, "nfr-ending", section=desk.edition(case).nfr.section, facts=_letter(case), distinct=mark)


def _end(desk: Desk, case: Case, why: str) -> None:
    """Over: with its term, or with the tier that gave it."""
    case.state = ErrandState.CLOSED
    case.question, case.wakes_at = None, None
    desk.tx.cancel_mail(case.number, ("nfr-ending",))
    desk.record(case, "nfr-end", "end", "time", facts={"why": why, "ends_on": day(case.licence().ends_on)})
    desk.journal(case, "nfr-ended")
    desk.write(case, "nfr-ended", section=desk.edition(case).nfr.section, facts=_letter(case, why=why))


# -- staff's word -----------------------------------------------------------------------


def hear(desk: Desk, case: Case, word: StaffWord) -> None:
    """Key, `Одобрить`, `Отказать`, `Закрыть`, or the same by the cell `Состояние`. Raises Impossible."""
    section = desk.edition(case).nfr.section
    if word.kind is WordKind.FIELD:
        if word.column == "licence_key":
            _hear_key(desk, case, word.new.strip())
        return
    match word.value:
        case "approve" | ErrandState.APPROVED:
            if case.state not in (*errands.UNDECIDED, ErrandState.REFUSED):
                raise Impossible("already-decided")
            if obstacle := _obstacle(desk, case):
                raise Impossible(obstacle)
            if key := word.beside.get("licence_key", "").strip():
                case.licence().key = key
            _accept(desk, case, "staff", None, recorded_facts(facts_of(desk, case), case))
        case "refuse" | ErrandState.REFUSED:
            if case.state not in (*errands.UNDECIDED, ErrandState.APPROVED):
                raise Impossible("already-decided")
            errands.refuse(desk, case, "staff", errands.staff_reasons(desk, case, section), section, "nfr-refused", _letter(case))
        case "close" | ErrandState.CLOSED:
            errands.close(desk, case, section)
            desk.tx.cancel_mail(case.number, ("nfr-ending",))
        case "":
            raise Impossible("word-unknown")
        case _:
            raise Impossible("state-impossible", value=word.new)


def _hear_key(desk: Desk, case: Case, key: str) -> None:
    """As a pilot's: it goes when the request is accepted and nothing stands in its way; another one later is a correction."""
    data = case.licence()
    if key == data.key or (not key and case.state not in (*errands.UNDECIDED, ErrandState.APPROVED)):
        return
    if case.state in (ErrandState.REFUSED, ErrandState.CLOSED):
        raise Impossible("already-decided")
    if case.state == ErrandState.RUNNING:
        data.key = key
        desk.journal(case, "key-sent")
        _write_issued(desk, case, [])
        desk.tx.save(case)
        return
    obstacle = _obstacle(desk, case)
    errands.keep_key(desk, case, key, obstacle)
    if key and case.state == ErrandState.APPROVED and not obstacle:
        _issue(desk, case, [])
