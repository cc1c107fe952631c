"""Rows of «Форма Сделка» that do not stay as they came, or come late, in that year; by dice of their own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.year.books import Books
from tests.year.events import Amended, Event, FormRow, Typed
from tests.year.prospects import Stamp
from tests.year.records import AUTHORISED, NEEDS_DATA, PENDING, Deal

TAB = "Форма Сделка"


@dataclass(slots=True)
class Corrections:
    """`partners`: address by INN; `customers`: INNs of customers that nobody else has; `products`: the price list's names."""

    seed: int
    partners: Mapping[str, str]
    customers: Iterator[str]
    products: Sequence[str]
    dice: random.Random = field(init=False)
    _rows: list[FormRow] = field(default_factory=list)
    _late: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} corrections")

    def happen(self, now: datetime, books: Books, stamp: Stamp, early: Stamp, others: Iterable[Event]) -> list[Event]:
        """Between two passes, beside `others`. `early`: gives a moment of days ago that is nobody else's."""
        touched = {event.key for event in others if isinstance(event, Amended)}
        found: list[Event] = []
        self._rows = [row for row in self._rows if row.at > now - timedelta(days=40)]
        for place, row in enumerate(self._rows):
            if row.key in touched or f"{row.key}-again" in books.rows or row.key not in books.rows:
                continue
            deal = books.deals[books.rows[row.key].number]
            if self.dice.random() < (0.1 if deal.state == PENDING else 0.01) and deal.known_sender and deal.state != NEEDS_DATA:
                answers = {**row.answers, **self._change()}
                found.append(Amended(row.key, stamp(self.dice), answers))
                self._rows[place] = FormRow(row.key, row.tab, row.at, row.address, answers)
        if books.deals and self.dice.random() < 0.12 and (late := self._surfaced(books, early)) is not None:
            found.append(late)
        self._rows += [event for event in others if isinstance(event, FormRow) and event.tab == TAB]
        return found

    def _change(self) -> dict[str, Typed]:
        how = self.dice.random()
        if how < 0.4:
            return {"Количество лицензий": self.dice.choice((3, 30, 300))}
        if how < 0.6:
            return {"Продукты": self.dice.choice(self.products)}
        if how < 0.8:
            customer = next(self.customers)
            return {"Заказчик": f"АО «Другой {customer}»", "ИНН заказчика": customer}
        return {"Количество лицензий": 0} if how < 0.9 else {"Ожидаемая дата покупки": "до конца года"}

    def _surfaced(self, books: Books, early: Stamp) -> FormRow | None:
        """A row of some days ago that nobody saw: about the customer of a deal that came meanwhile, by its partner or a rival."""
        deal: Deal = self.dice.choice(list(books.deals.values())[-30:])
        able = [inn for inn in self.partners if inn in books.partners and books.partners[inn].state == AUTHORISED]
        if not able or not deal.customer_inn or not deal.products:
            return None
        inn = deal.partner if deal.partner in able and self.dice.random() < 0.3 else self.dice.choice(able)
        products = sorted(deal.products)
        if self.dice.random() < 0.3:
            products = [*products[:1], *(sorted(set(self.products) - deal.products)[:1])]
        self._late += 1
        answers: dict[str, Typed] = {
            "ИНН партнёра": inn,
            "Заказчик": deal.customer,
            "ИНН заказчика": deal.customer_inn,
            "Тип сделки": "Новая",
            "Продукты": "; ".join(products),
            "Количество лицензий": 7,
            "Комментарий": f"late {self._late}",
        }
        return FormRow(f"late {self._late}", TAB, early(self.dice), self.partners[inn], answers)
