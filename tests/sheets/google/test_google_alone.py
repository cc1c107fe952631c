"""What only Google can do to us: counted calls, faults of every kind, people faster than a write, keys and rights."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sheets.google import GoogleSpreadsheet
from sheets.port import Changed, Changes, Unavailable
from sheets.reading import form_rows
from tests.sheets.google.two_houses import DEALS, FORM, GoogleHouse, cleared, deals, google_house, line, summary
from tests.wire.sheets.faults import When
from tests.wire.sheets.server import PRIVATE, SheetsServer
from tests.wire.sheets.tokens import ACCOUNT

ONE, TWO, THREE = "D-2026-0001", "D-2026-0002", "D-2026-0003"
READ, WRITE = "batchGetByDataFilter", "spreadsheets.batchUpdate"


@pytest.fixture(scope="module")
def wire() -> Iterator[SheetsServer]:
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as server:
        yield server
        assert not server.service.violations


@pytest.fixture
def server(wire: SheetsServer) -> SheetsServer:
    cleared(wire)
    return wire


@pytest.fixture
def two(server: SheetsServer, tmp_path: Path) -> GoogleHouse:
    """A house with two deals shown, its calls counted from here on."""
    house = google_house(tmp_path, server)
    house.one_pass(deals(ONE, TWO))
    cleared(server)
    house.again()
    return house


def called(server: SheetsServer) -> list[str]:
    return [call.method.removeprefix("sheets.spreadsheets.") for call in server.calls]


# -- calls


def test_an_idle_pass_is_one_read(two: GoogleHouse, server: SheetsServer) -> None:
    assert two.google.fingerprint() == two.reports[-1].fingerprint
    assert called(server) == ["values." + READ]
    assert (two.google.calls.reads, two.google.calls.writes) == (1, 0)


@pytest.mark.parametrize("count", [1, 400])
def test_a_pass_with_changes_is_two_reads_and_one_write(two: GoogleHouse, server: SheetsServer, count: int) -> None:
    two.google.fingerprint()
    numbers = [f"D-2026-{number:04d}" for number in range(1, count + 1)]
    two.one_pass(deals(*numbers, state="Выиграна"), lines=count)
    assert called(server) == ["values." + READ, "values." + READ, "batchUpdate"]
    assert (two.google.calls.reads, two.google.calls.writes, two.google.calls.repeats) == (2, 1, 0)
    assert len(two.seen(DEALS)) == max(count, 2)


def test_without_a_memory_one_more_read_finds_the_tabs(two: GoogleHouse, server: SheetsServer) -> None:
    (two.folder / "sheet.json").unlink()
    book = two.again()
    book.fingerprint()
    book.fingerprint()
    assert called(server) == ["get", "values." + READ, "values." + READ]
    (two.folder / "sheet.json").write_text("not JSON")
    two.again().fingerprint()
    assert called(server)[3:] == ["get", "values." + READ]


def test_nothing_of_people_changes_the_count(two: GoogleHouse, server: SheetsServer) -> None:
    two.people.sort(DEALS, "number", down=True)
    two.hands.sheet(DEALS).properties["title"] = "СДЕЛКИ"  # renamed, but still ours
    two.one_pass(deals(ONE, state="Выиграна"))
    assert len(server.calls) == 3
    two.people.drop("NFR")  # the tab that is remembered is gone
    server.calls.clear()
    assert [fault.tab for fault in two.read().faults] == ["NFR"]
    assert called(server) == ["values." + READ, "get", "values." + READ]


def test_no_call_reads_or_writes_as_if_typed(two: GoogleHouse, server: SheetsServer) -> None:
    two.one_pass(deals(THREE), lines=1)
    for call in server.calls:
        assert "USER_ENTERED" not in call.query + json.dumps(call.body)
        assert "values.update" not in call.method
        assert "values.append" not in call.method


# -- people are faster than the write


def late(server: SheetsServer, act: Callable[[], None]) -> None:
    """A person acts after the late read, right before the write is applied."""
    server.fail(WRITE, act=act)


def repaired(house: GoogleHouse) -> tuple[str, ...]:
    report = house.reports[-1]
    return report.repaired


def test_rows_sorted_in_the_last_moment_are_mended(two: GoogleHouse, server: SheetsServer) -> None:
    late(server, lambda: two.people.sort(DEALS, "number", down=True))
    two.one_pass(deals(ONE, state="Выиграна", valid_until=None))
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Зарегистрирована"}
    assert two.shown(DEALS, "valid_until") == {ONE: "", TWO: "2026-06-02"}
    assert len(repaired(two)) == 4
    assert len(server.calls) <= 6
    reading, plan = two.one_pass()
    assert not reading.words
    assert not plan.cells


def test_a_row_inserted_in_the_last_moment_is_left_empty(two: GoogleHouse, server: SheetsServer) -> None:
    late(server, lambda: two.people.insert(DEALS, 2))
    two.one_pass(deals(ONE, TWO, state="Выиграна"))
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Выиграна"}
    assert len(two.seen(DEALS)) == 2
    assert repaired(two)


def test_a_row_deleted_in_the_last_moment_gives_nobody_its_values(two: GoogleHouse, server: SheetsServer) -> None:
    late(server, lambda: two.people.delete(DEALS, ONE))
    two.one_pass(deals(ONE, state="Выиграна"))
    assert two.shown(DEALS, "state") == {TWO: "Зарегистрирована"}
    assert repaired(two)


def test_a_column_inserted_in_the_last_moment_is_left_to_people(two: GoogleHouse, server: SheetsServer) -> None:
    late(server, lambda: two.hands.sheet(DEALS).insert("COLUMNS", 2, 1))
    two.one_pass(deals(ONE, state="Выиграна"))
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Зарегистрирована"}
    assert all(row[""] == "" for row in two.seen(DEALS))


def test_a_word_that_moved_under_a_clearing_write_is_put_back(two: GoogleHouse, server: SheetsServer) -> None:
    two.people.type(DEALS, ONE, "staff_decision", "Оставить")
    two.people.type(DEALS, TWO, "staff_decision", "Аннулировать")
    two.one_pass()
    two.people.type(DEALS, ONE, "staff_decision", "Оставить")
    cleared(server)

    def at_work() -> None:
        two.people.type(DEALS, TWO, "comment", "моё")
        two.people.sort(DEALS, "number", down=True)

    late(server, at_work)
    two.one_pass()
    assert two.shown(DEALS, "staff_decision") == {ONE: "", TWO: ""}
    assert two.shown(DEALS, "comment") == {ONE: "", TWO: "моё"}


def test_form_rows_sorted_in_the_last_moment_keep_their_answers(two: GoogleHouse, server: SheetsServer) -> None:
    for customer, minute in (("ООО Б", 1), ("ООО А", 2)):
        stamp = datetime(2026, 3, 2, 11, minute)
        two.people.add(FORM, stamp=stamp, address="anna@partner.ru", customer=customer)
    rows, _ = form_rows(two.read())
    late(server, lambda: two.people.sort(FORM, "customer"))
    answer = {"number": ONE, "answer": "Принято", "answer_text": "", "due_at": None, "answered_at": None}
    two.one_pass({FORM: {rows[0].key: answer}})
    assert {(row["Заказчик"], row["№"], row["Решение"]) for row in two.seen(FORM)} == {
        ("ООО Б", ONE, "Принято"),
        ("ООО А", "", ""),
    }


def test_leads_sorted_in_the_last_moment_keep_their_numbers(two: GoogleHouse, server: SheetsServer) -> None:
    numbers = {"Бета": "L-2026-0001", "Альфа": "L-2026-0002"}
    for name, number in numbers.items():
        two.people.add("Лиды", lead=name, contact="контакт")
        two.base.setdefault("Лиды", {})[number] = {"lead": name, "contact": "контакт", "region": ""}
    late(server, lambda: two.people.sort("Лиды", "lead"))
    two.one_pass({"Лиды": {number: {"number": number, "partner": f"ООО {name}"} for name, number in numbers.items()}})
    assert {(row["Лид"], row["№"], row["Партнёр"]) for row in two.seen("Лиды")} == {
        ("Бета", "L-2026-0001", "ООО Бета"),
        ("Альфа", "L-2026-0002", "ООО Альфа"),
    }
    assert len(server.calls) <= 6
    reading, plan = two.one_pass()
    assert not reading.words
    assert not plan.cells


def test_a_renamed_tab_in_the_last_moment_is_read_again(two: GoogleHouse, server: SheetsServer) -> None:
    late(server, lambda: two.hands.sheet(DEALS).properties.update(title="«Сделки»"))
    two.one_pass(deals(ONE, state="Выиграна"))
    column = two.hands.place("«Сделки»", "Состояние")
    assert two.wire.shown(two.hands.sheet("«Сделки»"), two.hands.row("«Сделки»", ONE), column) == "Выиграна"


# -- faults


WRITE_FAULTS: list[dict[str, Any]] = [
    {"status": 429, "retry_after": "7"},
    {"status": 500},
    {"status": 503},
    {"status": 503, "when": When.AFTER},
    {"status": 500, "when": When.AFTER},
    {"status": 502, "body": "<html>bad gateway</html>", "when": When.AFTER},
    {"cut": True},
    {"cut": True, "when": When.AFTER},
    {"cut": True, "when": When.AFTER, "count": 2},
    {"status": 503, "count": 2},
]


@pytest.mark.parametrize("fault", WRITE_FAULTS, ids=str)
def test_a_write_in_trouble_is_done_once(two: GoogleHouse, server: SheetsServer, fault: dict[str, Any]) -> None:
    server.fail(WRITE, **fault)
    two.one_pass(deals(ONE, THREE, state="Выиграна"), lines=2)
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Зарегистрирована", THREE: "Выиграна"}
    assert [row["Подробности"] for row in two.seen("Журнал")] == ["запись 0", "запись 1"]
    assert two.slept
    assert two.google.calls.repeats == len(two.slept)
    if fault.get("retry_after"):
        assert two.slept == [7.0]
    assert not two.one_pass()[1].cells
    assert two.google.fingerprint() == two.read().fingerprint


@pytest.mark.parametrize("fault", [fault for fault in WRITE_FAULTS if fault.get("when")], ids=str)
def test_lines_of_the_journal_alone_are_added_once(two: GoogleHouse, server: SheetsServer, fault: dict[str, Any]) -> None:
    server.fail(WRITE, **fault)
    two.book.write(Changes((), (line("одна"), line("две"), line("одна"))), two.read().fingerprint, "s")
    assert [row["Подробности"] for row in two.seen("Журнал")] == ["одна", "две", "одна"]


def _faster(two: GoogleHouse, changes: Changes) -> Callable[[], None]:
    """Another worker that writes the same."""
    other = GoogleSpreadsheet(two.folder / "account.json", two.wire.id, endpoint=two.server.url)

    def write() -> None:
        other.write(changes, other.read().fingerprint, "s")

    return write


@pytest.mark.parametrize(
    "changes", [Changes((), (line("одна"), line("две"))), Changes((), (), summary())], ids=["lines", "summary"]
)
def test_what_another_worker_wrote_since_the_read_is_not_written_again(two: GoogleHouse, changes: Changes) -> None:
    seen = two.read().fingerprint
    _faster(two, changes)()
    with pytest.raises(Changed):
        two.book.write(changes, seen, "s")
    assert [row["Подробности"] for row in two.seen("Журнал")] == ["одна", "две"][: len(changes.appends)]


def test_a_worker_that_stood_still_before_its_write_looks_again(two: GoogleHouse) -> None:
    changes = Changes((), (line("одна"), line("две")))
    faster, asked = _faster(two, changes), 0

    def clock() -> float:
        nonlocal asked
        asked += 1
        if asked == 2:  # after the last look, before the write
            faster()
        return 300.0 * (asked > 1)

    book = GoogleSpreadsheet(
        two.folder / "account.json", two.wire.id, memory=two.folder / "sheet.json", endpoint=two.server.url, clock=clock
    )
    with pytest.raises(Changed):
        book.write(changes, book.read().fingerprint, "s")
    assert [row["Подробности"] for row in two.seen("Журнал")] == ["одна", "две"]


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_a_summary_alone_survives_a_cut(two: GoogleHouse, server: SheetsServer, when: When) -> None:
    server.fail(WRITE, cut=True, when=when)
    two.book.write(Changes((), (), summary()), two.read().fingerprint, "s")
    assert {row[0]: row[1] for row in two.people.grid("Сводка")}["Зарегистрирована"] == "2"
    assert called(server).count("batchUpdate") == 1


def test_people_at_work_during_trouble_lose_nothing(two: GoogleHouse, server: SheetsServer) -> None:
    def at_work() -> None:
        two.people.sort(DEALS, "number", down=True)
        two.people.type(DEALS, TWO, "comment", "моё")

    server.fail(WRITE, cut=True, act=at_work)
    two.one_pass(deals(ONE, state="Выиграна"))
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Зарегистрирована"}
    assert two.shown(DEALS, "comment") == {ONE: "", TWO: "моё"}


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": "3"}, {"status": 503}, {"cut": True}], ids=str)
def test_reads_are_repeated(two: GoogleHouse, server: SheetsServer, fault: dict[str, Any]) -> None:
    server.fail(READ, count=3, **fault)
    assert len(two.read().tabs[DEALS].rows) == 2
    assert len(two.slept) == 3
    assert ("retry_after" in fault) == (two.slept == [3.0, 3.0, 3.0])


def test_reads_are_given_up_in_time(two: GoogleHouse, server: SheetsServer) -> None:
    server.fail(READ, status=503, count=99)
    with pytest.raises(Unavailable, match="does not answer"):
        two.read()
    assert two.google.calls.reads == 5
    assert sum(two.slept) < 60


def test_a_write_is_given_up_in_time(two: GoogleHouse, server: SheetsServer) -> None:
    server.fail(WRITE, status=503, count=99)
    with pytest.raises(Unavailable, match="does not take the write"):
        two.one_pass(deals(ONE, state="Выиграна"))
    cleared(server)
    two.one_pass(deals(ONE, state="Выиграна"))
    assert two.shown(DEALS, "state")[ONE] == "Выиграна"


def test_a_slow_answer_is_not_waited_for_for_ever(two: GoogleHouse, server: SheetsServer) -> None:
    two.google._api.timeout = (1.0, 0.2)
    server.fail(WRITE, seconds=0.6, when=When.AFTER)
    two.one_pass(deals(ONE, THREE, state="Выиграна"))
    assert two.shown(DEALS, "state") == {ONE: "Выиграна", TWO: "Зарегистрирована", THREE: "Выиграна"}


def test_an_expired_token_is_renewed(two: GoogleHouse, server: SheetsServer) -> None:
    two.read()
    server.service.accounts.revoke()
    two.read()


# -- keys and rights, in words


def test_a_spreadsheet_that_is_not_shared_names_the_address(two: GoogleHouse) -> None:
    book = GoogleSpreadsheet(two.folder / "account.json", PRIVATE, endpoint=two.server.url)
    with pytest.raises(Unavailable, match=rf"Share and add {ACCOUNT} as Editor"):
        book.read()


def test_one_shared_for_reading_can_be_read_and_says_why_not_written(two: GoogleHouse) -> None:
    snapshot = two.read()
    two.wire.shared[ACCOUNT] = "reader"
    with pytest.raises(Unavailable, match="as Editor"):
        two.book.write(Changes((), (line("x"),)), snapshot.fingerprint, "s")


def test_an_unknown_spreadsheet_is_named(two: GoogleHouse) -> None:
    with pytest.raises(Unavailable, match=r"knows no spreadsheet nowhere.*spreadsheet\.spreadsheet"):
        GoogleSpreadsheet(two.folder / "account.json", "nowhere", endpoint=two.server.url).read()


def test_an_api_that_is_switched_off_is_named(two: GoogleHouse, server: SheetsServer) -> None:
    text = "Google Sheets API has not been used in project 1 before or it is disabled."
    server.fail(READ, status=403, body=json.dumps({"error": {"code": 403, "message": text, "status": "PERMISSION_DENIED"}}))
    with pytest.raises(Unavailable, match="switch on the Google Sheets API"):
        two.read()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("not JSON", "not the JSON key"),
        ("[]", "not the JSON key"),
        ('{"type": "x"}', "not the JSON key"),
    ],
)
def test_a_file_that_is_no_key_is_named(tmp_path: Path, server: SheetsServer, content: str | None, words: str) -> None:
    account = tmp_path / "key.json"
    if content is not None:
        account.write_text(content)
    with pytest.raises(Unavailable, match=rf"key\.json: .*{words}"):
        GoogleSpreadsheet(account, "x", endpoint=server.url).read()


def test_a_deleted_key_is_named(two: GoogleHouse, server: SheetsServer) -> None:
    other = json.loads((two.folder / "account.json").read_text())
    other["private_key_id"] = "0" * 40
    (two.folder / "account.json").write_text(json.dumps(other))
    with pytest.raises(Unavailable, match="make a new one"):
        two.again(anew=True).read()


def test_a_wrong_clock_is_named(two: GoogleHouse, server: SheetsServer) -> None:
    clock = server.service.accounts.clock
    server.service.accounts.clock = lambda: clock() + 7200
    try:
        with pytest.raises(Unavailable, match="clock is wrong"):
            two.again(anew=True).read()
    finally:
        server.service.accounts.clock = clock


def test_cells_that_somebody_locked_are_named(two: GoogleHouse) -> None:
    sheet = two.hands.sheet(DEALS)
    area = {"sheetId": sheet.id, "startRowIndex": 1}
    lock = {"protectedRangeId": 5, "range": area, "editors": {"users": ["boss@vendor.ru"]}}
    sheet.over("protectedRanges").append(lock)
    with pytest.raises(Unavailable, match=rf"add {ACCOUNT} to those who may edit"):
        two.one_pass(deals(ONE, state="Выиграна"))


# -- locale and time zone


def test_the_spreadsheets_clock_is_respected(server: SheetsServer, tmp_path: Path) -> None:
    house = google_house(tmp_path, server, time_zone="Asia/Yekaterinburg")  # two hours ahead of Moscow
    assert (house.google.time_zone, house.google.locale) == ("Asia/Yekaterinburg", "ru_RU")
    house.people.add(FORM, stamp=datetime(2026, 3, 2, 14, 0), address="a@b.ru", customer="ООО А")
    (row,), _ = form_rows(house.read())
    assert row.stamp_text == "02.03.2026 12:00:00"
    house.one_pass(deals(ONE))
    (seen,) = house.seen(DEALS)
    assert (seen["Подана"], seen["Действует до"]) == ("02.03.2026 14:00", "02.06.2026")
    reading, plan = house.one_pass(deals(ONE))
    assert not reading.words
    assert not plan.cells


def test_a_date_typed_where_text_is_expected_stays_a_date(two: GoogleHouse, server: SheetsServer) -> None:
    two.people.type(DEALS, ONE, "comment", "05.03.2026")
    assert two.read().tabs[DEALS].rows
    two.one_pass()
    assert two.base[DEALS][ONE]["comment"] == "05.03.2026"
    assert called(server).count("getByDataFilter") == 2, "one more read, only where a number could be a date"


def test_error_values_are_named(two: GoogleHouse) -> None:
    two.people.add("Продажи", on=datetime(2026, 3, 1), partner_inn="7707083893", amount="=1/0")
    sheet = two.read().tabs["Продажи"]
    assert sheet.errors == {(2, 3)}
