"""Raw answers of a form become typed requests; what is wrong with them becomes `Problem`s (values, never exceptions).

Codes of problems, with the facts that fill their sentence (`value` is what was typed, shortened):

| code | fields | facts |
|---|---|---|
| `missing` | any required one; kind | – |
| `inn-length`, `inn-checksum`, `inn-scientific`, `inn-not-digits` | inn, partner_inn, customer_inn | value, digits (how many) |
| `inn-person` | customer_inn: 12 digits, a person's, where a legal entity's is needed | value |
| `phone-unreadable` | phone | value |
| `email-invalid` | address (the form's second column) | value |
| `consent-missing` | consent: empty or not «Да» | value |
| `kind-unknown` | kind | value |
| `product-unknown` | products, one for each that `Прайс` does not know | value, suggestion ("" if nothing is close) |
| `not-whole` | licences, term_days: no whole number | value |
| `not-positive` | licences, term_days: 0 or below | value |
| `too-long` | any | limit, length (in characters; for licences and term_days in digits) |
| `evidence-missing` | licence_screenshot, financial_document (made by the rules) | – |
| `deal-number-unreadable` | deal | value |
| `pilot-number-unreadable` | pilot | value |
| `topic-unknown` | topic | value |
| `status-unknown` | sale_status, extend | value |

Codes of notes (remarks for staff, they hold nothing up): `inn-zero-restored` (value), `kpp-invalid` (value),
`site-unreadable` (value), `product-ambiguous` (value, article: of the line taken), `date-unreadable` (value),
`date-approximate` (value, date).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cases.answers import Answers, Note, shown
from cases.dates import read_date
from cases.identity import one_line, read_address, read_kpp, read_phone, site_domain
from cases.model import SaleStatus
from cases.pricing import PricedProduct, PriceList, read_products
from rules.deals import DealKind
from rules.decision import Problem
from rules.edition import Edition

LICENCE_DIGITS = 7
"""Digits of a whole number at most."""


@dataclass(frozen=True, slots=True)
class PartnerRequest:
    """An application. `inn` is "" unless valid; `sole_trader`: it has 12 digits. `phone`: E.164, comma-separated, or as typed."""

    name: str
    inn: str
    sole_trader: bool
    kpp: str
    site: str
    contact: str
    phone: str
    region: str
    distributor: str
    consent: bool
    comment: str
    address: str
    remarks: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class DealRequest:
    """A deal to be registered. INNs are "" unless valid; `customer_inn` is one of 10 digits.

    `kind` and `licences` are None when not understood; `products` are those found in the price list.
    """

    partner_inn: str
    customer: str
    customer_inn: str
    customer_kpp: str
    kind: DealKind | None
    products: tuple[PricedProduct, ...]
    licences: int | None
    expected_on: date | None
    expected_text: str
    customer_contact: str
    competitor: str
    licence_screenshot: str
    financial_document: str
    comment: str
    remarks: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """An update of a deal. `action`: `report` (with `status`), `won`, `lost`, `withdraw`, `extend` (nothing else was said) or "".

    `extend`: the term is to be extended as well (or alone). `deal` is the number in full, "" when it cannot be read.
    """

    deal: str
    action: str
    status: SaleStatus | None
    extend: bool
    comment: str


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order of keys. `deal` is the number in full, "" when it cannot be read; INNs are "" unless valid."""

    partner_inn: str
    deal: str
    customer: str
    customer_inn: str
    products: tuple[PricedProduct, ...]
    licences: int | None
    distributor: str
    remarks: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class PilotRequest:
    """A request for licences on trial. `term_days` None: the standard term."""

    partner_inn: str
    customer: str
    customer_inn: str
    products: tuple[PricedProduct, ...]
    licences: int | None
    term_days: int | None
    comment: str
    remarks: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class PilotReport:
    """A report on a pilot. `pilot` is the number in full, "" when it cannot be read."""

    pilot: str
    result: str
    feedback: str
    intent: str


@dataclass(frozen=True, slots=True)
class TopicRequest:
    """A request on a topic of the form: `training`, `nfr`, `publication`, `presale`, `materials`, `question`."""

    partner_inn: str
    topic: str
    text: str
    remarks: tuple[Note, ...] = ()


# -- the partner form ------------------------------------------------------------------


def parse_partner(answers: Mapping[str, str], address: str, edition: Edition) -> tuple[PartnerRequest, tuple[Problem, ...]]:
    """Read an application. A valid INN of 12 digits is no problem here (`sole_trader`): the rules refuse it with that reason."""
    form = Answers(answers, edition.authorisation.required, edition.authorisation.section)
    name = form.line("name")
    inn = form.inn("inn")
    kpp = _kpp(form) or inn.kpp
    site = form.line("site")
    if site and not site_domain(site):
        form.note("site", "site-unreadable", value=shown(site))
    contact = form.line("contact")
    phone = form.line("phone")
    numbers = read_phone(phone)
    if phone and not numbers and any(ch.isalnum() for ch in phone):
        form.problem("phone", "phone-unreadable", value=shown(phone))
    region = form.line("region")
    distributor = form.line("distributor")
    consent = form.raw("consent").strip().casefold() == "yes"
    if form.required("consent") and not consent:
        form.problem("consent", "consent-missing", value=shown(form.raw("consent")))
    comment = form.text("comment")
    sender = read_address(address)
    if not sender:
        form.problem("address", "email-invalid" if address.strip() else "missing", value=shown(address))
    request = PartnerRequest(
        name=name,
        inn=inn.value,
        sole_trader=inn.digits == 12,
        kpp=kpp,
        site=site,
        contact=contact,
        phone=", ".join(numbers) or phone,
        region=region,
        distributor=distributor,
        consent=consent,
        comment=comment,
        address=sender,
        remarks=tuple(form.notes),
    )
    return request, tuple(form.problems)


def _kpp(form: Answers) -> str:
    kpp = read_kpp(form.raw("kpp"))
    if not kpp and any(ch.isalnum() for ch in form.raw("kpp")):
        form.note("kpp", "kpp-invalid", value=shown(form.raw("kpp")))
    return kpp


# -- the deal form -----------------------------------------------------------------------


def parse_deal(answers: Mapping[str, str], prices: PriceList, edition: Edition) -> tuple[DealRequest, tuple[Problem, ...]]:
    """Read a registration. The evidence of a competitive switch is weighed by the rules."""
    form = Answers(answers, edition.deals.required, edition.deals.section)
    partner_inn = form.inn("partner_inn")
    customer = form.line("customer")
    customer_inn = form.inn("customer_inn")
    if customer_inn.digits == 12:
        form.problem("customer_inn", "inn-person", value=customer_inn.value)
    kind = _kind(form)
    products = _products(form, prices)
    licences = _licences(form)
    expected_text = form.line("expected_on")
    expected_on = _expected(form, expected_text)
    request = DealRequest(
        partner_inn=partner_inn.value,
        customer=customer,
        customer_inn=customer_inn.value if customer_inn.digits == 10 else "",
        customer_kpp=customer_inn.kpp,
        kind=kind,
        products=products,
        licences=licences,
        expected_on=expected_on,
        expected_text=expected_text,
        customer_contact=form.text("customer_contact"),
        competitor=form.text("competitor"),
        licence_screenshot=form.text("licence_screenshot"),
        financial_document=form.text("financial_document"),
        comment=form.text("comment"),
        remarks=tuple(form.notes),
    )
    return request, tuple(form.problems)


def _kind(form: Answers) -> DealKind | None:
    text = one_line(form.raw("kind"))
    if not text:  # whatever the edition requires: without a kind there is nothing to weigh
        form.problem("kind", "missing")
        return None
    try:
        return DealKind(text.casefold())
    except ValueError:
        form.problem("kind", "kind-unknown", value=shown(text))
        return None


_MOST_UNKNOWN = 20


def _products(form: Answers, prices: PriceList) -> tuple[PricedProduct, ...]:
    text = form.text("products")
    found, unknown, ambiguous = read_products(text, prices)
    for value in unknown[:_MOST_UNKNOWN]:
        form.problem("products", "product-unknown", value=shown(value), suggestion=prices.suggest(value))
    for product in ambiguous:
        form.note("products", "product-ambiguous", value=product.name, article=product.article)
    return found


_COUNT = re.compile(
    r"(?P<number>[+-]?[0-9]+(?: [0-9]{3})*)(?P<fraction>[.,][0-9]+)?"
    r"\s*(?:дн(?:я|ей)?|день|шт|штук[аи]?|экз|"
    r"лиц|лицензи[йяи]|мест[оа]?|раб(?:очих)?\.? мест[оа]?|рм|пк|компьютер(?:а|ов)?|pcs|licen[cs]es?)?\.?",
    re.IGNORECASE,
)


def _licences(form: Answers) -> int | None:
    return _count(form, "licences")


def _count(form: Answers, name: str) -> int | None:
    """A whole number from 1, as people write it; None when there is none or it is a problem."""
    told = len(form.problems)
    text = form.line(name)
    if len(form.problems) > told or not any(ch.isalnum() for ch in text):
        return None
    plain = re.sub("[\u2010-\u2015\u2212]", "-", one_line(unicodedata.normalize("NFKC", text))).strip("\"'«» ")
    match = _COUNT.fullmatch(plain)
    fraction = match["fraction"] if match else None
    if match is None or (fraction and not re.fullmatch(r"[.,]0{1,2}", fraction)):  # `1,000` may be a thousand or one
        form.problem(name, "not-whole", value=shown(text))
        return None
    digits = match["number"].replace(" ", "")
    if len(digits.lstrip("+-0")) > LICENCE_DIGITS:
        form.problem(name, "too-long", limit=str(LICENCE_DIGITS), length=str(len(digits.lstrip("+-0"))))
        return None
    count = int(digits)
    if count < 1:
        form.problem(name, "not-positive", value=shown(text))
        return None
    return count


def _expected(form: Answers, text: str) -> date | None:
    if not any(ch.isalnum() for ch in text):
        return None
    found, approximate = read_date(text)
    if found is None:
        form.note("expected_on", "date-unreadable", value=shown(text))
    elif approximate:
        form.note("expected_on", "date-approximate", value=shown(text), date=found.isoformat())
    return found


# -- the update form -----------------------------------------------------------------------

_DEAL_NUMBER = re.compile(
    r"(?:(?<![A-ZА-Я])([A-ZА-Я])\s*-?\s*)?(?<!\d)(?<!\d-)(20\d{2})\s*-?\s*(\d{1,6})(?!\d)(?!-\d)",
    re.ASCII,
)
_BY_NUMBER = (*SaleStatus, "extend", "withdraw")  # 1..9 of the list in every letter about a deal


def read_deal_number(text: str) -> str:
    """A deal's number in full (`D-2026-0001`), written with any dash, a Cyrillic Д, spaces, or without its letter.

    "" when there is none, or more than one.
    """
    return _read_number(text, "D", "Д")


def read_pilot_number(text: str) -> str:
    """A pilot's number in full (`T-2026-0001`), read as a deal's is."""
    return _read_number(text, "T", "Т")


def _read_number(text: str, prefix: str, cyrillic: str) -> str:
    plain = one_line(unicodedata.normalize("NFKC", text[:1000].replace("№", " "))).upper()
    plain = re.sub("[\u2010-\u2015\u2212_/]", "-", plain)
    numbers = set()
    for letter, year, count in _DEAL_NUMBER.findall(plain):
        if letter not in ("", prefix, cyrillic) or not int(count) or (not letter and len(count) < 4):
            return ""
        numbers.add(f"{prefix}-{year}-{int(count):04d}")
    return numbers.pop() if len(numbers) == 1 else ""


def parse_update(answers: Mapping[str, str], section: str = "") -> tuple[UpdateRequest, tuple[Problem, ...]]:
    """Read an update. `sale_status`: a SaleStatus value, `extend`, `withdraw`, or a number 1..9 of the list."""
    form = Answers(answers, ("deal",), section)
    deal = read_deal_number(form.raw("deal"))
    if form.line("deal") and not deal and not form.problems:
        form.problem("deal", "deal-number-unreadable", value=shown(form.raw("deal")))
    status, word = _sale_status(form)
    extend = one_line(form.raw("extend")).casefold()
    if extend not in ("", "yes", "no"):
        form.problem("extend", "status-unknown", value=shown(form.raw("extend")))
    wants_extension = extend == "yes" or word == "extend"
    comment = form.text("comment")
    if status in (SaleStatus.WON, SaleStatus.LOST):
        action = status.value
    elif status is not None:
        action = "report"
    else:
        action = word or ("extend" if wants_extension else "")
    if not action and not form.raw("sale_status").strip() and extend in ("", "no"):
        form.problem("sale_status", "missing")
    return UpdateRequest(deal, action, status, wants_extension, comment), tuple(form.problems)


def _sale_status(form: Answers) -> tuple[SaleStatus | None, str]:
    text = one_line(form.raw("sale_status")).casefold()
    if re.fullmatch("[1-9][.)]?", text):
        text = _BY_NUMBER[int(text[0]) - 1]
    if text in ("", "extend", "withdraw"):
        return None, text
    try:
        return SaleStatus(text), ""
    except ValueError:
        form.problem("sale_status", "status-unknown", value=shown(form.raw("sale_status")))
        return None, ""


# -- orders, pilots, requests ----------------------------------------------------------------


def parse_order(answers: Mapping[str, str], prices: PriceList, edition: Edition) -> tuple[OrderRequest, tuple[Problem, ...]]:
    """Read an order of keys."""
    form = Answers(answers, edition.orders.required, edition.orders.section)
    partner_inn = form.inn("partner_inn")
    deal = read_deal_number(form.raw("deal"))
    if _told(form, "deal") and not deal:
        form.problem("deal", "deal-number-unreadable", value=shown(form.raw("deal")))
    customer, customer_inn = form.line("customer"), _entity(form)
    request = OrderRequest(
        partner_inn=partner_inn.value,
        deal=deal,
        customer=customer,
        customer_inn=customer_inn,
        products=_products(form, prices),
        licences=_licences(form),
        distributor=form.line("distributor"),
        remarks=tuple(form.notes),
    )
    return request, tuple(form.problems)


def parse_pilot(answers: Mapping[str, str], prices: PriceList, edition: Edition) -> tuple[PilotRequest, tuple[Problem, ...]]:
    """Read a request for licences on trial."""
    form = Answers(answers, edition.pilots.required, edition.pilots.section)
    partner_inn = form.inn("partner_inn")
    customer, customer_inn = form.line("customer"), _entity(form)
    request = PilotRequest(
        partner_inn=partner_inn.value,
        customer=customer,
        customer_inn=customer_inn,
        products=_products(form, prices),
        licences=_licences(form),
        term_days=_count(form, "term_days"),
        comment=form.text("comment"),
        remarks=tuple(form.notes),
    )
    return request, tuple(form.problems)


def parse_pilot_report(answers: Mapping[str, str], section: str) -> tuple[PilotReport, tuple[Problem, ...]]:
    """Read a report on a pilot; number and result are needed."""
    form = Answers(answers, ("pilot", "result"), section)
    pilot = read_pilot_number(form.raw("pilot"))
    if _told(form, "pilot") and not pilot:
        form.problem("pilot", "pilot-number-unreadable", value=shown(form.raw("pilot")))
    report = PilotReport(pilot, form.text("result"), form.text("review"), form.text("intent"))
    return report, tuple(form.problems)


TOPICS = ("training", "nfr", "publication", "presale", "materials", "question")


def parse_topic(answers: Mapping[str, str], section: str) -> tuple[TopicRequest, tuple[Problem, ...]]:
    """Read a request on a topic. Who asks is needed for all but a question; a topic nobody knows is a question for staff."""
    form = Answers(answers, ("topic",), section)
    topic = one_line(form.raw("topic")).casefold()
    if _told(form, "topic") and topic not in TOPICS:
        form.problem("topic", "topic-unknown", value=shown(form.raw("topic")))
    partner_inn = form.inn("partner_inn")
    request = TopicRequest(partner_inn.value, topic if topic in TOPICS else "", form.text("text"), tuple(form.notes))
    return request, tuple(form.problems)


def _told(form: Answers, name: str) -> bool:
    """Was a line given that is no problem by itself?"""
    before = len(form.problems)
    return bool(form.line(name)) and len(form.problems) == before


def _entity(form: Answers) -> str:
    """A customer's INN of 10 digits; a person's is a problem."""
    read = form.inn("customer_inn")
    if read.digits == 12:
        form.problem("customer_inn", "inn-person", value=read.value)
    return read.value if read.digits == 10 else ""
