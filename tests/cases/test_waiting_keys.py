"""A licence's key that staff type while the partner may not get it waits, is seen to wait, and goes when its ground is gone."""

from __future__ import annotations

from datetime import date

import pytest

from cases.model import Form
from rules.edition import Tier
from tests.cases.conftest import ONE, STAFF, A, House, Posted, at

PARTNER, PILOT, NFR = "P-0001", "T-2026-0001", "N-2026-0001"
STARTED = {PILOT: "pilot-started", NFR: "nfr-issued"}
WAITS = "Ключ записан и ждёт: партнёр не авторизован"


def accepted(house: House, number: str) -> None:
    """The request is accepted, and its key awaited."""
    house.partner(ONE, A, tier=Tier.SILVER)
    if number == PILOT:
        house.pilot(ONE, A)
    else:
        house.form(Form.REQUEST, A, partner_inn=ONE, topic="NFR-лицензия", text="Просим")
    assert "Впишите ключ" in house.row(number)["Замечания"]


def about(letters: list[Posted], number: str) -> list[str]:
    return [one.mail.template for one in letters if one.mail.number == number and one.mail.recipient != STAFF]


def deauthorised_with_key(house: House, number: str) -> None:
    accepted(house, number)
    house.staff(PARTNER, staff_decision="Деавторизовать")
    house.now = at("2026-03-02 10:05")
    assert about(house.staff(number, licence_key="KEY-1"), number) == []
    assert house.row(number)["Состояние"] == "Одобрено"
    assert house.row(number)["Замечания"].startswith(WAITS), "and nobody is asked for a key that is there"


@pytest.mark.parametrize("number", STARTED)
def test_it_goes_in_the_pass_in_which_the_partner_is_authorised_again(house: House, number: str) -> None:
    deauthorised_with_key(house, number)
    house.now = at("2026-03-03 12:00")
    letters = house.staff(PARTNER, staff_decision="Авторизовать")
    assert about(letters, number) == [STARTED[number]]
    (letter,) = (one for one in letters if one.mail.template == STARTED[number])
    assert "KEY-1" in letter.text
    row = house.row(number)
    assert (row["Состояние"], row["Замечания"]) == ("Действует", "")
    assert date(2026, 3, 3) in (row.get("Начат"), row.get("Выдана")), "its days count from then"
    house.now = at("2026-03-03 12:05")
    assert about(house.once(), number) == []


@pytest.mark.parametrize("number", STARTED)
def test_typed_in_the_very_pass_of_the_authorisation_it_goes_at_once(house: House, number: str) -> None:
    accepted(house, number)
    house.staff(PARTNER, staff_decision="Деавторизовать")
    house.now = at("2026-03-03 12:00")
    key, decision = house.cells(number, licence_key="KEY-1"), house.cells(PARTNER, staff_decision="Авторизовать")
    assert about(house.once(words=[*key, *decision]), number) == [STARTED[number]]
    assert house.row(number)["Замечания"] == ""


@pytest.mark.parametrize("number", STARTED)
def test_the_latest_key_counts_and_one_taken_out_again_does_not(house: House, number: str) -> None:
    deauthorised_with_key(house, number)
    house.staff(number, licence_key="KEY-2")
    house.staff(number, licence_key="")
    assert "Ключ записан" not in house.row(number)["Замечания"]
    assert "Впишите ключ" in house.row(number)["Замечания"]
    house.now = at("2026-03-03 12:00")
    assert about(house.staff(PARTNER, staff_decision="Авторизовать"), number) == []
    (letter,) = (one for one in house.staff(number, licence_key="KEY-3") if one.mail.number == number)
    assert "KEY-3" in letter.text


@pytest.mark.parametrize("number", STARTED)
@pytest.mark.parametrize("word", ["Закрыть", "Отказать"])
def test_a_request_that_ends_first_keeps_its_key_and_says_so(house: House, number: str, word: str) -> None:
    deauthorised_with_key(house, number)
    house.staff(number, staff_decision=word)
    assert house.row(number)["Замечания"] == "Ключ партнёру не отправлен: запрос решён без него."
    house.now = at("2026-03-03 12:00")
    assert about(house.staff(PARTNER, staff_decision="Авторизовать"), number) == []
    house.staff(number, licence_key="KEY-2")
    assert "«Ключ» здесь невозможно: решение уже принято" in house.row(number)["Замечания"]


def test_a_key_typed_ahead_of_a_refusal_says_that_it_did_not_go(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A, term_days="30")
    house.staff(PILOT, licence_key="KEY-1")
    assert "Ключ записан" not in house.row(PILOT)["Замечания"], "it goes with the approval, as ever"
    assert about(house.staff(PARTNER, staff_decision="Деавторизовать"), PILOT) == ["pilot-refused"]
    assert "Ключ партнёру не отправлен" in house.row(PILOT)["Замечания"]


def test_an_undecided_request_of_a_deauthorised_partner_says_that_its_key_waits(house: House) -> None:
    house.partner(ONE, A, tier=Tier.SILVER)
    house.form(Form.REQUEST, "new@elsewhere.ru", partner_inn=ONE, topic="NFR-лицензия", text="Просим")
    house.staff(PARTNER, staff_decision="Деавторизовать")
    house.staff(NFR, licence_key="KEY-1")
    assert house.row(NFR)["Состояние"] == "На рассмотрении"
    assert WAITS in house.row(NFR)["Замечания"]
    house.staff(PARTNER, staff_decision="Авторизовать")
    assert about(house.staff(NFR, staff_decision="Одобрить"), NFR) == ["nfr-issued"]
    assert house.row(NFR)["Замечания"] == ""


def test_a_licence_that_the_tier_does_not_give_waits_for_the_tier(house: House) -> None:
    accepted(house, NFR)
    house.staff(PARTNER, tier="Бронзовый")
    house.staff(NFR, licence_key="KEY-1")
    assert "Ключ записан и ждёт: статус партнёра не даёт NFR-лицензий" in house.row(NFR)["Замечания"]
    house.now = at("2026-03-03 12:00")
    assert about(house.staff(PARTNER, tier="Серебряный"), NFR) == ["nfr-issued"]
    assert house.row(NFR)["Замечания"] == ""
