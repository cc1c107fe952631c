"""What staff type into the rows of orders, licences and trainings in that year, by dice of their own, at odd moments too."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from tests.year import partners
from tests.year.books import Books
from tests.year.events import MOSCOW, TABS, Event, Noise, Typed, Word
from tests.year.figures import GOLD, TIERS, TRUSTED
from tests.year.records import ACCEPTED, CLOSED, NEEDS_DATA, PASSED, PENDING, REFUSED, REGISTERED, Deal, Errand, Partner

WORD, KEY, TERM = "Решение сотрудника", "Ключ", "Срок сотрудника"


@dataclass(slots=True)
class Rulings:
    """Nobody types twice into one row between two passes."""

    seed: int
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} rulings")

    def happen(self, now: datetime, books: Books) -> list[Event]:
        """Between two passes, of which the last one wrote the rows."""
        found: list[Event] = []
        for errand in books.errands.values():
            if errand.about:
                continue  # see Prospects, Protests
            cells = self._training(errand, now) if errand.kind in ("training", "course") else self._typed(errand, now)
            if cells:
                found.append(Word(TABS[errand.kind], errand.number, cells))
        if books.errands and self.dice.random() < 0.06:
            errand = self.dice.choice(list(books.errands.values()))
            found.append(Noise(self.dice.choice(("sort", "sort", "delete", "blank")), TABS[errand.kind], errand.number))
        return found

    def _typed(self, errand: Errand, now: datetime) -> dict[str, Typed]:
        how, licence = self.dice.random(), errand.kind in ("pilot", "nfr")
        key = f"KEY-{errand.number}-{now:%d%m%H%M}"
        if errand.kind == "listing" and errand.state == ACCEPTED:
            return {WORD: "Закрыть"} if how < 0.02 else {}
        if errand.kind in ("question", "listing"):
            return (
                {WORD: self.dice.choice(("Закрыть", "Закрыть", "Одобрить", "Отказать"))} if errand.question and how < 0.4 else {}
            )
        if errand.question and how < 0.35:
            word = self.dice.choice(("Одобрить", "Одобрить", "Отказать", "Закрыть"))
            beside: dict[str, Typed] = {KEY: key} if licence and word == "Одобрить" and self.dice.random() < 0.3 else {}
            return {WORD: word, **beside}
        if licence and errand.state == ACCEPTED and how < 0.4:
            return {KEY: key}
        if how < (0.01 if errand.state in (PENDING, NEEDS_DATA, ACCEPTED) else 0.001):
            return {WORD: self.dice.choice(("Отказать", "Закрыть", "Одобрить"))}
        if how < 0.006 and errand.state == REFUSED:
            return {WORD: "Одобрить"}
        if licence and how > (0.9 if errand.question else 0.995):
            return {KEY: key}
        if errand.kind == "pilot" and how > (0.8 if errand.question else 0.98):
            return {TERM: self.dice.choice((7, 14, 21, 30))}
        return {}

    def _training(self, line: Errand, now: datetime) -> dict[str, Typed]:
        how = self.dice.random()
        if line.question and how < 0.3:
            return {WORD: self.dice.choice(("Одобрить", "Одобрить", "Отказать", "Закрыть"))}
        if line.state == PENDING and how < 0.02:
            return {"Присутствовал": self.dice.choice(("Да", "Да", "Нет"))}
        if line.state == PENDING and how < 0.03:
            day = now.date() + timedelta(days=self.dice.choice((-5, 25, 40)))  # beside the day that the invitation proposes
            return {"Дата": datetime.combine(day, time(), MOSCOW)}
        if line.state == PENDING and how < 0.033:
            return {WORD: "Закрыть"}
        if line.state == PASSED and how < 0.004:
            return {"Присутствовал": self.dice.choice(("Нет", ""))} if how < 0.002 else {"Сертификат": f"№ {now:%d%m%H%M}"}
        if line.state == CLOSED and how < 0.01:
            return {"Присутствовал": self.dice.choice(("Да", "Нет", ""))}
        return {}


def judged(dice: random.Random, deal: Deal, books: Books) -> Event | None:
    """What staff say of a deal that they are asked about."""
    if deal.state == REGISTERED:
        return Word("Сделки", deal.number, {"Решение сотрудника": dice.choice(("Аннулировать", "Оставить"))})
    tier = books.partners[deal.partner].tier
    how = dice.random()
    if how < 0.35:
        code = dice.choice((6, 6, "4"))
        return Word("Сделки", deal.number, {"Решение сотрудника": "Отказать", "Код отказа": code})
    if how < 0.6 or tier == TRUSTED:
        figure = dice.choice((5, 12, 25, 33))
        return Word("Сделки", deal.number, {"Решение сотрудника": "Одобрить", "Скидка сотрудника %": figure})
    return Word("Сделки", deal.number, {"Решение сотрудника": "Одобрить"})


def typed_over(dice: random.Random, deal: Deal, now: datetime) -> Event:
    """A cell of the system's that staff type over."""
    which = dice.randrange(3)
    if which == 0:
        return Word("Сделки", deal.number, {"Скидка %": dice.choice((7, 15, 22))})
    if which == 1:
        later = datetime.combine(now.date() + timedelta(days=dice.randrange(40, 120)), time(), MOSCOW)
        return Word("Сделки", deal.number, {"Действует до": later})
    return Word("Сделки", deal.number, {"Состояние": dice.choice(("Аннулирована", "Выиграна", "Проиграна"))})


def on_partner(dice: random.Random, partner: Partner, books: Books) -> Event | None:
    """A word on a partner: an answer, or out of the blue."""
    chance = dice.random()
    if partner.proposal and chance < 0.3:
        fallen = partners.earned(books, partner) < TIERS.index(
            partner.tier
        )  # else rising again is staff's to say, which is not played
        word = dice.choice(("Понизить", "Оставить")) if fallen and partner.proposal in ("lower", "violation") else "Оставить"
        return Word("Партнёры", partner.number, {"Решение сотрудника": word})
    if chance > 0.9998:
        return Word("Партнёры", partner.number, {"Статус": GOLD})
    if chance > 0.9996:
        return Word("Партнёры", partner.number, {"Дополнительные контакты": f"second@{partner.number.lower()}.example"})
    return None
