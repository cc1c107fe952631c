"""«Партнерские статусы»: what each tier asks, promotion, warning, demotion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.calendar import add_months
from rules.decision import Decision, Outcome, Reason, Result, Test
from rules.edition import Edition, Tier, TierFigures


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale booked by staff in `Продажи`, in vendor's money, roubles."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Publicity:
    """A line of `Публикации`: kind `site` (standing), `mailing` or `social`."""

    on: date
    kind: str


@dataclass(frozen=True, slots=True)
class ReportMonth:
    """A month in which the partner had an open deal, and whether a status report came in it."""

    year: int
    month: int
    reported: bool


@dataclass(frozen=True, slots=True)
class TierFacts:
    """What a tier review looks at. `months`: the last three full months, those in which a deal was open (others are left out of
    account). `held_back`: the highest tier whose conditions held when staff lowered this partner all the same.
    """

    tier: Tier
    sales: tuple[Sale, ...]
    publicity: tuple[Publicity, ...]
    sales_training: bool
    months: tuple[ReportMonth, ...]
    held_back: Tier | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a tier: `name` (`sales`, `site`, `publicity`, `sales-training`, `reports`, `staff`), what is asked, what
    is there.

    `required` and `actual` are plain text: roubles (`sales`), counts (`publicity`, `reports`: months), `yes` or `no` (the
    others).
    """

    name: str
    section: str
    required: str
    actual: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """A tier and its conditions on a day. `holds`: all of them but staff's confirmation."""

    tier: Tier
    conditions: tuple[Condition, ...]
    holds: bool
    staff_confirms: bool


def sales_total(facts: TierFacts, on: date, edition: Edition) -> Decimal:
    """Sales of the trailing window that ends on `on`, in roubles (a sale exactly one window ago is out, one dated after `on`
    too).
    """
    since = add_months(on, -edition.tier_review.sales_window_months)
    return sum((sale.amount for sale in facts.sales if since < sale.on <= on), Decimal(0))


def assess(facts: TierFacts, on: date, edition: Edition) -> tuple[Assessment, ...]:
    """Every tier, lowest first («Партнерские статусы»). A tier that asks nothing has no conditions and holds."""
    total = sales_total(facts, on, edition)
    assessed = []
    for row in edition.tiers:
        conditions = _conditions(row, facts, total, on)
        holds = all(condition.holds for condition in conditions if condition.name != "staff")
        assessed.append(Assessment(row.tier, conditions, holds, row.staff_confirms))
    return tuple(assessed)


def _conditions(row: TierFigures, facts: TierFacts, total: Decimal, on: date) -> tuple[Condition, ...]:
    """The conditions of one tier in the order of the table. Staff's confirmation stands once the partner has that tier or a
    higher one.
    """
    conditions = []
    if row.sales_rub:
        conditions.append(Condition("sales", row.section, str(row.sales_rub), f"{total:f}", total >= row.sales_rub))
    if row.site_required:
        site = any(item.kind == "site" and item.on <= on for item in facts.publicity)
        conditions.append(Condition("site", row.section, "yes", _yes(site), site))
    if row.publicity_window:
        since = _window_start(row.publicity_window, on)
        count = sum(item.kind != "site" and since <= item.on <= on for item in facts.publicity)
        conditions.append(Condition("publicity", row.section, "1", str(count), count >= 1))
    if row.sales_training:
        conditions.append(Condition("sales-training", row.section, "yes", _yes(facts.sales_training), facts.sales_training))
    if row.monthly_reports:
        since, until = add_months(on.replace(day=1), -row.monthly_reports), on.replace(day=1)
        months = {
            (item.year, item.month): item.reported for item in facts.months if since <= date(item.year, item.month, 1) < until
        }
        reported = sum(months.values())
        conditions.append(Condition("reports", row.section, str(len(months)), str(reported), reported == len(months)))
    if row.staff_confirms:
        confirmed = _rank(facts.tier) >= _rank(row.tier)
        conditions.append(Condition("staff", row.section, "yes", _yes(confirmed), confirmed))
    return tuple(conditions)


def _window_start(window: str, on: date) -> date:
    """First day of the last full calendar quarter or month; what lies from there to `on` is that one and the running one."""
    running = on.replace(day=1, month=(on.month - 1) // 3 * 3 + 1) if window == "quarter" else on.replace(day=1)
    return add_months(running, -3 if window == "quarter" else -1)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _rank(tier: Tier) -> int:
    return list(Tier).index(tier)


def review(facts: TierFacts, on: date, edition: Edition) -> Decision:
    """Promotion: approve with term `tier` (the highest higher tier that holds), refer with reason `staff-confirms` and term
    `tier` (Trusted),
    reject with reason `conditions` when no higher tier holds. When Trusted's figures hold, a promotion up to Gold comes first
    (term `tier`), the
    proposal for Trusted in term `proposed`. Up to the tier that staff held back nothing is promoted to: it is referred to them.

    A reject here only says that the tier stays. Source: «Повышение партнёрского статуса», conditions of «Партнерские статусы».
    """
    section = edition.tier_review.promotion_section
    higher = [assessed for assessed in assess(facts, on, edition) if _rank(assessed.tier) > _rank(facts.tier)]
    held = facts.held_back
    holding = [
        (assessed.tier, assessed.staff_confirms or (held is not None and _rank(assessed.tier) <= _rank(held)))
        for assessed in higher
        if assessed.holds
    ]
    earned = [tier for tier, asked in holding if not asked]
    proposed = [tier for tier, asked in holding if asked]
    result = Result.PASS if earned else Result.STAFF if proposed else Result.FAIL
    tests = (
        Test("higher-tier", section, result, ", ".join([*earned, *proposed]) or f"none above {facts.tier.value}"),
        *(
            Test(f"{assessed.tier.value}:{condition.name}", condition.section, _weighed(condition), _of(condition))
            for assessed in higher
            for condition in assessed.conditions
        ),
    )
    if earned:
        further = [tier for tier in proposed if _rank(tier) > _rank(earned[-1])]
        terms = {"tier": earned[-1].value, **({"proposed": further[-1].value} if further else {})}
        return Decision(Outcome.APPROVE, edition.name, (), tests, terms=terms)
    if proposed:
        reasons = (Reason("staff-confirms", section, {"tier": proposed[-1].value}),)
        return Decision(Outcome.REFER, edition.name, reasons, tests, terms={"tier": proposed[-1].value})
    return Decision(Outcome.REJECT, edition.name, (Reason("conditions", section),), tests)


def _of(condition: Condition) -> str:
    return f"{condition.actual} of {condition.required}"


def _weighed(condition: Condition) -> Result:
    if condition.holds:
        return Result.PASS
    return Result.STAFF if condition.name == "staff" else Result.FAIL


def held_back(facts: TierFacts, on: date, edition: Edition) -> Tier | None:
    """Whom staff put at this tier: the highest tier above it whose conditions hold all the same, or None."""
    higher = assess(facts, on, edition)[_rank(facts.tier) + 1 :]
    return next((assessed.tier for assessed in reversed(higher) if assessed.holds), None)


def shortfall(facts: TierFacts, on: date, edition: Edition) -> tuple[Condition, ...]:
    """Conditions of the present tier that do not hold; empty when the tier stands. Staff have confirmed whoever has the tier."""
    present = assess(facts, on, edition)[_rank(facts.tier)]
    return tuple(condition for condition in present.conditions if not condition.holds)


def fallback(facts: TierFacts, on: date, edition: Edition) -> Tier:
    """The tier to propose after the grace period: the highest lower tier whose conditions hold.

    The lowest tier asks nothing, and there is nothing below it. Source: «Понижение партнёрского статуса или отказ в авторизации».
    """
    lower = assess(facts, on, edition)[: _rank(facts.tier)]
    return next((assessed.tier for assessed in reversed(lower) if assessed.holds), edition.tiers[0].tier)


@dataclass(frozen=True, slots=True)
class Distance:
    """What is missing to the next tier: roubles and the names of the other unmet conditions."""

    tier: Tier
    roubles: Decimal
    conditions: tuple[Condition, ...]


def distance(facts: TierFacts, on: date, edition: Edition) -> Distance | None:
    """The way to the next tier; None at the top. `conditions` leaves out sales, told in roubles, and names staff's confirmation
    where it is needed.
    """
    rank = _rank(facts.tier) + 1
    if rank == len(edition.tiers):
        return None
    row = edition.tiers[rank]
    total = sales_total(facts, on, edition)
    unmet = tuple(item for item in _conditions(row, facts, total, on) if not item.holds and item.name != "sales")
    return Distance(row.tier, max(Decimal(0), row.sales_rub - total), unmet)


def is_review_day(on: date, first_business_day_of_quarter: date) -> bool:
    """Is the quarterly review due on or after this day of its quarter?"""
    first = first_business_day_of_quarter
    return first <= on < add_months(first.replace(day=1), 3)


def benefits(row: TierFigures) -> tuple[str, ...]:
    """What a tier gives besides its figures, in the programme's order: `marketing-materials` and `free-training` at every tier,
    `presale` (from `row.presale_from_rub`), `listing`, `joint-events`, `extended-marketing`, `technical-discount`, `white-label`.
    """
    given = (
        ("marketing-materials", True),
        ("free-training", True),
        ("presale", True),
        ("listing", row.listed),
        ("joint-events", row.joint_events),
        ("extended-marketing", row.extended_marketing),
        ("technical-discount", row.technical_training_discount),
        ("white-label", row.white_label),
    )
    return tuple(name for name, holds in given if holds)
