"""What people type becomes words of theirs: each once, with old and new value, and with what stands beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from cases.model import StaffWord, WordKind
from sheets.base import Notice
from sheets.columns import DEALS as DEALS_TAB
from sheets.merge import HOLD_OVER, read_words
from sheets.plan import plan_writes
from sheets.port import Changes
from sheets.projection import Shown
from sheets.values import canonical
from tests.sheets.grid_desk import DEALS, FIRST, SECOND, THIRD, GridDesk, idle, quiet, show, three_deals
from tests.sheets.sheet_books import deal

PARTNERS = "Партнёры"
PARTNER: Shown = {"number": "P-0001", "partner": "ООО Партнёр", "inn": "7707083893", "tier": "Белый", "discount": 10}


@pytest.fixture
def desk() -> GridDesk:
    return three_deals()


def facts(word: StaffWord) -> tuple[Any, ...]:
    """A word without its key and without what stands beside it."""
    return word.kind, word.tab, word.number, word.column, word.value, word.old, word.new


def last(desk: GridDesk) -> tuple[Any, ...]:
    """The one word that the last edit gave."""
    return facts(desk.journal[-1])


# -- Решение сотрудника ------------------------------------------------------------------


def test_a_decision_tells_all_that_staff_wrote_in_its_row(desk: GridDesk) -> None:
    desk.type(DEALS, SECOND, {"Решение сотрудника": "отказать ", "Код отказа": 3.0, "Скидка сотрудника %": "12,5"})
    desk.type(DEALS, SECOND, {"Комментарий сотрудника": "звонили\xa05 марта"})
    desk.one_pass()
    [word] = desk.journal
    assert facts(word) == (WordKind.DECISION, DEALS, SECOND, "staff_decision", "refuse", "", "отказать")
    assert word.beside == {"refusal_code": "3", "staff_discount": "12.5", "comment": "звонили 5 марта"}
    row = desk.seen(DEALS, SECOND)
    assert (row["Решение сотрудника"], row["Код отказа"]) == ("", "")
    assert (row["Скидка сотрудника %"], row["Комментарий сотрудника"]) == ("12,5", "звонили\xa05 марта")
    assert quiet(desk)
    assert len(desk.journal) == 1, "the discount was part of the decision"


@pytest.mark.parametrize("typed", ["может быть", "1.50"])
def test_a_decision_that_is_not_understood_is_told_as_it_was_typed_and_cleared(desk: GridDesk, typed: str) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": typed, "Комментарий сотрудника": "10,0"})
    desk.one_pass()
    assert last(desk) == (WordKind.DECISION, DEALS, FIRST, "staff_decision", "", "", typed)
    assert desk.journal[0].beside["comment"] == "10,0"
    assert desk.cell(DEALS, FIRST, "Решение сотрудника") == ""


def test_a_decision_stays_one_word_until_it_is_cleared_and_is_a_new_one_after(desk: GridDesk) -> None:
    for written in (False, False, True):
        desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
        desk.one_pass(write=written)
    assert len(desk.journal) == 1
    for _ in range(2):
        desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
        desk.one_pass()
    assert [word.value for word in desk.journal] == ["approve"] * 3


def test_a_decision_that_is_changed_before_it_could_be_cleared_is_another_word(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
    desk.one_pass(write=False)
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Отказать"})
    desk.one_pass()
    assert [word.value for word in desk.journal] == ["approve", "refuse"]
    assert desk.cell(DEALS, FIRST, "Решение сотрудника") == ""
    assert quiet(desk)


def test_a_decision_taken_back_before_it_could_be_cleared_may_be_typed_again(desk: GridDesk) -> None:
    for typed in ("Одобрить", "", "Одобрить"):
        desk.type(DEALS, FIRST, {"Решение сотрудника": typed})
        desk.one_pass(write=False)
    assert [word.value for word in desk.journal] == ["approve"] * 2


def test_words_in_one_row_do_not_renew_each_other(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить", "Заказчик": "ООО Другой"})
    desk.one_pass(write=False)
    desk.type(DEALS, FIRST, {"Заказчик": f"ООО Заказчик {FIRST}"})
    desk.one_pass(write=False)
    desk.type(DEALS, FIRST, {"Скидка сотрудника %": 15})
    desk.one_pass()
    assert [word.column for word in desk.journal] == ["customer", "staff_decision"]


# -- cells of the system's ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "typed", "column", "value", "old", "new"),
    [
        ("Состояние", "истекла", "state", "expired", "Зарегистрирована", "истекла"),
        ("Состояние", "как-нибудь", "state", "", "Зарегистрирована", "как-нибудь"),
        ("Состояние", None, "state", "", "Зарегистрирована", ""),
        ("Скидка %", "25,50 %", "discount", "25.5", "10", "25,5"),
        ("Скидка %", "четверть", "discount", "", "10", "четверть"),
        ("Действует до", datetime(2026, 12, 31), "valid_until", "2026-12-31", "02.06.2026", "31.12.2026"),  # noqa: DTZ001
        ("Действует до", "до зимы", "valid_until", "", "02.06.2026", "до зимы"),
    ],
)
def test_a_decision_cell_is_a_word_of_ours_or_is_not_understood(
    desk: GridDesk, header: str, typed: Any, column: str, value: str, old: str, new: str
) -> None:
    desk.type(DEALS, THIRD, {header: typed, "Комментарий сотрудника": "так решили"})
    desk.one_pass()
    [word] = desk.journal
    assert facts(word) == (WordKind.CELL, DEALS, THIRD, column, value, old, new)
    assert word.beside == {"refusal_code": "", "staff_discount": "", "comment": "так решили"}


@pytest.mark.parametrize(
    ("header", "typed"),
    [
        ("Состояние", "ЗАРЕГИСТРИРОВАНА\xa0"),
        ("Скидка %", "10,0 %"),
        ("Лицензий", "10"),
        ("Действует до", "2.6.2026"),
        ("Подана", "02.03.2026 12:00:00"),
        ("Партнёр", " ООО  Партнер"),
        ("Скидка сотрудника %", " "),
    ],
)
def test_another_dress_of_the_same_value_is_no_word_and_stays(desk: GridDesk, header: str, typed: Any) -> None:
    desk.type(DEALS, FIRST, {header: typed})
    assert quiet(desk)
    assert not desk.journal
    assert desk.cell(DEALS, FIRST, header) == typed


@pytest.mark.parametrize(
    ("header", "typed", "old", "new"),
    [
        ("Заказчик", "ООО Другой", f"ООО Заказчик {FIRST}", "ООО Другой"),
        ("Лицензий", "12,5", "10", "12,5"),
        ("Подана", "01.03.2026 9:00", "02.03.2026 12:00", "01.03.2026 09:00"),
        ("Статус продажи", "тендер", "в работе", "тендер"),
        ("Причина", "так надо", "", "так надо"),
        ("ИНН заказчика", "1", "0105013021", "1"),
    ],
)
def test_any_other_cell_of_the_systems_is_noted_each_time_and_put_back(
    desk: GridDesk, header: str, typed: Any, old: str, new: str
) -> None:
    before = desk.cell(DEALS, FIRST, header)
    for times in (1, 2):
        desk.type(DEALS, FIRST, {header: typed})
        desk.one_pass(write=False)
        desk.one_pass()
        assert desk.cell(DEALS, FIRST, header) == before
        assert len(desk.journal) == times
        assert quiet(desk)
    word = desk.journal[-1]
    assert (word.kind, word.number, word.old, word.new) == (WordKind.OVERWRITTEN, FIRST, old, new)
    assert word.value == canonical(typed, DEALS_TAB.column(word.column).type)
    assert word.beside == {}


def test_what_stands_and_is_said_already_gives_nothing_new_to_remember(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить", "Состояние": "Отказано", "Заказчик": "ООО Другой"})
    words = desk.hear()
    reading = read_words(desk.read(), desk.base, [])
    assert reading.words == words
    assert not reading.base_updates


def test_a_cell_that_its_author_puts_back_before_us_may_be_changed_again(desk: GridDesk) -> None:
    for typed in ("Отказано", "Зарегистрирована", "Отказано"):
        desk.type(DEALS, FIRST, {"Состояние": typed})
        desk.hear()
    assert [word.value for word in desk.journal] == ["refused"] * 2


def test_a_changed_cell_stands_until_the_ledger_shows_something(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Скидка %": 30})
    desk.one_pass()
    desk.one_pass()
    assert desk.cell(DEALS, FIRST, "Скидка %") == 30
    assert len(desk.journal) == 1, "said once, though it still stands"
    desk.one_pass(show(desk, FIRST, discount=30))
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Скидка %": 10})
    desk.one_pass(show(desk, FIRST, discount=30))
    assert desk.cell(DEALS, FIRST, "Скидка %") == 30, "put back"
    desk.type(DEALS, FIRST, {"Скидка %": 10})
    desk.one_pass()
    assert [facts(word)[5:] for word in desk.journal] == [("10", "30"), ("30", "10"), ("30", "10")]


# -- columns of staff's ------------------------------------------------------------------


def test_each_value_of_a_staff_column_is_a_word_however_often_it_was_there(desk: GridDesk) -> None:
    for typed in (15, "20 %", "15,0", 20, "", "много"):
        desk.type(DEALS, FIRST, {"Скидка сотрудника %": typed})
        desk.one_pass()
        assert desk.cell(DEALS, FIRST, "Скидка сотрудника %") == typed
        assert quiet(desk)
    said = [(word.kind, word.column, word.value, word.old, word.new) for word in desk.journal]
    assert said == [
        (WordKind.FIELD, "staff_discount", value, old, new)
        for value, old, new in (
            ("15", "", "15"),
            ("20", "15", "20"),
            ("15", "20", "15"),
            ("20", "15", "20"),
            ("", "20", ""),
            ("", "", "много"),
        )
    ]
    assert len({word.key for word in desk.journal}) == 6
    assert {tuple(word.beside) for word in desk.journal} == {()}


def test_a_word_of_a_list_in_a_staff_column_is_told_as_ours() -> None:
    desk = GridDesk()
    row = {"number": "Q-2026-0001", "partner": "ООО Партнёр", "partner_inn": "7707083893", "state": "Открыто", "remarks": ""}
    desk.one_pass({"Обучение": {"Q-2026-0001": row}})
    desk.type("Обучение", "Q-2026-0001", {"Присутствовал": "ДА", "Дата": "5.3.26", "Сертификат": "№ 7"})
    desk.one_pass()
    assert [(word.column, word.value, word.new) for word in desk.journal] == [
        ("held_on", "2026-03-05", "05.03.2026"),
        ("attended", "yes", "ДА"),
        ("certificate", "№ 7", "№ 7"),
    ]


@pytest.mark.parametrize("header", ["Комментарий сотрудника", "Код отказа"])
def test_a_note_of_staff_is_no_word_but_stands_beside_the_next_decision(desk: GridDesk, header: str) -> None:
    desk.type(DEALS, FIRST, {header: "3"})
    assert quiet(desk)
    assert not desk.journal
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Отказать"})
    desk.one_pass()
    assert "3" in desk.journal[0].beside.values()


def test_the_ground_of_a_tier_is_no_word() -> None:
    desk = GridDesk()
    desk.one_pass({PARTNERS: {"P-0001": PARTNER}})
    desk.type(PARTNERS, "P-0001", {"Основание": "крупный заказ", "Менеджер": "Петров", "Статус": "золотой"})
    desk.one_pass()
    assert [(word.kind, word.column, word.value) for word in desk.journal] == [
        (WordKind.CELL, "tier", "gold"),
        (WordKind.FIELD, "manager", "Петров"),
    ]
    assert desk.journal[0].beside["ground"] == "крупный заказ"


def test_a_formula_says_its_result_and_nothing_before_it_has_one(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Скидка сотрудника %": 15})
    desk.one_pass()
    desk.type(DEALS, FIRST, {"Скидка сотрудника %": None})
    desk.formulas[DEALS] = {desk.at(DEALS, FIRST, "Скидка сотрудника %")}
    desk.one_pass()
    assert len(desk.journal) == 1
    desk.type(DEALS, FIRST, {"Скидка сотрудника %": 20})
    desk.one_pass()
    assert last(desk)[4:] == ("20", "15", "20")


def test_an_error_in_a_staff_column_says_nothing(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Скидка сотрудника %": "#REF!", "Комментарий сотрудника": "важно"})
    desk.errors[DEALS] = {desk.at(DEALS, FIRST, "Скидка сотрудника %")}
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
    desk.one_pass()
    assert [word.column for word in desk.journal] == ["staff_decision"]


def test_columns_may_be_missing_and_foreign_ones_are_left_alone(desk: GridDesk) -> None:
    gone = {"Код отказа", "Решение сотрудника", "Причина", "Скидка сотрудника %", "Заказчик"}
    places = [place for place, header in enumerate(desk.tabs[DEALS][0]) if header not in gone]
    desk.tabs[DEALS] = [
        [*(row[place] for place in reversed(places)), own] for row, own in zip(desk.tabs[DEALS], "xабв", strict=True)
    ]
    desk.tabs[DEALS][0][-1] = "Моё"
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Состояние": "Отказано"})
    desk.one_pass({DEALS: {SECOND: deal(SECOND, reason="3 – занято", state="Отказано"), THIRD: deal(THIRD, discount=7)}})
    [word] = desk.journal
    assert (word.value, word.beside) == ("refused", {"comment": ""})
    assert (desk.cell(DEALS, SECOND, "Состояние"), desk.cell(DEALS, THIRD, "Скидка %")) == ("Отказано", 7)
    assert [desk.cell(DEALS, number, "Моё") for number in (FIRST, SECOND, THIRD)] == ["а", "б", "в"]


# -- whole rows --------------------------------------------------------------------------


def test_a_deleted_row_is_one_word_and_comes_back_as_it_was(desk: GridDesk) -> None:
    desk.type(DEALS, SECOND, {"Комментарий сотрудника": "важный", "Скидка сотрудника %": 15})
    desk.one_pass()
    desk.journal.clear()
    for times in (1, 2):
        desk.tabs[DEALS].remove(desk.row(DEALS, SECOND))
        desk.one_pass(write=False)
        desk.one_pass(show(desk, SECOND, remarks="Строка была удалена"))
        assert len(desk.journal) == times
        assert facts(desk.journal[-1]) == (WordKind.ROW_DELETED, DEALS, SECOND, "number", "", SECOND, "")
        row = desk.seen(DEALS, SECOND)
        assert (row["Замечания"], row["Комментарий сотрудника"]) == ("Строка была удалена", "важный")
        assert row["Скидка сотрудника %"] == 15
        assert row["Заказчик"] == f"ООО Заказчик {SECOND}"
        assert desk.tabs[DEALS][-1] is desk.row(DEALS, SECOND)
        assert quiet(desk)


def test_a_deleted_row_that_is_put_back_by_hand_is_in_agreement_again(desk: GridDesk) -> None:
    row = desk.row(DEALS, SECOND)
    for _ in range(2):
        desk.tabs[DEALS].remove(row)
        desk.hear()
        desk.tabs[DEALS].append(row)
        desk.hear()
    assert quiet(desk)
    assert [word.kind for word in desk.journal] == [WordKind.ROW_DELETED] * 2


def test_rows_that_cannot_be_told_are_named_with_their_place(desk: GridDesk) -> None:
    desk.tabs[DEALS].append(list(desk.row(DEALS, FIRST)))
    desk.tabs[DEALS].append(["", "кто-то"])
    desk.tabs[DEALS].append(["0777", "кто-то"])
    desk.row(DEALS, SECOND)[0] = ""
    reading, plan = desk.one_pass(show(desk, FIRST, state="Выиграна"))
    assert reading.notices == [
        Notice("number-doubled", DEALS, FIRST, 2),
        Notice("number-doubled", DEALS, FIRST, 5),
        Notice("number-absent", DEALS, "", 3),
        Notice("number-absent", DEALS, "", 6),
        Notice("number-unknown", DEALS, "0777", 7),
    ]
    assert [facts(word)[:3] for word in reading.words] == [(WordKind.ROW_DELETED, DEALS, SECOND)]
    assert plan.waiting == {(DEALS, FIRST)}
    assert not plan.cells


def test_the_rows_after_one_that_cannot_be_told_are_heard(desk: GridDesk) -> None:
    desk.tabs[DEALS].insert(1, ["", "кто-то"])
    desk.type(DEALS, FIRST, {"Партнёр": "А", "ИНН партнёра": "1", "Заказчик": "Б", "ИНН заказчика": "2"})
    desk.type(DEALS, SECOND, {"Решение сотрудника": "Одобрить"})
    desk.type(DEALS, THIRD, {"Решение сотрудника": "Отказать"})
    desk.one_pass()
    assert [(word.number, word.value) for word in desk.journal] == [(SECOND, "approve"), (THIRD, "refuse")]


def test_a_number_of_another_case_makes_no_row_of_it_before_the_case_is_shown(desk: GridDesk) -> None:
    """What is announced but not yet written is no deleted row."""
    desk.one_pass({DEALS: {"D-2026-0009": deal("D-2026-0009")}}, write=False)
    reading, _ = desk.one_pass()
    assert not reading.words
    desk.one_pass({DEALS: {"D-2026-0009": deal("D-2026-0009")}})
    assert desk.cell(DEALS, "D-2026-0009", "Состояние") == "Зарегистрирована"
    assert quiet(desk)


def test_cells_of_another_case_are_not_acted_on_and_not_written(desk: GridDesk) -> None:
    naming = ("Партнёр", "ИНН партнёра", "Заказчик", "ИНН заказчика")
    desk.type(DEALS, FIRST, {**dict.fromkeys(naming, "чужое"), "Состояние": "Отказано"})
    reading, plan = desk.one_pass(show(desk, FIRST, discount=40))
    assert reading.notices == [Notice("row-mismatched", DEALS, FIRST, 2)]
    assert reading.untouchable == {(DEALS, FIRST)} == plan.waiting
    assert idle(reading, plan)
    assert desk.cell(DEALS, FIRST, "Состояние") == "Отказано"


def test_a_partner_under_anothers_number_is_not_acted_on() -> None:
    desk = GridDesk()
    desk.one_pass({PARTNERS: {"P-0001": PARTNER}})
    desk.type(PARTNERS, "P-0001", {"Партнёр": "ООО Чужой", "ИНН": "1", "Статус": "Золотой"})
    reading, _ = desk.one_pass()
    assert [(notice.code, notice.number) for notice in reading.notices] == [("row-mismatched", "P-0001")]
    assert not reading.words


def test_a_row_that_still_names_its_case_in_one_cell_is_its_own(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Партнёр": "А", "ИНН партнёра": "1", "Заказчик": "Б"})
    reading, _ = desk.one_pass()
    assert not reading.notices
    assert [word.column for word in reading.words] == ["partner", "partner_inn", "customer"]
    assert quiet(desk)


def test_a_row_that_can_be_known_by_one_cell_alone_is_its_own() -> None:
    desk = GridDesk()
    desk.one_pass(show(desk, FIRST, partner_inn="", customer="", customer_inn=""))
    desk.type(DEALS, FIRST, {"Партнёр": "ООО Переименован"})
    reading, _ = desk.one_pass()
    assert [word.column for word in reading.words] == ["partner"]


def test_a_sort_of_some_columns_only_is_seen_though_partner_and_customer_are_the_same() -> None:
    desk = GridDesk()
    same = {"customer": "ООО Ромашка"}
    desk.one_pass(
        {
            DEALS: {
                FIRST: deal(FIRST, **same),
                SECOND: deal(SECOND, **same, products="Стахановец", submitted_at=datetime(2026, 3, 3, 9)),  # noqa: DTZ001
            }
        }
    )
    desk.one_pass()
    first, second = desk.row(DEALS, FIRST), desk.row(DEALS, SECOND)
    first[1:], second[1:] = second[1:], first[1:]
    desk.type(DEALS, FIRST, {"Состояние": "Отказано"})
    reading, plan = desk.one_pass(show(desk, SECOND, **same, state="Выиграна"))
    assert [(notice.code, notice.number) for notice in reading.notices] == [("row-mismatched", FIRST), ("row-mismatched", SECOND)]
    assert not reading.words
    assert not plan.cells


def test_one_cell_like_another_cases_is_an_edit(desk: GridDesk) -> None:
    """Of two deals that differ in their customer alone, one may be given the other's."""
    desk.type(DEALS, FIRST, {"Заказчик": f"ООО Заказчик {SECOND}"})
    reading, _ = desk.one_pass()
    assert [word.column for word in reading.words] == ["customer"]
    assert not reading.notices


def test_two_cells_unlike_any_case_are_an_edit(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Новый", "Продукты": "Стахановец"})
    reading, _ = desk.one_pass()
    assert [word.column for word in reading.words] == ["customer", "products"]
    assert not reading.notices


# -- many rows at once -------------------------------------------------------------------


def many(count: int) -> tuple[GridDesk, list[str]]:
    desk = GridDesk()
    numbers = [f"D-2026-{serial:04}" for serial in range(1, count + 1)]
    desk.one_pass({DEALS: {number: deal(number) for number in numbers}})
    return desk, numbers


def test_twenty_rows_at_once_are_acted_on(desk: GridDesk) -> None:
    desk, numbers = many(HOLD_OVER)
    assert HOLD_OVER == 20
    for number in numbers:
        desk.type(DEALS, number, {"Состояние": "Отказано"})
    reading, _ = desk.one_pass()
    assert (len(reading.words), reading.held, reading.untouchable) == (20, [], set())


def test_more_than_twenty_rows_are_held_untouched_until_staff_have_answered() -> None:
    desk, numbers = many(HOLD_OVER + 2)
    changed = numbers[:-1]
    for number in changed:
        desk.type(DEALS, number, {"Состояние": "Отказано", "Действует до": date(2027, 1, 1)})
    desk.type(DEALS, numbers[-1], {"Решение сотрудника": "Одобрить"})
    for _ in range(2):
        reading, plan = desk.one_pass(show(desk, changed[0], customer="ООО Новый"))
        assert {word.number for word in reading.held} == set(changed)
        assert len(reading.held) == 2 * len(changed)
        assert reading.untouchable == {(DEALS, number) for number in changed}
        assert plan.waiting == {(DEALS, changed[0])}
        assert desk.cell(DEALS, changed[0], "Состояние") == "Отказано"
    assert [word.number for word in desk.journal] == [numbers[-1]], "another row's word is heard meanwhile"
    desk.journal.extend(reading.held)  # staff have said: yes, so it was meant
    reading, plan = desk.one_pass(show(desk, changed[0], state="Отказано", valid_until=date(2027, 1, 1)))
    assert {word.number for word in reading.words} == set(changed)
    assert [reading.held, reading.untouchable, plan.waiting] == [[], set(), set()]
    desk.one_pass({DEALS: {number: deal(number, state="Отказано", valid_until=date(2027, 1, 1)) for number in changed}})
    assert quiet(desk)


def test_rows_that_staff_have_answered_for_do_not_count() -> None:
    desk, numbers = many(2 * HOLD_OVER + 1)
    for number in numbers[: HOLD_OVER + 1]:
        desk.type(DEALS, number, {"Состояние": "Отказано"})
    reading, _ = desk.one_pass()
    desk.journal.extend(reading.held)
    for number in numbers[HOLD_OVER + 1 :]:
        desk.type(DEALS, number, {"Скидка %": 30})
    reading, _ = desk.one_pass()
    assert (len(reading.words), len(reading.held)) == (2 * HOLD_OVER + 1, 0)


def test_a_row_is_held_for_one_unanswered_word_among_answered_ones() -> None:
    desk, numbers = many(HOLD_OVER + 1)
    for number in numbers:
        desk.type(DEALS, number, {"Состояние": "Отказано"})
    reading, _ = desk.one_pass()
    desk.journal.extend(reading.held)
    for number in numbers:
        desk.type(DEALS, number, {"Скидка %": 30})
    reading, _ = desk.one_pass()
    assert len(reading.held) == 2 * len(numbers)


def test_a_word_that_was_read_before_does_not_count_as_a_change() -> None:
    desk, numbers = many(HOLD_OVER + 1)
    desk.type(DEALS, numbers[0], {"Состояние": "Отказано"})
    desk.one_pass(write=False)
    for number in numbers[1:]:
        desk.type(DEALS, number, {"Состояние": "Отказано"})
    reading, _ = desk.one_pass(write=False)
    assert (len(reading.words), len(reading.held)) == (HOLD_OVER + 1, 0)


def test_a_word_that_could_not_be_recorded_does_not_count_again() -> None:
    desk, numbers = many(HOLD_OVER + 1)
    desk.type(DEALS, numbers[0], {"Состояние": "Отказано"})
    desk.hear()
    desk.journal.clear()  # it failed, and was set aside
    for number in numbers[1:]:
        desk.type(DEALS, number, {"Состояние": "Отказано"})
    reading, _ = desk.one_pass()
    assert (len(reading.words), len(reading.held)) == (HOLD_OVER + 1, 0)


@pytest.mark.parametrize("header", ["Заказчик", "Решение сотрудника", "Скидка сотрудника %"])
def test_other_cells_may_be_changed_in_any_number_of_rows(header: str) -> None:
    desk, numbers = many(HOLD_OVER + 3)
    for number in numbers:
        desk.type(DEALS, number, {header: "15"})
    reading, _ = desk.one_pass()
    assert (len(reading.words), len(reading.held)) == (len(numbers), 0)


def test_a_row_with_two_changes_counts_once() -> None:
    desk, numbers = many(HOLD_OVER)
    for number in numbers:
        desk.type(DEALS, number, {"Состояние": "Отказано", "Скидка %": 3, "Заказчик": "ООО Другой"})
    reading, _ = desk.one_pass()
    assert (len(reading.words), len(reading.held)) == (3 * HOLD_OVER, 0)


# -- tabs that say nothing ---------------------------------------------------------------


def test_a_tab_that_is_missing_or_stopped_says_nothing_and_waits(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Состояние": "Отказано"})
    rows = desk.tabs.pop(DEALS)
    reading, plan = desk.one_pass(show(desk, FIRST))
    assert idle(reading, plan)
    assert plan.waiting == {(DEALS, FIRST)}
    desk.tabs[DEALS] = [["№", "№", *rows[0][2:]], *rows[1:]]
    reading, plan = desk.one_pass(show(desk, FIRST))
    assert idle(reading, plan)
    assert plan.waiting == {(DEALS, FIRST)}


def test_words_of_all_tabs_are_heard_in_one_pass(desk: GridDesk) -> None:
    desk.one_pass({PARTNERS: {"P-0001": PARTNER}})
    desk.type(DEALS, FIRST, {"Скидка %": 30})
    desk.type(PARTNERS, "P-0001", {"Скидка %": 30})
    desk.one_pass({DEALS: {FIRST: deal(FIRST, discount=30)}, PARTNERS: {"P-0001": {**PARTNER, "discount": 30}}})
    assert [(word.tab, word.number, word.value) for word in desk.journal] == [(PARTNERS, "P-0001", "30"), (DEALS, FIRST, "30")]
    assert quiet(desk)


# -- an upgrade --------------------------------------------------------------------------


def test_the_key_of_a_word_is_the_same_in_every_release(desk: GridDesk) -> None:
    """Else a word that stands in the sheet while the program is replaced would be heard twice."""
    for _ in range(2):
        desk.type(DEALS, FIRST, {"Решение сотрудника": "Одобрить"})
        desk.one_pass()
    assert [word.key[:16] for word in desk.journal] == ["beb9776771131c8d", "c030e930a7cdd833"]


# -- crashes -----------------------------------------------------------------------------


def crash_after_writing(desk: GridDesk, ours: Any) -> None:
    """The batch reached the book, and the power went before that was recorded."""
    snapshot = desk.read()
    _, plan = desk.one_pass(ours, write=False)
    desk.write(Changes(plan.cells, plan.appends), snapshot.fingerprint)


def test_what_was_written_before_a_crash_is_ours(desk: GridDesk) -> None:
    ours = {DEALS: {FIRST: deal(FIRST, state="Выиграна", discount=40), "D-2026-0009": deal("D-2026-0009")}}
    crash_after_writing(desk, ours)
    reading, plan = desk.one_pass(ours)
    assert idle(reading, plan)
    assert not reading.notices
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Состояние": "Зарегистрирована"})
    desk.one_pass()
    assert [facts(word)[5:] for word in desk.journal] == [("Выиграна", "Зарегистрирована")]


def test_what_was_not_written_before_a_crash_is_written_anew(desk: GridDesk) -> None:
    desk.one_pass(show(desk, FIRST, state="Выиграна", discount=40), write=False)
    desk.one_pass()
    reading, plan = desk.one_pass(show(desk, FIRST, state="Проиграна", discount=40))
    assert not reading.words
    assert {write.field for write in plan.cells} == {"state", "discount"}
    assert desk.cell(DEALS, FIRST, "Состояние") == "Проиграна"
    assert quiet(desk)


def test_what_people_put_back_themselves_before_us_does_not_pass_for_what_we_wrote(desk: GridDesk) -> None:
    ours = show(desk, FIRST, state="Выиграна")
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Другой"})
    desk.one_pass(ours, write=False)
    desk.type(DEALS, FIRST, {"Заказчик": f"ООО Заказчик {FIRST}"})
    desk.one_pass(ours)
    assert [word.column for word in desk.journal] == ["customer"], "the state is no word of staff's"
    assert desk.cell(DEALS, FIRST, "Состояние") == "Выиграна"


def test_a_hand_change_after_a_crash_is_told_against_what_was_written(desk: GridDesk) -> None:
    crash_after_writing(desk, show(desk, FIRST, state="Выиграна", discount=40))
    desk.type(DEALS, FIRST, {"Скидка %": 50})
    desk.one_pass()
    assert [facts(word)[3:] for word in desk.journal] == [("discount", "50", "40", "50")]


def test_a_row_that_a_person_deletes_after_a_crash_is_written_again(desk: GridDesk) -> None:
    ours = {DEALS: {"D-2026-0009": deal("D-2026-0009")}}
    crash_after_writing(desk, ours)
    desk.tabs[DEALS].pop()
    desk.one_pass(ours)
    assert desk.cell(DEALS, "D-2026-0009", "Состояние") == "Зарегистрирована"
    assert not desk.journal


def test_the_same_put_back_after_a_crash_is_no_new_word(desk: GridDesk) -> None:
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Другой"})
    crash_after_writing(desk, {})
    assert quiet(desk)
    desk.type(DEALS, FIRST, {"Заказчик": "ООО Другой"})
    desk.one_pass()
    assert len(desk.journal) == 2


def test_plan_writes_alone_knows_no_untouchable_rows(desk: GridDesk) -> None:
    plan = plan_writes(desk.read(), desk.base, show(desk, FIRST, state="Выиграна"), [], [])
    assert [(write.field, write.value) for write in plan.cells] == [("state", "Выиграна")]
