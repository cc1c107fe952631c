"""What a typed text becomes, and how a value looks, under the spreadsheet's locale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a serial has no zone


@dataclass(frozen=True, slots=True)
class Locale:
    """How a country writes numbers and dates. `arguments` separates those of a function."""

    decimal: str
    thousands: str
    arguments: str
    day_first: bool
    date_separator: str
    date: str
    time: str
    true: str
    false: str
    sheet: str
    currency: str


_ENGLISH = Locale(".", ",", ",", False, "/", "m/d/yyyy", "h:mm:ss am/pm", "TRUE", "FALSE", "Sheet", "$")
_LOCALES = {
    "en_US": _ENGLISH,
    "ru_RU": Locale(",", "\u00a0", ";", True, ".", "dd.mm.yyyy", "h:mm:ss", "ИСТИНА", "ЛОЖЬ", "Лист", "₽"),
    "fr_FR": Locale(",", "\u202f", ";", True, "/", "dd/mm/yyyy", "hh:mm:ss", "VRAI", "FAUX", "Feuille", "€"),
}


def locale(name: str) -> Locale:
    """That locale; English where it is not known here."""
    return _LOCALES.get(name, _ENGLISH)


def known(name: str) -> bool:
    """Does Google take such a name of a locale?"""
    return re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", name) is not None


# -- typed text ------------------------------------------------------------------


def enter(text: str, place: Locale, pattern: str = "") -> tuple[Json, Json | None]:
    """(userEnteredValue, number format that comes with it) of a text typed into a cell; `pattern` is the cell's own."""
    if text.startswith("'"):
        return {"stringValue": text[1:]}, None
    if pattern == "@":
        return {"stringValue": text}, None
    if text.startswith("=") and len(text) > 1:
        return {"formulaValue": text}, None
    bare = text.strip()
    if bare.upper() in (place.true, place.false, "TRUE", "FALSE"):
        return {"boolValue": bare.upper() in (place.true, "TRUE")}, None
    found = _number(bare, place)
    if found is not None:
        return found
    serial = _moment(bare, place)
    if serial is not None:
        value, kind, shape = serial
        return {"numberValue": value}, {"type": kind, "pattern": shape}
    return {"stringValue": text}, None


def _number(text: str, place: Locale) -> tuple[Json, Json | None] | None:
    figure, shape = text, None
    percent = figure.endswith("%")
    if percent:
        figure = figure[:-1].strip()
    money = figure.startswith(place.currency) or figure.endswith(place.currency)
    if money:
        figure = figure.removeprefix(place.currency).removesuffix(place.currency).strip()
    for space in ("\u00a0", "\u202f"):
        figure = figure.replace(space, place.thousands if place.thousands != "," else space)
    group = re.escape(place.thousands)
    grouped = re.fullmatch(rf"[+-]?\d{{1,3}}(?:{group}\d{{3}})+(?:{re.escape(place.decimal)}\d+)?", figure)
    if grouped:
        figure = figure.replace(place.thousands, "")
    if not re.fullmatch(rf"[+-]?(\d+({re.escape(place.decimal)}\d*)?|{re.escape(place.decimal)}\d+)(E[+-]?\d+)?", figure, re.I):
        return None
    value = float(figure.replace(place.decimal, "."))
    digits = "0.00" if place.decimal in figure else "0"
    if percent:
        value, shape = float(Decimal(repr(value)) / 100), {"type": "PERCENT", "pattern": digits + "%"}
    elif money:
        shape = {"type": "CURRENCY", "pattern": f'"{place.currency}"#,##{digits}'}
    elif grouped:
        shape = {"type": "NUMBER", "pattern": f"#,##{digits}"}
    return {"numberValue": value}, shape


_TIME = r"(?:[ T]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?)?"
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})" + _TIME)
_CLOCK = re.compile(r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?")


def _moment(text: str, place: Locale) -> tuple[float, str, str] | None:
    """(serial, DATE | DATE_TIME | TIME, pattern) of a date or time in the country's or the international shape."""
    first, second = ("d", "m") if place.day_first else ("m", "d")
    apart = "[./]" if place.day_first else "[/]"
    local = re.compile(rf"(?P<{first}>\d{{1,2}}){apart}(?P<{second}>\d{{1,2}})(?:{apart}(?P<y>\d{{4}}|\d{{2}}))?" + _TIME)
    shape = "yyyy-mm-dd"
    found = _ISO.fullmatch(text)
    if found is None:
        found, shape = local.fullmatch(text), place.date
    if found is None:
        clock = _CLOCK.fullmatch(text)
        if clock is None:
            return None
        seconds = int(clock["H"]) * 3600 + int(clock["M"]) * 60 + int(clock["S"] or 0)
        return seconds / 86400, "TIME", place.time
    year = found["y"] or str(datetime.now().year)  # noqa: DTZ005  a date without a year is of this one
    try:
        day = datetime(int(year) + (2000 if len(year) == 2 else 0), int(found["m"]), int(found["d"]))  # noqa: DTZ001
        day += timedelta(hours=int(found["H"] or 0), minutes=int(found["M"] or 0), seconds=int(found["S"] or 0))
    except ValueError:
        return None
    if found["H"] is None:
        return serial_of(day), "DATE", shape
    return serial_of(day), "DATE_TIME", f"{shape} {place.time}"


def serial_of(when: datetime) -> float:
    """Days since 30 December 1899."""
    return (when - EPOCH) / timedelta(days=1)


# -- shown values ----------------------------------------------------------------


def is_moment(shape: Mapping[str, Any] | None) -> bool:
    """Is that number format one of dates or times?"""
    return bool(shape) and (shape or {}).get("type") in ("DATE", "TIME", "DATE_TIME")


def show(value: Any, shape: Mapping[str, Any] | None, place: Locale) -> str:
    """The formatted text of a value."""
    if isinstance(value, bool):
        return place.true if value else place.false
    if isinstance(value, str):
        return value
    kind = (shape or {}).get("type", "")
    pattern = (shape or {}).get("pattern", "")
    if is_moment(shape):
        own = {"DATE": place.date, "TIME": place.time, "DATE_TIME": f"{place.date} {place.time}"}
        return _show_moment(float(value), pattern or own[kind])
    if kind == "TEXT" or pattern == "@" or not (pattern or kind in ("NUMBER", "PERCENT", "CURRENCY")):
        return plain(value).replace(".", place.decimal)
    own = {"NUMBER": "#,##0.00", "PERCENT": "0.00%", "CURRENCY": f'"{place.currency}"#,##0.00'}
    return _show_number(Decimal(repr(float(value))), pattern or own.get(kind, "0.###############"), place)


def plain(value: Any) -> str:
    """A number as Google shows one without a format: at most ten significant digits after rounding noise."""
    if float(value) == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = format(float(value), ".12g") if abs(value) >= 1 else format(float(value), ".10g")
    return format(Decimal(text), "f")


def _show_number(value: Decimal, pattern: str, place: Locale) -> str:
    section = pattern.split(";")[0]
    found = re.search(r"[#0?][#0?,.]*", section)
    if found is None:
        return section.replace('"', "")
    if "%" in section:
        value *= 100
    body = found[0]
    whole, _, part = body.partition(".")
    least, most = part.count("0"), len(part)
    rounded = abs(value).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP)
    integer, _, fraction = format(rounded, "f").partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0") if fraction or least else ""
    integer = integer.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        integer = re.sub(r"(?<=\d)(?=(\d{3})+$)", place.thousands, integer)
    figure = integer + (place.decimal + fraction if fraction or (least == 0 and "." in body and not part) else "")
    if "." in body and not fraction and least == 0 and part:
        figure = integer + place.decimal if body.endswith("#") and "0" not in part else integer
    sign = "-" if value < 0 and rounded else ""
    rest = section[found.end() :]
    return sign + section[: found.start()].replace('"', "") + figure + rest.replace('"', "").replace("\\", "")


_TOKENS = re.compile(r'"[^"]*"|am/pm|AM/PM|y+|m+|d+|h+|H+|s+|M+|\[h+\]|.', re.DOTALL)


def _show_moment(serial: float, pattern: str) -> str:
    when = EPOCH + timedelta(seconds=round(serial * 86400))
    tokens = _TOKENS.findall(pattern)
    half = any(token.lower() == "am/pm" for token in tokens)
    out: list[str] = []
    for place, token in enumerate(tokens):
        low = token.lower()
        if low == "am/pm":
            out.append("PM" if when.hour >= 12 else "AM")
        elif low[0] == "y":
            out.append(f"{when.year:04d}" if len(token) > 2 else f"{when.year % 100:02d}")
        elif low[0] == "m" and low.strip("m") == "":
            minutes = _beside_time(tokens, place)
            out.append(_padded(when.minute if minutes else when.month, token))
        elif low[0] == "d" and low.strip("d") == "":
            out.append(_padded(when.day, token))
        elif low[0] == "h" and low.strip("h") == "":
            out.append(_padded((when.hour % 12 or 12) if half else when.hour, token))
        elif low[0] == "s" and low.strip("s") == "":
            out.append(_padded(when.second, token))
        else:
            out.append(token.strip('"') if token.startswith('"') else token)
    return "".join(out)


def _padded(value: int, token: str) -> str:
    return f"{value:02d}" if len(token) > 1 else str(value)


def _beside_time(tokens: list[str], place: int) -> bool:
    """Minutes stand after hours or before seconds."""
    before = [token.lower() for token in tokens[:place] if token.strip(": .")]
    after = [token.lower() for token in tokens[place + 1 :] if token.strip(": .")]
    return bool((before and before[-1][0] == "h") or (after and after[0][0] == "s"))
