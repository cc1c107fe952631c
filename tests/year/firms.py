"""Who is in that year: partners to be, customers, the price list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.year.books import INN_WEIGHTS

PRICES = {
    "Стахановец Стандарт": 2400,
    "Стахановец Про": 3900,
    "Модуль аналитики": 1150.5,
    "Модуль защиты данных": 1890,
    "Терминальный сервер": 2100,
    "Сервер управления": 48000,
}


def inn(series: str, number: int) -> str:
    """A valid INN of an organisation that does not exist."""
    digits = f"{series}{number:07}"
    return digits + str(sum(weight * int(digit) for weight, digit in zip(INN_WEIGHTS, digits, strict=True)) % 11 % 10)


def sole_trader(number: int) -> str:
    """A valid INN of twelve digits."""
    digits = f"77{number:08}"
    for weights in ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)):
        digits += str(sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10)
    return digits


@dataclass(slots=True)
class Firm:
    """A partner to be. `care`: how surely they answer; `trade`: how much they sell."""

    number: int
    inn: str
    name: str
    address: str
    applies: datetime
    care: float
    trade: float


def spoiled(text: str) -> str:
    """That INN with a slip in its last digit."""
    return text[:-1] + str((int(text[-1]) + 1) % 10)
