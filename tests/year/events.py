"""What happens in the world: the only thing that the house under test and the model both get to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")

Typed = str | int | float | datetime
"""What a person puts into a cell."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form was filled in. `key`: the world's own name for the row; answers by the contract's headers."""

    key: str
    tab: str
    at: datetime
    address: str
    answers: Mapping[str, Typed]


@dataclass(frozen=True, slots=True)
class Amended:
    """A respondent edited his response: the row changes where it stands, and is stamped anew."""

    key: str
    at: datetime
    answers: Mapping[str, Typed]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a letter of ours about that case, from `sender`; `to`: who had got that letter, if several had."""

    at: datetime
    sender: str
    template: str
    number: str
    text: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Stray:
    """A letter that answers nothing. `automatic`: an out-of-office note and the like."""

    at: datetime
    sender: str
    subject: str
    text: str
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """Staff typed into the registry row of that number, by header."""

    tab: str
    number: str
    cells: Mapping[str, Typed]


TABS = {
    "order": "Заказы",
    "pilot": "Пилоты",
    "nfr": "NFR",
    "training": "Обучение",
    "course": "Обучение",
    "question": "Обращения",
    "listing": "Обращения",
}
"""Where staff find what a partner asked for."""
NAMES = {"Продажи": "Дистрибутор", "Публикации": "Ссылка", "Отказы заказчиков": "Документ", "Нарушения": "Описание"}
"""The column of staff's own tabs whose text tells their lines apart in this year."""


@dataclass(frozen=True, slots=True)
class Line:
    """Staff added a line to a tab of their own: below the last one, or above the first."""

    tab: str
    cells: Mapping[str, Typed]
    above: bool = False


@dataclass(frozen=True, slots=True)
class Mended:
    """Staff typed over cells of a line of their own. `name`: see `NAMES`."""

    tab: str
    name: str
    cells: Mapping[str, Typed]


@dataclass(frozen=True, slots=True)
class Struck:
    """Staff deleted a line of their own."""

    tab: str
    name: str


@dataclass(frozen=True, slots=True)
class Noise:
    """What must change nothing: `sort` a tab, `delete` a registry row, `duplicate` a form row, `blank` line in between."""

    what: str
    tab: str
    target: str = ""


Event = FormRow | Amended | Reply | Stray | Word | Line | Mended | Struck | Noise


@dataclass(frozen=True, slots=True)
class Moment:
    """One pass: what had happened since the last one, and the mishap that strikes it (see `mishaps`)."""

    now: datetime
    events: tuple[Event, ...]
    mishap: str = ""


UNREAD = "down"
"""The mishap of a pass that cannot read the spreadsheet."""
UNWRITTEN = ("open elsewhere", UNREAD)
"""Mishaps of passes that leave the spreadsheet as it is."""
