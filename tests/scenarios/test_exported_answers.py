"""Forms' answers that come as exported files, for those who collect at home."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from sheets import exports
from sheets.columns import FORMS
from sheets.shape import Owner
from tests.scenarios.house import ROOT, House, inn

ADDRESS = "a@one.example"
STAFF = "staff@vendor.example"
APPLICATION = {
    "Время создания": "2026-03-02 09:30:15",
    "Электронная почта": ADDRESS,
    "Наименование организации": "ООО «Первый»",
    "ИНН": inn(1),
    "Сайт": "one.example",
    "Контактное лицо": "Иванова Мария Петровна",
    "Телефон": "+7 495 123-45-67",
    "Согласие на обработку персональных данных": "Да",
}
DEAL = {
    "Время создания": "2026-03-02 09:40:00",
    "Электронная почта": ADDRESS,
    "ИНН партнёра": inn(1),
    "Заказчик": "АО «Клиент»",
    "ИНН заказчика": inn(100),
    "Тип сделки": "Новая",
    "Продукты": "Стахановец Про",
    "Количество лицензий": "10",
}


def _headers(form: str) -> list[str]:
    """ID and the form's own headers, time stamp and address as a form service calls them."""
    tab = next(tab for tab in FORMS.values() if tab.name == form)
    asked = [column.header for column in tab.columns if column.owner is Owner.FORM]
    return ["ID", "Время создания", "Электронная почта", *asked[2:]]


def _table(form: str, answers: Sequence[dict[str, str]]) -> list[list[str]]:
    headers = _headers(form)
    return [headers, *([row.get(header, "") for header in headers] for row in answers)]


def _csv(form: str, *answers: dict[str, str], separator: str = ",", encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(_table(form, answers))
    return text.getvalue().encode(encoding)


def _put(house: House, name: str, raw: bytes) -> Path:
    path = house.root / "forms" / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1251"), ("\t", "utf-16")], ids=str
)
def test_exported_answers_are_answered_like_rows_of_a_tab(house: House, separator: str, encoding: str) -> None:
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION, separator=separator, encoding=encoding))
    _put(house, "deals.csv", _csv("Форма Сделка", DEAL, separator=separator, encoding=encoding))
    house.ok("2026-03-02 10:00")
    partner, deal = house.row("Партнёры", "P-0001"), house.row("Сделки", "D-2026-0001")
    assert (partner["Партнёр"], partner["Авторизация"]) == ("ООО «Первый»", "Авторизован")
    assert (deal["Заказчик"], deal["Состояние"]) == ("АО «Клиент»", "Зарегистрирована")
    assert str(deal["Подана"]) == "2026-03-02 09:40:00"
    assert house.mail("deal-registered").to == ADDRESS
    assert house.rows("Форма Сделка") == []


def test_a_workbook_is_read_too_and_other_sheets_in_it_are_left_alone(house: House) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Ответы"
    for row in _table("Форма Партнёр", [APPLICATION]):
        book.active.append(row)
    book.create_sheet("Заметки")["A1"] = "не форма"
    book.save(house.root / "forms" / "Заявки.xlsx")
    house.ok("2026-03-02 10:00")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"


def test_the_next_export_holds_every_answer_again_and_only_the_new_one_counts(house: House) -> None:
    path = _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION))
    _put(house, "deals.csv", _csv("Форма Сделка", DEAL))
    house.ok("2026-03-02 10:00")
    sent = len(house.mails())
    house.ok("2026-03-02 10:05")
    second = {**DEAL, "Время создания": "2026-03-02 10:06:00", "Заказчик": "АО «Второй»", "ИНН заказчика": inn(101)}
    _put(house, "deals (2).csv", _csv("Форма Сделка", DEAL, second, separator=";"))
    path.unlink()
    house.ok("2026-03-02 10:10")
    assert [row["№"] for row in house.rows("Сделки")] == ["D-2026-0001", "D-2026-0002"]
    assert len(house.mails()) == sent + 1


def test_the_same_answer_by_tab_and_by_file_is_one_case(house: House) -> None:
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION))
    house.ok("2026-03-02 10:00")
    columns = {header: value for header, value in APPLICATION.items() if header not in ("Время создания", "Электронная почта")}
    house.add_form("Форма Партнёр", "2026-03-02 09:30:15", ADDRESS, **columns)
    house.ok("2026-03-02 10:10")
    assert len(house.rows("Партнёры")) == 1
    assert house.rows("Форма Партнёр")[0]["№"] == "P-0001"
    assert len(house.mails("partner-authorised")) == 1


def test_utc_stamps_are_told_in_moscow_time(house: House) -> None:
    _put(house, "partners.csv", _csv("Форма Партнёр", {**APPLICATION, "Время создания": "2026-03-02T06:30:15Z"}))
    _put(house, "deals.csv", _csv("Форма Сделка", {**DEAL, "Время создания": "2026-03-02T11:40:00+05:00"}))
    house.ok("2026-03-02 10:00")
    assert str(house.row("Сделки", "D-2026-0001")["Подана"]) == "2026-03-02 09:40:00"


def test_files_that_cannot_be_understood_are_named_and_stop_nothing(house: House) -> None:
    _put(house, "broken.xlsx", b"PK\x03\x04 not a workbook")
    _put(house, "holidays.csv", "День;Кто\n1;Иванов\n".encode())
    lacking = _csv("Форма Сделка", DEAL).replace("Продукты".encode(), "Товары".encode())
    _put(house, "deals.csv", lacking)
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION))
    (house.root / "forms" / "~$partners.xlsx").write_bytes(b"lock")
    done = house.once("2026-03-02 10:00")
    assert done.code == 1
    for told in ("файл «broken.xlsx»", "файл «holidays.csv»", "файл «deals.csv»: вкладка «Форма Сделка»: нет столбца «Продукты»"):
        assert told in done.err
    assert "~$partners" not in done.err
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    letter = house.mail("staff-attention", to=STAFF)
    assert "broken.xlsx" in letter.text
    assert "holidays.csv" in letter.html
    house.once("2026-03-02 10:05")
    assert len(house.mails("staff-attention", to=STAFF)) == 1
    # mended, as the line says
    (house.root / "forms" / "broken.xlsx").unlink()
    (house.root / "forms" / "holidays.csv").unlink()
    _put(house, "deals.csv", _csv("Форма Сделка", DEAL))
    house.ok("2026-03-02 10:10")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"


def test_a_workbook_made_to_fill_the_memory_is_named_and_stops_nothing(house: House) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(_headers("Форма Партнёр"))
    sheet["XFD1048576"] = "x"
    book.save(house.root / "forms" / "corner.xlsx")
    _put(house, "bomb.xlsx", _bomb())
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION))
    house.process = True  # whoever is killed, it is not this test
    done = house.once("2026-03-02 10:00")
    assert done.code == 1
    assert done.err.count("слишком велик") == 2
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2"'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="A">{}'
    "</table:table></office:spreadsheet></office:body></office:document-content>"
)
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def _ods(*rows: tuple[int, Sequence[tuple[int, str]]]) -> bytes:
    """A spreadsheet of LibreOffice's: rows of cells, each with how often it is repeated."""

    def cell(times: int, text: str) -> str:
        filled = f'office:value-type="string"><text:p>{text}</text:p></table:table-cell>' if text else "/>"
        return f'<table:table-cell table:number-columns-repeated="{times}" {filled}'

    lines = (
        f'<table:table-row table:number-rows-repeated="{times}">{"".join(cell(*one) for one in cells)}</table:table-row>'
        for times, cells in rows
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", _TYPE, zipfile.ZIP_STORED)
        entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_TYPE}"/>'
        book.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entry}</manifest:manifest>',
        )
        book.writestr("content.xml", _ODS.format("".join(lines)))
    return packed.getvalue()


def _ods_of(form: str, *answers: dict[str, str]) -> list[tuple[int, list[tuple[int, str]]]]:
    return [(1, [(1, text) for text in row]) for row in _table(form, answers)]


def test_a_spreadsheet_of_libreoffice_is_read_with_its_million_empty_rows(house: House) -> None:
    empty = (1_048_574, [(16_384, "")])
    _put(house, "partners.ods", _ods(*_ods_of("Форма Партнёр", APPLICATION), empty))
    house.ok("2026-03-02 10:00")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"


def test_small_files_that_unpack_to_millions_of_cells_are_named_and_stop_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "LARGEST_CELLS", 1_000)
    monkeypatch.setattr(exports, "LARGEST_ROWS", 100)
    headers, answer = _ods_of("Форма Партнёр", APPLICATION)
    _put(house, "everywhere.ods", _ods(headers, (1_048_575, [(16_384, "x")])))
    _put(house, "corner.ods", _ods(headers, (1_048_574, [(1, "")]), (1, [(16_383, ""), (1, "x")])))
    _put(house, "repeated.ods", _ods(headers, (101, answer[1])))
    _put(house, "blank.csv", _csv("Форма Партнёр", APPLICATION) + b"\n" * 1_000)
    _put(house, "wide.csv", _csv("Форма Партнёр", APPLICATION) + b";" * 1_000)
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION, separator=";"))
    done = house.once("2026-03-02 10:00")
    assert done.code == 1
    for name in ("everywhere.ods", "corner.ods", "repeated.ods", "blank.csv"):
        assert f"файл «{name}»: ячейки далеко за таблицей, или файл слишком велик" in done.err, name
    assert "corner.ods" in house.mail("staff-attention", to=STAFF).text
    assert [row["Авторизация"] for row in house.rows("Партнёры")] == ["Авторизован"]


_MEASURED = """
from pathlib import Path
from sheets.exports import read_export
print([fault.code for fault in read_export(Path({path!r}), {{}}).faults])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["cells.ods", "rows.csv", "cells.csv", "line.csv"])
def test_memory_is_bounded(what: str, tmp_path: Path) -> None:
    path = tmp_path / what
    huge = {
        "cells.ods": lambda: _ods((90_000, [(1_000, "x")])),
        "rows.csv": lambda: b"\n" * (60 * 1024 * 1024),
        "cells.csv": lambda: b"ab;" * (20 * 1024 * 1024),
        "line.csv": lambda: b"x" * (60 * 1024 * 1024),
    }
    path.write_bytes(huge[what]())
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(path=str(path))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    faults, peak = done.stdout.split("\n")[:2]
    assert faults in ("['export-sprawling']", "['export-unreadable']")
    assert int(peak) < 700 * 1024


def _bomb() -> bytes:
    """A small workbook that says of itself that it has two gigabytes when unpacked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 100_000)
        book.filelist[0].file_size = 2**31 - 1
    return packed.getvalue()


def test_a_renamed_question_is_found_through_its_alias(house: House) -> None:
    config = house.root / "config.toml"
    renamed = '\n[columns."Форма Сделка"]\n"Продукты" = "Товары"\n'
    config.write_text(config.read_text(encoding="utf-8") + renamed, encoding="utf-8")
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION))
    _put(house, "deals.csv", _csv("Форма Сделка", DEAL).replace("Продукты".encode(), "Товары".encode()))
    house.run("init")
    done = house.once("2026-03-02 10:00")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована", done.err


def test_doctor_names_what_each_file_holds(house: House) -> None:
    _put(house, "deals.csv", _csv("Форма Сделка", DEAL))
    _put(house, "notes.csv", b"a,b\n1,2\n")
    done = house.run("doctor")
    assert done.code == 1
    assert "deals.csv: 1 rows of Форма Сделка" in done.out
    assert "файл «notes.csv»" in done.out


def test_a_rehearsal_leaves_the_files_to_be_read(house: House) -> None:
    _put(house, "partners.csv", _csv("Форма Партнёр", APPLICATION))
    assert "P-0001" in house.ok("2026-03-02 10:00", "--dry-run").out
    house.ok("2026-03-02 10:00")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"


def test_the_headers_of_every_form_are_told_apart(house: House) -> None:
    for form in FORMS.values():
        _put(house, f"{form.name}.csv", _csv(form.name, {"Электронная почта": ADDRESS}))
    done = house.run("doctor")
    for form in FORMS.values():
        assert f"{form.name}.csv: 1 rows of {form.name}" in done.out, done.out
