"""A line between a client and a server that can be cut, frozen, or made to say something else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class Line:
    """Passes bytes on from a port of its own to `target`. `rewrite` changes what the server says (on an open line).

    `closed`: new connections are cut at once. `cut_after`: so many bytes of the server's pass, then the line is cut, once.
    """

    def __init__(self, target: int, rewrite: Callable[[bytes], bytes] = lambda data: data) -> None:
        self._target = target
        self._rewrite = rewrite
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._frozen: list[tuple[socket.socket, socket.socket]] = []
        self.closed = False
        self.cut_after: int | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def freeze(self) -> None:
        """What is connected now says nothing any more and nobody is told, as when a router forgets it; new connections work."""
        self._frozen += self._pairs
        self._pairs = []

    def close(self) -> None:
        """Stop listening and break every connection."""
        self._listener.close()
        self._pairs += self._frozen
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.closed:
                client.close()
                continue
            self.connections += 1
            pair = (client, socket.create_connection(("127.0.0.1", self._target)))
            self._pairs.append(pair)
            for ends in (pair, pair[::-1]):
                threading.Thread(target=self._pass_on, args=(*ends, pair), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if pair not in self._pairs:
                    return
                if source is pair[1]:
                    data = self._rewrite(data)
                    if self.cut_after is not None:
                        self.cut_after -= len(data)
                        if self.cut_after < 0:
                            self.cut_after = None
                            self.cut()
                            return
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
