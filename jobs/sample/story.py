"""The sample story as read from its data files, its days reckoned from a moment in business days."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cases.model import Form
from rules.calendar import BusinessCalendar
from sheets.columns import FORMS

HERE = Path(__file__).parent
_FORMS = {
    "partner": Form.PARTNER,
    "deal": Form.DEAL,
    "update": Form.UPDATE,
    "order": Form.ORDER,
    "pilot": Form.PILOT,
    "request": Form.REQUEST,
}
_NOON = time(12)


@dataclass(frozen=True, slots=True)
class Row:
    """A form row: `visit` at which it turns up (from 1), the name of its case, answers by field; `about`: the deal it names."""

    form: Form
    at: datetime
    visit: int
    name: str
    answers: dict[str, str]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person does before a visit: a reply, a letter, a word in the sheet; the entry of people.toml as it stands."""

    kind: str
    visit: int
    at: datetime
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """Visits end with the story's own moment."""

    visits: list[datetime]
    rows: list[Row]
    acts: list[Act]
    office: dict[str, list[dict[str, Any]]]
    last_day: date


def story(now: datetime, calendar: BusinessCalendar) -> Story:
    """The story that ends at that moment."""
    local = now.astimezone(calendar.zone)
    last_day = local.date() if local.time() >= _NOON else local.date() - timedelta(days=1)
    while not calendar.is_business_day(last_day):
        last_day -= timedelta(days=1)

    def moment(text: str) -> datetime:
        back, clock = text.split()
        day = last_day
        for _ in range(-int(back)):
            day -= timedelta(days=1)
            while not calendar.is_business_day(day):
                day -= timedelta(days=1)
        return datetime.combine(day, time.fromisoformat(clock), calendar.zone)

    people = _read("people.toml")
    visits = [*(moment(text) for text in people["visits"]), now]

    def visit_of(at: datetime) -> int:
        return next(number for number, visit in enumerate(visits, 1) if at <= visit)

    rows = []
    for section, entries in _read("forms.toml").items():
        for entry in entries:
            form, at = _FORMS[section], moment(entry["at"])
            fields = {column.field for column in FORMS[form].columns}
            answers = {name: str(value) for name, value in entry.items() if name in fields}
            about = answers.pop("deal", "")
            rows.append(Row(form, at, visit_of(moment(entry.get("turns_up", entry["at"]))), entry.get("as", ""), answers, about))
    acts = [
        Act(kind, visit_of(moment(entry["at"])), moment(entry["at"]), entry)
        for kind in ("reply", "letter", "word")
        for entry in people[kind]
    ]
    return Story(visits, rows, acts, _read("office.toml"), last_day)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
