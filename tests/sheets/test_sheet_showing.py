"""What a case and a submission show; staff's tabs; headers as people write them."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from cases.model import (
    Case,
    CaseKind,
    DealData,
    DealState,
    PartnerData,
    PartnerState,
    Question,
    Remark,
    RequestData,
    RequestState,
    SaleStatus,
    Submission,
)
from cases.staff_lines import StaffTabs
from rules.deals import DealKind
from rules.edition import Tier
from sheets.columns import DEALS, FORMS, PARTNERS, REGISTRIES, TABS, TRAINING
from sheets.headers import locate
from sheets.projection import TAB_OF_KIND, case_row, submission_row
from sheets.reading import staff_tabs
from sheets.shape import Tab, TabKind
from tests.sheets.sheet_books import NOON, Desk


def case(kind: CaseKind, state: str, data: Any, **more: Any) -> Case:
    return Case("D-2026-0001", kind, state, "2024-01-01", NOON, data, partner_inn="7707083893", **more)


def no_report(_: Case) -> date | None:
    return None


def test_a_deal_shows_words_figures_and_moscow_days() -> None:
    data = DealData(
        partner_name="ООО Партнёр",
        deal_kind=DealKind.SWITCH,
        products=["А", "Б"],
        discount=Decimal("27.5"),
        registered_at=datetime(2026, 3, 2, 22, 30, tzinfo=UTC),
        valid_until=date(2026, 6, 2),
        sale_status=SaleStatus.OFFER_SENT,
    )
    question = Question("annul", "Предложение: аннулировать", NOON)
    remarks = [Remark("a", "первое"), Remark("b", "второе")]
    shown = case_row(
        case(CaseKind.DEAL, DealState.REGISTERED, data, question=question, remarks=remarks, reason_text="3 – занято"),
        lambda _: date(2026, 3, 16),
    )
    assert shown["kind"] == "Конкурентный переход"
    assert shown["products"] == "А; Б"
    assert shown["discount"] == 27.5
    assert shown["registered_at"] == date(2026, 3, 3), "half past one at night in Moscow"
    assert shown["submitted_at"] == datetime(2026, 3, 2, 12)
    assert shown["report_due"] == date(2026, 3, 16)
    assert shown["sale_status"] == "КП отправлено"
    assert shown["remarks"] == "Предложение: аннулировать; первое; второе"
    assert shown["reason"] == "3 – занято"


def test_a_partner_that_lacks_data_shows_as_undecided() -> None:
    data = PartnerData(name="ООО Партнёр", inn="7707083893", tier=Tier.TRUSTED, contacts=["a@b.ru", "c@b.ru"])
    shown = case_row(case(CaseKind.PARTNER, PartnerState.NEEDS_DATA, data), no_report, lambda _: Decimal(10))
    assert (shown["authorisation"], shown["tier"], shown["discount"]) == ("На рассмотрении", "Доверенный", 10)
    assert shown["contacts"] == "a@b.ru, c@b.ru"


def test_every_projection_fits_its_tab() -> None:
    samples: list[tuple[CaseKind, Any]] = [
        (CaseKind.PARTNER, PartnerData()),
        (CaseKind.DEAL, DealData()),
        (CaseKind.REQUEST, RequestData()),
        (CaseKind.TRAINING, RequestData(topic="sales")),
    ]
    for kind, data in samples:
        shown = case_row(case(kind, RequestState.OPEN, data), no_report)
        assert set(shown) == {column.field for column in TAB_OF_KIND[kind].columns if column.ours}


def test_a_submission_shows_its_five_columns() -> None:
    sent = Submission("form:deal", "k", NOON, {}, number="D-2026-0001", answer="needs-data", answer_text="1 – ИНН", due_at=NOON)
    shown = submission_row(sent)
    assert (shown["answer"], shown["due_at"], shown["answered_at"]) == ("Нужны данные", datetime(2026, 3, 2, 12), None)
    assert set(shown) == {column.field for column in next(iter(FORMS.values())).columns if column.ours}


def test_staff_tabs_are_read_tolerantly_and_their_faults_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "partners.xlsx")

    def fill(book: Any) -> None:
        book["Продажи"].append([date(2026, 3, 1), 7707083893, "D-2026-0001", "150 000,50 руб.", None])
        book["Продажи"].append(["когда-то", "7707083893", None, "сто"])
        book["Публикации"].append(["01.03.2026", "7707083893", "соцсети", "https://x"])
        book["Нарушения"].append([datetime(2026, 3, 1), "7707083893", "Жалоба", "…", True])
        book["Прайс"].append(["ST-1", "Стахановец Про", "12", 1000])
        book["Календарь"].append(["09.03.2026", "Выходной"])
        book["Отказы заказчиков"].append(["0105013021", "7707083893", "письмо"])

    desk.edit(fill)
    tabs, faults = staff_tabs(desk.file.read(), str.upper)
    [sale] = tabs.sales
    assert (sale.on, sale.partner_inn, sale.amount) == (date(2026, 3, 1), "7707083893", Decimal("150000.5"))
    assert tabs.publicity[0].kind == "social"
    assert tabs.violations[0].lifted
    assert (tabs.prices[0].key, tabs.prices[0].price, tabs.prices[0].term_months) == ("СТАХАНОВЕЦ ПРО", Decimal(1000), "12")
    assert tabs.calendar == {date(2026, 3, 9): False}
    assert tabs.refusals[0].document == "письмо"
    assert [(fault.code, fault.header, fault.position, fault.value) for fault in faults] == [
        ("date-unreadable", "Дата", 3, "когда-то"),
        ("number-unreadable", "Сумма руб.", 3, "сто"),
    ]


def test_a_lost_staff_tab_keeps_what_was_last_read(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "partners.xlsx")
    desk.edit(lambda book: book.remove(book["Календарь"]))
    tabs, _ = staff_tabs(desk.file.read(), str, StaffTabs(calendar={date(2026, 3, 9): False}))
    assert tabs.calendar == {date(2026, 3, 9): False}


def test_headers_are_matched_as_people_write_them() -> None:
    headers = [f" {column.header.upper().replace('Ё', 'Е')}\xa0 " for column in reversed(PARTNERS.columns)]
    index, faults, stopped = locate(PARTNERS, [*headers, "Своё"], {})
    assert not faults
    assert not stopped
    assert index["number"] == len(PARTNERS.columns) - 1


def test_every_tab_has_distinct_fields_and_headers() -> None:
    for tab in TABS:
        assert len({column.field for column in tab.columns}) == len(tab.columns)
        assert len({column.header for column in tab.columns}) == len(tab.columns)
    for tab in REGISTRIES:
        assert (tab.columns[0].header, tab.columns[-1].header) == ("№", "Замечания")
        assert {"staff_decision", "comment"} <= {column.field for column in tab.columns}
    assert TRAINING.column("attended").choices == ("Да", "Нет")


def test_the_headers_are_the_contracts() -> None:
    expected = (
        "№, Партнёр, ИНН партнёра, Заказчик, ИНН заказчика, Тип, Продукты, Лицензий, Состояние, Скидка %, Подана, Ответить до, "
        "Зарегистрирована, Действует до, Продлений, Статус продажи, Обновить до, Причина, Решение сотрудника, Код отказа, "
        "Скидка сотрудника %, Комментарий сотрудника, Замечания"
    )
    assert ", ".join(column.header for column in DEALS.columns) == expected
    form = next(tab for tab in TABS if tab.kind is TabKind.FORM)
    assert [column.header for column in form.columns][:2] == ["Отметка времени", "Адрес электронной почты"]
    assert isinstance(form, Tab)


def test_every_header_note_and_list_is_within_excels_limits(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "partners.xlsx")
    book = openpyxl.load_workbook(desk.path)
    for sheet in book.worksheets:
        for item in sheet.data_validations.dataValidation:
            assert len(str(item.formula1)) <= 257
