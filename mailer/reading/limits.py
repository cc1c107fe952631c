"""What one letter may cost, and whether its bytes look as if it would cost more."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailer.reading.tnef import DECLARED

NO_MEMORY = "для чтения письма не хватило памяти"


class Unreadable(Exception):
    """The letter cannot be read within the limits; `reason` is Russian, for staff. The bytes stay with the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Overrun(Unreadable):
    """Reading took more time or memory than allowed."""


@dataclass(frozen=True, slots=True)
class LetterLimits:
    """What one letter may cost. Over `bytes`, `depth` or `parts` it is Unreadable; over the others the rest is left out.

    `header_chars` of one header and `encoded_words` of all are read; `text_chars` of text are kept; `packed_files` are taken out
    of one `winmail.dat` (0: it stays packed). A letter over `direct_bytes`, or of a suspicious structure, is read by a child
    process of `seconds` and `memory` (bytes of address space) at most.
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

_PARAMETERS = re.compile(rb"^content-(?:type|disposition)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_INNER_LETTER = re.compile(rb"message/|multipart/digest", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_PACKED = re.compile(DECLARED.pattern.encode(), re.IGNORECASE)


def is_suspicious(raw: bytes, limits: LetterLimits = DEFAULT_LIMITS) -> bool:
    """Whether reading these bytes may cost much: size, nesting, very many parameters or headers, a `winmail.dat`. Itself takes
    time linear in the size.
    """
    if len(raw) > limits.direct_bytes or has_packed_files(raw):
        return True
    nested = sum(1 for _ in _BOUNDARY.finditer(raw)) + sum(1 for _ in _INNER_LETTER.finditer(raw))
    if nested > limits.depth or any(found.end() - found.start() > 4000 for found in _PARAMETERS.finditer(raw)):
        return True
    return raw.count(b"\n--") > 4 * limits.parts


def has_packed_files(raw: bytes) -> bool:
    """Whether some part calls itself a `winmail.dat`."""
    return _PACKED.search(raw) is not None
