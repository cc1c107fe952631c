"""Calls of Google Sheets: one kept connection, time limits, retries that never double a write, faults in words that people can
act on. Every call is counted.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from sheets.port import Broken, SheetError, Unavailable

Json = dict[str, Any]

ENDPOINT = "https://sheets.googleapis.com"
SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
TIMEOUT = (10.0, 90.0)
ATTEMPTS = 5
LONGEST_WAIT = 64.0

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_ID = re.compile(r"/spreadsheets/d/([A-Za-z0-9_-]+)")


class _Account(Credentials):
    """The service account. Since 2.5x google-auth asks a second host, in a thread of its own, in which regions the account may be
    used; that is nothing to a spreadsheet, and a firewall that lets only Sheets pass would be knocked at with every token.
    """

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class Passing(Exception):
    """A fault that may pass. `applied`: the call may have been applied all the same. `wait`: as the service asked."""

    def __init__(self, text: str, applied: bool, wait: float | None = None) -> None:
        super().__init__(text)
        self.applied = applied
        self.wait = wait


class Misfit(SheetError):
    """The service finds the request itself wrong (400): tabs are not as we remember them, or it is our fault."""


@dataclass(slots=True)
class Calls:
    """What was called so far: answered or not, every attempt counts against the quota."""

    reads: int = 0
    writes: int = 0
    repeats: int = 0


def spreadsheet_id(given: str) -> str:
    """The id out of an address copied from the browser, or the id itself."""
    found = _ID.search(given)
    return found[1] if found else given.strip()


@dataclass(slots=True)
class GoogleApi:
    """The calls that one spreadsheet needs. `account`: the service account's JSON key, its file or its text. `told_at`: Google's
    own clock at its last answer, as far as it said. Raises Unavailable, Broken, Misfit; `batch_update` Passing too.
    """

    account: Path | str
    spreadsheet: str
    endpoint: str = ENDPOINT
    sleep: Callable[[float], None] = time.sleep
    timeout: tuple[float, float] = TIMEOUT
    calls: Calls = field(default_factory=Calls)
    told_at: datetime | None = None
    _http: HTTPClient | None = None
    _email: str = ""

    @property
    def email(self) -> str:
        """The service account's address, with which the spreadsheet must be shared. Raises Unavailable."""
        if not self._email:
            self._open()
        return self._email

    @property
    def _key(self) -> str:
        return "the service account's key" if isinstance(self.account, str) else self.account.name

    def get(self, fields: str, areas: Sequence[Json] = ()) -> Json:
        """`spreadsheets.get` under a field mask, or `getByDataFilter` for these GridRanges: one read."""
        if not areas:
            return self._read("get", "", {"fields": fields}, None)
        body = {"dataFilters": [{"gridRange": area} for area in areas]}
        return self._read("post", ":getByDataFilter", {"fields": fields}, body)

    def values(self, filters: list[Json]) -> list[Json]:
        """`values:batchGetByDataFilter`, unformatted, dates as serials: one read."""
        body = {
            "dataFilters": filters,
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        found: list[Json] = self._read("post", "/values:batchGetByDataFilter", {}, body).get("valueRanges", [])
        return found

    def batch_update(self, body: Json, fields: str) -> Json:
        """`spreadsheets.batchUpdate`, sent once: one write. Raises Passing; whether it was applied must be looked up."""
        self.calls.writes += 1
        return self._send("post", ":batchUpdate", {"fields": fields}, body)

    def rest(self, fault: Passing, attempt: int) -> None:
        """Wait before a repeat, as long as the service asked or longer each time."""
        self.calls.repeats += 1
        self.sleep(min(fault.wait if fault.wait is not None else 2.0**attempt, LONGEST_WAIT))

    def _read(self, verb: str, path: str, params: Json, body: Json | None) -> Json:
        def wait(state: RetryCallState) -> float:
            fault = state.outcome.exception() if state.outcome else None
            asked = fault.wait if isinstance(fault, Passing) else None
            return min(asked, LONGEST_WAIT) if asked is not None else wait_exponential_jitter(1, LONGEST_WAIT, jitter=1)(state)

        def again(state: RetryCallState) -> None:
            self.calls.repeats += 1

        retrying = Retrying(
            retry=retry_if_exception_type(Passing),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait,
            sleep=self.sleep,
            before_sleep=again,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    self.calls.reads += 1
                    return self._send(verb, path, params, body)
        except Passing as fault:
            raise Unavailable(f"Google Sheets does not answer: {fault}", "no-answer") from fault
        raise Unavailable("Google Sheets does not answer", "no-answer")

    def _send(self, verb: str, path: str, params: Json, body: Json | None) -> Json:
        http = self._open()
        url = f"{self.endpoint}/v4/spreadsheets/{self.spreadsheet}{path}"
        try:
            response = http.request(verb, url, params=params, json=body)
            with suppress(TypeError, ValueError):
                self.told_at = parsedate_to_datetime(response.headers.get("Date", ""))
            answer: Json = response.json()
            return answer
        except APIError as error:
            raise self._told(error) from error
        except RefreshError as error:
            raise self._refused(error) from error
        except (GoogleAuthError, requests.exceptions.ConnectTimeout) as error:
            raise Passing(_short(_innermost(error)), applied=False) from error
        except (requests.exceptions.RequestException, ValueError) as error:
            raise Passing(_short(_innermost(error)), applied=True) from error

    def _open(self) -> HTTPClient:
        if self._http is None:
            try:
                text = self.account if isinstance(self.account, str) else self.account.read_text(encoding="utf-8")
                info = json.loads(text)
                credentials = _Account.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
            except OSError as error:
                raise Unavailable(f"{self._key}: the service account's file cannot be read: {error.strerror}", "key") from error
            except (ValueError, KeyError, TypeError, AttributeError, GoogleAuthError) as error:
                raise Unavailable(f"{self._key}: not the JSON key of a service account: {_short(error)}", "key") from error
            self._email = credentials.service_account_email
            self._http = HTTPClient(credentials, AuthorizedSession(credentials))  # type: ignore[no-untyped-call]
            self._http.set_timeout(self.timeout)
        return self._http

    # -- faults in words

    def _told(self, error: APIError) -> Exception:
        status = error.response.status_code
        text = str(error.error.get("message", ""))[:300]
        if status in _PASSING:
            return Passing(f"{status} {text}", applied=status not in (408, 429), wait=_asked(error.response))
        if status == 400:
            return Misfit(text)
        if status == 401:
            return Unavailable(f"Google refuses the key in {self._key}; make a new key and put it there ({text})", "key")
        if status == 403:
            return self._forbidden(text, error.error)
        if status == 404:
            return Unavailable(
                f"Google knows no spreadsheet {self.spreadsheet}; copy its address from the browser into spreadsheet.spreadsheet",
                "unknown-spreadsheet",
            )
        return Broken(f"Google Sheets refuses: {status} {text}")

    def _forbidden(self, text: str, error: Mapping[str, Any]) -> Unavailable:
        if "SERVICE_DISABLED" in json.dumps(error) or "has not been used" in text or "is disabled" in text:
            told = f"switch on the Google Sheets API in the service account's project, then wait some minutes ({text})"
            return Unavailable(told, "api-off")
        if "scope" in text:
            return Unavailable(f"the key's rights do not reach spreadsheets ({text})", "key")
        told = f"the spreadsheet is not shared for writing: open it, press Share and add {self._email} as Editor ({text})"
        return Unavailable(told, "not-shared")

    def _refused(self, error: RefreshError) -> Exception:
        text = _short(error)
        if isinstance(error, TransportError) or getattr(error, "retryable", False):
            return Passing(text, applied=False)
        if "timeframe" in text or "iat and exp" in text:
            return Unavailable(f"this machine's clock is wrong: set it, best by NTP ({text})", "clock")
        if "account not found" in text or "Signature" in text:
            return Unavailable(f"the key in {self._key} was deleted or is not the account's: make a new one ({text})", "key")
        return Unavailable(f"Google gives no token for {self._email}: {text}")


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _innermost(error: BaseException) -> BaseException:
    """What went wrong at first: `Connection refused`, without the URL and the objects that it went through."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    return error


def _asked(response: requests.Response) -> float | None:
    """Seconds of a Retry-After, given as a number or a date."""
    given = response.headers.get("Retry-After", "").strip()
    if not given:
        return None
    if given.isdigit():
        return float(given)
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
