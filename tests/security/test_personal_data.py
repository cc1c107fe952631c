"""152-FZ: a person's data are told whole, erased for good, and the books still balance."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

from mailer.mailbox.outbox import Refused
from tests.postgres import Server
from tests.scenarios.house import House, inn

MARIA, PHONE = "Иванова Мария Петровна", "+7 495 123-45-67"
WHO = "maria@one.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def story(request: pytest.FixtureRequest, house: House) -> Iterator[House]:
    """Maria applied for her firm, registered a deal and wrote letters; another partner has one of its own."""
    server: Server | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        url = server.database(request.getfixturevalue("postgres_ledger"))
        house.configure('url = "sqlite:///ledger.db"', f'url = "{url}"')
    house.partner(WHO, "ООО «Один»", inn(1), Сайт="")
    house.partner("b@two.example", "ООО «Два»", inn(2), **{"Контактное лицо": "Петров Пётр", "Телефон": "+7 812 765-43-21"})
    house.deal("2026-03-02 09:30", WHO, inn(1), "ООО «Клиент»", inn(100), Комментарий=f"звоните {MARIA}")
    house.deal("2026-03-02 09:40", "b@two.example", inn(2), "ООО «Второй»", inn(101), **{"Контакт заказчика": f"Ольга\n{WHO}"})
    house.ok("2026-03-02 10:00")
    registered = house.mail("deal-registered", to=WHO)
    house.reply(registered, f"У нас вопрос? {MARIA}", "2026-03-02 10:30", None, **{"doc.pdf": b"%PDF-1.4 secret"})
    house.ok("2026-03-02 11:00")
    yield house
    if server:
        server.drop(url)


def _texts(house: House) -> str:
    """Every text of the ledger, whichever database it is in."""
    backup = house.root.parent / f"all-{len(list(house.root.parent.iterdir()))}.db"
    assert house.run("backup", str(backup)).code == 0
    with closing(sqlite3.connect(backup)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(
            "" if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            for table in tables
            if table not in ("base_rows", "staff_tabs")  # what the sheet shows: brought up to date with it
            for row in connection.execute(f"SELECT * FROM {table}")
            for value in row
        )


def test_all_is_told_and_nothing_of_others(story: House) -> None:
    done = story.run("export", "--person", "Maria@One.Example")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["contact_of"] == ["P-0001"]
    (partner,) = [case for case in found["cases"] if case["kind"] == "partner"]
    assert (partner["contact"], partner["consent_at"][:10]) == (MARIA, "2026-03-02")
    assert partner["consent_form"].startswith("Согласие на обработку персональных данных · sha256:")
    assert {one["source"] for one in found["submissions"]} == {"form:partner", "form:deal", "mail"}
    assert {"partner-authorised", "deal-registered"} <= {letter["template"] for letter in found["letters"]}
    (named,) = found["named_by_others"]
    assert (named["number"], named["lines"]) == ("D-2026-0002", [WHO])
    assert "two.example" not in done.out
    assert "Ольга" not in done.out
    assert json.loads(story.run("export", "--person", "nobody@nowhere.example").out)["submissions"] == []


def test_a_person_is_forgotten_and_the_statistics_stay(story: House) -> None:
    before = story.status("2026-03-02 11:00")
    refused = story.run("forget", "--person", WHO)
    assert (refused.code, "D-2026-0001" in refused.err) == (1, True), refused
    assert WHO in _texts(story)

    done = story.run("forget", "--person", WHO, "--force", "--json", "--now", "2026-03-02T12:00+03:00")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["erased"]["submissions"] >= 3
    for number in ("D-2026-0001", "D-2026-0002"):
        assert any("Форма Сделка" in place and number in place for place in told["by_hand"])
    texts = _texts(story)
    for trace in (WHO, MARIA, PHONE, "+74951234567", "doc.pdf"):
        assert trace not in texts, trace
    assert "b@two.example" in texts
    assert "Петров Пётр" in texts
    assert not [path for path in (story.root / "attachments").rglob("*") if path.is_file()]

    story.ok("2026-03-02 13:00")
    assert story.status("2026-03-02 13:00")["open"] == before["open"]
    partner = story.row("Партнёры", "P-0001")
    assert (partner["Партнёр"], partner["Авторизация"], partner["Контакты"]) == ("ООО «Один»", "Авторизован", "")
    assert story.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"
    (line,) = [row for row in story.rows("Журнал") if row["Событие"] == "Персональные данные уничтожены"]
    assert WHO not in str(line["Подробности"])
    assert sha256(WHO.encode()).hexdigest()[:16] not in str(line["Подробности"]), "nobody who guesses the address is told"
    assert json.loads(story.run("export", "--person", WHO).out)["destroyed_at"] == ["2026-03-02T09:00:00+00:00"]
    assert json.loads(story.run("export", "--person", "b@two.example").out)["destroyed_at"] == []
    again = story.run("forget", "--person", WHO)
    assert (again.code, "nothing is kept" in again.out) == (0, True)
    assert json.loads(story.run("export", "--person", WHO).out)["letters"] == []


def test_a_person_named_in_a_lead_is_forgotten_there_too(house: House) -> None:
    house.add("Лиды", Лид="ООО «Маяк»", Контакт=f"Ольга, {WHO}")
    house.ok("2026-03-02 10:00")
    assert WHO in _texts(house)
    assert house.run("forget", "--person", WHO, "--now", "2026-03-02T12:00+03:00").code == 0
    assert WHO not in _texts(house)
    house.ok("2026-03-02 13:00")
    assert house.row("Лиды", "L-2026-0001")["Лид"] == "ООО «Маяк»"


def test_a_persons_own_words_are_forgotten_in_their_cases_too(house: House) -> None:
    """Not only where they came in: the question's row in the sheet, and the letter that acknowledged it."""
    house.partner(WHO, "ООО «Один»", inn(1), Сайт="", Комментарий="второй телефон 8 903 765-43-21")
    house.partner("b@two.example", "ООО «Два»", inn(2), **{"Контактное лицо": "Петров Пётр", "Телефон": "+7 812 765-43-21"})
    house.ok("2026-03-02 10:00")
    words = {"ИНН партнёра": inn(1), "Тема": "Вопрос", "Текст": "Перезвоните Маше на 8 903 765-43-21"}
    house.add_form("Форма Запрос", "2026-03-02 10:05", WHO, **words)
    house.write(WHO, "Маша просит счёт", "Ваша Маша, 8 903 765-43-21", "2026-03-02 10:06")
    house.ok("2026-03-02 10:10")
    assert "Маше" in str(house.rows("Обращения"))
    assert house.run("forget", "--person", WHO, "--force", "--now", "2026-03-02T12:00+03:00").code == 0
    texts = _texts(house)
    for trace in ("Маше на", "Ваша Маша", "903 765"):
        assert trace not in texts, trace
    house.ok("2026-03-02 13:00")
    questions = [row for row in house.rows("Обращения") if row["Тема"] == "Вопрос"]
    assert [row["Текст"] for row in questions] == ["[удалено]", "[удалено]"]


@pytest.mark.parametrize("spelled", ["84951234567", "+7 (495) 123–45–67", "(495)1234567", "тел.:8-495-123.45.67, днём"])
def test_a_phone_number_is_known_in_any_spelling(house: House, spelled: str) -> None:
    """A colleague's form names it otherwise than the person's own; figures that only look like it stay."""
    house.partner(WHO, "ООО «Один»", inn(1), Сайт="")
    house.partner("b@two.example", "ООО «Два»", inn(2), **{"Контактное лицо": "Петров Пётр", "Телефон": "+7 812 765-43-21"})
    house.deal("2026-03-02 09:40", "b@two.example", inn(2), "ООО «Второй»", inn(101), Комментарий=f"{spelled} или 949512345678")
    house.ok("2026-03-02 10:00")
    assert house.run("forget", "--person", WHO, "--force", "--now", "2026-03-02T12:00+03:00").code == 0
    texts = _texts(house)
    assert spelled not in texts
    assert "949512345678" in texts


def test_cells_of_staff_that_name_the_person_are_told(house: House) -> None:
    """The system does not write them, so they are people's to erase; a contact left there would speak again when it is edited."""
    house.partner(WHO, "ООО «Один»", inn(1), Сайт="")
    house.partner("b@two.example", "ООО «Два»", inn(2), **{"Контактное лицо": "Петров Пётр"})
    house.add("Лиды", Лид="ООО «Маяк»", Контакт=f"Ольга, {WHO}")
    house.ok("2026-03-02 10:00")
    notes = {"Дополнительные контакты": WHO, "Комментарий": f"её знает {MARIA}"}
    house.set_cells("Партнёры", "P-0002", notes)
    house.ok("2026-03-02 10:05")
    found = json.loads(house.run("export", "--person", WHO).out)
    assert {(one["tab"], one["number"]) for one in found["sheet"]} >= {("Партнёры", "P-0002"), ("Лиды", "L-2026-0001")}
    done = house.run("forget", "--person", WHO, "--force", "--json", "--now", "2026-03-02T12:00+03:00")
    by_hand = json.loads(done.out)["by_hand"]
    for column, tab, number in (
        ("Дополнительные контакты", "Партнёры", "P-0002"),
        ("Комментарий", "Партнёры", "P-0002"),
        ("Контакт", "Лиды", "L-2026-0001"),
    ):
        assert f"«{tab}»: «{column}» in the row {number}" in by_hand
    assert not any("«Контакты»" in place for place in by_hand), "that one is the system's: it is written anew"


def test_an_address_is_found_on_a_line_of_its_own_and_in_national_letters(house: House) -> None:
    house.partner("b@two.example", "ООО «Два»", inn(2))
    notes = {"Комментарий": 'Звонить:\nМария «Маша» "М." Иванова\nмария@фирма.рф', "Контакт заказчика": "\tмария@фирма.рф"}
    house.deal("2026-03-02 09:40", "b@two.example", inn(2), "ООО «Второй»", inn(101), **notes)
    house.partner("мария@фирма.рф", "ООО «Фирма»", inn(3), Сайт="", **{"Контактное лицо": 'Мария «Маша» "М." Иванова'})
    house.ok("2026-03-02 10:00")
    told = json.loads(house.run("export", "--person", "мария@фирма.рф").out)
    assert told["contact_of"] == ["P-0002"]
    assert [one["number"] for one in told["named_by_others"]] == ["D-2026-0001"]
    assert house.run("forget", "--person", "мария@xn--80apmps.xn--p1ai", "--force", "--now", "2026-03-02T12:00+03:00").code == 0
    texts = _texts(house)
    for trace in ("мария@", "Маша"):
        assert trace not in texts, trace


def test_nothing_of_a_person_stays_in_the_file_of_the_ledger(house: House) -> None:
    """Not even in pages that are free again, nor as the place of a row that people deleted as `forget` said."""
    house.partner(WHO, "ООО «Один»", inn(1), Сайт="")
    house.deal("2026-03-02 09:30", WHO, inn(1), "ООО «Клиент»", inn(100))
    house.ok("2026-03-02 10:00")
    assert house.run("forget", "--person", WHO, "--force", "--now", "2026-03-02T12:00+03:00").code == 0
    book = openpyxl.load_workbook(house.book)
    for tab in ("Форма Партнёр", "Форма Сделка"):
        book[tab].delete_rows(2)
    book.save(house.book)
    house.ok("2026-03-02 13:00")
    for file in house.root.glob("ledger.db*"):
        assert WHO.encode() not in file.read_bytes()
        assert MARIA.encode() not in file.read_bytes()
    with closing(sqlite3.connect(house.book.with_name("ledger.db"))) as connection:
        assert connection.execute("SELECT count(*) FROM submissions").fetchone() == (2,)


def test_what_a_server_said_of_the_address_is_forgotten_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused(f"550 5.7.1 <{WHO}>: not wanted here")

    monkeypatch.setattr("mailer.mailbox.maildir_outbox._Delivery.send", refuse)
    house.partner(WHO, "ООО «Один»", inn(1), Сайт="")
    house.once("2026-03-02 10:00")
    assert WHO in _texts(house)
    assert house.run("forget", "--person", WHO, "--force", "--now", "2026-03-02T12:00+03:00").code == 0
    assert WHO not in _texts(house)


def test_wrong_use_is_told_in_a_line(house: House, tmp_path: Path) -> None:
    house.ok("2026-03-02 10:00")
    for arguments in (("forget", "--person", "Мария"), ("export", "--person", ""), ("export",)):
        done = house.run(*arguments)
        assert (done.code, len(done.err.strip().splitlines())) == (2, 1), done
