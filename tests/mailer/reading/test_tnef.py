"""Outlook's `winmail.dat`: what it packs comes out under limits; what cannot be read stays as it is and stops nothing."""

from __future__ import annotations

import base64
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.incoming_mail import Letter
from mailer.reading.guarded import read_guarded
from mailer.reading.limits import LetterLimits, is_suspicious
from mailer.reading.tnef import unpacked
from tests.mailer.reading.letter_samples import AT, MAILBOX, SERVER, multipart

PDF = b"%PDF-1.7 x"
RENDERING, TITLE, DATA, ATTACHMENT, CODE_PAGE, RECIPIENTS, SUBJECT = 0x9002, 0x8010, 0x800F, 0x9005, 0x9007, 0x9004, 0x8004


def one(level: int, name: int, data: bytes, kind: int = 6) -> bytes:
    """An object of the stream ([MS-OXTNEF] 2.1.3)."""
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def long_name(name: str) -> bytes:
    """The MAPI property with an attachment's name in UTF-16."""
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(text)) + text + b"\0" * (-len(text) % 4)


def file(title: bytes, data: bytes, *more: bytes) -> bytes:
    return one(2, RENDERING, b"\0" * 14) + one(2, TITLE, title + b"\0") + one(2, DATA, data) + b"".join(more)


def tnef(*objects: bytes) -> bytes:
    head = b"\x78\x9f\x3e\x22" + b"\x01\x00"
    return head + one(1, 0x9006, struct.pack("<I", 0x10000)) + one(1, CODE_PAGE, struct.pack("<II", 1251, 0)) + b"".join(objects)


def letter_with(data: bytes, kind: str = "application/ms-tnef; name=winmail.dat") -> bytes:
    return multipart(
        "mixed",
        "Content-Type: text/plain; charset=utf-8\r\n\r\n2\r\n",
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + base64.encodebytes(data),
    )


def read(raw: bytes, folder: Path, limits: LetterLimits | None = None) -> Letter:
    return read_guarded(
        raw, "k1", AT, mailbox=MAILBOX, authserv_id=SERVER, attachments_dir=folder, limits=limits or LetterLimits(seconds=3)
    )


def files(letter: Letter, folder: Path) -> list[tuple[str, bytes]]:
    return [(found.name, (folder / found.stored).read_bytes()) for found in letter.attachments]


@pytest.mark.parametrize(
    "kind", ["application/ms-tnef", 'application/octet-stream; name="WINMAIL.DAT"', "application/vnd.ms-tnef"]
)
def test_files_come_out_under_their_names(kind: str, tmp_path: Path) -> None:
    packed = tnef(
        one(1, SUBJECT, b"x\0", 1),
        file("Скриншот.png".encode("cp1251"), b"\x89PNG\r\n\x1a\n1"),
        file(b"SCHET~1.PDF", PDF, one(2, ATTACHMENT, long_name("Счёт за март.pdf"))),
    )
    got = read(letter_with(packed, kind), tmp_path)
    assert files(got, tmp_path) == [("Скриншот.png", b"\x89PNG\r\n\x1a\n1"), ("Счёт за март.pdf", PDF)]
    assert [found.media_type for found in got.attachments] == ["image/png", "application/pdf"]
    assert got.text == "2"


def test_names_are_data_and_archives_stay_packed(tmp_path: Path) -> None:
    archive = b"PK\x03\x04 a.exe"
    got = read(letter_with(tnef(file(b"..\\..\\etc/passwd", archive), file(b"inner.dat", tnef(file(b"a.pdf", PDF))))), tmp_path)
    assert [(found.name, found.media_type) for found in got.attachments] == [
        ("passwd", "application/zip"),
        ("inner.dat", "application/ms-tnef"),
    ]
    assert all(path.resolve().is_relative_to(tmp_path.resolve()) for path in tmp_path.rglob("*"))


BROKEN = {
    "cut": tnef(file(b"a.pdf", PDF))[:30],
    "empty": tnef(),
    "signature alone": b"\x78\x9f\x3e\x22",
    "a length beyond the end": b"\x78\x9f\x3e\x22\x01\x00" + struct.pack("<BHHI", 2, RENDERING, 6, 2**32 - 1) + b"\0" * 40,
    "no attachment begun": tnef(one(2, DATA, PDF)),
    "very many objects": b"\x78\x9f\x3e\x22\x01\x00" + one(1, SUBJECT, b"") * 50_000,
    "a property of four thousand million values": tnef(
        file(b"", b"", one(2, ATTACHMENT, struct.pack("<IHHI", 1, 0x1003, 0x3707, 2**32 - 1)))
    ),
    "four thousand million recipients": tnef(one(1, RECIPIENTS, struct.pack("<I", 2**32 - 1))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_stays_packed_and_the_letter_is_read(name: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    got = read(letter_with(BROKEN[name]), tmp_path, LetterLimits(seconds=2, memory=256 * 1024 * 1024))
    assert files(got, tmp_path) == [("winmail.dat", BROKEN[name])]
    assert got.text == "2"
    assert time.monotonic() - begun < 15


def test_another_file_of_that_name_and_a_part_that_does_not_say_so_are_left_alone(tmp_path: Path) -> None:
    packed = tnef(file(b"a.pdf", PDF))
    assert files(read(letter_with(PDF), tmp_path), tmp_path) == [("winmail.dat", PDF)]
    unsaid = letter_with(packed, "application/octet-stream; name=a.bin")
    assert files(read(unsaid, tmp_path), tmp_path) == [("a.bin", packed)]
    assert not is_suspicious(unsaid)
    assert is_suspicious(letter_with(packed))


def test_no_more_files_than_the_limit(tmp_path: Path) -> None:
    packed = tnef(*(file(b"%d.pdf" % number, PDF) for number in range(9)))
    got = read(letter_with(packed), tmp_path, LetterLimits(packed_files=4))
    assert [found.name for found in got.attachments] == ["0.pdf", "1.pdf", "2.pdf", "3.pdf"]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_changed_bytes_raise_nothing(data: st.DataObject) -> None:
    packed = bytearray(tnef(file(b"a.pdf", PDF), file(b"b.pdf", PDF, one(2, ATTACHMENT, long_name("б.pdf")))))
    for _ in range(data.draw(st.integers(0, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.sampled_from([0, 1, 2, 3, 0x1E, 0x1F, 0x7F, 0xFF]))
    small = bytes(packed[: data.draw(st.integers(0, len(packed)))])
    assert all(isinstance(content, bytes) for _, content in unpacked(small, 3))
