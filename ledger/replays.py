"""A ledger in memory in which the record of another one is replayed.

It is the ledger of the live run but for two things that the record fixes. A case bears the number that it bears in the record,
whatever else became of the cases before it, so that staff's words and partners' answers find it. And an answer to a letter that
this replay never wrote is still an answer about that letter's case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, make_url

from cases.model import Case, CaseKind, Mail, Submission
from ledger.database import SqlLedger, SqlTransaction
from ledger.engine import make_engine
from ledger.migrations import upgrade
from ledger.schema import counters
from ledger.unit import partner_inn

Source = tuple[str, str]
"""A submission: source and key."""


@dataclass(slots=True)
class Births:
    """Which case of the record is the one that begins now.

    A case that a submission opened is known by that submission. One that began by itself (the webinar of a new partner) is known
    by its kind and the partner at hand, or by its kind and moment.
    """

    _by_source: dict[Source, tuple[CaseKind, str]] = field(default_factory=dict)
    _of_partner: dict[tuple[CaseKind, str], list[str]] = field(default_factory=dict)
    _of_moment: dict[tuple[CaseKind, datetime], list[str]] = field(default_factory=dict)
    _coming: deque[Source] = field(default_factory=deque)

    @classmethod
    def of(cls, cases: Iterable[Case], submissions: Iterable[Submission]) -> Births:
        """The births of a record. `submissions`: those that are taken in again, by seq; others come of themselves in time."""
        found = cls()
        unborn = {case.number: case for case in cases}
        for submission in submissions:
            case = unborn.get(submission.number)
            if case is not None and submission.received_at <= case.submitted_at:  # a later one is no case's first
                found._by_source[submission.source, submission.key] = (case.kind, case.number)
                del unborn[case.number]
        for case in unborn.values():
            found._of_partner.setdefault((case.kind, partner_inn(case)), []).append(case.number)
            found._of_moment.setdefault((case.kind, case.submitted_at), []).append(case.number)
        return found

    def expect(self, coming: Iterable[Source]) -> None:
        """These submissions are taken in next, in this order."""
        self._coming = deque(coming)

    def came(self, source: Source) -> None:
        """This submission was recorded."""
        if self._coming and self._coming[0] == source:
            self._coming.popleft()

    def numbers(self, kind: CaseKind, at: datetime, partner: str) -> list[str]:
        """Numbers that a case may have in the record, the likeliest first; it is the first that is not there yet."""
        opened = self._by_source.get(self._coming[0]) if self._coming else None
        own = [opened[1]] if opened is not None and opened[0] is kind else []
        others = self._of_partner.get((kind, partner), []) if partner else []
        return [*own, *others, *self._of_moment.get((kind, at), [])]


@dataclass(frozen=True, slots=True)
class Record:
    """What a replay asks of the record besides what it is fed with: births, and letters that were written then."""

    ledger: SqlLedger
    births: Births


class ReplayTransaction(SqlTransaction):
    """A transaction of the replay."""

    def __init__(self, record: Record, *given: Any) -> None:
        super().__init__(*given)
        self._record = record
        self._partner_at_hand = ""

    def next_number(self, kind: CaseKind, year: int, shown: str = "", about: Collection[str] = ()) -> str:
        """The number in the record, else one after all of them."""
        numbers = self._record.births.numbers(kind, self.now, self._partner_at_hand)
        recorded = next((number for number in numbers if self.case(number) is None), "")
        return recorded or super().next_number(kind, year, shown, about)

    def add_submission(self, submission: Submission) -> Submission:
        self._record.births.came((submission.source, submission.key))
        return super().add_submission(submission)

    def save(self, case: Case) -> None:
        self._partner_at_hand = partner_inn(case)
        super().save(case)

    def letter_by_token(self, token: str) -> Mail | None:
        found = super().letter_by_token(token)
        if found is not None:
            return found
        with self._record.ledger.reading(self.now) as recorded:
            return recorded.letter_by_token(token)

    def letter_by_message_id(self, message_id: str) -> Mail | None:
        found = super().letter_by_message_id(message_id)
        if found is not None:
            return found
        with self._record.ledger.reading(self.now) as recorded:
            return recorded.letter_by_message_id(message_id)


class ReplayLedger(SqlLedger):
    """Durable for as long as it is held in hand."""

    def __init__(self, record: Record, secret: bytes) -> None:
        engine = make_engine(make_url("sqlite:///:memory:"))
        upgrade(engine)
        super().__init__(engine, secret, "replay")
        self._record = record

    def count_on(self, counted: Iterable[tuple[str, int, int]]) -> None:
        """Numbers that are not in the record come after its last ones."""
        rows = [{"prefix": prefix, "year": year, "value": value} for prefix, year, value in counted]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(counters), rows)

    def _unit(self, connection: Connection, now: datetime) -> ReplayTransaction:
        return ReplayTransaction(self._record, connection, now, self._secret, self._tabs_seen)
