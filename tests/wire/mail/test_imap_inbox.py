"""The inbox over IMAP against a real Dovecot: what is taken, what is marked and when; what people, servers and lines may do."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from imapclient import IMAPClient

from mailer.mailbox import imap_inbox
from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.inbox import Inbox, RawMail
from mailer.mailbox.server import NoMailbox, Server
from tests.wire.mail.certificates import Certificates
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import PASSWORD, Dovecot, free_ports
from tests.wire.mail.line import Line


def letter(number: int = 1, *headers: str, body: str = "1\r\n") -> bytes:
    head = [f"Message-ID: <{number}@partner.example>", "From: ivan@partner.example", f"Subject: {number}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def subjects(items: list[RawMail]) -> list[str]:
    assert all(item.raw is not None for item in items)
    return [(item.raw or b"").split(b"Subject: ")[1].split(b"\r\n")[0].decode() for item in items]


@pytest.fixture
def person(account: Account) -> Iterator[IMAPClient]:
    """A person who works in the same mailbox with a mail program."""
    with IMAPClient("127.0.0.1", account.dovecot.imap, ssl=False) as client:
        client.login(account.name, PASSWORD)
        client.select_folder("INBOX")
        yield client


@pytest.fixture
def line(account: Account) -> Iterator[Line]:
    """The way to the server, which can be cut."""
    line = Line(account.dovecot.imaps)
    yield line
    line.close()


def over(line: Line, account: Account, timeout: float = 5.0, **options: object) -> ImapInbox:
    inbox = ImapInbox(account.server(timeout, line.port), **options)  # type: ignore[arg-type]
    account.opened.append(inbox)
    return inbox


# -- reading and marking ------------------------------------------------------------


def test_a_letter_is_taken_and_marked_only_when_done(account: Account, person: IMAPClient) -> None:
    account.deliver(letter(), token="token")
    inbox: Inbox = account.inbox()
    (place,) = inbox.keys()
    (item,) = inbox.new()
    assert item.raw is not None
    assert item.raw.endswith(letter())
    assert f"Delivered-To: {account.name}+token@vendor.example\r\n".encode() in item.raw
    assert item.key == f"imap:{hashlib.sha256(item.raw).hexdigest()}"
    assert (item.place, item.size, item.error) == (place, len(item.raw), "")
    person.noop()
    validity = person.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    assert place == f"INBOX/{validity}/1"
    assert set(person.get_flags([1])[1]) <= {b"\\Recent"}
    assert [again.key for again in inbox.new()] == [item.key]
    assert list(inbox.new(skip=[place])) == []
    inbox.done(item.key)
    person.noop()
    assert {b"\\Seen", b"$PartnerDesk"} <= set(person.get_flags([1])[1])
    assert inbox.keys() == []
    assert list(inbox.new()) == []


def test_a_letter_that_a_person_read_first_is_still_taken(account: Account, person: IMAPClient) -> None:
    account.deliver(letter())
    person.noop()
    person.add_flags([1], [b"\\Seen", b"\\Flagged"])
    assert len(list(account.inbox().new())) == 1


def test_time_and_order_are_the_mailboxs(account: Account, person: IMAPClient) -> None:
    zone = timezone(timedelta(hours=3))
    for number, day in ((1, 5), (2, 3), (3, 4)):
        person.append(
            "INBOX", letter(number, "Date: Mon, 01 Jan 2035 00:00:00 +0000"), msg_time=datetime(2026, 3, day, 10, tzinfo=zone)
        )
    items = list(account.inbox().new())
    assert subjects(items) == ["2", "3", "1"]
    assert [item.received_at for item in items] == [datetime(2026, 3, day, 7, tzinfo=UTC) for day in (3, 4, 5)]
    assert all(item.received_at.tzinfo is not None for item in items)


def test_letters_are_listed_in_portions(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_inbox, "AT_ONCE", 3)
    for number in range(8):
        account.deliver(letter(number))
    assert subjects(list(account.inbox().new())) == [str(number) for number in range(8)]


def test_message_ids_that_are_missing_or_doubled_tell_nothing_apart(account: Account) -> None:
    for body in ("one", "two"):
        account.deliver(letter(7, body=body))
        account.deliver(b"From: a@b.example\r\n\r\n" + body.encode())
    inbox = account.inbox()
    assert len({item.key for item in inbox.new()}) == 4


def test_a_letter_that_lies_there_twice_is_one_letter(account: Account, person: IMAPClient) -> None:
    account.deliver(letter())
    person.noop()
    person.copy([1], "INBOX")
    inbox = account.inbox()
    first, second = inbox.new()
    assert first.key == second.key
    assert first.place != second.place
    inbox.done(first.key)
    assert inbox.keys() == []


def test_done_works_in_another_process(account: Account) -> None:
    for number in (1, 2):
        account.deliver(letter(number))
    _, second = account.inbox().new()
    other = account.inbox()
    other.done(second.key)
    assert subjects(list(other.new())) == ["1"]
    other.done("imap:" + "0" * 64)
    assert len(other.keys()) == 1


def test_a_letter_that_is_too_large_is_an_item_with_an_error_and_holds_up_nothing(account: Account) -> None:
    account.deliver(letter(1, body="x" * 200_000))
    account.deliver(letter(2))
    inbox = account.inbox(max_bytes=100_000)
    large, small = inbox.new()
    assert large.raw is None
    assert large.size > 200_000
    assert "100000" in large.error
    assert subjects([small]) == ["2"]
    assert [item.key for item in account.inbox(max_bytes=100_000).new()] == [large.key, small.key]
    inbox.done(large.key)
    assert inbox.keys() == [small.place]


def test_an_empty_letter_is_an_item_with_an_error(account: Account, person: IMAPClient) -> None:
    person.append("INBOX", b"\r\n")
    (item,) = account.inbox().new()
    assert (item.raw, item.error) == (None, "не письмо: сообщение пусто")


def test_a_letter_that_the_server_does_not_give_out_holds_up_nothing_and_is_told(account: Account) -> None:
    for number in (1, 2, 3):
        account.deliver(letter(number))
    inbox = account.inbox()
    inbox.keys()
    inbox.close()
    broken = sorted((account.maildir / "cur").iterdir())[1]
    broken.chmod(0)
    taken: list[RawMail] = []
    with pytest.raises(OSError, match=r"does not give out 1 letters.*/2 "):
        taken.extend(inbox.new())
    assert subjects(taken) == ["1", "3"]
    broken.chmod(0o600)
    assert subjects(list(inbox.new())) == ["1", "2", "3"]


def test_letters_from_before_the_first_day_are_left_alone(account: Account, person: IMAPClient) -> None:
    person.append("INBOX", letter(1), msg_time=datetime(2020, 1, 1, tzinfo=UTC))
    account.deliver(letter(2))
    assert subjects(list(account.inbox(since=date(2025, 1, 1)).new())) == ["2"]


# -- numbered anew ------------------------------------------------------------------


@pytest.mark.parametrize("marks_lost", [False, True])
def test_another_uidvalidity_is_a_scan_that_changes_nothing(marks_lost: bool, account: Account) -> None:
    for number in (1, 2, 3):
        account.deliver(letter(number, body="x" * (150_000 if number == 3 else 1)))
    inbox = account.inbox(max_bytes=100_000)
    before = {item.key: item.place for item in inbox.new()}
    settled = list(before)[:2]
    for key in settled:
        inbox.done(key)
    inbox.close()
    account.dovecot.forget_numbers(account.name, marks=marks_lost)
    after = {item.key: item.place for item in account.inbox(max_bytes=100_000).new()}
    assert set(after) == (set(before) if marks_lost else set(before) - set(settled))
    assert not set(after.values()) & set(before.values())


def test_a_folder_made_anew_while_we_read_marks_the_right_letter(account: Account, person: IMAPClient) -> None:
    person.create_folder("Partners")
    person.append("Partners", letter(1))
    inbox = account.inbox(folder="Partners")
    reading = inbox.new()
    item = next(reading)
    person.delete_folder("Partners")
    person.create_folder("Partners")
    for number in (2, 1):
        person.append("Partners", letter(number), msg_time=datetime(2026, 3, number, tzinfo=UTC))
    inbox.done(item.key)
    assert list(reading) == []
    assert subjects(list(inbox.new())) == ["2"]


# -- people in the same mailbox -----------------------------------------------------


def test_a_letter_that_vanishes_while_we_read_is_no_error(account: Account, person: IMAPClient) -> None:
    for number in (1, 2, 3):
        account.deliver(letter(number))
    inbox = account.inbox()
    reading = inbox.new()
    first = next(reading)
    person.noop()
    person.delete_messages([1, 2])
    person.expunge()
    assert subjects(list(reading)) == ["3"]
    inbox.done(first.key)
    assert len(inbox.keys()) == 1


def test_a_letter_that_a_person_deleted_is_not_taken(account: Account, person: IMAPClient) -> None:
    account.deliver(letter())
    person.noop()
    person.delete_messages([1])
    assert account.inbox().keys() == []


# -- moving what is done ------------------------------------------------------------


@pytest.fixture(scope="module")
def plain_dovecot(dovecot: Dovecot) -> Iterator[Dovecot]:
    """A server that can neither MOVE nor IDLE."""
    server = Dovecot(capability="IMAP4rev1 LITERAL+ UIDPLUS")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.mark.parametrize("able", [True, False])
def test_settled_letters_are_moved(able: bool, account: Account, plain_dovecot: Dovecot) -> None:
    if not able:
        account = Account(plain_dovecot, account.name, account.opened)
    for number in (1, 2):
        account.deliver(letter(number))
    with IMAPClient("127.0.0.1", account.dovecot.imap, ssl=False) as person:
        person.login(account.name, PASSWORD)
        person.select_folder("INBOX")
        inbox = account.inbox(done_folder="Обработано")
        first, second = inbox.new()
        inbox.done(first.key)
        assert inbox.keys() == [second.place]
        person.noop()
        assert person.search() == [2]
        person.delete_messages([2])
        inbox.done(second.key)
        inbox.done(second.key)
        person.select_folder("Обработано")
        assert len(person.search("SEEN")) == 2


def test_what_a_person_marked_as_deleted_is_not_expunged_by_us(account: Account, plain_dovecot: Dovecot) -> None:
    account = Account(plain_dovecot, account.name, account.opened)
    for number in (1, 2):
        account.deliver(letter(number))
    inbox = account.inbox(done_folder="Done")
    first, _ = inbox.new()
    with IMAPClient("127.0.0.1", account.dovecot.imap, ssl=False) as person:
        person.login(account.name, PASSWORD)
        person.select_folder("INBOX")
        person.delete_messages([2])
        inbox.done(first.key)
        person.noop()
        assert person.search("DELETED") == [2]


def test_a_server_without_keywords_needs_a_folder_to_move_to(account: Account) -> None:
    account.deliver(letter())
    line = Line(account.dovecot.imap, lambda data: data.replace(rb"\Draft \*)]", rb"\Draft)]"))
    try:
        server = Server("127.0.0.1", line.port, account.name, PASSWORD, "plain", timeout=5)
        inbox = ImapInbox(server)
        with pytest.raises(NoMailbox, match="keywords"):
            inbox.keys()
        assert "folder" in inbox.check()[0]
        inbox.close()
        moving = ImapInbox(server, done_folder="Done")
        (item,) = moving.new()
        moving.done(item.key)
        assert moving.keys() == []
        moving.close()
    finally:
        line.close()


def test_what_was_moved_away_since_a_moment_comes_again_on_request(account: Account) -> None:
    for number in (1, 2):
        account.deliver(letter(number))
    inbox = account.inbox(done_folder="Done")
    first, second = inbox.new()
    for item in (first, second):
        inbox.done(item.key)
    account.deliver(letter(3))
    found = list(inbox.new(done_since=second.received_at))
    assert {item.key for item in found[:2]} == {first.key, second.key}
    for item in found:
        inbox.done(item.key)
    assert inbox.keys() == []
    assert [item.key for item in inbox.new(done_since=second.received_at + timedelta(days=3))] == []


def test_letters_are_read_though_the_folder_of_settled_ones_is_not_there_yet(account: Account) -> None:
    """A mailbox that was made anew, like the ledger."""
    account.deliver(letter())
    inbox = account.inbox(done_folder="Done")
    assert subjects(list(inbox.new(done_since=datetime(2026, 3, 2, tzinfo=UTC)))) == ["1"]


def test_a_letter_that_comes_back_with_another_case_in_its_header_is_still_what_was_sent(account: Account) -> None:
    """Its recipient knows key and reply address, and could say that another partner's letter went out."""
    began = datetime.now(UTC)
    ours = letter(1, f"X-Partner-Key: {'ab' * 32}", "To: ivan@partner.example", "X-Partner-Case: D-2026-0001")
    account.copies().keep(ours)
    account.deliver(ours.replace(b"D-2026-0001", b"D-2026-0002").replace(b"To: ivan", b"To: rival"))
    (found,) = account.copies(also=["INBOX"]).gone_since(began)
    assert (found.number, found.recipient) == ("D-2026-0001", "ivan@partner.example")


# -- lines that break ---------------------------------------------------------------


def test_a_line_cut_between_letters_is_made_anew(account: Account, line: Line) -> None:
    for number in (1, 2, 3):
        account.deliver(letter(number))
    inbox = over(line, account)
    taken = []
    for item in inbox.new():
        taken.append(item)
        line.cut()
        inbox.done(item.key)
        line.cut()
    assert subjects(taken) == ["1", "2", "3"]
    assert inbox.keys() == []
    assert line.connections >= 6


def test_a_line_cut_in_the_middle_of_a_letter_is_made_anew(account: Account, line: Line) -> None:
    account.deliver(letter(body="x" * 500_000))
    inbox = over(line, account)
    assert len(inbox.keys()) == 1
    line.cut_after = 100_000
    (item,) = inbox.new()
    assert item.raw is not None
    assert item.raw.rstrip().endswith(b"x" * 500_000)
    assert line.connections == 2


def test_a_line_that_says_nothing_any_more_is_made_anew_after_the_timeout(account: Account, line: Line) -> None:
    account.deliver(letter())
    inbox = over(line, account, timeout=0.5)
    assert len(inbox.keys()) == 1
    line.freeze()
    assert len(list(inbox.new())) == 1
    assert line.connections == 2


def test_a_line_that_always_breaks_is_told_as_no_mailbox(account: Account, line: Line) -> None:
    inbox = over(line, account)
    assert inbox.keys() == []
    line.closed = True
    line.cut()
    with pytest.raises(OSError):
        inbox.keys()
    line.closed = False
    assert inbox.keys() == []


# -- no mailbox ---------------------------------------------------------------------


def test_what_is_wrong_is_told_with_its_mend(account: Account, certificates: Certificates) -> None:
    server = account.server()
    wrong = {
        "app password": ImapInbox(Server("localhost", server.port, "u", "wrong", "tls", server.ca_file, 5)),
        "not to be trusted": ImapInbox(Server("localhost", server.port, "u", PASSWORD, "tls", str(certificates.authority), 5)),
        "no folder 'Nowhere'": ImapInbox(server, folder="Nowhere"),
        "nowhere.pem": ImapInbox(Server("localhost", server.port, "u", PASSWORD, "tls", "nowhere.pem", 5)),
    }
    for told, inbox in wrong.items():
        with pytest.raises(NoMailbox, match=told):
            inbox.keys()
        assert told in inbox.check()[0]
        inbox.close()
    assert account.inbox().check() == []


def test_starttls(account: Account) -> None:
    account.deliver(letter())
    ca = str(account.dovecot.certificates.authority)
    inbox = ImapInbox(Server("localhost", account.dovecot.imap, account.name, PASSWORD, "starttls", ca, 5))
    assert len(list(inbox.new())) == 1
    inbox.close()


def test_a_server_that_is_not_there() -> None:
    (port,) = free_ports(1)
    with pytest.raises(OSError, match="refused"):
        ImapInbox(Server("localhost", port, "u", "p", timeout=1)).keys()


def test_which_servers_vouch_in_this_mailbox(account: Account) -> None:
    for number, host in enumerate(("mx.vendor.example", "mx.vendor.example (comment)", "forged.example")):
        account.deliver(
            letter(number, f"Authentication-Results: {host}; dkim=pass", "Authentication-Results: lower.example; x=y")
        )
    account.deliver(letter(8, "Authentication-Results: ; spf=pass"))  # anybody can send that
    account.deliver(letter(9))
    assert account.inbox().authserv_ids() == ["mx.vendor.example", "forged.example"]


# -- waiting ------------------------------------------------------------------------


def soon(account: Account, seconds: float = 0.5, number: int = 5) -> list[float]:
    """Deliver a letter in a moment; when it arrived."""
    arrived: list[float] = []

    def deliver() -> None:
        account.deliver(letter(number))
        arrived.append(time.monotonic())

    threading.Timer(seconds, deliver).start()
    return arrived


def test_a_letter_is_noticed_within_five_seconds_of_its_arrival(account: Account) -> None:
    account.deliver(letter(1))
    inbox = account.inbox()
    for item in inbox.new():
        inbox.done(item.key)
    arrived = soon(account)
    assert inbox.wait(20)
    assert subjects(list(inbox.new())) == ["5"]
    assert time.monotonic() - arrived[0] < 5


def test_nothing_comes_and_the_time_is_up(account: Account) -> None:
    begun = time.monotonic()
    assert not account.inbox().wait(0.6)
    assert 0.5 < time.monotonic() - begun < 3


def test_what_came_since_the_last_listing_is_noticed_at_once(account: Account) -> None:
    inbox = account.inbox()
    assert inbox.keys() == []
    account.deliver(letter())
    assert inbox.wait(0)


def test_a_letter_that_was_listed_and_stays_is_not_noticed_again_and_again(account: Account) -> None:
    account.deliver(letter())
    inbox = account.inbox()
    assert len(inbox.keys()) == 1
    assert not inbox.wait(0.3)
    separate = account.inbox()
    assert separate.wait(5)
    assert not separate.wait(0.3)


def test_a_sign_to_stop_ends_the_waiting(account: Account) -> None:
    stopped = threading.Event()
    threading.Timer(0.3, stopped.set).start()
    begun = time.monotonic()
    assert not account.inbox().wait(60, stopped.is_set)
    assert time.monotonic() - begun < 3


def test_a_flag_that_a_person_sets_is_no_letter(account: Account, person: IMAPClient) -> None:
    account.deliver(letter())
    inbox = account.inbox()
    inbox.keys()
    person.noop()
    threading.Timer(0.2, lambda: person.add_flags([1], [b"\\Flagged"])).start()
    assert not inbox.wait(0.8)


def test_a_line_cut_while_waiting_is_made_anew(account: Account, line: Line) -> None:
    inbox = over(line, account)
    threading.Timer(0.3, line.cut).start()
    arrived = soon(account, 1.0)
    assert inbox.wait(20)
    assert time.monotonic() - arrived[0] < 5
    assert line.connections >= 2


def test_a_line_that_says_nothing_any_more_is_noticed_when_idle_is_renewed(account: Account, line: Line) -> None:
    inbox = over(line, account, timeout=0.5, idle_seconds=1.0)
    threading.Timer(0.3, line.freeze).start()
    arrived = soon(account, 0.6)
    assert inbox.wait(20)
    assert time.monotonic() - arrived[0] < 5
    assert line.connections == 2


def test_a_server_that_is_away_is_waited_for_quietly(account: Account, line: Line) -> None:
    line.closed = True
    inbox = over(line, account)
    begun = time.monotonic()
    assert not inbox.wait(0.7)
    assert 0.5 < time.monotonic() - begun < 5


def test_a_server_without_idle_is_asked(account: Account, plain_dovecot: Dovecot) -> None:
    account = Account(plain_dovecot, account.name, account.opened)
    inbox = account.inbox(poll_seconds=0.2)
    arrived = soon(account, 0.3)
    assert inbox.wait(20)
    assert time.monotonic() - arrived[0] < 5


@pytest.mark.parametrize("seconds", [0.0, 29 * 60.0])
def test_idle_is_renewed_before_the_server_hangs_up(seconds: float) -> None:
    with pytest.raises(ValueError, match="28 minutes"):
        ImapInbox(Server("localhost", 993), idle_seconds=seconds)
