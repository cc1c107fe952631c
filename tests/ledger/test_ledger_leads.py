"""Slots of leads: the ledger's own constraints keep a month's quota, whoever hands out and however many at once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from cases.model import Case, CaseKind, LeadData, LeadState
from ledger.database import SqlLedger, open_ledger
from tests.ledger.ledger_samples import NOW, SECRET

ONE, TWO = "7701000001", "7702000002"
MARCH, APRIL = "2026-03", "2026-04"


def lead(serial: int) -> Case:
    return Case(f"L-2026-{serial:04}", CaseKind.LEAD, LeadState.WAITING, "2026-01-01", NOW, LeadData(lead=f"Лид {serial}"))


@pytest.fixture
def cases(ledger: SqlLedger) -> list[Case]:
    """Twelve leads that wait."""
    found = [lead(serial) for serial in range(1, 13)]
    with ledger.transaction(NOW) as tx:
        for case in found:
            tx.add_case(case)
    return found


def test_a_months_quota_is_kept_and_another_month_has_its_own(ledger: SqlLedger, cases: list[Case]) -> None:
    with ledger.transaction(NOW) as tx:
        assert [tx.give_lead(case, ONE, MARCH, 2) for case in cases[:3]] == [True, True, False]
        assert tx.give_lead(cases[2], TWO, MARCH, 2)
        assert tx.give_lead(cases[2], ONE, APRIL, 2)
        assert not tx.give_lead(cases[3], ONE, MARCH, 1)  # a lower tier since
        assert not tx.give_lead(cases[3], TWO, MARCH, 0)
    with ledger.transaction(NOW + timedelta(hours=1)) as tx:
        assert tx.give_lead(cases[3], ONE, MARCH, 3)  # a higher one
        given = tx.leads_given(MARCH)
    assert {inn: (one.in_month, one.last_at - NOW) for inn, one in given.items()} == {
        ONE: (3, timedelta(hours=1)),
        TWO: (1, timedelta()),
    }


def test_no_lead_is_given_to_a_partner_twice(ledger: SqlLedger, cases: list[Case]) -> None:
    with ledger.transaction(NOW) as tx:
        assert tx.give_lead(cases[0], ONE, MARCH, 3)
        assert not tx.give_lead(cases[0], ONE, MARCH, 3)
    with ledger.transaction(NOW) as tx:
        assert not tx.give_lead(cases[0], ONE, APRIL, 3)


@pytest.mark.parametrize(
    ("slot", "number"), [(0, "L-2026-0002"), (3, "L-2026-0002"), (1, "L-2026-0002"), (2, "L-2026-0001")], ids=str
)
def test_the_table_itself_refuses_what_is_above_the_quota_or_doubled(
    ledger: SqlLedger, ledger_at: str, cases: list[Case], slot: int, number: str
) -> None:
    with ledger.transaction(NOW) as tx:
        assert tx.give_lead(cases[0], ONE, MARCH, 2)
    engine = create_engine(ledger_at)
    row = {"inn": ONE, "month": MARCH, "slot": slot, "number": number}
    insert = "INSERT INTO lead_slots (partner_inn, month, slot, quota, number, at) VALUES (:inn, :month, :slot, 2, :number, '')"
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(insert), row)
    engine.dispose()


def test_many_at_once_never_pass_a_quota(ledger: SqlLedger, ledger_at: str, cases: list[Case]) -> None:
    """Not even beside the one who writes cases: the place among writers is no part of this."""
    crew = 4
    start = Barrier(crew)
    got: list[tuple[str, str]] = []

    def hand_out(worker: int) -> None:
        own = open_ledger(ledger_at, secret=SECRET, owner=f"worker {worker}")
        start.wait(30)
        for case in cases[worker::2]:
            for inn in (ONE, TWO):
                with own.outbox(NOW) as tx:
                    if tx.give_lead(case, inn, MARCH, 3):
                        got.append((inn, case.number))
        own.close()

    threads = [Thread(target=hand_out, args=(worker % 2,)) for worker in range(crew)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(inn for inn, _ in got) == [ONE] * 3 + [TWO] * 3
    assert len(set(got)) == len(got)
    with ledger.transaction(NOW) as tx:
        assert {inn: one.in_month for inn, one in tx.leads_given(MARCH).items()} == {ONE: 3, TWO: 3}
