"""«Регистрация сделки»: registration, own repeats, extension, discounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rules.authorisation import Standing
from rules.decision import Decision, Problem
from rules.edition import Edition, Tier


class DealKind(StrEnum):
    """Kinds of deal («Условия предоставления специальных цен»)."""

    NEW = "new"
    RENEWAL = "renewal"
    ADDITIONAL = "additional"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """The partner as the deal's review sees it. `individual_discount` in percent; `sender_known`: the form's address speaks for the partner."""

    standing: Standing
    tier: Tier
    individual_discount: Decimal | None
    open_deals: int
    sender_known: bool


@dataclass(frozen=True, slots=True)
class Rival:
    """Another partner's deal with the same customer INN. `registered`: in force; otherwise undecided, with a place in the queue.

    `earlier`: its place precedes ours.
    """

    number: str
    products: frozenset[str]
    registered: bool
    earlier: bool


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """What the review of a deal registration looks at. `products` are name keys. `expired_on`: when the partner's own same deal last expired."""

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


def register(facts: RegistrationFacts, edition: Edition) -> Decision:
    """Weigh every test of the section.

    Order of outcomes: problems (with a switch's missing evidence among them) -> ask, or reject once overdue; an unknown sender of a
    partner that did apply -> refer; reasons 2, 3, 4 -> reject; waiting or staff's questions -> refer; else approve with
    terms `discount` (percent) and `months`. A reject or an ask lists all codes that apply now, in the order 1..7.

    Reason codes besides "1".."4": `sender-unknown`, `authorisation-undecided` (waits; becomes reason 2 once `deadline_passed`), `behind-rival`
    (numbers in `waits_for`), `late-earlier`, `overlap`, `squatting`, `own-customer`, `re-registration`, `switch-evidence`
    (staff check the documents), `individual-discount`. Facts of a reason may carry `rivals` (comma-separated numbers).
    """
    raise NotImplementedError


def discount(kind: DealKind, tier: Tier, individual: Decimal | None, staff: Decimal | None, edition: Edition) -> Decimal | None:
    """The discount of a registration in percent: staff's figure stands; a switch gets the better of the tier's and the switch's; None = individual and unknown."""
    raise NotImplementedError


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
    """Which of the partner's open same deals the new form belongs to, and its number ("" with NONE). In force goes before waiting before needs data."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ExtensionFacts:
    """`in_force`: the term has not ended (through its last day). `used`: extensions so far."""

    in_force: bool
    standing: Standing
    tier: Tier
    used: int
    customer_refused_partner: bool


def extend(facts: ExtensionFacts, edition: Edition) -> Decision:
    """Approve with term `months` of the present tier, or reject: codes 2, 4, 5, or `not-in-force`."""
    raise NotImplementedError


def second_partner_discount(percent: Decimal, refusal_codes: tuple[str, ...], edition: Edition) -> Problem | None:
    """May staff offer this discount on a refused deal (0..5 % and refused for reason 3 alone)? None = yes; codes `percent-out-of-range`, `not-reason-3`."""
    raise NotImplementedError
