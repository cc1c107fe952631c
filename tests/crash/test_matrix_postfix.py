"""The boundaries of SMTP with Postfix as the server: it hands every letter to Dovecot, where the copies are counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.failpoints import FailPoint
from tests.crash.conftest import Expected
from tests.crash.days import BUSY
from tests.crash.outcome import decided_and_told, outcome, same, sound
from tests.crash.passes import Victim, a_pass
from tests.crash.smtp_proxy import Moment, SmtpProxy
from tests.crash.table import Note
from tests.crash.wire_house import WireHouse
from tests.wire.mail import postfix as postfix_server
from tests.wire.mail.postfix import Postfix

pytestmark = pytest.mark.slow

LATER = ("2026-03-02 11:06", "2026-03-02 11:40")
"""The first is behind the grace of a letter that may be under way, the second behind a pause after a failure."""


@pytest.fixture
def postfix(wire_office: WireHouse) -> Iterator[Postfix]:
    """A Postfix that knows the house's mailboxes."""
    if why := postfix_server.missing():
        pytest.skip(why)
    server = Postfix(wire_office.dovecot.lmtp, recipients=_recipients(wire_office.name))
    try:
        yield server.start()
    finally:
        server.stop()


def _recipients(name: str) -> str:
    """Each recipient has a mailbox of his own on Dovecot, as `WireHouse` looks for it."""
    return f"""
/^partners@vendor\\.example$/ {name}@vendor.example
/^staff@vendor\\.example$/ {name}-staff.vendor.example@vendor.example
if !/@vendor\\.example$/
/^(.*)@(.*)$/ {name}-${{1}}.${{2}}@vendor.example
endif
"""


@pytest.fixture
def victim() -> Victim:
    """The pass that is to be killed."""
    return Victim()


@pytest.fixture
def line(postfix: Postfix, wire_office: WireHouse, victim: Victim) -> Iterator[SmtpProxy]:
    """The house's way to Postfix."""
    proxy = SmtpProxy(postfix.port, victim.kill)
    wire_office.configure(f"port = {wire_office.outgoing.port}", f"port = {proxy.port}")
    wire_office.configure('user = "partners"\npassword = "file:smtp.key"\ngrace_seconds = 0', "grace_seconds = 300")
    yield proxy
    proxy.stop()


def made_up_for(house: WireHouse, postfix: Postfix, undisturbed: Expected) -> None:
    """The passes to come end as if there had been no crash; each letter lies in its mailbox once."""
    for now in (BUSY.now, *LATER):
        postfix.emptied()
        house.once(now)
    postfix.emptied()
    house.ok(LATER[-1])
    sound(house, LATER[-1])
    assert not house.outgoing.letters, "letters went another way"
    same(decided_and_told(outcome(house)), decided_and_told(undisturbed(BUSY)))


@pytest.mark.parametrize("moment", Moment)
def test_killed_in_mid_letter(
    wire_office: WireHouse,
    undisturbed_wire: Expected,
    postfix: Postfix,
    line: SmtpProxy,
    victim: Victim,
    moment: Moment,
    note: Note,
) -> None:
    note(4, f"smtp: {moment}", "Postfix")
    line.moment = moment
    BUSY.begin(wire_office)
    victim.running = a_pass(wire_office, BUSY.now)
    victim.running.killed()
    made_up_for(wire_office, postfix, undisturbed_wire)


@pytest.mark.parametrize(("point", "nth"), [(FailPoint.MAIL_FIXED, 1), (FailPoint.MAIL_SENT, 1), (FailPoint.MAIL_SENT, 4)])
def test_killed_between_letters(
    wire_office: WireHouse,
    undisturbed_wire: Expected,
    postfix: Postfix,
    line: SmtpProxy,
    point: FailPoint,
    nth: int,
    note: Note,
) -> None:
    note(5 if point is FailPoint.MAIL_SENT else 3, f"{point}{f' no. {nth}' if nth > 1 else ''}", "Postfix")
    BUSY.begin(wire_office)
    a_pass(wire_office, BUSY.now, f"{point}:{nth}").killed()
    made_up_for(wire_office, postfix, undisturbed_wire)
