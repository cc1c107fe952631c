"""The servers, each started once for a test process; a user of Dovecot for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailer.mailbox.imap_copies import OwnCopies
from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.server import Server
from tests.wire.mail import dovecot as dovecot_server
from tests.wire.mail.certificates import Certificates, make_certificates
from tests.wire.mail.dovecot import Dovecot
from tests.wire.mail.outgoing import OutgoingServer

_NAMES = itertools.count(1)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot."""
    if why := dovecot_server.missing():
        pytest.skip(why)
    server = Dovecot()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority, and a certificate of this machine."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@dataclass(slots=True)
class Account:
    """A mailbox of its own on Dovecot; what is opened here is closed by the fixture."""

    dovecot: Dovecot
    name: str
    opened: list[ImapInbox | OwnCopies]

    @property
    def address(self) -> str:
        return f"{self.name}@vendor.example"

    @property
    def maildir(self) -> Path:
        return self.dovecot.maildir(self.name)

    def server(self, timeout: float = 5.0, port: int = 0) -> Server:
        """How to reach it: TLS, the tests' authority."""
        authority = str(self.dovecot.certificates.authority)
        return Server(
            "localhost", port or self.dovecot.imaps, self.name, dovecot_server.PASSWORD, ca_file=authority, timeout=timeout
        )

    def inbox(self, **options: object) -> ImapInbox:
        """Its inbox."""
        inbox = ImapInbox(self.server(), **options)  # type: ignore[arg-type]
        self.opened.append(inbox)
        return inbox

    def copies(self, **options: object) -> OwnCopies:
        """Its own copies."""
        copies = OwnCopies(self.server(), **options)  # type: ignore[arg-type]
        self.opened.append(copies)
        return copies

    def deliver(self, raw: bytes, token: str = "") -> None:
        """A letter arrives."""
        self.dovecot.deliver(raw, f"{self.name}+{token}@vendor.example" if token else self.address)


@pytest.fixture
def account(dovecot: Dovecot) -> Iterator[Account]:
    """An empty mailbox."""
    account = Account(dovecot, f"user{next(_NAMES)}", [])
    yield account
    for opened in account.opened:
        opened.close()


@pytest.fixture
def outgoing() -> Iterator[OutgoingServer]:
    """An SMTP server without TLS or login, which a server on this machine may be."""
    server = OutgoingServer().start()
    yield server
    server.stop()
