"""«Авторизация Партнера»: may this legal entity become a partner?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.decision import Decision, Problem
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
    """`sole_trader`: the INN has 12 digits. `standing` before this application. `known_sender`: the address speaks for the partner already.

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
    `foreign-applicant` (repeat of an authorised or undecided partner from an unknown address) (refer); approve of an already authorised
    partner carries `already-authorised`. Remarks (free mail, other domain) come as tests with result STAFF that hold nothing up:
    names `free-mail`, `foreign-domain`.
    """
    raise NotImplementedError
