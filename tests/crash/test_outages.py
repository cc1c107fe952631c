"""Servers that are away or refuse for several passes: nothing is lost or doubled, and all of it goes out when they are back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.crash.days import BUSY
from tests.crash.imap_proxy import Trap
from tests.crash.outcome import sound
from tests.crash.table import Note
from tests.crash.wire_house import WireHouse
from tests.scenarios.desk_work import DAY
from tests.scenarios.house import Completed

pytestmark = pytest.mark.slow

AWAY = ("2026-03-02 11:00", "2026-03-02 11:06", "2026-03-02 11:40")
BACK = ("2026-03-02 13:45", "2026-03-02 13:50")
"""When letters that were put off three times are tried again."""

OUTAGES = {
    "google": ("google",),
    "imap": ("imap",),
    "smtp": ("smtp",),
    "imap and smtp": ("imap", "smtp"),
    "all servers": ("google", "imap", "smtp"),
}
REFUSALS = {"mark": "UID STORE", "move": "UID MOVE", "copy": "APPEND"}
_TOLD = ("Партнёр", "Заказчик", "Лид", "Заголовок", "Авторизация", "Статус", "Состояние", "Скидка %", "Решение сотрудника")
_TABS = ("Партнёры", "Сделки", "Обращения", "Обучение", "Лиды", "Форма Партнёр", "Форма Сделка")


def _gist(house: WireHouse) -> Counter[tuple[object, ...]]:
    """Whom it told what, and how the cases stand: without numbers and times, which follow from what could be read when."""
    letters = Counter(("letter", one.template, one.to) for one in house.mails() if one.template != "staff-attention")
    rows = ((tab, *(str(row[name]) for name in (*_TOLD, "Решение") if name in row)) for tab in _TABS for row in house.rows(tab))
    return letters + Counter(rows)


@pytest.fixture(scope="module")
def undisturbed_gist(furnished_wire: WireHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireHouse]:
    """What comes of the day without an outage."""
    house = furnished_wire.moved(tmp_path_factory.mktemp("undisturbed") / "home", "noutage")
    BUSY.begin(house)
    house.once(BUSY.now)
    house.ok(BUSY.now)
    yield house
    house.close()


def _in_the_end_as(twin: WireHouse, house: WireHouse, *, words_to_staff: int) -> None:
    """The servers are back; `words_to_staff`: so many letters about the outage at most."""
    for now in BACK:
        house.once(now)
    house.ok(BACK[-1])
    sound(house, BACK[-1])
    assert house.marked() == 0, "letters in the mailbox are still to be settled"
    found, expected = _gist(house), _gist(twin)
    assert found == expected, f"lost {expected - found}, too many {found - expected}"
    more = len(house.mails("staff-attention")) - len(twin.mails("staff-attention"))
    assert more <= words_to_staff, [letter.text for letter in house.mails("staff-attention")]


def _said_once(done: Completed) -> None:
    """Each fault is one line."""
    assert "Traceback" not in done.err
    lines = [line for line in done.err.splitlines() if line.startswith("partner-desk:") and "quarantine" not in line]
    assert len(lines) <= 3, done.err


@pytest.mark.parametrize("name", OUTAGES)
def test_away_for_several_passes(
    wire_office: WireHouse, undisturbed_gist: WireHouse, name: str, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(14, f"away for {len(AWAY)} passes: {name}", "wire")
    monkeypatch.setattr("sheets.google_http.ATTEMPTS", 1)  # the pauses before others are tested elsewhere
    BUSY.begin(wire_office)
    with wire_office.away(*OUTAGES[name]):
        for now in AWAY:
            done = wire_office.once(now)
            assert done.code == 1, done
            _said_once(done)
    _in_the_end_as(undisturbed_gist, wire_office, words_to_staff="smtp" in name)


@pytest.mark.parametrize("name", REFUSALS)
def test_the_mailbox_refuses(wire_office: WireHouse, undisturbed_gist: WireHouse, name: str, note: Note) -> None:
    note(14, f"imap: NO to each {name}", "wire")
    if name == "move":
        wire_office.configure('password = "file:imap.key"', 'password = "file:imap.key"\ndone_folder = "Done"')
    BUSY.begin(wire_office)
    wire_office.imap.traps.append(trap := Trap(REFUSALS[name], refusal="NO [OVERQUOTA] no room left"))
    for now in AWAY:
        _said_once(wire_office.once(now))
    assert _gist(wire_office) == _gist(undisturbed_gist), "what cannot be marked is read all the same"
    wire_office.imap.traps.remove(trap)
    _in_the_end_as(undisturbed_gist, wire_office, words_to_staff=0)


def test_a_spreadsheet_that_does_not_answer_holds_letters_up_once(
    wire_office: WireHouse, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once before the letters go, and once more when there is something to write."""
    note(14, "google: 503 for a whole pass", "wire")
    monkeypatch.setattr("sheets.google_http.ATTEMPTS", 1)
    wire_office.reply(wire_office.mail("deal-registered", number="D-2026-0001"), "сделка проиграна", f"{DAY} 10:45")
    fault = wire_office.sheets.fail("batchGetByDataFilter", status=503, count=100)
    try:
        done = wire_office.once(BUSY.now)
    finally:
        wire_office.sheets.faults.clear()
    assert done.code == 1
    assert 100 - fault.count == 2
    assert wire_office.mail("reply-confirm", number="D-2026-0001")
    wire_office.ok(BUSY.now)
