"""Letters of the inbox are read and acted on, one to a transaction; what cannot be read is tried three times, then set aside."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from cases.incoming_mail import LetterKind
from cases.model import QuarantineItem
from cases.replies import take_letter
from jobs.attention import tell_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office, OutOfReach, Source
from jobs.report import without_words
from ledger.database import FAULTS
from ledger.notes import READ_AGAIN
from mailer.mailbox.inbox import Inbox, RawMail
from mailer.reading.bounces import second_read
from mailer.reading.dkim_check import seconded
from mailer.reading.guarded import read_guarded
from mailer.reading.limits import LetterLimits, Unreadable

SOURCE = "mail"
TRIES = 3
MARKS_REFUSED = 3
"""So many refused, and no more letters are marked in this pass: to be refused takes its time."""

_KEPT = 100_000

log = logging.getLogger("jobs")


def run(office: Office) -> None:
    """Take in every letter that lies in the inbox; before them what staff sent by hand, which may answer what is nearly late.

    A ledger made from a backup does not know of letters that came after it and were marked as done: they are looked at again.
    """
    with office.ledger.reading(office.now) as tx:
        note = tx.note(READ_AGAIN)
    since = datetime.fromisoformat(note) if note else None
    inboxes = [office.inbox] if office.sent_by_hand is None else [office.sent_by_hand, office.inbox]
    office.reached[Source.MAILBOX] = None
    settled = [_empty(office, inbox, since) for inbox in inboxes]
    if note and all(settled):
        with office.ledger.transaction(office.now) as tx:
            tx.set_note(READ_AGAIN, "")


def _empty(office: Office, inbox: Inbox, done_since: datetime | None) -> bool:
    """Was every letter taken in, or set aside?

    One that the mailbox will not mark keeps no other from being read: it is known in the next pass, and marked then.
    """
    settled = True
    unmarked = 0
    try:
        for item in inbox.new(done_since=done_since):
            if not _take(office, item):
                settled = False
                continue
            reach(FailPoint.LETTER_TAKEN)
            if unmarked < MARKS_REFUSED:
                try:
                    inbox.done(item.key)
                except OSError as error:
                    unmarked += 1
                    office.report.fault(f"letters that were read cannot be marked in the mailbox: {error.strerror or error}")
    except OSError as error:
        told = error.strerror or str(error)
        office.reached[Source.MAILBOX] = OutOfReach(getattr(error, "code", ""), told)
        office.report.fault(f"the inbox cannot be read: {told}")
        return False
    return settled


def _take(office: Office, item: RawMail) -> bool:
    """Is the letter settled, one way or the other?"""
    with office.ledger.reading(office.now) as tx:
        if tx.known_submissions(SOURCE, [item.key]):
            return True
    if item.raw is None:
        if item.sent:
            return True  # a large letter of staff's own is their affair
        _set_aside(office, item, item.error)
        return True
    try:
        _act(office, item, item.raw)
    except (OSError, *FAULTS):
        raise
    except Exception as error:
        why = error.reason if isinstance(error, Unreadable) else f"{type(error).__name__}: {error}"
        log.error("letter-failed", extra={"error": type(error).__name__}, exc_info=error)
        with office.ledger.transaction(office.now) as tx:
            tries = tx.add_failed_attempt(SOURCE, item.key)
        if tries >= TRIES:
            _set_aside(office, item, why)
            return True
        office.report.fault(
            f"a letter in the inbox ({item.place}) could not be taken in ({without_words(why)}); it is tried again"
        )
        return False
    office.report.counts["letters in"] += 1
    return True


def _act(office: Office, item: RawMail, raw: bytes) -> None:
    settings = office.home.settings.mail
    letter = read_guarded(
        raw,
        item.key,
        item.received_at,
        mailbox=settings.address,
        authserv_id=settings.authserv_id,
        attachments_dir=office.attachments,
        limits=LetterLimits(bytes=settings.max_letter_mb * 1024 * 1024),
    )
    letter = second_read(seconded(letter, raw, authserv_id=settings.authserv_id), raw, settings.address)
    reach(FailPoint.LETTER_READ)
    if item.sent and letter.kind in (LetterKind.PERSON, LetterKind.HOUSE):  # only its owner files anything there
        letter = replace(letter, kind=LetterKind.HOUSE, authentic=True, failed_authentication=False)
    with office.desk() as (desk, _):
        take_letter(desk, letter)


def _set_aside(office: Office, item: RawMail, why: str) -> None:
    """Keep it for people, tell them once, and go on. What cannot be moved out of the inbox comes again in every pass."""
    with office.ledger.reading(office.now) as tx:
        if any((one.source, one.key) == (SOURCE, item.key) for one in tx.quarantined()):
            return
    raw = (item.raw or b"").decode("latin-1")[:_KEPT]
    with office.ledger.transaction(office.now) as tx:
        tx.quarantine(QuarantineItem(SOURCE, item.key, why, raw, office.now))
        tell_staff(tx, office, "quarantine", [("", f"{item.place}: {why}")])
    office.report.fault(f"a letter in the inbox ({item.place}) is in quarantine: {without_words(why)}")
