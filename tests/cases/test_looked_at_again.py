"""What waits for staff or for another case is decided in the very pass in which the ground of its waiting goes («Deadlines»)."""

from __future__ import annotations

from rules.edition import Tier
from tests.cases.conftest import ONE, OTHER, TWO, A, B, House, at
from tests.scenarios.house import inn

STRANGE = "new@elsewhere.ru"


def templates(house: House, number: str) -> list[str]:
    return [posted.mail.template for posted in house.sent if posted.mail.number == number]


def test_the_deal_that_was_one_too_many_is_registered_when_another_ends(house: House) -> None:
    house.partner(ONE, A)
    *_, last, waiting, next_one = [house.deal(ONE, A, customer=inn(number)) for number in range(1, 23)]
    assert [house.row(number)["Состояние"] for number in (last, waiting)] == ["Зарегистрирована", "На рассмотрении"]
    house.now = at("2026-03-02 10:05")
    house.staff("D-2026-0003", staff_decision="Аннулировать")
    assert house.row(waiting)["Состояние"] == "Зарегистрирована"
    assert templates(house, waiting) == ["case-received", "deal-registered"]
    assert house.row(next_one)["Состояние"] == "На рассмотрении", "one place came free, not two"


def test_as_many_are_registered_as_places_came_free(house: House) -> None:
    house.partner(ONE, A)
    *_, first, second, third = [house.deal(ONE, A, customer=inn(number)) for number in range(1, 24)]
    house.now = at("2026-03-02 10:05")
    house.once(words=[*house.cells("D-2026-0001", staff_decision="Аннулировать"), *house.cells("D-2026-0002", state="Проиграна")])
    shown = {number: house.row(number)["Состояние"] for number in (first, second, third)}
    assert shown == {first: "Зарегистрирована", second: "Зарегистрирована", third: "На рассмотрении"}


def test_a_deal_that_waits_for_something_else_as_well_keeps_nobody_behind_it(house: House) -> None:
    house.partner(ONE, A)
    house.partner(TWO, B)
    for number in range(1, 21):
        house.deal(ONE, A, customer=inn(number))
    rival = house.deal(TWO, "somebody@elsewhere.ru", customer=inn(21))
    first, second = house.deal(ONE, A, customer=inn(21)), house.deal(ONE, A, customer=inn(22))
    house.now = at("2026-03-02 10:05")
    house.once(words=[*house.cells("D-2026-0001", staff_decision="Аннулировать"), *house.cells("D-2026-0002", state="Проиграна")])
    assert house.row(first)["Состояние"] == "На рассмотрении"
    assert rival in house.row(first)["Замечания"]
    assert house.row(second)["Состояние"] == "Зарегистрирована"


def test_an_order_of_an_undecided_deal_is_decided_with_it(house: House) -> None:
    house.partner(ONE, A, tier=Tier.TRUSTED)
    deal = house.deal(ONE, A)
    house.order(ONE, A, deal, "4")
    assert (house.row(deal)["Состояние"], house.row("O-2026-0001")["Состояние"]) == ("На рассмотрении", "На рассмотрении")
    house.now = at("2026-03-02 10:05")
    house.staff(deal, staff_decision="Одобрить", staff_discount="35")
    assert templates(house, "O-2026-0001") == ["case-received", "order-accepted"]


def test_an_order_before_staff_ends_with_its_deal(house: House) -> None:
    house.partner(ONE, A)
    deal = house.deal(ONE, A, licences="10")
    house.order(ONE, A, deal, "11")
    assert house.row("O-2026-0001")["Состояние"] == "На рассмотрении"
    house.now = at("2026-03-02 10:05")
    house.staff(deal, staff_decision="Аннулировать")
    assert templates(house, "O-2026-0001") == ["case-received", "order-refused"]


def test_an_order_beyond_the_quantity_is_taken_when_the_earlier_one_falls(house: House) -> None:
    house.partner(ONE, A)
    deal = house.deal(ONE, A, licences="10")
    house.order(ONE, STRANGE, deal, "8", customer_inn=OTHER)
    house.now = at("2026-03-02 10:05")
    house.order(ONE, A, deal, "5")
    assert "заказано раньше 8" in house.row("O-2026-0002")["Замечания"]
    house.now = at("2026-03-02 10:10")
    house.staff("P-0001", staff_contacts=STRANGE)
    assert house.row("O-2026-0001")["Состояние"] == "Отказано", "another legal entity than the deal's"
    assert house.row("O-2026-0002")["Состояние"] == "Одобрено"


def test_what_a_stranger_asked_is_decided_when_staff_add_the_contact(house: House) -> None:
    house.partner(ONE, A)
    house.partner(TWO, B)
    deal = house.deal(ONE, A)
    house.order(ONE, STRANGE, deal, "4")
    house.pilot(ONE, STRANGE)
    house.pilot(TWO, STRANGE)
    house.now = at("2026-03-02 10:05")
    house.staff("P-0001", staff_contacts=STRANGE)
    assert [house.row(number)["Состояние"] for number in ("O-2026-0001", "T-2026-0001")] == ["Одобрено", "Одобрено"]
    assert house.row("T-2026-0002")["Состояние"] == "На рассмотрении", "the contact is the other partner's"
