"""PostgreSQL itself dies in the midst of a pass, or has no room left: what was not recorded is done by the next one."""

from __future__ import annotations

import signal

import pytest

from jobs.failpoints import FailPoint
from tests.crash.conftest import Expected
from tests.crash.days import BUSY
from tests.crash.passes import a_pass
from tests.crash.table import Note
from tests.crash.test_matrix_shared import CUT_AT
from tests.crash.test_matrix_wire import made_up_for
from tests.crash.wire_house import WireHouse

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("point", CUT_AT)
def test_the_server_dies_and_comes_back(
    shared_office: WireHouse, undisturbed_wire: Expected, point: FailPoint, note: Note
) -> None:
    note(14, f"postgresql: dies at {point}, away for a pass", "wire, PostgreSQL")
    assert shared_office.shared is not None
    server = shared_office.shared.server
    BUSY.begin(shared_office)
    running = a_pass(shared_office, BUSY.now, f"{point}:1:STOP")
    running.stopped()
    try:
        server.down()
        running.kill(signal.SIGCONT)
        assert running.ended() == 1, running.said
        away = shared_office.once(BUSY.now)
    finally:
        running.kill(signal.SIGCONT)
        server.up()
    assert "\nTraceback" not in running.said
    assert (away.code, "cannot be opened" in away.err) == (1, True), away.err
    made_up_for(shared_office, BUSY, undisturbed_wire)


ROOM = [
    ("leases", 0),
    ("job_runs", 5),
    ("submissions", 2),
    ("cases", 3),
    ("decisions", 4),
    ("mails", 12),
    ("mails", 30),
    ("base_rows", 3),
]
"""Tables and rows after which it is full; as with `CUT_AT`, where what is left undone changes no order of arrival."""


@pytest.mark.parametrize(("table", "rows"), ROOM)
def test_no_room_in_the_database(shared_office: WireHouse, undisturbed_wire: Expected, table: str, rows: int, note: Note) -> None:
    note(14, f"postgresql: no room in {table} after {rows} rows", "wire, PostgreSQL")
    BUSY.begin(shared_office)
    with shared_office.no_room(table, rows):
        done = shared_office.once(BUSY.now)
    assert done.code == 1, done
    assert "\nTraceback" not in done.err
    made_up_for(shared_office, BUSY, undisturbed_wire)
