"""The matrix over the wire: Google Sheets, IMAP, SMTP. Besides the fail points, the servers themselves kill their client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from tests.crash.boundaries import BOUNDARIES, Boundary
from tests.crash.conftest import Expected
from tests.crash.days import BUSY, Day
from tests.crash.imap_proxy import Trap
from tests.crash.outcome import outcome, same, sound
from tests.crash.passes import Victim, a_pass
from tests.crash.table import Note
from tests.crash.wire_house import WireHouse
from tests.wire.mail.outgoing import Fault, Taken
from tests.wire.sheets.faults import When

pytestmark = pytest.mark.slow


def made_up_for(house: WireHouse, day: Day, undisturbed: Expected) -> None:
    """The next pass ends as if there had been no crash, and one more changes nothing."""
    now = day.now
    house.once(now)  # its code tells of the letter in quarantine, unless that was said before
    house.ok(now)
    sound(house, now)
    same(outcome(house), undisturbed(day))
    assert house.marked() == 0, "letters in the mailbox are still to be settled"
    calls, letters = len(house.sheets.calls), len(house.mails())
    house.ok(now)
    assert len(house.mails()) == letters
    assert not [call for call in house.sheets.calls[calls:] if "batchUpdate" in call.method]
    assert not house.sheets.service.violations


@pytest.mark.parametrize("boundary", [pytest.param(one, id=one.name) for one in BOUNDARIES if one.google])
def test_a_killed_pass_is_made_up_for(wire_office: WireHouse, undisturbed_wire: Expected, boundary: Boundary, note: Note) -> None:
    note(boundary.family, boundary.name, "wire")
    boundary.day.begin(wire_office)
    a_pass(wire_office, boundary.day.now, boundary.fail_at).killed()
    made_up_for(wire_office, boundary.day, undisturbed_wire)


# -- killed from the servers' side -----------------------------------------------------------------


Lay = Callable[[WireHouse, Victim], None]
"""Lays the trap."""


def _smtp(fault: Callable[[Callable[[], None]], Fault], house: WireHouse, victim: Victim) -> None:
    house.outgoing.faults.append(fault(victim.kill))


def _google(method: str, when: When, applied: bool, skip: int, house: WireHouse, victim: Victim) -> None:
    house.sheets.fail(method, act=victim.kill, when=when, cut=not applied, skip=skip)


def _imap(command: str, after: bool, holding: str, house: WireHouse, victim: Victim) -> None:
    if command == "UID MOVE":
        house.configure('password = "file:imap.key"', 'password = "file:imap.key"\ndone_folder = "Done"')
    house.imap.traps.append(Trap(command, victim.kill, after, holding))


SMTP: dict[str, Lay] = {
    "greeted": partial(_smtp, lambda act: Fault("EHLO", act=act)),
    "logging in": partial(_smtp, lambda act: Fault("AUTH", act=act)),
    "sender named": partial(_smtp, lambda act: Fault("MAIL", act=act, skip=1)),
    "recipient named": partial(_smtp, lambda act: Fault("RCPT", act=act, skip=2)),
    "text announced": partial(_smtp, lambda act: Fault("DATA", act=act, skip=1)),
    "amid the text": partial(_smtp, lambda act: Fault("DATA", act=act, skip=1, letter_taken=True)),
    "dot sent, letter not taken": partial(_smtp, lambda act: Fault("TEXT", act=act, skip=1, cut=True)),
    "letter taken, not answered": partial(_smtp, lambda act: Fault("TEXT", act=act, skip=1, letter_taken=True)),
    "letter taken, copy not filed": partial(_imap, "APPEND", False, ""),
}
GOOGLE: dict[str, Lay] = {
    "token asked for": partial(_google, "token", When.BEFORE, False, 0),
    "asked for the rows": partial(_google, "batchGetByDataFilter", When.BEFORE, False, 0),
    "asked for the rows again": partial(_google, "batchGetByDataFilter", When.AFTER, True, 1),
    "write sent, not applied": partial(_google, "spreadsheets.batchUpdate", When.BEFORE, False, 0),
    "write sent, applied afterwards": partial(_google, "spreadsheets.batchUpdate", When.BEFORE, True, 0),
    "write applied, not answered": partial(_google, "spreadsheets.batchUpdate", When.AFTER, False, 0),
}
IMAP: dict[str, Lay] = {
    "listing asked for": partial(_imap, "UID SEARCH", False, "UNKEYWORD"),
    "letter asked for": partial(_imap, "UID FETCH", False, "BODY.PEEK[]"),
    "letter fetched": partial(_imap, "UID FETCH", True, "BODY.PEEK[]"),
    "mark sent, not set": partial(_imap, "UID STORE", False, ""),
    "mark set, not answered": partial(_imap, "UID STORE", True, ""),
    "move sent, not done": partial(_imap, "UID MOVE", False, ""),
    "move done, not answered": partial(_imap, "UID MOVE", True, ""),
}


def _rows(family: int, prefix: str, traps: dict[str, Lay]) -> list[object]:
    return [pytest.param(family, f"{prefix}: {name}", lay, id=f"{prefix}: {name}") for name, lay in traps.items()]


@pytest.mark.parametrize(
    ("family", "name", "lay"), [*_rows(4, "smtp", SMTP), *_rows(6, "google", GOOGLE), *_rows(7, "imap", IMAP)]
)
def test_killed_by_the_server(
    wire_office: WireHouse, undisturbed_wire: Expected, family: int, name: str, lay: Lay, note: Note
) -> None:
    note(family, name, "wire")
    BUSY.begin(wire_office)
    victim = Victim()
    lay(wire_office, victim)
    victim.running = a_pass(wire_office, BUSY.now)
    victim.running.killed()
    made_up_for(wire_office, BUSY, undisturbed_wire)


def test_a_letter_that_arrives_after_the_next_pass_has_looked_for_it_is_not_sent_again(
    wire_office: WireHouse, undisturbed_wire: Expected, note: Note
) -> None:
    """The server has the letter, the client dies, and its own copy takes longer than the restart."""
    note(4, "smtp: letter taken, its copy on the way", "wire")
    wire_office.configure("grace_seconds = 0", "grace_seconds = 300")
    BUSY.begin(wire_office)
    victim, way, arrived = Victim(), threading.Event(), threading.Event()
    relay = wire_office.outgoing.relay
    assert relay is not None

    def slowly(taken: Taken) -> None:
        if victim.running is not None and victim.running.alive and len(wire_office.outgoing.letters) > before + 1:
            victim.kill()
            way.wait(60)
            relay(taken)
            arrived.set()
        else:
            relay(taken)

    before = len(wire_office.outgoing.letters)
    wire_office.outgoing.relay = slowly
    victim.running = a_pass(wire_office, BUSY.now)
    victim.running.killed()
    done = wire_office.once(BUSY.now)
    assert "may be under way" in done.err
    way.set()
    arrived.wait(60)
    later = "2026-03-02 11:05"
    wire_office.ok(later)
    sound(wire_office, later)
    assert outcome(wire_office)["letters"] == undisturbed_wire(BUSY)["letters"]
