"""Between the program and Dovecot: sees each command go by, and can kill the client or cut the line there."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

_DONE = 0.3
"""Seconds within which Dovecot has carried a command out."""

_COMMAND = re.compile(rb"^\S+ ((?:UID )?[A-Za-z]+)(.*)$")


@dataclass(slots=True)
class Trap:
    """What happens at the `nth` command of that name (`UID STORE`, `UID FETCH`) that has `holding` in it.

    `after`: the server has carried it out, its answer is not passed on; else the command never reaches the server. `act` first;
    then the line is cut. With a `refusal` that is answered instead (`NO [OVERQUOTA] full`), each time, while it lies there.
    """

    command: str
    act: Callable[[], None] = lambda: None
    after: bool = False
    holding: str = ""
    nth: int = 1
    refusal: str = ""


@dataclass(slots=True)
class ImapProxy:
    """Listens on `port` of loopback and passes everything on to `target`, but for what falls into `traps`."""

    target: int
    traps: list[Trap] = field(default_factory=list)
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
            server = socket.create_connection(("127.0.0.1", self.target))
            sprung: list[bytes] = []
            threading.Thread(target=self._commands, args=(client, server, sprung), daemon=True).start()
            threading.Thread(target=self._answers, args=(server, client, sprung), daemon=True).start()

    def _commands(self, client: socket.socket, server: socket.socket, sprung: list[bytes]) -> None:
        try:
            with client.makefile("rb") as lines:
                for line in lines:
                    trap = self._falls(line)
                    if trap is not None and trap.refusal:
                        client.sendall(b"%s %s\r\n" % (line.split()[0], trap.refusal.encode()))
                        continue
                    if trap is not None and not trap.after:
                        trap.act()
                        return
                    if trap is not None:
                        sprung.append(line)  # from here on no answer is passed on
                        server.sendall(line)
                        time.sleep(_DONE)
                        trap.act()
                        return
                    server.sendall(line)
        except OSError:
            pass
        finally:
            _close(client, server)

    def _answers(self, server: socket.socket, client: socket.socket, sprung: list[bytes]) -> None:
        try:
            while not sprung and (data := server.recv(65536)):
                if not sprung:
                    client.sendall(data)
        except OSError:
            pass
        finally:
            if not sprung:
                _close(client, server)

    def _falls(self, line: bytes) -> Trap | None:
        found = _COMMAND.match(line.rstrip())
        if found is None:
            return None
        for trap in self.traps:
            if found[1].decode().upper() == trap.command and trap.holding.encode() in found[2]:
                if trap.refusal:
                    return trap
                trap.nth -= 1
                if trap.nth == 0:
                    self.traps.remove(trap)
                    return trap
        return None


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
