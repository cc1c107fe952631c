"""One pass: every job once, in order. Mails go before the sheet is written, so that one pass fills `Ответ отправлен`."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from jobs import (
    catching_up,
    hear_staff,
    ingest_forms,
    ingest_leads,
    ingest_mail,
    listing,
    outages,
    read_sheet,
    retention,
    review_deals,
    send_mail,
    standing,
    tier_review,
    write_sheet,
)
from jobs.dry_run import rehearsal
from jobs.ending import told
from jobs.failpoints import FailPoint, reach
from jobs.home import Home
from jobs.lock import DESK, at_work, desk
from jobs.office import CALLS, Office, open_office
from jobs.progress import Progress
from jobs.report import PassReport
from jobs.settings import SettingsError
from ledger.database import FAULTS, LOST
from ledger.runs import LeaseGone
from rules.decision import ProgrammeError
from sheets.google import GoogleSpreadsheet

JOBS: Mapping[str, Callable[[Office], None]] = {
    "read_sheet": read_sheet.run,
    "hear_staff": hear_staff.run,
    "ingest_forms": ingest_forms.run,
    "ingest_leads": ingest_leads.run,
    "ingest_mail": ingest_mail.run,
    "review_deals": review_deals.run,
    "tier_review": tier_review.run,
    "standing": standing.run,
    "outages": outages.run,
    "send_mail": send_mail.run,
    "write_sheet": write_sheet.run,
    "listing": listing.run,
    "retention": retention.run,
}
"""Every job by its name, in the order of a pass."""

BESIDE = ("send_mail",)
"""What any number of workers do at a time; the rest is for the one that has the desk."""

_AFTER_NUMBERS = frozenset(("ingest_mail", "review_deals", "tier_review", "standing"))
"""What waits while a restored ledger does not know which numbers were given: letters, and whoever is judged by them."""

log = logging.getLogger("jobs")


def run_pass(home: Home, now: datetime, progress: Progress, *, only: str = "", dry: bool = False) -> PassReport:
    """Run every job, or the one named. Raises SettingsError, ProgrammeError, `jobs.lock.Busy`."""
    if dry:
        with rehearsal(home, now, progress) as office:
            _run(office, only)
            return office.report
    with at_work(home) as owner, open_office(home, now, progress, owner) as office:
        with desk(office.ledger) as ours:
            if ours:
                with office.ledger.reading(now) as tx:
                    office.take_tabs(tx.staff_tabs())  # another worker may have read them since
                _run(office, only)
                return office.report
        holder = office.ledger.lease_owner(DESK)
        office.report.notice(f"the spreadsheet, the inbox and the cases are in another worker's hands ({holder})")
        if only in ("", *BESIDE):
            office.report.notice("this run delivers letters and leaves the rest to that one")
            for name in BESIDE:
                _run(office, name)
        return office.report


def _run(office: Office, only: str) -> None:
    slot = f"{office.now.isoformat()} {uuid.uuid4().hex[:8]}"
    held_up: bool | None = None
    for name, job in JOBS.items():
        if only and name != only:
            continue
        if name in _AFTER_NUMBERS:
            if held_up is None and (held_up := catching_up.is_held_up(office)):
                office.report.notice(f"letters and deadlines wait: {catching_up.WHY_HELD_UP}")
            if held_up:
                continue
        faults = len(office.report.faults)
        started = time.monotonic()
        office.ledger.job_started(name, slot, office.now)
        reach(FailPoint.JOB_STARTED)
        try:
            job(office)
        except LeaseGone as gone:
            office.report.fault(f"{name} stopped: {gone}; this run leaves the rest to that one")
            office.ledger.job_finished(name, slot, office.now, ok=False, error="the lease is gone")
            return
        except LOST as error:  # the others would do the same, and what they say would bury what matters
            log.error("job-failed", extra={"job": name, "error": type(error).__name__}, exc_info=error)
            office.report.fault(told(error))
            with suppress(*FAULTS):
                office.ledger.job_finished(name, slot, office.now, ok=False, error="the ledger failed")
            return
        except (SettingsError, ProgrammeError):
            office.ledger.job_finished(name, slot, office.now, ok=False, error="configuration")
            raise
        except Exception as error:
            log.error("job-failed", extra={"job": name, "error": type(error).__name__}, exc_info=error)
            office.report.fault(f"{name} stopped: {type(error).__name__}")
        reach(FailPoint.JOB_DONE)
        new = office.report.faults[faults:]
        office.ledger.job_finished(name, slot, office.now, ok=not new, error=f"{len(new)} faults" if new else "")
        log.info("job", extra={"job": name, "seconds": round(time.monotonic() - started, 3), "faults": len(new)})
    if not office.dry and isinstance(office.book, GoogleSpreadsheet):
        calls = office.book.calls
        with office.ledger.transaction(office.now) as tx:
            tx.set_note(CALLS, f"{calls.reads} reads, {calls.writes} writes, {calls.repeats} repeats")
    log.info("pass", extra={"counts": dict(office.report.counts)})
