"""An appeal reaches staff with both cases side by side; the partner learns nothing of the other («Регистрация сделки»)."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, Sent, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)
A, B, STAFF = "a@one.example", "b@two.example", "staff@vendor.example"
HELD, SECOND = "D-2026-0001", "D-2026-0002"
PRO = "Стахановец Про"
SECRETS = ("Держатель", ONE, A, "one.example", HELD)


def _refused(house: House) -> None:
    house.partner(A, "ООО «Держатель»", ONE)
    house.partner(B, "ООО «Второй»", TWO)
    house.deal("2026-03-02 09:30", A, ONE, "ООО «Клиент»", CLIENT)
    house.deal("2026-03-02 09:31", B, TWO, "Клиент ООО", CLIENT, **{"Количество лицензий": 25})
    house.ok("2026-03-02 10:00")


@pytest.fixture
def refused(begin: Begin) -> House:
    """One partner holds the customer, another was refused a minute later."""
    return begin(_refused)


def appeal(house: House, text: str, at: str = "2026-03-02 11:00") -> dict[str, object]:
    """B appeals; gives the row of `Обращения`."""
    house.reply(house.mail("deal-refused", to=B), text, at)
    house.ok(at.replace(":00", ":05"))
    return house.rows("Обращения")[-1]


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def assert_silent(letters: list[Sent]) -> None:
    assert letters
    for letter in letters:
        for secret in SECRETS:
            assert secret not in letter.subject + letter.text + letter.html + str(letter.headers), (letter.template, secret)


@pytest.mark.parametrize(
    "text",
    ["2", "обжаловать", "Не согласны. Мы ведём этого заказчика с осени."],
)
def test_an_appeal_shows_staff_both_cases(refused: House, text: str) -> None:
    row = appeal(refused, text)
    assert (row["Тема"], row["О деле №"], row["ИНН партнёра"]) == ("Обжалование", SECOND, TWO)
    assert f"{row['Ответить до']:%d.%m.%Y %H:%M}" == "04.03.2026 18:00"
    shown = str(row["Текст"])
    assert shown.startswith(text)
    own, rival = shown.split("\n\n")[-1].split("\n")
    assert own.startswith(f"Обжалует: {SECOND}, ООО «Второй», ИНН {TWO}; заказчик Клиент ООО, ИНН {CLIENT}; продукты: {PRO}")
    assert "лицензий 25; подано 02.03.2026 09:31:00; в очереди с 02.03.2026 09:31:00; состояние «Отказано»; причина: 3 – " in own
    assert rival.startswith(f"Другая сделка: {HELD}, ООО «Держатель», ИНН {ONE}; заказчик ООО «Клиент», ИНН {CLIENT}")
    assert "подано 02.03.2026 09:30:00; в очереди с 02.03.2026 09:30:00; зарегистрировано 02.03.2026 10:00:00" in rival
    assert f"обращение {row['№']}" in str(refused.row("Сделки", SECOND)["Замечания"])
    letter = refused.mail("staff-appeal", to=STAFF)
    assert letter.number == row["№"]
    for part in (letter.text, letter.html):
        for told in (SECOND, HELD, "ООО «Второй»", "ООО «Держатель»", ONE, TWO, "02.03.2026 09:30:00", "02.03.2026 09:31:00"):
            assert told in part
    assert "Подано: 02.03.2026 09:31:00 | 02.03.2026 09:30:00" in letter.text
    assert "4 марта 2026" in plain(letter.text)
    received = refused.mail("question-received", to=B)
    assert received.number == row["№"]
    assert "4 марта 2026 г., 18:00" in plain(received.text)
    assert refused.row("Сделки", SECOND)["Состояние"] == "Отказано"
    facts = refused.explain(str(row["№"]))["facts"]
    assert (facts["own"]["number"], facts["rivals"][0]["number"]) == (SECOND, HELD)
    assert_silent(refused.mails(to=B))


def test_the_refusal_stands(refused: House) -> None:
    number = str(appeal(refused, "2")["№"])
    refused.set_cells("Обращения", number, {"Решение сотрудника": "Отказать", "Комментарий сотрудника": "СЕКРЕТ"})
    refused.ok("2026-03-03 10:00")
    told = refused.mail("appeal-answered", to=B)
    assert told.subject == f"Решение остаётся в силе: {SECOND} [{number}]"
    assert "СЕКРЕТ" not in told.text
    assert refused.row("Обращения", number)["Состояние"] == "Отказано"
    assert refused.row("Обращения", number)["Решение сотрудника"] == ""
    assert refused.row("Сделки", SECOND)["Замечания"] == ""
    assert not refused.mails("question-answered")
    again = appeal(refused, "2\nВот письмо заказчика", "2026-03-03 11:00")
    assert again["№"] != number, "with something new one may appeal again"
    assert_silent(refused.mails(to=B))


def test_an_accepted_appeal_is_carried_out_in_the_deals_own_row(refused: House) -> None:
    number = str(appeal(refused, "2")["№"])
    refused.set_cell("Обращения", number, "Решение сотрудника", "Одобрить")
    refused.ok("2026-03-03 10:00")
    assert "решение по D-2026-0002 сотрудник пересмотрит" in plain(refused.mail("appeal-answered", to=B).text)
    next_step = str(refused.row("Обращения", number)["Замечания"])
    assert f"решите его в строке {SECOND}" in next_step
    assert f"закреплён за {HELD}" in next_step
    assert "пересмотрите решение в этой строке" in str(refused.row("Сделки", SECOND)["Замечания"])
    assert refused.row("Сделки", SECOND)["Состояние"] == "Отказано"
    refused.set_cell("Сделки", HELD, "Решение сотрудника", "Аннулировать")
    refused.ok("2026-03-03 10:30")
    refused.set_cell("Сделки", SECOND, "Решение сотрудника", "Одобрить")
    refused.ok("2026-03-03 11:00")
    assert refused.row("Сделки", SECOND)["Состояние"] == "Зарегистрирована"
    assert refused.row("Сделки", SECOND)["Замечания"] == ""
    assert refused.mail("deal-registered", to=B)
    assert_silent(refused.mails(to=B))


def test_more_words_join_the_open_appeal(refused: House) -> None:
    number = appeal(refused, "2")["№"]
    row = appeal(refused, "обжаловать\nЗаказчик пришлёт письмо", "2026-03-02 12:00")
    assert len(refused.rows("Обращения")) == 1
    assert row["№"] == number
    assert "Заказчик пришлёт письмо" in str(row["Текст"])
    assert HELD in str(row["Текст"])
    assert len(refused.mails("question-received", to=B)) == 2
    assert len(refused.mails("staff-appeal")) == 1


def test_appeal_and_wait_in_one_reply(refused: House) -> None:
    row = appeal(refused, "1, 2")
    assert row["Тема"] == "Обжалование"
    assert refused.mail("waiting-list", to=B)
    refused.set_cell("Сделки", HELD, "Решение сотрудника", "Аннулировать")
    refused.ok("2026-03-03 10:00")
    assert refused.mail("customer-free", to=B)


def test_a_strangers_appeal_shows_nothing_and_is_a_question(refused: House) -> None:
    refused.reply(refused.mail("deal-refused", to=B), "обжаловать", "2026-03-02 11:00", sender="spy@else.example")
    refused.ok("2026-03-02 11:05")
    (row,) = refused.rows("Обращения")
    assert HELD not in str(row["Текст"])
    assert not refused.mails("staff-appeal")


def test_an_extension_is_appealed_in_words_for_its_list_means_something_else(refused: House) -> None:
    refused.reply(refused.mail("deal-registered", to=A), "8", "2026-03-02 11:00")
    refused.ok("2026-03-02 11:05")
    letter = refused.mail("deal-extension-refused", to=A)
    assert "«обжаловать»" in letter.text
    refused.reply(letter, "2", "2026-03-02 12:00")
    refused.reply(letter, "обжаловать", "2026-03-02 12:01")
    refused.ok("2026-03-02 12:05")
    assert str(refused.row("Сделки", HELD)["Статус продажи"]).lower() == "переговоры"
    (row,) = refused.rows("Обращения")
    assert "причина: 5 – " in str(row["Текст"])
    assert "в продлении регистрации отказано" in plain(refused.mail("staff-appeal").text)
    refused.set_cell("Обращения", str(row["№"]), "Решение сотрудника", "Одобрить")
    refused.ok("2026-03-03 10:00")
    assert "исправьте «Действует до»" in str(refused.row("Сделки", HELD)["Замечания"])
    refused.set_cell("Сделки", HELD, "Действует до", "01.07.2026")
    refused.ok("2026-03-03 11:00")
    assert refused.row("Сделки", HELD)["Замечания"] == ""
    assert refused.row("Сделки", HELD)["Действует до"] == "01.07.2026"


def test_an_order_is_appealed_too(refused: House) -> None:
    refused.add_form(
        "Форма Заказ",
        "2026-03-02 10:30",
        B,
        **{
            "ИНН партнёра": TWO,
            "№ сделки": SECOND,
            "Заказчик": "Клиент",
            "ИНН заказчика": CLIENT,
            "Продукты": PRO,
            "Количество лицензий": 5,
        },
    )
    refused.ok("2026-03-02 10:35")
    refused.reply(refused.mail("order-refused", to=B), "обжаловать", "2026-03-02 11:00")
    refused.ok("2026-03-02 11:05")
    (row,) = refused.rows("Обращения")
    assert (row["Тема"], row["О деле №"]) == ("Обжалование", "O-2026-0001")
    assert "заказ не принят" in plain(refused.mail("staff-appeal").text)
    assert_silent(refused.mails(to=B))


def test_the_persons_export_holds_nothing_of_the_other_case(refused: House) -> None:
    appeal(refused, f"2\nПодробности – {B}")
    done = refused.run("export", "--person", B)
    assert done.code == 0
    assert "staff-appeal" in done.out
    assert not [secret for secret in SECRETS if secret in done.out]
