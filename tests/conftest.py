"""What more than one part of the tests needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import open_ledger
from tests import postgres as servers


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Server]:
    """A PostgreSQL server of the tests' own."""
    if servers.binaries() is None:
        pytest.skip(servers.MISSING)
    server = servers.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_ledger(postgres: servers.Server) -> str:
    """The name of a database with an empty ledger, to be copied."""
    url = postgres.database()
    open_ledger(url, secret=b"template", owner="tests").close()
    return url.rpartition("/")[2]
