"""NFR licences: the partner's own, for as long as its tier allows («Партнерские статусы»)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rules.authorisation import Standing
from rules.calendar import add_months
from rules.decision import Decision, Outcome, Reason, Result, Test
from rules.edition import Edition, Tier


@dataclass(frozen=True, slots=True)
class NfrFacts:
    """What the review of a request looks at. `running`: numbers of the partner's NFR licences that are out or granted."""

    standing: Standing
    tier: Tier
    sender_known: bool
    running: tuple[str, ...]
    deadline_passed: bool


def nfr(facts: NfrFacts, edition: Edition) -> Decision:
    """Approve with term `months` ("" while the tier lasts), up to the longest of the tier.

    Reasons: 2, `tier-without-nfr` -> reject, unless the sender is unknown; `sender-unknown`, `authorisation-undecided`,
    `nfr-running` (fact numbers) -> refer.
    """
    row, section = edition.figures(facts.tier), edition.nfr.section
    undecided = facts.standing is Standing.UNDECIDED
    waiting = undecided and not facts.deadline_passed
    unauthorised = facts.standing is not Standing.AUTHORISED and not waiting
    stranger = facts.standing is not Standing.NEVER_APPLIED and not facts.sender_known
    without = row.nfr_months == 0 and not (unauthorised or waiting)
    refused = [Reason(code, section) for code, applies in (("2", unauthorised), ("tier-without-nfr", without)) if applies]
    numbers = ", ".join(facts.running)
    referred = [
        Reason(code, section, told)
        for code, applies, told in (
            ("sender-unknown", stranger, {}),
            ("authorisation-undecided", waiting, {}),
            ("nfr-running", bool(facts.running), {"numbers": numbers}),
        )
        if applies
    ]
    longest = "while the tier lasts" if row.nfr_months is None else f"{row.nfr_months} months"
    tests = (
        Test("sender", section, Result.STAFF if stranger else Result.PASS, "unknown address" if stranger else ""),
        Test(
            "authorised",
            section,
            Result.WAIT if waiting else Result.FAIL if unauthorised else Result.PASS,
            facts.standing.value,
        ),
        Test("tier", row.section, Result.FAIL if without else Result.PASS, f"{row.tier.value}: {longest}"),
        Test("none-running", section, Result.STAFF if facts.running else Result.PASS, numbers),
    )
    if refused and not stranger:
        return Decision(Outcome.REJECT, edition.name, tuple(refused), tests)
    if referred:
        return Decision(Outcome.REFER, edition.name, tuple(referred), tests)
    months = "" if row.nfr_months is None else str(row.nfr_months)
    return Decision(Outcome.APPROVE, edition.name, (), tests, terms={"months": months})


def nfr_end(started_on: date, present: date | None, tier: Tier, authorised: bool, today: date, edition: Edition) -> date | None:
    """The last day of a licence given on `started_on` that ends on `present` (None: with the tier), under the tier of today.

    A tier without NFR, or an ended authorisation, ends it today; a shorter longest term shortens it (not below today); a longer
    one changes nothing.
    """
    longest = edition.figures(tier).nfr_months if authorised else 0
    if longest is None:
        return present
    end = max(add_months(started_on, longest), today)
    return end if present is None else min(present, end)
