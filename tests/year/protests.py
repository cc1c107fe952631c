"""What partners answer to refusals in that year, and staff to appeals, by dice of their own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tests.year.books import Books
from tests.year.events import Event, Reply, Word
from tests.year.prospects import Stamp
from tests.year.records import PENDING, REFUSED, REGISTERED, Deal
from tests.year.refused import APPEALS

ANSWERED_WITHIN = 40
"""Days after a refusal in which somebody answers it."""


@dataclass(slots=True)
class Protests:
    """`partners`: address by INN."""

    seed: int
    partners: Mapping[str, str]
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} refused")

    def happen(self, today: date, books: Books, stamp: Stamp, *, at_desk: bool) -> list[Event]:
        """Between two passes. `stamp`: gives a moment of its own; `at_desk`: may staff touch rows that a pass has written?"""
        found: list[Event] = []
        not_extended = {one.number for one in books.letters[-150:] if one.template == "deal-extension-refused"}
        for deal in books.deals.values():
            if deal.state == REFUSED and deal.known_sender and deal.partner in self.partners:
                found += self._answers(deal, today, stamp)
            elif deal.state == REGISTERED and deal.number in not_extended and self.dice.random() < 0.1:
                found.append(
                    Reply(stamp(self.dice), self.partners[deal.partner], "deal-extension-refused", deal.number, "обжаловать")
                )
        for errand in books.errands.values():
            if errand.kind in ("order", "pilot", "nfr") and errand.state == REFUSED and self.dice.random() < 0.03:
                address = self.dice.choice((self.partners[errand.partner],) * 4 + ("someone@strangers.example",))
                text = self.dice.choice(("обжаловать", "обжаловать", "2", "Это решение нам непонятно."))
                found.append(Reply(stamp(self.dice), address, f"{errand.kind}-refused", errand.number, text))
            concerns = errand.about in books.deals or errand.about in books.errands
            if at_desk and concerns and errand.state == PENDING and self.dice.random() < 0.3:
                word = self.dice.choice(("Одобрить", "Отказать", "Закрыть")) if errand.appeal else "Закрыть"
                found.append(Word("Обращения", errand.number, {"Решение сотрудника": word}))
        return found

    def _answers(self, deal: Deal, today: date, stamp: Stamp) -> list[Event]:
        address, how = self.partners[deal.partner], self.dice.random()
        if deal.waits and how < 0.02:
            return [Reply(stamp(self.dice), address, "waiting-list", deal.number, "9")]
        if deal.ended is None or (today - deal.ended).days > ANSWERED_WITHIN or how > 0.15:
            return []
        text = self.dice.choice(("1", "1", "1", *APPEALS)) if deal.may_wait else self.dice.choice(("1", *APPEALS))
        return [Reply(stamp(self.dice), address, "deal-refused", deal.number, text)]
