"""Requests by topic: a listing on the vendor's site, joining a presale, marketing materials («Партнерские статусы»)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from rules.authorisation import Standing
from rules.decision import Decision, Outcome, Reason, Result, Test
from rules.edition import Edition, Tier


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """What the review looks at."""

    topic: str
    standing: Standing
    tier: Tier
    sender_known: bool
    amount: Decimal | None = None  # list price in roubles of the partner's deal that a presale request names
    links: bool = False  # are there links to materials for this tier?


def stays_listed(standing: Standing, tier: Tier, edition: Edition) -> bool:
    """Does a listing that staff granted go on? It ends with the authorisation, and with a tier that gives none."""
    return standing is Standing.AUTHORISED and edition.figures(tier).listed


def topic(facts: TopicFacts, edition: Edition) -> Decision:
    """Refer to staff whatever is theirs to say; reject what the tier does not give.

    `publication`: from the first tier that is listed; staff say yes (`listing`), below it reject `tier-not-listed`. `presale`:
    reject a deal below the tier's threshold even at list price (`presale-below`, facts from and amount), else staff say yes
    (`presale`, the same facts; amount "" where no deal is named). `materials`:
    approve where there are links to give. Anything else: staff answer.
    Reason 2 without authorisation, but for a question; a stranger's request goes to staff (`sender-unknown`).
    """
    row = edition.figures(facts.tier)
    section = row.section
    unauthorised = facts.topic != "question" and facts.standing is not Standing.AUTHORISED
    stranger = facts.standing is not Standing.NEVER_APPLIED and not facts.sender_known
    unlisted = facts.topic == "publication" and not unauthorised and not row.listed
    presale = facts.topic == "presale"
    below = presale and not unauthorised and facts.amount is not None and facts.amount < row.presale_from_rub
    amount = "" if facts.amount is None else f"{facts.amount:f}"
    told = {"from": str(row.presale_from_rub), "amount": amount} if presale else {}
    refused = tuple(
        Reason(code, section, of)
        for code, applies, of in (
            ("2", unauthorised, {}),
            ("tier-not-listed", unlisted, {}),
            ("presale-below", below, told),
        )
        if applies
    )
    tests = (
        Test("sender", section, Result.STAFF if stranger else Result.PASS),
        Test("authorised", section, Result.FAIL if unauthorised else Result.PASS, facts.standing.value),
        Test("listed", section, Result.FAIL if unlisted else Result.PASS, row.tier.value),
        Test("presale-amount", section, _amount(presale, below, amount), f"{amount} of {row.presale_from_rub}" if amount else ""),
    )
    if refused and not stranger:
        return Decision(Outcome.REJECT, edition.name, refused, tests)
    if facts.topic == "materials" and facts.links and not stranger:
        return Decision(Outcome.APPROVE, edition.name, (), tests)
    code = "sender-unknown" if stranger else {"publication": "listing", "presale": "presale"}.get(facts.topic, "request")
    return Decision(Outcome.REFER, edition.name, (Reason(code, section, told),), tests)


def _amount(presale: bool, below: bool, amount: str) -> Result:
    if not presale:
        return Result.SKIP
    return Result.FAIL if below else Result.PASS if amount else Result.STAFF
