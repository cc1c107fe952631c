"""The outbox of letters: claims under a lease, and how each try ended."""

from __future__ import annotations

from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, or_, select, update

from cases.model import DealData, LeadData
from cases.ports import Outgoing
from ledger.codec import decode_answers
from ledger.letters import Letters, mail_of, reply_token
from ledger.notes import CATCHING_UP, RESTORED
from ledger.schema import MailState, mails
from ledger.unit import is_open_deal

_m = mails.c
_free = or_(_m.lease_until.is_(None), _m.lease_until <= bindparam("now"))
_due = (
    select(mails)
    .where(
        or_(
            and_(_m.state.in_([MailState.QUEUED, MailState.DEFERRED]), _m.due_at <= bindparam("now"), _free),
            and_(_m.state == MailState.SENDING, _m.lease_until <= bindparam("now")),
        )
    )
    .order_by(_m.queued_at, _m.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # SQLite has one writer anyway and leaves this out
)
_claim = (
    update(mails)
    .where(_m.key == bindparam("of"))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), uncertain=bindparam("doubt"))
)
_give_back = (
    update(mails)
    .where(and_(_m.lease_owner == bindparam("of_owner"), _m.lease_until > bindparam("now")))
    .values(lease_until=bindparam("now"))
)
_unsettled = (
    select(_m.key)
    .where(_m.state.in_([MailState.QUEUED, MailState.DEFERRED, MailState.SENDING]), _m.queued_at <= bindparam("until"))
    .limit(1)
)
_state = select(_m.number, _m.state, _m.attempts, _m.answers, _m.warns, _m.lease_owner, _m.lease_until).where(
    _m.key == bindparam("key")
)
_prepare = (
    update(mails)
    .where(_m.key == bindparam("of"))
    .values(raw=bindparam("bytes"), state=MailState.SENDING, uncertain=False, at=bindparam("now"))
)
_settle = (
    update(mails)
    .where(_m.key == bindparam("of"))
    .values(
        state=bindparam("to"),
        at=bindparam("when"),
        error=bindparam("why"),
        attempts=_m.attempts + 1,
        lease_owner="",
        lease_until=None,
    )
)
_went_as = update(mails).where(_m.key == bindparam("of")).values(message_id=bindparam("id"), token=bindparam("reply"))
_settle_for_ever = _settle.values(uncertain=False)
_defer = _settle.values(due_at=bindparam("again"), uncertain=or_(_m.uncertain, bindparam("doubt")))

_wait = (
    update(mails)
    .where(_m.key == bindparam("of"))
    .values(
        state=MailState.DEFERRED,
        at=bindparam("when"),
        due_at=bindparam("again"),
        uncertain=True,
        lease_owner="",
        lease_until=None,
    )
)

MOSCOW = ZoneInfo("Europe/Moscow")
_NO_END = datetime.max.replace(tzinfo=UTC)


class LeaseLost(Exception):
    """The claim on a letter ran out or is another's: do not send it."""


class Delivery(Letters):
    """What the delivery of letters asks of the ledger (`MailOutbox`)."""

    def claim_mails(self, owner: str, lease_until: datetime, limit: int) -> list[Outgoing]:
        """Letters due at this transaction's `now`, oldest first, claimed for `owner` until then.

        `uncertain`: an earlier try began and nobody knows its end; so it stays through deferrals until bytes are prepared.
        """
        self._flush_mails()
        anew = self.decided_anew()
        claimed = []
        claims = []
        for row in self._rows_of(_due, {"now": self.now, "most": limit}):
            interrupted = row.state == MailState.SENDING
            doubt = (anew is not None and row.queued_at <= anew[1]) or row.uncertain or interrupted
            claims.append({"of": row.key, "owner": owner, "until": lease_until, "doubt": doubt})
            claimed.append(Outgoing(mail_of(row), row.message_id, row.token, row.raw, row.attempts, doubt, interrupted))
        if claims:
            self._connection.execute(_claim, claims)
        return claimed

    def decided_anew(self) -> tuple[datetime, datetime] | None:
        """From when until when (beyond all times: it lasts) a ledger made from a backup decides what the lost one may have
        decided before it; None for a ledger that has nothing to make good.
        """
        since, _, until = self.note(RESTORED).partition("/")
        return (datetime.fromisoformat(since), datetime.fromisoformat(until) if until else _NO_END) if since else None

    def news_from_now_on(self) -> None:
        """What follows from all that a restored ledger learnt again is decided at this transaction's `now`, if it caught up."""
        anew = self.decided_anew()
        if anew is not None and anew[1] == _NO_END and not self.note(CATCHING_UP):
            self.set_note(RESTORED, f"{anew[0].isoformat()}/{self.now.isoformat()}")

    def nothing_forgotten(self) -> None:
        """If all letters about what was decided anew are settled, whoever had them in hand, nothing is looked for any more."""
        anew = self.decided_anew()
        if anew is not None and anew[1] != _NO_END and not self._rows_of(_unsettled, {"until": anew[1]}):
            self.set_note(RESTORED, "")

    def give_back_mails(self, owner: str) -> None:
        """What `owner` claimed and never settled can be claimed again at once: whoever bore that name before is dead."""
        self._connection.execute(_give_back, {"of_owner": owner, "now": self.now})

    def mail_leased(self, key: str, owner: str) -> bool:
        """Does `owner` still have the letter at this transaction's `now`? To be asked right before DATA."""
        row = self._mail_state(key)
        return bool(row.lease_owner == owner and row.lease_until is not None and row.lease_until > self.now)

    def mail_prepared(self, key: str, raw: bytes, owner: str = "") -> None:
        """Fix the bytes; a try begins, the state is `sending` from this commit on.

        Raises KeyError for an unknown key, LeaseLost when the letter is not claimed at this transaction's `now` (by `owner`, if
        given) or is settled.
        """
        row = self._mail_state(key)
        if row.lease_until is None or row.lease_until <= self.now or (owner and row.lease_owner != owner):
            raise LeaseLost(f"letter {key[:32]} ({row.state}) is not claimed")
        self._connection.execute(_prepare, {"of": key, "bytes": raw, "now": self.now})

    def mail_sent(self, key: str, at: datetime) -> None:
        """Settled for ever; a second time changes nothing. Form rows that it answers show the time; a warning starts its clock.

        Raises KeyError for an unknown key.
        """
        row = self._mail_state(key)
        if row.state == MailState.SENT:
            return
        self._connection.execute(_settle_for_ever, {"of": key, "to": MailState.SENT, "when": at, "why": ""})
        for submission in self._submissions_by_pairs(decode_answers(row.answers)):
            if submission.answered_at is None:
                submission.answered_at = at
                self.save_submission(submission)
        if row.warns:
            self._warned(row.number, row.warns, at)

    def _warned(self, number: str, warns: str, at: datetime) -> None:
        case = self.case(number)
        if case is not None and isinstance(case.data, LeadData):
            case.data.told_at = case.data.told_at or at
            self.save(case)
        if case is None or not isinstance(case.data, DealData):
            return
        on = at.astimezone(MOSCOW).date()
        if warns == "report":
            case.data.report_warned_on = on
        else:
            case.data.confirm_warned_on = on
        if is_open_deal(case):
            case.wakes_at = at
        self.save(case)

    def is_ours(self, key: str, token: str) -> bool:
        """Was this reply token made here for the letter with that key?"""
        return compare_digest(reply_token(self._secret, key).encode(), token.encode())

    def mail_went_as(self, key: str, earlier: str) -> bool:
        """The letter had gone out under another key: answers to it name that one's Message-ID and token. False if another letter
        went as that one.
        """
        token = reply_token(self._secret, earlier)
        if self.letter_by_token(token) is not None:
            return False
        self._connection.execute(_went_as, {"of": key, "id": earlier[:32], "reply": token})
        return True

    def mail_deferred(self, key: str, until: datetime, error: str, uncertain: bool = False) -> None:
        """A passing failure: try again later; the attempt is counted. `uncertain`: it may have gone (line lost after DATA).

        Raises KeyError for an unknown key.
        """
        self._mail_state(key)
        values = {"of": key, "to": MailState.DEFERRED, "when": self.now, "why": error, "again": until, "doubt": uncertain}
        self._connection.execute(_defer, values)

    def mail_waits(self, key: str, until: datetime) -> None:
        """An interrupted letter that is not to be found may still be under way: look again at `until`. It stays uncertain.

        Raises KeyError for an unknown key.
        """
        self._mail_state(key)
        self._connection.execute(_wait, {"of": key, "when": self.now, "again": until})

    def mail_refused(self, key: str, error: str) -> None:
        """A permanent failure: staff are told; never tried again. Raises KeyError for an unknown key."""
        self._mail_state(key)
        self._connection.execute(_settle_for_ever, {"of": key, "to": MailState.REFUSED, "when": self.now, "why": error})

    def mail_cancelled(self, key: str, why: str) -> None:
        """Not sent: another letter goes in its place. Raises KeyError for an unknown key."""
        self._mail_state(key)
        self._connection.execute(_settle_for_ever, {"of": key, "to": MailState.CANCELLED, "when": self.now, "why": why})

    def mail_in_doubt(self, key: str, error: str) -> None:
        """Nowhere to look whether it went: staff decide; never tried again by itself. Raises KeyError for an unknown key."""
        self._mail_state(key)
        self._connection.execute(_settle_for_ever, {"of": key, "to": MailState.IN_DOUBT, "when": self.now, "why": error})

    def _mail_state(self, key: str) -> Any:
        self._flush_mails()
        row = self._connection.execute(_state, {"key": key}).one_or_none()
        if row is None:
            raise KeyError(key)
        return row
