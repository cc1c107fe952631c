"""A partner is de-authorised: its registrations go to staff in one letter, rivals hear nothing of it."""

from __future__ import annotations

import pytest

from tests.scenarios.house import House, inn

ONE, TWO, FIRST, SECOND = inn(1), inn(2), inn(100), inn(101)
A, B, STAFF = "a@one.example", "b@two.example", "staff@vendor.example"
HELD = ("D-2026-0001", "D-2026-0002")


@pytest.fixture
def held(house: House) -> House:
    """One partner holds two customers; another was refused one of them and waits for it."""
    house.partner(A, "ООО «Один»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.deal("2026-03-02 09:30", A, ONE, "Клиент", FIRST)
    house.deal("2026-03-02 09:31", A, ONE, "Другой", SECOND)
    house.deal("2026-03-02 09:40", B, TWO, "Клиент", FIRST)
    house.ok("2026-03-02 10:00")
    house.reply(house.mail("deal-refused", to=B), "1", "2026-03-02 10:05")
    house.ok("2026-03-02 10:10")
    return house


def test_open_deals_go_to_staff_and_rivals_hear_nothing(held: House) -> None:
    rival = len(held.mails(to=B))
    held.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Деавторизовать")
    held.ok("2026-03-02 11:00")
    for number in HELD:
        row = held.row("Сделки", number)
        assert row["Состояние"] == "Зарегистрирована", "nothing is taken back without staff"
        assert str(row["Замечания"]).startswith("Предложение: аннулировать регистрацию")
    (letter,) = [one for one in held.mails("staff-attention", to=STAFF) if "аннулировать" in one.text]
    assert all(number in letter.text and number in letter.html for number in HELD)
    assert len(held.mails(to=B)) == rival

    held.set_cell("Сделки", HELD[1], "Решение сотрудника", "Оставить")
    held.ok("2026-03-02 12:00")
    assert "Предложение" not in str(held.row("Сделки", HELD[1])["Замечания"])
    held.set_cell("Сделки", HELD[0], "Решение сотрудника", "Аннулировать")
    held.ok("2026-03-02 13:00")
    free = held.mail("customer-free", to=B)
    for secret in ("ООО «Один»", ONE, A, HELD[0]):
        assert secret not in free.subject + free.text + free.html
