"""Reads the programme's files: editions and the production calendar. Every fault is a ProgrammeError that names file and key in
one line.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.calendar import BusinessCalendar, business_calendar
from rules.decision import ProgrammeError
from rules.edition import DeadlineFigures, Edition
from rules.edition_parsing import SUBJECTS, parse_edition
from rules.in_force import Editions, line_up

_CALENDAR = "calendar.toml"
_YEAR_KEYS = ("year", "provisional", "source", "days_off", "working_weekends")
_SATURDAY = 5


def load_editions(*directories: Path) -> Editions:
    """Every edition below the directories: sub-directories named by date (`2024-01-01`), one TOML file a subject.

    Raises ProgrammeError: a directory or file missing or unreadable, a key unknown, missing or wrong, editions with gaps or
    overlaps.
    """
    return line_up(tuple(_edition(path) for directory in directories for path in _edition_paths(directory)))


def load_edition(path: Path) -> Edition:
    """One edition: its directory, or a file in it. It is known by the day from which it holds, whatever the directory is called.

    Raises ProgrammeError.
    """
    directory = path if path.is_dir() else path.parent
    if not path.exists():
        raise ProgrammeError(f"{_shown(path)}: there is no such file or directory")
    if not path.is_dir() and path.suffix != ".toml":
        raise ProgrammeError(f"{_shown(path)}: not an edition: name its directory, or a .toml file in it")
    return _edition(directory, any_name=True)


def load_calendar(directory: Path, deadlines: DeadlineFigures, staff_days: Mapping[date, bool]) -> BusinessCalendar:
    """The production calendar in `directory`/calendar.toml with the working hours of `deadlines` and staff's days (True:
    business day).

    Raises ProgrammeError: the file missing or unreadable, a key unknown, missing or wrong, a year missing or twice, an unknown
    time zone.
    """
    path = directory / _CALENDAR
    shown = _shown(path)
    values = _read(path)
    _only(shown, "", values, ("year",))
    entries = values.get("year")
    if not isinstance(entries, list) or not entries:
        raise ProgrammeError(f"{shown}: year: expected one [[year]] a year at least")
    years: list[int] = []
    holidays: set[date] = set()
    working: set[date] = set()
    provisional: set[int] = set()
    for index, entry in enumerate(entries, 1):
        where = f"year[{index}]"
        if not isinstance(entry, dict):
            raise ProgrammeError(f"{shown}: {where}: expected a table, got {entry!r}")
        _only(shown, f"{where}.", entry, _YEAR_KEYS)
        year = _year(shown, where, entry)
        if years and year != years[-1] + 1:
            raise ProgrammeError(f"{shown}: {where}.year: expected {years[-1] + 1} after {years[-1]}, got {year}")
        years.append(year)
        if _flag(shown, where, entry):
            provisional.add(year)
        holidays |= _days(shown, where, entry, "days_off", year, weekend=False)
        working |= _days(shown, where, entry, "working_weekends", year, weekend=True)
    return business_calendar(
        zone=_zone("deadlines.toml", deadlines),
        opens=deadlines.opens,
        closes=deadlines.closes,
        holidays=frozenset(holidays),
        working_weekends=frozenset(working),
        provisional_years=frozenset(provisional),
        first_year=years[0],
        last_year=years[-1],
        staff_days=staff_days,
    )


# -- editions ----------------------------------------------------------------------


def _edition_paths(directory: Path) -> list[Path]:
    """Sub-directories named by date. One that begins with a year but is no date is a slip, not something to pass over."""
    try:
        found = sorted(path for path in directory.iterdir() if path.is_dir() and re.match(r"\d{4}", path.name))
    except OSError as error:
        raise ProgrammeError(f"{_shown(directory)}: cannot read the programme's directory ({error.strerror or error})") from error
    if mistaken := [stem for stem in SUBJECTS if (directory / f"{stem}.toml").exists()]:
        raise ProgrammeError(
            f"{_shown(directory)}: holds {mistaken[0]}.toml, so it is an edition itself; programme.editions in config.toml names "
            f"the directory that editions lie in ({_shown(directory.parent)})"
        )
    for path in found:
        if not _is_date(path.name):
            raise ProgrammeError(f"{_shown(path)}: expected a directory named by its date, such as 2024-01-01")
    return found


def _is_date(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _edition(path: Path, *, any_name: bool = False) -> Edition:
    subjects = {file.stem: _read(file) for file in sorted(path.glob("*.toml"))}
    day = subjects.get("edition", {}).get("effective_from")
    name = day.isoformat() if any_name and type(day) is date else path.name
    edition = parse_edition(name, subjects, source=_shown(path))
    _zone(f"{_shown(path)}/deadlines.toml", edition.deadlines)
    return edition


# -- the calendar --------------------------------------------------------------------


def _year(shown: str, where: str, entry: dict[str, Any]) -> int:
    year = entry.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not 1900 <= year <= 2200:
        raise ProgrammeError(f"{shown}: {where}.year: expected a year such as 2026, {_got(year)}")
    return year


def _flag(shown: str, where: str, entry: dict[str, Any]) -> bool:
    flag = entry.get("provisional")
    if not isinstance(flag, bool):
        raise ProgrammeError(f"{shown}: {where}.provisional: expected true or false, {_got(flag)}")
    return flag


def _days(shown: str, where: str, entry: dict[str, Any], key: str, year: int, *, weekend: bool) -> set[date]:
    """The days of one list: each of that year, once, and on a weekend or a weekday as the list's meaning asks."""
    values = entry.get(key)
    if not isinstance(values, list):
        raise ProgrammeError(f"{shown}: {where}.{key}: expected a list of dates, {_got(values)}")
    days: set[date] = set()
    for value in values:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ProgrammeError(f"{shown}: {where}.{key}: expected dates such as 2026-01-01 (without quotes), {_got(value)}")
        if value.year != year:
            raise ProgrammeError(f"{shown}: {where}.{key}: {value} is not in {year}")
        if (value.weekday() >= _SATURDAY) is not weekend:
            raise ProgrammeError(f"{shown}: {where}.{key}: {value} is {'no weekend' if weekend else 'a weekend'} anyway")
        if value in days:
            raise ProgrammeError(f"{shown}: {where}.{key}: {value} stands twice")
        days.add(value)
    return days


def _zone(file: str, deadlines: DeadlineFigures) -> ZoneInfo:
    try:
        return ZoneInfo(deadlines.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ProgrammeError(f"{file}: zone: unknown time zone {deadlines.zone!r}") from error


# -- reading -------------------------------------------------------------------------


def _read(path: Path) -> dict[str, Any]:
    """One TOML file; figures with a point as Decimal."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError as error:
        raise ProgrammeError(f"{_shown(path)}: the file is missing") from error
    except OSError as error:
        raise ProgrammeError(f"{_shown(path)}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ProgrammeError(f"{_shown(path)}: not in UTF-8 (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(f"{_shown(path)}: not TOML: {error}") from error


def _only(shown: str, prefix: str, values: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            told = f" (did you mean {near[0]!r}?)" if near else ""
            raise ProgrammeError(f"{shown}: {prefix}{key}: unknown key{told}")


def _got(value: object) -> str:
    if value is None:
        return "it is missing"
    return f"got {value}" if isinstance(value, date | bool) else f"got {value!r}"


def _shown(path: Path) -> str:
    """The path as messages name it: from the working directory on where it lies below."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path).as_posix()
