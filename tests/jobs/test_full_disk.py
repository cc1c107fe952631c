"""No room while a backup is made or restored: one line says so, and no half of anything stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.conftest import house, new_home
from tests.scenarios.house import ROOT, House, inn

__all__ = ["house", "new_home"]

pytestmark = pytest.mark.slow


def _with_little_room(*arguments: str) -> subprocess.CompletedProcess[str]:
    """No file may grow beyond 100 kB."""
    command = ["sh", "-c", 'ulimit -f 200; exec "$@"', "sh", sys.executable, "-m", "jobs", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def _said(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("partner-desk: ")]


def test_a_backup_for_which_there_is_no_room(house: House, tmp_path: Path) -> None:
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    (folder := tmp_path / "backups").mkdir()
    done = _with_little_room("backup", str(folder / "ledger.db"), "--home", str(house.root))
    assert (done.returncode, list(folder.iterdir())) == (2, []), done
    assert ["the copy could not be written, there is none" in line for line in _said(done)] == [True]
    assert house.run("backup", str(folder / "ledger.db")).code == 0


def test_a_restore_for_which_there_is_no_room_is_given_again(house: House, tmp_path: Path) -> None:
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    assert house.run("backup", str(tmp_path / "copy.db")).code == 0
    for path in house.root.glob("ledger.db*"):
        path.unlink()
    done = _with_little_room("restore", str(tmp_path / "copy.db"), "--home", str(house.root))
    assert (done.returncode, list(house.root.glob("ledger.db*"))) == (2, []), done
    assert ["nothing was restored" in line for line in _said(done)] == [True]
    assert house.run("restore", str(tmp_path / "copy.db")).code == 0
    house.ok("2026-03-02 10:10")
    assert len(house.mails("partner-authorised")) == 1
