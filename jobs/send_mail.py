"""Delivers the letters of the outbox, each once in the eyes of the world.

Claim → word and build → fix the bytes and commit → send → settle. What ended in doubt is looked for before any repeat.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from cases.desk import Desk
from cases.letters import marks, overtakes
from cases.model import Mail, Offer
from cases.ports import Outgoing
from cases.undelivered import came_back, to_another
from jobs.attention import tell_staff
from jobs.failpoints import FailPoint, reach
from jobs.keeping import write_whole
from jobs.office import Office
from ledger.database import SqlTransaction
from ledger.delivery import LeaseLost
from mailer.building import File, build
from mailer.mailbox.outbox import DeliveryUncertain, Gone, Refused, Unavailable, Withdrawn
from mailer.offer import offer_file
from mailer.reading.kinds import names_no_address
from mailer.rendering import render

PORTION = 200
LEASE = timedelta(minutes=15)
BACKOFF = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
TELL_AFTER = 3

_NEWS_TO_STAFF = ("staff-attention", "staff-outage")
"""Letters that tell staff what happens; that one of them cannot be delivered is not told by another one."""

LOOK_AGAIN = timedelta(seconds=2)
"""So old a look at our claims may be; whoever is stopped for longer looks again before the next letter."""
MARGIN = timedelta(minutes=1)
"""A claim that lasts no longer than that is left alone: one letter takes its time, and clocks differ."""

log = logging.getLogger("jobs")


@dataclass(slots=True)
class _Outcome:
    """How the tries of a portion ended, by key."""

    sent: list[str] = field(default_factory=list)
    deferred: dict[str, str] = field(default_factory=dict)
    uncertain: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    in_doubt: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    went_as: dict[str, str] = field(default_factory=dict)  # the key under which they went before


def run(office: Office) -> None:
    """Deliver everything that is due. Only one process at a time bears our name: what it left claimed, it left by dying."""
    with office.ledger.outbox(office.moment) as tx:
        tx.give_back_mails(office.ledger.owner)
    stand_ins = _StandIns(office)
    while True:
        looked = office.moment
        with office.ledger.outbox(looked) as tx:
            claimed = tx.claim_mails(office.ledger.owner, looked + LEASE, PORTION)
        if not claimed:
            break
        reach(FailPoint.MAIL_CLAIMED)
        outcome = _Outcome()
        due = _clear_doubt(office, claimed, outcome, stand_ins)
        held = hold_dead(office, [outgoing.mail for outgoing in due])
        due = [outgoing for outgoing in due if outgoing.mail.key not in held]
        _send(office, _prepare(office, due, outcome), outcome, looked)
        _settle(office, claimed, outcome)
    with office.ledger.outbox(office.moment) as tx:
        tx.nothing_forgotten()


class _StandIns:
    """Letters that went out and that a ledger made from a backup does not know: each stands for one that is written anew about
    the same case, of the same kind, to the same address, and says the same.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        with office.ledger.reading(office.now) as tx:
            self._anew = tx.decided_anew()
        self._copies: dict[tuple[str, str, str], list[Gone]] | None = None

    def take(self, mail: Mail) -> str:
        """Under which key that letter went out before, "" if it did not. Raises as `Mailbox.find` does.

        What was written before the backup went under its own key, if it went. Letters to staff say something else each time: they
        go.
        """
        if self._anew is None or not self._anew[0] < mail.queued_at <= self._anew[1] or mail.template in _NEWS_TO_STAFF:
            return ""
        if self._copies is None:
            self._copies = self._unknown(self._anew[0])
        copies = self._copies.get((mail.number, mail.template, mail.recipient.lower()), [])
        said = marks(mail)
        for place, copy in enumerate(copies):
            if copy.marks is None or copy.marks.issuperset(said):
                if any(overtakes(later.marks or (), said) for later in copies[place + 1 :]):
                    continue  # the recipient has been told something else since
                return copies.pop(place).key
        return ""

    def _unknown(self, since: datetime) -> dict[tuple[str, str, str], list[Gone]]:
        """By case, kind and recipient, in the order in which they were written."""
        found: dict[tuple[str, str, str], list[Gone]] = {}
        copies = sorted(self._office.mailbox.gone_since(since), key=attrgetter("at"))
        with self._office.ledger.reading(self._office.now) as tx:
            for copy in copies:
                if tx.is_ours(copy.key, copy.token) and tx.letter_by_token(copy.token) is None:
                    found.setdefault((copy.number, copy.template, copy.recipient), []).append(copy)
        return found


def _clear_doubt(office: Office, claimed: Sequence[Outgoing], outcome: _Outcome, stand_ins: _StandIns) -> list[Outgoing]:
    """Those still to be sent; of letters whose last try ended in doubt, only those that did not go out.

    A letter whose try was interrupted may have been handed over a moment ago, and its copy be on the way: it has its grace.
    """
    doubtful = [outgoing for outgoing in claimed if outgoing.uncertain]
    if not doubtful:
        return list(claimed)
    try:
        found = office.mailbox.find(outgoing.message_id for outgoing in doubtful)
        for outgoing in doubtful:
            if outgoing.message_id not in found and not outgoing.interrupted and (earlier := stand_ins.take(outgoing.mail)):
                outcome.went_as[outgoing.mail.key] = earlier
    except DeliveryUncertain as error:
        outcome.in_doubt.update((outgoing.mail.key, str(error)) for outgoing in doubtful)
    except Unavailable as error:
        outcome.uncertain.update((outgoing.mail.key, str(error)) for outgoing in doubtful)
    else:
        outcome.sent.extend(outgoing.mail.key for outgoing in doubtful if outgoing.message_id in found)
        gone = {outgoing.mail.key for outgoing in doubtful if outgoing.message_id in found} | outcome.went_as.keys()
        absent = [outgoing for outgoing in claimed if outgoing.mail.key not in gone]
        if not office.mailbox.grace:
            return absent
        outcome.waiting.extend(outgoing.mail.key for outgoing in absent if outgoing.interrupted)
        return [outgoing for outgoing in absent if not outgoing.interrupted]
    return [outgoing for outgoing in claimed if not outgoing.uncertain]


def hold_dead(office: Office, letters: Sequence[Mail]) -> set[str]:
    """An address that died while letters waited for it gets none: another contact does, or staff are told. Gives their keys."""
    if not letters:
        return set()
    with office.ledger.reading(office.now) as tx:
        dead = Desk(tx, office.outside).dead_until(mail.recipient for mail in letters)
    held = [mail for mail in letters if mail.recipient.lower() in dead]
    if not held:
        return set()
    with office.desk() as (desk, tx):
        for mail in held:
            case = tx.case(mail.number)
            if case is not None and to_another(desk, case, mail):
                tx.mail_cancelled(mail.key, "goes to another contact")
                continue
            tx.mail_refused(mail.key, "the address is dead")
            if case is not None:
                desk.hold_back(case, mail.recipient, mail.template)
    return {mail.key for mail in held}


def refused(desk: Desk, tx: SqlTransaction, mail: Mail, error: str) -> None:
    """A server will not take the letter: what follows for its case and the address."""
    tx.mail_refused(mail.key, error)
    case = tx.case(mail.number)
    if case is not None and mail.template not in _NEWS_TO_STAFF:
        came_back(desk, case, mail, mail.recipient, dead=names_no_address(error))


def _prepare(office: Office, letters: Sequence[Outgoing], outcome: _Outcome) -> list[tuple[Outgoing, bytes]]:
    """Word and build what has no bytes yet, and fix the bytes of all. A letter that cannot be built waits until it is mended."""
    ready: list[tuple[Outgoing, bytes]] = []
    offers: dict[str, str] = {}
    for outgoing in letters:
        mail = outgoing.mail
        try:
            files = [keep_offer(office, mail.offer)] if mail.offer and not outgoing.raw else []
            raw = outgoing.raw or compose(office, outgoing, files)
        except Exception as error:
            log.error("letter-not-built", extra={"template": mail.template, "number": mail.number}, exc_info=error)
            outcome.deferred[mail.key] = f"could not be built ({type(error).__name__})"
            continue
        ready.append((outgoing, raw))
        offers.update((file.name, hashlib.sha256(file.content).hexdigest()) for file in files)
    if ready:
        reach(FailPoint.MAIL_BUILT)
    ours = []
    with office.ledger.outbox(office.moment) as tx:
        for outgoing, raw in ready:
            try:
                tx.mail_prepared(outgoing.mail.key, raw, office.ledger.owner)
            except LeaseLost:  # building took too long, or this process was stopped: it is another worker's by now
                continue
            ours.append((outgoing, raw))
        for name, digest in offers.items():
            tx.set_note(f"offer:{name}", digest)
    return ours


def compose(office: Office, outgoing: Outgoing, files: Sequence[File]) -> bytes:
    """The letter's bytes."""
    settings = office.home.settings.mail
    return build(
        outgoing,
        render(outgoing.mail),
        mailbox=settings.address,
        domain=settings.address.partition("@")[2],
        sender_name=settings.name,
        attachments=files,
    )


def keep_offer(office: Office, offer: Offer) -> File:
    """Render the offer and keep it as a file."""
    file = offer_file(offer, office.home.settings.vendor.details())
    office.offers.mkdir(parents=True, exist_ok=True)
    write_whole(office.offers / file.name, file.content)
    return file


def _send(office: Office, ready: Sequence[tuple[Outgoing, bytes]], outcome: _Outcome, looked: datetime) -> None:
    """Send what is ours still: another worker may have it by now, or at any moment. `looked`: when we last knew."""
    if not ready:
        return
    still = {outgoing.mail.key for outgoing, _ in ready}

    def is_ours(key: str) -> bool:
        nonlocal looked, still
        if office.moment - looked > LOOK_AGAIN:
            looked = office.moment
            still = _still_ours(office, ready)
        return key in still

    reach(FailPoint.MAIL_FIXED)
    try:
        with office.progress.bar("letters", len(ready)) as advance, office.mailbox.batch() as connection:
            for outgoing, raw in ready:
                key = outgoing.mail.key
                if not is_ours(key):
                    continue
                try:
                    connection.send(raw, outgoing.mail.recipient, partial(is_ours, key))
                    reach(FailPoint.MAIL_SENT)
                    outcome.sent.append(key)
                except Withdrawn:
                    continue
                except DeliveryUncertain as error:
                    outcome.uncertain[key] = str(error)
                except Refused as error:
                    outcome.refused[key] = str(error)
                except Unavailable as error:
                    outcome.deferred[key] = str(error)
                advance(1)
    except Unavailable as error:
        outcome.deferred.update((outgoing.mail.key, str(error)) for outgoing, _ in ready)


def _still_ours(office: Office, ready: Sequence[tuple[Outgoing, bytes]]) -> set[str]:
    """Letters whose claim lasts for a while yet."""
    with office.ledger.reading(office.moment + MARGIN) as tx:
        return {outgoing.mail.key for outgoing, _ in ready if tx.mail_leased(outgoing.mail.key, office.ledger.owner)}


def _settle(office: Office, claimed: Sequence[Outgoing], outcome: _Outcome) -> None:
    """Record how every try ended, and tell staff what needs them."""
    by_key = {outgoing.mail.key: outgoing for outgoing in claimed}
    with office.desk() as (desk, tx):
        for key, earlier in outcome.went_as.items():
            if tx.mail_went_as(key, earlier):
                outcome.sent.append(key)
            else:
                tx.mail_waits(key, office.now)  # another worker found that copy, too
        for key in outcome.sent:
            tx.mail_sent(key, office.now)
        for errors, uncertain in ((outcome.deferred, False), (outcome.uncertain, True)):
            for key, error in errors.items():
                if not tx.mail_leased(key, office.ledger.owner):
                    continue  # another worker's to settle
                pause = BACKOFF[min(by_key[key].attempts, len(BACKOFF) - 1)]
                if uncertain:
                    pause = max(pause, office.mailbox.grace)  # its copy may be on the way
                tx.mail_deferred(key, office.now + pause, error, uncertain)
        for key in outcome.waiting:
            if tx.mail_leased(key, office.ledger.owner):
                tx.mail_waits(key, office.now + office.mailbox.grace)
        for key, error in outcome.refused.items():
            refused(desk, tx, by_key[key].mail, error)
        for key, error in outcome.in_doubt.items():
            tx.mail_in_doubt(key, error)
        late = {key: error for key, error in outcome.deferred.items() if by_key[key].attempts + 1 == TELL_AFTER}
        for kind, errors in (("undeliverable", outcome.refused), ("in-doubt", outcome.in_doubt), ("undelivered", late)):
            lines = [
                (by_key[key].mail.number, error)
                for key, error in errors.items()
                if by_key[key].mail.template not in _NEWS_TO_STAFF
            ]
            if lines:
                tell_staff(tx, office, kind, lines)
    office.report.counts["letters out"] += len(outcome.sent)
    if outcome.waiting:
        minutes = office.mailbox.grace.total_seconds() / 60
        office.report.notice(
            f"{len(outcome.waiting)} letters were cut off in mid-delivery and may be under way; "
            f"they are looked for again in {minutes:g} minutes before they go again"
        )
    waiting: dict[str, list[str]] = {}
    for errors in (outcome.deferred, outcome.uncertain, outcome.refused, outcome.in_doubt):
        for key, error in errors.items():
            mail = by_key[key].mail
            told = f"{mail.template} [{mail.number or 'staff'}]"
            if errors is outcome.deferred:
                waiting.setdefault(error, []).append(told)
            else:
                office.report.fault(f"{told} was not delivered: {error}")
    for error, letters in waiting.items():  # a server that is away says the same of each
        told = f"{letters[0]} was" if len(letters) == 1 else f"{len(letters)} letters ({letters[0]}, …) were"
        office.report.fault(f"{told} not delivered: {error}")
