"""No partner is left without an answer in time («Deadlines»)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.scenarios.desk_work import journal
from tests.scenarios.house import House, Sent, Value, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)
A, B, STAFF = "a@one.example", "b@two.example", "staff@vendor.example"
FIRST, SECOND = "D-2026-0001", "D-2026-0002"
SWITCH: dict[str, Value] = {
    "Тип сделки": "Конкурентный переход",
    "Скриншот лицензии": "снимок.png",
    "Финансовый документ": "акт.pdf",
}


@pytest.fixture
def market(house: House) -> House:
    """A partner, authorised in the first pass."""
    house.partner(A, "ООО «Первый»", ONE)
    return house


def told(house: House, words: str) -> list[str]:
    """Letters to staff about that matter."""
    return [letter.text for letter in house.mails("staff-attention", to=STAFF) if words in letter.subject]


def plain(letter: Sent) -> str:
    """The text with ordinary blanks."""
    return letter.text.replace("\u00a0", " ")


def test_staff_are_warned_twice_and_the_partner_hears_at_the_deadline(market: House) -> None:
    market.deal("2026-03-13 17:59", A, ONE, "Клиент", CLIENT, **SWITCH)  # a Friday
    market.deal("2026-03-14 12:00", A, ONE, "Иной", inn(101), **SWITCH)
    market.ok("2026-03-14 13:00")
    for number in (FIRST, SECOND):
        assert market.row("Сделки", number)["Ответить до"] == datetime.fromisoformat("2026-03-17 18:00")
        assert market.explain(number)["deadline"] == "2026-03-17T18:00:00+03:00"
    assert "17 марта 2026" in plain(market.mail("case-received", number=FIRST))
    assert "18:00" in plain(market.mail("case-received", number=FIRST))
    market.ok("2026-03-16 17:59:00")
    assert not told(market, "Приближается срок ответа")
    market.ok("2026-03-16 18:00")
    (half,) = told(market, "Приближается срок ответа")
    assert "половина срока" in half
    assert FIRST in half
    assert SECOND in half
    assert "Сотрудники предупреждены: Прошло времени на ответ: 50 %." in journal(market, FIRST)
    assert {line["id"] for line in market.status("2026-03-16 18:00")["at_risk"]} == {FIRST, SECOND}
    market.ok("2026-03-17 13:30")
    assert "три четверти" in told(market, "Приближается срок ответа")[1]
    assert not market.mails("deal-waiting")
    market.ok("2026-03-17 18:00")
    assert {letter.number for letter in market.mails("deal-waiting", to=A)} == {FIRST, SECOND}
    interim = market.mail("deal-waiting", number=FIRST)
    assert "Ждём решения сотрудника" in interim.text
    assert market.status("2026-03-17 18:00")["missed"] == [
        {"id": number, "due": "2026-03-17T18:00:00+03:00"} for number in (FIRST, SECOND)
    ]
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-18 10:00")
    assert [line["id"] for line in market.status()["missed"]] == [SECOND], "what still waits"
    assert len(market.mails("deal-waiting")) == 2, "one interim answer is enough"
    assert len(told(market, "Приближается срок ответа")) == 2
    assert len(told(market, "Срок ответа пропущен")) == 1


def test_staff_may_move_days_in_the_calendar(market: House) -> None:
    market.add("Календарь", Дата=date(2026, 3, 16), Вид="Выходной")
    market.add("Календарь", Дата=date(2026, 3, 14), Вид="Рабочий")
    market.deal("2026-03-12 10:00", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-13 10:00", A, ONE, "Иной", inn(101))
    market.ok("2026-03-13 11:00")
    assert market.row("Сделки", FIRST)["Ответить до"] == datetime.fromisoformat("2026-03-14 18:00")
    assert market.row("Сделки", SECOND)["Ответить до"] == datetime.fromisoformat("2026-03-17 18:00")


def test_a_deal_waits_for_its_partners_authorisation_but_not_past_its_deadline(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE, Телефон="")
    house.partner(B, "ООО «Второй»", TWO, Телефон="")
    house.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    house.deal("2026-03-02 09:40", B, TWO, "Иной", inn(101))
    house.ok("2026-03-02 10:00")
    assert {row["Состояние"] for row in house.rows("Сделки")} == {"На рассмотрении"}
    assert "Ждёт решения об авторизации партнёра P-0001" in str(house.row("Сделки", FIRST)["Замечания"])
    assert "ждёт решения об авторизации" in house.mail("case-received", to=A).text
    house.reply(house.mail("needs-data", to=B), "Телефон: +7 495 765-43-21", "2026-03-02 11:00")
    house.ok("2026-03-02 11:05")
    assert house.row("Сделки", SECOND)["Состояние"] == "Зарегистрирована"
    house.ok("2026-03-04 17:59")
    assert house.row("Сделки", FIRST)["Состояние"] == "На рассмотрении"
    house.ok("2026-03-04 18:00")
    row = house.row("Форма Сделка", FIRST)
    assert row["Решение"] == "Отказано"
    assert str(row["Причина"]).startswith("2 – ")
    assert "форму авторизации" in house.mail("deal-refused").text


def test_a_rival_that_waits_hears_of_its_turn(market: House) -> None:
    market.partner(B, "ООО «Второй»", TWO)
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.ok("2026-03-04 18:00")
    assert f"{SECOND}: Ждёт решения по более ранней заявке {FIRST}" in told(market, "Срок ответа пропущен")[0]
    assert "ждём решения по той, что пришла раньше" in market.mail("deal-waiting", to=B).text
    assert FIRST not in market.mail("deal-waiting", to=B).text
