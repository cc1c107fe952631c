"""The line to an IMAP server: made when it is needed, made anew when it broke; and what its answers have in common.

A server cuts lines as it likes, and `imaplib.abort`, `TimeoutError` and `OSError` all mean the same: connect again. What is not
mended by that is `NoMailbox`, an `OSError` whose text says what to change. Whatever a server answers, nothing but `OSError` comes
out of here, and its answers are bounded (`imap_bounds`): strangers write into the mailbox, and servers have bad days.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from typing import TypeVar

import tenacity
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from mailer.mailbox.imap_bounds import MOST, BoundedClient, TooMuch
from mailer.mailbox.server import NO_CONNECTION, NO_TLS, NoMailbox, Server

AT_ONCE = 500
"""Letters asked for in one command."""

NO_TIME = datetime.fromtimestamp(0, UTC)
"""When a letter came of which the server tells no time."""

_SENSELESS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the libraries raise on an answer that is none."""

_TOLD_CHARS = 300

T = TypeVar("T")


class ImapLine:
    """A connection that is made when it is needed, and made anew when it broke. `most`: bytes of one answer."""

    def __init__(self, server: Server, *, most: int = MOST, tries: int = 3, pause: float = 0.5) -> None:
        self._server = server
        self._most = most
        self._client: IMAPClient | None = None
        self._retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(tries),
            wait=tenacity.wait_incrementing(start=0, increment=pause),
            retry=tenacity.retry_if_exception(_is_lost),
            reraise=True,
        )

    def use(self, work: Callable[[IMAPClient], T]) -> T:
        """Do that over the line; over a new one if the line breaks. `work` is repeated, so it must bear that. Raises OSError."""
        try:
            result: T = self._retrying(self._once, work)
        except imaplib.IMAP4.abort as error:
            raise ConnectionError(f"{self._server.host}: the line breaks again and again ({servers_word(error)})") from error
        return result

    def once(self, work: Callable[[IMAPClient], T]) -> T:
        """Do that over the line; never twice. Raises OSError."""
        try:
            return self._once(work)
        except imaplib.IMAP4.abort as error:
            raise ConnectionError(f"{self._server.host}: the line broke ({servers_word(error)})") from error

    def drop(self) -> None:
        """Let go of the line, whatever its state."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                client.shutdown()

    def close(self) -> None:
        """Say good-bye and let go of the line."""
        if self._client is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._client.logout()
        self.drop()

    def _once(self, work: Callable[[IMAPClient], T]) -> T:
        try:
            if self._client is None:
                self._client = self._connected()
            return work(self._client)
        except imaplib.IMAP4.abort:
            self.drop()
            raise
        except imaplib.IMAP4.error as error:
            self.drop()  # NO, BAD, an answer that cannot be read: a new session may fare better
            raise ConnectionError(f"{self._server.host}: {servers_word(error)}") from error
        except TimeoutError as error:
            self.drop()
            raise TimeoutError(f"{self._server.host}: it does not answer in time ({error})") from error
        except TooMuch as error:
            self.drop()
            raise TooMuch(f"{self._server.host}: {error}") from error
        except _SENSELESS as error:
            self.drop()
            raise ConnectionError(f"{self._server.host}: its answer makes no sense ({type(error).__name__})") from error
        except BaseException as error:
            if not isinstance(error, NoMailbox):
                self.drop()  # cut short, perhaps in the middle of an answer
            raise

    def _connected(self) -> IMAPClient:
        server = self._server
        context = server.context() if server.security != "plain" else None
        try:
            client = BoundedClient(
                server.host,
                most=self._most,
                seconds=server.timeout,
                port=server.port,
                ssl=server.security == "tls",
                ssl_context=context if server.security == "tls" else None,
                timeout=SocketTimeout(connect=min(server.timeout, 20.0), read=server.timeout),
            )
        except ssl.SSLCertVerificationError as error:
            raise NoMailbox(
                f"{server.host}:{server.port}: its certificate is not to be trusted ({error.verify_message})", "certificate"
            ) from error
        except ssl.SSLError as error:
            raise ConnectionError(f"{server.host}:{server.port}: {NO_TLS} ({error.reason or error})") from error
        except TooMuch:
            raise
        except OSError as error:
            raise ConnectionError(f"{server.host}:{server.port}: {NO_CONNECTION} ({error})") from error
        try:
            client.normalise_times = False  # INTERNALDATE with its zone
            if server.security == "starttls":
                client.starttls(context)
            client.login(server.user, server.password)
        except LoginError as error:
            client.shutdown()
            told = servers_word(error).replace(server.password or " ", "…")  # some servers repeat the command
            if isinstance(error.__context__, imaplib.IMAP4.abort):
                raise ConnectionError(f"{server.host}: it hangs up at the login ({told})") from error
            raise NoMailbox(
                f"{server.host}: login as {server.user} is refused ({told}); "
                "check that IMAP is switched on in the mailbox, and the app password",
                "login",
            ) from error
        except UnicodeEncodeError as error:
            client.shutdown()
            raise NoMailbox(
                f"{server.host}: user and password can have Latin letters, figures and signs only", "login"
            ) from error
        except ssl.SSLCertVerificationError as error:
            client.shutdown()
            raise NoMailbox(
                f"{server.host}:{server.port}: its certificate is not to be trusted ({error.verify_message})", "certificate"
            ) from error
        except BaseException:
            client.shutdown()
            raise
        return client


def header_of(data: dict[bytes, object]) -> Message:
    """The header fields of one FETCH answer, under whatever name the server gives them."""
    text = next((value for name, value in data.items() if name.startswith(b"BODY[") and isinstance(value, bytes)), b"")
    return message_from_bytes(text)


def came_at(data: dict[bytes, object]) -> datetime:
    """When the letter came, going by one FETCH answer; `NO_TIME` if that is no time that there could be."""
    told = data.get(b"INTERNALDATE")
    try:
        return told.astimezone(UTC) if isinstance(told, datetime) else NO_TIME
    except OverflowError:
        return NO_TIME


def servers_word(error: Exception) -> str:
    """A server's word, whatever its type; the beginning of a long one."""
    word = error.args[0] if error.args else error
    text = word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
    text = text.removeprefix("b'").removesuffix("'")  # the libraries show bytes as Python writes them
    return text if len(text) <= _TOLD_CHARS else f"{text[:_TOLD_CHARS]}…"


def _is_lost(error: BaseException) -> bool:
    """Is it worth connecting again?"""
    return isinstance(error, imaplib.IMAP4.abort | OSError) and not isinstance(error, NoMailbox | TooMuch)
