"""The shortest stories: each edge of the system once, from a form row to a decision in the sheet and a letter in the mailbox."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import openpyxl

from tests.scenarios.house import House, inn

PARTNER, RIVAL, CLIENT = inn(1), inn(2), inn(100)
ADDRESS, OTHER = "a@one.example", "b@two.example"


def _contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_complete_application_is_authorised_at_once(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    row = house.row("Партнёры", "P-0001")
    assert (row["Авторизация"], row["Статус"], row["Скидка %"]) == ("Авторизован", "Белый", 10)
    form = house.row("Форма Партнёр", "P-0001")
    assert form["Решение"] == "Принято"
    assert form["Ответ отправлен"] != ""
    assert house.mail("partner-authorised").to == ADDRESS
    assert house.mail("partner-authorised").subject.endswith("[P-0001]")


def test_a_deal_is_registered_with_an_offer(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")
    letter = house.mail("deal-registered")
    assert letter.pdf().startswith(b"%PDF")
    assert "1 " in letter.text
    assert "в работе" in letter.text
    assert "partners+" in letter.token_address
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"


def test_what_is_missing_is_asked_for_and_completed_by_a_reply(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", "", **{"Количество лицензий": "много"})
    house.ok("2026-03-02 10:00")
    assert house.row("Форма Сделка", "D-2026-0001")["Решение"] == "Нужны данные"
    house.reply(house.mail("needs-data"), f"ИНН заказчика: {CLIENT}\nКоличество лицензий: 15\n", "2026-03-03 12:00")
    house.ok("2026-03-03 12:05")
    row = house.row("Сделки", "D-2026-0001")
    assert (row["Состояние"], row["Лицензий"], row["ИНН заказчика"]) == ("Зарегистрирована", 15, CLIENT)
    assert house.row("Форма Сделка", "D-2026-0001")["Решение"] == "Принято"


def test_a_number_from_the_list_is_a_report(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")
    house.reply(house.mail("deal-registered"), "2\n\n> 1 – в работе", "2026-03-06 12:00")
    house.ok("2026-03-06 12:05")
    row = house.row("Сделки", "D-2026-0001")
    assert row["Статус продажи"] == "переговоры"
    assert row["Обновить до"].date().isoformat() == "2026-03-20"


def test_staff_approve_in_the_sheet(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal(
        "2026-03-02 09:30",
        ADDRESS,
        PARTNER,
        "Клиент",
        CLIENT,
        **{"Тип сделки": "Конкурентный переход", "Скриншот лицензии": "скан.png", "Финансовый документ": "акт.pdf"},
    )
    house.ok("2026-03-02 10:00")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "На рассмотрении"
    house.set_cell("Сделки", "D-2026-0001", "Решение сотрудника", "Одобрить")
    house.ok("2026-03-02 11:00")
    row = house.row("Сделки", "D-2026-0001")
    assert (row["Состояние"], row["Скидка %"], row["Решение сотрудника"]) == ("Зарегистрирована", 30, "")
    assert house.explain("D-2026-0001")["staff"][0]["new"] == "Одобрить"


def test_nothing_is_done_twice(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.deal("2026-03-02 09:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.ok("2026-03-02 10:00")
    before = _contents(house.root / "mail"), house.book.read_bytes()
    house.ok("2026-03-02 10:00")
    house.ok("2026-03-02 10:30")
    assert (_contents(house.root / "mail"), house.book.read_bytes()) == before
    assert house.status()["undelivered"] == 0


def test_a_rehearsal_shows_and_touches_nothing(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    house.deal("2026-03-02 10:30", ADDRESS, PARTNER, "Клиент", CLIENT)
    house.write("someone@else.example", "Вопрос", "Как стать партнёром?", "2026-03-02 10:40")
    before = _contents(house.root)
    done = house.once("2026-03-02 11:00", "--dry-run")
    assert done.code == 0
    assert "deal-registered" in done.out
    assert "Зарегистрирована" in done.out
    assert _contents(house.root) == before
    house.ok("2026-03-02 11:00")
    assert house.mail("deal-registered", number="D-2026-0001")


def test_a_book_that_is_open_elsewhere_is_not_written(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    lock = house.root / ".~lock.partners.xlsx#"
    lock.write_text(",someone,pc,02.03.2026 10:00,", encoding="utf-8")
    before = house.book.read_bytes()
    done = house.once("2026-03-02 10:00")
    assert done.code == 1
    assert "open elsewhere" in done.err
    assert house.book.read_bytes() == before
    assert house.mail("partner-authorised").to == ADDRESS
    assert not house.mails("staff-attention")
    assert house.once("2026-03-02 10:31").code == 1
    assert house.once("2026-03-02 10:36").code == 1
    assert len(house.mails("staff-attention")) == 1
    lock.unlink()
    house.ok("2026-03-02 10:40")
    assert house.row("Форма Партнёр", "P-0001")["Решение"] == "Принято"


def test_a_missing_form_tab_stops_that_tab_alone(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    book = openpyxl.load_workbook(house.book)
    del book["Форма Сделка"]
    del book["Обращения"]
    book.save(house.book)
    assert house.run("doctor").code == 1
    done = house.once("2026-03-02 10:00")
    assert done.code == 1
    assert "Форма Сделка" in done.err
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert house.rows("Обращения") == []


def test_a_command_of_its_own_process(tmp_path: Path) -> None:
    house = House(tmp_path / "home", process=True)
    house.init()
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    assert house.ok("2026-03-02 10:00").out
    assert house.run("explain", "P-0001").out.startswith("P-0001")
    assert house.run("explain", "P-0002").code == 2
    assert house.run("onse").err.strip().endswith("did you mean 'once'?")
    assert house.run("doctor").code == 0


def test_a_lost_workbook_comes_back(house: House) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    os.replace(house.book, house.root / "away.xlsx")
    house.once("2026-03-02 10:10")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"


def test_a_copy_of_the_home_goes_on_elsewhere(house: House, tmp_path: Path) -> None:
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.ok("2026-03-02 10:00")
    shutil.copytree(house.root, tmp_path / "copy")
    twin = House(tmp_path / "copy")
    twin.ok("2026-03-02 11:00")
    assert len(twin.mails()) == len(house.mails())
