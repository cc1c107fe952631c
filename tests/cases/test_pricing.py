"""Prices, discounts and rounding of an offer; looking a product up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.identity import product_key
from cases.pricing import NotPricedError, PricedProduct, PriceList, kopecks, offer, offer_lines, total
from cases.staff_lines import PriceLine


def line(article: str, name: str, price: str = "1000", term: str = "12") -> PriceLine:
    return PriceLine(article, name, product_key(name), term, Decimal(price))


def product(article: str, name: str) -> PricedProduct:
    return PricedProduct(article, name, product_key(name))


PRICES = PriceList(
    (
        line("STK-12", "Стахановец", "1234.55"),
        line("STK-36", "Стахановец", "3000", "36"),
        line("PK-12", "Стахановец: Полный контроль", "2000.01"),
        line("", "Модуль без артикула", "10"),
    )
)


@pytest.mark.parametrize(
    "text", ["STK-36", "stk–36", "SТК-36", "STK-36 Стахановец", "Стахановец (STK-36)", "«Стахановец», stk-36"]
)
def test_an_article_picks_its_line(text: str) -> None:
    found = PRICES.find(text)
    assert found is not None
    assert (found.line.article, found.ambiguous) == ("STK-36", False)


def test_a_shared_name_takes_the_first_line_and_says_so() -> None:
    found = PRICES.find("СТАХАНОВЕЦ")
    assert found is not None
    assert (found.line.article, found.ambiguous) == ("STK-12", True)
    assert [priced.article for priced in PRICES.by_name("стахановец")] == ["STK-12", "STK-36"]


def test_what_is_not_in_the_list_is_not_found_but_may_be_close() -> None:
    assert PRICES.find("Стахановец: Полный контрль") is None
    assert PRICES.suggest("Стахановец: Полный контрль") == "Стахановец: Полный контроль"
    assert PRICES.suggest("PK-13") == "PK-12"
    assert PRICES.suggest("Чайник") == ""
    assert PRICES.find("") is None
    assert PriceList().find("STK-12") is None
    assert PriceList().suggest("STK-12") == ""


def test_an_offer_is_rounded_half_up_to_kopecks() -> None:
    lines = offer_lines([product("STK-12", "Стахановец"), product("", "Модуль без артикула")], 3, Decimal(10), PRICES)
    assert [(entry.list_price, entry.price, entry.total) for entry in lines] == [
        (Decimal("1234.55"), Decimal("1111.10"), Decimal("3333.30")),  # 1111.095
        (Decimal("10.00"), Decimal("9.00"), Decimal("27.00")),
    ]
    made = offer("D-2026-0001", date(2026, 3, 2), lines, Decimal(10), 30)
    assert (made.total, made.valid_until, made.lines[0].quantity) == (Decimal("3360.30"), date(2026, 4, 1), 3)
    assert total([]) == Decimal("0.00")


def test_a_line_is_priced_by_its_article_while_that_bears_its_name() -> None:
    assert PRICES.line_of(product("STK-36", "Стахановец")).article == "STK-36"
    assert PRICES.line_of(product("PK-12", "Стахановец")).article == "STK-12"  # the article means something else now
    assert PRICES.line_of(product("GONE", "Стахановец")).article == "STK-12"
    with pytest.raises(NotPricedError, match="Чайник"):
        PRICES.line_of(product("X", "Чайник"))


@pytest.mark.parametrize("percent", ["-1", "100.01"])
def test_an_impossible_discount_is_a_bug(percent: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        offer_lines([product("STK-12", "Стахановец")], 1, Decimal(percent), PRICES)


@given(st.decimals(0, 10**7, places=2), st.integers(0, 100), st.integers(1, 10**6))
def test_a_price_never_exceeds_the_list_and_sums_exactly(price: Decimal, percent: int, licences: int) -> None:
    prices = PriceList((line("A", "Модуль", str(price)),))
    (only,) = offer_lines([product("A", "Модуль")], licences, Decimal(percent), prices)
    assert 0 <= only.price <= only.list_price
    assert abs(only.price - price * (100 - percent) / 100) <= Decimal("0.005")
    assert only.total == only.price * licences == total([only])
    assert only.price == kopecks(only.price)
