"""Letters made to harm: bounded in time and memory, Unreadable at worst."""

from __future__ import annotations

import base64
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cases.incoming_mail import Letter
from mailer.reading.guarded import read_guarded
from mailer.reading.limits import LetterLimits, Unreadable, is_suspicious
from tests.mailer.reading.letter_samples import AT, MAILBOX, SERVER, letter, multipart, raw


def guarded(data: bytes, folder: Path, limits: LetterLimits | None = None) -> Letter:
    return read_guarded(
        data, "k1", AT, mailbox=MAILBOX, authserv_id=SERVER, attachments_dir=folder, limits=limits or LetterLimits()
    )


def nested(depth: int) -> bytes:
    head = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at) for at in range(depth))
    return b"From: a@b.ru\r\nMIME-Version: 1.0\r\n" + head + b"\r\n1\r\n"


def inner_letters(depth: int) -> bytes:
    return b"From: a@b.ru\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"\r\n1\r\n"


def html(piece: str, size: int = 700_000) -> bytes:
    body = base64.encodebytes((piece * (size // len(piece))).encode())
    return raw("Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", body=body)


HOSTILE = {
    "nested-1000": nested(1000),
    "nested-40": nested(40),
    "letters-1000": inner_letters(1000),
    "letters-60": inner_letters(60),
    "parts-5000": multipart("mixed", *["\r\nx\r\n"] * 5000),
    "words-50000": raw("Subject: " + "\r\n ".join(["=?utf-8?B?0LA=?="] * 50_000)),
    "half-words": raw("Subject: " + "=?utf-8?B?" * 50_000),
    "words-in-names": multipart("mixed", *['Content-Type: x/y; name="' + "=?utf-8?Q?a?= " * 150 + '"\r\n\r\nx'] * 200),
    "addresses": raw("Cc: " + "a@b.ru, " * 60_000),
    "parentheses": raw("Cc: x", sender="(" * 300_000),
    "parameters": raw("Content-Type: multipart/mixed" + ';"' * 300_000),
    "headers": raw(*["X-A: b"] * 60_000),
    "boundary-lines": raw('Content-Type: multipart/mixed; boundary="b"', body="--b\r\n" * 100_000),
    "references": raw("References: " + "<a@b> " * 100_000),
    "results": raw("Authentication-Results: " + "(" * 300_000, f"Authentication-Results: {SERVER}; " + "a=b " * 100_000),
    "html-open": html("<a "),
    "html-open-quoted": html("<a b='"),
    "html-comment": html("<!--"),
    "html-declaration": html("<!"),
    "html-quotes": html("<blockquote>"),
    "html-links": html("<a href='https://x.ru'>x"),
    "html-lists": html("<ol><li>"),
    "one-line": raw(body="x" * 900_000),
    "uuencoded": raw("Content-Transfer-Encoding: x-uuencode", body="begin 644 x\r\n" + "M" * 500_000),
    "base64-waste": raw("Content-Transfer-Encoding: base64", body="=" * 900_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_letters_cost_little(name: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with suppress(Unreadable):
        guarded(HOSTILE[name], tmp_path, LetterLimits(seconds=3))
    assert time.monotonic() - begun < 12


@pytest.mark.parametrize("data", [nested(1000), nested(40), inner_letters(1000)])
def test_deep_nesting_is_unreadable_with_a_reason(data: bytes, tmp_path: Path) -> None:
    for read in (guarded, letter):
        with pytest.raises(Unreadable, match="вложены"):
            read(data, tmp_path)


def test_ordinary_letters_are_read_here_and_large_ones_by_a_child(tmp_path: Path) -> None:
    small = multipart("mixed", "Content-Type: text/plain; charset=utf-8\r\n\r\n5\r\n", "Content-Type: x/y; name=a\r\n\r\nzz\r\n")
    assert not is_suspicious(small)
    limits = LetterLimits(direct_bytes=100)
    assert is_suspicious(small, limits)
    assert guarded(small, tmp_path / "child", limits) == letter(small, tmp_path / "here")
    assert [path.name for path in sorted((tmp_path / "child").rglob("*"))] == [
        path.name for path in sorted((tmp_path / "here").rglob("*"))
    ]


def test_a_child_that_overruns_its_limits_is_killed(tmp_path: Path) -> None:
    large = raw("Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", body=b"QUJD\r\n" * 2_000_000)
    with pytest.raises(Unreadable, match="памят"):
        guarded(large, tmp_path, LetterLimits(memory=80 * 1024 * 1024))
    with pytest.raises(Unreadable, match="велико"):
        guarded(large, tmp_path, LetterLimits(bytes=1000))


def test_a_disk_that_fails_is_not_the_letters_fault(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    data = raw("Content-Type: application/pdf; name=a.pdf", body="%PDF-")
    for limits in (LetterLimits(), LetterLimits(direct_bytes=10)):
        with pytest.raises(OSError, match=r".+"):
            guarded(data, blocked, limits)


SEEDS = (
    multipart(
        "alternative", "Content-Type: text/plain; charset=koi8-r\r\n\r\n5\r\n", "Content-Type: text/html\r\n\r\n<p>5<br>\r\n"
    ),
    multipart(
        "mixed",
        "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n",
        'Content-Type: a/b; name*0="x";\r\n name*1*=%D0\r\n\r\nz',
    ),
    multipart(
        "report; report-type=delivery-status",
        "\r\nx\r\n",
        "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.ru\r\nAction: failed\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <a@b>\r\n",
    ),
    raw(
        "Subject: =?utf-8?B?0LA=?= =?x?q?=D0?=",
        "References: <a@b> <c",
        f"Authentication-Results: {SERVER}; dkim=pass header.d=firm.ru",
    ),
)
PIECES: tuple[bytes, ...] = (
    b"\r\n",
    b"--BOUND\r\n",
    b"--BOUND--",
    b"Content-Type: ",
    b"multipart/digest; boundary=BOUND\r\n",
    b"=?",
    b"?=",
    b"\xff",
    b"\x00",
    b";",
)
PIECES += (
    b"message/rfc822\r\n\r\n",
    b'"',
    b"<",
    b"charset=utf-7",
    b"Content-Transfer-Encoding: base64\r\n",
    b"=",
    b"(",
    b"*0*=",
    b"text/html\r\n\r\n",
)


def check(data: bytes, folder: Path) -> None:
    begun = time.monotonic()
    try:
        got = letter(data, folder)
    except Unreadable:
        return
    finally:
        assert time.monotonic() - begun < 3
    for text in (got.subject, got.text, got.sender, got.sender_name, got.message_id, *got.references):
        assert "\x00" not in text
        text.encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=600))
@example(b"Content-Type: multipart/report; report-type*=x''%ff\r\n\r\n")
def test_any_bytes_are_read_or_unreadable(tmp_path: Path, data: bytes) -> None:
    check(data, tmp_path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 12))
def test_mutated_letters_are_read_or_unreadable(tmp_path: Path, seed: bytes, dice: int, changes: int) -> None:
    rolled = random.Random(dice)
    data = bytearray(seed)
    for _ in range(changes):
        at = rolled.randrange(len(data) + 1)
        match rolled.randrange(4):
            case 0:
                data[at:at] = rolled.choice(PIECES)
            case 1:
                del data[at : at + rolled.randrange(1, 20)]
            case 2:
                data[at : at + 1] = bytes((rolled.randrange(256),))
            case _:
                data[at:at] = data[rolled.randrange(len(data) + 1) :][:60]
    check(bytes(data), tmp_path)
