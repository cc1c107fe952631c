"""What is open, at risk, late, undelivered, in quarantine, and when each job last ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cases.model import OPEN_DEAL_STATES, CaseKind, PartnerState, QuarantineItem, RequestState
from jobs.explain_text import at
from jobs.home import Home
from jobs.office import CALLS, Source, owner_of
from jobs.outages import Outage, known_outages
from ledger.database import open_ledger
from ledger.reports import Due, Undelivered
from ledger.runs import JobRun
from sheets.values import MOSCOW

_SOURCES = {
    Source.READING: "the spreadsheet, to be read",
    Source.WRITING: "the spreadsheet, to be written",
    Source.MAILBOX: "the mailbox",
}
_OPEN = frozenset({*OPEN_DEAL_STATES, PartnerState.PENDING, PartnerState.NEEDS_DATA, RequestState.OPEN})


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the house."""

    counts: dict[tuple[CaseKind, str], int]
    at_risk: list[Due]
    missed: list[Due]
    undelivered: Undelivered
    quarantine: list[QuarantineItem]
    jobs: dict[str, JobRun]
    calls: str = ""
    outages: Mapping[Source, Outage] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """How many cases are not final."""
        return sum(count for (_, state), count in self.counts.items() if state in _OPEN)


def gather(home: Home, now: datetime) -> Status:
    """Ask the ledger. Raises SettingsError."""
    if not home.has_ledger():
        return Status({}, [], [], Undelivered((), ()), [], {})
    ledger = open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home))
    try:
        with ledger.reading(now) as tx:
            return Status(
                tx.counts(),
                tx.at_risk(now),
                tx.missed(),
                tx.undelivered(),
                tx.quarantined(),
                ledger.job_runs(),
                tx.note(CALLS),
                known_outages(tx),
            )
    finally:
        ledger.close()


def as_json(found: Status) -> dict[str, object]:
    """The contract's keys."""
    return {
        "open": found.open,
        "at_risk": [{"id": due.number, "due": _iso(due.due_at)} for due in found.at_risk],
        "missed": [{"id": due.number, "due": _iso(due.due_at)} for due in found.missed],
        "undelivered": len(found.undelivered.mails) + len(found.undelivered.rows),
        "quarantine": [{"source": item.source, "reason": item.reason} for item in found.quarantine],
        "jobs": {name: {"last_run": _iso(run.started_at), "ok": run.ok} for name, run in found.jobs.items()},
    }


def show(console: Console, found: Status) -> None:
    """For people."""
    console.print(f"[bold]{found.open}[/] open cases", highlight=False)
    for (kind, state), count in sorted(found.counts.items()):
        console.print(f"  {kind.value:<9} {state:<14} {count}", highlight=False)
    for title, dues, colour in (("At risk", found.at_risk, "yellow"), ("Missed", found.missed, "red")):
        for due in dues:
            console.print(f"[{colour}]{title}[/] {due.number} due {at(due.due_at)}", highlight=False)
    for source, outage in found.outages.items():
        told = f"Out of reach since {at(outage.since)}: {_SOURCES[source]} ({outage.error})"
        console.print(told, style="red", markup=False, highlight=False)
    mails, rows = found.undelivered.mails, found.undelivered.rows
    console.print(f"{len(mails)} letters and {len(rows)} rows undelivered", highlight=False)
    for mail in mails[:20]:
        console.print(f"  {mail.template} [{mail.number}] {mail.state} {escape(mail.error)}", markup=False, highlight=False)
    for item in found.quarantine:
        console.print(f"Quarantine {item.source} {item.key[:60]}: {item.reason}", markup=False, highlight=False)
    if found.calls:
        console.print(f"Google Sheets in the last pass: {found.calls}", highlight=False)
    table = Table(box=None, show_header=False)
    for name, run in found.jobs.items():
        mark = "[green]ok[/]" if run.ok else "[yellow]under way or dead[/]" if run.ok is None else f"[red]{escape(run.error)}[/]"
        table.add_row(name, at(run.started_at), mark)
    console.print(table)


def _iso(moment: datetime) -> str:
    return moment.astimezone(MOSCOW).isoformat()
