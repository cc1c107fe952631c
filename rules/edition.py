"""An edition of the programme: every figure, list and choice, each with its section, as typed data.

Files are read elsewhere; `parse_edition` checks a mapping {subject: parsed TOML} strictly (unknown and missing keys,
types, ranges) and raises ProgrammeError naming file and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum


class Tier(StrEnum):
    """Partner tiers, lowest first («Партнерские статусы»)."""

    WHITE = "white"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class TierFigures:
    """One row of the tier table. Money in whole roubles, percent as plain numbers, terms in calendar months."""

    tier: Tier
    section: str
    sales_rub: int
    site_required: bool
    publicity_window: str  # "" | "quarter" | "month"
    sales_training: bool
    monthly_reports: int  # months back in which a report is a condition; 0 = none
    staff_confirms: bool
    discount: Decimal | None  # None: individual
    term_months: int
    extensions: int
    nfr_months: int | None  # 0: none; None: while the tier lasts
    leads_per_month: int
    listed: bool
    joint_events: bool
    extended_marketing: bool
    white_label: bool
    technical_training_discount: bool
    presale_from_rub: int


@dataclass(frozen=True, slots=True)
class AuthorisationFigures:
    section: str
    approve: str  # "auto" | "staff"
    required: tuple[str, ...]
    inn_digits: int
    free_mail_domains: frozenset[str]
    start_tier: Tier


@dataclass(frozen=True, slots=True)
class TierReviewFigures:
    section: str
    sales_window_months: int
    grace_days: int
    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DealFigures:
    section: str
    required: tuple[str, ...]
    auto_open_limit: int
    auto_open_limit_tiers: tuple[Tier, ...]
    needs_data_business_days: int
    report_every_days: int
    report_reminder_days_before: int
    report_warning_days_after: int
    annulment_days_after_warning: int
    confirm_every_months: int
    expiry_reminder_days: tuple[int, ...]
    reregistration_days: int
    switch_discount: Decimal
    second_partner_discount_max: Decimal
    offer_valid_days: int
    reasons: Mapping[str, str]  # refusal code "1".."7" -> Russian wording for letters and `Причина`


@dataclass(frozen=True, slots=True)
class DeadlineFigures:
    section: str
    zone: str
    opens: time
    closes: time
    authorisation_business_days: int
    other_business_days: int
    staff_warning_shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything in force for submissions from `effective_from` on; `name` is its date, as cited by decisions."""

    name: str
    effective_from: date
    tiers: tuple[TierFigures, ...]  # lowest first
    authorisation: AuthorisationFigures
    tier_review: TierReviewFigures
    deals: DealFigures
    deadlines: DeadlineFigures

    def figures(self, tier: Tier) -> TierFigures:
        """The row of that tier."""
        return next(row for row in self.tiers if row.tier is tier)


def parse_edition(name: str, subjects: Mapping[str, Mapping[str, object]]) -> Edition:
    """Check and type one edition; `subjects` maps file stem (`tiers`, `deals`, …) to parsed TOML.

    Raises ProgrammeError with file and key: unknown or missing key, wrong type, thresholds that do not rise, a tier missing or twice.
    """
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Editions:
    """All editions, oldest first."""

    items: tuple[Edition, ...]

    def at(self, day: date) -> Edition:
        """The edition in force on that day; the oldest one for days before it."""
        raise NotImplementedError

    def named(self, name: str) -> Edition:
        """The edition of that name. Raises ProgrammeError when a case cites an edition whose files are gone."""
        raise NotImplementedError


def line_up(editions: tuple[Edition, ...]) -> Editions:
    """Sort editions; raises ProgrammeError when two start on one day (overlap) or there is none.

    A file may state `effective_to` besides: then the next edition must start the day after (gap, overlap).
    """
    raise NotImplementedError
