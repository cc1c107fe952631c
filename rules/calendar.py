"""Business days, deadlines and terms.

Civil Code art. 191 (the count starts the day after), 192 (months end on the same day number or the month's last day),
193 (an end on a day off moves to the next business day), 194 (a deadline ends with the working hours).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)
_SATURDAY = 5
_WIDEST = 20  # years by which staff's days may widen the span; what lies beyond is a slip of the pen and can matter to no term


@dataclass(frozen=True)
class BusinessCalendar:
    """The production calendar over a span of years, precomputed, with the working hours of the programme.

    Build it with `business_calendar`. `working_days` rises and covers whole years; `days_off` are all other days of those years.
    A date outside the span counts by weekday alone (`provisional` tells). Every moment handed out is in `zone`.
    """

    zone: tzinfo
    opens: time
    closes: time
    days_off: frozenset[date]
    working_days: tuple[date, ...]
    provisional_years: frozenset[int]

    def is_business_day(self, day: date) -> bool:
        """Is it a business day by the production calendar and staff's word?"""
        if not self._covers(day):
            return day.weekday() < _SATURDAY
        return day not in self.days_off

    def provisional(self, day: date) -> bool:
        """Is that day's calendar not decreed yet (or outside the span altogether), so that it may still change?"""
        return not self._covers(day) or day.year in self.provisional_years

    def next_business_day(self, day: date) -> date:
        """The day itself if it is a business day, else the first one after it (art. 193)."""
        return self.add_business_days(day - _DAY, 1)

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day` (art. 191: the day itself is not counted). `count` >= 1, else ValueError."""
        if count < 1:
            raise ValueError(f"count of business days must be 1 or more, got {count}")
        if self._covers(day):
            index = bisect_right(self.working_days, day) + count - 1
            if index < len(self.working_days):
                return self.working_days[index]
        while count:
            day += _DAY
            count -= self.is_business_day(day)
        return day

    def deadline(self, received: datetime, count: int) -> datetime:
        """Closing time of the `count`-th business day after the submission's date in the programme's zone (art. 191, 194).

        Raises ValueError on a naive datetime or a `count` below 1.
        """
        return self._at(self.add_business_days(self.local_date(received), count), self.closes)

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Working time between two moments, in whole seconds (a fraction is dropped); 0 if end <= start. Raises ValueError on
        naive datetimes.
        """
        return int(self._working_time(start, end).total_seconds())

    def moment_at_share(self, start: datetime, end: datetime, share: float) -> datetime:
        """The moment at which `share` (0..1) of the working time from `start` to `end` has passed.

        `start` where there is no working time between them (nothing is left to pass). Raises ValueError on another share or naive
        datetimes.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share must lie between 0 and 1, got {share}")
        wanted = self._working_time(start, end) * share
        begin = self._local(start)
        if not wanted:
            return begin
        today = self._part(begin.date(), begin.time(), self.closes)
        if wanted <= today:
            return max(begin, self.at_opening(begin.date())) + wanted
        wanted -= today
        length = _since_midnight(self.closes) - _since_midnight(self.opens)
        whole = -(-wanted // length) - 1  # full days before the one in which the moment lies
        day = self.add_business_days(begin.date(), whole + 1)
        return min(self.at_opening(day) + (wanted - whole * length), self._local(end))

    def at_opening(self, day: date) -> datetime:
        """Opening time of that calendar day (letters on a date go then, business day or not)."""
        return self._at(day, self.opens)

    def start_of(self, day: date) -> datetime:
        """Midnight at which that day begins in the programme's zone."""
        return self._at(day, time.min)

    def local_date(self, moment: datetime) -> date:
        """The date of a moment in the programme's zone. Raises ValueError on a naive datetime."""
        return self._local(moment).date()

    def _covers(self, day: date) -> bool:
        return bool(self.working_days) and self.working_days[0].year <= day.year <= self.working_days[-1].year

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone)

    def _local(self, moment: datetime) -> datetime:
        if moment.utcoffset() is None:
            raise ValueError(f"a moment needs a time zone, got {moment.isoformat()}")
        return moment.astimezone(self.zone)

    def _part(self, day: date, since: time, until: time) -> timedelta:
        """Working time of one day between two times of day."""
        if not self.is_business_day(day):
            return timedelta(0)
        return max(timedelta(0), _since_midnight(min(until, self.closes)) - _since_midnight(max(since, self.opens)))

    def _working_time(self, start: datetime, end: datetime) -> timedelta:
        begin, finish = self._local(start), self._local(end)
        if finish <= begin:
            return timedelta(0)
        first, last = begin.date(), finish.date()
        if first == last:
            return self._part(first, begin.time(), finish.time())
        length = _since_midnight(self.closes) - _since_midnight(self.opens)
        edges = self._part(first, begin.time(), self.closes) + self._part(last, self.opens, finish.time())
        return edges + self._business_days_between(first, last) * length

    def _business_days_between(self, first: date, last: date) -> int:
        """Business days strictly between two days."""
        if self._covers(first) and self._covers(last):
            return bisect_left(self.working_days, last) - bisect_right(self.working_days, first)
        return sum(self.is_business_day(first + _DAY * step) for step in range(1, (last - first).days))


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
    """The calendar of the given years. `staff_days` (tab `Календарь`): date -> True if staff made it a business day, False if a
    day off.

    `holidays`: days off that fall on weekdays; `working_weekends`: Saturdays and Sundays worked instead. Staff's word goes before
    both; a day
    of theirs outside the years widens the span (by 20 years at most, what lies beyond is left out), and the years so added are
    provisional.
    Raises ValueError on an empty span or empty working hours.
    """
    if first_year > last_year:
        raise ValueError(f"the calendar's years run backwards: {first_year} to {last_year}")
    if opens >= closes:
        raise ValueError(f"working hours are empty: {opens:%H:%M} to {closes:%H:%M}")
    known = range(first_year, last_year + 1)
    staff_years = [day.year for day in staff_days if first_year - _WIDEST <= day.year <= last_year + _WIDEST]
    years = range(min([first_year, *staff_years]), max([last_year, *staff_years]) + 1)
    working: list[date] = []
    off: list[date] = []
    for year in years:
        day, end = date(year, 1, 1), date(year, 12, 31)
        while day <= end:
            by_decree = day in working_weekends or (day.weekday() < _SATURDAY and day not in holidays)
            (working if staff_days.get(day, by_decree) else off).append(day)
            day += _DAY
    return BusinessCalendar(
        zone=zone,
        opens=opens,
        closes=closes,
        days_off=frozenset(off),
        working_days=tuple(working),
        provisional_years=provisional_years | frozenset(year for year in years if year not in known),
    )


def add_months(day: date, months: int) -> date:
    """Same day number `months` later, or that month's last day (art. 192 p. 3). Negative `months` count back."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)
