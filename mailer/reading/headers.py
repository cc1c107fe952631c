"""What a letter's headers say: who wrote to whom, what it answers, of which case. Strangers write them, as they like."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from mailer.reading.charsets import decode, detect

_TOKEN_HEADERS = ("to", "cc", "delivered-to", "x-envelope-to", "x-original-to", "envelope-to", "x-delivered-to", "x-forwarded-to")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_BARE_ID = re.compile(r"[^<>\s,;]{1,200}@[^<>\s,;]{1,200}")
_OWN_ID = re.compile(r"([0-9a-f]{32})@(.+)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![0-9A-ZА-ЯЁ])([PDOTQNL])\s?-\s?((?:\d{4}\s?-\s?)?\d{4,10})(?![0-9A-ZА-ЯЁ])")
_LOOK_ALIKES = str.maketrans("РДОТНЛП", "PDOTNLP")
_DASHES = re.compile(r"[‐‑‒–—―−﹘﹣-]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ANGLED = re.compile(r"<\s*([^<>\s@]{1,200}@[^<>\s@]{1,255})\s*>")
_BARE_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,200}@[^\s@<>(),;:\"\[\]\\]{1,255}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_ENCODED_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def case_numbers(text: str) -> tuple[str, ...]:
    """Case numbers in `text`, in order, each once: Cyrillic look-alikes of the letters and any dash are read as meant."""
    folded = _DASHES.sub("-", text.upper()).translate(_LOOK_ALIKES)
    found = (f"{letter}-{re.sub(r'[^0-9-]', '', rest)}" for letter, rest in _NUMBER.findall(folded))
    return tuple(dict.fromkeys(found))


def sender_of(values: Sequence[str], words: Callable[[str], str]) -> tuple[str, str, bool]:
    """Display name, address (lower case), and whether From names exactly one address (RFC 5322 allows several; nobody honest
    sends them). `words` decodes them.
    """
    if not values:
        return "", "", False
    value = values[0]
    quoted = " ".join(_QUOTED.findall(value))
    bare = _QUOTED.sub(" ", value)
    angled = _ANGLED.findall(bare)
    found = angled or _BARE_ADDRESS.findall(bare)
    if not found:
        return words(value)[:200], "", False
    rest = re.sub(r"[<>]", " ", _ANGLED.sub(" ", bare)) if angled else _BARE_ADDRESS.sub(" ", bare)
    name = re.sub(r"\\(.)", r"\1", quoted).strip() or rest.strip(" ()")
    several = len(values) > 1 or len(found) > 1 or any("@" in part for part in rest.split(",")[:-1])
    return words(name)[:200], clean(found[0]).lower().rstrip("."), not several


def recipients_of(headers: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Addresses of To, Cc and Bcc, each once; names beside them count for nothing."""
    values = [value for name in ("to", "cc", "bcc") for value in headers.get(name, ())]
    found = (address for value in values for address in _BARE_ADDRESS.findall(_QUOTED.sub(" ", value)))
    return tuple(dict.fromkeys(clean(address).lower() for address in islice(found, 200)))


def tokens_of(headers: Mapping[str, Sequence[str]], text: str, mailbox: str) -> tuple[str, ...]:
    """Reply tokens: first from where the letter went, then from the text (clients quote our Reply-To or footer, some rewrite
    Message-IDs).
    """
    local = re.escape(mailbox.rpartition("@")[0].partition("+")[0])
    token = re.compile(rf"(?<![\w.+-]){local}(?:\+|%2b)([a-z2-7]{{26}})@", re.IGNORECASE)
    places = [value for name in _TOKEN_HEADERS for value in headers.get(name, ())]
    return tuple(dict.fromkeys(found.lower() for place in [*places, text] for found in token.findall(place)))


def references_of(
    headers: Mapping[str, Sequence[str]], returned_id: str, own_domain: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Message-IDs with brackets, nearest first: what is answered or came back, and what References alone names. One of ours is
    preceded by its 32 hex digits alone, the ledger's name for the letter.
    """
    near = _named([*message_ids(returned_id), *message_ids(first(headers, "in-reply-to"))], own_domain)
    distant = _named(reversed(message_ids(first(headers, "references"))), own_domain)
    return tuple(islice(near, 200)), tuple(islice((one for one in distant if one not in near), 200))


def _named(message_ids: Iterable[str], own_domain: str) -> dict[str, None]:
    found: dict[str, None] = {}
    for message_id in message_ids:
        own = _OWN_ID.fullmatch(message_id[1:-1])
        if own is not None and own.group(2).lower() == own_domain:
            found[own.group(1).lower()] = None
        found[message_id] = None
    return found


def message_ids(value: str) -> list[str]:
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)
    return [clean(f"<{message_id}>") for message_id in found]


def first(headers: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def clean(text: str) -> str:
    """`text` without controls, direction marks and lone surrogates, which neither a ledger nor a terminal should meet."""
    return _CONTROLS.sub("", text)


def unfolded(value: object, most: int) -> str:
    """A header's value on one line, at most so long; raw eight-bit text is decoded as detected."""
    text = _FOLD.sub(" ", str(value)[:most])
    return text if text.isascii() else detect(text.encode("utf-8", "surrogateescape"))


def decode_words(value: str, most: int) -> tuple[str, int]:
    """A header's text and the number of encoded words in it (RFC 2047), of which `most` are decoded and the rest left out.

    Neighbours of one charset are joined before decoding: real mailers split a letter's bytes between words. What stands raw in
    eight bits is detected.
    """
    pieces: list[tuple[bytes, str]] = []
    count = end = 0
    for found in islice(_ENCODED_WORD.finditer(value), most):
        between = value[end : found.start()]
        if between.strip() or (between and not count):
            pieces.append((between.encode("utf-8", "surrogateescape"), ""))
        charset, coding, payload = found.groups()
        pieces.append((_word_bytes(coding, payload), charset.lower()))
        count, end = count + 1, found.end()
    if count < most:
        pieces.append((value[end:].encode("utf-8", "surrogateescape"), ""))
    joined: list[tuple[bytes, str]] = []
    for data, charset in pieces:
        if joined and charset and joined[-1][1] == charset:
            joined[-1] = (joined[-1][0] + data, charset)
        else:
            joined.append((data, charset))
    return "".join(decode(data, charset) if charset else detect(data) for data, charset in joined), count


def _word_bytes(coding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "surrogateescape")
    if coding in "qQ":
        return _HEX.sub(lambda pair: bytes((int(pair.group(1), 16),)), data.replace(b"_", b" "))
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return base64.b64decode(data[: len(data) // 4 * 4])
