"""Checks settings, programme, spreadsheet, mailbox, ledger, clock and templates, and says how to mend each fault."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.markup import escape

from cases.staff_lines import StaffTabs
from jobs import exports
from jobs.backends import inbox, mailbox, spreadsheet
from jobs.home import Home
from jobs.office import outside, owner_of
from jobs.programme import load_editions
from jobs.settings import TEMPLATE, SettingsError
from jobs.sheet_faults import said, stops
from ledger.database import LedgerUnreachable, open_ledger
from ledger.migrations import LedgerTooNew
from ledger.notes import ANOTHERS_BOOK
from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.outbox import DeliveryUncertain, Refused, Unavailable
from mailer.mailbox.smtp_outbox import SmtpOutbox
from mailer.reading.trust import same_server
from mailer.rendering import check_templates
from rules.decision import ProgrammeError
from sheets.columns import FORMS, PRICES
from sheets.exports import read_export
from sheets.google import GoogleSpreadsheet
from sheets.port import SheetError
from sheets.snapshot import Snapshot
from sheets.xlsx import WorkbookFile

AHEAD = timedelta(days=120)
"""Deadlines and terms of these days are reckoned now, so their calendar should be decreed."""

APART = timedelta(minutes=2)
"""Two clocks that agree may differ by so much: a letter takes its time, and is stamped by the second."""

_OF_TABS = ("tab-missing", "tab-doubled", "header-missing", "header-renamed", "header-doubled")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `fault`: must be mended (exit 1); `warning`: works, but somebody should know."""

    name: str
    text: str
    fault: bool = False
    warning: bool = False


def examine(home: Home, now: datetime) -> list[Check]:
    """Every check, each whatever the others found."""
    checks: list[Check] = [Check("settings", "config.toml is read")]
    for examiner in (_settings, _private, _programme, _sheet, _exports, _mail, _templates, _ledger, _clock):
        checks.extend(examiner(home, now))
    return checks


def _settings(home: Home, _: datetime) -> Iterator[Check]:
    try:
        home.token_key()
        yield Check("secrets", "the key of reply addresses is there")
    except SettingsError as error:
        yield Check("secrets", str(error), fault=True)
    if not home.settings.staff.mail:
        yield Check(
            "settings", "staff.mail is empty: nobody is told of deadlines and failures by mail; add addresses", warning=True
        )
    if not home.settings.vendor.inn:
        yield Check("settings", "vendor.inn is empty: offers lack the vendor's details; fill in [vendor]", warning=True)


def _private(home: Home, _: datetime) -> Iterator[Check]:
    """Personal data and secrets are their owner's alone."""
    for path in (home.root, home.root / TEMPLATE.name):
        if path.stat().st_mode & 0o002:
            yield Check(
                "privacy",
                f"{path.name} can be changed by other users of this machine, who could have letters and passwords go "
                f"elsewhere: chmod o-w {path}",
                warning=True,
            )
    secrets = [
        home.root / name for reference in home.settings.secrets() if (name := reference.removeprefix("file:")) != reference
    ]
    paths = [home.root / "backups", home.exports, home.attachments, home.offers, home.inbox, home.sent, *secrets]
    with suppress(SettingsError):  # a fault of its own, told elsewhere
        if not home.shared_ledger:
            paths.append(home.ledger)
    for path in dict.fromkeys(paths):
        if path.exists() and path.stat().st_mode & 0o077:
            mode = "700" if path.is_dir() else "600"
            yield Check("privacy", f"{path.name} can be read by other users of this machine: chmod {mode} {path}", warning=True)


def _programme(home: Home, now: datetime) -> Iterator[Check]:
    try:
        editions = load_editions(*home.programme_folders())
        world = outside(home, editions, StaffTabs(), now)
    except ProgrammeError as error:
        yield Check("programme", str(error), fault=True)
        return
    names = ", ".join(edition.name for edition in editions.items)
    yield Check("programme", f"editions {names}; in force now: {world.editions.at(world.calendar.local_date(now)).name}")
    today = world.calendar.local_date(now)
    years = sorted({day.year for day in (today, today + AHEAD) if world.calendar.provisional(day)})
    for year in years:
        yield Check(
            "calendar",
            f"the production calendar of {year} is not decreed yet; bring programme/calendar.toml up to date when it is",
            warning=True,
        )


def _sheet(home: Home, now: datetime) -> Iterator[Check]:
    if home.settings.spreadsheet.backend == "google":
        yield from _google(home, now)
        return
    if not home.workbook.exists():
        yield Check("spreadsheet", f"{home.workbook.name} is missing; `python -m jobs init` makes it", fault=True)
        return
    book = WorkbookFile(home.workbook, home.settings.columns)
    try:
        snapshot = book.read()
    except SheetError as error:
        yield Check(
            "spreadsheet", f"{error}; open it in a spreadsheet program and save it as .xlsx, or restore a copy", fault=True
        )
        return
    faults = [fault for fault in snapshot.faults if fault.code in _OF_TABS]
    for fault in faults:
        yield Check("spreadsheet", said(fault), fault=True)
    if not faults:
        yield Check("spreadsheet", f"{len(snapshot.tabs)} tabs with all their headers")
    yield from _prices(snapshot)
    if not os.access(home.workbook, os.W_OK):
        yield Check("spreadsheet", f"{home.workbook.name} cannot be written; give this user the right to", fault=True)


def _exports(home: Home, _: datetime) -> Iterator[Check]:
    """Every exported file is some form's."""
    for path in exports.files(home):
        export = read_export(path, home.settings.columns)
        for fault in export.faults:
            yield Check("exports", said(fault), fault=stops(fault), warning=not stops(fault))
        if export.rows:
            forms = sorted({FORMS[row.form].name for row in export.rows})
            yield Check("exports", f"{path.name}: {len(export.rows)} rows of {', '.join(forms)}")


def _google(home: Home, now: datetime) -> Iterator[Check]:
    """The spreadsheet at Google, over the wire: read, written to without changing anything."""
    begun = time.monotonic()
    try:
        book = spreadsheet(home)
        assert isinstance(book, GoogleSpreadsheet)
        book.probe()
        snapshot = book.read()
    except (SettingsError, SheetError) as error:
        yield Check("spreadsheet", f"{error}; docs/setup-google.md tells each step", fault=True)
        return
    faults = [fault for fault in snapshot.faults if fault.code in _OF_TABS]
    for fault in faults:
        yield Check("spreadsheet", said(fault), fault=True)
    if not faults:
        yield Check("spreadsheet", f"{len(snapshot.tabs)} tabs with all their headers, at Google; it can be written")
    if book.time_zone != "Europe/Moscow":
        yield Check("spreadsheet", f"its time zone is {book.time_zone}: set Moscow under File → Settings", warning=True)
    if not book.locale.startswith("ru"):
        yield Check(
            "spreadsheet",
            f"its locale is {book.locale or 'unknown'}: people see and type other dates and numbers; set Russia under "
            "File → Settings",
            warning=True,
        )
    if book.told_at is not None:
        yield from _beside("Google", book.told_at, now, begun)
    yield from _prices(snapshot)


def _servers(home: Home, now: datetime) -> Iterator[Check]:
    """The mailbox over IMAP and SMTP: reached, logged in, and a letter to ourselves comes back."""
    with ExitStack() as closing:
        try:
            incoming, outgoing = inbox(home, closing), mailbox(home, closing)
        except (SettingsError, OSError) as error:
            yield Check("mailbox", f"{error}; docs/setup-mail.md tells each step", fault=True)
            return
        if not isinstance(incoming, ImapInbox) or not isinstance(outgoing, SmtpOutbox):
            return
        faults = [*incoming.check(), *outgoing.check()]
        for fault in faults:
            yield Check("mailbox", f"{fault}; docs/setup-mail.md tells each step", fault=True)
        if faults:
            return
        yield Check("mailbox", "IMAP and SMTP answer, login and certificates are right")
        yield from _believed(incoming, home.settings.mail.authserv_id)
        if outgoing.clears_doubt:
            yield from _round_trip(outgoing, now)
        else:
            yield Check(
                "mailbox",
                "no copy of a sent letter comes back, so a delivery in doubt waits for people; set mail.own_copy "
                "(docs/setup-mail.md, 5)",
                warning=True,
            )


def _believed(incoming: ImapInbox, configured: str) -> Iterator[Check]:
    """Does the server that we believe mark the letters here?"""
    try:
        seen = incoming.authserv_ids()
    except OSError as error:
        yield Check("senders", f"the letters cannot be looked at: {error}", fault=True)
        return
    others = f"the letters here are marked by {', '.join(seen[:3])}" if seen else "no letter here is marked by a server"
    if not configured:
        yield Check("senders", f"proven by their DKIM signatures, which are checked here (mail.authserv_id is empty; {others})")
    elif any(same_server(name, configured) for name in seen):
        yield Check("senders", f"proven by {configured}, which marks the letters here, and by their DKIM signatures")
    elif seen:
        above = {name.partition(".")[2] for name in seen}
        name = f"*.{above.pop()}" if len(seen) > len(above) == 1 else seen[0]  # a service with many hosts
        yield Check(
            "senders",
            f"mail.authserv_id is {configured}, but {others}: if that is your own server, write {name} (docs/setup-mail.md, 6)",
            warning=True,
        )
    else:
        yield Check("senders", f"mail.authserv_id is {configured}, but {others} yet; look again when some came from outside")


def _round_trip(outgoing: SmtpOutbox, now: datetime) -> Iterator[Check]:
    """A letter to ourselves is found again by its key, as a delivery in doubt would be; its time is the mailbox's."""
    begun = time.monotonic()
    try:
        came = outgoing.round_trip(now)
    except (Unavailable, Refused, DeliveryUncertain) as error:
        yield Check("mailbox", f"the self-test letter: {error}; docs/setup-mail.md tells each step", fault=True)
        return
    yield Check("mailbox", "a letter to ourselves came back and was found by its key")
    yield from _beside("the mailbox", came, now, begun)


def _beside(name: str, theirs: datetime, now: datetime, begun: float) -> Iterator[Check]:
    """Another clock beside ours: `theirs` was told between `now`, when the monotonic clock stood at `begun`, and this moment."""
    until = now + timedelta(seconds=time.monotonic() - begun)
    if now - APART <= theirs <= until + APART:
        return
    off = now - theirs if theirs < now else theirs - until
    way = "ahead of" if theirs < now else "behind"
    minutes = round(off.total_seconds() / 60)
    yield Check(
        "clock",
        f"this machine's clock is {minutes} minutes {way} that of {name}: deadlines are reckoned by it; "
        "set it by NTP (timedatectl set-ntp true)",
        warning=True,
    )


def _prices(snapshot: Snapshot) -> Iterator[Check]:
    prices = snapshot.usable(PRICES.name)
    if prices is not None and not prices.rows:
        yield Check("prices", f"«{PRICES.name}» is empty: no deal can name a product yet; fill it in", warning=True)


def _mail(home: Home, now: datetime) -> Iterator[Check]:
    local = home.settings.mail.backend == "maildir"
    if not local:
        yield from _servers(home, now)
    for folder in (*((home.inbox, home.sent) if local else ()), home.attachments, home.offers):
        parts = [folder / part for part in ("tmp", "new", "cur")] if folder in (home.inbox, home.sent) else [folder]
        wrong = [part for part in parts if not _writable(part)]
        if wrong:
            yield Check(
                "mailbox", f"{wrong[0]} cannot be written; make it with `python -m jobs init`, or mend its rights", fault=True
            )
        else:
            yield Check("mailbox", f"{folder.relative_to(home.root)} can be written")


def _writable(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            return True
    except OSError:
        return False


def _templates(_: Home, __: datetime) -> Iterator[Check]:
    faults = check_templates()
    for fault in faults:
        yield Check("templates", f"{fault}; mend it in mailer/templates", fault=True)
    if not faults:
        yield Check("templates", "every letter has its template")


def _ledger(home: Home, now: datetime) -> Iterator[Check]:
    try:
        if not home.has_ledger():
            yield Check("ledger", "none yet; the first pass makes it")
            return
        ledger = open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home))
    except (SettingsError, LedgerTooNew, LedgerUnreachable) as error:
        yield Check("ledger", str(error), fault=True)
        return
    try:
        faults = ledger.integrity()
        for fault in faults:
            yield Check("ledger", f"{fault}; restore ledger.db from a copy", fault=True)
        if not faults:
            yield Check("ledger", "sound")
        with ledger.reading(now) as tx:
            others = tx.note(ANOTHERS_BOOK)
        if others:
            yield Check(
                "ledger",
                f"it is new, but the spreadsheet shows cases of another one ({others}): restore a backup, or name that ledger in "
                "database.url; passes wait (docs/running.md)",
                fault=True,
            )
        last = max((run.started_at for run in ledger.job_runs().values()), default=None)
        if last is not None and last > now + timedelta(minutes=5):
            yield Check(
                "clock", f"the last run is in the future ({last.isoformat()}); set this machine's clock right", warning=True
            )
    finally:
        ledger.close()


def _clock(_: Home, now: datetime) -> Iterator[Check]:
    try:
        moscow = now.astimezone(ZoneInfo("Europe/Moscow"))
    except ZoneInfoNotFoundError:
        yield Check("clock", "no time zone database: install the package tzdata", fault=True)
        return
    yield Check("clock", f"{moscow:%d.%m.%Y %H:%M} in Moscow")


def as_json(checks: list[Check]) -> dict[str, object]:
    """For `--json`."""
    return {
        "ok": not any(check.fault for check in checks),
        "checks": [{"name": check.name, "text": check.text, "fault": check.fault, "warning": check.warning} for check in checks],
    }


def show(console: Console, checks: list[Check]) -> None:
    """For people."""
    mark: Callable[[Check], str] = lambda check: (  # noqa: E731
        "[red]✗[/]" if check.fault else "[yellow]![/]" if check.warning else "[green]✓[/]"
    )
    for check in checks:
        console.print(f"{mark(check)} [bold]{check.name:<11}[/] {escape(check.text)}", highlight=False, soft_wrap=True)
