"""Terms and agenda, whatever the dates: what must hold for every deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from jobs.programme import load_calendar, load_editions
from rules.calendar import add_months
from rules.clock import DealClock, Step, Term, agenda, confirm_due, due_now, extended, report_due, term, wakes_at
from rules.edition import Tier

ROOT = Path(__file__).resolve().parents[2]
EDITION = load_editions(ROOT / "programme").items[0]
CALENDAR = load_calendar(ROOT / "programme", EDITION.deadlines, {})
FIGURES = EDITION.deals
DAY = timedelta(days=1)

dates = st.dates(date(2024, 1, 1), date(2028, 6, 1))
months = st.integers(1, 24)
KIND = {
    Step.REPORT_REMINDER: "report",
    Step.REPORT_DUE: "report",
    Step.REPORT_WARNING: "report",
    Step.CONFIRM_REMINDER: "confirm",
    Step.CONFIRM_DUE: "confirm",
    Step.CONFIRM_WARNING: "confirm",
    Step.EXPIRING: "end",
    Step.EXPIRED: "end",
    Step.ANNULMENT: "annulment",
}


@st.composite
def clocks(draw: st.DrawFn) -> DealClock:
    """A deal of any tier, registered any day, with reports, confirmations and warnings on any days of its term."""
    registered_on = draw(dates)
    running = term(registered_on, EDITION.figures(draw(st.sampled_from(Tier))).term_months, CALENDAR)
    if draw(st.booleans()):
        running = extended(running, draw(st.sampled_from([3, 6])), CALENDAR)
    inside = st.dates(registered_on, running.valid_until)
    return DealClock(
        registered_on=registered_on,
        term=running,
        reported_on=draw(inside),
        confirmed_on=draw(inside),
        report_warned_on=draw(st.none() | inside),
        confirm_warned_on=draw(st.none() | inside),
        done=frozenset(),
    )


@st.composite
def clocks_at(draw: st.DrawFn) -> tuple[DealClock, datetime]:
    """Such a deal, and a moment from its registration to a month after its end."""
    clock = draw(clocks())
    minutes = draw(st.integers(0, (clock.term.valid_until - clock.registered_on + 30 * DAY) // timedelta(minutes=1)))
    return clock, CALENDAR.start_of(clock.registered_on) + timedelta(minutes=minutes)


# -- terms -------------------------------------------------------------------------


@given(dates, dates, months)
def test_whoever_registers_later_is_not_protected_less_long(one: date, other: date, count: int) -> None:
    first, second = sorted((one, other))
    assert term(first, count, CALENDAR).ends <= term(second, count, CALENDAR).ends
    assert term(first, count, CALENDAR).valid_until <= term(second, count, CALENDAR).valid_until


@given(dates, months)
def test_a_term_ends_on_a_business_day_at_or_after_its_calendar_end(on: date, count: int) -> None:
    running = term(on, count, CALENDAR)
    assert running.ends == add_months(on, count)
    assert running.valid_until == CALENDAR.next_business_day(running.ends)


@given(dates, months, months)
def test_an_extension_counts_from_the_unshifted_end(on: date, count: int, more: int) -> None:
    old = term(on, count, CALENDAR)
    shifted = Term(old.ends, old.valid_until + 5 * DAY)
    assert extended(old, more, CALENDAR) == extended(shifted, more, CALENDAR) == term(old.ends, more, CALENDAR)


# -- agenda --------------------------------------------------------------------------


@given(clocks())
def test_with_everything_done_nothing_is_due(clock: DealClock) -> None:
    marks = frozenset(step.mark for step in agenda(clock, EDITION, CALENDAR))
    assert agenda(replace(clock, done=marks), EDITION, CALENDAR) == ()


@given(clocks(), st.data())
def test_what_is_done_is_left_out_and_nothing_else(clock: DealClock, data: st.DataObject) -> None:
    steps = agenda(clock, EDITION, CALENDAR)
    done = data.draw(st.sets(st.sampled_from([step.mark for step in steps])))
    left = agenda(replace(clock, done=frozenset(done)), EDITION, CALENDAR)
    assert left == tuple(step for step in steps if step.mark not in done)


@given(clocks())
def test_steps_rise_and_have_marks_of_their_own(clock: DealClock) -> None:
    steps = agenda(clock, EDITION, CALENDAR)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert len({step.mark for step in steps}) == len(steps)


@given(clocks())
def test_every_deal_expires_once_and_everything_else_goes_before(clock: DealClock) -> None:
    steps = agenda(clock, EDITION, CALENDAR)
    assert [step.step for step in steps].count(Step.EXPIRED) == 1
    assert steps[-1].step is Step.EXPIRED
    assert steps[-1].at == CALENDAR.start_of(clock.term.valid_until + DAY)
    for step in steps[:-1]:
        assert step.at == CALENDAR.at_opening(step.at.date())
        assert step.at.date() <= clock.term.valid_until


@given(clocks())
def test_steps_of_the_end_name_the_last_day_in_force(clock: DealClock) -> None:
    steps = agenda(clock, EDITION, CALENDAR)
    assert {step.due_on for step in steps if KIND[step.step] == "end"} == {clock.term.valid_until}


def test_marks_are_spelled_as_ledgers_keep_them() -> None:
    """A mark spelled otherwise would be taken for a step not done yet, and its letter would go again."""
    registered_on = date(2026, 1, 30)  # Friday
    running = term(registered_on, 6, CALENDAR)  # to Thursday 30 July
    clock = DealClock(registered_on, running, date(2026, 7, 1), registered_on, date(2026, 7, 16), date(2026, 5, 1), frozenset())
    assert {step.mark for step in agenda(clock, EDITION, CALENDAR)} == {
        "report-reminder:2026-07-15",
        "report-due:2026-07-15",
        "report-warning:2026-07-15",
        "annulment-report:2026-07-15",
        "confirm-reminder:2026-04-30",
        "confirm-due:2026-04-30",
        "confirm-warning:2026-04-30",
        "annulment-confirm:2026-04-30",
        "expiring-14:2026-07-30",
        "expiring-3:2026-07-30",
        "expired:2026-07-30",
    }


@given(clocks())
def test_annulment_is_proposed_no_sooner_than_seven_days_after_a_warning_really_sent(clock: DealClock) -> None:
    warned = {"report": clock.report_warned_on, "confirm": clock.confirm_warned_on}
    for step in agenda(clock, EDITION, CALENDAR):
        if step.step is Step.ANNULMENT:
            on = warned[step.mark.removeprefix("annulment-").partition(":")[0]]
            assert on is not None
            assert step.at.date() - on == FIGURES.annulment_days_after_warning * DAY
            assert on >= step.due_on


@given(clocks())
def test_without_a_warning_there_is_no_annulment(clock: DealClock) -> None:
    quiet = replace(clock, report_warned_on=None, confirm_warned_on=None)
    assert all(step.step is not Step.ANNULMENT for step in agenda(quiet, EDITION, CALENDAR))


@given(clocks())
def test_a_report_starts_the_period_anew(clock: DealClock) -> None:
    assert report_due(clock, EDITION) - clock.reported_on == FIGURES.report_every_days * DAY
    assert all(
        step.due_on == report_due(clock, EDITION) for step in agenda(clock, EDITION, CALENDAR) if KIND[step.step] == "report"
    )


@given(clocks())
def test_confirmation_is_owed_after_the_last_one_and_before_the_end(clock: DealClock) -> None:
    due = confirm_due(clock, EDITION)
    ahead = (add_months(clock.registered_on, FIGURES.confirm_every_months * count) for count in range(1, 20))
    following = next(day for day in ahead if day - FIGURES.report_reminder_days_before * DAY > clock.confirmed_on)
    assert due == (following if following < clock.term.ends else None)


@given(clocks_at())
def test_of_each_kind_only_the_latest_due_step_is_taken(pair: tuple[DealClock, datetime]) -> None:
    clock, now = pair
    steps = agenda(clock, EDITION, CALENDAR)
    taken, skipped = due_now(steps, now)
    due = [step for step in steps if step.at <= now]
    assert {step.mark for step in taken}.isdisjoint(skipped)
    assert {step.mark for step in taken} | set(skipped) == {step.mark for step in due}
    if any(step.step is Step.EXPIRED for step in due):
        assert [step.step for step in taken] == [Step.EXPIRED]
        return
    assert {KIND[step.step] for step in taken} == {KIND[step.step] for step in due}
    assert len({KIND[step.step] for step in taken}) == len(taken)
    for step in taken:
        assert step.at == max(other.at for other in due if KIND[other.step] == KIND[step.step])


@given(clocks_at())
def test_once_taken_and_skipped_nothing_is_due_until_it_wakes(pair: tuple[DealClock, datetime]) -> None:
    clock, now = pair
    steps = agenda(clock, EDITION, CALENDAR)
    taken, skipped = due_now(steps, now)
    after = agenda(replace(clock, done=frozenset([*skipped, *(step.mark for step in taken)])), EDITION, CALENDAR)
    assert due_now(after, now) == ((), ())
    wakes = wakes_at(after)
    assert (wakes is None) == (not after)
    if wakes is not None:
        assert wakes > now
        assert due_now(after, wakes - timedelta(seconds=1)) == ((), ())
        assert due_now(after, wakes)[0]
