"""The files: migrations, copies, processes that race, processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url, text

from cases.model import DealState, SaleStatus
from ledger.database import SqlLedger, open_ledger
from ledger.engine import make_engine
from ledger.migrations import LedgerTooNew, upgrade
from ledger.schema import VERSION, metadata
from rules.hoarding import Holding, IdleBefore
from tests.ledger.ledger_samples import NOW, SECRET, deal, form_row, ledger_url, mail

ROOT = Path(__file__).parents[2]


def _schema(path: Path) -> set[tuple[str, str, str]]:
    """Tables and indexes with their columns, keys and conditions, without regard to layout and order of constraints."""
    engine = create_engine(ledger_url(path))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'")).all()
    engine.dispose()
    found = set()
    for kind, name, sql in rows:
        if sql is not None and "alembic" not in name:
            parts = (part.strip().rstrip(",").strip() for part in sql.replace("\t", "").replace(f'"{name}"', name).splitlines())
            found.add((kind, name, "\n".join(sorted(part for part in parts if part))))
    return found


def test_the_migrated_schema_is_the_one_in_the_code(url: str) -> None:
    engine = make_engine(make_url(url))
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_file_of_a_migrated_ledger_is_as_the_code_would_make_it(path: Path, tmp_path: Path) -> None:
    open_ledger(ledger_url(path), secret=SECRET, owner="tests").close()
    engine = create_engine(ledger_url(tmp_path / "made.db"))
    metadata.create_all(engine)
    engine.dispose()
    assert _schema(path) == _schema(tmp_path / "made.db")


def test_an_upgraded_ledger_stands_at_the_version_of_the_code(url: str) -> None:
    engine = make_engine(make_url(url))
    upgrade(engine)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [VERSION]
    engine.dispose()


def test_a_ledger_newer_than_the_code_is_refused(ledger_at: str) -> None:
    engine = create_engine(ledger_at)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerTooNew, match="schema 9999"):
        open_ledger(ledger_at, secret=SECRET, owner="tests")


def test_a_migration_that_breaks_midway_leaves_the_ledger_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(make_url(url))
    from alembic import op

    made = op.create_table

    def breaking(name: str, *columns: object) -> None:
        if name == "mails":
            raise OSError("disk full")
        made(name, *columns)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_table", breaking)
        with pytest.raises(OSError, match="disk full"):
            upgrade(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    upgrade(engine)
    engine.dispose()


def test_the_file_is_private_and_set_to_lose_nothing(path: Path) -> None:
    ledger = open_ledger(ledger_url(path), secret=SECRET, owner="tests")
    assert path.stat().st_mode & 0o077 == 0
    engine = make_engine(make_url(ledger_url(path)))
    with engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    engine.dispose()
    assert ledger.integrity() == []
    ledger.close()


def test_a_copy_is_a_ledger_of_its_own(ledger: SqlLedger, tmp_path: Path) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
    ledger.backup(tmp_path / "copy.db")
    copy = open_ledger(f"sqlite:///{tmp_path / 'copy.db'}", secret=SECRET, owner="tests")
    with copy.transaction(NOW) as tx:
        assert tx.case("D-2026-0001") is not None
        tx.add_case(deal("D-2026-0002"))
    assert copy.integrity() == []
    copy.close()
    with ledger.transaction(NOW) as tx:
        assert tx.case("D-2026-0002") is None


PROCESS = """
import sys
from datetime import timedelta
from cases.ports import Taken
from ledger.database import open_ledger
from tests.ledger.ledger_samples import NOW, SECRET, deal, form_row, mail
url, me, way = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
ledger = open_ledger(url, secret=SECRET, owner=me)
"""
RACE = (
    PROCESS
    + """
won = []
for n in range(1, 31):
    with getattr(ledger, way)(NOW) as tx:
        case = tx.case(f"D-2026-{me}{n:03d}")
        try:
            tx.hold(case, override=False)
            won.append(f"hold {n}")
        except Taken as taken:
            won.append(f"lost {n} {taken.holder[:8]}")
        for out in tx.claim_mails(me, NOW + timedelta(minutes=5), 1):
            won.append("mail " + out.mail.number)
        won.append("number " + tx.next_number(case.kind, 2030))
    if n % 10 == 0 and ledger.job_started("job", str(n), NOW):
        won.append(f"job {n}")
print("\\n".join(won))
"""
)
KILLED = (
    PROCESS
    + """
with ledger.transaction(NOW) as tx:
    tx.add_submission(form_row("second"))
    tx.add_case(case := deal("D-2026-0002"))
    tx.hold(case, override=False)
    tx.queue_mail(mail("D-2026-0002"))
    tx.flush()
    print("flushed", flush=True)
    sys.stdin.readline()
"""
)


def _start(script: str, url: str, me: str, way: str = "transaction") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, url, me, way],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("way", ["transaction", "outbox"])  # one after the other, and side by side
def test_two_processes_race_and_each_thing_has_one_winner(ledger: SqlLedger, ledger_at: str, way: str) -> None:
    with ledger.transaction(NOW) as tx:
        for n in range(1, 31):
            for me in "AB":
                tx.add_case(deal(f"D-2026-{me}{n:03d}", customer=str(n)))
            tx.queue_mail(mail(f"D-2026-A{n:03d}"))
            tx.queue_mail(mail(f"D-2026-B{n:03d}"))
    processes = [_start(RACE, ledger_at, me, way) for me in "AB"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [line for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    assert [process.returncode for process in processes] == [0, 0]
    for kind, count in (("hold", 30), ("lost", 30), ("mail", 60), ("job", 3), ("number", 60)):
        of_kind = [line for line in lines if line.startswith(kind)]
        assert len(of_kind) == len(set(of_kind)) == count, kind


def test_two_processes_open_a_new_ledger_at_once(url: str) -> None:
    processes = [_start(PROCESS, url, me) for me in "AB"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_a_process_killed_in_mid_transaction_leaves_nothing_half(ledger: SqlLedger, ledger_at: str) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_submission(form_row("first"))
        tx.add_case(deal("D-2026-0001"))
    process = _start(KILLED, ledger_at, "K")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "flushed\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    began = time.monotonic()
    with ledger.transaction(NOW) as tx:
        assert [case.number for case in tx.open_cases()] == ["D-2026-0001"]
        assert list(tx.known_submissions("form:deal", ["first", "second"])) == ["first"]
        assert tx.mails_of("D-2026-0002") == []
        first = tx.case("D-2026-0001")
        assert first is not None
        tx.hold(first, override=False)
        assert tx.add_submission(form_row("second")).seq == 2
    assert time.monotonic() - began < 10  # the dead process's lock is gone
    assert ledger.integrity() == []


def test_old_runs_are_forgotten_but_for_the_first_of_each_hour(ledger: SqlLedger) -> None:
    old = NOW.replace(minute=0) - timedelta(days=40)
    runs = (("first", old), ("second", old + timedelta(minutes=5)), ("next hour", old + timedelta(hours=1)), ("new", NOW))
    for slot, at in runs:
        assert ledger.job_started("send_mail", slot, at)
        ledger.job_finished("send_mail", slot, at, ok=True)
    assert ledger.forget_runs(NOW - timedelta(days=30)) == 1
    with ledger.reading(NOW) as tx:
        assert [at for at, _ in tx.all_runs()] == [old, old + timedelta(hours=1), NOW]
    assert ledger.job_runs()["send_mail"].slot == "new"


def test_registrations_of_an_older_ledger_are_counted(url: str) -> None:
    """A ledger of before the measures of hoarding: what it knows of each registration is taken over."""
    engine = make_engine(make_url(url))
    upgrade(engine)
    engine.dispose()
    old, moved = deal("D-2026-0001"), deal("D-2026-0002")
    for case, status in ((old, None), (moved, SaleStatus.TENDER)):
        case.state = DealState.REGISTERED
        case.data = replace(case.deal(), registered_at=NOW, reported_on=NOW.date(), sale_status=status)
    ledger = open_ledger(url, secret=SECRET, owner="tests")
    with ledger.transaction(NOW) as tx:
        for case in (old, moved, deal("D-2026-0003")):
            tx.add_case(case)
    before = IdleBefore(NOW.date(), NOW.date() + timedelta(days=1))
    with ledger.reading(NOW) as tx:
        counted = tx.holdings(before)
    ledger.close()
    assert counted == {"7701000001": Holding(in_force=2, idle=1)}
    engine = make_engine(make_url(url))
    with engine.begin() as connection:
        for later in ("DROP TABLE staff_tab_changes", "ALTER TABLE words DROP COLUMN seq", "DROP TABLE registrations"):
            connection.execute(text(later))
        connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    engine.dispose()
    again = open_ledger(url, secret=SECRET, owner="tests")
    with again.reading(NOW) as tx:
        assert tx.holdings(before) == counted
    again.close()
