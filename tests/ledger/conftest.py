"""A real ledger for each test, on a real file and in a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.database import SqlLedger, open_ledger
from tests.crash.table import note
from tests.ledger.ledger_samples import SECRET, ledger_url

__all__ = ["note"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a ledger may be made; there is none yet."""
    if request.param == "sqlite":
        yield ledger_url(request.getfixturevalue("tmp_path") / "new.db")
        return
    server = request.getfixturevalue("postgres")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_at(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a ledger stands, with nothing in it."""
    if request.param == "sqlite":
        yield ledger_url(Path(shutil.copyfile(request.getfixturevalue("empty_ledger"), request.getfixturevalue("path"))))
        return
    server = request.getfixturevalue("postgres")
    url = server.database(request.getfixturevalue("postgres_ledger"))
    yield url
    server.drop(url)


@pytest.fixture
def ledger(ledger_at: str) -> Iterator[SqlLedger]:
    ledger = open_ledger(ledger_at, secret=SECRET, owner="tests")
    yield ledger
    ledger.close()
