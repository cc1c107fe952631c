"""Tiers: promotion at once, warning and proposal at the quarterly review («Партнерские статусы»)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from cases import leads, listing
from cases.desk import Desk
from cases.letters import day, tier_facts
from cases.model import Case, CaseKind, DealState, ErrandState, Facts, PartnerData, PartnerState, RequestState
from rules.calendar import add_months
from rules.decision import Decision, Outcome
from rules.edition import Edition, Tier
from rules.tiers import Condition, ReportMonth, TierFacts, distance, fallback, held_back, review, sales_total, shortfall
from rules.violations import weigh


def tier_facts_of(desk: Desk, case: Case) -> TierFacts:
    """What a review of this partner's tier looks at."""
    inn = case.partner_inn
    trained = any(
        line.state == RequestState.PASSED and line.request().topic == "sales"
        for line in desk.tx.cases_of_kind(CaseKind.TRAINING, inn)
    )
    return TierFacts(
        tier=case.partner().tier,
        sales=desk.outside.tabs.sales(inn),
        publicity=desk.outside.tabs.publicity(inn),
        sales_training=trained,
        months=_report_months(desk, inn),
        held_back=case.partner().tier_held_back,
    )


def _report_months(desk: Desk, inn: str) -> tuple[ReportMonth, ...]:
    """The last full months in which a deal was open, and whether a report came in each."""
    first = desk.outside.calendar.local_date(desk.now).replace(day=1)
    deals = [deal for deal in desk.tx.deals_of_partner(inn) if deal.deal().registered_at is not None]
    months: list[ReportMonth] = []
    back_to = max(row.monthly_reports for row in desk.edition_at(desk.now).tiers)
    for back in range(back_to, 0, -1):
        start, end = add_months(first, -back), add_months(first, 1 - back)
        open_then = [deal for deal in deals if _open_in(desk, deal, start, end)]
        if open_then:
            key = start.isoformat()[:7]
            months.append(ReportMonth(start.year, start.month, any(key in deal.deal().report_months for deal in open_then)))
    return tuple(months)


def _open_in(desk: Desk, deal: Case, start: date, end: date) -> bool:
    data = deal.deal()
    local = desk.outside.calendar.local_date
    began = local(data.registered_at) if data.registered_at else end
    ended = local(data.closed_at) if data.closed_at and deal.state != DealState.REGISTERED else None
    return began < end and (ended is None or ended >= start)


def review_partner(desk: Desk, case: Case, *, quarterly: bool) -> None:
    """Promote at once when a higher tier holds; at the quarterly review warn of a shortfall; after the grace period
    propose to staff.
    """
    if case.state != PartnerState.AUTHORISED:
        return
    today = desk.outside.calendar.local_date(desk.now)
    edition = desk.edition_at(desk.now)
    facts = tier_facts_of(desk, case)
    decision = review(facts, today, edition)
    data = case.partner()
    if decision.outcome is Outcome.APPROVE:
        move(desk, case, Tier(decision.terms["tier"]), "rules", edition, decision, _kept(facts, today, edition))
        facts = tier_facts_of(desk, case)
    elif decision.outcome is Outcome.REJECT and data.tier_held_back is not None:
        data.tier_held_back = None  # what it reaches from now on it reaches anew
        desk.tx.save(case)
    proposed = decision.terms.get("proposed") or (decision.terms.get("tier") if decision.outcome is Outcome.REFER else "")
    if proposed and (quarterly or not _was_declined(data, Tier(proposed))):
        data.tier_declined = ""
        _propose(desk, case, "confirm-tier", Tier(proposed), "")
    missing = shortfall(facts, today, edition)
    if not missing:
        _stands_again(desk, case)
    elif quarterly and data.tier_grace_until is None:
        _warn(desk, case, missing, today, edition)
    if missing and data.tier_grace_until is not None and today >= data.tier_grace_until:
        lower = fallback(facts, today, edition)
        if lower is not data.tier:
            _propose(desk, case, "demote", lower, ", ".join(desk.outside.wording.term(condition.name) for condition in missing))
    _violations(desk, case, edition)
    _show(desk, case, facts, today, edition)


def _was_declined(data: PartnerData, tier: Tier) -> bool:
    """Have staff said no to that tier, so that they are asked again at the quarterly review only?"""
    order = list(Tier)
    held = data.tier_held_back
    return data.tier_declined == tier or (held is not None and order.index(tier) <= order.index(held))


def _violations(desk: Desk, case: Case, edition: Edition) -> None:
    """Open lines of `Нарушения` are put to staff once each, with the history; lifted ones drop out."""
    data = case.partner()
    decision = weigh(desk.outside.tabs.violations(case.partner_inn), edition)
    still = [f"{reason.code}:{reason.facts['on']}" for reason in decision.reasons]
    if case.question is not None and case.question.code == "violation" and not still:
        case.question = None
        desk.tx.save(case)
    if set(still) - set(data.violations_told) and (case.question is None or case.question.code == "violation"):
        term = desk.outside.wording.term
        history = ", ".join(
            f"{date.fromisoformat(reason.facts['on']):%d.%m.%Y} {term(reason.code)}" for reason in decision.reasons
        )
        reasons = desk.reason_texts(decision.reasons, edition)
        desk.record(case, "violations", "refer", "rules", reasons, decision, {"open": still})
        desk.ask_staff(case, "violation", None, why=history)
        desk.attention("violation", "", case, case.question.text if case.question else "")
    told = not still or (case.question is not None and case.question.code == "violation")
    if told and data.violations_told != still:
        data.violations_told = still
        desk.tx.save(case)


def _kept(facts: TierFacts, today: date, edition: Edition) -> Facts:
    return {
        "tier": facts.tier.value,
        "sales": str(sales_total(facts, today, edition)),
        "sales_training": facts.sales_training,
        "publicity": [f"{line.on.isoformat()} {line.kind}" for line in facts.publicity],
        "report_months": [f"{month.year}-{month.month:02}: {month.reported}" for month in facts.months],
    }


def move(
    desk: Desk, case: Case, tier: Tier, by: str, edition: Edition, decision: Decision | None = None, facts: Facts | None = None
) -> None:
    """Give a partner another tier and tell it."""
    data = case.partner()
    order = list(Tier)
    raised = order.index(tier) > order.index(data.tier)
    old, data.tier = data.tier, tier
    data.tier_warned_at, data.tier_grace_until, data.tier_declined, data.tier_held_back = None, None, "", None
    today = desk.outside.calendar.local_date(desk.now)
    if by == "staff" and not raised and (held := held_back(tier_facts_of(desk, case), today, edition)) is not None:
        data.tier_held_back = held
    answered = ("demote", "confirm-tier", *(("violation",) if by == "staff" and not raised else ()))
    if case.question is not None and case.question.code in answered:
        case.question = None
    desk.record(
        case, "tier", "raise" if raised else "lower", by, (), decision, {**(facts or {}), "from": old.value, "to": tier.value}
    )
    shown = {"tier": tier_facts(edition.figures(tier)), "distance": distance_facts(tier_facts_of(desk, case), today, edition)}
    desk.write(
        case,
        "tier-raised" if raised else "tier-lowered",
        section=edition.figures(tier).section,
        facts=shown,
        distinct=tier.value + day(today),
    )
    desk.journal(case, "tier", f"{desk.outside.wording.term(old.value)} → {desk.outside.wording.term(tier.value)}")
    listing.review(desk, case)
    desk.wake_undecided(case.partner_inn)
    for errand in desk.tx.errands_of(case.partner_inn):
        if errand.kind is CaseKind.NFR and errand.state in (ErrandState.RUNNING, ErrandState.APPROVED):
            desk.wake(errand)
    if raised:
        leads.wake_waiting(desk)


def _propose(desk: Desk, case: Case, code: str, tier: Tier, missing: str) -> None:
    if case.question is not None and case.question.code != code:
        return
    before = case.question
    desk.ask_staff(case, code, {"tier": tier.value}, tier=desk.outside.wording.term(tier.value), missing=missing)
    if case.question is not None and case.question is not before:
        desk.attention("proposal", "", case, case.question.text)


def _warn(desk: Desk, case: Case, missing: tuple[Condition, ...], today: date, edition: Edition) -> None:
    data = case.partner()
    data.tier_warned_at = desk.now
    data.tier_grace_until = today + timedelta(days=edition.tier_review.grace_days)
    case.wakes_at = desk.outside.calendar.at_opening(data.tier_grace_until)
    desk.record(case, "tier", "warn", "rules", (), None, {"missing": [condition.name for condition in missing]})
    facts = {"tier": tier_facts(edition.figures(data.tier)), "missing": _conditions(missing), "until": day(data.tier_grace_until)}
    desk.write(case, "tier-warning", section=edition.figures(data.tier).section, facts=facts, distinct=day(today))
    desk.journal(case, "tier-warned")


def _stands_again(desk: Desk, case: Case) -> None:
    data = case.partner()
    if data.tier_grace_until is not None:
        data.tier_warned_at, data.tier_grace_until = None, None
        desk.journal(case, "tier-stands")
        desk.tx.save(case)
    if case.question is not None and case.question.code == "demote":
        case.question = None
        desk.tx.save(case)


def _conditions(conditions: tuple[Condition, ...]) -> list[Facts]:
    return [{"name": condition.name, "required": condition.required, "actual": condition.actual} for condition in conditions]


def distance_facts(facts: TierFacts, today: date, edition: Edition) -> Facts:
    """The way to the next tier, for a letter; {} at the top."""
    far = distance(facts, today, edition)
    if far is None:
        return {}
    return {"tier": far.tier.value, "roubles": f"{far.roubles:.2f}", "conditions": _conditions(far.conditions)}


def _show(desk: Desk, case: Case, facts: TierFacts, today: date, edition: Edition) -> None:
    """`Продажи за 12 мес.` and `До следующего статуса`, only if they changed."""
    data = case.partner()
    total: Decimal = sales_total(facts, today, edition)
    far = distance(facts, today, edition)
    text = ""
    if far is not None:
        term = desk.outside.wording.term
        other = ", ".join(term(condition.name) for condition in far.conditions if condition.name != "sales")
        roubles = f"{far.roubles:.2f}" if far.roubles > 0 else ""
        text = desk.outside.wording.remark("distance", tier=term(far.tier.value), roubles=roubles, conditions=other)
    if (data.sales_12m, data.distance) != (total, text):
        data.sales_12m, data.distance = total, text
        desk.tx.save(case)


def after_grace(desk: Desk, case: Case) -> None:
    """The grace period of a warning is over: look again, propose to staff if the tier still does not hold."""
    case.wakes_at = None
    desk.tx.save(case)
    review_partner(desk, case, quarterly=False)
