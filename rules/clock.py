"""When a registered deal's term ends and what falls due on the way: reports, re-confirmations, reminders, expiry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.calendar import BusinessCalendar
from rules.edition import Edition


@dataclass(frozen=True, slots=True)
class Term:
    """`ends` is the calendar end; `valid_until` the last day in force, shifted to a business day (art. 193)."""

    ends: date
    valid_until: date


def term(registered_on: date, months: int, calendar: BusinessCalendar) -> Term:
    """The term of a registration (art. 192, 193)."""
    raise NotImplementedError


def extended(old: Term, months: int, calendar: BusinessCalendar) -> Term:
    """One more term, from the old unshifted end, then shifted."""
    raise NotImplementedError


class Step(StrEnum):
    """Something that falls due on a registered deal."""

    REPORT_REMINDER = "report-reminder"
    REPORT_DUE = "report-due"
    REPORT_WARNING = "report-warning"
    CONFIRM_REMINDER = "confirm-reminder"
    CONFIRM_DUE = "confirm-due"
    CONFIRM_WARNING = "confirm-warning"
    ANNULMENT = "annulment"  # a proposal to staff
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DealClock:
    """Dates of one registered deal in the programme's zone.

    `reported_on`: last status report, else the registration; `confirmed_on`: last re-confirmation, else the registration.
    `report_warned_on`, `confirm_warned_on`: when a warning of the running period was really sent. `done`: marks (`Timed.mark`) of steps already taken.
    """

    registered_on: date
    term: Term
    reported_on: date
    confirmed_on: date
    report_warned_on: date | None
    confirm_warned_on: date | None
    done: frozenset[str]


@dataclass(frozen=True, slots=True)
class Timed:
    """A step and the moment it falls due. `mark` names the step of its period (`report-due:2026-03-16`) so that it is taken once."""

    at: datetime
    step: Step
    due_on: date
    mark: str


def report_due(clock: DealClock, edition: Edition) -> date:
    """The day by which the next status report is owed."""
    raise NotImplementedError


def confirm_due(clock: DealClock, edition: Edition) -> date | None:
    """The next re-confirmation day; None when it would fall on the last day of the term or later."""
    raise NotImplementedError


def agenda(clock: DealClock, edition: Edition, calendar: BusinessCalendar) -> tuple[Timed, ...]:
    """Every step of the running periods not yet done, by time. Reminders fall due at opening time of their day, expiry at midnight after the last day.

    Report or confirmation steps on days after the term's last day are left out. ANNULMENT stands only when a warning was really
    sent, N days after it (N from the edition).
    """
    raise NotImplementedError


def due_now(steps: tuple[Timed, ...], now: datetime) -> tuple[tuple[Timed, ...], tuple[str, ...]]:
    """The steps to take at `now` and the marks of those skipped: of each kind (reports, confirmations, end of term) only the latest due one is taken;
    with EXPIRED due nothing else is. ANNULMENT is its own kind.
    """
    raise NotImplementedError


def wakes_at(steps: tuple[Timed, ...], now: datetime) -> datetime | None:
    """When the deal has to be looked at next: the earliest step after `now`."""
    raise NotImplementedError
