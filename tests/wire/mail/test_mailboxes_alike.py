"""What the ports promise, of both mailboxes alike: Maildirs of a home, and IMAP with SMTP over real sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from imapclient import IMAPClient

from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.inbox import Inbox
from mailer.mailbox.maildir_inbox import MaildirInbox
from mailer.mailbox.maildir_outbox import MaildirOutbox
from mailer.mailbox.outbox import Mailbox, Unavailable, Withdrawn
from mailer.mailbox.server import Server
from mailer.mailbox.smtp_outbox import SmtpOutbox
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import PASSWORD, free_ports
from tests.wire.mail.outgoing import OutgoingServer

LIMIT = 50_000
DAY = datetime(2026, 3, 2, 7, tzinfo=UTC)


class Post(Protocol):
    """A mailbox as a test handles it from outside."""

    def put(self, raw: bytes, at: datetime = DAY) -> None: ...
    def inbox(self) -> Inbox: ...
    def mailbox(self) -> Mailbox: ...
    def unreachable(self) -> tuple[Inbox, Mailbox]: ...
    def person_reads(self) -> None:
        """A person opens every letter in a mail program."""

    def person_removes(self, number: int) -> None:
        """A person takes away the letter that came as number so and so."""

    def went_out(self) -> list[bytes]:
        """Letters as they went out."""


class Folders:
    """Two Maildirs."""

    def __init__(self, root: Path) -> None:
        self.incoming, self.sent = root / "inbox", root / "sent"
        for part in ("tmp", "new", "cur"):
            (self.incoming / part).mkdir(parents=True)
        self.count = 0

    def put(self, raw: bytes, at: datetime = DAY) -> None:
        self.count += 1
        path = self.incoming / "new" / f"{self.count}.M1.host"
        path.write_bytes(raw)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def inbox(self) -> Inbox:
        return MaildirInbox(self.incoming, max_bytes=LIMIT)

    def mailbox(self) -> Mailbox:
        return MaildirOutbox(self.sent)

    def unreachable(self) -> tuple[Inbox, Mailbox]:
        file = self.incoming / "file"
        file.touch()
        return MaildirInbox(self.incoming / "nowhere"), MaildirOutbox(file)

    def person_reads(self) -> None:
        for path in list((self.incoming / "new").iterdir()):
            path.rename(self.incoming / "cur" / f"{path.name}:2,S")

    def person_removes(self, number: int) -> None:
        for path in self.incoming.rglob(f"{number}.M1.host*"):
            path.unlink()

    def went_out(self) -> list[bytes]:
        return [path.read_bytes() for path in self.sent.rglob("*.partnerdesk*")]


class Sockets:
    """A mailbox on Dovecot, and a server that takes what goes out and brings copies to ourselves."""

    def __init__(self, account: Account, server: OutgoingServer) -> None:
        self.account, self.server = account, server
        server.relay = lambda taken: account.deliver(taken.raw) if account.address in taken.recipients else None

    def put(self, raw: bytes, at: datetime = DAY) -> None:
        with self._person() as person:
            person.append("INBOX", raw, msg_time=at)

    def inbox(self) -> Inbox:
        return self.account.inbox(max_bytes=LIMIT)

    def mailbox(self) -> Mailbox:
        return SmtpOutbox(
            Server("127.0.0.1", self.server.port, security="plain", timeout=5),
            sender=self.account.address,
            copies=self.account.copies(also=["INBOX"]),
            own_copy=self.account.address,
        )

    def unreachable(self) -> tuple[Inbox, Mailbox]:
        self.server.stop()
        (port,) = free_ports(1)
        nowhere = Server("127.0.0.1", port, "u", "p", "plain", timeout=1)
        return ImapInbox(nowhere), SmtpOutbox(nowhere, sender="a@b.example")

    def person_reads(self) -> None:
        with self._person() as person:
            person.fetch(person.search(), ["BODY[]"])

    def person_removes(self, number: int) -> None:
        with self._person() as person:
            person.delete_messages([number])
            person.expunge()

    def went_out(self) -> list[bytes]:
        return [taken.raw for taken in self.server.letters]

    def _person(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.account.dovecot.imap, ssl=False)
        client.login(self.account.name, PASSWORD)
        client.select_folder("INBOX")
        return client


@pytest.fixture(params=["maildir", "imap-smtp"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    if request.param == "maildir":
        yield Folders(tmp_path)
    else:
        yield Sockets(request.getfixturevalue("account"), request.getfixturevalue("outgoing"))


def incoming(number: int, size: int = 1) -> bytes:
    return f"Message-ID: <{number}@partner.example>\r\nSubject: {number}\r\n\r\n{'x' * size}\r\n".encode()


def going_out(number: int) -> tuple[str, bytes]:
    message_id = f"{number:032x}"
    head = f"Message-ID: <{message_id}@vendor.example>\r\nX-Partner-Key: {message_id * 2}\r\n"
    return message_id, f"{head}Date: Mon, 02 Mar 2026 10:00:00 +0300\r\n\r\n.\r\n..\r\nx\r\n".encode()


def unix(raw: bytes | None) -> bytes:
    return (raw or b"").replace(b"\r\n", b"\n")


# -- coming in ----------------------------------------------------------------------


def test_reading_changes_nothing_and_done_lasts(post: Post) -> None:
    post.put(incoming(1))
    inbox = post.inbox()
    (place,) = inbox.keys()
    (item,) = inbox.new()
    assert (unix(item.raw), item.error) == (unix(incoming(1)), "")
    assert item.place == place
    for again in (inbox, post.inbox()):
        assert [(found.key, found.place) for found in again.new()] == [(item.key, place)]
    inbox.done(item.key)
    for again in (inbox, post.inbox()):
        assert again.keys() == []
        assert list(again.new()) == []
    inbox.done(item.key)


def test_time_is_the_mailboxs_and_the_oldest_comes_first(post: Post) -> None:
    for number, day in ((1, 5), (2, 3), (3, 4)):
        post.put(incoming(number), DAY.replace(day=day))
    inbox = post.inbox()
    items = list(inbox.new())
    assert [item.received_at for item in items] == [DAY.replace(day=day) for day in (3, 4, 5)]
    assert [item.place for item in items] == inbox.keys()


def test_places_to_skip_are_skipped(post: Post) -> None:
    for number in (1, 2, 3):
        post.put(incoming(number))
    inbox = post.inbox()
    places = inbox.keys()
    assert [item.place for item in inbox.new(skip={places[0], places[2]})] == [places[1]]


def test_letters_may_be_settled_while_they_are_read(post: Post) -> None:
    for number in range(5):
        post.put(incoming(number), DAY.replace(minute=number))
    inbox = post.inbox()
    taken = []
    for item in inbox.new():
        taken.append(unix(item.raw))
        inbox.done(item.key)
    assert taken == [unix(incoming(number)) for number in range(5)]
    assert inbox.keys() == []


def test_a_letter_over_the_limit_is_told_and_holds_up_nothing(post: Post) -> None:
    post.put(incoming(1, LIMIT))
    post.put(incoming(2), DAY.replace(hour=8))
    inbox = post.inbox()
    large, small = inbox.new()
    assert large.raw is None
    assert str(LIMIT) in large.error
    assert unix(small.raw) == unix(incoming(2))
    inbox.done(large.key)
    assert inbox.keys() == [small.place]


def test_a_person_who_reads_first_takes_nothing_from_us(post: Post) -> None:
    post.put(incoming(1))
    (before,) = post.inbox().new()
    post.person_reads()
    (after,) = post.inbox().new()
    assert (after.key, after.place) == (before.key, before.place)


def test_a_letter_that_a_person_removes_is_no_error(post: Post) -> None:
    for number in (1, 2, 3):
        post.put(incoming(number), DAY.replace(minute=number))
    inbox = post.inbox()
    reading = inbox.new()
    first = next(reading)
    post.person_removes(2)
    (third,) = reading
    assert unix(third.raw) == unix(incoming(3))
    post.person_removes(1)
    inbox.done(first.key)
    assert inbox.keys() == [third.place]


def test_two_letters_with_one_message_id_are_two(post: Post) -> None:
    post.put(incoming(1))
    post.put(incoming(1, 2))
    assert len({item.key for item in post.inbox().new()}) == 2


def test_a_letter_is_settled_by_one_who_never_listed_it(post: Post) -> None:
    post.put(incoming(1))
    post.put(incoming(2), DAY.replace(hour=8))
    first, second = post.inbox().new()
    post.inbox().done(first.key)
    assert post.inbox().keys() == [second.place]


def test_what_was_settled_since_a_moment_comes_again_on_request(post: Post) -> None:
    post.put(incoming(1))
    post.put(incoming(2), DAY.replace(day=20))
    inbox = post.inbox()
    first, second = inbox.new()
    inbox.done(first.key)
    inbox.done(second.key)
    post.put(incoming(3), DAY.replace(day=21))
    for again in (inbox, post.inbox()):
        found = list(again.new(done_since=DAY.replace(day=10)))
        assert [item.key for item in found][:1] == [second.key], "the same letter, not a new one"
        assert [unix(item.raw) for item in found] == [unix(incoming(2)), unix(incoming(3))]
        again.done(second.key)
        assert len(again.keys()) == 1


def test_a_key_that_nobody_knows_settles_nothing(post: Post) -> None:
    post.put(incoming(1))
    post.inbox().done("no such key")
    assert len(post.inbox().keys()) == 1


def test_an_empty_letter_is_told_and_holds_up_nothing(post: Post) -> None:
    post.put(b"\r\n")
    post.put(incoming(2), DAY.replace(hour=8))
    empty, whole = post.inbox().new()
    assert empty.raw is None
    assert "не письмо" in empty.error
    assert unix(whole.raw) == unix(incoming(2))


def test_bytes_come_as_they_are(post: Post) -> None:
    raw = b"Subject: \xd2\xc5\xd3\xd4 \xff\r\nX: \x01\r\n\r\n.\r\n..\r\nFrom here\r\n\x80\x81\r\n"
    post.put(raw)
    (item,) = post.inbox().new()
    assert (unix(item.raw), item.size) == (unix(raw), len(item.raw or b""))


# -- going out ----------------------------------------------------------------------


def test_a_batch_goes_out_as_it_is_and_is_found(post: Post) -> None:
    letters = dict(going_out(number) for number in range(1, 6))
    mailbox = post.mailbox()
    with mailbox.batch() as connection:
        for raw in letters.values():
            connection.send(raw, "ivan@partner.example")
    assert sorted(map(unix, post.went_out())) == sorted(map(unix, letters.values()))
    for again in (mailbox, post.mailbox()):
        assert again.find([*letters, "f" * 32]) == set(letters)
    assert mailbox.find([]) == set()


def test_a_second_batch_is_as_good_as_the_first(post: Post) -> None:
    mailbox = post.mailbox()
    for number in (1, 2):
        with mailbox.batch() as connection:
            connection.send(going_out(number)[1], "ivan@partner.example")
    assert len(post.went_out()) == 2


def test_a_letter_that_is_not_ours_any_more_does_not_go_and_the_next_one_does(post: Post) -> None:
    mailbox = post.mailbox()
    (withdrawn, raw), (going, other) = going_out(1), going_out(2)
    with mailbox.batch() as connection:
        with pytest.raises(Withdrawn):
            connection.send(raw, "ivan@partner.example", lambda: False)
        connection.send(other, "ivan@partner.example", lambda: True)
    assert list(map(unix, post.went_out())) == [unix(other)]
    assert post.mailbox().find([withdrawn, going]) == {going}


def test_an_id_of_letters_is_found_and_an_absent_one_is_not(post: Post) -> None:
    message_id, raw = "ab" * 16, going_out(0xAB)[1].replace(b"%032x" % 0xAB, b"ab" * 16)
    with post.mailbox().batch() as connection:
        connection.send(raw, "ivan@partner.example")
    assert post.mailbox().find([message_id, "cd" * 16]) == {message_id}
    assert post.mailbox().grace >= timedelta(0)


def test_what_went_out_since_a_moment_is_listed_once_with_what_it_was(post: Post) -> None:
    began = datetime.now(UTC) - timedelta(seconds=2)
    with post.mailbox().batch() as connection:
        for number in (1, 2):
            head = (
                f"X-Partner-Case: D-2026-000{number}\r\nX-Partner-Template: deal-registered\r\n"
                f"To: Ivan <Ivan@partner.example>\r\nReply-To: partners+token{number}@vendor.example\r\n"
                f"X-Partner-Says: discount.{number}\r\n valid_until.{number}\r\n"
            )
            connection.send(head.encode() + going_out(number)[1], "ivan@partner.example")
    found = sorted(post.mailbox().gone_since(began))
    assert [one.key[:32] for one in found] == [going_out(number)[0] for number in (1, 2)]
    assert found[0][1:5] == ("D-2026-0001", "deal-registered", "ivan@partner.example", "token1")
    assert found[0].marks == frozenset({"discount.1", "valid_until.1"})
    assert found[0].at == datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    assert post.mailbox().gone_since(began + timedelta(days=3)) == []


def test_no_mailbox_is_told(post: Post) -> None:
    inbox, mailbox = post.unreachable()
    with pytest.raises(OSError):
        inbox.keys()
    with pytest.raises(OSError):
        list(inbox.new())
    with pytest.raises(Unavailable), mailbox.batch():
        pass
