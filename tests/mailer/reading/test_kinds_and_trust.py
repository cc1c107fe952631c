"""What kind of letter it is, and whether its From may be believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.incoming_mail import LetterKind
from mailer.reading.kinds import names_no_address
from mailer.reading.trust import aligned, judge
from tests.mailer.reading.letter_samples import MAILBOX, OUR_ID, SERVER, letter, multipart, raw


def dsn(action: str = "failed", *headers: str) -> bytes:
    """A delivery status as Postfix writes it."""
    report = multipart(
        "report; report-type=delivery-status",
        "Content-Description: Notification\r\n\r\nI'm sorry to have to inform you\r\n",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.stakhanovets.ru\r\n\r\n"
        f"Final-Recipient: rfc822; Gone@Firm.ru\r\nAction: {action}\r\nStatus: 5.1.1\r\n",
        f"Content-Type: message/rfc822\r\n\r\nFrom: {MAILBOX}\r\nMessage-ID: <{OUR_ID}@stakhanovets.ru>\r\n\r\n1\r\n",
    )
    head = "".join(f"{line}\r\n" for line in headers).encode()
    return head + report.replace("Иван <ivan@firm.ru>".encode(), b"MAILER-DAEMON@mx.stakhanovets.ru (Mail Delivery System)")


def test_a_bounce_is_tied_to_its_letter(tmp_path: Path) -> None:
    got = letter(dsn("failed", "Auto-Submitted: auto-replied", "Return-Path: <>"), tmp_path)
    assert got.kind is LetterKind.BOUNCE
    assert got.failed_recipient == "gone@firm.ru"
    assert got.references[0] == OUR_ID


def test_a_bounce_with_headers_alone(tmp_path: Path) -> None:
    data = multipart(
        "report; report-type=delivery-status",
        "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822;a@b.ru\r\nAction: failed\r\n",
        f"Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-Id: <{OUR_ID}@stakhanovets.ru>\r\n",
    )
    got = letter(data, tmp_path)
    assert (got.kind, got.failed_recipient, got.references[0]) == (LetterKind.BOUNCE, "a@b.ru", OUR_ID)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["X-Failed-Recipients: Gone@Firm.ru"], f"failed\n\nMessage-ID: <{OUR_ID}@stakhanovets.ru>\n"),
        (
            ["Return-Path: <>", "Subject: failure notice"],
            f"<Gone@Firm.ru>:\nno mailbox\nMessage-ID: <{OUR_ID}@stakhanovets.ru>\n",
        ),
        (
            ["Return-Path: <>", "Subject: =?utf-8?B?0J3QtSDQtNC+0YHRgtCw0LLQu9C10L3Qvg==?="],
            f"partners+x@stakhanovets.ru, gone@firm.ru\nMessage-ID: <{OUR_ID}@x.ru>",
        ),
    ],
)
def test_older_bounces(headers: list[str], body: str, tmp_path: Path) -> None:
    got = letter(raw(*headers, body=body), tmp_path)
    assert (got.kind, got.failed_recipient) == (LetterKind.BOUNCE, "gone@firm.ru")
    assert any(OUR_ID in reference for reference in got.references)


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("Status: 5.1.1", True),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", True),
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 User unknown", True),
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 550 No such user here", True),
        ("550 Unrouteable address", True),
        ("Пользователь не найден", True),
        ("Почтовый ящик не существует", True),
        ("Status: 5.2.2 mailbox full, user unknown to be cleaning", False),
        ("Status: 5.7.1\nDiagnostic-Code: smtp; 554 5.7.1 spam", False),
        ("Status: 5.4.7\nDiagnostic-Code: X-Postfix; delivery time expired", False),
        ("Status: 4.1.1", False),
        ("550 blocked, see 15.1.1 of our rules, or ask 5.1.1.7", False),
        ("550 mailbox unavailable", False),
        ("", False),
    ],
)
def test_which_bounces_say_that_there_is_no_such_address(text: str, dead: bool) -> None:
    assert names_no_address(text) is dead


def test_a_bounce_names_a_dead_address_by_its_status_or_its_words(tmp_path: Path) -> None:
    assert letter(dsn(), tmp_path).no_such_address
    assert not letter(dsn().replace(b"5.1.1", b"5.2.2"), tmp_path).no_such_address
    assert letter(raw("X-Failed-Recipients: a@b.ru", body="550 no such user\n"), tmp_path).no_such_address
    assert not letter(raw(body="no such user"), tmp_path).no_such_address


def test_mailer_daemon_is_a_bounce_and_a_delay_is_none(tmp_path: Path) -> None:
    assert letter(raw(sender="MAILER-DAEMON@mail.ru"), tmp_path).kind is LetterKind.BOUNCE
    delayed = letter(dsn("delayed"), tmp_path)
    assert (delayed.kind, delayed.failed_recipient) == (LetterKind.AUTOMATIC, "")


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; x=y",
        "Precedence: bulk",
        "X-Precedence: List",
        "Precedence: junk",
        "Precedence: auto_reply",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "X-Autorespond: 1",
        "X-Loop: a",
        "List-Id: <news.firm.ru>",
        "List-Unsubscribe: <mailto:x@y.ru>",
        "Subject: Автоответ: в отпуске до 9 марта",
        "Subject: Re: Автоматический ответ: [D-2026-0001]",
        "Subject: Вне офиса",
        "Subject: В отпуске до 12 марта",
        "Subject: Нет на рабочем месте",
        "Subject: Out of Office: Re: status",
        "Subject: Automatic reply: status",
    ],
)
def test_automatic_letters(header: str, tmp_path: Path) -> None:
    assert letter(raw(header), tmp_path).kind is LetterKind.AUTOMATIC


def test_an_absence_with_a_null_path_is_no_bounce(tmp_path: Path) -> None:
    assert letter(raw("Return-Path: <>", "Subject: Автоответ: отпуск"), tmp_path).kind is LetterKind.AUTOMATIC
    assert letter(raw("Return-Path: <>", "Auto-Submitted: auto-replied", "Subject: Re: x"), tmp_path).kind is LetterKind.AUTOMATIC


def test_a_read_receipt_is_automatic(tmp_path: Path) -> None:
    data = multipart("report; report-type=disposition-notification", "\r\nread\r\n")
    assert letter(data, tmp_path).kind is LetterKind.AUTOMATIC


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: None",
        "Subject: В отпуске наш менеджер, прошу продлить",
        "Subject: Офис",
        "Return-Path: <i@firm.ru>",
    ],
)
def test_people(header: str, tmp_path: Path) -> None:
    assert letter(raw(header), tmp_path).kind is LetterKind.PERSON


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("X-Partner-Case: D-2026-0001", "someone@x.ru"),
        ("Auto-Submitted: auto-generated", MAILBOX),
        (f"Message-ID: <{'0' * 32}@{MAILBOX.partition('@')[2]}>", MAILBOX),
        (f"X-Partner-Key: {'0' * 64}", MAILBOX),
    ],
)
def test_our_own_mail_coming_back(header: str, sender: str, tmp_path: Path) -> None:
    assert letter(raw(header, sender=sender), tmp_path).kind is LetterKind.OWN


@pytest.mark.parametrize("sender", [MAILBOX, f"Партнёры <{MAILBOX.replace('@', '+abc@')}>"])
def test_what_a_person_wrote_from_the_mailbox(sender: str, tmp_path: Path) -> None:
    read = letter(raw('Subject: Re: вопрос\r\nCc: X <x@one.ru>, "y@two.ru" <Z@three.ru>', sender=sender), tmp_path)
    assert read.kind is LetterKind.HOUSE
    assert {"x@one.ru", "z@three.ru"} <= set(read.recipients)
    assert "y@two.ru" not in read.recipients


def results(text: str, server: str = SERVER) -> str:
    return f"Authentication-Results: {server}; {text}"


@pytest.mark.parametrize(
    ("text", "authentic"),
    [
        ("dkim=pass header.d=firm.ru", True),
        ("dkim=pass (good) header.i=@mail.firm.ru header.s=x", True),
        ("spf=pass (x; y) smtp.mailfrom=bounce@firm.ru", True),
        ("spf=pass smtp.mail=ivan@firm.ru", True),
        ("dmarc=pass (p=none dis=none) header.from=firm.ru", True),
        ("dkim=fail header.d=firm.ru; spf=pass smtp.mailfrom=firm.ru", True),
        ("dkim=pass header.d=evil.ru", False),
        ("dkim=pass header.d=ru", False),
        ("dkim=pass header.d=xfirm.ru", False),
        ("spf=pass smtp.helo=firm.ru", False),
        ("dkim=none", False),
        ("dkim=fail header.d=firm.ru", False),
        ('dkim=fail reason="; dkim=pass header.d=firm.ru" header.d=firm.ru', False),
        ("dkim=fail (; dkim=pass header.d=firm.ru) header.d=firm.ru", False),
        ("none", False),
        ("", False),
    ],
)
def test_aligned_results_of_our_server_vouch(text: str, authentic: bool, tmp_path: Path) -> None:
    got = letter(raw(results(text)), tmp_path)
    assert (got.authentic, got.failed_authentication) == (authentic, False)


def test_results_of_others_are_ignored(tmp_path: Path) -> None:
    forged = results("dkim=pass header.d=firm.ru", "mx.evil.ru")
    assert not letter(raw(forged), tmp_path).authentic
    assert not letter(raw(results("dkim=none"), results("dkim=pass header.d=firm.ru")), tmp_path).authentic
    assert letter(raw(forged, results("dkim=pass header.d=firm.ru")), tmp_path).authentic
    assert not judge(["; dkim=pass header.d=firm.ru"], "firm.ru", "").authentic


def test_a_failed_dmarc_is_told(tmp_path: Path) -> None:
    got = letter(raw(results("dkim=pass header.d=firm.ru; dmarc=fail (p=reject) header.from=firm.ru")), tmp_path)
    assert (got.authentic, got.failed_authentication) == (False, True)
    assert not letter(raw(results("dmarc=fail header.from=firm.ru", "mx.evil.ru")), tmp_path).failed_authentication


def test_none_or_several_senders_are_never_authentic(tmp_path: Path) -> None:
    vouched = results("dkim=pass header.d=firm.ru; dkim=pass header.d=evil.ru")
    for data in (
        raw(vouched, sender=""),
        raw(vouched, "From: other@firm.ru"),
        raw(vouched, sender="ivan@firm.ru, x@evil.ru"),
        raw(vouched, sender="<ivan@firm.ru> <x@evil.ru>"),
        raw(vouched, sender="ivan@firm.ru, X <x@evil.ru>"),
    ):
        got = letter(data, tmp_path)
        assert (got.authentic, got.failed_authentication) == (False, bool(got.sender))


@pytest.mark.parametrize(
    "result",
    [
        'spf=pass smtp.mailfrom="x@firm.ru"@evil.ru',  # an address that a server lets through and writes as it came
        'spf=pass smtp.mailfrom="\\"x@firm.ru\\"@evil.ru"',
        'spf=pass smtp.mailfrom="x smtp.mailfrom=x@firm.ru "@evil.ru',
        "spf=pass smtp.mailfrom=x@evil.ru smtp.mailfrom=x@firm.ru",
        'spf=pass reason="smtp.mailfrom=x@firm.ru" smtp.mailfrom=x@evil.ru',
        'dkim=fail reason="x; dkim=pass header.d=firm.ru" header.d=evil.ru',
        "spf=pass (x; dkim=pass header.d=firm.ru) smtp.mailfrom=x@evil.ru",
        "dkim=pass header.i=@firm.ru header.d=evil.ru",
    ],
)
def test_what_the_sender_wrote_within_a_result_vouches_for_nobody(result: str, tmp_path: Path) -> None:
    assert not letter(raw(results(result)), tmp_path).authentic


def test_a_service_with_many_hosts() -> None:
    values = ["iva5-57fe.qloud-c.yandex.net; spf=pass (x) smtp.mail=ivan@firm.ru; dkim=pass header.i=@firm.ru"]
    assert judge(values, "firm.ru", "*.yandex.net").authentic
    assert not judge([values[0].replace("yandex.net", "yandex.net.evil.ru")], "firm.ru", "*.yandex.net").authentic
    assert not judge(values, "firm.ru", "*.").authentic


def test_alignment() -> None:
    assert aligned("Firm.ru", "mail.firm.ru")
    assert not aligned("com.ru", "")
    assert not aligned("ru", "firm.ru")
    assert not aligned("com.ru", "firm.com.ru")
    assert not aligned("firm.com.ru", "com.ru")
    assert aligned("mail.firm.com.ru", "firm.com.ru")
