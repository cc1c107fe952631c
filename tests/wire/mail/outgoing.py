"""An SMTP server that misbehaves on demand: any answer at any stage, slowness, lines cut around the final dot."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.wire.mail.certificates import Certificates
from tests.wire.mail.dovecot import free_ports

USER, PASSWORD = "partners", "app-password"
Stage = Literal["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT", "RSET"]
"""`DATA` is the command, answered by 354; `TEXT` what follows it, answered after the final dot."""


@dataclass(slots=True)
class Fault:
    """What goes wrong at a stage: `answer` is given instead of the usual one, or the line is cut; after `slow` seconds.

    `letter_taken`: at `TEXT`, whether the letter is kept all the same. `for_`: only where this is the recipient. `skip`: so many
    go well first. `act` is called before the answer, after the letter is taken.
    """

    stage: Stage
    answer: str = ""
    cut: bool = False
    slow: float = 0.0
    letter_taken: bool = False
    for_: str = ""
    times: int = 1
    skip: int = 0
    act: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that the server took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass(slots=True)
class OutgoingServer:
    """Start it, send to it, look at `letters`. `relay` is told of each letter that was taken. `connections`: that said EHLO."""

    certificates: Certificates | None = None
    security: Literal["plain", "starttls", "tls"] = "plain"
    login: bool = False
    relay: Callable[[Taken], None] | None = None
    letters: list[Taken] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _controller: Controller | None = None

    def start(self) -> OutgoingServer:
        """Listen on a port of loopback."""
        context = None
        if self.certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificates.certificate, self.certificates.key)
        options: dict[str, Any] = {"enable_SMTPUTF8": False}
        if self.security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        if self.login:
            options |= {"authenticator": self._authenticate, "auth_require_tls": self.security == "starttls"}
        (self.port,) = free_ports(1)
        self._controller = _Controller(
            self, options, hostname="127.0.0.1", port=self.port, ssl_context=context if self.security == "tls" else None
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        """Close every line and stop listening."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def fault(self, stage: Stage, recipient: str = "") -> Fault | None:
        """The next fault of that stage, used up."""
        for fault in self.faults:
            if fault.stage == stage and fault.times and fault.for_ in ("", recipient):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        fault = self.fault("AUTH")
        if fault is not None:
            fault.act()
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)


class _Controller(Controller):
    def __init__(self, owner: OutgoingServer, options: dict[str, Any], **kwargs: Any) -> None:
        self._owner = owner
        self._options = options
        super().__init__(_Handler(owner), **kwargs)

    def factory(self) -> SMTP:
        return _Protocol(self._owner, self.handler, hostname="outgoing.example", **self._options)


class _Protocol(SMTP):
    def __init__(self, owner: OutgoingServer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owner = owner

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library's name
        fault = self._owner.fault("DATA")
        if fault is not None and fault.letter_taken:
            await self.push("354 go on")
            await self._reader.readline()
            fault.act()
            _abort(self)
        elif fault is None or not await _happens(self, fault):
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        fault = self._owner.fault("RSET")
        if fault is None or not await _happens(self, fault):
            await super().smtp_RSET(arg)


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


async def _happens(server: SMTP, fault: Fault) -> bool:
    """Let it happen where the library has no hook; False if the stage goes on as usual."""
    await asyncio.sleep(fault.slow)
    fault.act()
    if fault.cut:
        _abort(server)
    elif fault.answer:
        await server.push(fault.answer)
    return fault.cut or bool(fault.answer)


class _Handler:
    def __init__(self, owner: OutgoingServer) -> None:
        self._owner = owner

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._owner.connections += 1
        answer = await self._answer("EHLO", server, "")
        return [answer] if answer else responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("MAIL", server, "")
        if self._owner.login and not session.authenticated:
            return "530 5.7.0 log in first"
        if not answer:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server, address)
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._owner.fault("TEXT", envelope.rcpt_tos[0])
        if fault is None or fault.letter_taken:
            taken = Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.original_content or b"")
            self._owner.letters.append(taken)
            if self._owner.relay is not None:
                await asyncio.to_thread(self._owner.relay, taken)
        if fault is None:
            return "250 2.0.0 taken"
        await asyncio.sleep(fault.slow)
        fault.act()
        if fault.cut:
            _abort(server)
        return fault.answer or "250 2.0.0 taken"

    async def _answer(self, stage: Stage, server: SMTP, recipient: str) -> str:
        fault = self._owner.fault(stage, recipient)
        if fault is None:
            return ""
        await asyncio.sleep(fault.slow)
        fault.act()
        if fault.cut:
            _abort(server)
            return "421 cut"
        return fault.answer
