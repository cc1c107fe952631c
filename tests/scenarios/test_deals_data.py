"""Deals that lack data, and deals sent more than once («Регистрация сделки»: needs data, own repeats)."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.scenarios.house import House, Value, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)
A, B = "a@one.example", "b@two.example"
PRO, STANDARD = "Стахановец Про", "Стахановец Стандарт"
FIRST, SECOND, THIRD = "D-2026-0001", "D-2026-0002", "D-2026-0003"
SWITCH: dict[str, Value] = {
    "Тип сделки": "Конкурентный переход",
    "Скриншот лицензии": "снимок.png",
    "Финансовый документ": "акт.pdf",
}
MORE: dict[str, Value] = {"Количество лицензий": 99, "Комментарий": "ещё раз"}


@pytest.fixture
def market(house: House) -> House:
    """Two partners whose applications are decided in the first pass."""
    house.partner(A, "ООО «Первый»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    return house


def states(house: House) -> dict[str, Value]:
    """`Состояние` of every deal by №."""
    return {str(row["№"]): row["Состояние"] for row in house.rows("Сделки")}


def test_one_letter_asks_for_everything_and_silence_is_a_refusal(market: House) -> None:
    wrong: dict[str, Value] = {"Тип сделки": "Особая", "Продукты": "Стахановец Прo Макс; A-1", "Количество лицензий": "2,5"}
    market.deal("2026-03-02 09:30", A, ONE, "", "123", **wrong)
    market.ok("2026-03-02 10:00")
    letter = market.mail("needs-data")
    for label in ("Заказчик", "ИНН заказчика", "Тип сделки", "Продукты", "Количество лицензий"):
        assert f"«{label}»" in letter.text
        assert f"\n{label}:" in letter.text, "a form to fill in, in the form's own words"
    assert "«ИНН партнёра»" not in letter.text
    assert "9 марта" not in letter.text, "five business days: 9 March is a day off"
    assert "10 марта 2026" in letter.text.replace("\u00a0", " ")
    row = market.row("Форма Сделка", FIRST)
    assert row["Решение"] == "Нужны данные"
    assert str(row["Причина"]).startswith("1 – ")
    assert row["Ответ отправлен"] != ""
    assert [reason["code"] for reason in market.explain(FIRST)["decision"]["reasons"]] == ["1"]
    market.ok("2026-03-10 17:59")
    assert states(market)[FIRST] == "Нужны данные"
    market.ok("2026-03-10 18:00")
    assert len(market.mails("needs-data")) == 1
    row = market.row("Форма Сделка", FIRST)
    assert row["Решение"] == "Отказано"
    assert str(row["Причина"]).startswith("1 – ")
    assert "«ИНН заказчика»" in str(row["Причина"])
    refused = market.mail("deal-refused")
    assert "не хватает сведений" in refused.text
    assert "«Тип сделки»" in refused.text


def test_a_partial_reply_is_asked_on_and_the_last_one_starts_a_fresh_count(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", "", **{"Количество лицензий": ""})
    market.ok("2026-03-02 10:00")
    market.reply(market.mail("needs-data"), "Количество лицензий: 12", "2026-03-04 10:00")
    market.ok("2026-03-04 10:05")
    first, second = market.mails("needs-data")
    assert "«Количество лицензий»" in first.text
    assert "«Количество лицензий»" not in second.text
    assert "«ИНН заказчика»" in second.text
    market.reply(second, CLIENT, "2026-03-05 17:00")
    market.ok("2026-03-05 17:05")
    row = market.row("Сделки", FIRST)
    assert (row["Состояние"], row["Лицензий"]) == ("Зарегистрирована", 12)
    assert row["Ответить до"] == datetime.fromisoformat("2026-03-10 18:00"), "from the completed answer on; 9 March is off"
    assert row["Подана"] == datetime.fromisoformat("2026-03-05 17:00")


def test_a_new_form_completes_the_deal_that_needs_data(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "ООО «Клиент»", "")
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-02 11:00", A, ONE, "Клиент ООО", CLIENT)
    market.ok("2026-03-02 11:05")
    assert states(market) == {FIRST: "Зарегистрирована"}
    assert [row["№"] for row in market.rows("Форма Сделка")] == [FIRST, FIRST]
    assert [row["Решение"] for row in market.rows("Форма Сделка")] == ["Принято", "Принято"]


def test_an_edited_row_completes_the_deal_at_the_time_of_the_edit(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", "")
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-02 10:10", B, TWO, "Клиент", CLIENT, **SWITCH)
    market.ok("2026-03-02 10:20")
    market.set_cell("Форма Сделка", FIRST, "ИНН заказчика", CLIENT)
    market.ok("2026-03-02 10:30")
    assert states(market) == {FIRST: "На рассмотрении", SECOND: "На рассмотрении"}, "the place is that of the completion"
    market.set_cells("Сделки", SECOND, {"Решение сотрудника": "Отказать", "Код отказа": 6})
    market.ok("2026-03-02 10:40")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}
    assert "честной конкуренции" in market.mail("deal-refused").text


def test_an_edit_before_the_decision_is_reviewed_anew_and_after_it_is_a_remark(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.set_cells("Форма Сделка", FIRST, {"Тип сделки": "Новая", "Количество лицензий": 30})
    market.ok("2026-03-02 10:30")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}, "the place in the queue is kept"
    assert market.row("Сделки", FIRST)["Лицензий"] == 30
    market.set_cell("Форма Сделка", FIRST, "Количество лицензий", 300)
    market.ok("2026-03-02 11:00")
    row = market.row("Сделки", FIRST)
    assert (row["Состояние"], row["Лицензий"]) == ("Зарегистрирована", 30)
    assert "После решения строка формы изменена" in str(row["Замечания"])
    assert len(market.rows("Сделки")) == 2
    assert len(market.mails("deal-registered")) == 1


def test_a_repeat_of_a_deal_in_force_gets_its_number_again(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-03 09:30", A, ONE, "Клиент", CLIENT, **MORE)
    market.ok("2026-03-03 10:00")
    assert states(market) == {FIRST: "Зарегистрирована"}
    assert market.row("Сделки", FIRST)["Лицензий"] == 10
    repeated = market.rows("Форма Сделка")[1]
    assert (repeated["№"], repeated["Решение"]) == (FIRST, "Принято")
    assert repeated["Ответ отправлен"] != ""
    letter = market.mail("status-report")
    assert (letter.to, letter.number) == (A, FIRST)
    assert "второй регистрации не нужно" in letter.text
    assert "2 июня 2026" in letter.text.replace("\u00a0", " ")


def test_a_report_is_answered_as_a_report(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.reply(market.mail("deal-registered"), "Ведём переговоры с заказчиком.", "2026-03-04 10:00")
    market.ok("2026-03-04 10:05")
    letter = market.mail("status-report")
    assert "второй регистрации" not in letter.text, "nobody asked for one"
    assert "Переговоры" in letter.text
    assert "18 марта 2026" in letter.text.replace("\u00a0", " ")


def test_a_repeat_of_a_waiting_deal_joins_it_with_the_earliest_place(market: House) -> None:
    market.deal("2026-03-02 09:40", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.deal("2026-03-02 09:50", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-02 10:10", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.ok("2026-03-02 10:20")
    assert states(market) == {FIRST: "На рассмотрении", SECOND: "На рассмотрении"}
    assert market.rows("Форма Сделка")[2]["№"] == FIRST
    assert len(market.mails("case-received", to=A)) == 1
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:30")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}
    rows = market.rows("Форма Сделка")
    assert [rows[0]["Решение"], rows[2]["Решение"]] == ["Принято", "Принято"]


def test_an_identical_row_shows_the_first_ones_answer(market: House) -> None:
    for _ in range(2):
        market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert [(row["№"], row["Решение"]) for row in market.rows("Форма Сделка")] == [(FIRST, "Принято")] * 2
    assert len(market.rows("Сделки")) == 1
    assert len(market.mails(number=FIRST)) == 1


def test_other_products_or_another_customer_are_no_repeat(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:31", A, ONE, "Клиент", CLIENT, Продукты=STANDARD)
    market.deal("2026-03-02 09:32", A, ONE, "Иной", inn(101))
    market.ok("2026-03-02 10:00")
    assert set(states(market).values()) == {"Зарегистрирована"}
    assert len(market.rows("Сделки")) == 3


def test_a_strangers_form_waits_for_staff_and_tells_nothing(market: House) -> None:
    market.deal("2026-03-02 09:30", "evil@elsewhere.example", ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "На рассмотрении"}
    neutral = market.mail("sender-unknown")
    assert neutral.to == "evil@elsewhere.example"
    assert "Клиент" not in neutral.text + neutral.html
    assert "Первый" not in neutral.text + neutral.html
    assert market.mail("case-received").to == A
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:30")
    assert market.mail("deal-registered").to == A


def test_a_customer_that_is_the_partner_goes_to_staff(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "ООО «Первый»", ONE)
    market.ok("2026-03-02 10:00")
    row = market.row("Сделки", FIRST)
    assert row["Состояние"] == "На рассмотрении"
    assert "Заказчик и партнёр – одна организация" in str(row["Замечания"])
