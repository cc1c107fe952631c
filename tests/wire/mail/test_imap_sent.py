"""What staff send by hand from the mailbox itself is read from the folder of sent letters; our own copies there are not."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from imapclient import IMAPClient

from mailer.mailbox.imap_sent import ImapSent
from tests.scenarios.house import House
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import PASSWORD
from tests.wire.mail.outgoing import OutgoingServer

A = "a@one.example"


@pytest.fixture
def person(account: Account) -> Iterator[IMAPClient]:
    """A person who works in the same mailbox with a mail program."""
    with IMAPClient("127.0.0.1", account.dovecot.imap, ssl=False) as client:
        client.login(account.name, PASSWORD)
        yield client


def sent(account: Account, folder: str = "") -> ImapSent:
    found = ImapSent(account.server(), sent_folder=folder)
    account.opened.append(found)
    return found


def by_hand(account: Account, subject: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = account.address, A, subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@vendor.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Answer")
    return message.as_bytes()


def test_letters_by_hand_are_taken_once_and_our_copies_never(account: Account, person: IMAPClient) -> None:
    person.append("Sent", by_hand(account, "ours", X_Partner_Key="0" * 64))
    person.append("Sent", by_hand(account, "theirs"))
    inbox = sent(account)
    (item,) = inbox.new()
    assert item.sent
    assert b"Subject: theirs" in (item.raw or b"")
    inbox.done(item.key)
    assert list(inbox.new()) == []
    assert list(sent(account).new()) == []
    assert list(account.inbox().new()) == [], "nothing of it is in the inbox"


def test_no_such_folder_is_no_fault(account: Account) -> None:
    inbox = sent(account, "Gone")
    assert inbox.keys() == []
    assert list(inbox.new()) == []


def test_an_answer_from_the_mailbox_closes_the_question(
    tmp_path: Path, account: Account, person: IMAPClient, outgoing: OutgoingServer
) -> None:
    house = House(tmp_path / "home")
    house.init(staff=["staff@vendor.example"])
    house.configure('backend = "maildir"', f'backend = "imap-smtp"\nown_copy = "{account.address}"')
    house.configure('address = "partners@stakhanovets.ru"', f'address = "{account.address}"')
    (house.root / "mail.key").write_text(PASSWORD)
    with (house.root / "config.toml").open("a", encoding="utf-8") as config:
        config.write(
            f'[mail.imap]\nhost = "localhost"\nport = {account.dovecot.imaps}\nuser = "{account.name}"\n'
            f'password = "file:mail.key"\nca_file = "{account.dovecot.certificates.authority}"\n'
            f'[mail.smtp]\nhost = "127.0.0.1"\nport = {outgoing.port}\nsecurity = "plain"\n'
        )
    question = EmailMessage()
    question["From"], question["To"], question["Subject"], question["Message-ID"] = A, account.address, "Q", "<q@one.example>"
    question.set_content("When?")
    account.deliver(question.as_bytes())
    house.ok("2026-03-02 10:00")
    (row,) = house.rows("Обращения")
    assert row["Состояние"] == "На рассмотрении"
    letters = len(outgoing.letters)
    person.append("Sent", by_hand(account, "Re: Q", In_Reply_To="<q@one.example>"))
    person.append("Sent", by_hand(account, "Something else"))
    house.ok("2026-03-02 10:05")
    (row,) = house.rows("Обращения")
    assert row["Состояние"] == "Закрыто"
    assert len(outgoing.letters) == letters
    house.ok("2026-03-02 10:10")
    assert len(house.rows("Обращения")) == 1
