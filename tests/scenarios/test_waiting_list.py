"""Refused since the customer is another's: a partner may wait, is told once, and of the other nothing («Регистрация сделки»)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.desk_work import journal
from tests.scenarios.house import House, Sent, Value, inn

ONE, TWO, THREE, CLIENT = inn(1), inn(2), inn(3), inn(100)
A, B, C = "a@one.example", "b@two.example", "c@three.example"
HELD, SECOND, THIRD = "D-2026-0001", "D-2026-0002", "D-2026-0003"
PRO, STANDARD = "Стахановец Про", "Стахановец Стандарт"
SWITCH: dict[str, Value] = {
    "Тип сделки": "Конкурентный переход",
    "Скриншот лицензии": "https://drive.example/licence.png",
    "Финансовый документ": "акт.pdf",
}
SECRETS = ("Держатель", ONE, A, "one.example", HELD, "30 %", "02.09.2026", "2 сентября")
"""All that could tell who holds the customer, by which deal, on which terms."""


def _taken(house: House) -> None:
    house.partner(A, "ООО «Держатель»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.partner(C, "ООО «Третий»", THREE)
    house.ok("2026-03-02 09:10")
    house.set_cell("Партнёры", "P-0001", "Статус", "Серебряный")
    house.ok("2026-03-02 09:20")
    house.deal("2026-03-02 09:30", A, ONE, "ООО «Клиент»", CLIENT)
    house.deal("2026-03-02 09:31", B, TWO, "ООО «Клиент»", CLIENT, **{"Количество лицензий": 25})
    house.deal("2026-03-02 09:32", C, THREE, "ООО «Клиент»", CLIENT)
    house.ok("2026-03-02 10:00")
    assert [row["Состояние"] for row in house.rows("Сделки")] == ["Зарегистрирована", "Отказано", "Отказано"]


@pytest.fixture
def taken(begin: Begin) -> House:
    """A Silver partner holds the customer; two others were refused for reason 3."""
    return begin(_taken)


def ask(house: House, *addresses: str, text: str = "1", at: str = "2026-03-02 11:00") -> None:
    """These partners ask to be told."""
    for address in addresses:
        house.reply(house.mails("deal-refused", to=address)[-1], text, at)
    house.ok(at.replace(":00", ":05"))


def flat(letter: Sent) -> str:
    """All that the reader of a letter could see."""
    return " ".join((letter.subject + letter.text + letter.html + str(letter.headers)).replace("\u00a0", " ").split())


def assert_silent(house: House, *addresses: str) -> None:
    """No letter to them told anything of whoever held the customer."""
    for address in addresses:
        letters = house.mails(to=address)
        assert letters
        for letter in letters:
            for secret in SECRETS:
                assert secret not in flat(letter), (letter.template, secret)


def annul(house: House) -> None:
    house.set_cell("Сделки", HELD, "Решение сотрудника", "Аннулировать")


def expire_by_hand(house: House) -> None:
    house.set_cell("Сделки", HELD, "Состояние", "Истекла")


def answer(figure: str) -> Callable[[House], None]:
    def by_letter(house: House) -> None:
        house.reply(house.mail("deal-registered"), figure, "2026-03-03 09:59")

    return by_letter


def test_the_refusal_says_how_to_wait_and_how_to_appeal(taken: House) -> None:
    refused = taken.mail("deal-refused", to=B)
    for part in (refused.text, refused.html):
        plain = " ".join(part.replace('<b style="color:#2f6fab;">', "").replace("</b>", "").split())
        assert "1 – сообщить, когда заказчик освободится" in plain
        assert "2 – не согласны с решением (обращение)" in plain
        assert "«обжаловать»" in plain
        assert "возможна скидка до" in plain
        assert "1 – в работе" not in plain


@pytest.mark.parametrize(
    "text", ["1", "1 – сообщить, когда заказчик освободится", "Сообщите, пожалуйста, когда заказчик освободится"]
)
def test_the_request_is_confirmed_and_seen_by_staff(taken: House, text: str) -> None:
    ask(taken, B, text=text)
    confirmed = taken.mail("waiting-list", to=B)
    assert confirmed.number == SECOND
    assert "когда заказчика снова можно будет зарегистрировать" in confirmed.text
    assert "9 – больше не ждать" in confirmed.text
    row = taken.row("Сделки", SECOND)
    assert row["Состояние"] == "Отказано"
    assert "Партнёр просил сообщить, когда заказчик освободится" in str(row["Замечания"])
    assert not taken.rows("Обращения")
    assert "waiting" in str(taken.explain(SECOND)["effects"])
    ask(taken, B, text=text, at="2026-03-02 12:00")  # again is no harm
    assert len(taken.mails("waiting-list", to=B)) == 2
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert len(taken.mails("customer-free")) == 1


@pytest.mark.parametrize("end", [annul, expire_by_hand, answer("5"), answer("6"), answer("9")])
def test_all_who_wait_are_told_once_and_nothing_of_the_other(taken: House, end: Callable[[House], None]) -> None:
    ask(taken, B, C)
    end(taken)
    taken.ok("2026-03-03 10:00")
    assert taken.row("Сделки", HELD)["Состояние"] in ("Аннулирована", "Истекла", "Выиграна", "Проиграна", "Отозвана")
    assert {letter.to for letter in taken.mails("customer-free")} == {B, C}
    free = taken.mail("customer-free", to=B)
    assert free.number == SECOND
    assert "ООО «Клиент»" in free.text
    assert "Отправьте форму сделки заново" in free.text
    assert "поступит первой" in free.text
    assert taken.row("Сделки", SECOND)["Замечания"] == ""
    taken.deal("2026-03-03 11:00", C, THREE, "ООО «Клиент»", CLIENT)
    taken.deal("2026-03-03 11:01", B, TWO, "ООО «Клиент»", CLIENT)
    taken.ok("2026-03-03 11:05")
    assert taken.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована", "the first complete form holds"
    assert taken.row("Сделки", "D-2026-0005")["Состояние"] == "Отказано"
    taken.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Аннулировать")
    taken.ok("2026-03-03 12:00")
    assert len(taken.mails("customer-free")) == 2, "whoever was told has to ask again"
    assert_silent(taken, B, C)


def test_told_when_the_term_runs_out_after_more_than_a_year(house: House) -> None:
    """Twelve months by the calendar, moved to the next business day, are more than a year."""
    house.partner(A, "ООО «Держатель»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.ok("2026-05-08 09:10")
    house.deal("2026-05-08 09:30", A, ONE, "ООО «Клиент»", CLIENT)
    house.deal("2026-05-08 09:31", B, TWO, "ООО «Клиент»", CLIENT)
    house.ok("2026-05-08 10:00")
    house.reply(house.mail("deal-refused", to=B), "1", "2026-05-08 11:00")
    house.set_cell("Сделки", HELD, "Действует до", "30.06.2027")
    house.ok("2026-05-08 11:05")
    house.once("2027-06-30 23:00")
    assert not house.mails("customer-free")
    house.once("2027-07-01 00:05")
    assert house.row("Сделки", HELD)["Состояние"] == "Истекла"
    assert house.mail("customer-free").to == B


def test_nobody_who_did_not_ask_is_told(taken: House) -> None:
    ask(taken, B)
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert taken.mail("customer-free").to == B


def test_asked_when_the_customer_is_free_already(taken: House) -> None:
    annul(taken)
    taken.ok("2026-03-02 10:30")
    ask(taken, B)
    assert taken.mail("customer-free").to == B
    assert not taken.mails("waiting-list")


def test_no_more_waiting_by_reply(taken: House) -> None:
    ask(taken, B, C)
    taken.reply(taken.mail("waiting-list", to=B), "9", "2026-03-02 12:00")
    taken.reply(taken.mail("waiting-list", to=C), "больше не ждём", "2026-03-02 12:00")
    taken.ok("2026-03-02 12:05")
    for address, number in ((B, SECOND), (C, THIRD)):
        ended = taken.mails("waiting-list", to=address)[1]
        assert "письма об освобождении заказчика по заявке" in ended.text
        assert taken.row("Сделки", number)["Замечания"] == ""
        assert taken.row("Сделки", number)["Состояние"] == "Отказано"
    taken.reply(taken.mails("waiting-list", to=B)[1], "Сообщите, когда заказчик освободится", "2026-03-02 13:00")
    taken.ok("2026-03-02 13:05")
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert taken.mail("customer-free").to == B


def test_a_figure_means_what_the_letter_answered_says(taken: House) -> None:
    """`1` without a letter that is known is no guess; a figure that the letter does not offer means nothing."""
    taken.write(
        B, f"Заявка [{SECOND}]", "1", "2026-03-02 11:00", Authentication_Results="mx.example; dkim=pass header.d=two.example"
    )
    taken.reply(taken.mail("deal-refused", to=B), "5", "2026-03-02 11:00")
    taken.reply(taken.mail("deal-refused", to=B), "1\nА кто держит заказчика?", "2026-03-02 11:00")
    taken.reply(taken.mail("deal-registered", to=A), "1", "2026-03-02 11:00")
    taken.ok("2026-03-02 11:05")
    assert len(taken.rows("Обращения")) == 3
    assert not taken.mails("waiting-list")
    assert str(taken.row("Сделки", HELD)["Статус продажи"]).lower() == "в работе"


def test_a_stranger_cannot_ask(taken: House) -> None:
    taken.reply(taken.mail("deal-refused", to=B), "1", "2026-03-02 11:00", sender="spy@else.example")
    taken.ok("2026-03-02 11:05")
    assert not taken.mails("waiting-list")
    assert len(taken.rows("Обращения")) == 1


def test_other_reasons_leave_nothing_to_wait_for(taken: House) -> None:
    taken.add("Отказы заказчиков", **{"ИНН заказчика": CLIENT, "ИНН партнёра": TWO, "Документ": "письмо 12"})
    taken.deal("2026-03-02 10:20", B, TWO, "ООО «Клиент»", CLIENT)
    taken.ok("2026-03-02 10:30")
    refused = taken.mail("deal-refused", number="D-2026-0004")
    assert "сообщить, когда заказчик освободится" not in refused.text
    assert "ответьте цифрой 2" in refused.text
    taken.reply(refused, "1", "2026-03-02 11:00")
    ask(taken, B)  # the earlier refusal offered it, before the customer's letter was known
    assert not taken.mails("waiting-list")
    assert len(taken.rows("Обращения")) == 2


def test_a_deauthorised_partner_is_told_nothing(taken: House) -> None:
    ask(taken, B, C)
    taken.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Деавторизовать")
    taken.ok("2026-03-02 12:00")
    assert taken.row("Сделки", SECOND)["Замечания"] == ""
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert taken.mail("customer-free").to == C


def test_a_deauthorised_holder_frees_nobody_until_its_deal_ends(taken: House) -> None:
    ask(taken, B)
    taken.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Деавторизовать")
    taken.ok("2026-03-02 12:00")
    assert "авторизация партнёра прекращена" in str(taken.row("Сделки", HELD)["Замечания"])
    assert not taken.mails("customer-free")
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert taken.mail("customer-free").to == B
    assert_silent(taken, B)


def test_only_what_a_new_form_would_meet_counts(taken: House) -> None:
    """Another hold on some of the products, or an earlier form that is undecided, is no freedom; other products are."""
    ask(taken, B)
    taken.deal("2026-03-02 12:00", C, THREE, "ООО «Клиент»", CLIENT, Продукты=f"{PRO}; {STANDARD}")
    taken.deal("2026-03-02 12:01", C, THREE, "ООО «Клиент»", CLIENT, Продукты="Модуль аналитики")
    taken.ok("2026-03-02 12:05")
    taken.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    taken.ok("2026-03-02 12:10")
    assert taken.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert not taken.mails("customer-free")
    taken.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Аннулировать")
    taken.ok("2026-03-03 11:00")
    assert taken.mail("customer-free").to == B


def test_told_only_after_a_form_that_waited_before_is_refused(taken: House) -> None:
    ask(taken, B)
    taken.deal("2026-03-02 12:00", C, THREE, "ООО «Клиент»", CLIENT, Продукты=f"{PRO}; {STANDARD}", **SWITCH)
    taken.ok("2026-03-02 12:05")
    annul(taken)
    taken.ok("2026-03-03 10:00")
    assert taken.row("Сделки", "D-2026-0004")["Состояние"] == "На рассмотрении"
    assert not taken.mails("customer-free")
    taken.set_cells("Сделки", "D-2026-0004", {"Решение сотрудника": "Отказать", "Код отказа": 4})
    taken.ok("2026-03-03 11:00")
    assert taken.mail("customer-free").to == B


def test_whoever_registers_the_customer_itself_waits_no_more(taken: House) -> None:
    ask(taken, B, C)
    taken.deal("2026-03-02 12:00", B, TWO, "ООО «Клиент»", CLIENT, Продукты=f"{PRO}; {STANDARD}")
    taken.ok("2026-03-02 12:05")
    annul(taken)
    taken.ok("2026-03-03 10:00")  # its own form waited before; it is registered in this pass
    assert taken.row("Сделки", "D-2026-0004")["Состояние"] == "Зарегистрирована"
    assert taken.row("Сделки", SECOND)["Замечания"] == ""
    assert "Партнёр больше не ждёт заказчика: " in journal(taken, SECOND)
    assert not taken.mails("customer-free"), "and the other one waits for that deal now"
    taken.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Аннулировать")
    taken.ok("2026-03-03 11:00")
    assert taken.mail("customer-free").to == C
