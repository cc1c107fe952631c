"""The record as a whole, in the order in which it came to be: what a replay is fed with and compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_type_hints

import msgspec
from sqlalchemy import func, select

from cases.model import Case, Mail, Recorded, Submission
from cases.staff_lines import StaffTabs
from ledger.codec import decode_facts
from ledger.letters import mail_of
from ledger.persons import Persons
from ledger.reports import recorded_of
from ledger.schema import (
    MailState,
    cases,
    counters,
    decisions,
    events,
    job_runs,
    mails,
    staff_tab_changes,
    submissions,
    words,
)
from ledger.staff import WORD, lines_of
from ledger.submission_rows import SEQ

_submissions = select(submissions).order_by(submissions.c.seq)
_words = select(words).order_by(words.c.at, words.c.seq, words.c.key)
_changes = select(staff_tab_changes).order_by(staff_tab_changes.c.id)
_runs = select(job_runs.c.job, job_runs.c.started_at).order_by(job_runs.c.started_at, job_runs.c.slot)
_settled = select(mails.c.key, mails.c.state, mails.c.at, mails.c.error)
_waiting = select(mails).where(mails.c.state == MailState.QUEUED).order_by(mails.c.queued_at, mails.c.key)
_cases = select(cases.c.number, cases.c.kind, cases.c.payload).order_by(cases.c.number)
_decisions = select(decisions).order_by(decisions.c.id)
_counters = select(counters).where(counters.c.prefix.not_in([SEQ, WORD]))
_moments = (
    select(events.c.at).where(events.c.number != "").distinct(),
    select(decisions.c.at).distinct(),
    select(mails.c.queued_at).distinct(),
    select(mails.c.at).where(mails.c.state == MailState.SENT).distinct(),
)
_wakes = select(func.min(cases.c.wakes_at)).where(cases.c.quarantined.is_(False))
_lists: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(list[tuple[date, bool]] if name == "calendar" else hint)
    for name, hint in get_type_hints(StaffTabs).items()
}


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word of staff's as recorded, or the words that were held (`raw["words"]`)."""

    key: str
    number: str
    raw: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class TabChange:
    """One of staff's tabs changed: from line `place` on, `dropped` lines went and `lines` came."""

    tab: str
    at: datetime
    place: int
    dropped: int
    lines: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a letter, when and why."""

    state: MailState
    at: datetime
    error: str


def changed(tabs: StaffTabs, changes: Iterable[TabChange]) -> StaffTabs:
    """The tabs after these changes."""
    contents: dict[str, list[Any]] = {}
    for change in changes:
        lines = contents.setdefault(change.tab, lines_of(getattr(tabs, change.tab)))
        lines[change.place : change.place + change.dropped] = change.lines
    made = {tab: dict(lines) if tab == "calendar" else tuple(lines) for tab, lines in contents.items()}
    return StaffTabs(**{**{tab: getattr(tabs, tab) for tab in _lists}, **made})


class History(Persons):
    """The read side of the transaction over everything that was ever recorded."""

    def all_submissions(self) -> list[Submission]:
        """Every submission, by seq."""
        self.flush()
        return self._adopt_submissions(self._rows_of(_submissions))

    def all_words(self) -> list[HeardWord]:
        """Everything that staff said, in the order in which it was heard; of one moment those without order first."""
        return [HeardWord(row.key, row.number, decode_facts(row.raw), row.at) for row in self._rows_of(_words)]

    def tab_changes(self) -> list[TabChange]:
        """How staff's tabs changed, oldest first. The first ones may tell what stood there before this was recorded."""
        return [
            TabChange(row.tab, row.at, row.place, row.dropped, _lists[row.tab].decode(row.lines))
            for row in self._rows_of(_changes)
            if row.tab in _lists
        ]

    def all_runs(self) -> list[tuple[datetime, str]]:
        """When jobs ran, as far as that is kept: (moment, job), oldest first."""
        return [(row.started_at, row.job) for row in self._rows_of(_runs)]

    def moments(self) -> set[datetime]:
        """When something was decided, journaled, queued or sent: moments of passes, even where their runs are kept no more."""
        self.flush()
        return {row[0] for statement in _moments for row in self._rows_of(statement)}

    def fates(self) -> dict[str, Fate]:
        """What became of every letter, by key."""
        self.flush()
        return {row.key: Fate(MailState(row.state), row.at, row.error) for row in self._rows_of(_settled)}

    def waiting_letters(self) -> list[Mail]:
        """Letters that nobody has tried to send yet, oldest first."""
        self._flush_mails()
        return [mail_of(row) for row in self._rows_of(_waiting)]

    def all_cases(self) -> list[Case]:
        """Every case, by number."""
        self.flush()
        return self._adopt(self._rows_of(_cases))

    def all_decisions(self) -> dict[str, list[Recorded]]:
        """Every decision by case, oldest first."""
        self.flush()
        found: dict[str, list[Recorded]] = {}
        for row in self._rows_of(_decisions):
            found.setdefault(row.number, []).append(recorded_of(row))
        return found

    def counted(self) -> list[tuple[str, int, int]]:
        """How far the numbers of cases have come: (prefix, year, value)."""
        return [(row.prefix, row.year, row.value) for row in self._rows_of(_counters)]

    def next_wake(self) -> datetime | None:
        """When the next case has to be looked at."""
        self.flush()
        found: datetime | None = self._connection.execute(_wakes).scalar_one_or_none()
        return found
