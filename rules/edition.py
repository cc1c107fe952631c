"""An edition of the programme: every figure, list and choice, each with its section, as typed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

REASON_CODES = ("1", "2", "3", "4", "5", "6", "7")
"""Reasons for refusal, in the order in which they are given («Регистрация сделки»)."""

GROUNDS = ("conditions", "complaint", "false-information", "debt", "breach")
"""What can be put to staff as a ground for demotion («Понижение партнёрского статуса или отказ в авторизации»)."""


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
    """«Авторизация Партнера». `required`: our names of the form's fields. `free_mail_domains` lower case."""

    section: str
    approve: str  # "auto" | "staff"
    required: tuple[str, ...]
    inn_digits: int
    free_mail_domains: frozenset[str]
    start_tier: Tier


@dataclass(frozen=True, slots=True)
class TierReviewFigures:
    """Promotion and demotion. `section` is that of demotion, `promotion_section` that of promotion; the grace period in calendar
    days.

    `grounds`: what may be put to staff as a ground for demotion or de-authorisation.
    """

    section: str
    sales_window_months: int
    grace_days: int
    grounds: tuple[str, ...]
    promotion_section: str = ""


@dataclass(frozen=True, slots=True)
class StandingFigures:
    """The month's letter on where a partner stands. `monthly` False: none goes. It goes on the `business_day`-th business day of
    the month; `deals_listed`: how many deals at most; `ahead_days`: how far its deadlines look ahead, in calendar days.
    """

    section: str
    monthly: bool
    business_day: int
    deals_listed: int
    ahead_days: int


@dataclass(frozen=True, slots=True)
class HoardingFigures:
    """When staff are shown that a partner holds deals without working on them. Calendar days; shares in percent.

    A deal in force is idle without news for more than `silent_days`, or still at the first status `unmoved_days` after its
    registration. A partner is marked from `deals_at_least` deals in force on with `idle_share`, and from `ended_at_least` deals
    that ended on below `won_share`.
    """

    section: str
    silent_days: int
    unmoved_days: int
    deals_at_least: int
    idle_share: Decimal
    ended_at_least: int
    won_share: Decimal


@dataclass(frozen=True, slots=True)
class DealFigures:
    """«Регистрация сделки». Days are calendar days unless the name says business days; discounts in percent.

    `auto_open_limit`: with so many open deals already, the next one of a partner of `auto_open_limit_tiers` goes to staff.
    `switch_section`: where the competitive switch and its discount are laid down; `renewal_section`: renewals of licences.
    `waiting_beside`: reasons that may stand beside reason 3 in a refusal whose partner may wait until the customer is free.
    """

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
    switch_section: str = ""
    renewal_section: str = ""
    waiting_beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadlineFigures:
    """Answers and working hours: business days, local times, shares of the working time after which staff are warned (rising,
    0..1).

    `section` holds for all answers but the authorisation's (`authorisation_section`).
    """

    section: str
    zone: str
    opens: time
    closes: time
    authorisation_business_days: int
    other_business_days: int
    staff_warning_shares: tuple[float, ...]
    authorisation_section: str = ""


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Orders of keys. `reason_codes`: refusal codes that an order can meet; `over_quantity`: "staff" | "refuse", more licences
    than registered.
    """

    section: str
    reason_codes: tuple[str, ...]
    over_quantity: str
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PilotFigures:
    """«Тестовые лицензии для пилотов», in calendar days. The last day is the day of the key + `standard_days`."""

    section: str
    standard_days: int
    report_within_days: int
    end_reminder_days: int
    report_reminder_days: tuple[int, ...]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingFigures:
    """«Обучение»: the sales webinar is held within so many days of the authorisation; the technical course's length in days.

    `starts`: local time of both; the invitation proposes a day `propose_after_days` after the authorisation.
    """

    section: str
    hold_within_days: int
    reminder_days: tuple[int, ...]
    sales_minutes: int
    technical_days: int
    starts: time = time(11)
    propose_after_days: int = 0


@dataclass(frozen=True, slots=True)
class LeadFigures:
    """Handing out leads: by what a partner goes before another, first criterion first (`tier`, `region`, `waiting`). Quotas stand
    in the tier rows.

    A partner answers within so many business days, and is reminded so many before; unanswered, the lead goes to the next one.
    """

    section: str
    order: tuple[str, ...]
    take_up_business_days: int = 0
    reminder_business_days_before: int = 0


@dataclass(frozen=True, slots=True)
class NfrFigures:
    """NFR licences: reminders so many calendar days before the end. Terms stand in the tier rows."""

    section: str
    reminder_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything in force for submissions from `effective_from` on; `name` is its date, as cited by decisions.

    `effective_to`: its last day, if the edition states one. `source`: the directory its files lie in, for messages.
    """

    name: str
    effective_from: date
    tiers: tuple[TierFigures, ...]  # lowest first
    authorisation: AuthorisationFigures
    tier_review: TierReviewFigures
    deals: DealFigures
    deadlines: DeadlineFigures
    # `parse_edition` fills the rest always; an edition made by hand for a test need not state them.
    orders: OrderFigures = OrderFigures("", (), "staff")
    pilots: PilotFigures = PilotFigures("", 0, 0, 0, ())
    training: TrainingFigures = TrainingFigures("", 0, (), 0, 0)
    leads: LeadFigures = LeadFigures("", ())
    nfr: NfrFigures = NfrFigures("", ())
    standing: StandingFigures = StandingFigures("", False, 1, 1, 1)
    hoarding: HoardingFigures = HoardingFigures("", 1, 1, 1, Decimal(0), 1, Decimal(0))
    effective_to: date | None = None
    source: str = field(default="", compare=False)

    def figures(self, tier: Tier) -> TierFigures:
        """The row of that tier."""
        return next(row for row in self.tiers if row.tier is tier)
