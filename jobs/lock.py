"""One process at a time works on a home: by a lock file that outlives nobody, and by leases where machines share a ledger."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from jobs.home import Home
from ledger.database import SqlLedger

LEASES = ("sheet", "inbox")
SECONDS = 600.0


class Busy(Exception):
    """Another process is at it."""


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Be the only process on this machine that works on the home. Raises Busy."""
    with open(home.root / ".lock", "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"another run is at work on {home.root}; this one leaves it to that") from error
        yield


@contextmanager
def leases(ledger: SqlLedger) -> Iterator[None]:
    """Be the one writer of the spreadsheet and the one reader of the inbox, by the true clock. Raises Busy."""
    taken = []
    try:
        for name in LEASES:
            if not ledger.acquire_lease(name, ledger.owner, datetime.now(UTC), SECONDS):
                raise Busy(f"another machine is at work on the {name}; this run leaves it to that")
            taken.append(name)
        yield
    finally:
        for name in taken:
            ledger.release_lease(name, ledger.owner)
