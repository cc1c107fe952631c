"""Business days, deadlines and terms.

Civil Code art. 191 (the count starts the day after), 192 (months end on the same day number or the month's last day),
193 (an end on a day off moves to the next business day), 194 (a deadline ends with the working hours).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo


@dataclass(frozen=True)
class BusinessCalendar:
    """The production calendar over a span of years, precomputed, with the working hours of the programme.

    Build it with `business_calendar`. A date outside the span counts by weekday alone (`provisional` tells).
    """

    zone: tzinfo
    opens: time
    closes: time
    days_off: frozenset[date]
    working_days: tuple[date, ...]
    provisional_years: frozenset[int]

    def is_business_day(self, day: date) -> bool:
        raise NotImplementedError

    def next_business_day(self, day: date) -> date:
        """The day itself if it is a business day, else the first one after it (art. 193)."""
        raise NotImplementedError

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day` (art. 191: the day itself is not counted). `count` >= 1."""
        raise NotImplementedError

    def deadline(self, received: datetime, count: int) -> datetime:
        """Closing time of the `count`-th business day after the submission's date in the programme's zone (art. 191, 194)."""
        raise NotImplementedError

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Working time between two moments, in seconds; 0 if end <= start."""
        raise NotImplementedError

    def moment_at_share(self, start: datetime, end: datetime, share: float) -> datetime:
        """The moment at which `share` (0..1) of the working time from `start` to `end` has passed."""
        raise NotImplementedError

    def at_opening(self, day: date) -> datetime:
        """Opening time of that calendar day (letters on a date go then, business day or not)."""
        raise NotImplementedError

    def start_of(self, day: date) -> datetime:
        """Midnight at which that day begins in the programme's zone."""
        raise NotImplementedError

    def local_date(self, moment: datetime) -> date:
        """The date of a moment in the programme's zone. Raises ValueError on a naive datetime."""
        raise NotImplementedError


def business_calendar(
    *,
    zone: tzinfo,
    opens: time,
    closes: time,
    holidays: frozenset[date],
    working_weekends: frozenset[date],
    provisional_years: frozenset[int],
    first_year: int,
    last_year: int,
    staff_days: Mapping[date, bool],
) -> BusinessCalendar:
    """The calendar of the given years. `staff_days` (tab `Календарь`): date -> True if staff made it a business day, False if a day off."""
    raise NotImplementedError


def add_months(day: date, months: int) -> date:
    """Same day number `months` later, or that month's last day (art. 192 p. 3)."""
    raise NotImplementedError
