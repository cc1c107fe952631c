"""A registered deal on its way: reports, re-confirmations, extension, reminders, expiry, closing («Регистрация сделки»)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cases import waiting
from cases.desk import Desk
from cases.letters import day, deal_facts
from cases.model import Answer, Case, DealState, Echo, Facts, ReasonText, SaleStatus, Submission
from rules.clock import DealClock, Step, Term, Timed, agenda, due_now, extended, report_due, wakes_at
from rules.deals import ExtensionFacts, extend
from rules.decision import Outcome
from rules.edition import Tier

_UNDECIDED = (DealState.PENDING, DealState.NEEDS_DATA)
FINAL_ACTIONS = {"won": DealState.WON, "lost": DealState.LOST, "withdraw": DealState.WITHDRAWN}


def clock(desk: Desk, case: Case) -> DealClock:
    """The dates of a registered deal. Raises ValueError when it never was registered."""
    data = case.deal()
    if (
        data.ends is None
        or data.valid_until is None
        or data.reported_on is None
        or data.confirmed_on is None
        or data.registered_at is None
    ):
        raise ValueError(f"{case.number} is not registered")
    return DealClock(
        registered_on=desk.outside.calendar.local_date(data.registered_at),
        term=Term(data.ends, data.valid_until),
        reported_on=data.reported_on,
        confirmed_on=data.confirmed_on,
        report_warned_on=data.report_warned_on,
        confirm_warned_on=data.confirm_warned_on,
        done=frozenset(data.done),
    )


def plan_clock(desk: Desk, case: Case) -> None:
    """Set when a registered deal wakes next: at once, if something else fell due on it before the partner's or staff's word."""
    case.wakes_at = wakes_at(agenda(clock(desk, case), desk.edition(case), desk.outside.calendar))
    desk.tx.save(case)


def next_report(desk: Desk, case: Case) -> date | None:
    """The day by which the next status report is owed; None unless registered."""
    return report_due(clock(desk, case), desk.edition(case)) if case.state == DealState.REGISTERED else None


def extensions_left(desk: Desk, case: Case) -> int:
    """How many extensions the partner's present tier still allows."""
    partner = desk.partner_of(case)
    tier = partner.partner().tier if partner else Tier.WHITE
    return max(desk.edition(case).figures(tier).extensions - case.deal().extensions, 0)


def shown(desk: Desk, case: Case) -> Facts:
    """The deal as letters tell it."""
    return deal_facts(case, next_report(desk, case), extensions_left(desk, case))


# -- what falls due -----------------------------------------------------------------------


def advance(desk: Desk, case: Case) -> None:
    """Take the steps that are due; after an outage only the latest reminder of each kind."""
    steps = agenda(clock(desk, case), desk.edition(case), desk.outside.calendar)
    taken, skipped = due_now(steps, desk.now)
    data = case.deal()
    data.done = [*data.done, *skipped, *(step.mark for step in taken)]
    for step in taken:
        _take(desk, case, step)
    if case.state == DealState.REGISTERED:
        plan_clock(desk, case)


def _take(desk: Desk, case: Case, step: Timed) -> None:
    deal = shown(desk, case)
    due = day(step.due_on)
    days_to_annul = desk.edition(case).deals.annulment_days_after_warning
    annul_from = desk.outside.calendar.local_date(desk.now).toordinal() + days_to_annul
    match step.step:
        case Step.REPORT_REMINDER | Step.REPORT_DUE:
            desk.write(case, "deal-update-due", facts={"deal": deal, "due_on": due}, distinct=step.mark)
        case Step.REPORT_WARNING:
            facts: Facts = {"deal": deal, "due_on": due, "annul_from": day(date.fromordinal(annul_from))}
            desk.write(case, "deal-update-overdue", facts=facts, warns="report", distinct=step.mark)
        case Step.CONFIRM_REMINDER | Step.CONFIRM_DUE | Step.CONFIRM_WARNING:
            late = step.step is Step.CONFIRM_WARNING
            facts = {"deal": deal, "due_on": due, "overdue": late}
            desk.write(case, "deal-confirm-due", facts=facts, warns="confirm" if late else "", distinct=step.mark)
        case Step.ANNULMENT:
            desk.ask_staff(case, "annul", date=due)
            desk.attention("annul", "", case, case.question.text if case.question else "")
        case Step.EXPIRING:
            left = (step.due_on - desk.outside.calendar.local_date(desk.now)).days
            facts = {"deal": deal, "days": left, "can_extend": extensions_left(desk, case) > 0}
            desk.write(case, "deal-expiring", facts=facts, distinct=step.mark)
        case Step.EXPIRED:
            expire(desk, case)


def expire(desk: Desk, case: Case) -> None:
    """The term is over: the customer is free for all."""
    data = case.deal()
    data.expired_on = data.valid_until
    finish(desk, case, DealState.EXPIRED, "expire", "time")
    desk.write(case, "deal-expired", facts={"deal": shown(desk, case)})


def finish(desk: Desk, case: Case, state: DealState, outcome: str, by: str, reasons: tuple[ReasonText, ...] = ()) -> None:
    """A final state frees the customer: undecided rivals are looked at again, whoever is on the waiting list is told."""
    data = case.deal()
    undecided = case.state in _UNDECIDED
    case.state = state
    if undecided:
        desk.answer(case, Answer.ACCEPTED)  # nothing is awaited any more; how it ended stands in the deal's own row
    data.closed_at = desk.now
    data.echo = None
    case.question, case.wakes_at, case.waits_for = None, None, []
    desk.tx.release(case.number)
    desk.tx.cancel_mail(
        case.number, ("deal-update-due", "deal-update-overdue", "deal-confirm-due", "deal-expiring", "reply-confirm")
    )
    desk.record(case, "closing", outcome, by, reasons)
    desk.journal(case, f"deal:{state.value}")
    desk.wake_concerned(case)
    waiting.tell(desk, case.customer_inn)


# -- the partner's word ---------------------------------------------------------------------


def report(desk: Desk, case: Case, status: SaleStatus, on: date) -> None:
    """A status report of a deal in force: the fourteen days start anew; from a re-confirmation's reminder on it confirms too."""
    data = case.deal()
    data.sale_status = status
    data.confirmed_on = max(on, data.confirmed_on or on)
    data.confirm_warned_on = None
    desk.tx.cancel_mail(case.number, ("deal-confirm-due",))
    _heard(desk, case, on)
    desk.record(case, "report", status.value, "partner")
    desk.journal(case, "report", desk.outside.wording.term(status.value))
    plan_clock(desk, case)


def _heard(desk: Desk, case: Case, on: date) -> None:
    """The partner told something of a deal in force: no report is owed for the next fourteen days."""
    data = case.deal()
    data.reported_on = max(on, data.reported_on or on)
    data.report_warned_on = None
    month = on.isoformat()[:7]
    if month not in data.report_months:
        data.report_months.append(month)
    if case.question is not None and case.question.code == "annul":
        case.question = None
        desk.journal(case, "annulment-dropped")
    desk.tx.cancel_mail(case.number, ("deal-update-due", "deal-update-overdue"))


def extend_term(desk: Desk, case: Case, asked_on: date) -> tuple[ReasonText, ...]:
    """Extend by one term of the present tier, or give the reasons why not; tells nobody. Extended when there is no reason."""
    data = case.deal()
    edition = desk.edition(case)
    partner = desk.partner_of(case)
    in_force = (
        case.state == DealState.REGISTERED
        and data.ends is not None
        and data.valid_until is not None
        and asked_on <= data.valid_until
    )
    facts = ExtensionFacts(
        in_force=in_force,
        standing=desk.standing(partner),
        tier=partner.partner().tier if partner else Tier.WHITE,
        used=data.extensions,
        customer_refused_partner=desk.outside.tabs.refused(case.customer_inn, case.partner_inn),
    )
    if in_force:  # whoever asks for an extension works on the deal: it counts as a report
        _heard(desk, case, asked_on)
        plan_clock(desk, case)
    decision = extend(facts, edition)
    reasons = desk.reason_texts(decision.reasons, edition)
    kept: Facts = {"in_force": in_force, "tier": facts.tier.value, "used": facts.used, "standing": facts.standing.value}
    if decision.outcome is not Outcome.APPROVE or data.ends is None or data.valid_until is None:
        desk.record(case, "extension", "reject", "rules", reasons, decision, kept)
        return reasons
    longer = extended(Term(data.ends, data.valid_until), int(decision.terms["months"]), desk.outside.calendar)
    data.ends, data.valid_until = longer.ends, longer.valid_until
    data.extensions += 1
    desk.tx.cancel_mail(case.number, ("deal-expiring",))
    plan_clock(desk, case)
    desk.record(case, "extension", "approve", "rules", (), decision, kept)
    return ()


def request_extension(desk: Desk, case: Case, asked_on: date, answers: list[Submission], thread: tuple[str, ...] = ()) -> bool:
    """Extend by one term of the present tier, or refuse with the reasons; tells the partner. True if extended."""
    reasons = extend_term(desk, case, asked_on)
    desk.write(
        case,
        "deal-extension-refused" if reasons else "deal-extended",
        reasons=reasons,
        facts={"deal": shown(desk, case)},
        answers=answers,
        distinct=answers[0].key if answers else "",
        thread=thread,
    )
    return not reasons


def echo(desk: Desk, case: Case, action: str, answers: list[Submission], thread: tuple[str, ...] = ()) -> None:
    """A final word is echoed first: 1 = yes, 2 = no; nothing happens until the answer."""
    case.deal().echo = Echo(action, desk.now)
    desk.tx.save(case)
    distinct = answers[0].key if answers else ""
    desk.write(
        case,
        "reply-confirm",
        facts={"deal": shown(desk, case), "action": action},
        answers=answers,
        distinct=distinct,
        thread=thread,
    )


def end(desk: Desk, case: Case, action: str, by: str) -> DealState:
    """Won, lost or withdrawn; tells nobody. Gives the state."""
    if action in ("won", "lost"):
        case.deal().sale_status = SaleStatus(action)
    state = FINAL_ACTIONS[action]
    finish(desk, case, state, state.value, by)
    return state


def close(desk: Desk, case: Case, action: str, by: str, answers: list[Submission], thread: tuple[str, ...] = ()) -> None:
    """Won, lost or withdrawn; tells the partner."""
    undecided = case.state in _UNDECIDED
    state = end(desk, case, action, by)
    rows = desk.answer(case, Answer.ACCEPTED) if undecided else []
    distinct = answers[0].key if answers else ""
    desk.write(
        case,
        "deal-closed",
        facts={"deal": shown(desk, case), "outcome": state.value},
        answers=[*answers, *rows],
        distinct=distinct,
        thread=thread,
    )


def change_terms(desk: Desk, case: Case, *, discount: Decimal | None = None, valid_until: date | None = None) -> list[Facts]:
    """Staff's own discount or date on a deal in force; gives the changes for the letter."""
    data = case.deal()
    changes: list[Facts] = []
    if discount is not None and discount != data.discount:
        changes.append({"name": "discount", "old": f"{data.discount}", "new": f"{discount}"})
        data.discount = discount
    if valid_until is not None and valid_until != data.valid_until:
        changes.append({"name": "valid_until", "old": day(data.valid_until), "new": day(valid_until)})
        data.ends = data.valid_until = valid_until
    if changes:
        plan_clock(desk, case)
    return changes
