"""The server itself: real gspread and google-auth over HTTP, tokens, Google's description, locale, guesses and faults."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import gspread
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from gspread.utils import ValueRenderOption

from tests.wire.sheets.faults import When
from tests.wire.sheets.locales import enter, locale, show
from tests.wire.sheets.masks import parse, select, updated
from tests.wire.sheets.ranges import Area, parse_cells, split_title, written
from tests.wire.sheets.server import PRIVATE, SheetsServer
from tests.wire.sheets.tokens import AUDIENCE, GRANT

SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]
ROOT = Path(__file__).resolve().parents[3]


class _Account(Credentials):
    """Without the look-up of regions at a second host."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class _Loopback(requests.adapters.HTTPAdapter):
    """Sends what is meant for Google to the server: the client's own code is untouched."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        request.url = re.sub(r"^https://(sheets|www)\.googleapis\.com", self.url, request.url)
        return super().send(request, *args, **kwargs)


@pytest.fixture(scope="module")
def wire() -> Iterator[SheetsServer]:
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as server:
        yield server


@pytest.fixture
def server(wire: SheetsServer) -> Iterator[SheetsServer]:
    wire.faults.clear()
    wire.calls.clear()
    yield wire
    assert not wire.service.violations


@pytest.fixture(scope="module")
def session(wire: SheetsServer) -> AuthorizedSession:
    info = wire.service.accounts.file(f"{wire.url}/token")
    credentials = _Account.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    for host in ("sheets", "www"):
        session.mount(f"https://{host}.googleapis.com/", _Loopback(wire.url))
    return session


@pytest.fixture
def client(session: AuthorizedSession) -> gspread.Client:
    return gspread.Client(session.credentials, session=session)


@pytest.fixture
def sheet(client: gspread.Client, server: SheetsServer) -> gspread.Worksheet:
    return client.open_by_key(server.make().id).sheet1


# -- by real clients


def test_real_clients_read_and_write(client: gspread.Client, sheet: gspread.Worksheet) -> None:
    assert sheet.title == "Лист1"
    assert (sheet.spreadsheet.locale, sheet.spreadsheet.timezone) == ("ru_RU", "Europe/Moscow")
    sheet.update([["Номер", "Сумма"], ["D-1", "1\u00a0234,50"], ["D-2", "=B2*2"]], "A1", raw=False)
    assert sheet.get("A1:B3") == [["Номер", "Сумма"], ["D-1", "1\u00a0234,50"], ["D-2", "2469"]]
    assert sheet.get("B2:B3", value_render_option=ValueRenderOption.unformatted) == [[1234.5], [2469]]
    assert sheet.get("B3", value_render_option=ValueRenderOption.formula) == [["=B2*2"]]
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key("nowhere")
    with pytest.raises(PermissionError):
        client.open_by_key(PRIVATE)


def test_append_overwrites_or_inserts_as_google_does(sheet: gspread.Worksheet) -> None:
    sheet.update([["№", "", "Имя"], ["1", "", "А"]], "A1")
    sheet.append_row(["2", "", "Б"])
    assert sheet.get("A3:E3") == [["", "", "2", "", "Б"]], "the table is guessed, and the row shifts"
    sheet.append_row(["3"], table_range="A1:A2")
    assert sheet.col_values(1) == ["№", "1", "3"]


def test_a_batch_is_applied_whole_or_not_at_all(sheet: gspread.Worksheet) -> None:
    good = {"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [{"note": "x"}]}], "fields": "note"}}
    with pytest.raises(gspread.exceptions.APIError, match=r"Invalid requests\[1\]\.deleteSheet"):
        sheet.spreadsheet.batch_update({"requests": [good, {"deleteSheet": {"sheetId": 0}}]})
    assert sheet.get_note("A1") == ""


def test_column_metadata_moves_with_its_column(sheet: gspread.Worksheet) -> None:
    there = {"dimensionRange": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}
    one = {"metadataId": 77, "metadataKey": "field", "metadataValue": "state", "location": there, "visibility": "DOCUMENT"}
    book = sheet.spreadsheet
    book.batch_update({"requests": [{"createDeveloperMetadata": {"developerMetadata": one}}]})
    with pytest.raises(gspread.exceptions.APIError, match="77 already exists"):
        book.batch_update({"requests": [{"createDeveloperMetadata": {"developerMetadata": one}}]})
    sheet.insert_cols([["a"]], 1)
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{book.id}/developerMetadata:search"
    found = book.client.request("post", url, json={"dataFilters": [{"developerMetadataLookup": {"metadataKey": "field"}}]}).json()
    (hit,) = found["matchedDeveloperMetadata"]
    assert hit["developerMetadata"]["location"]["dimensionRange"]["startIndex"] == 2


# -- Google's own description


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"requests": [{"updateCels": {}}]}, "Unknown name \\\\\"updateCels\\\\\" at 'requests\\[0\\]'"),
        (
            {"requests": [{"addSheet": {"properties": {"sheetId": "one"}}}]},
            "Invalid value at 'requests\\[0\\].addSheet.properties.sheetId",
        ),
        ({"requests": [{"mergeCells": {"mergeType": "MERGE_SOME"}}]}, "TYPE_ENUM"),
        ({"requests": {}}, "Invalid value at 'requests'"),
        ({"requests": [{"repeatCell": {"range": {"sheetId": 0}, "cell": {}}}]}, "At least one field"),
        ({"requests": [{"addSheet": {"properties": {"title": "лист1"}}}]}, "already exists"),
    ],
)
def test_a_request_that_google_would_refuse_is_refused(sheet: gspread.Worksheet, body: Any, words: str) -> None:
    with pytest.raises(gspread.exceptions.APIError) as caught:
        sheet.spreadsheet.batch_update(body)
    assert caught.value.code == 400
    assert re.search(words, json.dumps(caught.value.response.json(), ensure_ascii=False))


def test_unknown_parameters_and_fields_are_refused(session: AuthorizedSession, server: SheetsServer) -> None:
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{server.make().id}"
    assert session.get(url, params={"includeGrid": "true"}).status_code == 400
    assert session.get(url, params={"fields": "sheets.title"}).status_code == 400
    assert session.get(url, params={"fields": "sheets.properties(title)"}).json() == {
        "sheets": [{"properties": {"title": "Лист1"}}]
    }
    assert session.get("https://sheets.googleapis.com/v4/spreadsheet").status_code == 404


# -- tokens


def token(server: SheetsServer, assertion: str) -> Any:
    return requests.post(f"{server.url}/token", data={"grant_type": GRANT, "assertion": assertion}, timeout=5)


def assertion(server: SheetsServer, **changes: Any) -> str:
    credentials = _Account.from_service_account_info(  # type: ignore[no-untyped-call]
        server.service.accounts.file(AUDIENCE), scopes=SCOPES
    )
    now = int(time.time())
    claims = {
        "iss": credentials.service_account_email,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 3600,
        "scope": SCOPES[0],
        **changes,
    }
    head = {"alg": "RS256", "typ": "JWT", "kid": server.service.accounts.key_id}
    parts = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims))
    signature = credentials.signer.sign(parts.encode())
    return f"{parts}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_a_signed_assertion_gives_a_token(server: SheetsServer) -> None:
    answer = token(server, assertion(server))
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iss": "other@x.iam.gserviceaccount.com"}, "account not found"),
        ({"aud": "https://example.com"}, "audience"),
        ({"iat": 1, "exp": 3601}, "reasonable timeframe"),
        ({"exp": 4102444800}, "short-lived"),
        ({"scope": ""}, "scope"),
    ],
)
def test_wrong_claims_give_none(server: SheetsServer, changes: Any, words: str) -> None:
    answer = token(server, assertion(server, **changes))
    assert answer.status_code == 400
    assert words in answer.json()["error_description"]


def test_a_forged_signature_gives_none(server: SheetsServer) -> None:
    head, claims, signature = assertion(server).split(".")
    other = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**other, "scope": "everything"}).encode()).decode().rstrip("=")
    assert token(server, f"{head}.{forged}.{signature}").json()["error_description"] == "Invalid JWT Signature."
    assert token(server, "no.jwt.atall").status_code == 400


def test_without_a_token_or_its_scope_nothing_is_told(server: SheetsServer) -> None:
    url = f"{server.url}/v4/spreadsheets/{server.make().id}"
    assert requests.get(url, timeout=5).status_code == 401
    mail = token(server, assertion(server, scope="https://www.googleapis.com/auth/gmail.send")).json()["access_token"]
    answer = requests.get(url, headers={"Authorization": f"Bearer {mail}"}, timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")


# -- faults and speed


def test_faults_come_when_they_were_planned(sheet: gspread.Worksheet, server: SheetsServer) -> None:
    server.fail("values.get", status=429, retry_after="9", skip=1)
    sheet.get("A1")
    with pytest.raises(gspread.exceptions.APIError) as caught:
        sheet.get("A1")
    assert caught.value.response.headers["Retry-After"] == "9"
    sheet.get("A1")
    server.fail("values.update", cut=True, when=When.AFTER)
    with pytest.raises(requests.exceptions.ConnectionError):
        sheet.update([["x"]], "A1")
    assert sheet.acell("A1").value == "x", "applied, though not answered"
    server.fail("values.update", cut=True)
    with pytest.raises(requests.exceptions.ConnectionError):
        sheet.update([["y"]], "A1")
    assert sheet.acell("A1").value == "x"


def test_a_call_takes_milliseconds(sheet: gspread.Worksheet) -> None:
    sheet.update([["x"]], "A1")
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        sheet.acell("A1")
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.02, "neither Nagle nor unbuffered writes"


def test_it_is_started_by_hand() -> None:
    command = [sys.executable, "-m", "tests.wire.sheets", "--locale", "ru_RU"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            account = Path(process.stdout.readline().strip())
            url = process.stdout.readline().split()[0]
            assert json.loads(account.read_text())["token_uri"] == f"{url}/token"
            assert account.stat().st_mode & 0o077 == 0
            body = json.dumps({"method": "token", "status": 503}).encode()
            with urlopen(Request(f"{url}/faults", body, method="POST"), timeout=5) as answer:
                assert answer.status == 200
            assert requests.post(f"{url}/token", data={}, timeout=5).status_code == 503
            assert requests.post(f"{url}/token", data={}, timeout=5).status_code == 400
        finally:
            process.terminate()


# -- small parts


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("A1", Area(0, 1, 0, 1, grows=True)),
        ("$B$2:d4", Area(1, 4, 1, 4)),
        ("D4:A1", Area(0, 4, 0, 4)),
        ("A:C", Area(None, None, 0, 3)),
        ("2:5", Area(1, 5, None, None)),
        ("A2:C", Area(1, None, 0, 3)),
        ("R2C3", Area(1, 2, 2, 3, grows=True)),
        ("R1C1:R2C2", Area(0, 2, 0, 2)),
        ("Сделки", None),
        ("A", None),
    ],
)
def test_ranges_in_both_notations(text: str, area: Area | None) -> None:
    assert parse_cells(text) == area


def test_titles_are_quoted_where_they_must_be() -> None:
    assert split_title("'It''s!'!A1") == ("It's!", "A1")
    assert written("D3", Area(0, 2, 0, 2)) == "'D3'!A1:B2"
    assert written("Sheet1", Area(0, 1, 0, 1)) == "Sheet1!A1"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("1,5", 1.5, ""),
        ("1.5", 46143.0, "DATE"),  # the well-known trap: the first of May
        ("1\u00a0234,50", 1234.5, "NUMBER"),
        ("10%", 0.1, "PERCENT"),
        ("02.03.2026", 46083.0, "DATE"),
        ("02.03.2026 12:00", 46083.5, "DATE_TIME"),
        ("2026-03-02", 46083.0, "DATE"),
        ("0042", 42.0, ""),
        ("'0042", "0042", ""),
        ("=1+1", "=1+1", ""),
        ("ИСТИНА", True, ""),
        ("31.02.2026", "31.02.2026", ""),
        ("+7 900", "+7 900", ""),
    ],
)
def test_typed_text_becomes_what_it_becomes_in_russia(text: str, value: Any, kind: str) -> None:
    entered, shape = enter(text, locale("ru_RU"))
    (found,) = entered.values()
    if text == "1.5":
        assert shape is not None
        assert shape["type"] == kind
        return
    assert found == value
    assert (shape or {}).get("type", "") == kind


@pytest.mark.parametrize(
    ("value", "pattern", "kind", "text"),
    [
        (1234.5, "#,##0.00", "NUMBER", "1\u00a0234,50"),
        (10, "0.##", "NUMBER", "10,"),  # as spreadsheets do
        (7.25, "0.##", "NUMBER", "7,25"),
        (0.1, "0%", "PERCENT", "10%"),
        (46083.5, "dd.mm.yyyy hh:mm", "DATE_TIME", "02.03.2026 12:00"),
        (46083, "", "DATE", "02.03.2026"),
        (True, "", "", "ИСТИНА"),
        (0.30000000000000004, "", "", "0,3"),
    ],
)
def test_values_look_as_in_russia(value: Any, pattern: str, kind: str, text: str) -> None:
    assert show(value, {"type": kind, "pattern": pattern} if kind else None, locale("ru_RU")) == text


def test_masks_select_and_update() -> None:
    tree = parse("sheets(properties(title),data/rowData),spreadsheetId")
    found = {
        "spreadsheetId": "x",
        "sheets": [{"properties": {"title": "a", "index": 1}, "data": [{"rowData": [1], "startRow": 2}]}],
    }
    assert select(tree, found) == {"spreadsheetId": "x", "sheets": [{"properties": {"title": "a"}, "data": [{"rowData": [1]}]}]}
    old = {"a": {"b": 1, "c": 2}, "d": 3}
    assert updated(old, {"a": {"b": 9}}, parse("a.b,a.c")) == {"a": {"b": 9}, "d": 3}
    with pytest.raises(ValueError, match="mask"):
        parse("a(b")
