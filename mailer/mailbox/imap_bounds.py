"""What one answer of a mail server may cost. `imaplib` bounds a line alone: a literal of any announced length is asked of the
memory at once, lines without end are all kept, and a byte a second never runs into a time-out.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from imapclient import IMAPClient

MOST = 64 * 1024 * 1024
"""Bytes of an answer, its letters apart: numbers of some millions of letters, or the headers of five hundred."""

_LINE = 512  # what a line is counted at besides its bytes, since that much memory is asked for it
_LONGEST_LINE = 16 * 1024 * 1024  # numbers of two million letters
_PIECE = 64 * 1024
_SLOWEST = 16 * 1024  # bytes a second
_PATIENCE = 3.0


class TooMuch(OSError):
    """An answer is longer than allowed. What it announced is not read; the line is of no use any more."""


class BoundedClient(IMAPClient):  # type: ignore[misc]  # the library has no types
    """`IMAPClient` whose every answer has at most `most` bytes and comes within a bounded time.

    `seconds`: how long the server may be silent. Altogether it may be waited for three times as long, besides what its bytes take
    at the slowest pace: a server that says «still searching» every ten seconds is at work, one that drips is not. Raises TooMuch,
    TimeoutError.
    """

    def __init__(self, host: str, *, most: int, seconds: float, **options: Any) -> None:
        self._most = most
        self._seconds = seconds
        super().__init__(host, **options)
        self._imap.debug = 0  # the library writes out every answer for its log, letters and all, whether or not anybody logs

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the library's name
        return _Bounded(
            self.host, self.port, self.ssl_context if self.ssl else None, self._timeout.connect, self._most, self._seconds
        )


class _Bounded(imaplib.IMAP4):
    """The protocol, with an allowance of bytes and seconds for each command's answer."""

    file: Any  # a buffered reader

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext | None, connect_timeout: float, most: int, seconds: float
    ) -> None:
        self._context = context
        self._most = most
        self._most_seconds = _PATIENCE * seconds
        self._begin()
        super().__init__(host, port, connect_timeout)

    def read(self, size: int) -> bytes:
        """A literal. Raises TooMuch before it asks for the memory."""
        if size > self._left:
            raise TooMuch(f"an answer announces {size} bytes, {self._left} are allowed")
        pieces: list[bytes] = []
        while size and (piece := self._waited(self.file.read1, min(size, _PIECE))):
            self._spend(len(piece))
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def readline(self) -> bytes:
        """A line, or as much of it as comes before the end."""
        line = bytearray()
        while not line.endswith(b"\n"):
            ahead = self._waited(self.file.peek, 1)
            if not ahead:
                break
            part = self.file.read(ahead.find(b"\n") + 1 or len(ahead))
            self._spend(len(part))
            line += part
            if len(line) > _LONGEST_LINE:
                raise TooMuch(f"a line of an answer is longer than {_LONGEST_LINE} bytes")
        self._spend(0, _LINE)
        return bytes(line)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        line = socket.create_connection((self.host, self.port), timeout)
        # Commands go out in pieces: each would wait for the last one's ACK.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(line, server_hostname=self.host) if self._context else line

    def _command(self, name: str, *args: Any) -> bytes:
        self._begin()
        tag: bytes = super()._command(name, *args)  # type: ignore[misc]  # not in typeshed
        return tag

    def _log(self, line: str) -> None:
        """Keeps none of the last lines: they may be long, and one holds the password."""

    def _begin(self) -> None:
        self._left, self._left_seconds = self._most, self._most_seconds

    def _waited(self, take: Callable[[int], bytes], size: int) -> bytes:
        began = time.monotonic()
        piece = take(size)
        self._left_seconds -= time.monotonic() - began
        if self._left_seconds < 0:
            raise TimeoutError("its answers come too slowly")
        return piece

    def _spend(self, size: int, besides: int = 0) -> None:
        self._left -= size + besides
        self._left_seconds = min(self._left_seconds + size / _SLOWEST, self._most_seconds)
        if self._left < 0:
            raise TooMuch(f"an answer is longer than the {self._most} bytes that are allowed")
