"""Who is at work: processes on one home by lock files that outlive nobody, workers on one ledger by a lease.

Over SQLite one process at a time works on a home. Over PostgreSQL there may be more, here and on other machines: one of them has
*the desk* (spreadsheet, inbox and cases, so that what came first is decided first), and every one delivers letters.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from jobs.home import Home
from ledger.database import SqlLedger

DESK = "desk"
SECONDS = 300.0
"""The desk's lease; it is drawn out with each transaction. A worker that says nothing for so long has lost it."""

WORKERS = 32
"""More processes than these do not work on one home."""


class Busy(Exception):
    """Another process is at it."""


def first_worker(home: Home) -> str:
    """The name of the worker in this home's first place."""
    return f"{socket.gethostname()}:{hashlib.sha256(str(home.root).encode()).hexdigest()[:12]}"


@contextmanager
def at_work(home: Home) -> Iterator[str]:
    """Take a worker's place on this home; gives the name it bears in leases. Raises Busy.

    A place is held by a lock file. Whoever has it may take up at once what the dead process before it left under that name.
    """
    machine = first_worker(home)
    with ExitStack() as held:
        there = ""
        for place in range(1, (WORKERS if home.shared_ledger else 1) + 1):
            path = home.root / (".lock" if place == 1 else f".lock.{place}")
            file = held.enter_context(open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                there = there or file.read(80).strip()
                continue
            file.truncate()
            file.write(f"process {os.getpid()} since {datetime.now().astimezone():%d.%m.%Y %H:%M:%S}")
            file.flush()
            yield machine if place == 1 else f"{machine}:{place}"
            return
        raise Busy(f"another run is at work on {home.root} ({there or 'just started'}); this one leaves it to that")


@contextmanager
def desk(ledger: SqlLedger) -> Iterator[bool]:
    """Have the desk, by the true clock; False while it is another worker's. Every transaction then makes sure that it is ours."""

    def now() -> datetime:
        return datetime.now(UTC)

    if not ledger.acquire_lease(DESK, ledger.owner, now(), SECONDS):
        yield False
        return
    ledger.guard(DESK, SECONDS, now)
    try:
        yield True
    finally:
        ledger.guard("")
        ledger.release_lease(DESK, ledger.owner)
