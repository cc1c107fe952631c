"""Cells compare by meaning."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets.columns import DEALS, FORMS, PARTNERS
from sheets.shape import Column, Type
from sheets.values import CELL_LIMIT, Cell, canonical, day, meaning, moment, number, same, shown, typed, word

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


@pytest.mark.parametrize(
    "value",
    [
        "1 234,50",
        "1\xa0234.5",
        "1.234,50",
        "1,234.50",
        1234.5,
        "1 234,50 ₽",
        "1234,5 руб.",
        "1234,5 РУБ",
        "1234,5р.",
        "+1234.5",
        "1234.50000049",
    ],
)
def test_money_in_every_dress(value: Cell) -> None:
    assert canonical(value, Type.MONEY) == "1234.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.234.567,50", "1234567.5"),
        ("1,234,567.5", "1234567.5"),
        ("1234567", "1234567"),
        ("0,5", "0.5"),
        (",5", "0.5"),
        ("5.", "5"),
        ("-0,10", "-0.1"),
        (-0.0, "0"),
        (100, "100"),
        (1e-7, "0"),
        (Decimal("1E+3"), "1000"),
        (1e21, "1000000000000000000000"),
        (123456789012.15, "123456789012.15"),
    ],
)
def test_figures_are_plain(value: Cell, text: str) -> None:
    assert canonical(value, Type.MONEY) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.234,567,8", "1.234,567,8"),
        ("1,234,567", "1,234,567"),
        ("1,2,3.4.5", "1,2,3.4.5"),
        ("1,234.56,7", "1,234.56,7"),
        ("1.234,5.6", "1.234,5.6"),
        ("%5", "%5"),
        ("десять", "десять"),
        ("٣", "٣"),
        ("-", "-"),
        (".", "."),
        ("%", "%"),
        ("9" * 40, "9" * 40),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (True, "Да"),
        (False, "Нет"),
        (date(2026, 3, 2), "02.03.2026"),
    ],
)
def test_what_is_no_figure_stays_as_it_reads(value: Cell, text: str) -> None:
    assert canonical(value, Type.MONEY) == text
    assert number(value) is None


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
        46083.99,
        Decimal(46083),
        "2026-03-02T10:00",
        "2026-3-2",
        "02.03.2026г",
        "02.03.2026, 23:59",
        datetime(2026, 3, 1, 21, 0, tzinfo=UTC),
    ],
)
def test_a_date_is_its_text(value: Cell) -> None:
    assert canonical(value, Type.DATE) == "2026-03-02"
    assert day(value) == date(2026, 3, 2)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 4, 18, 0),
        "04.03.2026 18:00:00",
        "4/3/26 18:00:00.250",
        "2026-03-04T18:00",
        "2026-03-04t15:00z",
        "2026-03-04 15:00 UTC",
        "2026-03-04T18:00:00+03:00",
        "2026-03-04T12:30-0230",
        "2026-03-04T23:45+0845",
        46085.75,
        datetime(2026, 3, 4, 15, 0, tzinfo=UTC),
        datetime(2026, 3, 4, 17, 59, 59, 600_000),
        datetime(2026, 3, 4, 18, 0, 0, 499_999),
        46085.749999999,
    ],
)
def test_a_moment_is_moscow_time(value: Cell) -> None:
    assert canonical(value, Type.DATETIME) == "2026-03-04T18:00"
    assert moment(value) == datetime(2026, 3, 4, 18)


def test_a_moment_is_kept_to_the_second() -> None:
    assert moment("04.03.2026") == datetime(2026, 3, 4)
    assert moment("04.03.2026 9:05:07") == datetime(2026, 3, 4, 9, 5, 7)
    assert moment(46085.75001) == datetime(2026, 3, 4, 18, 0, 1)
    assert moment(datetime(9999, 12, 31, 23, 59, 59, 999_999)) == datetime(9999, 12, 31, 23, 59, 59)


@pytest.mark.parametrize(("value", "when"), [(20_000, datetime(1954, 10, 3)), (80_000, datetime(2119, 1, 11))])
def test_a_bare_number_is_a_day_of_our_times(value: int, when: datetime) -> None:
    assert moment(value) == when
    assert moment(20_000 - 1) is None
    assert moment(80_000 + 1) is None
    assert canonical(19_999, Type.DATE) == "19999"


@pytest.mark.parametrize(
    "value",
    [
        "04.03",
        "04.03.2026 18",
        "04.03.2026 25:00",
        "04.03.2026 18:00+24:00",
        "04.03.2026 18:00 MSK",
        "до 04.03.2026",
        "31.02.2026",
        "01.01.0000",
        "0001-01-01T00:00+10:00",
        True,
        time(9, 30),
        timedelta(days=46083),
        None,
    ],
)
def test_what_is_no_day_is_none(value: Cell) -> None:
    assert moment(value) is None
    assert day(value) is None


def test_what_nobody_sees_is_no_difference() -> None:
    column = DEALS.column("customer")
    assert same("ООО «Ёлка»  Север ", "ООО «Елка»\xa0Север", column)
    assert same("a\r\nb", "a \nb", column)
    assert not same("ООО Ромашка", "ООО Роза", column)
    assert same("зарегистрирована", "Зарегистрирована", DEALS.column("state"))


def test_lines_are_kept_and_spaces_are_one() -> None:
    column = DEALS.column("customer")
    assert canonical("\r\n a  b\rc\t d \n\n", Type.TEXT) == "a b\nc d"
    assert canonical("a\n\nb", Type.TEXT) == "a\n\nb"
    assert canonical("a\rb", Type.TEXT) == "a\nb"
    assert canonical(None, Type.TEXT) == ""
    assert canonical(" a\u200b\x07b\ufeff ", Type.TEXT) == "ab"
    assert canonical("a\x07b", Type.TEXT) == "ab"
    assert not same("a\nb", "a b", column)
    assert same("ЁЛКА", "ЕЛКА", column)
    assert same("ёлка", "елка", column)
    assert not same("Ромашка", "ромашка", column)
    assert same("Нужны\xa0данные", "нужны данные", DEALS.column("state"))
    assert same(None, "", column)


def test_an_inn_read_as_a_number_is_its_digits() -> None:
    assert canonical(7707083893.0, Type.TEXT) == "7707083893"
    assert canonical("0105013021", Type.TEXT) == "0105013021"


def test_text_that_is_no_number_or_date_stays_text() -> None:
    assert canonical("скоро", Type.DATE) == "скоро"
    assert canonical("10,0", Type.DATE) == "10,0"
    assert canonical("31.02.2026", Type.DATE) == "31.02.2026"
    assert canonical("1e5", Type.NUMBER) == "1e5"
    assert canonical(time(9, 30), Type.TEXT) == "09:30:00"
    assert canonical(True, Type.TEXT) == "Да"
    assert canonical(False, Type.TEXT) == "Нет"
    assert canonical(12.50, Type.TEXT) == "12.5"


def test_a_day_in_a_text_column_reads_as_people_see_it() -> None:
    assert canonical(date(2026, 3, 2), Type.TEXT) == "02.03.2026"
    assert canonical(datetime(2026, 3, 2), Type.TEXT) == "02.03.2026"
    assert canonical(datetime(2026, 3, 2, 9, 5, 7), Type.TEXT) == "02.03.2026 09:05:07"
    assert canonical(datetime(2026, 3, 1, 21, 0, tzinfo=UTC), Type.TEXT) == "02.03.2026"


@pytest.mark.parametrize("text", ["я" * CELL_LIMIT, "a" * CELL_LIMIT])
def test_a_cell_is_cut_where_it_is_full(text: str) -> None:
    assert canonical(text, Type.TEXT) == text
    assert canonical(text + "b", Type.TEXT) == text[:-1] + "…"
    assert canonical(text[:-2] + " bc", Type.TEXT) == text[:-2] + "…"


def test_over_long_and_control_characters_do_not_make_an_endless_difference() -> None:
    text = canonical("я\x00\ud800" * CELL_LIMIT, Type.TEXT)
    assert len(text) <= CELL_LIMIT
    assert canonical(text, Type.TEXT) == text


def test_values_as_people_see_them() -> None:
    assert shown("2026-03-02", Type.DATE) == "02.03.2026"
    assert shown("2026-03-02T18:05", Type.DATETIME) == "02.03.2026 18:05"
    assert shown("скоро.", Type.DATE) == "скоро."
    assert shown("10.5", Type.PERCENT) == "10,5"
    assert shown("10.5", Type.TEXT) == "10.5"
    assert shown("не знаю.", Type.MONEY) == "не знаю."


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("", Type.TEXT, None),
        ("", Type.DATE, None),
        ("2026-03-02", Type.DATE, date(2026, 3, 2)),
        ("2026-03-02T18:05", Type.DATETIME, datetime(2026, 3, 2, 18, 5)),
        ("скоро", Type.DATE, "скоро"),
        ("10", Type.TEXT, "10"),
        ("10", Type.PERCENT, 10),
        ("10.5", Type.PERCENT, 10.5),
        ("много", Type.NUMBER, "много"),
    ],
)
def test_a_value_is_written_as_what_it_is(text: str, type_: Type, value: Cell) -> None:
    written = typed(text, type_)
    assert written == value
    assert type(written) is type(value)


def test_a_word_of_a_list_is_ours_without_regard_to_case() -> None:
    decision = DEALS.column("staff_decision")
    assert word("одобрить", decision) == "approve"
    assert word("ОДОБРИТЬ", decision) == "approve"
    assert word("Оставить", decision) == "keep"
    assert word("может быть", decision) == ""
    lifted = replace(decision, words={"yes": "Учтёно"})
    assert word("УЧТЕНО", lifted) == "yes"
    assert word("учтёно", lifted) == "yes"
