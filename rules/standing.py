"""The month's letter on where a partner stands: when it goes, to whom, which deadlines it names («Партнерские статусы»)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rules.calendar import BusinessCalendar
from rules.edition import Edition


def letters_go(on: date, edition: Edition, calendar: BusinessCalendar) -> datetime | None:
    """From when on the letters of that day's month go: the opening of its n-th business day. None: the edition sends none."""
    figures = edition.standing
    if not figures.monthly:
        return None
    before = on.replace(day=1) - timedelta(days=1)
    return calendar.at_opening(calendar.add_business_days(before, figures.business_day))


def is_told(authorised_on: date | None, on: date) -> bool:
    """Does a partner authorised on that day get the letter of `on`'s month? Whoever was authorised in it has just been told."""
    return authorised_on is None or authorised_on < on.replace(day=1)


def is_ahead(due_on: date, on: date, edition: Edition) -> bool:
    """Does a letter of `on` name this deadline? Those that passed are named until they are dealt with."""
    return due_on <= on + timedelta(days=edition.standing.ahead_days)
