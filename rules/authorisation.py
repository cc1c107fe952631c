"""«Авторизация Партнера»: may this legal entity become a partner?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.decision import Decision, Outcome, Problem, Reason, Result, Test
from rules.edition import Edition


class Standing(StrEnum):
    """Where a legal entity stands with the programme."""

    NEVER_APPLIED = "never-applied"
    UNDECIDED = "undecided"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    DEAUTHORISED = "deauthorised"


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """`sole_trader`: the INN has 12 digits. `standing` before this application. `known_sender`: the address speaks for the
    partner already.

    `refused_before`: this entity was refused or de-authorised at any time.
    """

    problems: tuple[Problem, ...]
    sole_trader: bool
    standing: Standing
    refused_before: bool
    known_sender: bool
    free_mail: bool
    foreign_domain: bool
    needs_data_overdue: bool = False


def authorise(facts: ApplicationFacts, edition: Edition) -> Decision:
    """Approve as White, refer to staff, ask for data, or refuse a sole trader.

    Reason codes: `legal-entity-only` (reject), `1` (asked and overdue -> reject), `staff-approves`, `refused-before`,
    `foreign-applicant` (repeat of an authorised or undecided partner from an unknown address) (refer); approve of an already
    authorised
    partner carries `already-authorised`. Remarks (free mail, other domain) come as tests with result STAFF that hold nothing up:
    names `free-mail`, `foreign-domain`.

    Order of outcomes: somebody else's INN (repeat from an unknown address) -> refer, whatever else is wrong with the form, so
    that a stranger
    can neither set a letter going nor bring a refusal about; a repeat of an authorised partner -> its status, nothing is asked or
    changed;
    sole trader -> reject; problems -> ask, or reject once overdue; staff's questions -> refer; else approve with term `tier`.

    Source: «Авторизация Партнера»; for entities refused or de-authorised before, «Понижение партнёрского статуса или отказ в
    авторизации».
    """
    figures = edition.authorisation
    section, staff_section = figures.section, edition.tier_review.section
    repeat = facts.standing in (Standing.AUTHORISED, Standing.UNDECIDED)
    foreign = repeat and not facts.known_sender
    already = facts.standing is Standing.AUTHORISED and facts.known_sender
    before = not already and (facts.refused_before or facts.standing in (Standing.REFUSED, Standing.DEAUTHORISED))
    by_staff = figures.approve == "staff"
    applicant = Result.STAFF if foreign else Result.PASS

    tests = (
        Test("known-applicant", section, applicant, _applicant(facts.standing, foreign)),
        Test(
            "legal-entity",
            section,
            _failed(facts.sole_trader),
            "12-digit INN: a sole trader or a person" if facts.sole_trader else "",
        ),
        Test("complete", section, _failed(bool(facts.problems)), ", ".join(problem.field for problem in facts.problems)),
        Test("not-refused-before", staff_section, Result.STAFF if before else Result.PASS, facts.standing.value),
        Test("approval", section, Result.STAFF if by_staff else Result.PASS, f"authorisation.approve = {figures.approve}"),
        Test("free-mail", section, Result.STAFF if facts.free_mail else Result.PASS, "remark only" if facts.free_mail else ""),
        Test(
            "foreign-domain",
            section,
            Result.STAFF if facts.foreign_domain else Result.PASS,
            "remark only" if facts.foreign_domain else "",
        ),
    )

    if foreign:
        return Decision(Outcome.REFER, edition.name, (Reason("foreign-applicant", section),), tests)
    if already:
        return Decision(Outcome.APPROVE, edition.name, (Reason("already-authorised", section),), tests)
    incomplete = (Reason("1", section),) if facts.problems else ()
    if facts.sole_trader:
        overdue = incomplete if facts.needs_data_overdue else ()
        return Decision(
            Outcome.REJECT,
            edition.name,
            (Reason("legal-entity-only", section), *overdue),
            tests,
            facts.problems if overdue else (),
        )
    if facts.problems:
        outcome = Outcome.REJECT if facts.needs_data_overdue else Outcome.ASK
        return Decision(outcome, edition.name, incomplete, tests, facts.problems)
    referred = []
    if before:
        referred.append(Reason("refused-before", staff_section))
    if by_staff:
        referred.append(Reason("staff-approves", section))
    if referred:
        return Decision(Outcome.REFER, edition.name, tuple(referred), tests)
    return Decision(Outcome.APPROVE, edition.name, (), tests, terms={"tier": figures.start_tier.value})


def _failed(wrong: bool) -> Result:
    return Result.FAIL if wrong else Result.PASS


def _applicant(standing: Standing, foreign: bool) -> str:
    if standing is Standing.NEVER_APPLIED:
        return "first application"
    return f"{standing.value}, {'unknown' if foreign else 'known'} address"
