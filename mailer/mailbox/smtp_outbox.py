"""Letters that go out over SMTP: one connection a batch, every answer of the server told apart by what it means for a repeat.

Until the server asks for the text (354), a broken line means that nothing went. From there on until its last answer nobody can
know: `DeliveryUncertain`, cleared by looking for our own copy, never by a blind repeat.
"""

from __future__ import annotations

import hashlib
import logging
import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import format_datetime

from mailer.mailbox.imap_copies import OwnCopies
from mailer.mailbox.outbox import DeliveryUncertain, Gone, Refused, Unavailable, Withdrawn, always
from mailer.mailbox.server import NO_CONNECTION, NO_TLS, NoMailbox, Server

_LINE_LOSSES = 3
"""So many broken lines, and a batch is given up: what is left of it waits."""

_COPY_LOSSES = 2
_OURS_TO_MEND = frozenset({530, 534, 535, 538})
"""Answers about our login: no letter is to blame, whatever the stage."""

_ENVELOPE = re.compile(r"[!-;=?-~]{1,64}@[!-;=?-~]{1,255}")
_BREAKS = re.compile(rb"\r\n|\r|\n")

log = logging.getLogger("mailer.smtp")


class SmtpOutbox:
    """Implements `outbox.Mailbox`. `sender`: the envelope's sender, where bounces go.

    `own_copy`: an address of ours that gets a blind copy of each letter; with it (or with a server that files copies itself) an
    absent copy proves that a letter did not go, `grace` after it was handed over.
    """

    def __init__(
        self,
        server: Server,
        *,
        sender: str,
        copies: OwnCopies | None = None,
        own_copy: str = "",
        grace: timedelta = timedelta(minutes=5),
    ) -> None:
        self.grace = grace
        self._server = server
        self._sender = _envelope(sender)
        self._own_copy = _envelope(own_copy) if own_copy else ""
        self._copies = copies

    def find(self, message_ids: Iterable[str]) -> set[str]:
        """Those letters of which our own copy is there. Raises DeliveryUncertain when some are absent and that proves nothing."""
        return set(self._copies_of(set(message_ids)))

    def gone_since(self, moment: datetime) -> list[Gone]:
        """Letters of which our own copy came since then."""
        if self._copies is None:
            raise DeliveryUncertain("there is no folder of sent letters to look in")
        try:
            return self._copies.gone_since(moment)
        except OSError as error:
            raise Unavailable(f"the folder of sent letters cannot be looked through: {error}") from error
        finally:
            self._copies.close()

    def _copies_of(self, wanted: set[str]) -> dict[str, datetime]:
        """As `find`, and when each copy came."""
        if not wanted:
            return {}
        if self._copies is None:
            raise DeliveryUncertain("there is no folder of sent letters to look in")
        try:
            found = self._copies.find(wanted)
        except OSError as error:
            raise Unavailable(f"the folder of sent letters cannot be looked through: {error}") from error
        finally:
            self._copies.close()
        if found.keys() != wanted and not self._own_copy and self._copies.append:
            raise DeliveryUncertain(
                "no copy among the sent letters, and none is sent to ourselves: it may have gone all the same"
            )
        return found

    @contextmanager
    def batch(self) -> Iterator[_Batch]:
        """Connect, and log in. Raises Unavailable."""
        batch = _Batch(self._server, self._sender, self._own_copy, self._copies)
        batch.connect()
        try:
            yield batch
        finally:
            batch.close()

    def check(self) -> list[str]:
        """What is wrong with the way out as configured: connects and logs in, sends nothing."""
        try:
            with self.batch():
                return []
        except Unavailable as error:
            return [str(error)]

    @property
    def clears_doubt(self) -> bool:
        """Does a copy of each letter come back to us, so that an absent one proves something?"""
        return self._copies is not None and bool(self._own_copy or not self._copies.append)

    def round_trip(self, now: datetime, *, seconds: float = 60.0, sleep: Callable[[float], None] = time.sleep) -> datetime:
        """Send a letter to ourselves and look for it by its key, as a doubt would be cleared; when it came, by the mailbox's
        clock.

        Raises Unavailable, Refused, DeliveryUncertain with what is wrong.
        """
        to = self._own_copy or self._sender
        key = hashlib.sha256(f"round trip {now.isoformat()}".encode()).hexdigest()
        head = (
            f"From: {self._sender}\r\nTo: {to}\r\nSubject: Partner Desk: self-test\r\nDate: {format_datetime(now)}\r\n"
            f"Message-ID: <{key[:32]}@{self._sender.rpartition('@')[2]}>\r\nX-Partner-Key: {key}\r\n"
            "Auto-Submitted: auto-generated\r\n"
        )
        batch = _Batch(self._server, self._sender, "", None)
        batch.connect()
        try:
            batch.send(f"{head}\r\nIt may be deleted.\r\n".encode(), to)
        finally:
            batch.close()
        for _ in range(max(1, round(seconds / 2))):
            if came := self._copies_of({key[:32]}):
                return came[key[:32]]
            sleep(2.0)
        raise DeliveryUncertain(f"to {to} was taken, but is not found in the mailbox after {seconds:g} s; name its folder")


class _Batch:
    """Implements `outbox.Connection`."""

    def __init__(self, server: Server, sender: str, own_copy: str, copies: OwnCopies | None) -> None:
        self._server = server
        self._sender = sender
        self._own_copy = own_copy
        self._copies = copies
        self._smtp: smtplib.SMTP | None = None
        self._losses = 0
        self._copy_losses = 0

    def connect(self) -> None:
        """Have a line to the server, logged in. Raises Unavailable."""
        server = self._server
        where = f"{server.host}:{server.port}"
        smtp: smtplib.SMTP | None = None
        try:
            context = server.context()
            name = self._sender.rpartition("@")[2]
            if server.security == "tls":
                smtp = smtplib.SMTP_SSL(server.host, server.port, name, timeout=server.timeout, context=context)
            else:
                smtp = smtplib.SMTP(server.host, server.port, name, timeout=server.timeout)
            if server.security == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except (OSError, smtplib.SMTPException) as error:  # the library's faults are OSErrors, but for one or two
            if smtp is not None:
                smtp.close()
            self._losses += 1
            raise Unavailable(_why(where, server.user, error)) from error
        self._smtp = smtp

    def close(self) -> None:
        """Say good-bye, and close the line of the copies too."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._drop()
        if self._copies is not None:
            self._copies.close()

    def send(self, raw: bytes, recipient: str, may_go: Callable[[], bool] = always) -> None:
        """Hand the letter over, then file a copy. A copy that fails is told to the log and never repeats the letter."""
        to = _envelope(recipient)
        text = _text(raw)
        if self._smtp is None:
            if self._losses >= _LINE_LOSSES:
                raise Unavailable(f"{self._server.host}: the line broke {self._losses} times; the rest of the batch waits")
            self.connect()
        assert self._smtp is not None
        self._open(self._smtp, to, len(text), may_go)
        self._hand_over(self._smtp, text)
        self._keep(raw)

    def _open(self, smtp: smtplib.SMTP, to: str, size: int, may_go: Callable[[], bool]) -> None:
        """Everything before the text. Whatever goes wrong here, nothing went."""
        try:
            code, answer = smtp.mail(self._sender, [f"size={size}"] if smtp.has_extn("size") else [])
            if code != 250:  # about our own address, whatever the code: no letter is to be given up for that
                raise Unavailable(f"as sender {self._sender}: {code} {_shown(answer)}")
            self._expect(smtp.rcpt(to), (250, 251))
            if self._own_copy and self._own_copy != to:
                code, answer = smtp.rcpt(self._own_copy)
                if code not in (250, 251):  # without it, an absent copy would be taken for a letter that did not go
                    raise Unavailable(f"the copy to {self._own_copy} is refused: {code} {_shown(answer)}")
            if not may_go():
                raise Withdrawn("not ours any more")
            smtp.putcmd("data")
            self._expect(smtp.getreply(), (354,))
        except (Refused, Unavailable, Withdrawn):
            self._reset(smtp)
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._drop(lost=True)
            raise Unavailable(f"{self._server.host}: the line broke before the letter was handed over ({error})") from error

    def _hand_over(self, smtp: smtplib.SMTP, text: bytes) -> None:
        """The text and the server's last word on it."""
        try:
            smtp.send(text)
            answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop(lost=True)
            raise DeliveryUncertain(f"{self._server.host}: the line broke while the letter was handed over ({error})") from error
        except BaseException:
            self._drop(lost=True)
            raise
        if not 200 <= answer[0] < 600 or 300 <= answer[0] < 400:
            self._drop(lost=True)
            raise DeliveryUncertain(f"{self._server.host}: an answer that means nothing: {answer[0]} {_shown(answer[1])}")
        if answer[0] == 421:
            self._drop(lost=True)
        self._expect(answer, range(200, 300))

    def _expect(self, answer: tuple[int, bytes], wanted: Iterable[int]) -> None:
        """Raises Refused for 5xx but 552 (no room: that passes), Unavailable for any other answer that is not wanted."""
        code, text = answer
        if code in wanted:
            return
        told = f"{code} {_shown(text)}"
        if 500 <= code < 600 and code != 552 and code not in _OURS_TO_MEND:
            raise Refused(told)
        raise Unavailable(told)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Forget the letter that was begun, so that the next one can be."""
        try:
            code, _ = smtp.rset()
        except (OSError, smtplib.SMTPException):
            code = -1
        if code != 250:
            self._drop(lost=True)

    def _drop(self, lost: bool = False) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
        self._losses += lost

    def _keep(self, raw: bytes) -> None:
        if self._copies is None or self._copy_losses >= _COPY_LOSSES:
            return
        try:
            self._copies.keep(raw)
        except OSError as error:
            self._copy_losses += 1
            log.warning("sent-copy", extra={"error": f"{type(error).__name__}: {error}"})


def _envelope(address: str) -> str:
    """An address as it stands in the envelope; a domain in other letters as IDNA. Raises Refused."""
    local, _, domain = address.rpartition("@")
    try:
        found = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        found = ""
    if not _ENVELOPE.fullmatch(found):
        raise Refused(f"not an address that mail can go to: {address!r}")
    return found


def _text(raw: bytes) -> bytes:
    """The letter as it is sent: CRLF alone ends lines, leading dots are doubled, a dot alone ends it (RFC 5321, 4.5.2)."""
    lines = _BREAKS.sub(b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    dotted = lines.replace(b"\r\n.", b"\r\n..")
    return (b"." if dotted.startswith(b".") else b"") + dotted + b".\r\n"


def _why(where: str, user: str, error: Exception) -> str:
    """Why there is no line, and the mend where it is known."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{where}: login as {user} is refused ({error.smtp_code} {_shown(error.smtp_error)}); check the app password"
        case smtplib.SMTPNotSupportedError():
            return f"{where}: the server cannot do what is asked for: {error}"
        case smtplib.SMTPResponseException():
            return f"{where}: {error.smtp_code} {_shown(error.smtp_error)}"
        case ssl.SSLCertVerificationError():
            return f"{where}: its certificate is not to be trusted ({error.verify_message})"
        case NoMailbox():
            return str(error)
        case ssl.SSLError():
            return f"{where}: {NO_TLS} ({error.reason or error})"
        case smtplib.SMTPServerDisconnected():
            return f"{where}: the line breaks before a greeting; is the port right for mail.smtp.security? ({error})"
        case _:
            return f"{where}: {NO_CONNECTION} ({error})"


def _shown(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300]
