"""A letter's bytes become a `Letter`: under limits, never trusting a name, a charset or a structure that the sender wrote.

RFC 5322 (letter), 2045–2047 and 2231 (MIME), 3676 (format=flowed), 3464 (delivery status), read by the standard library's parser
under its `compat32` policy, which is the fast one.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from email.parser import BytesParser
from pathlib import Path

from cases.incoming_mail import Letter
from mailer.reading.attachments import stored
from mailer.reading.content import Content
from mailer.reading.headers import case_numbers, first, message_ids, recipients_of, references_of, sender_of, tokens_of
from mailer.reading.kinds import Outline, kind_of
from mailer.reading.limits import DEFAULT_LIMITS, NO_MEMORY, LetterLimits, Overrun, Unreadable
from mailer.reading.trust import judge


def read_letter(
    raw: bytes,
    key: str,
    received_at: datetime,
    *,
    mailbox: str,
    authserv_id: str,
    attachments_dir: Path,
    own_domain: str = "",
    limits: LetterLimits = DEFAULT_LIMITS,
) -> Letter:
    """Read a letter here and now, and store its attachments under `attachments_dir` (`Attachment.stored` is relative to it).

    `mailbox`: our address (`partners@…`); `own_domain`: that of our Message-IDs, the mailbox's by default. Reading a letter again
    gives the same names and overwrites nothing. Raises Unreadable; OSError if an attachment cannot be stored (the disk's fault,
    not the letter's).
    """
    if len(raw) > limits.bytes:
        raise Unreadable(f"письмо слишком велико: {len(raw)} байт при допустимых {limits.bytes}")
    try:
        content = Content.of(BytesParser().parsebytes(raw), limits)
        letter = _letter(
            content, key, received_at, mailbox.lower(), authserv_id, (own_domain or mailbox.rpartition("@")[2]).lower()
        )
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("части письма вложены друг в друга слишком глубоко") from None
    except MemoryError:
        raise Overrun(NO_MEMORY) from None
    except Exception as fault:  # the standard library's parser raises what it likes on hostile bytes
        raise Unreadable(f"письмо не разобрано: {type(fault).__name__}") from fault
    return dataclasses.replace(letter, attachments=tuple(stored(file, key, attachments_dir) for file in content.files))


def _letter(content: Content, key: str, received_at: datetime, mailbox: str, authserv_id: str, own_domain: str) -> Letter:
    headers = content.headers
    sender_name, sender, single = sender_of(headers.get("from", ()), content.words)
    subject = content.words(first(headers, "subject"))
    text = content.text()
    outline = Outline(headers, sender, subject, text, content.report_type, content.status, content.returned)
    kind = kind_of(outline, mailbox)
    trust = judge(headers.get("authentication-results", ()), sender.rpartition("@")[2] if single else "", authserv_id)
    near, distant = references_of(headers, kind.returned_id, own_domain)
    return Letter(
        key=key,
        kind=kind.kind,
        received_at=received_at,
        sender=sender,
        sender_name=sender_name,
        subject=subject,
        text=text,
        message_id=next(iter(message_ids(first(headers, "message-id"))), ""),
        tokens=tokens_of(headers, text, mailbox),
        references=(*near, *distant),
        distant=distant,
        numbers=case_numbers(subject),
        authentic=trust.authentic and single,
        failed_authentication=trust.failed or (bool(sender) and not single),
        failed_recipient=kind.failed_recipient,
        no_such_address=kind.no_such_address,
        recipients=recipients_of(headers),
    )
