"""What the merge writes: only cells that still read as they did, each with what stood there; the rest waits and is named."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from datetime import date, datetime

import pytest

from cases.model import StaffWord
from sheets.base import Notice
from sheets.plan import MergePlan, plan_writes
from sheets.port import CellWrite, Changes, RowAppend
from tests.sheets.grid_desk import DEALS, FIRST, SECOND, THIRD, GridDesk, quiet, show, three_deals
from tests.sheets.sheet_books import deal


@pytest.fixture
def desk() -> GridDesk:
    return three_deals()


def later(desk: GridDesk, words: list[StaffWord], **changes: object) -> MergePlan:
    """The plan for the first deal, over the book as somebody has changed it since the words were read; it is carried out."""
    seen = desk.read()
    plan = plan_writes(seen, desk.base, show(desk, FIRST, **changes) if changes else {}, [], words)
    desk.write(Changes(plan.cells, plan.appends), seen.fingerprint)
    desk.settle(plan)
    return plan


# -- new rows ----------------------------------------------------------------------------


def test_a_new_row_holds_what_there_is_to_say_below_the_last_one(desk: GridDesk) -> None:
    _, plan = desk.one_pass(
        {DEALS: {"D-2026-0004": {"number": "D-2026-0004", "customer": "ООО Новый", "reason": "", "discount": None}}}
    )
    assert plan.appends == [RowAppend(DEALS, "D-2026-0004", {"number": "D-2026-0004", "customer": "ООО Новый"})]
    assert quiet(desk)
    desk.type(DEALS, "D-2026-0004", {"Причина": "кто-то вписал"})
    desk.one_pass()
    assert desk.cell(DEALS, "D-2026-0004", "Причина") == "", "empty is what we wrote there"


def test_one_row_too_many_does_not_keep_the_others_from_being_written(desk: GridDesk) -> None:
    desk.tabs[DEALS].append(list(desk.row(DEALS, FIRST)))
    _, plan = desk.one_pass(
        {DEALS: {FIRST: deal(FIRST, discount=7), SECOND: deal(SECOND, discount=7), "D-2026-0004": deal("D-2026-0004")}}
    )
    assert plan.waiting == {(DEALS, FIRST)}
    assert desk.cell(DEALS, SECOND, "Скидка %") == 7
    assert desk.cell(DEALS, "D-2026-0004", "Скидка %") == 10


def test_a_row_that_goes_between_reading_and_planning_waits_for_its_word(desk: GridDesk) -> None:
    words = desk.hear()
    desk.tabs[DEALS].remove(desk.row(DEALS, FIRST))
    plan = later(desk, words, state="Выиграна")
    assert plan.waiting == {(DEALS, FIRST)}
    assert not plan.appends
    desk.one_pass(show(desk, FIRST, state="Выиграна"))
    assert desk.cell(DEALS, FIRST, "Состояние") == "Выиграна"


def test_a_deleted_row_comes_back_without_the_word_that_was_answered(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Код отказа": "3", "Комментарий сотрудника": "важный"})
    desk.one_pass()
    desk.tabs[DEALS].remove(desk.row(DEALS, FIRST))
    _, plan = desk.one_pass()
    [append] = plan.appends
    assert append.values["comment"] == "важный"
    assert "refusal_code" not in append.values
    assert (append.values["licences"], append.values["valid_until"]) == (10, date(2026, 6, 2)), "typed as they were"
    assert append.values["due_at"] == datetime(2026, 3, 4, 18)
    assert quiet(desk)


def test_a_word_about_a_row_that_nobody_knows_writes_nothing(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
    words = desk.hear()
    desk.tabs[DEALS].remove(desk.row(DEALS, FIRST))
    desk.base = {DEALS: {}}
    plan = later(desk, words)
    assert plan == MergePlan()


# -- cells -------------------------------------------------------------------------------


def test_only_what_differs_is_written_and_each_write_says_what_stood_there(desk: GridDesk) -> None:
    _, plan = desk.one_pass(
        show(desk, SECOND, state="Выиграна", valid_until=None, licences=12, due_at=datetime(2026, 3, 5, 18), discount=12.5)
    )
    places = {header: place for place, header in enumerate(map(str, desk.tabs[DEALS][0]))}
    assert plan.cells == [
        CellWrite(DEALS, 3, places[header], name, value, expect, SECOND)
        for header, name, value, expect in (
            ("Лицензий", "licences", 12, "10"),
            ("Состояние", "state", "Выиграна", "Зарегистрирована"),
            ("Скидка %", "discount", 12.5, "10"),
            ("Ответить до", "due_at", datetime(2026, 3, 5, 18), "2026-03-04T18:00"),
            ("Действует до", "valid_until", None, "2026-06-02"),
        )
    ]
    assert quiet(desk)


def test_what_is_shown_already_is_not_written_but_known_from_then_on(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Скидка %": "40 %"})
    _, plan = desk.one_pass(show(desk, FIRST, discount=40))
    assert not plan.cells
    desk.one_pass()
    assert len(desk.journal) == 1
    desk.type(DEALS, FIRST, {"Скидка %": 10})
    desk.one_pass()
    assert [(word.old, word.new) for word in desk.journal] == [("10", "40"), ("40", "10")]


def test_a_decision_goes_over_what_staff_typed_if_the_ledger_says_so(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Состояние": "Отказано"})
    _, plan = desk.one_pass(show(desk, FIRST, state="Зарегистрирована"))
    assert [(write.value, write.expect) for write in plan.cells] == [("Зарегистрирована", "Отказано")]
    assert not plan.notices
    assert quiet(desk)


def test_a_cell_typed_after_reading_is_left_named_and_waits(desk: GridDesk) -> None:
    words = desk.hear()
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Поздний", "Скидка %": 50})
    plan = later(desk, words, customer="ООО Наш", state="Выиграна")
    assert plan.notices == [
        Notice("edited-meanwhile", DEALS, FIRST, 2, "customer", "ООО Поздний"),
        Notice("edited-meanwhile", DEALS, FIRST, 2, "discount", "50"),
    ]
    assert plan.waiting == {(DEALS, FIRST)}
    assert [write.field for write in plan.cells] == ["state"], "the others are written"
    desk.one_pass(show(desk, FIRST, customer="ООО Наш", state="Выиграна", discount=50))
    assert [(word.column, word.new) for word in desk.journal] == [("customer", "ООО Поздний"), ("discount", "50")]
    assert desk.cell(DEALS, FIRST, "Заказчик") == "ООО Наш"


def test_a_cell_typed_twice_is_not_put_back_over_the_second_value(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Первый", "Действует до": date(2027, 1, 1)})
    words = desk.hear()
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Второй"})
    plan = later(desk, words)
    assert [(notice.code, notice.value) for notice in plan.notices] == [("edited-meanwhile", "ООО Второй")]
    assert not plan.cells
    desk.one_pass()
    assert desk.cell(DEALS, FIRST, "Заказчик") == f"ООО Заказчик {FIRST}"
    assert [word.new for word in desk.journal] == ["ООО Первый", "01.01.2027", "ООО Второй"]


@pytest.mark.parametrize(("stands", "told"), [("", []), ("чьё-то", [Notice("replaced", DEALS, FIRST, 2, "reason", "чьё-то")])])
def test_a_cell_that_has_never_been_agreed_upon(desk: GridDesk, stands: str, told: list[Notice]) -> None:
    """A new column of ours, where somebody may have written before us."""
    desk.base[DEALS][FIRST] = {name: text for name, text in desk.base[DEALS][FIRST].items() if name not in ("reason", "~")}
    desk.type(DEALS, FIRST, {"Причина": stands})
    plan = later(desk, [], reason="3 – занято")
    assert plan.notices == told
    assert [(write.field, write.value, write.expect) for write in plan.cells] == [("reason", "3 – занято", stands)]
    assert not plan.waiting
    assert quiet(desk)


# -- words that were answered ------------------------------------------------------------


def test_a_decision_that_changed_after_it_was_read_is_not_cleared(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить", "Код отказа": "3"})
    words = desk.hear()
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Отказать"})
    plan = later(desk, words)
    assert plan.notices == [Notice("edited-meanwhile", DEALS, FIRST, 2, "staff_decision", "Отказать")]
    assert not plan.cells
    desk.one_pass()
    assert [word.value for word in desk.journal] == ["approve", "refuse"]
    assert desk.cell(DEALS, FIRST, "Код отказа") == ""


def test_a_decision_that_its_author_cleared_is_answered_all_the_same(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
    first = desk.hear()
    desk.type(DEALS, FIRST, {"Решение сотрудника": ""})
    assert not later(desk, first).cells
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
    [again] = desk.hear()
    assert again.key != first[0].key


def test_a_decision_is_cleared_with_its_code_alone(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Отказать", "Код отказа": 3, "Скидка сотрудника %": 15})
    _, plan = desk.one_pass()
    places = {header: place for place, header in enumerate(map(str, desk.tabs[DEALS][0]))}
    assert plan.cells == [
        CellWrite(DEALS, 2, places["Решение сотрудника"], "staff_decision", None, "Отказать", FIRST),
        CellWrite(DEALS, 2, places["Код отказа"], "refusal_code", None, "3", FIRST),
    ]
    assert quiet(desk)


def test_a_code_that_changed_after_it_was_read_stays(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Отказать", "Код отказа": "3"})
    words = desk.hear()
    desk.type(DEALS, FIRST, {"Код отказа": "5"})
    plan = later(desk, words)
    assert [write.field for write in plan.cells] == ["staff_decision"]
    assert desk.cell(DEALS, FIRST, "Код отказа") == "5"


def test_several_codes_are_read_as_typed_and_go_together(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Отказать", "Код отказа": "3,5"})
    desk.one_pass()
    assert desk.journal[0].beside["refusal_code"] == "3,5"
    assert desk.cell(DEALS, FIRST, "Код отказа") == ""


def test_the_code_beside_a_refusal_by_hand_goes_with_it_once(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Состояние": "Отказано", "Код отказа": "3", "Решение сотрудника": "Отказать"})
    _, plan = desk.one_pass(show(desk, FIRST, state="Отказано"))
    assert [write.field for write in plan.cells] == ["staff_decision", "refusal_code"]
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Код отказа": "3", "Состояние": "Выиграна"})
    desk.one_pass(show(desk, FIRST, state="Выиграна"))
    assert desk.cell(DEALS, FIRST, "Код отказа") == ""
    assert [word.beside["refusal_code"] for word in desk.journal] == ["3"] * 3
    assert quiet(desk)


def test_the_code_beside_another_cell_stays(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Скидка %": 30, "Код отказа": "3"})
    desk.one_pass(show(desk, FIRST, discount=30))
    assert desk.cell(DEALS, FIRST, "Код отказа") == "3"
    assert quiet(desk)


def test_words_of_several_rows_are_answered_in_one_batch(desk: GridDesk) -> None:
    for number in (FIRST, SECOND, THIRD):
        desk.type(DEALS, number, {"Решение сотрудника": "Оставить", "Заказчик": "ООО Другой"})
    _, plan = desk.one_pass(show(desk, SECOND, state="Выиграна"))
    assert len(desk.journal) == 6
    assert {write.key for write in plan.cells} == {FIRST, SECOND, THIRD}
    for number in (FIRST, SECOND, THIRD):
        row = desk.seen(DEALS, number)
        assert (row["Решение сотрудника"], row["Заказчик"]) == ("", f"ООО Заказчик {number}")
    assert quiet(desk)


def test_a_word_that_is_not_recorded_yet_stays_where_it_is(desk: GridDesk) -> None:
    """A word that could not be recorded is not among the answered ones."""
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить", "Заказчик": "ООО Другой"})
    desk.hear()
    plan = later(desk, [], state="Выиграна")
    assert [write.field for write in plan.cells] == ["state"]
    assert desk.cell(DEALS, FIRST, "Решение сотрудника") == "Одобрить"


def test_the_same_edit_right_after_its_answer_is_a_new_word(desk: GridDesk) -> None:
    desk.tabs[DEALS].remove(desk.row(DEALS, FIRST))
    desk.one_pass()
    desk.tabs[DEALS].remove(desk.row(DEALS, FIRST))
    desk.one_pass()
    desk.type(DEALS, SECOND, {"Заказчик": "ООО Другой"})
    desk.one_pass()
    desk.type(DEALS, SECOND, {"Заказчик": "ООО Другой"})
    desk.one_pass()
    assert [(word.number, word.column) for word in desk.journal] == [(FIRST, "number")] * 2 + [(SECOND, "customer")] * 2


def test_a_cell_set_back_right_after_we_wrote_it_is_a_word(desk: GridDesk) -> None:
    desk.one_pass(show(desk, FIRST, state="Выиграна"))
    desk.type(DEALS, FIRST, {"Состояние": "Зарегистрирована"})
    desk.one_pass()
    assert [(word.old, word.new) for word in desk.journal] == [("Выиграна", "Зарегистрирована")]


# -- what is remembered ------------------------------------------------------------------


def test_a_row_that_is_shown_as_it_stands_needs_no_write_and_no_memory(desk: GridDesk) -> None:
    _, plan = desk.one_pass(show(desk, FIRST))
    assert plan == MergePlan()


def test_a_row_that_the_ledger_has_forgotten_is_taken_over_as_it_stands(desk: GridDesk) -> None:
    """The ledger came back from an older backup."""
    desk.base = {DEALS: {}}
    desk.type(DEALS, FIRST, {"Скидка %": 50})
    reading, plan = desk.one_pass(show(desk, FIRST, state="Выиграна"))
    assert [(notice.code, notice.number) for notice in reading.notices] == [
        ("number-unknown", number) for number in (FIRST, SECOND, THIRD)
    ]
    assert [(notice.code, notice.column, notice.value) for notice in plan.notices] == [
        ("replaced", "state", "Зарегистрирована"),
        ("replaced", "discount", "50"),
    ]
    assert not plan.appends
    assert (desk.cell(DEALS, FIRST, "Состояние"), desk.cell(DEALS, FIRST, "Скидка %")) == ("Выиграна", 10)
    desk.type(DEALS, FIRST, {"Скидка %": 50})
    desk.one_pass()
    assert [(word.number, word.old, word.new) for word in desk.journal] == [(FIRST, "10", "50")]


def test_nothing_is_announced_where_nothing_is_written(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
    _, plan = desk.one_pass()
    assert not plan.intents
    _, plan = desk.one_pass(show(desk, SECOND, state="Выиграна"))
    assert set(plan.intents[DEALS]) == {SECOND}


def test_a_write_that_never_came_is_forgotten_with_the_next_one(desk: GridDesk) -> None:
    desk.one_pass(show(desk, FIRST, state="Выиграна"), write=False)
    desk.one_pass(show(desk, FIRST, discount=40), write=False)
    desk.one_pass(show(desk, FIRST, discount=40))
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Состояние": "Выиграна"})
    desk.one_pass()
    assert [(word.old, word.new) for word in desk.journal] == [("Зарегистрирована", "Выиграна")]


def test_after_a_write_that_left_a_cell_out_the_same_edit_is_still_one_word(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Скидка %": 30})
    desk.one_pass(write=False)
    _, plan = desk.one_pass({DEALS: {FIRST: {"state": "Выиграна"}}})
    assert [write.field for write in plan.cells] == ["state"]
    desk.one_pass()
    assert len(desk.journal) == 1
    assert desk.cell(DEALS, FIRST, "Скидка %") == 30
