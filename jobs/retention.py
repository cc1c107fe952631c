"""Once a day: what has been kept long enough goes (`privacy.keep_days`): letters, closed questions' words, quarantine, files."""

from __future__ import annotations

from datetime import timedelta

from jobs.failpoints import FailPoint, reach
from jobs.office import Office

RUNS_KEPT = timedelta(days=30)
"""Records of runs serve to see what ran lately, and a pass adds one for each job. Of older ones the first of each hour stays."""

_DAY = "retention.day"


def run(office: Office) -> None:
    """Cases, decisions and their statistics stay; only the raw material of old letters goes."""
    today = office.outside.calendar.local_date(office.now).isoformat()
    before = office.now - timedelta(days=office.home.settings.privacy.keep_days)
    with office.ledger.transaction(office.now) as tx:
        if tx.note(_DAY) == today:
            return
        tx.set_note(_DAY, today)
        office.report.counts["old letters thinned out"] += sum(tx.thin_out(before).counts.values())
    office.ledger.forget_runs(office.now - RUNS_KEPT)
    reach(FailPoint.RECORDS_THINNED)
    if office.dry or not office.attachments.is_dir():
        return
    for path in office.attachments.rglob("*"):
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            office.report.counts["old files deleted"] += 1
