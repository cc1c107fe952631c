"""The production calendar: against the package `holidays`, next year's presence, tricky dates, and what holds for any date."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.programme import load_calendar, load_editions
from rules.calendar import BusinessCalendar, add_months, business_calendar

ROOT = Path(__file__).resolve().parents[2]
MOSCOW = ZoneInfo("Europe/Moscow")
DEADLINES = load_editions(ROOT / "programme").items[0].deadlines
CALENDAR = load_calendar(ROOT / "programme", DEADLINES, {})
YEARS = {
    entry["year"]: entry for entry in tomllib.loads((ROOT / "programme" / "calendar.toml").read_text(encoding="utf-8"))["year"]
}
DAY = timedelta(days=1)
LONGEST_RUN = 12  # days off in a row: Wednesday 31 December 2025 to Sunday 11 January 2026

days = st.dates(date(2023, 6, 1), date(2030, 6, 1))
moments = st.datetimes(datetime(2023, 6, 1), datetime(2030, 6, 1), timezones=st.sampled_from([MOSCOW, UTC]))  # noqa: DTZ001 - given zones
counts = st.integers(1, 30)
shares = st.floats(0, 1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


# -- the data ----------------------------------------------------------------------


@pytest.mark.parametrize("year", YEARS)
def test_calendar_agrees_with_the_package_on_every_day(year: int) -> None:
    calendar, package = load_calendar(ROOT / "programme", DEADLINES, {}), holidays.country_holidays("RU", years=year)
    span = [date(year, 1, 1) + DAY * step for step in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    assert [on for on in span if calendar.is_business_day(on)] == [on for on in span if package.is_working_day(on)]


def test_this_year_and_the_next_are_there_and_decreed() -> None:
    """Fails when next year's calendar is missing; decreed it must be from November on (the government decrees in autumn)."""
    today = datetime.now(MOSCOW).date()
    assert today.year in YEARS
    assert not YEARS[today.year]["provisional"]
    assert today.year + 1 in YEARS, f"add {today.year + 1} to programme/calendar.toml"
    assert today.month < 11 or not YEARS[today.year + 1]["provisional"], f"{today.year + 1} should be decreed by now"


def test_a_year_follows_the_newest_decreed_one() -> None:
    decreed = max(year for year, entry in YEARS.items() if not entry["provisional"])
    assert decreed + 1 in YEARS


def test_provisional_years_are_told() -> None:
    assert CALENDAR.provisional(date(2028, 3, 1))  # Wednesday
    assert CALENDAR.provisional(date(2031, 3, 3))  # Monday, outside the span
    assert not CALENDAR.provisional(date(2026, 3, 2))  # Monday


@pytest.mark.parametrize(
    ("on", "business"),
    [
        pytest.param(date(2024, 4, 27), True, id="Saturday, worked for Monday 29 April 2024"),
        pytest.param(date(2024, 4, 29), False, id="Monday 29 April 2024, transferred"),
        pytest.param(date(2024, 12, 28), True, id="Saturday, worked for Monday 30 December 2024"),
        pytest.param(date(2025, 11, 1), True, id="Saturday, worked for Monday 3 November 2025"),
        pytest.param(date(2025, 12, 31), False, id="Wednesday 31 December 2025, transferred"),
        pytest.param(date(2026, 1, 9), False, id="Friday 9 January 2026, transferred"),
        pytest.param(date(2026, 1, 12), True, id="Monday 12 January 2026, first business day of the year"),
        pytest.param(date(2026, 3, 9), False, id="Monday 9 March 2026, for Sunday the 8th"),
        pytest.param(date(2027, 2, 20), True, id="Saturday, worked for Monday 22 February 2027"),
        pytest.param(date(2023, 12, 29), True, id="Friday before the span: by weekday"),
        pytest.param(date(2029, 1, 1), True, id="Monday after the span: by weekday alone"),
        pytest.param(date(2029, 1, 6), False, id="Saturday after the span"),
    ],
)
def test_business_days(on: date, business: bool) -> None:
    assert CALENDAR.is_business_day(on) is business


# -- plain dates ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        pytest.param(date(2026, 1, 31), 1, date(2026, 2, 28), id="Sat 31 Jan + 1 = Sat 28 Feb"),
        pytest.param(date(2028, 1, 31), 1, date(2028, 2, 29), id="Mon 31 Jan + 1 = Tue 29 Feb"),
        pytest.param(date(2024, 2, 29), 12, date(2025, 2, 28), id="Thu 29 Feb + 12 = Fri 28 Feb"),
        pytest.param(date(2024, 2, 29), 48, date(2028, 2, 29), id="Thu 29 Feb + 48 = Tue 29 Feb"),
        pytest.param(date(2026, 11, 30), 3, date(2027, 2, 28), id="Mon 30 Nov + 3 = Sun 28 Feb"),
        pytest.param(date(2026, 12, 31), 1, date(2027, 1, 31), id="Thu 31 Dec + 1 = Sun 31 Jan"),
        pytest.param(date(2026, 3, 31), -1, date(2026, 2, 28), id="Tue 31 Mar - 1 = Sat 28 Feb"),
        pytest.param(date(2026, 1, 15), -12, date(2025, 1, 15), id="Thu 15 Jan - 12 = Wed 15 Jan"),
    ],
)
def test_months(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


def test_working_time_of_a_week_with_a_holiday() -> None:
    # Friday 6 March 17:00 to Tuesday 10 March 10:00 2026: an hour, the weekend and Monday off, an hour
    assert CALENDAR.working_seconds(at("2026-03-06T17:00"), at("2026-03-10T10:00")) == 2 * 3600


def test_working_time_of_one_day_is_cut_to_the_working_hours() -> None:
    assert CALENDAR.working_seconds(at("2026-03-10T05:00"), at("2026-03-10T23:00")) == 9 * 3600  # Tuesday
    assert CALENDAR.working_seconds(at("2026-03-10T19:00"), at("2026-03-10T23:00")) == 0
    assert CALENDAR.working_seconds(at("2026-03-14T09:00"), at("2026-03-14T18:00")) == 0  # Saturday


def test_working_time_is_told_in_whole_seconds_passed() -> None:
    assert CALENDAR.working_seconds(at("2026-03-10T10:00:00.6"), at("2026-03-10T10:00:01.2")) == 0  # Tuesday, 0.6 of a second
    assert CALENDAR.working_seconds(at("2026-03-10T10:00:00.2"), at("2026-03-10T10:00:01.6")) == 1


def test_working_time_does_not_run_backwards() -> None:
    assert CALENDAR.working_seconds(at("2026-03-11T10:00"), at("2026-03-10T10:00")) == 0


def test_no_working_time_has_passed_from_the_start() -> None:
    start = at("2026-03-14T10:00")  # Saturday
    assert CALENDAR.moment_at_share(start, at("2026-03-15T10:00"), 0.5) == start


def test_times_of_day_in_the_zone() -> None:
    assert CALENDAR.at_opening(date(2026, 3, 14)).isoformat() == "2026-03-14T09:00:00+03:00"  # Saturday
    assert CALENDAR.start_of(date(2026, 3, 14)).isoformat() == "2026-03-14T00:00:00+03:00"
    assert CALENDAR.local_date(datetime(2026, 3, 13, 21, 0, tzinfo=UTC)) == date(2026, 3, 14)


def test_naive_moments_and_impossible_figures_are_errors() -> None:
    naive = datetime(2026, 3, 13, 12, 0)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.local_date(naive)
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.deadline(naive, 1)
    with pytest.raises(ValueError, match="1 or more"):
        CALENDAR.add_business_days(date(2026, 3, 13), 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        CALENDAR.moment_at_share(at("2026-03-13T10:00"), at("2026-03-14T10:00"), 1.5)


def small(first: int, last: int, staff_days: dict[date, bool]) -> BusinessCalendar:
    return business_calendar(
        zone=MOSCOW,
        opens=time(9),
        closes=time(18),
        holidays=frozenset(),
        working_weekends=frozenset(),
        provisional_years=frozenset(),
        first_year=first,
        last_year=last,
        staff_days=staff_days,
    )


def test_staff_days_outside_the_years_count_and_make_those_years_provisional() -> None:
    calendar = small(2026, 2026, {date(2028, 3, 6): False, date(2028, 3, 4): True})  # Monday, Saturday
    assert not calendar.is_business_day(date(2028, 3, 6))
    assert calendar.is_business_day(date(2028, 3, 4))
    assert calendar.provisional_years == {2027, 2028}


def test_years_before_the_first_one_are_provisional_too() -> None:
    assert small(2026, 2026, {date(2024, 3, 4): False}).provisional_years == {2024, 2025}  # Monday


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        pytest.param(date(2046, 3, 6), 2026, 2046, id="twenty years on"),
        pytest.param(date(2047, 3, 6), 2026, 2026, id="twenty-one years on: a slip of the pen"),
        pytest.param(date(2926, 3, 6), 2026, 2026, id="centuries on"),
        pytest.param(date(2006, 3, 6), 2006, 2026, id="twenty years back"),
        pytest.param(date(2005, 3, 7), 2026, 2026, id="twenty-one years back"),
    ],
)
def test_a_staff_day_widens_the_years_by_twenty_at_most(on: date, first: int, last: int) -> None:
    working = small(2026, 2026, {on: False}).working_days
    assert (working[0].year, working[-1].year) == (first, last)


def test_an_empty_span_is_an_error() -> None:
    with pytest.raises(ValueError, match="backwards"):
        small(2027, 2026, {})


@pytest.mark.parametrize("closes", [time(9), time(18)], ids=["backwards", "none at all"])
def test_working_hours_that_are_empty_are_an_error(closes: time) -> None:
    with pytest.raises(ValueError, match=f"^working hours are empty: 18:00 to {closes:%H:%M}$"):
        business_calendar(
            zone=MOSCOW,
            opens=time(18),
            closes=closes,
            holidays=frozenset(),
            working_weekends=frozenset(),
            provisional_years=frozenset(),
            first_year=2026,
            last_year=2026,
            staff_days={},
        )


# -- whatever the date -----------------------------------------------------------------


@given(days, days, st.integers(-40, 40))
def test_months_keep_order_and_day_number(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)
    moved = add_months(first, months)
    assert (moved.year * 12 + moved.month) - (first.year * 12 + first.month) == months
    assert moved.day == first.day or (moved.day < first.day and (moved + DAY).day == 1)


@given(days)
def test_shift_lands_on_a_business_day_and_crosses_days_off_alone(on: date) -> None:
    shifted = CALENDAR.next_business_day(on)
    assert CALENDAR.is_business_day(shifted)
    assert not any(CALENDAR.is_business_day(on + DAY * step) for step in range((shifted - on).days))
    assert (shifted - on).days <= LONGEST_RUN


@given(days, counts)
def test_business_days_are_counted_one_by_one(on: date, count: int) -> None:
    end = CALENDAR.add_business_days(on, count)
    assert CALENDAR.is_business_day(end)
    assert sum(CALENDAR.is_business_day(on + DAY * step) for step in range(1, (end - on).days + 1)) == count


@given(moments, counts)
def test_deadline_is_closing_time_of_a_later_business_day(received: datetime, count: int) -> None:
    due = CALENDAR.deadline(received, count)
    assert due.astimezone(MOSCOW).time() == DEADLINES.closes
    assert CALENDAR.is_business_day(due.date())
    assert due.date() > CALENDAR.local_date(received)
    assert CALENDAR.deadline(received, count + 1) > due


@given(moments, moments, counts)
def test_whoever_comes_later_is_not_due_earlier(one: datetime, other: datetime, count: int) -> None:
    first, second = sorted((one, other))
    assert CALENDAR.deadline(first, count) <= CALENDAR.deadline(second, count)


@given(moments, counts)
def test_there_is_working_time_before_every_deadline(received: datetime, count: int) -> None:
    worked = CALENDAR.working_seconds(received, CALENDAR.deadline(received, count))
    assert count * 9 * 3600 <= worked <= (count + 1) * 9 * 3600


@given(moments, moments, moments)
def test_working_time_adds_up(one: datetime, other: datetime, third: datetime) -> None:
    first, second, last = sorted(moment.replace(microsecond=0) for moment in (one, other, third))
    parts = CALENDAR.working_seconds(first, second) + CALENDAR.working_seconds(second, last)
    assert parts == CALENDAR.working_seconds(first, last)


@given(moments, counts, shares, shares)
def test_moment_at_share_rises_within_the_interval(received: datetime, count: int, one: float, other: float) -> None:
    due = CALENDAR.deadline(received, count)
    less, more = sorted((one, other))
    early, late = CALENDAR.moment_at_share(received, due, less), CALENDAR.moment_at_share(received, due, more)
    assert received <= early <= late <= due


@given(moments, counts, shares)
def test_moment_at_share_has_that_share_of_working_time_before_it(received: datetime, count: int, share: float) -> None:
    due = CALENDAR.deadline(received, count)
    passed = CALENDAR.working_seconds(received, CALENDAR.moment_at_share(received, due, share))
    assert abs(passed - CALENDAR.working_seconds(received, due) * share) <= 2


@given(days, st.booleans())
def test_staff_have_the_last_word_on_a_day(on: date, business: bool) -> None:
    assert load_calendar(ROOT / "programme", DEADLINES, {on: business}).is_business_day(on) is business
