"""What a partner's reply does: the numbered list, words, data, files, an appeal («Регистрация сделки»; contract, "Mail")."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scenarios.house import House, Sent, inn

PARTNER, RIVAL, CLIENT = inn(1), inn(2), inn(100)
ADDRESS, OTHER = "a@one.example", "b@two.example"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with one registered deal, made once."""
    house = House(tmp_path_factory.mktemp("prepared") / "home")
    house.init(staff=["staff@vendor.example"])
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "ООО «Клиент»", CLIENT)
    house.ok("2026-03-02 10:00")
    return house


@pytest.fixture
def held(prepared: House, tmp_path: Path) -> House:
    """A copy of it for one story."""
    shutil.copytree(prepared.root, tmp_path / "home")
    return House(tmp_path / "home")


def letter(house: House) -> Sent:
    return house.mail("deal-registered")


def answer(house: House, text: str) -> dict[str, object]:
    """The deal's row after that reply to the registration."""
    house.reply(letter(house), text, "2026-03-06 12:00")
    house.ok("2026-03-06 12:05")
    return dict(house.row("Сделки", "D-2026-0001"))


def several(house: House, count: int) -> list[Sent]:
    """So many more registered deals; their letters by number."""
    for place in range(count):
        house.deal(f"2026-03-02 10:{place + 10}", ADDRESS, PARTNER, f"ООО «Заказчик {place}»", inn(200 + place))
    house.ok("2026-03-02 11:00")
    return [house.mail("deal-registered", number=f"D-2026-{place + 2:04}") for place in range(count)]


def test_a_status_is_a_report(held: House) -> None:
    said = [
        ("1", "в работе"),
        ("2", "переговоры"),
        ("3 – КП отправлено", "КП отправлено"),
        ("4)", "тендер"),
        ("7", "отложена"),
        ("Добрый день!\n\nВедём переговоры с заказчиком.\n\nС уважением, Мария", "переговоры"),
    ]
    registered = several(held, len(said))
    for sent, (text, _) in zip(registered, said, strict=True):
        held.reply(sent, text, "2026-03-06 12:00")
    held.ok("2026-03-06 12:05")
    rows = {row["№"]: row for row in held.rows("Сделки")}
    for sent, (text, status) in zip(registered, said, strict=True):
        row = rows[sent.number]
        assert str(row["Статус продажи"]).lower() == status.lower(), text
        assert row["Состояние"] == "Зарегистрирована"
        assert f"{row['Обновить до']:%d.%m.%Y}" == "20.03.2026"  # fourteen days from the report
        report = held.mail("status-report", number=sent.number)
        assert status.lower() in report.text.lower()
        assert "20 марта 2026" in report.text.replace("\u00a0", " ")
    assert f"{held.row('Сделки', 'D-2026-0001')['Обновить до']:%d.%m.%Y}" == "16.03.2026"
    assert not held.rows("Обращения")


def test_eight_extends_by_the_present_tier(held: House) -> None:
    held.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    row = answer(held, "8")
    assert f"{row['Действует до']:%d.%m.%Y}" == "02.09.2026"
    assert row["Продлений"] == 1
    assert f"{row['Обновить до']:%d.%m.%Y}" == "20.03.2026"  # a request to extend counts as a report
    extended = held.mail("deal-extended")
    assert "2 сентября 2026" in extended.text.replace("\u00a0", " ")
    assert "Других продлений для этой сделки нет" in extended.text


def test_eight_beyond_the_tier_is_reason_five(held: House) -> None:
    row = answer(held, "8")
    assert row["Состояние"] == "Зарегистрирована"
    assert f"{row['Действует до']:%d.%m.%Y}" == "02.06.2026"
    assert f"{row['Обновить до']:%d.%m.%Y}" == "20.03.2026"
    refused = held.mail("deal-extension-refused")
    assert "5 – " in refused.text
    assert "1 – в работе" in refused.text


def test_a_numbered_final_word_acts_at_once(held: House) -> None:
    registered = several(held, 3)
    for sent, digit in zip(registered, "569", strict=True):
        held.reply(sent, digit, "2026-03-06 12:00")
    held.ok("2026-03-06 12:05")
    for sent, state, outcome in zip(registered, ("Выиграна", "Проиграна", "Отозвана"), ("won", "lost", "withdrawn"), strict=True):
        assert held.row("Сделки", sent.number)["Состояние"] == state
        assert held.mail("deal-closed", to=ADDRESS, number=sent.number)
        assert held.explain(sent.number)["decision"]["outcome"] == outcome
    assert not held.mails("reply-confirm")


def test_in_words_it_is_echoed_first(held: House) -> None:
    said = [
        ("Мы выиграли тендер, спасибо!", "Выиграна", "сделка {} выиграна"),
        ("Увы, заказчик выбрал другое решение", "Проиграна", "сделка {} проиграна"),
        ("Прошу снять регистрацию", "Отозвана", "вы отзываете сделку {}"),
    ] * 2
    registered = several(held, len(said))
    for sent, (text, _, _) in zip(registered, said, strict=True):
        held.reply(sent, text, "2026-03-06 12:00")
    held.ok("2026-03-06 12:05")
    assert not held.mails("deal-closed")
    digits = "111222"
    echoes = [held.mail("reply-confirm", to=ADDRESS, number=sent.number) for sent in registered]
    assert {row["Состояние"] for row in held.rows("Сделки")} == {"Зарегистрирована"}
    for echo, digit, (_, _, phrase) in zip(echoes, digits, said, strict=True):
        assert phrase.format(echo.number) in echo.text
        assert "1 – да, верно" in echo.text
        held.reply(echo, digit, "2026-03-06 15:00")
    held.ok("2026-03-06 15:05")
    held.reply(echoes[3], "1", "2026-03-06 16:00")  # after «нет» nothing is left to confirm
    held.reply(echoes[0], "1", "2026-03-06 16:00")
    held.ok("2026-03-06 16:05")
    states = {row["№"]: row["Состояние"] for row in held.rows("Сделки")}
    for echo, digit, (_, state, _) in zip(echoes, digits, said, strict=True):
        assert states[echo.number] == (state if digit == "1" else "Зарегистрирована")
        assert len(held.mails("deal-closed", number=echo.number)) == (1 if digit == "1" else 0)


@pytest.mark.parametrize("digit", ["1", "2"])
def test_a_final_word_by_form_is_confirmed_by_a_reply(held: House, digit: str) -> None:
    held.add_form(
        "Форма Актуализация",
        "2026-03-06 12:00",
        "colleague@one.example",
        **{"№ сделки": "Д-2026-0001", "Статус продажи": "5 – выиграна"},
    )
    held.ok("2026-03-06 12:05")
    assert held.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"
    assert held.rows("Форма Актуализация")[0]["Решение"] == "На рассмотрении"
    echo = held.mail("reply-confirm")
    assert echo.to == ADDRESS  # not to whoever was typed in the form
    held.reply(echo, digit, "2026-03-06 13:00")
    held.ok("2026-03-06 13:05")
    assert held.row("Сделки", "D-2026-0001")["Состояние"] == ("Выиграна" if digit == "1" else "Зарегистрирована")
    row = held.rows("Форма Актуализация")[0]
    assert (row["№"], row["Решение"]) == ("D-2026-0001", "Принято" if digit == "1" else "Отказано")


def test_a_report_by_form(held: House) -> None:
    told = {"№ сделки": "D-2026-0001", "Статус продажи": "Тендер", "Комментарий": "ждём"}
    held.add_form("Форма Актуализация", "2026-03-06 12:00", ADDRESS, **told)
    held.ok("2026-03-06 12:05")
    assert str(held.row("Сделки", "D-2026-0001")["Статус продажи"]).lower() == "тендер"
    row = held.rows("Форма Актуализация")[0]
    assert row["Решение"] == "Принято"
    assert row["Ответ отправлен"] != ""


def test_the_word_status(held: House) -> None:
    row = answer(held, "Статус")
    assert row["Статус продажи"] == ""
    report = held.mail("status-report", to=ADDRESS)
    assert report.number == "P-0001"  # about all deals: a figure in an answer to it is no report on one
    assert "D-2026-0001" in report.text
    assert "ООО «Клиент»" in report.text
    assert "Авторизован" in report.text
    assert "Белый" in report.text


def test_what_leaves_doubt_is_a_question_acknowledged_once(held: House) -> None:
    said = (
        "Когда можно будет получить ключи?",
        "2 или 4, пока не ясно",
        "3 месяца",
        "Если заказчик подпишет договор, считаем сделку выигранной",
        "не выиграли",
        "5\n\nточнее, пока переговоры",
        "Сделка D-2026-0007 проиграна",
    )
    for text in said:
        held.reply(letter(held), text, "2026-03-06 12:00")
    held.ok("2026-03-06 12:05")
    row = held.row("Сделки", "D-2026-0001")
    assert (row["Состояние"], row["Статус продажи"]) == ("Зарегистрирована", "")
    questions = held.rows("Обращения")
    assert [question["Состояние"] for question in questions] == ["На рассмотрении"] * len(said)
    for question in questions:
        received = held.mail("question-received", to=ADDRESS, number=str(question["№"]))
        assert received.subject.startswith("Обращение получено: Сделка зарегистрирована")
        assert received.subject.count("[") == 1
        assert "11 марта 2026" in received.text.replace("\u00a0", " ")  # the 9th is a day off
    held.ok("2026-03-06 12:30")
    assert len(held.mails("question-received")) == len(said)
    assert not held.mails("status-report")


def test_the_question_is_closed_by_staff(held: House) -> None:
    answer(held, "Когда можно будет получить ключи?")
    number = str(held.rows("Обращения")[0]["№"])
    held.set_cells("Обращения", number, {"Решение сотрудника": "Закрыть", "Комментарий сотрудника": "СЕКРЕТ"})
    held.ok("2026-03-06 14:00")
    assert held.row("Обращения", number)["Решение сотрудника"] == ""
    closed = held.mail("question-answered", to=ADDRESS)
    assert "СЕКРЕТ" not in closed.text
    assert number in closed.subject


def test_files_for_a_competitive_switch(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT, **{"Тип сделки": "Конкурентный переход"})
    house.ok("2026-03-02 10:00")
    asked = house.mail("needs-data")
    assert "Скриншот лицензии" in asked.text
    assert "Финансовый документ" in asked.text
    house.reply(
        asked,
        "Во вложении, спасибо!",
        "2026-03-03 12:00",
        ADDRESS,
        **{"лицензия.png": b"\x89PNG\r\n\x1a\n1", "акт.pdf": b"%PDF-1.7"},
    )
    house.ok("2026-03-03 12:05")
    row = house.row("Сделки", "D-2026-0001")
    assert row["Состояние"] == "На рассмотрении"
    assert "скриншот" in str(row["Замечания"]).lower()
    assert len(list((house.root / "attachments").rglob("*.pdf"))) == 1
    house.set_cell("Сделки", "D-2026-0001", "Решение сотрудника", "Одобрить")
    house.ok("2026-03-03 14:00")
    assert house.row("Сделки", "D-2026-0001")["Скидка %"] == 30


def test_one_file_of_two_is_asked_for_the_other(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT, **{"Тип сделки": "Конкурентный переход"})
    house.ok("2026-03-02 10:00")
    house.reply(house.mail("needs-data"), "Скриншот", "2026-03-03 12:00", ADDRESS, **{"лицензия.png": b"\x89PNG\r\n\x1a\n1"})
    house.ok("2026-03-03 12:05")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Нужны данные"
    second = house.mails("needs-data")[1]
    assert "Финансовый документ" in second.text
    assert "Скриншот лицензии»" not in second.text
    house.reply(second, "Финансовый документ: https://disk.example/akt.pdf", "2026-03-04 12:00")
    house.ok("2026-03-04 12:05")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "На рассмотрении"


def test_an_appeal(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.partner(OTHER, "ООО «Два»", RIVAL, at="2026-03-02 09:01")
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.deal("2026-03-02 09:31", OTHER, RIVAL, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")
    refused = house.mail("deal-refused", to=OTHER)
    for part in (refused.text, refused.html):
        assert "3 – " in part
        assert "до 5" in part
        assert "Один" not in part
        assert ADDRESS not in part
        assert "D-2026-0001" not in part
        assert "1 – в работе" not in part
    house.reply(refused, "Обжаловать", "2026-03-02 11:00")
    house.ok("2026-03-02 11:05")
    (appeal,) = house.rows("Обращения")
    assert "D-2026-0002" in str(appeal["Замечания"])
    assert "пересмотреть отказ" in str(appeal["Замечания"])
    assert house.mail("question-received").to == OTHER
    assert house.row("Сделки", "D-2026-0002")["Состояние"] == "Отказано"


def test_news_of_a_deal_that_waits(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "ООО «Один»", PARTNER)  # its own customer: for staff
    house.ok("2026-03-02 10:00")
    received = house.mail("case-received")
    assert "1 – в работе" in received.text
    house.reply(received, "2", "2026-03-02 11:00")
    house.ok("2026-03-02 11:05")
    row = house.row("Сделки", "D-2026-0001")
    assert (row["Состояние"], str(row["Статус продажи"]).lower()) == ("На рассмотрении", "переговоры")
    assert not house.rows("Обращения")
    house.reply(received, "9", "2026-03-02 12:00")
    house.ok("2026-03-02 12:05")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Отозвана"


def test_the_mailboxs_time_counts_not_the_letters_date(held: House) -> None:
    held.reply(letter(held), "1", "2026-03-10 09:00")  # its Date says 2020
    held.ok("2026-03-12 09:00")
    assert f"{held.row('Сделки', 'D-2026-0001')['Обновить до']:%d.%m.%Y}" == "24.03.2026"
