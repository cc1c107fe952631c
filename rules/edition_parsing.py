"""An edition out of its files: every table checked strictly (unknown and missing keys, types, ranges) and typed.

The files are read elsewhere. Each fault is a ProgrammeError that names file and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from rules.decision import ProgrammeError
from rules.edition import (
    GROUNDS,
    REASON_CODES,
    AuthorisationFigures,
    DeadlineFigures,
    DealFigures,
    Edition,
    HoardingFigures,
    LeadFigures,
    NfrFigures,
    OrderFigures,
    PilotFigures,
    StandingFigures,
    Tier,
    TierFigures,
    TierReviewFigures,
    TrainingFigures,
)
from rules.strict_table import Table, did_you_mean

SUBJECTS = ("edition", "authorisation", "tiers", "deals", "deadlines", "orders", "pilots", "training", "leads", "nfr")
"""File stems of an edition's directory, all of them required."""

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
            raise ProgrammeError(f"{source}/{subject}.toml: no such subject of an edition{did_you_mean(subject, SUBJECTS)}")
    for subject in SUBJECTS:
        if subject not in subjects:
            raise ProgrammeError(f"{source}/{subject}.toml: the file is missing")
    tables = {subject: Table(f"{source}/{subject}.toml", "", subjects[subject]) for subject in SUBJECTS}

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


def _authorisation(table: Table) -> AuthorisationFigures:
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


def _tiers(table: Table) -> tuple[tuple[TierFigures, ...], TierReviewFigures, StandingFigures]:
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


def _tier(row: Table, section: str) -> TierFigures:
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


def _deals(table: Table) -> tuple[DealFigures, HoardingFigures]:
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


def _deadlines(table: Table) -> DeadlineFigures:
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


def _orders(table: Table) -> OrderFigures:
    figures = OrderFigures(
        section=table.text("section"),
        reason_codes=table.texts("reason_codes", among=REASON_CODES),
        over_quantity=table.choice("over_quantity", ("staff", "refuse")),
        required=table.texts("required", among=ORDER_FIELDS),
    )
    table.close()
    return figures


def _pilots(table: Table) -> PilotFigures:
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


def _training(table: Table) -> TrainingFigures:
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


def _leads(table: Table) -> LeadFigures:
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


def _nfr(table: Table) -> NfrFigures:
    figures = NfrFigures(section=table.text("section"), reminder_days=table.days("reminder_days"))
    table.close()
    return figures


def _domain(word: str) -> str:
    fine = word == word.strip().lower() and "@" not in word and "." in word.strip(".") and " " not in word
    return "" if fine else "expected a mail domain in lower case, without @"
