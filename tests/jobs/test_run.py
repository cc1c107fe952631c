"""`run` goes on whatever a pass ends in, and says it as `once` does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.scenarios.conftest import house, new_home
from tests.scenarios.house import ROOT, House

__all__ = ["house", "new_home"]


def _edition_gone(house: House) -> None:
    house.configure("editions = []", 'editions = ["no-such-folder"]')


def _key_gone(house: House) -> None:
    (house.root / "token.key").write_text("", encoding="ascii")


def _ledger_damaged(house: House) -> None:
    (house.root / "ledger.db").write_bytes(b"\xff" * 8192)


@pytest.mark.parametrize("spoil", [_edition_gone, _key_gone, _ledger_damaged])
def test_what_stops_a_pass_of_run_is_said_as_once_says_it(house: House, spoil: Callable[[House], None]) -> None:
    spoil(house)
    once = [line for line in house.run("once").err.splitlines() if line.startswith("partner-desk: ")]
    command = [sys.executable, "-m", "jobs", "run", "--home", str(house.root)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = next(line for line in process.stderr if line.startswith("partner-desk: "))
            assert process.poll() is None  # it waits for its next pass
        finally:
            process.terminate()
        assert process.wait(30) == 0
    assert [said.rstrip("\n")] == once
    assert "Error" not in said
