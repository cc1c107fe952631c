"""A person's own requests (152-FZ): all that is kept about them, and its erasure with the statistics kept."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.identity import read_address
from cases.model import Event
from jobs.home import Home
from jobs.lock import Busy, at_work, desk
from jobs.office import owner_of
from jobs.settings import SettingsError, is_address
from ledger.database import open_ledger
from ledger.persons import OnItsWay, pseudonym
from mailer.wording import RussianWording
from sheets.columns import BY_NAME
from sheets.projection import FORM_OF_SOURCE
from sheets.shape import Owner


@dataclass(slots=True)
class Forgotten:
    """What came of it. `open`: open cases that kept the person, nothing was erased then; `by_hand`: what is not the ledger's."""

    person: str
    counts: dict[str, int] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "person": self.person,
            "erased": self.counts,
            "by_hand": self.by_hand,
            "refused_for": self.open,
            "ok": not self.open,
        }


def export(home: Home, person: str, now: datetime) -> dict[str, Any]:
    """All that the ledger holds about the person. Raises SettingsError."""
    address = _address(person)
    if not home.has_ledger():
        raise SettingsError(f"{home.root}: no ledger yet")
    with (
        closing(open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home))) as ledger,
        ledger.reading(now) as tx,
    ):
        destroyed = tx.destroyed_at(pseudonym(address, home.token_key()))
        return {"at": now.isoformat(), **tx.person(address), "destroyed_at": [moment.isoformat() for moment in destroyed]}


def forget(home: Home, person: str, now: datetime, *, force: bool) -> Forgotten:
    """Erase the person; not while open cases would be left without anybody to answer to, unless `force`.

    Raises SettingsError, `jobs.lock.Busy`.
    """
    address = _address(person)
    if not home.has_ledger():
        raise SettingsError(f"{home.root}: no ledger yet")
    with at_work(home) as owner:
        ledger = open_ledger(home.ledger_url, secret=home.token_key(), owner=owner)
        with closing(ledger), desk(ledger) as ours:
            if not ours:
                raise Busy("another worker is at the cases; try again when its pass is over")
            with ledger.transaction(now) as tx:
                left = tx.left_without_contact(address)
                if left and not force:
                    return Forgotten(address, open=left)
                try:
                    erased = tx.forget(address)
                except OnItsWay as error:
                    raise Busy("a letter to this person is being sent; try again in a few minutes") from error
                if erased.counts:
                    told = ", ".join(f"{name}: {count}" for name, count in sorted(erased.counts.items()))
                    event = RussianWording().event("forgotten")
                    tx.journal(Event(now, "", event, f"{pseudonym(address, home.token_key())}; {told}"))
                for name in erased.files:  # before the commit: afterwards nobody would know whose they are
                    (home.attachments / name).unlink(missing_ok=True)
    rows = dict.fromkeys(erased.forms)  # a case that a form and its repeat are about is named once
    by_hand = [f"«{FORM_OF_SOURCE[source].name}»: the row {number or 'without number'}" for source, number in rows]
    if erased.forms and home.exports.is_dir() and any(home.exports.iterdir()):
        by_hand.append(f"the folder {home.exports.name}: exported answers of this person")
    by_hand += [
        f"«{tab}»: «{column.header}» in the row {number}"
        for tab, number, name in erased.cells
        for column in BY_NAME[tab].columns
        if column.field == name and column.owner is Owner.STAFF
    ]
    if erased.counts:
        by_hand += [
            "the mailbox: letters from and to this address",
            "«Журнал» and staff's own tabs: lines that name the person; copies of the workbook; older backups of the ledger",
        ]
    return Forgotten(address, dict(erased.counts), by_hand)


def _address(person: str) -> str:
    if not is_address(person.strip()):
        raise SettingsError(f"--person: expected a mail address, got {person!r}")
    return read_address(person) or person.strip().lower()
