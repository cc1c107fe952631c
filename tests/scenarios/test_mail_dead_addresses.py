"""An address that does not exist is left in peace for sixty days: staff see it, another contact gets the letters."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, Sent, inn
from tests.scenarios.test_mail_inbox import bounce

ADDRESS, OTHER, STAFF = "anna@one.example", "boris@one.example", "staff@vendor.example"
HELD = "письма не доходят"


def _dead(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", inn(1))
    house.deal("2026-03-02 09:30", ADDRESS, inn(1), "Клиент", inn(100))
    house.ok("2026-03-02 10:00")
    house.deliver(bounce(registered(house)), "2026-03-02 10:01")
    house.ok("2026-03-02 10:05")


@pytest.fixture
def dead(begin: Begin) -> House:
    """A registered deal whose letter came back: no such address."""
    return begin(_dead)


def registered(house: House) -> Sent:
    return house.mails("deal-registered", number="D-2026-0001")[0]


def deal(house: House, number: int, at: str) -> None:
    house.deal(at, ADDRESS, inn(1), f"Клиент {number}", inn(100 + number))


def test_nothing_more_is_sent_there_and_staff_see_why(dead: House) -> None:
    assert f"На адрес {ADDRESS} {HELD}; до 01.05.2026" in str(dead.row("Сделки", "D-2026-0001")["Замечания"])
    told = dead.mail("staff-attention", to=STAFF).text
    assert ADDRESS in told
    assert "Дополнительные контакты" in told
    before = len(dead.mails(to=ADDRESS))
    deal(dead, 1, "2026-03-03 09:00")
    dead.ok("2026-03-03 09:05")
    row = dead.row("Сделки", "D-2026-0002")
    assert row["Состояние"] == "Зарегистрирована"
    assert HELD in str(row["Замечания"])
    assert len(dead.mails(to=ADDRESS)) == before
    assert "D-2026-0002" in dead.mails("staff-attention", to=STAFF)[-1].text
    letters = len(dead.mails("staff-attention"))
    dead.ok("2026-03-03 09:10")
    assert len(dead.mails("staff-attention")) == letters
    assert "Письмо не отправлено" in {line["Событие"] for line in dead.rows("Журнал")}


def test_after_sixty_days_it_is_tried_again(dead: House) -> None:
    deal(dead, 1, "2026-05-01 09:00")
    dead.once("2026-05-01 09:05")
    assert dead.mails("deal-registered", to=ADDRESS, number="D-2026-0002") == []
    deal(dead, 2, "2026-05-04 09:00")
    dead.once("2026-05-04 09:05")
    assert dead.mail("deal-registered", to=ADDRESS, number="D-2026-0003")


def test_a_letter_from_it_shows_that_it_lives(dead: House) -> None:
    dead.write(ADDRESS, "Почта заработала", "Проверьте, пожалуйста", "2026-03-03 08:00")
    deal(dead, 1, "2026-03-03 09:00")
    dead.ok("2026-03-03 09:05")
    assert dead.mail("question-received", to=ADDRESS)
    deal(dead, 2, "2026-03-03 09:10")
    dead.ok("2026-03-03 09:15")
    assert dead.mail("deal-registered", to=ADDRESS, number="D-2026-0003")
    assert HELD not in str(dead.row("Сделки", "D-2026-0003")["Замечания"])


@pytest.mark.parametrize("typed", [ADDRESS, f"{OTHER}, {ADDRESS}"])
def test_staff_who_write_it_among_the_contacts_mean_it(typed: str, dead: House) -> None:
    dead.set_cell("Партнёры", "P-0001", "Дополнительные контакты", typed)
    deal(dead, 1, "2026-03-03 09:00")
    dead.ok("2026-03-03 09:05")
    assert dead.mail("deal-registered", to=ADDRESS, number="D-2026-0002")


def test_another_contact_of_staffs_gets_the_letters(dead: House) -> None:
    dead.set_cell("Партнёры", "P-0001", "Дополнительные контакты", OTHER)
    deal(dead, 1, "2026-03-03 09:00")
    dead.ok("2026-03-03 09:05")
    assert dead.mail("deal-registered", to=OTHER, number="D-2026-0002").files
    assert HELD not in str(dead.row("Сделки", "D-2026-0002")["Замечания"])


def two_contacts(house: House) -> House:
    house.partner(ADDRESS, "ООО «Один»", inn(1))
    house.ok("2026-03-02 09:10")
    house.set_cell("Партнёры", "P-0001", "Дополнительные контакты", OTHER)
    deal(house, 1, "2026-03-02 09:30")
    house.ok("2026-03-02 10:00")
    return house


def test_the_letter_that_came_back_goes_to_another_contact_once(house: House) -> None:
    two_contacts(house)
    first = registered(house)
    for number in (1, 2):
        house.deliver(bounce(first, number), f"2026-03-02 10:0{number}")
        house.ok(f"2026-03-02 10:1{number}")
    again = house.mail("deal-registered", to=OTHER)
    assert (again.subject, again.text, list(again.files)) == (first.subject, first.text, list(first.files))
    assert "Письмо пошло другому контакту партнёра" in {line["Событие"] for line in house.rows("Журнал")}
    house.reply(again, "2", "2026-03-02 11:00")
    house.ok("2026-03-02 11:05")
    assert str(house.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "переговоры"
    house.deliver(bounce(again, 3), "2026-03-02 12:00")  # and the other one is dead too
    house.ok("2026-03-02 12:05")
    assert len(house.mails("deal-registered")) == 2


def test_a_bounce_that_does_not_know_our_letter_kills_no_address(house: House) -> None:
    """Anybody can write a bounce: a rival would silence a partner with it."""
    two_contacts(house)
    forged = bounce(registered(house)).replace(registered(house).message_id.encode(), b"<" + b"0" * 32 + b"@stakhanovets.ru>")
    house.deliver(forged.replace(b"Returned to Sender", b"[D-2026-0001]"), "2026-03-02 10:01")
    other = bounce(registered(house), 2).replace(b"rfc822; " + ADDRESS.encode(), b"rfc822; " + OTHER.encode())
    house.deliver(other, "2026-03-02 10:02")
    deal(house, 2, "2026-03-02 10:03")
    house.ok("2026-03-02 10:05")
    assert house.mail("deal-registered", to=ADDRESS, number="D-2026-0002")
    remarks = str(house.row("Сделки", "D-2026-0001")["Замечания"])
    assert "Письмо не доставлено на адрес" in remarks
    assert HELD not in remarks


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.4.7"])
def test_a_full_box_or_a_refused_text_kills_no_address(status: str, house: House) -> None:
    two_contacts(house)
    raw = bounce(registered(house)).replace(b"5.1.1", status.encode()).replace(b"User unknown", b"try later")
    house.deliver(raw, "2026-03-02 10:01")
    deal(house, 2, "2026-03-02 10:03")
    house.ok("2026-03-02 10:05")
    assert house.mail("deal-registered", to=ADDRESS, number="D-2026-0002")
