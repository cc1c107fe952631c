"""The record replayed in memory: everything that came in, at the moments at which it came, through the jobs of a live pass.

What comes from outside (forms, letters, staff's words and tabs) is taken from the record instead, and what goes outside ends in
the ledger in memory; every other job works as it does in a pass. The clock stands at each pass of the record in turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from cases import leads
from cases.desk import Desk
from cases.intake import recorded_row, take_rows
from cases.model import Mail, QuarantineItem, Submission
from cases.replies import recorded_letter, take_letter
from cases.staff_lines import LeadLine, StaffTabs
from cases.words import hear, hear_held, recorded_word
from jobs import ingest_forms
from jobs.home import Home
from jobs.office import Office, outside
from jobs.once import JOBS
from jobs.progress import Progress
from jobs.read_sheet import keep_tabs
from jobs.send_mail import hold_dead, refused
from ledger.database import SqlLedger, SqlTransaction
from ledger.history import Fate, HeardWord, TabChange, changed
from ledger.replays import Births, Record, ReplayLedger
from ledger.schema import MailState
from mailer.mailbox.maildir_inbox import MaildirInbox
from mailer.mailbox.maildir_outbox import MaildirOutbox
from rules.in_force import Editions
from sheets.xlsx import WorkbookFile

FORM = "form:"
MAIL = "mail"
"""Submissions of other sources come to be when what staff said and wrote down is taken in."""

_SETTLED = (MailState.SENT, MailState.REFUSED, MailState.IN_DOUBT, MailState.CANCELLED)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Tape:
    """What the record holds, up to a moment. `passes`: the jobs of each pass, by its moment; `live`: those that did something."""

    submissions: Sequence[Submission]
    words: Sequence[HeardWord]
    tabs: Sequence[TabChange]
    fates: Mapping[str, Fate]
    passes: Mapping[datetime, frozenset[str]]
    live: frozenset[datetime]
    counted: Sequence[tuple[str, int, int]]


def tape_of(ledger: SqlLedger, now: datetime, until: datetime | None) -> Tape:
    """The record of that ledger, up to `until` or to its end."""

    def within(moment: datetime | None) -> bool:
        return moment is not None and (until is None or moment <= until)

    with ledger.reading(now) as tx:
        submissions = [one for one in tx.all_submissions() if within(one.recorded_at)]
        words = [word for word in tx.all_words() if within(word.at)]
        tabs = [change for change in tx.tab_changes() if within(change.at)]
        live = {moment for moment in tx.moments() if within(moment)}
        live |= {one.recorded_at for one in submissions if one.recorded_at} | {word.at for word in words}
        runs: dict[datetime, set[str]] = {}
        for at, job in tx.all_runs():
            if within(at):
                runs.setdefault(at, set()).add(job)
        first = min(live, default=None)
        live |= {change.at for change in tabs if first is not None and change.at >= first}
        passes = {at: frozenset(runs.get(at, JOBS)) for at in sorted(live | runs.keys())}
        return Tape(submissions, words, tabs, tx.fates(), passes, frozenset(live), tx.counted())


@dataclass(slots=True)
class Replay:
    """One replay under way; the queues hold what is still to come, in order of time."""

    office: Office
    tape: Tape
    births: Births
    rows: deque[Submission]
    leads: deque[Submission]
    letters: deque[Submission]
    words: deque[HeardWord]
    tabs: deque[TabChange]
    early: list[HeardWord] = field(default_factory=list)
    again: bool = False  # the second pass of one moment

    def run(self) -> None:
        """Every pass of the record in turn, but for those that did nothing then and have nothing to do now."""
        day: date | None = None
        wakes: datetime | None = None
        with self.office.progress.bar("passes", len(self.tape.passes)) as advance:
            for moment, jobs in self.tape.passes.items():
                advance(1)
                today = self.office.outside.calendar.local_date(moment)
                if moment in self.tape.live or today != day or (wakes is not None and wakes <= moment):
                    self._turn_to(moment)
                    self._pass(jobs)
                    if self.early:
                        self.again = True
                        self._pass(jobs)
                        self.again = False
                    with self.office.ledger.reading(moment) as tx:
                        wakes = tx.next_wake()
                    day = today

    def _turn_to(self, moment: datetime) -> None:
        """Set the clock. Another edition may bring other working hours."""
        office = self.office
        before, office.now = office.now, moment
        office.outside = replace(office.outside, now=moment)
        if office.editions.at(moment.date()) is not office.editions.at(before.date()):
            with office.ledger.reading(moment) as tx:
                office.take_tabs(tx.staff_tabs())

    def _pass(self, jobs: frozenset[str]) -> None:
        for name, job in JOBS.items():
            edge = _EDGES.get(name)
            if edge is not None:
                edge(self)
            elif name in jobs:
                job(self.office)

    # -- what came in

    def take_tabs(self) -> None:
        """Staff's tabs as they were read in this pass."""
        changes = _due(self.tabs, lambda change: change.at, self.office.now)
        if changes:
            with self.office.ledger.transaction(self.office.now) as tx:
                tabs = changed(tx.staff_tabs(), changes)
                keep_tabs(tx, tabs)
            self.office.take_tabs(tabs)

    def hear_staff(self) -> None:
        """What staff said. A word on a case that is to come in this pass was said in a later one of the same moment."""
        words, self.early = [*self.early, *_due(self.words, lambda word: word.at, self.office.now)], []
        if not words:
            return
        with self.office.desk() as (desk, tx):
            for word in words:
                if "words" in word.raw:
                    hear_held(desk, [recorded_word(raw["key"], raw) for raw in word.raw["words"]])
                elif self.again or word.at < self.office.now or tx.case(word.number) is not None:
                    hear(desk, [recorded_word(word.key, word.raw)])
                else:
                    self.early.append(word)

    def take_rows(self) -> None:
        """Form rows that were taken in."""
        rows = _due(self.rows, _recorded_at, self.office.now)

        def work(desk: Desk, portion: Sequence[Submission]) -> None:
            self.births.expect((row.source, row.key) for row in portion)
            take_rows(desk, [recorded_row(row) for row in portion])

        self.office.in_portions(rows, ingest_forms.PORTION, work, self._set_aside)

    def take_leads(self) -> None:
        """Leads that staff wrote down, one to a transaction."""
        for one in _due(self.leads, _recorded_at, self.office.now):
            with self.office.desk() as (desk, _):
                leads.take(desk, LeadLine(one.raw["lead"], one.raw["contact"], one.raw["region"]))

    def take_letters(self) -> None:
        """Letters that were taken in, one to a transaction."""

        def work(desk: Desk, portion: Sequence[Submission]) -> None:
            self.births.expect((one.source, one.key) for one in portion)
            for one in portion:
                take_letter(desk, recorded_letter(one))

        self.office.in_portions(_due(self.letters, _recorded_at, self.office.now), 1, work, self._set_aside)

    def _set_aside(self, tx: SqlTransaction, item: Submission, why: str) -> None:
        tx.quarantine(QuarantineItem(item.source, item.key, why, "", self.office.now))

    # -- what went out

    def send(self) -> None:
        """Letters go as they went then; those that were not written then go at once."""
        while True:
            with self.office.ledger.reading(self.office.now) as tx:
                due = [mail for mail in tx.waiting_letters() if self._goes(mail)]
            if not due:
                return
            held = hold_dead(self.office, due)
            with self.office.desk() as (desk, tx):
                for mail in due:
                    if mail.key not in held:
                        self._settle(desk, tx, mail)

    def _goes(self, mail: Mail) -> bool:
        """Had the letter left the outbox by now, or was it never there?"""
        fate = self.tape.fates.get(mail.key)
        return fate is None or (fate.at <= self.office.now and fate.state in _SETTLED)

    def _settle(self, desk: Desk, tx: SqlTransaction, mail: Mail) -> None:
        fate = self.tape.fates.get(mail.key)
        if fate is not None and fate.state is MailState.REFUSED:
            refused(desk, tx, mail, fate.error)
        elif fate is not None and fate.state is MailState.IN_DOUBT:
            tx.mail_in_doubt(mail.key, fate.error)
        else:
            tx.mail_sent(mail.key, fate.at if fate is not None and fate.state is MailState.SENT else self.office.now)


def _nothing(_: Replay) -> None:
    """It works on what is outside alone."""


_EDGES: Mapping[str, Callable[[Replay], None]] = {
    "read_sheet": Replay.take_tabs,
    "hear_staff": Replay.hear_staff,
    "ingest_forms": Replay.take_rows,
    "ingest_leads": Replay.take_leads,
    "ingest_mail": Replay.take_letters,
    "send_mail": Replay.send,
    "write_sheet": _nothing,
    "retention": _nothing,
}
"""Jobs that read or write what is outside, and what a replay does in their place."""


@contextmanager
def replayed(home: Home, ledger: SqlLedger, tape: Tape, editions: Editions, progress: Progress) -> Iterator[Office]:
    """The office at the end of a replay of `ledger`'s record under these editions; the tape holds one pass at least. Nothing of
    the home is touched.

    Raises ProgrammeError.
    """
    began = next(iter(tape.passes))
    with ledger.reading(began) as tx:
        births = Births.of(tx.all_cases(), (one for one in tx.all_submissions() if one.source.startswith((FORM, MAIL))))
    memory = ReplayLedger(Record(ledger, births), home.token_key())
    with closing(memory), TemporaryDirectory(prefix="partner-desk-") as name:
        memory.count_on(tape.counted)
        nowhere = Home(Path(name), home.settings)
        office = Office(
            home=nowhere,
            now=began,
            ledger=memory,
            editions=editions,
            book=WorkbookFile(nowhere.workbook),
            inbox=MaildirInbox(nowhere.inbox),
            mailbox=MaildirOutbox(nowhere.sent),
            attachments=nowhere.attachments,
            offers=nowhere.offers,
            outside=outside(nowhere, editions, StaffTabs(), began),
            progress=progress,
            dry=True,
        )
        Replay(
            office,
            tape,
            births,
            rows=deque(one for one in tape.submissions if one.source.startswith(FORM)),
            leads=deque(one for one in tape.submissions if one.source == leads.SOURCE),
            letters=deque(one for one in tape.submissions if one.source == MAIL),
            words=deque(tape.words),
            tabs=deque(tape.tabs),
        ).run()
        yield office


def _recorded_at(submission: Submission) -> datetime:
    return submission.recorded_at or submission.received_at


def _due(queue: deque[Item], at: Callable[[Item], datetime], now: datetime) -> list[Item]:
    """Take from the queue what came by now."""
    found = []
    while queue and at(queue[0]) <= now:
        found.append(queue.popleft())
    return found
