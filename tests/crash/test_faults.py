"""Not killed, but stopped, cut off, refused, or without room: what was left undone is made up for, and nothing comes twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from functools import partial

import pytest

from jobs.failpoints import FailPoint
from tests.crash.conftest import Expected
from tests.crash.days import BUSY
from tests.crash.imap_proxy import Trap
from tests.crash.outcome import decided_and_told, outcome, same, sound
from tests.crash.passes import a_pass, no_room
from tests.crash.table import Note
from tests.crash.test_matrix_local import made_up_for
from tests.crash.test_matrix_wire import made_up_for as made_up_for_over_the_wire
from tests.crash.wire_house import WireHouse
from tests.scenarios.house import House
from tests.wire.mail.outgoing import Fault
from tests.wire.sheets.faults import When

pytestmark = pytest.mark.slow

LATER = ("2026-03-02 11:06", "2026-03-02 11:40")
"""When letters that were put off are tried again."""


@pytest.mark.parametrize("room", [0, 40_000, 100_000, 250_000])
def test_no_room_on_the_disk(office: House, undisturbed: Expected, room: int, note: Note) -> None:
    note(14, f"no file grows beyond {room // 1000} KB", "files")
    BUSY.begin(office)
    running = a_pass(office, BUSY.now, before=partial(no_room, room))
    assert running.ended() not in (None, 0), running.said
    assert "\nTraceback" not in running.said
    made_up_for(office, BUSY, undisturbed)


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3, 0.5])
def test_stopped_while_another_comes(office: House, undisturbed: Expected, after: float, note: Note) -> None:
    note(14, f"stopped after {after} s, another comes, goes on", "files")
    BUSY.begin(office)
    running = a_pass(office, BUSY.now)
    if running.ended(after) is None:
        running.kill(signal.SIGSTOP)
        other = a_pass(office, BUSY.now)
        assert other.ended() == 0, other.said
        time.sleep(0.1)
        running.kill(signal.SIGCONT)
    assert running.ended() in (0, 1), running.said
    made_up_for(office, BUSY, undisturbed)


@pytest.mark.parametrize("room", [0, 100_000])
def test_no_room_on_the_disk_over_the_wire(wire_office: WireHouse, undisturbed_wire: Expected, room: int, note: Note) -> None:
    note(14, f"no file grows beyond {room // 1000} KB", "wire")
    BUSY.begin(wire_office)
    running = a_pass(wire_office, BUSY.now, before=partial(no_room, room))
    assert running.ended() not in (None, 0), running.said
    assert "\nTraceback" not in running.said
    made_up_for_over_the_wire(wire_office, BUSY, undisturbed_wire)


@pytest.mark.parametrize("point", [FailPoint.LETTER_READ, FailPoint.MAIL_FIXED, FailPoint.MAIL_SENT, FailPoint.BOOK_ANNOUNCED])
def test_stopped_over_the_wire_while_another_comes(
    wire_office: WireHouse, undisturbed_wire: Expected, point: FailPoint, note: Note
) -> None:
    note(14, f"stopped at {point}, another comes, goes on", "wire")
    BUSY.begin(wire_office)
    running = a_pass(wire_office, BUSY.now, f"{point}:1:STOP")
    running.stopped()
    try:
        other = a_pass(wire_office, BUSY.now)
        assert other.ended() == 0, other.said
        assert f"process {running.pid} since" in other.said
    finally:
        running.kill(signal.SIGCONT)
    assert running.ended() in (0, 1), running.said
    made_up_for_over_the_wire(wire_office, BUSY, undisturbed_wire)


Lay = Callable[[WireHouse], object]


def _smtp(*faults: Fault) -> Lay:
    def lay(house: WireHouse) -> None:
        house.outgoing.faults.extend(faults)

    return lay


def _google(**fault: object) -> Lay:
    return lambda house: house.sheets.fail(**fault)  # type: ignore[arg-type]


def _imap(command: str, after: bool) -> Lay:
    return lambda house: house.imap.traps.append(Trap(command, after=after))


WRITE, READ = "spreadsheets.batchUpdate", "batchGetByDataFilter"
FAULTS: dict[str, Callable[[], Lay]] = {
    "smtp: cut at the greeting": lambda: _smtp(Fault("EHLO", cut=True)),
    "smtp: cut at a recipient": lambda: _smtp(Fault("RCPT", cut=True, skip=2)),
    "smtp: cut amid the text": lambda: _smtp(Fault("DATA", skip=1, letter_taken=True)),
    "smtp: cut, letter not taken": lambda: _smtp(Fault("TEXT", cut=True, skip=1)),
    "smtp: cut, letter taken": lambda: _smtp(Fault("TEXT", cut=True, skip=1, letter_taken=True)),
    "smtp: 421 at the sender": lambda: _smtp(Fault("MAIL", "421 4.3.2 shutting down", skip=1)),
    "smtp: 451 at a recipient": lambda: _smtp(Fault("RCPT", "451 4.7.1 greylisted", skip=2)),
    "smtp: 552 after the text": lambda: _smtp(Fault("TEXT", "552 5.2.2 mailbox full", skip=1)),
    "google: 429 at the token": lambda: _google(method="token", status=429, retry_after="1"),
    "google: 503 at the token": lambda: _google(method="token", status=503),
    "google: cut at the read": lambda: _google(method=READ, cut=True),
    "google: 429 at the read": lambda: _google(method=READ, status=429, retry_after="1"),
    "google: 500 at the read": lambda: _google(method=READ, status=500),
    "google: 429 at the write": lambda: _google(method=WRITE, status=429, retry_after="1"),
    "google: 503 at the write, applied": lambda: _google(method=WRITE, status=503, when=When.AFTER),
    "google: 500 at the write, not applied": lambda: _google(method=WRITE, status=500),
    "google: cut at the write, applied": lambda: _google(method=WRITE, cut=True, when=When.AFTER),
    "google: cut at the write, not applied": lambda: _google(method=WRITE, cut=True),
    "google: 503 for long": lambda: _google(method=WRITE, status=503, count=4, retry_after="0"),
    "imap: cut at a letter": lambda: _imap("UID FETCH", False),
    "imap: cut at a mark, not set": lambda: _imap("UID STORE", False),
    "imap: cut at a mark, set": lambda: _imap("UID STORE", True),
    "imap: cut at a copy": lambda: _imap("APPEND", False),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_fails(wire_office: WireHouse, undisturbed_wire: Expected, name: str, note: Note) -> None:
    note(14, name, "wire")
    BUSY.begin(wire_office)
    FAULTS[name]()(wire_office)
    wire_office.once(BUSY.now)
    for now in LATER:
        wire_office.once(now)
    wire_office.ok(LATER[-1])
    sound(wire_office, LATER[-1])
    assert wire_office.marked() == 0
    same(decided_and_told(outcome(wire_office)), decided_and_told(undisturbed_wire(BUSY)))
