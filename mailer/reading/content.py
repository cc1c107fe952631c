"""What a letter holds, part by part (MIME): its text, its files, and what a bounce says and brings back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from itertools import islice

from mailer.reading.attachments import File
from mailer.reading.charsets import decode
from mailer.reading.headers import clean, decode_words, unfolded
from mailer.reading.html_text import html_text
from mailer.reading.limits import LetterLimits, Unreadable
from mailer.reading.tnef import is_tnef, unpacked

_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})


@dataclass(slots=True)
class Content:
    """What a parsed letter holds, gathered in one walk over its parts under the limits."""

    limits: LetterLimits
    headers: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    report_type: str = ""
    status: str = ""
    returned: str = ""
    seen_parts: int = 0
    seen_words: int = 0

    @classmethod
    def of(cls, message: Message, limits: LetterLimits) -> Content:
        content = cls(limits)
        for name, value in islice(message.raw_items(), 2000):
            content.headers.setdefault(str(name).lower(), []).append(unfolded(value, limits.header_chars))
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
            lines = (f"{name}: {unfolded(value, 1000)}" for child in children for name, value in child.raw_items())
            self.status += "\n".join(islice(lines, 500)) + "\n"
            return
        inner = next(iter(children), None)
        if inner is None:
            return
        if self.report_type:
            self.returned += f"Message-ID: {unfolded(inner.get('Message-ID', ''), 1000)}\n"
            return
        name = self._name(part) or self.words(unfolded(inner.get("Subject", ""), 200)) or "message"
        self.files.append(File(name if name.lower().endswith(".eml") else f"{name}.eml", inner.as_bytes()))

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
                self.files += self._unpacked(part, data) or [File(name, data)]

    def _unpacked(self, part: Message, data: bytes) -> list[File]:
        """The files in a `winmail.dat`; [] for any other part, and for one that cannot be read."""
        if not self.limits.packed_files or not is_tnef(part, data):
            return []
        return [File(self._plain_name(name), inner) for name, inner in unpacked(data, self.limits.packed_files)]

    def text(self) -> str:
        """The whole body as text, lines ended by \\n."""
        whole = "\n".join(text.strip("\n") for text in self.texts if text.strip())
        whole = clean(re.sub(r"\r\n?|\u2028|\u2029|\x0b|\x0c", "\n", whole[: self.limits.text_chars]))
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
        return self._plain_name(self.words(unfolded(raw, 1000)))

    @staticmethod
    def _plain_name(name: str) -> str:
        return re.split(r"[\\/]", clean(name))[-1].strip(" .")[:200] or "без имени"


def _text_of(part: Message) -> str:
    data = part.get_payload(decode=True)
    return decode(data, part.get_content_charset() or "") if isinstance(data, bytes) else ""


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
