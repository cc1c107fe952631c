"""What holds for every decision: complete, explained, and under the edition of its case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.programme import load_editions
from rules.authorisation import ApplicationFacts, Standing, authorise
from rules.deals import DealKind, ExtensionFacts, PartnerFacts, RegistrationFacts, Rival, discount, extend, register
from rules.decision import Outcome, Problem, Result
from rules.edition import REASON_CODES, Tier
from rules.tiers import Publicity, ReportMonth, Sale, TierFacts, assess, fallback, is_review_day, review, shortfall

ROOT = Path(__file__).resolve().parents[2]
EDITIONS = load_editions(ROOT / "programme", ROOT / "tests" / "data" / "programme-second")
EDITION = EDITIONS.named("2024-01-01")

WAITING = {"behind-rival", "authorisation-undecided"}
flags = st.booleans()
goods = st.frozensets(st.sampled_from("abc"), min_size=1)
problems = st.lists(st.sampled_from(["customer_inn", "licences", "financial_document"]), unique=True, max_size=2).map(
    lambda fields: tuple(Problem(field, "missing", "Регистрация сделки") for field in fields)
)
rivals = st.lists(st.builds(Rival, st.sampled_from(["D-2026-0001", "D-2026-0002"]), goods, flags, flags), max_size=2).map(tuple)
partners = st.builds(
    PartnerFacts,
    standing=st.sampled_from(Standing),
    tier=st.sampled_from(Tier),
    individual_discount=st.none() | st.just(Decimal(45)),
    open_deals=st.sampled_from([0, 19, 20, 21]),
    sender_known=flags,
)
registrations = st.builds(
    RegistrationFacts,
    problems=problems,
    partner=partners,
    kind=st.sampled_from(DealKind),
    products=goods,
    customer_is_partner=flags,
    rivals=rivals,
    customer_refused_partner=flags,
    expired_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 3, 2)),
    received_on=st.just(date(2026, 3, 2)),  # Monday
    screenshot=flags,
    financial_document=flags,
    needs_data_overdue=flags,
    deadline_passed=flags,
)
applications = st.builds(ApplicationFacts, problems, flags, st.sampled_from(Standing), flags, flags, flags, flags, flags)
tier_facts = st.builds(
    TierFacts,
    tier=st.sampled_from(Tier),
    sales=st.lists(
        st.builds(Sale, st.dates(date(2025, 1, 1), date(2026, 5, 1)), st.integers(0, 40_000_000).map(Decimal)), max_size=3
    ).map(tuple),
    publicity=st.lists(
        st.builds(Publicity, st.dates(date(2025, 9, 1), date(2026, 5, 1)), st.sampled_from(["site", "mailing", "social"])),
        max_size=4,
    ).map(tuple),
    sales_training=flags,
    months=st.lists(st.builds(ReportMonth, st.just(2026), st.integers(1, 3), flags), max_size=3, unique_by=lambda m: m.month).map(
        tuple
    ),
)
ON = date(2026, 4, 15)  # Wednesday


# -- registration ------------------------------------------------------------------------


@given(registrations)
def test_a_registration_is_never_approved_against_the_programme(facts: RegistrationFacts) -> None:
    decision = register(facts, EDITION)
    if decision.outcome is not Outcome.APPROVE:
        return
    assert facts.partner.standing is Standing.AUTHORISED
    assert facts.partner.sender_known
    assert not facts.problems
    assert not facts.customer_refused_partner
    assert facts.kind is not DealKind.SWITCH
    assert not any(rival.products & facts.products and (rival.registered or rival.earlier) for rival in facts.rivals)
    assert all(test.result in (Result.PASS, Result.SKIP) for test in decision.tests)
    assert set(decision.terms) == {"discount", "months"}


@given(registrations)
def test_outcomes_follow_their_order(facts: RegistrationFacts) -> None:
    decision = register(facts, EDITION)
    codes = [reason.code for reason in decision.reasons]
    if decision.outcome in (Outcome.ASK, Outcome.REJECT):
        assert codes
        assert codes == sorted(codes)
        assert set(codes) <= set(REASON_CODES[:4])
        assert ("1" in codes) == bool(decision.problems)
    if decision.outcome is Outcome.ASK:
        assert codes[0] == "1"
        assert not facts.needs_data_overdue
    if decision.outcome is Outcome.REFER:
        assert codes
        assert not set(codes) & set(REASON_CODES)
    if decision.outcome is Outcome.REJECT:
        assert facts.partner.sender_known or facts.partner.standing is Standing.NEVER_APPLIED
        assert facts.needs_data_overdue or "1" not in codes


@given(registrations)
def test_whom_it_waits_for_is_named_when_it_waits(facts: RegistrationFacts) -> None:
    decision = register(facts, EDITION)
    codes = {reason.code for reason in decision.reasons}
    assert bool(decision.waits_for) == ("behind-rival" in codes)
    if codes and codes <= WAITING:
        assert not any(test.result is Result.STAFF for test in decision.tests)


@given(registrations)
def test_every_test_of_the_section_is_weighed_whatever_the_outcome(facts: RegistrationFacts) -> None:
    names = [test.name for test in register(facts, EDITION).tests]
    assert names == [
        "complete",
        "sender",
        "authorised",
        "customer-free",
        "customer-consents",
        "first-in-queue",
        "not-late",
        "no-overlap",
        "squatting",
        "own-customer",
        "re-registration",
        "switch-evidence",
        "incumbent",
        "discount",
    ]


@given(registrations)
def test_a_decision_never_tells_anything_of_a_rival_but_its_number(facts: RegistrationFacts) -> None:
    numbers = {rival.number for rival in facts.rivals}
    for reason in register(facts, EDITION).reasons:
        assert set(reason.facts) <= {"rivals", "codes", "open_deals", "expired_on"}
        assert set(reason.facts.get("rivals", "").split(",")) - {""} <= numbers


def test_the_wording_of_refusals_names_nobody() -> None:
    assert tuple(EDITION.deals.reasons) == REASON_CODES
    for text in EDITION.deals.reasons.values():
        assert not any(mark in text for mark in ("ООО", "АО", "«", "D-20", "{", "ИНН"))


def test_a_case_keeps_its_edition() -> None:
    facts = RegistrationFacts(
        problems=(),
        partner=PartnerFacts(Standing.AUTHORISED, Tier.WHITE, None, 0, True),
        kind=DealKind.NEW,
        products=frozenset("a"),
        customer_is_partner=False,
        rivals=(),
        customer_refused_partner=False,
        expired_on=None,
        received_on=date(2026, 6, 30),  # Tuesday
        screenshot=False,
        financial_document=False,
        needs_data_overdue=False,
        deadline_passed=False,
    )
    told = {edition.name: dict(register(facts, edition).terms) for edition in EDITIONS.items}
    assert told == {"2024-01-01": {"discount": "10", "months": "3"}, "2026-07-01": {"discount": "15", "months": "4"}}
    assert EDITIONS.at(facts.received_on).name == "2024-01-01"
    assert EDITIONS.at(facts.received_on + timedelta(days=1)).name == "2026-07-01"


@pytest.mark.parametrize("kind", DealKind)
@pytest.mark.parametrize("tier", Tier)
def test_a_switch_is_never_worse_than_the_tier_and_nothing_is_added_up(kind: DealKind, tier: Tier) -> None:
    own = discount(DealKind.NEW, tier, Decimal(7), None, EDITION)
    got = discount(kind, tier, Decimal(7), None, EDITION)
    assert own is not None
    assert got == (max(own, EDITION.deals.switch_discount) if kind is DealKind.SWITCH else own)


def test_percent_is_written_without_trailing_zeros() -> None:
    partner = PartnerFacts(Standing.AUTHORISED, Tier.TRUSTED, Decimal("5E+1"), 0, True)
    facts = RegistrationFacts(
        (), partner, DealKind.NEW, frozenset("a"), False, (), False, None, date(2026, 3, 2), False, False, False, False
    )  # Monday
    written = [
        register(replace(facts, partner=replace(partner, individual_discount=percent)), EDITION).terms["discount"]
        for percent in (Decimal("5E+1"), Decimal("12.50"), Decimal("40.00"), Decimal(0))
    ]
    assert written == ["50", "12.5", "40", "0"]


@given(st.builds(ExtensionFacts, flags, st.sampled_from(Standing), st.sampled_from(Tier), st.integers(0, 3), flags))
def test_nobody_extends_more_often_than_the_present_tier_allows(facts: ExtensionFacts) -> None:
    decision = extend(facts, EDITION)
    row = EDITION.figures(facts.tier)
    allowed = facts.used < row.extensions and facts.in_force and facts.standing is Standing.AUTHORISED
    assert (decision.outcome is Outcome.APPROVE) == (allowed and not facts.customer_refused_partner)
    assert decision.terms == ({"months": str(row.term_months)} if decision.outcome is Outcome.APPROVE else {})
    assert sum(test.result is Result.FAIL for test in decision.tests) == len(decision.reasons)


# -- authorisation --------------------------------------------------------------------------


@given(applications)
def test_nobody_becomes_a_partner_against_the_programme(facts: ApplicationFacts) -> None:
    decision = authorise(facts, EDITION)
    if decision.outcome is Outcome.APPROVE and "tier" in decision.terms:
        assert not facts.problems
        assert not facts.sole_trader
        assert not facts.refused_before
        assert facts.standing in (Standing.NEVER_APPLIED, Standing.UNDECIDED)


@given(applications)
def test_an_authorised_partner_loses_nothing_by_an_application(facts: ApplicationFacts) -> None:
    decision = authorise(replace(facts, standing=Standing.AUTHORISED), EDITION)
    assert decision.outcome in (Outcome.APPROVE, Outcome.REFER)
    assert not decision.terms


# -- tiers --------------------------------------------------------------------------------------


@given(tier_facts)
def test_promotion_only_goes_up_and_fallback_only_down(facts: TierFacts) -> None:
    order = list(Tier)
    decision = review(facts, ON, EDITION)
    for tier in decision.terms.values():
        assert order.index(Tier(tier)) > order.index(facts.tier)
    assert order.index(fallback(facts, ON, EDITION)) <= max(0, order.index(facts.tier) - 1)


@given(tier_facts)
def test_nobody_becomes_trusted_without_staff(facts: TierFacts) -> None:
    decision = review(facts, ON, EDITION)
    if decision.terms.get("tier") == Tier.TRUSTED:
        assert decision.outcome is Outcome.REFER


@given(tier_facts)
def test_promotion_is_to_the_highest_tier_that_holds(facts: TierFacts) -> None:
    decision = review(facts, ON, EDITION)
    held = [assessed.tier for assessed in assess(facts, ON, EDITION) if assessed.holds]
    higher = [tier for tier in held if list(Tier).index(tier) > list(Tier).index(facts.tier)]
    told = decision.terms.get("proposed", decision.terms.get("tier"))
    assert told == (higher[-1].value if higher else None)


@given(tier_facts)
def test_a_tier_stands_exactly_when_nothing_is_short(facts: TierFacts) -> None:
    present = next(assessed for assessed in assess(facts, ON, EDITION) if assessed.tier is facts.tier)
    assert present.holds == (not shortfall(facts, ON, EDITION))


@given(tier_facts, st.integers(1, 10_000_000))
def test_more_sales_never_lower_a_tier(facts: TierFacts, roubles: int) -> None:
    richer = replace(facts, sales=(*facts.sales, Sale(ON, Decimal(roubles))))
    before = {assessed.tier for assessed in assess(facts, ON, EDITION) if assessed.holds}
    assert before <= {assessed.tier for assessed in assess(richer, ON, EDITION) if assessed.holds}


def test_conditions_are_told_with_figures() -> None:
    facts = TierFacts(Tier.WHITE, (Sale(ON, Decimal("1200000.50")),), (), False, ())
    gold = next(assessed for assessed in assess(facts, ON, EDITION) if assessed.tier is Tier.GOLD)
    assert [(condition.name, condition.required, condition.actual, condition.holds) for condition in gold.conditions] == [
        ("sales", "5000000", "1200000.50", False),
        ("site", "yes", "no", False),
        ("publicity", "1", "0", False),
        ("sales-training", "yes", "no", False),
        ("reports", "0", "0", True),
    ]


def test_staff_have_confirmed_whoever_is_trusted_already() -> None:
    facts = TierFacts(Tier.TRUSTED, (), (), False, ())
    told = {
        condition.name: (condition.required, condition.actual, condition.holds)
        for assessed in assess(facts, ON, EDITION)
        for condition in assessed.conditions
    }
    assert told["staff"] == ("yes", "yes", True)


@pytest.mark.parametrize(
    ("on", "due"),
    [
        pytest.param(date(2026, 4, 1), True, id="Wednesday 1 April, the first business day itself"),
        pytest.param(date(2026, 6, 30), True, id="Tuesday 30 June, after an outage"),
        pytest.param(date(2026, 3, 31), False, id="Tuesday 31 March, the quarter before"),
        pytest.param(date(2026, 7, 1), False, id="Wednesday 1 July, the quarter after"),
        pytest.param(date(2027, 4, 1), False, id="Thursday 1 April a year later"),
    ],
)
def test_review_day(on: date, due: bool) -> None:
    assert is_review_day(on, date(2026, 4, 1)) is due


def test_review_day_after_the_new_year_holidays() -> None:
    first = date(2026, 1, 12)  # Monday
    assert not is_review_day(date(2026, 1, 11), first)  # Sunday
    assert is_review_day(date(2026, 1, 12), first)
