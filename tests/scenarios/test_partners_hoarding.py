"""Who holds registrations without working on them: seen by staff in `Сводка`, `Замечания` and the month's digest."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.scenarios.house import House, inn

PARTNER, DILIGENT = inn(1), inn(2)
ADDRESS, OTHER, STAFF = "a@one.example", "b@two.example", "staff@vendor.example"


@pytest.fixture(scope="module")
def held_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two partners with five deals each, registered on 2 March; not to be touched."""
    house = House(tmp_path_factory.mktemp("hoarding") / "home")
    house.init(staff=[STAFF])
    house.partner(ADDRESS, "ООО «Один»", PARTNER)
    house.partner(OTHER, "ООО «Два»", DILIGENT)
    for place in range(5):
        house.deal(f"2026-03-02 09:{place + 10}", ADDRESS, PARTNER, f"ООО «Клиент {place}»", inn(100 + place))
        house.deal(f"2026-03-02 09:{place + 20}", OTHER, DILIGENT, f"ООО «Иной {place}»", inn(200 + place))
    house.ok("2026-03-02 10:00")
    return house.root


@pytest.fixture
def house(held_home: Path, tmp_path: Path) -> House:
    """A house of one's own with those deals."""
    shutil.copytree(held_home, tmp_path / "home")
    return House(tmp_path / "home")


def summary(house: House) -> dict[str, str]:
    """Partner -> figures, as the block of `Сводка` shows them."""
    sheet = openpyxl.load_workbook(house.book, data_only=True)["Сводка"]
    cells = [(sheet.cell(row, 4).value, sheet.cell(row, 5).value) for row in range(1, sheet.max_row + 1)]
    start = next(at for at, (name, _) in enumerate(cells) if name == "Держат сделки без движения")
    return {str(name): str(value) for name, value in cells[start + 1 :] if name}


def report(house: House, address: str, at: str, word: str, numbers: range) -> None:
    for number in numbers:
        house.add_form("Форма Актуализация", at, address, **{"№ сделки": f"D-2026-{number:04}", "Статус продажи": word})


def test_silence_for_more_than_a_fortnight_is_idle_and_a_report_ends_it(house: House) -> None:
    house.ok("2026-03-16 10:00")
    assert summary(house) == {"нет": "None"}
    report(house, OTHER, "2026-03-16 11:00", "тендер", range(6, 11))
    house.ok("2026-03-16 11:05")
    house.ok("2026-03-17 10:00")
    assert summary(house) == {"P-0001 ООО «Один»": "5 из 5"}
    assert "Держит сделки без движения: 5 из 5 (100 %)." in house.row("Партнёры", "P-0001")["Замечания"]
    assert house.row("Партнёры", "P-0002")["Замечания"] == ""
    report(house, ADDRESS, "2026-03-17 11:00", "тендер", range(1, 4))
    house.ok("2026-03-17 11:05")
    assert summary(house) == {"P-0001 ООО «Один»": "2 из 5"}
    house.ok("2026-03-18 10:00")
    assert house.row("Партнёры", "P-0001")["Замечания"] == "", "two of five is less than half"


def test_always_in_work_is_idle_after_two_months(house: House) -> None:
    for at in ("2026-03-13", "2026-03-27", "2026-04-10", "2026-04-24", "2026-05-01"):
        report(house, ADDRESS, f"{at} 10:00", "в работе", range(1, 6))
        report(house, OTHER, f"{at} 10:00", "переговоры", range(6, 11))
        house.ok(f"{at} 10:05")
    house.ok("2026-05-01 12:00")
    assert summary(house) == {"нет": "None"}
    house.ok("2026-05-02 12:00")
    assert summary(house) == {"P-0001 ООО «Один»": "5 из 5"}


def test_who_seldom_wins_is_marked_and_the_partner_hears_nothing(house: House) -> None:
    for number in range(1, 6):
        house.set_cell("Сделки", f"D-2026-{number:04}", "Решение сотрудника", "Аннулировать")
    for number in range(6, 11):
        house.reply(house.mail("deal-registered", number=f"D-2026-{number:04}"), "5", "2026-03-03 09:00")
    house.ok("2026-03-03 10:00")
    house.ok("2026-03-04 10:00")
    assert house.row("Партнёры", "P-0001")["Замечания"] == "Редко доводит сделки до покупки: выиграно 0 из 5 (0 %)."
    assert house.row("Партнёры", "P-0002")["Замечания"] == ""
    assert not [sent for sent in house.mails() if "Редко" in sent.text]


def test_the_months_digest_tells_staff_once(house: House) -> None:
    house.ok("2026-04-01 09:00")
    house.ok("2026-04-02 09:00")
    digest = house.mail("staff-digest", to=STAFF)
    text = digest.text.replace("\u00a0", " ")
    assert "ООО «Один», P-0001: без движения 5 из 5" in text
    assert "ООО «Два», P-0002: без движения 5 из 5" in text
    assert "Авторизованных партнёров: 2" in text
    assert "Зарегистрированных сделок: 10" in text
    house.ok("2026-05-04 09:00")
    assert len(house.mails("staff-digest", to=STAFF)) == 2
