"""One case's fault is that case's alone; a pass goes on, says so, and heals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cases import deals, intake, replies
from jobs.lock import at_work
from tests.scenarios.house import ROOT, House, inn

ADDRESS = "a@one.example"


@pytest.fixture
def house(tmp_path: Path) -> House:
    built = House(tmp_path / "home")
    built.init(staff=["staff@vendor.example"])
    built.partner(ADDRESS, "ООО «Один»", inn(1))
    for number in range(3):
        built.deal(f"2026-03-02 09:3{number}", ADDRESS, inn(1), f"Клиент {number}", inn(100 + number))
    return built


def _break(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Any) -> None:
    """Have the function raise where `wrong` says so of its arguments."""
    whole = getattr(module, name)

    def broken(*given: Any, **named: Any) -> Any:
        if wrong(*given):
            raise ZeroDivisionError("a bug")
        return whole(*given, **named)

    monkeypatch.setattr(module, name, broken)


def test_a_case_that_fails_is_set_aside_and_the_rest_is_decided(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        _break(broken, deals, "review", lambda desk, case: case.number == "D-2026-0002")
        done = house.once("2026-03-02 10:00")
        assert done.code == 1
        assert "D-2026-0002 is in quarantine: ZeroDivisionError" in done.err
        states = [row["Состояние"] for row in house.rows("Сделки")]
        assert states == ["Зарегистрирована", "На рассмотрении", "Зарегистрирована"]
        assert house.status()["quarantine"] == [{"source": "case", "reason": "ZeroDivisionError: a bug"}]
        assert house.once("2026-03-02 10:05").code == 1
    assert [letter.to for letter in house.mails("staff-attention")] == ["staff@vendor.example"]
    house.set_cell("Сделки", "D-2026-0002", "Решение сотрудника", "Одобрить")
    house.ok("2026-03-02 11:00")
    assert house.row("Сделки", "D-2026-0002")["Состояние"] == "Зарегистрирована"
    assert house.status()["quarantine"] == []


def test_a_row_that_fails_is_tried_again_with_the_next_change(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        _break(broken, intake, "_take", lambda desk, row: row.position == 3 and row.form == "deal")
        done = house.once("2026-03-02 10:00")
        assert done.code == 1
        assert "form:deal row 3" in done.err
        assert len(house.rows("Сделки")) == 2
    house.deal("2026-03-02 10:10", ADDRESS, inn(1), "Клиент", inn(150))
    house.ok("2026-03-02 10:30")
    assert len(house.rows("Сделки")) == 4


def test_a_letter_that_fails_is_tried_three_times_then_set_aside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.write("someone@else.example", "Вопрос", "Как стать партнёром?", "2026-03-02 09:00")
    house.write("other@else.example", "Другой вопрос", "А мне?", "2026-03-02 09:01")
    _break(monkeypatch, replies, "_whose", lambda desk, letter: letter.sender == "someone@else.example")
    assert [house.once(f"2026-03-02 1{hour}:00").code for hour in range(4)] == [1, 1, 1, 0]
    assert [item["source"] for item in house.status()["quarantine"]] == ["mail"]
    assert house.mail("question-received").to == "other@else.example"


def test_what_is_no_letter_is_set_aside_and_said(house: House) -> None:
    house.deliver(b"\x00\x01\x02", "2026-03-02 09:00")
    house.deliver(b"", "2026-03-02 09:00")
    done = house.once("2026-03-02 10:00")
    assert done.code == 1
    assert "quarantine" in done.err
    assert house.once("2026-03-02 10:05").code == 0


def test_a_home_at_work_is_left_alone(house: House, tmp_path: Path) -> None:
    from jobs.home import open_home

    with at_work(open_home(tmp_path / "home")):
        done = house.once("2026-03-02 10:00")
    assert done.code == 0
    assert "another run is at work" in done.err
    assert not (tmp_path / "home/ledger.db").exists()


def test_logs_hold_no_personal_data(house: House) -> None:
    done = house.once("2026-03-02 10:00")
    lines = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert {line["event"] for line in lines} == {"job", "pass"}
    for private in ("Иванова", "example", "Клиент", inn(1)):
        assert private not in done.err


def test_a_stop_signal_ends_the_timetable_cleanly(house: House) -> None:
    command = [sys.executable, "-m", "jobs", "run", "--home", str(house.root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(100):
            time.sleep(0.1)
            if house.mails("deal-registered"):
                break
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert house.run("doctor").code == 0
    assert house.status()["undelivered"] == 0
