"""The offer (КП): all its fields in the PDF, sums right, the same bytes again, data that stays data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from cases.model import Offer, OfferLine
from mailer.offer import VendorDetails, offer_file, offer_pdf, vat_note

VENDOR = VendorDetails(
    signatory="И. И. Иванов",
    phone="+7 495 000-00-00",
    register_number="4321",
    register_date=date(2017, 5, 12),
    contact="Мария Петрова",
)


def line(article: str, name: str, term: str, quantity: int, price: str, discounted: str, discount: str = "20") -> OfferLine:
    return OfferLine(
        article, name, term, quantity, Decimal(price), Decimal(discount), Decimal(discounted), Decimal(discounted) * quantity
    )


def offer(*lines: OfferLine) -> Offer:
    lines = lines or (
        line("ST-PC-12", "Стахановец: Полный Контроль", "12", 50, "4990.00", "3992.00"),
        line("ST-TS", "Стахановец Терминал", "бессрочно", 50, "1200.00", "1110.00", "7.5"),
    )
    return Offer(
        number="КП-D-2026-0001-1",
        on=date(2026, 3, 2),
        valid_until=date(2026, 4, 1),
        lines=list(lines),
        total=sum((one.total for one in lines), Decimal(0)),
        discount=Decimal(20),
        deal="D-2026-0001",
        registered_on=date(2026, 3, 2),
        protected_until=date(2026, 6, 2),
        tier="bronze",
        buyer="ООО «Вектор»",
        buyer_inn="7707083893",
        customer="АО «Ромашка»",
        customer_inn="7728168971",
        distributor="ООО «Софт-Дистрибуция»",
    )


def text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_all_fields() -> None:
    found = text(offer_pdf(offer(), VENDOR))
    for expected in (
        "Коммерческое предложение № КП-D-2026-0001-1",
        "от 2 марта 2026 г.",
        "действует до 1 апреля 2026 г.",
        "ООО «Стахановец»",
        "7700000000 / 770001001",
        "1107700000000",
        "ООО «Вектор», ИНН 7707083893",
        "АО «Ромашка», ИНН 7728168971",
        "D-2026-0001 от 02.03.2026",
        "2 июня 2026 г.",
        "Бронзовый",
        "ООО «Софт-Дистрибуция»",
        "ST-PC-12",
        "Полный Контроль",
        "12 мес.",
        "бессрочно",
        "50",
        "4 990,00",
        "20 %",
        "7,5 %",
        "3 992,00",
        "199 600,00",
        "55 500,00",
        "255 100,00 ₽",
        "Двести пятьдесят пять тысяч сто рублей 00 копеек",
        "НДС не облагается",
        "подпункта 26 пункта 2 статьи 149",
        "№ 4321 от 12 мая 2017 г.",
        "Поставка",
        "Оплата",
        "не является публичной офертой",
        "Мария Петрова",
        "+7 495 000-00-00",
        "Генеральный директор",
        "И. И. Иванов",
    ):
        assert expected in found, expected


def test_one_page_for_a_few_lines_and_more_for_many() -> None:
    few = tuple(
        line(f"ST-{n}", "Длинное наименование продукта с расширенной редакцией " * 2, "12", 5, "100", "80") for n in range(4)
    )
    assert len(PdfReader(BytesIO(offer_pdf(offer(*few), VENDOR))).pages) == 1
    many = tuple(line(f"ST-{n}", f"Продукт {n}", "12", 5, "100", "80") for n in range(60))
    pages = PdfReader(BytesIO(offer_pdf(offer(*many), VENDOR))).pages
    assert len(pages) > 1
    assert "Наименование" in pages[1].extract_text()


def test_same_offer_same_bytes() -> None:
    first = offer_pdf(offer(), VENDOR)
    assert offer_pdf(replace(offer(), number="КП-2"), VENDOR) != first
    assert offer_pdf(offer(), VENDOR) == first


def test_wrong_sum_never_leaves() -> None:
    with pytest.raises(ValueError, match="add up"):
        offer_pdf(replace(offer(), total=Decimal(1)), VENDOR)


@pytest.mark.parametrize(
    "hostile",
    [
        "*жирный* _курсив_ #emph[x] $x^2$ <l> @ref = x",
        '#panic("x") #read("/etc/passwd")',
        '"); #panic()',
        "\\u{41} `raw` // c",
        "{{7*7}}\n\n= X",
        "漢字 🎉",
    ],
)
def test_names_are_data(hostile: str) -> None:
    found = text(offer_pdf(replace(offer(line("A", hostile, "", 1, "1", "1")), buyer=hostile, customer=hostile), VENDOR))
    if hostile.isascii():
        assert " ".join(hostile.split()).replace(" ", "") in found.replace(" ", "")


def test_vat() -> None:
    taxed = replace(VENDOR, vat_rate=Decimal(22))
    assert vat_note(Decimal("122.00"), taxed) == "В том числе НДС 22\u00a0%: 22,00\u00a0₽."
    assert vat_note(Decimal(100), taxed) == "В том числе НДС 22\u00a0%: 18,03\u00a0₽."
    assert vat_note(Decimal(1), VENDOR).endswith("реестровая запись № 4321 от 12 мая 2017 г.")
    assert vat_note(Decimal(1), VendorDetails()).endswith("баз данных.")


def test_attachment() -> None:
    file = offer_file(offer(), VENDOR)
    assert (file.name, file.media_type) == ("KP-D-2026-0001-1.pdf", "application/pdf")
    assert file.content.startswith(b"%PDF-")
    assert offer_file(replace(offer(), number="№"), VENDOR).name == "KP-offer.pdf"


def test_bare_offer() -> None:
    bare = replace(
        offer(),
        deal="",
        registered_on=None,
        protected_until=None,
        tier="",
        buyer="",
        buyer_inn="",
        customer="",
        customer_inn="",
        distributor="",
    )
    assert "по выбору партнёра" in text(offer_pdf(bare, VendorDetails(kpp="")))
