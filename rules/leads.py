"""Leads: which partner is next for one, within the month's quotas («Партнерские статусы»)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.calendar import BusinessCalendar, add_months
from rules.decision import Decision, Outcome, Reason, Result, Test
from rules.edition import Edition, Tier

_SHOWN = 10
"""So many partners are named in the detail of one test."""

_PARTS = re.compile(r"[,;/\n]+")
_TOWN = re.compile(r"^(?:г|гор|город)[ .]+(?=\w)")
_SHORT = (("обл", "область"), ("респ", "республика"), ("р-н", "район"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An authorised partner. `given`: leads of this calendar month, with those it gave back; `last_given_at`: None without
    any. `had`: it had this very lead; `reachable`: there is somebody to write to.
    """

    inn: str
    tier: Tier
    region: str
    given: int
    last_given_at: datetime | None
    authorised_at: datetime
    had: bool = False
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What is looked at when a lead is handed out."""

    region: str
    candidates: tuple[Candidate, ...]


def month_of(day: date) -> str:
    """The calendar month in which a lead of that day counts: `2026-03`."""
    return f"{day.year}-{day.month:02}"


def quotas_open_again(day: date) -> date:
    """The first day of the next month: nothing is carried over."""
    return add_months(day.replace(day=1), 1)


def take_up_by(given_at: datetime, edition: Edition, calendar: BusinessCalendar) -> datetime:
    """The moment by which the partner must have answered."""
    return calendar.deadline(given_at, edition.leads.take_up_business_days)


def reminder_at(by: datetime, edition: Edition, calendar: BusinessCalendar) -> datetime | None:
    """When a silent partner is reminded of a lead to be taken up `by` then; None without reminders."""
    before = edition.leads.reminder_business_days_before
    on = calendar.local_date(by)
    for _ in range(before):
        on -= timedelta(days=1)
        while not calendar.is_business_day(on):
            on -= timedelta(days=1)
    return calendar.at_opening(on) if before else None


def regions(text: str) -> frozenset[str]:
    """The regions that a cell names, spelled alike: `г. Москва, Московская обл.` -> {`москва`, `московская область`}."""
    found = set()
    for part in _PARTS.split(text.casefold().replace("ё", "е")):
        region = _TOWN.sub("", " ".join(part.split()).strip(" .«»\"'"))
        words = [dict(_SHORT).get(word.strip("."), word) for word in region.split()]
        if words:
            found.add(" ".join(words))
    return frozenset(found)


def hand_out(facts: LeadFacts, edition: Edition) -> Decision:
    """Approve with the term `inn`: the partner whose turn it is, by the edition's `order`, then the earlier authorised, then INN.

    Nobody: refer, for `lead-quotas` (somebody could have it, and has had its leads of this month) or `lead-nobody`.
    """
    section = edition.leads.section
    able = [one for one in facts.candidates if edition.figures(one.tier).leads_per_month]
    tests = [Test("tier-with-leads", section, _some(able), _counted(able, facts.candidates))]
    for name, fits in (
        ("contact", lambda one: one.reachable),
        ("not-had-before", lambda one: not one.had),
        ("quota", lambda one: one.given < edition.figures(one.tier).leads_per_month),
    ):
        before, able = able, [one for one in able if fits(one)]
        tests.append(Test(name, section, _some(able) if before else Result.SKIP, _left_out(before, able, name, edition)))
        if before and not able:
            code = "lead-quotas" if name == "quota" else "lead-nobody"
            return Decision(Outcome.REFER, edition.name, (Reason(code, section),), tuple(tests))
    if not able:
        return Decision(Outcome.REFER, edition.name, (Reason("lead-nobody", section),), tuple(tests))
    for criterion in edition.leads.order:
        able, detail = _CRITERIA[criterion](able, facts)
        tests.append(Test(criterion, section, Result.PASS, f"{detail}; leaves {_named(able)}"))
    chosen = min(able, key=lambda one: (one.authorised_at, one.inn))
    if len(able) > 1:
        tests.append(Test("authorised-first", section, Result.PASS, chosen.inn))
    return Decision(Outcome.APPROVE, edition.name, (), tuple(tests), terms={"inn": chosen.inn})


# -- who goes before whom -----------------------------------------------------------------

_Narrowed = tuple[list[Candidate], str]


def _by_tier(able: Sequence[Candidate], facts: LeadFacts) -> _Narrowed:
    order = list(Tier)
    best = max((one.tier for one in able), key=order.index)
    return [one for one in able if one.tier is best], best.value


def _by_region(able: Sequence[Candidate], facts: LeadFacts) -> _Narrowed:
    wanted = regions(facts.region)
    near = [one for one in able if wanted & regions(one.region)]
    return (near, "in the region") if near else (list(able), "nobody in the region" if wanted else "no region given")


def _by_waiting(able: Sequence[Candidate], facts: LeadFacts) -> _Narrowed:
    never = [one for one in able if one.last_given_at is None]
    if never:
        return never, "had no lead yet"
    longest = min(one.last_given_at for one in able if one.last_given_at)
    return [one for one in able if one.last_given_at == longest], f"last one on {longest.date().isoformat()}"


_CRITERIA: dict[str, Callable[[Sequence[Candidate], LeadFacts], _Narrowed]] = {
    "tier": _by_tier,
    "region": _by_region,
    "waiting": _by_waiting,
}


# -- what `explain` shows ------------------------------------------------------------------


def _some(able: Sequence[Candidate]) -> Result:
    return Result.PASS if able else Result.WAIT


def _counted(able: Sequence[Candidate], of: Sequence[Candidate]) -> str:
    return f"{len(able)} of {len(of)} authorised partners"


def _left_out(before: Sequence[Candidate], able: Sequence[Candidate], name: str, edition: Edition) -> str:
    kept = {one.inn for one in able}
    out = [one for one in before if one.inn not in kept]
    if not out:
        return ""
    if name == "quota":
        told = [f"{one.inn} had {one.given} of {edition.figures(one.tier).leads_per_month}" for one in out]
        return f"used up: {_listed(told)}"
    return f"left out: {_named(out)}"


def _named(partners: Sequence[Candidate]) -> str:
    return _listed([one.inn for one in partners])


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
