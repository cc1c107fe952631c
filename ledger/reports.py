"""The ledger read for people: why a case stands where it stands, and what is open, late, undelivered, in quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, false, func, or_, select, true

from cases.model import (
    OPEN_DEAL_STATES,
    Case,
    CaseKind,
    DealState,
    EffectKind,
    ErrandState,
    Event,
    LeadState,
    PartnerState,
    QuarantineItem,
    Recorded,
    RequestState,
)
from ledger.codec import decode_decision, decode_facts, decode_reasons
from ledger.schema import MailState, RowState, cases, decisions, events, mails, quarantine, registrations, row_effects, words
from ledger.staff import StaffTables
from rules.hoarding import Holding, IdleBefore

_c, _m, _r = cases.c, mails.c, row_effects.c
_undecided_partner = and_(_c.kind == CaseKind.PARTNER, _c.state.in_([PartnerState.PENDING, PartnerState.NEEDS_DATA]))
_open_request = and_(_c.kind.in_([CaseKind.REQUEST, CaseKind.TRAINING]), _c.state == RequestState.OPEN)
_open_order = and_(_c.kind == CaseKind.ORDER, _c.state.in_([ErrandState.PENDING, ErrandState.NEEDS_DATA]))
_open_licence = and_(_c.kind.in_([CaseKind.PILOT, CaseKind.NFR]), _c.state.not_in([ErrandState.REFUSED, ErrandState.CLOSED]))
_open_lead = and_(_c.kind == CaseKind.LEAD, _c.state.in_([LeadState.WAITING, LeadState.ASSIGNED]))
_open_errand = or_(_open_order, _open_licence, _open_lead)
_open = or_(
    _undecided_partner, _open_request, _open_errand, and_(_c.kind == CaseKind.DEAL, _c.state.in_(sorted(OPEN_DEAL_STATES)))
)
_waits_for_answer = and_(_c.due_at.is_not(None), _c.state.in_(["pending", RequestState.OPEN]))
_read = select(_c.number, _c.kind, _c.payload)
_open_cases = _read.where(_open).order_by(_c.number)
_waiting = _read.where(_waits_for_answer, _c.missed == false()).order_by(_c.due_at, _c.number)
_missed = select(_c.number, _c.due_at).where(_waits_for_answer, _c.missed == true()).order_by(_c.due_at, _c.number)
_counts = select(_c.kind, _c.state, func.count()).group_by(_c.kind, _c.state)
_decisions = select(decisions).where(decisions.c.number == bindparam("of")).order_by(decisions.c.id)
_events = select(events).where(events.c.number == bindparam("of")).order_by(events.c.id)
_words = select(words.c.at, words.c.raw).where(words.c.number == bindparam("of")).order_by(words.c.at, words.c.key)
_some_mails = select(
    _m.key, _m.number, _m.revision, _m.template, _m.recipient, _m.state, _m.attempts, _m.queued_at, _m.at, _m.due_at, _m.error
)
_mails = _some_mails.where(_m.number == bindparam("of")).order_by(_m.queued_at, _m.key)
_unsent = _some_mails.where(_m.state.not_in([MailState.SENT, MailState.CANCELLED])).order_by(_m.queued_at, _m.key)
_rows = select(row_effects).where(_r.number == bindparam("of")).order_by(_r.kind.desc(), _r.ref)
_unwritten = select(row_effects).where(_r.state == RowState.PENDING).order_by(_r.queued_at, _r.kind, _r.ref)
_quarantined = select(quarantine).where(quarantine.c.released_at.is_(None)).order_by(quarantine.c.at, quarantine.c.key)

_in_force = registrations.c.state == DealState.REGISTERED
_idle = or_(registrations.c.heard_on < bindparam("silent"), registrations.c.unmoved_since < bindparam("unmoved"))
_holdings = select(
    registrations.c.partner_inn,
    func.sum(case((_in_force, 1), else_=0)).label("in_force"),
    func.sum(case((and_(_in_force, _idle), 1), else_=0)).label("idle"),
    func.sum(case((registrations.c.state.in_(sorted(OPEN_DEAL_STATES)), 0), else_=1)).label("ended"),
    func.sum(case((registrations.c.state == DealState.WON, 1), else_=0)).label("won"),
).group_by(registrations.c.partner_inn)

_SOON = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A case and when its answer is owed."""

    number: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MailEffect:
    """A letter in the outbox without its text. `at`: when it came into its state; `sent_at`: None unless sent."""

    key: str
    number: str
    revision: int
    template: str
    recipient: str
    state: str
    attempts: int
    queued_at: datetime
    at: datetime
    sent_at: datetime | None
    due_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class RowEffect:
    """A row of the spreadsheet. `ref`: the case's number or the submission's seq."""

    kind: EffectKind
    ref: str
    number: str
    revision: int
    state: str
    queued_at: datetime
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What the world has not seen yet."""

    mails: tuple[MailEffect, ...]
    rows: tuple[RowEffect, ...]


class Reports(StaffTables):
    """The read side of the transaction; it sees what the transaction changed."""

    def decisions_of(self, number: str) -> list[Recorded]:
        """Decisions on a case with what the rules recommended, oldest first."""
        self.flush()
        return [recorded_of(row) for row in self._rows_of(_decisions, {"of": number})]

    def mails_of(self, number: str) -> list[MailEffect]:
        """Letters of a case, oldest first, cancelled ones too."""
        self.flush()
        return [_mail_effect(row) for row in self._rows_of(_mails, {"of": number})]

    def row_effects_of(self, number: str) -> list[RowEffect]:
        """The case's registry row and its form rows."""
        self.flush()
        return [_row_effect(row) for row in self._rows_of(_rows, {"of": number})]

    def events_of(self, number: str) -> list[Event]:
        """Lines of `Журнал` about a case, oldest first."""
        self.flush()
        return [Event(row.at, row.number, row.event, row.details) for row in self._rows_of(_events, {"of": number})]

    def words_of(self, number: str) -> list[tuple[datetime, Mapping[str, object]]]:
        """Staff's words on a case with their times, oldest first."""
        return [(row.at, decode_facts(row.raw)) for row in self._rows_of(_words, {"of": number})]

    def open_cases(self) -> list[Case]:
        """Every case that is not final, by number: undecided partners, open deals (registered ones too), open requests."""
        self.flush()
        return self._adopt(self._rows_of(_open_cases))

    def at_risk(self, now: datetime) -> list[Due]:
        """Cases that wait for an answer whose deadline is within a day or was warned of, not marked `missed`; by deadline."""
        self.flush()
        waiting = self._adopt(self._rows_of(_waiting))
        return [
            Due(case.number, case.due_at)
            for case in waiting
            if case.due_at is not None and case.interim_at is None and (case.warned_shares or case.due_at <= now + _SOON)
        ]

    def missed(self) -> list[Due]:
        """Cases that wait for an answer still and are marked `missed`; by deadline."""
        self.flush()
        return [Due(row.number, row.due_at) for row in self._rows_of(_missed)]

    def undelivered(self) -> Undelivered:
        """Letters neither sent nor cancelled, rows not written; oldest first."""
        self.flush()
        return Undelivered(
            tuple(_mail_effect(row) for row in self._rows_of(_unsent)),
            tuple(_row_effect(row) for row in self._rows_of(_unwritten)),
        )

    def quarantined(self) -> list[QuarantineItem]:
        """What is in quarantine now, oldest first; cases have the source `case`."""
        rows = self._rows_of(_quarantined)
        return [QuarantineItem(row.source, row.key, row.reason, row.raw, row.at) for row in rows]

    def holdings(self, before: IdleBefore) -> dict[str, Holding]:
        """How each partner with a deal that was ever registered works on its deals, by INN; one query, whatever their number."""
        self.flush()
        days = {"silent": before.silent.isoformat(), "unmoved": before.unmoved.isoformat()}
        return {row.partner_inn: Holding(row.in_force, row.idle, row.ended, row.won) for row in self._rows_of(_holdings, days)}

    def counts(self) -> dict[tuple[CaseKind, str], int]:
        """How many cases there are, by kind and state."""
        self.flush()
        return {(CaseKind(kind), state): count for kind, state, count in self._rows_of(_counts)}


def recorded_of(row: Any) -> Recorded:
    """The decision of a row of `decisions`."""
    return Recorded(
        number=row.number,
        revision=row.revision,
        question=row.question,
        outcome=row.outcome,
        by=row.by,
        at=row.at,
        edition=row.edition,
        reasons=decode_reasons(row.reasons),
        recommended=decode_decision(row.recommended),
        facts=decode_facts(row.facts),
    )


def _mail_effect(row: Any) -> MailEffect:
    return MailEffect(
        key=row.key,
        number=row.number,
        revision=row.revision,
        template=row.template,
        recipient=row.recipient,
        state=row.state,
        attempts=row.attempts,
        queued_at=row.queued_at,
        at=row.at,
        sent_at=row.at if row.state == MailState.SENT else None,
        due_at=row.due_at,
        error=row.error,
    )


def _row_effect(row: Any) -> RowEffect:
    return RowEffect(EffectKind(row.kind), row.ref, row.number, row.revision, row.state, row.queued_at, row.written_at)
