"""The second reader of bounces: formats that name the address in their own ways, and what it must not do."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.incoming_mail import Letter, LetterKind
from mailer.reading.bounces import second_read
from mailer.reading.letter import read_letter

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MAILBOX = "partners@vendor.example"
HEAD = "Return-Path: <>\r\nFrom: MAILER-DAEMON@relay.example\r\nTo: partners@vendor.example\r\n"

QMAIL = (
    HEAD + "Subject: failure notice\r\n\r\nHi. This is the qmail-send program at relay.example.\r\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n"
    "<ivan@firm.example>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy.\r\n"
)
OPENSMTPD = (
    HEAD + "Subject: Delivery status notification: error\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
    "--B\r\nContent-Type: text/plain\r\n\r\nerror\r\n"
    "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
    "Final-Recipient: rfc822; ivan@firm.example\r\nAction: error\r\nStatus: 5.0.0\r\n\r\n--B--\r\n"
)


def unread(raw: str | bytes, folder: Path) -> Letter:
    """The bounce as our own reader would leave it if it knew no address."""
    data = raw.encode() if isinstance(raw, str) else raw
    letter = read_letter(data, "k", NOW, mailbox=MAILBOX, authserv_id="", attachments_dir=folder)
    return dataclasses.replace(letter, kind=LetterKind.BOUNCE, failed_recipient="")


@pytest.mark.parametrize("raw", [QMAIL, OPENSMTPD, QMAIL.replace("ivan@firm", "Ivan@Firm")])
def test_the_address_is_found(raw: str, tmp_path: Path) -> None:
    assert second_read(unread(raw, tmp_path), raw.encode(), MAILBOX).failed_recipient == "ivan@firm.example"


def test_a_bounce_that_our_own_reader_does_not_understand(tmp_path: Path) -> None:
    preamble = "The words of our postmaster, as they are written below every letter.\r\n" * 80
    raw = (
        f"{HEAD}Subject: Returned\r\n\r\n{preamble}"
        "Here is your list of failed recipients:\r\n<ivan@firm.example>\r\nHere is your returned mail:\r\n"
    ).encode()
    letter = read_letter(raw, "k", NOW, mailbox=MAILBOX, authserv_id="", attachments_dir=tmp_path)
    assert (letter.kind, letter.failed_recipient) == (LetterKind.BOUNCE, "")
    assert second_read(letter, raw, MAILBOX).failed_recipient == "ivan@firm.example"


def test_what_is_known_or_no_bounce_is_left_alone(tmp_path: Path) -> None:
    known = dataclasses.replace(unread(QMAIL, tmp_path), failed_recipient="known@firm.example")
    assert second_read(known, QMAIL.encode(), MAILBOX) is known
    person = dataclasses.replace(unread(QMAIL, tmp_path), kind=LetterKind.PERSON)
    assert second_read(person, QMAIL.encode(), MAILBOX) is person


def test_several_addresses_are_no_answer_and_our_own_is_none(tmp_path: Path) -> None:
    both = QMAIL.replace("<ivan@firm.example>:\r\n", "<ivan@firm.example>:\r\nno\r\n\r\n<petr@firm.example>:\r\n")
    assert second_read(unread(both, tmp_path), both.encode(), MAILBOX).failed_recipient == ""
    ours = QMAIL.replace("ivan@firm.example", "partners+token@vendor.example")
    assert second_read(unread(ours, tmp_path), ours.encode(), MAILBOX).failed_recipient == ""


def test_a_delay_is_no_failure(tmp_path: Path) -> None:
    raw = OPENSMTPD.replace("Action: error", "Action: delayed")
    assert second_read(unread(raw, tmp_path), raw.encode(), MAILBOX).failed_recipient == ""


@pytest.mark.parametrize(
    "filling", ["<" * 200_000, ("x" * 1500 + "\r\n") * 130, "please reply to <" * 10_000, "<a@b>:\r\n" * 25_000]
)
def test_hostile_bounces_cost_little(filling: str, tmp_path: Path) -> None:
    raw = QMAIL + filling
    letter = unread(raw, tmp_path)
    begun = time.process_time()
    second_read(letter, raw.encode(), MAILBOX)
    assert time.process_time() - begun < 2


@settings(max_examples=100, deadline=None)
@given(seed=st.sampled_from([QMAIL.encode(), OPENSMTPD.encode()]), data=st.data())
def test_any_bytes_are_read(seed: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    raw = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(seed)))
        raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    letter = dataclasses.replace(LETTER, failed_recipient="")
    found = second_read(letter, bytes(raw), MAILBOX).failed_recipient
    assert found == "" or "@" in found


LETTER = Letter("k", LetterKind.BOUNCE, NOW, "", "", "", "", "", (), (), (), False, False)
