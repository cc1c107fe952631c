"""Who holds a customer: order of arrival, waiting, late rows, product sets, namesakes, reasons («Регистрация сделки»)."""

from __future__ import annotations

import pytest

from tests.scenarios.house import House, Value, inn

ONE, TWO, THREE, CLIENT = inn(1), inn(2), inn(3), inn(100)
A, B, C = "a@one.example", "b@two.example", "c@three.example"
PRO, STANDARD, MODULE = "Стахановец Про", "Стахановец Стандарт", "Модуль аналитики"
FIRST, SECOND, THIRD = "D-2026-0001", "D-2026-0002", "D-2026-0003"
SWITCH: dict[str, Value] = {
    "Тип сделки": "Конкурентный переход",
    "Скриншот лицензии": "https://drive.example/licence.png",
    "Финансовый документ": "акт.pdf",
}
MANY: dict[str, Value] = {"Продукты": f"{PRO}; {MODULE}", "Количество лицензий": 5}
MANY_BY_ARTICLE: dict[str, Value] = {"Продукты": "A-3\nA-1", "Количество лицензий": "700"}
LONGER: dict[str, Value] = {"Срок мес.": "36", "РРЦ руб.": 12000}
THIRD_PARTY = "3 – эти продукты для этого заказчика уже закреплены за другим участником программы"


@pytest.fixture
def market(house: House) -> House:
    """Three partners whose applications are decided in the first pass."""
    house.partner(A, "ООО «Первый»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.partner(C, "ООО «Третий»", THREE)
    return house


def states(house: House) -> dict[str, Value]:
    """`Состояние` of every deal by №."""
    return {str(row["№"]): row["Состояние"] for row in house.rows("Сделки")}


def owner(house: House, number: str) -> Value:
    """Whose deal it is."""
    return house.row("Сделки", number)["ИНН партнёра"]


def test_the_earlier_form_wins_whatever_its_row(market: House) -> None:
    market.deal("2026-03-02 09:40", B, TWO, "ООО «Клиент»", CLIENT)
    market.deal("2026-03-02 09:30", A, ONE, "АО Другое имя", CLIENT)
    market.ok("2026-03-02 10:00")
    assert owner(market, FIRST) == ONE, "numbers follow the order of arrival"
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}
    lost = market.row("Форма Сделка", SECOND)
    assert (lost["Решение"], lost["Причина"]) == ("Отказано", THIRD_PARTY)
    assert market.row("Сделки", SECOND)["Причина"] == THIRD_PARTY
    letter = market.mail("deal-refused")
    assert (letter.to, letter.number) == (B, SECOND)
    assert "закреплены за другим участником" in letter.text
    assert "до 5 %" in letter.text.replace("\u00a0", " ")
    assert "«Регистрация сделки»" in letter.text
    for secret in ("Первый", ONE, A, FIRST, "10 %", "10\u00a0%"):
        assert secret not in letter.text + letter.html, "nothing of the other partner"
    assert market.explain(SECOND)["decision"]["reasons"][0]["code"] == "3"


def test_order_holds_across_passes_and_a_tie_goes_by_row(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:30", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-02 10:10", C, THREE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:20")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано", THIRD: "Отказано"}
    assert owner(market, FIRST) == ONE


def test_a_later_deal_waits_for_an_undecided_one(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "На рассмотрении", SECOND: "На рассмотрении"}
    waits = market.explain(SECOND)
    assert [reason["code"] for reason in waits["decision"]["reasons"]] == ["behind-rival"]
    assert {"name": "first-in-queue", "section": "Регистрация сделки", "result": "wait"} in waits["tests"]
    assert market.row("Сделки", SECOND)["Замечания"] == f"Ждёт решения по более ранней заявке {FIRST}."
    letter = market.mail("case-received", to=B)
    assert "в порядке поступления" in letter.text
    assert FIRST not in letter.text
    assert "Первый" not in letter.text
    market.set_cells("Сделки", FIRST, {"Решение сотрудника": "Отказать", "Код отказа": 4})
    market.ok("2026-03-02 11:00")
    assert states(market) == {FIRST: "Отказано", SECOND: "Зарегистрирована"}
    assert market.row("Сделки", FIRST)["Причина"].startswith("4 – ")
    assert market.row("Сделки", FIRST)["Код отказа"] == ""
    assert market.mail("deal-registered").to == B
    assert market.row("Сделки", SECOND)["Замечания"] == ""


def test_whoever_waits_is_refused_when_the_first_is_approved(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **SWITCH)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.deal("2026-03-02 09:50", C, THREE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 11:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано", THIRD: "Отказано"}
    assert {letter.to for letter in market.mails("deal-refused")} == {B, C}


def test_a_deal_that_needs_data_holds_no_place(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **{"Количество лицензий": ""})
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Нужны данные", SECOND: "Зарегистрирована"}
    market.reply(market.mail("needs-data"), "Количество лицензий: 5", "2026-03-02 10:30")
    market.ok("2026-03-02 10:40")
    assert market.row("Форма Сделка", FIRST)["Причина"] == THIRD_PARTY


def test_a_completed_deal_takes_its_place_when_it_is_complete(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, Продукты="")
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, **SWITCH)
    market.ok("2026-03-02 10:00")
    market.reply(market.mail("needs-data"), f"Продукты: {PRO}", "2026-03-02 10:30")
    market.ok("2026-03-02 10:40")
    assert states(market) == {FIRST: "На рассмотрении", SECOND: "На рассмотрении"}, "it waits for the complete one now"
    market.set_cells("Сделки", SECOND, {"Решение сотрудника": "Отказать", "Код отказа": "4"})
    market.ok("2026-03-02 11:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}


def test_an_earlier_row_that_surfaces_late_goes_to_staff(market: House) -> None:
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:10")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "На рассмотрении"}, "nothing registered is taken back"
    assert FIRST in str(market.row("Сделки", SECOND)["Замечания"])
    assert "позд" in str(market.row("Сделки", SECOND)["Замечания"])
    market.set_cell("Сделки", SECOND, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:20")
    row = market.row("Сделки", SECOND)
    assert row["Состояние"] == "На рассмотрении"
    assert f"закреплён за сделкой {FIRST}" in str(row["Замечания"])
    market.set_cell("Сделки", FIRST, "Решение сотрудника", "Аннулировать")
    market.ok("2026-03-02 10:30")
    assert states(market) == {FIRST: "Аннулирована", SECOND: "Зарегистрирована"}, "its question has lost its ground"
    assert market.mail("deal-annulled").to == B


def test_a_row_that_surfaces_before_an_undecided_one_goes_first(market: House) -> None:
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, **SWITCH)
    market.ok("2026-03-02 10:00")
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.ok("2026-03-02 10:10")
    assert states(market) == {FIRST: "Отказано", SECOND: "Зарегистрирована"}


def test_equal_sets_are_told_by_names_alone(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, **MANY)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, **MANY_BY_ARTICLE)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}


def test_another_term_of_the_same_product_does_not_distinguish(market: House) -> None:
    market.add("Прайс", Артикул="A-1-36", Наименование=PRO, **LONGER)
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, Продукты="A-1")
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, Продукты="A-1-36")
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}


def test_overlapping_sets_go_to_staff_and_disjoint_ones_do_not_meet(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, Продукты=f"{PRO}; {STANDARD}")
    market.deal("2026-03-02 09:50", C, THREE, "Клиент", CLIENT, Продукты=MODULE)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "На рассмотрении", THIRD: "Зарегистрирована"}
    assert f"совпадают с зарегистрированной сделкой {FIRST}" in str(market.row("Сделки", SECOND)["Замечания"])
    assert "сотрудник" in market.mail("case-received", to=B).text
    market.set_cell("Сделки", SECOND, "Решение сотрудника", "Одобрить")
    market.ok("2026-03-02 10:30")
    assert states(market)[SECOND] == "Зарегистрирована", "staff may let both stand"


def test_an_overlap_whose_other_side_ended_is_decided(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, Продукты=f"{PRO}; {STANDARD}")
    market.ok("2026-03-02 10:00")
    market.reply(market.mail("deal-registered"), "6", "2026-03-02 10:10")
    market.ok("2026-03-02 10:20")
    assert states(market) == {FIRST: "Проиграна", SECOND: "Зарегистрирована"}


def test_one_name_under_two_inns_is_a_remark_and_holds_nothing_up(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "ООО «Берёзка»", CLIENT)
    market.deal("2026-03-02 09:40", B, TWO, "берeзка, ооо", inn(101))  # the Latin e looks the same
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Зарегистрирована"}
    assert FIRST in str(market.row("Сделки", SECOND)["Замечания"])
    assert market.row("Сделки", FIRST)["Замечания"] == ""


def test_a_branch_is_the_same_customer(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент, филиал в Туле", f"{CLIENT} / 710701001")
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано"}


def test_every_reason_that_applies_is_given_in_order(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.add("Отказы заказчиков", **{"ИНН заказчика": CLIENT, "ИНН партнёра": TWO, "Документ": "письмо 12"})
    market.ok("2026-03-02 10:00")
    market.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Деавторизовать")
    market.ok("2026-03-02 10:10")
    market.deal("2026-03-02 10:20", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:30")
    row = market.row("Форма Сделка", SECOND)
    assert row["Решение"] == "Отказано"
    assert [part.split(" – ")[0] for part in str(row["Причина"]).split("; ")] == ["2", "3", "4"]
    letter = market.mail("deal-refused")
    places = [letter.text.index(words) for words in ("действующей авторизации", "закреплены за другим", "письменно сообщил")]
    assert places == sorted(places)
    assert "до 5" not in letter.text, "the second partner's discount is for reason 3 alone"
    assert [reason["code"] for reason in market.explain(SECOND)["decision"]["reasons"]] == ["2", "3", "4"]


def test_an_inn_that_never_applied_is_refused_at_once(market: House) -> None:
    market.deal("2026-03-02 09:30", "who@unknown.example", inn(77), "Клиент", CLIENT)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Отказано", SECOND: "Зарегистрирована"}
    assert market.mail("deal-refused").to == "who@unknown.example"
    assert str(market.row("Форма Сделка", FIRST)["Причина"]).startswith("2 – ")


def test_a_customers_refusal_is_acted_on_when_it_is_listed(market: House) -> None:
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT, Продукты=f"{PRO}; {STANDARD}")
    market.ok("2026-03-02 09:35")
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT, Продукты=f"{PRO}; {MODULE}")
    market.deal("2026-03-02 09:40", C, THREE, "Клиент", CLIENT, Продукты=f"{STANDARD}; {MODULE}")
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "На рассмотрении", THIRD: "На рассмотрении"}, "both overlap"
    market.add("Отказы заказчиков", **{"ИНН заказчика": CLIENT, "ИНН партнёра": TWO, "Документ": "письмо 12"})
    market.ok("2026-03-02 10:05")
    assert states(market) == {FIRST: "Зарегистрирована", SECOND: "Отказано", THIRD: "На рассмотрении"}
    assert str(market.row("Сделки", SECOND)["Причина"]).startswith("4 – ")
    assert market.mail("deal-refused").number == SECOND


def test_a_customers_refusal_is_of_that_partner_alone(market: House) -> None:
    market.add("Отказы заказчиков", **{"ИНН заказчика": CLIENT, "ИНН партнёра": ONE, "Документ": "письмо 12"})
    market.deal("2026-03-02 09:30", A, ONE, "Клиент", CLIENT)
    market.deal("2026-03-02 09:40", B, TWO, "Клиент", CLIENT)
    market.ok("2026-03-02 10:00")
    assert states(market) == {FIRST: "Отказано", SECOND: "Зарегистрирована"}
    assert str(market.row("Сделки", FIRST)["Причина"]).startswith("4 – ")
    assert market.row("Сделки", FIRST)["Скидка %"] == ""
