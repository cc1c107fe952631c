"""Letters into the outbox, and the letters that a reply can be matched with."""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, update

from cases.model import Mail, Recorded
from ledger.codec import decode_answers, decode_facts, decode_offer, decode_thread, encode
from ledger.lead_slots import LeadSlots
from ledger.schema import MailState, dead_addresses, mails
from ledger.unit import chunks, upsert

_m = mails.c
_MAIL = select(
    _m.key,
    _m.number,
    _m.revision,
    _m.template,
    _m.recipient,
    _m.context,
    _m.queued_at,
    _m.answers,
    _m.warns,
    _m.thread,
    _m.offer,
)
_key_known = select(_m.key).where(_m.key == bindparam("key"))
_by_token = _MAIL.where(_m.token == bindparam("token"))
_by_message_id = _MAIL.where(_m.message_id == bindparam("message_id"))
_of_case = _MAIL.where(_m.number == bindparam("number"), _m.template == bindparam("template")).order_by(_m.queued_at, _m.key)
_since = (
    select(func.count())
    .select_from(mails)
    .where(
        _m.recipient == bindparam("recipient"),
        _m.template == bindparam("template"),
        _m.queued_at >= bindparam("since"),
        _m.state != MailState.CANCELLED,
    )
)
_letters_since = select(func.count()).select_from(mails).where(_m.due_at >= bindparam("since"), _m.state != MailState.CANCELLED)
_answers_since = (
    select(func.count())
    .select_from(mails)
    .where(_m.queued_at >= bindparam("since"), _m.thread != encode(()), _m.state != MailState.CANCELLED)
)
_answers_about = (
    select(func.count())
    .select_from(mails)
    .where(
        _m.number == bindparam("number"),
        _m.queued_at >= bindparam("since"),
        _m.thread != encode(()),
        _m.state != MailState.CANCELLED,
    )
)
_cancel = (
    update(mails)
    .where(
        and_(
            _m.number == bindparam("of_number"),
            _m.template.in_(bindparam("of_templates", expanding=True)),
            _m.state == MailState.QUEUED,
            or_(_m.lease_until.is_(None), _m.lease_until <= bindparam("of_now")),
        )
    )
    .values(state=MailState.CANCELLED, at=bindparam("of_now"))
)

_withdraw = (
    update(mails)
    .where(
        and_(
            _m.key.in_(bindparam("of_keys", expanding=True)),
            _m.state.in_([MailState.QUEUED, MailState.DEFERRED]),
            _m.uncertain.is_(False),
            or_(_m.lease_until.is_(None), _m.lease_until <= bindparam("of_now")),
        )
    )
    .values(state=MailState.CANCELLED, at=bindparam("of_now"))
)
_may_have_gone = select(_m.key).where(
    _m.key.in_(bindparam("of_keys", expanding=True)), _m.state.not_in([MailState.CANCELLED, MailState.REFUSED])
)

_dead = select(dead_addresses).where(dead_addresses.c.address.in_(bindparam("addresses", expanding=True)))
_lives = delete(dead_addresses).where(dead_addresses.c.address == bindparam("of"))


def reply_token(secret: bytes, key: str) -> str:
    """What a reply carries back in its address: cannot be guessed without the secret, survives a change of letter case."""
    return b32encode(hmac.digest(secret, key.encode(), "sha256"))[:26].decode().lower()


def mail_of(row: Any) -> Mail:
    """The letter of a row of `mails`."""
    return Mail(
        key=row.key,
        number=row.number,
        revision=row.revision,
        template=row.template,
        recipient=row.recipient,
        context=decode_facts(row.context),
        queued_at=row.queued_at,
        answers=decode_answers(row.answers),
        warns=row.warns,
        thread=decode_thread(row.thread),
        offer=decode_offer(row.offer),
    )


def _is_mailbox(address: str) -> ColumnElement[bool]:
    """Does the letter go to that address, or, if it has a `+`, to any other of the same mailbox (RFC 5233)?"""
    local, _, domain = address.lower().rpartition("@")
    name, plus, _ = local.partition("+")
    if not plus:
        return _m.recipient == address.lower()
    tagged = _m.recipient.startswith(f"{name}+", autoescape=True) & _m.recipient.endswith(f"@{domain}", autoescape=True)
    return or_(_m.recipient == f"{name}@{domain}", tagged)


class Letters(LeadSlots):
    """Decisions and the letters that follow from them."""

    def record(self, recorded: Recorded) -> None:
        """Keep a decision, together with what the rules had recommended."""
        self._decisions.append(
            {
                "number": recorded.number,
                "revision": recorded.revision,
                "question": recorded.question,
                "outcome": recorded.outcome,
                "by": recorded.by,
                "at": recorded.at,
                "edition": recorded.edition,
                "reasons": encode(recorded.reasons),
                "recommended": encode(recorded.recommended),
                "facts": encode(recorded.facts),
            }
        )

    def queue_mail(self, mail: Mail) -> bool:
        """Put a letter into the outbox; False if its key is there already, whatever became of that letter."""
        if mail.key in self._mails or mail.key in self._mail_keys.get(mail.number, ()):
            return False
        if mail.number not in self._mail_keys and self._rows_of(_key_known, {"key": mail.key}):
            return False
        self._mail_keys.get(mail.number, set()).add(mail.key)
        self._mails[mail.key] = {
            "key": mail.key,
            "number": mail.number,
            "revision": mail.revision,
            "template": mail.template,
            "recipient": mail.recipient,
            "context": encode(mail.context),
            "queued_at": mail.queued_at,
            "answers": encode(mail.answers),
            "warns": mail.warns,
            "thread": encode(mail.thread),
            "offer": encode(mail.offer),
            "message_id": mail.key[:32],
            "token": reply_token(self._secret, mail.key),
            "raw": None,
            "state": MailState.QUEUED,
            "uncertain": False,
            "attempts": 0,
            "due_at": mail.not_before or mail.queued_at,
            "lease_owner": "",
            "lease_until": None,
            "at": mail.queued_at,
            "error": "",
        }
        return True

    def cancel_mail(self, number: str, templates: Sequence[str]) -> None:
        """Drop letters of these templates that nobody has tried or claimed yet."""
        buffered = {row["key"]: row for row in self._mails.values() if row["number"] == number}
        for row in buffered.values():
            if row["template"] in templates:
                row["state"] = MailState.CANCELLED
                row["at"] = self.now
        if not templates or self._mail_keys.get(number, {""}) <= buffered.keys():
            return
        self._connection.execute(_cancel, {"of_number": number, "of_templates": list(templates), "of_now": self.now})

    def withdraw_mails(self, keys: Sequence[str]) -> list[str]:
        """Drop those of the letters that certainly did not go and that nobody has in hand; gives the keys of the others that
        went or may have gone.
        """
        self._flush_mails()
        self._connection.execute(_withdraw, {"of_keys": list(keys), "of_now": self.now})
        gone = {row.key for row in self._rows_of(_may_have_gone, {"of_keys": list(keys)})}
        return [key for key in keys if key in gone]

    def mail_sent_since(self, recipient: str, template: str, since: datetime) -> int:
        """Letters of that template to that recipient queued since then; cancelled ones do not count."""
        self._flush_mails()
        at = {"recipient": recipient, "template": template, "since": since}
        return int(self._connection.execute(_since, at).scalar_one())

    def letters_due_since(self, recipient: str, since: datetime) -> int:
        """Letters to that recipient that were or will be due since then; cancelled ones do not count. `name+anything@domain` is
        one mailbox.
        """
        self._flush_mails()
        counted = _letters_since.where(_is_mailbox(recipient))
        return int(self._connection.execute(counted, {"since": since}).scalar_one())

    def answers_sent_since(self, recipient: str, since: datetime) -> int:
        """Letters to that mailbox queued since then that answer a letter; cancelled ones do not count."""
        self._flush_mails()
        counted = _answers_since.where(_is_mailbox(recipient))
        return int(self._connection.execute(counted, {"since": since}).scalar_one())

    def answers_sent_about(self, number: str, since: datetime) -> int:
        """Letters about that case queued since then that answer a letter; cancelled ones do not count."""
        self._flush_mails()
        return int(self._connection.execute(_answers_about, {"number": number, "since": since}).scalar_one())

    def address_died(self, address: str) -> None:
        """A server said now that there is no such address; said before, the later moment counts."""
        row = {"address": address.lower(), "since": self.now}
        self._connection.execute(upsert(self._dialect, dead_addresses, "since"), [row])

    def address_lives(self, address: str) -> None:
        """There is such an address after all; one that never died is no error."""
        self._connection.execute(_lives, {"of": address.lower()})

    def dead_addresses(self, addresses: Iterable[str]) -> dict[str, datetime]:
        """Those of the addresses (lower case) that a server said do not exist, and when it last did."""
        wanted = (address.lower() for address in addresses)
        return {row.address: row.since for part in chunks(wanted) for row in self._rows_of(_dead, {"addresses": part})}

    def letter_by_token(self, token: str) -> Mail | None:
        """The letter whose reply address carries this token, whatever its letter case."""
        return self._one_mail(_by_token, {"token": token.lower()})

    def letter_by_message_id(self, message_id: str) -> Mail | None:
        """The letter with this Message-ID: bare, or with angle brackets and domain."""
        return self._one_mail(_by_message_id, {"message_id": message_id.strip().strip("<>").partition("@")[0].lower()})

    def letters_of(self, number: str, template: str) -> list[Mail]:
        """Letters queued for a case, oldest first."""
        self._flush_mails()
        return [mail_of(row) for row in self._rows_of(_of_case, {"number": number, "template": template})]

    def _one_mail(self, statement: Any, which: dict[str, str]) -> Mail | None:
        self._flush_mails()
        row = self._connection.execute(statement, which).one_or_none()
        return None if row is None else mail_of(row)
