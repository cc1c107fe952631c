"""A real ledger on a real file for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_samples import SECRET, ledger_url

from ledger.database import SqlLedger, open_ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqlLedger]:
    ledger = open_ledger(ledger_url(path), secret=SECRET, owner="tests")
    yield ledger
    ledger.close()
