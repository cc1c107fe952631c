"""Form rows that people edit: each is still its case's, and says what the case says («Регистрация сделки»)."""

from __future__ import annotations

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from tests.scenarios.desk_work import edit, journal, place
from tests.scenarios.house import House, inn

DAY = "2026-03-02"  # a Monday
ADDRESS, PARTNER, CUSTOMER = "a@one.example", inn(1), inn(100)
FORM, LICENCES = "Форма Сделка", "Количество лицензий"


@pytest.fixture
def office(house: House) -> House:
    """One deal in two rows, both without a number of licences."""
    house.partner(ADDRESS, "ООО «Один»", PARTNER, at=f"{DAY} 09:00")
    house.ok(f"{DAY} 09:05")
    for hour, licences in ((10, "десять"), (11, "много")):
        house.deal(f"{DAY} {hour}:00", ADDRESS, PARTNER, "ООО «Клиент»", CUSTOMER, **{LICENCES: licences})
        house.ok(f"{DAY} {hour}:05")
    assert [row["№"] for row in house.rows(FORM)] == ["D-2026-0001"] * 2
    return house


def typed(house: House, header: str, *values: int | str | None) -> None:
    """Into that column of the form's rows, from the first one on; None leaves a cell as it is."""

    def change(book: Workbook) -> None:
        sheet = book[FORM]
        for row, value in enumerate(values, start=2):
            if value is not None:
                sheet.cell(row, place(sheet, header)).value = value

    edit(house, change)


def answers(house: House) -> list[tuple[object, str]]:
    return [(row[LICENCES], f"{row['Решение']} {row['Ответ отправлен']:%H:%M}") for row in house.rows(FORM)]


def test_two_rows_of_a_deal_edited_at_once_both_show_its_answer(office: House) -> None:
    typed(office, LICENCES, 20, 30)
    office.ok(f"{DAY} 12:05")
    assert answers(office) == [(20, "Принято 12:05"), (30, "Принято 12:05")]
    assert office.row("Сделки", "D-2026-0001")["Лицензий"] == 30
    assert len(office.mails("deal-registered")) == 1


def test_the_row_beside_an_edited_one_shows_what_came_of_it(office: House) -> None:
    typed(office, LICENCES, 20)
    office.ok(f"{DAY} 12:05")
    assert [answer.split()[0] for _, answer in answers(office)] == ["Принято"] * 2
    assert office.row("Сделки", "D-2026-0001")["Лицензий"] == 20


def test_an_answer_changed_by_hand_beside_edited_rows_is_put_back_in_staffs_words(office: House) -> None:
    typed(office, LICENCES, 20, 30)
    office.ok(f"{DAY} 12:05")
    typed(office, LICENCES, 21, 31)
    typed(office, "Решение", "Отказано")
    office.ok(f"{DAY} 12:15")
    assert [answer.split()[0] for _, answer in answers(office)] == ["Принято"] * 2
    remarks = str(office.row("Сделки", "D-2026-0001")["Замечания"])
    assert "После решения строка формы изменена" in remarks
    assert "Правка в колонке «Решение» отменена: «Отказано»" in remarks
    assert "Решение: «Принято» → «Отказано»" in " ".join(journal(office, "D-2026-0001"))
    assert openpyxl.load_workbook(office.book)[FORM].max_row == 3
