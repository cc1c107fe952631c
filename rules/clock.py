"""When a registered deal's term ends and what falls due on the way: reports, re-confirmations, reminders, expiry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.calendar import BusinessCalendar, add_months
from rules.edition import Edition


@dataclass(frozen=True, slots=True)
class Term:
    """`ends` is the calendar end; `valid_until` the last day in force, shifted to a business day (art. 193), never before it."""

    ends: date
    valid_until: date


def term(registered_on: date, months: int, calendar: BusinessCalendar) -> Term:
    """The term of a registration (art. 192, 193)."""
    ends = add_months(registered_on, months)
    return Term(ends, calendar.next_business_day(ends))


def extended(old: Term, months: int, calendar: BusinessCalendar) -> Term:
    """One more term, from the old unshifted end, then shifted."""
    return term(old.ends, months, calendar)


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
    `report_warned_on`, `confirm_warned_on`: when a warning of the running period was really sent. `done`: marks (`Timed.mark`) of
    steps already taken.
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
    """A step and the moment it falls due. `mark` names the step of its period (`report-due:2026-03-16`) so that it is taken
    once.
    """

    at: datetime
    step: Step
    due_on: date
    mark: str


def report_due(clock: DealClock, edition: Edition) -> date:
    """The day by which the next status report is owed: so many days after the last one («Регистрация сделки», figure of the
    edition).
    """
    return clock.reported_on + timedelta(days=edition.deals.report_every_days)


def confirm_due(clock: DealClock, edition: Edition) -> date | None:
    """The next re-confirmation day; None when it would fall on the unshifted end of the term or later.

    Counted in whole periods from the registration, so that the day number stays. A confirmation given from the reminder's day on
    is that period's: the next day is then one period later.
    """
    figures = edition.deals
    lead = timedelta(days=figures.report_reminder_days_before)
    periods = 1
    while (due := add_months(clock.registered_on, periods * figures.confirm_every_months)) - lead <= clock.confirmed_on:
        periods += 1
    return None if due >= clock.term.ends else due


_REPORT = (Step.REPORT_REMINDER, Step.REPORT_DUE, Step.REPORT_WARNING)
_CONFIRM = (Step.CONFIRM_REMINDER, Step.CONFIRM_DUE, Step.CONFIRM_WARNING)
_END = (Step.EXPIRING, Step.EXPIRED)
_KINDS = (_REPORT, _CONFIRM, _END, (Step.ANNULMENT,))


def agenda(clock: DealClock, edition: Edition, calendar: BusinessCalendar) -> tuple[Timed, ...]:
    """Every step of the running periods not yet done, by time. Reminders fall due at opening time of their day, expiry at
    midnight after the last day.

    Report or confirmation steps on days after the term's last day are left out, and so are all of a report that is owed only
    then.
    ANNULMENT stands only when a warning was really sent, N days after it (N from the edition); a warning older than the running
    period's due day belongs to a period that was answered. Reminders of the end count back from the last day in force.
    """
    last = clock.term.valid_until
    confirm = confirm_due(clock, edition)
    steps = list(_period("report", _REPORT, report_due(clock, edition), clock.report_warned_on, last, edition, calendar))
    if confirm is not None:
        steps += _period("confirm", _CONFIRM, confirm, clock.confirm_warned_on, last, edition, calendar)
    for days in edition.deals.expiry_reminder_days:
        steps.append(
            Timed(calendar.at_opening(last - timedelta(days=days)), Step.EXPIRING, last, f"{Step.EXPIRING}-{days}:{last}")
        )
    steps.append(Timed(calendar.start_of(last + timedelta(days=1)), Step.EXPIRED, last, f"{Step.EXPIRED}:{last}"))
    return tuple(sorted((step for step in steps if step.mark not in clock.done), key=lambda step: step.at))


def _period(
    name: str,
    kinds: tuple[Step, Step, Step],
    due: date,
    warned_on: date | None,
    last: date,
    edition: Edition,
    calendar: BusinessCalendar,
) -> Iterator[Timed]:
    """Reminder, due day, warning and proposal of annulment of one period."""
    if due > last:
        return
    figures = edition.deals
    offsets = (-figures.report_reminder_days_before, 0, figures.report_warning_days_after)
    for kind, offset in zip(kinds, offsets, strict=True):
        day = due + timedelta(days=offset)
        if day <= last:
            yield Timed(calendar.at_opening(day), kind, due, f"{kind}:{due}")
    if warned_on is not None and warned_on >= due:
        day = warned_on + timedelta(days=figures.annulment_days_after_warning)
        if day <= last:
            yield Timed(calendar.at_opening(day), Step.ANNULMENT, due, f"{Step.ANNULMENT}-{name}:{due}")


def due_now(steps: tuple[Timed, ...], now: datetime) -> tuple[tuple[Timed, ...], tuple[str, ...]]:
    """The steps to take at `now` and the marks of those skipped: of each kind (reports, confirmations, end of term) only the
    latest due one is taken;
    with EXPIRED due nothing else is. ANNULMENT is its own kind.
    """
    due = sorted((step for step in steps if step.at <= now), key=lambda step: step.at)
    taken = [step for step in due if step.step is Step.EXPIRED]
    if not taken:
        latest = [[step for step in due if step.step in kind][-1:] for kind in _KINDS]
        taken = sorted((step for found in latest for step in found), key=lambda step: step.at)
    return tuple(taken), tuple(step.mark for step in due if step not in taken)


def wakes_at(steps: tuple[Timed, ...]) -> datetime | None:
    """When the deal has to be looked at next: the earliest step that is not done, be it due already."""
    return min((step.at for step in steps), default=None)
