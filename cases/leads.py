"""Leads: staff write them down, partners get them in turn within the month's quotas («Партнерские статусы»)."""

from __future__ import annotations

from datetime import datetime

from cases.desk import Desk
from cases.letters import lead_facts
from cases.model import (
    Answer,
    Case,
    CaseKind,
    Facts,
    LeadData,
    LeadState,
    LeadTurn,
    PartnerState,
    StaffWord,
    Submission,
    TurnEnd,
    WordKind,
)
from cases.staff_lines import LeadLine
from rules.decision import Decision, Outcome
from rules.edition import Edition
from rules.leads import Candidate, LeadFacts, hand_out, month_of, quotas_open_again, reminder_at, take_up_by

SOURCE = "lead"
"""The source of submissions that are lines of `Лиды`; their key is the lead's number."""

_WITH_A_PARTNER = (LeadState.ASSIGNED, LeadState.WORKED)
_UNSENT = ("lead-assigned", "lead-reminder")


# -- from staff ----------------------------------------------------------------------------


def take(desk: Desk, line: LeadLine) -> Case:
    """A new line of `Лиды`: it gets its number, and is handed out in this very pass."""
    number = desk.tx.next_number(CaseKind.LEAD, desk.outside.calendar.local_date(desk.now).year)
    raw: Facts = {"lead": line.lead, "contact": line.contact, "region": line.region}
    submission = desk.tx.add_submission(
        Submission(source=SOURCE, key=number, received_at=desk.now, raw=raw, number=number, answer=Answer.ACCEPTED)
    )
    case = Case(
        number=number,
        kind=CaseKind.LEAD,
        state=LeadState.WAITING,
        edition=desk.edition_at(desk.now).name,
        submitted_at=desk.now,
        data=LeadData(lead=line.lead, contact=line.contact, region=line.region),
        place_at=desk.now,
        place_seq=submission.seq,
        wakes_at=desk.now,
    )
    desk.tx.add_case(case)
    desk.journal(case, "lead-received")
    return case


def hear(desk: Desk, case: Case, word: StaffWord) -> None:
    """What staff changed in the row. Its own cells are the lead itself; the system's are put back, a deleted row comes back."""
    if word.kind is not WordKind.FIELD:
        text = "lead-row-deleted" if word.kind is WordKind.ROW_DELETED else "lead-system-cell"
        told = desk.outside.wording.remark(text, column=word.column, value=word.new)
        desk.attention("lead-row", "", case, told)
        return
    data = case.lead()
    if word.column == "lead":
        data.lead = word.new.strip()
    elif word.column == "contact":
        data.contact = word.new.strip()
    elif word.column == "region":
        data.region = word.new.strip()
    data.changed = case.state in _WITH_A_PARTNER
    if data.lead or data.contact:
        desk.wake(case)
    else:  # at once: an answer that is read in this pass finds it gone
        _withdraw(desk, case)


# -- what falls due ------------------------------------------------------------------------


def review(desk: Desk, case: Case) -> None:
    """A lead that is due to be looked at: to be handed out, rewritten by staff, or unanswered."""
    data = case.lead()
    if case.state == LeadState.WITHDRAWN:
        case.state = LeadState.WAITING
    if data.lead and data.contact and data.changed:
        data.changed = False
        _write(desk, case, "lead-assigned", changed=True)
    if case.state == LeadState.ASSIGNED:
        _advance(desk, case)
    if case.state == LeadState.WAITING and data.lead and data.contact:  # come back just now, too: no later lead goes before it
        _hand_out(desk, case)
    elif case.state != LeadState.ASSIGNED:  # taken up; or half a line, which staff are told of with the other faults of the sheet
        _sleep(desk, case, None)


def _advance(desk: Desk, case: Case) -> None:
    """A partner has it and has not answered: reminded once, then the lead goes on. The days count from when it was told."""
    data, edition = case.lead(), desk.edition(case)
    calendar = desk.outside.calendar
    if data.take_up_by is None:
        raise ValueError(f"{case.number} is with nobody")
    if data.told_at is not None:
        data.take_up_by = max(data.take_up_by, take_up_by(data.told_at, edition, calendar))
    if desk.now >= data.take_up_by:
        _give_back(desk, case, TurnEnd.SILENT if data.told_at else TurnEnd.UNREACHED, "time")
        return
    remind = reminder_at(data.take_up_by, edition, calendar)
    if remind is not None and not data.reminded and desk.now >= remind:
        data.reminded = True
        _write(desk, case, "lead-reminder")
    ahead = remind if remind is not None and not data.reminded else data.take_up_by
    _sleep(desk, case, ahead)


def _sleep(desk: Desk, case: Case, until: datetime | None) -> None:
    """Until then, or nothing is due; what staff rewrote is told in this pass, whatever the partner wrote meanwhile."""
    data = case.lead()
    case.wakes_at = desk.now if data.changed and data.lead and data.contact else until
    desk.tx.save(case)


# -- handing out ---------------------------------------------------------------------------


def _hand_out(desk: Desk, case: Case) -> None:
    """Give it to the partner whose turn it is, under the edition of this day; the ledger's own slots have the last word."""
    today = desk.outside.calendar.local_date(desk.now)
    edition = desk.edition_at(desk.now)
    case.edition = edition.name
    refused: set[str] = set()
    while True:
        facts, recorded = _facts(desk, case, month_of(today), refused)
        decision = hand_out(facts, edition)
        if decision.outcome is not Outcome.APPROVE:
            _wait(desk, case, decision, recorded)
            return
        partner = desk.tx.partner(decision.terms["inn"])
        if partner is None:
            raise ValueError(f"{decision.terms['inn']} is no partner")
        quota = edition.figures(partner.partner().tier).leads_per_month
        if desk.tx.give_lead(case, partner.partner_inn, month_of(today), quota):
            _assign(desk, case, partner, edition, decision, recorded)
            return
        refused.add(partner.partner_inn)  # another worker gave it the last one meanwhile


def _facts(desk: Desk, case: Case, month: str, refused: set[str]) -> tuple[LeadFacts, Facts]:
    """Everything the rule looks at, as it stands now, and as it is kept with the decision."""
    given = desk.tx.leads_given(month)
    had = {turn.partner_inn for turn in case.lead().turns} | refused
    candidates = []
    for partner in desk.tx.cases_in_state(CaseKind.PARTNER, PartnerState.AUTHORISED):
        data = partner.partner()
        before = given.get(partner.partner_inn)
        candidates.append(
            Candidate(
                inn=partner.partner_inn,
                tier=data.tier,
                region=data.region,
                given=before.in_month if before else 0,
                last_given_at=before.last_at if before else None,
                authorised_at=data.authorised_at or partner.submitted_at,
                had=partner.partner_inn in had,
                reachable=bool(data.contacts or data.staff_contacts),
            )
        )
    recorded: Facts = {"region": case.lead().region, "month": month, "had_it": sorted(had), "partners": len(candidates)}
    return LeadFacts(case.lead().region, tuple(candidates)), recorded


def _assign(desk: Desk, case: Case, partner: Case, edition: Edition, decision: Decision, facts: Facts) -> None:
    data, calendar = case.lead(), desk.outside.calendar
    case.state = LeadState.ASSIGNED
    case.partner_inn = partner.partner_inn
    data.partner_name = partner.partner().name
    data.handed_at, data.told_at, data.reminded, data.waiting_told = desk.now, None, False, False
    data.take_up_by = take_up_by(desk.now, edition, calendar)
    data.turns.append(LeadTurn(partner.partner_inn, month_of(calendar.local_date(desk.now)), data.lead))
    desk.record(case, "lead", "approve", "rules", (), decision, {**facts, "given_to": partner.partner_inn})
    desk.journal(case, "lead-assigned", data.partner_name)
    _write(desk, case, "lead-assigned", changed=False)
    _sleep(desk, case, reminder_at(data.take_up_by, edition, calendar) or data.take_up_by)


def _wait(desk: Desk, case: Case, decision: Decision, facts: Facts) -> None:
    """Nobody can have it now: staff see that once, and it is looked at again when the quotas open."""
    calendar = desk.outside.calendar
    opens = quotas_open_again(calendar.local_date(desk.now))
    if not case.lead().waiting_told:
        case.lead().waiting_told = True
        reasons = desk.reason_texts(decision.reasons, desk.edition(case))
        desk.record(case, "lead", "refer", "rules", reasons, decision, facts)
        text = desk.outside.wording.remark(decision.reasons[0].code, date=opens.isoformat())
        desk.journal(case, "lead-waits", text)
        desk.attention("lead-waits", "", case, text)
    _sleep(desk, case, calendar.start_of(opens))


def wake_waiting(desk: Desk) -> None:
    """A partner's quota opened (a higher tier): leads that wait are looked at again."""
    for lead in desk.tx.cases_in_state(CaseKind.LEAD, LeadState.WAITING):
        desk.wake(lead)


# -- giving back ---------------------------------------------------------------------------


def _give_back(desk: Desk, case: Case, how: TurnEnd, by: str) -> None:
    """The partner has it no longer, and never gets it again; the next one is looked for at once."""
    data = case.lead()
    data.turns[-1].ended = how
    desk.tx.cancel_mail(case.number, _UNSENT)
    desk.record(case, "lead-return", how.value, by, facts={"partner_inn": case.partner_inn})
    desk.journal(case, f"lead-{how.value}", data.partner_name)
    if how is not TurnEnd.REFUSED and data.told_at is not None:
        _write_taken_back(desk, case, data.turns[-1])
    case.state, case.partner_inn = LeadState.WAITING, ""
    data.partner_name, data.handed_at, data.told_at, data.take_up_by, data.changed = "", None, None, None, False
    desk.wake(case)


def take_from(desk: Desk, partner: Case) -> None:
    """The authorisation ended: its leads that were not taken up go to others."""
    for lead in desk.tx.cases_of_kind(CaseKind.LEAD, partner.partner_inn):
        if lead.state == LeadState.ASSIGNED:
            _give_back(desk, lead, TurnEnd.DEAUTHORISED, "rules")


def _withdraw(desk: Desk, case: Case) -> None:
    """Staff emptied the row: nobody gets it any more."""
    if case.state in _WITH_A_PARTNER:
        _give_back(desk, case, TurnEnd.WITHDRAWN, "staff")
    elif case.state == LeadState.WAITING:
        desk.journal(case, "lead-withdrawn")
    if case.state != LeadState.WITHDRAWN:
        case.state = LeadState.WITHDRAWN
        desk.record(case, "lead", "withdraw", "staff")
    _sleep(desk, case, None)


# -- the partner's answer ------------------------------------------------------------------


def speaker(desk: Desk, case: Case, sender: str) -> Case | None:
    """The partner for whom the sender speaks, among those who have or had the lead, the latest first."""
    partners = (desk.tx.partner(turn.partner_inn) for turn in reversed(case.lead().turns))
    return next((partner for partner in partners if desk.speaks_for(sender, partner)), None)


def answer(desk: Desk, case: Case, partner: Case, action: str, sender: str, thread: tuple[str, ...]) -> bool:
    """`take` or `decline`, from a partner who has or had the lead. False: nothing that can be acted on."""
    if action not in ("take", "decline"):
        return False
    data = case.lead()
    if case.partner_inn != partner.partner_inn or case.state not in _WITH_A_PARTNER:
        had = next(turn for turn in reversed(data.turns) if turn.partner_inn == partner.partner_inn)
        _write_taken_back(desk, case, had, to=sender, thread=thread)
        return True
    if action == "take":
        if case.state == LeadState.ASSIGNED:
            case.state, data.take_up_by = LeadState.WORKED, None
            desk.tx.cancel_mail(case.number, _UNSENT)
            desk.record(case, "lead", "take", "partner")
            desk.journal(case, "lead-worked", data.partner_name)
            _sleep(desk, case, None)
        _write(desk, case, "lead-answered", to=sender, thread=thread, outcome="worked")
        return True
    _write(desk, case, "lead-answered", to=sender, thread=thread, outcome="refused")
    _give_back(desk, case, TurnEnd.REFUSED, "partner")
    return True


def heard(desk: Desk, case: Case, partner: Case) -> None:
    """It wrote something that people must read: who writes is not silent, so its days begin anew."""
    if case.state == LeadState.ASSIGNED and case.partner_inn == partner.partner_inn:
        data, edition = case.lead(), desk.edition(case)
        data.take_up_by = take_up_by(desk.now, edition, desk.outside.calendar)
        data.told_at, data.reminded = data.told_at or desk.now, False
        _sleep(desk, case, reminder_at(data.take_up_by, edition, desk.outside.calendar) or data.take_up_by)


def _write_taken_back(desk: Desk, case: Case, turn: LeadTurn, *, to: str | None = None, thread: tuple[str, ...] = ()) -> None:
    """Tells of the lead only what that partner was told of it."""
    facts = {"lead": {"number": case.number, "lead": turn.lead, "contact": "", "region": "", "take_up_by": ""}, "why": turn.ended}
    desk.write(case, "lead-taken-back", to=to, section=desk.edition(case).leads.section, facts=facts, thread=thread)


def _write(
    desk: Desk, case: Case, template: str, *, to: str | None = None, thread: tuple[str, ...] = (), **facts: object
) -> None:
    desk.write(
        case,
        template,
        to=to,
        section=desk.edition(case).leads.section,
        facts={"lead": lead_facts(case), **facts},
        thread=thread,
        warns="lead" if template == "lead-assigned" else "",
    )


def next_steps(case: Case) -> list[tuple[datetime, str]]:
    """What happens next, and when, for `explain`."""
    data = case.lead()
    if case.state == LeadState.ASSIGNED and data.take_up_by is not None:
        return [(data.take_up_by, "the partner's answer is due; without one the lead goes to the next partner")]
    if case.state == LeadState.WAITING and case.wakes_at is not None:
        return [(case.wakes_at, "handed out to the next partner with room in its quota")]
    return []
