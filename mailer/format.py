"""How dates, money and quantities are written in Russian; filters of the letters' templates and of the offer.

Facts come as plain text (ISO days and moments, decimal text); empty stays empty. The machine's locale and zone play no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal
from num2words import num2words

NBSP = "\u00a0"
MOSCOW = ZoneInfo("Europe/Moscow")

_RUSSIAN = Locale("ru")
_MONTHS = _RUSSIAN.months["format"]["wide"]
_MONTHS_ALONE = _RUSSIAN.months["stand-alone"]["wide"]
_KOPECK = Decimal("0.01")

_NOUNS: Mapping[str, tuple[str, str, str]] = {
    "день": ("день", "дня", "дней"),
    "рабочий день": ("рабочий день", "рабочих дня", "рабочих дней"),
    "месяц": ("месяц", "месяца", "месяцев"),
    "лицензия": ("лицензия", "лицензии", "лицензий"),
    "продление": ("продление", "продления", "продлений"),
    "сделка": ("сделка", "сделки", "сделок"),
    "час": ("час", "часа", "часов"),
    "минута": ("минута", "минуты", "минут"),
    "лид": ("лид", "лида", "лидов"),
    "рубль": ("рубль", "рубля", "рублей"),
    "копейка": ("копейка", "копейки", "копеек"),
}


def noun(count: int, name: str) -> str:
    """The noun in the form that this count asks for: 1 рабочий день, 2 рабочих дня, 5 рабочих дней."""
    one, few, many = _NOUNS[name]
    return {"one": one, "few": few}.get(_RUSSIAN.plural_form(abs(count)), many)


def plural(count: int | str, name: str) -> str:
    """A count with its noun, held together; "" for ""."""
    if count == "":
        return ""
    return f"{integer(int(count))}{NBSP}{noun(int(count), name)}"


def span(minutes: int) -> str:
    """How long something lasted: «2 часа 5 минут», «3 дня 4 часа»; from a day on without minutes."""
    hours, rest = divmod(int(minutes), 60)  # a fact that is missing is loud
    days, hours = divmod(hours, 24)
    parts = ((days, "день"), (hours, "час"), (0 if days else rest, "минута"))
    return " ".join(plural(count, name) for count, name in parts if count) or plural(0, "минута")


def integer(value: int) -> str:
    """A whole number in groups of three."""
    return format_decimal(value, format="#,##0", locale=_RUSSIAN)


def day(value: date | str) -> str:
    """«2 марта 2026 г.»; also the day of a moment, in Moscow."""
    if value == "":
        return ""
    on = _day(value)
    return f"{on.day} {_MONTHS[on.month]} {on.year} г."


def month(value: date | str) -> str:
    """«март 2026 г.», by any day of it."""
    if value == "":
        return ""
    on = _day(value)
    return f"{_MONTHS_ALONE[on.month]} {on.year} г."


def short_day(value: date | str) -> str:
    """«02.03.2026»."""
    return "" if value == "" else f"{_day(value):%d.%m.%Y}"


def moment(value: datetime | str) -> str:
    """«2 марта 2026 г., 18:00 (МСК)»."""
    if value == "":
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is None:
        raise ValueError(f"moment {value} has no zone")
    local = at.astimezone(MOSCOW)
    return f"{day(local.date())}, {local:%H:%M}{NBSP}(МСК)"


def short_moment(value: datetime | str) -> str:
    """«02.03.2026 18:00:00» in Moscow: to the second, for those who look who came first."""
    if value == "":
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is None:
        raise ValueError(f"moment {value} has no zone")
    return f"{at.astimezone(MOSCOW):%d.%m.%Y %H:%M:%S}"


def amount(value: Decimal | str) -> str:
    """«12 345,00» with NBSP between the groups, rounded half up to kopecks."""
    return (
        "" if value == "" else format_decimal(Decimal(value).quantize(_KOPECK, ROUND_HALF_UP), format="#,##0.00", locale=_RUSSIAN)
    )


def money(value: Decimal | str) -> str:
    """«12 345,00 ₽»."""
    return "" if value == "" else f"{amount(value)}{NBSP}₽"


def percent(value: Decimal | str) -> str:
    """«10 %», «7,5 %»."""
    if value == "":
        return ""
    figure = f"{Decimal(value).normalize():f}"
    return f"{figure.replace('.', ',')}{NBSP}%"


def words(total: Decimal) -> str:
    """A sum in words: «Двенадцать тысяч триста сорок пять рублей 00 копеек»."""
    kopecks = int(total.quantize(_KOPECK, ROUND_HALF_UP) * 100)
    roubles, rest = divmod(kopecks, 100)
    spelled = str(num2words(roubles, lang="ru"))
    return f"{spelled[:1].upper()}{spelled[1:]} {noun(roubles, 'рубль')} {rest:02d} {noun(rest, 'копейка')}"


def _day(value: date | str) -> date:
    if isinstance(value, str):
        if "T" not in value:
            return date.fromisoformat(value)
        value = datetime.fromisoformat(value)
    return value.astimezone(MOSCOW).date() if isinstance(value, datetime) else value
