"""«Регистрация сделки»: whoever was refused because the customer is another's may wait, and is told when the customer is free."""

from __future__ import annotations

from dataclasses import dataclass

from rules.authorisation import Standing
from rules.deals import Rival
from rules.decision import Decision, Outcome, Reason, Result, Test
from rules.edition import Edition

TAKEN = "3"
"""The reason for refusal that somebody may wait for the end of."""


@dataclass(frozen=True, slots=True)
class WaitingFacts:
    """A refused registration, and what stands in its way now. `refused_for`: the codes of the refusal; `products`: name keys.

    `others`: every other deal with the customer that is in force or has a place in the queue, the partner's own ones too.
    """

    refused_for: tuple[str, ...]
    standing: Standing
    customer_refused_partner: bool
    products: frozenset[str]
    others: tuple[Rival, ...]


def wait(facts: WaitingFacts, edition: Edition) -> Decision:
    """Approve: the customer is free, the partner may be told. Refer: it has to wait, for the deals of `waits_for`. Reject: it may
    not wait; codes `2`, `4`, `not-waiting` (refused for something else, or for what waiting does not mend).

    Free means what a new registration would meet: nobody holds one of the products, and nobody undecided stands before it.
    """
    section = edition.deals.section
    mendable = {TAKEN, *edition.deals.waiting_beside}
    hopeless = TAKEN not in facts.refused_for or not mendable.issuperset(facts.refused_for)
    unauthorised = facts.standing is not Standing.AUTHORISED
    ahead = tuple(other.number for other in facts.others if other.products & facts.products)
    tests = (
        Test("refused-as-taken", section, Result.FAIL if hopeless else Result.PASS, ", ".join(facts.refused_for)),
        Test("authorised", section, Result.FAIL if unauthorised else Result.PASS, facts.standing.value),
        Test("customer-consents", section, Result.FAIL if facts.customer_refused_partner else Result.PASS),
        Test("customer-free", section, Result.WAIT if ahead else Result.PASS, ", ".join(ahead)),
    )
    weighed = (("not-waiting", hopeless), ("2", unauthorised), ("4", facts.customer_refused_partner))
    reasons = tuple(Reason(code, section) for code, applies in weighed if applies)
    if reasons:
        return Decision(Outcome.REJECT, edition.name, reasons, tests)
    if ahead:
        return Decision(Outcome.REFER, edition.name, (), tests, waits_for=ahead)
    return Decision(Outcome.APPROVE, edition.name, (), tests)
