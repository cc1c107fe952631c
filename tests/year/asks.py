"""What partners ask for in that year besides registrations, by dice of their own: keys, pilots, licences, and their reports."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.year.books import Books
from tests.year.events import Event, FormRow, Typed
from tests.year.prospects import Stamp
from tests.year.records import AUTHORISED, OVERDUE, REGISTERED, REPORT_DUE, RUNNING, Deal


@dataclass(slots=True)
class Asks:
    """`partners`: address by INN; `customers`: INNs of customers that nobody else has; `products`: the price list's names."""

    seed: int
    partners: Mapping[str, str]
    customers: Iterator[str]
    products: Sequence[str]
    dice: random.Random = field(init=False)
    _rows: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} asks")

    def happen(self, books: Books, stamp: Stamp) -> list[Event]:
        """Between two passes."""
        found: list[Event] = []
        for deal in books.deals.values():
            if deal.state == REGISTERED and deal.known_sender and self.dice.random() < 0.01:
                found.append(self._row("Форма Заказ", deal.partner, self._order(deal), stamp))
        for inn in self.partners:
            partner = books.partners.get(inn)
            if partner is None or (partner.state != AUTHORISED and self.dice.random() < 0.9):
                continue
            if self.dice.random() < 0.012:
                found.append(self._row("Форма Пилот", inn, self._pilot(inn), stamp))
            if self.dice.random() < 0.006:
                found.append(self._row("Форма Запрос", inn, self._request(inn, "NFR-лицензия", books), stamp))
            if self.dice.random() < 0.012:
                topic = self.dice.choice(("Обучение", "Публикация", "Пресейл", "Материалы", "Вопрос"))
                found.append(self._row("Форма Запрос", inn, self._request(inn, topic, books), stamp))
        for errand in books.errands.values():
            if errand.kind == "pilot" and errand.state in (RUNNING, REPORT_DUE, OVERDUE) and self.dice.random() < 0.04:
                said: dict[str, Typed] = {
                    "№ пилота": errand.number,
                    "Результат": "Успешно",
                    "Отзыв": "Понравилось",
                    "Намерение купить": "Да",
                }
                found.append(self._row("Форма Отчёт о пилоте", errand.partner, said, stamp))
        return found

    def _row(self, tab: str, inn: str, answers: dict[str, Typed], stamp: Stamp) -> FormRow:
        self._rows += 1
        return FormRow(f"ask {self._rows}", tab, stamp(self.dice), self.partners[inn], answers)

    def _pilot(self, inn: str) -> dict[str, Typed]:
        customer = next(self.customers)
        return {
            "ИНН партнёра": inn,
            "Заказчик": f"АО «Пилот {customer}»",
            "ИНН заказчика": customer,
            "Продукты": self.dice.choice(self.products),
            "Количество лицензий": 5,
            "Срок дней": self.dice.choice(("", "", "", 14, 30)),
        }

    def _request(self, inn: str, topic: str, books: Books) -> dict[str, Typed]:
        """Some name a deal of theirs."""
        theirs = [deal.number for deal in books.by_partner.get(inn, [])]
        about = f"Сделка {self.dice.choice(theirs)}" if theirs and self.dice.random() < 0.7 else "Подробности по телефону"
        return {"ИНН партнёра": inn, "Тема": topic, "Текст": about}

    def _order(self, deal: Deal) -> dict[str, Typed]:
        count, customer_inn, products = self.dice.randrange(1, deal.licences + 1), deal.customer_inn, sorted(deal.products)
        others = sorted(set(self.products) - deal.products)
        kind = self.dice.random()
        if kind < 0.1:
            customer_inn = next(self.customers)
        elif kind < 0.2:
            count = deal.licences + 5
        elif kind < 0.3 and others:
            products = others[:1]
        return {
            "ИНН партнёра": deal.partner,
            "№ сделки": deal.number,
            "Заказчик": deal.customer,
            "ИНН заказчика": customer_inn,
            "Продукты": "; ".join(products),
            "Количество лицензий": count,
            "Дистрибутор": "Северная Дистрибуция",
        }
