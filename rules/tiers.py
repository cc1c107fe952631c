"""«Партнерские статусы»: what each tier asks, promotion, warning, demotion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.decision import Decision
from rules.edition import Edition, Tier


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
    """What a tier review looks at. `months`: the last three full months, those in which a deal was open."""

    tier: Tier
    sales: tuple[Sale, ...]
    publicity: tuple[Publicity, ...]
    sales_training: bool
    months: tuple[ReportMonth, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a tier: `name` (`sales`, `site`, `publicity`, `sales-training`, `reports`, `staff`), what is asked, what is there."""

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
    """Sales of the trailing window that ends on `on`, in roubles (a sale exactly one window ago is out, one dated after `on` too)."""
    raise NotImplementedError


def assess(facts: TierFacts, on: date, edition: Edition) -> tuple[Assessment, ...]:
    """Every tier, lowest first."""
    raise NotImplementedError


def review(facts: TierFacts, on: date, edition: Edition) -> Decision:
    """Promotion: approve with term `tier` (the highest higher tier that holds), refer with reason `staff-confirms` and term `tier` (Trusted),
    reject with reason `conditions` when no higher tier holds. When Trusted's figures hold, a promotion up to Gold comes first (term `tier`), the
    proposal for Trusted in term `proposed`.
    """
    raise NotImplementedError


def shortfall(facts: TierFacts, on: date, edition: Edition) -> tuple[Condition, ...]:
    """Conditions of the present tier that do not hold (staff's confirmation aside); empty when the tier stands."""
    raise NotImplementedError


def fallback(facts: TierFacts, on: date, edition: Edition) -> Tier:
    """The tier to propose after the grace period: the highest lower tier whose conditions hold."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Distance:
    """What is missing to the next tier: roubles and the names of the other unmet conditions."""

    tier: Tier
    roubles: Decimal
    conditions: tuple[Condition, ...]


def distance(facts: TierFacts, on: date, edition: Edition) -> Distance | None:
    """The way to the next tier; None at the top."""
    raise NotImplementedError


def is_review_day(on: date, first_business_day_of_quarter: date) -> bool:
    """Is the quarterly review due on or after this day of its quarter?"""
    raise NotImplementedError
