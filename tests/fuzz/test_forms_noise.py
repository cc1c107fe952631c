"""Whatever is typed into a form: every row has a number and an answer after one pass, and nothing is in quarantine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from sheets.columns import ANSWERS, FORMS
from sheets.shape import Column, Owner, Tab
from tests.fuzz.conftest import a_copy
from tests.scenarios.house import Value, inn

LIKELY: list[Value] = [
    *(inn(1), inn(2), inn(101), "7707083893", 7707083893.0, "0105013021", "500100732259", "123"),
    *("D-2026-0001", "d-2026-0002", "D-2026-9999", "T-2026-0001", "a@one.example", "b@two.example", "ivan@mаil.ru", "x@@y"),
    *("ООО «Партнёр 1»", "АО Ромашка", "Стахановец Про", "A-1; A-2", "A-1, Чужой", "ПАО" * 3000, "😀" * 50, "​", "\u202e"),
    *("Новая", "Продление лицензий", "конкурентный переход", "Да", "нет", "8", "в работе", "выиграна"),
    *("Обучение", "NFR-лицензия", "Публикация", "Пресейл", "Материалы", "14", "30", "10", 10, "1 000 000", "2,5", "-3", 0, "1e9"),
    *("{{ 7*7 }}", "{% for %}", "=1+1", '=HYPERLINK("http://evil.example")', "<script>alert(1)</script>"),
    *("a\r\nBcc: all@evil.example", "31.02.2026", "01.04.2026", "2026-03-01T10:00:00Z", True, False, 1e308, -0.0, 45000),
]
"""Answers that are right somewhere, and those that people and attackers like."""

_LONG_AGO, _FAR_OFF = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1950, 2090))
anything: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(LIKELY),
    st.sampled_from(LIKELY),
    st.text(max_size=60).map(lambda text: ILLEGAL_CHARACTERS_RE.sub("", text)),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(_LONG_AGO, _FAR_OFF).map(lambda when: when.replace(microsecond=0)),
    st.none(),
)
MORNING = datetime(2026, 3, 3, 9, tzinfo=UTC).replace(tzinfo=None)


def _answers(tab: Tab) -> list[Column]:
    return [column for column in tab.columns if column.owner is Owner.FORM]


@st.composite
def form_rows(draw: st.DrawFn) -> tuple[str, dict[str, Value]]:
    """A tab and a row of it; the time stamp is mostly one."""
    tab = draw(st.sampled_from(sorted(FORMS.values(), key=lambda tab: tab.name)))
    row: dict[str, Value] = {}
    for column in _answers(tab):
        likely = st.just(MORNING + timedelta(seconds=draw(st.integers(0, 3600))))
        words: st.SearchStrategy[Value] = st.sampled_from(sorted(column.words.values())) if column.words else anything
        row[column.header] = draw(likely | likely | anything if column.field == "stamp" else words | anything)
    return tab.name, row


def _all_are_answered(home: Path, rows: list[tuple[str, dict[str, Value]]]) -> None:
    with a_copy(home) as house:
        book = openpyxl.load_workbook(house.book)
        for name, row in rows:
            sheet = book[name]
            places = {str(cell.value): place for place, cell in enumerate(sheet[1], 1) if cell.value}
            at = sheet.max_row + 1
            for header, value in row.items():
                cell = sheet.cell(at, places[header])
                cell.value = value
                if isinstance(value, str) and value.startswith("="):
                    cell.data_type = "s"
        book.save(house.book)
        for moment in ("2026-03-03 10:00", "2026-03-03 10:05", "2026-03-12 10:00"):
            done = house.once(moment)
            assert done.code == 0, done.err
        assert house.status()["quarantine"] == []
        for name in {name for name, _ in rows}:
            for shown in house.rows(name):
                if any(value not in (None, "") for header, value in shown.items() if header not in ("№", "Решение", "Причина")):
                    assert shown["№"], shown
                    assert shown["Решение"] in ANSWERS.values(), shown
        for sent in house.mails():
            assert "\n" not in sent.to
            assert "Bcc" not in sent.headers
            assert "49" not in sent.subject


@settings(max_examples=2)
@given(st.lists(form_rows(), min_size=8, max_size=25))
def test_every_row_is_answered(busy_home: Path, rows: list[tuple[str, dict[str, Value]]]) -> None:
    _all_are_answered(busy_home, rows)


@pytest.mark.slow
@settings(max_examples=80)
@given(st.lists(form_rows(), min_size=8, max_size=40))
def test_every_row_of_many_is_answered(busy_home: Path, rows: list[tuple[str, dict[str, Value]]]) -> None:
    _all_are_answered(busy_home, rows)
