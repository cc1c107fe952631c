"""The matrix over the wire with the ledger in PostgreSQL: a worker is killed and replaced, or stopped and taken over."""

from __future__ import annotations

import signal
import time

import pytest

import ledger.engine
from jobs.failpoints import FailPoint
from sheets.google import STALE
from tests.crash.boundaries import BOUNDARIES, Boundary
from tests.crash.conftest import Expected
from tests.crash.days import BUSY
from tests.crash.passes import Pass, Victim, a_pass
from tests.crash.table import Note
from tests.crash.test_matrix_wire import made_up_for
from tests.crash.wire_house import WireHouse
from tests.wire.mail.outgoing import Fault
from tests.wire.sheets.faults import When

pytestmark = pytest.mark.slow

WIRE = [pytest.param(one, id=one.name) for one in BOUNDARIES if one.google]
STOPPED = 2.1
"""Seconds at least: whoever stood still for longer than `send_mail.LOOK_AGAIN` looks again before the next letter."""


@pytest.mark.parametrize("boundary", WIRE)
def test_a_killed_worker_is_replaced(
    shared_office: WireHouse, undisturbed_wire: Expected, boundary: Boundary, note: Note
) -> None:
    note(boundary.family, boundary.name, "wire, PostgreSQL")
    boundary.day.begin(shared_office)
    a_pass(shared_office, boundary.day.now, boundary.fail_at).killed()
    made_up_for(shared_office, boundary.day, undisturbed_wire)


def _cut_off_soon() -> None:
    """In the worker that is to be stopped: PostgreSQL waits a second for one that says nothing in mid-transaction."""
    ledger.engine._SESSION = (*ledger.engine._SESSION, "SET idle_in_transaction_session_timeout = '1s'")


@pytest.mark.parametrize("boundary", WIRE)
def test_a_stopped_worker_is_taken_over_and_does_no_harm_when_it_wakes(
    shared_office: WireHouse, undisturbed_wire: Expected, boundary: Boundary, note: Note
) -> None:
    note(boundary.family, boundary.name, "two workers")
    house, now = shared_office, boundary.day.now
    boundary.day.begin(house)
    in_transaction = boundary.point is FailPoint.DESK_WORKED
    first = a_pass(house, now, f"{boundary.fail_at}:STOP", _cut_off_soon if in_transaction else None)
    _taken_over(house, now, first, STOPPED)
    made_up_for(house, boundary.day, undisturbed_wire)


def _taken_over(house: WireHouse, now: str, first: Pass, seconds: float) -> None:
    """It stops for so many seconds, its leases run out, another does the work; then it goes on and does no harm."""
    first.stopped()
    stopped = time.monotonic()
    try:
        house.leases_run_out()
        other = a_pass(house, now)
        assert other.ended() in (0, 1), other.said
        assert "another worker's hands" not in other.said
        calls, letters = len(house.sheets.calls), len(house.mails())
        time.sleep(max(0.0, seconds - (time.monotonic() - stopped)))
    finally:
        first.kill(signal.SIGCONT)
    assert first.ended() in (0, 1), first.said
    assert "\nTraceback" not in first.said + other.said
    assert len(house.mails()) == letters, f"a worker that was taken over sent letters: {first.said}\n{other.said}"
    assert not [call for call in house.sheets.calls[calls:] if "batchUpdate" in call.method]


def test_stopped_between_recipient_and_text(shared_office: WireHouse, undisturbed_wire: Expected, note: Note) -> None:
    """Another worker sends the letter meanwhile."""
    note(10, "smtp: stopped between RCPT and DATA", "two workers")
    BUSY.begin(shared_office)
    victim = Victim()
    shared_office.outgoing.faults.append(Fault("RCPT", act=victim.stop, skip=2))
    victim.running = a_pass(shared_office, BUSY.now)
    _taken_over(shared_office, BUSY.now, victim.running, STOPPED)
    made_up_for(shared_office, BUSY, undisturbed_wire)


def test_stopped_between_its_last_look_at_the_sheet_and_its_write(
    shared_office: WireHouse, undisturbed_wire: Expected, note: Note
) -> None:
    """Another worker writes the same meanwhile."""
    note(10, "google: stopped between the last look and the write", "two workers")
    BUSY.begin(shared_office)
    victim = Victim()
    shared_office.sheets.fail("batchGetByDataFilter", act=victim.stop, when=When.AFTER, skip=1)
    victim.running = a_pass(shared_office, BUSY.now)
    _taken_over(shared_office, BUSY.now, victim.running, STALE + 0.1)
    made_up_for(shared_office, BUSY, undisturbed_wire)


CUT_AT = (FailPoint.DESK_WORKED, FailPoint.ROWS_TAKEN, FailPoint.MAIL_FIXED, FailPoint.MAIL_SENT, FailPoint.BOOK_ANNOUNCED)
"""Where what is left undone changes no order of arrival: the cases of a mailbox that was not read come after the others."""


@pytest.mark.parametrize("point", [*CUT_AT, FailPoint.BOOK_REPLACED])
def test_connections_to_the_ledger_are_reset(
    shared_office: WireHouse, undisturbed_wire: Expected, point: FailPoint, note: Note
) -> None:
    note(14, f"postgresql: connections reset at {point}", "wire, PostgreSQL")
    BUSY.begin(shared_office)
    running = a_pass(shared_office, BUSY.now, f"{point}:1:STOP")
    running.stopped()
    try:
        shared_office.cut_off()
    finally:
        running.kill(signal.SIGCONT)
    assert running.ended() == 1, running.said
    assert "\nTraceback" not in running.said
    made_up_for(shared_office, BUSY, undisturbed_wire)
