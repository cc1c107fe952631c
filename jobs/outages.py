"""A spreadsheet or mailbox that is out of reach for hours: staff get a letter, one a day while it lasts, and one when it is over.

Whoever tries to reach it says in `Office.reached` how that ended. Since when it lasts, and who was told, stands in a note of the
ledger, changed in one transaction with the letters. A letter that could not go before the end of what it tells of is withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from cases.letters import COMMON, letter_key, moment
from cases.model import Facts, Mail
from jobs.office import Office, OutOfReach, Source
from ledger.database import SqlTransaction
from sheets.masking import masked

TEMPLATE = "staff-outage"
AGAIN = timedelta(days=1)
LISTED = 20
_LONGEST_ERROR = 300
_TAKEN: Mapping[Source, tuple[str, ...]] = {
    Source.READING: ("new form rows", "staff's words", "new leads"),
    Source.WRITING: ("rows added", "cells written"),
    Source.MAILBOX: ("letters in",),
}
"""What of a pass's counts tells what was taken up when it is over."""


@dataclass(slots=True)
class Outage:
    """What is out of reach, since the pass at `since`. `told_at`: when staff were told last. `letters`: address -> keys."""

    since: datetime
    code: str
    error: str
    told_at: datetime | None = None
    letters: dict[str, list[str]] = field(default_factory=dict)


def run(office: Office) -> None:
    """Note what was reached and what was not since this was last looked at, and queue the letters that follow from it."""
    reached, office.reached = office.reached, {}
    with office.ledger.reading(office.now) as tx:
        known = known_outages(tx)
    for source, fault in reached.items():
        if fault is not None or source in known:
            with office.ledger.transaction(office.now) as tx:
                _lasts(office, tx, source, fault) if fault is not None else _over(office, tx, source)


def known_outages(tx: SqlTransaction) -> dict[Source, Outage]:
    """What was out of reach when it was last tried."""
    return {source: outage for source in Source if (outage := _noted(tx, source)) is not None}


def _lasts(office: Office, tx: SqlTransaction, source: Source, fault: OutOfReach) -> None:
    error = masked(fault.error)[:_LONGEST_ERROR]
    outage = _noted(tx, source) or Outage(office.now, fault.code, error)
    outage.code, outage.error = fault.code, error
    after = timedelta(hours=office.home.settings.staff.outage_after_hours)
    if outage.told_at is None and fault.told:
        outage.told_at = office.now
    elif office.now - outage.since >= after and (outage.told_at is None or office.now - outage.told_at >= AGAIN):
        outage.told_at = office.now
        for address in office.outside.staff:
            keys = outage.letters.setdefault(address.lower(), [])
            went = tx.withdraw_mails(keys)  # today's letter says more than the one that is still waiting to go
            keys[:] = [*went, _write(tx, office, source, outage, address)]
    tx.set_note(_note(source), _encoded(outage))


def _over(office: Office, tx: SqlTransaction, source: Source) -> None:
    outage = _noted(tx, source)
    if outage is None:
        return
    for address, keys in outage.letters.items():
        if tx.withdraw_mails(keys):
            _write(tx, office, source, outage, address, over=True)
    tx.set_note(_note(source), "")


def _write(tx: SqlTransaction, office: Office, source: Source, outage: Outage, address: str, *, over: bool = False) -> str:
    """Queue the letter; gives its key."""
    near: list[Facts] = []
    if not over:
        for due in tx.at_risk(office.now)[:LISTED]:
            case = tx.case(due.number)
            text = case.question.text if case is not None and case.question is not None else ""
            near.append({"number": due.number, "text": text, "due_at": moment(due.due_at)})
    counts = office.report.counts
    context: Facts = {
        **dict.fromkeys(COMMON, ""),
        "reasons": [],
        "source": source.value,
        "code": outage.code,
        "error": outage.error,
        "since": moment(outage.since),
        "at": moment(office.now),
        "minutes": int((office.now - outage.since).total_seconds() // 60),
        "over": over,
        "waiting": near,
        "counts": {name: counts[name] for name in _TAKEN[source] if counts[name]} if over else {},
    }
    key = letter_key(source.value, 0, TEMPLATE, address, f"{moment(outage.since)} {'over' if over else moment(office.now)}")
    tx.queue_mail(Mail(key, "", 0, TEMPLATE, address.lower(), context, office.now))
    return key


def _note(source: Source) -> str:
    return f"outage.{source.value}"


def _noted(tx: SqlTransaction, source: Source) -> Outage | None:
    note = tx.note(_note(source))
    if not note:
        return None
    kept = json.loads(note)
    told_at = datetime.fromisoformat(kept["told_at"]) if kept["told_at"] else None
    return Outage(datetime.fromisoformat(kept["since"]), kept["code"], kept["error"], told_at, kept["letters"])


def _encoded(outage: Outage) -> str:
    return json.dumps(asdict(outage), ensure_ascii=False, default=datetime.isoformat)
