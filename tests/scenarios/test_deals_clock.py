"""A registered deal on its way: reports, re-confirmation, term, extension, the end («Регистрация сделки»)."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, Sent, Value, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)
A, B, STAFF = "a@one.example", "b@two.example", "staff@vendor.example"
FIRST, SECOND, THIRD = "D-2026-0001", "D-2026-0002", "D-2026-0003"


def _market(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")


@pytest.fixture
def market(begin: Begin) -> House:
    """A partner with a deal registered on Monday, 2 March 2026, and a rival."""
    return begin(_market)


def plain(letter: Sent) -> str:
    """The text with ordinary blanks."""
    return letter.text.replace("\u00a0", " ")


def day(house: House, column: str, number: str = FIRST) -> str:
    """A date cell of a deal."""
    value = house.row("Сделки", number)[column]
    assert isinstance(value, datetime)
    return value.date().isoformat()


def remarks(house: House, number: str = FIRST) -> str:
    """`Замечания` of a deal."""
    return str(house.row("Сделки", number)["Замечания"])


def test_reports_are_reminded_of_warned_about_and_annulment_is_proposed(market: House) -> None:
    assert day(market, "Обновить до") == "2026-03-16"
    market.ok("2026-03-13 20:00")
    assert not market.mails("deal-update-due")
    market.ok("2026-03-14 09:00")
    reminder = market.mail("deal-update-due")
    assert "16 марта 2026" in plain(reminder)
    assert "1 – в работе" in plain(reminder)
    market.ok("2026-03-16 09:00")
    assert len(market.mails("deal-update-due")) == 2
    market.ok("2026-03-17 09:00")
    warning = market.mail("deal-update-overdue")
    assert "24 марта 2026" in plain(warning)
    market.ok("2026-03-24 08:59")
    assert "Предложение" not in remarks(market)
    market.ok("2026-03-24 09:00")
    assert remarks(market).startswith("Предложение: аннулировать регистрацию")
    assert "16.03.2026" in remarks(market)
    assert any("Предложено аннулировать регистрацию" in letter.subject for letter in market.mails("staff-attention", to=STAFF))
    assert market.row("Сделки", FIRST)["Состояние"] == "Зарегистрирована", "nothing happens until staff decide"
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Аннулировать")
    market.deal("2026-03-24 10:00", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-24 10:10")
    assert market.row("Сделки", FIRST)["Состояние"] == "Аннулирована"
    assert "не поступила в срок" in market.mail("deal-annulled").text
    assert market.row("Сделки", SECOND)["Состояние"] == "Зарегистрирована"
    assert remarks(market) == ""
    assert market.row("Сделки", FIRST)["Обновить до"] == ""


def test_after_an_outage_one_letter_goes_and_seven_days_count_from_it(market: House) -> None:
    market.ok("2026-04-10 12:00")
    assert [letter.template for letter in market.mails(to=A) if letter.template.startswith("deal-update")] == [
        "deal-update-overdue"
    ]
    assert "17 апреля 2026" in plain(market.mail("deal-update-overdue"))
    market.ok("2026-04-16 12:00")
    assert remarks(market) == ""
    market.ok("2026-04-17 12:00")
    assert remarks(market).startswith("Предложение: аннулировать")
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Оставить")
    market.ok("2026-04-17 13:00")
    assert remarks(market) == ""
    assert day(market, "Обновить до") == "2026-05-01", "the fourteen days start anew"
    assert market.row("Сделки", FIRST)["Решение сотрудника"] == ""
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Оставить")
    market.ok("2026-04-17 14:00")
    assert "здесь невозможно" in remarks(market)
    assert "не задан" in remarks(market)


def test_a_report_ends_the_matter_even_after_the_proposal(market: House) -> None:
    market.ok("2026-03-17 09:00")
    market.ok("2026-03-24 09:00")
    assert remarks(market).startswith("Предложение")
    update: dict[str, Value] = {"№ сделки": FIRST, "Статус продажи": "Тендер", "Продлить регистрацию": "Нет"}
    market.add_form("Форма Актуализация", "2026-03-24 11:00", A, **update)
    market.ok("2026-03-24 11:05")
    assert remarks(market) == ""
    assert market.row("Сделки", FIRST)["Статус продажи"] == "тендер"
    assert day(market, "Обновить до") == "2026-04-07"
    assert market.rows("Форма Актуализация")[0]["Решение"] == "Принято"
    market.ok("2026-04-05 09:00")
    assert len(market.mails("deal-update-due")) == 1, "the next period has its own reminders"


def test_a_silver_deal_is_confirmed_at_three_months_and_not_at_its_end(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    house.set_cell("Партнёры", "P-0001", "Статус", "Серебряный")
    house.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    house.deal("2026-03-02 09:31", A, ONE, "Иной", inn(101))
    house.ok("2026-03-02 10:00")
    assert day(house, "Действует до") == "2026-09-02"
    assert house.row("Сделки", FIRST)["Скидка %"] == 30
    for number in (FIRST, SECOND):
        house.reply(house.mail("deal-registered", number=number), "1", "2026-05-28 10:00")
    house.ok("2026-05-28 10:05")
    house.ok("2026-05-31 09:00")
    reminders = house.mails("deal-confirm-due")
    assert {letter.number for letter in reminders} == {FIRST, SECOND}, "a report of the week before confirms nothing"
    assert "2 июня 2026" in plain(reminders[0])
    house.reply(house.mail("deal-confirm-due", number=FIRST), "2", "2026-05-31 12:00")
    house.ok("2026-06-02 09:00")
    house.ok("2026-06-03 09:00")
    assert len(house.mails("deal-confirm-due", number=FIRST)) == 1
    assert "не подтверждена" in house.mails("deal-confirm-due", number=SECOND)[-1].subject
    house.ok("2026-06-10 09:00")
    assert remarks(house, SECOND).startswith("Предложение: аннулировать")
    assert remarks(house, FIRST) == ""
    house.ok("2026-08-31 12:00")
    house.ok("2026-09-02 12:00")
    assert len(house.mails("deal-confirm-due", number=FIRST)) == 1


def test_a_term_of_months_shifted_off_a_day_off_and_its_end(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE, at="2026-11-30 09:00")
    house.partner(B, "ООО «Второй»", TWO, at="2026-11-30 09:00")
    house.deal("2026-11-30 09:30", A, ONE, "Клиент", CLIENT)
    house.deal("2026-11-30 09:31", A, ONE, "Иной", inn(101))
    house.ok("2026-11-30 10:00")
    assert day(house, "Действует до") == "2027-03-01", "28 February 2027 is a Sunday"
    assert "1 марта 2027" in plain(house.mail("deal-registered", number=FIRST))
    house.ok("2027-02-14 20:00")
    assert not house.mails("deal-expiring")
    house.ok("2027-02-15 09:00")
    house.ok("2027-02-26 09:00")
    before, after = house.mails("deal-expiring", number=FIRST)
    assert "14 дней" in plain(before)
    assert "3 дня" in plain(after)
    assert "Продлений для этой сделки больше нет" in plain(after)
    house.ok("2027-03-01 23:59")
    assert house.row("Сделки", FIRST)["Состояние"] == "Зарегистрирована"
    house.deal("2027-03-02 00:05", B, TWO, "Клиент", CLIENT)
    house.ok("2027-03-02 00:10")
    assert house.row("Сделки", FIRST)["Состояние"] == "Истекла"
    assert house.mail("deal-expired", number=FIRST).to == A
    assert house.row("Сделки", "D-2027-0001")["Состояние"] == "Зарегистрирована", "free for all"


def test_the_same_deal_again_within_thirty_days_goes_to_staff(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE, at="2026-11-30 09:00")
    house.deal("2026-11-30 09:30", A, ONE, "Клиент", CLIENT)
    house.deal("2026-11-30 09:31", A, ONE, "Иной", inn(101))
    house.ok("2026-11-30 10:00")
    house.ok("2027-03-02 10:00")
    house.deal("2027-03-31 18:00", A, ONE, "Клиент", CLIENT)
    house.deal("2027-04-01 00:01", A, ONE, "Иной", inn(101))
    house.ok("2027-04-01 10:00")
    again = house.row("Сделки", "D-2027-0001")
    assert again["Состояние"] == "На рассмотрении"
    assert "01.03.2027" in str(again["Замечания"])
    assert house.row("Сделки", "D-2027-0002")["Состояние"] == "Зарегистрирована"


def test_extensions_go_by_the_present_tier_from_the_unshifted_end(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE, at="2026-11-30 09:00")
    house.deal("2026-11-30 09:30", A, ONE, "Клиент", CLIENT)
    house.ok("2026-11-30 10:00")
    registered = house.mail("deal-registered")
    house.reply(registered, "8", "2026-12-01 10:00")
    house.ok("2026-12-01 10:05")
    refused = house.mail("deal-extension-refused")
    assert "все продления" in refused.text
    assert day(house, "Действует до") == "2027-03-01"
    house.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    house.reply(registered, "Просим продлить регистрацию сделки.", "2027-03-01 20:00")  # the last day, heard after midnight
    house.ok("2027-03-02 00:10")
    row = house.row("Сделки", FIRST)
    assert (row["Состояние"], row["Продлений"], row["Скидка %"]) == ("Зарегистрирована", 1, 10)
    assert day(house, "Действует до") == "2027-05-28", "three months from 28 February, not from 1 March"
    extended = house.mail("deal-extended")
    assert "28 мая 2027" in plain(extended)
    assert "Других продлений для этой сделки нет" in plain(extended)
    again: dict[str, Value] = {"№ сделки": FIRST, "Статус продажи": "В работе", "Продлить регистрацию": "Да"}
    house.add_form("Форма Актуализация", "2027-03-02 11:00", A, **again)
    house.ok("2027-03-02 11:05")
    row = house.row("Сделки", FIRST)
    assert (row["Продлений"], row["Статус продажи"]) == (1, "в работе"), "the report counts, the extension is refused"
    assert house.rows("Форма Актуализация")[0]["Решение"] == "Отказано"
    assert len(house.mails("deal-extension-refused")) == 2
    house.ok("2027-05-31 10:00")
    assert house.row("Сделки", FIRST)["Состояние"] == "Истекла"
    house.reply(registered, "8", "2027-05-31 11:00")
    house.ok("2027-05-31 11:05")
    late = house.mails("deal-extension-refused")[-1]
    assert "не действует" in late.text
    assert house.row("Сделки", FIRST)["Состояние"] == "Истекла"


def test_won_lost_and_withdrawn_free_the_customer(market: House) -> None:
    market.deal("2026-03-02 10:10", A, ONE, "Второй клиент", inn(101))
    market.deal("2026-03-02 10:11", A, ONE, "Третий клиент", inn(102))
    market.ok("2026-03-02 10:20")
    market.reply(market.mail("deal-registered", number=FIRST), "5", "2026-03-03 10:00")
    market.reply(market.mail("deal-registered", number=SECOND), "Увы, сделка проиграна.", "2026-03-03 10:00")
    withdraw: dict[str, Value] = {"№ сделки": THIRD, "Статус продажи": "Отозвать"}
    market.add_form("Форма Актуализация", "2026-03-03 10:01", A, **withdraw)
    market.ok("2026-03-03 10:10")
    assert [market.row("Сделки", number)["Состояние"] for number in (FIRST, SECOND, THIRD)] == [
        "Выиграна",
        "Зарегистрирована",
        "Зарегистрирована",
    ], "a number of the list acts at once, words and forms are echoed first"
    assert "проиграна" in market.mail("reply-confirm", number=SECOND).text
    market.reply(market.mail("reply-confirm", number=SECOND), "1", "2026-03-03 11:00")
    market.reply(market.mail("reply-confirm", number=THIRD), "2", "2026-03-03 11:00")
    market.ok("2026-03-03 11:10")
    assert market.row("Сделки", SECOND)["Состояние"] == "Проиграна"
    assert market.row("Сделки", THIRD)["Состояние"] == "Зарегистрирована"
    assert market.rows("Форма Актуализация")[0]["Решение"] == "Отказано"
    market.reply(market.mail("deal-registered", number=THIRD), "9", "2026-03-03 12:00")
    for minute, customer in enumerate((CLIENT, inn(101), inn(102))):
        market.deal(f"2026-03-03 12:0{minute}", B, TWO, "Клиент", customer)
    market.ok("2026-03-03 12:10")
    assert market.row("Сделки", THIRD)["Состояние"] == "Отозвана"
    assert {letter.number for letter in market.mails("deal-closed")} == {FIRST, SECOND, THIRD}
    assert {row["Состояние"] for row in market.rows("Сделки") if row["ИНН партнёра"] == TWO} == {"Зарегистрирована"}
