"""The offer (КП) as PDF: figures and names as data for `templates/offer.typ`. The same offer always gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from threading import Lock

import typst

from cases.model import Offer, OfferLine
from mailer.building import File
from mailer.format import NBSP, amount, day, integer, money, percent, short_day, words
from mailer.wording import TERMS

_TEMPLATE = Path(__file__).parent / "templates" / "offer.typ"
_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class VendorDetails:
    """The vendor as the offer names it (from `config.toml`). The values here are a sample, not the vendor's true ones.

    `vat_rate` None: the programs stand in the software register and are exempt; else prices include VAT at this percentage.
    """

    name: str = "ООО «Стахановец»"
    inn: str = "7700000000"
    kpp: str = "770001001"
    ogrn: str = "1107700000000"
    address: str = "г. Москва"
    site: str = "stakhanovets.ru"
    email: str = "partners@stakhanovets.ru"
    phone: str = ""
    signatory: str = ""
    signatory_position: str = "Генеральный директор"
    contact: str = "Партнёрский отдел"
    vat_rate: Decimal | None = None
    register_number: str = ""
    register_date: date | None = None
    delivery: str = "Ключи передаются в электронном виде, по электронной почте, в течение 3 рабочих дней после оплаты заказа."
    payment: str = "Оплата по счёту дистрибутора, 100 % предоплата, если договором не установлено иное."


def offer_pdf(offer: Offer, vendor: VendorDetails) -> bytes:
    """Render the offer. Raises ValueError when its sums do not add up: a wrong offer must not leave the house."""
    if sum((line.total for line in offer.lines), Decimal(0)) != offer.total:
        raise ValueError(f"{offer.number}: the lines do not add up to {offer.total}")
    data = json.dumps(_document(offer, vendor), ensure_ascii=False, sort_keys=True)
    with _LOCK:  # the compiler keeps its inputs
        pdf = _compiler().compile(format="pdf", sys_inputs={"data": data}, pdf_tags=False)
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single file")
    return pdf


def offer_file(offer: Offer, vendor: VendorDetails) -> File:
    """The offer as an attachment."""
    name = "".join(ch for ch in offer.number if ch.isascii() and (ch.isalnum() or ch in "-_")).strip("-_")
    return File(f"KP-{name or 'offer'}.pdf", offer_pdf(offer, vendor), "application/pdf")


def vat_note(total: Decimal, vendor: VendorDetails) -> str:
    """What the offer says about VAT."""
    if vendor.vat_rate is not None:
        tax = (total * vendor.vat_rate / (100 + vendor.vat_rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return f"В том числе НДС {percent(vendor.vat_rate)}: {money(tax)}."
    entry = ""
    if vendor.register_number:
        entry = f", реестровая запись № {vendor.register_number}"
        entry += f" от {day(vendor.register_date)}" if vendor.register_date else ""
    return (
        "НДС не облагается на основании подпункта 26 пункта 2 статьи 149 Налогового кодекса РФ: "
        f"программы включены в единый реестр российских программ для ЭВМ и баз данных{entry}".removesuffix(".")
        + "."
    )


def _document(offer: Offer, vendor: VendorDetails) -> dict[str, object]:
    return {
        "number": offer.number,
        "on": day(offer.on),
        "valid_until": day(offer.valid_until),
        "vendor": vendor.name,
        "vendor_lines": _present(
            [
                ("ИНН / КПП" if vendor.kpp else "ИНН", " / ".join(filter(None, (vendor.inn, vendor.kpp)))),
                ("ОГРН", vendor.ogrn),
                ("Адрес", vendor.address),
                ("Сайт", vendor.site),
            ]
        ),
        "parties": _present(
            [
                ("Покупатель (партнёр)", _entity(offer.buyer, offer.buyer_inn)),
                ("Статус партнёра", TERMS.get(offer.tier, offer.tier)),
                ("Конечный заказчик", _entity(offer.customer, offer.customer_inn)),
                ("Сделка", offer.deal + (f" от {short_day(offer.registered_on)}" if offer.registered_on else "")),
                ("Регистрация действует до", day(offer.protected_until) if offer.protected_until else ""),
                ("Дистрибутор", offer.distributor or "по выбору партнёра, из числа авторизованных дистрибуторов"),
            ]
        ),
        "lines": [_line(line) for line in offer.lines],
        "total": money(offer.total),
        "words": words(offer.total),
        "vat": vat_note(offer.total, vendor),
        "terms": _present(
            [
                ("Поставка", vendor.delivery),
                ("Оплата", vendor.payment),
                ("Срок действия", f"Цены действуют до {day(offer.valid_until)} включительно."),
            ]
        ),
        "contact": ", ".join(part for part in (vendor.contact, vendor.phone, vendor.email) if part),
        "position": vendor.signatory_position,
        "signatory": vendor.signatory,
    }


def _line(line: OfferLine) -> list[str]:
    term = f"{line.term_months}{NBSP}мес." if line.term_months.isdecimal() else line.term_months or "–"
    return [
        line.article or "–",
        line.name,
        term,
        integer(line.quantity),
        amount(line.list_price),
        percent(line.discount),
        amount(line.price),
        amount(line.total),
    ]


def _entity(name: str, inn: str) -> str:
    return ", ".join(part for part in (name, f"ИНН {inn}" if inn else "") if part)


def _present(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [row for row in rows if row[1]]


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, ignore_system_fonts=True)
