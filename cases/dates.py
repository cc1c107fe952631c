"""Dates as people and spreadsheets write them."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta

from cases.identity import one_line

_MONTHS = ("янв", "фев", "мар", "апр", "ма[йяе]", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_MONTH_WORD = re.compile("|".join(f"(?P<m{number}>{stem})" for number, stem in enumerate(_MONTHS, 1)))
_YEAR_FIRST = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[ tт]\d{1,2}:\d{2}.*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4}|\d{2})(?:\s*(?:г|год|года))?\.?(?: \d{1,2}:\d{2}.*)?")
_IN_WORDS = re.compile(r"(?:(\d{1,2})\s*(?:-?го)?\s+)?([а-я]+)\.?,?\s+(\d{4})(?:\s*(?:г|год|года))?\.?")
_QUARTER = re.compile(r"(?:q([1-4])|([1-4])\s*-?\s*(?:й|ый|ой|ий)?\s*кв(?:артал|\.)?а?)\.?\s*(\d{4})(?:\s*(?:г|год|года))?\.?")
_SERIAL = re.compile(r"([3-7]\d{4})(?:[.,]\d+)?")


def read_date(text: str) -> tuple[date | None, bool]:
    """A date as people and spreadsheets write it, and whether it is approximate (of a month or quarter the last day).

    None when it cannot be read: a day without a year, too.
    """
    plain = one_line(unicodedata.normalize("NFKC", text)).casefold().replace("ё", "е").strip("\"'«» ")
    plain = re.sub("[\u2010-\u2015\u2212]", "-", re.sub('[«»"„“]', "", plain))
    if match := _YEAR_FIRST.fullmatch(plain):
        return _day(match[1], match[2], match[3]), False
    if match := _DAY_FIRST.fullmatch(plain):
        year = match[3] if len(match[3]) == 4 else "20" + match[3]
        return _day(year, match[2], match[1]) or _day(year, match[1], match[2]), False
    if match := _SERIAL.fullmatch(plain):
        return date(1899, 12, 30) + timedelta(days=int(match[1])), False
    plain = re.sub(r"^(?:до|к|на|в|по)?\s*(?:конц[ауе]|начал[оеу]|середин[аеу])?\s*(?:до|к|на|в)?\s*", "", plain)
    if match := _IN_WORDS.fullmatch(plain):
        month = _month(match[2])
        if month:
            return (_day(match[3], str(month), match[1]), False) if match[1] else (_last_day(int(match[3]), month), True)
    if match := _QUARTER.fullmatch(plain):
        return _last_day(int(match[3]), 3 * int(match[1] or match[2])), True
    if match := re.fullmatch(r"(\d{1,2})[./](\d{4})", plain):
        return _last_day(int(match[2]), int(match[1])), True
    return None, False


def _month(word: str) -> int:
    match = _MONTH_WORD.match(word)
    return int((match.lastgroup or "m0")[1:]) if match else 0


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _last_day(year: int, month: int) -> date | None:
    if not (2000 <= year <= 2100 and 1 <= month <= 12):
        return None
    return date(year, month, calendar.monthrange(year, month)[1])
