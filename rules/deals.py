"""«Регистрация сделки»: registration, own repeats, extension, discounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rules.authorisation import Standing
from rules.decision import Decision, Outcome, Problem, Reason, Result, Test
from rules.edition import Edition, Tier


class DealKind(StrEnum):
    """Kinds of deal («Условия предоставления специальных цен»)."""

    NEW = "new"
    RENEWAL = "renewal"
    ADDITIONAL = "additional"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """The partner as the deal's review sees it. `individual_discount` in percent; `sender_known`: the form's address speaks for
    the partner; `set_discount`: what staff set for this partner instead of the tier's percent.

    `open_deals`: the partner's other open deals, those behind the one under review in the queue not counted where it matters.
    """

    standing: Standing
    tier: Tier
    individual_discount: Decimal | None
    open_deals: int
    sender_known: bool
    set_discount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """Another deal with the same customer INN. `registered`: in force; otherwise undecided, with a place in the queue.

    `earlier`: its place precedes ours. `own`: it is the same partner's, who cannot hold a product twice either.
    """

    number: str
    products: frozenset[str]
    registered: bool
    earlier: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """What the review of a deal registration looks at. `products` are name keys. `expired_on`: when the partner's own same deal
    last expired. `incumbent`: of a renewal, the deal by which the customer bought last, and `incumbent_own`, is it the partner's?
    """

    problems: tuple[Problem, ...]
    partner: PartnerFacts
    kind: DealKind
    products: frozenset[str]
    customer_is_partner: bool
    rivals: tuple[Rival, ...]
    customer_refused_partner: bool
    expired_on: date | None
    received_on: date
    screenshot: bool
    financial_document: bool
    needs_data_overdue: bool
    deadline_passed: bool
    incumbent: str = ""
    incumbent_own: bool = False


def register(facts: RegistrationFacts, edition: Edition) -> Decision:
    """Weigh every test of the section.

    Order of outcomes: problems (with a switch's missing evidence among them) -> ask, or reject once overdue; an unknown sender of
    a
    partner that did apply -> refer; reasons 2, 3, 4 -> reject; waiting or staff's questions -> refer; else approve with
    terms `discount` (percent) and `months`. A reject or an ask lists all codes that apply now, in the order 1..7.

    Reason codes besides "1".."4": `sender-unknown`, `authorisation-undecided` (waits; becomes reason 2 once `deadline_passed`),
    `behind-rival`
    (numbers in `waits_for`), `late-earlier`, `overlap`, `squatting`, `own-customer`, `re-registration`, `switch-evidence`
    (staff check the documents), `individual-discount`. Facts of a reason may carry `rivals` (comma-separated numbers); those of
    `sender-unknown` carry `codes`, what would be refused if the sender spoke for the partner.

    An INN that never applied has nobody to speak for it: its sender is not asked for. Equal rivals that surfaced late are never
    taken back. The incumbent of a renewal is named among the tests and changes nothing.
    Source: «Регистрация сделки», for a switch «Условия предоставления специальных цен», for Trusted's discount «Партнерские
    статусы».
    """
    figures, row = edition.deals, edition.figures(facts.partner.tier)
    section, partner = figures.section, facts.partner
    problems = facts.problems + _missing_evidence(facts, figures.switch_section)
    field = _Field.around(facts)

    undecided = partner.standing is Standing.UNDECIDED
    waiting = undecided and not facts.deadline_passed
    unauthorised = partner.standing is not Standing.AUTHORISED and not waiting
    stranger = partner.standing is not Standing.NEVER_APPLIED and not partner.sender_known
    crowded = partner.tier in figures.auto_open_limit_tiers and partner.open_deals >= figures.auto_open_limit
    again = facts.expired_on is not None and (facts.received_on - facts.expired_on).days <= figures.reregistration_days
    evidence = facts.kind is DealKind.SWITCH and facts.screenshot and facts.financial_document
    percent = discount(facts.kind, partner.tier, partner.individual_discount, None, edition, partner.set_discount)

    refused = [
        Reason(code, section, told)
        for code, applies, told in (
            ("1", bool(problems), {}),
            ("2", unauthorised, {}),
            ("3", bool(field.holders), _rivals(field.holders)),
            ("4", facts.customer_refused_partner, {}),
        )
        if applies
    ]
    codes = ", ".join(reason.code for reason in refused)
    referred = [
        Reason(code, source, told)
        for code, source, applies, told in (
            ("sender-unknown", section, stranger, {"codes": codes} if codes else {}),
            ("authorisation-undecided", section, waiting, {}),
            ("behind-rival", section, bool(field.ahead), _rivals(field.ahead)),
            ("late-earlier", section, bool(field.surfaced), _rivals(field.surfaced)),
            ("overlap", section, bool(field.overlapping), _rivals(field.overlapping)),
            ("squatting", section, crowded, {"open_deals": str(partner.open_deals)}),
            ("own-customer", section, facts.customer_is_partner, {}),
            ("re-registration", section, again, {"expired_on": f"{facts.expired_on}"}),
            ("switch-evidence", figures.switch_section, evidence, {}),
            ("individual-discount", row.section, percent is None, {}),
        )
        if applies
    ]
    tests = (
        Test("complete", section, _unless(bool(problems), Result.FAIL), ", ".join(problem.field for problem in problems)),
        Test("sender", section, _unless(stranger, Result.STAFF), _sender(partner)),
        Test("authorised", section, Result.WAIT if waiting else _unless(unauthorised, Result.FAIL), partner.standing.value),
        Test("customer-free", section, _unless(bool(field.holders), Result.FAIL), _listed("held as", field.holders)),
        Test("customer-consents", section, _unless(facts.customer_refused_partner, Result.FAIL)),
        Test("first-in-queue", section, _unless(bool(field.ahead), Result.WAIT), _listed("undecided before it:", field.ahead)),
        Test(
            "not-late", section, _unless(bool(field.surfaced), Result.STAFF), _listed("registered, though later:", field.surfaced)
        ),
        Test(
            "no-overlap",
            section,
            _unless(bool(field.overlapping), Result.STAFF),
            _listed("some products held as", field.overlapping),
        ),
        Test("squatting", section, _unless(crowded, Result.STAFF), f"{partner.open_deals} open, {row.tier.value}"),
        Test("own-customer", section, _unless(facts.customer_is_partner, Result.STAFF)),
        Test("re-registration", section, _unless(again, Result.STAFF), f"expired {facts.expired_on}" if facts.expired_on else ""),
        _evidence_test(facts, figures.switch_section),
        _incumbent_test(facts, figures.renewal_section),
        Test(
            "discount",
            row.section,
            _unless(percent is None, Result.STAFF),
            "individual, unknown" if percent is None else f"{_plain(percent)} %",
        ),
    )

    if problems and not facts.needs_data_overdue:
        return Decision(Outcome.ASK, edition.name, tuple(refused), tests, problems)
    if refused and not stranger:
        return Decision(Outcome.REJECT, edition.name, tuple(refused), tests, problems)
    if referred or percent is None:
        waits_for = tuple(rival.number for rival in field.ahead)
        return Decision(Outcome.REFER, edition.name, tuple(referred), tests, problems, waits_for=waits_for)
    return Decision(Outcome.APPROVE, edition.name, (), tests, terms={"discount": _plain(percent), "months": str(row.term_months)})


@dataclass(frozen=True, slots=True)
class _Field:
    """The rivals that matter, by what they mean for the deal."""

    holders: tuple[Rival, ...]  # registered before it, same products: the deal is theirs
    overlapping: tuple[Rival, ...]  # registered before it, some of the products; or the partner's own
    surfaced: tuple[Rival, ...]  # registered, although their place is later
    ahead: tuple[Rival, ...]  # undecided, with an earlier place

    @classmethod
    def around(cls, facts: RegistrationFacts) -> _Field:
        """Sort the rivals. Disjoint products are no conflict, and an undecided later rival waits for us."""
        touching = [rival for rival in facts.rivals if rival.products & facts.products]
        held = [rival for rival in touching if rival.registered and not rival.own]
        own = [rival for rival in touching if rival.registered and rival.own]
        return cls(
            holders=tuple(rival for rival in held if rival.earlier and rival.products == facts.products),
            overlapping=tuple(rival for rival in held if rival.earlier and rival.products != facts.products) + tuple(own),
            surfaced=tuple(rival for rival in held if not rival.earlier),
            ahead=tuple(rival for rival in touching if not rival.registered and rival.earlier),
        )


def _missing_evidence(facts: RegistrationFacts, section: str) -> tuple[Problem, ...]:
    """A switch needs a screenshot of the licence and a financial document; a field that is complained of already is not named
    twice.
    """
    if facts.kind is not DealKind.SWITCH:
        return ()
    there = (("licence_screenshot", facts.screenshot), ("financial_document", facts.financial_document))
    named = {problem.field for problem in facts.problems}
    return tuple(Problem(field, "evidence-missing", section) for field, attached in there if not attached and field not in named)


def _evidence_test(facts: RegistrationFacts, section: str) -> Test:
    if facts.kind is not DealKind.SWITCH:
        return Test("switch-evidence", section, Result.SKIP, "no competitive switch")
    both = facts.screenshot and facts.financial_document
    return Test(
        "switch-evidence",
        section,
        Result.STAFF if both else Result.FAIL,
        "staff check it" if both else "screenshot and document are needed",
    )


def _incumbent_test(facts: RegistrationFacts, section: str) -> Test:
    """Renewals go by the standard scheme, whoever sold the licences: this is for staff to see."""
    if facts.kind is not DealKind.RENEWAL:
        return Test("incumbent", section, Result.SKIP, "no renewal")
    if not facts.incumbent:
        return Test("incumbent", section, Result.PASS, "nobody is known to have sold to this customer")
    return Test("incumbent", section, Result.PASS, f"{'own' if facts.incumbent_own else 'another partner'}: {facts.incumbent}")


def _unless(wrong: bool, result: Result) -> Result:
    return result if wrong else Result.PASS


def _sender(partner: PartnerFacts) -> str:
    if partner.standing is Standing.NEVER_APPLIED:
        return "never applied, nobody speaks for it yet"
    return "known address" if partner.sender_known else "unknown address"


def _rivals(rivals: tuple[Rival, ...]) -> dict[str, str]:
    return {"rivals": ",".join(rival.number for rival in rivals)}


def _listed(told: str, rivals: tuple[Rival, ...]) -> str:
    return f"{told} {', '.join(rival.number for rival in rivals)}" if rivals else ""


def _plain(percent: Decimal) -> str:
    """Percent without trailing zeros or exponent: 10, 12.5."""
    text = f"{percent:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def discount(
    kind: DealKind,
    tier: Tier,
    individual: Decimal | None,
    staff: Decimal | None,
    edition: Edition,
    set_for_partner: Decimal | None = None,
) -> Decimal | None:
    """The discount of a registration in percent: staff's figure stands; a switch gets the better of the tier's and the switch's;
    None = individual and unknown.

    `individual` counts only for a tier whose discount is individual; `set_for_partner`, staff's own change of the partner's
    percent, stands for any tier's. Tier's and switch's discounts are never added up.
    """
    if staff is not None:
        return staff
    figure = edition.figures(tier).discount
    own = set_for_partner if set_for_partner is not None else individual if figure is None else figure
    if own is None or kind is not DealKind.SWITCH:
        return own
    return max(own, edition.deals.switch_discount)


@dataclass(frozen=True, slots=True)
class OwnDeal:
    """An open deal of the same partner with (as far as known) the same customer and products."""

    number: str
    state: str  # "in-force" | "needs-data" | "waiting"


class Repeat(StrEnum):
    """What a repeated registration by the same partner is («own repeats»)."""

    NONE = "none"
    IN_FORCE = "in-force"  # its number again, a status report goes
    COMPLETES = "completes"  # the new form completes the one that needs data
    JOINS = "joins"  # joined to the waiting one, earliest place kept


def repeat(own: tuple[OwnDeal, ...]) -> tuple[Repeat, str]:
    """Which of the partner's open same deals the new form belongs to, and its number ("" with NONE). In force goes before waiting
    before needs data.
    """
    for state, meaning in (("in-force", Repeat.IN_FORCE), ("waiting", Repeat.JOINS), ("needs-data", Repeat.COMPLETES)):
        for deal in own:
            if deal.state == state:
                return meaning, deal.number
    return Repeat.NONE, ""


@dataclass(frozen=True, slots=True)
class ExtensionFacts:
    """`in_force`: the term has not ended (through its last day). `used`: extensions so far."""

    in_force: bool
    standing: Standing
    tier: Tier
    used: int
    customer_refused_partner: bool


def extend(facts: ExtensionFacts, edition: Edition) -> Decision:
    """Approve with term `months` of the present tier, or reject: codes 2, 4, 5, or `not-in-force`.

    All that apply are given, the numbered ones first. Source: «Регистрация сделки», figures of «Партнерские статусы».
    """
    section, row = edition.deals.section, edition.figures(facts.tier)
    unauthorised = facts.standing is not Standing.AUTHORISED
    used_up = facts.used >= row.extensions
    tests = (
        Test("authorised", section, _unless(unauthorised, Result.FAIL), facts.standing.value),
        Test("customer-consents", section, _unless(facts.customer_refused_partner, Result.FAIL)),
        Test(
            "extensions-left", section, _unless(used_up, Result.FAIL), f"{facts.used} used of {row.extensions}, {row.tier.value}"
        ),
        Test("in-force", section, _unless(not facts.in_force, Result.FAIL)),
    )
    weighed = (("2", unauthorised), ("4", facts.customer_refused_partner), ("5", used_up), ("not-in-force", not facts.in_force))
    reasons = tuple(Reason(code, section) for code, applies in weighed if applies)
    if reasons:
        return Decision(Outcome.REJECT, edition.name, reasons, tests)
    return Decision(Outcome.APPROVE, edition.name, (), tests, terms={"months": str(row.term_months)})


def second_partner_discount(percent: Decimal, refusal_codes: tuple[str, ...], edition: Edition) -> Problem | None:
    """May staff offer this discount on a refused deal (0..5 % and refused for reason 3 alone)? None = yes; codes
    `percent-out-of-range`, `not-reason-3`.
    """
    figures = edition.deals
    if not 0 <= percent <= figures.second_partner_discount_max:
        told = {"percent": _plain(percent), "max": _plain(figures.second_partner_discount_max)}
        return Problem("staff_discount", "percent-out-of-range", figures.section, told)
    if refusal_codes != ("3",):
        return Problem("staff_discount", "not-reason-3", figures.section, {"codes": ", ".join(refusal_codes)})
    return None
