"""A pass that is killed on its way is made up for by the next one, at the same moment: nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.house import ROOT, House, inn

NOW = "2026-03-02T10:00:00+03:00"

KILLER = """
import os, signal, sys
import {module} as module
original = module.{name}
def deadly(*given, **named):
    if {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    found = original(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
module.{name} = deadly
from jobs.cli import main
sys.exit(main(sys.argv[1:]))
"""

POINTS = [
    ("cases.intake", "_take", True),
    ("jobs.ingest_forms", "take_rows", False),
    ("jobs.review_deals", "review", False),
    ("jobs.send_mail", "compose", True),
    ("jobs.send_mail", "_prepare", False),
    ("jobs.send_mail", "_send", False),
    ("jobs.send_mail", "_settle", False),
    ("jobs.write_sheet", "_remember", False),
    ("jobs.write_sheet", "_settle", True),
    ("jobs.write_sheet", "_settle", False),
]


@pytest.mark.parametrize(("module", "name", "before"), POINTS)
def test_the_next_pass_makes_up_for_a_killed_one(tmp_path: Path, module: str, name: str, before: bool) -> None:
    house, twin = House(tmp_path / "home"), House(tmp_path / "twin")
    for one in (house, twin):
        one.init()
        one.partner("a@one.example", "ООО «Один»", inn(1))
        one.deal("2026-03-02 09:30", "a@one.example", inn(1), "Клиент", inn(100))
        one.deal("2026-03-02 09:31", "a@one.example", inn(1), "Клиент второй", inn(101), **{"Количество лицензий": "?"})
    twin.ok(NOW)
    code = KILLER.format(module=module, name=name, before=before)
    command = [sys.executable, "-c", code, "once", "--home", str(house.root), "--now", NOW]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    house.ok(NOW)
    book, letters = house.book.read_bytes(), house.mails()
    assert sorted(letter.template for letter in letters) == ["deal-registered", "needs-data", "partner-authorised"]
    assert [row["Состояние"] for row in house.rows("Сделки")] == ["Зарегистрирована", "Нужны данные"]
    assert [row["Решение"] for row in house.rows("Форма Сделка")] == ["Принято", "Нужны данные"]
    assert all(row["Ответ отправлен"] for row in house.rows("Форма Сделка"))
    assert house.rows("Журнал") == twin.rows("Журнал")
    house.ok(NOW)
    assert house.book.read_bytes() == book
    assert len(house.mails()) == len(letters)
    assert house.status()["undelivered"] == 0
    assert not list(house.root.glob(".partners*"))
