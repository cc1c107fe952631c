"""Discounts, switches, limits, staff's own changes, editions («Регистрация сделки», «Условия предоставления специальных цен»)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.scenarios.house import ROOT, House, Sent, Value, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)
A, B = "a@one.example", "b@two.example"
FIRST, SECOND, THIRD = "D-2026-0001", "D-2026-0002", "D-2026-0003"
SWITCH: dict[str, Value] = {
    "Тип сделки": "Конкурентный переход",
    "Скриншот лицензии": "снимок.png",
    "Финансовый документ": "акт.pdf",
}
FILES: dict[str, bytes] = {"licence.png": b"\x89PNG", "invoice.pdf": b"%PDF-1.7"}


@pytest.fixture
def market(house: House) -> House:
    """Two partners whose applications are decided in the first pass."""
    house.partner(A, "ООО «Первый»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    return house


def number(count: int) -> str:
    """The № of that deal of 2026."""
    return f"D-2026-{count:04}"


def plain(letter: Sent) -> str:
    """The text with ordinary blanks."""
    return letter.text.replace("\u00a0", " ")


def row_of(house: House, deal: str = FIRST) -> tuple[Value, Value]:
    """State and discount."""
    row = house.row("Сделки", deal)
    return row["Состояние"], row["Скидка %"]


def test_a_switch_needs_both_documents_and_staff_check_them(market: House) -> None:
    bare: dict[str, Value] = {"Тип сделки": "Конкурентный переход"}
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **bare)
    market.deal("2026-03-02 09:31", A, ONE, "Иной", inn(101), **{**SWITCH, "Финансовый документ": ""})
    market.ok("2026-03-02 10:00")
    both, one = market.mail("needs-data", number=FIRST), market.mail("needs-data", number=SECOND)
    assert "«Скриншот лицензии»" in both.text
    assert "«Финансовый документ»" in both.text
    assert "«Скриншот лицензии»" not in one.text
    market.reply(both, "Документы во вложении.", "2026-03-02 11:00", A, **FILES)
    market.reply(one, "Финансовый документ: https://drive.example/act.pdf", "2026-03-02 11:00")
    market.ok("2026-03-02 11:10")
    for deal in (FIRST, SECOND):
        assert row_of(market, deal) == ("На рассмотрении", "")
        assert "Проверьте скриншот лицензии и финансовый документ" in str(market.row("Сделки", deal)["Замечания"])
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.set_cells("Сделки", SECOND, {"Решение сотрудника": "Одобрить", "Скидка сотрудника %": 12.5})
    market.ok("2026-03-02 11:20")
    assert row_of(market) == ("Зарегистрирована", 30), "without a figure: the switch's thirty, never a sum"
    assert row_of(market, SECOND) == ("Зарегистрирована", 12.5)
    assert "12,5 %" in plain(market.mail("deal-registered", number=SECOND))
    assert market.mail("deal-registered", number=FIRST).pdf().startswith(b"%PDF")


def test_gold_keeps_its_forty_on_a_switch(market: House) -> None:
    market.ok("2026-03-02 09:00")
    market.set_cell("Партнёры", "P-0001", "Статус", "Золотой")
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.ok("2026-03-02 10:00")
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:10")
    assert row_of(market) == ("Зарегистрирована", 40)
    assert market.row("Сделки", FIRST)["Действует до"] == datetime.fromisoformat("2026-12-02")


def test_a_trusted_partners_deal_waits_for_its_individual_discount(market: House) -> None:
    market.ok("2026-03-02 09:00")
    market.set_cell("Партнёры", "P-0001", "Статус", "Доверенный")
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert row_of(market) == ("На рассмотрении", "")
    assert "Индивидуальная скидка партнёра не указана" in str(market.row("Сделки", FIRST)["Замечания"])
    assert market.mail("case-received").to == A
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:10")
    assert "здесь невозможно: не указана индивидуальная скидка" in str(market.row("Сделки", FIRST)["Замечания"])
    market.set_cell("Партнёры", "P-0001", "Индивидуальная скидка %", "45")
    market.ok("2026-03-02 10:20")
    assert row_of(market) == ("Зарегистрирована", 45)
    assert market.row("Сделки", FIRST)["Действует до"] == datetime.fromisoformat("2027-03-02")
    assert market.row("Сделки", FIRST)["Замечания"] == ""


def test_staffs_percent_for_a_partner_stands_for_its_next_deals(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.set_cell("Партнёры", "P-0001", "Скидка %", 15)
    market.deal("2026-03-02 10:05", A, ONE, "Иной", inn(101))
    market.deal("2026-03-02 10:06", B, TWO, "Третий", inn(102))
    market.ok("2026-03-02 10:10")
    assert market.row("Партнёры", "P-0001")["Скидка %"] == 15
    assert [row_of(market, number(count))[1] for count in (1, 2, 3)] == [10, 15, 10], "a deal keeps its registration's"


def test_the_second_partner_may_get_up_to_five_percent(market: House) -> None:
    market.add("Отказы заказчиков", **{"ИНН заказчика": inn(101), "ИНН партнёра": TWO, "Документ": "письмо"})
    for minute, client in enumerate((CLIENT, inn(101))):
        market.deal(f"2026-03-02 09:3{minute}", A, ONE, "Клиент", client)
        market.deal(f"2026-03-02 09:4{minute}", B, TWO, "Клиент", client)
    market.ok("2026-03-02 10:00")
    alone, twice = (str(row["№"]) for row in market.rows("Сделки") if row["Состояние"] == "Отказано")
    market.set_cell("Сделки", alone, "Скидка сотрудника %", 6)
    market.set_cell("Сделки", twice, "Скидка сотрудника %", 3)
    market.ok("2026-03-02 10:10")
    assert not market.mails("deal-discount-offered")
    assert "6" in str(market.row("Сделки", alone)["Замечания"])
    assert "невозможно" in str(market.row("Сделки", alone)["Замечания"])
    assert "не больше 5" in str(market.row("Сделки", alone)["Замечания"])
    assert "одной причине 3" in str(market.row("Сделки", twice)["Замечания"])
    market.set_cell("Сделки", alone, "Скидка сотрудника %", 5)
    market.ok("2026-03-02 10:20")
    letter = market.mail("deal-discount-offered")
    assert (letter.to, letter.number) == (B, alone)
    assert "5 %" in plain(letter)
    assert "Защиты от других партнёров скидка не даёт" in letter.text
    assert letter.pdf().startswith(b"%PDF")
    assert "Первый" not in letter.text
    row = market.row("Сделки", alone)
    assert (row["Состояние"], row["Действует до"]) == ("Отказано", "")
    assert "невозможно" not in str(row["Замечания"]), "the remark on the figure before is lifted"


def test_a_white_partners_twenty_first_open_deal_goes_to_staff(market: House) -> None:
    for count in range(21):
        market.deal(f"2026-03-02 09:{count + 10}", A, ONE, f"Клиент {count}", inn(200 + count))
    market.ok("2026-03-02 10:00")
    states = [row["Состояние"] for row in market.rows("Сделки")]
    assert states == ["Зарегистрирована"] * 20 + ["На рассмотрении"], "a batch fares like the same deals one by one"
    last = market.row("Сделки", number(21))
    assert "много открытых сделок – 20" in str(last["Замечания"])
    market.set_cell("Сделки", number(21), "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:10")
    assert row_of(market, number(21)) == ("Зарегистрирована", 10)


def test_a_state_changed_by_hand_is_staffs_decision_or_is_put_back(market: House) -> None:
    wanted = ("Истекла", "Аннулирована", "Выиграна", "Проиграна", "Отозвана")
    impossible = ("На рассмотрении", "Нужны данные", "Отказано", "Закрыта")
    for count, _ in enumerate((*wanted, *impossible)):
        market.deal(f"2026-03-02 09:{count + 10}", A, ONE, f"Клиент {count}", inn(200 + count))
    for count in range(4):
        market.deal(f"2026-03-02 09:{count + 30}", B, TWO, f"Другой {count}", inn(300 + count), **SWITCH)
    market.ok("2026-03-02 10:00")
    for count, state in enumerate((*wanted, *impossible), 1):
        market.set_cell("Сделки", number(count), "Состояние", state)
    market.set_cell("Сделки", number(10), "Состояние", "Зарегистрирована")
    market.set_cells("Сделки", number(11), {"Состояние": "Отказано", "Код отказа": "4; 6"})
    market.set_cell("Сделки", number(12), "Состояние", "Отказано")
    market.set_cell("Сделки", number(13), "Состояние", "Аннулирована")
    market.ok("2026-03-02 11:00")
    for count, state in enumerate(wanted, 1):
        assert row_of(market, number(count))[0] == state
        assert market.row("Сделки", number(count))["Замечания"] == ""
    for count in range(6, 10):
        row = market.row("Сделки", number(count))
        assert row["Состояние"] == "Зарегистрирована"
        assert "«Состояние» отменена" in str(row["Замечания"])
    assert row_of(market, number(10)) == ("Зарегистрирована", 30)
    assert row_of(market, number(11))[0] == "Отказано"
    assert [part[0] for part in str(market.row("Сделки", number(11))["Причина"]).split("; ")] == ["4", "6"]
    assert row_of(market, number(12))[0] == "На рассмотрении"
    assert "укажите код причины" in str(market.row("Сделки", number(12))["Замечания"])
    assert row_of(market, number(13))[0] == "На рассмотрении"
    assert [len(market.mails(name)) for name in ("deal-expired", "deal-annulled", "deal-closed", "deal-refused")] == [1, 1, 3, 1]
    heard = market.explain(number(3))["staff"][0]
    assert (heard["old"], heard["new"]) == ("Зарегистрирована", "Выиграна")
    assert any("«Зарегистрирована» → «Выиграна»" in str(line["Подробности"]) for line in market.rows("Журнал"))


def test_staffs_terms_of_a_deal_in_force_stand_and_are_told(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:31", A, ONE, "Иной", inn(101))
    market.ok("2026-03-02 10:00")
    market.set_cells("Сделки", FIRST, {"Скидка %": 17, "Действует до": date(2026, 7, 31)})
    market.set_cell("Сделки", SECOND, "Действует до", date(2026, 2, 1))
    market.ok("2026-03-02 11:00")
    row = market.row("Сделки", FIRST)
    assert (row["Скидка %"], row["Действует до"]) == (17, datetime.fromisoformat("2026-07-31"))
    told = market.mails("deal-terms-changed", number=FIRST)
    assert any("10 % → 17 %" in plain(letter) and letter.files for letter in told)
    assert any("31 июля 2026" in plain(letter) for letter in told)
    kept = market.row("Сделки", SECOND)
    assert kept["Действует до"] == datetime.fromisoformat("2026-06-02")
    assert "дата уже прошла" in str(kept["Замечания"])


def test_a_case_keeps_the_edition_it_was_submitted_under(house: House) -> None:
    house.configure("editions = []", f'editions = ["{ROOT / "tests/data/programme-second"}"]')
    house.partner(A, "ООО «Первый»", ONE, at="2026-06-30 09:00")
    house.deal("2026-06-30 23:59", A, ONE, "Клиент", CLIENT)
    house.deal("2026-07-01 00:00", A, ONE, "Иной", inn(101))
    house.deal("2026-07-01 00:01", A, ONE, "Третий", inn(102), **SWITCH)
    house.ok("2026-07-01 10:00")
    old, new = house.row("Сделки", FIRST), house.row("Сделки", SECOND)
    assert (old["Скидка %"], new["Скидка %"]) == (10, 15)
    assert old["Действует до"] == datetime.fromisoformat("2026-10-01")
    assert new["Действует до"] == datetime.fromisoformat("2026-11-02"), "four months; 1 November 2026 is a Sunday"
    assert old["Обновить до"] == datetime.fromisoformat("2026-07-15")
    assert new["Обновить до"] == datetime.fromisoformat("2026-07-22")
    assert old["Ответить до"] == datetime.fromisoformat("2026-07-02T18:00")
    assert new["Ответить до"] == datetime.fromisoformat("2026-07-06T18:00")
    assert (house.explain(FIRST)["edition"], house.explain(SECOND)["edition"]) == ("2024-01-01", "2026-07-01")
    house.set_cell("Сделки", THIRD, "Решение сотрудника", "Одобрить")
    house.ok("2026-07-01 11:00")
    assert row_of(house, THIRD) == ("Зарегистрирована", 25)
    assert "1 января 2024" in plain(house.mail("deal-registered", number=FIRST))
    assert "1 июля 2026" in plain(house.mail("deal-registered", number=SECOND))
