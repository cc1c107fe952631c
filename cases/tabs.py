"""Staff's own tabs, indexed once a pass."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from cases.pricing import PriceList
from cases.staff_lines import StaffTabs
from rules.tiers import Publicity, Sale
from rules.violations import Violation


class Tabs:
    """What rules ask of `Прайс`, `Продажи`, `Публикации`, `Нарушения` and `Отказы заказчиков`, by INN."""

    def __init__(self, tabs: StaffTabs) -> None:
        self.prices = PriceList(tabs.prices)
        sales: dict[str, list[Sale]] = defaultdict(list)
        publicity: dict[str, list[Publicity]] = defaultdict(list)
        sold: dict[str, date] = {}
        for sale in tabs.sales:
            sales[sale.partner_inn].append(Sale(sale.on, sale.amount))
            sold[sale.deal] = max(sale.on, sold.get(sale.deal, sale.on))
        for line in tabs.publicity:
            publicity[line.partner_inn].append(Publicity(line.on, line.kind))
        violations: dict[str, list[Violation]] = defaultdict(list)
        for breach in tabs.violations:
            violations[breach.partner_inn].append(Violation(breach.on, breach.kind, breach.lifted))
        self._violations = {inn: tuple(lines) for inn, lines in violations.items()}
        self._sold = sold
        self._sales = {inn: tuple(lines) for inn, lines in sales.items()}
        self._publicity = {inn: tuple(lines) for inn, lines in publicity.items()}
        self._refusals = frozenset((line.customer_inn, line.partner_inn) for line in tabs.refusals)

    def sales(self, inn: str) -> tuple[Sale, ...]:
        """The partner's booked sales."""
        return self._sales.get(inn, ())

    def sold_on(self, deal: str) -> date | None:
        """The last day on which a sale of that deal was booked."""
        return self._sold.get(deal)

    def publicity(self, inn: str) -> tuple[Publicity, ...]:
        """The partner's publicity."""
        return self._publicity.get(inn, ())

    def violations(self, inn: str) -> tuple[Violation, ...]:
        """The partner's lines in `Нарушения`."""
        return self._violations.get(inn, ())

    def refused(self, customer_inn: str, partner_inn: str) -> bool:
        """Did the customer refuse in writing to work with this partner?"""
        return (customer_inn, partner_inn) in self._refusals
