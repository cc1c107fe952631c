"""«Тестовые лицензии для пилотов»: who gets a licence on trial, for how long, and what falls due on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.authorisation import Standing
from rules.calendar import BusinessCalendar
from rules.decision import Decision, Outcome, Problem, Reason, Result, Test
from rules.edition import Edition


@dataclass(frozen=True, slots=True)
class PilotFacts:
    """What the review of a request looks at. `asked_days`: None for the standard term. `overdue`: the partner's pilots whose
    report is overdue.
    """

    problems: tuple[Problem, ...]
    standing: Standing
    sender_known: bool
    asked_days: int | None
    overdue: tuple[str, ...]
    needs_data_overdue: bool
    deadline_passed: bool


def pilot(facts: PilotFacts, edition: Edition) -> Decision:
    """Weigh every test; approve with term `days`.

    Problems -> ask, or reject once overdue; reason 2 -> reject, unless the sender is unknown; staff's questions -> refer:
    `sender-unknown`, `authorisation-undecided`, `other-term` (fact days), `report-overdue` (fact pilots).
    """
    figures, section = edition.pilots, edition.pilots.section
    undecided = facts.standing is Standing.UNDECIDED
    waiting = undecided and not facts.deadline_passed
    unauthorised = facts.standing is not Standing.AUTHORISED and not waiting
    stranger = facts.standing is not Standing.NEVER_APPLIED and not facts.sender_known
    days = figures.standard_days if facts.asked_days is None else facts.asked_days
    other = days != figures.standard_days
    overdue = ", ".join(facts.overdue)
    refused = [Reason(code, section) for code, applies in (("1", bool(facts.problems)), ("2", unauthorised)) if applies]
    codes = ", ".join(reason.code for reason in refused)
    referred = [
        Reason(code, section, told)
        for code, applies, told in (
            ("sender-unknown", stranger, {"codes": codes} if codes else {}),
            ("authorisation-undecided", waiting, {}),
            ("other-term", other, {"days": str(days)}),
            ("report-overdue", bool(facts.overdue), {"pilots": overdue}),
        )
        if applies
    ]
    tests = (
        Test(
            "complete",
            section,
            Result.FAIL if facts.problems else Result.PASS,
            ", ".join(problem.field for problem in facts.problems),
        ),
        Test("sender", section, Result.STAFF if stranger else Result.PASS, "unknown address" if stranger else ""),
        Test(
            "authorised",
            section,
            Result.WAIT if waiting else Result.FAIL if unauthorised else Result.PASS,
            facts.standing.value,
        ),
        Test("standard-term", section, Result.STAFF if other else Result.PASS, f"{days} days, standard {figures.standard_days}"),
        Test("reports-given", section, Result.STAFF if facts.overdue else Result.PASS, overdue),
    )
    if facts.problems and not facts.needs_data_overdue:
        return Decision(Outcome.ASK, edition.name, tuple(refused), tests, facts.problems)
    if refused and not stranger:
        return Decision(Outcome.REJECT, edition.name, tuple(refused), tests, facts.problems)
    if referred:
        return Decision(Outcome.REFER, edition.name, tuple(referred), tests, facts.problems)
    return Decision(Outcome.APPROVE, edition.name, (), tests, terms={"days": str(days)})


@dataclass(frozen=True, slots=True)
class PilotTerm:
    """`started_on`: day 0, on which the key is sent. `ends_on`: the last day. `report_due_on`: the last day for the report."""

    started_on: date
    ends_on: date
    report_due_on: date


def pilot_term(started_on: date, days: int, edition: Edition) -> PilotTerm:
    """Calendar days: the last one is day 0 + the term; the report is due so many days after it."""
    ends_on = started_on + timedelta(days=days)
    return PilotTerm(started_on, ends_on, ends_on + timedelta(days=edition.pilots.report_within_days))


class PilotStep(StrEnum):
    """Something that falls due on a running pilot."""

    ENDING = "ending"
    ENDED = "ended"
    REPORT_REMINDER = "report-reminder"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class PilotTimed:
    """A step, the moment it falls due, and its mark (taken once)."""

    at: datetime
    step: PilotStep
    mark: str


def pilot_agenda(term: PilotTerm, done: frozenset[str], edition: Edition, calendar: BusinessCalendar) -> tuple[PilotTimed, ...]:
    """Every step not yet done, by time. Letters go at opening time of their day; the end comes at midnight after the last day; a
    report is overdue from the opening of the day after it was due.

    Reminders whose day lies before the pilot's start (a short term) are left out.
    """
    figures = edition.pilots
    steps = [(term.ends_on - timedelta(days=figures.end_reminder_days), PilotStep.ENDING, str(figures.end_reminder_days))]
    steps += [
        (term.report_due_on - timedelta(days=days), PilotStep.REPORT_REMINDER, str(days)) for days in figures.report_reminder_days
    ]
    timed = [
        PilotTimed(calendar.at_opening(on), step, f"{step}-{days}:{term.ends_on}")
        for on, step, days in steps
        if on > term.started_on
    ]
    day = timedelta(days=1)
    timed.append(PilotTimed(calendar.start_of(term.ends_on + day), PilotStep.ENDED, f"{PilotStep.ENDED}:{term.ends_on}"))
    timed.append(
        PilotTimed(calendar.at_opening(term.report_due_on + day), PilotStep.OVERDUE, f"{PilotStep.OVERDUE}:{term.report_due_on}")
    )
    return tuple(sorted((step for step in timed if step.mark not in done), key=lambda step: step.at))


_LETTERS = (PilotStep.ENDING, PilotStep.REPORT_REMINDER, PilotStep.OVERDUE)


def pilot_due(steps: tuple[PilotTimed, ...], now: datetime) -> tuple[tuple[PilotTimed, ...], tuple[str, ...]]:
    """The steps to take now and the marks of those skipped: after an outage only the latest letter is sent, and no reminder of
    an end that is past; the end always counts.
    """
    due = [step for step in steps if step.at <= now]
    over = any(step.step is PilotStep.ENDED for step in due)
    latest = [step for step in due if step.step in _LETTERS and not (over and step.step is PilotStep.ENDING)][-1:]
    taken = [step for step in due if step.step is PilotStep.ENDED] + latest
    return tuple(taken), tuple(step.mark for step in due if step not in taken)
