"""What strangers, rivals and clever fields try, at the edges of the house; the table is in docs/security.md."""

from __future__ import annotations

import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from tests.scenarios.house import House, inn

ONE, TWO, EVIL = "a@one.example", "b@two.example", "thief@evil.example"


def _two_partners(house: House) -> None:
    house.partner(ONE, "ООО «Первопроходец»", inn(1))
    house.partner(TWO, "ООО «Соперник»", inn(2))
    house.ok("2026-03-02 10:00")


def _registered(house: House) -> None:
    _two_partners(house)
    house.deal("2026-03-02 10:10", ONE, inn(1), "ООО «Клиент»", inn(100))
    house.ok("2026-03-02 10:20")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"


def test_a_rival_is_not_told_who_holds_a_customer(house: House) -> None:
    _registered(house)
    house.deal("2026-03-02 10:30", TWO, inn(2), "ООО «Клиент»", inn(100))
    house.write(TWO, "статус D-2026-0001", "статус", "2026-03-02 10:31")
    house.write(EVIL, "D-2026-0001", "Кто ведёт заказчика ООО «Клиент»?", "2026-03-02 10:32")
    for at in ("2026-03-02 10:40", "2026-03-04 17:00", "2026-03-06 17:00"):
        house.once(at)
    told = [sent for sent in house.mails() if sent.to in (TWO, EVIL)]
    assert any(sent.number == "D-2026-0002" for sent in told)
    for sent in told:
        for part in (sent.text, sent.html, sent.subject, *sent.headers.values()):
            for secret in ("Первопроходец", inn(1), "one.example"):
                assert secret not in part, (sent.template, secret)
    assert all(sent.number != "D-2026-0001" for sent in told)


def test_a_forged_sender_changes_nothing(house: House) -> None:
    _registered(house)
    for auth in ("", "mx.evil.example; dkim=pass header.d=one.example"):
        headers = {"Authentication_Results": auth} if auth else {}
        house.write(ONE, "Re: [D-2026-0001]", "9", "2026-03-02 11:00", **headers)
    house.ok("2026-03-02 11:10")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"
    assert house.row("Сделки", "D-2026-0001")["Статус продажи"] == ""
    assert len(house.rows("Обращения")) >= 1


def test_a_stolen_token_is_worth_nothing_in_other_hands(house: House) -> None:
    _registered(house)
    stolen = house.mail("deal-registered")
    house.reply(stolen, "9", "2026-03-02 11:00", sender=EVIL)
    house.reply(stolen, "6", "2026-03-02 11:01", sender=TWO)
    house.ok("2026-03-02 11:10")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"
    house.reply(stolen, "9", "2026-03-02 11:20")
    house.ok("2026-03-02 11:30")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Отозвана"


def test_formulas_links_and_templates_in_fields_stay_text(house: House) -> None:
    _two_partners(house)
    formula = '=HYPERLINK("http://evil.example/x","Клиент")'
    template = "{{ 7 * 7 }}{% raw %}<b>{{ config }}</b>"
    house.deal("2026-03-02 10:10", ONE, inn(1), formula, inn(100), Комментарий=template)
    house.deal("2026-03-02 10:11", ONE, inn(1), template, inn(101))
    house.ok("2026-03-02 10:20")
    sheet = openpyxl.load_workbook(house.book)["Сделки"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert formula in {cell.value for cell in cells}
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    with zipfile.ZipFile(house.book) as book:
        assert not [name for name in book.namelist() if b"<f>" in book.read(name) and b"evil" in book.read(name)]
    letters = [sent for sent in house.mails() if sent.number.startswith("D-")]
    assert len(letters) == 2
    for sent in letters:
        assert 'href="http://evil' not in sent.html
        assert "<b>{{" not in sent.html
        assert "49" not in sent.text.replace("2049", "")
    assert any("{{ 7 * 7 }}" in sent.text for sent in letters)


def test_no_letter_carries_a_link_that_somebody_typed(house: House) -> None:
    """A form sends our letters to whatever address is typed: nobody must be able to advertise in them."""
    bait = "Вы выиграли, заберите http://evil.example/win и www.evil.example, evil.example/win"
    house.partner("victim@elsewhere.example", bait, inn(1), **{"Контактное лицо": bait, "Регион": bait})
    house.deal("2026-03-02 09:10", "victim2@elsewhere.example", inn(5), bait, inn(100))
    house.add_form("Форма Запрос", "2026-03-02 09:20", "victim3@elsewhere.example", Тема="Вопрос", Текст=bait)
    house.write("victim4@elsewhere.example", bait, bait, "2026-03-02 09:30")
    house.ok("2026-03-02 10:00")
    house.ok("2026-03-04 17:00")  # staff are warned of what waits
    told = {sent.to for sent in house.mails()}
    assert told >= {"staff@vendor.example", *(f"victim{n}@elsewhere.example" for n in ("", 2, 3, 4))}
    for sent in house.mails():
        for part in (sent.subject, sent.text, sent.html):
            assert "evil.example" not in part, (sent.template, part)
    assert "[ссылка]" in house.mail("deal-refused").text
    assert house.row("Партнёры", "P-0001")["Партнёр"] == bait


def test_a_field_cannot_write_headers(house: House) -> None:
    name = "ООО «Один»\r\nBcc: thief@evil.example\r\n\r\nПривет"
    house.partner(ONE, name, inn(1), **{"Контактное лицо": "Мария\nX-Evil: 1"})
    house.ok("2026-03-02 10:00")
    house.deal("2026-03-02 10:10", ONE, inn(1), "Клиент\r\nBcc: thief@evil.example", inn(100))
    house.ok("2026-03-02 10:20")
    assert house.mails()
    for path in (house.root / "mail/sent/new").iterdir():
        message = message_from_bytes(path.read_bytes())
        assert message["Bcc"] is None
        assert message["X-Evil"] is None
        assert EVIL not in str(message["To"])


def test_names_of_attachments_are_no_paths(house: House) -> None:
    _registered(house)
    outside = house.root.parent / "evil.sh"
    message = EmailMessage()
    registered = house.mail("deal-registered")
    message["From"], message["To"], message["Subject"] = ONE, registered.token_address, f"Re: {registered.subject}"
    message["In-Reply-To"] = registered.message_id
    message.set_content("файлы")
    for name in ("../../evil.sh", str(outside), "..\\..\\evil.sh", "a\x00b/../evil.sh", ".bashrc"):
        message.add_attachment(b"#!/bin/sh", maintype="application", subtype="octet-stream", filename=name.replace("\x00", "%00"))
    house.deliver(message.as_bytes(), "2026-03-02 11:00")
    house.ok("2026-03-02 11:10")
    kept = [path for path in (house.root / "attachments").rglob("*") if path.is_file()]
    assert kept
    assert not outside.exists()
    assert not [path for path in kept if "evil" in path.name or path.name.startswith(".") or path.stat().st_mode & 0o111]
    assert not list(Path(house.root).glob("*evil*"))


def test_answers_to_one_sender_are_limited(house: House) -> None:
    house.configure("answers_per_sender_a_day = 30", "answers_per_sender_a_day = 3")
    _two_partners(house)
    for n in range(12):
        house.write(EVIL, f"Вопрос {n}", f"Вопрос номер {n}?", f"2026-03-02 11:{10 + n}")
    house.ok("2026-03-02 12:00")
    assert len(house.mails(to=EVIL)) <= 3
    house.write(EVIL, "Завтра", "А завтра?", "2026-03-03 13:00")
    house.once("2026-03-03 13:10")
    assert len(house.mails(to=EVIL)) <= 4


def test_a_form_does_not_flood_the_address_that_is_typed_into_it(house: House) -> None:
    house.configure("answers_per_sender_a_day = 30", "answers_per_sender_a_day = 3")
    _two_partners(house)
    for n in range(9):
        address = "victim@elsewhere.example" if n % 2 else f"victim+{n}@elsewhere.example"
        house.deal(f"2026-03-02 11:{10 + n}", address, inn(50 + n), "ООО «Клиент»", inn(100 + n))
        house.add_form("Форма Пилот", f"2026-03-02 11:{20 + n}", address, **{"ИНН партнёра": inn(50), "Заказчик": f"Клиент {n}"})
        house.deal(f"2026-03-02 11:{10 + n}", ONE, inn(1), f"Клиент {n}", inn(300 + n))
    house.ok("2026-03-02 12:00")
    flooded = [sent for sent in house.mails() if sent.to.startswith("victim")]
    assert len(flooded) <= 2 * 3  # the mailbox as such, and whatever stands behind its plus
    assert len(house.mails("deal-registered", to=ONE)) == 9  # a partner is not to suffer from it
    held = [row for row in house.rows("Сделки") if "victim" in str(row["Замечания"])]
    assert held
    assert all(row["Состояние"] == "Отказано" for row in held)
    house.deal("2026-03-03 13:00", "victim@elsewhere.example", inn(70), "ООО «Клиент»", inn(200))
    house.ok("2026-03-03 13:10")
    assert len([sent for sent in house.mails() if sent.to.startswith("victim")]) == len(flooded) + 1


def test_answers_to_one_mailbox_are_limited_whatever_stands_behind_its_plus(house: House) -> None:
    house.configure("answers_per_sender_a_day = 30", "answers_per_sender_a_day = 3")
    for n in range(12):
        house.write(f"victim+{n}@elsewhere.example", f"Вопрос {n}", "Когда?", f"2026-03-02 11:{10 + n}")
    house.write("victim+1@other.example", "Вопрос", "Когда?", "2026-03-02 11:30")
    house.ok("2026-03-02 12:00")
    assert len(house.rows("Обращения")) == 13
    assert len(house.mails("question-received")) == 3 + 1


def test_an_address_that_applies_with_many_inns_is_told_in_measure_and_in_the_end(house: House) -> None:
    """Whoever types it may know any number of firms' INNs; each is authorised, and each applicant may be a true one."""
    house.configure("answers_per_sender_a_day = 30", "answers_per_sender_a_day = 3")
    victim = "victim@elsewhere.example"
    for n in range(5):
        house.partner(victim, f"ООО «Фирма {n}»", inn(50 + n))
    house.ok("2026-03-02 12:00")
    rows = house.rows("Партнёры")
    assert [row["Авторизация"] for row in rows] == ["Авторизован"] * 5
    assert len(house.mails(to=victim)) == 3
    assert any("Письмо уйдёт 03.03.2026" in str(row["Замечания"]) for row in rows)
    house.deal("2026-03-02 12:10", victim, inn(50), "ООО «Клиент»", inn(100))
    house.ok("2026-03-02 12:20")
    assert house.mail("deal-registered").to == victim  # a partner's deal waits for no measure
    sent = []
    for at in ("3 08:50", "3 09:10", "4 09:10", "5 09:10"):
        house.ok(f"2026-03-0{at}")
        sent.append(len(house.mails(to=victim)))
    assert sent == [4, 7, 10, 11]
    assert len({letter.number for letter in house.mails("partner-authorised", to=victim)}) == 5


def test_who_was_authorised_before_applies_for_other_firms_in_measure_too(house: House) -> None:
    house.configure("answers_per_sender_a_day = 30", "answers_per_sender_a_day = 3")
    house.partner(ONE, "ООО «Первопроходец»", inn(1))
    house.ok("2026-03-02 10:00")
    for n in range(6):
        house.partner(ONE, f"ООО «Фирма {n}»", inn(50 + n), "2026-03-03 09:30")
    house.ok("2026-03-03 10:00")
    assert len([sent for sent in house.mails(to=ONE) if sent.at.day == 3]) == 3


def _flood(house: House, rows: int) -> None:
    """Forms of every kind that name a partner, each from another address that nobody vouched for."""
    for n in range(rows):
        at = f"2026-03-02 11:{10 + n}"
        customer = {
            "Заказчик": f"Клиент {n}",
            "ИНН заказчика": inn(200 + n),
            "Продукты": "Стахановец Про",
            "Количество лицензий": 1,
        }
        house.deal(at, f"deal{n}@victim{n}.example", inn(1), f"Клиент {n}", inn(100 + n))
        house.add_form(
            "Форма Заказ", at, f"order{n}@victim{n}.example", **{"ИНН партнёра": inn(1), "№ сделки": "D-2026-0001"}, **customer
        )
        house.add_form("Форма Пилот", at, f"pilot{n}@victim{n}.example", **{"ИНН партнёра": inn(1)}, **customer)
        house.partner(f"apply{n}@victim{n}.example", f"ООО «Чужой {n}»", inn(1), at)
        for topic in ("Вопрос", "NFR-лицензия", "Обучение"):
            address = f"ask{n}.{len(topic)}@victim{n}.example"
            house.add_form("Форма Запрос", at, address, **{"ИНН партнёра": inn(1), "Тема": topic, "Текст": f"Вопрос {n}"})
        house.add_form(
            "Форма Актуализация", at, f"news{n}@victim{n}.example", **{"№ сделки": "D-2026-0001", "Статус продажи": "тендер"}
        )


def test_forms_in_a_partners_name_flood_neither_it_nor_strangers_nor_staff(house: House) -> None:
    """An INN is public: whoever types it, each time with another address, must not have us write without end."""
    house.configure("unvouched_per_partner_a_day = 10", "unvouched_per_partner_a_day = 3")
    _registered(house)
    before = len(house.mails())
    _flood(house, 12)
    house.deal("2026-03-02 11:30", ONE, inn(1), "ООО «Свой»", inn(300))
    house.ok("2026-03-02 12:00")
    new = house.mails()[before:]
    assert sum(sent.to.endswith(".example") and "victim" in sent.to for sent in new) == 3
    assert len([sent for sent in new if sent.to == ONE]) == 3 + 1
    assert house.mails("deal-registered", to=ONE)[-1].text.count("Свой")
    staff = [sent for sent in new if sent.to == "staff@vendor.example"]
    assert sorted("Много заявок с неизвестных адресов" in sent.subject for sent in staff) == [False, True]
    for tab in ("Сделки", "Заказы", "Пилоты", "NFR", "Обращения"):
        rows = [row for row in house.rows(tab) if row["Состояние"] not in ("Зарегистрирована", "Закрыто")]
        assert len(rows) >= 12, tab
        assert any("предельное число писем" in row["Замечания"] for row in rows), tab
    deals = [row for row in house.rows("Сделки") if row["Состояние"] == "На рассмотрении"]
    assert sum("Партнёру не сообщили" in row["Замечания"] for row in deals) >= 12 - 3
    assert "Партнёру не сообщили" not in house.row("Партнёры", "P-0001")["Замечания"]


@pytest.mark.slow
def test_what_a_flood_left_open_is_not_told_of_case_by_case_either(house: House) -> None:
    """Each row has a deadline of its own: warnings, and interim answers, would be as many."""
    house.configure("unvouched_per_partner_a_day = 10", "unvouched_per_partner_a_day = 3")
    _two_partners(house)
    for n in range(12):
        house.deal(f"2026-03-02 1{n // 6}:{n % 6}1", f"v{n}@victim{n}.example", inn(1), f"Клиент {n}", inn(100 + n))
    house.deal("2026-03-02 12:00", "v@new.example", inn(2), "ООО «Другой»", inn(300))  # another partner's is told as ever
    house.ok("2026-03-02 12:30")
    before = len(house.mails())
    for hour in range(9, 18):
        house.once(f"2026-03-04 {hour:02}:05")
    for hour in range(9, 18):
        house.once(f"2026-03-05 {hour:02}:05")
    new = house.mails()[before:]
    assert len([sent for sent in new if sent.to == ONE]) == 3  # interim answers
    told = [sent for sent in new if sent.to == "staff@vendor.example"]
    assert len(told) <= 3 * 3 + 3 + 1
    assert all("v9@" not in sent.text for sent in told)
    assert any("ООО «Другой»" in sent.text or "D-2026-0013" in sent.text for sent in told)
    assert house.mails("deal-waiting", to=TWO)


def test_staffs_yes_to_a_case_out_of_a_flood_is_told_to_the_partner(house: House) -> None:
    house.configure("unvouched_per_partner_a_day = 10", "unvouched_per_partner_a_day = 1")
    _two_partners(house)
    for n in range(4):
        house.deal(f"2026-03-02 11:{10 + n}", f"v{n}@victim{n}.example", inn(1), f"Клиент {n}", inn(100 + n))
    house.ok("2026-03-02 12:00")
    assert "Партнёру не сообщили" in house.row("Сделки", "D-2026-0003")["Замечания"]
    house.set_cell("Сделки", "D-2026-0003", "Решение сотрудника", "Одобрить")
    house.set_cells("Сделки", "D-2026-0004", {"Решение сотрудника": "Отказать", "Код отказа": 5})
    house.ok("2026-03-02 12:10")
    assert house.mail("deal-registered", to=ONE).number == "D-2026-0003"
    assert "Партнёру не сообщили" not in house.row("Сделки", "D-2026-0003")["Замечания"]
    assert house.mails("deal-refused") == []
    assert house.row("Сделки", "D-2026-0004")["Состояние"] == "Отказано"
    house.set_cells("Сделки", "D-2026-0002", {"Решение сотрудника": "Отказать", "Код отказа": 5})
    house.ok("2026-03-03 10:00")  # the next day has room
    assert house.mail("deal-refused").to == ONE


def test_letters_about_a_partners_case_from_many_unknown_addresses_are_answered_in_measure(house: House) -> None:
    house.configure("unvouched_per_partner_a_day = 10", "unvouched_per_partner_a_day = 3")
    _registered(house)
    for n in range(9):
        house.write(f"v{n}@victim{n}.example", "Вопрос [D-2026-0001]", f"Вопрос номер {n}?", f"2026-03-02 11:1{n}")
    house.ok("2026-03-02 12:00")
    assert len(house.mails("question-received")) == 3
    assert len(house.rows("Обращения")) >= 9
