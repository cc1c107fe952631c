"""Cells compare by meaning: a re-save in another program, a text instead of a number, a stray space are no change.

`canonical` is the text of a value under a column's type, kept between passes; `meaning` is what is compared. Both are idempotent.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sheets.columns import SEEN
from sheets.shape import Column, Type

Cell = str | float | int | bool | Decimal | date | datetime | time | timedelta | None

MOSCOW = ZoneInfo("Europe/Moscow")
CELL_LIMIT = 32_000  # a spreadsheet's cell holds 32 767 characters

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's serial has no zone
_SERIALS = (20_000, 80_000)  # 1954 … 2119: a bare number under a date column
_SIX = Decimal("0.000001")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_CURRENCY = re.compile(r"(%|₽|руб\.?|р\.)$", re.IGNORECASE)
_DAY = r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})[./](?P<m2>\d{1,2})[./](?P<y2>\d{4}|\d{2}))(?:\s*г\.?)?"
_ZONE = r"(?:\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}))?"
_MOMENT = re.compile(
    _DAY + r"(?:(?:T|,?\s+)(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?" + _ZONE + ")?", re.IGNORECASE
)


def clean(text: str) -> str:
    """Text without what nobody sees: other spaces, trailing ones, control characters; lines kept; cut at a cell's limit."""
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    if "\n" in text or "\r" in text:
        lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        text = "\n".join(lines).strip()
    else:
        text = " ".join(text.split())
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1].rstrip() + "…"


def number(value: Cell) -> Decimal | None:
    """A number from a number or its text: `10`, `10,0`, `1 234,50`, `10 %`, `5 000 руб.`; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float | Decimal):
        try:
            exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
            return exact.quantize(_SIX) if exact.is_finite() else None
        except InvalidOperation:
            return None
    if not isinstance(value, str):
        return None
    text = _CURRENCY.sub("", "".join(clean(value).split()))
    decimal_comma = text.rfind(",") > text.rfind(".")
    text = text.replace(".", "").replace(",", ".") if decimal_comma else text.replace(",", "")
    if not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text).quantize(_SIX)
    except InvalidOperation:
        return None


def moment(value: Cell) -> datetime | None:
    """A date-time on Moscow's clock (naive), to the second, from a cell of any shape: date, date-time, serial, text, ISO text
    with its zone; None if it is none.
    """
    if isinstance(value, datetime):
        local = value.astimezone(MOSCOW).replace(tzinfo=None) if value.tzinfo else value
        return _to_second(local)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        serial = float(value)
        return _to_second(_EPOCH + timedelta(days=serial)) if _SERIALS[0] <= serial <= _SERIALS[1] else None
    if not isinstance(value, str):
        return None
    found = _MOMENT.fullmatch(clean(value))
    if found is None:
        return None
    year = found["y"] or found["y2"]
    try:
        when = datetime(  # noqa: DTZ001
            int(year) if len(year) == 4 else 2000 + int(year),
            int(found["m"] or found["m2"]),
            int(found["d"] or found["d2"]),
            int(found["H"] or 0),
            int(found["M"] or 0),
            int(found["S"] or 0),
        )
        return (
            when if found["zone"] is None else when.replace(tzinfo=_zone(found["zone"])).astimezone(MOSCOW).replace(tzinfo=None)
        )
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    """`Z`, `UTC`, `+03:00`, `+0300`. Raises ValueError for a day and more."""
    if text.upper() in ("Z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if text[0] == "-" else shift)


def _to_second(when: datetime) -> datetime:
    if not when.microsecond:
        return when
    try:
        return (when + timedelta(milliseconds=500)).replace(microsecond=0)
    except OverflowError:
        return when.replace(microsecond=0)


def day(value: Cell) -> date | None:
    """A date from a cell of any shape; a time of day is dropped."""
    when = moment(value)
    return when.date() if when else None


def plain(value: Decimal) -> str:
    """A number as text, without superfluous zeros or exponent."""
    text = format(value.quantize(_SIX), "f").rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def canonical(value: Cell, type_: Type) -> str:
    """The text of a value under that type: numbers plain, dates ISO, times to the minute, anything else cleaned text; ""
    for nothing.
    """
    if value is None or value == "":
        return ""
    if type_ is Type.TEXT:
        return clean(value) if isinstance(value, str) else clean(_as_text(value))
    if type_ in (Type.DATE, Type.DATETIME):
        when = moment(value)
        if when is not None:
            return when.date().isoformat() if type_ is Type.DATE else when.isoformat(timespec="minutes")
    else:
        figure = number(value)
        if figure is not None:
            return plain(figure)
    return clean(value) if isinstance(value, str) else clean(_as_text(value))


def _as_text(value: Cell) -> str:
    if isinstance(value, bool):
        return SEEN[value]
    if isinstance(value, datetime):
        local = moment(value) or value
        return local.strftime("%d.%m.%Y" if local.time() == time() else "%d.%m.%Y %H:%M:%S")
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    figure = number(value)
    return plain(figure) if figure is not None else str(value)


def meaning(value: Cell, column: Column) -> str:
    """What two cells of a column are compared by: canonical text, ё as е; under a vocabulary, without regard to case."""
    text = canonical(value, column.type)
    if not text.isascii():
        text = text.replace("ё", "е").replace("Ё", "Е")
    return text.casefold() if column.words else text


def same(one: Cell, other: Cell, column: Column) -> bool:
    """Do the two say the same in that column?"""
    return one == other or meaning(one, column) == meaning(other, column)


def shown(text: str, type_: Type) -> str:
    """Canonical text as people see it: `02.03.2026`, `10,5`."""
    if type_ in (Type.DATE, Type.DATETIME):
        when = moment(text)
        if when is not None:
            return when.strftime("%d.%m.%Y" if type_ is Type.DATE else "%d.%m.%Y %H:%M")
        return text
    return text.replace(".", ",") if type_ is not Type.TEXT and number(text) is not None else text


def typed(text: str, type_: Type) -> Cell:
    """The value to write for a canonical text: a number, a date, a date-time, or the text; None for nothing."""
    if text == "":
        return None
    if type_ in (Type.DATE, Type.DATETIME):
        when = moment(text)
        if when is not None:
            return when.date() if type_ is Type.DATE else when
        return text
    if type_ is Type.TEXT:
        return text
    figure = number(text)
    return text if figure is None else int(figure) if figure == figure.to_integral_value() else float(figure)


def word(text: str, column: Column) -> str:
    """Our word for what was typed in a column with a vocabulary; "" if it is not understood."""
    wanted = text.casefold().replace("ё", "е")
    for ours, russian in column.words.items():
        if russian.casefold().replace("ё", "е") == wanted:
            return str(ours)
    return ""
