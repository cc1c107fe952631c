"""A letter that cannot be delivered, from our outbox to our inbox by way of a real Postfix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.incoming_mail import LetterKind
from mailer.mailbox.server import Server
from mailer.mailbox.smtp_outbox import SmtpOutbox
from mailer.reading.letter import read_letter
from tests.wire.mail import postfix as postfix_server
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import Dovecot
from tests.wire.mail.postfix import Postfix

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    """A running Postfix."""
    if why := postfix_server.missing():
        pytest.skip(why)
    server = Postfix(dovecot.lmtp)
    try:
        yield server.start()
    finally:
        server.stop()


def test_a_real_delivery_status_is_a_bounce_tied_to_its_letter(postfix: Postfix, account: Account, tmp_path: Path) -> None:
    raw = (
        f"From: {account.address}\r\nTo: ivan@firm.example\r\nSubject: x\r\nMessage-ID: <{ID}@vendor.example>\r\n"
        f"X-Partner-Key: {ID * 2}\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n"
    ).encode()
    inbox = account.inbox()
    with SmtpOutbox(Server("127.0.0.1", postfix.port, security="plain"), sender=account.address).batch() as connection:
        connection.send(raw, "ivan@firm.example")
    assert inbox.wait(15)
    (item,) = inbox.new()
    assert item.raw is not None
    letter = read_letter(item.raw, item.key, item.received_at, mailbox=account.address, authserv_id="", attachments_dir=tmp_path)
    assert letter.kind is LetterKind.BOUNCE
    assert letter.failed_recipient == "ivan@firm.example"
    assert ID in letter.references
    assert letter.no_such_address
