"""What the forms' answers become: typed requests, problems for the sender, notes for staff."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.dates import read_date
from cases.identity import product_key
from cases.model import SaleStatus
from cases.pricing import PriceList
from cases.requests import (
    DealRequest,
    PartnerRequest,
    parse_deal,
    parse_partner,
    parse_update,
    read_deal_number,
)
from cases.staff_lines import PriceLine
from rules.deals import DealKind
from rules.decision import Problem
from rules.edition_parsing import parse_edition

FILES = Path(__file__).parents[2] / "programme" / "2024-01-01"
PUBLISHED = parse_edition(FILES.name, {file.stem: tomllib.loads(file.read_text("utf-8")) for file in FILES.glob("*.toml")})
EDITION = replace(
    PUBLISHED,
    authorisation=replace(PUBLISHED.authorisation, required=("name", "inn", "contact", "phone", "consent")),
    deals=replace(PUBLISHED.deals, required=("partner_inn", "customer", "customer_inn", "kind", "products", "licences")),
)

PARTNER = {
    "name": "ООО «Ромашка»",
    "inn": "7707083893",
    "kpp": "770701001",
    "site": "https://romashka.ru",
    "contact": "Иван Петров",
    "phone": "8 (495) 123-45-67",
    "region": "Москва",
    "distributor": "",
    "consent": "yes",
    "comment": "",
}


def line(article: str, name: str) -> PriceLine:
    return PriceLine(article, name, product_key(name), "12", Decimal(1000))


PRICES = PriceList(
    (
        line("STK-12", "Стахановец"),
        line("STK-36", "Стахановец"),
        line("PK-12", "Полный контроль"),
        line("PKR-12", "Полный контроль, расширенный"),
        line("MOD-1", "Модуль А; Б, В"),
    )
)

DEAL = {
    "partner_inn": "7707083893",
    "customer": "АО «Заказчик»",
    "customer_inn": "7728168971",
    "kind": "new",
    "products": "Полный контроль",
    "licences": "10",
}


def partner(**changes: str) -> tuple[PartnerRequest, dict[str, str]]:
    request, problems = parse_partner({**PARTNER, **changes}, changes.pop("address", "Ivan@romashka.ru"), EDITION)
    return request, coded(problems)


def deal(**changes: str) -> tuple[DealRequest, dict[str, str]]:
    request, problems = parse_deal({**DEAL, **changes}, PRICES, EDITION)
    assert {problem.section for problem in problems} <= {"Регистрация сделки"}
    return request, coded(problems)


def coded(problems: tuple[Problem, ...]) -> dict[str, str]:
    return {problem.field: problem.code for problem in problems}


def noted(request: PartnerRequest | DealRequest) -> list[str]:
    return [note.code for note in request.remarks]


# -- partner -----------------------------------------------------------------------


def test_a_complete_application() -> None:
    request, problems = partner()
    assert problems == {}
    assert request == PartnerRequest(
        name="ООО «Ромашка»",
        inn="7707083893",
        sole_trader=False,
        kpp="770701001",
        site="https://romashka.ru",
        contact="Иван Петров",
        phone="+74951234567",
        region="Москва",
        distributor="",
        consent=True,
        comment="",
        address="ivan@romashka.ru",
    )


def test_every_fault_is_told_at_once_in_the_forms_order() -> None:
    request, problems = parse_partner({"phone": "нет", "consent": "Нет", "inn": "7707083894"}, "ivan@mаil.ru", EDITION)
    assert [(problem.field, problem.code) for problem in problems] == [
        ("name", "missing"),
        ("inn", "inn-checksum"),
        ("contact", "missing"),
        ("phone", "phone-unreadable"),
        ("consent", "consent-missing"),
        ("address", "email-invalid"),
    ]
    assert {problem.section for problem in problems} == {"Авторизация Партнера"}
    assert problems[1].facts == {"value": "7707083894", "digits": "10"}
    assert (request.inn, request.consent, request.address) == ("", False, "")


def test_a_sole_trader_is_no_problem_of_the_form() -> None:
    request, problems = partner(inn="500100732259")
    assert (request.sole_trader, request.inn, problems) == (True, "500100732259", {})


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"inn": ""}, {"inn": "missing"}),
        ({"inn": "7.70708E+09"}, {"inn": "inn-scientific"}),
        ({"name": " — "}, {"name": "missing"}),
        ({"name": "Я" * 301}, {"name": "too-long"}),
        ({"comment": "Я" * 5001}, {"comment": "too-long"}),
        ({"consent": ""}, {"consent": "consent-missing"}),
        ({"consent": " YES "}, {}),
        ({"phone": ""}, {"phone": "missing"}),
    ],
)
def test_faults_of_an_application(changes: dict[str, str], codes: dict[str, str]) -> None:
    assert partner(**changes)[1] == codes


def test_what_holds_nothing_up_is_a_note() -> None:
    request, problems = partner(kpp="77", site="есть", inn="105013021")
    assert problems == {}
    assert noted(request) == ["inn-zero-restored", "kpp-invalid", "site-unreadable"]
    assert (request.kpp, request.inn) == ("", "0105013021")


def test_a_kpp_behind_the_inn_fills_an_empty_kpp_only() -> None:
    assert partner(inn="7707083893/770701001", kpp="")[0].kpp == "770701001"
    assert partner(inn="7707083893/770701001", kpp="784243001")[0].kpp == "784243001"


def test_control_characters_go_and_a_formula_stays_text() -> None:
    request, problems = partner(name='=HYPERLINK("x")\x00\u202e', comment="раз\r\nдва\x07\n")
    assert (request.name, request.comment, problems) == ('=HYPERLINK("x")', "раз\nдва", {})


def test_an_application_without_an_address_cannot_be_answered() -> None:
    assert coded(parse_partner(PARTNER, " ", EDITION)[1]) == {"address": "missing"}


# -- deal --------------------------------------------------------------------------


def test_a_complete_deal() -> None:
    request, problems = deal(expected_on="15.03.2026", competitor="Чужая DLP")
    assert problems == {}
    assert (request.partner_inn, request.customer, request.customer_inn) == ("7707083893", "АО «Заказчик»", "7728168971")
    assert (request.kind, request.licences, request.expected_on) == (DealKind.NEW, 10, date(2026, 3, 15))
    assert [(product.article, product.key) for product in request.products] == [("PK-12", "полный контроль")]
    assert (request.competitor, request.remarks) == ("Чужая DLP", ())


def test_an_empty_deal_misses_everything_that_is_required() -> None:
    request, problems = parse_deal({}, PRICES, EDITION)
    assert [(problem.field, problem.code) for problem in problems] == [
        (name, "missing") for name in ("partner_inn", "customer", "customer_inn", "kind", "products", "licences")
    ]
    assert (request.kind, request.products, request.licences) == (None, (), None)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"customer_inn": "500100732259"}, {"customer_inn": "inn-person"}),
        ({"customer_inn": "7728168972"}, {"customer_inn": "inn-checksum"}),
        ({"customer_inn": "нет"}, {"customer_inn": "inn-not-digits"}),
        ({"partner_inn": "77"}, {"partner_inn": "inn-length"}),
        ({"partner_inn": "500100732259"}, {}),
        ({"kind": "Прочее"}, {"kind": "kind-unknown"}),
        ({"kind": "Switch"}, {}),
        ({"products": " ; "}, {"products": "missing"}),
        ({"customer": "Я" * 301}, {"customer": "too-long"}),
    ],
)
def test_faults_of_a_deal(changes: dict[str, str], codes: dict[str, str]) -> None:
    assert deal(**changes)[1] == codes


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("Полный контроль", ["PK-12"]),
        ("полный   КОНТРОЛЬ.", ["PK-12"]),
        ("Полный контроль, расширенный", ["PKR-12"]),
        ("Полный контроль,расширенный; Полный контроль", ["PKR-12", "PK-12"]),
        ("Полный контроль, Полный контроль, расширенный", ["PK-12", "PKR-12"]),
        ("Полный контроль, PK-12", ["PK-12"]),
        ("Модуль А; Б, В, pk–12", ["MOD-1", "PK-12"]),
        ("STK-36\nPK-12\r\nМодуль А; Б, В", ["STK-36", "PK-12", "MOD-1"]),
        ("1. STK-36\n2. Полный контроль\n- PKR-12", ["STK-36", "PK-12", "PKR-12"]),
        ("STK-36, STK-12", ["STK-36", "STK-12"]),
        ("SТК-36;;", ["STK-36"]),
    ],
)
def test_products_in_every_shape(text: str, articles: list[str]) -> None:
    request, problems = deal(products=text)
    assert problems == {}
    assert [product.article for product in request.products] == articles
    assert request.remarks == ()


def test_a_name_that_several_lines_share_is_remarked() -> None:
    request, problems = deal(products="Стахановец")
    assert problems == {}
    assert [(note.code, note.facts) for note in request.remarks] == [
        ("product-ambiguous", {"value": "Стахановец", "article": "STK-12"}),
    ]


def test_each_unknown_product_is_told_with_what_is_close() -> None:
    request, problems = parse_deal({**DEAL, "products": "Полный контрол, PK-12, Чайник, Чайник"}, PRICES, EDITION)
    assert [(problem.code, problem.facts) for problem in problems] == [
        ("product-unknown", {"value": "Полный контрол", "suggestion": "Полный контроль"}),
        ("product-unknown", {"value": "Чайник", "suggestion": ""}),
    ]
    assert [product.article for product in request.products] == ["PK-12"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("10", 10),
        (" 10 ", 10),
        ("10.0", 10),
        ("10,00", 10),
        ("10 шт", 10),
        ("10шт.", 10),
        ("10 ШТУК", 10),
        ("25 лицензий", 25),
        ("3 раб. места", 3),
        ("1\u00a0000", 1000),
        ("1 000 000", 1_000_000),
        ("'10", 10),
        ("+10", 10),
        ("１０", 10),
        ("007", 7),
    ],
)
def test_licences_are_whole(text: str, count: int) -> None:
    request, problems = deal(licences=text)
    assert (request.licences, problems) == (count, {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "not-positive"),
        ("-1", "not-positive"),
        ("−1", "not-positive"),
        ("0 шт", "not-positive"),
        ("1,5", "not-whole"),
        ("0.5", "not-whole"),
        ("1,000", "not-whole"),
        ("десять", "not-whole"),
        ("10-20", "not-whole"),
        ("10 20", "not-whole"),
        ("10 тыс", "not-whole"),
        ("1E+3", "not-whole"),
        ("=10", "not-whole"),
        ("٣", "not-whole"),
        ("99999999", "too-long"),
        ("9" * 301, "too-long"),
        ("-", "missing"),
        ("", "missing"),
    ],
)
def test_licences_that_are_none(text: str, code: str) -> None:
    request, problems = parse_deal({**DEAL, "licences": text}, PRICES, EDITION)
    assert request.licences is None
    assert [(problem.field, problem.code) for problem in problems] == [("licences", code)]


@given(st.integers(-(10**9), 10**9), st.sampled_from(["{}", " {} ", "{}.0", "{},0", "{} шт.", "{}\u00a0лицензий"]))
def test_any_whole_number_is_read_or_told(count: int, shape: str) -> None:
    request, problems = deal(licences=shape.format(count))
    if 1 <= count < 10**7:
        assert (request.licences, problems) == (count, {})
    else:
        assert (request.licences, set(problems)) == (None, {"licences"})


@given(
    st.dictionaries(
        st.sampled_from([*PARTNER, *DEAL, "expected_on", "comment", "deal", "sale_status", "extend"]),
        st.one_of(st.text(max_size=30), st.text("0123456789.,;-+ЕE/ \nдDМмаштя", max_size=20)),
    ),
    st.text(max_size=20),
)
def test_no_answers_break_a_parser(answers: dict[str, str], address: str) -> None:
    parse_partner(answers, address, EDITION)
    parse_deal(answers, PRICES, EDITION)
    parse_update(answers)


# -- dates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-15",
        "2026-03-15 00:00:00",
        "2026-03-15T10:00:00+03:00",
        "15.03.2026",
        "15.3.26",
        "15/03/2026",
        "15-03-2026",
        "15.03.2026 г.",
        "15 марта 2026",
        "15 марта 2026 г.",
        "«15» марта 2026 года",
        "15 МАР 2026",
        "до 15 марта 2026",
        "3/15/2026",
        "46096",
        "46096.0",
    ],
)
def test_dates(text: str) -> None:
    assert read_date(text) == (date(2026, 3, 15), False)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("март 2026", date(2026, 3, 31)),
        ("в конце марта 2026 г.", date(2026, 3, 31)),
        ("май 2026", date(2026, 5, 31)),
        ("02.2028", date(2028, 2, 29)),
        ("2 квартал 2026", date(2026, 6, 30)),
        ("4 кв. 2026", date(2026, 12, 31)),
        ("Q1 2026", date(2026, 3, 31)),
    ],
)
def test_a_month_or_quarter_is_its_last_day(text: str, last: date) -> None:
    assert read_date(text) == (last, True)
    request, problems = deal(expected_on=text)
    assert (request.expected_on, request.expected_text, noted(request), problems) == (last, text, ["date-approximate"], {})


@pytest.mark.parametrize("text", ["скоро", "15 марта", "31.02.2026", "15.13.2026", "0000-00-00", "15.03.1026", "99999999"])
def test_an_unreadable_date_is_a_note(text: str) -> None:
    request, problems = deal(expected_on=text)
    assert (request.expected_on, request.expected_text, noted(request), problems) == (None, text, ["date-unreadable"], {})


# -- update ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "D-2026-0001",
        " d-2026-0001. ",
        "Д-2026-0001",
        "D–2026—0001",
        "D 2026 0001",
        "D20260001",
        "2026-0001",
        "№ D-2026-0001",
        "№2026-0001",
        "[D-2026-0001]",
        "сделка 2026-0001",
        "D-2026-1",
        "D_2026_0001",
        "D-2026-0001, D-2026-0001",
    ],
)
def test_deal_numbers(text: str) -> None:
    assert read_deal_number(text) == "D-2026-0001"


@pytest.mark.parametrize(
    "text",
    ["", "1", "0001", "2026-1", "O-2026-0001", "T-2026-0001", "P-0001", "D-2026-0000", "D-2026-0001 D-2026-0002", "10.03.2026"],
)
def test_what_is_no_deal_number(text: str) -> None:
    assert read_deal_number(text) == ""


@pytest.mark.parametrize(
    ("status", "extend", "action", "read", "extends"),
    [
        ("in-work", "", "report", SaleStatus.IN_WORK, False),
        ("negotiating", "yes", "report", SaleStatus.NEGOTIATING, True),
        ("won", "no", "won", SaleStatus.WON, False),
        ("lost", "", "lost", SaleStatus.LOST, False),
        ("withdraw", "", "withdraw", None, False),
        ("extend", "", "extend", None, True),
        ("", "yes", "extend", None, True),
        ("4", "", "report", SaleStatus.TENDER, False),
        ("5.", "", "won", SaleStatus.WON, False),
        ("8", "", "extend", None, True),
        ("9", "", "withdraw", None, False),
    ],
)
def test_updates(status: str, extend: str, action: str, read: SaleStatus | None, extends: bool) -> None:
    request, problems = parse_update({"deal": "D-2026-0001", "sale_status": status, "extend": extend, "comment": " ждём "})
    assert problems == ()
    assert (request.deal, request.action, request.status, request.extend, request.comment) == (
        "D-2026-0001",
        action,
        read,
        extends,
        "ждём",
    )


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({}, {"deal": "missing", "sale_status": "missing"}),
        ({"deal": "первая", "sale_status": "in-work"}, {"deal": "deal-number-unreadable"}),
        ({"deal": "D-2026-0001", "sale_status": "как пойдёт"}, {"sale_status": "status-unknown"}),
        ({"deal": "D-2026-0001", "sale_status": "won", "extend": "может быть"}, {"extend": "status-unknown"}),
        ({"deal": "D-2026-0001", "extend": "no"}, {"sale_status": "missing"}),
    ],
)
def test_faults_of_an_update(answers: dict[str, str], codes: dict[str, str]) -> None:
    _, problems = parse_update(answers, "Регистрация сделки")
    assert coded(problems) == codes
    assert {problem.section for problem in problems} == {"Регистрация сделки"}
