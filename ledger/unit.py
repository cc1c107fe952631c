"""The unit of work: what was read and changed in one transaction, and how it is flushed in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Executable, Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases.model import OPEN_DEAL_STATES, Case, CaseKind, DealData, EffectKind, PartnerData, SaleStatus, Submission
from ledger.codec import encode
from ledger.schema import RowState, cases, counters, decisions, events, mails, notes, registrations, row_effects, submissions

Row = dict[str, Any]


class Conflict(Exception):
    """Another transaction changed a case that this one read; nothing of this one is kept, do it again."""


@cache
def upsert(dialect: str, table: Table, *replaced: str) -> Executable:
    """INSERT that replaces these columns where the primary key is there already; without columns it leaves such a row alone,
    and `rowcount` tells how many were new.
    """
    key = list(table.primary_key)
    if dialect == "postgresql":
        into = postgresql.insert(table)
        if replaced:
            return into.on_conflict_do_update(index_elements=key, set_={name: into.excluded[name] for name in replaced})
        return into.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    lite = sqlite.insert(table)
    if replaced:
        return lite.on_conflict_do_update(index_elements=key, set_={name: lite.excluded[name] for name in replaced})
    return lite.on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def chunks(values: Iterable[str], size: int = 10_000) -> Iterator[list[str]]:
    """The values without repeats, in portions that every database takes as parameters of one statement."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


def is_open_deal(case: Case) -> bool:
    """A deal whose state is not final."""
    return case.kind is CaseKind.DEAL and case.state in OPEN_DEAL_STATES


def partner_inn(case: Case) -> str:
    """The INN under which a case is found by its partner."""
    return case.partner_inn or (case.data.inn if isinstance(case.data, PartnerData) else "")


def ended_at(case: Case) -> datetime | None:
    """When a deal became final, as far as the case tells; None for an open deal and for other kinds."""
    if case.kind is not CaseKind.DEAL or is_open_deal(case):
        return None
    data = case.deal()
    known = [moment for moment in (data.closed_at, case.decided_at, case.submitted_at) if moment is not None]
    if data.expired_on is not None:
        zone = case.submitted_at.tzinfo
        known.append(datetime.combine(data.expired_on, datetime.min.time(), zone) + timedelta(days=1))
    return max(known)


_FIRST_STATUSES = (None, SaleStatus.IN_WORK)


def _registration_row(case: Case) -> Row | None:
    """What is counted of a deal that was registered once; None for any other case."""
    if not isinstance(case.data, DealData) or case.data.reported_on is None or case.data.registered_at is None:
        return None
    unmoved = case.data.sale_status in _FIRST_STATUSES
    return {
        "number": case.number,
        "partner_inn": case.partner_inn,
        "state": case.state,
        "heard_on": case.data.reported_on.isoformat(),
        "unmoved_since": case.data.registered_at.astimezone(UTC).date().isoformat() if unmoved else None,
    }


def _case_row(case: Case) -> Row:
    return {
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "partner_inn": partner_inn(case),
        "customer_inn": case.customer_inn,
        "name_key": case.data.name_key if isinstance(case.data, DealData) else "",
        "wakes_at": case.wakes_at,
        "place_at": case.place_at,
        "place_seq": case.place_seq,
        "due_at": case.due_at,
        "ended_at": ended_at(case),
        "missed": case.missed,
        "quarantined": False,
        "revision": case.revision,
        "payload": encode(case),
    }


def _submission_row(submission: Submission) -> Row:
    return {
        "seq": submission.seq,
        "source": submission.source,
        "key": submission.key,
        "number": submission.number,
        "received_at": submission.received_at,
        "recorded_at": submission.recorded_at,
        "address": submission.address,
        "raw": encode(submission.raw),
        "answer": submission.answer,
        "answer_text": submission.answer_text,
        "due_at": submission.due_at,
        "answered_at": submission.answered_at,
    }


_insert_case = insert(cases)
_update_case = (
    update(cases)
    .where(and_(cases.c.number == bindparam("of_number"), cases.c.revision == bindparam("of_revision")))
    .values({column.name: bindparam(column.name) for column in cases.c if column.name != "number"})
)
_insert_submission = insert(submissions)
_update_submission = (
    update(submissions)
    .where(submissions.c.seq == bindparam("of_seq"))
    .values({column.name: bindparam(column.name) for column in submissions.c if column.name not in ("seq", "source", "key")})
)
_forget_note = delete(notes).where(notes.c.key == bindparam("of"))
_note = select(notes.c.value).where(notes.c.key == bindparam("of"))
_update_counter = (
    update(counters)
    .where(and_(counters.c.prefix == bindparam("of_prefix"), counters.c.year == bindparam("of_year")))
    .values(value=bindparam("value"))
)
_counter = (
    select(counters.c.value)
    .where(counters.c.prefix == bindparam("prefix"), counters.c.year == bindparam("year"))
    .with_for_update()
)
_insert_decision = insert(decisions)
_insert_mail = insert(mails)
_insert_event = insert(events)


class Unit:
    """Connection, time, and the buffers of one transaction. The parts of the transaction's interface are built upon it.

    A query for rows of a table is preceded by the flush of that table's buffers, unless the memory answers it.
    """

    def __init__(self, connection: Connection, now: datetime, secret: bytes, tabs_seen: dict[str, tuple[str, Any]]) -> None:
        self.now = now
        self._connection = connection
        self._dialect = connection.dialect.name
        self._secret = secret
        self._tabs_seen = tabs_seen  # staff's tabs decoded earlier in this process, by tab, with their hash

        self._cases: dict[str, Case] = {}
        self._stored_revision: dict[str, int] = {}
        self._added: dict[str, Case] = {}
        self._changed: dict[str, Case] = {}
        self._raised: set[str] = set()

        self._submissions: dict[int, Submission] = {}
        self._added_submissions: dict[int, Submission] = {}
        self._changed_submissions: dict[int, Submission] = {}

        self._counted: dict[tuple[str, int], int] = {}
        self._counted_stale = False
        self._rows: dict[tuple[str, str], Row] = {}
        self._decisions: list[Row] = []
        self._mails: dict[str, Row] = {}
        self._events: list[Row] = []

    def _rows_of(self, statement: Executable, parameters: Row | None = None) -> Sequence[Any]:
        return self._connection.execute(statement, parameters or {}).all()

    # -- numbers

    def _count_up(self, prefix: str, year: int) -> int:
        """The next value of a counter. The first call in a transaction locks the counter until its end."""
        return self._count_to(prefix, year, self._counter(prefix, year) + 1)

    def _count_to(self, prefix: str, year: int, value: int) -> int:
        """The counter stands at that value at least; gives where it stands."""
        reached = max(self._counter(prefix, year), value)
        self._counted[prefix, year] = reached
        self._counted_stale = True
        return reached

    def _counter(self, prefix: str, year: int) -> int:
        at = (prefix, year)
        if at not in self._counted:
            which = {"prefix": prefix, "year": year}
            value = self._connection.execute(_counter, which).scalar_one_or_none()
            if value is None:
                self._connection.execute(upsert(self._dialect, counters), [{**which, "value": 0}])
                value = self._connection.execute(_counter, which).scalar_one()
            self._counted[at] = int(value)
        return self._counted[at]

    def note(self, key: str) -> str:
        """A small fact kept between passes; "" if none."""
        return str(self._connection.execute(_note, {"of": key}).scalar_one_or_none() or "")

    def set_note(self, key: str, value: str) -> None:
        """Keep a small fact under that key instead of the one before; "" for none."""
        if value:
            self._connection.execute(upsert(self._dialect, notes, "value"), [{"key": key, "value": value}])
        else:
            self._connection.execute(_forget_note, {"of": key})

    # -- rows of the spreadsheet

    def _show_case(self, case: Case) -> None:
        self._queue_row(EffectKind.ROW, case.number, case.number, case.revision)

    def _show_submission(self, submission: Submission) -> None:
        self._queue_row(EffectKind.FORM_ROW, str(submission.seq), submission.number, 0)

    def _queue_row(self, kind: EffectKind, ref: str, number: str, revision: int) -> None:
        self._rows[kind, ref] = {
            "kind": kind,
            "ref": ref,
            "number": number,
            "revision": revision,
            "state": RowState.PENDING,
            "queued_at": self.now,
            "written_at": None,
        }

    # -- flushing

    def flush(self) -> None:
        """Write every buffer. Raises Conflict, or IntegrityError when a unique index had the last word."""
        self._flush_cases()
        self._flush_submissions()
        self._flush_rows()
        self._flush_decisions()
        self._flush_mails()
        self._flush_events()
        if self._counted_stale:
            values = [{"of_prefix": prefix, "of_year": year, "value": value} for (prefix, year), value in self._counted.items()]
            self._connection.execute(_update_counter, values)
            self._counted_stale = False

    def _flush_cases(self) -> None:
        if self._added:
            self._connection.execute(_insert_case, [_case_row(case) for case in self._added.values()])
            for number, case in self._added.items():
                self._stored_revision[number] = case.revision
            self._flush_registrations(self._added.values())
            self._added = {}
        if self._changed:
            rows = [
                {**_case_row(case), "of_number": number, "of_revision": self._stored_revision[number]}
                for number, case in self._changed.items()
            ]
            for row in rows:
                del row["number"]
            done = self._connection.execute(_update_case, rows)
            if self._connection.dialect.supports_sane_multi_rowcount and done.rowcount != len(rows):
                raise Conflict("a case was changed by another transaction meanwhile")
            for number, case in self._changed.items():
                self._stored_revision[number] = case.revision
            self._flush_registrations(self._changed.values())
            self._changed = {}

    def _flush_registrations(self, flushed: Iterable[Case]) -> None:
        rows = [row for row in map(_registration_row, flushed) if row is not None]
        if rows:
            replaced = ("partner_inn", "state", "heard_on", "unmoved_since")
            self._connection.execute(upsert(self._dialect, registrations, *replaced), rows)

    def _flush_if_new(self, number: str) -> None:
        """Have a row of the case in the database, so that others may point to it."""
        if number in self._added:
            self._flush_cases()

    def _flush_submissions(self) -> None:
        if self._added_submissions:
            self._connection.execute(_insert_submission, [_submission_row(one) for one in self._added_submissions.values()])
            self._added_submissions = {}
        if self._changed_submissions:
            rows = [{**_submission_row(one), "of_seq": seq} for seq, one in self._changed_submissions.items()]
            for row in rows:
                del row["seq"], row["source"], row["key"]
            self._connection.execute(_update_submission, rows)
            self._changed_submissions = {}

    def _flush_rows(self) -> None:
        if self._rows:
            replaced = ("number", "revision", "state", "queued_at", "written_at")
            self._connection.execute(upsert(self._dialect, row_effects, *replaced), list(self._rows.values()))
            self._rows = {}

    def _flush_decisions(self) -> None:
        if self._decisions:
            self._flush_cases()
            self._connection.execute(_insert_decision, self._decisions)
            self._decisions = []

    def _flush_mails(self) -> None:
        if self._mails:
            self._connection.execute(_insert_mail, list(self._mails.values()))
            self._mails = {}

    def _flush_events(self) -> None:
        if self._events:
            self._connection.execute(_insert_event, self._events)
            self._events = []

    def _unflushed(self) -> Iterator[Case]:
        """Cases whose rows in the database are not what the memory says."""
        return chain(self._added.values(), self._changed.values())
