"""An IMAP server that says what a test wants it to say, where Dovecot cannot be made to: wrong, endless, slow or no answers."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

USER, PASSWORD = "partners", "correct-horse"
Answer = Callable[[str, str], Iterable[bytes] | None]
"""(tag, the whole command) -> what is said instead, piece by piece; None: what is usual."""

_GREETING = b"* OK ready\r\n"
_CAPABILITY = "* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS"
_TIME = '"02-Mar-2026 07:00:00 +0000"'


def said(text: str) -> Answer:
    """That instead, `{tag}` being the command's; a line of its own."""
    return lambda tag, _: [text.format(tag=tag).encode("latin-1") + b"\r\n"]


@dataclass(slots=True)
class BrokenImap:
    """A mailbox of one folder. `answers`: what it says instead to a command (`LOGIN`, `SELECT`, `FETCH`, …; `GREETING` at first).

    `sizes`: what it says of a letter's size; `commands`: what it was asked so far; `marked`: numbers of letters that got flags.
    """

    letters: dict[int, bytes] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    validity: int = 7
    commands: list[str] = field(default_factory=list)
    marked: set[int] = field(default_factory=set)
    connections: int = 0
    port: int = 0
    _listener: socket.socket = field(init=False)

    def start(self) -> BrokenImap:
        """Listen on a port of loopback."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening; lines end when their clients hang up."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line, line.makefile("rb") as heard:
            for piece in self._instead("GREETING", "*", "") or [_GREETING]:
                line.sendall(piece)
            while command := heard.readline():
                tag, _, rest = command.decode("utf-8", "replace").strip().partition(" ")
                while literal := re.search(r"\{(\d+)\}$", rest):
                    line.sendall(b"+ go on\r\n")
                    heard.read(int(literal[1]))
                    rest = rest[: literal.start()] + heard.readline().decode("utf-8", "replace").strip()
                self.commands.append(rest)
                pieces = self._instead(_name(rest), tag, rest)
                for piece in self._usual(tag, rest) if pieces is None else pieces:
                    line.sendall(piece)

    def _instead(self, name: str, tag: str, rest: str) -> Iterable[bytes] | None:
        answer = self.answers.get(name)
        return answer(tag, rest) if answer else None

    def _usual(self, tag: str, rest: str) -> Iterable[bytes]:
        match _name(rest):
            case "CAPABILITY":
                yield f"{_CAPABILITY}\r\n".encode()
            case "SELECT" | "EXAMINE":
                yield f"* {len(self.letters)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] so\r\n".encode()
                yield b"* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] so\r\n"
            case "LIST" if '"INBOX"' in rest:
                yield b'* LIST () "/" INBOX\r\n'
            case "SEARCH":
                waiting = [uid for uid in self.letters if uid not in self.marked]
                yield f"* SEARCH {' '.join(map(str, waiting))}\r\n".encode()
            case "FETCH":
                yield from self._fetched(rest)
            case "STORE":
                self.marked |= numbers(rest)
        yield f"{tag} OK done\r\n".encode()

    def _fetched(self, rest: str) -> Iterable[bytes]:
        for uid in sorted(numbers(rest) & self.letters.keys()):
            raw = self.letters[uid]
            if "BODY" not in rest:
                size = self.sizes.get(uid, len(raw))
                yield f"* {uid} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE {_TIME})\r\n".encode()
                continue
            item = rest[rest.index("BODY") :].rstrip(")").replace(".PEEK", "")
            if "HEADER" in item:
                raw = b"Message-ID: <%d@partner.example>\r\n\r\n" % uid
            item = re.sub(r"<0\.\d+>", "<0>", item)
            yield f"* {uid} FETCH (UID {uid} {item} {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


def _name(command: str) -> str:
    words = command.upper().split(" ")
    return words[1] if words[0] == "UID" and len(words) > 1 else words[0]


def numbers(command: str) -> set[int]:
    """The message numbers that a UID command names."""
    found: set[int] = set()
    for part in command.split(" ")[2].split(","):
        first, _, last = part.partition(":")
        found.update(range(int(first), int(last or first) + 1))
    return found
