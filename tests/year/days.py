"""Business days, worked out apart from the code under test: the `holidays` package's Russia and staff's own days."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays

from tests.year.events import MOSCOW

CLOSING = time(18)

_russia = holidays.country_holidays("RU", years=range(2024, 2029))


@cache
def _decreed(day: date) -> bool:
    return bool(_russia.is_working_day(day))


class Days:
    """The production calendar and what staff added to it so far."""

    def __init__(self) -> None:
        self.own: dict[date, bool] = {}

    def business(self, day: date) -> bool:
        """Do people work on that day?"""
        return self.own.get(day, _decreed(day))

    def shifted(self, day: date) -> date:
        """Civil Code art. 193: the day itself or the next business day."""
        while not self.business(day):
            day += timedelta(days=1)
        return day

    def deadline(self, since: datetime, count: int) -> datetime:
        """Articles 191 and 194: `count` business days after that date, at closing time."""
        day = since.astimezone(MOSCOW).date()
        while count:
            day += timedelta(days=1)
            count -= self.business(day)
        return datetime.combine(day, CLOSING, MOSCOW)

    def quarter_opens(self, day: date) -> date:
        """The first business day of that day's quarter."""
        return self.shifted(quarter(day))


def months_after(day: date, count: int) -> date:
    """Article 192: the same number in a later month, or that month's last day."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def quarter(day: date) -> date:
    """The first day of the quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
