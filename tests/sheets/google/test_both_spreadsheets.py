"""One suite over both spreadsheets: what the port promises, whatever stands behind it."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sheets.columns import TABS
from sheets.port import Changed, Changes, RowAppend
from sheets.reading import form_rows
from sheets.shape import Type
from sheets.values import canonical
from tests.sheets.google.two_houses import DEALS, FORM, House, deal, deals, google_house, line, summary, workbook_house
from tests.wire.sheets.server import SheetsServer

ONE, TWO, THREE = "D-2026-0001", "D-2026-0002", "D-2026-0003"


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as server:
        yield server
        assert not server.service.violations


@pytest.fixture(params=["xlsx", "google"])
def house(request: pytest.FixtureRequest, tmp_path: Path, server: SheetsServer) -> House:
    return workbook_house(tmp_path) if request.param == "xlsx" else google_house(tmp_path, server)


@pytest.fixture
def two(house: House) -> House:
    """With two deals shown."""
    house.one_pass(deals(ONE, TWO))
    return house


def submitted(house: House, **changes: Any) -> None:
    answers = {
        "stamp": datetime(2026, 3, 2, 11, 59, 30),
        "address": "anna@partner.ru",
        "partner_inn": "7707083893",
        "customer": "ООО Заказчик",
        "customer_inn": "0105013021",
        "kind": "Новая",
        "products": "Стахановец Про",
        "licences": 25,
    }
    house.people.add(FORM, **{**answers, **changes})


def test_a_new_book_has_every_tab_and_is_made_once(house: House) -> None:
    snapshot = house.read()
    assert not snapshot.faults
    assert set(snapshot.tabs) == {tab.name for tab in TABS}
    assert not house.book.ensure("again")
    assert house.book.fingerprint() == snapshot.fingerprint


def test_what_was_written_reads_the_same_and_is_written_once(two: House) -> None:
    assert two.shown(DEALS, "state") == {ONE: "Зарегистрирована", TWO: "Зарегистрирована"}
    assert two.shown(DEALS, "discount") == {ONE: "10", TWO: "10"}
    assert two.shown(DEALS, "valid_until") == {ONE: "2026-06-02", TWO: "2026-06-02"}
    assert two.shown(DEALS, "due_at") == {ONE: "2026-03-04T18:00", TWO: "2026-03-04T18:00"}
    assert two.shown(DEALS, "customer_inn") == {ONE: "0105013021", TWO: "0105013021"}
    assert two.book.fingerprint() == two.reports[-1].fingerprint, "our own write is nothing new"
    reading, plan = two.one_pass(deals(ONE, TWO))
    assert not reading.words
    assert not reading.notices
    assert not plan.cells
    assert not plan.appends


def test_a_word_of_staffs_is_heard_once_and_cleared(two: House) -> None:
    two.people.type(DEALS, TWO, "staff_decision", "Аннулировать")
    reading, _ = two.one_pass(deals(TWO, state="Аннулирована"))
    assert [(word.number, word.column, word.new) for word in reading.words] == [(TWO, "staff_decision", "Аннулировать")]
    assert two.shown(DEALS, "staff_decision") == {ONE: "", TWO: ""}
    assert two.shown(DEALS, "state") == {ONE: "Зарегистрирована", TWO: "Аннулирована"}
    reading, plan = two.one_pass()
    assert not reading.words
    assert not plan.cells


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("discount", 10.0),
        ("discount", "10%"),
        ("valid_until", date(2026, 6, 2)),
        ("licences", "10"),
        ("customer_inn", "'0105013021"),
    ],
)
def test_the_same_in_other_words_is_no_decision(two: House, name: str, value: Any) -> None:
    two.people.type(DEALS, ONE, name, value)
    reading, plan = two.one_pass()
    assert not reading.words
    assert not plan.cells
    assert not plan.appends


def test_a_percent_typed_by_staff_is_a_plain_number(two: House) -> None:
    two.people.type(DEALS, ONE, "staff_discount", "15%")
    reading, _ = two.one_pass()
    assert [(word.column, word.new) for word in reading.words] == [("staff_discount", "15")]


@pytest.mark.parametrize("text", ["=1+1", "+7 900", "-5", "@SUM(A1)", "'quoted", "1,5", "007", "01.02.2026", "10%"])
def test_text_stays_text(house: House, text: str) -> None:
    house.one_pass(deals(ONE, customer=text))
    snapshot = house.read()
    sheet = snapshot.tabs[DEALS]
    assert [sheet.cell(row, "customer") for row in sheet.rows] == [text]


def test_rows_that_were_sorted_keep_their_own_values(two: House) -> None:
    two.people.sort(DEALS, "number", down=True)
    reading, _ = two.one_pass(deals(ONE, state="Выиграна"))
    assert not reading.words
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Зарегистрирована"}
    assert list(two.shown(DEALS, "state")) == [TWO, ONE], "people's order stays"


def test_rows_that_move_between_read_and_write_are_followed(two: House) -> None:
    def at_work() -> None:
        two.people.sort(DEALS, "number", down=True)
        two.people.insert(DEALS, 2)

    two.between = at_work
    two.one_pass(deals(ONE, state="Выиграна"))
    two.one_pass(deals(TWO, state="Проиграна"))
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Проиграна"}


def test_a_word_typed_between_read_and_write_is_not_lost(two: House) -> None:
    two.people.type(DEALS, ONE, "staff_decision", "Оставить")
    two.between = lambda: two.people.type(DEALS, ONE, "staff_decision", "Аннулировать")
    two.one_pass()
    two.one_pass()
    assert "Аннулировать" in [word.new for word in two.journal]


def test_a_row_deleted_between_read_and_write_gives_nobody_its_values(two: House) -> None:
    two.between = lambda: two.people.delete(DEALS, ONE)
    two.one_pass(deals(ONE, state="Выиграна"))
    assert two.shown(DEALS, "state")[TWO] == "Зарегистрирована"


def test_new_rows_come_below_and_lines_are_added_once(two: House) -> None:
    two.one_pass(deals(THREE), lines=3)
    assert list(two.shown(DEALS, "state")) == [ONE, TWO, THREE]
    assert [row["Подробности"] for row in two.seen("Журнал")] == ["запись 0", "запись 1", "запись 2"]


def test_a_deleted_row_comes_back_with_what_staff_wrote(two: House) -> None:
    two.people.type(DEALS, ONE, "comment", "важный клиент")
    two.one_pass()
    two.people.delete(DEALS, ONE)
    two.one_pass(deals(ONE))
    two.one_pass(deals(ONE))
    assert two.shown(DEALS, "comment") == {ONE: "важный клиент", TWO: ""}


def test_form_rows_are_read_and_answered_beside_the_answers(house: House) -> None:
    submitted(house)
    submitted(house, customer="ООО Другой")
    rows, faults = form_rows(house.read())
    assert not faults
    assert [row.answers["licences"] for row in rows] == ["25", "25"]
    assert [row.stamp_text for row in rows] == ["02.03.2026 11:59:30"] * 2
    answer: dict[str, Any] = {
        "number": ONE,
        "answer": "Принято",
        "answer_text": "",
        "due_at": datetime(2026, 3, 4, 18),
        "answered_at": None,
    }
    house.one_pass({FORM: {rows[0].key: answer, rows[1].key: {**answer, "number": TWO}}})
    seen = house.seen(FORM)
    assert [(row["Заказчик"], row["№"], row["Решение"]) for row in seen] == [
        ("ООО Заказчик", ONE, "Принято"),
        ("ООО Другой", TWO, "Принято"),
    ]
    again, _ = form_rows(house.read())
    assert [row.key for row in again] == [row.key for row in rows]


def test_equal_form_rows_keep_their_order_when_the_sheet_is_sorted(house: House) -> None:
    for customer in ("ООО Б", "ООО А", "ООО Б"):
        submitted(house, customer=customer)
    rows, _ = form_rows(house.read())
    answer: dict[str, Any] = {"answer": "Принято", "answer_text": "", "due_at": None, "answered_at": None}
    house.between = lambda: house.people.sort(FORM, "customer")
    house.one_pass({FORM: {rows[0].key: {**answer, "number": ONE}, rows[1].key: {**answer, "number": TWO}}})
    house.one_pass()
    assert {(row["Заказчик"], row["№"]) for row in house.seen(FORM)} == {("ООО Б", ONE), ("ООО А", TWO)}


def test_a_missing_tab_is_named_and_made_again(two: House) -> None:
    two.people.drop("Обращения")
    two.people.drop("Форма Запрос")
    assert {(fault.code, fault.tab) for fault in two.read().faults} == {
        ("tab-missing", "Обращения"),
        ("tab-missing", "Форма Запрос"),
    }
    assert two.book.ensure("s").tabs == ("Обращения",)
    assert [fault.tab for fault in two.read().faults] == ["Форма Запрос"]
    assert not two.book.ensure("s")
    assert two.book.ensure("s", forms=True).tabs == ("Форма Запрос",)
    assert len(two.seen(DEALS)) == 2


def test_headers_that_people_broke_are_named(two: House) -> None:
    two.people.head(DEALS, "Замечания", "  состояние ")
    snapshot = two.read()
    assert ("header-doubled", "Состояние") in [(fault.code, fault.header) for fault in snapshot.faults]
    assert snapshot.usable(DEALS) is None
    assert snapshot.usable("Партнёры") is not None


def test_staffs_own_tabs_are_read_by_meaning(house: House) -> None:
    house.people.add("Продажи", on=date(2026, 3, 1), partner_inn="7707083893", deal=ONE, amount=1234.5)
    snapshot = house.read()
    sheet = snapshot.tabs["Продажи"]
    (row,) = sheet.rows
    assert row.position == 2
    assert sheet.cell(row, "amount") == 1234.5


def test_the_summary_is_laid_out(two: House) -> None:
    two.book.write(Changes((), (line("x"),), summary()), two.read().fingerprint, "s")
    cells = {str(row[0]): row[1] for row in two.people.grid("Сводка")}
    assert float(cells["Зарегистрирована"]) == 2
    assert canonical(cells["Последний проход"], Type.DATETIME) == "2026-03-02T12:00"


def test_what_was_not_read_is_not_written(two: House) -> None:
    with pytest.raises(Changed):
        two.book.write(Changes((), (line("x"),)), "another fingerprint", "s")
    assert not two.seen("Журнал")


def test_a_row_that_stands_there_is_not_added_again(two: House) -> None:
    snapshot = two.read()
    two.people.add(DEALS, number=THREE)
    with pytest.raises(Changed):
        two.book.write(Changes((), (RowAppend(DEALS, THREE, deal(THREE)),)), snapshot.fingerprint, "s")
    assert list(two.shown(DEALS, "state")) == [ONE, TWO, THREE]


# -- `Лиды`: rows of people's that get a number ------------------------------------------------

LEADS = "Лиды"
FIRST_LEAD, SECOND_LEAD = "L-2026-0001", "L-2026-0002"


def handed_out(house: House) -> dict[str, dict[str, Any]]:
    """Two leads that people wrote down and the ledger took in; what they are to show."""
    for number, name in ((FIRST_LEAD, "Бета"), (SECOND_LEAD, "Альфа")):
        house.people.add(LEADS, lead=name, contact=f"контакт {name}")
        house.base.setdefault(LEADS, {})[number] = {"lead": name, "contact": f"контакт {name}", "region": ""}
    shown = {"partner": "ООО Партнёр", "handed_at": datetime(2026, 3, 2, 12)}
    return {LEADS: {number: {"number": number, **shown} for number in (FIRST_LEAD, SECOND_LEAD)}}


def test_leads_get_their_numbers_in_their_own_rows_though_people_are_at_work(house: House) -> None:
    ours = handed_out(house)

    def at_work() -> None:
        house.people.sort(LEADS, "lead")
        house.people.insert(LEADS, 2)
        house.people.add(LEADS, lead="Гамма", contact="контакт Гамма")

    house.between = at_work
    house.one_pass(ours)
    assert house.shown(LEADS, "lead") == {FIRST_LEAD: "Бета", SECOND_LEAD: "Альфа"}
    assert house.shown(LEADS, "partner") == {FIRST_LEAD: "ООО Партнёр", SECOND_LEAD: "ООО Партнёр"}
    assert [row["№"] for row in house.seen(LEADS) if row["Лид"] == "Гамма"] == [""]
    reading, plan = house.one_pass(ours)
    assert not reading.words
    assert not plan.cells
    assert not plan.appends


def test_what_people_do_to_numbered_leads_is_said_and_their_cells_stay(house: House) -> None:
    house.one_pass(handed_out(house))
    house.people.type(LEADS, FIRST_LEAD, "contact", "другой")
    house.people.type(LEADS, SECOND_LEAD, "partner", "ООО Другой")
    house.people.type(LEADS, SECOND_LEAD, "number", "17")
    reading, _ = house.one_pass()
    assert sorted((word.number, word.kind, word.column, word.new) for word in reading.words) == [
        (FIRST_LEAD, "field", "contact", "другой"),
        (SECOND_LEAD, "overwritten", "number", "17"),
        (SECOND_LEAD, "overwritten", "partner", "ООО Другой"),
    ]
    assert house.shown(LEADS, "contact") == {FIRST_LEAD: "другой", SECOND_LEAD: "контакт Альфа"}
    assert house.shown(LEADS, "partner") == {FIRST_LEAD: "ООО Партнёр", SECOND_LEAD: "ООО Партнёр"}
    house.people.delete(LEADS, FIRST_LEAD)
    reading, _ = house.one_pass({LEADS: {FIRST_LEAD: {"number": FIRST_LEAD, "partner": "ООО Партнёр"}}})
    assert [(word.kind, word.number) for word in reading.words] == [("row-deleted", FIRST_LEAD)]
    assert house.shown(LEADS, "contact") == {FIRST_LEAD: "другой", SECOND_LEAD: "контакт Альфа"}
