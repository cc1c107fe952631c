"""What more than one part of the tests needs."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
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

_MEMORY, _ROOM = Path("/dev/shm"), 2 * 1024**3  # bytes; a whole run with failures takes less


def pytest_configure() -> None:
    """What tests write lies in memory where there is room. They kill programs, never the power, so no disk need be waited for."""
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)  # for the processes that tests start, and for this one


def pytest_collection_finish() -> None:
    """What collecting the tests has made lives to the end: the collector of garbage need not walk through it again and again."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with an empty ledger, to be copied: to make one takes twenty times as long."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    open_ledger(f"sqlite:///{path}", secret=b"template", owner="tests").close()
    return path
