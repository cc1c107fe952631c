"""What a replay is fed with: staff's tabs as they stood at any time, words in their order, births of cases."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url, text

from cases.model import CaseKind
from cases.staff_lines import RefusalLine, SaleLine, StaffTabs
from ledger import migrations
from ledger.database import SqlLedger, open_ledger
from ledger.engine import make_engine
from ledger.history import changed
from ledger.replays import Births
from tests.ledger.ledger_samples import NOW, SECRET, deal, form_row, partner

DAY = date(2026, 3, 2)

sales = st.builds(
    SaleLine, st.just(DAY), st.sampled_from("ABC"), st.just(""), st.sampled_from([Decimal(1), Decimal(2)]), st.just("")
)
tabs = st.builds(
    StaffTabs,
    sales=st.lists(sales, max_size=6).map(tuple),
    refusals=st.lists(st.builds(RefusalLine, st.sampled_from("XY"), st.just("A"), st.just("")), max_size=3).map(tuple),
    calendar=st.dictionaries(st.sampled_from([DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]), st.booleans()),
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to write the same file into again and again."""
    return tmp_path_factory.mktemp("scratch")


@given(contents=st.lists(tabs, max_size=5))
def test_tabs_are_known_as_they_stood_at_any_time(empty_ledger: Path, scratch: Path, contents: list[StaffTabs]) -> None:
    ledger = open_ledger(f"sqlite:///{shutil.copy(empty_ledger, scratch)}", secret=SECRET, owner="tests")
    for hour, there in enumerate(contents):
        with ledger.transaction(NOW + timedelta(hours=hour)) as tx:
            tx.set_staff_tabs(there)
    with ledger.reading(NOW) as tx:
        changes = tx.tab_changes()
    for hour, there in enumerate(contents):
        found = changed(StaffTabs(), [change for change in changes if change.at <= NOW + timedelta(hours=hour)])
        assert (found, list(found.calendar.items())) == (there, list(there.calendar.items()))
    ledger.close()


def test_a_line_more_is_kept_as_one_line(ledger: SqlLedger) -> None:
    booked = [SaleLine(DAY, f"77{number}", "", Decimal(number), "") for number in range(100)]
    with ledger.transaction(NOW) as tx:
        tx.set_staff_tabs(StaffTabs(sales=tuple(booked)))
    with ledger.transaction(NOW) as tx:
        tx.set_staff_tabs(StaffTabs(sales=(*booked, booked[0])))
        *_, last = tx.tab_changes()
    assert (last.place, last.dropped, last.lines) == (100, 0, (booked[0],))


def test_words_of_one_moment_keep_their_order(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        for key in ("b", "a"):
            tx.add_word(key, {"number": "D-2026-0001"}, NOW)
    with ledger.transaction(NOW) as tx:
        tx.add_word("0", {"number": "D-2026-0001"}, NOW)
        assert [word.key for word in tx.all_words()] == ["b", "a", "0"]


def test_what_stood_in_the_tabs_before_is_taken_for_always(url: str) -> None:
    engine = make_engine(make_url(url))
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        insert = text("INSERT INTO staff_tabs (tab, hash, lines) VALUES (:tab, '', :lines)")
        connection.execute(insert, {"tab": "calendar", "lines": '{"2026-03-02":false}'})
        connection.execute(insert, {"tab": "refusals", "lines": '[{"customer_inn":"1","partner_inn":"2","document":"п"}]'})
        connection.execute(text("INSERT INTO words (key, number, raw, at) VALUES ('k', '', '{}', :at)"), {"at": NOW.isoformat()})
    engine.dispose()
    ledger = open_ledger(url, secret=SECRET, owner="tests")
    with ledger.transaction(NOW) as tx:
        stood = StaffTabs(refusals=(RefusalLine("1", "2", "п"),), calendar={DAY: False})
        assert tx.staff_tabs() == stood
        assert changed(StaffTabs(), tx.tab_changes()) == stood
        assert {change.at.year for change in tx.tab_changes()} == {1970}
        tx.add_word("a", {}, NOW)
        assert [word.key for word in tx.all_words()] == ["k", "a"], "those without an order come first"
    ledger.close()


def test_a_case_is_known_by_what_opened_it() -> None:
    first, second = form_row("first"), form_row("second")
    first.number = second.number = "D-2026-0007"
    opened = deal("D-2026-0007")
    line = partner("Q-2026-0001")
    line.kind = CaseKind.TRAINING
    first.received_at = second.received_at = opened.submitted_at
    births = Births.of([opened, line], [first, second])
    births.expect([(first.source, "second"), (first.source, "first")])
    at: datetime = NOW + timedelta(days=9)
    assert births.numbers(CaseKind.DEAL, at, "") == [], "it joined the case"
    births.came((first.source, "second"))
    assert births.numbers(CaseKind.DEAL, at, "") == ["D-2026-0007"]
    assert births.numbers(CaseKind.PARTNER, at, "") == [], "another kind of case"
    births.came((first.source, "first"))
    assert births.numbers(CaseKind.TRAINING, at, line.partner_inn) == ["Q-2026-0001"]
    assert births.numbers(CaseKind.TRAINING, line.submitted_at, "other") == ["Q-2026-0001"]
    assert births.numbers(CaseKind.TRAINING, at, "other") == []
