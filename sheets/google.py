"""The spreadsheet at Google, behind the same port as the workbook: one read of everything, a late read, one atomic write that is
checked and mended.

Google has no lock and no revision: between the late read and the write a person may still sort. So the write's own answer shows
where the rows stand, and a value that came beside its row is taken back at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sheets import google_batch, google_pages
from sheets.assembly import assemble
from sheets.columns import TABS
from sheets.google_batch import Batch, Put
from sheets.google_http import ENDPOINT, Calls, GoogleApi, Misfit, Passing, spreadsheet_id
from sheets.google_layout import Plan, lacking
from sheets.google_pages import Formats, Pages
from sheets.headers import Aliases, fold
from sheets.port import Broken, Changed, Changes, Ensured, Unavailable, WriteReport
from sheets.snapshot import Snapshot

Json = dict[str, Any]

PROBE = "Partner Desk looks for a text that stands nowhere"
TRIES = 4
MENDS = 2
FRESH = 120.0  # seconds that a read may wait for whom it was made
STALE = 5.0  # seconds after which the sheet is read again before a write goes: it had to wait, or this process stood still


@dataclass(slots=True)
class _Known:
    """What changes seldom: titles of all tabs by id, locale and time zone."""

    tabs: dict[int, str]
    locale: str = ""
    zone: str = "Europe/Moscow"


class GoogleSpreadsheet:
    """One spreadsheet at Google. `account`: the service account's JSON key, its file or its text; `spreadsheet`: id or address;
    `aliases`: renamed headers; `memory`: a file that keeps the tabs' ids between passes, which saves a read. `sleep` and `clock`
    are for tests.
    """

    def __init__(
        self,
        account: Path | str,
        spreadsheet: str,
        aliases: Aliases | None = None,
        memory: Path | None = None,
        endpoint: str = ENDPOINT,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = GoogleApi(account, spreadsheet_id(spreadsheet), endpoint, sleep)
        self._aliases: Aliases = aliases or {}
        self._memory = memory
        self._clock = clock
        self._known = self._remembered()
        self._waiting: tuple[Pages, float] | None = None
        self._seen: dict[str, Pages] = {}
        self._learned = float("-inf")

    # -- what `status` and `doctor` show

    @property
    def calls(self) -> Calls:
        """Calls of the API so far."""
        return self._api.calls

    @property
    def email(self) -> str:
        """The address with which the spreadsheet must be shared. Raises Unavailable."""
        return self._api.email

    @property
    def locale(self) -> str:
        """The spreadsheet's locale, such as ru_RU. Raises Unavailable, Broken."""
        return self._sure().locale

    @property
    def time_zone(self) -> str:
        """The spreadsheet's time zone: dates in cells are on its clock. Raises Unavailable, Broken."""
        return self._sure().zone

    @property
    def told_at(self) -> datetime | None:
        """Google's own clock at its last answer; None before any."""
        return self._api.told_at

    def probe(self) -> None:
        """Look up locale and time zone anew, and write without changing anything. Raises Unavailable, Broken."""
        known = self._learn()
        nothing = {
            "find": f"{PROBE} {self._api.spreadsheet}",
            "replacement": "",
            "matchEntireCell": True,
            "sheetId": min(known.tabs),
        }
        try:
            self._api.batch_update({"requests": [{"findReplace": nothing}]}, "spreadsheetId")
        except Passing as fault:
            raise Unavailable(f"Google Sheets does not take a write: {fault}") from fault
        except Misfit as misfit:
            raise Broken(f"Google Sheets finds a write wrong: {misfit}") from misfit

    # -- reading

    def fingerprint(self) -> str:
        """Stands for what people may change in our tabs. What it read serves the next `read`. Raises Unavailable, Broken."""
        found = self._fetch()
        self._waiting = (found, self._clock())
        return google_pages.fingerprint(found)

    def read(self) -> Snapshot:
        """All our tabs at one time. Raises Unavailable, Broken."""
        found = self._waiting[0] if self._waiting and self._clock() - self._waiting[1] < FRESH else self._fetch()
        self._waiting = None
        seen = google_pages.fingerprint(found)
        self._seen = {seen: found}
        grids = google_pages.grids(found, self._formats(found), self._sure().zone)
        return assemble(grids, self._aliases, seen)

    def _fetch(self) -> Pages:
        """One read of all our tabs. Tabs that are not known, or known no more, are looked up first."""
        known = self._sure()
        looked_up = False
        while True:
            ids = [sheet_id for sheet_id, title in known.tabs.items() if fold(title) in google_pages.OURS]
            try:
                answer = self._api.values(google_pages.filters(ids)) if ids else []
            except Misfit as misfit:  # a tab was deleted
                if looked_up:
                    raise Broken(f"Google Sheets finds the request wrong: {misfit}") from misfit
                known, looked_up = self._learn(), True
                continue
            found = google_pages.pages(answer, ids, self._aliases)
            self._renamed(found)
            if len({page.tab.name for page in found.values()}) == len(TABS) or self._clock() - self._learned < FRESH:
                return found
            before = dict(known.tabs)  # a tab of ours is missing: was it made or renamed since?
            known = self._learn()
            if known.tabs == before:
                return found

    def _renamed(self, found: Pages) -> None:
        assert self._known is not None
        for sheet_id, page in found.items():
            self._known.tabs[sheet_id] = page.title

    def _formats(self, found: Pages) -> Formats:
        """The formats of cells whose number could mean two things: one more read, and only where there are any."""
        places = google_pages.doubtful(found)
        if not places:
            return {}
        areas = [
            {
                "sheetId": page.id,
                "startRowIndex": min(rows),
                "endRowIndex": max(rows) + 1,
                "startColumnIndex": column,
                "endColumnIndex": column + 1,
            }
            for page, column, rows in places
        ]
        answer = self._api.get(_FORMATS, areas)
        shapes: dict[tuple[int, int, int], str] = {}
        for sheet in answer.get("sheets", []):
            for part in sheet.get("data", []):
                for row, line in enumerate(part.get("rowData", []), start=part.get("startRow", 0)):
                    for column, cell in enumerate(line.get("values", []), start=part.get("startColumn", 0)):
                        shape = cell.get("effectiveFormat", {}).get("numberFormat", {}).get("type")
                        if shape:
                            shapes[sheet["properties"].get("sheetId", 0), row, column] = shape
        return shapes

    # -- writing

    def write(self, changes: Changes, seen: str, stamp: str) -> WriteReport:
        """Write the batch as a whole. Rows that moved since they were read are followed. Raises Changed where a person edited
        the very cells, Unavailable, Broken; then nothing was written.
        """
        before = self._seen.pop(seen, None)
        self._seen.clear()
        if before is None:
            raise Changed("the spreadsheet was not read by this process")
        fetched, late = self._clock(), self._fetch()
        try:
            batch = google_batch.build(changes, before, late, self._sure().zone)
        except Changed:
            self._waiting = (late, self._clock())
            raise
        if not batch:
            return WriteReport(google_pages.fingerprint(late))
        for attempt in range(1, TRIES + 1):
            if self._clock() - fetched > STALE:
                fetched, late = self._clock(), self._fetch()
                batch = google_batch.build(changes, before, late, self._sure().zone)
            try:
                answer = self._sent(batch, late)
            except Passing as fault:
                if attempt == TRIES:
                    raise Unavailable(f"Google Sheets does not take the write: {fault}", "no-answer") from fault
                self._api.rest(fault, attempt)
                if not fault.applied and (fault.wait or 2.0**attempt) < STALE:
                    continue
                fetched, now = self._clock(), self._fetch()
                if google_batch.was_applied(batch, late, now):
                    return self._checked(batch, late, now)
                late = now
                batch = google_batch.build(changes, before, late, self._sure().zone)
                continue
            return self._checked(batch, late, google_batch.came_back(answer, batch, late, self._aliases))
        raise Unavailable("Google Sheets does not take the write", "no-answer")

    def _sent(self, batch: Batch, late: Pages) -> Json:
        try:
            answer = self._api.batch_update(google_batch.body(batch, late), google_batch.ANSWER)
        except Misfit as misfit:
            if "protected" in str(misfit):
                raise Unavailable(
                    f"somebody protected cells that the system writes: add {self.email} to those who may edit them ({misfit})"
                ) from misfit
            self._known = None  # a tab was renamed or deleted since the late read
            raise Changed(f"Google Sheets finds the write wrong: {misfit}") from misfit
        properties = answer.get("updatedSpreadsheet", {}).get("properties")
        if properties and self._known is not None:
            self._known.locale = properties.get("locale", self._known.locale)
            self._known.zone = properties.get("timeZone", self._known.zone)
            self._keep()
        return answer

    def _checked(self, batch: Batch, late: Pages, now: Pages) -> WriteReport:
        """Compare where the rows stand with where they were written; take back and write again what came beside."""
        lost: list[Put] = google_batch.astray(batch, now)
        doubled = google_batch.uncertain_appends(batch, now)
        if not (lost or doubled):
            return WriteReport(google_pages.fingerprint(google_batch.foretold(batch, late, self._aliases)))
        said = [f"№ {number} does not stand in the sheet exactly once" for number in doubled]
        for _ in range(MENDS):
            if not lost:
                break
            now = self._fetch()
            mending, done = google_batch.mended(batch, lost, late, now)
            said += done
            if not mending:
                break
            try:
                answer = self._sent(mending, now)
            except (Passing, Changed) as fault:
                said.append(f"mending failed: {fault}")
                break
            batch, late = mending, now
            lost = google_batch.astray(mending, google_batch.came_back(answer, mending, now, self._aliases))
        return WriteReport("", repaired=tuple(said))  # no fingerprint: the next pass reads and merges again

    # -- making

    def ensure(self, stamp: str, forms: bool = False) -> Ensured:
        """Make the tabs, headers and comforts that are missing; what people made stays. Raises Unavailable, Broken."""
        self._learn()
        found = self._fetch()
        fresh = not found
        plan: Plan = lacking(self._api, found, self._sure().tabs, self._aliases, forms or fresh)
        if not plan.requests:
            return Ensured()
        self._waiting = None
        for attempt in range(1, TRIES + 1):
            try:
                self._api.batch_update({"requests": plan.requests}, "spreadsheetId")
                break
            except Misfit as misfit:
                raise Broken(f"Google Sheets finds the tabs wrong: {misfit}") from misfit
            except Passing as fault:
                if attempt == TRIES:
                    raise Unavailable(f"Google Sheets does not take the tabs: {fault}", "no-answer") from fault
                self._api.rest(fault, attempt)
                self._learn()
                plan = lacking(self._api, self._fetch(), self._sure().tabs, self._aliases, forms or fresh)
                if not plan.requests:
                    break
        self._learn()
        return Ensured(created=fresh, tabs=plan.tabs, headers=plan.headers)

    # -- what is known

    def _sure(self) -> _Known:
        return self._known if self._known is not None else self._learn()

    def _learn(self) -> _Known:
        answer = self._api.get("properties(locale,timeZone),sheets(properties(sheetId,title,sheetType))")
        tabs = {
            sheet["properties"].get("sheetId", 0): sheet["properties"]["title"]
            for sheet in answer["sheets"]
            if sheet["properties"].get("sheetType", "GRID") == "GRID"
        }
        properties = answer["properties"]
        self._learned = self._clock()
        self._known = _Known(tabs, properties.get("locale", ""), properties.get("timeZone", "Europe/Moscow"))
        self._keep()
        return self._known

    def _keep(self) -> None:
        if self._memory is None or self._known is None:
            return
        known = self._known
        text = json.dumps(
            {"spreadsheet": self._api.spreadsheet, "tabs": known.tabs, "locale": known.locale, "zone": known.zone},
            ensure_ascii=False,
        )
        draft = self._memory.with_name(f".{self._memory.name}.new")
        try:
            if not self._memory.exists() or self._memory.read_text(encoding="utf-8") != text:
                draft.unlink(missing_ok=True)  # a link that somebody planted is not followed
                with draft.open("x", encoding="utf-8") as file:
                    file.write(text)
                draft.replace(self._memory)
        except OSError:
            self._memory = None  # it only saves a read

    def _remembered(self) -> _Known | None:
        if self._memory is None:
            return None
        try:
            kept = json.loads(self._memory.read_text(encoding="utf-8"))
            if kept["spreadsheet"] != self._api.spreadsheet:
                return None
            return _Known({int(sheet_id): title for sheet_id, title in kept["tabs"].items()}, kept["locale"], kept["zone"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


_FORMATS = "sheets(properties(sheetId),data(startRow,startColumn,rowData(values(effectiveFormat(numberFormat(type))))))"
