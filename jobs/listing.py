"""The list of partners for the vendor's site: printed by `listing`, kept as files that a pass writes anew when it changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cases.listing import Listed, exported, listed, shown_under
from jobs.failpoints import FailPoint, reach
from jobs.home import Home
from jobs.keeping import write_whole
from jobs.office import Office, owner_of
from jobs.programme import load_editions
from ledger.database import open_ledger
from mailer.rendering import listing_page
from mailer.wording import TERMS
from sheets.values import MOSCOW

JSON, HTML = "partners.json", "partners.html"


def run(office: Office) -> None:
    """Write both files anew if the list changed, another edition is in force, or a file is gone; nobody listed yet: no files."""
    edition = office.editions.at(office.outside.calendar.local_date(office.now))
    folder = office.home.listing
    with office.ledger.reading(office.now) as tx:
        known = shown_under(tx)
        if not known or (known == edition.name and (folder / JSON).exists() and (folder / HTML).exists()):
            return
        lines = listed(tx.all_partners(), edition)
    if office.dry:
        office.report.lines.append(f"write  {folder.name}/: {len(lines)} partners")
        return
    try:
        folder.mkdir(exist_ok=True)
        write_whole(folder / JSON, as_json(lines).encode())
        write_whole(folder / HTML, listing_page(lines).encode())
    except OSError as error:
        office.report.fault(f"the list of partners cannot be written to {folder} ({error.strerror or error}); it is tried again")
        return
    reach(FailPoint.LISTING_WRITTEN)
    with office.ledger.transaction(office.now) as tx:
        exported(tx, edition)


def gather(home: Home, now: datetime) -> list[Listed]:
    """The list as the ledger has it, by the edition in force at that moment. Raises SettingsError, ProgrammeError."""
    edition = load_editions(*home.programme_folders()).at(now.astimezone(MOSCOW).date())
    if not home.has_ledger():
        return []
    with (
        closing(open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home))) as ledger,
        ledger.reading(now) as tx,
    ):
        return listed(tx.all_partners(), edition)


def as_json(lines: Sequence[Listed]) -> str:
    """The list as JSON text: `partners`, each with name, tier (its Russian word), region, site (an address or "")."""
    partners = [{"name": line.name, "tier": TERMS[line.tier], "region": line.region, "site": line.site} for line in lines]
    return json.dumps({"partners": partners}, ensure_ascii=False, indent=2) + "\n"


def show(console: Console, lines: Sequence[Listed]) -> None:
    """For people."""
    table = Table(box=None, show_header=False)
    for line in lines:
        table.add_row(*(escape(text) for text in (TERMS[line.tier], line.name, line.region, line.site)))
    console.print(table if lines else "nobody is listed", highlight=False)
