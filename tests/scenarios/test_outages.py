"""The spreadsheet or the mailbox is out of reach for hours: staff hear of it by mail, once a day, and when it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.house import House, Sent, inn

DAY, NEXT = "2026-03-02", "2026-03-03"
A, STAFF = "a@one.example", "staff@vendor.example"


def told(house: House) -> list[Sent]:
    return house.mails("staff-outage", to=STAFF)


def plain(text: str) -> str:
    """On one line, with ordinary blanks."""
    return " ".join(text.replace("\u00a0", " ").split())


class Away:
    """A file that is not what it was, until it is `back`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept = path.rename(path.with_name(path.name + ".kept"))
        path.write_bytes(b"this is no workbook")

    def back(self) -> None:
        self.path.unlink()
        self._kept.rename(self.path)


@pytest.fixture
def office(house: House) -> House:
    """A partner, and a deal that staff have to decide by Wednesday 18:00."""
    house.partner(A, "ООО «Один»", inn(1))
    house.ok(f"{DAY} 09:00")
    house.deal(f"{DAY} 09:30", "stranger@else.example", inn(1), "ООО «Клиент»", inn(100))
    house.ok(f"{DAY} 10:00")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "На рассмотрении"
    return house


def test_a_book_that_cannot_be_read_is_told_after_two_hours_and_once_a_day(office: House) -> None:
    book = Away(office.book)
    for moment in (f"{DAY} 11:00", f"{DAY} 12:55"):
        assert office.once(moment).code == 1
    assert not told(office), "it may pass by itself"
    for moment in (f"{DAY} 13:00", f"{DAY} 13:00", f"{DAY} 13:05", f"{NEXT} 12:55"):
        assert office.once(moment).code == 1
    (letter,) = told(office)
    assert letter.subject == "Таблица не читается"
    for part in (letter.text, letter.html):
        for words in (
            "с 2 марта 2026 г., 11:00",
            "уже 2 часа",
            "повреждён",
            "Верните на его место последнюю исправную копию",
            "Ничего не потеряно",
            "Близких сроков ответа нет",
            "partners.xlsx is not a workbook",
        ):
            assert words in plain(part)
    assert "Out of reach since" in office.run("status").out
    office.once(f"{NEXT} 18:05")
    first, second = told(office)
    assert (first, "уже 1 день 7 часов" in plain(second.text)) == (letter, True)
    assert "D-2026-0001" in second.text, "its deadline is near by now"
    assert "(ответить до 4 марта 2026 г., 18:00 (МСК))" in plain(second.text)

    book.back()
    office.add_form(
        "Форма Партнёр",
        f"{DAY} 12:00",
        "b@two.example",
        **{
            "Наименование организации": "ООО «Второй»",
            "ИНН": inn(2),
            "Контактное лицо": "Пётр",
            "Телефон": "+7 495 123-45-67",
            "Согласие на обработку персональных данных": "Да",
        },
    )
    office.ok("2026-03-04 09:00")
    *_, over = told(office)
    assert len(told(office)) == 3
    assert over.subject == "Таблица снова читается"
    assert "с 2 марта 2026 г., 11:00 (МСК) до 4 марта 2026 г., 09:00 (МСК): 1 день 22 часа" in plain(over.text)
    assert "Ответов форм: 1" in plain(over.text)
    assert "Out of reach" not in office.run("status").out
    office.ok("2026-03-04 09:05")
    assert len(told(office)) == 3


def test_what_passes_by_itself_is_not_told_and_begins_anew(office: House) -> None:
    for hour in (11, 13, 15):
        book = Away(office.book)
        assert office.once(f"{DAY} {hour}:00").code == 1
        assert office.once(f"{DAY} {hour}:59").code == 1
        book.back()
        office.ok(f"{DAY} {hour + 1}:00")
    assert not told(office)


def test_staff_say_after_how_many_hours(office: House) -> None:
    office.configure("outage_after_hours = 2", "outage_after_hours = 5")
    Away(office.book)
    for hour in (11, 15):
        office.once(f"{DAY} {hour}:00")
    assert not told(office)
    office.once(f"{DAY} 16:00")
    assert len(told(office)) == 1
    office.configure("outage_after_hours = 5", "outage_after_hours = 0")
    done = office.once(f"{DAY} 16:05")
    assert (done.code, "staff.outage_after_hours" in done.err) == (2, True)


def test_a_book_that_is_open_for_days_is_told_again_once_a_day(office: House) -> None:
    lock = office.root / ".~lock.partners.xlsx#"
    office.write(A, "Вопрос", "Как заказать?", f"{DAY} 10:55")
    for moment in ("11:00", "11:31", "13:31", "18:00"):
        lock.write_text("someone")
        assert office.once(f"{DAY} {moment}").code == 1
    assert not told(office), "a letter has said so after half an hour"
    assert sum("открыта у кого-то" in letter.text for letter in office.mails("staff-attention", to=STAFF)) == 1
    for moment in ("11:31", "11:36"):
        assert office.once(f"{NEXT} {moment}").code == 1
    (letter,) = told(office)
    assert letter.subject == "В таблицу не удаётся записать"
    assert "Закройте её на всех компьютерах" in plain(letter.text)
    lock.unlink()
    office.ok(f"{NEXT} 11:41")
    office.ok(f"{NEXT} 11:46")
    assert [one.subject for one in told(office)][1:] == ["В таблицу снова удаётся записать"]


def test_a_rehearsal_tells_nobody(office: House) -> None:
    Away(office.book)
    office.once(f"{DAY} 11:00")
    assert "staff-outage" in office.once(f"{DAY} 13:00", "--dry-run").out
    assert not told(office)
    office.once(f"{DAY} 13:05")
    assert len(told(office)) == 1
