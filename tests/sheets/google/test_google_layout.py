"""What `init` makes at Google: pleasant for people, made once, mended, and never destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sheets.columns import DEAL_STATES, TABS, TIERS
from sheets.columns import DEALS as DEALS_TAB
from sheets.google_layout import MARK
from tests.sheets.google.two_houses import DEALS, FORM, GoogleHouse, cleared, deals, google_house
from tests.wire.sheets.faults import When
from tests.wire.sheets.server import SheetsServer
from tests.wire.sheets.tokens import ACCOUNT

WRITE = "spreadsheets.batchUpdate"


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as server:
        yield server
        assert not server.service.violations


@pytest.fixture
def house(server: SheetsServer, tmp_path: Path) -> GoogleHouse:
    cleared(server)
    return google_house(tmp_path, server)


def writes(server: SheetsServer) -> int:
    return sum(call.method.endswith("batchUpdate") for call in server.calls)


def over(house: GoogleHouse, tab: str, part: str) -> list[dict[str, Any]]:
    return house.hands.sheet(tab).over(part)


def test_tabs_are_pleasant_for_people(house: GoogleHouse) -> None:
    assert [sheet.title for sheet in house.wire.sheets][: len(TABS)] == [tab.name for tab in TABS]
    sheet = house.hands.sheet(DEALS)
    assert sheet.properties["gridProperties"] == {"frozenRowCount": 1, "frozenColumnCount": 1}
    assert sheet.basic_filter is not None
    assert sheet.basic_filter["range"]["endColumnIndex"] == len(DEALS_TAB.columns), "a sort moves whole records"
    place = house.hands.place(DEALS, "Решение сотрудника")
    offered = sheet.cell(5, place).validation
    assert offered is not None
    assert [one["userEnteredValue"] for one in offered["condition"]["values"]] == [
        "Одобрить",
        "Отказать",
        "Аннулировать",
        "Оставить",
    ]
    assert sheet.cell(0, place).note
    until = sheet.cell(5, house.hands.place(DEALS, "Действует до")).number_format
    assert until == {"type": "DATE", "pattern": "dd.mm.yyyy"}
    named = {one["description"]: one for one in sheet.over("protectedRanges")}
    assert named[f"{MARK}: №"]["warningOnly"]
    assert f"{MARK}: Решение сотрудника" not in named
    colours = {rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in sheet.over("conditionalFormats")}
    assert {"Зарегистрирована", "Отказано", "На рассмотрении"} <= colours
    assert {view["title"] for view in sheet.over("filterViews")} == {f"{MARK}: ждут решения", f"{MARK}: с замечаниями"}
    assert [chart["spec"]["title"] for chart in over(house, "Сводка", "charts")] == [
        "Сделки по состояниям",
        "Партнёры по статусам",
    ]


def test_the_summary_looks_as_in_the_workbook(house: GoogleHouse) -> None:
    sheet = house.hands.sheet("Сводка")
    assert (sheet.cell(20, 3).format or {})["wrapStrategy"] == "WRAP", "a long name is not cut"
    deals_chart, partners_chart = (chart["spec"]["basicChart"] for chart in over(house, "Сводка", "charts"))
    assert [chart["axis"][0]["title"] for chart in (deals_chart, partners_chart)] == ["Сделок", "Партнёров"]
    for chart, words in ((deals_chart, DEAL_STATES), (partners_chart, TIERS)):
        (bars,) = chart["series"]
        assert bars["dataLabel"]["type"] == "DATA"
        assert len({str(one["colorStyle"]) for one in bars["styleOverrides"]}) == len(words), "told apart"


def test_only_the_system_writes_the_journal(house: GoogleHouse) -> None:
    (lock,) = over(house, "Журнал", "protectedRanges")
    assert lock["editors"]["users"] == [ACCOUNT]
    assert not lock.get("warningOnly")


def test_it_is_made_in_one_write_and_once(server: SheetsServer, tmp_path: Path) -> None:
    house = google_house(tmp_path, server, ensure=False)
    cleared(server)
    made = house.google.ensure("s")
    assert made.created
    assert len(made.tabs) == len(TABS)
    assert writes(server) == 1
    shown = house.wire.kept()
    assert not house.again().ensure("s")
    assert not house.google.ensure("s", forms=True)
    assert writes(server) == 1
    assert house.wire == shown


@pytest.mark.parametrize("when", list(When))
def test_a_cut_while_it_is_made_doubles_nothing(server: SheetsServer, tmp_path: Path, when: When) -> None:
    house = google_house(tmp_path, server, ensure=False)
    server.fail(WRITE, cut=True, when=when)
    house.google.ensure("s")
    assert [sheet.title for sheet in house.wire.sheets][: len(TABS)] == [tab.name for tab in TABS]
    assert not house.again().ensure("s")


def test_tabs_of_peoples_stay_as_they_are(server: SheetsServer, tmp_path: Path) -> None:
    house = google_house(tmp_path, server, ensure=False)
    house.hands.put("Лист1", 0, 0, "своё")
    house.google.ensure("s")
    own = house.hands.sheet("Лист1")
    assert house.wire.shown(own, 0, 0) == "своё"
    assert not own.over("protectedRanges")
    assert {sheet.title for sheet in house.wire.sheets} == {"Лист1", *(tab.name for tab in TABS)}


def test_what_people_took_away_comes_back_and_what_they_made_stays(house: GoogleHouse, server: SheetsServer) -> None:
    house.one_pass(deals("D-2026-0001"))
    sheet = house.hands.sheet(DEALS)
    state = house.hands.place(DEALS, "Состояние")
    own_list = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Своё"}]}}
    decision = house.hands.place(DEALS, "Решение сотрудника")
    for row in range(1, 50):
        cell = sheet.cell(row, decision)
        sheet.put(row, decision, type(cell)(cell.entered, cell.format, cell.note, own_list))
    sheet.over("protectedRanges").pop()
    sheet.over("protectedRanges").append(
        {"protectedRangeId": 7, "range": {"sheetId": sheet.id}, "description": "моё", "warningOnly": True}
    )
    sheet.over("filterViews")[:] = [{"filterViewId": 9, "title": "Анна", "range": {"sheetId": sheet.id}}]
    rule = sheet.over("conditionalFormats")[0]
    sheet.over("conditionalFormats").remove(rule)
    over(house, "Сводка", "charts").pop()
    sheet.properties["gridProperties"] = {"frozenRowCount": 3, "frozenColumnCount": 2}
    sheet.properties["tabColorStyle"] = {"rgbColor": {"red": 1}}
    sheet.insert("COLUMNS", 1, 1)
    house.hands.put(DEALS, 0, 1, "Своя колонка")

    cleared(server)
    assert not house.again().ensure("s"), "comforts alone are no news"
    assert writes(server) == 1

    assert {view["title"] for view in sheet.over("filterViews")} == {"Анна", f"{MARK}: ждут решения", f"{MARK}: с замечаниями"}
    assert "моё" in {one["description"] for one in sheet.over("protectedRanges")}
    assert len(sheet.over("protectedRanges")) == len({one["description"] for one in sheet.over("protectedRanges")})
    assert len(over(house, "Сводка", "charts")) == 2
    areas = {one["ranges"][0]["startColumnIndex"] for one in sheet.over("conditionalFormats")}
    assert areas == {state + 1}
    assert sheet.properties["gridProperties"] == {"frozenRowCount": 3, "frozenColumnCount": 2}
    assert sheet.properties["tabColorStyle"] == {"rgbColor": {"red": 1}}
    assert sheet.cell(5, decision + 1).validation == own_list
    assert house.wire.shown(sheet, 0, 1) == "Своя колонка"
    assert house.shown(DEALS, "state") == {"D-2026-0001": "Зарегистрирована"}

    house.again().ensure("s")
    assert writes(server) == 1


def test_the_systems_columns_come_to_a_tab_that_a_form_made(house: GoogleHouse, server: SheetsServer) -> None:
    sheet = house.hands.sheet(FORM)
    first = house.hands.place(FORM, "№")
    sheet.delete("COLUMNS", first, sheet.column_count)
    made = house.again().ensure("s")
    assert [header for tab, header in made.headers] == ["№", "Решение", "Причина", "Ответить до", "Ответ отправлен"]
    assert not made.tabs
    assert not house.read().faults
    assert sheet.cell(5, house.hands.place(FORM, "Ответить до")).number_format == {
        "type": "DATE_TIME",
        "pattern": "dd.mm.yyyy hh:mm",
    }
    assert not house.again().ensure("s")


def test_a_bare_tab_gets_its_headers(house: GoogleHouse) -> None:
    sheet = house.hands.sheet("NFR")
    for column in list(sheet.rows[0]):
        sheet.put(0, column, type(sheet.cell(0, column))())
    assert house.again().ensure("s").tabs == ("NFR",)
    assert not house.read().faults


def test_a_tab_that_stands_there_twice_is_left_to_people(house: GoogleHouse, server: SheetsServer) -> None:
    copy = house.hands.sheet("NFR").kept()
    copy.id, copy.properties["title"] = 4242, "«NFR»"
    house.wire.sheets.append(copy)
    cleared(server)
    book = house.again()
    book.ensure("s")
    assert writes(server) == 0
    assert [(fault.code, fault.tab) for fault in book.read().faults] == [("tab-doubled", "NFR")]
