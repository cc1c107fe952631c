"""Leads from the staff's tab to a partner and on («Партнерские статусы»): turns, quotas, answers, silence."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from tests.scenarios.desk_work import edit, journal, place, sort
from tests.scenarios.house import House, Value, inn

DAY = "2026-03-02"  # a Monday
GOLD, SILVER, BRONZE, WHITE = "a@gold.example", "b@silver.example", "c@bronze.example", "d@white.example"
NAMES = {GOLD: "ООО «Золото»", SILVER: "ООО «Серебро»", BRONZE: "ООО «Бронза»", WHITE: "ООО «Белый»"}
TIERS = {GOLD: "Золотой", SILVER: "Серебряный", BRONZE: "Бронзовый"}


@pytest.fixture(scope="module")
def tiered_home(new_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four partners, one of a tier, authorised at 09:00; their tiers given by staff. Not to be touched."""
    root = tmp_path_factory.mktemp("tiered") / "home"
    shutil.copytree(new_home, root)
    house = House(root)
    for number, (address, name) in enumerate(NAMES.items(), 1):
        house.partner(address, name, inn(number), Регион="Москва" if address == BRONZE else "Казань")
    house.ok(f"{DAY} 09:00")
    for number, tier in enumerate(TIERS.values(), 1):
        house.set_cell("Партнёры", f"P-{number:04}", "Статус", tier)
    house.ok(f"{DAY} 09:10")
    return house.root


@pytest.fixture
def office(tiered_home: Path, tmp_path: Path) -> House:
    """A house of one's own with these partners."""
    shutil.copytree(tiered_home, tmp_path / "home")
    return House(tmp_path / "home")


def lead(house: House, name: str, contact: str = "+7 495 000-00-00", region: str = "") -> None:
    """Staff write a lead down."""
    cells: Mapping[str, Value] = {"Лид": name, "Контакт": contact, "Регион": region or None}
    house.add("Лиды", **cells)


def with_whom(house: House) -> dict[str, str]:
    """Lead -> partner as `Лиды` shows it."""
    return {str(row["Лид"]): str(row["Партнёр"]) for row in house.rows("Лиды")}


def told(house: House, text: str) -> bool:
    """Do staff have a letter that says so?"""
    return any(text in " ".join(letter.text.split()) for letter in house.mails("staff-attention"))


def calm(house: House, at: str) -> None:
    """A pass in which nothing is left to do."""
    before = (house.rows("Лиды"), house.rows("Журнал"), len(house.mails()))
    house.ok(at)
    assert (house.rows("Лиды"), house.rows("Журнал"), len(house.mails())) == before


# -- whose turn it is --------------------------------------------------------------------------


def test_a_lead_gets_its_number_in_its_own_row_and_goes_to_the_highest_tier(office: House) -> None:
    lead(office, "ООО «Маяк»", "Ольга, it@mayak.example", "Москва")
    office.ok(f"{DAY} 10:00")
    row = office.row("Лиды", "L-2026-0001")
    assert (row["Лид"], row["Партнёр"], f"{row['Передан']:%d.%m.%Y %H:%M}") == ("ООО «Маяк»", NAMES[GOLD], "02.03.2026 10:00")
    letter = office.mail("lead-assigned")
    assert (letter.to, letter.number) == (GOLD, "L-2026-0001")
    assert letter.subject.endswith("[L-2026-0001]")
    for part in (letter.text, letter.html):
        for fact in ("ООО «Маяк»", "Ольга, it@mayak.example", "Москва", "10 марта 2026", "взяли в работу", "отказываемся"):
            assert fact in part.replace("\xa0", " ")
    calm(office, f"{DAY} 10:05")


def test_quotas_of_a_month_are_never_passed_and_what_is_left_waits_for_the_next(office: House) -> None:
    for number in range(1, 9):
        lead(office, f"Лид {number}", f"контакт {number}")
    office.ok(f"{DAY} 10:00")
    given = [NAMES[GOLD]] * 3 + [NAMES[SILVER]] * 2 + [NAMES[BRONZE]]
    assert list(with_whom(office).values()) == [*given, "", ""]
    assert [row["№"] for row in office.rows("Лиды")] == [f"L-2026-{number:04}" for number in range(1, 9)]
    assert told(office, "Лид ждёт: все, кому его можно передать, получили лиды этого месяца; следующая раздача 01.04.2026")
    assert "Лид ждёт" in journal(office, "L-2026-0007")[-1]
    office.ok("2026-03-31 23:59")
    assert set(with_whom(office).values()) == {""}  # none was answered, and nobody may get another this month
    letters = len(office.mails("lead-assigned"))
    lead(office, "Лид 9", "контакт 9")
    office.ok("2026-04-01 00:05")
    given = [NAMES[SILVER]] * 2 + [NAMES[BRONZE]] + [NAMES[GOLD]] * 3  # the eldest first; Золото had the first three
    assert list(with_whom(office).values()) == [*given, "", "", ""]
    month = office.mails("lead-assigned")[letters:]
    assert {address: sum(one.to == address for one in month) for address in TIERS} == {GOLD: 3, SILVER: 2, BRONZE: 1}
    assert not office.mails("lead-assigned", to=WHITE)


def test_the_months_letter_tells_leads_given_and_those_that_wait_for_an_answer(office: House) -> None:
    office.ok("2026-03-30 10:00")
    for number in (1, 2, 3, 4):
        lead(office, f"Лид {number}", f"тайный контакт {number}")
    office.ok("2026-03-30 10:05")  # three for Золото, one for Серебро
    office.reply(office.mail("lead-assigned", number="L-2026-0001"), "1", "2026-03-30 11:00")
    office.ok("2026-04-01 00:05")
    lead(office, "Лид 5", "контакт 5")
    office.ok("2026-04-01 00:10")  # April's first one
    office.ok("2026-04-01 09:00")
    texts = {address: " ".join(office.mail("partner-standing", to=address).text.split()) for address in NAMES}
    assert "Передано в этом месяце: 1 лид из 3 Без вашего ответа пока 3 лида: L-2026-0002: Лид 2" in texts[GOLD]
    assert "L-2026-0003: Лид 3: ответить до 6 апреля 2026 г., 18:00 (МСК)" in texts[GOLD]
    assert "L-2026-0001" not in texts[GOLD], "taken up"
    assert "ответьте на то письмо, в теме которого стоит его номер: 1 – взяли в работу, 2 – отказываемся" in texts[GOLD]
    assert "тайный" not in texts[GOLD], "the customer's contact stands in the lead's own letter"
    assert "Передано в этом месяце: 0 лидов из 2 Без вашего ответа пока 1 лид: L-2026-0004: Лид 4" in texts[SILVER]
    assert "Передано в этом месяце: 0 лидов из 1 Отвечать по лидам сейчас не нужно" in texts[BRONZE]
    assert "лид" not in texts[WHITE].lower(), "its tier gives none"


def test_of_one_tier_the_region_goes_first_then_the_one_that_waits_longest(house: House) -> None:
    for number, (name, region) in enumerate((("Один", "Казань"), ("Два", "Москва"), ("Три", "г. Казань, Пермь")), 1):
        house.partner(f"a@{number}.example", name, inn(number), Регион=region)
    house.ok(f"{DAY} 09:00")
    for number in (1, 2, 3):
        house.set_cell("Партнёры", f"P-{number:04}", "Статус", "Серебряный")
    house.ok(f"{DAY} 09:10")
    for number, region in enumerate(("москва", "Казань", "Казань", "Пермь", "Тула"), 1):
        lead(house, f"Лид {number}", f"контакт {number}", region)
        house.ok(f"{DAY} 1{number}:00")
    assert list(with_whom(house).values()) == ["Два", "Один", "Три", "Три", "Два"]
    found = house.explain("L-2026-0002")
    assert (found["kind"], found["state"], found["decision"]["outcome"]) == ("lead", "Передан", "approve")
    tests = {test["name"]: (test["result"], test["section"]) for test in found["tests"]}
    assert {"quota", "tier", "region", "waiting"} <= set(tests)
    assert {section for _, section in tests.values()} == {"Партнерские статусы"}
    why = " ".join(house.run("explain", "Л-2026-5").out.split())
    assert "nobody in the region" in why
    assert f"used up: {inn(3)} had 2 of 2" in why


def test_a_higher_tier_opens_a_quota_for_what_waits(house: House) -> None:
    house.partner(GOLD, NAMES[GOLD], inn(1))
    house.ok(f"{DAY} 09:00")
    lead(house, "Лид", "контакт")
    house.ok(f"{DAY} 10:00")
    assert with_whom(house) == {"Лид": ""}
    assert told(house, "передать его некому")
    house.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    house.ok(f"{DAY} 10:05")
    assert with_whom(house) == {"Лид": NAMES[GOLD]}
    assert house.mail("lead-assigned").to == GOLD


def test_a_tier_that_sales_raise_opens_its_quota_in_the_same_pass(house: House) -> None:
    house.partner(GOLD, NAMES[GOLD], inn(1))
    house.ok(f"{DAY} 09:00")
    lead(house, "Лид", "контакт")
    house.ok(f"{DAY} 10:00")
    assert with_whom(house) == {"Лид": ""}
    house.add("Продажи", Дата=date(2026, 2, 20), **{"ИНН партнёра": inn(1), "Сумма руб.": 200_000})
    house.ok(f"{DAY} 10:05")
    assert house.mail("tier-raised").to == house.mail("lead-assigned").to == GOLD
    assert with_whom(house) == {"Лид": NAMES[GOLD]}


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "Здравствуйте!\nБерём, спасибо."])
def test_a_lead_that_is_taken_up_stays(office: House, text: str) -> None:
    lead(office, "Лид")
    office.ok(f"{DAY} 10:00")
    office.reply(office.mail("lead-assigned"), text, f"{DAY} 11:00")
    office.ok(f"{DAY} 11:05")
    answer = office.mail("lead-answered")
    assert (answer.to, "остаётся за вами" in answer.text) == (GOLD, True)
    office.ok("2026-05-04 12:00")
    assert with_whom(office) == {"Лид": NAMES[GOLD]}
    assert not office.mails("lead-taken-back")
    assert not office.mails("lead-reminder")
    assert office.explain("L-2026-0001")["state"] == "В работе"


def test_a_refusal_sends_it_to_the_next_and_never_back(office: House) -> None:
    lead(office, "Лид")
    office.ok(f"{DAY} 10:00")
    for hour, address in ((11, GOLD), (12, SILVER), (13, BRONZE)):
        office.reply(office.mail("lead-assigned", to=address), "2 – отказываемся", f"{DAY} {hour}:00")
        office.ok(f"{DAY} {hour}:05")
        assert "больше не предложим" in " ".join(office.mail("lead-answered", to=address).text.split())
    assert with_whom(office) == {"Лид": ""}
    assert told(office, "у которого он ещё не был")
    office.ok("2026-04-01 09:00")
    office.ok("2026-05-04 09:00")
    assert [letter.to for letter in office.mails("lead-assigned")] == [GOLD, SILVER, BRONZE]
    events = journal(office, "L-2026-0001")
    assert f"Партнёр отказался от лида: {NAMES[GOLD]}" in events


def test_a_refused_lead_counts_in_the_months_quota(office: House) -> None:
    for number in (1, 2, 3):
        lead(office, f"Лид {number}", f"контакт {number}")
    office.ok(f"{DAY} 10:00")
    for letter in office.mails("lead-assigned", to=GOLD):
        office.reply(letter, "отказываемся", f"{DAY} 11:00")
    lead(office, "Лид 4", "контакт 4")
    office.ok(f"{DAY} 11:05")
    assert len(office.mails("lead-assigned", to=GOLD)) == 3
    assert list(with_whom(office).values()).count("") == 1


def test_silence_is_reminded_of_and_then_the_lead_goes_on(office: House) -> None:
    lead(office, "Лид")
    office.ok(f"{DAY} 10:00")
    office.ok("2026-03-04 18:00")
    assert not office.mails("lead-reminder")
    office.ok("2026-03-05 09:30")  # two business days before Tuesday 10 March: Monday is a holiday
    assert office.mail("lead-reminder").to == GOLD
    office.ok("2026-03-10 17:59")
    assert with_whom(office) == {"Лид": NAMES[GOLD]}
    office.ok("2026-03-10 18:00")
    assert with_whom(office) == {"Лид": NAMES[SILVER]}
    back = office.mail("lead-taken-back")
    assert (back.to, "ответа от вас не было" in back.text) == (GOLD, True)
    assert len(office.mails("lead-reminder")) == 1
    office.reply(office.mail("lead-assigned", to=GOLD), "1", "2026-03-11 10:00")
    office.ok("2026-03-11 10:05")
    assert with_whom(office) == {"Лид": NAMES[SILVER]}
    late = office.mails("lead-taken-back")[-1]
    assert (late.to, NAMES[SILVER] in late.text) == (GOLD, False)


def test_a_lead_that_comes_back_goes_before_those_that_came_later(office: House) -> None:
    for number in range(1, 6):
        lead(office, f"Лид {number}", f"контакт {number}")
    office.ok(f"{DAY} 10:00")
    for number in range(2, 6):
        office.reply(office.mail("lead-assigned", number=f"L-2026-{number:04}"), "1", f"{DAY} 11:00")
    office.ok("2026-03-06 12:00")
    lead(office, "Лид 6", "контакт 6")
    office.ok("2026-03-10 18:00")  # the days of the first one are over, and one partner has room for one
    assert with_whom(office) == {
        "Лид 1": NAMES[BRONZE],
        "Лид 2": NAMES[GOLD],
        "Лид 3": NAMES[GOLD],
        "Лид 4": NAMES[SILVER],
        "Лид 5": NAMES[SILVER],
        "Лид 6": "",
    }


def test_the_days_count_from_when_the_letter_really_went(office: House) -> None:
    lead(office, "Лид")
    office.run("job", "ingest_leads", "--now", f"{DAY}T10:00+03:00")
    office.run("job", "review_deals", "--now", f"{DAY}T10:00+03:00")
    office.ok("2026-03-06 12:00")  # the mailbox was away till now
    office.ok("2026-03-10 18:00")
    assert with_whom(office) == {"Лид": NAMES[GOLD]}
    office.ok("2026-03-16 18:00")
    assert with_whom(office) == {"Лид": NAMES[SILVER]}


def test_an_answer_that_is_not_understood_goes_to_staff_and_gives_time(office: House) -> None:
    lead(office, "Лид")
    office.ok(f"{DAY} 10:00")
    office.reply(office.mail("lead-assigned"), "А сколько у них рабочих мест?", "2026-03-10 12:00")
    office.ok("2026-03-10 12:05")
    (question,) = office.rows("Обращения")
    assert (question["О деле №"], question["Партнёр"]) == ("L-2026-0001", NAMES[GOLD])
    office.ok("2026-03-10 18:00")
    assert with_whom(office) == {"Лид": NAMES[GOLD]}
    office.ok("2026-03-17 18:00")
    assert with_whom(office) == {"Лид": NAMES[SILVER]}


def test_a_stranger_cannot_speak_about_a_lead(office: House) -> None:
    lead(office, "Лид")
    office.ok(f"{DAY} 10:00")
    office.write("evil@rival.example", "Re: лид [L-2026-0001]", "2", f"{DAY} 11:00")
    office.write(GOLD, "лид [L-2026-0001]", "2", f"{DAY} 11:00")  # the right address, but nothing vouches for it
    office.reply(office.mail("lead-assigned"), "2", f"{DAY} 11:01", sender=SILVER)
    office.ok(f"{DAY} 11:05")
    assert with_whom(office) == {"Лид": NAMES[GOLD]}
    assert len(office.rows("Обращения")) == 3


def test_an_ended_authorisation_gives_back_what_was_not_taken_up(office: House) -> None:
    lead(office, "Лид 1", "контакт 1")
    lead(office, "Лид 2", "контакт 2")
    office.ok(f"{DAY} 10:00")
    office.reply(office.mail("lead-assigned", number="L-2026-0001"), "1", f"{DAY} 10:30")
    office.ok(f"{DAY} 10:35")
    office.set_cell("Партнёры", "P-0001", "Решение сотрудника", "Деавторизовать")
    office.ok(f"{DAY} 11:00")
    assert with_whom(office) == {"Лид 1": NAMES[GOLD], "Лид 2": NAMES[SILVER]}
    assert office.mail("lead-taken-back", to=GOLD).number == "L-2026-0002"


# -- the tab is people's ---------------------------------------------------------------------------------


def test_rows_sorted_and_inserted_between_keep_their_numbers(office: House) -> None:
    for name in ("Бета", "Альфа"):
        lead(office, name, f"контакт {name}")
    office.ok(f"{DAY} 10:00")

    def rearranged(book: Workbook) -> None:
        sheet = book["Лиды"]
        sort(sheet, "Лид")
        sheet.insert_rows(2, 2)
        for header, text in (("Лид", "Гамма"), ("Контакт", "контакт Гамма")):
            sheet.cell(3, place(sheet, header)).value = text

    edit(office, rearranged)
    office.ok(f"{DAY} 10:30")
    assert [(row["№"], row["Лид"]) for row in office.rows("Лиды")] == [
        ("L-2026-0003", "Гамма"),
        ("L-2026-0002", "Альфа"),
        ("L-2026-0001", "Бета"),
    ]
    assert len(office.mails("lead-assigned")) == 3


def test_the_systems_cells_are_put_back_whatever_was_typed(office: House) -> None:
    lead(office, "Лид 1", "контакт 1")
    lead(office, "Лид 2", "контакт 2")
    office.ok(f"{DAY} 10:00")
    before = office.rows("Лиды")

    def spoilt(book: Workbook) -> None:
        sheet = book["Лиды"]
        sheet.cell(2, place(sheet, "№")).value = None
        sheet.cell(2, place(sheet, "Партнёр")).value = NAMES[BRONZE]
        sheet.cell(3, place(sheet, "№")).value = "17"
        sheet.cell(3, place(sheet, "Передан")).value = None

    edit(office, spoilt)
    office.ok(f"{DAY} 10:30")
    assert office.rows("Лиды") == before
    assert told(office, f"Правка «{NAMES[BRONZE]}» в колонке «Партнёр» возвращена")
    assert len(office.mails("lead-assigned")) == 2
    calm(office, f"{DAY} 10:35")


def test_a_deleted_row_comes_back_and_staff_are_told_how_to_take_a_lead_off(office: House) -> None:
    lead(office, "Лид 1", "контакт 1", "Москва")
    lead(office, "Лид 2", "контакт 2")
    office.ok(f"{DAY} 10:00")
    before = office.row("Лиды", "L-2026-0001")
    edit(office, lambda book: book["Лиды"].delete_rows(2))
    office.ok(f"{DAY} 10:30")
    assert office.row("Лиды", "L-2026-0001") == before
    assert told(office, "Строку лида удалили; она возвращена. Чтобы снять лид, очистите в ней «Лид» и «Контакт».")
    office.set_cells("Лиды", "L-2026-0001", {"Лид": None, "Контакт": None})
    office.ok(f"{DAY} 11:00")
    assert (office.row("Лиды", "L-2026-0001")["Партнёр"], office.explain("L-2026-0001")["state"]) == ("", "Снят")
    back = office.mail("lead-taken-back", to=GOLD)
    assert ("Лид 1" in back.subject, "отозван" in back.text) == (True, True)
    office.ok("2026-04-01 10:00")
    assert not office.mails("lead-assigned", to=SILVER, number="L-2026-0001")
    office.set_cells("Лиды", "L-2026-0001", {"Лид": "Лид 1 снова", "Контакт": "контакт"})
    office.ok("2026-04-01 10:30")
    assert office.row("Лиды", "L-2026-0001")["Партнёр"] == NAMES[SILVER]  # Золото had it


def test_who_takes_up_what_staff_have_just_taken_off_is_told_that_it_is_gone(office: House) -> None:
    lead(office, "Лид", "контакт")
    office.ok(f"{DAY} 10:00")
    office.set_cells("Лиды", "L-2026-0001", {"Лид": None, "Контакт": None})
    office.reply(office.mail("lead-assigned"), "1", f"{DAY} 10:20")
    office.ok(f"{DAY} 10:30")
    assert not office.mails("lead-answered")
    assert {(letter.to, "отозван" in letter.text) for letter in office.mails("lead-taken-back")} == {(GOLD, True)}
    assert office.explain("L-2026-0001")["state"] == "Снят"


def test_leads_are_taken_off_one_after_the_other(office: House) -> None:
    for number in range(1, 9):
        lead(office, f"Лид {number}", f"контакт {number}")
    office.ok(f"{DAY} 10:00")  # the last two wait for the next month
    for number in (7, 8):
        office.set_cells("Лиды", f"L-2026-{number:04}", {"Лид": None, "Контакт": None})
        office.ok(f"{DAY} 1{number}:00")
    assert [office.explain(f"L-2026-{number:04}")["state"] for number in (7, 8)] == ["Снят", "Снят"]
    office.ok("2026-04-01 09:00")
    assert not office.mails("lead-assigned", number="L-2026-0008")


def test_what_staff_rewrite_reaches_the_partner_who_has_it_once(office: House) -> None:
    lead(office, "Лид", "старый телефон")
    office.ok(f"{DAY} 10:00")
    office.set_cells("Лиды", "L-2026-0001", {"Контакт": "новый телефон", "Регион": "Тверь"})
    office.ok(f"{DAY} 10:30")
    _, second = office.mails("lead-assigned")
    assert (second.to, second.subject.startswith("Уточнение по лиду")) == (GOLD, True)
    assert ("новый телефон" in second.text, "Тверь" in second.text) == (True, True)
    assert office.row("Лиды", "L-2026-0001")["Контакт"] == "новый телефон"
    office.ok(f"{DAY} 10:35")
    assert len(office.mails("lead-assigned")) == 2


def test_rows_that_cannot_be_handed_out_are_named_and_hold_nothing_up(office: House) -> None:
    lead(office, "Без контакта", "")
    lead(office, "Лид", "контакт")
    lead(office, "Лид", "контакт")
    row = office.add("Лиды", **{"№": "5", "Лид": "Со своим номером", "Контакт": "контакт"})
    office.ok(f"{DAY} 10:00")
    assert with_whom(office) == {"Без контакта": "", "Лид": "", "Со своим номером": ""} | {"Лид": ""}
    assert [str(one["№"]) for one in office.rows("Лиды")] == ["", "L-2026-0001", "", "5"]
    assert office.row("Лиды", "L-2026-0001")["Партнёр"] == NAMES[GOLD]
    for text in (
        "вкладка «Лиды», строка 2: не заполнено «Контакт»; строка не учтена",
        "вкладка «Лиды», строка 4: такой лид уже есть (строка 3), строка не учтена",
        f"вкладка «Лиды», строка {row}: № «5» поставила не система; сотрите его, и лид будет принят",
    ):
        assert told(office, text), text

    def mended(book: Workbook) -> None:
        sheet = book["Лиды"]
        sheet.cell(2, place(sheet, "Контакт")).value = "нашёлся"
        sheet.cell(row, place(sheet, "№")).value = None
        sheet.delete_rows(4)

    edit(office, mended)
    office.ok(f"{DAY} 10:30")
    assert [str(one["№"]) for one in office.rows("Лиды")] == ["L-2026-0002", "L-2026-0001", "L-2026-0003"]


@pytest.mark.parametrize("text", ["1", "А сколько у них рабочих мест?"])
def test_what_staff_rewrite_is_told_at_once_whatever_the_partner_wrote_meanwhile(office: House, text: str) -> None:
    lead(office, "Лид", "старый телефон")
    office.ok(f"{DAY} 10:00")
    office.set_cells("Лиды", "L-2026-0001", {"Контакт": "новый телефон"})
    office.reply(office.mail("lead-assigned"), text, f"{DAY} 10:20")
    office.ok(f"{DAY} 10:30")
    _, second = office.mails("lead-assigned")
    assert second.subject.startswith("Уточнение по лиду")
    assert "новый телефон" in second.text
    calm(office, f"{DAY} 10:35")


def test_a_row_edited_while_the_book_was_open_is_still_its_lead(office: House) -> None:
    lead(office, "Лид", "контакт")
    lock = office.root / ".~lock.partners.xlsx#"
    lock.touch()
    assert office.once(f"{DAY} 10:00").code == 1  # decided and mailed, not written
    assert office.mail("lead-assigned").to == GOLD
    (row,) = office.rows("Лиды")
    assert row["№"] == ""

    def typed(book: Workbook) -> None:
        sheet = book["Лиды"]
        sheet.cell(2, place(sheet, "Контакт")).value = "другой контакт"

    edit(office, typed)
    lock.unlink()
    office.ok(f"{DAY} 10:30")
    (row,) = office.rows("Лиды")
    assert (row["№"], row["Партнёр"], row["Контакт"]) == ("L-2026-0001", NAMES[GOLD], "другой контакт")
    assert "другой контакт" in office.mails("lead-assigned")[-1].text


def test_a_tab_without_its_column_of_numbers_is_not_taken_in_and_said(office: House) -> None:
    lead(office, "Лид", "контакт")

    def renamed(book: Workbook) -> None:
        sheet = book["Лиды"]
        sheet.cell(1, place(sheet, "№")).value = "Наш код"

    edit(office, renamed)
    done = office.once(f"{DAY} 10:00")
    assert (done.code, "Лиды" in done.err) == (1, True)
    assert not office.mails("lead-assigned")


def test_the_summary_counts_leads(office: House) -> None:
    lead(office, "Лид", "контакт")
    office.ok(f"{DAY} 10:00")
    sheet = openpyxl.load_workbook(office.book)["Сводка"]
    cells = [(sheet.cell(row, 1).value, sheet.cell(row, 2).value) for row in range(1, sheet.max_row + 1)]
    start = [name for name, _ in cells].index("Лиды") + 1
    assert cells[start : start + 4] == [("Ждёт", 0), ("Передан", 1), ("В работе", 0), ("Снят", 0)]
