"""The list of partners for the vendor's site: staff's yes, its end, the export («Партнерские статусы»)."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.house import House, Value, inn

ONE, TWO, THREE = inn(1), inn(2), inn(3)
A, B, C = "a@one.example", "b@two.example", "c@three.example"
REQUEST = "Публикация"


def _partners(house: House) -> None:
    house.partner(A, "ООО «Ясень»", ONE, Регион="Тверь")
    house.partner(B, "АО «Берёза»", TWO)
    house.partner(C, "ООО «Клён»", THREE)
    house.ok("2026-03-02 10:00")
    house.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    house.set_cell("Партнёры", "P-0002", "Статус", "Золотой")
    house.ok("2026-03-02 10:05")


@pytest.fixture
def partners(begin: Begin) -> House:
    """Three partners: bronze, gold, white."""
    return begin(_partners)


def asked(house: House, at: str, address: str, inn: str) -> str:
    """The partner asks for a listing; gives the request's number."""
    house.add_form("Форма Запрос", at, address, **{"ИНН партнёра": inn, "Тема": REQUEST, "Текст": "Разместите нас"})
    house.ok(at[:-1] + "5")
    return str(house.rows("Форма Запрос")[-1]["№"])


def say(house: House, number: str, word: str, at: str) -> None:
    house.set_cell("Обращения", number, "Решение сотрудника", word)
    house.ok(at)


def shown(house: House) -> list[dict[str, Any]]:
    done = house.run("listing", "--json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = json.loads(done.out)["partners"]
    return found


def files(house: House) -> tuple[str, str]:
    folder = house.root / "listing"
    return (folder / "partners.json").read_text("utf-8"), (folder / "partners.html").read_text("utf-8")


def test_nobody_is_listed_before_staff_say_yes(partners: House) -> None:
    number = asked(partners, "2026-03-02 11:00", A, ONE)
    assert "Одобрить или отказать" in str(partners.row("Обращения", number)["Замечания"])
    assert shown(partners) == []
    assert "пока пуст" in partners.run("listing", "--html").out
    assert not (partners.root / "listing").exists()


def test_a_listed_partner_is_exported_by_tier_then_name(partners: House) -> None:
    for at, address, number in (("2026-03-02 11:00", A, ONE), ("2026-03-02 11:10", B, TWO)):
        say(partners, asked(partners, at, address, number), "Одобрить", at[:-2] + "18")
    assert shown(partners) == [
        {"name": "АО «Берёза»", "tier": "Золотой", "region": "", "site": "https://two.example/"},
        {"name": "ООО «Ясень»", "tier": "Бронзовый", "region": "Тверь", "site": "https://one.example/"},
    ]
    letter = partners.mail("listing-approved", to=A)
    for part in (letter.text, letter.html):
        assert "ООО «Ясень»" in part
        assert "Тверь" in part
        assert "https://one.example/" in part
    as_json, as_html = files(partners)
    assert json.loads(as_json)["partners"] == shown(partners)
    assert as_html.index("Золотой") < as_html.index("Берёза") < as_html.index("Бронзовый") < as_html.index("Ясень")
    assert "@" not in as_json + as_html, "nobody's address"
    assert "Иванова" not in as_json + as_html
    assert "Берёза" in partners.run("listing").out


def test_a_white_partner_is_refused_and_cannot_be_listed(partners: House) -> None:
    number = asked(partners, "2026-03-02 11:00", C, THREE)
    assert partners.row("Обращения", number)["Состояние"] == "Отказано"
    row = partners.rows("Форма Запрос")[-1]
    assert row["Решение"] == "Отказано"
    assert "не даёт размещения" in str(row["Причина"])
    assert row["Ответ отправлен"]
    assert shown(partners) == []


def test_staff_take_a_partner_off_the_list(partners: House) -> None:
    number = asked(partners, "2026-03-02 11:00", A, ONE)
    say(partners, number, "Одобрить", "2026-03-02 11:20")
    say(partners, number, "Закрыть", "2026-03-02 11:30")
    assert partners.row("Обращения", number)["Состояние"] == "Закрыто"
    assert "ответьте на это письмо" in partners.mail("listing-ended", to=A).text
    assert shown(partners) == []
    assert json.loads(files(partners)[0]) == {"partners": []}


def test_a_listing_ends_with_the_tier_and_does_not_come_back_by_itself(partners: House) -> None:
    number = asked(partners, "2026-03-02 11:00", B, TWO)
    say(partners, number, "Одобрить", "2026-03-02 11:20")
    partners.set_cell("Партнёры", "P-0002", "Статус", "Серебряный")
    partners.ok("2026-03-02 11:25")
    assert json.loads(files(partners)[0])["partners"][0]["tier"] == "Серебряный"
    partners.set_cell("Партнёры", "P-0002", "Статус", "Белый")
    partners.ok("2026-03-02 11:30")
    assert shown(partners) == []
    assert partners.row("Обращения", number)["Состояние"] == "Закрыто"
    assert "«Белый» размещения не даёт" in partners.mail("listing-ended", to=B).text
    partners.set_cell("Партнёры", "P-0002", "Статус", "Золотой")
    partners.ok("2026-03-02 11:40")
    assert shown(partners) == []
    say(partners, asked(partners, "2026-03-02 12:00", B, TWO), "Одобрить", "2026-03-02 12:10")
    assert [line["name"] for line in shown(partners)] == ["АО «Берёза»"]


def test_a_listing_ends_with_the_authorisation_without_a_letter_of_its_own(partners: House) -> None:
    say(partners, asked(partners, "2026-03-02 11:00", A, ONE), "Одобрить", "2026-03-02 11:20")
    partners.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Деавторизовать")
    partners.ok("2026-03-02 11:30")
    assert shown(partners) == []
    assert not partners.mails("listing-ended")
    assert partners.mails("partner-deauthorised", to=A)


def test_a_tier_lost_before_staff_answer_is_no_listing(partners: House) -> None:
    number = asked(partners, "2026-03-02 11:00", A, ONE)
    partners.set_cell("Партнёры", "P-0001", "Статус", "Белый")
    partners.ok("2026-03-02 11:10")
    say(partners, number, "Одобрить", "2026-03-02 11:20")
    row = partners.row("Обращения", number)
    assert row["Состояние"] == "На рассмотрении"
    assert "не даёт размещения" in str(row["Замечания"])
    assert shown(partners) == []


def test_the_files_are_written_only_when_the_list_changed_or_they_are_gone(partners: House) -> None:
    say(partners, asked(partners, "2026-03-02 11:00", A, ONE), "Одобрить", "2026-03-02 11:20")
    path = partners.root / "listing/partners.json"
    before = path.stat().st_mtime_ns
    partners.ok("2026-03-02 11:30")
    assert path.stat().st_mtime_ns == before
    path.unlink()
    partners.ok("2026-03-02 11:40")
    assert json.loads(path.read_text("utf-8"))["partners"] == shown(partners)
    assert sorted(found.name for found in path.parent.iterdir()) == ["partners.html", "partners.json"]


def test_a_folder_that_cannot_be_written_is_a_fault_and_tried_again(partners: House) -> None:
    (partners.root / "listing").write_text("in the way", "utf-8")
    number = asked(partners, "2026-03-02 11:00", A, ONE)
    partners.set_cell("Обращения", number, "Решение сотрудника", "Одобрить")
    failed = partners.once("2026-03-02 11:20")
    assert failed.code == 1
    assert "the list of partners cannot be written" in failed.err
    (partners.root / "listing").unlink()
    partners.ok("2026-03-02 11:25")
    assert json.loads(files(partners)[0])["partners"] == shown(partners)


def test_a_rehearsal_writes_no_files(partners: House) -> None:
    number = asked(partners, "2026-03-02 11:00", A, ONE)
    partners.set_cell("Обращения", number, "Решение сотрудника", "Одобрить")
    assert "listing/: 1 partners" in partners.ok("2026-03-02 11:20", "--dry-run").out
    assert not (partners.root / "listing").exists()


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE_NAME = 'ООО «Клён»</a><script>alert(1)</script><img src=x onerror="alert(1)">'


@pytest.mark.parametrize(
    "site",
    [
        "javascript:alert(1)",
        "javascript://one.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        'https://one.example/"onmouseover="alert(1)',
        "https://user:secret@one.example/",
        "vbscript:msgbox",
        "//evil.example",
        "https://one.example/<script>",
    ],
)
def test_hostile_names_and_addresses_stay_text(house: House, site: str) -> None:
    columns: dict[str, Value] = {"Сайт": site, "Регион": "<b>Тверь</b> & {{ 7 * 7 }}"}
    house.partner(A, HOSTILE_NAME, ONE, **columns)
    house.ok("2026-03-02 10:00")
    house.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    house.ok("2026-03-02 10:05")
    say(house, asked(house, "2026-03-02 11:00", A, ONE), "Одобрить", "2026-03-02 11:20")
    for text in (house.run("listing", "--html").out, files(house)[1]):
        page = Page(text)
        assert {tag for tag, _ in page.tags} <= {"section", "h3", "ul", "li", "span", "a"}
        assert HOSTILE_NAME in page.text
        assert "<b>Тверь</b> & {{ 7 * 7 }}" in page.text
        for tag, attributes in page.tags:
            if tag == "a":
                assert set(attributes) == {"href", "rel"}
                assert str(attributes["href"]).startswith("https://one.example/")
                assert not set(str(attributes["href"])) & set("\"'<> ")
                assert attributes["rel"] == "nofollow noopener"
    assert house.run("listing", "--html", "--json").code == 2
