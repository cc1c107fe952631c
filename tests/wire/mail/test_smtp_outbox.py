"""Sending over real sockets: what each answer and each broken line means for a repeat."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.mailbox.imap_copies import OwnCopies
from mailer.mailbox.outbox import DeliveryUncertain, Refused, Unavailable, Withdrawn
from mailer.mailbox.server import Server
from mailer.mailbox.smtp_outbox import SmtpOutbox
from tests.wire.mail.certificates import Certificates, make_certificates
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import free_ports
from tests.wire.mail.outgoing import PASSWORD, USER, Fault, OutgoingServer, Stage

SENDER, TO = "partners@vendor.example", "ivan@partner.example"
ID = "0123456789abcdef0123456789abcdef"
RAW = (
    f"From: {SENDER}\r\nTo: {TO}\r\nSubject: =?utf-8?b?0KHQtNC10LvQutCw?=\r\nMessage-ID: <{ID}@vendor.example>\r\n"
    f"X-Partner-Key: {ID * 2}\r\nDate: Mon, 02 Mar 2026 10:00:00 +0300\r\n\r\n.\r\n..two\r\nend\r\n"
).encode()


def outbox(server: OutgoingServer, timeout: float = 5.0, **options: object) -> SmtpOutbox:
    return SmtpOutbox(Server("127.0.0.1", server.port, security="plain", timeout=timeout), sender=SENDER, **options)  # type: ignore[arg-type]


def test_one_connection_for_a_batch_and_the_bytes_as_they_are(outgoing: OutgoingServer) -> None:
    with outbox(outgoing).batch() as connection:
        for number in range(5):
            connection.send(RAW, f"p{number}@partner.example")
    assert [letter.recipients for letter in outgoing.letters] == [(f"p{number}@partner.example",) for number in range(5)]
    assert {letter.raw for letter in outgoing.letters} == {RAW}
    assert {letter.sender for letter in outgoing.letters} == {SENDER}
    assert outgoing.connections == 1


def test_line_ends_are_made_right_and_smuggle_nothing(outgoing: OutgoingServer) -> None:
    with outbox(outgoing).batch() as connection:
        connection.send(b"Subject: x\n\nfirst\n.\nQUIT\r.\r\nlast", TO)
    assert [letter.raw for letter in outgoing.letters] == [b"Subject: x\r\n\r\nfirst\r\n.\r\nQUIT\r\n.\r\nlast\r\n"]


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "TEXT"])
@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ("550 5.1.1 no such user", Refused),
        ("554 5.7.1 spam", Refused),
        ("552 5.2.2 mailbox full", Unavailable),
        ("451 4.7.1 greylisted", Unavailable),
        ("421 4.3.2 going down", Unavailable),
        ("530 5.7.0 log in first", Unavailable),
    ],
)
def test_answers(stage: Stage, answer: str, raised: type[Exception], outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault(stage, answer)]
    with outbox(outgoing).batch() as connection:
        with pytest.raises(raised, match=answer[:3]):
            connection.send(RAW, TO)
        connection.send(RAW, "next@partner.example")
    assert [letter.recipients for letter in outgoing.letters] == [("next@partner.example",)]


@pytest.mark.parametrize("answer", ["553 5.7.1 Sender address rejected: not owned by auth user", "451 later", "421 bye"])
def test_a_sender_that_the_server_does_not_like_is_ours_to_mend(answer: str, outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("MAIL", answer)]
    with outbox(outgoing).batch() as connection:
        with pytest.raises(Unavailable, match=f"{SENDER}: {answer[:3]}"):
            connection.send(RAW, TO)
        connection.send(RAW, TO)
    assert len(outgoing.letters) == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_line_that_breaks_before_the_text_is_a_passing_fault(stage: Stage, outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault(stage, cut=True)]
    with outbox(outgoing).batch() as connection:
        with pytest.raises(Unavailable):
            connection.send(RAW, TO)
        connection.send(RAW, TO)
    assert len(outgoing.letters) == 1
    assert outgoing.connections == 2


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (Fault("DATA", letter_taken=True), 0),  # cut in the middle of the text
        (Fault("TEXT", cut=True), 0),  # cut after the final dot, the letter dropped
        (Fault("TEXT", cut=True, letter_taken=True), 1),  # cut after the final dot, the letter on its way
        (Fault("TEXT", slow=1.5, letter_taken=True), 1),  # the answer comes too late
        (Fault("TEXT", answer="354 what?", letter_taken=True), 1),
    ],
)
def test_a_line_that_breaks_after_the_text_began_is_in_doubt(fault: Fault, arrived: int, outgoing: OutgoingServer) -> None:
    outgoing.faults = [fault]
    with outbox(outgoing, timeout=0.5).batch() as connection:
        with pytest.raises(DeliveryUncertain):
            connection.send(RAW, TO)
        assert len(outgoing.letters) == arrived
        connection.send(RAW, "next@partner.example")
    assert outgoing.letters[-1].recipients == ("next@partner.example",)


def test_a_slow_server_before_the_text_is_a_passing_fault(outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("RCPT", slow=1.5)]
    begun = time.monotonic()
    with outbox(outgoing, timeout=0.3).batch() as connection, pytest.raises(Unavailable):
        connection.send(RAW, TO)
    assert time.monotonic() - begun < 1.5
    assert outgoing.letters == []


def test_a_batch_is_given_up_when_the_line_breaks_again_and_again(outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("RCPT", cut=True, times=1000)]
    with outbox(outgoing).batch() as connection:
        for _ in range(20):
            with pytest.raises(Unavailable):
                connection.send(RAW, TO)
    assert outgoing.connections == 3


def test_a_server_that_goes_away_in_the_middle(outgoing: OutgoingServer) -> None:
    with outbox(outgoing).batch() as connection:
        connection.send(RAW, TO)
        outgoing.stop()
        for _ in range(5):
            with pytest.raises(Unavailable):
                connection.send(RAW, TO)


def test_no_connection_at_all_is_told_before_any_letter() -> None:
    (port,) = free_ports(1)
    mailbox = SmtpOutbox(Server("127.0.0.1", port, security="plain", timeout=1), sender=SENDER)
    with pytest.raises(Unavailable, match=str(port)), mailbox.batch():
        pass


def test_a_reset_that_fails_costs_a_connection_and_no_letter(outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("RCPT", "550 no"), Fault("RSET", cut=True)]
    with outbox(outgoing).batch() as connection:
        with pytest.raises(Refused):
            connection.send(RAW, TO)
        connection.send(RAW, TO)
    assert len(outgoing.letters) == 1


@pytest.mark.parametrize(
    "recipient", ["ivan", "a@b\r\nRCPT TO:<c@d.example>", "a b@c.example", "<a@c.example>", "иван@partner.example"]
)
def test_what_is_no_address_reaches_no_server(recipient: str, outgoing: OutgoingServer) -> None:
    with outbox(outgoing).batch() as connection, pytest.raises(Refused):
        connection.send(RAW, recipient)
    assert outgoing.letters == []


def test_a_domain_in_russian_goes_as_idna(outgoing: OutgoingServer) -> None:
    with outbox(outgoing).batch() as connection:
        connection.send(RAW, "ivan@партнёр.рф")
    assert outgoing.letters[0].recipients == (f"ivan@{'партнёр.рф'.encode('idna').decode()}",)


def test_a_lease_that_ran_out_stops_the_letter_before_its_text(outgoing: OutgoingServer) -> None:
    with outbox(outgoing).batch() as connection:
        connection.send(RAW, "one@partner.example", lambda: True)
        with pytest.raises(Withdrawn):
            connection.send(RAW, "two@partner.example", lambda: False)
        connection.send(RAW, "three@partner.example")
    assert [letter.recipients[0] for letter in outgoing.letters] == ["one@partner.example", "three@partner.example"]
    assert outgoing.connections == 1


# -- TLS and login ------------------------------------------------------------------


@pytest.fixture(params=["starttls", "tls"])
def guarded(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[OutgoingServer]:
    server = OutgoingServer(certificates=certificates, security=request.param, login=True).start()
    yield server
    server.stop()


def to(server: OutgoingServer, host: str = "localhost", ca: str | None = None, password: str = PASSWORD) -> SmtpOutbox:
    assert server.certificates is not None
    authority = str(server.certificates.authority) if ca is None else ca
    return SmtpOutbox(Server(host, server.port, USER, password, server.security, authority, 5), sender=SENDER)


def test_login_over_tls(guarded: OutgoingServer) -> None:
    mailbox = to(guarded)
    assert mailbox.check() == []
    assert guarded.letters == []
    with mailbox.batch() as connection:
        connection.send(RAW, TO)
    assert len(guarded.letters) == 1


def test_a_certificate_of_an_unknown_authority_is_refused(guarded: OutgoingServer) -> None:
    with pytest.raises(Unavailable, match="not to be trusted"), to(guarded, ca="").batch():
        pass


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    server = OutgoingServer(make_certificates(tmp_path, "mail.example"), "tls").start()
    try:
        assert "not to be trusted" in to(server).check()[0]
    finally:
        server.stop()


def test_a_wrong_password_is_ours_to_mend_and_no_letters_fault(guarded: OutgoingServer) -> None:
    mailbox = to(guarded, password="wrong")
    assert "app password" in mailbox.check()[0]
    with pytest.raises(Unavailable, match="535"), mailbox.batch():
        pass


def test_a_missing_file_of_authorities_is_named(guarded: OutgoingServer) -> None:
    assert "nowhere.pem" in to(guarded, ca="nowhere.pem").check()[0]


def test_a_server_without_starttls_gets_neither_password_nor_letter(outgoing: OutgoingServer) -> None:
    mailbox = SmtpOutbox(Server("127.0.0.1", outgoing.port, USER, PASSWORD, "starttls", timeout=5), sender=SENDER)
    with pytest.raises(Unavailable, match="STARTTLS"), mailbox.batch():
        pass
    assert outgoing.letters == []


def test_a_password_never_travels_in_the_open() -> None:
    with pytest.raises(ValueError, match="TLS"):
        Server("smtp.vendor.example", 25, USER, PASSWORD, "plain")
    assert PASSWORD not in repr(Server("localhost", 25, USER, PASSWORD))


# -- our own copies -----------------------------------------------------------------


def test_a_copy_is_filed_after_the_letter_went(outgoing: OutgoingServer, account: Account) -> None:
    mailbox = outbox(outgoing, copies=account.copies())
    with mailbox.batch() as connection:
        connection.send(RAW, TO)
    (kept,) = (account.maildir / ".Sent").rglob("*:2,*")
    assert kept.read_bytes().replace(b"\r\n", b"\n") == RAW.replace(b"\r\n", b"\n")
    assert kept.name.endswith(":2,S")
    assert mailbox.find([ID]) == {ID}


def test_a_refused_letter_leaves_no_copy(outgoing: OutgoingServer, account: Account) -> None:
    outgoing.faults = [Fault("RCPT", "550 no")]
    mailbox = outbox(outgoing, copies=account.copies(append=False))
    with mailbox.batch() as connection, pytest.raises(Refused):
        connection.send(RAW, TO)
    assert mailbox.find([ID]) == set()


def test_a_copy_that_fails_never_repeats_the_letter(outgoing: OutgoingServer, caplog: pytest.LogCaptureFixture) -> None:
    (port,) = free_ports(1)
    copies = OwnCopies(Server("127.0.0.1", port, "u", "p", "plain", timeout=1))
    with caplog.at_level(logging.WARNING, "mailer.smtp"), outbox(outgoing, copies=copies).batch() as connection:
        for number in range(4):
            connection.send(RAW, f"p{number}@partner.example")
    assert len(outgoing.letters) == 4
    assert [record.message for record in caplog.records] == ["sent-copy", "sent-copy"]


def test_a_blind_copy_to_ourselves_clears_a_doubt(outgoing: OutgoingServer, account: Account) -> None:
    outgoing.relay = lambda taken: account.deliver(taken.raw) if account.address in taken.recipients else None
    outgoing.faults = [Fault("TEXT", cut=True, letter_taken=True), Fault("TEXT", cut=True)]
    mailbox = outbox(outgoing, copies=account.copies(also=["INBOX"]), own_copy=account.address)
    other = "f" * 32
    with mailbox.batch() as connection:
        with pytest.raises(DeliveryUncertain):
            connection.send(RAW, TO)
        with pytest.raises(DeliveryUncertain):
            connection.send(RAW.replace(ID.encode(), other.encode()), TO)
    assert outgoing.letters[0].recipients == (TO, account.address)
    assert b"Bcc" not in outgoing.letters[0].raw
    assert mailbox.find([ID, other]) == {ID}


def test_no_letter_goes_without_its_copy_to_ourselves(outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("RCPT", "550 no", for_=SENDER)]
    with outbox(outgoing, own_copy=SENDER).batch() as connection:
        with pytest.raises(Unavailable, match=f"copy to {SENDER} is refused: 550"):
            connection.send(RAW, TO)
        connection.send(RAW, TO)
    assert [letter.recipients for letter in outgoing.letters] == [(TO, SENDER)]


def test_an_absent_copy_proves_nothing_where_none_is_sent_to_ourselves(outgoing: OutgoingServer, account: Account) -> None:
    with pytest.raises(DeliveryUncertain, match="sent to ourselves"):
        outbox(outgoing, copies=account.copies()).find([ID])
    with pytest.raises(DeliveryUncertain, match="no folder"):
        outbox(outgoing).find([ID])
    assert outbox(outgoing).find([]) == set()


def test_a_mailbox_that_cannot_be_reached_leaves_the_doubt(outgoing: OutgoingServer) -> None:
    (port,) = free_ports(1)
    copies = OwnCopies(Server("127.0.0.1", port, "u", "p", "plain", timeout=1))
    with pytest.raises(Unavailable):
        outbox(outgoing, copies=copies, own_copy=SENDER).find([ID])


def test_a_copy_is_found_by_our_key_where_the_message_id_was_replaced(account: Account) -> None:
    key = "ab" * 32
    account.deliver(f"From: {SENDER}\r\nMessage-ID: <010f-ses@relay.example>\r\nX-Partner-Key: {key}\r\n\r\nx\r\n".encode())
    account.deliver(f"From: {SENDER}\r\nSubject: {'cd' * 16}\r\nIn-Reply-To: <{'cd' * 16}@vendor.example>\r\n\r\nx\r\n".encode())
    assert list(account.copies(also=["INBOX", "No such folder"]).find([key[:32], "cd" * 16])) == [key[:32]]


# -- the self-test ------------------------------------------------------------------

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_letter_to_ourselves_is_found_again(outgoing: OutgoingServer, account: Account) -> None:
    outgoing.relay = lambda taken: account.deliver(taken.raw)
    mailbox = outbox(outgoing, copies=account.copies(also=["INBOX"]), own_copy=account.address)
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= mailbox.round_trip(NOW) <= datetime.now(UTC)
    assert outgoing.letters[0].recipients == (account.address,)
    assert not list((account.maildir / ".Sent").rglob("*:2,*"))


def test_a_letter_to_ourselves_that_is_lost_is_told(outgoing: OutgoingServer, account: Account) -> None:
    mailbox = outbox(outgoing, copies=account.copies(also=["INBOX"]), own_copy=account.address)
    waited: list[float] = []
    with pytest.raises(DeliveryUncertain, match="not found"):
        mailbox.round_trip(NOW, seconds=6, sleep=waited.append)
    assert sum(waited) == 6
    outgoing.faults = [Fault("MAIL", "550 not your address")]
    with pytest.raises(Unavailable, match="not your address"):
        mailbox.round_trip(NOW)
    assert mailbox.clears_doubt
    assert not outbox(outgoing, copies=account.copies()).clears_doubt
