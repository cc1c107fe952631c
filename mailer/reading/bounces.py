"""A second reader of bounces: flufl.bounce knows the old and odd formats by which servers name the address that failed."""

from __future__ import annotations

import dataclasses
import logging
from email import message_from_bytes
from email.message import Message

from flufl.bounce import scan_message

from cases.incoming_mail import Letter, LetterKind
from mailer.reading.limits import is_suspicious

_BYTES = 256 * 1024
_LINE = 2000
"""Some of the library's patterns take quadratic time over a line; real bounces have short ones."""

log = logging.getLogger("mailer.bounces")


def second_read(letter: Letter, raw: bytes, mailbox: str) -> Letter:
    """The letter, with the address that failed if it is a bounce that did not say so plainly. Never raises.

    Several addresses are no answer: our letters go to one. `mailbox` is our own.
    """
    if letter.kind is not LetterKind.BOUNCE or letter.failed_recipient:
        return letter
    local, _, domain = mailbox.lower().partition("@")
    others = {
        address
        for address in _failed(raw)
        if (address.partition("@")[0].partition("+")[0], address.partition("@")[2]) != (local, domain)
    }
    return dataclasses.replace(letter, failed_recipient=others.pop()) if len(others) == 1 else letter


def _failed(raw: bytes) -> set[str]:
    """Addresses that failed for good, lower case."""
    if len(raw) > _BYTES or is_suspicious(raw):
        return set()
    try:
        message = message_from_bytes(raw)
        if not all(_has_short_lines(part) for part in message.walk()):
            return set()
        found = scan_message(message)
        return {text for address in found if "@" in (text := address.decode("ascii").lower())}
    except Exception as fault:  # the library's detectors raise what they like on hostile bytes
        log.info("bounce", extra={"error": type(fault).__name__})
        return set()


def _has_short_lines(part: Message) -> bool:
    payload = None if part.is_multipart() else part.get_payload(decode=True)
    return not isinstance(payload, bytes) or max(map(len, payload.splitlines()), default=0) <= _LINE
