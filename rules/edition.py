"""An edition of the programme: every figure, list and choice, each with its section, as typed data.

Files are read elsewhere; `parse_edition` checks a mapping {subject: parsed TOML} strictly (unknown and missing keys,
types, ranges) and raises ProgrammeError naming file and key.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, NoReturn, TypeVar

from rules.decision import ProgrammeError

_Member = TypeVar("_Member", bound=StrEnum)


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


SUBJECTS = ("edition", "authorisation", "tiers", "deals", "deadlines", "orders", "pilots", "training", "leads", "nfr")
"""File stems of an edition's directory, all of them required."""

REASON_CODES = ("1", "2", "3", "4", "5", "6", "7")
"""Reasons for refusal, in the order in which they are given («Регистрация сделки»)."""

GROUNDS = ("conditions", "complaint", "false-information", "debt", "breach")
"""What can be put to staff as a ground for demotion («Понижение партнёрского статуса или отказ в авторизации»)."""

PARTNER_FIELDS = ("name", "inn", "kpp", "site", "contact", "phone", "region", "distributor", "consent", "comment")
"""Our names of the fields of the authorisation form, as far as an edition can require them."""

DEAL_FIELDS = (
    *("partner_inn", "customer", "customer_inn", "kind", "products", "licences"),
    *("expected_on", "customer_contact", "competitor", "licence_screenshot", "financial_document", "comment"),
)
"""Our names of the fields of the registration form, as far as an edition can require them."""

ORDER_FIELDS = ("partner_inn", "deal", "customer", "customer_inn", "products", "licences", "distributor")
"""Our names of the fields of the order form, as far as an edition can require them."""

PILOT_FIELDS = ("partner_inn", "customer", "customer_inn", "products", "licences", "comment")
"""Our names of the fields of the pilot form, as far as an edition can require them."""

_BUSINESS_DAYS_OF_ANY_MONTH = 10
_LEAD_CRITERIA = ("tier", "region", "waiting")
_INDIVIDUAL = "individual"
_WHILE_TIER_LASTS = "while-tier-lasts"


def parse_edition(name: str, subjects: Mapping[str, Mapping[str, object]], source: str = "") -> Edition:
    """Check and type one edition; `subjects` maps file stem (`tiers`, `deals`, …) to parsed TOML. `source`: its directory as
    messages name it.

    Raises ProgrammeError with file and key: unknown or missing key, wrong type, thresholds that do not rise, a tier missing or
    twice.
    """
    source = source or name
    for subject in subjects:
        if subject not in SUBJECTS:
            raise ProgrammeError(f"{source}/{subject}.toml: no such subject of an edition{_did_you_mean(subject, SUBJECTS)}")
    for subject in SUBJECTS:
        if subject not in subjects:
            raise ProgrammeError(f"{source}/{subject}.toml: the file is missing")
    tables = {subject: _Table(f"{source}/{subject}.toml", "", subjects[subject]) for subject in SUBJECTS}

    head = tables["edition"]
    effective_from = head.day("effective_from")
    if effective_from.isoformat() != name:
        head.fail("effective_from", f"expected {name}, the name of the edition, got {effective_from.isoformat()}")
    effective_to = head.day("effective_to") if head.has("effective_to") else None
    if effective_to is not None and effective_to < effective_from:
        head.fail("effective_to", f"must not lie before effective_from, got {effective_to.isoformat()}")
    head.close()
    rows, review, standing = _tiers(tables["tiers"])
    deals, hoarding = _deals(tables["deals"])
    return Edition(
        name=name,
        effective_from=effective_from,
        tiers=rows,
        authorisation=_authorisation(tables["authorisation"]),
        tier_review=review,
        deals=deals,
        deadlines=_deadlines(tables["deadlines"]),
        orders=_orders(tables["orders"]),
        pilots=_pilots(tables["pilots"]),
        training=_training(tables["training"]),
        leads=_leads(tables["leads"]),
        nfr=_nfr(tables["nfr"]),
        standing=standing,
        hoarding=hoarding,
        effective_to=effective_to,
        source=source,
    )


@dataclass(frozen=True, slots=True)
class Editions:
    """All editions, oldest first."""

    items: tuple[Edition, ...]

    def at(self, day: date) -> Edition:
        """The edition in force on that day; the oldest one for days before it."""
        return next((edition for edition in reversed(self.items) if edition.effective_from <= day), self.items[0])

    def named(self, name: str) -> Edition:
        """The edition of that name. Raises ProgrammeError when a case cites an edition whose files are gone."""
        for edition in self.items:
            if edition.name == name:
                return edition
        known = ", ".join(edition.name for edition in self.items)
        raise ProgrammeError(f"programme/{name}: a case cites this edition, but its files are gone (there are {known})")


def line_up(editions: tuple[Edition, ...]) -> Editions:
    """Sort editions; raises ProgrammeError when two start on one day (overlap) or there is none.

    A file may state `effective_to` besides: then the next edition must start the day after (gap, overlap), and the last one ends
    the programme:
    a day after that has no edition, so the newest edition must not state it.
    """
    if not editions:
        raise ProgrammeError("programme: there is no edition (a directory named by its date, such as 2024-01-01)")
    ordered = sorted(editions, key=lambda edition: edition.effective_from)
    for earlier, later in pairwise(ordered):
        start = later.effective_from.isoformat()
        if earlier.effective_from == later.effective_from:
            raise ProgrammeError(f"{later.source}/edition.toml: effective_from: overlap, {earlier.source} starts on {start} too")
        if earlier.effective_to is None:
            continue
        expected = earlier.effective_to + timedelta(days=1)
        if later.effective_from != expected:
            fault = "gap" if later.effective_from > expected else "overlap"
            told = f"{fault}, it ends on {earlier.effective_to.isoformat()} and {later.source} starts on {start}"
            raise ProgrammeError(f"{earlier.source}/edition.toml: effective_to: {told}")
    last = ordered[-1]
    if last.effective_to is not None:
        told = f"gap, no edition follows {last.effective_to.isoformat()}"
        raise ProgrammeError(f"{last.source}/edition.toml: effective_to: {told}")
    return Editions(tuple(ordered))


# -- the subjects ---------------------------------------------------------------


def _authorisation(table: _Table) -> AuthorisationFigures:
    figures = AuthorisationFigures(
        section=table.text("section"),
        approve=table.choice("approve", ("auto", "staff")),
        required=table.texts("required", among=PARTNER_FIELDS),
        inn_digits=table.whole("inn_digits", low=1),
        free_mail_domains=frozenset(table.texts("free_mail_domains", check=_domain)),
        start_tier=table.member("start_tier", Tier),
    )
    table.close()
    return figures


def _tiers(table: _Table) -> tuple[tuple[TierFigures, ...], TierReviewFigures, StandingFigures]:
    section = table.text("section")
    rows = tuple(_tier(row, section) for row in table.tables("tier"))
    given = [row.tier for row in rows]
    for tier in Tier:
        if tier not in given:
            table.fail("tier", f"tier {tier.value!r} is missing")
        if given.count(tier) > 1:
            table.fail("tier", f"tier {tier.value!r} stands twice")
    if given != list(Tier):
        table.fail("tier", f"tiers must stand lowest first: {', '.join(Tier)}")
    for index, (lower, upper) in enumerate(pairwise(rows), start=2):
        if upper.sales_rub <= lower.sales_rub:
            told = f"thresholds must rise, got {upper.sales_rub} for {upper.tier.value!r} after {lower.sales_rub}"
            table.fail(f"tier[{index}].sales_rub", told)
        if lower.discount is not None and upper.discount is not None and upper.discount < lower.discount:
            told = f"discounts must not fall, got {upper.discount} for {upper.tier.value!r} after {lower.discount}"
            table.fail(f"tier[{index}].discount", told)
    review = table.table("review")
    figures = TierReviewFigures(
        section=review.text("section"),
        promotion_section=review.text("promotion_section"),
        sales_window_months=review.whole("sales_window_months", low=1),
        grace_days=review.whole("grace_days", low=0),
        grounds=review.texts("grounds", among=GROUNDS),
    )
    review.close()
    letter = table.table("standing")
    standing = StandingFigures(
        section=letter.text("section"),
        monthly=letter.flag("monthly"),
        business_day=letter.whole("business_day", low=1),
        deals_listed=letter.whole("deals_listed", low=1),
        ahead_days=letter.whole("ahead_days", low=1),
    )
    if standing.business_day > _BUSINESS_DAYS_OF_ANY_MONTH:
        told = f"expected at most {_BUSINESS_DAYS_OF_ANY_MONTH}, which every month has, got {standing.business_day}"
        letter.fail("business_day", told)
    letter.close()
    table.close()
    return rows, figures, standing


def _tier(row: _Table, section: str) -> TierFigures:
    figures = TierFigures(
        tier=row.member("tier", Tier),
        section=row.text("section") if row.has("section") else section,
        sales_rub=row.whole("sales_rub", low=0),
        site_required=row.flag("site_required"),
        publicity_window=row.choice("publicity_window", ("", "quarter", "month")),
        sales_training=row.flag("sales_training"),
        monthly_reports=row.whole("monthly_reports", low=0),
        staff_confirms=row.flag("staff_confirms"),
        discount=None if row.says("discount", _INDIVIDUAL) else row.percent("discount", instead=_INDIVIDUAL),
        term_months=row.whole("term_months", low=1),
        extensions=row.whole("extensions", low=0),
        nfr_months=None
        if row.says("nfr_months", _WHILE_TIER_LASTS)
        else row.whole("nfr_months", low=0, instead=_WHILE_TIER_LASTS),
        leads_per_month=row.whole("leads_per_month", low=0),
        listed=row.flag("listed"),
        joint_events=row.flag("joint_events"),
        extended_marketing=row.flag("extended_marketing"),
        white_label=row.flag("white_label"),
        technical_training_discount=row.flag("technical_training_discount"),
        presale_from_rub=row.whole("presale_from_rub", low=0),
    )
    row.close()
    return figures


def _deals(table: _Table) -> tuple[DealFigures, HoardingFigures]:
    switch, renewal = table.table("switch"), table.table("renewal")
    held = table.table("hoarding")
    hoarding = HoardingFigures(
        section=held.text("section"),
        silent_days=held.whole("silent_days", low=1),
        unmoved_days=held.whole("unmoved_days", low=1),
        deals_at_least=held.whole("deals_at_least", low=1),
        idle_share=held.percent("idle_share"),
        ended_at_least=held.whole("ended_at_least", low=1),
        won_share=held.percent("won_share"),
    )
    reasons = table.table("reasons")
    figures = DealFigures(
        section=table.text("section"),
        switch_section=switch.text("section"),
        renewal_section=renewal.text("section"),
        waiting_beside=table.texts("waiting_beside", among=REASON_CODES, empty=True),
        required=table.texts("required", among=DEAL_FIELDS),
        auto_open_limit=table.whole("auto_open_limit", low=0),
        auto_open_limit_tiers=tuple(Tier(word) for word in table.texts("auto_open_limit_tiers", among=tuple(Tier), empty=True)),
        needs_data_business_days=table.whole("needs_data_business_days", low=1),
        report_every_days=table.whole("report_every_days", low=1),
        report_reminder_days_before=table.whole("report_reminder_days_before", low=0),
        report_warning_days_after=table.whole("report_warning_days_after", low=1),
        annulment_days_after_warning=table.whole("annulment_days_after_warning", low=1),
        confirm_every_months=table.whole("confirm_every_months", low=1),
        expiry_reminder_days=table.days("expiry_reminder_days"),
        reregistration_days=table.whole("reregistration_days", low=0),
        switch_discount=switch.percent("discount"),
        second_partner_discount_max=table.percent("second_partner_discount_max"),
        offer_valid_days=table.whole("offer_valid_days", low=1),
        reasons={code: reasons.text(code) for code in REASON_CODES},
    )
    if figures.report_reminder_days_before >= figures.report_every_days:
        table.fail(
            "report_reminder_days_before", f"must be less than report_every_days, got {figures.report_reminder_days_before}"
        )
    for part in (switch, renewal, held, reasons, table):
        part.close()
    return figures, hoarding


def _deadlines(table: _Table) -> DeadlineFigures:
    figures = DeadlineFigures(
        section=table.text("section"),
        authorisation_section=table.text("authorisation_section"),
        zone=table.text("zone"),
        opens=table.clock("opens"),
        closes=table.clock("closes"),
        authorisation_business_days=table.whole("authorisation_business_days", low=1),
        other_business_days=table.whole("other_business_days", low=1),
        staff_warning_shares=table.shares("staff_warning_shares"),
    )
    if figures.closes <= figures.opens:
        table.fail("closes", f"must be later than opens, got {figures.closes:%H:%M}")
    table.close()
    return figures


def _orders(table: _Table) -> OrderFigures:
    figures = OrderFigures(
        section=table.text("section"),
        reason_codes=table.texts("reason_codes", among=REASON_CODES),
        over_quantity=table.choice("over_quantity", ("staff", "refuse")),
        required=table.texts("required", among=ORDER_FIELDS),
    )
    table.close()
    return figures


def _pilots(table: _Table) -> PilotFigures:
    figures = PilotFigures(
        section=table.text("section"),
        standard_days=table.whole("standard_days", low=1),
        report_within_days=table.whole("report_within_days", low=1),
        end_reminder_days=table.whole("end_reminder_days", low=0),
        report_reminder_days=table.days("report_reminder_days"),
        required=table.texts("required", among=PILOT_FIELDS),
    )
    table.close()
    return figures


def _training(table: _Table) -> TrainingFigures:
    figures = TrainingFigures(
        section=table.text("section"),
        hold_within_days=table.whole("hold_within_days", low=1),
        reminder_days=table.days("reminder_days"),
        sales_minutes=table.whole("sales_minutes", low=1),
        technical_days=table.whole("technical_days", low=1),
        starts=table.clock("starts"),
        propose_after_days=table.whole("propose_after_days", low=0),
    )
    if figures.propose_after_days > figures.hold_within_days:
        table.fail("propose_after_days", f"must not exceed hold_within_days, got {figures.propose_after_days}")
    table.close()
    return figures


def _leads(table: _Table) -> LeadFigures:
    figures = LeadFigures(
        section=table.text("section"),
        order=table.texts("order", among=_LEAD_CRITERIA),
        take_up_business_days=table.whole("take_up_business_days", low=1),
        reminder_business_days_before=table.whole("reminder_business_days_before", low=0),
    )
    if figures.reminder_business_days_before >= figures.take_up_business_days:
        told = f"must be less than take_up_business_days, got {figures.reminder_business_days_before}"
        table.fail("reminder_business_days_before", told)
    table.close()
    return figures


def _nfr(table: _Table) -> NfrFigures:
    figures = NfrFigures(section=table.text("section"), reminder_days=table.days("reminder_days"))
    table.close()
    return figures


# -- reading one table -----------------------------------------------------------


class _Table:
    """One table of a file, read key by key; `close` says which keys nobody asked for. Every fault is a ProgrammeError with file
    and key.
    """

    def __init__(self, file: str, path: str, values: object) -> None:
        self.file, self.path = file, path
        if not isinstance(values, Mapping):
            raise ProgrammeError(f"{file}: {path}: expected a table, got {_shown(values)}")
        self.values: Mapping[str, Any] = values
        self.asked: dict[str, None] = {}

    def fail(self, key: str, fault: str) -> NoReturn:
        raise ProgrammeError(f"{self.file}: {self._path(key)}: {fault}")

    def close(self) -> None:
        unknown = [key for key in self.values if key not in self.asked]
        if unknown:
            self.fail(unknown[0], f"unknown key{_did_you_mean(unknown[0], self.asked)}")

    def has(self, key: str) -> bool:
        self.asked[key] = None
        return key in self.values

    def says(self, key: str, word: str) -> bool:
        """Does the key hold this very word (instead of a figure)?"""
        return self.has(key) and bool(self.values[key] == word)

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"expected a text, got {_shown(value)}")
        return value

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        value = self._get(key)
        if not isinstance(value, str) or value not in words:
            told = ", ".join(repr(str(word)) for word in words)
            self.fail(key, f"expected one of {told}, got {_shown(value)}{_did_you_mean(value, words)}")
        return value

    def member(self, key: str, kind: type[_Member]) -> _Member:
        return kind(self.choice(key, tuple(member.value for member in kind)))

    def flag(self, key: str) -> bool:
        value = self._get(key)
        if not isinstance(value, bool):
            self.fail(key, f"expected true or false, got {_shown(value)}")
        return value

    def whole(self, key: str, low: int, instead: str = "") -> int:
        """A whole number, `low` or more. `instead`: a word that could stand here too, for the message."""
        value = self._get(key)
        if not _is_whole(value):
            self.fail(key, f"expected a whole number{f' or {instead!r}' if instead else ''}, got {_shown(value)}")
        if value < low:
            self.fail(key, f"expected {low} or more, got {value}")
        return int(value)

    def percent(self, key: str, instead: str = "") -> Decimal:
        value = self._get(key)
        figure = _number(value)
        if figure is None:
            self.fail(key, f"expected percent as a plain number{f' or {instead!r}' if instead else ''}, got {_shown(value)}")
        if not 0 <= figure <= 100:
            self.fail(key, f"expected percent from 0 to 100, got {_shown(value)}")
        return figure

    def day(self, key: str) -> date:
        value = self._get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fail(key, f"expected a date such as 2024-01-01 (without quotes), got {_shown(value)}")
        return value

    def clock(self, key: str) -> time:
        value = self._get(key)
        if not isinstance(value, time):
            self.fail(key, f"expected a time such as 09:00:00 (without quotes), got {_shown(value)}")
        return value

    def texts(
        self,
        key: str,
        among: tuple[str, ...] = (),
        empty: bool = False,
        check: Callable[[str], str] = lambda word: "",
    ) -> tuple[str, ...]:
        """A list of different words, not empty unless `empty`; each `among` those given, if any are; `check` names a word's
        fault.
        """
        values = self._list(key, empty)
        for index, value in enumerate(values):
            if not isinstance(value, str) or not value.strip():
                self.fail(key, f"expected a list of texts, got {_shown(value)} in it")
            if among and value not in among:
                told = ", ".join(repr(str(word)) for word in among)
                self.fail(key, f"expected words out of {told}, got {_shown(value)}{_did_you_mean(value, among)}")
            if check(value):
                self.fail(key, f"{check(value)}, got {_shown(value)}")
            if value in values[:index]:
                self.fail(key, f"{_shown(value)} stands twice")
        return tuple(values)

    def days(self, key: str) -> tuple[int, ...]:
        """Numbers of days before a date, falling (the first reminder first)."""
        values = self._list(key, empty=True)
        for value in values:
            if not _is_whole(value) or value < 0:
                self.fail(key, f"expected a list of whole numbers of days, got {_shown(value)} in it")
        if any(later >= earlier for earlier, later in pairwise(values)):
            self.fail(key, f"days before the date must fall, got {_shown(values)}")
        return tuple(values)

    def shares(self, key: str) -> tuple[float, ...]:
        values = self._list(key, empty=True)
        figures = [_number(value) for value in values]
        if any(figure is None or not 0 < figure < 1 for figure in figures):
            self.fail(key, f"expected shares between 0 and 1, got {_shown(values)}")
        shares = tuple(float(figure) for figure in figures if figure is not None)
        if any(later <= earlier for earlier, later in pairwise(shares)):
            self.fail(key, f"shares must rise, got {_shown(values)}")
        return shares

    def table(self, key: str) -> _Table:
        return _Table(self.file, self._path(key), self._get(key))

    def tables(self, key: str) -> tuple[_Table, ...]:
        """Tables of a list, named `key[1]`, `key[2]`, … in messages."""
        return tuple(
            _Table(self.file, f"{self._path(key)}[{index}]", value) for index, value in enumerate(self._list(key, empty=False), 1)
        )

    def _list(self, key: str, empty: bool) -> list[Any]:
        values = self._get(key)
        if not isinstance(values, list):
            self.fail(key, f"expected a list, got {_shown(values)}")
        if not values and not empty:
            self.fail(key, "the list is empty")
        return values

    def _get(self, key: str) -> Any:
        if not self.has(key):
            near = difflib.get_close_matches(key, [name for name in self.values if name not in self.asked])
            self.fail(key, f"missing{f' (is {near[0]!r} meant to be it?)' if near else ''}")
        return self.values[key]

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> Decimal | None:
    """A finite number as Decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    figure = Decimal(str(value))
    return figure if figure.is_finite() else None


def _domain(word: str) -> str:
    fine = word == word.strip().lower() and "@" not in word and "." in word.strip(".") and " " not in word
    return "" if fine else "expected a mail domain in lower case, without @"


def _shown(value: object) -> str:
    """A value as a message shows it: on one line, short."""
    plain = _plain(value)
    return plain if len(plain) <= 60 else plain[:57] + "…"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_plain(item) for item in value)}]"
    return str(value) if isinstance(value, bool | Decimal | date | time) else repr(value)


def _did_you_mean(word: object, words: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(word), [str(known) for known in words])
    return f" (did you mean {near[0]!r}?)" if near else ""
