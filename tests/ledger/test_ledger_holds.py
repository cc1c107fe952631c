"""First come, overlaps approved by staff, and who may speak for a partner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from cases.model import Case, DealState
from cases.ports import Taken
from ledger.database import SqlLedger, SqlTransaction
from ledger.schema import holds
from tests.ledger.ledger_samples import NOW, deal, partner


def _add(tx: SqlTransaction, number: str, *products: str) -> Case:
    case = deal(number)
    case.deal().product_keys = list(products)
    tx.add_case(case)
    return case


def test_a_hold_is_visible_at_once_and_lasts_until_released(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        first, second = _add(tx, "D-2026-0001", "офис", "почта"), _add(tx, "D-2026-0002", "почта", "диск")
        tx.hold(first, override=False)
        tx.hold(first, override=False)
        with pytest.raises(Taken) as taken:
            tx.hold(second, override=False)
        assert taken.value.holder == "D-2026-0001"
        tx.hold(_add(tx, "D-2026-0003", "диск"), override=False)  # nothing of the second's was held
    with ledger.transaction(NOW) as tx:
        again = tx.preload(["D-2026-0002"])[0]
        with pytest.raises(Taken):
            tx.hold(again, override=False)
        tx.release("D-2026-0001")
        tx.release("D-2026-0003")
        tx.hold(again, override=False)
    with ledger.transaction(NOW) as tx:
        late = tx.case("D-2026-0001")
        assert late is not None
        with pytest.raises(Taken) as taken:
            tx.hold(late, override=False)
        assert taken.value.holder == "D-2026-0002"


def test_an_overlap_approved_by_staff_stands_beside_and_protects_too(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        first, second, third = (_add(tx, f"D-2026-000{n}", "офис") for n in (1, 2, 3))
        tx.hold(first, override=False)
        tx.hold(second, override=True)
        tx.release("D-2026-0001")
        with pytest.raises(Taken) as taken:
            tx.hold(third, override=False)
        assert taken.value.holder == "D-2026-0002"


def test_the_unique_index_has_the_last_word_and_the_transaction_goes_on(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        rival, late = _add(tx, "D-2026-0001", "офис"), _add(tx, "D-2026-0002", "почта", "офис")
        tx.preload(["D-2026-0002"])  # sees no hold
        tx.flush()
        row = {"customer_inn": rival.customer_inn, "product_key": "офис", "override": "", "number": rival.number}
        tx._connection.execute(insert(holds), [row])  # as another transaction's, committed after our look
        with pytest.raises(Taken) as taken:
            tx.hold(late, override=False)
        assert taken.value.holder == "D-2026-0001"
        tx.hold(_add(tx, "D-2026-0003", "почта"), override=False)  # nothing of the late one's was held
    with ledger.transaction(NOW) as tx:
        assert tx.case("D-2026-0003") is not None


def test_other_customers_and_empty_deals_do_not_collide(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        for number, customer in (("D-2026-0001", "1"), ("D-2026-0002", "2"), ("D-2026-0003", ""), ("D-2026-0004", "")):
            tx.add_case(case := deal(number, customer=customer))
            tx.hold(case, override=False)


def test_who_speaks_for_a_partner(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(one := partner("P-0001"))
        tx.add_case(two := partner("P-0002", inn="7702000002"))
        tx.set_contacts(one, ["Boss@Mail.Example", "boss@mail.example"], ["Firma.example"])
        tx.set_contacts(two, ["boss@mail.example"], [])
        assert tx.partner_by_contact("BOSS@mail.example") == [one, two]
        assert tx.partner_by_contact("anyone@firma.example") == [one]
        assert tx.partner_by_contact("anyone@sub.firma.example") == []
        assert tx.partner_by_contact("other@mail.example") == []
        tx.set_contacts(one, [], [])
        assert tx.partner_by_contact("boss@mail.example") == [two]
    with ledger.transaction(NOW) as tx:
        assert [case.number for case in tx.partner_by_contact("boss@mail.example")] == ["P-0002"]
        assert tx.partner_by_contact("anyone@firma.example") == []


def test_who_waits_is_found_by_customer_until_it_is_told(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        for number, customer in (("D-2026-0002", "5001000001"), ("D-2026-0001", "5001000001"), ("D-2026-0003", "5001000002")):
            tx.add_case(deal(number, customer))
            tx.wait(_of(tx, number))
            tx.wait(_of(tx, number))
        assert [case.number for case in tx.waiting_for("5001000001")] == ["D-2026-0001", "D-2026-0002"]
    with ledger.transaction(NOW + timedelta(days=800)) as tx:
        tx.preload(["D-2026-0003"])
        assert [case.number for case in tx.waiting_for("5001000002")] == ["D-2026-0003"]
        assert [case.number for case in tx.waiting_for("5001000001")] == ["D-2026-0001", "D-2026-0002"]
        tx.stop_waiting(_of(tx, "D-2026-0002"))
        assert [case.number for case in tx.waiting_for("5001000001")] == ["D-2026-0001"]
        assert tx.waiting_for("") == []
    with ledger.transaction(NOW) as tx:
        assert [case.number for case in tx.waiting_for("5001000001")] == ["D-2026-0001"]


def test_a_customers_history_is_whole_however_old(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001", state=DealState.WON, decided_at=NOW))
        tx.add_case(deal("D-2026-0002", customer="5001000002"))
    with ledger.transaction(NOW + timedelta(days=800)) as tx:
        tx.add_case(deal("D-2028-0001"))
        assert tx.deals_of_customer("5001000001") == [_of(tx, "D-2028-0001")]
        assert [case.number for case in tx.history_of_customer("5001000001")] == ["D-2026-0001", "D-2028-0001"]
        assert tx.history_of_customer("") == []


def _of(tx: SqlTransaction, number: str) -> Case:
    case = tx.case(number)
    assert case is not None
    return case
