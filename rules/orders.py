"""«Регистрация сделки»: orders of keys for a registered deal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rules.authorisation import Standing
from rules.decision import Decision, Outcome, Problem, Reason, Result, Test
from rules.edition import Edition


class DealStanding(StrEnum):
    """How the deal that an order names stands."""

    IN_FORCE = "in-force"
    UNDECIDED = "undecided"
    WON = "won"
    OFFERED = "offered"  # refused as another partner's, with a discount that staff offered
    OVER = "over"


@dataclass(frozen=True, slots=True)
class OrderedDeal:
    """The deal that an order names. `products`: name keys; `ordered`: licences of its other orders, by name key.

    `discount` in percent: the registered one, of an OFFERED deal the offered one. `holder_protected`: of an OFFERED deal: the
    other partner's registration still stands.
    """

    number: str
    own: bool
    standing: DealStanding
    customer_inn: str
    products: frozenset[str]
    licences: int
    ordered: Mapping[str, int]
    discount: Decimal | None
    holder_protected: bool = False


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the review of an order looks at. `deal` None: there is none of that number. `products`: name key -> name.

    `priced`: every product stands in the price list.
    """

    problems: tuple[Problem, ...]
    standing: Standing
    sender_known: bool
    deal: OrderedDeal | None
    customer_inn: str
    products: Mapping[str, str]
    licences: int | None
    customer_refused_partner: bool
    priced: bool
    needs_data_overdue: bool
    deadline_passed: bool


def order(facts: OrderFacts, edition: Edition) -> Decision:
    """Weigh every test; approve with term `discount` (percent, that of the registration).

    Order of outcomes as with a registration: problems (a number that is no deal of the partner's, products outside the deal among
    them) -> ask, or reject once overdue; reasons 2, 3, 4, 7 and `not-in-force`, `offer-over` -> reject, unless the sender is
    unknown; staff's questions -> refer.

    Codes of referral: `sender-unknown`, `authorisation-undecided`, `deal-undecided`, `deal-won` (keys of a deal that was reported
    won), `over-quantity` (facts registered, ordered, asked; the sum over all orders of the deal counts), `not-priced`.
    A second partner's order on an offered discount is taken while the holder is protected.
    Source: «Регистрация сделки»; which numbered reasons an order can meet is a list of the edition.
    """
    figures, section = edition.orders, edition.orders.section
    deal = facts.deal
    foreign = deal is not None and not deal.own and deal.standing is DealStanding.IN_FORCE
    own = deal if deal is not None and deal.own else None
    problems = facts.problems + _about_the_deal(facts, own, foreign, section)
    named = {problem.field for problem in problems}

    undecided = facts.standing is Standing.UNDECIDED
    waiting = undecided and not facts.deadline_passed
    unauthorised = facts.standing is not Standing.AUTHORISED and not waiting
    stranger = facts.standing is not Standing.NEVER_APPLIED and not facts.sender_known
    other_entity = own is not None and "customer_inn" not in named and facts.customer_inn != own.customer_inn
    over = own is not None and own.standing is DealStanding.OVER
    offer_over = own is not None and own.standing is DealStanding.OFFERED and not own.holder_protected
    asked = facts.licences or 0
    ordered = max((own.ordered.get(key, 0) for key in facts.products), default=0) if own else 0
    beyond = own is not None and not (over or offer_over) and ordered + asked > own.licences
    to_staff = figures.over_quantity == "staff"
    told = {"registered": str(own.licences), "ordered": str(ordered), "asked": str(asked)} if own else {}

    refused = [
        Reason(code, section, facts_of)
        for code, applies, facts_of in (
            ("1", bool(problems), {}),
            ("2", unauthorised, {}),
            ("3", foreign, {}),
            ("4", facts.customer_refused_partner, {}),
            ("7", other_entity, {}),
            ("not-in-force", over, {}),
            ("offer-over", offer_over, {}),
            ("over-quantity", beyond and not to_staff, told),
        )
        if applies and (not code.isdigit() or code in figures.reason_codes)
    ]
    codes = ", ".join(reason.code for reason in refused)
    referred = [
        Reason(code, section, facts_of)
        for code, applies, facts_of in (
            ("sender-unknown", stranger, {"codes": codes} if codes else {}),
            ("authorisation-undecided", waiting, {}),
            ("deal-undecided", own is not None and own.standing is DealStanding.UNDECIDED, {}),
            ("deal-won", own is not None and own.standing is DealStanding.WON, {}),
            ("over-quantity", beyond and to_staff, told),
            ("not-priced", not facts.priced and "products" not in named, {}),
        )
        if applies
    ]
    tests = (
        Test("complete", section, _unless(bool(problems), Result.FAIL), ", ".join(problem.field for problem in problems)),
        Test("sender", section, _unless(stranger, Result.STAFF), "unknown address" if stranger else ""),
        Test("authorised", section, Result.WAIT if waiting else _unless(unauthorised, Result.FAIL), facts.standing.value),
        Test("own-deal", section, _unless(foreign, Result.FAIL), "held by another partner" if foreign else ""),
        Test("customer-consents", section, _unless(facts.customer_refused_partner, Result.FAIL)),
        Test("same-customer", section, _skipped(own, _unless(other_entity, Result.FAIL))),
        Test("in-force", section, _skipped(own, _in_force(own)), own.standing.value if own else ""),
        Test(
            "within-quantity",
            section,
            _skipped(own, _unless(beyond, Result.STAFF if to_staff else Result.FAIL)),
            f"{ordered} ordered before and {asked} now, of {own.licences}" if own else "",
        ),
        Test("priced", section, _unless(not facts.priced, Result.STAFF)),
    )

    if problems and not facts.needs_data_overdue:
        return Decision(Outcome.ASK, edition.name, tuple(refused), tests, problems)
    if refused and not stranger:
        return Decision(Outcome.REJECT, edition.name, tuple(refused), tests, problems)
    if referred or own is None or own.discount is None:
        return Decision(Outcome.REFER, edition.name, tuple(referred), tests, problems)
    return Decision(Outcome.APPROVE, edition.name, (), tests, terms={"discount": f"{own.discount.normalize():f}"})


def _about_the_deal(facts: OrderFacts, own: OrderedDeal | None, foreign: bool, section: str) -> tuple[Problem, ...]:
    """A number that is no deal of the partner's, and products that the deal does not hold: what the sender can mend."""
    named = {problem.field for problem in facts.problems}
    if own is None:
        return () if foreign or "deal" in named else (Problem("deal", "deal-unknown", section),)
    if "products" in named:
        return ()
    outside = [name for key, name in facts.products.items() if key not in own.products]
    return tuple(Problem("products", "product-outside-deal", section, {"value": name}) for name in outside)


def _in_force(deal: OrderedDeal | None) -> Result:
    if deal is None:
        return Result.SKIP
    if deal.standing in (DealStanding.UNDECIDED, DealStanding.WON):
        return Result.STAFF
    offered = deal.standing is DealStanding.OFFERED and deal.holder_protected
    return Result.PASS if offered or deal.standing is DealStanding.IN_FORCE else Result.FAIL


def _skipped(deal: OrderedDeal | None, result: Result) -> Result:
    return Result.SKIP if deal is None else result


def _unless(wrong: bool, result: Result) -> Result:
    return result if wrong else Result.PASS
