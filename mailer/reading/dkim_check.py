"""A second voucher for a letter's From: its DKIM signature (RFC 6376), checked here by dkimpy.

For letters on which our own mail server left no word: no Authentication-Results of the configured authserv-id. What our server
did say is never overruled.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from fnmatch import fnmatchcase
from typing import Protocol

import dkim  # type: ignore[import-untyped]
from dkim.dnsplug import get_txt as dns_txt  # type: ignore[import-untyped]
from dkim.util import InvalidTagValueList, parse_tag_value  # type: ignore[import-untyped]

from cases.incoming_mail import Letter, LetterKind
from mailer.reading.trust import aligned

__all__ = ["TxtLookup", "dns_txt", "seconded", "vouches"]

_SIGNATURES = 20
_TRIED = 3
_HEADER_CHARS = 4000
_HEAD_BYTES = 128 * 1024  # servers on the way cut a header at a hundred kilobytes
_LINES = 1_000_000  # a letter of the largest size has 400 000
"""What is longer is not looked at: the libraries take quadratic time over folded headers, and a hundred bytes for each line."""

_ALGORITHMS = frozenset({b"rsa-sha256", b"ed25519-sha256"})
_ONCE = ("From", "Subject", "Date", "Message-ID", "In-Reply-To", "References")
"""Headers that a reader takes the first of and a signature the last of: twice is a trick."""

_BLANKS = re.compile(rb"[\t ]{20,}")
_BLANKS_COST = 100_000_000

log = logging.getLogger("mailer.dkim")


class TxtLookup(Protocol):
    """The TXT record of a name, None if there is none. `dns_txt` asks the system's resolver."""

    def __call__(self, name: bytes, timeout: float = 5) -> bytes | None: ...


def seconded(letter: Letter, raw: bytes, *, authserv_id: str, lookup: TxtLookup = dns_txt) -> Letter:
    """The letter, authentic if a signature vouches for it where our server is silent. Never raises."""
    if letter.authentic or letter.failed_authentication or letter.kind not in (LetterKind.PERSON, LetterKind.HOUSE):
        return letter
    top = raw.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    if len(top) > _HEAD_BYTES or raw.count(b"\n") > _LINES:
        return letter
    head = BytesHeaderParser().parsebytes(top)
    if any(_is_ours(str(value), authserv_id) for value in head.get_all("Authentication-Results", ())):
        return letter
    if any(len(head.get_all(name, ())) > 1 for name in _ONCE):
        return letter
    try:
        senders = getaddresses([str(head.get("From", ""))])
    except RecursionError:  # comments within comments
        return letter
    if len(senders) != 1 or senders[0][1].lower() != letter.sender:
        return letter
    vouched = vouches(raw, letter.sender.rpartition("@")[2], lookup)
    return dataclasses.replace(letter, authentic=True) if vouched else letter


def vouches(raw: bytes, from_domain: str, lookup: TxtLookup = dns_txt) -> bool:
    """Does a valid signature of the From domain, or of its parent or child, cover From and the whole body? Never raises.

    A name server is asked about aligned domains only, three at most. SHA-1 and keys under 1024 bits count for nothing.
    """
    if sum((found.end() - found.start()) ** 2 for found in _BLANKS.finditer(raw)) > _BLANKS_COST:
        return False  # the library takes quadratic time over runs of blanks
    try:
        letter = dkim.DKIM(raw, minkey=1024, timeout=5)
        signatures = [value for name, value in letter.headers if name.lower() == b"dkim-signature"]
        usable = [at for at, value in enumerate(signatures[:_SIGNATURES]) if _is_usable(value, from_domain)]
    except Exception as fault:  # the library raises what it likes on hostile bytes
        log.info("dkim", extra={"error": type(fault).__name__})
        return False
    return any(_verifies(letter, at, lookup) for at in usable[:_TRIED])


def _verifies(letter: dkim.DKIM, at: int, lookup: TxtLookup) -> bool:
    try:
        return bool(letter.verify(at, dnsfunc=lookup))
    except Exception as fault:  # as above; a name server that does not answer vouches for nothing either
        log.info("dkim", extra={"error": type(fault).__name__})
        return False


def _is_usable(value: bytes, from_domain: str) -> bool:
    """Is it of an aligned domain, does it cover From and, without a length, the whole body?"""
    if len(value) > _HEADER_CHARS:
        return False
    try:
        tags = parse_tag_value(value)
    except InvalidTagValueList:
        return False
    covered = {name.strip().lower() for name in tags.get(b"h", b"").split(b":")}
    domain = tags.get(b"d", b"").decode("ascii", "replace")
    return b"l" not in tags and b"from" in covered and tags.get(b"a") in _ALGORITHMS and aligned(domain, from_domain)


def _is_ours(result: str, authserv_id: str) -> bool:
    """Is it a result of our own server? `*.yandex.net` stands for any host of that domain."""
    words = result.partition(";")[0].split()
    return bool(words) and bool(authserv_id) and fnmatchcase(words[0].strip('"').lower(), authserv_id.lower())
