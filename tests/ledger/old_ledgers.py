"""Ledgers as released programs left them, as SQL in `tests/data/ledgers` by the schema's version, and the book beside each.

A release adds its own, made by its own code before the next migration is written:

    python -m tests.ledger.old_ledgers
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from jobs.failpoints import FailPoint
from ledger.schema import VERSION

FOLDER = Path(__file__).parents[1] / "data" / "ledgers"
SECRET = "a released ledger: its replies are still known 0001"
"""Its `token.key`."""


def released() -> dict[str, Path]:
    """Schema -> the ledger that the last program with it left behind."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.sql"))}


def put_back(sql: Path, ledger: Path) -> None:
    """Make that ledger again."""
    with closing(sqlite3.connect(ledger)) as connection:
        connection.executescript(sql.read_text(encoding="utf-8"))


def taken(ledger: Path) -> str:
    """The ledger as SQL. Letters that went out are without their bytes, as retention leaves them."""
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("DELETE FROM leases")  # their time, by the true clock, is long over
        connection.execute("UPDATE mails SET raw = NULL WHERE state = 'sent'")
        connection.commit()
        return "\n".join(connection.iterdump()) + "\n"


def main() -> None:
    """Live some days with this program, die in the midst of the last, and keep what the ledger holds."""
    from tests.crash.days import BUSY, rounds
    from tests.crash.passes import a_pass
    from tests.scenarios.desk_work import furnish
    from tests.scenarios.house import House

    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "home")
        house.init(staff=["staff@vendor.example"])
        (house.root / "token.key").write_text(SECRET)
        furnish(house)
        BUSY.begin(house)
        house.once(BUSY.now)
        last = rounds(2)
        last.begin(house)
        a_pass(house, last.now, FailPoint.MAIL_CLAIMED).killed()
        shutil.copyfile(house.book, FOLDER / f"{VERSION}.xlsx")
        (FOLDER / f"{VERSION}.sql").write_text(taken(house.root / "ledger.db"), encoding="utf-8")


if __name__ == "__main__":
    main()
