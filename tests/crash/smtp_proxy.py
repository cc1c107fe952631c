"""Between the program and Postfix: sees each letter go by, and can kill the client in mid-text or before the last answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum


class Moment(StrEnum):
    """Where the client is killed."""

    AMID_THE_TEXT = "amid the text"
    TAKEN = "letter taken, not answered"


@dataclass(slots=True)
class SmtpProxy:
    """Listens on `port` of loopback and passes all on to `target`; at the `nth` letter it calls `act` and cuts the line."""

    target: int
    act: Callable[[], None]
    moment: Moment | None = None
    nth: int = 2
    port: int = 0
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            line = _Line(self, client, socket.create_connection(("127.0.0.1", self.target)))
            for side in (line.commands, line.answers):
                threading.Thread(target=side, daemon=True).start()

    def falls(self, moment: Moment) -> bool:
        """Does the client die at this letter, here?"""
        return self.moment is moment and self.nth == 0


class _Line:
    """One connection."""

    def __init__(self, proxy: SmtpProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._last_answer = threading.Event()  # what the server says next is not passed on

    def commands(self) -> None:
        """Pass on what the client says."""
        text = False
        with suppress(OSError), self._client.makefile("rb") as lines:
            for line in lines:
                if text and self._proxy.falls(Moment.AMID_THE_TEXT):
                    self._proxy.act()
                    break
                if text and line == b".\r\n":
                    text = False
                    if self._proxy.falls(Moment.TAKEN):
                        self._last_answer.set()
                elif line.strip().upper() == b"DATA":
                    text = True
                    self._proxy.nth -= 1
                self._server.sendall(line)
        if not self._last_answer.is_set():
            self._close()

    def answers(self) -> None:
        """Pass on what the server says."""
        with suppress(OSError):
            while data := self._server.recv(65536):
                if self._last_answer.is_set():
                    assert data.startswith(b"250"), data
                    self._proxy.act()
                    break
                self._client.sendall(data)
        self._close()

    def _close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
