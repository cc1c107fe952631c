"""`doctor` over the spreadsheet at Google: every fault is named with its mend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.scenarios.house import House
from tests.wire.doctor_said import examined, fault, warnings
from tests.wire.sheets.server import PRIVATE, SheetsServer
from tests.wire.sheets.tokens import ACCOUNT


@pytest.fixture
def google(tmp_path: Path) -> Iterator[tuple[House, SheetsServer]]:
    """A home whose spreadsheet is at the wire server, made by `init`."""
    house = House(tmp_path / "home")
    house.init()
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as server:
        server.account_file(house.root / "google.json")
        house.configure(
            'backend = "xlsx"',
            f'backend = "google"\nspreadsheet = "{server.make().id}"\naccount = "file:google.json"\nendpoint = "{server.url}"',
        )
        assert house.run("init").code == 0
        yield house, server
        assert not server.service.violations


def test_a_sound_spreadsheet_is_written_to_without_a_change(google: tuple[House, SheetsServer]) -> None:
    house, server = google
    said = examined(house)
    assert any(kind == "fine" and "it can be written" in text for kind, text in said["spreadsheet"])
    assert not warnings(said, "spreadsheet")
    assert not warnings(said, "clock")
    assert [call.method.rpartition(".")[2] for call in server.calls][-3:] == ["get", "batchUpdate", "batchGetByDataFilter"]


def test_one_that_is_not_shared_names_the_address_to_share_it_with(google: tuple[House, SheetsServer]) -> None:
    house, _ = google
    text = (house.root / "config.toml").read_text(encoding="utf-8")
    ours = text.partition('spreadsheet = "')[2].partition('"')[0]
    house.configure(ours, PRIVATE)
    assert f"add {ACCOUNT} as Editor" in fault(house, "spreadsheet")


def test_one_that_is_shared_for_reading_alone_is_told(google: tuple[House, SheetsServer]) -> None:
    house, server = google
    server.fail("spreadsheets.batchUpdate", status=403)
    assert f"add {ACCOUNT} as Editor" in fault(house, "spreadsheet")


def test_an_unknown_one_an_api_off_and_a_wrong_key_are_told(google: tuple[House, SheetsServer]) -> None:
    house, server = google
    off = "Google Sheets API has not been used in project 1 before or it is disabled."
    server.fail("get", status=403, body=json.dumps({"error": {"code": 403, "message": off, "status": "PERMISSION_DENIED"}}))
    assert "switch on the Google Sheets API" in fault(house, "spreadsheet")
    server.fail("get", status=404)
    assert "spreadsheet.spreadsheet" in fault(house, "spreadsheet")
    key = house.root / "google.json"
    key.write_text('{"installed": {"client_id": "an OAuth client"}}')
    assert "not the JSON key of a service account" in fault(house, "spreadsheet")
    key.unlink()
    assert "google.json" in fault(house, "spreadsheet")


def test_another_time_zone_and_locale_are_warned_of(google: tuple[House, SheetsServer]) -> None:
    house, _ = google
    with SheetsServer(locale="en_US", time_zone="America/New_York") as other:
        other.account_file(house.root / "google.json")
        text = (house.root / "config.toml").read_text(encoding="utf-8")
        for name, value in (("endpoint", other.url), ("spreadsheet", other.make().id)):
            house.configure(text.partition(f'{name} = "')[2].partition('"')[0], value)
        assert house.run("init").code == 0
        told = warnings(examined(house), "spreadsheet")
    assert "America/New_York: set Moscow under File → Settings" in told[0]
    assert "en_US" in told[1]


def test_a_clock_that_is_off_is_told_by_googles(google: tuple[House, SheetsServer]) -> None:
    house, _ = google
    said = warnings(examined(house, now=datetime.now(UTC) - timedelta(minutes=3)), "clock")
    assert ["3 minutes behind that of Google" in text for text in said] == [True]
