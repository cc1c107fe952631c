"""`simulate`: the record replayed under another edition. Under its own it comes out as it was, to the last field."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from jobs.dry_run import copied_ledger
from jobs.home import SHIPPED_PROGRAMME, open_home
from jobs.programme import load_editions
from jobs.progress import Progress
from jobs.replay import replayed, tape_of
from ledger.copies import restore
from ledger.database import SqlTransaction, open_ledger
from tests.postgres import Server
from tests.scenarios import (
    test_deals_clock,
    test_deals_terms,
    test_mail_replies,
    test_partners_authorisation,
    test_sheet_words,
    test_tiers_stories,
    test_waiting_list,
)
from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO, contents, furnish
from tests.scenarios.house import ROOT, House, Value, inn

PRESENT = SHIPPED_PROGRAMME / "2024-01-01"
SECOND_EDITION = ROOT / "tests/data/programme-second/2026-07-01"


def simulated(house: House, edition: Path = PRESENT, *more: str) -> dict[str, Any]:
    """`simulate --json`."""
    done = house.run("simulate", "--edition", str(edition), "--json", *more)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


# -- the present edition differs in nothing ------------------------------------------------


def _state(tx: SqlTransaction) -> tuple[object, ...]:
    """Cases, decisions, letters, and what form rows show: to the last field."""
    cases = {case.number: case for case in tx.all_cases()}
    letters = {(number, mail.key, mail.template, mail.recipient, mail.state) for number in cases for mail in tx.mails_of(number)}
    rows = [(one.source, one.key, one.fingerprint()) for one in tx.all_submissions()]
    return cases, tx.all_decisions(), letters, rows


def replayed_and_recorded(house: House, lacking: str = "") -> tuple[tuple[object, ...], tuple[object, ...]]:
    """What the record's replay under its own editions gives, and what it holds. `lacking`: the last of these is left out."""
    home, now = open_home(house.root), datetime.now(UTC)
    with TemporaryDirectory() as folder, closing(copied_ledger(home, Path(folder), "tests")) as ledger:
        tape = tape_of(ledger, now, None)
        if lacking:
            tape = replace(tape, **{lacking: getattr(tape, lacking)[:-1]})
        editions = load_editions(*home.programme_folders())
        with (
            ledger.reading(now) as record,
            replayed(home, ledger, tape, editions, Progress()) as office,
            office.ledger.reading(now) as replay,
        ):
            return _state(replay), _state(record)


def replays_to_the_last_field(house: House) -> None:
    """The record's replay under its own editions gives the record."""
    there, here = replayed_and_recorded(house)
    assert there == here


def _errands(house: House) -> None:
    """Orders, pilots, NFR, trainings, questions, edits, a bulk edit that is held, an overlap that staff approve."""
    house.partner(FIRST, "ООО «Один»", ONE, f"{DAY} 09:00")
    house.partner(SECOND, "ООО «Два»", TWO, f"{DAY} 09:01")
    house.partner("x@three.example", "", inn(3), f"{DAY} 09:02")
    house.deal(f"{DAY} 09:10", FIRST, ONE, "ООО «Клиент»", inn(100))
    house.deal(f"{DAY} 09:11", SECOND, TWO, "ООО «Клиент»", inn(100))
    house.deal(f"{DAY} 09:12", SECOND, TWO, "ООО «Иной»", inn(101), **{"Количество лицензий": "много"})
    house.deal(f"{DAY} 09:13", "stranger@nowhere.example", TWO, "ООО «Ещё»", inn(102))
    house.ok(f"{DAY} 10:00")
    order: dict[str, Value] = {
        "ИНН партнёра": ONE,
        "№ сделки": "D-2026-0001",
        "Заказчик": "ООО «Клиент»",
        "ИНН заказчика": inn(100),
    }
    house.add_form("Форма Заказ", f"{DAY} 11:00", FIRST, **order, **{"Продукты": "Стахановец Про", "Количество лицензий": 4})
    house.add_form("Форма Заказ", f"{DAY} 11:01", FIRST, **order, **{"Продукты": "Стахановец Про", "Количество лицензий": 40})
    pilot: dict[str, Value] = {
        "ИНН партнёра": ONE,
        "Заказчик": "ООО «Пилот»",
        "ИНН заказчика": inn(110),
        "Продукты": "Стахановец Про",
    }
    house.add_form("Форма Пилот", f"{DAY} 11:02", FIRST, **pilot, **{"Количество лицензий": 5})
    house.add_form("Форма Запрос", f"{DAY} 11:03", FIRST, **{"ИНН партнёра": ONE, "Тема": "Обучение", "Текст": "Курс"})
    house.add_form("Форма Запрос", f"{DAY} 11:04", FIRST, **{"ИНН партнёра": ONE, "Тема": "NFR-лицензия", "Текст": "Просим"})
    house.write("who@else.example", "Вопрос", "Сколько стоит?", f"{DAY} 11:05")
    house.ok(f"{DAY} 11:10")
    house.set_cell("Пилоты", "T-2026-0001", "Ключ", "KEY-1")
    house.set_cell("Заказы", "O-2026-0002", "Решение сотрудника", "Одобрить")
    house.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    house.set_cell("Партнёры", "P-0001", "Статус", "Серебряный")
    house.set_cell("Сделки", "D-2026-0001", "Скидка %", 22)
    house.ok(f"{DAY} 12:00")
    house.set_cell("Сделки", "D-2026-0002", "Скидка сотрудника %", 5)
    house.reply(house.mail("deal-registered", number="D-2026-0001"), "4", f"{DAY} 13:00")
    house.reply(house.mail("needs-data", number="D-2026-0003"), "Количество лицензий: 7", f"{DAY} 13:01")
    webinar = next(str(row["№"]) for row in house.rows("Обучение") if row["ИНН партнёра"] == ONE and "ебинар" in str(row))
    house.set_cell("Обучение", webinar, "Присутствовал", "Да")
    house.ok(f"{DAY} 13:10")
    for at in ("2026-03-14 09:00", "2026-03-17 09:00", "2026-04-01 09:30", "2026-04-14 09:00", "2026-05-20 09:00"):
        house.ok(at)
    house.reply(house.mails("deal-registered", number="D-2026-0003")[-1], "сделка проиграна", "2026-05-20 10:00")
    house.ok("2026-05-20 10:05")
    house.reply(house.mail("reply-confirm"), "1", "2026-05-20 11:00")
    house.ok("2026-05-20 11:05")
    house.deal("2026-05-21 09:00", FIRST, ONE, "ООО «Клиент»", inn(100))  # its own repeat
    house.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Деавторизовать")
    house.ok("2026-05-21 10:00")
    house.ok("2026-09-10 10:00")


@pytest.fixture(scope="module")
def errands_home(new_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which `_errands` were done; not to be touched."""
    root = tmp_path_factory.mktemp("errands") / "home"
    shutil.copytree(new_home, root)
    _errands(House(root))
    return root


@pytest.fixture
def errands(errands_home: Path, tmp_path: Path) -> House:
    shutil.copytree(errands_home, tmp_path / "home")
    return House(tmp_path / "home")


REGISTRIES = ("Партнёры", "Сделки", "Заказы", "Пилоты", "NFR", "Обучение", "Обращения")


def _held(house: House) -> None:
    furnish(house)
    test_sheet_words.test_too_many_at_once_are_put_back_when_staff_refuse(house)


STORIES: tuple[Callable[[House], None], ...] = (
    _held,
    test_deals_clock.test_a_silver_deal_is_confirmed_at_three_months_and_not_at_its_end,
    test_deals_clock.test_extensions_go_by_the_present_tier_from_the_unshifted_end,
    test_deals_clock.test_the_same_deal_again_within_thirty_days_goes_to_staff,
    test_deals_terms.test_a_case_keeps_the_edition_it_was_submitted_under,
    test_mail_replies.test_one_file_of_two_is_asked_for_the_other,
    test_partners_authorisation.test_a_wrong_address_is_mended_in_the_row,
    test_tiers_stories.test_promotion_comes_at_once_and_step_by_step,
    test_tiers_stories.test_a_shortfall_is_warned_of_quarterly_and_proposed_after_the_grace,
    test_tiers_stories.test_a_complaint_is_put_to_staff_once_and_drops_out_when_lifted,
    test_waiting_list.test_told_when_the_term_runs_out_after_more_than_a_year,
)
"""Stories from elsewhere, and one of ours: between them everything that the record has to hold."""


TOLD_APART = [
    pytest.param(story, id=story.__name__.removeprefix("test_"), marks=[pytest.mark.slow] if number % 3 else [])
    for number, story in enumerate(STORIES)
]
"""One in three is told each time, the others with all that takes long."""


@pytest.mark.parametrize("story", TOLD_APART)
def test_the_record_replayed_is_the_record(house: House, story: Callable[[House], None]) -> None:
    story(house)
    replays_to_the_last_field(house)


def test_errands_and_all_that_staff_say(errands: House) -> None:
    replays_to_the_last_field(errands)
    for lacking in ("words", "tabs", "submissions"):
        there, here = replayed_and_recorded(errands, lacking)
        assert there != here, f"the comparison does not notice that {lacking} are missing"


def test_the_present_edition_differs_in_nothing(errands: House) -> None:
    house = errands
    found = simulated(house)
    assert set(found["sum"].values()) == {0}
    assert (found["partners"], found["outcomes"], found["unlike"], found["limits"]) == ([], [], [], [])
    assert found["replayed"]["cases"] == sum(len(house.rows(tab)) for tab in REGISTRIES)
    done = house.run("simulate", "--edition", str(PRESENT))
    assert "Nothing differs." in done.out
    found = simulated(house, SECOND_EDITION)
    assert found["unlike"] == [], "the record is given all the same"
    assert found["sum"]["discount"] > 0


def test_the_sample_home_differs_in_nothing(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    assert house.run("demo", "--now", "2026-11-24T10:00+03:00").code == 0
    replays_to_the_last_field(house)


# -- another edition ---------------------------------------------------------------------------


def test_another_edition_differs_in_its_figures_alone(office: House) -> None:
    """The second edition: White gets 15 % for four months, reports are due every three weeks, answers within three days."""
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(f"{DAY} 11:00")
    found = simulated(office, SECOND_EDITION)
    assert found["edition"] == "2026-07-01"
    one, two, three = found["partners"]
    assert [partner["number"] for partner in (one, two, three)] == ["P-0001", "P-0002", "P-0003"]
    assert (two["name"], two["inn"]) == ("ООО «Партнёр 2»", TWO)
    assert [tuple(line.values()) for line in two["differences"]] == [
        ("D-2026-0002", "discount", "discount", "10", "15"),
        ("D-2026-0002", "deadline", "due_at", "2026-03-04T18:00:00+03:00", "2026-03-05T18:00:00+03:00"),
        ("D-2026-0002", "deadline", "valid_until", "2026-06-02", "2026-07-02"),
        ("D-2026-0002", "deadline", "report_due", "2026-03-16", "2026-03-23"),
    ]
    switch = [(line["name"], line["now"], line["then"]) for line in one["differences"] if line["id"] == "D-2026-0004"]
    assert ("discount", "30", "25") in switch, "the switch's own figure, by staff's word then as now"
    assert found["sum"] == {"case": 0, "decision": 0, "discount": 4, "tier": 0, "deadline": 12}
    assert found["outcomes"] == []
    told = office.run("simulate", "--edition", str(SECOND_EDITION)).out
    assert "valid until: 02.06.2026 → 02.07.2026" in told
    assert "discount: 10 % → 15 %" in told
    assert "discounts 4, deadlines 12" in told


def _edition(tmp_path: Path, **changes: tuple[str, str]) -> Path:
    """A copy of the present edition under a name of its own, with changes by file: old text, new text."""
    copy = tmp_path / "what-if"
    shutil.copytree(PRESENT, copy)
    for name, (old, new) in changes.items():
        text = (copy / f"{name}.toml").read_text("utf-8")
        assert old in text
        (copy / f"{name}.toml").write_text(text.replace(old, new, 1), "utf-8")
    return copy


def _lines(found: dict[str, Any], number: str, what: str) -> list[tuple[str, str, str]]:
    return [
        (line["name"], line["now"], line["then"])
        for partner in found["partners"]
        for line in partner["differences"]
        if (line["id"], line["what"]) == (number, what)
    ]


def test_staff_must_approve_every_partner(house: House, tmp_path: Path) -> None:
    """Deals wait for partners that nobody authorised; staff's words act where they still can."""
    house.partner(FIRST, "ООО «Один»", ONE, f"{DAY} 09:00")
    house.partner(SECOND, "ООО «Два»", TWO, f"{DAY} 09:01")
    house.deal(f"{DAY} 09:10", FIRST, ONE, "ООО «Клиент»", inn(100))
    house.deal(f"{DAY} 09:11", SECOND, TWO, "ООО «Клиент»", inn(100))
    house.ok(f"{DAY} 10:00")
    house.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Авторизовать")  # no effect then: it is authorised already
    house.ok(f"{DAY} 11:00")
    house.ok("2026-03-06 10:00")
    found = simulated(house, _edition(tmp_path, authorisation=('approve = "auto"', 'approve = "staff"')))
    assert found["unlike"] == []
    assert _lines(found, "P-0001", "decision") == [("authorisation", "approve", "refer")]
    assert _lines(found, "P-0002", "decision") == [("authorisation", "approve", "refer, approve")]
    assert _lines(found, "D-2026-0001", "decision") == [("registration", "approve", "refer, reject")]
    assert _lines(found, "D-2026-0002", "decision") == [("registration", "reject", "refer, approve")]
    decisions = [line for line in found["partners"][0]["differences"] if line["what"] == "decision"]
    rejected = next(line for line in decisions if line["id"] == "D-2026-0001")
    assert [reason["code"] for reason in rejected["reasons_then"]] == ["2"]
    assert rejected["reasons_now"] == []
    webinars = [line for partner in found["partners"] for line in partner["differences"] if line["what"] == "case"]
    assert [(line["id"], line["now"], line["then"]) for line in webinars] == [("Q-2026-0001", "open", "")]
    outcomes = {(line["question"], line["outcome"]): (line["now"], line["then"]) for line in found["outcomes"]}
    assert outcomes["authorisation", "approve"] == (2, 1)
    assert outcomes["authorisation", "refer"] == (0, 2)


def test_a_case_that_never_was_takes_no_number_of_another(house: House, tmp_path: Path) -> None:
    """A term of one month: what was a deal's own repeat is a new deal then; later cases keep numbers, words and replies."""
    house.partner(FIRST, "ООО «Один»", ONE, f"{DAY} 09:00")
    house.deal(f"{DAY} 09:10", FIRST, ONE, "ООО «Клиент»", inn(100))
    house.ok(f"{DAY} 10:00")
    house.ok("2026-04-03 10:00")
    house.deal("2026-05-04 09:00", FIRST, ONE, "ООО «Клиент»", inn(100))
    house.deal("2026-05-04 09:01", FIRST, ONE, "ООО «Иной»", inn(101))
    house.ok("2026-05-04 10:00")
    house.reply(house.mail("deal-registered", number="D-2026-0002"), "5", "2026-05-05 10:00")
    house.reply(house.mail("deal-registered", number="D-2026-0001"), "4", "2026-05-05 10:01")
    house.ok("2026-05-05 10:05")
    found = simulated(house, _edition(tmp_path, tiers=("term_months = 3", "term_months = 1")))
    assert found["unlike"] == []
    assert _lines(found, "D-2026-0001", "decision")[0] == ("report", "tender", "")
    assert ("closing", "", "expire") in _lines(found, "D-2026-0001", "decision")
    assert _lines(found, "D-2026-0002", "decision") == [], "won in both"
    assert _lines(found, "D-2026-0003", "case") == [("case", "", "approve")]


def test_an_answer_to_a_letter_that_would_not_have_been_written(house: House, tmp_path: Path) -> None:
    """With reports due every eight weeks nobody is reminded, but the partner's answer still is a report about that deal."""
    house.partner(FIRST, "ООО «Один»", ONE, f"{DAY} 09:00")
    house.deal(f"{DAY} 09:10", FIRST, ONE, "ООО «Клиент»", inn(100))
    house.ok(f"{DAY} 10:00")
    house.ok("2026-03-14 09:00")
    house.reply(house.mail("deal-update-due"), "2", "2026-03-14 10:00")
    house.ok("2026-03-14 10:05")
    found = simulated(house, _edition(tmp_path, deals=("report_every_days = 14", "report_every_days = 56")))
    assert found["sum"]["decision"] == 0
    assert _lines(found, "D-2026-0001", "deadline") == [("report_due", "2026-03-28", "2026-05-09")]


def test_a_tab_is_read_as_it_stood_then(house: House, tmp_path: Path) -> None:
    """A sale of March that staff booked in May raises the tier in May, not in March."""
    house.partner(FIRST, "ООО «Один»", ONE, f"{DAY} 09:00")
    house.ok(f"{DAY} 10:00")
    house.deal("2026-04-01 09:00", FIRST, ONE, "ООО «Клиент»", inn(100))
    house.ok("2026-04-01 10:00")
    test_tiers_stories.sale(house, "2026-03-10", 160_000)
    house.ok("2026-05-04 10:00")
    assert house.row("Партнёры", "P-0001")["Статус"] == "Бронзовый"
    found = simulated(house, _edition(tmp_path, tiers=("sales_rub = 150_000", "sales_rub = 170_000")))
    assert _lines(found, "P-0001", "tier") == [("tier", "bronze", "white")]
    assert _lines(found, "P-0001", "decision") == [("tier", "raise", "")]
    assert _lines(found, "D-2026-0001", "discount") == [], "10 % of White both times: it was booked later"


# -- limits, faults, and what is touched ----------------------------------------------------------


def test_nothing_is_touched(office: House, monkeypatch: pytest.MonkeyPatch) -> None:
    office.write(FIRST, "Вопрос", "Когда?", f"{DAY} 12:00")
    office.deal(f"{DAY} 12:00", FIRST, ONE, "ООО «Новый»", inn(120))
    before = contents(office.root)
    kept = {path: path.stat().st_mtime_ns for path in office.root.rglob("*")}
    found = simulated(office, SECOND_EDITION)
    assert contents(office.root) == before
    assert {path: path.stat().st_mtime_ns for path in office.root.rglob("*")} == kept
    assert found["replayed"]["submissions"] == 7, "what nobody took in yet is no part of the record"


def test_only_what_was_recorded_by_then(office: House) -> None:
    office.deal(f"{DAY} 12:00", FIRST, ONE, "ООО «Новый»", inn(120))
    office.ok(f"{DAY} 12:05")
    whole = simulated(office, SECOND_EDITION)
    early = simulated(office, SECOND_EDITION, "--now", f"{DAY}T11:00+03:00")
    assert whole["replayed"]["cases"] == early["replayed"]["cases"] + 1
    assert early["replayed"]["to"] == f"{DAY}T10:00:00+03:00"
    done = office.run("simulate", "--edition", str(PRESENT), "--now", "2020-01-01T00:00+03:00")
    assert (done.code, len(done.err.splitlines())) == (2, 1)


def test_a_broken_edition_is_named_by_file_and_key(office: House, tmp_path: Path) -> None:
    for words, edition in (
        (
            ("deals.toml", "report_every_days", "often"),
            _edition(tmp_path, deals=("report_every_days = 14", 'report_every_days = "often"')),
        ),
        (("nowhere",), tmp_path / "nowhere"),
        (("config.toml", "no such subject"), office.root),
        (("partners.xlsx",), office.root / "partners.xlsx"),
    ):
        done = office.run("simulate", "--edition", str(edition))
        assert done.code == 2
        (line,) = done.err.splitlines()
        assert all(word in line for word in words), line
    assert office.run("simulate").code == 2


def test_a_file_of_the_edition_stands_for_it(office: House) -> None:
    assert simulated(office, SECOND_EDITION / "deals.toml") == simulated(office, SECOND_EDITION)


def test_a_home_without_a_record(new_home: Path) -> None:
    done = House(new_home).run("simulate", "--edition", str(PRESENT))
    assert (done.code, done.out) == (2, "")
    assert "once" in done.err


def test_erased_data_are_said(office: House) -> None:
    office.partner("d@four.example", "ООО «Четыре»", inn(4), f"{DAY} 11:00", **{"Контактное лицо": "Пётр", "Телефон": "12"})
    office.deal(f"{DAY} 11:01", "d@four.example", inn(4), "ООО «Клиент»", inn(130))
    office.ok(f"{DAY} 11:05")
    assert office.run("forget", "--person", "d@four.example", "--force").code == 0
    found = simulated(office)
    assert found["unlike"] != []
    (limit,) = found["limits"]
    assert "erased" in limit
    assert "2 of 2026" in limit
    assert set(found["sum"].values()) == {0}, "both replays lack the same"
    told = office.run("simulate", "--edition", str(PRESENT)).out
    assert found["unlike"][0] in told


def test_a_record_of_the_first_version_is_replayed_as_far_as_it_goes(office: House) -> None:
    """It held neither the whole of rows and letters nor the order of words nor tabs of before."""
    office.reply(office.mail("deal-registered", number="D-2026-0001"), "2", f"{DAY} 11:00")
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.ok(f"{DAY} 11:05")
    with closing(sqlite3.connect(office.root / "ledger.db")) as ledger:
        ledger.execute("UPDATE submissions SET raw = json_remove(raw, '$.row', '$.envelope')")
        ledger.execute("UPDATE words SET seq = NULL")
        ledger.execute("UPDATE staff_tab_changes SET at = '1970-01-01T00:00:00.000000+00:00'")
        ledger.commit()
    found = simulated(office)
    assert found["unlike"] == []
    assert "first version" in found["limits"][0]
    assert set(found["sum"].values()) == {0}


def test_old_runs_are_thinned_out_and_the_replay_stays_the_same(house: House) -> None:
    """Of runs older than a month the first of each hour stays."""
    test_tiers_stories.silver(house)
    for at in ("03-19 09:00", "03-19 09:05", "03-19 09:55", "04-01 09:00", "04-20 09:00", "06-01 09:00"):
        house.ok(f"2026-{at}")
    with closing(sqlite3.connect(house.root / "ledger.db")) as ledger:
        kept = [row[0][:16] for row in ledger.execute("SELECT DISTINCT started_at FROM job_runs ORDER BY 1")]
    assert "2026-03-19T06:00" in kept
    assert "2026-03-19T06:55" not in kept
    replays_to_the_last_field(house)


def test_a_ledger_in_postgresql(office: House, postgres: Server) -> None:
    here = simulated(office, SECOND_EDITION)
    url = postgres.database()
    office.run("backup", str(office.root / "kept.db"))
    restore(office.root / "kept.db", url)
    office.configure("sqlite:///ledger.db", url)
    before = _dump(office, url, "before.db")
    assert simulated(office, SECOND_EDITION) == here
    assert _dump(office, url, "after.db") == before
    postgres.drop(url)


def _dump(office: House, url: str, name: str) -> list[str]:
    """Everything in the database."""
    path = office.root.parent / name
    with closing(open_ledger(url, secret=b"x" * 32, owner="tests")) as ledger:
        ledger.backup(path)
    with closing(sqlite3.connect(path)) as copy:
        return list(copy.iterdump())


def test_an_edition_named_for_the_folder_of_editions(house: House) -> None:
    """It would be passed over silently."""
    house.configure("editions = []", f'editions = ["{SECOND_EDITION}"]')
    done = house.once(f"{DAY} 10:00")
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert "programme.editions" in line
    assert str(SECOND_EDITION.parent.relative_to(ROOT)) in line
