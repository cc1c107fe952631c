"""Orders of keys, from the form to what partner and staff see."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.cases.conftest import BASE, CUSTOMER, FULL, ONE, OTHER, PRICES, TWO, A, B, House, at


def registered(house: House, licences: str = "10", products: str = BASE) -> str:
    house.partner(ONE, A)
    return house.deal(ONE, A, products=products, licences=licences)


def test_an_order_within_the_deal_is_accepted_at_the_registered_discount(house: House) -> None:
    deal = registered(house)
    (letter,) = house.order(ONE, A, deal, "4", distributor="ООО Дистрибуция")
    assert (letter.mail.template, letter.mail.recipient) == ("order-accepted", A)
    for told in ("O-2026-0001", deal, "10 %", "4 500,00 ₽", "18 000,00 ₽", "ООО Дистрибуция"):
        assert told in letter.text
    row = house.row("O-2026-0001")
    assert (row["№ сделки"], row["Состояние"], row["Сумма руб."], row["Лицензий"]) == (deal, "Одобрено", 18000, 4)
    assert house.form_row("O-2026-0001")["answer"] == "Принято"
    (decision,) = house.decisions("O-2026-0001")
    assert (decision.outcome, decision.by, decision.facts["amount"]) == ("approve", "rules", "18000.00")
    assert decision.recommended is not None
    assert {test.name for test in decision.recommended.tests} > {"in-force", "within-quantity", "same-customer", "own-deal"}


def test_the_sum_of_the_orders_counts_and_staff_decide_beyond_it(house: House) -> None:
    deal = registered(house)
    house.order(ONE, A, deal, "6")
    house.now = at("2026-03-02 11:00")
    (letter, *_) = house.order(ONE, A, deal, "5")
    assert letter.mail.template == "case-received"
    row = house.row("O-2026-0002")
    assert row["Состояние"] == "На рассмотрении"
    assert "зарегистрировано 10, заказано раньше 6, сейчас 5" in row["Замечания"]
    assert house.form_row("O-2026-0002")["answer"] == "На рассмотрении"
    (accepted,) = house.staff("O-2026-0002", staff_decision="Одобрить")
    assert accepted.mail.template == "order-accepted"
    assert house.row("O-2026-0002")["Замечания"] == ""


def test_different_products_of_a_deal_are_counted_apart(house: House) -> None:
    deal = registered(house, products=f"{BASE}; {FULL}")
    assert house.order(ONE, A, deal, "10", products=BASE)[0].mail.template == "order-accepted"
    assert house.order(ONE, A, deal, "10", products=FULL)[0].mail.template == "order-accepted"


def test_an_order_after_expiry_is_refused_with_what_to_do_next(house: House) -> None:
    deal = registered(house)
    house.later("2026-06-04 10:00")
    (letter,) = house.order(ONE, A, deal)
    assert letter.mail.template == "order-refused"
    assert "Регистрация сделки сейчас не действует" in letter.text
    assert "зарегистрируйте сделку заново" in letter.text
    assert "обжаловать" in letter.text
    assert house.form_row("O-2026-0001")["answer"] == "Отказано"


def test_another_legal_entity_is_reason_seven(house: House) -> None:
    deal = registered(house)
    (letter,) = house.order(ONE, A, deal, customer_inn=OTHER)
    assert [reason["code"] for reason in letter.mail.context["reasons"]] == ["7"]
    assert house.row("O-2026-0001")["Причина"].startswith("7 – ")


def test_all_reasons_in_one_letter(house: House) -> None:
    deal = registered(house)
    house.customer_refuses(OTHER, ONE)
    house.staff("P-0001", staff_decision="Деавторизовать")
    (letter,) = house.order(ONE, A, deal, customer_inn=OTHER)
    assert [reason["code"] for reason in letter.mail.context["reasons"]] == ["2", "4", "7"]


def test_another_partners_deal_is_reason_three_and_names_nobody(house: House) -> None:
    deal = registered(house)
    house.partner(TWO, B, "ООО Второй")
    (letter,) = house.order(TWO, B, deal)
    assert [reason["code"] for reason in letter.mail.context["reasons"]] == ["3"]
    assert "Партнёр" not in letter.text
    assert letter.mail.recipient == B


def test_wrong_data_are_asked_for_and_the_reply_completes_them(house: House) -> None:
    registered(house)
    (letter,) = house.order(ONE, A, "D-2026-0099", products=f"{FULL}, Чужое")
    assert letter.mail.template == "needs-data"
    assert house.row("O-2026-0001")["Состояние"] == "Нужны данные"
    fields = {asked["label"] for asked in letter.mail.context["asked"]}
    assert fields == {"deal", "products"}
    house.now = at("2026-03-03 10:00")
    (accepted,) = house.reply(letter, f"deal: D-2026-0001\nproducts: {BASE}")
    assert accepted.mail.template == "order-accepted"


def test_a_new_form_completes_the_order(house: House) -> None:
    deal = registered(house)
    house.order(ONE, A, deal, "много")
    (letter,) = house.order(ONE, A, deal, "3")
    assert (letter.mail.template, letter.mail.number) == ("order-accepted", "O-2026-0001")


def test_products_outside_the_deal_are_asked_about(house: House) -> None:
    deal = registered(house)
    (letter,) = house.order(ONE, A, deal, products=FULL)
    assert "не входит в сделку" in letter.text
    refused = house.later("2026-03-11 10:00")
    assert [posted.mail.template for posted in refused if posted.mail.number.startswith("O")] == ["order-refused"]
    assert "1 – " in house.row("O-2026-0001")["Причина"]


def test_a_stranger_orders_nothing(house: House) -> None:
    deal = registered(house)
    letters = house.order(ONE, "thief@evil.ru", deal)
    assert {(posted.mail.template, posted.mail.recipient) for posted in letters} == {
        ("case-received", A),
        ("sender-unknown", "thief@evil.ru"),
    }
    assert house.row("O-2026-0001")["Состояние"] == "На рассмотрении"


def test_an_order_on_an_offered_discount_while_the_holder_is_protected(house: House) -> None:
    registered(house)
    house.partner(TWO, B, "ООО Второй")
    second = house.deal(TWO, B)
    house.staff(second, staff_discount="5")
    (letter,) = house.order(TWO, B, second, "2")
    assert letter.mail.template == "order-accepted"
    assert "5 %" in letter.text
    assert "9 500,00 ₽" in letter.text
    house.later("2026-06-04 10:00")
    (refused,) = house.order(TWO, B, second, "2")
    assert refused.mail.template == "order-refused"
    assert "заказчик свободен" in refused.text


def test_prices_of_the_offer_hold_while_it_is_valid(house: House) -> None:
    deal = registered(house)
    house.tabs = replace(house.tabs, prices=tuple(replace(line, price=line.price * Decimal(2)) for line in PRICES))
    house.order(ONE, A, deal, "1")
    assert house.row("O-2026-0001")["Сумма руб."] == 4500
    house.later("2026-04-02 10:00")
    house.order(ONE, A, deal, "1")
    assert house.row("O-2026-0002")["Сумма руб."] == 9000


def test_a_deal_reported_won_sends_the_order_to_staff(house: House) -> None:
    deal = registered(house)
    house.staff(deal, state="Выиграна")
    house.order(ONE, A, deal)
    assert "отмеченной выигранной" in house.row("O-2026-0001")["Замечания"]


def test_words_of_staff_that_cannot_be_carried_out(house: House) -> None:
    deal = registered(house)
    house.order(ONE, A, deal)
    house.staff("O-2026-0001", staff_decision="Отказать")
    row = house.row("O-2026-0001")
    assert row["Состояние"] == "Одобрено"
    assert "решение уже принято" in row["Замечания"]
    house.staff("O-2026-0001", staff_decision="Закрыть")
    assert house.row("O-2026-0001")["Состояние"] == "Закрыто"


def test_staff_refuse_by_the_cell(house: House) -> None:
    deal = registered(house)
    house.order(ONE, A, deal, "11")
    (letter,) = house.staff("O-2026-0001", state="Отказано")
    assert letter.mail.template == "order-refused"
    assert letter.mail.context["order"]["customer_inn"] == CUSTOMER
    assert house.form_row("O-2026-0001")["answer"] == "Отказано"


def test_the_deadline_is_kept_while_staff_are_silent(house: House) -> None:
    deal = registered(house)
    house.order(ONE, A, deal, "11")
    letters = house.later("2026-03-04 18:00")
    assert "case-waiting" in {posted.mail.template for posted in letters}


def test_an_empty_price_list_is_no_fault_of_the_partners(house: House) -> None:
    deal = registered(house)
    house.tabs = replace(house.tabs, prices=())
    (letter,) = house.order(ONE, A, deal)
    assert letter.mail.template == "case-received"
    house.tabs = replace(house.tabs, prices=PRICES)
    (accepted,) = house.later("2026-03-02 10:05")
    assert accepted.mail.template == "order-accepted"
