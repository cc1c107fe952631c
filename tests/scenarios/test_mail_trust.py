"""Whose letter it is, and whether it may act (contract, "Mail"; «Who may speak»)."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.scenarios.house import House, Sent, inn

PARTNER, CLIENT = inn(1), inn(100)
ADDRESS, STRANGER = "a@one.example", "x@stranger.example"
BOX = "partners@stakhanovets.ru"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with one registered deal, made once."""
    house = House(tmp_path_factory.mktemp("prepared") / "home")
    house.init(staff=["staff@vendor.example"])
    house.configure('authserv_id = ""', 'authserv_id = "mx.stakhanovets.ru"')
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")
    return house


@pytest.fixture
def held(prepared: House, tmp_path: Path) -> House:
    """A copy of it for one story."""
    shutil.copytree(prepared.root, tmp_path / "home")
    return House(tmp_path / "home")


def acted(house: House) -> bool:
    """Was the withdrawal carried out? If not, staff have it as a question."""
    house.ok("2026-03-03 12:05")
    state = house.row("Сделки", "D-2026-0001")["Состояние"]
    assert state in ("Отозвана", "Зарегистрирована")
    if state == "Зарегистрирована":
        assert len(house.rows("Обращения")) >= 1
    else:
        assert not house.rows("Обращения")
    return bool(state == "Отозвана")


def by_hand(house: House, sender: str, to: str, *headers: str, subject: str = "Re: Сделка", text: str = "9") -> None:
    lines = [f"From: {sender}", f"To: {to}", f"Message-ID: <{os.urandom(8).hex()}@one.example>", *headers]
    if not any(header.startswith("Subject") for header in headers):
        lines.append(f"Subject: {subject}")
    house.deliver(("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode(), "2026-03-03 12:00")


def letter(house: House) -> Sent:
    return house.mail("deal-registered")


def test_a_known_contact_with_the_token(held: House) -> None:
    by_hand(held, ADDRESS, letter(held).token_address)
    assert acted(held)


def test_a_colleague_of_the_own_domain_with_the_token(held: House) -> None:
    by_hand(held, "boss@one.example", letter(held).token_address)
    assert acted(held)


def test_a_stranger_with_the_token(held: House) -> None:
    by_hand(held, STRANGER, letter(held).token_address)
    assert not acted(held)
    received = held.mail("question-received", to=STRANGER)
    assert "Клиент" not in received.text
    assert "Один" not in received.text


PASS = "Authentication-Results: mx.stakhanovets.ru; dkim=pass header.d=one.example; spf=pass smtp.mailfrom=a@one.example"


def test_what_is_not_vouched_for_goes_to_people(held: House) -> None:
    answers = f"In-Reply-To: {letter(held).message_id}"
    for place, headers in enumerate(
        (
            [answers],
            [answers.replace("In-Reply-To", "References")],
            ["Authentication-Results: mx.evil.example; dkim=pass header.d=one.example", answers],
            ["Authentication-Results: mx.stakhanovets.ru; dkim=pass header.d=evil.example", answers],
            ["Authentication-Results: mx.stakhanovets.ru; dkim=fail header.d=one.example", answers],
            ["Authentication-Results: mx.stakhanovets.ru; dkim=pass header.d=one.example; dmarc=fail", answers],
            # below our own server's comes what the sender made up
            ["Authentication-Results: mx.stakhanovets.ru; dkim=none; spf=softfail smtp.mailfrom=a@one.example", PASS, answers],
            ["Subject: Re: [D-2026-0001]"],
            [PASS.replace("one.example", "stranger.example"), answers],
        )
    ):
        sender = STRANGER if "stranger" in headers[0] else ADDRESS
        by_hand(held, sender, BOX, *headers, text=f"9\n\nС уважением, {place}")
    assert not acted(held)
    assert len(held.rows("Обращения")) == 9


@pytest.mark.parametrize(
    "results", [PASS, "Authentication-Results: mx.stakhanovets.ru; spf=pass smtp.mailfrom=b@mail.one.example"]
)
def test_a_result_of_our_own_server_vouches(held: House, results: str) -> None:
    by_hand(held, ADDRESS, BOX, results, f"In-Reply-To: {letter(held).message_id}")
    assert acted(held)


def test_nobody_is_believed_by_default(held: House) -> None:
    held.configure('authserv_id = "mx.stakhanovets.ru"', 'authserv_id = ""')
    by_hand(held, ADDRESS, BOX, PASS, f"In-Reply-To: {letter(held).message_id}")
    assert not acted(held)


def test_a_failed_dmarc_goes_to_people_even_with_the_token(held: House) -> None:
    failed = "Authentication-Results: mx.stakhanovets.ru; dmarc=fail header.from=one.example"
    by_hand(held, ADDRESS, letter(held).token_address, failed)
    assert not acted(held)
    assert "не прошла проверку" in str(held.rows("Обращения")[0]["Замечания"])
    assert not held.mails("question-received")  # its From is somebody else's


def test_a_number_in_the_subject_is_no_voucher(held: House) -> None:
    by_hand(held, ADDRESS, BOX, subject="Re: [D-2026-0001]")
    by_hand(held, STRANGER, BOX, subject="[D-2026-0001] отозвать")
    assert not acted(held)
    assert {str(row["Замечания"]).count("Ответьте на обращение") for row in held.rows("Обращения")} == {1}


def test_a_number_in_the_subject_with_authentication_acts(held: House) -> None:
    by_hand(held, ADDRESS, BOX, PASS, subject="По сделке Д–2026–0001")
    assert acted(held)


def test_a_strangers_token_does_not_vouch_for_a_forged_sender(held: House) -> None:
    """Whoever asks about a deal gets an acknowledgement with a token; with that and a forged From nothing may be closed."""
    held.write(STRANGER, "Вопрос по [D-2026-0001]", "Кто ведёт эту сделку?", "2026-03-02 11:00")
    held.deal("2026-03-02 11:00", STRANGER, PARTNER, "Другой клиент", inn(101))
    held.ok("2026-03-02 11:05")
    by_hand(held, ADDRESS, held.mail("question-received", to=STRANGER).token_address)
    by_hand(held, ADDRESS, held.mail("sender-unknown", to=STRANGER).token_address)
    assert not acted(held)
    assert held.row("Сделки", "D-2026-0002")["Состояние"] == "На рассмотрении"


def test_the_token_says_which_deal_not_the_subject(held: House) -> None:
    held.deal("2026-03-02 10:30", ADDRESS, PARTNER, "Второй", inn(101))
    held.ok("2026-03-02 11:00")
    second = held.mail("deal-registered", number="D-2026-0002")
    by_hand(held, ADDRESS, second.token_address, subject="Re: [D-2026-0001]")
    held.ok("2026-03-03 12:05")
    assert held.row("Сделки", "D-2026-0002")["Состояние"] == "Отозвана"
    assert held.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"


def test_another_partners_token(held: House) -> None:
    held.partner("b@two.example", "ООО «Два»", inn(2), at="2026-03-02 10:30")
    held.ok("2026-03-02 11:00")
    by_hand(held, "b@two.example", letter(held).token_address)
    assert not acted(held)


@pytest.mark.parametrize("second", ["From: x@evil.example", ""])
def test_a_letter_of_two_senders_acts_for_neither_though_it_has_the_token(held: House, second: str) -> None:
    sender = ADDRESS if second else f"{ADDRESS}, x@evil.example"
    by_hand(held, sender, letter(held).token_address, *filter(None, (second,)))
    assert not acted(held)
    assert not held.mails("question-received")


@pytest.mark.parametrize(
    "sender",
    [
        f'"{ADDRESS}" <x@evil.example>',
        f"x@evil.example ({ADDRESS})",
        f"{ADDRESS}:x@evil.example;",
        f"=?utf-8?q?=3C{ADDRESS.replace('@', '=40')}=3E?= <x@evil.example>",
        f'"{ADDRESS}"@evil.example',
        "a@one.example.evil.example",
        "a@xn--ne-emc.example",
    ],
)
def test_a_name_that_looks_like_a_contact_is_none(held: House, sender: str) -> None:
    domain = sender.rpartition("@")[2].strip("<>;() ")
    result = f"Authentication-Results: mx.stakhanovets.ru; dkim=pass header.d={domain}; dkim=pass header.d=evil.example"
    by_hand(held, sender, letter(held).token_address, result)
    assert not acted(held)


def test_a_result_written_into_the_text_vouches_for_nobody(held: House) -> None:
    by_hand(held, ADDRESS, BOX, subject="[D-2026-0001]", text=f"{PASS}\r\n\r\n9")
    assert not acted(held)


def test_a_made_up_token(held: House) -> None:
    by_hand(held, ADDRESS, BOX.replace("@", "+abcdefghijklmnopqrstuvwx27@"), subject="[D-2026-0001]")
    assert not acted(held)


def test_two_numbers_in_the_subject_are_no_guess(held: House) -> None:
    held.deal("2026-03-02 10:30", ADDRESS, PARTNER, "Второй", inn(101))
    by_hand(held, ADDRESS, BOX, PASS, subject="[D-2026-0001] [D-2026-0002]")
    held.ok("2026-03-03 12:05")
    assert [row["Состояние"] for row in held.rows("Сделки")] == ["Зарегистрирована"] * 2
    assert len(held.rows("Обращения")) == 1


@pytest.mark.parametrize(
    ("header", "subject", "tied"),
    [
        ("In-Reply-To", "совсем другое", True),
        ("References", "Re: регистрация [D-2026-0001]", True),
        ("References", "совсем другое", False),
        ("References", "Re: [D-2026-0002]", False),
    ],
)
def test_references_alone_need_a_matching_subject(header: str, subject: str, tied: bool, held: House) -> None:
    by_hand(held, ADDRESS, BOX, PASS, f"{header}: <first@one.example> {letter(held).message_id}", subject=subject)
    assert acted(held) is tied


def test_status_of_a_known_contact_without_a_letter_of_ours(held: House) -> None:
    by_hand(held, ADDRESS, BOX, PASS, subject="статус", text="статус")
    held.ok("2026-03-03 12:05")
    report = held.mail("status-report", to=ADDRESS)
    assert "D-2026-0001" in report.text
    by_hand(held, STRANGER, BOX, PASS.replace("one.", "stranger."), subject="статус", text="Статус")
    held.ok("2026-03-03 12:10")
    assert len(held.mails("status-report")) == 1
    assert len(held.rows("Обращения")) == 1


def test_the_token_of_a_deauthorised_partners_letter(held: House) -> None:
    held.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Деавторизовать")
    held.ok("2026-03-02 11:00")
    by_hand(held, ADDRESS, letter(held).token_address, text="статус")
    held.ok("2026-03-03 12:05")
    assert "Деавторизован" in held.mail("status-report", to=ADDRESS).text


def test_a_reply_without_subject_and_headers(held: House) -> None:
    raw = f"From: {ADDRESS}\nTo: {letter(held).token_address}\n\n9\n"
    held.deliver(raw.encode(), "2026-03-03 12:00")
    assert acted(held)
    assert re.fullmatch(r"partners\+[a-z2-7]{26}@stakhanovets\.ru", letter(held).token_address)
