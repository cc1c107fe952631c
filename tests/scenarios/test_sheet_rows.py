"""Rows and columns are people's to move about: what stands in them is found again («Who owns a cell»)."""

from __future__ import annotations

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook

from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO, cells, edit, fill, headers, journal, line, place, sort
from tests.scenarios.house import House, inn

LATER = f"{DAY} 11:00"


def test_sorted_tabs_go_on_and_no_decision_is_read_into_them(office: House) -> None:
    def sorted_about(book: Workbook) -> None:
        sort(book["Сделки"], "Заказчик", reverse=True)
        sort(book["Партнёры"], "ИНН", reverse=True)
        sort(book["Форма Сделка"], "Заказчик", reverse=True)

    letters = len(office.mails())
    edit(office, sorted_about)
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(LATER)
    assert [row["№"] for row in office.rows("Сделки")] == ["D-2026-0004", "D-2026-0003", "D-2026-0002", "D-2026-0001"]
    assert [row["№"] for row in office.rows("Форма Сделка")] == ["D-2026-0004", "D-2026-0003", "D-2026-0002", "D-2026-0001"]
    assert [row["№"] for row in office.rows("Партнёры")] == ["P-0003", "P-0002", "P-0001"]
    for number in range(1, 5):
        row = office.row("Сделки", f"D-2026-000{number}")
        assert (row["Состояние"], row["Заказчик"], row["Замечания"]) == ("Зарегистрирована", f"ООО «Заказчик {number}»", "")
        form = office.row("Форма Сделка", f"D-2026-000{number}")
        assert (form["Решение"], form["Заказчик"]) == ("Принято", f"ООО «Заказчик {number}»")
    assert len(office.mails()) == letters + 1
    assert not any("правка" in text.casefold() for number in range(1, 4) for text in journal(office, f"D-2026-000{number}"))


def test_rows_between_and_a_row_of_staffs_own_are_left_alone(office: House) -> None:
    def between(book: Workbook) -> None:
        book["Сделки"].insert_rows(3, 2)
        book["Сделки"].cell(3, place(book["Сделки"], "Заказчик")).value = "— срочные —"
        book["Форма Сделка"].insert_rows(2)
        book["Форма Партнёр"].insert_rows(3)

    edit(office, between)
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    done = office.ok(LATER)
    assert "строка без №" in done.err
    sheet = openpyxl.load_workbook(office.book)["Сделки"]
    assert sheet.cell(3, place(sheet, "Заказчик")).value == "— срочные —"
    assert sheet.cell(4, 1).value is None
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    assert office.row("Сделки", "D-2026-0005")["Заказчик"] == "ООО «Новый»"
    assert office.row("Форма Сделка", "D-2026-0005")["Решение"] == "Принято"
    assert len(office.rows("Форма Сделка")) == 5
    assert len(office.mails("deal-registered")) == 5


def test_columns_moved_inserted_and_strange_ones(office: House) -> None:
    def shuffled(book: Workbook) -> None:
        for tab in ("Сделки", "Форма Сделка"):
            sheet = book[tab]
            for row, found in enumerate([cells(sheet, row) for row in range(1, sheet.max_row + 1)], 1):
                fill(sheet, row, 2, found[::-1])
                sheet.cell(row, 1).value = "Наш раздел" if row == 1 else f"раздел {row}"

    edit(office, shuffled)
    before = [row["Наш раздел"] for row in office.rows("Сделки")]
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.deal(f"{DAY} 10:30", FIRST, ONE, "ООО «Новый»", inn(110))
    office.ok(LATER)
    rows = office.rows("Сделки")
    assert [row["Наш раздел"] for row in rows][:4] == before
    assert rows[4]["Наш раздел"] == ""
    assert [row["Состояние"] for row in rows] == ["Зарегистрирована"] * 5
    assert office.row("Форма Сделка", "D-2026-0005")["Решение"] == "Принято"
    assert headers(openpyxl.load_workbook(office.book)["Сделки"])[0] == "Наш раздел"


def test_headers_compare_without_case_yo_quotes_and_spaces(office: House) -> None:
    def renamed(book: Workbook) -> None:
        sheet = book["Форма Сделка"]
        sheet.cell(1, place(sheet, "ИНН партнёра")).value = " инн  ПАРТНЕРА "
        sheet.cell(1, place(sheet, "Заказчик")).value = "«Заказчик»"
        book["Сделки"].cell(1, place(book["Сделки"], "Решение сотрудника")).value = "РЕШЕНИЕ СОТРУДНИКА"
        book["Сделки"].cell(line(book["Сделки"], "D-2026-0004"), place(book["Сделки"], "РЕШЕНИЕ СОТРУДНИКА")).value = "одобрить "

    edit(office, renamed)
    office.ok(LATER)
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    assert office.row("Сделки", "D-2026-0004")["РЕШЕНИЕ СОТРУДНИКА"] == ""


def test_a_renamed_header_is_named_and_an_alias_mends_it(office: House) -> None:
    def renamed(book: Workbook) -> None:
        sheet = book["Форма Сделка"]
        sheet.cell(1, place(sheet, "ИНН партнёра")).value = "ИНН вашей организации"

    office.deal(f"{DAY} 10:30", FIRST, ONE, "ООО «Новый»", inn(110))
    edit(office, renamed)
    done = office.once(LATER)
    assert done.code == 1
    assert "Форма Сделка" in done.err
    assert "ИНН партнёра" in done.err
    assert len(office.rows("Сделки")) == 4
    doctor = office.run("doctor")
    assert doctor.code == 1
    assert "ИНН партнёра" in doctor.err
    config = office.root / "config.toml"
    alias = '\n[columns."Форма Сделка"]\n"ИНН партнёра" = "ИНН вашей организации"\n'
    config.write_text(config.read_text(encoding="utf-8") + alias, encoding="utf-8")
    assert office.run("doctor").code == 0
    office.ok(f"{DAY} 11:30")
    assert office.row("Сделки", "D-2026-0005")["Состояние"] == "Зарегистрирована"
    assert len(office.mails("deal-registered")) == 4


def test_a_deleted_row_comes_back_with_what_staff_wrote_and_a_remark(office: House) -> None:
    office.set_cells("Сделки", "D-2026-0002", {"Комментарий сотрудника": "важный клиент"})
    office.ok(f"{DAY} 10:30")
    letters = len(office.mails())
    edit(office, lambda book: book["Сделки"].delete_rows(line(book["Сделки"], "D-2026-0002")))
    office.ok(LATER)
    row = office.row("Сделки", "D-2026-0002")
    assert row["Состояние"] == "Зарегистрирована"
    assert row["Заказчик"] == "ООО «Заказчик 2»"
    assert row["Комментарий сотрудника"] == "важный клиент"
    assert "удалили" in str(row["Замечания"])
    assert any("удал" in text.casefold() or "возвращена" in text.casefold() for text in journal(office, "D-2026-0002"))
    assert len(office.mails()) == letters
    office.ok(f"{DAY} 11:10")
    assert len(office.rows("Сделки")) == 4


def test_a_deleted_form_row_is_no_withdrawal(office: House) -> None:
    letters = len(office.mails())
    edit(office, lambda book: book["Форма Сделка"].delete_rows(line(book["Форма Сделка"], "D-2026-0002")))
    office.ok(LATER)
    assert office.row("Сделки", "D-2026-0002")["Состояние"] == "Зарегистрирована"
    assert len(office.mails()) == letters


def test_colours_and_notes_stay(office: House) -> None:
    yellow = PatternFill("solid", start_color="FFFF00", end_color="FFFF00")

    def marked(book: Workbook) -> None:
        sheet = book["Сделки"]
        for header in ("Состояние", "Заказчик", "Решение сотрудника"):
            cell = sheet.cell(line(sheet, "D-2026-0004"), place(sheet, header))
            cell.fill = yellow
            cell.comment = Comment(f"см. {header}", "Ольга")
        form = book["Форма Сделка"]
        form.cell(line(form, "D-2026-0004"), place(form, "Решение")).fill = yellow
        sheet.column_dimensions["B"].width = 77
        sheet.row_dimensions[3].height = 44

    edit(office, marked)
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(LATER)
    book = openpyxl.load_workbook(office.book)
    sheet = book["Сделки"]
    row = line(sheet, "D-2026-0004")
    assert sheet.cell(row, place(sheet, "Состояние")).value == "Зарегистрирована"
    for header in ("Состояние", "Заказчик", "Решение сотрудника"):
        cell = sheet.cell(row, place(sheet, header))
        assert cell.fill.start_color.rgb.endswith("FFFF00")
        assert cell.comment is not None
        assert cell.comment.text == f"см. {header}"
    form = book["Форма Сделка"]
    assert form.cell(line(form, "D-2026-0004"), place(form, "Решение")).fill.start_color.rgb.endswith("FFFF00")
    assert (sheet.column_dimensions["B"].width, sheet.row_dimensions[3].height) == (77, 44)


def test_an_identical_second_row_shows_the_first_ones_answer(office: House) -> None:
    office.deal(f"{DAY} 09:11", FIRST, ONE, "ООО «Заказчик 1»", inn(101))
    letters = len(office.mails())
    office.ok(LATER)
    rows = [row for row in office.rows("Форма Сделка") if row["Заказчик"] == "ООО «Заказчик 1»"]
    assert [(row["№"], row["Решение"]) for row in rows] == [("D-2026-0001", "Принято")] * 2
    assert len(office.rows("Сделки")) == 4
    assert len(office.mails()) == letters
    edit(office, lambda book: sort(book["Форма Сделка"], "№", reverse=True))
    office.ok(f"{DAY} 11:10")
    assert [row["№"] for row in office.rows("Форма Сделка")].count("D-2026-0001") == 2
    assert len(office.mails()) == letters


def test_a_number_copied_to_another_row_is_said_and_not_written_to(office: House) -> None:
    def copied(book: Workbook) -> None:
        sheet = book["Сделки"]
        source, target = line(sheet, "D-2026-0004"), sheet.max_row + 1
        for column in range(1, sheet.max_column + 1):
            sheet.cell(target, column).value = sheet.cell(source, column).value

    edit(office, copied)
    done = office.ok(LATER)
    assert "D-2026-0004" in done.err
    assert "нескольких строках" in done.err
    assert [row["Состояние"] for row in office.rows("Сделки")][3:] == ["На рассмотрении"] * 2
    (told,) = office.mails("staff-attention")
    assert "№ D-2026-0004 стоит в нескольких строках; оставьте одну" in told.text
    edit(office, lambda book: book["Сделки"].insert_rows(2))  # the same matter, in other lines
    office.ok(f"{DAY} 11:05")
    assert len(office.mails("staff-attention")) == 1
    edit(office, lambda book: book["Сделки"].delete_rows(book["Сделки"].max_row))
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(f"{DAY} 11:10")
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"


def test_the_cells_of_two_deals_swapped_under_their_numbers_are_no_decision(office: House) -> None:
    """A sort that left the number column out."""

    def swapped(book: Workbook) -> None:
        sheet = book["Сделки"]
        first, other = line(sheet, "D-2026-0001"), line(sheet, "D-2026-0004")
        for column in range(1, sheet.max_column + 1):
            if sheet.cell(1, column).value != "№":
                here, there = sheet.cell(first, column), sheet.cell(other, column)
                here.value, there.value = there.value, here.value

    edit(office, swapped)
    letters = len(office.mails())
    done = office.once(LATER)
    assert "D-2026-0001" in done.err
    assert "D-2026-0004" in done.err
    (told,) = office.mails("staff-attention")
    for number in ("D-2026-0001", "D-2026-0004"):
        assert f"рядом с № {number} стоят данные другого дела; верните № на место" in told.text
    assert len(office.mails()) == letters + 1
    assert office.explain("D-2026-0001")["state"] == "Зарегистрирована"
    assert office.explain("D-2026-0004")["state"] == "На рассмотрении"
