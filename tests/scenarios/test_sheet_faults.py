"""A workbook that is open, changed under our hands, foreign, spoilt: said to the one who can mend it, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook

from jobs.home import open_home
from jobs.office import open_office
from jobs.once import JOBS
from jobs.progress import Progress
from sheets.port import Changes, Ensured, Spreadsheet, WriteReport
from sheets.snapshot import Snapshot
from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO, edit, line, place, sort
from tests.scenarios.house import House, inn, moscow

LATER = f"{DAY} 11:00"


@pytest.mark.parametrize("name", ["~$partners.xlsx", ".~lock.partners.xlsx#"])
def test_an_open_book_is_read_decided_on_and_written_later(office: House, name: str) -> None:
    lock = office.root / name
    lock.write_bytes(b"someone")
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    before = office.book.read_bytes()
    done = office.once(LATER)
    assert done.code == 1
    assert name in done.err
    assert office.mail("deal-registered", number="D-2026-0005").to == SECOND
    assert office.mail("deal-registered", number="D-2026-0004")
    assert office.book.read_bytes() == before
    assert office.once(f"{DAY} 11:29").code == 1
    assert not office.mails("staff-attention")
    assert office.once(f"{DAY} 11:31").code == 1
    assert office.once(f"{DAY} 11:36").code == 1
    office.once(f"{DAY} 11:41")
    (told,) = office.mails("staff-attention")
    assert "partners.xlsx" in told.text
    assert office.book.read_bytes() == before
    lock.unlink()
    letters = len(office.mails())
    office.ok(f"{DAY} 11:45")
    assert office.row("Сделки", "D-2026-0005")["Состояние"] == "Зарегистрирована"
    row = office.row("Сделки", "D-2026-0004")
    assert (row["Состояние"], row["Решение сотрудника"], row["Замечания"]) == ("Зарегистрирована", "", "")
    assert len(office.mails()) == letters


def test_a_book_that_is_open_all_day_with_nothing_to_write_is_no_fault(house: House) -> None:
    house.ok("2026-03-02 10:00")
    lock = house.root / "~$partners.xlsx"
    lock.write_bytes(b"someone")
    house.ok("2026-03-02 12:00")
    house.ok("2026-03-02 15:00")
    assert not house.mails("staff-attention")


def test_a_lock_of_yesterday_is_ignored_with_a_remark(office: House) -> None:
    lock = office.root / ".~lock.partners.xlsx#"
    lock.write_bytes(b"someone")
    old = lock.stat().st_mtime - 25 * 3600
    os.utime(lock, (old, old))
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    done = office.ok(LATER)
    assert ".~lock.partners.xlsx#" in done.err
    assert office.row("Сделки", "D-2026-0005")["Состояние"] == "Зарегистрирована"


class _EditedBetween:
    """The real book; a person saves it right before the first write."""

    def __init__(self, book: Spreadsheet, house: House) -> None:
        self._book = book
        self._house = house
        self._edited = False

    def fingerprint(self) -> str:
        return self._book.fingerprint()

    def read(self) -> Snapshot:
        return self._book.read()

    def ensure(self, stamp: str, forms: bool = False) -> Ensured:
        return self._book.ensure(stamp, forms)

    def write(self, changes: Changes, seen: str, stamp: str) -> WriteReport:
        if not self._edited:
            self._edited = True
            edit(self._house, self._person)
        return self._book.write(changes, seen, stamp)

    @staticmethod
    def _person(book: Workbook) -> None:
        sheet = book["Сделки"]
        sheet.cell(line(sheet, "D-2026-0004"), place(sheet, "Комментарий сотрудника")).value = "спросить акт"
        sheet.cell(line(sheet, "D-2026-0001"), place(sheet, "Скидка %")).value = 14
        sheet.cell(line(sheet, "D-2026-0004"), place(sheet, "Решение сотрудника")).value = "Одобрить"
        sort(sheet, "Заказчик", reverse=True)


def test_a_book_saved_between_read_and_write_is_merged(office: House) -> None:
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    with open_office(open_home(office.root), moscow(LATER), Progress()) as inside:
        inside.book = _EditedBetween(inside.book, office)
        for job in JOBS.values():
            job(inside)
        assert inside.report.faults == []
    office.ok(f"{DAY} 11:05")
    assert office.row("Сделки", "D-2026-0004")["Комментарий сотрудника"] == "спросить акт"
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    assert office.row("Сделки", "D-2026-0001")["Скидка %"] == 14
    assert office.explain("D-2026-0001")["staff"][0]["new"] == "14"
    assert office.row("Сделки", "D-2026-0005")["Заказчик"] == "ООО «Новый»"
    assert sorted(str(row["№"]) for row in office.rows("Сделки")) == [f"D-2026-000{number}" for number in range(1, 6)]
    assert len(office.mails("deal-registered")) == 5


def test_a_doubled_header_stops_that_tab_alone_until_it_is_mended(office: House) -> None:
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    office.partner("d@four.example", "ООО «Партнёр 4»", inn(4), f"{DAY} 10:31")
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")

    def doubled(book: Workbook) -> None:
        sheet = book["Форма Сделка"]
        sheet.cell(1, sheet.max_column + 1).value = "Заказчик"

    edit(office, doubled)
    for moment in (LATER, f"{DAY} 11:05"):  # said in every pass
        done = office.once(moment)
        assert done.code == 1
        assert "«Форма Сделка»" in done.err
        assert "«Заказчик»" in done.err
    doctor = office.run("doctor")
    assert doctor.code == 1
    assert "«Форма Сделка»" in doctor.err
    assert "«Заказчик»" in doctor.err
    assert office.row("Партнёры", "P-0004")["Авторизация"] == "Авторизован"
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    assert len(office.rows("Сделки")) == 4
    told = [one for one in office.mails("staff-attention") if "Форма Сделка" in one.text]
    assert len(told) == 1, "staff are told once of the same fault"
    edit(office, lambda book: book["Форма Сделка"].delete_cols(book["Форма Сделка"].max_column))
    office.ok(f"{DAY} 11:10")
    assert office.row("Сделки", "D-2026-0005")["Состояние"] == "Зарегистрирована"
    assert office.row("Форма Сделка", "D-2026-0004")["Решение"] == "Принято"


def test_a_missing_form_tab_is_said_in_every_pass_and_init_makes_it(office: House) -> None:
    edit(office, lambda book: book.remove(book["Форма Запрос"]))
    for moment in (LATER, f"{DAY} 11:05"):
        done = office.once(moment)
        assert done.code == 1
        assert "Форма Запрос" in done.err
    assert "Форма Запрос" in office.run("doctor").err
    assert office.run("init").code == 0
    assert office.run("doctor").code == 0
    office.ok(f"{DAY} 11:10")
    assert len(office.rows("Сделки")) == 4


def test_missing_registry_tabs_come_back_full(office: House) -> None:
    def removed(book: Workbook) -> None:
        for tab in ("Сделки", "Обращения", "Сводка", "Журнал"):
            book.remove(book[tab])

    edit(office, removed)
    letters = len(office.mails())
    office.ok(LATER)
    assert [row["Состояние"] for row in office.rows("Сделки")] == ["Зарегистрирована"] * 3 + ["На рассмотрении"]
    assert openpyxl.load_workbook(office.book).sheetnames[0] == "Сводка"
    assert len(office.mails()) == letters
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(f"{DAY} 11:05")
    assert office.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"<html>not a book</html>"])
def test_a_broken_book_loses_nothing_and_mail_goes_on(office: House, content: bytes) -> None:
    good = office.book.read_bytes()
    office.book.write_bytes(content)
    office.reply(office.mail("deal-registered", number="D-2026-0001"), "2", f"{DAY} 10:45")
    for moment in (LATER, f"{DAY} 11:05"):
        done = office.once(moment)
        assert done.code == 1
        assert "partners.xlsx" in done.err
        assert "Traceback" not in done.err
    assert office.book.read_bytes() == content
    assert len(office.mails("status-report")) == 1
    doctor = office.run("doctor")
    assert doctor.code == 1
    assert "partners.xlsx" in doctor.err
    office.book.write_bytes(good)
    office.ok(f"{DAY} 11:10")
    assert office.row("Сделки", "D-2026-0001")["Статус продажи"] == "переговоры"


def test_a_cell_in_the_last_corner_does_not_stop_letters_and_decisions(office: House) -> None:
    """The reader would ask for half a terabyte, and be killed by the system."""
    good = office.book.read_bytes()
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    book = openpyxl.load_workbook(office.book)
    book["Форма Сделка"]["XFD1048576"] = "x"
    book.save(office.book)
    office.reply(office.mail("deal-registered", number="D-2026-0001"), "статус", f"{DAY} 10:45")
    office.process = True  # whoever is killed, it is not this test
    done = office.once(LATER)
    assert done.code == 1
    assert "«Форма Сделка» reaches as far as the cell XFD1048576" in done.err
    assert len(office.mails("status-report")) == 1
    office.book.write_bytes(good)
    office.ok(f"{DAY} 11:10")


def test_a_formula_in_an_answer_is_taken_at_its_result_and_said(office: House, tmp_path: Path) -> None:
    row = office.add_form(
        "Форма Сделка",
        f"{DAY} 10:30",
        SECOND,
        **{
            "ИНН партнёра": TWO,
            "Заказчик": "ООО «Новый»",
            "ИНН заказчика": inn(110),
            "Тип сделки": "Новая",
            "Продукты": "Стахановец Про",
        },
    )

    def formula(book: Workbook) -> None:
        sheet = book["Форма Сделка"]
        sheet.cell(row, place(sheet, "Количество лицензий")).value = "=2+5"
        sheet.cell(row, place(sheet, "Комментарий")).value = '=HYPERLINK("https://evil.example","счёт")'

    edit(office, formula)
    done = office.ok(LATER)
    assert "формула" in done.err
    assert f"строка {row}" in done.err
    assert office.row("Сделки", "D-2026-0005")["Состояние"] == "Нужны данные", "a formula never calculated says nothing"
    sheet = openpyxl.load_workbook(office.book)["Форма Сделка"]
    assert sheet.cell(row, place(sheet, "Количество лицензий")).value == "=2+5"


def _saved_by_another(book: Workbook) -> None:
    """What a spreadsheet program of another mind does: numbers as text, percent formats, spaces, dates as text."""
    yellow = PatternFill("solid", start_color="FFFF00", end_color="FFFF00")
    for tab in ("Сделки", "Партнёры"):
        sheet = book[tab]
        for row in range(2, sheet.max_row + 1):
            discount = sheet.cell(row, place(sheet, "Скидка %"))
            if isinstance(discount.value, int | float):
                if row % 2:
                    discount.value, discount.number_format = discount.value / 100, "0%"
                else:
                    discount.value = f"{discount.value},0 "
            for cell in sheet[row]:
                cell.fill = yellow
    deals = book["Сделки"]
    for row in range(2, deals.max_row + 1):
        for header in ("Действует до", "Зарегистрирована", "Подана"):
            cell = deals.cell(row, place(deals, header))
            if cell.value is not None:
                cell.value = f"{cell.value:%d.%m.%Y}" if header != "Подана" else f"{cell.value:%d.%m.%Y %H:%M}"
        for header in ("Заказчик", "Состояние", "ИНН заказчика"):
            cell = deals.cell(row, place(deals, header))
            cell.value = f"\u00a0{cell.value}  "
        number = deals.cell(row, place(deals, "Лицензий"))
        number.value = str(number.value)


def test_a_save_in_another_program_is_no_decision(office: House) -> None:
    edit(office, _saved_by_another)
    letters, events = len(office.mails()), len(office.rows("Журнал"))
    office.ok(LATER)
    assert len(office.mails()) == letters
    assert len(office.rows("Журнал")) == events
    for number in range(1, 5):
        assert office.explain(f"D-2026-000{number}")["staff"] == []
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "одобрить\u00a0")
    office.ok(f"{DAY} 11:05")
    assert str(office.row("Сделки", "D-2026-0004")["Состояние"]).strip() == "Зарегистрирована"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_save_in_libreoffice_is_no_decision(office: House, tmp_path: Path) -> None:
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(tmp_path / "saved"),
            str(office.book),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shutil.copy(tmp_path / "saved/partners.xlsx", office.book)
    letters, events = len(office.mails()), len(office.rows("Журнал"))
    office.ok(LATER)
    assert (len(office.mails()), len(office.rows("Журнал"))) == (letters, events)
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.deal(f"{DAY} 11:01", FIRST, ONE, "ООО «Новый»", inn(110))
    office.ok(f"{DAY} 11:05")
    assert [row["Состояние"] for row in office.rows("Сделки")] == ["Зарегистрирована"] * 5


SHAPES: list[tuple[Any, str]] = [
    (float(inn(120)), inn(120)),
    (int(inn(121)), inn(121)),
    (f"{inn(122)}.0", inn(122)),
    (f"\u00a0{inn(123)[:4]} {inn(123)[4:]} ", inn(123)),
    (f"ИНН {inn(124)}", inn(124)),
    (f"ИНН: {inn(125)}", inn(125)),
    ("105013021", "0105013021"),  # the lost zero
    (105013021, "0105013021"),
]


def test_an_inn_in_any_shape(house: House) -> None:
    house.partner(FIRST, "ООО «Один»", f"ИНН\u00a0{ONE[:2]} {ONE[2:]}")
    for number, (typed, _) in enumerate(SHAPES):
        product = ("Стахановец Про", "Стахановец Стандарт")[typed == 105013021]
        house.deal(f"{DAY} 09:{10 + number}", FIRST, ONE, f"Клиент {number}", typed, Продукты=product)
    house.deal(f"{DAY} 09:40", FIRST, ONE, "Клиент степень", "7.70708389E+09")
    house.deal(f"{DAY} 09:41", FIRST, ONE, "Клиент сумма", inn(130)[:-1] + str((int(inn(130)[-1]) + 1) % 10))
    house.ok(f"{DAY} 10:00")
    assert house.row("Партнёры", "P-0001")["ИНН"] == ONE
    deals = house.rows("Сделки")
    assert [row["ИНН заказчика"] for row in deals[: len(SHAPES)]] == [expected for _, expected in SHAPES]
    assert [row["Состояние"] for row in deals] == ["Зарегистрирована"] * len(SHAPES) + ["Нужны данные"] * 2
    zero = next(row for row in deals if row["ИНН заказчика"] == "0105013021")
    assert "0105013021" in str(zero["Замечания"])


HOSTILE = [
    "{{7*7}}",
    '=HYPERLINK("https://evil.example","нажмите")',
    "ООО «Один»\r\nBcc: victim@evil.example\r\n\r\nтело",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "🦊 ООО «Лиса» \u202eобратно\u202c",
    "ООО \x01\x02\x1bУправляющие\x7f",
    "я" * 30000,
    "%s %d {0} {name} ${HOME} $(id) `id` '; drop table cases; --",
    "+7 (495) 1; @SUM(1+1)*cmd|' /C calc'!A0",
]
LONG = 6
"""That one is too long to be a name."""


def test_hostile_fields_harm_nobody(house: House) -> None:
    def add(book: Workbook) -> None:
        applications, deals = book["Форма Партнёр"], book["Форма Сделка"]
        for number, text in enumerate(HOSTILE):
            typed = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text)
            address = f"a@h{number}.example"
            rows: list[tuple[Any, dict[str, Any]]] = [
                (
                    applications,
                    {
                        "Отметка времени": moscow(f"{DAY} 09:0{number}").replace(tzinfo=None),
                        "Адрес электронной почты": address,
                        "Наименование организации": typed,
                        "ИНН": inn(300 + number),
                        "Контактное лицо": typed,
                        "Телефон": "+7 495 123-45-67",
                        "Комментарий": typed,
                        "Согласие на обработку персональных данных": "Да",
                    },
                ),
                (
                    deals,
                    {
                        "Отметка времени": moscow(f"{DAY} 09:3{number}").replace(tzinfo=None),
                        "Адрес электронной почты": address,
                        "ИНН партнёра": inn(300 + number),
                        "Заказчик": typed,
                        "ИНН заказчика": inn(400 + number),
                        "Тип сделки": "Новая",
                        "Продукты": "Стахановец Про",
                        "Количество лицензий": 3,
                        "Контакт заказчика": typed,
                        "Комментарий": typed,
                    },
                ),
            ]
            for sheet, values in rows:
                for header, value in values.items():
                    cell = sheet.cell(number + 2, place(sheet, header))
                    cell.value = value
                    if isinstance(value, str):
                        cell.data_type = "s"

    edit(house, add)
    done = house.ok(f"{DAY} 10:00")
    assert "Traceback" not in done.err
    answers = ["Принято"] * len(HOSTILE)
    answers[LONG] = "Нужны данные"
    assert [row["Решение"] for row in house.rows("Форма Партнёр")] == answers
    assert [row["Решение"] for row in house.rows("Форма Сделка")] == answers
    assert "Наименование организации" in house.mail("needs-data", number=f"P-000{LONG + 1}").text
    book = openpyxl.load_workbook(house.book)
    for tab in ("Партнёры", "Сделки", "Журнал", "Форма Партнёр", "Форма Сделка", "Сводка"):
        formulas = [cell.value for cells in book[tab].iter_rows() for cell in cells if cell.data_type == "f"]
        assert formulas == [], tab
    letters = [one for one in house.mails() if not one.template.startswith("staff-")]
    told = ("partner-authorised", "deal-registered", "needs-data")
    assert len([one for one in letters if one.template in told]) == 2 * len(HOSTILE)
    for letter in letters:
        assert letter.to.endswith(".example")
        assert "Bcc" not in letter.headers
        assert "<script" not in letter.html
        assert "<img" not in letter.html
        assert "\n" not in letter.subject
        assert len(letter.subject) < 400
    first = [letter for letter in letters if letter.to == "a@h0.example"]
    assert all("49" not in letter.text.replace("495", "") or "{{7*7}}" in letter.text for letter in first)
    before = house.book.read_bytes()
    house.ok(f"{DAY} 10:05")
    assert house.book.read_bytes() == before


def test_foreign_files_in_the_inbox_are_set_aside(office: House) -> None:
    inbox = office.root / "mail/inbox/new"
    (inbox / "folder").mkdir()
    (inbox / "link").symlink_to(office.root / "token.key")
    office.deliver(b"", f"{DAY} 10:30")
    office.deliver(b"\x89PNG\r\n" + bytes(range(256)) * 40, f"{DAY} 10:31")
    office.deliver(
        b"From: a@b.example\nSubject: =?utf-8?b?////?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" * 3, f"{DAY} 10:32"
    )
    office.write("someone@else.example", "Вопрос", "Как стать партнёром?", f"{DAY} 10:33")
    done = office.once(LATER)
    assert done.code == 1
    assert "Traceback" not in done.err
    asked = office.rows("Обращения")
    assert "someone@else.example" in [row["Адрес"] for row in asked]
    quarantine = office.status(LATER)["quarantine"]
    assert len(quarantine) >= 3
    assert all(item["reason"] for item in quarantine)
    assert (office.root / "token.key").exists()
    letters = len(office.mails())
    office.once(f"{DAY} 11:05")
    assert len(office.mails()) == letters


def test_a_long_list_of_faults_is_cut_and_counted(office: House) -> None:
    def booked(book: Workbook) -> None:
        sheet = book["Продажи"]
        for row in range(2, 37):
            sheet.cell(row, place(sheet, "Дата")).value = f"вчера {row}"
            sheet.cell(row, place(sheet, "ИНН партнёра")).value = ONE
            sheet.cell(row, place(sheet, "Сумма руб.")).value = 1000

    edit(office, booked)
    office.ok(LATER)
    (told,) = office.mails("staff-attention")
    assert told.text.count("не дата") == 30
    assert "и ещё 5" in told.text
