"""What must have come of a day, whether there was a crash or not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import make_url, select, update

from cases.desk import Desk
from jobs.home import open_home
from jobs.office import open_office
from jobs.progress import Progress
from jobs.write_sheet import _ours
from ledger.database import open_ledger
from ledger.engine import make_engine, reader
from ledger.schema import MailState, RowState, mails, metadata, row_effects
from ledger.submission_rows import SEQ
from sheets.base import DIGEST
from sheets.columns import FORMS, NUMBERED, TABS
from sheets.merge import read_words
from sheets.plan import plan_writes
from sheets.reading import form_rows
from tests.scenarios.house import House, moscow

Outcome = Mapping[str, Counter[str]]
"""Every row of the book and of the ledger and every letter, as text, by where it stands; without what differs from run to run."""

_OWN_TO_A_RUN = {"job_runs", "leases", "row_effects"}
_WITH_TIMES = ("ledger ", "tab Форма", "tab Журнал")
_LEFT_OUT = {
    "decisions": {"id"},
    "events": {"id"},
    "mails": {"raw", "attempts", "at"},
    "submissions": {"seq"},
}


def outcome(house: House) -> Outcome:
    """What stands in the book, the ledger and the receivers' mailboxes."""
    found: dict[str, Counter[str]] = {}
    for tab in TABS:
        if tab.columns:
            shown = (str(sorted(row.items())) for row in house.rows(tab.name))
            found[f"tab {tab.name}"] = Counter(row.replace(r"\xa0", " ") for row in shown)  # cells are compared by meaning
    found["letters"] = Counter(f"{one.template} {one.number} to {one.to}: {one.subject} {one.text}" for one in house.mails())
    found["drafts"] = Counter(path.name for folder in ("listing", "offers") for path in house.root.glob(f"{folder}/.*"))
    found["listing"] = Counter(f"{path.name}: {path.read_text('utf-8')}" for path in house.root.glob("listing/*"))
    engine = make_engine(make_url(open_home(house.root).ledger_url))
    with closing(reader(engine)) as connection:
        for table in metadata.sorted_tables:
            if table.name not in _OWN_TO_A_RUN:
                left_out = _LEFT_OUT.get(table.name, set())
                columns = [column for column in table.columns if column.name not in left_out]
                rows = [dict(row._mapping) for row in connection.execute(select(*columns))]
                _ranked(rows)
                found[f"ledger {table.name}"] = Counter(_told(row) for row in rows if not _of_a_run(row))
    engine.dispose()
    return found


def decided_and_told(found: Outcome) -> Outcome:
    """Registries and letters, decisions and what they protect; without the times at which letters went."""
    kept = ("ledger decisions", "ledger holds", "ledger contacts", "ledger counters")
    return {where: rows for where, rows in found.items() if where in kept or not where.startswith(_WITH_TIMES)}


def _ranked(rows: list[dict[str, Any]]) -> None:
    """Places in the order of arrival are compared as an order: our own copies of letters are counted with what comes in."""
    places = sorted({row["place_seq"] for row in rows if row.get("place_seq")})
    for row in rows:
        if place := row.get("place_seq"):
            row["place_seq"] = places.index(place)
            row["payload"] = row["payload"].replace(f'"place_seq":{place},', "")


def _of_a_run(row: dict[str, Any]) -> bool:
    """Does it only tell how the book or our own copies of letters looked to this very run?"""
    if row.get("prefix") == SEQ:
        return True
    return str(row.get("key", "")).startswith(("sheet.seen", "sheet.calls", "letter:")) or '"kind":"own"' in str(
        row.get("raw", "")
    )


def _told(row: dict[str, Any]) -> str:
    if "cells" in row:  # a row of the sheet: its columns in any order, without the mark that saves comparing it again
        row["cells"] = sorted(item for item in json.loads(row["cells"]).items() if item[0] != DIGEST)
    return str(row)


def same(found: Outcome, expected: Outcome) -> None:
    """As if there had been no crash."""
    told = []
    for where, rows in expected.items():
        told += [f"{where}: LOST {count} x {row}" for row, count in (rows - found[where]).items()]
        told += [f"{where}: TOO MANY {count} x {row}" for row, count in (found[where] - rows).items()]
    assert not told, "\n".join(told)


def sound(house: House, now: str) -> None:
    """What holds after every pass that left nothing undone, whatever came before it."""
    moment = moscow(now)
    home = open_home(house.root)
    with closing(open_ledger(home.ledger_url, secret=home.token_key(), owner="the tests")) as ledger:
        assert ledger.integrity() == []
    _letters_are_once(house)
    _nothing_is_left_to_show(house, moment)
    _one_case_each(house)
    _no_deal_is_protected_twice(house)


def _rows(house: House, statement: Any) -> list[Any]:
    engine = make_engine(make_url(open_home(house.root).ledger_url))
    with closing(reader(engine)) as connection:
        rows = list(connection.execute(statement))
    engine.dispose()
    return rows


def _letters_are_once(house: House) -> None:
    """What the ledger calls sent is what the receivers have, each once; nothing hangs between."""
    sent = Counter(row.message_id for row in _rows(house, select(mails.c.message_id).where(mails.c.state == MailState.SENT)))
    received = Counter(letter.message_id.strip("<>").partition("@")[0] for letter in house.mails())
    assert received == sent, f"lost {sent - received}, too many {received - sent}"
    hanging = _rows(house, select(mails.c.key, mails.c.state).where(mails.c.state.in_([MailState.SENDING, MailState.QUEUED])))
    assert not hanging, hanging


def _nothing_is_left_to_show(house: House, now: datetime) -> None:
    """The sheet is what the ledger would show, cell by cell: to show every row anew would write nothing."""
    with open_office(open_home(house.root), now, Progress()) as office:
        snapshot = office.book.read()
        rows, faults = form_rows(snapshot)
        assert not [*snapshot.faults, *faults]
        with office.ledger.reading(now) as tx:
            tx._connection.execute(update(row_effects).values(state=RowState.PENDING))
            base = {tab.name: tx.base_rows(tab.name) for tab in (*NUMBERED, *FORMS.values())}
            ours = _ours(Desk(tx, office.outside), tx.pending_cases(), tx.pending_submissions())
            unwritten = tx.pending_events(10)
        reading = read_words(snapshot, base, rows)
    assert not reading.words, f"not heard: {reading.words}"
    plan = plan_writes(snapshot, base, ours, rows, ())
    assert (plan.cells, plan.appends, plan.waiting) == ([], [], set()), plan.cells
    assert not unwritten, f"not in the journal: {unwritten}"


def _one_case_each(house: House) -> None:
    submissions = metadata.tables["submissions"]
    cases = metadata.tables["cases"]
    numbers = {row.number for row in _rows(house, select(cases.c.number))}
    taken = _rows(house, select(submissions.c.source, submissions.c.key, submissions.c.number))
    assert len({(row.source, row.key) for row in taken}) == len(taken)
    assert {row.number for row in taken if row.number} <= numbers
    decisions = metadata.tables["decisions"]
    made = Counter(_rows(house, select(decisions.c.number, decisions.c.revision, decisions.c.question)))
    assert not [row for row, count in made.items() if count > 1]


def _no_deal_is_protected_twice(house: House) -> None:
    live = ("Зарегистрирована", "Продлена")
    protected = Counter((row["ИНН заказчика"], row["Продукты"]) for row in house.rows("Сделки") if str(row["Состояние"]) in live)
    assert not [deal for deal, count in protected.items() if count > 1], protected
