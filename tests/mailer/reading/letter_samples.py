"""Raw letters for the tests of reading."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cases.incoming_mail import Letter
from mailer.reading.letter import read_letter
from mailer.reading.limits import DEFAULT_LIMITS, LetterLimits

AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MAILBOX = "partners@stakhanovets.ru"
SERVER = "mx.stakhanovets.ru"
TOKEN = "abcdefghijklmnopqrstuvwx27"
OUR_ID = "0123456789abcdef0123456789abcdef"


def raw(*headers: str | bytes, body: str | bytes = "1\n", sender: str = "Иван <ivan@firm.ru>") -> bytes:
    """A letter of these header lines and body; strings as UTF-8."""
    lines = [f"From: {sender}" if sender else "X-None: 1", f"To: {MAILBOX}", "Message-ID: <a1@firm.ru>", *headers]
    head = b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return head + b"\r\n\r\n" + (body if isinstance(body, bytes) else body.encode())


def letter(data: bytes, folder: Path, limits: LetterLimits = DEFAULT_LIMITS) -> Letter:
    """Read directly, with the tests' mailbox and server."""
    return read_letter(data, "k1", AT, mailbox=MAILBOX, authserv_id=SERVER, attachments_dir=folder, limits=limits)


def multipart(kind: str, *parts: str | bytes, boundary: str = "BOUND") -> bytes:
    """A multipart letter; each part with its own headers."""
    joined = b"".join(
        b"--" + boundary.encode() + b"\r\n" + (part if isinstance(part, bytes) else part.encode()) + b"\r\n" for part in parts
    )
    return raw(
        "MIME-Version: 1.0",
        f'Content-Type: multipart/{kind}; boundary="{boundary}"',
        body=joined + f"--{boundary}--\r\n".encode(),
    )
