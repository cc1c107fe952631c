"""Marketing materials: links go by mail at once to a partner that is known («Партнерские статусы»)."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, inn

ONE = inn(1)
A = "a@one.example"
LINKS = """[materials.links]
"Презентация" = "https://vendor.example/p.pdf?a=1&b=2"
[materials.extended]
"Макеты" = "https://vendor.example/banners"

[privacy]
"""


def _partner(house: House) -> None:
    house.configure("[privacy]\n", LINKS)
    house.partner(A, "ООО «Один»", ONE)
    house.ok("2026-03-02 10:00")


@pytest.fixture
def partner(begin: Begin) -> House:
    return begin(_partner)


def ask(house: House, address: str = A, at: str = "2026-03-02 11:00") -> str:
    house.add_form("Форма Запрос", at, address, **{"ИНН партнёра": ONE, "Тема": "Материалы", "Текст": "Просим"})
    house.ok(at[:-1] + "5")
    return str(house.rows("Форма Запрос")[-1]["№"])


def test_links_go_at_once(partner: House) -> None:
    number = ask(partner)
    letter = partner.mail("materials-links", to=A)
    assert "https://vendor.example/p.pdf?a=1&b=2" in letter.text
    assert 'href="https://vendor.example/p.pdf?a=1&amp;b=2"' in letter.html
    assert "Макеты" not in letter.text, "no extended marketing for a white partner"
    assert partner.row("Обращения", number)["Состояние"] == "Одобрено"
    row = partner.rows("Форма Запрос")[-1]
    assert row["Решение"] == "Принято"
    assert row["Ответ отправлен"]
    assert not partner.mails("question-received")


def test_what_is_read_after_its_deadline_and_answered_at_once_is_not_told_to_wait_besides(partner: House) -> None:
    """After an outage."""
    for topic in ("Материалы", "Публикация"):
        partner.add_form("Форма Запрос", "2026-03-03 10:00", A, **{"ИНН партнёра": ONE, "Тема": topic, "Текст": "Просим"})
    before = len(partner.mails(to=A))
    partner.ok("2026-03-12 10:00")
    assert {letter.template for letter in partner.mails(to=A)[before:]} >= {"materials-links", "question-answered"}
    assert not partner.mails("case-waiting")
    assert "Вопрос сотруднику" not in {line["Событие"] for line in partner.rows("Журнал")}


def test_extended_marketing_from_gold(partner: House) -> None:
    partner.set_cell("Партнёры", "P-0001", "Статус", "Золотой")
    partner.ok("2026-03-02 10:10")
    ask(partner)
    letter = partner.mail("materials-links", to=A)
    for part in (letter.text, letter.html):
        assert "Презентация" in part
        assert "https://vendor.example/banners" in part


def test_a_stranger_gets_no_links(partner: House) -> None:
    number = ask(partner, "thief@evil.example")
    assert partner.row("Обращения", number)["Состояние"] == "На рассмотрении"
    assert not partner.mails("materials-links")


def test_without_links_staff_answer(house: House) -> None:
    house.partner(A, "ООО «Один»", ONE)
    house.ok("2026-03-02 10:00")
    assert house.row("Обращения", ask(house))["Состояние"] == "На рассмотрении"


def test_an_address_that_is_none_stops_the_program(house: House) -> None:
    house.configure("[privacy]\n", '[materials.links]\n"x" = "javascript:alert(1)"\n[privacy]\n')
    done = house.once("2026-03-02 10:00")
    assert done.code == 2
    assert 'materials.links."x"' in done.err
