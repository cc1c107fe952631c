"""Replies to the month's letter in that year, which speak of many deals at once; by dice of their own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.year.books import Books
from tests.year.events import Event, Reply
from tests.year.prospects import Stamp
from tests.year.records import Partner
from tests.year.terms import EXTEND

WORDS = ("в работе", "переговоры", "тендер", "КП отправлено", "отложена", EXTEND, "выиграна", "проиграна")


@dataclass(slots=True)
class Lists:
    """`partners`: address by INN. Nobody answers twice between two passes."""

    seed: int
    partners: Mapping[str, str]
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} lists")

    def happen(self, books: Books, stamp: Stamp) -> list[Event]:
        """Between two passes."""
        found: list[Event] = []
        for inn, address in self.partners.items():
            partner = books.partners.get(inn)
            if partner is None:
                continue
            if partner.asked and self.dice.random() < 0.5:
                found.append(Reply(stamp(self.dice), address, "partner-updated", partner.number, self.dice.choice("112")))
            elif partner.listed and not partner.asked and self.dice.random() < 0.04:
                text = "\n".join(self._lines(books, partner))
                found.append(Reply(stamp(self.dice), address, "partner-standing", partner.number, text))
        return found

    def _lines(self, books: Books, partner: Partner) -> list[str]:
        theirs = [deal.number for deal in books.by_partner.get(partner.inn, []) if not deal.echo]
        chosen = self.dice.sample(theirs, min(len(theirs), self.dice.choice((1, 2, 4))))
        lines = [f"{number} – {self.dice.choice(WORDS)}" for number in chosen]
        if self.dice.random() < 0.3:
            lines.append(f"все – {self.dice.choice(WORDS[:3])}")
        if self.dice.random() < 0.2:
            lines.append("Пришлите, пожалуйста, новый прайс.")
        return lines
