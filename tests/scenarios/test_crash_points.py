"""Killed between an effect and its record, a pass is made up for by the next one: nothing twice, nothing forgotten."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from sqlite3 import connect

import pytest

from jobs.failpoints import VARIABLE, FailPoint
from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO, contents
from tests.scenarios.house import ROOT, House, inn

NOW = f"{DAY} 11:00"
QUICK = (FailPoint.ROWS_TAKEN, FailPoint.MAIL_SENT, FailPoint.BOOK_REPLACED)
"""One for each store: ledger, mailbox, workbook."""

OFTEN = {FailPoint.MAIL_SENT: 4, FailPoint.LETTER_TAKEN: 2}
"""Points that a pass reaches several times are tried in the middle too."""


@pytest.fixture
def busy(office: House) -> House:
    """A house where every kind of work waits for the next pass."""
    office.partner("d@four.example", "ООО «Партнёр 4»", inn(4), f"{DAY} 10:10")
    office.deal(f"{DAY} 10:20", "d@four.example", inn(4), "ООО «Заказчик 5»", inn(105))
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Заказчик 1»", inn(101))
    office.deal(f"{DAY} 10:40", FIRST, ONE, "ООО «Заказчик 6»", "")
    office.set_cells("Сделки", "D-2026-0004", {"Решение сотрудника": "Одобрить", "Скидка сотрудника %": 12})
    office.set_cell("Сделки", "D-2026-0003", "Скидка %", 17)
    office.set_cell("Сделки", "D-2026-0002", "Состояние", "Продана")
    first = office.mail("deal-registered", number="D-2026-0001")
    office.reply(first, "2", f"{DAY} 10:45")
    office.write("someone@else.example", "Вопрос", "Как стать партнёром?", f"{DAY} 10:50")
    office.deliver(b"\x00\x01 no letter at all", f"{DAY} 10:55")
    return office


def a_pass(house: House, fail_at: str = "", now: str = NOW) -> subprocess.Popen[bytes]:
    """`once` in a process of its own."""
    moment = f"{now.replace(' ', 'T')}:00+03:00"
    return subprocess.Popen(
        [sys.executable, "-m", "jobs", "once", "--home", str(house.root), "--now", moment],
        cwd=ROOT,
        env={**os.environ, VARIABLE: fail_at},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def killed_at(house: House, fail_at: str) -> None:
    """One pass that dies at that point."""
    with a_pass(house, fail_at) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, f"{fail_at} was not reached: {said.decode()}"


def all_is_well(house: House, now: str = NOW) -> None:
    """The next pass ends as if there had been no crash, and one more changes nothing."""
    house.once(now)  # its code tells of the letter in quarantine, unless that was said before
    house.ok(now)
    assert {row["№"]: row["Состояние"] for row in house.rows("Сделки")} == {
        "D-2026-0001": "Зарегистрирована",
        "D-2026-0002": "Зарегистрирована",
        "D-2026-0003": "Зарегистрирована",
        "D-2026-0004": "Зарегистрирована",
        "D-2026-0005": "Зарегистрирована",
        "D-2026-0006": "Отказано",
        "D-2026-0007": "Нужны данные",
    }
    deals = {str(row["№"]): row for row in house.rows("Сделки")}
    assert deals["D-2026-0001"]["Статус продажи"] == "переговоры"
    assert (deals["D-2026-0003"]["Скидка %"], deals["D-2026-0004"]["Скидка %"]) == (17, 12)
    assert "Продана" in str(deals["D-2026-0002"]["Замечания"])
    assert deals["D-2026-0004"]["Замечания"] == "", "a word was heard twice"
    assert all(row["Решение сотрудника"] == "" for row in deals.values())
    assert [row["Решение"] for row in house.rows("Форма Сделка")][-3:] == ["Принято", "Отказано", "Нужны данные"]
    assert all(row["Ответ отправлен"] for row in house.rows("Форма Сделка"))
    assert [row["№"] for row in house.rows("Партнёры")] == ["P-0001", "P-0002", "P-0003", "P-0004"]
    assert len(house.rows("Обращения")) == 1
    letters = Counter((one.template, one.number) for one in house.mails() if one.template != "staff-attention")
    assert set(letters.values()) == {1}, letters
    assert letters.keys() >= {
        ("partner-authorised", "P-0004"),
        ("deal-registered", "D-2026-0004"),
        ("deal-registered", "D-2026-0005"),
        ("deal-refused", "D-2026-0006"),
        ("needs-data", "D-2026-0007"),
        ("deal-terms-changed", "D-2026-0003"),
        ("question-received", str(house.rows("Обращения")[0]["№"])),
    }
    assert len({one.message_id for one in house.mails()}) == len(house.mails())
    journal = Counter((row["№"], row["Событие"], row["Подробности"], row["Время"]) for row in house.rows("Журнал"))
    with closing(connect(house.root / "ledger.db")) as ledger:
        assert ledger.execute("pragma integrity_check").fetchone() == ("ok",)
        (events,) = ledger.execute("select count(*) from events").fetchone()
        assert ledger.execute("select count(*) from mails where state <> 'sent'").fetchone() == (0,)
    assert sum(journal.values()) == events, "the journal lost or doubled a line"
    assert house.status()["undelivered"] == 0
    assert not list((house.root / "mail/inbox/new").iterdir())
    assert not [path.name for path in house.root.iterdir() if path.suffix in (".new", ".bare")]
    before = house.book.read_bytes(), len(house.mails())
    house.ok(now)
    assert (house.book.read_bytes(), len(house.mails())) == before


@pytest.mark.parametrize("point", QUICK)
def test_a_killed_pass_is_made_up_for(busy: House, point: FailPoint) -> None:
    killed_at(busy, point)
    all_is_well(busy)


@pytest.mark.slow
@pytest.mark.parametrize("point", [point for point in FailPoint if point not in QUICK] + [f"{p}:{n}" for p, n in OFTEN.items()])
def test_the_other_points(busy: House, point: str) -> None:
    killed_at(busy, point)
    all_is_well(busy)


@pytest.mark.slow
@pytest.mark.parametrize("point", list(FailPoint))
def test_killed_twice_at_the_same_point(busy: House, point: FailPoint) -> None:
    """The repair is killed too, where it comes that far again."""
    killed_at(busy, point)
    with a_pass(busy, point) as process:
        process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 0, 1)
    all_is_well(busy)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random(busy: House, seed: int) -> None:
    """Six kills at any moment; what a pass left undone is done by the next that lives."""
    dice = random.Random(seed)
    lasted = 3.0
    for _ in range(6):
        begun = time.monotonic()
        with a_pass(busy) as process:
            try:
                process.communicate(timeout=dice.uniform(0.3, lasted))
                lasted = min(lasted, time.monotonic() - begun)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
    all_is_well(busy)


def test_a_rehearsal_after_a_crash_touches_nothing(busy: House) -> None:
    killed_at(busy, FailPoint.MAIL_FIXED)
    before = contents(busy.root)
    done = busy.once(NOW, "--dry-run")
    assert "deal-registered" in done.out
    assert contents(busy.root) == before
