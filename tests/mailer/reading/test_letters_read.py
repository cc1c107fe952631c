"""What a letter's bytes become: headers, charsets, text, tokens, attachments."""

from __future__ import annotations

import base64
import errno
import os
import quopri
from pathlib import Path

import pytest

from cases.incoming_mail import LetterKind
from mailer.reading.attachments import media_type
from mailer.reading.charsets import decode, known_charset
from mailer.reading.headers import case_numbers
from mailer.reading.html_text import html_text
from tests.mailer.reading.letter_samples import AT, OUR_ID, TOKEN, letter, multipart, raw

SUBJECT = "Актуализация сделки"


def test_a_plain_letter(tmp_path: Path) -> None:
    got = letter(
        raw("Subject: Re: [D-2026-0001]", "Content-Type: text/plain; charset=utf-8", body="Добрый день!\r\n5\r\n"), tmp_path
    )
    assert (got.key, got.received_at, got.kind) == ("k1", AT, LetterKind.PERSON)
    assert (got.sender, got.sender_name, got.message_id) == ("ivan@firm.ru", "Иван", "<a1@firm.ru>")
    assert (got.subject, got.text, got.numbers) == ("Re: [D-2026-0001]", "Добрый день!\n5", ("D-2026-0001",))
    assert not got.authentic
    assert not got.attachments


def test_the_time_is_the_mailboxs(tmp_path: Path) -> None:
    assert letter(raw("Date: Thu, 1 Jan 1970 00:00:00 +0000"), tmp_path).received_at == AT


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "cp866", "utf-8", "iso8859-5", "mac-cyrillic"])
def test_raw_eight_bit_headers_and_bodies_are_detected(codec: str, tmp_path: Path) -> None:
    got = letter(raw(b"Subject: " + SUBJECT.encode(codec), body="Просим продлить регистрацию".encode(codec)), tmp_path)
    assert (got.subject, got.text) == (SUBJECT, "Просим продлить регистрацию")


@pytest.mark.parametrize(
    "label", ["win-1251", "cp-1251", "windows-1251", "WIN1251", "X-UNKNOWN", "us-ascii", "iso-8859-1", "rot13", "hex", "koi8-r"]
)
def test_unknown_and_wrong_charset_labels(label: str, tmp_path: Path) -> None:
    got = letter(
        raw(
            f"Subject: =?{label}?B?{base64.b64encode(SUBJECT.encode('cp1251')).decode()}?=",
            f"Content-Type: text/plain; charset={label}",
            body="Просим продлить регистрацию".encode("cp1251"),
        ),
        tmp_path,
    )
    assert (got.subject, got.text) == (SUBJECT, "Просим продлить регистрацию")


def test_charset_names() -> None:
    assert known_charset("x-mac-cyrillic") == "mac-cyrillic"
    assert known_charset("X-UNKNOWN") == known_charset("hex") == known_charset("\x00") == ""
    assert decode("Привет".encode("koi8-r"), "koi8r") == "Привет"
    assert decode("Привет".encode(), "windows-1251") == "Привет"


def test_encoded_words_split_within_a_letter(tmp_path: Path) -> None:
    data = SUBJECT.encode()
    words = " ".join(f"=?UTF-8?B?{base64.b64encode(data[at : at + 7]).decode().rstrip('=')}?=" for at in range(0, len(data), 7))
    quoted = "=?utf-8?Q?" + quopri.encodestring("да нет".encode(), header=True).decode() + "?="
    assert letter(raw(f"Subject: {words}"), tmp_path).subject == SUBJECT
    assert letter(raw(f"Subject: Re: {quoted} 5"), tmp_path).subject == "Re: да нет 5"


def test_tokens_from_where_it_went_then_from_the_text(tmp_path: Path) -> None:
    other = TOKEN[::-1].replace("7", "a").replace("2", "b")
    got = letter(
        raw(
            f"Delivered-To: PARTNERS+{TOKEN.upper()}@stakhanovets.ru",
            f"X-Original-To: partners+{TOKEN}@inner.local",
            body=f"5\n> Ответить: partners+{other}@stakhanovets.ru",
        ),
        tmp_path,
    )
    assert got.tokens == (TOKEN, other)
    assert letter(raw(f"Cc: xpartners+{TOKEN}@stakhanovets.ru, partners+short@stakhanovets.ru"), tmp_path).tokens == ()


def test_references_nearest_first_with_the_ledgers_names(tmp_path: Path) -> None:
    got = letter(
        raw(
            f"In-Reply-To: <{OUR_ID}@stakhanovets.ru>",
            f"References: <first@x.ru>\r\n <{'f' * 32}@elsewhere.ru>\r\n <second@x.ru>",
        ),
        tmp_path,
    )
    assert got.references == (
        OUR_ID,
        f"<{OUR_ID}@stakhanovets.ru>",
        "<second@x.ru>",
        f"<{'f' * 32}@elsewhere.ru>",
        "<first@x.ru>",
    )
    assert got.distant == got.references[2:]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Re: регистрация [D-2026-0001]", ("D-2026-0001",)),
        ("Д-2026-0001 и Р-0012", ("D-2026-0001", "P-0012")),
        ("О–2026—0003, т‑2026‑0004, Q - 2026 - 0005", ("O-2026-0003", "T-2026-0004", "Q-2026-0005")),
        ("D-2026-0001, d-2026-0001", ("D-2026-0001",)),
        ("AD-2026-0001 D-26-01 5-2026-0001 ID-12345678901", ()),
        ("", ()),
    ],
)
def test_case_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert case_numbers(text) == numbers


@pytest.mark.parametrize(
    ("sender", "address", "name"),
    [
        ('"Иванов, Иван" <Ivan@Firm.ru>', "ivan@firm.ru", "Иванов, Иван"),
        ("=?utf-8?B?0JjQstCw0L0=?= <ivan@firm.ru>", "ivan@firm.ru", "Иван"),
        ("ivan@firm.ru", "ivan@firm.ru", ""),
        ("ivan@firm.ru (Иван)", "ivan@firm.ru", "Иван"),
        ("boss@firm.ru <evil@x.ru>", "evil@x.ru", "boss@firm.ru"),
        ("=?utf-8?Q?boss=40firm.ru=3E?= <evil@x.ru>", "evil@x.ru", "boss@firm.ru>"),
        ("nobody", "", "nobody"),
        ("", "", ""),
        ("(" * 3000 + "ivan@firm.ru", "ivan@firm.ru", ""),
    ],
)
def test_senders(sender: str, address: str, name: str, tmp_path: Path) -> None:
    got = letter(raw(sender=sender), tmp_path)
    assert (got.sender, got.sender_name) == (address, name)


def test_plain_text_is_preferred_and_html_is_read_without_it(tmp_path: Path) -> None:
    plain = "Content-Type: text/plain; charset=utf-8\r\n\r\n5 выиграна\r\n"
    rich = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>5 <b>выиграна</b></p><blockquote>1 в работе</blockquote>\r\n"
    assert letter(multipart("alternative", plain, rich), tmp_path).text == "5 выиграна"
    empty = "Content-Type: text/plain\r\n\r\n \r\n"
    assert letter(multipart("alternative", empty, rich), tmp_path).text == "5 выиграна\n> 1 в работе"


def test_text_around_attachments_is_joined(tmp_path: Path) -> None:
    got = letter(multipart("mixed", "\r\nраз\r\n", "Content-Type: image/png\r\n\r\nxx\r\n", "\r\nдва\r\n"), tmp_path)
    assert got.text == "раз\nдва"
    assert len(got.attachments) == 1


def test_flowed_text_is_made_whole(tmp_path: Path) -> None:
    got = letter(
        raw(
            "Content-Type: text/plain; charset=utf-8; format=flowed", body="Просим продлить \r\nрегистрацию\r\n> цитата \r\n5\r\n"
        ),
        tmp_path,
    )
    assert got.text == "Просим продлить регистрацию\n> цитата \n5"


@pytest.mark.parametrize("begun", ["<title>x</title><body>", "<style>p{}</style><p>", "<meta charset='utf-8'><div>"])
def test_html_whose_head_is_not_closed(begun: str) -> None:
    assert html_text(f"<html><head>{begun}5 – выиграна</html>") == "5 – выиграна"


def test_html_to_text() -> None:
    page = (
        "<html><head><style>p{}</style><title>x</title></head><body><!-- 9 --><div>Добрый&nbsp;день!<br>5<br/>выиграна</div>"
        "<ol start=3><li>КП</li><li>тендер</li></ol><table><tr><td>ИНН</td><td>7707083893</td></tr></table>"
        "<a href='https://firm.ru/a'>ссылка</a> <a href=\"mailto:a@b.ru\">a@b.ru</a><script>alert(1)</script>"
        "<blockquote>пишет:<blockquote>раньше</blockquote></blockquote>1 < 2"
    )
    assert html_text(page).split("\n") == [
        "Добрый день!",
        "5",
        "выиграна",
        "3. КП",
        "4. тендер",
        "ИНН\t7707083893",
        "ссылка <https://firm.ru/a> a@b.ru",
        "> пишет:",
        ">> раньше",
        "1 < 2",
    ]


def test_attachments_are_kept_under_names_of_ours(tmp_path: Path) -> None:
    pdf, png = b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\n1"
    data = multipart(
        "mixed",
        "Content-Type: text/plain; charset=utf-8\r\n\r\nво вложении\r\n",
        b'Content-Type: image/png\r\nContent-Disposition: attachment; filename="../../etc/passwd"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(pdf),
        "Content-Type: application/octet-stream; name*=koi8-r''%D3%CB%D2%C9%CE.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(png).decode(),
        "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n",
    )
    got = letter(data, tmp_path)
    assert [(file.name, file.media_type, file.size) for file in got.attachments] == [
        ("passwd", "application/pdf", len(pdf)),
        ("скрин.png", "image/png", len(png)),
    ]
    stored = [tmp_path / file.stored for file in got.attachments]
    assert [path.read_bytes() for path in stored] == [pdf, png]
    assert not any(path.stat().st_mode & 0o177 for path in stored)  # others may not read them, nobody may run them
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(stored)
    assert letter(data, tmp_path).attachments == got.attachments
    assert got.text == "во вложении"


WITH_A_FILE = multipart("mixed", b"\r\n1\r\n", b'Content-Type: x/y; name="a.txt"\r\n\r\ntext')


def test_a_file_outlasts_a_power_cut_before_anybody_learns_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes first, then the names of file and folder: without the latter a disk forgets where they lie."""
    flush, flushed = os.fsync, list[set[str]]()

    def watching(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        flushed.append({path.name[:5]} if path.is_file() else {entry.name for entry in path.iterdir()})
        flush(handle)

    monkeypatch.setattr(os, "fsync", watching)
    (file,) = letter(WITH_A_FILE, tmp_path).attachments
    folder, _, name = file.stored.partition("/")
    assert flushed == [{".part"}, {name}, {folder}]


def test_a_full_disk_keeps_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        letter(WITH_A_FILE, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_forwarded_letter_is_a_file_and_its_text_is_not_the_senders(tmp_path: Path) -> None:
    inner = "Content-Type: message/rfc822\r\n\r\nFrom: a@b.ru\r\nSubject: =?utf-8?B?0KHRh9GR0YI=?=\r\n\r\n9 отозвать\r\n"
    got = letter(multipart("mixed", "Content-Type: text/plain; charset=utf-8\r\n\r\n1\r\n", inner), tmp_path)
    assert got.text == "1"
    assert [file.name for file in got.attachments] == ["Счёт.eml"]
    assert b"9 \xd0" in (tmp_path / got.attachments[0].stored).read_bytes()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (
            b"PK\x03\x04....[Content_Types].xml word/document.xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"PK\x03\x04 a.exe", "application/zip"),
        (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
        (b"MZ\x90", "application/x-msdownload"),
        (b"<!DOCTYPE html><p>", "text/html"),
        ("текст".encode(), "text/plain"),
        (b"\x00\x01", "application/octet-stream"),
        (b"", "text/plain"),
    ],
)
def test_types_are_told_from_the_bytes(data: bytes, kind: str) -> None:
    assert media_type(data)[0] == kind


def test_controls_and_direction_marks_are_taken_out(tmp_path: Path) -> None:
    got = letter(raw("Subject: a\x00b\u202ec", body="1\x00\x1b[2J\u202e2"), tmp_path)
    assert (got.subject, got.text) == ("abc", "1[2J2")
