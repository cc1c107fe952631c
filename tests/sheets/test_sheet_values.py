"""Cells compare by meaning."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets.columns import DEALS, FORMS, PARTNERS
from sheets.shape import Column, Type
from sheets.values import CELL_LIMIT, Cell, canonical, meaning, same, shown, typed, word

COLUMNS = list({column.type: column for tab in (DEALS, PARTNERS, *FORMS.values()) for column in tab.columns}.values())

cells = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(
        ["10", "10,0", " 10 ", "10.00", "1\xa0234,5", "02.03.2026", "2026-03-02", "2.3.26 9:05", "-", "=1", "+7", "0", "-0"]
    ),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    st.dates(),
    st.datetimes(),
    st.times(),
)


@given(cells, st.sampled_from(COLUMNS))
def test_a_cell_equals_itself_and_its_own_text(value: Cell, column: Column) -> None:
    text = canonical(value, column.type)
    assert same(value, value, column)
    assert canonical(text, column.type) == text
    assert same(value, text, column)
    assert canonical(typed(text, column.type), column.type) == text


@given(cells, cells, cells, st.sampled_from(COLUMNS))
def test_equality_is_symmetric_and_transitive(a: Cell, b: Cell, c: Cell, column: Column) -> None:
    assert (meaning(a, column) == meaning(b, column)) == (meaning(b, column) == meaning(a, column))
    if meaning(a, column) == meaning(b, column) == meaning(c, column):
        assert meaning(a, column) == meaning(c, column)


@pytest.mark.parametrize("value", [10, 10.0, "10", "10,0", " 10\xa0", "10 %", Decimal("10.00"), 10.0000000001, "+10"])
def test_ten_is_ten(value: Cell) -> None:
    assert canonical(value, Type.PERCENT) == "10"


@pytest.mark.parametrize("value", ["1 234,50", "1\xa0234.5", "1.234,50", "1,234.50", 1234.5, "1 234,50 ₽", "1234,5 руб."])
def test_money_in_every_dress(value: Cell) -> None:
    assert canonical(value, Type.MONEY) == "1234.5"


@pytest.mark.parametrize(
    "value",
    [
        date(2026, 3, 2),
        datetime(2026, 3, 2),
        "2026-03-02",
        "02.03.2026",
        "2.3.2026",
        "02.03.26",
        "02/03/2026",
        " 02.03.2026 г.",
        46083,
        46083.0,
        "2026-03-02T10:00",
    ],
)
def test_a_date_is_its_text(value: Cell) -> None:
    assert canonical(value, Type.DATE) == "2026-03-02"


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 3, 4, 18, 0), "04.03.2026 18:00:00", "2026-03-04T18:00", 46085.75, datetime(2026, 3, 4, 15, 0, tzinfo=UTC)],
)
def test_a_moment_is_moscow_time(value: Cell) -> None:
    assert canonical(value, Type.DATETIME) == "2026-03-04T18:00"


def test_what_nobody_sees_is_no_difference() -> None:
    column = DEALS.column("customer")
    assert same("ООО «Ёлка»  Север ", "ООО «Елка»\xa0Север", column)
    assert same("a\r\nb", "a \nb", column)
    assert not same("ООО Ромашка", "ООО Роза", column)
    assert same("зарегистрирована", "Зарегистрирована", DEALS.column("state"))


def test_an_inn_read_as_a_number_is_its_digits() -> None:
    assert canonical(7707083893.0, Type.TEXT) == "7707083893"
    assert canonical("0105013021", Type.TEXT) == "0105013021"


def test_text_that_is_no_number_or_date_stays_text() -> None:
    assert canonical("скоро", Type.DATE) == "скоро"
    assert canonical("31.02.2026", Type.DATE) == "31.02.2026"
    assert canonical("1e5", Type.NUMBER) == "1e5"
    assert canonical(time(9, 30), Type.TEXT) == "09:30:00"
    assert canonical(True, Type.TEXT) == "Да"


def test_over_long_and_control_characters_do_not_make_an_endless_difference() -> None:
    text = canonical("я\x00\ud800" * CELL_LIMIT, Type.TEXT)
    assert len(text) <= CELL_LIMIT
    assert canonical(text, Type.TEXT) == text


def test_values_as_people_see_them() -> None:
    assert shown("2026-03-02", Type.DATE) == "02.03.2026"
    assert shown("10.5", Type.PERCENT) == "10,5"
    assert typed("10", Type.PERCENT) == 10
    assert word("одобрить", DEALS.column("staff_decision")) == "approve"
    assert word("может быть", DEALS.column("staff_decision")) == ""
