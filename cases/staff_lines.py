"""Staff's own tabs, line by line, as last read. Plain data, as in `cases.model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A line of `Прайс`; `key` is the name key of `name`; price in roubles."""

    article: str
    name: str
    key: str
    term_months: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A line of `Продажи`."""

    on: date
    partner_inn: str
    deal: str
    amount: Decimal
    distributor: str


@dataclass(frozen=True, slots=True)
class PublicityLine:
    """A line of `Публикации`; kind `site`, `mailing`, `social`."""

    on: date
    partner_inn: str
    kind: str
    link: str


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """A line of `Отказы заказчиков`: this customer will not work with this partner."""

    customer_inn: str
    partner_inn: str
    document: str


@dataclass(frozen=True, slots=True)
class ViolationLine:
    """A line of `Нарушения`; kind `complaint`, `false-information`, `debt`, `breach`."""

    on: date
    partner_inn: str
    kind: str
    text: str
    lifted: bool


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A line of `Лиды` that has no number yet."""

    lead: str
    contact: str
    region: str


@dataclass(frozen=True, slots=True)
class StaffTabs:
    """Staff's own tabs as last read."""

    prices: tuple[PriceLine, ...] = ()
    sales: tuple[SaleLine, ...] = ()
    publicity: tuple[PublicityLine, ...] = ()
    refusals: tuple[RefusalLine, ...] = ()
    violations: tuple[ViolationLine, ...] = ()
    calendar: Mapping[date, bool] = field(default_factory=dict)  # True: business day
