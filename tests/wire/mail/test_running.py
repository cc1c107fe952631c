"""`python -m jobs run` beside a real mailbox: a reply is in the ledger within five seconds of its arrival."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import Server
from tests.scenarios.house import ROOT, House, inn
from tests.wire.mail.conftest import Account
from tests.wire.mail.line import Line
from tests.wire.mail.outgoing import Fault, OutgoingServer
from tests.wire.mail.real_mail import with_real_mail

pytestmark = pytest.mark.slow

TO = "a@one.example"
PATIENCE = 60.0
"""Seconds for what has no bound of its own: the start of a process on a busy machine."""
PERSONS = """source = 'mail' AND raw LIKE '%"kind":"person"%'"""


def fill(house: House) -> House:
    """A partner and a deal; the pass that answers them is still to come."""
    house.partner(TO, "ООО «Один»", inn(1))
    house.deal("2026-03-02 09:30", TO, inn(1), "Клиент", inn(100))
    return house


@contextmanager
def running(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """The timetable in a process of its own; its first pass begins at once, the next ones in an hour, unless a letter comes."""
    house.configure("every_minutes = 5", "every_minutes = 60")
    command = [sys.executable, "-m", "jobs", "run", "--home", str(house.root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, process.stderr.read().decode() if process.stderr else ""
        finally:
            process.kill()


def until_waiting(house: House, outgoing: OutgoingServer, account: Account) -> bytes:
    """Wait until the first letters are out, their copies are settled, and somebody waits for more; the offer that went."""
    inbox = account.inbox()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        offers = [letter.raw for letter in outgoing.letters if b"X-Partner-Template: deal-registered" in letter.raw]
        if offers and not inbox.keys() and not recorded(house, "SELECT count(*) FROM job_runs WHERE ok IS NULL"):
            time.sleep(1.0)  # IDLE begins
            return offers[0]
        time.sleep(0.1)
    raise AssertionError("the first pass does not end")


def recorded(house: House, query: str) -> int:
    engine = create_engine(f"sqlite:///{house.root / 'ledger.db'}")
    try:
        with engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())
    finally:
        engine.dispose()


def reply(account: Account, offer: bytes, words: str) -> float:
    """The partner answers; the moment when the answer lies in the mailbox."""
    to = str(message_from_bytes(offer)["Reply-To"])
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = TO, to, "Re: сделка"
    message["Message-ID"] = f"<{os.urandom(8).hex()}@one.example>"
    message.set_content(words)
    account.deliver(message.as_bytes(), to.partition("+")[2].partition("@")[0])
    return time.monotonic()


def seconds_until_recorded(house: House, since: float, replies: int) -> float:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if recorded(house, "SELECT count(*) FROM submissions WHERE number LIKE 'D-%' AND " + PERSONS) >= replies:
            return time.monotonic() - since
        time.sleep(0.05)
    raise AssertionError("the reply is not recorded")


def status_of(house: House) -> str:
    """As the sheet shows it, when the pass has come to that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if shown := str(house.row("Сделки", "D-2026-0001")["Статус продажи"]):
            return shown
        time.sleep(0.2)
    return ""


def test_a_reply_is_in_the_ledger_within_five_seconds_of_its_arrival(
    tmp_path: Path, account: Account, outgoing: OutgoingServer
) -> None:
    house = fill(with_real_mail(House(tmp_path / "home"), account, outgoing))
    with running(house):
        offer = until_waiting(house, outgoing, account)
        assert seconds_until_recorded(house, reply(account, offer, "2"), 1) < 5
        assert status_of(house) == "переговоры"
        assert seconds_until_recorded(house, reply(account, offer, "3"), 2) < 5


def test_a_cut_line_is_made_anew_and_the_next_reply_is_noticed(
    tmp_path: Path, account: Account, outgoing: OutgoingServer
) -> None:
    line = Line(account.dovecot.imaps)
    house = fill(with_real_mail(House(tmp_path / "home"), account, outgoing, imap_port=line.port))
    try:
        with running(house):
            offer = until_waiting(house, outgoing, account)
            connections = line.connections
            line.cut()
            assert seconds_until_recorded(house, reply(account, offer, "2"), 1) < 10
            assert line.connections > connections
            line.closed = True  # the server is away for a while
            line.cut()
            arrived = reply(account, offer, "3")
            time.sleep(3.0)
            line.closed = False
            assert seconds_until_recorded(house, arrived, 2) < 3 + 15
    finally:
        line.close()


def test_a_worker_stopped_in_mid_letter_past_its_lease_sends_it_no_more(
    tmp_path: Path, account: Account, outgoing: OutgoingServer, postgres: Server, postgres_ledger: str
) -> None:
    """The process is stopped while the server thinks about a recipient, its claims run out, another worker sends the letters."""
    url = postgres.database(postgres_ledger)
    house = fill(with_real_mail(House(tmp_path / "home"), account, outgoing))
    house.configure('url = "sqlite:///ledger.db"', f'url = "{url}"')
    command = [sys.executable, "-m", "jobs", "once", "--home", str(house.root), "--now", "2026-03-02T10:00+03:00"]
    stopped: list[subprocess.Popen[bytes]] = []
    outgoing.faults = [Fault("RCPT", act=lambda: stopped[0].send_signal(signal.SIGSTOP))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        stopped.append(process)
        try:
            end = time.monotonic() + PATIENCE
            while outgoing.faults[0].times and time.monotonic() < end:
                time.sleep(0.05)
            assert outgoing.letters == []
            house.once("2026-03-02 10:20")  # looks for them first: they may be under way
            house.ok("2026-03-02 10:30")
            sent = [letter.raw for letter in outgoing.letters]
            assert len(sent) > 1
            time.sleep(2.1)  # as long as a look at the claims holds
        finally:
            process.send_signal(signal.SIGCONT)
        process.wait(PATIENCE)
    assert [letter.raw for letter in outgoing.letters] == sent
    assert len({raw.partition(b"Message-ID: <")[2][:32] for raw in sent}) == len(sent)
    postgres.drop(url)
