"""«Понижение партнёрского статуса или отказ в авторизации»: complaints, false statements, debt, breaches.

Staff decide; nothing happens before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rules.decision import Decision, Outcome, Reason, Result, Test
from rules.edition import Edition


@dataclass(frozen=True, slots=True)
class Violation:
    """A line of `Нарушения`; kind `complaint`, `false-information`, `debt` or `breach`. A lifted one no longer counts."""

    on: date
    kind: str
    lifted: bool


def weigh(violations: tuple[Violation, ...], edition: Edition) -> Decision:
    """Refer to staff with every open violation that is a ground, oldest first; approve (the tier stands) when there is none."""
    section, grounds = edition.tier_review.section, edition.tier_review.grounds
    still = sorted(
        (line for line in violations if not line.lifted and line.kind in grounds), key=lambda line: (line.on, line.kind)
    )
    tests = tuple(
        Test(kind, section, Result.STAFF if any(line.kind == kind for line in still) else Result.PASS)
        for kind in grounds
        if kind != "conditions"
    )
    reasons = tuple(Reason(line.kind, section, {"on": line.on.isoformat()}) for line in still)
    return Decision(Outcome.REFER if still else Outcome.APPROVE, edition.name, reasons, tests)
