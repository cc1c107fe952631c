"""What staff and partners do about leads in that year, by dice of their own: without leads the rest of the year is the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.year.books import Books
from tests.year.events import Event, Line, Noise, Reply, Word
from tests.year.leads import WORDS
from tests.year.records import AUTHORISED, DEAUTHORISED, LEAD_TAKEN_UP, LEAD_WITH_PARTNER, LEAD_WITHDRAWN, PENDING, Lead

REGIONS = ("Москва", "Казань", "Тверь")
TAKES, DECLINES = ([text for text, word in WORDS.items() if word == meant] for meant in ("take", "decline"))
UNCLEAR = ("А сколько у них рабочих мест?", "Постараемся до них дозвониться.")

Stamp = Callable[[random.Random], datetime]
"""Gives a moment between two passes that is nobody else's."""


def region(number: int) -> str:
    """Where the partner of that number is at home."""
    return REGIONS[number % len(REGIONS)]


@dataclass(slots=True)
class Prospects:
    """`rate`: leads a pass, on average; `partners`: address and care (how surely they answer) by INN."""

    seed: int
    rate: float
    partners: Mapping[str, tuple[str, float]]
    dice: random.Random = field(init=False)
    _owed: float = 0
    _written: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} leads")

    def happen(self, books: Books, stamp: Stamp, *, at_desk: bool) -> list[Event]:
        """Between two passes. `stamp`: gives a moment of its own; `at_desk`: may staff touch rows that a pass has written?"""
        found = self._staff(books) if at_desk else []
        found += self._new_leads()  # below what was sorted: they get their numbers in the order of the sheet
        for lead in books.leads.values():
            found += self._answers(lead, stamp)
        return found

    def _new_leads(self) -> list[Event]:
        self._owed += self.rate * self.dice.choice((0, 0.3, 1, 2.7))
        found: list[Event] = []
        while self._owed >= 1:
            self._owed -= 1
            self._written += 1
            where = self.dice.choice((*REGIONS, "", "Тула"))
            name, contact = f"ООО «Лид {self._written}»", f"+7 495 000-{self._written:04}"
            found.append(Line("Лиды", {"Лид": name, "Контакт": contact, "Регион": where}))
        return found

    # -- partners

    def _answers(self, lead: Lead, stamp: Stamp) -> list[Event]:
        """Whoever has it answers sooner or later, or never; now and then somebody who had it, or never did."""
        found: list[Event] = []
        for inn in dict.fromkeys(lead.had):
            address, care = self.partners[inn]
            chance = 0.02
            if inn == lead.partner and lead.state == LEAD_WITH_PARTNER:
                chance = care * 0.6
            if self.dice.random() < chance:
                sender, how = address, self.dice.random()
                if how < 0.1:
                    sender = f"stranger@other{self._written}.example"
                elif how < 0.2:
                    sender = f"colleague@{address.partition('@')[2]}"
                found.append(Reply(stamp(self.dice), sender, "lead-assigned", lead.number, self._words(lead, inn), to=address))
        return found

    def _words(self, lead: Lead, inn: str) -> str:
        how = self.dice.random()
        if lead.partner == inn and lead.state == LEAD_TAKEN_UP:
            how += 0.3  # rather not again
        if how < 0.5:
            return self.dice.choice(TAKES)
        return self.dice.choice(DECLINES if how < 0.85 else UNCLEAR)

    # -- staff

    def _staff(self, books: Books) -> list[Event]:
        found: list[Event] = []
        for lead in books.leads.values():
            if (event := self._rewritten(lead)) is not None:
                found.append(event)
        for errand in books.errands.values():
            if errand.about in books.leads and errand.state == PENDING and self.dice.random() < 0.4:
                found.append(Word("Обращения", errand.number, {"Решение сотрудника": "Закрыть"}))
        for partner in books.partners.values():
            chance = self.dice.random()
            if partner.state == AUTHORISED and not partner.proposal and chance < 0.014:  # what is proposed, others answer
                word = "Повысить" if chance > 0.0015 else "Деавторизовать"
                found.append(Word("Партнёры", partner.number, {"Решение сотрудника": word}))
            elif partner.state == DEAUTHORISED and chance < 0.03:
                found.append(Word("Партнёры", partner.number, {"Решение сотрудника": "Авторизовать"}))
        if books.leads and self.dice.random() < 0.1:
            number = self.dice.choice(sorted(books.leads))
            found.append(Noise(self.dice.choice(("sort", "sort", "delete", "blank")), "Лиды", number))
        return found

    def _rewritten(self, lead: Lead) -> Event | None:
        how = self.dice.random()
        if lead.state == LEAD_WITHDRAWN:
            if how < 0.03:
                return Word("Лиды", lead.number, {"Лид": f"ООО «{lead.number}»", "Контакт": "снова актуально"})
        elif how < 0.006:
            return Word("Лиды", lead.number, {"Лид": "", "Контакт": ""})
        elif how < 0.012:
            return Word("Лиды", lead.number, {"Контакт": f"it@lead{int(how * 1_000_000)}.example"})
        elif how < 0.015:
            return Word("Лиды", lead.number, {"Партнёр": "ООО «Кому хотим»"})
        return None
