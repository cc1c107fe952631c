"""A renewal shows staff who sold before; it changes nothing, and no partner hears of it («Продление действующих лицензий»)."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, Value, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)
A, B = "a@one.example", "b@two.example"
FIRST, SECOND = "D-2026-0001", "D-2026-0002"
RENEWAL: dict[str, Value] = {"Тип сделки": "Продление лицензий"}
SECRETS = ("Продавец", ONE, A, "one.example", FIRST, "Действующий партнёр")


def _market(house: House) -> None:
    house.partner(A, "ООО «Продавец»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")


@pytest.fixture
def market(begin: Begin) -> House:
    """One partner has registered the customer."""
    return begin(_market)


def won(house: House) -> None:
    house.reply(house.mail("deal-registered", to=A), "5", "2026-03-02 10:10")
    house.ok("2026-03-02 10:15")


def test_a_renewal_by_another_partner_shows_staff_the_incumbent(market: House) -> None:
    won(market)
    market.deal("2027-04-05 09:30", B, TWO, "Клиент", CLIENT, **RENEWAL)  # more than a year later
    market.once("2027-04-05 10:00")
    row = market.row("Сделки", "D-2027-0001")
    assert row["Состояние"] == "Зарегистрирована", "first come holds, whoever sold before"
    assert f"Действующий партнёр заказчика – другой: ООО «Продавец», ИНН {ONE}, сделка {FIRST}" in str(row["Замечания"])
    explained = market.explain("D-2027-0001")
    assert explained["facts"]["incumbent"] == {"deal": FIRST, "own": False}
    assert {"name": "incumbent", "section": "Продление действующих лицензий", "result": "pass"} in explained["tests"]
    for letter in market.mails(to=B):
        for secret in SECRETS:
            assert secret not in letter.subject + letter.text + letter.html, (letter.template, secret)


def test_the_incumbents_own_renewal_is_marked_too(market: House) -> None:
    won(market)
    market.deal("2026-03-03 09:30", A, ONE, "Клиент", CLIENT, **RENEWAL)
    market.ok("2026-03-03 10:00")
    remarks = str(market.row("Сделки", SECOND)["Замечания"])
    assert f"Продление просит действующий партнёр заказчика, прежняя сделка {FIRST}" in remarks
    assert market.explain(SECOND)["facts"]["incumbent"] == {"deal": FIRST, "own": True}


def test_a_sale_or_an_accepted_order_makes_an_incumbent(market: House) -> None:
    """The deal is not closed as won yet; it is annulled so that the renewal meets nobody."""
    market.add("Продажи", **{"Дата": "02.03.2026", "ИНН партнёра": ONE, "№ сделки": FIRST, "Сумма руб.": 50000})
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Аннулировать")
    market.ok("2026-03-02 11:00")
    market.deal("2026-03-03 09:30", B, TWO, "Клиент", CLIENT, **RENEWAL)
    market.ok("2026-03-03 10:00")
    assert f"сделка {FIRST}" in str(market.row("Сделки", SECOND)["Замечания"])


def test_no_mark_without_a_purchase_or_on_another_kind(market: House) -> None:
    market.reply(market.mail("deal-registered", to=A), "6", "2026-03-02 10:10")  # lost
    market.ok("2026-03-02 10:15")
    market.deal("2026-03-03 09:30", B, TWO, "Клиент", CLIENT, **RENEWAL)
    market.ok("2026-03-03 10:00")
    assert market.row("Сделки", SECOND)["Замечания"] == ""
    market.reply(market.mail("deal-registered", to=B), "5", "2026-03-03 10:10")
    market.ok("2026-03-03 10:15")
    market.deal("2026-03-04 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-04 10:00")
    assert market.row("Сделки", "D-2026-0003")["Замечания"] == ""
