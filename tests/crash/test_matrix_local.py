"""The matrix over files: workbook, Maildirs, SQLite."""

from __future__ import annotations

import pytest

from jobs.failpoints import FailPoint
from tests.crash.boundaries import BOUNDARIES, Boundary
from tests.crash.conftest import Expected
from tests.crash.days import BUSY, Day
from tests.crash.outcome import outcome, same, sound
from tests.crash.passes import a_pass
from tests.crash.table import Note
from tests.scenarios.desk_work import contents
from tests.scenarios.house import House, moscow

LOCAL = [one for one in BOUNDARIES if one.files]
QUICK = (FailPoint.ROWS_TAKEN, FailPoint.MAIL_SENT, FailPoint.BOOK_REPLACED)
"""One for each store, tried in the quick suite too: ledger, mailbox, workbook."""


def made_up_for(house: House, day: Day, undisturbed: Expected) -> None:
    """The next pass ends as if there had been no crash, and one more changes nothing."""
    now = day.now
    house.once(now)  # its code tells of the letter in quarantine, unless that was said before
    house.ok(now)
    sound(house, now)
    same(outcome(house), undisturbed(day))
    assert not [path.name for path in house.root.iterdir() if path.suffix in (".new", ".bare")]
    before = house.book.read_bytes(), len(house.mails())
    house.ok(now)
    assert (house.book.read_bytes(), len(house.mails())) == before


def _rows(slow: bool) -> list[object]:
    chosen = [one for one in LOCAL if (one.point in QUICK and one.nth == 1 and one.day is BUSY) != slow]
    return [pytest.param(one, id=one.name) for one in chosen]


@pytest.mark.parametrize("boundary", _rows(slow=False))
def test_a_killed_pass_is_made_up_for(office: House, undisturbed: Expected, boundary: Boundary, note: Note) -> None:
    note(boundary.family, boundary.name, "files")
    boundary.day.begin(office)
    a_pass(office, boundary.day.now, boundary.fail_at).killed()
    made_up_for(office, boundary.day, undisturbed)


def test_the_day_that_is_disturbed_has_work_of_every_kind(office: House) -> None:
    BUSY.begin(office)
    office.once(BUSY.now)
    deals = {str(row["№"]): row for row in office.rows("Сделки")}
    assert {number: row["Состояние"] for number, row in deals.items()} == {
        "D-2026-0001": "Зарегистрирована",
        "D-2026-0002": "Зарегистрирована",
        "D-2026-0003": "Зарегистрирована",
        "D-2026-0004": "Зарегистрирована",
        "D-2026-0005": "Зарегистрирована",
        "D-2026-0006": "Отказано",
        "D-2026-0007": "Нужны данные",
    }
    assert deals["D-2026-0001"]["Статус продажи"] == "переговоры"
    assert (deals["D-2026-0003"]["Скидка %"], deals["D-2026-0004"]["Скидка %"]) == (17, 12)
    assert "Продана" in str(deals["D-2026-0002"]["Замечания"])
    assert len(office.rows("Обращения")) == 1
    assert [row["Партнёр"] for row in office.rows("Лиды")] == ["ООО «Партнёр 3»", ""]
    letters = {(one.template, one.number) for one in office.mails() if one.at == moscow(BUSY.now)}
    assert {template for template, _ in letters} >= {
        "partner-authorised",
        "deal-registered",
        "deal-refused",
        "needs-data",
        "deal-terms-changed",
        "status-report",
        "question-received",
        "staff-attention",
        "lead-assigned",
    }


@pytest.mark.slow
@pytest.mark.parametrize("boundary", _rows(slow=True))
def test_at_the_other_points(office: House, undisturbed: Expected, boundary: Boundary, note: Note) -> None:
    test_a_killed_pass_is_made_up_for(office, undisturbed, boundary, note)


@pytest.mark.slow
@pytest.mark.parametrize("boundary", [pytest.param(one, id=one.name) for one in LOCAL])
def test_killed_twice_at_the_same_point(office: House, undisturbed: Expected, boundary: Boundary, note: Note) -> None:
    """The repair is killed too, where it comes that far again."""
    note(boundary.family, boundary.name, "files, twice")
    boundary.day.begin(office)
    a_pass(office, boundary.day.now, boundary.fail_at).killed()
    a_pass(office, boundary.day.now, boundary.fail_at).ended()
    made_up_for(office, boundary.day, undisturbed)


def test_a_rehearsal_after_a_crash_touches_nothing(office: House) -> None:
    BUSY.begin(office)
    a_pass(office, BUSY.now, FailPoint.MAIL_FIXED).killed()
    before = contents(office.root)
    done = office.once(BUSY.now, "--dry-run")
    assert "deal-registered" in done.out
    assert contents(office.root) == before
