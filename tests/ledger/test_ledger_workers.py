"""Workers on one ledger: claims side by side, the desk's lease, a writer that is stopped in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from ledger import engine
from ledger.database import SqlLedger, open_ledger
from ledger.runs import LeaseGone
from tests.ledger.ledger_samples import NOW, SECRET, deal, mail
from tests.ledger.test_ledger_storage import PROCESS, ROOT
from tests.postgres import Server

SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def shared(postgres: Server, postgres_ledger: str) -> Iterator[str]:
    """A ledger in PostgreSQL."""
    url = postgres.database(postgres_ledger)
    yield url
    postgres.drop(url)


def test_claims_side_by_side_skip_what_another_is_claiming(shared: str) -> None:
    one, two = (open_ledger(shared, secret=SECRET, owner=name) for name in ("one", "two"))
    with one.transaction(NOW) as tx:
        for n in range(10):
            tx.queue_mail(mail(f"D-2026-{n:04d}"))
    with one.outbox(NOW) as first:
        mine = {out.mail.key for out in first.claim_mails("one", SOON, 4)}
        with two.outbox(NOW) as second:  # while the first is not committed: no waiting, no letter of both
            others = {out.mail.key for out in second.claim_mails("two", SOON, 10)}
    assert (len(mine), len(others), mine & others) == (4, 6, set())
    one.close()
    two.close()


def test_a_writer_waits_for_the_writer_before_it(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SESSION", ("SET lock_timeout = '200ms'",))
    one, two = (open_ledger(shared, secret=SECRET, owner=name) for name in ("one", "two"))
    with one.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
        with two.outbox(NOW) as beside:
            assert beside.claim_mails("two", SOON, 1) == []
        with pytest.raises(DBAPIError, match="lock timeout"), two.transaction(NOW):
            pass
    with two.transaction(NOW) as tx:
        assert tx.case("D-2026-0001") is not None
    one.close()
    two.close()


def test_whoever_lost_the_lease_writes_nothing_more(ledger: SqlLedger, ledger_at: str) -> None:
    clock = NOW

    def now() -> datetime:
        return clock

    assert ledger.acquire_lease("desk", "tests", clock, 300)
    ledger.guard("desk", 300, now)
    clock += timedelta(seconds=200)
    with ledger.transaction(NOW) as tx:  # draws it out
        tx.add_case(deal("D-2026-0001"))
    clock += timedelta(seconds=200)
    other = open_ledger(ledger_at, secret=SECRET, owner="other")
    assert not other.acquire_lease("desk", "other", clock, 300)
    clock += timedelta(seconds=200)
    assert other.acquire_lease("desk", "other", clock, 300)
    with pytest.raises(LeaseGone, match="other"), ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0002"))
    with ledger.outbox(NOW) as tx:  # letters are everybody's
        tx.claim_mails("tests", SOON, 1)
    with other.transaction(NOW) as tx:
        assert tx.case("D-2026-0002") is None
    ledger.guard("")
    with ledger.transaction(NOW) as tx:
        assert tx.case("D-2026-0001") is not None
    other.close()


def test_a_writer_that_says_nothing_after_a_batch_is_cut_off_too(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SESSION", ("SET idle_in_transaction_session_timeout = '200ms'",))
    ledger = open_ledger(shared, secret=SECRET, owner="one")

    def work() -> None:
        with ledger.transaction(NOW) as tx:
            tx.set_base_rows("Сделки", {"D-2026-0001": {}, "D-2026-0002": {}})
            time.sleep(0.6)
            tx.base_rows("Сделки")

    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        work()
    ledger.close()


IMPATIENT = """
import os, signal, sys
from ledger import engine
engine._SESSION = ("SET idle_in_transaction_session_timeout = '1s'",)
"""
STOPPED = (
    PROCESS.replace("url, me, way", "url, me").replace("import sys\n", IMPATIENT)
    + """
with ledger.transaction(NOW) as tx:
    tx.add_case(deal("D-2026-0001"))
    tx.flush()
    os.kill(os.getpid(), signal.SIGSTOP)
"""
)


def test_a_writer_stopped_in_the_middle_lets_others_in_and_leaves_nothing(shared: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED, shared, "S"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdin.write(b"go\n")
        process.stdin.flush()
        time.sleep(1)
        ledger = open_ledger(shared, secret=SECRET, owner="tests")
        with ledger.transaction(NOW) as tx:
            tx.add_case(deal("D-2026-0002"))
    finally:
        process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"idle-in-transaction" in said or b"closed" in said, said
    with ledger.transaction(NOW) as tx:
        assert [case.number for case in tx.open_cases()] == ["D-2026-0002"]
    ledger.close()
