"""Rows of forms: read alike however they were saved; the five columns beside them."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cases.model import Form, FormRow, WordKind
from sheets.merge import read_words
from sheets.projection import Shown
from sheets.reading import form_rows
from sheets.values import MOSCOW
from tests.sheets.sheet_books import Desk, cell_of

TAB = "Форма Сделка"
ROW: dict[str, Any] = {
    "Отметка времени": datetime(2026, 3, 2, 10, 5, 7),
    "Адрес электронной почты": "Ivan@Partner.ru",
    "ИНН партнёра": "7707083893",
    "Заказчик": "ООО «Ромашка»",
    "ИНН заказчика": "0105013021",
    "Тип сделки": "Новая",
    "Продукты": "Стахановец Про; Стахановец",
    "Количество лицензий": 10,
    "Комментарий": "=HYPERLINK(1)",
}
ANSWER: Shown = {
    "number": "D-2026-0001",
    "answer": "Принято",
    "answer_text": "",
    "due_at": datetime(2026, 3, 4, 18),
    "answered_at": datetime(2026, 3, 2, 10, 6),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "partners.xlsx")
    send(desk, ROW)
    return desk


def send(desk: Desk, answers: dict[str, Any], row: int | None = None) -> None:
    """A form writes a row."""

    def change(book: Any) -> None:
        sheet = book[TAB]
        place = row or sheet.max_row + 1
        for header, value in answers.items():
            cell = cell_of(sheet, place, header)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"

    desk.edit(change)


def rows(desk: Desk) -> list[FormRow]:
    found, _ = form_rows(desk.file.read())
    return found


def test_a_row_is_read_with_the_forms_own_labels(desk: Desk) -> None:
    [row] = rows(desk)
    assert row.form is Form.DEAL
    assert row.stamp == datetime(2026, 3, 2, 10, 5, 7, tzinfo=MOSCOW)
    assert (row.address, row.position, row.number) == ("ivan@partner.ru", 2, "")
    assert row.answers["customer"] == "ООО «Ромашка»"
    assert row.answers["licences"] == "10"
    assert row.answers["comment"] == "=HYPERLINK(1)"
    assert row.labels["kind"] == "Тип сделки"


@pytest.mark.parametrize(
    "change",
    [
        {"Отметка времени": "02.03.2026 10:05:07"},
        {"Отметка времени": 46083.420219907},
        {"ИНН партнёра": 7707083893.0, "Количество лицензий": "10,0"},
        {"Заказчик": "ООО\xa0«Ромашка» ", "Адрес электронной почты": "ivan@partner.ru"},
    ],
)
def test_the_same_row_in_another_dress_has_the_same_key(desk: Desk, change: dict[str, Any]) -> None:
    [before] = rows(desk)
    send(desk, {**ROW, **change}, row=2)
    [after] = rows(desk)
    assert after.key == before.key
    assert after.stamp == before.stamp


def test_identical_rows_share_a_key_and_an_answer(desk: Desk) -> None:
    send(desk, ROW)
    first, second = rows(desk)
    assert first.key == second.key
    desk.one_pass({TAB: {first.key: ANSWER}})
    send(desk, ROW)
    desk.one_pass()
    assert [row["№"] for row in desk.seen(TAB)] == ["D-2026-0001"] * 3
    assert [row["Решение"] for row in desk.seen(TAB)] == ["Принято"] * 3
    reading, plan = desk.one_pass()
    assert not reading.words
    assert not plan.cells


def test_the_answer_stands_beside_the_row_wherever_it_moved(desk: Desk) -> None:
    [row] = rows(desk)
    desk.edit(lambda book: book[TAB].insert_rows(2, 3))
    desk.one_pass({TAB: {row.key: ANSWER}})
    [shown] = desk.seen(TAB)
    assert shown["Ответить до"] == datetime(2026, 3, 4, 18)
    assert shown["№"] == "D-2026-0001"
    assert rows(desk)[0].position == 5
    assert rows(desk)[0].number == "D-2026-0001"


def test_an_answer_changed_by_hand_is_noted_and_put_back(desk: Desk) -> None:
    [row] = rows(desk)
    desk.one_pass({TAB: {row.key: ANSWER}})
    desk.edit(lambda book: setattr(cell_of(book[TAB], 2, "Решение"), "value", "Отказано"))
    desk.one_pass()
    [word] = desk.journal
    assert (word.kind, word.number, word.new) == (WordKind.OVERWRITTEN, "D-2026-0001", "Отказано")
    assert desk.seen(TAB)[0]["Решение"] == "Принято"
    desk.edit(lambda book: setattr(cell_of(book[TAB], 2, "№"), "value", None))
    desk.one_pass()
    assert desk.seen(TAB)[0]["№"] == "D-2026-0001"


def test_an_edited_response_keeps_its_number(desk: Desk) -> None:
    [row] = rows(desk)
    desk.one_pass({TAB: {row.key: ANSWER}})
    send(desk, {"Отметка времени": datetime(2026, 3, 3, 9), "Количество лицензий": 20}, row=2)
    [edited] = rows(desk)
    assert edited.key != row.key
    assert edited.number == "D-2026-0001"
    reading, _ = desk.one_pass()
    assert not reading.words
    desk.one_pass({TAB: {edited.key: {**ANSWER, "answer": "На рассмотрении"}}})
    [shown] = desk.seen(TAB)
    assert (shown["№"], shown["Решение"]) == ("D-2026-0001", "На рассмотрении")
    reading, plan = desk.one_pass()
    assert not reading.words
    assert not plan.cells


def test_two_rows_of_one_case_are_told_apart(desk: Desk) -> None:
    send(desk, {**ROW, "Отметка времени": datetime(2026, 3, 2, 11), "Количество лицензий": 12})
    first, second = rows(desk)
    desk.one_pass({TAB: {first.key: {**ANSWER, "answer": "Нужны данные"}, second.key: ANSWER}})
    assert [row["Решение"] for row in desk.seen(TAB)] == ["Нужны данные", "Принято"]


def test_a_formula_and_an_error_in_an_answer_are_named(desk: Desk) -> None:
    def type_formula(book: Any) -> None:
        cell_of(book[TAB], 2, "Количество лицензий").value = "=5+5"
        cell_of(book[TAB], 2, "Заказчик").value = "#N/A"

    desk.edit(type_formula)
    found, faults = form_rows(desk.file.read())
    assert [(fault.code, fault.header, fault.position) for fault in faults] == [
        ("formula", "Количество лицензий", 2),
        ("error-value", "Заказчик", 2),
    ]
    assert found[0].answers["customer"] == ""


def test_a_form_tab_with_a_lost_header_says_nothing(desk: Desk) -> None:
    desk.edit(lambda book: setattr(cell_of(book[TAB], 1, "ИНН заказчика"), "value", "ИНН клиента"))
    snapshot = desk.file.read()
    [fault] = snapshot.faults
    assert (fault.code, fault.header, fault.suggestion) == ("header-renamed", "ИНН заказчика", "ИНН клиента")
    assert form_rows(snapshot) == ([], [])
    assert not read_words(snapshot, desk.base, []).words
    desk.file._aliases = {TAB: {"ИНН заказчика": "ИНН Клиента "}}
    assert len(rows(desk)) == 1
