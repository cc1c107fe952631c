"""What else comes into a mailbox: robots, bounces, loops, copies, broken files. Nothing of it stops the queue."""

from __future__ import annotations

import os
import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.scenarios.house import House, Sent, inn

PARTNER, CLIENT = inn(1), inn(100)
ADDRESS, STAFF = "a@one.example", "staff@vendor.example"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with one registered deal, made once."""
    house = House(tmp_path_factory.mktemp("prepared") / "home")
    house.init(staff=["staff@vendor.example"])
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")
    return house


@pytest.fixture
def held(prepared: House, tmp_path: Path) -> House:
    """A copy of it for one story."""
    shutil.copytree(prepared.root, tmp_path / "home")
    return House(tmp_path / "home")


def letter(house: House) -> Sent:
    return house.mail("deal-registered")


def untouched(house: House) -> None:
    """Nobody was answered, nothing was asked, the deal stands."""
    before = len(house.mails())
    house.ok("2026-03-03 12:05")
    assert len(house.mails()) == before
    assert not house.rows("Обращения")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"


def test_robots_are_never_answered(held: House) -> None:
    for header in (
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "List-Id: <news.one.example>",
        "Subject: =?utf-8?b?0JDQstGC0L7QvtGC0LLQtdGC?=",
    ):
        raw = f"From: {ADDRESS}\nTo: {letter(held).token_address}\nMessage-ID: <{abs(hash(header))}@one.example>\n{header}\n\n9\n"
        held.deliver(raw.encode(), "2026-03-03 12:00")
    untouched(held)
    assert [str(row["Событие"]) for row in held.rows("Журнал")].count("Автоматический ответ") == 6


def test_out_of_office_by_its_subject(held: House) -> None:
    held.reply(letter(held), "Я в отпуске до 15 марта. По срочным вопросам: 5", "2026-03-03 12:00")
    path = next((held.root / "mail/inbox/new").iterdir())
    message = message_from_bytes(path.read_bytes(), policy=default)
    del message["Subject"]
    message["Subject"] = "Автоматический ответ: Сделка зарегистрирована [D-2026-0001]"
    path.write_bytes(message.as_bytes())
    os.utime(path, (1_772_528_400, 1_772_528_400))
    untouched(held)


def test_our_own_letter_coming_back(held: House) -> None:
    for path in list((held.root / "mail/sent/new").iterdir()):
        held.deliver(path.read_bytes(), "2026-03-03 12:00")
    untouched(held)


BOUNCE = """Return-Path: <>
From: MAILER-DAEMON@mx.one.example (Mail Delivery System)
To: partners@stakhanovets.ru
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <dsn{place}@mx.one.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.one.example.

<{address}>: host one.example said: 550 5.1.1 User unknown

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.one.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--B
Content-Type: message/rfc822

Message-ID: {message_id}
From: partners@stakhanovets.ru
To: {address}
Subject: test

1
--B--
"""


def bounce(sent: Sent, place: int = 1) -> bytes:
    return BOUNCE.format(address=sent.to, message_id=sent.message_id, place=place).encode()


def test_a_bounce_is_remarked_on_its_case_and_staff_are_told(held: House) -> None:
    held.deliver(bounce(letter(held)), "2026-03-03 12:00")
    held.ok("2026-03-03 12:05")
    row = held.row("Сделки", "D-2026-0001")
    assert row["Состояние"] == "Зарегистрирована"
    assert f"Письмо не доставлено на адрес {ADDRESS}" in str(row["Замечания"])
    told = held.mail("staff-attention", to=STAFF)
    assert "D-2026-0001" in told.text
    assert ADDRESS in told.text
    assert not held.rows("Обращения")
    assert [one.template for one in held.mails(to=ADDRESS)].count("question-received") == 0
    held.ok("2026-03-03 12:30")
    assert len(held.mails("staff-attention")) == 1


def test_a_bounce_of_a_letter_to_staff_ends_there(held: House) -> None:
    held.deliver(bounce(letter(held)), "2026-03-03 12:00")
    held.ok("2026-03-03 12:05")
    held.deliver(bounce(held.mail("staff-attention"), 2), "2026-03-03 12:10")
    held.ok("2026-03-03 12:15")
    assert len(held.mails("staff-attention")) == 1
    assert STAFF not in str(held.row("Сделки", "D-2026-0001")["Замечания"])


def test_a_delay_is_no_bounce(held: House) -> None:
    raw = bounce(letter(held)).replace(b"Action: failed", b"Action: delayed").replace(b"Status: 5.1.1", b"Status: 4.4.1")
    held.deliver(raw, "2026-03-03 12:00")
    untouched(held)
    assert held.row("Сделки", "D-2026-0001")["Замечания"] == ""


def test_a_loop_of_robots_that_do_not_say_so_ends(held: House) -> None:
    held.configure("answers_per_sender_a_day = 30", "answers_per_sender_a_day = 3")
    for minute in range(6):
        held.write("robot@loop.example", "Ваше обращение", f"Спасибо за письмо {minute}", f"2026-03-03 12:0{minute}")
        held.reply(letter(held), f"{minute % 2 + 1}", f"2026-03-03 12:0{minute}")
        held.ok(f"2026-03-03 12:1{minute}")
    assert len(held.mails(to="robot@loop.example")) == 3
    assert len(held.rows("Обращения")) == 6
    assert len(held.mails("status-report", to=ADDRESS)) == 3
    assert str(held.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "переговоры"  # what was said still acts
    held.write("robot@loop.example", "Ваше обращение", "Новый день", "2026-03-04 09:00")
    held.ok("2026-03-04 09:05")
    assert len(held.mails(to="robot@loop.example")) == 4


def test_a_loop_over_many_addresses_of_one_case_ends(held: House) -> None:
    held.configure("answers_per_case_a_day = 30", "answers_per_case_a_day = 3")
    for minute in range(6):
        held.reply(letter(held), f"{minute % 2 + 1}", f"2026-03-03 12:0{minute}", f"robot{minute}@one.example")
    held.ok("2026-03-03 12:10")
    assert len(held.mails("status-report")) == 3
    assert str(held.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "переговоры"


def test_an_unknown_sender_is_turned_away_once_a_day(held: House) -> None:
    for at in ("2026-03-03 12:00", "2026-03-03 13:00", "2026-03-04 09:00"):
        held.deal(at, "stranger@else.example", PARTNER, "Клиент", inn(101), Комментарий=at)
        held.ok(at.replace(":00", ":05"))
        held.ok(at.replace(":00", ":10"))
    turned_away = held.mails("sender-unknown", to="stranger@else.example")
    assert [letter.at.day for letter in turned_away] == [3, 4]


def test_the_same_letter_under_two_names(held: House) -> None:
    held.write("someone@else.example", "Вопрос", "Как стать партнёром?", "2026-03-03 12:00")
    first = next((held.root / "mail/inbox/new").iterdir())
    held.deliver(first.read_bytes(), "2026-03-03 12:01")
    held.deliver(b"Delivered-To: partners@stakhanovets.ru\r\n" + first.read_bytes(), "2026-03-03 12:02")
    held.ok("2026-03-03 12:05")
    held.deliver(b"X-Moved: 1\r\n" + next((held.root / "mail/inbox/cur").iterdir()).read_bytes(), "2026-03-04 12:00")
    held.ok("2026-03-04 12:05")
    assert len(held.rows("Обращения")) == 1
    assert len(held.mails("question-received")) == 1


def test_the_same_words_again_are_another_letter(held: House) -> None:
    for hour in (12, 14):
        held.write("someone@else.example", "Вопрос", "Как стать партнёром?", f"2026-03-03 {hour}:00")
        held.ok(f"2026-03-03 {hour}:05")
    assert len(held.rows("Обращения")) == 2


def test_what_is_no_letter_is_set_aside_and_the_queue_goes_on(held: House) -> None:
    held.deliver(b"\x00\x01\x02 no headers at all", "2026-03-03 11:00")
    held.deliver(b"", "2026-03-03 11:01")
    (held.root / "mail/inbox/new/folder").mkdir()
    held.reply(letter(held), "2", "2026-03-03 12:00")
    done = held.once("2026-03-03 12:05")
    assert done.code == 1
    assert "quarantine" in done.err
    assert str(held.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "переговоры"
    assert len(held.status()["quarantine"]) == 3
    assert "не письмо" in held.status()["quarantine"][0]["reason"]
    assert "карантин" in held.mails("staff-attention", to=STAFF)[0].text.lower()


def test_a_hostile_letter_is_tried_three_times_then_set_aside(held: House) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (depth, depth) for depth in range(200))
    held.deliver(b"From: " + ADDRESS.encode() + b"\r\nMIME-Version: 1.0\r\n" + nested, "2026-03-03 11:00")
    held.reply(letter(held), "2", "2026-03-03 12:00")
    for minute in (5, 6, 7):
        assert held.once(f"2026-03-03 12:0{minute}").code == 1
        assert str(held.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "переговоры"
    (item,) = held.status()["quarantine"]
    assert item["source"] == "mail"
    assert held.mail("staff-attention", to=STAFF)
    held.once("2026-03-03 12:08")
    held.once("2026-03-03 12:09")
    assert len(held.mails("staff-attention")) == 1


def test_a_letter_in_an_old_charset_is_read(held: House) -> None:
    raw = (
        f"From: {ADDRESS}\r\nTo: {letter(held).token_address}\r\nMessage-ID: <k@one.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + "Ведём переговоры\r\n".encode("koi8-r")
    held.deliver(raw, "2026-03-03 12:00")
    held.ok("2026-03-03 12:05")
    assert str(held.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "переговоры"


def test_a_question_from_anybody(house: House) -> None:
    house.write("someone@else.example", "Как стать партнёром?", "Расскажите об условиях.\n=1+1", "2026-03-02 09:40")
    house.ok("2026-03-02 10:00")
    (question,) = house.rows("Обращения")
    assert str(question["№"]) == "Q-2026-0001"
    received = house.mail("question-received", to="someone@else.example")
    assert received.subject.endswith("[Q-2026-0001]")
    assert "4 марта 2026" in received.text.replace("\u00a0", " ")
    house.ok("2026-03-04 18:05")
    assert house.status()["missed"][0]["id"] == "Q-2026-0001"
    assert house.mail("case-waiting").to == "someone@else.example"
