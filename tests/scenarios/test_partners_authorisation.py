"""«Авторизация Партнера»: from the form to the status, with everything that can be wrong with an application."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.scenarios.house import ROOT, House, inn

PARTNER, CLIENT = inn(1), inn(100)
ADDRESS = "a@one.example"
SOLE_TRADER = "500100732259"


def incomplete(house: House, **columns: str) -> None:
    """An application without a phone and with a wrong INN, asked to be completed on Monday 10:00."""
    house.partner(ADDRESS, "ООО «Один»", "7707083890", **{"Телефон": "", **columns})
    house.ok("2026-03-02 10:00")


def test_white_at_once(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER, Регион="Тверь")
    house.ok("2026-03-02 10:00")
    row = house.row("Партнёры", "P-0001")
    assert (row["Авторизация"], row["Статус"], row["Скидка %"], row["Контакты"], row["Регион"]) == (
        "Авторизован", "Белый", 10, ADDRESS, "Тверь",
    )  # fmt: skip
    assert row["Замечания"] == ""
    form = house.row("Форма Партнёр", "P-0001")
    assert (form["Решение"], form["Причина"]) == ("Принято", "")
    assert f"{form['Ответить до']:%d.%m.%Y %H:%M}" == "03.03.2026 18:00"
    letter = house.mail("partner-authorised", to=ADDRESS)
    for part in (letter.text, letter.html):
        assert "Иванова Мария Петровна" in part
        assert PARTNER in part
        assert "сублицензионный договор с дистрибутором" in part
        assert "10\u00a0%" in part
        assert "3\u00a0месяца" in part
    explained = house.explain("P-0001")
    assert explained["state"] == "Авторизован"
    assert explained["decision"] == {"outcome": "approve", "reasons": []}
    assert {test["name"]: test["result"] for test in explained["tests"]}["legal-entity"] == "pass"
    assert house.rows("Обучение")[0]["Партнёр"] == "ООО «Один»"


def test_sole_trader_is_refused_with_that_reason(house: House) -> None:
    house.partner(ADDRESS, "ИП Петров", SOLE_TRADER, Телефон="")
    house.ok("2026-03-02 10:00")
    row = house.row("Партнёры", "P-0001")
    assert row["Авторизация"] == "Отказано"
    form = house.row("Форма Партнёр", "P-0001")
    assert form["Решение"] == "Отказано"
    assert "юридическое лицо" in str(form["Причина"])
    letter = house.mail("partner-refused", to=ADDRESS)
    assert "только юридическое лицо" in letter.text
    assert "«Авторизация Партнера»" in letter.text
    assert not house.mails("needs-data")
    assert house.explain("P-0001")["decision"]["reasons"][0]["code"] == "legal-entity-only"


def test_one_letter_lists_every_field_in_the_forms_own_words(house: House) -> None:
    house.configure("# Переименованный", '[columns."Форма Партнёр"]\n"Телефон" = "Ваш телефон для связи"\n\n# Переименованный')
    book = openpyxl.load_workbook(house.book)
    for cell in book["Форма Партнёр"][1]:
        if cell.value == "Телефон":
            cell.value = "Ваш телефон для связи"
    book.save(house.book)
    house.add_form(
        "Форма Партнёр",
        "2026-03-02 09:00",
        ADDRESS,
        **{
            "Наименование организации": "",
            "ИНН": "77070838",
            "Контактное лицо": "",
            "Ваш телефон для связи": "",
            "Согласие на обработку персональных данных": "Нет",
        },
    )
    house.ok("2026-03-02 10:00")
    letter = house.mail("needs-data", to=ADDRESS)
    for part in (letter.text, letter.html):
        for label in ("Наименование организации", "ИНН", "Контактное лицо", "Ваш телефон для связи", "Согласие на обработку"):
            assert label in part
        assert "«Телефон»" not in part
        assert "10 марта 2026" in part.replace("\u00a0", " ")  # five business days; the 9th is a day off
    assert "несколько полей" in letter.text
    form = house.row("Форма Партнёр", "P-0001")
    assert form["Решение"] == "Нужны данные"
    assert str(form["Причина"]).startswith("1 – ")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "На рассмотрении"
    house.ok("2026-03-03 10:00")
    assert len(house.mails("needs-data")) == 1


def test_completed_by_a_reply(house: House) -> None:
    incomplete(house)
    answer = f"Добрый день!\n\nИНН: {PARTNER}\nТелефон – 8 (495) 123-45-67\n\nС уважением, Мария\n"
    house.reply(house.mail("needs-data"), answer, "2026-03-03 12:00")
    house.ok("2026-03-03 12:05")
    row = house.row("Партнёры", "P-0001")
    assert (row["Авторизация"], row["ИНН"]) == ("Авторизован", PARTNER)
    assert house.row("Форма Партнёр", "P-0001")["Решение"] == "Принято"
    assert house.mail("partner-authorised").to == ADDRESS
    assert not house.rows("Обращения")


def test_half_completed_is_asked_for_the_rest(house: House) -> None:
    incomplete(house)
    house.reply(house.mail("needs-data"), f"ИНН: {PARTNER}", "2026-03-03 12:00")
    house.ok("2026-03-03 12:05")
    first, second = house.mails("needs-data")
    assert "ИНН" in first.text
    assert "Телефон" in second.text
    assert "одно поле" in second.text
    house.reply(second, "+7 495 123-45-67", "2026-03-04 12:00")
    house.ok("2026-03-04 12:05")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"


def test_completed_by_a_new_form(house: House) -> None:
    incomplete(house)
    house.partner(ADDRESS, "ООО «Один»", PARTNER, at="2026-03-04 11:00")
    house.ok("2026-03-04 11:05")
    assert len(house.rows("Партнёры")) == 1
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert [row["Решение"] for row in house.rows("Форма Партнёр")] == ["Принято", "Принято"]


def test_completed_by_editing_the_row(house: House) -> None:
    incomplete(house)
    house.set_cells("Форма Партнёр", "P-0001", {"ИНН": PARTNER, "Телефон": "+7 495 123-45-67"})
    house.ok("2026-03-04 11:05")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert house.row("Форма Партнёр", "P-0001")["Решение"] == "Принято"


def test_a_wrong_address_is_mended_in_the_row(house: House) -> None:
    house.partner("мария(собака)one.example", "ООО «Один»", PARTNER, Сайт="one.example")
    house.ok("2026-03-02 10:00")
    assert house.row("Форма Партнёр", "P-0001")["Решение"] == "Нужны данные"
    assert "адрес" in str(house.row("Партнёры", "P-0001")["Замечания"])
    assert not house.mails()
    house.set_cell("Форма Партнёр", "P-0001", "Адрес электронной почты", ADDRESS)
    house.ok("2026-03-02 11:00")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert house.row("Партнёры", "P-0001")["Контакты"] == ADDRESS
    assert house.mail("partner-authorised").to == ADDRESS


def test_unanswered_for_five_business_days(house: House) -> None:
    incomplete(house)
    house.ok("2026-03-10 17:55")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "На рассмотрении"
    house.ok("2026-03-10 18:05")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Отказано"
    form = house.row("Форма Партнёр", "P-0001")
    assert form["Решение"] == "Отказано"
    assert str(form["Причина"]).startswith("1 – ")
    letter = house.mail("partner-refused")
    assert "1 – " in letter.text
    assert "Телефон" in letter.text


def test_a_repeat_by_a_known_contact_gets_the_status_and_changes_nothing(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    before = house.row("Партнёры", "P-0001")
    house.partner(ADDRESS, "ООО «Другое имя»", PARTNER, at="2026-03-03 10:00", Сайт="evil.example", Телефон="")
    house.ok("2026-03-03 10:05")
    assert house.row("Партнёры", "P-0001") == before
    letter = house.mail("partner-status", to=ADDRESS)
    assert "Авторизован" in letter.text
    assert "Белый" in letter.text
    second = house.rows("Форма Партнёр")[1]
    assert (second["№"], second["Решение"]) == ("P-0001", "Принято")
    assert second["Ответ отправлен"] != ""
    assert not house.mails("needs-data")
    house.write("x@evil.example", "Сделка [P-0001]", "1", "2026-03-03 11:00")
    house.ok("2026-03-03 11:05")
    assert house.rows("Обращения")[0]["Состояние"] == "На рассмотрении"


def test_the_identical_row_twice(house: House) -> None:
    for _ in range(2):
        house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    assert [(row["№"], row["Решение"]) for row in house.rows("Форма Партнёр")] == [("P-0001", "Принято")] * 2
    assert sorted(letter.template for letter in house.mails()) == ["partner-authorised", "training-invitation"]


@pytest.mark.parametrize("word", ["Авторизовать", "Оставить"])
def test_a_repeat_from_an_unknown_address(house: House, word: str) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    house.partner("thief@other.example", "ООО «Один»", PARTNER, at="2026-03-02 11:00")
    house.ok("2026-03-02 11:05")
    neutral = house.mail("sender-unknown")
    assert neutral.to == "thief@other.example"
    for part in (neutral.subject, neutral.text, neutral.html):
        assert "Один" not in part
        assert PARTNER not in part
        assert "Авторизован" not in part
    row = house.row("Партнёры", "P-0001")
    assert "thief@other.example" in str(row["Замечания"])
    assert row["Контакты"] == ADDRESS
    assert house.rows("Форма Партнёр")[1]["Решение"] == "На рассмотрении"
    assert house.mail("staff-attention").to == "staff@vendor.example"
    assert not house.mails("partner-status")

    house.set_cell("Партнёры", "P-0001", "Решение сотрудника", word)
    house.ok("2026-03-02 12:00")
    row = house.row("Партнёры", "P-0001")
    assert row["Решение сотрудника"] == ""
    assert row["Замечания"] == ""
    if word == "Авторизовать":
        assert house.mail("partner-status").to == "thief@other.example"
        assert "thief@other.example" in str(row["Контакты"])
        assert house.rows("Форма Партнёр")[1]["Решение"] == "Принято"
        return
    assert not house.mails("partner-status")
    assert row["Контакты"] == ADDRESS
    assert house.rows("Форма Партнёр")[1]["Решение"] == "Отказано"


def test_strangers_form_holds_the_first_applicant_up_no_more_than_it_must(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.partner("thief@other.example", "ООО «Один»", PARTNER, at="2026-03-02 09:30")
    house.ok("2026-03-02 10:00")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert house.mail("partner-authorised").to == ADDRESS
    assert house.mail("sender-unknown").to == "thief@other.example"


def test_remarks_on_the_address(house: House) -> None:
    house.partner("firma@mail.ru", "ООО «Один»", inn(1), Сайт="one.example")
    house.partner("b@else.example", "ООО «Два»", inn(2), Сайт="https://www.two.example/about")
    house.partner("c@mail.three.example", "ООО «Три»", inn(3), Сайт="three.example")
    house.ok("2026-03-02 10:00")
    remarks = [str(row["Замечания"]) for row in house.rows("Партнёры")]
    assert all(row["Авторизация"] == "Авторизован" for row in house.rows("Партнёры"))
    assert "бесплатной почты" in remarks[0]
    assert "firma@mail.ru" in remarks[0]
    assert "не совпадает с сайтом" in remarks[1]
    assert "two.example" in remarks[1]
    assert remarks[2] == ""


@pytest.mark.parametrize("word", ["Отказать", "Деавторизовать"])
def test_staff_need_no_reason_and_the_mail_gives_none(house: House, word: str) -> None:
    if word == "Отказать":
        house.partner(ADDRESS, "ООО «Один»", "7707083890")  # undecided: needs data
    else:
        house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    cells = {"Решение сотрудника": word, "Основание": "жалоба ТАЙНОГО заказчика", "Комментарий": "СЕКРЕТ отдела"}
    house.set_cells("Партнёры", "P-0001", cells)
    house.ok("2026-03-02 11:00")
    letter = house.mail("partner-refused" if word == "Отказать" else "partner-deauthorised", to=ADDRESS)
    for part in (letter.subject, letter.text, letter.html):
        assert "Причин" not in part
        assert "ТАЙНОГО" not in part
        assert "СЕКРЕТ" not in part
    row = house.row("Партнёры", "P-0001")
    assert row["Авторизация"] == ("Отказано" if word == "Отказать" else "Деавторизован")
    assert (row["Решение сотрудника"], row["Основание"]) == ("", "жалоба ТАЙНОГО заказчика")
    form = house.row("Форма Партнёр", "P-0001")
    if word == "Отказать":
        assert (form["Решение"], form["Причина"]) == ("Отказано", "")
    words = [entry for entry in house.explain("P-0001")["staff"] if entry["column"] == "staff_decision"]
    assert words[0]["new"] == word
    assert any(word in str(row["Подробности"]) for row in house.rows("Журнал"))


def test_an_impossible_word_is_answered_in_the_row(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    house.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Отказать")
    house.ok("2026-03-02 11:00")
    row = house.row("Партнёры", "P-0001")
    assert row["Авторизация"] == "Авторизован"
    assert "Отказать" in str(row["Замечания"])
    assert "решение уже принято" in str(row["Замечания"])


@pytest.mark.parametrize("sender", [ADDRESS, "new@stranger.example"])
def test_once_deauthorised_it_goes_to_staff(house: House, sender: str) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    house.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Деавторизовать")
    house.ok("2026-03-02 11:00")
    house.partner(sender, "ООО «Один и Ко»", PARTNER, at="2026-03-03 10:00")
    house.ok("2026-03-03 10:05")
    assert len(house.rows("Партнёры")) == 1
    row = house.row("Партнёры", "P-0001")
    assert row["Авторизация"] == "На рассмотрении"
    assert "ранее отказывали" in str(row["Замечания"])
    received = house.mail("case-received")
    assert received.to == ADDRESS
    if sender == ADDRESS:
        assert not house.mails("sender-unknown")
    else:  # whoever typed a partner's INN is no contact of it before staff say so
        assert house.mail("sender-unknown").to == sender
        assert (row["Партнёр"], row["Контакты"]) == ("ООО «Один»", ADDRESS)
        house.deal("2026-03-03 11:00", sender, PARTNER, "Клиент", CLIENT)
        house.ok("2026-03-03 11:05")
        assert not house.mails(to=sender, number="D-2026-0001") or house.mails("sender-unknown", to=sender)
        assert not house.mails("case-received", to=sender)
    house.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Авторизовать")
    house.ok("2026-03-03 12:00")
    row = house.row("Партнёры", "P-0001")
    assert row["Авторизация"] == "Авторизован"
    assert row["Партнёр"] == "ООО «Один и Ко»"
    assert len(house.mails("partner-authorised", to=sender)) == (2 if sender == ADDRESS else 1)
    assert sender in str(row["Контакты"])
    assert house.rows("Форма Партнёр")[1]["Решение"] == "Принято"


def test_once_refused_it_goes_to_staff(house: House) -> None:
    incomplete(house, ИНН=PARTNER)
    house.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Отказать")
    house.ok("2026-03-02 11:00")
    house.partner(ADDRESS, "ООО «Один»", PARTNER, at="2026-03-03 10:00")
    house.ok("2026-03-03 10:05")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "На рассмотрении"
    assert [row["Решение"] for row in house.rows("Форма Партнёр")] == ["Отказано", "На рассмотрении"]
    assert "«Понижение партнёрского статуса или отказ в авторизации»" in {
        f"«{test['section']}»" for test in house.explain("P-0001")["tests"] if test["result"] == "staff"
    }


def test_the_edition_may_leave_every_approval_to_staff(house: House, tmp_path: Path) -> None:
    edition = tmp_path / "programme" / "2026-02-01"
    shutil.copytree(ROOT / "programme" / "2024-01-01", edition)
    for name, old, new in (
        ("edition.toml", "effective_from = 2024-01-01", "effective_from = 2026-02-01"),
        ("authorisation.toml", 'approve = "auto"', 'approve = "staff"'),
    ):
        text = (edition / name).read_text(encoding="utf-8")
        assert old in text
        (edition / name).write_text(text.replace(old, new), encoding="utf-8")
    house.configure("editions = []", f'editions = ["{edition.parent}"]')
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.partner("old@two.example", "ООО «Два»", inn(2), at="2026-01-30 12:00")
    house.ok("2026-03-02 10:00")
    first, second = house.row("Партнёры", "P-0001"), house.row("Партнёры", "P-0002")
    assert (first["Партнёр"], first["Авторизация"]) == ("ООО «Два»", "Авторизован")  # submitted under the edition before
    assert second["Авторизация"] == "На рассмотрении"
    received = house.mail("case-received", to=ADDRESS)
    assert "сотрудник" in received.text
    assert "3 марта 2026" in received.text.replace("\u00a0", " ")
    assert house.row("Форма Партнёр", "P-0002")["Решение"] == "На рассмотрении"
    assert house.explain("P-0002")["edition"] == "2026-02-01"

    house.ok("2026-03-02 18:00")  # half of the working time is over
    assert "Прошла половина срока" in house.mail("staff-attention").text
    house.ok("2026-03-03 18:01")
    waiting = house.mail("case-waiting", to=ADDRESS)
    assert "Ждём решения сотрудника" in waiting.text
    assert house.status()["missed"] == [{"id": "P-0002", "due": "2026-03-03T18:00:00+03:00"}]
    house.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Авторизовать")
    house.ok("2026-03-04 09:00")
    assert house.row("Партнёры", "P-0002")["Авторизация"] == "Авторизован"
    assert house.mails("partner-authorised", to=ADDRESS)
    assert house.status()["missed"] == []


def test_hostile_answers_stay_text(house: House) -> None:
    name = '=HYPERLINK("http://evil";"ООО") <b>Жирный</b>\r\nBcc: x@evil.example {{ 7*7 }} {% raw %}'
    house.partner(ADDRESS, name, PARTNER)
    house.ok("2026-03-02 10:00")
    letter = house.mail("partner-authorised")
    assert "<b>Жирный" not in letter.html
    assert "49" not in letter.text
    assert "\nBcc" not in letter.text
    assert "Bcc" not in letter.headers
    assert str(house.row("Партнёры", "P-0001")["Партнёр"]).startswith(("=HYPERLINK", "'=HYPERLINK"))
