"""DKIM as the second voucher: signatures are made here by real keys, name servers are a dictionary."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.incoming_mail import Letter, LetterKind
from mailer.reading.dkim_check import seconded, vouches
from mailer.reading.letter import read_letter

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SERVER = "mx.vendor.example"
HEAD = b"From: Ivan <ivan@firm.example>\r\nTo: partners@vendor.example\r\nSubject: Re: offer\r\nMessage-ID: <1@firm.example>\r\n"
RAW = HEAD + b"Date: Mon, 02 Mar 2026 10:00:00 +0300\r\n\r\n1\r\n"


class Key:
    """A signing key and its record."""

    def __init__(self, bits: int = 2048) -> None:
        key = rsa.generate_private_key(65537, bits)
        self.pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


KEY = Key()


class Names:
    """Name servers: records by name, and what was asked."""

    def __init__(self, *domains: str, record: bytes = KEY.record) -> None:
        self.records = {f"sel._domainkey.{domain}.".encode(): record for domain in domains}
        self.asked: list[bytes] = []

    def __call__(self, name: bytes, timeout: float = 5) -> bytes | None:
        self.asked.append(name)
        return self.records.get(name)


def signed(raw: bytes = RAW, domain: str = "firm.example", key: Key = KEY, **options: object) -> bytes:
    signature: bytes = dkim.sign(raw, b"sel", domain.encode(), key.pem, canonicalize=(b"relaxed", b"relaxed"), **options)
    return signature + raw


def letter(raw: bytes, folder: Path, authserv_id: str = SERVER) -> Letter:
    return read_letter(raw, "k", NOW, mailbox="partners@vendor.example", authserv_id=authserv_id, attachments_dir=folder)


def test_a_signature_of_the_senders_domain_vouches(tmp_path: Path) -> None:
    raw = signed()
    names = Names("firm.example")
    read = letter(raw, tmp_path)
    assert not read.authentic
    assert seconded(read, raw, authserv_id=SERVER, lookup=names).authentic
    assert names.asked == [b"sel._domainkey.firm.example."]


@pytest.mark.parametrize("domain", ["mail.firm.example", "firm.example"])
def test_a_parent_or_child_of_the_domain_vouches(domain: str) -> None:
    raw = signed(RAW.replace(b"@firm.example>\r\nTo", f"@{domain}>\r\nTo".encode()), "firm.example")
    assert vouches(raw, domain, Names("firm.example"))
    assert vouches(signed(domain="mail.firm.example"), "firm.example", Names("mail.firm.example"))


def test_another_domain_does_not_and_is_not_even_looked_up() -> None:
    names = Names("mass-mailer.example", "example")
    assert not vouches(signed(domain="mass-mailer.example"), "firm.example", names)
    assert not vouches(signed(domain="example"), "firm.example", names)
    assert names.asked == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\n\r\n1\r\n", b"\r\n\r\n6\r\n"),
        (b"Re: offer", b"Re: other"),
        (b"<ivan@", b"<petr@"),
        (b"\r\n\r\n1", b"\r\n\r\n1\r\n6"),
    ],
)
def test_what_was_changed_on_the_way_does_not(old: bytes, new: bytes) -> None:
    raw = signed()
    assert vouches(raw, "firm.example", Names("firm.example"))
    assert not vouches(raw.replace(old, new), "firm.example", Names("firm.example"))


def test_the_second_of_several_signatures_may_vouch() -> None:
    raw = signed(signed(), "mass-mailer.example")
    assert vouches(raw, "firm.example", Names("firm.example"))


def test_at_most_three_signatures_are_tried() -> None:
    raw = RAW
    for _ in range(8):
        raw = signed(raw, key=KEY)
    names = Names("firm.example", record=Key().record)
    assert not vouches(raw, "firm.example", names)
    assert len(names.asked) == 3


def test_weak_ones_do_not() -> None:
    names = Names("firm.example")
    assert not vouches(signed(length=True), "firm.example", names)  # more could be written below
    assert not vouches(signed(signature_algorithm=b"rsa-sha1"), "firm.example", names)
    without_from = signed().replace(b"h=from : ", b"h=").replace(b" : from", b"")
    assert not vouches(without_from, "firm.example", names)
    assert names.asked == []
    weak = Key(1024)
    assert vouches(signed(key=weak), "firm.example", Names("firm.example", record=weak.record))


@pytest.mark.parametrize("record", [b"", b"v=DKIM1; p=", b"rubbish", b"v=DKIM1; k=ed25519; p=AAAA", b"\xff\xfe"])
def test_a_record_that_is_none(record: bytes) -> None:
    assert not vouches(signed(), "firm.example", Names("firm.example", record=record))
    assert not vouches(signed(), "firm.example", Names())


def test_a_name_server_that_does_not_answer_vouches_for_nothing() -> None:
    def silent(name: bytes, timeout: float = 5) -> bytes | None:
        raise TimeoutError

    assert not vouches(signed(), "firm.example", silent)


@pytest.mark.parametrize("authserv_id", [SERVER, "*.vendor.example"])
def test_what_our_own_server_said_is_not_overruled(authserv_id: str, tmp_path: Path) -> None:
    raw = b"Authentication-Results: mx.vendor.example; dkim=none; spf=softfail\r\n" + signed()
    assert not seconded(letter(raw, tmp_path), raw, authserv_id=authserv_id, lookup=Names("firm.example")).authentic
    failed = b"Authentication-Results: mx.vendor.example; dmarc=fail\r\n" + signed()
    assert not seconded(letter(failed, tmp_path), failed, authserv_id=SERVER, lookup=Names("firm.example")).authentic


@pytest.mark.parametrize("authserv_id", ["", SERVER])
def test_what_others_said_does_not_count(authserv_id: str, tmp_path: Path) -> None:
    raw = b"Authentication-Results: mx.elsewhere.example; dkim=fail\r\n" + signed()
    assert seconded(letter(raw, tmp_path), raw, authserv_id=authserv_id, lookup=Names("firm.example")).authentic


@pytest.mark.parametrize(
    "header",
    [b"From: boss@firm.example", b"Subject: D-2026-0001", b"In-Reply-To: <1@a.example>\r\nIn-Reply-To: <2@a.example>"],
)
def test_a_header_that_stands_there_twice_is_a_trick(header: bytes, tmp_path: Path) -> None:
    raw = header + b"\r\n" + signed()
    assert not seconded(letter(raw, tmp_path), raw, authserv_id="", lookup=Names("firm.example")).authentic


def test_several_senders_or_none(tmp_path: Path) -> None:
    for sender in (b"ivan@firm.example, petr@firm.example", b"", b"Ivan"):
        raw = signed(RAW.replace(b"Ivan <ivan@firm.example>", sender))
        assert not seconded(letter(raw, tmp_path), raw, authserv_id="", lookup=Names("firm.example")).authentic


def test_only_people_are_vouched_for(tmp_path: Path) -> None:
    raw = signed(b"Auto-Submitted: auto-replied\r\n" + RAW)
    names = Names("firm.example")
    read = letter(raw, tmp_path)
    assert read.kind is LetterKind.AUTOMATIC
    assert seconded(read, raw, authserv_id="", lookup=names) is read
    assert names.asked == []


@pytest.mark.parametrize("filling", [b" \t" * 2_000_000, (b" " * 19 + b"x") * 100_000, b"\r\n" * 500_000, b"x" * 5_000_000])
def test_hostile_letters_cost_little(filling: bytes) -> None:
    raw = signed() + filling
    begun = time.process_time()
    assert not vouches(raw, "firm.example", Names("firm.example")) or filling.strip() == b""
    assert time.process_time() - begun < 3


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_bytes_are_judged(data: st.DataObject) -> None:
    raw = bytearray(SIGNED)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(SIGNED) - 200))
        raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    vouches(bytes(raw), "firm.example", Names("firm.example"))


SIGNED = signed()


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (b"X-A: b\r\n" * 300_000, b"1\r\n"),
        (b"References: x" + b"\r\n <a@b.ru>" * 300_000 + b"\r\n", b"1\r\n"),
        (b"", b"\r\n" * 3_000_000),
    ],
    ids=["fields", "folds", "lines"],
)
def test_letters_of_endless_headers_or_lines_are_not_gone_through(header: bytes, text: bytes, tmp_path: Path) -> None:
    """In the time and memory of the process that has the desk: each of these took it a minute, or a gigabyte."""
    small = letter(RAW, tmp_path)
    names = Names("firm.example")
    begun = time.monotonic()
    assert seconded(small, header + RAW + text, authserv_id=SERVER, lookup=names) == small
    assert time.monotonic() - begun < 1
    assert names.asked == []


def test_comments_within_comments_are_no_sender(tmp_path: Path) -> None:
    raw = RAW.replace(b"Ivan <", b"(" * 3000 + b" <")
    assert not seconded(letter(raw, tmp_path), raw, authserv_id=SERVER, lookup=Names("firm.example")).authentic
