"""A new edition comes into force between a killed pass and the next: what came before it keeps its figures and deadlines."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.failpoints import FailPoint
from tests.crash.outcome import sound
from tests.crash.passes import a_pass
from tests.crash.table import Note
from tests.scenarios.desk_work import FIRST, ONE, SECOND, TWO
from tests.scenarios.house import ROOT, House, inn

pytestmark = pytest.mark.slow

BEFORE, AFTER = "2026-06-30 23:50", "2026-07-01 10:00"
POINTS = (
    FailPoint.SHEET_READ,
    FailPoint.ROWS_TAKEN,
    FailPoint.CASES_DUE,
    FailPoint.CASES_REVIEWED,
    FailPoint.MAIL_FIXED,
    FailPoint.MAIL_SENT,
    FailPoint.BOOK_REPLACED,
)


def _until_the_last_evening(folder: Path) -> House:
    house = House(folder)
    house.init(staff=["staff@vendor.example"])
    house.partner(FIRST, "ООО «Первый»", ONE, "2026-06-29 09:00")
    house.partner(SECOND, "ООО «Второй»", TWO, "2026-06-29 09:01")
    house.ok("2026-06-29 10:00")
    house.deal("2026-06-30 17:00", FIRST, ONE, "Клиент", inn(100))
    house.deal("2026-06-30 23:40", SECOND, TWO, "Клиент", inn(100))
    house.deal("2026-06-30 23:41", SECOND, TWO, "Иной", "")
    return house


def _figures(house: House) -> list[object]:
    """The new edition comes, with a deal on its first morning; then edition, discount, deadline and state of each deal."""
    house.configure("editions = []", f'editions = ["{ROOT / "tests/data/programme-second"}"]')
    house.deal("2026-07-01 00:01", FIRST, ONE, "Третий", inn(102))
    house.ok(AFTER)
    house.ok(AFTER)
    sound(house, AFTER)
    shown = [tuple(row[name] for name in ("№", "Состояние", "Скидка %", "Ответить до")) for row in house.rows("Сделки")]
    return [(*row, house.explain(str(row[0]))["edition"]) for row in shown]


@pytest.mark.parametrize("point", POINTS)
def test_cases_keep_the_edition_of_their_day(tmp_path: Path, point: FailPoint, note: Note) -> None:
    note(12, f"{point}, then a new edition", "files")
    house, twin = _until_the_last_evening(tmp_path / "home"), _until_the_last_evening(tmp_path / "twin")
    a_pass(house, BEFORE, point).killed()
    twin.ok(BEFORE)
    figures = _figures(house)
    assert figures == _figures(twin)
    assert [row[-1] for row in figures if isinstance(row, tuple)] == ["2024-01-01"] * 3 + ["2026-07-01"]
