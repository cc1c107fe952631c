"""Nothing typed by a person is ever lost; nothing of ours is taken for a person's."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cases.model import WordKind
from sheets.merge import HOLD_OVER
from sheets.plan import plan_writes
from sheets.port import Changes
from sheets.projection import Shown
from tests.sheets.sheet_books import Desk, cell_of, deal, row_of

DEALS = "Сделки"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three deals, shown."""
    desk = Desk(tmp_path / "partners.xlsx")
    desk.one_pass({DEALS: {name: deal(name) for name in ("D-2026-0001", "D-2026-0002", "D-2026-0003")}})
    return desk


def quiet(desk: Desk) -> bool:
    """A pass finds nothing to read and nothing to write."""
    reading, plan = desk.one_pass()
    return not (reading.words or reading.held or reading.notices or plan.cells or plan.appends)


def test_what_was_written_reads_as_no_decision(desk: Desk) -> None:
    assert quiet(desk)
    shown = desk.seen(DEALS)
    assert [row["№"] for row in shown] == ["D-2026-0001", "D-2026-0002", "D-2026-0003"]
    assert shown[0]["Действует до"] == date(2026, 6, 2)
    assert shown[0]["Скидка %"] == 10
    assert quiet(desk)


def test_sorted_moved_and_coloured_rows_and_moved_columns_survive(desk: Desk) -> None:
    def shuffle(book: Any) -> None:
        sheet = book[DEALS]
        values = [[cell.value for cell in row] for row in sheet.iter_rows()]
        columns = list(range(len(values[0])))
        random.Random(3).shuffle(columns)
        head, *body = [[row[place] for place in columns] for row in values]
        blank: list[Any] = [None] * len(columns)
        for number, row in enumerate([head, *reversed(body[:2]), blank, body[2]], start=1):
            for place, value in enumerate([*row[:4], None, *row[4:]], start=1):
                sheet.cell(number, place).value = value
        sheet.insert_rows(1)  # an empty first row, too

    desk.edit(shuffle)
    assert quiet(desk)
    desk.one_pass({DEALS: {"D-2026-0001": deal("D-2026-0001", state="Выиграна"), "D-2026-0004": deal("D-2026-0004")}})
    snapshot = desk.file.read()
    sheet = snapshot.tabs[DEALS]
    states = {sheet.cell(row, "number"): (row.position, sheet.cell(row, "state")) for row in sheet.rows}
    assert states["D-2026-0001"] == (4, "Выиграна")
    assert states["D-2026-0004"][0] == 7, "below the last row, never into the gap"
    assert quiet(desk)


def test_a_decision_is_read_once_with_what_stands_beside_it_and_cleared(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0002", "staff_decision", "Отказать")
    desk.set(DEALS, "D-2026-0002", "refusal_code", 3)
    desk.set(DEALS, "D-2026-0002", "comment", "звонили 5 марта")
    desk.one_pass()
    [word] = desk.journal
    assert (word.kind, word.number, word.column, word.value) == (WordKind.DECISION, "D-2026-0002", "staff_decision", "refuse")
    assert (word.beside["refusal_code"], word.beside["comment"]) == ("3", "звонили 5 марта")
    row = desk.seen(DEALS)[1]
    assert (row["Решение сотрудника"], row["Код отказа"], row["Комментарий сотрудника"]) == ("", "", "звонили 5 марта")
    assert quiet(desk)
    desk.set(DEALS, "D-2026-0002", "staff_decision", "Отказать")
    desk.one_pass()
    assert len(desk.journal) == 2, "the same word typed again is a new one"


def test_a_word_that_was_read_but_not_yet_cleared_is_still_one_word(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0002", "staff_decision", "Одобрить")
    desk.one_pass(write=False)  # the workbook was locked
    desk.one_pass(write=False)
    desk.one_pass()
    assert len(desk.journal) == 1
    assert desk.seen(DEALS)[1]["Решение сотрудника"] == ""
    assert quiet(desk)


def test_a_decision_cell_changed_by_hand_is_a_word_and_stands(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0001", "discount", "25,5")
    desk.set(DEALS, "D-2026-0001", "valid_until", "31.12.2026")
    desk.set(DEALS, "D-2026-0002", "state", "аннулирована")
    desk.set(DEALS, "D-2026-0003", "state", "как-нибудь")
    ours: dict[str, Shown] = {
        "D-2026-0001": deal("D-2026-0001", discount=25.5, valid_until=date(2026, 12, 31)),
        "D-2026-0002": deal("D-2026-0002", state="Аннулирована"),
        "D-2026-0003": deal("D-2026-0003", remarks="Не понято: «как-нибудь»"),
    }
    desk.one_pass({DEALS: ours})
    said = {(word.number, word.column): (word.kind, word.value, word.old, word.new) for word in desk.journal}
    assert said == {
        ("D-2026-0001", "discount"): (WordKind.CELL, "25.5", "10", "25,5"),
        ("D-2026-0001", "valid_until"): (WordKind.CELL, "2026-12-31", "02.06.2026", "31.12.2026"),
        ("D-2026-0002", "state"): (WordKind.CELL, "annulled", "Зарегистрирована", "аннулирована"),
        ("D-2026-0003", "state"): (WordKind.CELL, "", "Зарегистрирована", "как-нибудь"),
    }
    shown = desk.seen(DEALS)
    assert shown[0]["Действует до"] == "31.12.2026", "a value that says the same is left as typed"
    assert shown[2]["Состояние"] == "Зарегистрирована"
    assert quiet(desk)


def test_another_system_cell_is_noted_and_put_back(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0001", "customer", "ООО Другой")
    desk.one_pass()
    [word] = desk.journal
    assert (word.kind, word.old, word.new) == (WordKind.OVERWRITTEN, "ООО Заказчик D-2026-0001", "ООО Другой")
    assert desk.seen(DEALS)[0]["Заказчик"] == "ООО Заказчик D-2026-0001"
    assert quiet(desk)
    desk.set(DEALS, "D-2026-0001", "customer", "ООО Другой")
    desk.one_pass()
    assert len(desk.journal) == 2


def test_staff_columns_are_kept_and_never_written(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0001", "staff_discount", "15")
    desk.set(DEALS, "D-2026-0002", "comment", "=важно")
    desk.one_pass()
    [word] = desk.journal
    assert (word.kind, word.column, word.value) == (WordKind.FIELD, "staff_discount", "15")
    assert quiet(desk)
    desk.set(DEALS, "D-2026-0001", "staff_discount", 15.0)
    assert quiet(desk)


def test_a_deleted_row_comes_back_with_what_staff_wrote(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0002", "comment", "важный")
    desk.one_pass()
    desk.edit(lambda book: book[DEALS].delete_rows(row_of(book[DEALS], "D-2026-0002")))
    desk.one_pass({DEALS: {"D-2026-0002": deal("D-2026-0002", remarks="Строка была удалена")}})
    assert [word.kind for word in desk.journal] == [WordKind.ROW_DELETED]
    row = desk.seen(DEALS)[-1]
    assert (row["№"], row["Замечания"], row["Комментарий сотрудника"]) == ("D-2026-0002", "Строка была удалена", "важный")
    assert quiet(desk)


def test_a_doubled_unknown_or_absent_number_is_named_and_not_written(desk: Desk) -> None:
    def muddle(book: Any) -> None:
        sheet = book[DEALS]
        sheet.append([cell.value for cell in sheet[row_of(sheet, "D-2026-0001")]])
        sheet.append([None, "кто-то"])
        sheet.append(["D-2026-0777", "кто-то"])

    desk.edit(muddle)
    reading, plan = desk.one_pass({DEALS: {"D-2026-0001": deal("D-2026-0001", state="Выиграна")}})
    assert sorted({(notice.code, notice.number) for notice in reading.notices}) == [
        ("number-absent", ""),
        ("number-doubled", "D-2026-0001"),
        ("number-unknown", "D-2026-0777"),
    ]
    assert plan.waiting == {(DEALS, "D-2026-0001")}
    assert not plan.cells
    assert not reading.words


def test_more_than_twenty_rows_at_once_are_held(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "book.xlsx")
    numbers = [f"D-2026-{serial:04}" for serial in range(1, HOLD_OVER + 6)]
    desk.one_pass({DEALS: {number: deal(number) for number in numbers}})

    def fill_down(book: Any, rows: int) -> None:
        for number in numbers[:rows]:
            cell_of(book[DEALS], row_of(book[DEALS], number), "Состояние").value = "Аннулирована"

    desk.edit(lambda book: fill_down(book, HOLD_OVER + 1))
    reading, plan = desk.one_pass({DEALS: {numbers[0]: deal(numbers[0], customer="ООО Новый")}})
    assert len(reading.held) == HOLD_OVER + 1
    assert not reading.words
    assert not plan.cells
    assert desk.seen(DEALS)[0]["Состояние"] == "Аннулирована"

    desk.set(DEALS, numbers[0], "state", "Зарегистрирована")
    reading, _ = desk.one_pass()
    assert len(reading.words) == HOLD_OVER


def test_cells_of_another_case_beside_the_number_are_not_acted_on(desk: Desk) -> None:
    def bad_sort(book: Any) -> None:
        sheet = book[DEALS]
        for header, value in (
            ("Партнёр", "А"),
            ("ИНН партнёра", "1"),
            ("Заказчик", "Б"),
            ("ИНН заказчика", "2"),
            ("Состояние", "Отказано"),
        ):
            cell_of(sheet, row_of(sheet, "D-2026-0001"), header).value = value

    desk.edit(bad_sort)
    reading, plan = desk.one_pass({DEALS: {"D-2026-0001": deal("D-2026-0001")}})
    assert [notice.code for notice in reading.notices] == ["row-mismatched"]
    assert not reading.words
    assert not plan.cells


def test_a_crash_between_write_and_record_is_no_edit(desk: Desk) -> None:
    snapshot = desk.file.read()
    before = {tab: dict(rows) for tab, rows in desk.base.items()}
    ours = {DEALS: {"D-2026-0001": deal("D-2026-0001", state="Выиграна"), "D-2026-0009": deal("D-2026-0009")}}
    _, plan = desk.one_pass(ours, write=False)
    desk.file.write(Changes(plan.cells, plan.appends), snapshot.fingerprint, "x")  # and then the power went
    assert desk.base != before, "what was to be written is known"
    reading, plan = desk.one_pass(ours)
    assert not reading.words
    assert not plan.cells
    assert not plan.appends
    assert quiet(desk)


def test_a_cell_typed_between_reading_and_writing_is_left_for_the_next_pass(desk: Desk) -> None:
    desk.set(DEALS, "D-2026-0001", "customer", "ООО Поздний")
    reading, plan = desk.one_pass({DEALS: {"D-2026-0001": deal("D-2026-0001", customer="ООО Наш")}})
    assert [word.new for word in reading.words] == ["ООО Поздний"]
    assert desk.seen(DEALS)[0]["Заказчик"] == "ООО Наш"

    desk.set(DEALS, "D-2026-0002", "customer", "ООО Поздний")
    late = desk.file.read()
    plan = plan_writes(late, desk.base, {DEALS: {"D-2026-0002": deal("D-2026-0002", customer="ООО Наш")}}, [], [])
    assert [notice.code for notice in plan.notices] == ["edited-meanwhile"]
    assert plan.waiting == {(DEALS, "D-2026-0002")}
    assert not plan.cells
