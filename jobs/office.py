"""What a pass has in its hands: ledger, spreadsheet, mailbox, programme, the time; and how cases are worked on in portions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cases.desk import Desk
from cases.model import FormRow, StaffWord
from cases.ports import Materials, Outside
from cases.staff_lines import StaffTabs
from cases.tabs import Tabs
from jobs.backends import inbox, mailbox, sent_by_hand, spreadsheet
from jobs.failpoints import FailPoint, reach
from jobs.home import SHIPPED_PROGRAMME, Home
from jobs.programme import load_calendar, load_editions
from jobs.progress import Progress
from jobs.report import PassReport
from ledger.database import FAULTS, SqlLedger, SqlTransaction, open_ledger
from mailer.bulk import RussianListReader
from mailer.mailbox.inbox import Inbox
from mailer.mailbox.outbox import Mailbox
from mailer.replies import RussianReplyReader
from mailer.wording import RussianWording
from rules.in_force import Editions
from sheets.base import Base
from sheets.lead_rows import LeadRow
from sheets.port import Spreadsheet
from sheets.snapshot import Snapshot
from sheets.values import MOSCOW

CALLS = "sheet.calls"
"""Note: calls of the spreadsheet's API in the last pass that made any."""

Item = TypeVar("Item")
log = logging.getLogger("jobs")


def _clock() -> float:
    """Seconds that go on while this process is stopped, and while the machine sleeps where it can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(slots=True)
class SheetInHand:
    """The spreadsheet as read in this pass, and what people said in it."""

    snapshot: Snapshot
    rows: list[FormRow]
    base: Base
    leads: list[LeadRow] = field(default_factory=list)
    words: list[StaffWord] = field(default_factory=list)
    untouchable: set[tuple[str, str]] = field(default_factory=set)
    heard: bool = False
    ingested: bool = False
    leads_taken: bool = False


class Source(StrEnum):
    """What a pass has to reach, and may not reach for hours."""

    READING = "sheet-read"
    WRITING = "sheet-write"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """Why something was not reached: `code` as `mailer.wording.outage_mend` knows it, "" for none, and the error's own words.

    `told`: staff have a letter about that very thing already.
    """

    code: str
    error: str
    told: bool = False


@dataclass(slots=True)
class Office:
    """One pass. `outside` is made anew when staff's tabs were read. `sheet` None: as after the last pass, or `unreadable`.

    `sent_by_hand`: what staff send from the mailbox itself; None where that is not read. `reached`: what was tried since
    `jobs.outages` looked last, and how that ended.
    """

    home: Home
    now: datetime
    ledger: SqlLedger
    editions: Editions
    book: Spreadsheet
    inbox: Inbox
    mailbox: Mailbox
    attachments: Path
    offers: Path
    outside: Outside
    report: PassReport = field(default_factory=PassReport)
    progress: Progress = field(default_factory=Progress)
    sent_by_hand: Inbox | None = None
    sheet: SheetInHand | None = None
    unreadable: bool = False
    reached: dict[Source, OutOfReach | None] = field(default_factory=dict)
    dry: bool = False
    began: float = field(default_factory=_clock)

    @property
    def moment(self) -> datetime:
        """The pass's time and what went by since: by it leases run out, however long a pass takes or is stopped."""
        return self.now + timedelta(seconds=_clock() - self.began)

    @property
    def stamp(self) -> str:
        """The pass's time for file names."""
        return self.now.strftime("%Y%m%d-%H%M%S")

    def take_tabs(self, tabs: StaffTabs) -> None:
        """From here on, cases are judged by these tabs and staff's own days."""
        self.outside = outside(self.home, self.editions, tabs, self.now)

    @contextmanager
    def desk(self) -> Iterator[tuple[Desk, SqlTransaction]]:
        """One transaction's work on cases: the desk, and the transaction for what is the jobs' own."""
        with self.ledger.transaction(self.now) as tx:
            desk = Desk(tx, self.outside)
            yield desk, tx
            desk.flush_attention()
            reach(FailPoint.DESK_WORKED)

    def in_portions(
        self,
        items: Sequence[Item],
        size: int,
        work: Callable[[Desk, Sequence[Item]], None],
        set_aside: Callable[[SqlTransaction, Item, str], None],
        label: str = "",
    ) -> None:
        """Work on the items, `size` to a transaction. A portion that fails is done again one by one; what fails is set aside.

        Raises what is in `ledger.database.FAULTS`: the ledger itself fails, no item is to blame.
        """
        with self.progress.bar(label, len(items)) as advance:
            for start in range(0, len(items), size):
                portion = items[start : start + size]
                try:
                    with self.desk() as (desk, _):
                        work(desk, portion)
                except FAULTS:
                    raise
                except Exception as error:
                    if len(portion) > 1:
                        log.warning("portion-failed", extra={"error": type(error).__name__, "size": len(portion)})
                    for item in portion:
                        self._alone(item, work, set_aside)
                advance(len(portion))

    def _alone(
        self,
        item: Item,
        work: Callable[[Desk, Sequence[Item]], None],
        set_aside: Callable[[SqlTransaction, Item, str], None],
    ) -> None:
        try:
            with self.desk() as (desk, _):
                work(desk, [item])
        except FAULTS:
            raise
        except Exception as error:
            log.error("item-failed", extra={"error": type(error).__name__}, exc_info=error)
            with self.ledger.transaction(self.now) as tx:
                set_aside(tx, item, f"{type(error).__name__}: {error}")


def owner_of(home: Home) -> str:
    """The name under which the ledger is opened by one who takes no lease."""
    return f"reader of {home.root.name}"


def outside(home: Home, editions: Editions, tabs: StaffTabs, now: datetime) -> Outside:
    """What cases are given besides the ledger. Raises ProgrammeError."""
    edition = editions.at(now.astimezone(MOSCOW).date())
    settings = home.settings
    return Outside(
        now=now,
        editions=editions,
        calendar=load_calendar(SHIPPED_PROGRAMME, edition.deadlines, tabs.calendar),
        wording=RussianWording(),
        reader=RussianReplyReader(),
        lists=RussianListReader(),
        tabs=Tabs(tabs),
        staff=settings.staff.mail,
        materials=Materials(settings.materials.links, settings.materials.extended),
        mailbox=settings.mail.address,
        answers_per_sender_a_day=settings.mail.answers_per_sender_a_day,
        answers_per_case_a_day=settings.mail.answers_per_case_a_day,
        unvouched_per_partner_a_day=settings.mail.unvouched_per_partner_a_day,
        dead_address_days=settings.mail.dead_address_days,
    )


@contextmanager
def open_office(home: Home, now: datetime, progress: Progress, owner: str = "") -> Iterator[Office]:
    """Everything for a pass over that home, of the worker called `owner`.

    Raises SettingsError, ProgrammeError, `ledger.migrations.LedgerTooNew`, `ledger.database.LedgerUnreachable`.
    """
    editions = load_editions(*home.programme_folders())
    ledger = open_ledger(home.ledger_url, secret=home.token_key(), owner=owner or owner_of(home))
    with ExitStack() as closing:
        closing.callback(ledger.close)
        with ledger.reading(now) as tx:
            tabs = tx.staff_tabs()
        yield Office(
            home=home,
            now=now,
            ledger=ledger,
            editions=editions,
            book=spreadsheet(home, before_replacing=lambda: reach(FailPoint.BOOK_DRAWN)),
            inbox=inbox(home, closing),
            mailbox=mailbox(home, closing),
            attachments=home.attachments,
            offers=home.offers,
            outside=outside(home, editions, tabs, now),
            progress=progress,
            sent_by_hand=sent_by_hand(home, closing),
        )
