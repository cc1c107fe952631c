"""A ledger of any released version is taken over as it is: same cases, and the work goes on, over SQLite and PostgreSQL."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, insert, make_url, select, text

from cases.letters import ADDED, LETTERS
from ledger.copies import restore
from ledger.database import open_ledger
from ledger.engine import make_engine
from ledger.migrations import _run
from ledger.schema import VERSION
from mailer.rendering import render
from tests.crash.passes import a_pass
from tests.crash.table import Note
from tests.ledger.ledger_samples import NOW
from tests.ledger.old_ledgers import FOLDER, SECRET, put_back, released
from tests.scenarios.desk_work import FIRST, ONE
from tests.scenarios.house import ROOT, House, inn

RELEASED = released()
RELEASES: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "releases.toml").read_text(encoding="utf-8"))
LATER = "2026-03-03 10:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL database; "" for the home's own file."""
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres")
    url = server.database()
    yield url
    server.drop(url)


def old_home(folder: Path, sql: Path, database: str = "") -> House:
    """A home of today with the ledger and the book of that day."""
    house = House(folder / "home")
    house.init(staff=["staff@vendor.example"])
    (house.root / "token.key").write_text(SECRET)
    old = house.root / "ledger.db"
    old.unlink(missing_ok=True)
    put_back(sql, old)
    shutil.copyfile(sql.with_suffix(".xlsx"), house.book)
    if database:
        _copied(old, sql.stem, database)
        old.unlink()
        house.configure('url = "sqlite:///ledger.db"', f'url = "{database}"')
    return house


def _copied(old: Path, version: str, url: str) -> None:
    """The same ledger in PostgreSQL, as the program of that version would have made it there."""
    source, target = create_engine(f"sqlite:///{old}"), make_engine(make_url(url))
    with source.connect() as reading, target.begin() as writing:
        _run(writing, version)
        tables, there = MetaData(), MetaData()
        tables.reflect(reading)
        there.reflect(writing)
        for table in there.sorted_tables:
            rows = [dict(row._mapping) for row in reading.execute(select(tables.tables[table.name]))]
            if rows and table.name != "alembic_version":
                writing.execute(insert(table), [_typed(table.columns, row) for row in rows])
            if "id" in table.columns:
                sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                writing.execute(text(f"SELECT setval({sequence}, max(id)) FROM {table.name} HAVING max(id) > 0"))
    source.dispose()
    target.dispose()


def _typed(columns: Any, row: dict[str, Any]) -> dict[str, Any]:
    """SQLite knows no booleans."""
    return {
        name: bool(value) if columns[name].type.python_type is bool and value is not None else value
        for name, value in row.items()
    }


@pytest.mark.parametrize("version", list(RELEASED))
def test_a_released_ledger_is_taken_over_and_the_work_goes_on(tmp_path: Path, version: str, database: str) -> None:
    with closing(sqlite3.connect(":memory:")) as old:
        old.executescript(RELEASED[version].read_text(encoding="utf-8"))
        cases = dict(old.execute("SELECT number, state FROM cases").fetchall())
        waiting = {row[0] for row in old.execute("SELECT message_id FROM mails WHERE state = 'queued'")}
        (offer,) = old.execute(
            "SELECT message_id, token FROM mails WHERE number = 'D-2026-0003' AND template = 'deal-registered'"
        ).fetchall()
    assert waiting
    house = old_home(tmp_path, RELEASED[version], database)
    explained = {number: house.explain(number) for number in sorted(cases)}
    assert all(facts["id"] == number for number, facts in explained.items())

    house.ok(LATER)
    sent = [letter.message_id.strip("<>").partition("@")[0] for letter in house.mails()]
    assert waiting <= set(sent)
    assert len(set(sent)) == len(sent)
    shown = {row["№"]: row["Состояние"] for row in house.rows("Сделки")}
    assert shown.keys() == {number for number in cases if number.startswith("D-")}
    assert shown["D-2026-0003"] == "Зарегистрирована"

    house.deal("2026-03-03 10:30", FIRST, ONE, "ООО «Новый»", inn(900))
    house.deliver(
        f"From: {FIRST}\nTo: partners+{offer[1]}@stakhanovets.ru\nSubject: Re\nMessage-ID: <1@one.example>\n\n2\n".encode(),
        "2026-03-03 10:31",
    )
    house.ok("2026-03-03 11:00")
    assert house.rows("Сделки")[-1]["Состояние"] == "Зарегистрирована"
    (letter,) = house.mails(number=str(house.rows("Сделки")[-1]["№"]), to=FIRST)
    assert letter.template == "deal-registered"


@pytest.mark.parametrize("version", list(RELEASED))
def test_every_letter_of_a_released_ledger_can_still_be_worded(tmp_path: Path, version: str) -> None:
    house = old_home(tmp_path, RELEASED[version])
    with closing(sqlite3.connect(house.root / "ledger.db")) as old:
        numbers = [number for (number,) in old.execute("SELECT DISTINCT number FROM mails")]
    ledger = open_ledger(f"sqlite:///{house.root}/ledger.db", secret=SECRET.encode(), owner="tests")
    with closing(ledger), ledger.reading(NOW) as tx:
        letters = [letter for number in numbers for template in LETTERS for letter in tx.letters_of(number, template)]
    assert len(letters) > 20
    assert all(letter.number in render(letter).subject for letter in letters)


@pytest.mark.parametrize("release", list(RELEASES))
def test_letters_that_a_release_left_in_the_outbox_lack_nothing(release: str) -> None:
    given: dict[str, list[str]] = RELEASES[release]["letters"]
    lacking = {
        name: set(LETTERS.get(name, ["the template"])) - set(facts) - ADDED.get(name, {}).keys() for name, facts in given.items()
    }
    assert not {name: facts for name, facts in lacking.items() if facts}


@pytest.mark.parametrize("version", list(RELEASED))
def test_a_backup_of_a_released_version_can_be_restored(tmp_path: Path, version: str, url: str) -> None:
    backup = tmp_path / "backup.db"
    put_back(RELEASED[version], backup)
    before = backup.read_bytes()
    counts = restore(backup, url)
    with closing(sqlite3.connect(backup)) as old:
        for table in ("submissions", "cases", "decisions", "mails", "events", "holds"):
            assert counts[table] == old.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    assert backup.read_bytes() == before
    ledger = open_ledger(url, secret=SECRET.encode(), owner="tests")
    assert ledger.integrity() == []
    ledger.close()


def _kill_at(statement: int) -> None:
    """Die right before that statement of the migration, counted from 1."""
    seen = 0

    def count(_: Connection, __: object, sql: str, *___: object) -> None:
        nonlocal seen
        if re.match(r"\s*(CREATE|ALTER|DROP|INSERT INTO alembic|UPDATE alembic|INSERT INTO _alembic)", sql):
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["", *RELEASED])
def test_a_migration_killed_at_any_statement_is_made_up_for(tmp_path: Path, version: str, note: Note) -> None:
    note(11, f"from {version or 'nothing'} to the newest, each statement", "files")
    house = House(tmp_path / "home")
    if version:
        house = old_home(tmp_path, RELEASED[version])
    else:
        house.init()
    statement = 1
    while True:
        running = a_pass(house, LATER, before=partial(_kill_at, statement))
        if running.ended() != -signal.SIGKILL:
            break
        with closing(sqlite3.connect(house.root / "ledger.db")) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            tables = {row[0] for row in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            assert not version or ledger.execute("SELECT version_num FROM alembic_version").fetchone() == (version,)
            assert version or not tables
        statement += 1
    assert running.ended() == 0, running.said
    assert statement > 1 or version == VERSION
    house.ok(LATER)
    with closing(sqlite3.connect(house.root / "ledger.db")) as ledger:
        assert ledger.execute("SELECT version_num FROM alembic_version").fetchone() == (VERSION,)


def test_every_version_that_was_released_has_its_ledger_here() -> None:
    named = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) == RELEASES.keys()
    assert {release["schema"] for release in RELEASES.values()} == RELEASED.keys()


@pytest.mark.parametrize("release", list(RELEASES))
def test_what_was_released_is_never_edited(release: str) -> None:
    (migration,) = (ROOT / "ledger/migrations/versions").glob(f"{RELEASES[release]['schema']}_*.py")
    assert sha256(migration.read_bytes()).hexdigest() == RELEASES[release]["migration"]
