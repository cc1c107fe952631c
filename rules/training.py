"""«Обучение»: when the sales webinar is held, reminders, and on what terms a tier gets the technical course."""

from __future__ import annotations

from datetime import date, timedelta

from rules.calendar import BusinessCalendar
from rules.edition import Edition, Tier


def proposed_day(authorised_on: date, edition: Edition, calendar: BusinessCalendar) -> date:
    """The day that the invitation proposes: a business day so many days after the authorisation, within the days allowed."""
    figures = edition.training
    on = calendar.next_business_day(authorised_on + timedelta(days=figures.propose_after_days))
    last = authorised_on + timedelta(days=figures.hold_within_days)
    while on > last or not calendar.is_business_day(on):
        on -= timedelta(days=1)
    return on


def reminder_days(held_on: date, edition: Edition) -> tuple[date, ...]:
    """The days on which the partner is reminded, earliest first."""
    return tuple(held_on - timedelta(days=days) for days in edition.training.reminder_days)


def course_terms(tier: Tier, edition: Edition) -> str:
    """`discounted` for tiers that the table says so of, else `paid` (or against margin)."""
    return "discounted" if edition.figures(tier).technical_training_discount else "paid"
