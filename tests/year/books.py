"""The model's books: everything it believes at a moment, and the small questions that all of its parts ask."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.year.days import Days, months_after
from tests.year.events import Typed
from tests.year.figures import SALES_MONTHS
from tests.year.lines import Lines, day_of
from tests.year.records import Answered, Deal, Errand, Lead, Letter, Partner

FREE_MAIL = {"mail.ru", "yandex.ru", "gmail.com"}
INN_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)


def valid_inn(text: str) -> bool:
    """Ten digits with a right checksum: a legal entity's."""
    if len(text) != 10 or not text.isdigit():
        return False
    return int(text[9]) == sum(weight * int(digit) for weight, digit in zip(INN_WEIGHTS, text[:9], strict=True)) % 11 % 10


def text_of(answers: dict[str, Typed], header: str) -> str:
    """An answer as text; missing is empty."""
    return str(answers.get(header, "")).strip()


@dataclass
class Books:
    """`now`: the pass that is being played. `intake` counts what was taken in, to break ties."""

    now: datetime
    days: Days = field(default_factory=Days)
    partners: dict[str, Partner] = field(default_factory=dict)
    deals: dict[str, Deal] = field(default_factory=dict)
    errands: dict[str, Errand] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    leads_given: dict[str, list[datetime]] = field(default_factory=dict)
    invited: list[Partner] = field(default_factory=list)
    rows: dict[str, Answered] = field(default_factory=dict)
    lines: Lines = field(default_factory=Lines)
    letters: list[Letter] = field(default_factory=list)
    products: dict[str, float] = field(default_factory=dict)
    """List prices by name, in roubles."""
    intake: int = 0
    told_month: date = date.min
    """Of which month partners were told where they stand."""
    by_customer: dict[str, list[Deal]] = field(default_factory=dict)
    by_partner: dict[str, list[Deal]] = field(default_factory=dict)
    _counted: Counter[str] = field(default_factory=Counter)

    @property
    def today(self) -> date:
        """The pass's day in Moscow."""
        return self.now.date()

    def number(self, letter: str, at: datetime) -> str:
        """The next number of that letter in the year of the submission."""
        series = letter if letter == "P" else f"{letter}-{at.year}"
        self._counted[series] += 1
        return f"{series}-{self._counted[series]:04}"

    def post(self, template: str, number: str, to: str = "") -> None:
        """A letter goes in this pass."""
        self.letters.append(Letter(template, number, self.today, to))

    def knows(self, inn: str, address: str) -> bool:
        """May that address speak for the partner?"""
        partner = self.partners.get(inn)
        if partner is None:
            return False
        address = address.lower()
        domain = address.rpartition("@")[2]
        return address in partner.contacts or (domain in partner.domains and domain not in FREE_MAIL)

    def keep(self, deal: Deal) -> None:
        """A new deal, or one whose customer became known."""
        self.deals[deal.number] = deal
        for index, key in ((self.by_customer, deal.customer_inn), (self.by_partner, deal.partner)):
            if deal not in index.setdefault(key, []):
                index[key].append(deal)

    def sales(self, inn: str) -> float:
        """In the vendor's money over the trailing twelve months."""
        since = months_after(self.today, -SALES_MONTHS)
        theirs = self.lines.whole("Продажи", inn)
        return sum(float(str(line["Сумма руб."])) for line in theirs if since < day_of(line) <= self.today)

    def customer_refuses(self, customer: str, partner: str) -> bool:
        """Is there the customer's written refusal to work with that partner?"""
        return any(line["ИНН заказчика"] == customer for line in self.lines.whole("Отказы заказчиков", partner))

    def named(self, text: str) -> frozenset[str] | None:
        """Products by their names; None if one is not in the price list, or none is named."""
        names = frozenset(part.strip() for part in text.replace("\n", ";").replace(",", ";").split(";") if part.strip())
        return names if names and names <= self.products.keys() else None
