"""Two and more workers on one ledger in PostgreSQL, as processes: nothing is done twice, what one leaves is taken up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cases.desk import Desk
from cases.incoming_mail import Letter
from cases.replies import take_letter
from ledger import engine
from tests.crash.table import Note, note
from tests.postgres import Server
from tests.scenarios.house import ROOT, House, inn

__all__ = ["note"]

NOW = "2026-03-02T10:00:00+03:00"
LATER = "2026-03-02T10:20:00+03:00"
"""The claims of a pass at NOW have run out."""


class Crew:
    """Workers on one home, and a house of the same kind where one process does it all over SQLite."""

    def __init__(self, folder: Path, url: str) -> None:
        self.house, self.twin = House(folder / "home"), House(folder / "twin")
        self.log = folder / "sends.log"
        for house in (self.house, self.twin):
            house.init()
            _fill(house)
        self.house.configure('url = "sqlite:///ledger.db"', f'url = "{url}"')

    def start(self, act: str = "work", now: str = NOW) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-m", "tests.workers.worker", str(self.log), act]
        return subprocess.Popen(
            [*command, "once", "--home", str(self.house.root), "--now", now],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, act: str = "work", now: str = NOW) -> str:
        return _ended(self.start(act, now))

    def sends(self) -> Counter[str]:
        """How often each letter was sent, by Message-ID."""
        return Counter(line.split()[0] for line in self.log.read_text().splitlines())

    def same_as_alone(self) -> None:
        """The house stands where the twin stands, and no letter was sent twice."""
        self.twin.ok(NOW)
        assert set(self.sends().values()) == {1}
        told = [sorted((sent.template, sent.number, sent.to) for sent in house.mails()) for house in (self.house, self.twin)]
        assert told[0] == told[1]
        assert len(told[0]) == len(self.sends())
        for tab in ("Партнёры", "Сделки", "Форма Партнёр", "Форма Сделка"):
            assert [_settled(row) for row in self.house.rows(tab)] == [_settled(row) for row in self.twin.rows(tab)]
        journal = [Counter(tuple(row.values()) for row in house.rows("Журнал")) for house in (self.house, self.twin)]
        assert journal[0] == journal[1]
        assert self.house.status(NOW)["undelivered"] == 0


def _fill(house: House) -> None:
    """Two partners who want the same customers, and data that are missing."""
    for n in (1, 2):
        house.partner(f"a@p{n}.example", f"ООО «Партнёр {n}»", inn(n))
    for n in range(6):
        first, second = ((1, 2), (2, 1))[n % 2]
        house.deal(f"2026-03-02 09:3{n}", f"a@p{first}.example", inn(first), f"Клиент {n}", inn(100 + n))
        house.deal(f"2026-03-02 09:4{n}", f"a@p{second}.example", inn(second), f"Клиент {n}", inn(100 + n))


def _settled(row: Mapping[str, object]) -> dict[str, object]:
    """The row without the time at which its letter went: a later pass may have sent it."""
    return {header: value for header, value in row.items() if header != "Ответ отправлен"}


def _ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out + err


@pytest.fixture
def crew(tmp_path: Path, postgres: Server, postgres_ledger: str) -> Iterator[Crew]:
    url = postgres.database(postgres_ledger)
    yield Crew(tmp_path, url)
    postgres.drop(url)


def test_two_at_once_do_what_one_would(crew: Crew) -> None:
    first, said = crew.start(), []
    while first.poll() is None:
        said.append(crew.ok())
    said.append(_ended(first))  # either of the two may have come first
    crew.ok()
    crew.same_as_alone()
    assert any("another worker's hands" in text for text in said)


def test_quotas_of_leads_hold_with_several_at_once(crew: Crew) -> None:
    crew.ok()
    for number, tier in ((1, "Серебряный"), (2, "Бронзовый")):
        crew.house.set_cell("Партнёры", f"P-{number:04}", "Статус", tier)
    for number in range(1, 7):
        crew.house.add("Лиды", Лид=f"Лид {number}", Контакт=f"контакт {number}")
    workers = [crew.start() for _ in range(3)]
    for worker in workers:
        _ended(worker)
    crew.ok()
    given = Counter(row["Партнёр"] for row in crew.house.rows("Лиды"))
    assert given == {"ООО «Партнёр 1»": 2, "ООО «Партнёр 2»": 1, "": 3}
    assert [row["№"] for row in crew.house.rows("Лиды")] == [f"L-2026-{number:04}" for number in range(1, 7)]
    assert len(crew.house.mails("lead-assigned")) == 3
    assert set(crew.sends().values()) == {1}


def test_a_killed_worker_is_replaced_and_its_letters_are_not_doubled(crew: Crew, note: Note) -> None:
    note(10, "killed amid its letters, another takes over", "PostgreSQL")
    process = crew.start("die")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert sum(crew.sends().values()) == 2
    crew.ok()
    crew.same_as_alone()


def test_a_worker_stopped_past_its_lease_is_replaced_and_sends_nothing_afterwards(crew: Crew, note: Note) -> None:
    note(10, "stopped past its lease, another takes over, goes on", "PostgreSQL")
    process = crew.start("stop")
    try:
        _until_stopped(process)
        assert not crew.log.exists()
        said = crew.ok(now=NOW)
        assert "another worker's hands" in said
        assert not crew.log.exists()  # the claims last
        crew.ok(now=LATER)
        sent = crew.sends()
        assert len(sent) == len(crew.house.mails())
        time.sleep(2.1)
    finally:
        process.send_signal(signal.SIGCONT)
    _ended(process)
    assert crew.sends() == sent
    crew.ok(now=LATER)
    crew.same_as_alone()


@pytest.mark.slow
def test_no_letter_is_to_blame_for_a_worker_that_stood_still(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL ended its transaction: nothing of it is kept, and nothing is counted against what it was working on."""
    house = crew.house
    house.ok(NOW)
    house.write("a@p1.example", "Вопрос", "Как стать золотым партнёром?", NOW)

    def stand_still(desk: Desk, letter: Letter) -> None:
        take_letter(desk, letter)
        time.sleep(2)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_SESSION", ("SET idle_in_transaction_session_timeout = '1s'",))
        patch.setattr("jobs.ingest_mail.take_letter", stand_still)
        done = house.once(LATER)
    assert (done.code, "ingest_mail stopped" in done.err) == (1, True), done.err
    assert "it is tried again" not in done.err
    assert not house.rows("Обращения")
    house.ok(LATER)
    assert len(house.rows("Обращения")) == 1


def test_a_second_process_over_sqlite_says_who_is_at_work(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    house.init()
    _fill(house)
    command = [sys.executable, "-m", "tests.workers.worker", str(tmp_path / "log"), "stop"]
    with subprocess.Popen([*command, "once", "--home", str(house.root), "--now", NOW], cwd=ROOT, stdout=-3, stderr=-3) as process:
        try:
            _until_stopped(process)
            done = house.once(NOW)
        finally:
            process.kill()
    assert (done.code, f"process {process.pid} since" in done.err) == (0, True), done
    house.ok(NOW)
    assert {row["Решение"] for row in house.rows("Форма Партнёр")} == {"Принято"}


def _until_stopped(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    stat = Path(f"/proc/{process.pid}/stat")
    for _ in range(1200):
        assert process.poll() is None, process.communicate()
        if stat.read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    raise AssertionError("it did not stop")
