"""A ledger that fails under a pass: it stops with one line, and no row or case is blamed for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.scenarios.conftest import house, new_home
from tests.scenarios.house import House, inn

__all__ = ["house", "new_home"]

pytestmark = pytest.mark.slow


def _spoil(ledger: Path, of: str) -> None:
    """The disk gives back nonsense for the pages of one table or index."""
    with closing(sqlite3.connect(ledger)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (of,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with ledger.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def _begun(house: House) -> bytes:
    """A house with work to do; gives its ledger as it is before that."""
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    house.deal("2026-03-02 10:10", "a@one.example", inn(1), "ООО «Клиент»", inn(100))
    return (house.root / "ledger.db").read_bytes()


def _goes_on(house: House, sound: bytes) -> None:
    """The ledger is restored, and everything is done once, by the next pass."""
    (house.root / "ledger.db").write_bytes(sound)
    house.ok("2026-03-02 10:20")
    assert house.row("Сделки", "D-2026-0001")["Состояние"] == "Зарегистрирована"
    assert len(house.mails("deal-registered")) == 1
    assert house.status()["quarantine"] == []


@pytest.mark.parametrize("of", ["submissions", "cases", "decisions", "mails", "row_effects", "base_rows", "events"])
def test_damaged_pages_stop_the_pass_and_blame_nobody(house: House, of: str) -> None:
    sound = _begun(house)
    _spoil(house.root / "ledger.db", of)
    done = house.once("2026-03-02 10:15")
    lines = [line for line in done.err.splitlines() if line.startswith("partner-desk: ")]
    assert done.code == 1
    assert ["damaged" in line and "restore a backup" in line for line in lines] == [True], lines
    with closing(sqlite3.connect(house.root / "ledger.db")) as connection:
        assert connection.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)
    _goes_on(house, sound)


def _read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.engine._begin_sqlite", _with("PRAGMA query_only = ON"))


def _full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.engine._begin_sqlite", _with("PRAGMA max_page_count = 1"))


def _with(pragma: str) -> Callable[..., None]:
    def begin(connection: object) -> None:
        connection.exec_driver_sql(pragma)  # type: ignore[attr-defined]
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    return begin


@pytest.mark.parametrize("fault", [_read_only, _full])
def test_a_ledger_without_room_or_read_only_does_too(
    house: House, monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None]
) -> None:
    sound = _begun(house)
    for n in range(60):
        house.deal("2026-03-02 10:11", "a@one.example", inn(1), "ООО «Клиент»" * 40, inn(200 + n), Комментарий="Слово " * 200)
    with monkeypatch.context() as patched:
        fault(patched)
        done = house.once("2026-03-02 10:15")
    lines = [line for line in done.err.splitlines() if line.startswith("partner-desk: ")]
    assert done.code == 1
    assert ["the ledger failed" in line for line in lines] == [True], lines
    _goes_on(house, sound)
