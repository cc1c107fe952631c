"""«Who may speak»: forms are not authenticated, so an address has to be known before it acts for a partner."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, inn

PARTNER, CLIENT = inn(1), inn(100)
ADDRESS, STRANGER = "a@one.example", "x@stranger.example"
MONDAY = "2026-03-02 10:00"


def _known(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok(MONDAY)


@pytest.fixture
def known(begin: Begin) -> House:
    """A house with one authorised partner."""
    return begin(_known)


def state(house: House, number: str = "D-2026-0001") -> object:
    return house.row("Сделки", number)["Состояние"]


def test_a_colleague_on_the_partners_own_domain_may_speak(known: House) -> None:
    known.deal("2026-03-02 10:30", "b@one.example", PARTNER, "Клиент", CLIENT)
    known.deal("2026-03-02 10:31", "c@sales.one.example", PARTNER, "Другой", inn(101))
    known.ok("2026-03-02 11:00")
    assert (state(known), state(known, "D-2026-0002")) == ("Зарегистрирована", "Зарегистрирована")
    assert {letter.to for letter in known.mails("deal-registered")} == {"b@one.example", "c@sales.one.example"}


@pytest.mark.parametrize("site", ["", "vk.com/firma", "https://mail.ru"])
def test_a_free_mail_neighbour_may_not(house: House, site: str) -> None:
    house.partner("firma@mail.ru", "ООО «Один»", PARTNER, Сайт=site)
    house.ok(MONDAY)
    house.deal("2026-03-02 10:30", "other@mail.ru", PARTNER, "Клиент", CLIENT)
    house.deal("2026-03-02 10:31", "other@vk.com", PARTNER, "Клиент два", inn(101))
    house.deal("2026-03-02 10:32", "firma@mail.ru", PARTNER, "Клиент три", inn(102))
    house.ok("2026-03-02 11:00")
    assert [row["Состояние"] for row in house.rows("Сделки")] == ["На рассмотрении", "На рассмотрении", "Зарегистрирована"]
    assert {letter.template for letter in house.mails(to="other@mail.ru")} == {"sender-unknown"}


def test_look_alike_domains_are_strangers(known: House) -> None:
    for place, address in enumerate(("b@notone.example", "b@one.example.evil.example", "b@оne.example")):
        known.deal(f"2026-03-02 10:3{place}", address, PARTNER, f"Клиент {place}", inn(100 + place))
    known.ok("2026-03-02 11:00")
    assert {row["Состояние"] for row in known.rows("Сделки")} == {"На рассмотрении"}
    assert not known.mails("deal-registered")


def test_a_deal_from_an_unknown_address_waits_for_staff(known: House) -> None:
    known.deal("2026-03-02 10:30", STRANGER, PARTNER, "АО «Тайный клиент»", CLIENT)
    known.ok("2026-03-02 11:00")
    assert state(known) == "На рассмотрении"
    row = known.row("Сделки", "D-2026-0001")
    assert STRANGER in str(row["Замечания"])
    assert known.row("Форма Сделка", "D-2026-0001")["Решение"] == "На рассмотрении"
    received = known.mail("case-received", number="D-2026-0001")
    assert received.to == ADDRESS
    assert "Тайный клиент" in received.text
    neutral = known.mail("sender-unknown")
    assert neutral.to == STRANGER
    for part in (neutral.subject, neutral.text, neutral.html):
        assert not any(word in part for word in ("Тайный", "Один", PARTNER, CLIENT, "Иванова", "Стахановец Про"))
    assert "D-2026-0001" in neutral.text
    assert known.explain("D-2026-0001")["facts"]["sender_known"] is False

    known.set_cell("Сделки", "D-2026-0001", "Решение сотрудника", "Одобрить")
    known.ok("2026-03-02 12:00")
    assert state(known) == "Зарегистрирована"
    assert known.mail("deal-registered").to == ADDRESS
    assert [letter.template for letter in known.mails(to=STRANGER)] == ["sender-unknown"]


def test_an_incomplete_deal_from_an_unknown_address_asks_the_known_contact(known: House) -> None:
    known.deal("2026-03-02 10:30", STRANGER, PARTNER, "Клиент", "")
    known.ok("2026-03-02 11:00")
    assert {(letter.template, letter.to) for letter in known.mails(number="D-2026-0001")} == {
        ("needs-data", ADDRESS),
        ("sender-unknown", STRANGER),
    }


def test_an_additional_contact_settles_the_waiting_deal(known: House) -> None:
    known.deal("2026-03-02 10:30", STRANGER, PARTNER, "Клиент", CLIENT)
    known.ok("2026-03-02 11:00")
    known.set_cell("Партнёры", "P-0001", "Дополнительные контакты", f"Пётр <{STRANGER}>, y@two.example")
    known.ok("2026-03-02 12:00")
    assert state(known) == "Зарегистрирована"
    assert known.mail("deal-registered").to == STRANGER
    row = known.row("Партнёры", "P-0001")
    assert row["Дополнительные контакты"] == f"Пётр <{STRANGER}>, y@two.example"
    assert STRANGER not in str(known.row("Сделки", "D-2026-0001")["Замечания"])
    known.deal("2026-03-02 12:30", "colleague@two.example", PARTNER, "Другой", inn(101))
    known.ok("2026-03-02 13:00")
    assert state(known, "D-2026-0002") == "Зарегистрирована"
    known.set_cell("Партнёры", "P-0001", "Дополнительные контакты", None)
    known.ok("2026-03-02 14:00")
    known.deal("2026-03-02 14:30", STRANGER, PARTNER, "Третий", inn(102))
    known.ok("2026-03-02 15:00")
    assert state(known, "D-2026-0003") == "На рассмотрении"


def test_an_additional_contact_that_cannot_be_read_is_remarked(known: House) -> None:
    known.set_cell("Партнёры", "P-0001", "Дополнительные контакты", "спросить у Пети")
    known.ok("2026-03-02 12:00")
    row = known.row("Партнёры", "P-0001")
    assert row["Дополнительные контакты"] == "спросить у Пети"
    assert "Адрес прочитать не удалось" in str(row["Замечания"]) or "адрес прочитать не удалось" in str(row["Замечания"])


def test_an_inn_that_never_applied_is_told_at_once(house: House) -> None:
    house.deal("2026-03-02 09:30", STRANGER, PARTNER, "Клиент", CLIENT)
    house.ok(MONDAY)
    assert state(house) == "Отказано"
    row = house.row("Форма Сделка", "D-2026-0001")
    assert row["Решение"] == "Отказано"
    assert str(row["Причина"]).startswith("2 – ")
    letter = house.mail("deal-refused", to=STRANGER)
    assert "2 – " in letter.text
    assert "Заполните форму авторизации" in letter.text
    assert "обжаловать" in letter.text
    assert not house.mails("sender-unknown")


def test_a_broken_address_stops_no_letter_of_others(house: House) -> None:
    house.deal("2026-03-02 09:30", "нет адреса", PARTNER, "Клиент", CLIENT)
    house.partner(ADDRESS, "ООО «Два»", inn(2))
    house.ok(MONDAY)
    assert state(house) == "Отказано"
    assert "нет известного адреса" in str(house.row("Сделки", "D-2026-0001")["Замечания"])
    assert house.mail("partner-authorised").to == ADDRESS
    assert house.status()["undelivered"] == 0


def test_a_wrong_partner_inn_is_completed_by_a_reply(known: House) -> None:
    known.deal("2026-03-02 10:30", ADDRESS, "7707083890", "Клиент", CLIENT)
    known.ok("2026-03-02 11:00")
    letter = known.mail("needs-data", to=ADDRESS)
    assert "ИНН партнёра" in letter.text
    known.reply(letter, f"ИНН партнёра: {PARTNER}", "2026-03-02 12:00")
    known.ok("2026-03-02 12:05")
    assert state(known) == "Зарегистрирована"
    assert known.row("Сделки", "D-2026-0001")["Партнёр"] == "ООО «Один»"


def test_whoever_names_anothers_inn_in_a_reply_waits_for_staff(known: House) -> None:
    known.deal("2026-03-02 10:30", STRANGER, "7707083890", "Клиент", CLIENT)
    known.ok("2026-03-02 11:00")
    known.reply(known.mail("needs-data", to=STRANGER), f"ИНН партнёра: {PARTNER}", "2026-03-02 12:00")
    known.ok("2026-03-02 12:05")
    assert state(known) == "На рассмотрении"
    assert STRANGER in str(known.row("Сделки", "D-2026-0001")["Замечания"])
    assert known.mail("case-received", number="D-2026-0001").to == ADDRESS


@pytest.mark.parametrize("word", ["Одобрить", "Отказать"])
def test_an_update_from_a_stranger_waits_for_staff(known: House, word: str) -> None:
    known.deal("2026-03-02 10:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    known.ok("2026-03-02 11:00")
    known.add_form(
        "Форма Актуализация", "2026-03-03 10:00", STRANGER, **{"№ сделки": "D-2026-0001", "Статус продажи": "Проиграна"}
    )
    known.ok("2026-03-03 10:05")
    assert state(known) == "Зарегистрирована"
    assert known.mail("sender-unknown").to == STRANGER
    assert not known.mails("reply-confirm")
    (question,) = known.rows("Обращения")
    assert question["Состояние"] == "На рассмотрении"
    assert "D-2026-0001" in str(question["Замечания"])
    known.set_cell("Обращения", str(question["№"]), "Решение сотрудника", word)
    known.ok("2026-03-03 11:00")
    assert state(known) == ("Проиграна" if word == "Одобрить" else "Зарегистрирована")
    assert [letter.template for letter in known.mails(to=STRANGER)] == ["sender-unknown"]
    if word == "Одобрить":
        assert known.mail("deal-closed").to == ADDRESS


def test_a_strangers_neutral_letter_once_a_day(known: House) -> None:
    for minute in range(4):
        known.deal(f"2026-03-02 10:3{minute}", STRANGER, PARTNER, f"Клиент {minute}", inn(100 + minute))
    known.ok("2026-03-02 11:00")
    assert len(known.mails("sender-unknown", to=STRANGER)) == 1
    assert len(known.mails("case-received", to=ADDRESS)) == 4


def test_an_update_of_no_deal_is_a_question(known: House) -> None:
    known.add_form("Форма Актуализация", "2026-03-03 10:00", ADDRESS, **{"№ сделки": "D-2026-0099", "Статус продажи": "В работе"})
    known.add_form("Форма Актуализация", "2026-03-03 10:01", ADDRESS, **{"№ сделки": "", "Статус продажи": "хорошо"})
    known.ok("2026-03-03 10:05")
    assert [row["Состояние"] for row in known.rows("Обращения")] == ["На рассмотрении"] * 2
    rows = known.rows("Форма Актуализация")
    assert all(str(row["№"]).startswith("Q-2026-") for row in rows)
    assert rows[1]["Решение"] == "Нужны данные"
    assert "Статус продажи" in str(rows[1]["Причина"])
    assert len(known.mails("question-received", to=ADDRESS)) == 2
