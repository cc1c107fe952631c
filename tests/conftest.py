"""What more than one part of the tests needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from ledger.database import open_ledger
from tests import postgres as servers
from tests.crash import table

# A busy machine is no fault of the code under test; CI tries the same examples each time, developers new ones.
settings.register_profile("partner-desk", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("partner-desk")

_UMASK = os.umask(0o022)
os.umask(_UMASK)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """At the end of a run, wherever its tests ran: the crash matrix."""
    table.show(terminalreporter)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """The command line keeps its files private; the servers that later tests start run as other users."""
    os.umask(_UMASK)
    yield
    os.umask(_UMASK)


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
