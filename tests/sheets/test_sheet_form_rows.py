"""The five columns beside a form's answers: by fingerprint, by number after an edit, one answer for identical rows."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from cases.model import FormRow, WordKind
from sheets.base import Notice
from sheets.merge import read_words
from sheets.plan import plan_writes
from sheets.port import CellWrite, Changes
from sheets.projection import Shown
from sheets.reading import form_rows
from tests.sheets.grid_desk import GridDesk, idle, quiet
from tests.sheets.sheet_books import deal

TAB = "Форма Сделка"
NUMBER = "D-2026-0001"
SENT: dict[str, Any] = {
    "Отметка времени": datetime(2026, 3, 2, 10, 5, 7),
    "Адрес электронной почты": "ivan@partner.ru",
    "ИНН партнёра": "7707083893",
    "Заказчик": "ООО «Ромашка»",
    "Количество лицензий": 10,
}
ANSWER: Shown = {
    "number": NUMBER,
    "answer": "Принято",
    "answer_text": "",
    "due_at": datetime(2026, 3, 4, 18),
    "answered_at": None,
}
FIVE = ("№", "Решение", "Причина", "Ответить до", "Ответ отправлен")


def send(desk: GridDesk, tab: str = TAB, **answers: Any) -> list[Any]:
    """A form writes a row; gives the row."""
    sent = {**SENT, **{name.replace("_", " "): value for name, value in answers.items()}}
    desk.tabs[tab].append([sent.get(str(header), "") for header in desk.tabs[tab][0]])
    return desk.tabs[tab][-1]


def rows(desk: GridDesk) -> list[FormRow]:
    return form_rows(desk.read())[0]


def beside(desk: GridDesk, row: int = 1) -> tuple[Any, ...]:
    """The five cells of that row."""
    headers = desk.tabs[TAB][0]
    return tuple(desk.tabs[TAB][row][headers.index(header)] for header in FIVE)


def put(desk: GridDesk, cells: Mapping[str, Any], row: int = 1) -> None:
    """A person types into that row."""
    for header, value in cells.items():
        desk.tabs[TAB][row][desk.tabs[TAB][0].index(header)] = value


def answer(desk: GridDesk, row: int = 0, **changes: Any) -> Mapping[str, Mapping[str, Shown]]:
    """For a pass: the answer to that row."""
    return {TAB: {rows(desk)[row].key: {**ANSWER, **changes}}}


@pytest.fixture
def desk() -> GridDesk:
    """One row, answered."""
    desk = GridDesk()
    send(desk)
    desk.one_pass(answer(desk))
    desk.one_pass()
    return desk


def test_an_answer_is_written_beside_its_row_and_nowhere_else() -> None:
    desk = GridDesk()
    send(desk, Заказчик="ООО «Другая»")
    send(desk)
    [_, row] = rows(desk)
    _, plan = desk.one_pass(answer(desk, 1))
    places = {header: place for place, header in enumerate(map(str, desk.tabs[TAB][0]))}
    assert plan.cells == [
        CellWrite(TAB, 3, places["№"], "number", NUMBER, "", row.key),
        CellWrite(TAB, 3, places["Решение"], "answer", "Принято", "", row.key),
        CellWrite(TAB, 3, places["Ответить до"], "due_at", datetime(2026, 3, 4, 18), "", row.key),
    ]
    assert [plan.notices, plan.waiting, plan.appends] == [[], set(), []]
    assert beside(desk, 1) == ("",) * 5
    assert quiet(desk)
    assert not desk.journal


def test_a_row_that_is_not_answered_yet_is_left_alone() -> None:
    desk = GridDesk()
    send(desk)
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
    assert not desk.base.get(TAB), "nothing to remember"


def test_a_new_answer_changes_what_differs(desk: GridDesk) -> None:
    _, plan = desk.one_pass(answer(desk, answer="Отказано", answer_text="3 – занято", answered_at=datetime(2026, 3, 2, 11)))
    assert [(write.field, write.value, write.expect) for write in plan.cells] == [
        ("answer", "Отказано", "Принято"),
        ("answer_text", "3 – занято", ""),
        ("answered_at", datetime(2026, 3, 2, 11), ""),
    ]
    assert quiet(desk)


@pytest.mark.parametrize(
    ("header", "typed", "column", "old", "new"),
    [
        ("Решение", "Отказано", "answer", "Принято", "Отказано"),
        ("Причина", "просто так", "answer_text", "", "просто так"),
        ("Ответить до", "5.3.2026", "due_at", "04.03.2026 18:00", "05.03.2026 00:00"),
        ("№", "", "number", NUMBER, ""),
        ("№", "D-2026-0777", "number", NUMBER, "D-2026-0777"),
    ],
)
def test_each_of_the_five_is_put_back_each_time(desk: GridDesk, header: str, typed: str, column: str, old: str, new: str) -> None:
    before = beside(desk)
    for times in (1, 2):
        put(desk, {header: typed})
        desk.one_pass(write=False)
        desk.one_pass()
        assert beside(desk) == before
        assert quiet(desk)
        assert len(desk.journal) == times
    word = desk.journal[-1]
    assert (word.kind, word.tab, word.number, word.column) == (WordKind.OVERWRITTEN, TAB, NUMBER, column)
    assert (word.old, word.new, word.beside) == (old, new, {})


def test_several_of_the_five_are_put_back_together(desk: GridDesk) -> None:
    before = beside(desk)
    put(desk, dict.fromkeys(FIVE, ""))
    desk.one_pass()
    assert beside(desk) == before
    assert {word.column for word in desk.journal} == {"number", "answer", "due_at"}
    assert quiet(desk)


def test_the_same_answer_in_another_dress_stays(desk: GridDesk) -> None:
    put(desk, {"Решение": "ПРИНЯТО ", "Ответить до": "04.03.2026 18:00"})
    assert quiet(desk)
    assert not desk.journal
    assert beside(desk)[1] == "ПРИНЯТО "


def test_what_is_typed_before_an_answer_is_noted_and_replaced() -> None:
    desk = GridDesk()
    send(desk)
    put(desk, {"Решение": "Отказано"})
    desk.one_pass()
    desk.one_pass()
    [word] = desk.journal
    key = rows(desk)[0].key
    assert (word.kind, word.number, word.column, word.old, word.new) == (WordKind.OVERWRITTEN, key, "answer", "", "Отказано")
    _, plan = desk.one_pass(answer(desk))
    assert beside(desk)[:2] == (NUMBER, "Принято")
    assert not plan.waiting
    assert quiet(desk)
    assert len(desk.journal) == 1


def test_what_is_typed_before_an_answer_is_not_remembered_as_anyones() -> None:
    desk = GridDesk()
    send(desk)
    send(desk, Заказчик="ООО «Другая»")
    put(desk, {"Решение": "Отказано"}, row=1)
    put(desk, {"Причина": "занято"}, row=2)
    desk.one_pass()
    desk.one_pass()
    assert [(word.column, word.new) for word in desk.journal] == [("answer", "Отказано"), ("answer_text", "занято")]
    assert not desk.base.get(TAB)
    assert (beside(desk, 1)[1], beside(desk, 2)[2]) == ("Отказано", "занято")
    _, plan = desk.one_pass(answer(desk))
    assert not plan.notices, "it was noted"


def test_a_change_taken_back_before_us_may_be_made_again(desk: GridDesk) -> None:
    for typed in ("Отказано", "Принято", "Отказано"):
        put(desk, {"Решение": typed})
        desk.hear()
    assert [word.new for word in desk.journal] == ["Отказано"] * 2
    reading = read_words(desk.read(), desk.base, rows(desk))
    assert len(reading.words) == 1
    assert not reading.base_updates, "what stands and is said already gives nothing new to remember"


def test_the_same_change_right_after_its_answer_is_a_new_word(desk: GridDesk) -> None:
    for _ in range(2):
        put(desk, dict.fromkeys(FIVE, ""))
        desk.one_pass()
    for _ in range(2):
        put(desk, {"Решение": "Отказано"})
        desk.one_pass()
    assert [word.column for word in desk.journal] == ["number", "answer", "due_at"] * 2 + ["answer"] * 2


def test_an_answer_set_back_right_after_we_wrote_it_is_a_word(desk: GridDesk) -> None:
    desk.one_pass(answer(desk, answer="Отказано"))
    put(desk, {"Решение": "Принято"})
    desk.one_pass()
    assert [(word.old, word.new) for word in desk.journal] == [("Отказано", "Принято")]


def test_a_change_that_could_not_be_recorded_stays_the_same_word(desk: GridDesk) -> None:
    put(desk, {"Решение": "Отказано"})
    [word] = desk.hear()
    plan = plan_writes(desk.read(), desk.base, answer(desk, answer_text="1 – ИНН"), rows(desk), [])
    desk.write(Changes(plan.cells), "as read")
    desk.settle(plan)
    assert desk.hear() == [word]


def test_a_number_typed_beside_new_answers_is_for_intake_to_judge() -> None:
    desk = GridDesk()
    send(desk)
    put(desk, {"№": "D-2026-0777"})
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
    _, plan = desk.one_pass(answer(desk))
    assert plan.notices == [Notice("replaced", TAB, rows(desk)[0].key, 2, "number", "D-2026-0777")]
    assert beside(desk)[:2] == (NUMBER, "Принято")


# -- identical rows ----------------------------------------------------------------------


def test_identical_rows_get_the_same_answer_whenever_they_come(desk: GridDesk) -> None:
    send(desk)
    desk.one_pass()
    assert beside(desk, 2) == (NUMBER, "Принято", "", datetime(2026, 3, 4, 18), "")
    send(desk)
    send(desk, Заказчик="ООО «Другая»")
    desk.one_pass(answer(desk, answer="Нужны данные"))
    assert [beside(desk, row)[:2] for row in (1, 2, 3, 4)] == [(NUMBER, "Нужны данные")] * 3 + [("", "")]
    assert quiet(desk)
    assert not desk.journal


def test_a_hand_change_in_one_of_identical_rows_is_put_back_there(desk: GridDesk) -> None:
    send(desk)
    desk.one_pass()
    put(desk, {"Решение": "Отказано"}, row=2)
    desk.one_pass()
    assert [beside(desk, row)[1] for row in (1, 2)] == ["Принято"] * 2
    assert [(word.column, word.new) for word in desk.journal] == [("answer", "Отказано")]
    assert quiet(desk)
    put(desk, {"Решение": "Отказано"}, row=1)
    desk.one_pass()
    assert len(desk.journal) == 2
    assert quiet(desk)


def test_hand_changes_in_two_of_identical_rows_are_both_noted_once_and_put_back(desk: GridDesk) -> None:
    send(desk)
    desk.one_pass()
    put(desk, {"Решение": "Отказано"}, row=1)
    put(desk, {"Причина": "занято"}, row=2)
    for write in (False, False, True):
        desk.one_pass(write=write)
    assert [(word.column, word.new) for word in desk.journal] == [("answer", "Отказано"), ("answer_text", "занято")]
    assert beside(desk, 1) == beside(desk, 2) == (NUMBER, "Принято", "", datetime(2026, 3, 4, 18), "")
    assert quiet(desk)


@pytest.mark.parametrize("row", [1, 2])
def test_a_change_in_one_of_identical_rows_is_one_word_until_it_is_put_back(desk: GridDesk, row: int) -> None:
    send(desk)
    desk.one_pass()
    for times in (1, 2):
        put(desk, {"Решение": "Отказано"}, row)
        for _ in range(3):
            desk.hear()
        desk.one_pass()
        assert len(desk.journal) == times


def test_the_five_cleared_beside_a_copy_are_filled_without_a_word(desk: GridDesk) -> None:
    send(desk)
    desk.one_pass()
    put(desk, dict.fromkeys(FIVE, ""), row=2)
    desk.one_pass()
    assert beside(desk, 2) == beside(desk, 1)
    assert not desk.journal


def test_identical_rows_before_an_answer_say_one_word() -> None:
    desk = GridDesk()
    for _ in range(2):
        send(desk)
    for row in (1, 2):
        put(desk, {"Решение": "Отказано"}, row)
    desk.one_pass()
    assert len({word.key for word in desk.journal}) == 1
    desk.one_pass(answer(desk))
    assert [beside(desk, row)[1] for row in (1, 2)] == ["Принято"] * 2
    assert quiet(desk)


# -- edited rows -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        {"Количество лицензий": 20},
        {"Отметка времени": datetime(2026, 3, 3, 9), "Количество лицензий": 20},
        {"Адрес электронной почты": "olga@partner.ru", "Заказчик": "ООО «Роза»"},
    ],
)
def test_an_edited_row_keeps_its_number_and_is_answered_anew(desk: GridDesk, edit: dict[str, Any]) -> None:
    put(desk, edit)
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
    put(desk, {"Решение": "Отказано"})
    desk.one_pass()
    assert beside(desk)[1] == "Принято"
    assert [(word.number, word.column) for word in desk.journal] == [(NUMBER, "answer")]
    _, plan = desk.one_pass(answer(desk, answer="На рассмотрении"))
    assert [(write.field, write.key) for write in plan.cells] == [("answer", rows(desk)[0].key)]
    assert not plan.notices
    assert len(desk.base[TAB]) == 1, "what it was before the edit is forgotten"
    assert quiet(desk)
    put(desk, {"Количество лицензий": 30})
    desk.one_pass(answer(desk))
    assert beside(desk)[:2] == (NUMBER, "Принято")
    assert quiet(desk)
    assert len(desk.journal) == 1


def test_an_address_is_known_again_but_not_kept(desk: GridDesk) -> None:
    [kept] = desk.base[TAB].values()
    assert kept["@address"] == "321f2312310e090aed87824a", "the same in every release"
    desk.base = {TAB: {key: {**row, "@address": "ivan@partner.ru"} for key, row in desk.base[TAB].items()}}  # an old record
    put(desk, {"Отметка времени": datetime(2026, 3, 3, 9), "Решение": "Отказано"})
    desk.one_pass()
    assert beside(desk)[:2] == (NUMBER, "Принято")


def test_a_row_edited_in_time_and_address_both_is_a_new_one(desk: GridDesk) -> None:
    put(desk, {"Отметка времени": datetime(2026, 3, 3, 9), "Адрес электронной почты": "olga@partner.ru"})
    put(desk, {"Решение": "Отказано"})
    reading, _ = desk.one_pass()
    assert not reading.words, "its number may be another row's: for intake to judge"


def test_a_copied_row_with_new_answers_is_not_taken_for_the_first(desk: GridDesk) -> None:
    desk.tabs[TAB].append(list(desk.tabs[TAB][1]))
    put(desk, {"Количество лицензий": 20, "Решение": "Отказано"}, row=2)
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
    put(desk, {"Решение": "Отказано"}, row=1)
    desk.one_pass()
    assert [beside(desk, row)[1] for row in (1, 2)] == ["Принято", "Отказано"]
    assert len(desk.journal) == 1


def test_an_edited_row_without_address_is_known_by_its_time() -> None:
    desk = GridDesk()
    send(desk, Адрес_электронной_почты="")
    desk.one_pass(answer(desk))
    put(desk, {"Количество лицензий": 20, "Решение": "Отказано"})
    desk.one_pass()
    assert beside(desk)[:2] == (NUMBER, "Принято")
    put(desk, {"Отметка времени": datetime(2026, 3, 3, 9), "Решение": "Отказано"})
    reading, _ = desk.one_pass()
    assert not reading.words, "two rows without an address are not alike for that"


def test_two_rows_of_one_case_are_told_apart(desk: GridDesk) -> None:
    send(desk, Отметка_времени=datetime(2026, 3, 2, 11), Количество_лицензий=12)
    desk.one_pass(answer(desk, 1, answer="Нужны данные"))
    assert [beside(desk, row)[:2] for row in (1, 2)] == [(NUMBER, "Принято"), (NUMBER, "Нужны данные")]
    put(desk, {"Количество лицензий": 13, "Решение": "Отказано"}, row=2)
    desk.one_pass()
    assert [beside(desk, row)[1] for row in (1, 2)] == ["Принято", "Нужны данные"]


def test_rows_of_one_case_that_are_edited_at_once_are_both_known_again(desk: GridDesk) -> None:
    send(desk, Отметка_времени=datetime(2026, 3, 2, 11), Количество_лицензий=12)
    desk.one_pass(answer(desk, 1, answer="Нужны данные"))
    put(desk, {"Количество лицензий": 11, "Решение": "Отказано"}, row=1)
    put(desk, {"Количество лицензий": 13, "Причина": "своя"}, row=2)
    desk.one_pass()
    assert [beside(desk, row)[1:3] for row in (1, 2)] == [("Принято", ""), ("Нужны данные", "")]
    assert [(word.column, word.new) for word in desk.journal] == [("answer", "Отказано"), ("answer_text", "своя")]
    again = {**ANSWER, "answer": "На рассмотрении"}
    _, plan = desk.one_pass({TAB: {row.key: again for row in rows(desk)}})
    assert not plan.notices
    assert [beside(desk, row)[1] for row in (1, 2)] == ["На рассмотрении"] * 2
    assert len(desk.base[TAB]) == 2, "what they were before is forgotten"


def test_a_row_without_its_time_is_known_by_address_beside_one_that_kept_its_time(desk: GridDesk) -> None:
    send(desk, Отметка_времени=datetime(2026, 3, 2, 11), Количество_лицензий=12)
    desk.one_pass(answer(desk, 1, answer="Нужны данные"))
    put(desk, {"Отметка времени": datetime(2026, 3, 3, 9), "Решение": "Отказано"}, row=1)
    put(desk, {"Количество лицензий": 13, "Решение": "Отказано"}, row=2)
    desk.one_pass()
    assert [beside(desk, row)[1] for row in (1, 2)] == ["Принято", "Нужны данные"]
    assert len(desk.journal) == 2


def test_of_two_edited_rows_that_cannot_be_told_apart_neither_is_taken_for_the_other(desk: GridDesk) -> None:
    send(desk, Количество_лицензий=12)
    desk.one_pass(answer(desk, 1, answer="Нужны данные"))
    put(desk, {"Количество лицензий": 11}, row=1)
    put(desk, {"Количество лицензий": 13}, row=2)
    put(desk, {"Решение": "Отказано"}, row=2)
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
    assert beside(desk, 2)[1] == "Отказано"


def test_the_rest_of_the_rows_is_heard_after_one_for_intake(desk: GridDesk) -> None:
    send(desk, Заказчик="ООО «Другая»", Отметка_времени=datetime(2026, 3, 2, 12))
    desk.one_pass(answer(desk, 1, number="D-2026-0002"))
    desk.tabs[TAB].insert(1, list(desk.tabs[TAB][1]))
    put(desk, {"Отметка времени": datetime(2026, 3, 9), "Адрес электронной почты": "x@y.ru"}, row=1)
    put(desk, {"Решение": "Отказано"}, row=2)
    put(desk, {"Решение": "Отказано"}, row=3)
    desk.tabs[TAB].append(desk.tabs[TAB].pop(1))
    desk.tabs[TAB].insert(1, send(desk, Отметка_времени=datetime(2026, 3, 8)))
    desk.tabs[TAB].pop()
    desk.one_pass()
    assert [(word.number, word.new) for word in desk.journal] == [(NUMBER, "Отказано"), ("D-2026-0002", "Отказано")]
    assert [beside(desk, row)[1] for row in (2, 3)] == ["Принято"] * 2


# -- between reading and writing ---------------------------------------------------------


def test_a_cell_typed_after_reading_waits(desk: GridDesk) -> None:
    put(desk, {"Решение": "Отказано"})
    key = rows(desk)[0].key
    plan = plan_writes(desk.read(), desk.base, answer(desk, answer="Нужны данные", answer_text="1 – ИНН"), rows(desk), [])
    assert plan.notices == [Notice("edited-meanwhile", TAB, key, 2, "answer", "Отказано")]
    assert plan.waiting == {(TAB, key)}
    assert [write.field for write in plan.cells] == ["answer_text"]


def test_a_crash_between_write_and_record_is_no_edit() -> None:
    desk = GridDesk()
    send(desk)
    ours = answer(desk)
    _, plan = desk.one_pass(ours, write=False)
    desk.write(Changes(plan.cells, plan.appends), "as read")
    reading, plan = desk.one_pass(ours)
    assert idle(reading, plan)
    assert quiet(desk)
    ours = answer(desk, answer="Отказано")
    _, plan = desk.one_pass(ours, write=False)
    desk.write(Changes(plan.cells, plan.appends), "as read")
    put(desk, {"Ответить до": ""})
    desk.one_pass()
    assert [(word.number, word.column) for word in desk.journal] == [(NUMBER, "due_at")]
    assert beside(desk)[1] == "Отказано"
    assert beside(desk)[3] == datetime(2026, 3, 4, 18)


def test_a_row_edited_right_after_a_crash_is_still_known() -> None:
    desk = GridDesk()
    send(desk)
    _, plan = desk.one_pass(answer(desk), write=False)
    desk.write(Changes(plan.cells, plan.appends), "as read")
    put(desk, {"Количество лицензий": 20, "Решение": "Отказано"})
    desk.one_pass()
    assert [(word.number, word.old, word.new) for word in desk.journal] == [(NUMBER, "Принято", "Отказано")]
    assert beside(desk)[:2] == (NUMBER, "Принято")


def test_an_answer_that_never_reached_the_book_is_written_in_the_next_pass() -> None:
    desk = GridDesk()
    send(desk)
    ours = answer(desk)
    desk.one_pass(ours, write=False)
    reading, _ = desk.one_pass(ours)
    assert not reading.words
    assert beside(desk)[:2] == (NUMBER, "Принято")
    assert quiet(desk)


# -- tabs --------------------------------------------------------------------------------


def test_a_form_tab_that_is_missing_or_stopped_says_nothing_and_waits(desk: GridDesk) -> None:
    put(desk, {"Решение": "Отказано"})
    forms = rows(desk)
    ours = {**answer(desk), "Сделки": {NUMBER: deal(NUMBER)}}
    kept = desk.tabs.pop(TAB)
    assert read_words(desk.read(), desk.base, forms).words == []
    plan = plan_writes(desk.read(), desk.base, ours, forms, [])
    assert (plan.cells, plan.waiting) == ([], {(TAB, forms[0].key)})
    assert len(plan.appends) == 1, "the other tabs are written"
    desk.tabs[TAB] = [["что-то", *kept[0][1:]], *kept[1:]]
    assert read_words(desk.read(), desk.base, forms).words == []


def test_rows_of_several_forms_are_answered_in_one_pass(desk: GridDesk) -> None:
    other = "Форма Запрос"
    send(desk, other, Тема="Вопрос", Текст="Когда вебинар?")
    put(desk, {"Решение": "Отказано"})
    keys = {row.form.value: row.key for row in rows(desk)}
    desk.one_pass(
        {TAB: {keys["deal"]: {**ANSWER, "answer": "Нужны данные"}}, other: {keys["request"]: {**ANSWER, "number": "Q-2026-0001"}}}
    )
    assert beside(desk)[1] == "Нужны данные"
    assert desk.cell(other, "Q-2026-0001", "Решение") == "Принято"
    assert [word.tab for word in desk.journal] == [TAB]
    desk.type(other, "Q-2026-0001", {"Решение": "", "№": "Q-2026-0001"})
    put(desk, {"Решение": ""})
    desk.one_pass()
    assert [word.tab for word in desk.journal[1:]] == [TAB, other]
    assert quiet(desk)


def test_columns_of_ours_may_be_missing_and_answers_are_never_written(desk: GridDesk) -> None:
    place = desk.tabs[TAB][0].index("Причина")
    for row in desk.tabs[TAB]:
        del row[place]
    assert quiet(desk)
    _, plan = desk.one_pass(answer(desk, answer="Отказано", answer_text="3 – занято"))
    assert [write.field for write in plan.cells] == ["answer"]
    put(desk, {"Комментарий": "вписали сотрудники"})
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
