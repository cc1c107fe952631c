"""What staff do in tabs of their own in that year, by dice of their own: sales, publicity, customers' refusals, violations."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tests.year.books import Books
from tests.year.events import MOSCOW, NAMES, Event, Line, Mended, Noise, Struck, Typed
from tests.year.lines import KINDS, NEEDED, readable
from tests.year.records import AUTHORISED, NEEDS_DATA, PENDING

WRONG: Mapping[str, tuple[Typed, ...]] = {
    "Дата": ("", "на той неделе"),
    "Сумма руб.": ("", "уточнить"),
    "Вид": ("", "Листовка"),
    "ИНН партнёра": ("",),
    "ИНН заказчика": ("",),
}
"""What people leave in a cell that they come back to later."""


@dataclass(slots=True)
class Clerks:
    """`trade`: how much a partner sells, by INN."""

    seed: int
    trade: Mapping[str, float]
    dice: random.Random = field(init=False)
    _written: int = 0
    _as_meant: dict[tuple[str, str], dict[str, Typed]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} clerks")

    def happen(self, today: date, books: Books) -> list[Event]:
        """Between two passes: first what stands is sorted, mended and struck, then new lines come."""
        found: list[Event] = []
        for tab, lines in books.lines.tabs.items():
            if lines and self.dice.random() < 0.03:
                found.append(Noise(self.dice.choice(("sort", "blank")), tab))
            for name, cells in lines.items():
                if (event := self._touched(tab, name, cells)) is not None:
                    found.append(event)
        for inn, trade in self.trade.items():
            partner = books.partners.get(inn)
            if partner is not None and partner.state == AUTHORISED:
                found += self._about(inn, trade, today)
        asking = [deal for deal in books.deals.values() if deal.state in (PENDING, NEEDS_DATA) and deal.customer_inn]
        if asking and self.dice.random() < 0.03:
            deal = self.dice.choice(asking)
            found.append(self._line("Отказы заказчиков", {"ИНН заказчика": deal.customer_inn, "ИНН партнёра": deal.partner}))
        return found

    def _about(self, inn: str, trade: float, today: date) -> list[Event]:
        found: list[Event] = []
        if self.dice.random() < 0.012 * trade:
            day = _at(today - timedelta(days=self.dice.choice((0, 0, 1, 20, 330))))
            amount = self.dice.choice((40_000, 90_000, 160_000, 350_000.5))
            found.append(self._line("Продажи", {"Дата": day, "ИНН партнёра": inn, "Сумма руб.": amount}))
        if self.dice.random() < 0.012:
            kind = self.dice.choice(KINDS["Публикации"])
            found.append(self._line("Публикации", {"Дата": _at(today), "ИНН партнёра": inn, "Вид": kind}))
        if self.dice.random() < 0.006:
            day = _at(today - timedelta(days=self.dice.choice((0, 0, 3))))
            kind = self.dice.choice(KINDS["Нарушения"])
            found.append(self._line("Нарушения", {"Дата": day, "ИНН партнёра": inn, "Вид": kind}))
        return found

    def _line(self, tab: str, cells: dict[str, Typed]) -> Line:
        """A new line: now and then above all others, now and then with a cell left for later."""
        self._written += 1
        name = f"{NAMES[tab]} {self._written}"
        cells = {**cells, NAMES[tab]: name}
        self._as_meant[tab, name] = cells
        if self.dice.random() < 0.1:
            cells = cells | self._spoilt(tab)
        return Line(tab, cells, above=self.dice.random() < 0.15)

    def _spoilt(self, tab: str) -> dict[str, Typed]:
        header = self.dice.choice(NEEDED[tab])
        return {header: self.dice.choice(WRONG[header])}

    def _touched(self, tab: str, name: str, cells: dict[str, Typed]) -> Event | None:
        how = self.dice.random()
        if not readable(tab, cells):
            return Mended(tab, name, self._as_meant[tab, name]) if how < 0.2 else None
        if how < 0.003:
            return Mended(tab, name, self._spoilt(tab))
        if how < 0.006:
            return Struck(tab, name)
        if how < 0.009 and tab == "Продажи":
            self._as_meant[tab, name] = {**cells, "Сумма руб.": 120_000}
            return Mended(tab, name, {"Сумма руб.": 120_000})
        if how < 0.03 and tab == "Нарушения":
            return Mended(tab, name, {"Снято": "Нет" if cells.get("Снято") == "Да" else "Да"})
        return None


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), MOSCOW)
