"""The workbook on disk: pleasant when made, never half written, nothing dropped unsaid."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

import os
import shutil
import subprocess
import time
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference

from sheets.columns import TABS
from sheets.port import Broken, Changed, Changes, Locked, RowAppend, Unavailable
from sheets.summary import Hoarder, Summary
from sheets.xlsx import WorkbookFile
from tests.sheets.sheet_books import NOON, Desk, cell_of, deal, row_of

DEALS = "Сделки"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "partners.xlsx")
    desk.one_pass({DEALS: {name: deal(name) for name in ("D-2026-0001", "D-2026-0002")}})
    return desk


def line(details: str) -> RowAppend:
    return RowAppend(
        "Журнал", "1", {"at": datetime(2026, 3, 2, 12), "number": "D-2026-0001", "event": "Проверка", "details": details}
    )


def write(desk: Desk, *appends: RowAppend, summary: Summary | None = None) -> Any:
    return desk.file.write(Changes((), appends, summary), desk.file.fingerprint(), "20260302-120000")


def test_a_new_book_is_ready_for_people(desk: Desk) -> None:
    book = openpyxl.load_workbook(desk.path)
    assert book.sheetnames == [tab.name for tab in TABS]
    sheet = book[DEALS]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:W3", "the filter grows with the rows"
    assert sheet["A1"].font.b
    assert sheet["A1"].comment.text
    lists = {str(item.sqref).split(":")[0]: item.formula1 for item in sheet.data_validations.dataValidation}
    decision = cell_of(sheet, 2, "Решение сотрудника").column_letter
    assert lists[f"{decision}2"] == '"Одобрить,Отказать,Аннулировать,Оставить"'
    assert cell_of(sheet, 2, "Действует до").number_format == "dd.mm.yyyy"
    assert cell_of(sheet, 2, "Скидка %").value == 10
    assert len(sheet.conditional_formatting) >= 1
    assert book["Прайс"].max_row == 1
    assert desk.file.read().faults == ()


def test_text_that_looks_like_a_formula_stays_text(desk: Desk) -> None:
    for text in ("=1+1", "+7 900", "-5", "@SUM(A1)", "#N/A"):
        write(desk, line(text))
    sheet = openpyxl.load_workbook(desk.path)["Журнал"]
    assert [sheet.cell(row, 4).value for row in range(2, 7)] == ["=1+1", "+7 900", "-5", "@SUM(A1)", "#N/A"]
    assert {sheet.cell(row, 4).data_type for row in range(2, 7)} == {"s"}
    assert sheet.cell(2, 4).quotePrefix
    with zipfile.ZipFile(desk.path) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist() if "worksheets/sheet" in name)


def test_a_percent_format_of_peoples_keeps_its_meaning(desk: Desk) -> None:
    def as_percent(book: Any) -> None:
        cell = cell_of(book[DEALS], 2, "Скидка %")
        cell.value, cell.number_format = 0.1, "0%"

    desk.edit(as_percent)
    reading, plan = desk.one_pass()
    assert not reading.words
    desk.one_pass({DEALS: {"D-2026-0001": deal("D-2026-0001", discount=15)}})
    cell = cell_of(openpyxl.load_workbook(desk.path)[DEALS], 2, "Скидка %")
    assert (cell.value, cell.number_format) == (0.15, "0%")
    reading, plan = desk.one_pass()
    assert not reading.words
    assert not plan.cells


def test_what_people_arranged_is_kept(desk: Desk) -> None:
    def arrange(book: Any) -> None:
        sheet = book[DEALS]
        cell_of(sheet, 2, "Заказчик").fill = openpyxl.styles.PatternFill("solid", start_color="FF00FF")
        cell_of(sheet, 2, "Заказчик").comment = openpyxl.comments.Comment("свои", "Анна")
        sheet.column_dimensions["B"].width = 77
        sheet["Z1"], sheet["Z2"] = "Своя колонка", "своё"
        sheet.merge_cells("T3:V3")
        book.create_sheet("Личное")["A1"] = "не трогать"

    desk.edit(arrange)
    desk.one_pass({DEALS: {name: deal(name, state="Выиграна") for name in ("D-2026-0001", "D-2026-0002", "D-2026-0003")}})
    book = openpyxl.load_workbook(desk.path)
    sheet = book[DEALS]
    assert cell_of(sheet, 2, "Заказчик").fill.start_color.rgb == "00FF00FF"
    assert cell_of(sheet, 2, "Заказчик").comment.text == "свои"
    assert sheet.column_dimensions["B"].width == 77
    assert sheet["Z2"].value == "своё"
    assert book["Личное"]["A1"].value == "не трогать"
    assert [cell_of(sheet, row, "Состояние").value for row in (2, 3, 4)] == ["Выиграна"] * 3


def test_formulas_of_peoples_keep_their_last_result(desk: Desk) -> None:
    def sale(book: Any) -> None:
        book["Продажи"].append([date(2026, 3, 1), "7707083893", "D-2026-0001", "=2*50", "Дист"])

    desk.edit(sale)
    with zipfile.ZipFile(desk.path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts = {name: part.replace(b"<f>2*50</f><v />", b"<f>2*50</f><v>100</v>") for name, part in parts.items()}
    with zipfile.ZipFile(desk.path, "w") as book:
        for name, part in parts.items():
            book.writestr(name, part)
    write(desk, line("запись"))
    assert desk.seen("Продажи")[0]["Сумма руб."] == 100
    assert openpyxl.load_workbook(desk.path)["Продажи"]["D2"].value == "=2*50"


def test_a_formula_that_was_never_reckoned_beyond_all_values_hinders_nobody(desk: Desk) -> None:
    def note(book: Any) -> None:
        sheet = book["Продажи"]
        sheet.cell(1, sheet.max_column + 3).value = "=A1"

    desk.edit(note)
    write(desk, line("запись"))
    assert "=A1" in [cell.value for cell in openpyxl.load_workbook(desk.path)["Продажи"][1]]


def test_a_locked_book_is_not_written(desk: Desk) -> None:
    before = desk.path.read_bytes()
    for name in (".~lock.partners.xlsx#", "~$partners.xlsx"):
        lock = desk.path.with_name(name)
        lock.write_text("Анна")
        with pytest.raises(Locked):
            write(desk, line("x"))
        assert desk.path.read_bytes() == before
        lock.unlink()


def test_a_lock_older_than_a_day_is_ignored_and_named(desk: Desk) -> None:
    lock = desk.path.with_name(".~lock.partners.xlsx#")
    lock.write_text("Анна")
    old = time.time() - 25 * 3600
    os.utime(lock, (old, old))
    assert write(desk, line("x")).stale_lock == lock.name


def test_a_book_changed_since_it_was_read_is_not_written(desk: Desk) -> None:
    seen = desk.file.fingerprint()
    desk.set(DEALS, "D-2026-0001", "comment", "важно")
    with pytest.raises(Changed):
        desk.file.write(Changes((), (line("x"),)), seen, "s")
    assert desk.seen(DEALS)[0]["Комментарий сотрудника"] == "важно"


def test_a_book_changed_while_it_is_written_is_not_replaced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.fsync

    def late_edit(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", original)
        desk.set(DEALS, "D-2026-0001", "comment", "в последний миг")

    seen = desk.file.fingerprint()
    monkeypatch.setattr(os, "fsync", late_edit)
    with pytest.raises(Changed):
        desk.file.write(Changes((), (line("x"),)), seen, "s")
    assert desk.seen(DEALS)[0]["Комментарий сотрудника"] == "в последний миг"
    assert [path.name for path in desk.path.parent.iterdir()] == ["partners.xlsx"]


def test_the_file_keeps_its_mode_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.path.chmod(0o640)
    write(desk, line("x"))
    assert desk.path.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in desk.path.parent.iterdir()] == ["partners.xlsx"]


def test_a_full_disk_leaves_the_old_book(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="disk full"):
        write(desk, line("x"))
    assert desk.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn"])
def test_what_is_no_workbook_is_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(Broken):
        WorkbookFile(path).read()
    with pytest.raises(Broken):
        WorkbookFile(path).ensure("s")
    assert path.read_bytes() == content


def test_no_book_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        WorkbookFile(tmp_path / "none.xlsx").read()


def test_what_would_be_lost_is_copied_first_and_named(desk: Desk) -> None:
    def enrich(book: Any) -> None:
        sheet = book["Прайс"]
        sheet["A2"] = CellRichText("обычный ", TextBlock(InlineFont(b=True), "жирный"))
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=4, min_row=1, max_row=3))
        sheet.add_chart(chart, "H2")

    desk.edit(enrich)
    report = write(desk, line("x"))
    assert report.lost == ("chart", "rich-text")
    assert Path(report.copy).name == "partners.20260302-120000.xlsx"
    assert openpyxl.load_workbook(report.copy, rich_text=True)["Прайс"]["A2"].value[1].text == "жирный"
    assert openpyxl.load_workbook(desk.path)["Прайс"]["A2"].value == "обычный жирный"


def test_the_summary_has_charts_after_every_write_and_they_are_no_loss(desk: Desk) -> None:
    summary = Summary(NOON, {"registered": 2}, {"white": 1}, {"authorised": 1}, {}, [("D-2026-0001", NOON)])
    assert write(desk, summary=summary).lost == ()
    assert write(desk, line("x")).lost == ()
    assert write(desk, summary=summary).lost == ()
    sheet: Any = openpyxl.load_workbook(desk.path)["Сводка"]
    assert len(sheet._charts) == 2
    cells = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(1, 30)}
    assert cells["Последний проход"] == datetime(2026, 3, 2, 12)
    assert cells["Зарегистрирована"] == 2
    assert (sheet["D2"].value, sheet["E2"].value) == ("D-2026-0001", datetime(2026, 3, 2, 12))


def test_charts_say_what_they_count_in_the_colours_of_the_states(desk: Desk) -> None:
    write(desk, summary=Summary(NOON, {"registered": 22, "refused": 13}, {"white": 7}))
    sheet: Any = openpyxl.load_workbook(desk.path)["Сводка"]
    titles = [(said(chart.title), said(chart.y_axis.title)) for chart in sheet._charts]
    assert titles == [("Сделки по состояниям", "Сделок"), ("Партнёры по статусам", "Партнёров")]
    for chart in sheet._charts:
        (series,) = chart.series
        names, figures = (reference.split("!")[1].replace("$", "") for reference in (series.cat.numRef.f, series.val.numRef.f))
        words = [cell.value for (cell,) in sheet[names]]
        colours = dict(zip(words, (point.graphicalProperties.solidFill for point in series.dPt), strict=True))
        assert len({colours[word] for word in words}) == len(words), "told apart"
        assert all(isinstance(cell.value, int) for (cell,) in sheet[figures])
        assert chart.title.overlay is False
        assert chart.dataLabels.showVal
    assert [chart.y_axis.majorUnit for chart in sheet._charts] == [None, 1], "no halves beside few"
    (first, second) = (chart.anchor for chart in sheet._charts)
    assert second._from.row > first._from.row + 14, "one below the other"


def said(title: Any) -> str:
    return "".join(run.t for paragraph in title.tx.rich.p for run in paragraph.r or ())


def test_a_long_name_in_the_summary_is_wrapped_and_its_row_is_high_enough(desk: Desk) -> None:
    name = "P-0003 Общество с ограниченной ответственностью «Уральские информационные системы и сети»"
    write(desk, summary=Summary(NOON, hoarders=[Hoarder(name, 2, 4)]))
    sheet = openpyxl.load_workbook(desk.path)["Сводка"]
    (row,) = (row for row in range(1, 30) if sheet.cell(row, 4).value == name)
    assert sheet.cell(row, 4).alignment.wrap_text
    assert sheet.row_dimensions[row].height == 30
    write(desk, summary=Summary(NOON, hoarders=[Hoarder("P-0004 ООО «Юг»", 2, 4)]))
    again = openpyxl.load_workbook(desk.path)["Сводка"]
    assert again.cell(row, 4).value == "P-0004 ООО «Юг»"
    assert again.row_dimensions[row].height is None, "as low as any other again"


def test_a_row_is_as_high_as_its_texts_and_as_high_as_a_person_made_it(desk: Desk) -> None:
    def height() -> float | None:
        found: float | None = openpyxl.load_workbook(desk.path)[DEALS].row_dimensions[2].height
        return found

    long = "Похожее название заказчика под другим ИНН: D-2026-0002. Проверьте, не одна ли это организация. " * 2
    desk.one_pass({DEALS: {"D-2026-0001": {**deal("D-2026-0001"), "remarks": long}}})
    assert height() == 75
    desk.one_pass({DEALS: {"D-2026-0001": {**deal("D-2026-0001"), "remarks": "Коротко."}}})
    assert height() is None

    def make_high(book: Any) -> None:
        book[DEALS].row_dimensions[2].height = 100

    desk.edit(make_high)
    desk.one_pass({DEALS: {"D-2026-0001": {**deal("D-2026-0001"), "remarks": long}}})
    assert height() == 100
    desk.one_pass({DEALS: {"D-2026-0001": {**deal("D-2026-0001"), "remarks": ""}}})
    assert height() == 100


def test_what_people_type_stands_where_ours_does(desk: Desk) -> None:
    sheet: Any = openpyxl.load_workbook(desk.path)["Лиды"]
    columns = {cell.value: sheet.column_dimensions[cell.column_letter] for cell in sheet[1]}
    assert columns["Лид"].alignment.wrap_text
    assert {dimension.alignment.vertical for dimension in columns.values()} == {"top"}


def test_ensure_adds_what_is_missing_and_destroys_nothing(desk: Desk) -> None:
    def break_up(book: Any) -> None:
        del book["Обращения"]
        del book["Форма Запрос"]
        book["Форма Сделка"].delete_cols(15, 5)

    desk.edit(break_up)
    made = desk.file.ensure("s")
    assert made.tabs == ("Обращения",)
    assert [header for tab, header in made.headers if tab == "Форма Сделка"] == [
        "№",
        "Решение",
        "Причина",
        "Ответить до",
        "Ответ отправлен",
    ]
    book = openpyxl.load_workbook(desk.path)
    assert book.sheetnames.index("Обращения") == book.sheetnames.index("NFR") + 1
    assert [fault.tab for fault in desk.file.read().faults] == ["Форма Запрос"]
    assert len(desk.seen(DEALS)) == 2
    assert not desk.file.ensure("s")


def test_doubled_headers_stop_their_tab_alone(desk: Desk) -> None:
    desk.edit(lambda book: setattr(book[DEALS]["Z1"], "value", "  состояние "))
    snapshot = desk.file.read()
    assert [(fault.code, fault.header) for fault in snapshot.faults] == [("header-doubled", "Состояние")]
    assert snapshot.usable(DEALS) is None
    assert snapshot.usable("Партнёры") is not None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_save_in_libreoffice_is_no_decision(desk: Desk, tmp_path: Path) -> None:
    desk.set(DEALS, "D-2026-0002", "comment", "заметка")
    desk.one_pass()
    write(desk, line("=1"), summary=Summary(NOON, {"registered": 2}))
    out = tmp_path / "resaved"
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
    ]
    subprocess.run([*command, str(desk.path)], check=True, capture_output=True, timeout=120)
    shutil.copyfile(out / "partners.xlsx", desk.path)
    reading, plan = desk.one_pass()
    assert not reading.words
    assert not reading.notices
    assert not plan.cells
    assert desk.file.read().faults == ()
    assert write(desk, line("после")).lost == ()
    desk.one_pass({DEALS: {"D-2026-0001": deal("D-2026-0001", state="Выиграна")}})
    sheet = openpyxl.load_workbook(desk.path)[DEALS]
    assert cell_of(sheet, row_of(sheet, "D-2026-0001"), "Состояние").value == "Выиграна"
    assert sheet.data_validations.dataValidation
