"""A letter's bytes become a `Letter`: under limits, never trusting a name, a charset or a structure that the sender wrote.

RFC 5322 (letter), 2045–2047 and 2231 (MIME), 3676 (format=flowed), 3464 (delivery status). The standard library's parser is fast
under its `compat32` policy and knows no limits: nesting ends in RecursionError, some headers take quadratic time. So
`read_guarded` looks at the bytes first and lets a letter that is large or strange be read by a child process that may be killed.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

from cases.model import Attachment, Letter, LetterKind
from mailer.charsets import decode, detect
from mailer.kinds import Outline, kind_of
from mailer.tnef import DECLARED, is_tnef, unpacked
from mailer.trust import judge


class Unreadable(Exception):
    """The letter cannot be read within the limits; `reason` is Russian, for staff. The bytes stay with the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Overrun(Unreadable):
    """Reading took more time or memory than allowed."""


@dataclass(frozen=True, slots=True)
class LetterLimits:
    """What one letter may cost. Over `bytes`, `depth` or `parts` it is Unreadable; over the others the rest is left out.

    `header_chars` of one header and `encoded_words` of all are read; `text_chars` of text are kept; `packed_files` are taken out
    of one `winmail.dat` (0: it stays packed). A letter over `direct_bytes`, or of a suspicious structure, is read by a child
    process of `seconds` and `memory` (address space) at most.
    """

    bytes: int = 30 * 1024 * 1024
    depth: int = 30
    parts: int = 300
    header_chars: int = 20_000
    encoded_words: int = 1000
    text_chars: int = 300_000
    packed_files: int = 100
    direct_bytes: int = 1024 * 1024
    seconds: int = 20
    memory: int = 1024 * 1024 * 1024


DEFAULT_LIMITS = LetterLimits()
_NO_MEMORY = "для чтения письма не хватило памяти"


# -- the way in -------------------------------------------------------------------


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
        content = _Content.of(BytesParser().parsebytes(raw), limits)
        letter = _letter(
            content, key, received_at, mailbox.lower(), authserv_id, (own_domain or mailbox.rpartition("@")[2]).lower()
        )
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("части письма вложены друг в друга слишком глубоко") from None
    except MemoryError:
        raise _Overrun(_NO_MEMORY) from None
    except Exception as fault:  # the standard library's parser raises what it likes on hostile bytes
        raise Unreadable(f"письмо не разобрано: {type(fault).__name__}") from fault
    return dataclasses.replace(letter, attachments=tuple(_store(file, key, attachments_dir) for file in content.files))


def read_guarded(
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
    """As `read_letter`, but a large or suspicious letter is read by a child process under `limits.seconds` and `limits.memory`.

    Raises Unreadable, also for a letter that killed its reader or overran its time; OSError as `read_letter`.
    """
    if len(raw) > limits.bytes or not is_suspicious(raw, limits):
        return read_letter(
            raw,
            key,
            received_at,
            mailbox=mailbox,
            authserv_id=authserv_id,
            attachments_dir=attachments_dir,
            own_domain=own_domain,
            limits=limits,
        )
    order = {
        "key": key,
        "received_at": received_at.isoformat(),
        "mailbox": mailbox,
        "authserv_id": authserv_id,
        "attachments_dir": str(attachments_dir),
        "own_domain": own_domain,
        "limits": dataclasses.asdict(limits),
    }
    try:
        return _by_child(raw, order, limits)
    except _Overrun:
        if not limits.packed_files or _PACKED.search(raw) is None:
            raise
    # It may have been the winmail.dat: what else the letter says is worth a second try.
    packed = dataclasses.replace(limits, packed_files=0)
    return _by_child(raw, {**order, "limits": dataclasses.asdict(packed)}, packed)


def _by_child(raw: bytes, order: Mapping[str, object], limits: LetterLimits) -> Letter:
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    try:
        child = subprocess.run(
            [sys.executable, "-m", "mailer.reading"],
            input=json.dumps(order).encode() + b"\n" + raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds + 5,
            env={**os.environ, "PYTHONPATH": path},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Overrun(f"чтение письма заняло больше {limits.seconds} с") from None
    if child.returncode != 0:
        raise _Overrun(f"чтение письма прервано пределом времени или памяти (код {child.returncode})")
    answer = json.loads(child.stdout)
    if "reason" in answer:
        raise (_Overrun if answer["overrun"] else Unreadable)(answer["reason"])
    if "errno" in answer:
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    return _letter_from_json(answer["letter"])


_PARAMETERS = re.compile(rb"^content-(?:type|disposition)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_INNER_LETTER = re.compile(rb"message/|multipart/digest", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_PACKED = re.compile(DECLARED.pattern.encode(), re.IGNORECASE)


def is_suspicious(raw: bytes, limits: LetterLimits = DEFAULT_LIMITS) -> bool:
    """Whether reading these bytes may cost much: size, nesting, very many parameters or headers, a `winmail.dat`. Itself takes
    time linear in the size.
    """
    if len(raw) > limits.direct_bytes or _PACKED.search(raw) is not None:
        return True
    nested = sum(1 for _ in _BOUNDARY.finditer(raw)) + sum(1 for _ in _INNER_LETTER.finditer(raw))
    if nested > limits.depth or any(found.end() - found.start() > 4000 for found in _PARAMETERS.finditer(raw)):
        return True
    return raw.count(b"\n--") > 4 * limits.parts


def _serve() -> None:
    """The child's side: an order and the letter on stdin, the answer as JSON on stdout."""
    order = json.loads(sys.stdin.buffer.readline())
    limits = LetterLimits(**order["limits"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    answer: dict[str, object]
    try:
        letter = read_letter(
            sys.stdin.buffer.read(),
            order["key"],
            datetime.fromisoformat(order["received_at"]),
            mailbox=order["mailbox"],
            authserv_id=order["authserv_id"],
            attachments_dir=Path(order["attachments_dir"]),
            own_domain=order["own_domain"],
            limits=limits,
        )
        answer = {"letter": {**dataclasses.asdict(letter), "received_at": letter.received_at.isoformat()}}
    except Unreadable as fault:
        answer = {"reason": fault.reason, "overrun": isinstance(fault, _Overrun)}
    except MemoryError:
        answer = {"reason": _NO_MEMORY, "overrun": True}
    except OSError as fault:
        answer = {"errno": fault.errno or 5}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _letter_from_json(fields: dict[str, object]) -> Letter:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    values["kind"] = LetterKind(str(fields["kind"]))
    values["received_at"] = datetime.fromisoformat(str(fields["received_at"]))
    files = fields["attachments"]
    values["attachments"] = tuple(Attachment(**file) for file in files) if isinstance(files, list) else ()
    return Letter(**values)  # type: ignore[arg-type]  # the child wrote exactly these fields


# -- the letter ---------------------------------------------------------------------

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


def _letter(content: _Content, key: str, received_at: datetime, mailbox: str, authserv_id: str, own_domain: str) -> Letter:
    headers = content.headers
    sender_name, sender, single = _sender(headers.get("from", ()), content)
    subject = content.words(_first(headers, "subject"))
    text = content.text()
    outline = Outline(headers, sender, subject, text, content.report_type, content.status, content.returned)
    kind = kind_of(outline, mailbox)
    trust = judge(headers.get("authentication-results", ()), sender.rpartition("@")[2] if single else "", authserv_id)
    near, distant = _references(headers, kind.returned_id, own_domain)
    return Letter(
        key=key,
        kind=kind.kind,
        received_at=received_at,
        sender=sender,
        sender_name=sender_name,
        subject=subject,
        text=text,
        message_id=next(iter(_ids(_first(headers, "message-id"))), ""),
        tokens=_tokens(headers, text, mailbox),
        references=(*near, *distant),
        distant=distant,
        numbers=case_numbers(subject),
        authentic=trust.authentic and single,
        failed_authentication=trust.failed or (bool(sender) and not single),
        failed_recipient=kind.failed_recipient,
        no_such_address=kind.no_such_address,
        recipients=_recipients(headers),
    )


def case_numbers(text: str) -> tuple[str, ...]:
    """Case numbers in `text`, in order, each once: Cyrillic look-alikes of the letters and any dash are read as meant."""
    folded = _DASHES.sub("-", text.upper()).translate(_LOOK_ALIKES)
    found = (f"{letter}-{re.sub(r'[^0-9-]', '', rest)}" for letter, rest in _NUMBER.findall(folded))
    return tuple(dict.fromkeys(found))


def _sender(values: Sequence[str], content: _Content) -> tuple[str, str, bool]:
    """Display name, address (lower case), and whether From names exactly one address (RFC 5322 allows several; nobody honest
    sends them).
    """
    if not values:
        return "", "", False
    value = values[0]
    quoted = " ".join(_QUOTED.findall(value))
    bare = _QUOTED.sub(" ", value)
    angled = _ANGLED.findall(bare)
    found = angled or _BARE_ADDRESS.findall(bare)
    if not found:
        return content.words(value)[:200], "", False
    rest = re.sub(r"[<>]", " ", _ANGLED.sub(" ", bare)) if angled else _BARE_ADDRESS.sub(" ", bare)
    name = re.sub(r"\\(.)", r"\1", quoted).strip() or rest.strip(" ()")
    several = len(values) > 1 or len(found) > 1 or any("@" in part for part in rest.split(",")[:-1])
    return content.words(name)[:200], clean(found[0]).lower().rstrip("."), not several


def _recipients(headers: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Addresses of To, Cc and Bcc, each once; names beside them count for nothing."""
    values = [value for name in ("to", "cc", "bcc") for value in headers.get(name, ())]
    found = (address for value in values for address in _BARE_ADDRESS.findall(_QUOTED.sub(" ", value)))
    return tuple(dict.fromkeys(clean(address).lower() for address in islice(found, 200)))


def _tokens(headers: Mapping[str, Sequence[str]], text: str, mailbox: str) -> tuple[str, ...]:
    """Reply tokens: first from where the letter went, then from the text (clients quote our Reply-To or footer, some rewrite
    Message-IDs).
    """
    local = re.escape(mailbox.rpartition("@")[0].partition("+")[0])
    token = re.compile(rf"(?<![\w.+-]){local}(?:\+|%2b)([a-z2-7]{{26}})@", re.IGNORECASE)
    places = [value for name in _TOKEN_HEADERS for value in headers.get(name, ())]
    return tuple(dict.fromkeys(found.lower() for place in [*places, text] for found in token.findall(place)))


def _references(
    headers: Mapping[str, Sequence[str]], returned_id: str, own_domain: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Message-IDs with brackets, nearest first: what is answered or came back, and what References alone names. One of ours is
    preceded by its 32 hex digits alone, the ledger's name for the letter.
    """
    near = _named([*_ids(returned_id), *_ids(_first(headers, "in-reply-to"))], own_domain)
    distant = _named(reversed(_ids(_first(headers, "references"))), own_domain)
    return tuple(islice(near, 200)), tuple(islice((one for one in distant if one not in near), 200))


def _named(message_ids: Iterable[str], own_domain: str) -> dict[str, None]:
    found: dict[str, None] = {}
    for message_id in message_ids:
        own = _OWN_ID.fullmatch(message_id[1:-1])
        if own is not None and own.group(2).lower() == own_domain:
            found[own.group(1).lower()] = None
        found[message_id] = None
    return found


def _ids(value: str) -> list[str]:
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)
    return [clean(f"<{message_id}>") for message_id in found]


def _first(headers: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def clean(text: str) -> str:
    """`text` without controls, direction marks and lone surrogates, which neither a ledger nor a terminal should meet."""
    return _CONTROLS.sub("", text)


# -- headers ------------------------------------------------------------------------

_ENCODED_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


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


# -- parts --------------------------------------------------------------------------

_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    data: bytes


@dataclass(slots=True)
class _Content:
    """What a parsed letter holds, gathered in one walk over its parts under the limits."""

    limits: LetterLimits
    headers: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    report_type: str = ""
    status: str = ""
    returned: str = ""
    seen_parts: int = 0
    seen_words: int = 0

    @classmethod
    def of(cls, message: Message, limits: LetterLimits) -> _Content:
        content = cls(limits)
        for name, value in islice(message.raw_items(), 2000):
            content.headers.setdefault(str(name).lower(), []).append(_unfolded(value, limits.header_chars))
        if message.get_content_type() == "multipart/report":
            content.report_type = str(message.get_param("report-type") or "unknown").lower()[:40]
        content.walk(message, 0)
        return content

    def walk(self, part: Message, depth: int) -> None:
        """Take in one part and what it contains. Raises Unreadable over the limits of depth and number."""
        self.seen_parts += 1
        if depth > self.limits.depth:
            raise Unreadable(f"части письма вложены глубже {self.limits.depth} уровней")
        if self.seen_parts > self.limits.parts:
            raise Unreadable(f"в письме больше {self.limits.parts} частей")
        kind, children = part.get_content_type(), part.get_payload()
        if isinstance(children, list) and part.get_content_maintype() == "message":
            self._inner_letter(part, [child for child in children if isinstance(child, Message)])
        elif isinstance(children, list):
            parts = [child for child in children if isinstance(child, Message)]
            for child in self._chosen(parts, depth) if kind == "multipart/alternative" else parts:
                self.walk(child, depth + 1)
        else:
            self._leaf(part, kind)

    def _chosen(self, parts: list[Message], depth: int) -> Iterator[Message]:
        """Of alternatives: the first plain text with anything in it, else HTML or a multipart, the last; and whatever else is no
        text (calendars).
        """
        plain = [part for part in parts if part.get_content_type() == "text/plain" and _text_of(part).strip()]
        rich = [part for part in parts if part.get_content_type() == "text/html" or part.get_content_maintype() == "multipart"]
        body = plain[:1] or rich[-1:]
        yield from body
        for part in rich:
            if part not in body and part.get_content_maintype() == "multipart":
                self._files_only(part, depth + 1)
        yield from (part for part in parts if part.get_content_maintype() not in ("text", "multipart"))

    def _files_only(self, part: Message, depth: int) -> None:
        """Attachments of an alternative whose text is not wanted (Apple Mail puts files beside its HTML)."""
        kept = list(self.texts)
        self.walk(part, depth)
        self.texts = kept

    def _inner_letter(self, part: Message, children: list[Message]) -> None:
        if part.get_content_type() == "message/delivery-status":
            lines = (f"{name}: {_unfolded(value, 1000)}" for child in children for name, value in child.raw_items())
            self.status += "\n".join(islice(lines, 500)) + "\n"
            return
        inner = next(iter(children), None)
        if inner is None:
            return
        if self.report_type:
            self.returned += f"Message-ID: {_unfolded(inner.get('Message-ID', ''), 1000)}\n"
            return
        name = self._name(part) or self.words(_unfolded(inner.get("Subject", ""), 200)) or "message"
        self.files.append(_File(name if name.lower().endswith(".eml") else f"{name}.eml", inner.as_bytes()))

    def _leaf(self, part: Message, kind: str) -> None:
        name = self._name(part)
        attached = part.get_content_disposition() == "attachment" or bool(name)
        if kind == "text/rfc822-headers" and self.report_type:
            self.returned += _text_of(part)[:20_000] + "\n"
        elif kind == "message/delivery-status":
            self.status += _text_of(part)[:20_000] + "\n"
        elif part.get_content_maintype() == "text" and not attached and kind != "text/calendar":
            text = _text_of(part)
            self.texts.append(html_text(text[: 4 * self.limits.text_chars]) if kind == "text/html" else _unflowed(part, text))
        elif kind not in _SIGNATURES:
            data = part.get_payload(decode=True)
            if isinstance(data, bytes) and data:
                self.files += self._unpacked(part, data) or [_File(name, data)]

    def _unpacked(self, part: Message, data: bytes) -> list[_File]:
        """The files in a `winmail.dat`; [] for any other part, and for one that cannot be read."""
        if not self.limits.packed_files or not is_tnef(part, data):
            return []
        return [_File(self._plain_name(name), inner) for name, inner in unpacked(data, self.limits.packed_files)]

    def text(self) -> str:
        """The whole body as text, lines ended by \\n."""
        whole = "\n".join(text.strip("\n") for text in self.texts if text.strip())
        whole = _CONTROLS.sub("", re.sub(r"\r\n?|\u2028|\u2029|\x0b|\x0c", "\n", whole[: self.limits.text_chars]))
        return re.sub(r"\n{4,}", "\n\n\n", whole).strip("\n")

    def words(self, value: str) -> str:
        """A header's text with its encoded words decoded, as many as the letter has left."""
        text, count = decode_words(value, self.limits.encoded_words - self.seen_words)
        self.seen_words += count
        return clean(" ".join(text.split()))

    def _name(self, part: Message) -> str:
        """The sender's name of a file: data for people, never a path."""
        raw = part.get_filename()
        if raw is None:
            return ""
        return self._plain_name(self.words(_unfolded(raw, 1000)))

    @staticmethod
    def _plain_name(name: str) -> str:
        return re.split(r"[\\/]", clean(name))[-1].strip(" .")[:200] or "без имени"


def _text_of(part: Message) -> str:
    data = part.get_payload(decode=True)
    return decode(data, part.get_content_charset() or "") if isinstance(data, bytes) else ""


def _unfolded(value: object, most: int) -> str:
    """A header's value on one line, at most so long; raw eight-bit text is decoded as detected."""
    text = _FOLD.sub(" ", str(value)[:most])
    return text if text.isascii() else detect(text.encode("utf-8", "surrogateescape"))


def _unflowed(part: Message, text: str) -> str:
    """Lines that the sender's program broke (RFC 3676) are made whole; quoted ones are left as they are."""
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    joins = str(part.get_param("delsp") or "").lower() == "yes"
    lines: list[str] = []
    flowing = False
    for line in text.replace("\r\n", "\n").split("\n"):
        quoted = line.startswith(">")
        unstuffed = line[1:] if line.startswith(" ") else line
        if flowing and not quoted and line != "-- ":
            lines[-1] += unstuffed
        else:
            lines.append(unstuffed)
        flowing = line.endswith(" ") and not quoted and line != "-- "
        if flowing and joins:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


# -- HTML ---------------------------------------------------------------------------

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "center", "dd", "div", "dl", "dt", "footer", "form", "header"),
        *("hr", "li", "main", "ol", "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "table", "tr", "ul"),
    )
)
_SILENT = frozenset(("head", "style", "script", "title", "template", "noscript"))


def html_text(html: str) -> str:
    """The text of an HTML body: breaks and blocks as lines, quotes marked with `>`, links followed by their address, cells parted
    by tabs.
    """
    reader = _HtmlReader()
    reader.feed(_tame(html))
    reader.close()
    return reader.text()


def _tame(html: str) -> str:
    """HTML without comments and declarations, and with stray `<` as text: the library's parser takes quadratic time over unclosed
    ones.
    """
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        if end < 0:
            at = len(html)
            break
        at = end + 3
    kept.append(html[at:])
    first, *tags = "".join(kept).split("<")
    pieces = [first]
    for tag in tags:
        inside, closed, after = tag.partition(">")
        if not closed or len(inside) > 50_000:
            pieces.append("&lt;" + tag)
        elif inside[:1] in ("!", "?"):
            pieces.append(after)
        else:
            pieces.append("<" + tag)
    return "".join(pieces)


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._silent = ""
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        if tag in _SILENT:
            self._silent = tag
        elif tag == "br":
            self._break(keep_blank=True)
        elif tag == "blockquote":
            self._break()
            self._quotes = min(self._quotes + 1, 50)
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))
        elif tag in _BLOCKS:
            self._break()
            self._list_tag(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "hr") or tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in (self._silent, "body", "html"):
                self._silent = ""
        elif tag == "blockquote":
            self._break()
            self._quotes = max(self._quotes - 1, 0)
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag in ("td", "th"):
            self._line.append("\t")
        elif tag in _BLOCKS:
            self._break(keep_blank=tag == "p")
            if tag in ("ol", "ul") and self._lists:
                self._lists.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._line.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def text(self) -> str:
        """What was read so far."""
        self._break()
        return "\n".join(self._lines)

    def _list_tag(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag in ("ol", "ul"):
            start = attrs.get("start") or "1"
            self._lists.append((int(start) if re.fullmatch(r"\d{1,4}", start, re.ASCII) else 1) if tag == "ol" else None)
        elif tag == "li" and self._lists and self._lists[-1] is not None:
            self._line.append(f"{self._lists[-1]}. ")
            self._lists[-1] += 1

    def _link(self, target: str, since: int) -> None:
        shown = "".join(self._line[since:])
        if target.lower().startswith(("http://", "https://")) and target.strip("/") not in shown:
            self._line.append(f" <{target.strip()}>")

    def _break(self, keep_blank: bool = False) -> None:
        line = re.sub(r" *\t[ \t]*", "\t", re.sub(" +", " ", "".join(self._line).replace("\u00a0", " "))).strip()
        self._line.clear()
        self._links = [(target, 0) for target, _ in self._links]
        if line or (keep_blank and self._lines and self._lines[-1].strip("> ")):
            self._lines.append(f"{'>' * self._quotes} {line}".rstrip() if self._quotes else line)


# -- attachments --------------------------------------------------------------------

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"GIF87a", "image/gif", ".gif"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"BM", "image/bmp", ".bmp"),
    (b"II*\x00", "image/tiff", ".tiff"),
    (b"MM\x00*", "image/tiff", ".tiff"),
    (b"PK\x03\x04", "application/zip", ".zip"),
    (b"PK\x05\x06", "application/zip", ".zip"),
    (b"Rar!\x1a\x07", "application/vnd.rar", ".rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ".7z"),
    (b"\x1f\x8b", "application/gzip", ".gz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", ".ole"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef", ".tnef"),
    (b"{\\rtf", "application/rtf", ".rtf"),
    (b"MZ", "application/x-msdownload", ".bin"),
    (b"\x7fELF", "application/x-executable", ".bin"),
    (b"BEGIN:VCALENDAR", "text/calendar", ".ics"),
)
_OFFICE: tuple[tuple[bytes, str, str], ...] = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
    (b"mimetypeapplication/vnd.oasis", "application/vnd.oasis.opendocument", ".odf"),
)


def media_type(data: bytes) -> tuple[str, str]:
    """Media type and file ending told by the bytes; the sender's word counts for nothing. Archives are never opened."""
    if data[:4] == b"PK\x03\x04":
        head = data[:4096] + data[-4096:]
        office = next(((kind, ending) for mark, kind, ending in _OFFICE if mark in head), None)
        if office is not None:
            return office
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", ".webp"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "image/heic", ".heic"
    found = next(((kind, ending) for mark, kind, ending in _MAGIC if data.startswith(mark)), None)
    if found is not None:
        return found
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html", ".html"
    if b"\x00" in data[:4096] or any(byte < 9 for byte in data[:4096]):
        return "application/octet-stream", ".bin"
    return "text/plain", ".txt"


def _store(file: _File, key: str, folder: Path) -> Attachment:
    """Write the file under a name made of the letter's key and its bytes: durable before anybody learns of it, the same when read
    again.
    """
    kind, ending = media_type(file.data)
    digest = hashlib.sha256(key.encode("utf-8", "replace") + b"\0" + file.data).hexdigest()
    stored = f"{digest[:2]}/{digest[:40]}{ending}"
    target = folder / stored
    if not target.exists() or target.stat().st_size != len(file.data):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as part:
            part.write(file.data)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, target)
    return Attachment(name=file.name or f"файл{ending}", stored=stored, size=len(file.data), media_type=kind)


if __name__ == "__main__":
    _serve()
