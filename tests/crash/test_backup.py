"""The ledger is copied in the midst of a pass; from any such copy the work goes on, and nothing is said or shown twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.crash.outcome import sound
from tests.crash.passes import a_pass
from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO
from tests.scenarios.house import House, inn

NOW = f"{DAY} 11:00"
COPIES = 3


@pytest.mark.slow
def test_from_copies_made_in_the_midst_of_a_pass(office: House, tmp_path: Path) -> None:
    office.partner("d@four.example", "ООО «Партнёр 4»", inn(4), f"{DAY} 10:10")
    for number in range(6):
        office.deal(f"{DAY} 10:2{number}", FIRST, ONE, f"ООО «Цель {number}»", inn(400 + number))
        office.deal(f"{DAY} 10:3{number}", SECOND, TWO, f"ООО «Цель {number}»", inn(400 + number))
    running = a_pass(office, NOW)
    copies: list[Path] = []
    while running.ended(0.01) is None or not copies:
        copies.append(tmp_path / f"copy{len(copies)}.db")
        assert office.run("backup", str(copies[-1])).code == 0
    office.ok(NOW)
    shown, told = office.rows("Сделки"), [letter.message_id for letter in office.mails()]

    for number, copy in enumerate(copies[:: max(1, len(copies) // COPIES)]):
        shutil.copytree(office.root, root := tmp_path / f"restored{number}")
        for file in root.glob("ledger.db*"):
            file.unlink()
        restored = House(root)
        assert restored.run("restore", str(copy)).code == 0
        restored.ok(NOW)
        restored.ok(NOW)
        sound(restored, NOW)
        assert restored.rows("Сделки") == shown
        assert sorted(letter.message_id for letter in restored.mails()) == sorted(told)
