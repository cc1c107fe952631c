"""What is measured, each in a process of its own: seconds, and the peak of its memory."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.homes import NOW, work
from jobs import send_mail
from jobs.home import Home, open_home
from jobs.office import open_office
from jobs.once import run_pass
from jobs.progress import Progress
from mailer.mailbox.maildir_outbox import MaildirOutbox
from sheets.port import Changes, RowAppend
from sheets.reading import form_rows
from sheets.xlsx import WorkbookFile

Parts = dict[str, float]


def intake(home: Home) -> Parts:
    """New submissions: read, decided, committed, written to the workbook."""
    return {"pass": _timed(lambda: work(home, NOW))}


def intake_floor(home: Home) -> Parts:
    """After the pass: parsing the same book, committing the same rows, writing the same cells, each alone."""
    book = WorkbookFile(home.workbook)
    parts = {"parse": _timed(lambda: form_rows(book.read()))}
    parts["commit"] = _timed(lambda: _commit(home.ledger))
    snapshot = book.read()
    sheet = snapshot.tabs["Сделки"]
    appends = [
        RowAppend(sheet.tab.name, str(row.position), {name: sheet.cell(row, name) for name in sheet.index}) for row in sheet.rows
    ]
    with TemporaryDirectory() as folder:
        copy = WorkbookFile(Path(folder) / "partners.xlsx")
        copy.path.write_bytes(home.workbook.read_bytes())
        parts["write"] = _timed(lambda: copy.write(Changes(appends=appends), copy.fingerprint(), "bench"))
    return parts


def _commit(ledger: Path) -> None:
    """The ledger's rows into a new ledger, three hundred cases to a transaction."""
    with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "floor.db")) as floor:
        floor.execute("PRAGMA journal_mode = WAL")
        floor.execute("PRAGMA synchronous = FULL")
        floor.execute("ATTACH DATABASE ? AS stored", (str(ledger),))
        for table in ("submissions", "cases", "decisions", "mails", "events", "row_effects", "base_rows"):
            rows = floor.execute(f"SELECT * FROM stored.{table}").fetchall()
            floor.execute(f"CREATE TABLE {table} AS SELECT * FROM stored.{table} LIMIT 0")
            if not rows:
                continue
            marks = ", ".join("?" * len(rows[0]))
            for start in range(0, len(rows), 300):
                floor.executemany(f"INSERT INTO main.{table} VALUES ({marks})", rows[start : start + 300])
                floor.commit()


def letters(home: Home) -> Parts:
    """Draining the outbox; then the same letters worded, built and written alone."""
    with open_office(home, NOW, Progress()) as office:
        with office.ledger.reading(NOW) as tx:
            claimed = tx.claim_mails("bench", NOW, 100_000)  # a reading keeps nothing: they stay due
        drain = _timed(lambda: send_mail.run(office))
        sent = office.report.counts["letters out"]
        with TemporaryDirectory() as folder:
            mailbox = MaildirOutbox(Path(folder))

            def alone() -> None:
                with mailbox.batch() as connection:
                    for outgoing in claimed:
                        offer = outgoing.mail.offer
                        files = [send_mail.keep_offer(office, offer)] if offer else []
                        connection.send(send_mail.compose(office, outgoing, files), outgoing.mail.recipient)

            floor = _timed(alone)
    assert sent == len(claimed), (sent, len(claimed), office.report.faults)
    return {"drain": drain, "alone": floor, "letters": float(sent)}


def idle(home: Home) -> Parts:
    """A pass with nothing to do over everything that is stored."""
    later = NOW + timedelta(minutes=5)
    return {"pass": min(_timed(lambda: run_pass(home, later, Progress())) for _ in range(3))}


MEASURES: Mapping[str, Callable[[Home], Parts]] = {
    "intake": intake,
    "intake-floor": intake_floor,
    "letters": letters,
    "idle": idle,
}


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    measured = MEASURES[sys.argv[1]](open_home(Path(sys.argv[2])))
    # The process's own mark: getrusage would tell that of the process which made the home, if it is higher.
    peak = int(Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({**measured, "mb": peak}))
