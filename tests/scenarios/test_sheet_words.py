"""Staff's word in the sheet: what counts as a decision, what is put back, what is asked about («Who owns a cell»)."""

from __future__ import annotations

from datetime import date, datetime

import openpyxl
from openpyxl.workbook import Workbook

from tests.scenarios.desk_work import DAY, THIRD, columns, edit, journal, place
from tests.scenarios.house import House, inn

LATER = f"{DAY} 11:00"


def test_a_decision_cell_changed_by_hand_counts_and_is_journaled(office: House) -> None:
    office.set_cell("Сделки", "D-2026-0001", "Скидка %", "15,0 %")
    office.set_cell("Сделки", "D-2026-0002", "Действует до", date(2026, 7, 1))
    office.set_cell("Сделки", "D-2026-0003", "Состояние", "Аннулирована")
    office.set_cell("Партнёры", "P-0002", "Статус", "Серебряный")
    office.ok(LATER)
    assert columns(office, "Сделки", "D-2026-0001", ["Скидка %", "Замечания"]) == ["15,0 %", ""]
    assert columns(office, "Сделки", "D-2026-0002", ["Действует до", "Замечания"]) == [datetime(2026, 7, 1), ""]  # noqa: DTZ001
    assert office.row("Сделки", "D-2026-0003")["Состояние"] == "Аннулирована"
    assert columns(office, "Партнёры", "P-0002", ["Статус", "Скидка %"]) == ["Серебряный", 30]
    assert any("«10» → «15»" in text for text in journal(office, "D-2026-0001"))
    assert any("«02.06.2026» → «01.07.2026»" in text for text in journal(office, "D-2026-0002"))
    assert any("«Зарегистрирована» → «Аннулирована»" in text for text in journal(office, "D-2026-0003"))
    assert any("«Белый» → «Серебряный»" in text for text in journal(office, "P-0002"))
    assert office.mail("deal-annulled").to == THIRD
    assert office.mail("tier-raised").number == "P-0002"
    told = [(one["column"], one["old"], one["new"]) for one in office.explain("D-2026-0001")["staff"]]
    assert told == [("discount", "10", "15")]
    before = office.book.read_bytes(), len(office.mails())
    office.ok(f"{DAY} 11:10")
    assert (office.book.read_bytes(), len(office.mails())) == before


def test_an_impossible_change_is_put_back_and_the_row_says_why(office: House) -> None:
    letters = len(office.mails())
    office.set_cells("Сделки", "D-2026-0001", {"Состояние": "Продана", "Скидка %": 120})
    office.set_cells("Сделки", "D-2026-0002", {"Действует до": date(2020, 1, 1)})
    office.set_cells("Сделки", "D-2026-0003", {"Состояние": "", "Скидка %": "много"})
    office.set_cell("Партнёры", "P-0001", "Авторизация", "Может быть")
    office.set_cell("Партнёры", "P-0002", "Статус", "Платиновый")
    office.ok(LATER)
    assert columns(office, "Сделки", "D-2026-0001", ["Состояние", "Скидка %"]) == ["Зарегистрирована", 10]
    assert columns(office, "Сделки", "D-2026-0002", ["Действует до"]) == [datetime(2026, 6, 2)]  # noqa: DTZ001
    assert columns(office, "Сделки", "D-2026-0003", ["Состояние", "Скидка %"]) == ["Зарегистрирована", 10]
    assert office.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert office.row("Партнёры", "P-0002")["Статус"] == "Белый"
    for tab, number in (("Сделки", "D-2026-0001"), ("Сделки", "D-2026-0002"), ("Сделки", "D-2026-0003")):
        assert "отменена" in str(office.row(tab, number)["Замечания"]), number
    remarks = str(office.row("Сделки", "D-2026-0001")["Замечания"])
    assert "Продана" in remarks
    assert "120" in remarks
    assert "Может быть" in str(office.row("Партнёры", "P-0001")["Замечания"])
    assert "Платиновый" in str(office.row("Партнёры", "P-0002")["Замечания"])
    assert any("«Зарегистрирована» → «Продана»" in text for text in journal(office, "D-2026-0001"))
    assert len(office.mails()) == letters


def test_a_system_cell_is_put_back_and_journaled(office: House) -> None:
    letters = len(office.mails())
    office.set_cells("Сделки", "D-2026-0001", {"Заказчик": "ООО «Другой»", "Обновить до": date(2027, 1, 1)})
    office.set_cell("Сделки", "D-2026-0002", "Замечания", "")
    office.set_cell("Сделки", "D-2026-0003", "Замечания", "позвонить Петрову")
    office.set_cell("Форма Сделка", "D-2026-0002", "Решение", "Отказано")
    office.ok(LATER)
    row = office.row("Сделки", "D-2026-0001")
    assert (row["Заказчик"], row["Обновить до"]) == ("ООО «Заказчик 1»", datetime(2026, 3, 16))  # noqa: DTZ001
    assert "Другой" in str(row["Замечания"])
    assert any("«ООО «Заказчик 1»» → «ООО «Другой»»" in text for text in journal(office, "D-2026-0001"))
    assert office.row("Форма Сделка", "D-2026-0002")["Решение"] == "Принято"
    assert any("«Принято» → «Отказано»" in text for text in journal(office, "D-2026-0002"))
    assert any("позвонить Петрову" in text for text in journal(office, "D-2026-0003"))
    assert office.row("Сделки", "D-2026-0002")["Состояние"] == "Зарегистрирована"
    assert len(office.mails()) == letters


def test_staffs_word_is_recorded_cleared_and_their_other_cells_stay(office: House) -> None:
    office.set_cells(
        "Сделки",
        "D-2026-0004",
        {
            "Решение сотрудника": "Отказать",
            "Код отказа": "6",
            "Комментарий сотрудника": "недобросовестно",
            "Скидка сотрудника %": 5,
        },
    )
    office.ok(LATER)
    row = office.row("Сделки", "D-2026-0004")
    assert (row["Состояние"], row["Решение сотрудника"], row["Код отказа"]) == ("Отказано", "", "")
    assert (row["Комментарий сотрудника"], row["Скидка сотрудника %"]) == ("недобросовестно", 5)
    assert str(row["Причина"]).startswith("6 – ")
    assert any("Отказать" in text for text in journal(office, "D-2026-0004"))
    letter = office.mail("deal-refused")
    assert "недобросовестно" not in letter.text + letter.html


def test_a_word_without_its_code_or_not_of_the_list_stays_undecided(office: House) -> None:
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Отказать")
    office.set_cell("Сделки", "D-2026-0001", "Решение сотрудника", "Подумать")
    office.ok(LATER)
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "На рассмотрении"
    assert "Отказать" in str(office.row("Сделки", "D-2026-0004")["Замечания"])
    assert "Подумать" in str(office.row("Сделки", "D-2026-0001")["Замечания"])
    assert not office.mails("deal-refused")
    office.set_cells("Сделки", "D-2026-0004", {"Решение сотрудника": "Отказать", "Код отказа": 6})
    office.ok(f"{DAY} 11:10")
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Отказано"
    assert len(office.mails("deal-refused")) == 1


def _many(office: House, count: int) -> None:
    """That many more partners."""

    def add(book: Workbook) -> None:
        sheet = book["Форма Партнёр"]
        row = next(row for row in range(2, 1000) if all(cell.value is None for cell in sheet[row]))
        for number in range(count):
            values: dict[str, str | datetime] = {
                "Отметка времени": datetime(2026, 3, 2, 10, 5, number),  # noqa: DTZ001
                "Адрес электронной почты": f"info@more{number}.example",
                "Наименование организации": f"ООО «Ещё {number}»",
                "ИНН": inn(200 + number),
                "Контактное лицо": "Петров Пётр",
                "Телефон": "8 495 123-45-67",
                "Согласие на обработку персональных данных": "Да",
            }
            for header, value in values.items():
                sheet.cell(row + number, place(sheet, header)).value = value

    edit(office, add)
    office.ok(f"{DAY} 10:30")


def _fill_down(office: House, header: str, value: str | int, count: int) -> None:
    """Into that many rows of partners, from the top."""

    def fill(book: Workbook) -> None:
        sheet = book["Партнёры"]
        for row in range(2, count + 2):
            sheet.cell(row, place(sheet, header)).value = value

    edit(office, fill)


def _discounts(office: House, count: int) -> set[object]:
    return {row["Скидка %"] for row in office.rows("Партнёры")[:count]}


def test_too_many_at_once_are_held_and_carried_out_when_staff_approve(office: House) -> None:
    _many(office, 19)
    letters = len(office.mails())
    _fill_down(office, "Скидка %", 7, 21)
    office.set_cell("Партнёры", "P-0021", "Скидка %", 700)
    office.ok(LATER)
    assert {one.template for one in office.mails()[letters:]} == {"staff-attention"}
    (asked,) = office.rows("Обращения")
    number = str(asked["№"])
    assert asked["Состояние"] == "На рассмотрении"
    assert "Одобрить" in str(asked["Замечания"])
    assert "21" in str(asked["Замечания"])
    assert _discounts(office, 21) == {7, 700}, "what people typed is neither lost nor put back"
    assert office.explain("P-0001")["staff"] == []
    assert number in office.mail("staff-attention", number=number).text
    office.ok(f"{DAY} 11:05")
    assert len(office.rows("Обращения")) == 1
    office.set_cell("Обращения", number, "Решение сотрудника", "Одобрить")
    office.ok(f"{DAY} 11:10")
    assert office.row("Обращения", number)["Состояние"] == "Одобрено"
    assert _discounts(office, 20) == {7}
    assert office.row("Партнёры", "P-0021")["Скидка %"] == 10
    assert "700" in str(office.row("Партнёры", "P-0021")["Замечания"])
    assert any("«10» → «7»" in text for text in journal(office, "P-0020"))
    # the sheet is a two-way street again
    office.set_cell("Партнёры", "P-0002", "Скидка %", 9)
    office.ok(f"{DAY} 11:20")
    assert office.row("Партнёры", "P-0002")["Скидка %"] == 9
    assert office.explain("P-0002")["staff"][-1]["new"] == "9"
    assert len(office.rows("Обращения")) == 1
    before = office.book.read_bytes()
    office.ok(f"{DAY} 11:25")
    assert office.book.read_bytes() == before


def test_too_many_at_once_are_put_back_when_staff_refuse(office: House) -> None:
    _many(office, 19)
    letters = len(office.mails())
    _fill_down(office, "Авторизация", "Деавторизован", 22)
    office.ok(LATER)
    number = str(office.rows("Обращения")[0]["№"])
    office.set_cell("Обращения", number, "Решение сотрудника", "Отказать")
    office.ok(f"{DAY} 11:10")
    assert office.row("Обращения", number)["Состояние"] == "Отказано"
    assert {row["Авторизация"] for row in office.rows("Партнёры")} == {"Авторизован"}
    assert {one.template for one in office.mails()[letters:]} == {"staff-attention"}
    office.set_cell("Партнёры", "P-0002", "Авторизация", "Деавторизован")
    office.ok(f"{DAY} 11:20")
    assert office.row("Партнёры", "P-0002")["Авторизация"] == "Деавторизован"
    assert office.mail("partner-deauthorised").number == "P-0002"
    before = office.book.read_bytes()
    office.ok(f"{DAY} 11:25")
    assert office.book.read_bytes() == before


def test_twenty_at_once_are_a_days_work(office: House) -> None:
    _many(office, 17)
    _fill_down(office, "Скидка %", 7, 20)
    office.ok(LATER)
    assert office.rows("Обращения") == []
    assert office.explain("P-0020")["staff"][0]["new"] == "7"


def test_a_word_is_heard_once_while_the_book_is_open_and_another_cell_changed(office: House) -> None:
    lock = office.root / "~$partners.xlsx"
    lock.write_bytes(b"")
    office.set_cells("Партнёры", "P-0003", {"Решение сотрудника": "Деавторизовать", "Менеджер": "Ольга"})
    assert office.once(LATER).code == 1
    assert office.once(f"{DAY} 11:05").code == 1
    assert len(office.explain("P-0003")["staff"]) == 2
    lock.unlink()
    office.ok(f"{DAY} 11:10")
    row = office.row("Партнёры", "P-0003")
    assert (row["Авторизация"], row["Решение сотрудника"], row["Менеджер"]) == ("Деавторизован", "", "Ольга")
    assert row["Замечания"] == ""
    assert len(office.mails("partner-deauthorised")) == 1


def test_the_question_that_is_answered_stands_in_the_remarks(office: House) -> None:
    assert str(office.row("Сделки", "D-2026-0004")["Замечания"]) != ""
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(LATER)
    assert office.row("Сделки", "D-2026-0004")["Замечания"] == ""
    # an answer to a question that is not open any more is no second decision
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    letters = len(office.mails())
    office.ok(f"{DAY} 11:10")
    row = office.row("Сделки", "D-2026-0004")
    assert (row["Состояние"], row["Решение сотрудника"]) == ("Зарегистрирована", "")
    assert row["Замечания"] != ""
    assert len(office.mails()) == letters


def test_a_word_typed_into_a_row_that_waits_while_it_is_sorted(office: House) -> None:
    """The word is found by its number, though the sheet was sorted between typing and reading."""
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")

    def upside_down(book: Workbook) -> None:
        sheet = book["Сделки"]
        rows = [[cell.value for cell in sheet[row]] for row in range(2, 6)]
        for row, values in enumerate(reversed(rows), 2):
            for column, value in enumerate(values, 1):
                sheet.cell(row, column).value = value

    edit(office, upside_down)
    office.ok(LATER)
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    assert openpyxl.load_workbook(office.book)["Сделки"].cell(2, 1).value == "D-2026-0004"
