"""A letter's bytes: headers, parts, sameness; and its one delivery into a Maildir."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import mailbox as maildirs
import os
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import pytest

from cases.letters import LETTERS
from cases.model import Mail
from cases.ports import Outgoing
from mailer.building import File, build, references
from mailer.gallery import sample
from mailer.mailbox.maildir_outbox import MaildirOutbox
from mailer.mailbox.outbox import Mailbox, Refused, Unavailable
from mailer.rendering import Rendered, render

PDF = File("KP-D-2026-0001-1.pdf", b"%PDF-1.7 \x00\xff", "application/pdf")


def outgoing(mail: Mail) -> Outgoing:
    return Outgoing(mail, mail.key[:32], "t0ken", None, 0, uncertain=False)


def built(
    mail: Mail | None = None, rendered: Rendered | None = None, sender: str = "Партнёрский отдел «Стахановец»", *files: File
) -> bytes:
    mail = mail or sample("deal-registered")
    return build(
        outgoing(mail),
        rendered or render(mail),
        mailbox="partners@stakhanovets.ru",
        domain="mail.stakhanovets.ru",
        sender_name=sender,
        attachments=files,
    )


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


@pytest.mark.parametrize("template", LETTERS)
def test_what_a_letter_says_stands_in_its_head_as_digests_alone(template: str) -> None:
    """No name and no figure: a server's log may show it."""
    said = parsed(built(sample(template)))["X-Partner-Says"]
    assert all(re.fullmatch(r"[a-z_]+\.[0-9a-f]{16}", mark) for mark in str(said or "").split())


def test_headers() -> None:
    mail = dataclasses.replace(sample("deal-registered"), thread=("first@mail.ru", "<second@mail.ru>"))
    message = parsed(built(mail))
    assert str(message["Subject"]) == "Сделка зарегистрирована: ООО «Ромашка» [D-2026-0001]"
    name, address = parseaddr(email.message_from_bytes(built(mail))["From"])
    assert str(make_header(decode_header(name))) == "Партнёрский отдел «Стахановец»"
    assert address == "partners@stakhanovets.ru"
    assert message["To"] == "ivan@vector.ru"
    assert message["Message-ID"] == f"<{mail.key[:32]}@mail.stakhanovets.ru>"
    assert message["Reply-To"] == "partners+t0ken@stakhanovets.ru"
    assert message["In-Reply-To"] == "<second@mail.ru>"
    assert message["References"] == "<first@mail.ru> <second@mail.ru>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert (message["X-Partner-Case"], message["X-Partner-Template"], message["X-Partner-Key"]) == (
        "D-2026-0001",
        "deal-registered",
        mail.key,
    )
    assert message["Date"] == "Mon, 02 Mar 2026 10:15:00 +0300"


def test_first_letter_of_a_thread() -> None:
    message = parsed(built())
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] is None
    assert message["In-Reply-To"] is None


def test_parts() -> None:
    letter = render(sample("deal-registered"))
    message = parsed(built())
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(page, EmailMessage)
    assert text.get_content() == letter.text
    assert page.get_content().rstrip() == letter.html.rstrip()
    message = parsed(built(None, None, "Отдел", PDF))
    assert message.get_content_type() == "multipart/mixed"
    body, file = message.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert isinstance(file, EmailMessage)
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (PDF.name, PDF.media_type, PDF.content)


def test_bytes_are_fit_for_the_wire_and_always_the_same() -> None:
    raw = built(None, None, "Отдел", PDF)
    assert raw == built(None, None, "Отдел", PDF)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) < 200


def test_long_thread_stays_short_and_plain() -> None:
    thread = tuple(f"<{number:040d}@mail.example>" for number in range(200))
    raw = built(dataclasses.replace(sample("deal-registered"), thread=thread))
    head = raw.partition(b"\r\n\r\n")[0].decode()
    chain = references(thread)
    assert len(chain) < 1500
    assert chain.startswith(thread[0])
    assert chain.endswith(thread[-1])
    assert parsed(raw)["References"] == chain
    assert "=?" not in head[head.index("References:") : head.index("Auto-Submitted:")]


def test_ids_of_others_that_are_none_are_left_out() -> None:
    assert references(("<a b@x>", "<\u0430@x>", "<ok@x>", "<ok@x>", "<in\r\njected@x>", "")) == "<ok@x>"


@pytest.mark.parametrize("bad", ["Тема\r\nBcc: all@x.ru", "Тема\nX: y", "Тема\rX", "Тема\u2028X"])
def test_line_break_in_a_header_is_refused(bad: str) -> None:
    letter = render(sample("deal-registered"))
    with pytest.raises(ValueError, match="line break"):
        built(None, Rendered(bad, letter.text, letter.html))
    with pytest.raises(ValueError, match="line break"):
        built(None, None, bad)
    with pytest.raises(ValueError, match="line break"):
        built(dataclasses.replace(sample("deal-registered"), recipient="a@x.ru" + bad[4:]))
    with pytest.raises(ValueError, match="line break"):
        built(dataclasses.replace(sample("deal-registered"), number=bad))


@pytest.mark.parametrize("recipient", ["", "no-address", "a@x.ru, b@x.ru", "Иван <a@x.ru>", "a@x.ru b@x.ru"])
def test_recipient_is_one_address(recipient: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        built(dataclasses.replace(sample("deal-registered"), recipient=recipient))


def test_attachment_type() -> None:
    with pytest.raises(ValueError, match="only application"):
        built(None, None, "Отдел", File("x.html", b"", "text/html"))


# -- delivery into a folder ------------------------------------------------------------


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_delivered_once(tmp_path: Path) -> None:
    sent: Mailbox = MaildirOutbox(tmp_path / "sent")
    mail = sample("deal-registered")
    assert sent.find([mail.key[:32]]) == set()
    for _ in range(2):  # a crash after the first try: the same bytes come again
        with sent.batch() as connection:
            connection.send(built(mail), mail.recipient)
            connection.send(built(mail), mail.recipient)
    assert files(tmp_path / "sent") == [f"new/1772435700.M{mail.key[:32]}.partnerdesk"]
    assert sent.find([mail.key[:32], "f" * 32]) == {mail.key[:32]}
    (message,) = maildirs.Maildir(tmp_path / "sent")
    assert message["X-Partner-Key"] == mail.key


def test_found_after_a_person_read_it(tmp_path: Path) -> None:
    sent = MaildirOutbox(tmp_path)
    mail = sample("deal-registered")
    with sent.batch() as connection:
        connection.send(built(mail), mail.recipient)
    (letter,) = (tmp_path / "new").iterdir()
    letter.rename(tmp_path / "cur" / f"{letter.name}:2,S")
    (tmp_path / "new" / "1.strange.file.here").write_text("")
    assert sent.find([mail.key[:32]]) == {mail.key[:32]}
    with sent.batch() as connection:
        connection.send(built(mail), mail.recipient)
    assert len(files(tmp_path)) == 2


def test_crash_before_the_rename_leaves_a_draft_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = MaildirOutbox(tmp_path)
    mail = sample("deal-registered")

    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, sent.batch() as connection:
        patched.setattr(os, "replace", crash)
        with pytest.raises(Unavailable, match="No space"):
            connection.send(built(mail), mail.recipient)
    assert sent.find([mail.key[:32]]) == set()
    with sent.batch() as connection:
        connection.send(built(mail), mail.recipient)
    assert [name for name in files(tmp_path) if not re.match("new/", name)] == []


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("a file stands in the way")
    with pytest.raises(Unavailable), MaildirOutbox(tmp_path / "sent").batch():
        pass


def test_letter_that_is_not_ours(tmp_path: Path) -> None:
    with MaildirOutbox(tmp_path).batch() as connection:
        for raw in (b"Subject: x\r\n\r\n", b"Message-ID: <../../x@y>\r\n\r\n"):
            with pytest.raises(Refused):
                connection.send(raw, "a@x.ru")
    assert files(tmp_path) == []
