"""`doctor` over the mailbox: every fault is named with its mend; a letter to ourselves comes back and is no question."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.scenarios.house import House
from tests.wire.doctor_said import examined, fault, warnings
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import free_ports
from tests.wire.mail.outgoing import Fault, OutgoingServer
from tests.wire.mail.real_mail import with_real_mail


@pytest.fixture
def mailed(tmp_path: Path, account: Account, outgoing: OutgoingServer) -> House:
    """A home whose mailbox is Dovecot and a server that brings copies to ourselves."""
    return with_real_mail(House(tmp_path / "home"), account, outgoing)


def test_a_sound_mailbox_gets_its_own_letter_back_and_takes_it_for_no_question(
    mailed: House, account: Account, outgoing: OutgoingServer
) -> None:
    said = examined(mailed)
    assert ("fine", "IMAP and SMTP answer, login and certificates are right") in said["mailbox"]
    assert ("fine", "a letter to ourselves came back and was found by its key") in said["mailbox"]
    assert not warnings(said, "clock")
    assert [letter.recipients for letter in outgoing.letters] == [(account.address,)]
    mailed.ok(datetime.now(UTC))
    assert mailed.rows("Обращения") == []
    assert len(outgoing.letters) == 1
    assert account.inbox().keys() == []


def test_a_way_out_that_fails_is_told(mailed: House, outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("MAIL", "553 5.7.1 Sender address rejected: not owned by auth user")]
    assert "not owned by auth user" in fault(mailed, "mailbox")


WRONG: list[tuple[str, Callable[[Account, OutgoingServer], tuple[str, str]], str]] = [
    ("password", lambda account, _: ('password = "file:mail.key"', 'password = "env:WRONG"'), "IMAP is switched on"),
    ("no secret", lambda account, _: ('password = "file:mail.key"', 'password = "file:nowhere"'), "nowhere; make it"),
    ("folder", lambda account, _: ("append_sent", 'folder = "Входящие"\nappend_sent'), "no folder 'Входящие'"),
    ("host", lambda account, _: ('host = "localhost"', 'host = "imap.invalid"'), "imap.invalid:.*check host and port"),
    ("port", lambda account, _: (f"port = {account.dovecot.imaps}", f"port = {free_ports(1)[0]}"), "check host and port"),
    ("no TLS", lambda account, _: (f"port = {account.dovecot.imaps}", f"port = {account.dovecot.imap}"), "no TLS is spoken"),
    ("authority", lambda account, _: ("ca_file", "timeout_seconds = 5 # "), "certificate is not to be trusted"),
    ("way out", lambda _, server: (f"port = {server.port}", f"port = {free_ports(1)[0]}"), "127.0.0.1:.*check host and port"),
]


@pytest.mark.parametrize(("wrong", "mend"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_wrong_with_the_mailbox_is_told_with_its_mend(
    wrong: Callable[[Account, OutgoingServer], tuple[str, str]],
    mend: str,
    mailed: House,
    account: Account,
    outgoing: OutgoingServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WRONG", "the account's own password")
    mailed.configure(*wrong(account, outgoing))
    assert re.search(mend, fault(mailed, "mailbox"))
    assert outgoing.letters == []


def test_a_mailbox_without_copies_of_ours_is_warned_of(mailed: House, account: Account, outgoing: OutgoingServer) -> None:
    mailed.configure(f'own_copy = "{account.address}"', 'own_copy = ""')
    mailed.configure("append_sent = false", "append_sent = true")
    assert "set mail.own_copy" in warnings(examined(mailed), "mailbox")[0]
    assert outgoing.letters == []


@pytest.mark.parametrize(
    ("configured", "kind", "told"),
    [
        ("", "fine", "mail.authserv_id is empty; the letters here are marked by mx.vendor.example"),
        ("mx.vendor.example", "fine", "proven by mx.vendor.example"),
        ("*.vendor.example", "fine", "proven by *.vendor.example"),
        ("mx.yandex.ru", "warning", "is mx.yandex.ru, but the letters here are marked by mx.vendor.example"),
    ],
)
def test_the_server_that_vouches_is_compared_with_the_letters(
    configured: str, kind: str, told: str, mailed: House, account: Account
) -> None:
    account.deliver(b"Authentication-Results: mx.vendor.example; dkim=pass header.d=firm.ru\r\nFrom: a@firm.ru\r\n\r\n1\r\n")
    mailed.configure('authserv_id = ""', f'authserv_id = "{configured}"')
    ((how, text),) = examined(mailed)["senders"]
    assert (how, told in text) == (kind, True), text
    if kind == "warning":
        assert "write mx.vendor.example" in text


def test_a_service_with_many_hosts_is_proposed_as_such(mailed: House, account: Account) -> None:
    for host in ("iva1-1", "myt5-2"):
        account.deliver(f"Authentication-Results: {host}.qloud-c.yandex.net; dkim=none\r\nFrom: a@firm.ru\r\n\r\n1\r\n".encode())
    mailed.configure('authserv_id = ""', 'authserv_id = "mx.yandex.ru"')
    ((how, text),) = examined(mailed)["senders"]
    assert (how, "write *.qloud-c.yandex.net" in text) == ("warning", True), text


def test_a_server_that_never_vouched_yet(mailed: House) -> None:
    mailed.configure('authserv_id = ""', 'authserv_id = "mx.yandex.ru"')
    ((how, text),) = examined(mailed)["senders"]
    assert (how, "no letter here is marked by a server yet" in text) == ("fine", True)


@pytest.mark.parametrize(("minutes", "way"), [(7, "7 minutes ahead of"), (-7, "7 minutes behind"), (1, "")])
def test_a_clock_that_is_off_is_told_by_the_mailboxs(minutes: int, way: str, mailed: House) -> None:
    said = warnings(examined(mailed, now=datetime.now(UTC) + timedelta(minutes=minutes)), "clock")
    assert [f"{way} that of the mailbox" in text and "timedatectl" in text for text in said] == ([True] if way else [])
